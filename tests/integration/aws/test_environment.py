"""playbooks/aws.yml and aws_teardown.yml make, keep, repair and take away the environment of the inventory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Aws
from tests.support.modules import ROOT

NAME = "shop-sandbox"
ACCOUNT = "123456789012"


@dataclass
class Environment:
    """The sandbox's environment; one at a time, as all its names are the inventory's."""

    aws: Aws
    folder: Path

    def play(self, playbook: str, *arguments: str, fails: bool = False, **variables: Any) -> list[dict[str, Any]]:
        """The result of every task that ran."""
        self.aws.recorder.reset()
        ended = subprocess.run(
            [
                Path(sys.executable).with_name("ansible-playbook"), "-i", "inventories/sandbox",
                f"playbooks/{playbook}.yml", "--diff", "-e", json.dumps(variables), *arguments,
            ],
            cwd=ROOT,
            env={
                **os.environ, **self.aws.environment, "SANDBOX_DIR": str(self.folder),
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(self.folder / "home"),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
                "REPLATFORM_SUMMARY": str(self.folder / "summary.json"),
            },
            capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        assert bool(ended.returncode) is fails, ended.stdout[-4000:] + ended.stderr[-4000:]
        assert "WARNING" not in ended.stderr, ended.stderr
        told = json.loads(ended.stdout[ended.stdout.index("{") : ended.stdout.rindex("}") + 1])
        return [
            {**task["hosts"]["localhost"], "name": task["task"]["name"]}
            for play in told["plays"]
            for task in play["tasks"]
            if "localhost" in task["hosts"]
        ]

    def writes(self) -> dict[str, int]:
        """Calls since the last play that change something, by name."""
        counts = self.aws.recorder.counts()
        return {} if not counts["writes"] else {"writes": counts["writes"], **counts["calls"]}


def actions(results: list[dict[str, Any]]) -> list[str]:
    """What the modules say that they did, or would do; of a stock module, its task's name."""
    said: list[str] = []
    for result in results:
        if result.get("changed"):
            said += result.get("actions") or [result["name"]]
    return sorted(said)


