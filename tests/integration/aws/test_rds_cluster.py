"""rds_cluster and rds_settings_info against the emulator, run as Ansible runs them."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.rds.ensure import ensure_clusters
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode
from ansible_collections.replatform.aws.plugins.modules import (
    rds_cluster,
    rds_parameter_groups,
    rds_settings_info,
)
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

LATER = KNOWN_LATER | {
    # Made or chosen by the service.
    "resource_id", "endpoint", "reader_endpoint", "master_user_secret_arn", "master_user_secret_kms_key_id", "vpc_id",
    "availability_zone", "ca_certificate", "monitoring_interval", "publicly_accessible", "preferred_maintenance_window",
    "auto_minor_version_upgrade", "port", "storage_type", "database_insights_mode", "performance_insights",
    "iam_database_authentication", "parameter_group",
}  # fmt: skip


@pytest.fixture
def name():
    return f"t-{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def network(sandbox):
    """Subnets of three zones, a security group and a key of this file's own."""
    from tests.servers import Aws

    aws = Aws(sandbox.endpoint("aws"))
    ec2, kms = aws.client("ec2"), aws.client("kms")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{number}.0/24", AvailabilityZone=f"eu-central-1{zone}")
        for number, zone in enumerate("abc")
    ]
    group = ec2.create_security_group(GroupName=f"t-{secrets.token_hex(4)}", Description="d", VpcId=vpc)
    alias, key = f"alias/t-{secrets.token_hex(4)}", kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    return {
        "subnets": [one["Subnet"]["SubnetId"] for one in subnets],
        "security_group": group["GroupId"],
        "alias": alias,
        "key": key["Arn"],
    }


@pytest.fixture
def run(aws):
    def run(*clusters, tags=None, **more):
        args = {"clusters": list(clusters), "wait_timeout": 60, **({"tags": tags} if tags else {})}
        return run_module("rds_cluster", args, env=aws.environment, **more)

    return run


def described(name: str, network: dict[str, Any]) -> dict[str, Any]:
    """A cluster with one of everything."""
    return {
        "name": name,
        "engine_version": "8.0.mysql_aurora.3.10.2",
        "master_username": "replatform",
        "database_name": "shop",
        "kms_key_id": network["alias"],
        "subnet_group": {"name": name, "subnet_ids": network["subnets"]},
        "security_group_ids": [network["security_group"]],
        "parameter_group": {"name": f"{name}-cluster", "parameters": {"binlog_format": "ROW", "wait_timeout": 600}},
        "instance_parameter_groups": [{"name": f"{name}-instance", "parameters": {"max_connections": 500}}],
        "serverless_v2": {"min_capacity": 0.5, "max_capacity": 4},
        "backup_retention_period": 7,
        "preferred_backup_window": "01:00-02:00",
        "preferred_maintenance_window": "Sun:03:00-Sun:04:00",
        "deletion_protection": True,
        "log_exports": ["slowquery", "error"],
        "instances": [
            {
                "name": f"{name}-1",
                "instance_class": "db.r7g.large",
                "availability_zone": "eu-central-1a",
                "promotion_tier": 0,
                "parameter_group": f"{name}-instance",
                "monitoring_interval": 60,
                "monitoring_role_arn": "arn:aws:iam::123456789012:role/rds-monitoring",
            },
            {
                "name": f"{name}-2",
                "instance_class": "db.serverless",
                "availability_zone": "eu-central-1b",
                "promotion_tier": 1,
            },
        ],
        "endpoints": [{"name": f"{name}-reports", "static_members": [f"{name}-2"]}],
    }


