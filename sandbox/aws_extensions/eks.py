"""EKS clusters and node groups as the service has them, where moto 5.2 drops what it is told or has no operation.

Added: upgrades, DescribeUpdate, ListUpdates, versions, insights, a key for an existing cluster. Changed: a cluster and
a node group keep all that they are created with, take one update at a time and one kind of change in it, and refuse
what the service refuses, in its words where they are published. What there is hangs on moto's cluster and node group:
it ends with them and with `POST /moto-api/reset`.

An update is in progress until the first look at it, by DescribeUpdate, or at what it changes, which that look shows as
UPDATING. It fails when it names a subnet or security group that EC2 does not have, unless the cluster's own are none of
EC2's either.

Tags show what else may happen: a node group with the tag `sandbox:status` has that status, such as
"DEGRADED:AsgInstanceLaunchFailures"; a cluster with `sandbox:insight` has that upgrade insight, such as
"ERROR:Deprecated APIs removed in Kubernetes v1.36".

API Reference: the pages of the operations named. User Guide: update-cluster, cluster-insights, deletion-protection,
setting-up-access-entries, kubernetes-versions, update-managed-node-group, launch-templates.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable

Item = dict[str, Any]

STATUS_TAG = "sandbox:status"
INSIGHT_TAG = "sandbox:insight"
PAGE = 100
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
AUTHENTICATION = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")

VERSIONS = {
    # Release, end of standard and of extended support (User Guide, kubernetes-versions); those of 1.36 are estimates.
    "1.32": ("2025-01-23", "2026-03-23", "2027-03-23"),
    "1.33": ("2025-05-29", "2026-07-29", "2027-07-29"),
    "1.34": ("2025-10-02", "2026-12-02", "2027-12-02"),
    "1.35": ("2026-01-27", "2027-03-27", "2028-03-27"),
    "1.36": ("2026-06-02", "2027-08-02", "2028-08-02"),
}
DEFAULT_VERSION = "1.35"

UPDATE_TYPES = {
    # Parameters of UpdateClusterConfig, and what an update of one is called (API Reference, Update).
    "logging": "LoggingUpdate",
    "accessConfig": "AccessConfigUpdate",
    "upgradePolicy": "UpgradePolicyUpdate",
    "zonalShiftConfig": "ZonalShiftConfigUpdate",
    "deletionProtection": "DeletionProtectionUpdate",
    "remoteNetworkConfig": "RemoteNetworkConfigUpdate",
}
ENDPOINT = ("endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")
VPC = ("subnetIds", "securityGroupIds")
CONFIGS = {
    "accessConfig": "access_config",
    "upgradePolicy": "upgrade_policy",
    "zonalShiftConfig": "zonal_shift_config",
    "deletionProtection": "deletion_protection",
}


class Call:
    """One request: what its path, query and body say."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.path: dict[str, str] = dict(response.uri_match or {})
        self.body: Item = json.loads(response.body or "{}") if response.method in ("POST", "PUT") else {}
        self.query: dict[str, list[str]] = dict(response.querystring or {})

    @property
    def backend(self) -> Any:
        return self.response.eks_backend

    @property
    def cluster(self) -> Any:
        """Raises: ResourceNotFoundException."""
        return self.backend.describe_cluster(self.path["name"])

    @property
    def nodegroup(self) -> Any:
        """Raises: ResourceNotFoundException."""
        return self.backend.describe_nodegroup(self.path["name"], self.path["nodegroupName"])

    def one(self, name: str) -> str | None:
        return self.query.get(name, [None])[0]

    def page(self, key: str, items: Iterable[Any], asked_for: Item | None = None) -> Item:
        """A page of `items` as the answer to a list operation."""
        asked_for = asked_for or {name: values[0] for name, values in self.query.items()}
        listed = list(items)
        first = int(asked_for.get("nextToken") or 0)
        last = first + int(asked_for.get("maxResults") or PAGE)
        return {key: listed[first:last], "nextToken": str(last) if last < len(listed) else None}


# What is created


