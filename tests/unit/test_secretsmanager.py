from __future__ import annotations

import datetime as dt
import json
import string
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws.secretsmanager import credentials, transform
from ansible_collections.replatform.aws.plugins.module_utils.aws.secretsmanager.secrets import _older
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError

GENERATE = {"key": "password", "length": 32, "punctuation": True, "exclude_characters": "", "rotate": False}


def state(**attributes: Any) -> dict[str, Any]:
    return {**transform.BLANK, "name": "a", **attributes}


@pytest.mark.parametrize(
    ("options", "stored", "value"),
    [
        ({"value": "x"}, None, "x"),
        ({"value": "x"}, "y", "x"),
        ({"json": {"a": 1}}, None, '{"a": 1}'),
        pytest.param({"json": {"a": 1, "b": "é"}}, '{"b":"\\u00e9","a":1}', '{"b":"\\u00e9","a":1}', id="same content"),
        ({"json": {"a": 1}}, '{"a":1,"b":2}', '{"a": 1}'),
        ({"json": {}}, "no json", "{}"),
        pytest.param({"generate": {"length": 12}}, "kept", "kept", id="generated once"),
        ({"generate": {"key": "password"}}, '{"password":"kept"}', '{"password":"kept"}'),
        ({"generate": {"key": "password"}}, '{"user":"u","password":"kept"}', '{"user":"u","password":"kept"}'),
        (
            {"json": {"host": "new"}, "generate": {"key": "password"}},
            '{"host":"old","password":"kept"}',
            '{"host": "new", "password": "kept"}',
        ),
        (
            {"json": {"host": "same"}, "generate": {"key": "password"}},
            '{"password":"kept","host":"same"}',
            '{"password":"kept","host":"same"}',
        ),
    ],
)
def test_a_value_is_what_was_asked_for_and_as_it_is_where_that_says_the_same(options, stored, value):
    assert transform.value({"name": "a", **options}, stored) == value


@pytest.mark.parametrize("stored", [None, "{}", '{"host":"h"}', "no json", '["a"]'])
def test_a_password_is_generated_where_there_is_none(stored):
    made = transform.value({"name": "a", "json": {"host": "h"}, "generate": GENERATE}, stored)
    assert json.loads(made) == {"host": "h", "password": json.loads(made)["password"]}
    assert len(json.loads(made)["password"]) == 32


def test_rotate_makes_a_new_password_and_keeps_the_rest():
    made = transform.value({"name": "a", "generate": {**GENERATE, "rotate": True}}, '{"host":"h","password":"old"}')
    assert json.loads(made)["host"] == "h"
    assert json.loads(made)["password"] != "old"
    assert transform.value({"name": "a", "generate": {"rotate": True}}, "old") != "old"


def test_json_beside_a_generated_whole_value_is_refused():
    with pytest.raises(ReplatformError, match="generate without a key"):
        transform.value({"name": "a", "json": {}, "generate": {"length": 9}}, None)


@pytest.mark.parametrize(
    ("generate", "allowed"),
    [
        ({"length": 8}, string.ascii_letters + string.digits + transform.PUNCTUATION),
        ({"length": 64, "punctuation": False}, string.ascii_letters + string.digits),
        ({"length": 64, "punctuation": False, "exclude_characters": string.ascii_letters}, string.digits),
    ],
)
def test_a_password_has_a_character_of_every_class_that_is_allowed(generate, allowed):
    classes = [string.ascii_lowercase, string.ascii_uppercase, string.digits, transform.PUNCTUATION]
    for _ in range(50):
        password = transform.password("a", generate)
        assert len(password) == generate["length"]
        assert set(password) <= set(allowed)
        for one in classes:
            assert not set(one) & set(allowed) or set(one) & set(password)


@pytest.mark.parametrize(
    "generate",
    [
        {"length": 7},
        {"length": 4097},
        {"exclude_characters": string.ascii_letters + string.digits, "punctuation": False},
    ],
)
def test_a_password_that_cannot_be_made_is_refused(generate):
    with pytest.raises(ReplatformError, match="Secret a cannot be given a generated password"):
        transform.password("a", generate)


@pytest.mark.parametrize(
    ("options", "current", "attributes"),
    [
        ({}, None, {}),
        ({"description": None}, state(description="x"), {"description": ""}),
        ({"kms_key_id": None}, state(), {"kms_key_id": "alias/aws/secretsmanager"}),
        ({"kms_key_id": "arn:aws:kms:eu-west-1:1:key/k-1"}, state(), {"kms_key_id": "k-1"}),
        ({"kms_key_id": "arn:aws:kms:eu-west-1:1:alias/shop"}, state(), {"kms_key_id": "alias/shop"}),
        ({"replicas": ["b", "a", "b"]}, None, {"replicas": ["a", "b"]}),
        ({"replicas": None}, state(replicas=["a"]), {"replicas": []}),
        ({"tags": {"n": 7, "on": True, "none": None}}, None, {"tags": {"n": "7", "on": "true", "none": ""}}),
        ({"tags": {"a": "1"}, "purge_tags": True}, state(tags={"b": "2"}), {"tags": {"a": "1"}}),
        ({"tags": {"a": "1"}, "purge_tags": False}, state(tags={"b": "2"}), {"tags": {"a": "1", "b": "2"}}),
        ({"tags": None}, state(tags={"b": "2"}), {"tags": {}}),
    ],
)
def test_only_what_was_given_is_compared(options, current, attributes):
    assert transform.desired({"name": "a", **options}, current) == {"name": "a", "deletion_date": None, **attributes}


