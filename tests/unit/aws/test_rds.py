"""The pure part of RDS: parameters, versions, what is pending and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.rds import parameters, settings, transform
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError

DEFINITIONS: dict[str, dict[str, Any]] = {
    "local_infile": {"AllowedValues": "0,1", "ApplyType": "dynamic"},
    "event_scheduler": {"AllowedValues": "ON,OFF", "ApplyType": "dynamic"},
    "gtid-mode": {"AllowedValues": "OFF,ON", "ApplyType": "static"},
    "max_allowed_packet": {"AllowedValues": "1024-1073741824", "ApplyType": "dynamic"},
    "long_query_time": {"AllowedValues": "0-31536000", "ApplyType": "dynamic"},
    "offset": {"AllowedValues": "-5-5,99", "ApplyType": "dynamic"},
    "sql_mode": {"AllowedValues": "ANSI_QUOTES,STRICT_TRANS_TABLES", "ApplyType": "dynamic"},
    "init_connect": {"ApplyType": "dynamic"},
    "port": {"IsModifiable": False, "ApplyType": "static"},
}


@pytest.mark.parametrize(
    ("name", "given", "held"),
    [
        ("local_infile", True, "1"),
        ("local_infile", 0, "0"),
        ("event_scheduler", True, "ON"),
        ("event_scheduler", False, "OFF"),
        ("max_allowed_packet", 1073741824, "1073741824"),
        ("max_allowed_packet", 2048.0, "2048"),
        ("max_allowed_packet", "{DBInstanceClassMemory/4}", "{DBInstanceClassMemory/4}"),
        ("long_query_time", 0.5, "0.5"),
        ("offset", -3, "-3"),
        ("offset", 99, "99"),
        ("sql_mode", ["ANSI_QUOTES", "STRICT_TRANS_TABLES"], "ANSI_QUOTES,STRICT_TRANS_TABLES"),
        ("init_connect", "SET a = 1", "SET a = 1"),
        ("init_connect", "", None),
        ("init_connect", None, None),
    ],
)
def test_a_value_is_held_in_the_groups_own_words(name, given, held):
    wanted = parameters.wanted({"parameters": {name: given}})
    assert parameters.checked("group a", wanted, DEFINITIONS) == {name: held}
    assert parameters.same(wanted[name], held)


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("local_infile", 2, "2 is none of 0,1"),
        ("max_allowed_packet", 1, "1 is none of 1024-1073741824"),
        ("max_allowed_packet", "many", "many is none of"),
        ("offset", 6, "6 is none of -5-5,99"),
        ("sql_mode", "ANSI_QUOTES,NONE", "is none of"),
        ("gtid_mode", "ON", "did you mean gtid-mode"),
        ("port", 3307, "AWS lets nobody change it"),
    ],
)
def test_a_value_that_no_group_can_hold_is_refused(name, given, says):
    with pytest.raises(ReplatformError, match=says):
        parameters.checked("group a", parameters.wanted({"parameters": {name: given}}), DEFINITIONS)


def test_settings_of_the_assessment_are_parameters_of_their_phases():
    settings_of = [
        {"name": "a", "scope": "parameter_group", "wanted": "1", "phase": "copy", "restore": "0"},
        {"name": "b", "scope": "parameter_group", "wanted": "2", "phase": "follow", "restore": None},
        {"name": "c", "scope": "procedure", "wanted": "3", "phase": "copy", "restore": None},
    ]
    assert parameters.wanted({"settings": settings_of}) == {"a": "1", "b": "2"}
    assert parameters.wanted({"settings": settings_of, "phases": ["copy"]}) == {"a": "1"}
    assert parameters.wanted({"settings": settings_of, "parameters": {"a": 7}}) == {"a": "7", "b": "2"}


@pytest.mark.parametrize(
    ("version", "family"),
    [
        ("8.0.mysql_aurora.3.10.3", "aurora-mysql8.0"),
        ("8.0", "aurora-mysql8.0"),
        ("8.4.mysql_aurora.8.4.8", "aurora-mysql8.4"),
        (None, None),
    ],
)
def test_the_family_is_that_of_the_version(version, family):
    assert parameters.family(version) == family


@pytest.mark.parametrize(
    ("wanted", "current", "satisfied"),
    [
        ("8.0.mysql_aurora.3.10.3", "8.0.mysql_aurora.3.10.3", True),
        ("8.0.mysql_aurora.3.10", "8.0.mysql_aurora.3.10.3", True),
        ("8.0.mysql_aurora.3.1", "8.0.mysql_aurora.3.10.3", True),
        ("8.0.mysql_aurora.3.10.3", "8.0.mysql_aurora.3.12.0", True),
        ("8.0.mysql_aurora.3.12.0", "8.0.mysql_aurora.3.10.3", False),
        ("8.4.mysql_aurora.8.4.8", "8.0.mysql_aurora.3.12.0", False),
    ],
)
def test_a_cluster_that_is_newer_is_as_asked(wanted, current, satisfied):
    assert transform.satisfies(wanted, current) is satisfied


def test_what_waits_for_the_window_is_pending_and_not_asked_for_twice():
    current = {"pending": {}, "engine_version": "1", "port": 3306}
    names = transform.DEFERRED_CLUSTER
    later = transform.deferred({"engine_version": "2", "port": 3307}, current, names, now=False)
    assert later == {"port": 3307, "pending": {"engine_version": "2"}}
    waits = {**current, "pending": {"engine_version": "2"}}
    assert transform.deferred({"engine_version": "2"}, waits, names, now=False) == {"pending": waits["pending"]}
    assert transform.deferred({"engine_version": "2"}, waits, names, now=True) == {"engine_version": "2", "pending": {}}
    # Whatever the service chose to let wait is not asked for again either.
    waits = {**current, "pending": {"port": 3307}}
    assert transform.deferred({"port": 3307}, waits, names, now=False) == {"pending": waits["pending"]}
    assert not transform.sent_at_once(waits, {"port": 3308}, now=False)
    assert transform.sent_at_once(current, {"port": 3308}, now=False)


CLUSTER = {"name": "shop", "instances": [{"name": "shop-1"}]}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "1shop"}, "begins with a letter"),
        ({"name": "sh--op"}, "single hyphens"),
        ({"port": 80}, "from 1150 to 65535"),
        ({"serverless_v2": {"min_capacity": 4, "max_capacity": 2}}, "no less than min_capacity"),
        ({"serverless_v2": {"min_capacity": 0.3, "max_capacity": 2}}, "in halves"),
        ({"instances": [{"name": "a", "promotion_tier": 16}]}, r"instances\[0\].promotion_tier 16"),
        ({"instances": [{"name": "a", "preferred_maintenance_window": "x"}]}, r"instances\[0\].preferred"),
        ({"parameter_group": {"name": "default.aurora-mysql8.0", "parameters": {"a": 1}}}, "default groups"),
        ({"upgrade": "blue_green"}, "Upgrade in place"),
    ],
)
def test_options_that_the_service_would_refuse_too_late_are_refused(options, says):
    transform.refuse(CLUSTER)
    with pytest.raises(ReplatformError, match=says):
        transform.refuse({**CLUSTER, **options})


def test_variables_are_a_file_of_an_inventory():
    variables = {"clusters": [{"name": "shop", "parameters": {"gtid-mode": "ON", "wait_timeout": "600"}, "port": 3306}]}
    text = settings.document(variables, "cluster shop", "rds_")
    assert text.startswith("---\n# Written by replatform.aws.rds_settings_info from cluster shop")
    assert yaml.safe_load(text) == {"rds_clusters": variables["clusters"]}
    assert max(len(line) for line in text.splitlines()) <= 120