def create_cluster(call: Call, create: Callable[[Any], Any]) -> Any:
    body = call.body
    there = call.backend.clusters.get(body["name"])
    if there and body.get("clientRequestToken") and there.client_request_token == body["clientRequestToken"]:
        return there
    version = body.get("version") or DEFAULT_VERSION
    refuse_unknown_version(version)
    access = {"bootstrapClusterCreatorAdminPermissions": True, "authenticationMode": AUTHENTICATION[0]}
    access |= body.get("accessConfig") or {}
    if access["authenticationMode"] == AUTHENTICATION[0] and not access["bootstrapClusterCreatorAdminPermissions"]:
        raise refusal(
            "InvalidParameterException",
            "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP",
        )
    network = with_defaults(body.get("resourcesVpcConfig") or {})
    refuse_unreachable(network)
    cluster = created(create, call, "cluster")
    cluster.version = version
    cluster.resources_vpc_config = {
        **network,
        "vpcId": vpc_of(call.backend, network["subnetIds"]),
        "clusterSecurityGroupId": f"sg-{uuid.uuid4().hex[:17]}",
    }
    cluster.kubernetes_network_config = {
        "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4", **(body.get("kubernetesNetworkConfig") or {})
    }  # fmt: skip
    cluster.logging = logging({}, body.get("logging") or {})
    cluster.access_config = access
    cluster.upgrade_policy = {"supportType": "EXTENDED", **(body.get("upgradePolicy") or {})}
    cluster.zonal_shift_config = {"enabled": False, **(body.get("zonalShiftConfig") or {})}
    cluster.deletion_protection = bool(body.get("deletionProtection"))
    cluster.health = {"issues": []}
    return beginning(cluster, endpoint=None, certificate_authority=None)


def create_nodegroup(call: Call, create: Callable[[Any], Any]) -> Any:
    body, cluster = call.body, call.cluster
    there = cluster.nodegroups.get(body["nodegroupName"])
    if there and body.get("clientRequestToken") and there.client_request_token == body["clientRequestToken"]:
        return there
    if body.get("version", cluster.version) != cluster.version:
        raise refusal(
            "InvalidParameterException",
            f"Requested Nodegroup version {body['version']} is not the cluster's version {cluster.version}",
        )
    refuse_sizes(body.get("scalingConfig") or {})
    template = body.get("launchTemplate")
    if template and bool(template.get("id")) == bool(template.get("name")):
        raise refusal("InvalidRequestException", "Exactly one of launch template id or name must be specified")
    group = created(create, call, "nodegroup")
    arm = any(re.match(r"[a-z]+\d+g", one) for one in body.get("instanceTypes") or ())
    group.ami_type = body.get("amiType") or ("AL2023_ARM_64_STANDARD" if arm else "AL2023_x86_64_STANDARD")
    group.version = cluster.version
    group.release_version = body.get("releaseVersion") or release_of(cluster.version)
    group.scaling_config = body.get("scalingConfig") or {"minSize": 1, "maxSize": 2, "desiredSize": 2}
    group.update_config = body.get("updateConfig") or {"maxUnavailable": 1}
    group.node_repair_config = body.get("nodeRepairConfig")
    group.remote_access = body.get("remoteAccess")
    group.resources = {"autoScalingGroups": [{"name": f"eks-{group.nodegroup_name}-{group.uuid}"}]}
    group.disk_size = None if template else body.get("diskSize") or 20
    if template:
        group.launch_template.setdefault("version", "1")
    return beginning(group)


def beginning(of: Any, **lacks: Any) -> Any:
    """As the answer to its creation shows it; the next look shows it finished."""
    look = copy.copy(of)
    vars(look).update(status="CREATING", **lacks)
    return look


def created(create: Callable[[Any], Any], call: Call, key: str) -> Any:
    """What moto has created, from its answer."""
    create(call.response)
    body = call.body
    if key == "cluster":
        return call.backend.clusters[body["name"]]
    return call.cluster.nodegroups[body["nodegroupName"]]


def with_defaults(network: Item) -> Item:
    return {
        "subnetIds": [], "securityGroupIds": [], "endpointPublicAccess": True, "endpointPrivateAccess": False,
        "publicAccessCidrs": ["0.0.0.0/0"], **network,
    }  # fmt: skip


def logging(current: Item, asked_for: Item) -> Item:
    """All types, each on or off: those that are not named stay."""
    on = {kind for setup in current.get("clusterLogging", ()) if setup["enabled"] for kind in setup["types"]}
    for setup in asked_for.get("clusterLogging", ()):
        named = set(setup.get("types") or ())
        on = on | named if setup.get("enabled") else on - named
    setups = [
        {"types": [kind for kind in LOG_TYPES if (kind in on) == enabled], "enabled": enabled}
        for enabled in (True, False)
    ]
    return {"clusterLogging": [setup for setup in setups if setup["types"]]}


