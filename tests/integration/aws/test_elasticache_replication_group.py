"""elasticache_replication_group against the emulator, run as Ansible runs it."""

from __future__ import annotations

import json
import secrets
from functools import cache
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils import resource
from ansible_collections.replatform.aws.plugins.module_utils.aws.elasticache.caches import ensure_caches
from ansible_collections.replatform.aws.plugins.module_utils.aws.elasticache.options import LISTS
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode, Outcome
from ansible_collections.replatform.aws.plugins.modules import (
    elasticache_replication_group,
    elasticache_replication_group_info,
)
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

MODULE = "elasticache_replication_group"
CHANGED = (
    "engine_version",
    "log_delivery",
    "node_type",
    "notification_topic_arn",
    "replicas",
    "snapshot_window",
    "tags",
)
LATER = {*KNOWN_LATER, "endpoint", "reader_endpoint", "vpc_id"}


@pytest.fixture
def elasticache(aws):
    return aws.client("elasticache")


@pytest.fixture
def fresh(aws):
    """The emulator with nothing in it but a VPC; what other tests left in ElastiCache is no longer there."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=f"{aws.endpoint['region']}{zone}")
        for n, zone in enumerate("abc")
    ]
    group = ec2.create_security_group(VpcId=vpc, GroupName="cache", Description="cache")["GroupId"]
    return {"subnets": sorted(one["Subnet"]["SubnetId"] for one in subnets), "group": group}


@pytest.fixture
def name():
    """A prefix of this test's own."""
    return f"t{secrets.token_hex(4)}"


@pytest.fixture
def run(aws):
    return lambda args, **more: run_module(MODULE, args, env=aws.environment, **more)


def group_of(client, name):
    return client.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]


def node_of(client, name):
    return client.describe_cache_clusters(CacheClusterId=f"{name}-001")["CacheClusters"][0]


def tags_of(client, arn):
    return {tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(ResourceName=arn)["TagList"]}


