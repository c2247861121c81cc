"""What EKS does with clusters, node groups and their updates."""

from __future__ import annotations

from typing import Any

from . import Behaviour

API = "https://docs.aws.amazon.com/eks/latest/APIReference/API_"
GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/"
ACCESS = f"{GUIDE}setting-up-access-entries.html"
SUPPORT = f"{GUIDE}disable-extended-support.html"
CREATE_NODES = f"{API}CreateNodegroup.html"
DELETE_NODES = f"{API}DeleteNodegroup.html"
ROLE = "arn:aws:iam::123456789012:role/eks"
NETWORK = {"subnetIds": ["subnet-a", "subnet-b"]}
KEY = [{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:eu-central-1:123456789012:key/k"}}]
SIZES = {"minSize": 1, "maxSize": 3, "desiredSize": 2}
UPDATE = {"update": {"status": "InProgress", "id": ..., "createdAt": ..., "params": ..., "errors": []}}
INVALID, REFUSED, BUSY, GONE = (
    "InvalidParameterException", "InvalidRequestException", "ResourceInUseException", "ResourceNotFoundException",
)  # fmt: skip


def update(**changes: Any) -> tuple[str, str, dict[str, Any]]:
    return "eks", "UpdateClusterConfig", {"name": "b", **changes}


def upgrade(version: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return "eks", "UpdateClusterVersion", {"name": "b", "version": version, **more}


def nodes(operation: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return "eks", operation, {"clusterName": "b", "nodegroupName": "n", **more}


def look(*, at: str, nodegroup: bool = False) -> tuple[str, str, Any]:
    """DescribeUpdate of what the behaviour of that name began."""
    of = {"nodegroupName": "n"} if nodegroup else {}
    return "eks", "DescribeUpdate", lambda answers: {"name": "b", "updateId": answers[at]["update"]["id"], **of}


def done(kind: str) -> dict[str, Any]:
    return {"update": {"status": "Successful", "type": kind, "errors": []}}


SEE: tuple[str, str, dict[str, Any]] = ("eks", "DescribeCluster", {"name": "b"})
CREATE = {"name": "b", "roleArn": ROLE, "resourcesVpcConfig": NETWORK}

BEHAVIOUR = [
    Behaviour("no cluster", SEE, GONE, f"{API}DescribeCluster.html"),
    Behaviour("no such version", ("eks", "CreateCluster", {**CREATE, "version": "1.19"}), INVALID,
              f"{API}CreateCluster.html"),
    Behaviour("who may do nothing", ("eks", "CreateCluster", {
        **CREATE, "accessConfig": {"bootstrapClusterCreatorAdminPermissions": False},
    }), INVALID, ACCESS),
    Behaviour("reached by nobody", ("eks", "CreateCluster", {
        **CREATE, "resourcesVpcConfig": {**NETWORK, "endpointPublicAccess": False},
    }), INVALID, f"{GUIDE}cluster-endpoint.html"),
    Behaviour("created with defaults", ("eks", "CreateCluster", {**CREATE, "version": "1.34"}), {"cluster": {
        "version": "1.34", "status": "CREATING",
        "resourcesVpcConfig": {"endpointPublicAccess": True, "endpointPrivateAccess": False,
                               "publicAccessCidrs": ["0.0.0.0/0"]},
        "accessConfig": {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True},
        "upgradePolicy": {"supportType": "EXTENDED"}, "deletionProtection": False,
        "zonalShiftConfig": {"enabled": False},
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
    }}, f"{API}CreateCluster.html"),
    Behaviour("a name is there once", ("eks", "CreateCluster", CREATE), BUSY, f"{API}CreateCluster.html"),

    Behaviour("one kind at a time", update(deletionProtection=True, zonalShiftConfig={"enabled": True}), INVALID,
              f"{API}UpdateClusterConfig.html"),
    Behaviour("endpoint and subnets are two kinds", update(resourcesVpcConfig={
        **NETWORK, "endpointPrivateAccess": True,
    }), INVALID, f"{API}UpdateClusterConfig.html"),
    Behaviour("nothing to change", update(resourcesVpcConfig={"endpointPublicAccess": True}), INVALID,
              f"{API}UpdateClusterConfig.html"),
    Behaviour("the last way in", update(resourcesVpcConfig={"endpointPublicAccess": False}), INVALID,
              f"{GUIDE}cluster-endpoint.html"),
    Behaviour("endpoint", update(resourcesVpcConfig={"endpointPrivateAccess": True}), UPDATE,
              f"{API}UpdateClusterConfig.html"),
    Behaviour("busy", update(deletionProtection=True), BUSY, f"{API}UpdateClusterConfig.html"),
    Behaviour("busy for an upgrade too", upgrade("1.35"), BUSY, f"{API}UpdateClusterVersion.html"),
    Behaviour("endpoint is done", look(at="endpoint"), done("EndpointAccessUpdate"), f"{API}DescribeUpdate.html"),
    Behaviour("no such update", ("eks", "DescribeUpdate", {"name": "b", "updateId": "none"}), GONE,
              f"{API}DescribeUpdate.html"),
    Behaviour("what was not named stays", SEE, {"cluster": {"status": "ACTIVE", "resourcesVpcConfig": {
        "endpointPublicAccess": True, "endpointPrivateAccess": True, "subnetIds": NETWORK["subnetIds"],
    }}}, f"{API}UpdateClusterConfig.html"),
    Behaviour("protection", update(deletionProtection=True), UPDATE, f"{GUIDE}deletion-protection.html"),
    Behaviour("updating is seen", SEE, {"cluster": {"status": "UPDATING"}}, f"{API}UpdateClusterConfig.html"),
    Behaviour("protected", ("eks", "DeleteCluster", {"name": "b"}), REFUSED, f"{GUIDE}deletion-protection.html"),
    Behaviour("logs", update(logging={"clusterLogging": [{"types": ["api"], "enabled": True}]}), UPDATE,
              f"{GUIDE}control-plane-logs.html"),
    Behaviour("logs are done", look(at="logs"), done("LoggingUpdate"), f"{GUIDE}control-plane-logs.html"),
    Behaviour("the same logs", update(logging={"clusterLogging": [{"types": ["api"], "enabled": True}]}), INVALID,
              f"{GUIDE}control-plane-logs.html"),
    Behaviour("not over a step", update(accessConfig={"authenticationMode": "API"}), INVALID,
              ACCESS),
    Behaviour("a step", update(accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"}), UPDATE,
              ACCESS),
    Behaviour("a step is done", look(at="a step"), done("AccessConfigUpdate"), ACCESS),
    Behaviour("no way back", update(accessConfig={"authenticationMode": "CONFIG_MAP"}), INVALID,
              ACCESS),
    Behaviour("support", update(upgradePolicy={"supportType": "STANDARD"}), UPDATE, SUPPORT),
    Behaviour("support is done", look(at="support"), done("UpgradePolicyUpdate"), SUPPORT),
    Behaviour("a key", ("eks", "AssociateEncryptionConfig", {"clusterName": "b", "encryptionConfig": KEY}), UPDATE,
              f"{API}AssociateEncryptionConfig.html"),
    Behaviour("a key is done", look(at="a key"), done("AssociateEncryptionConfig"),
              f"{API}AssociateEncryptionConfig.html"),
    Behaviour("a key is for good", ("eks", "AssociateEncryptionConfig", {"clusterName": "b", "encryptionConfig": KEY}),
              REFUSED, f"{API}AssociateEncryptionConfig.html"),

    Behaviour("sizes", nodes("CreateNodegroup", subnets=["subnet-a"], nodeRole=ROLE,
                             scalingConfig={**SIZES, "desiredSize": 0}), INVALID, CREATE_NODES),
    Behaviour("another version", nodes("CreateNodegroup", subnets=["subnet-a"], nodeRole=ROLE, version="1.33"), INVALID,
              CREATE_NODES),
    Behaviour("nodes", nodes("CreateNodegroup", subnets=["subnet-a"], nodeRole=ROLE, scalingConfig=SIZES),
              {"nodegroup": {
        "version": "1.34", "updateConfig": {"maxUnavailable": 1}, "diskSize": 20, "scalingConfig": SIZES,
    }}, CREATE_NODES),
    Behaviour("nodes once", nodes("CreateNodegroup", subnets=["subnet-a"], nodeRole=ROLE), BUSY,
              CREATE_NODES),
    Behaviour("too few", nodes("UpdateNodegroupConfig", scalingConfig={"minSize": 3}), INVALID,
              f"{API}UpdateNodegroupConfig.html"),
    Behaviour("labels", nodes("UpdateNodegroupConfig", labels={"addOrUpdateLabels": {"a": "b"}}), UPDATE,
              f"{API}UpdateNodegroupConfig.html"),
    Behaviour("nodes are busy", nodes("UpdateNodegroupConfig", scalingConfig=SIZES), BUSY,
              f"{API}UpdateNodegroupConfig.html"),
    Behaviour("labels are done", look(at="labels", nodegroup=True), done("ConfigUpdate"), f"{API}DescribeUpdate.html"),
    Behaviour("nodes have them", nodes("DescribeNodegroup"), {"nodegroup": {"labels": {"a": "b"}, "status": "ACTIVE"}},
              f"{API}UpdateNodegroupConfig.html"),
    Behaviour("no template afterwards", nodes("UpdateNodegroupVersion", launchTemplate={"id": "lt-0"}), INVALID,
              f"{API}UpdateNodegroupVersion.html"),
    Behaviour("an image of another version", nodes("UpdateNodegroupVersion", releaseVersion="1.33.0-20261105"), INVALID,
              f"{API}UpdateNodegroupVersion.html"),

    Behaviour("not two at once", upgrade("1.36"), INVALID, f"{GUIDE}update-cluster.html"),
    Behaviour("not back", upgrade("1.33"), INVALID, f"{GUIDE}update-cluster.html"),
    Behaviour("insights", ("eks", "ListInsights", {"clusterName": "b", "filter": {
        "categories": ["UPGRADE_READINESS"], "kubernetesVersions": ["1.35"], "statuses": ["ERROR"],
    }}), {"insights": []}, f"{API}ListInsights.html"),
    Behaviour("upgrade", upgrade("1.35"), UPDATE, f"{API}UpdateClusterVersion.html"),
    Behaviour("upgrade is done", look(at="upgrade"), done("VersionUpdate"), f"{API}DescribeUpdate.html"),
    Behaviour("nodes are behind", upgrade("1.36"), REFUSED, f"{API}UpdateClusterVersion.html"),
    Behaviour("nodes go on", nodes("UpdateNodegroupVersion"), UPDATE, f"{API}UpdateNodegroupVersion.html"),
    Behaviour("nodes are there", look(at="nodes go on", nodegroup=True), done("VersionUpdate"),
              f"{API}UpdateNodegroupVersion.html"),
    Behaviour("an error", ("eks", "TagResource", lambda answers: {
        "resourceArn": answers["created with defaults"]["cluster"]["arn"],
        "tags": {"sandbox:insight": "ERROR:Old APIs"},
    }), {}, f"{GUIDE}cluster-insights.html"),
    Behaviour("errors", ("eks", "ListInsights", {"clusterName": "b", "filter": {"statuses": ["ERROR"]}}),
              {"insights": [{"name": "Old APIs", "insightStatus": {"status": "ERROR"}, "kubernetesVersion": "1.36"}]},
              f"{GUIDE}cluster-insights.html"),
    Behaviour("an insight", ("eks", "DescribeInsight", lambda answers: {
        "clusterName": "b", "id": answers["errors"]["insights"][0]["id"],
    }), {"insight": {"recommendation": ..., "resources": []}}, f"{API}DescribeInsight.html"),
    Behaviour("an error stops it", upgrade("1.36"), "InvalidStateException", f"{API}UpdateClusterVersion.html"),
    Behaviour("force", upgrade("1.36", force=True), UPDATE, f"{API}UpdateClusterVersion.html"),
    Behaviour("force is done", look(at="force"), done("VersionUpdate"), f"{API}DescribeUpdate.html"),
    Behaviour("all updates", ("eks", "ListUpdates", {"name": "b", "maxResults": 3}), {"updateIds": [..., ..., ...]},
              f"{API}ListUpdates.html"),

    Behaviour("nodes hold the cluster", ("eks", "DeleteCluster", {"name": "b"}), REFUSED,
              f"{GUIDE}deletion-protection.html"),
    Behaviour("no protection", update(deletionProtection=False), UPDATE, f"{GUIDE}deletion-protection.html"),
    Behaviour("no protection is done", look(at="no protection"), done("DeletionProtectionUpdate"),
              f"{API}DescribeUpdate.html"),
    Behaviour("nodes still hold it", ("eks", "DeleteCluster", {"name": "b"}), BUSY, f"{API}DeleteCluster.html"),
    Behaviour("nodes go", nodes("DeleteNodegroup"), {"nodegroup": {"status": "DELETING"}}, DELETE_NODES),
    Behaviour("it goes", ("eks", "DeleteCluster", {"name": "b"}), {"cluster": {"status": "DELETING"}},
              f"{API}DeleteCluster.html"),
    Behaviour("it is gone", ("eks", "DeleteCluster", {"name": "b"}), GONE, f"{API}DeleteCluster.html"),

    Behaviour("the default version", ("eks", "DescribeClusterVersions", {"defaultOnly": True}),
              {"clusterVersions": [{"defaultVersion": True, "clusterVersion": ..., "endOfStandardSupportDate": ...}]},
              f"{API}DescribeClusterVersions.html"),
    Behaviour("a version", ("eks", "DescribeClusterVersions", {"clusterVersions": ["1.33"]}),
              {"clusterVersions": [{"clusterVersion": "1.33", "versionStatus": ...}]},
              f"{API}DescribeClusterVersions.html"),
]  # fmt: skip
