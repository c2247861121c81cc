"""rds_parameter_groups against the emulator, run as Ansible runs it."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.support.life import Life, Step
from tests.support.modules import run_module

FAMILY = "aurora-mysql8.0"
WINDOW = [
    {"name": "local_infile", "scope": "parameter_group", "now": "0", "wanted": "1", "why": "", "apply": "immediate",
     "phase": "copy", "restore": "0"},
    {"name": "max_allowed_packet", "scope": "parameter_group", "now": "67108864", "wanted": "1073741824", "why": "",
     "apply": "immediate", "phase": "copy", "restore": "134217728"},
    {"name": "gtid-mode", "scope": "parameter_group", "now": "OFF_PERMISSIVE", "wanted": "ON", "why": "",
     "apply": "reboot", "phase": "follow", "restore": "ON"},
    {"name": "binlog_row_value_options", "scope": "parameter_group", "now": None, "wanted": "", "why": "",
     "apply": "immediate", "phase": "cutover", "restore": "PARTIAL_JSON"},
    {"name": "binlog retention hours", "scope": "procedure", "now": None, "wanted": "72", "why": "",
     "apply": "immediate", "phase": "cutover", "restore": None},
]  # fmt: skip
"""As mysql_assess returns them."""


@pytest.fixture
def name():
    return f"t-{secrets.token_hex(4)}"


@pytest.fixture
def run(aws):
    return lambda groups, **more: run_module("rds_parameter_groups", {"groups": groups}, env=aws.environment, **more)


def stored(aws, name, kind="cluster"):
    """By name what somebody has set, as boto3 reads it."""
    rds = aws.client("rds")
    if kind == "cluster":
        listed = rds.describe_db_cluster_parameters(DBClusterParameterGroupName=name, Source="user")
    else:
        listed = rds.describe_db_parameters(DBParameterGroupName=name, Source="user")
    return {one["ParameterName"]: one["ParameterValue"] for one in listed["Parameters"]}


def tags(aws, name):
    rds = aws.client("rds")
    (group,) = rds.describe_db_cluster_parameter_groups(DBClusterParameterGroupName=name)["DBClusterParameterGroups"]
    listed = rds.list_tags_for_resource(ResourceName=group["DBClusterParameterGroupArn"])["TagList"]
    return {tag["Key"]: tag["Value"] for tag in listed}


def test_the_life_of_groups_of_both_kinds(aws, name):
    rds = aws.client("rds")
    cluster: dict[str, Any] = {
        "name": name,
        "family": FAMILY,
        "parameters": {"time_zone": "Europe/Berlin", "local_infile": True, "gtid-mode": "ON", "wait_timeout": 600},
        "tags": {"app": "shop"},
    }
    instance = {"name": name, "kind": "instance", "family": FAMILY, "parameters": {"max_connections": "{log(8)*45}"}}
    changed = {**cluster, "parameters": {**cluster["parameters"], "time_zone": None, "wait_timeout": 300}, "tags": {}}
    purged = {"name": name, "parameters": {"gtid-mode": "ON"}, "purge_parameters": True}
    word = f"cluster parameter group {name}"

    def by_hand():
        rds.modify_db_cluster_parameter_group(
            DBClusterParameterGroupName=name,
            Parameters=[{"ParameterName": "wait_timeout", "ParameterValue": "7", "ApplyMethod": "immediate"}],
        )

    def holds_first():
        assert stored(aws, name) == {
            "time_zone": "Europe/Berlin", "local_infile": "1", "gtid-mode": "ON", "wait_timeout": "600"
        }  # fmt: skip
        assert stored(aws, name, "instance") == {"max_connections": "{log(8)*45}"}
        assert tags(aws, name) == {"app": "shop"}

    def holds_changed():
        assert stored(aws, name) == {"local_infile": "1", "gtid-mode": "ON", "wait_timeout": "300"}
        assert tags(aws, name) == {}

    Life(aws, "rds_parameter_groups").live(
        [
            Step(
                "create",
                {"groups": [cluster, instance]},
                [f"create {word}", f"create instance parameter group {name}"],
                holds=holds_first,
            ),
            Step("change", {"groups": [changed, instance]}, [f"update {word}: parameters, tags"], holds=holds_changed),
            Step("drift", {"groups": [changed]}, [f"update {word}: parameters"], by_hand=by_hand, holds=holds_changed),
            Step("reset", {"groups": [purged]}, [f"update {word}: parameters"]),
            Step(
                "delete",
                {"groups": [{"name": name, "state": "absent"}, {**instance, "state": "absent"}]},
                [f"delete {word}", f"delete instance parameter group {name}"],
            ),
        ]
    )


def test_what_the_migration_wants_is_set_kept_and_given_back(aws, run, name):
    record = f"{name}-before"
    run([{"name": name, "family": FAMILY, "parameters": {"max_allowed_packet": 67108864, "time_zone": "UTC"}}])
    keep = {"name": name, "settings": WINDOW, "keep": {"name": record}}
    result = run([{**keep, "phases": ["copy"]}])
    assert result["actions"] == [f"update cluster parameter group {name}: kept, parameters"]
    assert stored(aws, name) == {"max_allowed_packet": "1073741824", "local_infile": "1", "time_zone": "UTC"}
    assert result["before"] == [
        {"name": name, "kind": "cluster", "parameters": {"local_infile": None, "max_allowed_packet": "67108864"}}
    ]
    result = run([keep])
    (group,) = result["parameter_groups"]
    assert group["pending_reboot"] == ["gtid-mode"]
    # Back to the default, back to what is to be afterwards, and what may stay is not kept.
    assert group["kept"] == {"local_infile": None, "max_allowed_packet": "134217728"}
    assert not run([keep])["changed"]
    restore = {"name": name, "keep": {"name": record, "restore": True}}
    assert run([restore], check=True)["actions"] == [f"update cluster parameter group {name}: kept, parameters"]
    assert run([restore])["actions"] == [f"update cluster parameter group {name}: kept, parameters"]
    assert stored(aws, name) == {"max_allowed_packet": "134217728", "gtid-mode": "ON", "time_zone": "UTC"}
    assert not run([restore])["changed"]
    groups = aws.client("rds").describe_db_cluster_parameter_groups()["DBClusterParameterGroups"]
    assert record not in [one["DBClusterParameterGroupName"] for one in groups]


def test_before_takes_back_what_one_run_changed(aws, run, name):
    run([{"name": name, "family": FAMILY, "parameters": {"wait_timeout": 600, "time_zone": "UTC"}}])
    result = run([{"name": name, "parameters": {"wait_timeout": 7, "local_infile": True}}])
    run(result["before"])
    assert stored(aws, name) == {"wait_timeout": "600", "time_zone": "UTC"}


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"parameters": {"local_inflie": 1}}, "did you mean local_infile"),
        ({"parameters": {"local_infile": 2}}, "2 is none of 0,1"),
        ({"parameters": {"port": 3307}}, "AWS lets nobody change it"),
        ({"parameters": {"sql_mode": "STRICT_TRANS_TABLES,NO_SUCH"}}, "is none of"),
        ({"kind": "instance", "parameters": {"gtid-mode": "ON"}}, "of the other kind"),
        ({"family": None}, "a new one needs a family"),
        ({"kind": "other"}, "value of kind must be one of"),
        ({"parameter": {}}, "Supported parameters"),
        ({"keep": {"nam": "b"}}, "groups -> keep"),
        ({"parameters": "local_infile"}, "dict"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(aws, run, name, item, says):
    result = run([{"name": f"{name}-good", "family": FAMILY}, {"name": name, "family": FAMILY, **item}])
    assert result["failed"]
    assert says in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_a_family_cannot_be_changed_and_a_name_stands_once(aws, run, name):
    run([{"name": name, "family": FAMILY}])
    aws.recorder.reset()
    for groups, says in (
        ([{"name": name, "family": "aurora-mysql8.4"}], 'has family "aurora-mysql8.0" and cannot be given'),
        ([{"name": name}, {"name": name}], f"names {name} more than once"),
    ):
        assert says in run(groups)["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_one_group_that_fails_is_named_and_the_others_are_done(aws, run, faults, name):
    wanted = [{"name": f"{name}-{one}", "family": FAMILY} for one in "ab"]
    faults.add("access_denied", "rds", "CreateDBClusterParameterGroup", match=f"{name}-b")
    result = run(wanted)
    assert list(result["error"]["failed"]) == [f"{name}-b"]
    assert "allow the action of CreateDBClusterParameterGroup" in result["msg"]
    assert [one.get("failed", False) for one in result["parameter_groups"]] == [False, True]
    faults.clear()
    assert run(wanted)["actions"] == [f"create cluster parameter group {name}-b"]


@pytest.mark.parametrize("kind", ["throttle", "error", "lost_reply"])
def test_what_passes_is_survived(aws, run, faults, name, kind):
    faults.add(kind, "rds", "*ParameterGroup", times=2)
    wanted = [{"name": name, "family": FAMILY, "parameters": {"local_infile": True}}]
    assert run(wanted)["changed"]
    assert faults.hits() == 2
    assert stored(aws, name) == {"local_infile": "1"}
    assert not run(wanted)["changed"]