def vpc_of(backend: Any, subnets: Iterable[str]) -> str | None:
    known = ec2(backend).describe_subnets()
    vpcs: Item = {subnet.id: subnet.vpc_id for subnet in known}
    return next((vpcs[subnet] for subnet in subnets if subnet in vpcs), None)


def ec2(backend: Any) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[backend.account_id][backend.region_name]


def release_of(version: str) -> str:
    return f"{version}.0-20261105"


# Updates


def begin(of: Any, kind: str, params: Item, apply: Callable[[], None], token: str | None, errors: list[Item]) -> Item:
    """The update begun; `apply` makes it so when it is finished, unless there are errors."""
    update = {
        "id": str(uuid.uuid4()),
        "status": "InProgress",
        "type": kind,
        "params": [{"type": name, "value": json.dumps(value)} for name, value in params.items()],
        "createdAt": dt.datetime.now(dt.UTC),
        "errors": [],
    }
    updates(of).append(update | {"_apply": apply, "_token": token, "_errors": errors})
    of.status = "UPDATING"
    return update


def updates(of: Any) -> list[Item]:
    """The updates of a cluster or node group, which live on moto's object."""
    found: list[Item] = of.__dict__.setdefault("sandbox_updates", [])
    return found


def finish(of: Any) -> None:
    for update in updates(of):
        if update["status"] == "InProgress":
            update["status"] = "Failed" if update["_errors"] else "Successful"
            update["errors"] = update["_errors"]
            if not update["_errors"]:
                update["_apply"]()
            of.status = "ACTIVE"


def sent_before(of: Any, token: str | None) -> Item | None:
    """The update that this very request has begun, when it is sent again: EKS answers as it did."""
    return next((update for update in updates(of) if token and update["_token"] == token), None)


def refuse_busy(of: Any, kind: str, what: str) -> None:
    for update in updates(of):
        if update["status"] == "InProgress":
            raise refusal(
                "ResourceInUseException",
                f"Cannot {kind} because {what} currently has update {update['id']} in progress",
            )


def shown(update: Item) -> Item:
    return {name: value for name, value in update.items() if not name.startswith("_")}


def seen(of: Any) -> Any:
    """A cluster or node group as one look shows it; what is under way is finished by the next one."""
    status, _, issue = (of.tags or {}).get(STATUS_TAG, "").partition(":")
    if of.status == "UPDATING":
        look = copy.copy(of)
        finish(of)
        return look
    if not status:
        return of
    look = copy.copy(of)
    look.status = status
    look.health = {"issues": [{"code": issue, "message": f"The group says {issue}.", "resourceIds": []}]}
    return look


def describe_cluster(call: Call) -> Item:
    return {"cluster": seen(call.cluster)}


def describe_nodegroup(call: Call) -> Item:
    return {"nodegroup": seen(call.nodegroup)}


def describe_update(call: Call) -> Item | None:
    if call.one("addonName") or call.one("capabilityName"):
        return None
    of = owner(call)
    finish(of)
    for update in updates(of):
        if update["id"] == call.path["updateId"]:
            return {"update": shown(update)}
    raise refusal("ResourceNotFoundException", f"No update found for ID: {call.path['updateId']}")


def list_updates(call: Call) -> Item:
    return call.page("updateIds", [update["id"] for update in updates(owner(call))])


def owner(call: Call) -> Any:
    group = call.one("nodegroupName")
    return call.backend.describe_nodegroup(call.path["name"], group) if group else call.cluster


