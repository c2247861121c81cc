"""elasticache_replication_group against the emulator, run as Ansible runs it."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.modules import elasticache_replication_group
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

MODULE = "elasticache_replication_group"
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
        rotated.append(client.put_secret_value(SecretId=secret, SecretString='{"password": "Q' + "w3" * 12 + '"}')["VersionId"])

    def holds_rotated():
        app = elasticache.describe_users(UserId=f"{name}-app")["Users"][0]
        assert app["Authentication"]["PasswordCount"] == 2, "the password from before is valid too"
        assert tags_of(elasticache, app["ARN"])["replatform:secret-version"] == rotated[0]

    ended = {**described, "users": [described["users"][0],
                                    {**described["users"][1], "password": {**password, "keep_previous": False}}]}  # fmt: skip
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
                    f"update replication group {name}: engine_version, log_delivery, node_type, notification_topic_arn,"
                    " replicas, snapshot_window, tags",
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