def test_the_life_of_a_cluster_with_all_that_belongs_to_it(aws, name, network):
    rds = aws.client("rds")
    tags = {"app": "shop"}
    first = described(name, network)
    one, two = first["instances"]
    more = {
        **first,
        "engine_version": "8.0.mysql_aurora.3.10.3",
        "deletion_protection": False,
        "log_exports": ["error"],
        "parameter_group": {**first["parameter_group"], "parameters": {"binlog_format": "OFF", "wait_timeout": 60}},
        "instances": [{**one, "instance_class": "db.r7g.xlarge"}, two],
        "endpoints": [{**first["endpoints"][0], "static_members": [f"{name}-1", f"{name}-2"]}],
    }
    now = {**more, "apply_immediately": True, "reboot": True}
    gone = {**more, "state": "absent", "final_snapshot": f"{name}-final"}

    def cluster():
        return rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]

    def instance(number):
        return rds.describe_db_instances(DBInstanceIdentifier=f"{name}-{number}")["DBInstances"][0]

    def holds_first():
        has = cluster()
        assert has["EngineVersion"] == first["engine_version"]
        assert has["KmsKeyId"] == network["key"]
        assert has["StorageEncrypted"]
        assert has["MasterUserSecret"]["SecretArn"]
        assert has["DBSubnetGroup"] == name
        assert has["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 4.0}
        assert has["TagList"] == [{"Key": "app", "Value": "shop"}]
        assert [one["DBInstanceIdentifier"] for one in has["DBClusterMembers"] if one["IsClusterWriter"]] == [
            f"{name}-1"
        ]
        assert instance(1)["MonitoringInterval"] == 60
        assert instance(1)["DBParameterGroups"][0]["DBParameterGroupName"] == f"{name}-instance"
        assert instance(2)["TagList"] == [{"Key": "app", "Value": "shop"}]

    def holds_pending():
        has = cluster()
        assert has["EngineVersion"] == first["engine_version"]
        assert has["PendingModifiedValues"]["EngineVersion"] == more["engine_version"]
        assert has["EnabledCloudwatchLogsExports"] == ["error"]
        assert instance(1)["DBInstanceClass"] == "db.r7g.large"

    def holds_now():
        assert cluster()["EngineVersion"] == more["engine_version"]
        assert instance(1)["DBInstanceClass"] == "db.r7g.xlarge"
        assert {one["DBClusterParameterGroupStatus"] for one in cluster()["DBClusterMembers"]} == {"in-sync"}

    def by_hand():
        rds.modify_db_cluster(DBClusterIdentifier=name, BackupRetentionPeriod=1, ApplyImmediately=True)
        rds.modify_db_instance(DBInstanceIdentifier=f"{name}-2", PromotionTier=9, ApplyImmediately=True)
        rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=network["subnets"][:2])
        rds.add_tags_to_resource(ResourceName=cluster()["DBClusterArn"], Tags=[{"Key": "app", "Value": "by hand"}])
        rds.modify_db_cluster_endpoint(DBClusterEndpointIdentifier=f"{name}-reports", EndpointType="ANY")

    made = [f"create subnet group {name}", f"create cluster parameter group {name}-cluster",
            f"create instance parameter group {name}-instance", f"create cluster {name}",
            f"create instance {name}-1", f"create instance {name}-2", f"create endpoint {name}-reports"]  # fmt: skip

    def args(cluster):
        return {"tags": tags, "clusters": [cluster], "wait_timeout": 60}

    Life(aws, "rds_cluster", known_later=LATER).live(
        [
            Step("create", args(first), made, holds=holds_first),
            Step(
                "change, what interrupts waits",
                args(more),
                [
                    f"update cluster parameter group {name}-cluster: parameters, pending_reboot",
                    f"update cluster {name}: deletion_protection, log_exports, pending",
                    f"update instance {name}-1: pending",
                    f"update endpoint {name}-reports: static_members",
                ],
                holds=holds_pending,
            ),
            Step(
                "or comes now, readers first",
                args(now),
                [
                    f"update cluster {name}: engine_version, pending",
                    f"update instance {name}-1: instance_class, pending",
                    f"update reboot of instance {name}-2: pending",
                    f"update reboot of instance {name}-1: pending",
                ],
                holds=holds_now,
            ),
            Step(
                "drift",
                args(more),
                [
                    f"update subnet group {name}: subnet_ids",
                    f"update cluster {name}: backup_retention_period, tags",
                    f"update instance {name}-2: promotion_tier",
                    f"update endpoint {name}-reports: type",
                ],
                by_hand=by_hand,
            ),
            Step(
                "delete",
                args(gone),
                [
                    f"delete endpoint {name}-reports",
                    f"delete instance {name}-1",
                    f"delete instance {name}-2",
                    f"delete cluster {name}",
                    f"delete subnet group {name}",
                    f"delete cluster parameter group {name}-cluster",
                    f"delete instance parameter group {name}-instance",
                ],
                holds=lambda: rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=f"{name}-final"),
            ),
        ]
    )