def update_cluster_config(call: Call) -> Item:
    cluster, body = call.cluster, call.body
    if before := sent_before(cluster, body.get("clientRequestToken")):
        return {"update": shown(before)}
    network = body.get("resourcesVpcConfig") or {}
    kinds = [kind for name, kind in UPDATE_TYPES.items() if body.get(name) is not None]
    kinds += ["EndpointAccessUpdate"] if any(name in network for name in ENDPOINT) else []
    kinds += ["VpcConfigUpdate"] if any(name in network for name in VPC) else []
    if len(kinds) != 1:
        raise refusal(
            "InvalidParameterException",
            "Only one type of update can be allowed." if kinds else "No update parameter was specified",
        )
    (kind,) = kinds
    refuse_busy(cluster, kind, f"cluster {cluster.name}")
    errors: list[Item] = []
    new: Item
    if kind in ("EndpointAccessUpdate", "VpcConfigUpdate"):
        new = {"resources_vpc_config": {**cluster.resources_vpc_config, **network}}
        refuse_unreachable(new["resources_vpc_config"])
        errors = missing_in_ec2(call.backend, cluster.resources_vpc_config, network)
    elif kind == "LoggingUpdate":
        new = {"logging": logging(cluster.logging, body["logging"])}
        if new["logging"] == cluster.logging:
            raise refusal("InvalidParameterException", "No changes needed for the logging config provided")
    elif kind == "RemoteNetworkConfigUpdate":
        new = {"remote_network_config": body["remoteNetworkConfig"]}
    else:
        parameter = next(name for name in CONFIGS if name in body)
        has, value = getattr(cluster, CONFIGS[parameter]), body[parameter]
        new = {CONFIGS[parameter]: {**has, **value} if isinstance(value, dict) else value}
        if kind == "AccessConfigUpdate":
            refuse_authentication(has["authenticationMode"], value["authenticationMode"])
    if all(same(getattr(cluster, name), value) for name, value in new.items()):
        raise refusal("InvalidParameterException", f"Cluster is already at the desired configuration{told(new)}")
    params = {kind.removesuffix("Update"): body.get(next(iter(body.keys() - {"clientRequestToken"})))}
    params = {PARAMS.get(name, name): value for name, value in params.items()}
    return {"update": begin(cluster, kind, params, lambda: vars(cluster).update(new), body.get("clientRequestToken"),
                            errors)}  # fmt: skip


PARAMS = {
    # Names of UpdateParam where they differ from the update's.
    "EndpointAccess": "EndpointPublicAccess",
    "VpcConfig": "Subnets",
    "Logging": "ClusterLogging",
    "AccessConfig": "AuthenticationMode",
}


def same(has: Any, wanted: Any) -> bool:
    if isinstance(has, dict) and isinstance(wanted, dict):
        return has.keys() == wanted.keys() and all(same(has[name], wanted[name]) for name in has)
    if isinstance(has, list) and isinstance(wanted, list):
        return sorted(map(str, has)) == sorted(map(str, wanted))
    return bool(has == wanted)


def told(new: Item) -> str:
    network = new.get("resources_vpc_config")
    if not network:
        return ""
    public, private, cidrs = (network[name] for name in ENDPOINT)
    return (
        f" with endpointPrivateAccess: {str(private).lower()} , endpointPublicAccess: {str(public).lower()},"
        f" and Public Endpoint Restrictions: [{', '.join(cidrs)}]"
    )


def missing_in_ec2(backend: Any, has: Item, wanted: Item) -> list[Item]:
    """Errors of an update to subnets or security groups that EC2 does not have, where it has the cluster's own."""
    known = {subnet.id for subnet in ec2(backend).describe_subnets()}
    known |= {group.id for group in ec2(backend).describe_security_groups()}
    if not known & set(has["subnetIds"]):
        return []
    kinds = {"subnetIds": "SubnetNotFound", "securityGroupIds": "SecurityGroupNotFound"}
    lacking = {code: [one for one in wanted.get(name) or () if one not in known] for name, code in kinds.items()}
    return [
        {"errorCode": code, "errorMessage": f"{', '.join(ids)} cannot be found", "resourceIds": ids}
        for code, ids in lacking.items()
        if ids
    ]


def update_cluster_version(call: Call) -> Item:
    cluster, body = call.cluster, call.body
    if before := sent_before(cluster, body.get("clientRequestToken")):
        return {"update": shown(before)}
    version = body["version"]
    refuse_unknown_version(version)
    if version == cluster.version:
        raise refusal("InvalidParameterException", f"Cluster is already at the desired configuration version {version}")
    if version != following(cluster.version):
        raise refusal(
            "InvalidParameterException",
            f"Unsupported Kubernetes minor version update from {cluster.version} to {version}",
        )
    refuse_busy(cluster, "VersionUpdate", f"cluster {cluster.name}")
    if behind := [name for name, group in cluster.nodegroups.items() if group.version != cluster.version]:
        raise refusal(
            "InvalidRequestException",
            f"Nodegroups {', '.join(sorted(behind))} must be updated to match cluster version {cluster.version} before"
            " updating cluster version",
        )
    if any(one["insightStatus"]["status"] == "ERROR" for one in all_insights(cluster)) and not body.get("force"):
        raise refusal(
            "InvalidStateException",
            "Amazon EKS detected upgrade readiness issues. Call the ListInsights API to view detected upgrade blocking"
            " issues. Pass the force flag when updating to override upgrade readiness errors.",
        )
    token = body.get("clientRequestToken")
    return {"update": begin(cluster, "VersionUpdate", {"Version": version, "PlatformVersion": "eks.1"},
                            lambda: vars(cluster).update(version=version), token, [])}  # fmt: skip


