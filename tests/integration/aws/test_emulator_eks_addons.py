"""The emulator's add-ons, access entries and pod identity associations, as AWS documents them."""

from __future__ import annotations

import pytest

from tests.support.aws_behaviour import walk
from tests.support.aws_behaviour.eks_addons import BEHAVIOUR
from tests.support.eks import ROLE, cluster


def test_they_behave_as_documented(aws):
    walk(BEHAVIOUR, aws.apart())


@pytest.mark.parametrize("kubernetes", ["1.33", "1.34", "1.35", "1.36"])
def test_every_addon_has_one_default_version_for_each_kubernetes_version(aws, kubernetes):
    pages = (
        aws.client("eks")
        .get_paginator("describe_addon_versions")
        .paginate(kubernetesVersion=kubernetes, PaginationConfig={"PageSize": 4})
    )
    offered = {one["addonName"]: one["addonVersions"] for page in pages for one in page["addons"]}
    assert set(offered) == {
        "vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver", "snapshot-controller",
        "metrics-server", "cert-manager", "external-dns",
    }  # fmt: skip
    for name, versions in offered.items():
        defaults = [one["addonVersion"] for one in versions for two in one["compatibilities"] if two["defaultVersion"]]
        assert len(defaults) == 1, name


def test_a_create_that_is_sent_again_is_carried_out_once(aws):
    eks = aws.client("eks")
    with cluster(aws) as name:
        for _ in range(2):
            eks.create_addon(clusterName=name, addonName="coredns", clientRequestToken="t-1")
            eks.create_access_entry(clusterName=name, principalArn=ROLE + "a", clientRequestToken="t-2")
            eks.create_pod_identity_association(
                clusterName=name, namespace="n", serviceAccount="a", roleArn=ROLE + "a", clientRequestToken="t-3"
            )
        assert len(eks.list_pod_identity_associations(clusterName=name)["associations"]) == 1


def test_a_node_groups_role_gets_its_entry_from_eks(aws):
    eks = aws.client("eks")
    with cluster(aws) as name:
        eks.create_nodegroup(
            clusterName=name, nodegroupName="app", nodeRole=ROLE + "nodes", subnets=["subnet-1", "subnet-2"]
        )
        entry = eks.describe_access_entry(clusterName=name, principalArn=ROLE + "nodes")["accessEntry"]
        assert (entry["type"], entry["kubernetesGroups"]) == ("EC2_LINUX", ["system:nodes"])
        eks.delete_access_entry(clusterName=name, principalArn=ROLE + "nodes")
        assert eks.list_access_entries(clusterName=name)["accessEntries"] == []
        eks.delete_nodegroup(clusterName=name, nodegroupName="app")


def test_an_addon_is_as_ill_as_its_tag_says(aws):
    eks = aws.client("eks")
    with cluster(aws) as name:
        addon = eks.create_addon(clusterName=name, addonName="coredns")["addon"]
        eks.tag_resource(resourceArn=addon["addonArn"], tags={"sandbox:status": "DEGRADED:ClusterUnreachable"})
        ill = eks.describe_addon(clusterName=name, addonName="coredns")["addon"]
        assert (ill["status"], ill["health"]["issues"][0]["code"]) == ("DEGRADED", "ClusterUnreachable")
        eks.untag_resource(resourceArn=addon["addonArn"], tagKeys=["sandbox:status"])
        assert eks.describe_addon(clusterName=name, addonName="coredns")["addon"]["status"] == "ACTIVE"


def test_everything_is_forgotten_with_its_cluster(aws):
    eks = aws.client("eks")
    with cluster(aws) as name:
        eks.create_addon(clusterName=name, addonName="coredns")
    with pytest.raises(eks.exceptions.ResourceNotFoundException, match="No cluster found"):
        eks.describe_addon(clusterName=name, addonName="coredns")