def test_the_life_of_caches_with_all_that_they_need(aws, elasticache, fresh, name):
    secret = f"{name}/app"
    sns = aws.client("sns").create_topic(Name=name)["TopicArn"]
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.client("kms").create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    password = {"secret": secret, "generate": True}
    everything: dict[str, Any] = {
        "tags": {"environment": "test"},
        "subnet_groups": [{"name": name, "subnet_ids": fresh["subnets"]}],
        "parameter_groups": [
            {"name": name, "family": "valkey8", "parameters": {"maxmemory-policy": "noeviction", "timeout": 300}}
        ],
        "users": [
            {"id": f"{name}-default", "user_name": "default", "switched_off": True},
            {"id": f"{name}-app", "access_string": "on ~* +@all -@dangerous", "password": password},
        ],
        "user_groups": [{"id": name, "users": [f"{name}-app", f"{name}-default"]}],
        "replication_groups": [
            {
                "name": name,
                "description": "Sessions",
                "engine_version": "8.0",
                "node_type": "cache.t4g.small",
                "replicas": 1,
                "automatic_failover": True,
                "multi_az": True,
                "parameter_group": name,
                "subnet_group": name,
                "security_group_ids": [fresh["group"]],
                "port": 6380,
                "user_group": name,
                "transit_encryption": "required",
                "at_rest_encryption": True,
                "kms_key_id": f"alias/{name}",
                "maintenance_window": "Sun:03:00-sun:04:00",
                "snapshot_window": "01:00-02:00",
                "snapshot_retention_days": 7,
                "notification_topic_arn": sns,
                "auto_minor_version_upgrade": False,
                "log_delivery": [{"type": "slow-log", "destination": f"/{name}/slow"}],
            }
        ],
    }
    group = everything["replication_groups"][0]
    made = [
        f"create secret {secret}",
        f"create subnet group {name}",
        f"create parameter group {name}",
        f"create user {name}-default",
        f"create user {name}-app",
        f"create user group {name}",
        f"create replication group {name}",
    ]

    def holds_all():
        found, node = group_of(elasticache, name), node_of(elasticache, name)
        assert found["MemberClusters"] == [f"{name}-001", f"{name}-002"]
        assert (found["AutomaticFailover"], found["MultiAZ"]) == ("enabled", "enabled")
        assert (found["TransitEncryptionEnabled"], found["TransitEncryptionMode"]) == (True, "required")
        assert (found["AtRestEncryptionEnabled"], found["KmsKeyId"]) == (True, key)
        assert found["UserGroupIds"] == [name]
        assert found["NodeGroups"][0]["PrimaryEndpoint"]["Port"] == 6380
        assert (found["SnapshotRetentionLimit"], found["SnapshotWindow"]) == (7, "01:00-02:00")
        assert found["AutoMinorVersionUpgrade"] is False
        log = found["LogDeliveryConfigurations"][0]
        assert log["DestinationDetails"] == {"CloudWatchLogsDetails": {"LogGroup": f"/{name}/slow"}}
        assert (node["Engine"], node["EngineVersion"]) == ("valkey", "8.0.1")
        assert node["CacheParameterGroup"]["CacheParameterGroupName"] == name
        assert node["CacheSubnetGroupName"] == name
        assert node["PreferredMaintenanceWindow"] == "sun:03:00-sun:04:00"
        assert node["NotificationConfiguration"] == {"TopicArn": sns, "TopicStatus": "active"}
        assert [one["SecurityGroupId"] for one in node["SecurityGroups"]] == [fresh["group"]]
        assert tags_of(elasticache, found["ARN"]) == {"environment": "test"}
        values = elasticache.describe_cache_parameters(CacheParameterGroupName=name, Source="user")["Parameters"]
        assert {one["ParameterName"]: one["ParameterValue"] for one in values} == {
            "maxmemory-policy": "noeviction",
            "timeout": "300",
        }
        app = elasticache.describe_users(UserId=f"{name}-app")["Users"][0]
        assert app["Authentication"] == {"Type": "password", "PasswordCount": 1}
        version = aws.client("secretsmanager").get_secret_value(SecretId=secret)["VersionId"]
        assert tags_of(elasticache, app["ARN"]) == {"environment": "test", "replatform:secret-version": version}
        off = elasticache.describe_users(UserId=f"{name}-default")["Users"][0]
        assert (off["UserName"], off["AccessString"]) == ("default", "off -@all")

    changed = {
        **everything,
        "tags": {"environment": "test", "owner": "me"},
        "parameter_groups": [{**everything["parameter_groups"][0], "parameters": {"maxmemory-policy": "allkeys-lru"}}],
        "replication_groups": [
            {**group, "replicas": 2, "node_type": "cache.m7g.large", "engine_version": "8.1", "snapshot_window":
             "02:00-03:00", "log_delivery": [], "notification_topic_arn": None, "apply_immediately": True}
        ],
    }  # fmt: skip

    def holds_changes():
        found, node = group_of(elasticache, name), node_of(elasticache, name)
        assert len(found["MemberClusters"]) == 3
        assert (found["CacheNodeType"], node["EngineVersion"]) == ("cache.m7g.large", "8.1.0")
        assert found["LogDeliveryConfigurations"] == []
        assert node["NotificationConfiguration"]["TopicStatus"] == "inactive"
        assert tags_of(elasticache, found["ARN"]) == {"environment": "test", "owner": "me"}
        values = elasticache.describe_cache_parameters(CacheParameterGroupName=name, Source="user")["Parameters"]
        assert {one["ParameterName"]: one["ParameterValue"] for one in values} == {"maxmemory-policy": "allkeys-lru"}

    def drift():
        elasticache.modify_replication_group(
            ReplicationGroupId=name, ApplyImmediately=True, SnapshotRetentionLimit=1, MultiAZEnabled=False
        )
        elasticache.modify_cache_parameter_group(
            CacheParameterGroupName=name, ParameterNameValues=[{"ParameterName": "timeout", "ParameterValue": "20"}]
        )
        elasticache.modify_user(UserId=f"{name}-app", AccessString="on ~* +@all")
        elasticache.modify_user_group(UserGroupId=name, UserIdsToRemove=[f"{name}-default"])
        elasticache.modify_cache_subnet_group(CacheSubnetGroupName=name, CacheSubnetGroupDescription="by hand")
        elasticache.add_tags_to_resource(
            ResourceName=group_of(elasticache, name)["ARN"], Tags=[{"Key": "x", "Value": "y"}]
        )

    described = {**changed, "subnet_groups": [{**changed["subnet_groups"][0], "description": name}]}
    rotated: list[str] = []

    def rotate():
        client = aws.client("secretsmanager")
        new = json.dumps({"password": "Q" + "w3" * 12})
        rotated.append(client.put_secret_value(SecretId=secret, SecretString=new)["VersionId"])

    def holds_rotated():
        app = elasticache.describe_users(UserId=f"{name}-app")["Users"][0]
        assert app["Authentication"]["PasswordCount"] == 2, "the password from before is valid too"
        assert tags_of(elasticache, app["ARN"])["replatform:secret-version"] == rotated[0]

    off, app = described["users"]
    ended = {**described, "users": [off, {**app, "password": {**password, "keep_previous": False}}]}
    gone = {
        "users": [{"id": f"{name}-default", "state": "absent"},
                  {"id": f"{name}-app", "password": password, "state": "absent"}],
        "replication_groups": [{"name": name, "state": "absent", "final_snapshot": f"{name}-last"}],
        **{kind: [{"name": name, "state": "absent"}] for kind in ("subnet_groups", "parameter_groups")},
        "user_groups": [{"id": name, "state": "absent"}],
    }  # fmt: skip

    def holds_nothing():
        assert elasticache.describe_snapshots(SnapshotName=f"{name}-last")["Snapshots"]
        for kind, key in (("replication_groups", "ReplicationGroupId"), ("cache_subnet_groups", "CacheSubnetGroupName"),
                          ("cache_parameter_groups", "CacheParameterGroupName"), ("user_groups", "UserGroupId"),
                          ("users", "UserId")):  # fmt: skip
            answer = getattr(elasticache, f"describe_{kind}")()
            things = next(value for value in answer.values() if isinstance(value, list))
            assert [one[key] for one in things if one[key].startswith(name)] == []

    Life(aws, MODULE, known_later=LATER).live(
        [
            Step("create", everything, made, holds=holds_all),
            Step("not given, not touched", {"replication_groups": [{"name": name}], "users": [{"id": f"{name}-app"}]}),
            Step(
                "change",
                changed,
                [
                    f"update secret {secret}: tags",
                    f"update subnet group {name}: tags",
                    f"update parameter group {name}: parameters, tags",
                    f"update user {name}-default: tags",
                    f"update user {name}-app: tags",
                    f"update user group {name}: tags",
                    f"update replication group {name}: {', '.join(CHANGED)}",
                ],
                holds=holds_changes,
            ),
            Step(
                "drift",
                described,
                [
                    f"update subnet group {name}: description",
                    f"update parameter group {name}: parameters",
                    f"update user {name}-app: access_string",
                    f"update user group {name}: users",
                    f"update replication group {name}: multi_az, snapshot_retention_days, tags",
                ],
                by_hand=drift,
                holds=holds_changes,
            ),
            Step(
                "rotate",
                described,
                [f"update user {name}-app: password, password_count"],
                by_hand=rotate,
                holds=holds_rotated,
            ),
            Step("end the password from before", ended, [f"update user {name}-app: password_count"]),
            Step(
                "shrink",
                {"replication_groups": [{"name": name, "replicas": 0, "automatic_failover": False, "multi_az": False}]},
                [f"update replication group {name}: automatic_failover, multi_az, replicas"],
            ),
            Step(
                "delete",
                gone,
                [
                    f"delete replication group {name}",
                    f"delete user group {name}",
                    f"delete user {name}-default",
                    f"delete user {name}-app",
                    f"delete parameter group {name}",
                    f"delete subnet group {name}",
                    f"delete secret {secret}",
                ],
                holds=holds_nothing,
            ),
        ]
    )