def test_a_generated_value_of_a_secret_to_restore_is_left_alone_and_others_are_written():
    leaving = state(deletion_date="2026-12-01")
    assert "value" not in transform.desired({"name": "a", "generate": GENERATE}, leaving)
    assert "value" in transform.desired({"name": "a", "generate": {**GENERATE, "rotate": True}}, leaving)
    assert "value" in transform.desired({"name": "a", "generate": GENERATE, "json": {}}, leaving)
    assert transform.desired({"name": "a", "value": "x"}, leaving)["value"] == "x"


DESCRIBED = {
    # DescribeSecret's example, API reference
    "ARN": "arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestDatabaseSecret-a1b2c3",
    "Description": "My test database secret",
    "KmsKeyId": "arn:aws:kms:us-west-2:123456789012:key/EXAMPLE1-90ab-cdef-fedc-ba987KMSKEY1",
    "LastChangedDate": dt.datetime(2018, 4, 17, tzinfo=dt.UTC),
    "Name": "MyTestDatabaseSecret",
    "ReplicationStatus": [{"Region": "eu-west-3", "Status": "InSync", "KmsKeyId": "alias/aws/secretsmanager"}],
    "RotationEnabled": True,
    "Tags": [
        {"Key": "SecondTag", "Value": "AnotherValue"},
        {"Key": "aws:secretsmanager:owningService", "Value": "rds"},
    ],
    "VersionIdsToStages": {"EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE": ["AWSPREVIOUS"]},
}


def test_what_the_service_answers_is_normalised():
    assert transform.state_from_api(DESCRIBED, "v") == {
        "name": "MyTestDatabaseSecret",
        "arn": DESCRIBED["ARN"],
        "description": "My test database secret",
        "kms_key_id": "EXAMPLE1-90ab-cdef-fedc-ba987KMSKEY1",
        "tags": {"SecondTag": "AnotherValue"},
        "replicas": ["eu-west-3"],
        "replica_status": {"eu-west-3": "InSync"},
        "deletion_date": None,
        "kept": None,
        "value": "v",
    }
    least = {"ARN": "arn:a", "Name": "a"}
    assert transform.state_from_api(least, None) == {**transform.BLANK, "arn": "arn:a", "name": "a"}


def test_metadata_has_no_value():
    since = dt.datetime(2018, 4, 1, 12, tzinfo=dt.UTC)
    info = transform.info_from_api(DESCRIBED, since, dt.datetime(2018, 4, 11, 11, tzinfo=dt.UTC))
    assert "value" not in info
    assert info["versions"] == {"EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE": ["AWSPREVIOUS"]}
    assert info["last_changed"] == "2018-04-17T00:00:00+00:00"
    assert (info["value_changed"], info["value_age_days"]) == ("2018-04-01T12:00:00+00:00", 9)
    without = transform.info_from_api(DESCRIBED, None, since)
    assert (without["value_changed"], without["value_age_days"]) == (None, None)


PLAIN = {"host": "db", "username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (PLAIN, {"port": 3306, "tls": "required"}),
        ({**PLAIN, "port": 3307, "tls": "verify_ca", "ca_file": "/ca.pem"}, {"port": 3307, "ca_file": "/ca.pem"}),
    ],
)
def test_plain_credentials_need_no_secret(given, found):
    resolved = credentials.resolve(given, lambda: pytest.fail("no client is needed"))
    assert {**PLAIN, **found}.items() <= resolved.items()
    assert set(resolved) == set(credentials.FIELDS)


def test_plain_credentials_that_lack_something_are_refused():
    with pytest.raises(ReplatformError, match="The option source lacks host, username and password; give them"):
        credentials.resolve({}, lambda: None, option="source")
    with pytest.raises(ReplatformError, match="The option source lacks password; give it"):
        credentials.resolve({**PLAIN, "password": None}, lambda: None, option="source")


def test_a_port_outside_of_the_range_is_refused():
    with pytest.raises(ReplatformError, match="no number from 1 to 65535"):
        credentials.resolve({**PLAIN, "port": 70000}, lambda: None)


@pytest.mark.parametrize(("age", "days", "fits"), [(9, None, True), (9, 9, True), (9, 10, False), (None, 0, False)])
def test_a_secret_without_a_value_is_never_old(age, days, fits):
    assert _older({"value_age_days": age}, days) is fits