def associate_encryption_config(call: Call) -> Item:
    cluster, body = call.cluster, call.body
    if before := sent_before(cluster, body.get("clientRequestToken")):
        return {"update": shown(before)}
    if cluster.encryption_config:
        raise refusal("InvalidRequestException", f"Cluster {cluster.name} already has an encryption config")
    refuse_busy(cluster, "AssociateEncryptionConfig", f"cluster {cluster.name}")
    config, token = body["encryptionConfig"], body.get("clientRequestToken")
    return {"update": begin(cluster, "AssociateEncryptionConfig", {"EncryptionConfig": config},
                            lambda: vars(cluster).update(encryption_config=config), token, [])}  # fmt: skip


def update_nodegroup_config(call: Call) -> Item:
    group, body = call.nodegroup, call.body
    if before := sent_before(group, body.get("clientRequestToken")):
        return {"update": shown(before)}
    refuse_busy(group, "ConfigUpdate", f"nodegroup {group.nodegroup_name}")
    sizes = {**group.scaling_config, **(body.get("scalingConfig") or {})}
    refuse_sizes(sizes)
    backend = call.backend
    parameters = {
        "labels": "labels", "taints": "taints", "scaling_config": "scalingConfig", "update_config": "updateConfig",
        "node_repair_config": "nodeRepairConfig",
    }  # fmt: skip
    asked_for = {name: body[there] for name, there in parameters.items() if there in body}

    def apply() -> None:
        backend.update_nodegroup_config(group.cluster_name, group.nodegroup_name, **asked_for)

    kinds = {"labels": "LabelsToAdd", "taints": "TaintsToAdd", "scalingConfig": "DesiredSize",
             "updateConfig": "MaxUnavailable", "nodeRepairConfig": "NodeRepairConfig"}  # fmt: skip
    params = {kind: body[name] for name, kind in kinds.items() if name in body}
    return {"update": begin(group, "ConfigUpdate", params, apply, body.get("clientRequestToken"), [])}


def update_nodegroup_version(call: Call) -> Item:
    group, body, cluster = call.nodegroup, call.body, call.cluster
    if before := sent_before(group, body.get("clientRequestToken")):
        return {"update": shown(before)}
    refuse_busy(group, "VersionUpdate", f"nodegroup {group.nodegroup_name}")
    version = body.get("version") or cluster.version
    if version not in (group.version, cluster.version):
        raise refusal(
            "InvalidParameterException",
            f"Requested Nodegroup version {version} is not the cluster's version {cluster.version}",
        )
    release = body.get("releaseVersion") or release_of(version)
    if not release.startswith(f"{version}."):
        raise refusal(
            "InvalidParameterException",
            f"Requested release version {release} is not valid for kubernetes version {version}.",
        )
    template = body.get("launchTemplate")
    if template:
        has = group.launch_template or {}
        if not has or any(has.get(name) != template[name] for name in ("id", "name") if name in template):
            raise refusal(
                "InvalidParameterException",
                "You cannot specify a different launch template than the one that the node group was created with",
            )
    new = {"version": version, "release_version": release}
    if template:
        new["launch_template"] = {**group.launch_template, **template}
    params = {"Version": version, "ReleaseVersion": release}
    token = body.get("clientRequestToken")
    return {"update": begin(group, "VersionUpdate", params, lambda: vars(group).update(new), token, [])}


# Versions and insights


def following(version: str) -> str:
    major, minor = version.split(".")
    return f"{major}.{int(minor) + 1}"