@pytest.fixture(scope="module")
def environment(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    made = Environment(Aws(sandbox.endpoint("aws")), tmp_path_factory.mktemp("environment"))
    yield made
    made.play("aws_teardown")


def drift(client: Callable[[str], Any]) -> list[str]:
    """Changes one thing of each kind by hand; what a run has to say then."""
    ec2, eks, rds, cache = client("ec2"), client("eks"), client("rds"), client("elasticache")
    iam, sqs, queue = client("iam"), client("sqs"), f"{NAME}-mail"

    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [NAME]}])["Vpcs"]
    ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], EnableDnsHostnames={"Value": False})
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{NAME}-rds"]}])[
        "SecurityGroups"
    ]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["RouteTables"]
    private = next(one for one in tables if any(route.get("NatGatewayId") for route in one["Routes"]))
    ec2.delete_route(RouteTableId=private["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    table = next(tag["Value"] for tag in private["Tags"] if tag["Key"] == "Name")

    client("logs").put_retention_policy(logGroupName=f"/aws/eks/{NAME}/cluster", retentionInDays=90)
    topic = f"arn:aws:sns:{ec2.meta.region_name}:{ACCOUNT}:{NAME}-alerts"
    client("sns").set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="by hand")
    (zone,) = client("route53").list_hosted_zones()["HostedZones"]
    client("route53").update_hosted_zone_comment(Id=zone["Id"], Comment="by hand")
    (certificate,) = client("acm").list_certificates()["CertificateSummaryList"]
    client("acm").remove_tags_from_certificate(CertificateArn=certificate["CertificateArn"], Tags=[{"Key": "owner"}])
    (key,) = [one for one in client("kms").list_aliases()["Aliases"] if one["AliasName"] == f"alias/{NAME}"]
    client("kms").update_key_description(KeyId=key["TargetKeyId"], Description="by hand")

    (inline,) = iam.list_role_policies(RoleName=f"{NAME}-loki")["PolicyNames"]
    iam.delete_role_policy(RoleName=f"{NAME}-loki", PolicyName=inline)
    client("events").disable_rule(Name=f"{NAME}-karpenter-spot")
    client("ecr").put_image_scanning_configuration(
        repositoryName=f"{NAME}/web", imageScanningConfiguration={"scanOnPush": False}
    )
    client("secretsmanager").update_secret(SecretId=f"{NAME}/mail", Description="by hand")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
    alarms = client("cloudwatch")
    alarms.delete_alarms(AlarmNames=[f"{queue}-age"])
    bucket = f"{NAME}-{ACCOUNT}"
    client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})

    off = [{"types": ["audit"], "enabled": False}]
    updates = [({"name": NAME}, eks.update_cluster_config(name=NAME, logging={"clusterLogging": off}))]
    scaling = {"minSize": 1, "maxSize": 9}
    group = {"clusterName": NAME, "nodegroupName": "app"}
    updates.append(
        ({"name": NAME, "nodegroupName": "app"}, eks.update_nodegroup_config(**group, scalingConfig=scaling))
    )
    for where, begun in updates:
        while eks.describe_update(**where, updateId=begun["update"]["id"])["update"]["status"] == "InProgress":
            time.sleep(0.1)
    eks.untag_resource(
        resourceArn=eks.describe_addon(clusterName=NAME, addonName="coredns")["addon"]["addonArn"], tagKeys=["owner"]
    )
    eks.disassociate_access_policy(
        clusterName=NAME, principalArn=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-runner",
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
    )  # fmt: skip
    pods = eks.list_pod_identity_associations(clusterName=NAME, namespace="monitoring")["associations"]
    eks.update_pod_identity_association(
        clusterName=NAME, associationId=pods[0]["associationId"], roleArn=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-app"
    )

    cache.modify_cache_parameter_group(
        CacheParameterGroupName=f"{NAME}-cache-valkey8",
        ParameterNameValues=[{"ParameterName": "timeout", "ParameterValue": "60"}],
    )
    cache.modify_user(UserId=f"{NAME}-app", AccessString="on ~* +@all")
    cache.modify_user_group(UserGroupId=f"{NAME}-cache", UserIdsToRemove=[f"{NAME}-migration"])
    cache.modify_replication_group(ReplicationGroupId=f"{NAME}-sessions", SnapshotRetentionLimit=9)

    rds.modify_db_cluster(DBClusterIdentifier=NAME, BackupRetentionPeriod=17, ApplyImmediately=True)
    rds.modify_db_instance(DBInstanceIdentifier=f"{NAME}-2", PromotionTier=9, ApplyImmediately=True)
    rds.reset_db_cluster_parameter_group(
        DBClusterParameterGroupName=f"{NAME}-cluster", Parameters=[], ResetAllParameters=True
    )
    rds.modify_db_cluster_endpoint(
        DBClusterEndpointIdentifier=f"{NAME}-reports", StaticMembers=[], EndpointType="READER"
    )
    return sorted([
        f"create alarm {queue}-age",
        "foundation : present | Make the hosted zone so",
        "foundation : present | Make the key of the environment so",
        f"update access entry arn:aws:iam::{ACCOUNT}:role/{NAME}-runner: policies",
        "update add-on coredns: tags",
        f"update bucket {bucket}: versioning",
        f"update certificate {zone['Name'].rstrip('.')}: tags",
        f"update cluster parameter group {NAME}-cluster: parameters, pending_reboot",
        f"update cluster {NAME}: backup_retention_period",
        f"update cluster {NAME}: logging",
        f"update endpoint {NAME}-reports: static_members",
        f"update instance {NAME}-2: promotion_tier",
        f"update log group /aws/eks/{NAME}/cluster: retention_days",
        "update node group app: max_size, min_size",
        f"update parameter group {NAME}-cache-valkey8: parameters",
        "update pod identity association monitoring/loki: role_arn",
        f"update queue {queue}: visibility_timeout",
        f"update replication group {NAME}-sessions: snapshot_retention_days",
        f"update repository {NAME}/web: scan_on_push",
        f"update role {NAME}-loki: inline_policies",
        f"update route table {table}: routes",
        f"update rule {NAME}-karpenter-spot: enabled",
        f"update rules of security group {NAME}-rds: ingress",
        f"update secret {NAME}/mail: description",
        f"update topic {NAME}-alerts: display_name",
        f"update user group {NAME}-cache: users",
        f"update user {NAME}-app: access_string",
        f"update vpc {NAME}: dns_hostnames",
    ])  # fmt: skip


def test_an_environment_is_made_kept_repaired_and_taken_away(environment: Environment) -> None:
    plan = environment.play("aws", "--check")
    assert environment.writes() == {}
    made = environment.play("aws")
    assert [line for line in actions(made) if line not in actions(plan)] == []

    assert actions(environment.play("aws")) == []
    assert environment.writes() == {}

    expected = drift(environment.aws.client)
    assert actions(environment.play("aws", "--check")) == expected
    assert environment.writes() == {}
    assert actions(environment.play("aws")) == expected
    assert actions(environment.play("aws")) == []
    assert environment.writes() == {}


def test_credentials_of_another_account_are_refused(environment: Environment) -> None:
    results = environment.play("aws", fails=True, replatform_account_id="999999999999")
    assert "The credentials belong to account 123456789012" in results[-1]["msg"]
    assert environment.writes() == {}