@pytest.fixture
def make(aws, monkeypatch):
    """`make(wait=..., **lists)` is what the module does, in this process and in an account of this test's own."""
    monkeypatch.setattr(resource, "POLL_S", (0.01, 0.05))
    client = cache(aws.apart())

    def make(*, check: bool = False, wait: bool = True, wait_timeout: int = 10, **lists: Any) -> Outcome:
        wanted = {name: [{"purge_tags": True, **one} for one in lists.get(name, ())] for name in LISTS}
        return ensure_caches(
            client, lambda secret: None, wanted, Mode(check=check, wait=wait, wait_timeout=wait_timeout)
        )

    vars(make)["client"] = client
    return make


NODE = {"node_type": "cache.t4g.small"}
GROUP: dict[str, Any] = {"name": "g", "engine_version": "8.0", **NODE}
PASSWORD: dict[str, Any] = {"secret": "p", "key": "password", "generate": True, "keep_previous": True}
USER: dict[str, Any] = {"id": "u", "access_string": "on ~* +@all", "password": PASSWORD}


def sent(aws):
    """Write calls to ElastiCache by name."""
    reading = ("Describe", "List")
    calls = aws.recorder.counts()["calls"]
    named = {name.partition(".")[2]: count for name, count in calls.items() if name.startswith("elasticache.")}
    return {name: count for name, count in named.items() if not name.startswith(reading)}