def describe_cluster_versions(call: Call) -> Item:
    today = dt.datetime.now(dt.UTC)
    found = []
    for version, days in sorted(VERSIONS.items(), key=lambda one: int(one[0].split(".")[1]), reverse=True):
        release, standard, extended = (dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in days)
        status = "STANDARD_SUPPORT" if today < standard else "EXTENDED_SUPPORT" if today < extended else "UNSUPPORTED"
        found.append({
            "clusterVersion": version, "clusterType": "eks", "defaultPlatformVersion": "eks.1",
            "defaultVersion": version == DEFAULT_VERSION, "releaseDate": release,
            "endOfStandardSupportDate": standard, "endOfExtendedSupportDate": extended,
            "status": status.lower().replace("_", "-"), "versionStatus": status,
            "kubernetesPatchVersion": f"{version}.0",
        })  # fmt: skip
    if names := call.query.get("clusterVersions"):
        found = [one for one in found if one["clusterVersion"] in names]
    if call.one("defaultOnly") == "true":
        found = [one for one in found if one["defaultVersion"]]
    if wanted := call.one("versionStatus"):
        found = [one for one in found if one["versionStatus"] == wanted]
    elif not names and call.one("includeAll") != "true":
        found = [one for one in found if one["versionStatus"] != "UNSUPPORTED"]
    return call.page("clusterVersions", found)


def all_insights(cluster: Any) -> list[Item]:
    """The upgrade insights of the version that comes next."""
    version = following(cluster.version)
    names = [
        "Kubelet version skew",
        "kube-proxy version skew",
        "Cluster health issues",
        "EKS add-on version compatibility",
    ]
    found = dict.fromkeys(names, ("PASSING", ""))
    status, _, named = (cluster.tags or {}).get(INSIGHT_TAG, "").partition(":")
    if named:
        found[named] = (status, "Usage of it was detected within the last 30 days.")
    return [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{cluster.arn}/{version}/{name}")),
            "name": name,
            "category": "UPGRADE_READINESS",
            "kubernetesVersion": version,
            "lastRefreshTime": cluster.created_at,
            "lastTransitionTime": cluster.created_at,
            "description": f"Checks {name}.",
            "insightStatus": {"status": status, "reason": reason},
            "recommendation": f"See to {name} before upgrading to {version}.",
            "resources": [],
        }
        for name, (status, reason) in found.items()
    ]


def list_insights(call: Call) -> Item:
    only = call.body.get("filter") or {}
    found = [
        {name: value for name, value in one.items() if name not in ("recommendation", "resources")}
        for one in all_insights(call.cluster)
        if one["category"] in (only.get("categories") or [one["category"]])
        and one["kubernetesVersion"] in (only.get("kubernetesVersions") or [one["kubernetesVersion"]])
        and one["insightStatus"]["status"] in (only.get("statuses") or [one["insightStatus"]["status"]])
    ]
    return call.page("insights", found, call.body)


def describe_insight(call: Call) -> Item:
    for one in all_insights(call.cluster):
        if one["id"] == call.path["id"]:
            return {"insight": one}
    raise refusal("ResourceNotFoundException", f"No insight found for id: {call.path['id']}")


# Refusals, deletion and tags


def refusal(code: str, message: str) -> Exception:
    """The exception of EKS's own, as moto sends it."""
    from moto.eks import exceptions

    if code == "InvalidStateException":
        kind = type(code, (exceptions.EKSError,), {"TYPE": code, "STATUS": 400})
    else:
        kind = getattr(exceptions, code)
    raised: Exception = kind(message=message)
    return raised


def refuse_unknown_version(version: str) -> None:
    if version not in VERSIONS:
        raise refusal("InvalidParameterException", "unsupported Kubernetes version")


def refuse_unreachable(network: Item) -> None:
    if not network["endpointPublicAccess"] and not network["endpointPrivateAccess"]:
        raise refusal("InvalidParameterException", "Private and public endpoint access cannot be false")


def refuse_authentication(has: str, wanted: str) -> None:
    if AUTHENTICATION.index(wanted) - AUTHENTICATION.index(has) not in (0, 1):
        raise refusal("InvalidParameterException", f"Unsupported authentication mode update from {has} to {wanted}")


def refuse_sizes(sizes: Item) -> None:
    if not sizes:
        return
    least, most, wanted = sizes["minSize"], sizes["maxSize"], sizes["desiredSize"]
    if least > wanted:
        raise refusal(
            "InvalidParameterException", f"Minimum capacity {least} can't be greater than desired size {wanted}"
        )
    if wanted > most:
        raise refusal("InvalidParameterException", f"desired capacity {wanted} can't be greater than max size {most}")


