"""eks_cluster and eks_cluster_info against the emulator, run as Ansible runs them."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.modules import eks_cluster, eks_cluster_info
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

ROLE = "arn:aws:iam::123456789012:role/eks"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000001"
LATER = KNOWN_LATER | {
    "cluster_security_group_id", "endpoint", "oidc_issuer", "platform_version", "vpc_id",
}  # fmt: skip


@pytest.fixture
def name(aws):
    name = f"t-{secrets.token_hex(4)}"
    yield name
    eks = aws.client("eks")
    if name in eks.list_clusters()["clusters"]:
        for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
            eks.delete_nodegroup(clusterName=name, nodegroupName=group)
        if eks.describe_cluster(name=name)["cluster"]["deletionProtection"]:
            update = eks.update_cluster_config(name=name, deletionProtection=False)["update"]
            eks.describe_update(name=name, updateId=update["id"])
        eks.describe_cluster(name=name)
        eks.delete_cluster(name=name)


@pytest.fixture
def run(aws, name):
    def run(check=False, **options):
        return run_module("eks_cluster", {"name": name, **options}, check=check, env=aws.environment)

    return run


@pytest.fixture
def described(aws, name):
    return lambda: aws.client("eks").describe_cluster(name=name)["cluster"]


def wanted(**more):
    return {
        "version": "1.34",
        "role_arn": ROLE,
        "subnet_ids": ["subnet-b", "subnet-a", "subnet-c"],
        "security_group_ids": ["sg-a"],
        "endpoint_private_access": True,
        "public_access_cidrs": ["203.0.113.0/24"],
        "logging": ["api"],
        "authentication_mode": "CONFIG_MAP",
        "upgrade_policy": "STANDARD",
        "service_ipv4_cidr": "172.20.0.0/16",
        "ip_family": "ipv4",
        "tags": {"app": "shop"},
        **more,
    }


CHANGED = wanted(
    subnet_ids=["subnet-d", "subnet-a"],
    security_group_ids=["sg-b", "sg-a"],
    public_access_cidrs=["203.0.113.7/32"],
    logging=["audit", "authenticator"],
    authentication_mode="API",
    upgrade_policy="EXTENDED",
    deletion_protection=True,
    zonal_shift=True,
    encryption_key=KEY,
    tags={"app": "shop", "n": 1},
)


def test_the_life_of_a_cluster_and_check_mode_predicts_each_step(aws, name, described):
    eks = aws.client("eks")

    def is_created():
        cluster = described()
        assert cluster["version"] == "1.34"
        assert cluster["accessConfig"]["authenticationMode"] == "CONFIG_MAP"
        assert cluster["resourcesVpcConfig"]["publicAccessCidrs"] == ["203.0.113.0/24"]

    def is_changed():
        cluster = described()
        network = cluster["resourcesVpcConfig"]
        assert set(network["subnetIds"]) == {"subnet-a", "subnet-d"}
        assert set(network["securityGroupIds"]) == {"sg-a", "sg-b"}
        assert network["publicAccessCidrs"] == ["203.0.113.7/32"]
        assert cluster["logging"]["clusterLogging"][0] == {"types": ["audit", "authenticator"], "enabled": True}
        assert cluster["accessConfig"]["authenticationMode"] == "API"
        assert cluster["upgradePolicy"] == {"supportType": "EXTENDED"}
        assert cluster["deletionProtection"]
        assert cluster["zonalShiftConfig"] == {"enabled": True}
        assert cluster["encryptionConfig"] == [{"resources": ["secrets"], "provider": {"keyArn": KEY}}]
        assert cluster["tags"] == {"app": "shop", "n": "1"}

    def drift():
        for change in ({"deletionProtection": False}, {"resourcesVpcConfig": {"publicAccessCidrs": ["0.0.0.0/0"]}}):
            update = eks.update_cluster_config(name=name, **change)["update"]
            eks.describe_update(name=name, updateId=update["id"])
        eks.tag_resource(resourceArn=described()["arn"], tags={"app": "by hand"})

    def is_upgraded():
        network = described()["resourcesVpcConfig"]
        assert (network["endpointPublicAccess"], network["endpointPrivateAccess"]) == (False, True)
        assert network["securityGroupIds"] == []
        assert described()["version"] == "1.35"

    closed = {"endpoint_public_access": False, "security_group_ids": [], "public_access_cidrs": ["198.51.100.0/24"]}
    everything = (
        "authentication_mode, deletion_protection, encryption_key, logging, public_access_cidrs, security_group_ids,"
        " subnet_ids, tags, upgrade_policy, zonal_shift"
    )
    Life(aws, "eks_cluster", LATER).live([
        Step("create", {"name": name, **wanted()}, [f"create cluster {name}"], holds=is_created),
        Step("change", {"name": name, **CHANGED}, [f"update cluster {name}: {everything}"], holds=is_changed),
        Step("drift", {"name": name, **CHANGED},
             [f"update cluster {name}: deletion_protection, public_access_cidrs, tags"], drift, is_changed),
        Step("close and upgrade", {"name": name, **closed, "version": "1.35", "deletion_protection": False},
             [f"update cluster {name}: deletion_protection, endpoint_public_access, security_group_ids, version"],
             holds=is_upgraded),
        Step("delete", {"name": name, "state": "absent"}, [f"delete cluster {name}"]),
    ])  # fmt: skip
    assert name not in eks.list_clusters()["clusters"]


def test_a_second_run_is_one_call_whatever_the_order_of_lists(aws, run):
    run(**wanted())
    aws.recorder.reset()
    assert not run(**wanted(subnet_ids=["subnet-c", "subnet-b", "subnet-a"]))["changed"]
    assert aws.recorder.counts()["calls"] == {"eks.DescribeCluster": 1}


REFUSED: list[tuple[dict[str, Any], str]] = [
    # (what is asked for, a part of the sentence); the rest is in tests/unit/aws/test_eks.py
    ({"role_arn": ROLE + "2"}, "move the applications"),
    ({"public_access_cidrs": ["203.0.113.7/24"]}, "public_access_cidrs[0] of EKS cluster"),
    ({"subnets": ["a"]}, "Unsupported parameters"),
    ({"version": "1.35"}, "not ready for 1.35: Old APIs: Usage of it was detected"),
    ({"state": "absent"}, "is protected from deletion"),
]


def test_what_eks_would_refuse_or_never_undo_is_refused_before_anything_is_written(aws, run):
    run(**wanted(deletion_protection=True, tags={"sandbox:insight": "ERROR:Old APIs"}))
    aws.recorder.reset()
    for asked_for, says in REFUSED:
        result = run(check=says != "move the applications", **asked_for)
        assert result["failed"]
        assert says in result["msg"], result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_node_groups_come_before_the_next_upgrade_and_before_the_deletion(aws, run, name):
    run(**wanted())
    eks = aws.client("eks")
    eks.create_nodegroup(clusterName=name, nodegroupName="app", subnets=["subnet-a"], nodeRole=ROLE)
    assert run(version="1.35")["actions"] == [f"update cluster {name}: version"]
    aws.recorder.reset()
    result = run(version="1.36")
    assert "app has 1.34. Upgrade them first with replatform.aws.eks_nodegroups and version 1.35" in result["msg"]
    result = run(state="absent")
    assert result["error"]["nodegroups"] == ["app"]
    assert aws.recorder.counts()["writes"] == 0


def test_an_insight_is_overridden_only_when_asked_and_a_warning_is_told(aws, run, name, described):
    run(**wanted(tags={"sandbox:insight": "ERROR:Old APIs"}))
    assert run(version="1.35", force_upgrade=True)["actions"] == [f"update cluster {name}: version"]
    aws.client("eks").tag_resource(resourceArn=described()["arn"], tags={"sandbox:insight": "WARNING:Old APIs"})
    result = run(version="1.36")
    assert described()["version"] == "1.36"
    (warning,) = result["warnings"]
    assert "at WARNING: Old APIs: Usage of it was detected" in str(warning)


def test_an_update_that_fails_tells_its_errors_and_keeps_what_was_done_before(aws, run, described):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{one}.0/24")["Subnet"]["SubnetId"] for one in (1, 2)]
    assert run(**wanted(subnet_ids=subnets, security_group_ids=[]))["cluster"]["vpc_id"] == vpc
    result = run(public_access_cidrs=["203.0.113.7/32"], subnet_ids=[subnets[0], "subnet-none"], zonal_shift=True)
    assert "VpcConfigUpdate" in result["msg"]
    assert "has the status Failed: SubnetNotFound: subnet-none cannot be found (subnet-none)." in result["msg"]
    assert result["error"]["code"] == "UpdateFailed"
    network = described()["resourcesVpcConfig"]
    assert network["publicAccessCidrs"] == ["203.0.113.7/32"]
    assert set(network["subnetIds"]) == set(subnets)


def test_a_key_may_be_named_by_its_alias(aws, run):
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    alias = f"alias/t-{secrets.token_hex(4)}"
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    run(**wanted(encryption_key=key))
    by_alias = key.rpartition(":")[0] + f":{alias}"
    assert not run(encryption_key=by_alias, check=True)["changed"]
    assert "EKS neither changes nor removes" in run(encryption_key=by_alias + "-other", check=True)["msg"]


def test_an_update_of_somebody_else_is_given_time_to_end(aws, run, name, described):
    run(**wanted())
    eks = aws.client("eks")
    eks.update_cluster_config(name=name, zonalShiftConfig={"enabled": True})
    assert run(deletion_protection=True)["changed"]
    assert described()["zonalShiftConfig"]["enabled"]
    assert described()["deletionProtection"]


def test_the_info_module_tells_insights_and_support(aws, run, name):
    run(**wanted(tags={"sandbox:insight": "ERROR:Old APIs"}))
    result = run_module(
        "eks_cluster_info", {"names": [name, "none"], "insights": True, "support": True}, env=aws.environment
    )
    (cluster,) = result["clusters"]
    assert cluster["support"] == {
        "status": "STANDARD_SUPPORT" if cluster["support"]["status"] == "STANDARD_SUPPORT" else "EXTENDED_SUPPORT",
        "end_of_standard": "2026-12-02",
        "end_of_extended": "2027-12-02",
    }
    errors = [one for one in cluster["insights"] if one["status"] == "ERROR"]
    assert [(one["name"], one["version"]) for one in errors] == [("Old APIs", "1.35")]
    everything = run_module("eks_cluster_info", {}, env=aws.environment)["clusters"]
    assert name in [one["name"] for one in everything]
    assert "insights" not in everything[0]


def test_the_examples_of_the_documentation_run(play, name):
    def examples(module):
        text = module.EXAMPLES.replace("name: shop\n", f"name: {name}\n").replace("[shop]", f"[{name}]")
        return list(yaml.safe_load(text))

    assert "failed=0" in play(examples(eks_cluster_info) + examples(eks_cluster))


def test_a_cluster_is_made_and_changed_in_spite_of_what_passes(run, faults, name):
    for kind in ("throttle", "error", "lost_reply"):
        faults.add(kind, "eks", "*Cluster*", times=1)
        faults.add(kind, "eks", "UpdateClusterConfig", times=1)
    assert run(**wanted())["actions"] == [f"create cluster {name}"]
    assert run(zonal_shift=True)["actions"] == [f"update cluster {name}: zonal_shift"]
    faults.add("lost_reply", "eks", "DeleteCluster", times=1)
    assert run(state="absent")["actions"] == [f"delete cluster {name}"]
    assert faults.hits() == 7


EXPLAINED = [
    ("access_denied", "CreateCluster", "allow the action of CreateCluster to this identity in its IAM policy"),
    ("quota", "CreateCluster", "ask for a higher quota"),
]


def test_what_does_not_pass_is_one_sentence(run, faults):
    for kind, operation, says in EXPLAINED:
        faults.add(kind, "eks", operation)
        result = run(**wanted())
        assert says in result["msg"], kind
        assert result["error"]["request_id"], kind
        faults.clear()


def test_slow_states_are_waited_for_and_a_later_run_goes_on_waiting(run, faults, name):
    faults.add("slow", "eks", "CreateCluster", times=2)
    assert run(wait=False, **wanted())["cluster"]["status"] == "CREATING"
    result = run(**wanted())
    assert (result["changed"], result["cluster"]["status"]) == (False, "ACTIVE")
    faults.clear()
    faults.add("slow", "eks", "UpdateClusterConfig", times=100)
    result = run(zonal_shift=True, logging=[], wait_timeout=3)
    assert result["error"]["code"] == "WaitTimeout"
    assert "is still InProgress and the time to wait is over" in result["msg"]
