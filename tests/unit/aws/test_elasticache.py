"""The pure part of ElastiCache."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws.elasticache import steps, transform
from ansible_collections.replatform.aws.plugins.module_utils.aws.elasticache.steps import Step, Steps
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError


@pytest.mark.parametrize(
    ("allowed", "value", "fits"),
    [
        ("", "anything", True),
        ("yes,no", "yes", True),
        ("yes,no", "true", False),
        ("0-100", "100", True),
        ("0-100", "101", False),
        ("0,20-2147483647", "0", True),
        ("0,20-2147483647", "19", False),
        ("-1-2147483647", "-1", True),
        ("-5,-4,1-", "-4", True),
        ("-5,-4,1-", "9999", True),
        ("-5,-4,1-", "-3", False),
        ("0-100", "many", False),
    ],
)
def test_a_parameters_value_fits_words_and_ranges(allowed, value, fits):
    assert transform.allows(allowed, value) is fits


@pytest.mark.parametrize(("value", "text"), [(True, "yes"), (False, "no"), (7, "7"), (None, ""), ("AKE", "AKE")])
def test_a_parameter_is_written_as_elasticache_does(value, text):
    assert transform.parameter_value(value) == text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("on ~* +@all", "on allkeys allcommands", True),
        ("on ~* +@all", "~* on +@all", True),
        ("on ~app:* -@all +@read", "on ~app:* +@read", True),
        ("on ~app:* resetchannels -@all +@read", "on ~app:* +@read", True),
        ("off", "-@all", True),
        ("on ~* +@all -@dangerous", "on ~* -@dangerous +@all", False),
        ("on ~* +@all -@all", "on ~* +@all", False),
        ("on ~a +@all", "on ~b +@all", False),
        ("on ~* &* +@all", "on ~* +@all", False),
    ],
)
def test_access_strings_are_compared_by_what_they_allow(one, other, same):
    assert (transform.access_rules(one) == transform.access_rules(other)) is same


@pytest.mark.parametrize(
    ("version", "short"), [("7.2.6", "7.2"), ("8.0", "8.0"), (8.1, "8.1"), (None, None), ("", None)]
)
def test_a_version_is_major_and_minor(version, short):
    assert transform.short_version(version) == short


def test_versions_are_ordered_by_their_numbers():
    assert transform.version_key("7.10") > transform.version_key("7.9")


@pytest.mark.parametrize("name", ["a", "shop-cache", "a1-2-b"])
def test_a_name_that_elasticache_takes(name):
    transform.checked_name("user", name, 40)


@pytest.mark.parametrize("name", ["", "A", "a--b", "a-", "1a", "a_b", "a" * 41, "\u00e9"])
def test_a_name_that_it_would_change_or_refuse(name):
    with pytest.raises(ReplatformError, match="lower case"):
        transform.checked_name("user", name, 40)


FOUND: dict[str, Any] = {
    "ReplicationGroupId": "g",
    "ARN": "arn:g",
    "Status": "available",
    "Engine": "valkey",
    "MemberClusters": ["g-001", "g-002", "g-003"],
    "NodeGroups": [
        {
            "NodeGroupId": "0001",
            "PrimaryEndpoint": {"Address": "master.g", "Port": 6380},
            "ReaderEndpoint": {"Address": "replica.g", "Port": 6380},
        }
    ],
    "AutomaticFailover": "enabling",
    "MultiAZ": "enabled",
    "CacheNodeType": "cache.t4g.small",
    "TransitEncryptionEnabled": True,
    "TransitEncryptionMode": "required",
    "UserGroupIds": ["old"],
    "ClusterMode": "disabled",
    "PendingModifiedValues": {"UserGroups": {"UserGroupIdsToAdd": ["new"], "UserGroupIdsToRemove": ["old"]}},
    "LogDeliveryConfigurations": [
        {"LogType": "engine-log", "DestinationType": "kinesis-firehose", "LogFormat": "text", "Status": "active",
         "DestinationDetails": {"KinesisFirehoseDetails": {"DeliveryStream": "s"}}},
        {"LogType": "slow-log", "DestinationType": "cloudwatch-logs", "LogFormat": "json", "Status": "disabling",
         "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "l"}}},
    ],
}  # fmt: skip
NODE = {
    "EngineVersion": "8.0.1",
    "PendingModifiedValues": {"CacheNodeType": "cache.m7g.large"},
    "NotificationConfiguration": {"TopicArn": "arn:t", "TopicStatus": "inactive"},
    "SecurityGroups": [{"SecurityGroupId": "sg-2"}, {"SecurityGroupId": "sg-1"}],
}


def test_what_waits_for_the_window_and_what_the_service_is_at_count_as_made():
    state = transform.replication_group(FOUND, NODE, {"a": "b"})
    assert state.keys() == transform.REPLICATION_GROUP.keys()
    expected = {
        "endpoint": "master.g", "reader_endpoint": "replica.g", "port": 6380, "replicas": 2, "shards": 1,
        "automatic_failover": True, "engine_version": "8.0", "node_type": "cache.m7g.large", "user_group": "new",
        "transit_encryption": "required", "notification_topic_arn": None, "security_group_ids": ["sg-1", "sg-2"],
        "log_delivery": [
            {"type": "engine-log", "destination": "s", "destination_type": "kinesis-firehose", "format": "text"}
        ],
    }  # fmt: skip
    assert {name: state[name] for name in expected} == expected


def test_a_group_that_is_being_made_tells_what_it_can():
    state = transform.replication_group({"ReplicationGroupId": "g", "Status": "creating"}, {}, {})
    assert state.keys() == transform.REPLICATION_GROUP.keys()
    assert (state["endpoint"], state["replicas"], state["shards"]) == (None, 0, 1)


@pytest.mark.parametrize(
    ("group", "parameters"),
    [
        ({"replicas": 2}, {"NumCacheClusters": 3}),
        ({"replicas": 1, "shards": 3, "cluster_mode": "enabled"}, {"NumNodeGroups": 3, "ReplicasPerNodeGroup": 1}),
        ({"transit_encryption": "required"}, {"TransitEncryptionEnabled": True}),
        ({"transit_encryption": "preferred"}, {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"}),
        ({"user_group": "u"}, {"UserGroupIds": ["u"]}),
        ({"snapshot_retention_days": 0}, {"SnapshotRetentionLimit": 0}),
    ],
)
def test_a_new_group_is_asked_for_in_the_services_words(group, parameters):
    wanted = transform.wanted_replication_group({"name": "g", "node_type": "n", **group}, None)
    asked = transform.create_replication_group(wanted, {"snapshot_name": "s"})
    assert {**parameters, "SnapshotName": "s", "Engine": "valkey"}.items() <= asked.items()


def test_logs_of_no_wanted_type_are_switched_off():
    slow = {"type": "slow-log", "destination": "l", "destination_type": "cloudwatch-logs", "format": "json"}
    requests = transform.log_requests([slow], [slow, {**slow, "type": "engine-log"}])
    assert [(one["LogType"], one["Enabled"]) for one in requests] == [("slow-log", True), ("engine-log", False)]


def test_steps_stop_while_the_service_is_at_work_and_go_on_afterwards():
    answers = iter(["modifying", None, "available"])
    sent: list[str] = []

    def step(name: str) -> Step:
        def send() -> str | None:
            sent.append(name)
            return next(answers)

        return Step((name,), send)

    plan = Steps(wait=True)
    assert plan.begin("g", [step("a"), step("b"), step("c")], "available") == "modifying"
    assert (sent, plan.left("g")) == (["a"], ["b", "c"])
    assert plan.go_on("g", "modifying") == "modifying"
    assert plan.go_on("g", "available") == "available"
    assert (sent, plan.waiting()) == (["a", "b", "c"], {})


@pytest.mark.parametrize("code", sorted(steps.BUSY))
def test_a_busy_service_is_asked_again_only_by_who_waits(code):
    def busy() -> None:
        raise ReplatformError("busy", code=code)

    assert Steps(wait=True).begin("g", [Step(("a",), busy)], "available") == "modifying"
    with pytest.raises(ReplatformError):
        Steps(wait=False).begin("g", [Step(("a",), busy)], "available")


def test_a_change_that_is_made_already_is_done():
    def done() -> None:
        raise ReplatformError("no", code="NoOperationFault")

    plan = Steps(wait=False)
    plan.begin("g", [Step(("a",), done)], "available")
    assert plan.left("g") == []
