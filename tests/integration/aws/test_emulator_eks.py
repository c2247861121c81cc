"""The emulator's EKS against the tables of AWS's documentation."""

from __future__ import annotations

import secrets

from tests.support.aws_behaviour import walk
from tests.support.aws_behaviour.eks import BEHAVIOUR, ROLE


def test_clusters_and_node_groups_are_as_documented(aws):
    walk(BEHAVIOUR, aws.apart())


def test_an_update_fails_with_what_ec2_does_not_have(aws):
    ec2, eks, name = aws.client("ec2"), aws.client("eks"), f"t-{secrets.token_hex(4)}"
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    created = eks.create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": [subnet]})["cluster"]
    assert created["resourcesVpcConfig"]["vpcId"] == vpc
    begun = eks.update_cluster_config(name=name, resourcesVpcConfig={"subnetIds": [subnet, "subnet-none"]})["update"]
    update = eks.describe_update(name=name, updateId=begun["id"])["update"]
    assert (update["status"], update["errors"][0]["errorCode"]) == ("Failed", "SubnetNotFound")
    assert eks.describe_cluster(name=name)["cluster"]["resourcesVpcConfig"]["subnetIds"] == [subnet]
    eks.delete_cluster(name=name)


def test_the_same_request_again_is_answered_as_before(aws):
    eks, name = aws.client("eks"), f"t-{secrets.token_hex(4)}"
    wanted = {"name": name, "roleArn": ROLE, "resourcesVpcConfig": {"subnetIds": ["a"]}, "clientRequestToken": name}
    assert eks.create_cluster(**wanted)["cluster"]["arn"] == eks.create_cluster(**wanted)["cluster"]["arn"]
    change = {"name": name, "deletionProtection": True, "clientRequestToken": "t"}
    assert eks.update_cluster_config(**change)["update"]["id"] == eks.update_cluster_config(**change)["update"]["id"]
    eks.describe_cluster(name=name)
    eks.update_cluster_config(name=name, deletionProtection=False)
    eks.describe_cluster(name=name)
    eks.delete_cluster(name=name)