def delete_cluster(call: Call, delete: Callable[[Any], Any]) -> Any:
    cluster = call.cluster
    if getattr(cluster, "deletion_protection", False) and cluster.status in ("ACTIVE", "UPDATING"):
        raise refusal("InvalidRequestException", f"Cluster {cluster.name} has deletion protection enabled")
    refuse_busy(cluster, "delete", f"cluster {cluster.name}")
    delete(call.response)
    cluster.status = "DELETING"
    return cluster


def delete_nodegroup(call: Call, delete: Callable[[Any], Any]) -> Any:
    group = call.nodegroup
    delete(call.response)
    group.status = "DELETING"
    return group


def tags_of_nodegroup(call: Call) -> dict[str, str] | None:
    arn = call.path["resourceArn"]
    for cluster in call.backend.clusters.values():
        for group in cluster.nodegroups.values():
            if group.arn == arn:
                found: dict[str, str] = group.tags
                return found
    return None


def tag(call: Call) -> Item | None:
    tags = tags_of_nodegroup(call)
    if tags is None:
        return None
    tags.update(call.body["tags"])
    return {}


def untag(call: Call) -> Item | None:
    tags = tags_of_nodegroup(call)
    if tags is None:
        return None
    for key in call.query.get("tagKeys", ()):
        tags.pop(key, None)
    return {}


def list_tags(call: Call) -> Item | None:
    tags = tags_of_nodegroup(call)
    return None if tags is None else {"tags": tags}


ROUTES = (
    "/cluster-versions$",
    "/clusters/(?P<name>[^/]+)/updates$",
    "/clusters/(?P<name>[^/]+)/updates/(?P<updateId>[^/]+)$",
    "/clusters/(?P<name>[^/]+)/encryption-config/associate$",
    "/clusters/(?P<name>[^/]+)/node-groups/(?P<nodegroupName>[^/]+)/update-version$",
    "/clusters/(?P<name>[^/]+)/insights$",
    "/clusters/(?P<name>[^/]+)/insights/(?P<id>[^/]+)$",
)
OPERATIONS: dict[str, Callable[[Call], Item]] = {
    "DescribeCluster": describe_cluster,
    "DescribeNodegroup": describe_nodegroup,
    "UpdateClusterConfig": update_cluster_config,
    "UpdateClusterVersion": update_cluster_version,
    "AssociateEncryptionConfig": associate_encryption_config,
    "UpdateNodegroupConfig": update_nodegroup_config,
    "UpdateNodegroupVersion": update_nodegroup_version,
    "ListUpdates": list_updates,
    "DescribeClusterVersions": describe_cluster_versions,
    "ListInsights": list_insights,
    "DescribeInsight": describe_insight,
}
AROUND: dict[str, tuple[str, Callable[[Call, Callable[[Any], Any]], Any]]] = {
    "CreateCluster": ("cluster", create_cluster),
    "CreateNodegroup": ("nodegroup", create_nodegroup),
    "DeleteCluster": ("cluster", delete_cluster),
    "DeleteNodegroup": ("nodegroup", delete_nodegroup),
}
"""What moto does, with more before and after it."""
BESIDE: dict[str, Callable[[Call], Item | None]] = {
    "DescribeUpdate": describe_update,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_tags,
}
"""What answers only for what is ours, and leaves the rest to what answered before."""


def extend(emulator: Extendable) -> None:
    from moto.core.responses import ActionResult
    from moto.eks.responses import EKSResponse

    def before(operation: str) -> Callable[[Any], Any]:
        found: Any = getattr(EKSResponse, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower(), None)
        return found

    def answering(act: Callable[[Call], Item]) -> Callable[[Any], Any]:
        return lambda response: ActionResult(act(Call(response)))

    def around(key: str, act: Callable[[Call, Any], Any], inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda response: ActionResult({key: act(Call(response), inner)})

    def beside(act: Callable[[Call], Item | None], others: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def answer(response: Any) -> Any:
            result = act(Call(response))
            return others(response) if result is None else ActionResult(result)

        return answer

    for path in ROUTES:
        emulator.route("eks", path)
    for name, act in OPERATIONS.items():
        emulator.operation("eks", name, answering(act))
    for name, (key, act_around) in AROUND.items():
        emulator.operation("eks", name, around(key, act_around, before(name)))
    for name, act_beside in BESIDE.items():
        emulator.operation("eks", name, beside(act_beside, before(name)))