def test_what_exists_is_told_as_the_options_that_find_nothing_to_do(aws, run, name, network, tmp_path):
    wanted = {**described(name, network), "deletion_protection": False}
    run(wanted, tags={"app": "shop"})
    path = tmp_path / "rds.yml"

    def info(**args):
        return run_module("rds_settings_info", args, env=aws.environment)

    aws.recorder.reset()
    told = info(cluster=name, path=str(path))
    assert told["changed"]
    (cluster,) = told["variables"]["clusters"]
    assert cluster["parameter_group"]["parameters"] == {"binlog_format": "ROW", "wait_timeout": "600"}
    assert cluster["serverless_v2"] == {"min_capacity": 0.5, "max_capacity": 4.0}
    aws.recorder.reset()
    again = run(cluster)
    assert (again["changed"], again["actions"]) == (False, [])
    counts = aws.recorder.counts()
    assert counts["writes"] == 0
    assert counts["reads"] <= 13, counts
    assert yaml.safe_load(path.read_text()) == {"rds_clusters": [cluster]}
    assert not info(instance=f"{name}-2", path=str(path))["changed"]
    group = info(parameter_group=f"{name}-instance", kind="instance")["variables"]["groups"][0]
    assert group["parameters"] == {"max_connections": "500"}
    path.write_text("rds_clusters: []\n")
    assert "was not written by this module" in info(cluster=name, path=str(path))["msg"]
    assert "There is no cluster" in info(cluster=f"{name}-none")["msg"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"engine_version": "8.0.mysql_aurora.9.9"}, "has no such version of aurora-mysql"),
    ({"master_username": None}, "a new one needs master_username"),
    ({"serverless_v2": None}, "the serverless instance"),
    ({"manage_master_user_password": False}, "this module takes none"),
    ({"backup_retention_period": 36}, "it is from 1 to 35"),
    ({"preferred_backup_window": "1-2"}, "hh:mm-hh:mm"),
    ({"upgrade": "blue_green"}, "no position in the source's binary log"),
    ({"database_insights_mode": "advanced"}, "performance_insights_retention_period 465"),
    ({"kms_key_id": "alias/none"}, "There is no KMS key alias/none"),
    ({"parameter_group": {"name": "t-x", "parameters": {"gtid_mode": "ON"}}}, "did you mean gtid-mode"),
    ({"instances": [{"name": "a"}]}, "needs instance_class"),
    ({"instances": [{"name": "a", "instance_class": "c", "monitoring_interval": 5}]}, "no monitoring_role_arn"),
    ({"instances": [{"name": "a", "instance_class": "c", "monitoring_interval": 5, "monitoring_role_arn": "x"}]},
     "which is no ARN"),
    ({"instances": [{"name": "a", "instance_class": "c"}, {"name": "a", "instance_class": "c"}]}, "more than once"),
]  # fmt: skip
INVALID: list[tuple[dict[str, Any], str]] = [
    ({"instances": [{"name": "a", "instance_class": "c", "tier": 1}]}, "instances"),
    ({"endpoints": [{"name": "e", "static_members": ["a"], "excluded_members": ["b"]}]}, "mutually exclusive"),
    ({"backup_retention_period": "many"}, "int"),
]


@pytest.mark.parametrize(("change", "says"), REFUSED, ids=[says for _change, says in REFUSED])
def test_what_cannot_be_made_is_refused_before_anything_is_written(aws, name, network, change, says):
    wanted = {key: value for key, value in {**described(name, network), **change}.items() if value is not None}
    with pytest.raises(ReplatformError, match=says):
        ensure_clusters(aws.client("rds"), aws.client("kms"), [wanted], Mode())
    assert aws.recorder.counts()["writes"] == 0