@pytest.mark.parametrize(
    ("lists", "says"),
    [
        ({"replication_groups": [{"name": "A", **NODE}]}, "replication group A: a name has up to 40 lower case"),
        ({"replication_groups": [{"name": "a--b", **NODE}]}, "single hyphens"),
        ({"replication_groups": [GROUP, GROUP]}, "replication_groups names g more than once"),
        ({"users": [USER, {"id": "u", "state": "absent"}]}, "users names u more than once"),
        ({"replication_groups": [{"name": "g"}]}, "cannot be made without node_type"),
        ({"replication_groups": [{**GROUP, "multi_az": True}]}, "multi_az needs automatic_failover"),
        ({"replication_groups": [{**GROUP, "automatic_failover": True}]}, "needs at least one replica"),
        ({"replication_groups": [{**GROUP, "shards": 2}]}, "only a group with cluster_mode enabled"),
        ({"replication_groups": [{**GROUP, "user_group": "x"}]}, "a user_group needs transit_encryption"),
        ({"replication_groups": [{**GROUP, "replicas": 6}]}, "replicas 6 must be from 0 to 5"),
        ({"replication_groups": [{**GROUP, "snapshot_window": "1-2"}]}, "must be hh:mm-hh:mm"),
        ({"replication_groups": [{**GROUP, "maintenance_window": "so:1"}]}, "must be ddd:hh:mm-ddd:hh:mm"),
        ({"replication_groups": [{**GROUP, "notification_topic_arn": "arn:x"}]}, "must be the ARN of an SNS topic"),
        ({"replication_groups": [{**GROUP, "node_type": "t4g"}]}, "such as cache.t4g.small"),
        ({"replication_groups": [{**GROUP, "kms_key_id": "alias/none"}]}, "there is no KMS key alias/none"),
        ({"replication_groups": [{"name": "g", "state": "absent"}]}, "would be deleted with all that it holds"),
        ({"parameter_groups": [{"name": "p"}]}, "cannot be made without family"),
        ({"parameter_groups": [{"name": "p", "family": "valkey1", "parameters": {"timeout": 1}}]}, "valkey1"),
        ({"parameter_groups": [{"name": "p", "family": "valkey8", "parameters": {"maxmemory-polcy": "x"}}]},
         "has no parameter maxmemory-polcy; did you mean maxmemory-policy"),
        ({"parameter_groups": [{"name": "p", "family": "redis7", "parameters": {"timeout": 7}}]},
         "timeout cannot be '7'; allowed is 0,20-2147483647"),
        ({"parameter_groups": [{"name": "p", "family": "redis7", "parameters": {"maxclients": 7}}]},
         "maxclients is 65000 and cannot be changed"),
        ({"users": [{"id": "u", "access_string": "on"}]}, "without password, iam or switched_off"),
        ({"users": [{"id": "u", "iam": True}]}, "cannot be made without access_string"),
        ({"users": [{"id": "u", "iam": True, "access_string": "on", "user_name": "x"}]}, "user_name must be u too"),
        ({"users": [{**USER, "password": {**PASSWORD, "generate": False}}]}, "secret p does not exist in"),
        ({"user_groups": [{"id": "ug"}]}, "cannot be made without users"),
        ({"subnet_groups": [{"name": "s"}]}, "cannot be made without subnet_ids"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_written(aws, make, lists, says):
    aws.recorder.reset()
    with pytest.raises(ReplatformError) as caught:
        # Beside what is right, which must not be made either.
        make(**{"parameter_groups": [{"name": "right", "family": "valkey8"}], **lists})
    assert says in caught.value.message
    assert sent(aws) == {}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"replication_groups": [{"name": "g", "nodetype": "x"}]}, "replication_groups"),
        ({"replication_groups": [{"name": "g", "log_delivery": [{"type": "slow", "destination": "x"}]}]}, "slow-log"),
        ({"replication_groups": [{"name": "g", "replicas": "many"}]}, "unable to convert to int"),
        ({"users": [{"id": "u", "iam": True, "switched_off": True}]}, "mutually exclusive"),
        ({"replication_groups": [{"name": "g"}], "users": [{"id": "u", "password": {"secret": "s", "pasword": 1}}]},
         "pasword"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named_with_its_path(run, args, says):
    result = run(args)
    assert result["failed"]
    assert says in result["msg"]
    assert result["error"]["code"] == "InvalidOptions"


def test_what_the_service_never_changes_is_refused_with_the_way(aws, make):
    make(
        parameter_groups=[{"name": "p", "family": "valkey8"}],
        replication_groups=[{**GROUP, "port": 6379, "at_rest_encryption": True, "transit_encryption": "required"}],
    )
    refused: list[tuple[dict[str, Any], str, str]] = [
        ({"engine": "redis"}, "'valkey'", "make a group of another name with snapshot_name"),
        ({"engine_version": "7.2"}, "'8.0'", "an engine is never downgraded"),
        ({"port": 6380}, "6379", "another name"),
        ({"at_rest_encryption": False}, "True", "another name"),
        ({"kms_key_id": "k-1"}, "None", "another name"),
        ({"transit_encryption": "disabled"}, "'required'", "set preferred first"),
        ({"cluster_mode": "enabled", "automatic_failover": True}, "'disabled'", "set compatible first"),
    ]
    for change, old, way in refused:
        aws.recorder.reset()
        with pytest.raises(ReplatformError) as caught:
            make(replication_groups=[{"name": "g", **change}], parameter_groups=[{"name": "p", "tags": {"a": "b"}}])
        assert caught.value.code == "ImmutableAttribute", change
        assert old in caught.value.message
        assert way in caught.value.message
        assert sent(aws) == {}
    with pytest.raises(ReplatformError, match="make a parameter group of another name"):
        make(parameter_groups=[{"name": "p", "family": "valkey7"}])
    make(users=[USER])
    with pytest.raises(ReplatformError, match="user u has user_name"):
        make(users=[{**USER, "user_name": "v"}])


def test_steps_that_the_service_takes_one_after_the_other(aws, make):
    """TLS, cluster mode and shards of a group that is there, each awaited before the next one."""
    elasticache = make.client("elasticache")
    make(
        parameter_groups=[{"name": "p", "family": "valkey8", "parameters": {"cluster-enabled": True}}],
        replication_groups=[{**GROUP, "replicas": 1, "automatic_failover": True}],
    )
    for change in (
        {"transit_encryption": "preferred", "cluster_mode": "compatible", "parameter_group": "p"},
        {"transit_encryption": "required", "cluster_mode": "enabled", "description": "sharded"},
        {"shards": 3, "replicas": 2},
        {"shards": 2, "replicas": 0, "node_type": "cache.m7g.large"},
    ):
        wanted = [{"name": "g", **change}]
        predicted = make(check=True, replication_groups=wanted)
        outcome = make(replication_groups=wanted)
        assert outcome.actions == predicted.actions == [f"update replication group g: {', '.join(sorted(change))}"]
        assert not make(replication_groups=wanted).changed
    found = group_of(elasticache, "g")
    assert (found["TransitEncryptionMode"], found["ClusterMode"]) == ("required", "enabled")
    assert [len(shard["NodeGroupMembers"]) for shard in found["NodeGroups"]] == [1, 1]
    node = elasticache.describe_cache_clusters()["CacheClusters"][0]
    assert node["PendingModifiedValues"] == {"CacheNodeType": "cache.m7g.large"}, "it waits for the window"


def test_redis_becomes_valkey_with_its_users(make):
    elasticache = make.client("elasticache")
    redis: dict[str, Any] = {"engine": "redis"}
    users = [{**USER, **redis}, {"id": "off", "user_name": "default", "switched_off": True, **redis}]
    group = {
        "name": "g",
        "engine_version": "7.1",
        "transit_encryption": "required",
        "user_group": "ug",
        **redis,
        **NODE,
    }
    make(users=users, user_groups=[{"id": "ug", "users": ["u", "off"], **redis}], replication_groups=[group])
    outcome = make(
        users=[{**one, "engine": "valkey"} for one in users],
        user_groups=[{"id": "ug", "engine": "valkey"}],
        replication_groups=[{"name": "g", "engine": "valkey", "engine_version": "8.0", "apply_immediately": True}],
    )
    assert len(outcome.actions) == 4
    assert group_of(elasticache, "g")["Engine"] == "valkey"
    assert elasticache.describe_user_groups(UserGroupId="ug")["UserGroups"][0]["Engine"] == "valkey"


def test_a_secret_of_ones_own_and_iam_are_taken(make):
    elasticache, secrets_client = make.client("elasticache"), make.client("secretsmanager")
    given = {**PASSWORD, "generate": False, "key": "word"}
    with pytest.raises(ReplatformError, match="secret p does not exist"):
        make(users=[{**USER, "password": given}])
    assert make(check=True, users=[{**USER, "password": given}]).changed, "check mode: another task will make it"
    secrets_client.create_secret(Name="p", SecretString='{"word": "short"}')
    with pytest.raises(ReplatformError, match="must have 16 to 128") as caught:
        make(users=[{**USER, "password": given}])
    assert "short" not in str(caught.value.as_dict())
    with pytest.raises(ReplatformError, match="has no field password"):
        make(users=[{**USER, "password": {**given, "key": "password"}}])
    secrets_client.put_secret_value(SecretId="p", SecretString=json.dumps({"word": "w" * 20}))
    users = [{**USER, "password": given}, {"id": "pod", "iam": True, "access_string": "on ~* +@read"}]
    assert make(users=users).changed
    assert not make(users=users).changed
    assert not make(users=[{**users[1], "access_string": "on allkeys resetchannels -@all +@read"}]).changed
    assert make(users=[{"id": "u", "iam": True}]).actions == ["update user u: authentication, password, password_count"]
    kinds = [one["Authentication"]["Type"] for one in elasticache.describe_users()["Users"] if one["UserId"] in "upod"]
    assert kinds == ["iam", "iam"]


def test_what_needs_a_failed_thing_is_not_begun_and_a_rerun_completes_it(make, faults):
    lists: dict[str, Any] = {
        "parameter_groups": [{"name": "p", "family": "valkey8"}],
        "users": [USER, {"id": "v", "iam": True, "access_string": "on"}],
        "user_groups": [{"id": "ug", "users": ["u"]}],
        "replication_groups": [{**GROUP, "user_group": "ug", "transit_encryption": "required"}, {**GROUP, "name": "h"}],
    }
    faults.add("access_denied", "elasticache", "CreateUser", match="UserId=u&")
    with pytest.raises(resource.Unfinished) as caught:
        make(**lists)
    failed = caught.value.facts["failed"]
    assert list(failed) == ["user u", "user group ug", "replication group g"]
    assert "allow the action of CreateUser" in failed["user u"]["message"]
    assert failed["replication group g"]["message"] == (
        "replication group g was not touched, as user group ug failed; correct that and run again."
    )
    assert caught.value.outcome.actions[-1] == "create replication group h"
    faults.clear()
    outcome = make(**lists)
    assert outcome.actions == ["create user u", "create user group ug", "create replication group g"]
    assert not make(**lists).changed


ALL: dict[str, Any] = {
    "parameter_groups": [{"name": "p", "family": "valkey8", "parameters": {"timeout": 60}, "tags": {"a": "b"}}],
    "users": [{**USER, "tags": {"a": "b"}}],
    "user_groups": [{"id": "ug", "users": ["u"]}],
    "replication_groups": [{**GROUP, "user_group": "ug", "transit_encryption": "required", "parameter_group": "p",
                            "replicas": 1, "tags": {"a": "b"}}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("throttle", {"times": 2}),
        ("error", {"times": 2}),
        ("lost_reply", {"operation": "Create*", "times": 2}),
        ("lost_reply", {"operation": "*Replica*", "times": 2}),
        ("slow", {"times": 2}),
        ("stale", {"times": 1}),
    ],
)
def test_what_passes_is_survived(make, faults, kind, more):
    """Making, changing and deleting with a fault that passes ends as without it."""
    more_of_it = {"replicas": 2, "description": "x", "tags": {"c": "d"}}
    grown: dict[str, Any] = {**ALL, "replication_groups": [{**ALL["replication_groups"][0], **more_of_it}]}
    gone: dict[str, Any] = {
        "users": [{"id": "u", "password": PASSWORD, "state": "absent"}],
        "user_groups": [{"id": "ug", "state": "absent"}],
        "parameter_groups": [{"name": "p", "state": "absent"}],
        "replication_groups": [{"name": "g", "state": "absent", "skip_final_snapshot": True}],
    }
    for wanted in (ALL, grown, gone):
        faults.add(kind, "elasticache", **more)
        assert make(**wanted).changed
        assert faults.hits() or wanted is not ALL
        faults.clear()
        assert not make(**wanted).changed
    assert make.client("elasticache").describe_replication_groups()["ReplicationGroups"] == []


def test_what_takes_too_long_is_told_with_the_last_state_and_waited_for_by_the_next_run(make, faults):
    faults.add("slow", "elasticache", "CreateReplicationGroup", times=200)
    with pytest.raises(ReplatformError, match="was not ready after 1 s") as caught:
        make(replication_groups=[GROUP], wait_timeout=1)
    assert caught.value.code == "WaitTimeout"
    assert caught.value.facts["last_seen"]["status"] == "creating"
    faults.clear()
    faults.add("slow", "elasticache", "CreateReplicationGroup", times=3)
    assert not make(replication_groups=[GROUP]).changed


def test_without_waiting_the_next_run_sends_what_is_left(make, faults):
    make(replication_groups=[{**GROUP, "replicas": 1}])
    wanted = [{**GROUP, "replicas": 2, "description": "x", "tags": {"a": "b"}}]
    faults.add("error", "elasticache", "ModifyReplicationGroup", status=400, code="InvalidReplicationGroupState")
    with pytest.raises(ReplatformError) as caught:
        make(replication_groups=wanted, wait=False)
    assert caught.value.code == "InvalidReplicationGroupState"
    faults.clear()
    faults.add(
        "error", "elasticache", "ModifyReplicationGroup", status=400, code="InvalidReplicationGroupState", times=2
    )
    assert make(replication_groups=wanted).actions == ["update replication group g: description, tags"]


def test_the_info_module_tells_nodes_and_what_waits(aws, run, elasticache, name):
    run({"replication_groups": [{**GROUP, "name": name, "replicas": 1, "tags": {"a": "b"}}]})
    run({"replication_groups": [{"name": name, "engine_version": "8.1"}]})
    for filters in ({"names": [name]}, {"prefix": name}):
        result = run_module(f"{MODULE}_info", filters, env=aws.environment)
        (found,) = result["replication_groups"]
        assert not result["changed"]
        assert [node["name"] for node in found["nodes"]] == [f"{name}-001", f"{name}-002"]
        assert (found["nodes"][0]["engine_version"], found["pending"]) == ("8.0.1", ["EngineVersion"])
        assert (found["tags"], found["replicas"], found["engine_version"]) == ({"a": "b"}, 1, "8.1")
    assert run_module(f"{MODULE}_info", {"names": []}, env=aws.environment)["replication_groups"] == []
    run({"replication_groups": [{"name": name, "state": "absent", "skip_final_snapshot": True}]})


def test_no_password_leaves_a_playbook_run_at_the_highest_verbosity(aws, play, name):
    secret = f"{name}/valkey"
    wanted = {"users": [{**USER, "id": name, "password": {**PASSWORD, "secret": secret}}]}
    said = play([{"name": "Make", f"replatform.aws.{MODULE}": wanted}])
    password = json.loads(aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])["password"]
    assert len(password) == 48
    assert password not in said
    assert "password: (changed)" in said


@pytest.mark.parametrize("module", [elasticache_replication_group, elasticache_replication_group_info])
def test_the_examples_of_the_documentation_run(aws, play, name, module):
    assert "failed=0" in play(yaml.safe_load(module.EXAMPLES.replace("shop", name)))