@pytest.mark.parametrize(("change", "says"), INVALID, ids=[says for _change, says in INVALID])
def test_invalid_options_are_refused(aws, run, name, network, change, says):
    result = run({**described(name, network), **change})
    assert result["failed"]
    assert says in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_what_a_cluster_cannot_become_is_refused(aws, run, name, network):
    wanted = {**described(name, network), "instances": [], "endpoints": []}
    run(wanted)
    aws.recorder.reset()
    for change, says in (
        ({"master_username": "other"}, 'has master_username "replatform" and cannot be given "other"'),
        ({"subnet_group": {"name": "other"}}, f'has subnet_group "{name}" and cannot be given "other"'),
        ({"engine_version": "8.4.mysql_aurora.8.4.8"}, "set allow_major_version_upgrade"),
        ({"state": "absent", "skip_final_snapshot": True}, "is protected from deletion"),
    ):
        assert says in run({**wanted, **change})["msg"]
    assert aws.recorder.counts()["writes"] == 0
    older = run({**wanted, "engine_version": "8.0.mysql_aurora.3.08.2"})
    assert not older["changed"]
    assert "newer than the 8.0.mysql_aurora.3.08.2 asked for" in str(older["warnings"])


def test_check_mode_takes_ids_as_they_are(aws, run, name, network):
    wanted = {
        **described(name, network),
        "kms_key_id": "alias/none-yet",
        "subnet_group": {"name": name, "subnet_ids": ["(database subnets of shop)"]},
        "security_group_ids": ["(security group rds of shop)"],
    }
    result = run(wanted, check=True)
    assert len(result["actions"]) == 7
    assert result["clusters"][0]["kms_key_id"] == "alias/none-yet"
    assert aws.recorder.counts()["writes"] == 0


def test_slow_states_lost_replies_and_throttling_are_survived(aws, run, faults, name, network):
    faults.add("slow", "rds", times=2)
    faults.add("stale", "rds", times=1)
    for kind in ("throttle", "error", "lost_reply"):
        faults.add(kind, "rds", "Create*", times=1)
    wanted = {**described(name, network), "deletion_protection": False}
    result = run(wanted)
    assert not result.get("failed"), result
    assert {one["status"] for one in [*result["clusters"], *result["instances"]]} == {"available"}
    faults.clear()
    assert not run(wanted)["changed"]
    faults.add("lost_reply", "rds", "Delete*", times=2)
    gone = {**wanted, "state": "absent", "skip_final_snapshot": True}
    assert len(run(gone)["actions"]) == 7
    assert faults.hits() == 2


def test_what_is_not_ready_in_time_is_named_and_waited_for_again(aws, faults, name, network):
    faults.add("slow", "rds", "CreateDBCluster", times=40)
    wanted = {**described(name, network), "instances": [], "endpoints": []}
    args = {"clusters": [wanted], "wait_timeout": 1}
    result = run_module("rds_cluster", args, env=aws.environment)
    assert f"cluster {name} was not ready after 1 s" in result["msg"]
    result = run_module("rds_cluster", args, env=aws.environment)
    assert "WaitTimeout" in str(result.get("error"))
    faults.clear()
    assert not run_module("rds_cluster", args, env=aws.environment)["changed"]


def test_a_member_that_fails_leaves_the_others_and_a_rerun_completes_it(aws, run, faults, name, network):
    wanted = {**described(name, network), "endpoints": []}
    faults.add("access_denied", "rds", "CreateDBInstance", match=f"{name}-2")
    result = run(wanted)
    assert f"instance {name}-2" in result["error"]["failed"]
    assert "allow the action of CreateDBInstance" in result["msg"]
    faults.clear()
    assert run(wanted)["actions"] == [f"create instance {name}-2"]


@pytest.mark.parametrize(
    "module", [rds_cluster, rds_parameter_groups, rds_settings_info], ids=["cluster", "groups", "info"]
)
def test_the_examples_of_the_documentation_run(aws, run, play, name, network, module):
    aws.client("rds").create_db_subnet_group(
        DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=network["subnets"]
    )
    if module is rds_settings_info:
        run({"name": name, "engine_version": "8.0.mysql_aurora.3.10.3", "master_username": "replatform",
             "subnet_group": {"name": name}})  # fmt: skip
    said = play(yaml.safe_load(module.EXAMPLES.replace("shop", name)))
    assert "failed=0" in said
