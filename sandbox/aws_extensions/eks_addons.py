"""EKS add-ons, access entries, access policies and pod identity associations, which moto 5.2 does not have.

What there is hangs on moto's cluster: it ends with it and with `POST /moto-api/reset`. All is finished at once: an
answer says CREATING, UPDATING or DELETING, the next look ACTIVE or nothing. Refusals have the service's words.

An add-on with the tag `sandbox:status` has that status instead, with a health issue: "DEGRADED:ClusterUnreachable".

Pages of the EKS User Guide: eks-add-ons, add-ons-iam, creating-access-entries, access-policies, pod-id-association; and
of the API Reference, those of the operations.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable

Item = dict[str, Any]

STATUS_TAG = "sandbox:status"
BUSY = ("CREATING", "UPDATING", "DELETING")
BOTH = ["amd64", "arm64"]
PAGE = 100

ENTRY_TYPES = ("STANDARD", "EC2", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "HYPERPOD_LINUX")
TYPES_WITH_POLICIES = ("STANDARD", "EC2")
NODE_USERNAMES = {
    "EC2": "system:node:{{EC2PrivateDNSName}}",
    "EC2_LINUX": "system:node:{{EC2PrivateDNSName}}",
    "EC2_WINDOWS": "system:node:{{EC2PrivateDNSName}}",
    "FARGATE_LINUX": "system:node:{{SessionName}}",
    "HYBRID_LINUX": "system:node:{{SessionName}}",
    "HYPERPOD_LINUX": "system:node:{{SessionName}}",
}
NODE_GROUPS = {"EC2_WINDOWS": ["eks:kube-proxy-windows", "system:nodes"]}
PRINCIPAL = re.compile(r"arn:[^:]+:iam::(\d{12}):(?:(role|user)/(?:.+/)?([^/]+)|(root))")
ROLE = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")
RESERVED_NAMES = ("system:", "eks:", "aws:", "amazon:", "iam:")
POLICY_ARN = "arn:aws:eks::aws:cluster-access-policy/"
POLICIES = (
    "AmazonARCRegionSwitchScalingPolicy", "AmazonEKSAdminPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSAutoNodePolicy",
    "AmazonEKSBlockStorageClusterPolicy", "AmazonEKSBlockStoragePolicy", "AmazonEKSClusterAdminPolicy",
    "AmazonEKSClusterInsightsPolicy", "AmazonEKSComputeClusterPolicy", "AmazonEKSComputePolicy", "AmazonEKSEditPolicy",
    "AmazonEKSHybridPolicy", "AmazonEKSLoadBalancingClusterPolicy", "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingClusterPolicy", "AmazonEKSNetworkingPolicy", "AmazonEKSSecretReaderPolicy",
    "AmazonEKSViewPolicy",
)  # fmt: skip

OBJECT: Item = {"type": "object"}
LIST: Item = {"type": "array"}
TEXT: Item = {"type": "string"}
TRUTH: Item = {"type": "boolean"}
COUNT: Item = {"type": "integer", "minimum": 1}
PLACED: Item = {"affinity": OBJECT, "nodeSelector": OBJECT, "tolerations": LIST, "resources": OBJECT}
PODS: Item = {**PLACED, "podAnnotations": OBJECT, "podLabels": OBJECT, "topologySpreadConstraints": LIST}


@dataclass(frozen=True)
class Product:
    """One add-on that EKS offers; `versions` tells the Kubernetes versions of each, the default marked by a star."""

    type: str
    versions: dict[str, str]
    properties: Item
    """Of the JSON schema of its configuration."""
    owner: str = "aws"
    publisher: str = "eks"
    namespace: str = "kube-system"
    accounts: dict[str, list[str]] = field(default_factory=dict)
    """Service accounts that take a pod identity association, with the policies that EKS recommends."""

    def compatible(self, version: str) -> dict[str, bool]:
        """Kubernetes versions of an add-on's version: whether it is the default there."""
        return {one.rstrip("*"): one.endswith("*") for one in self.versions.get(version, "").split()}

    def default(self, kubernetes: str) -> str | None:
        return next((version for version in self.versions if self.compatible(version).get(kubernetes)), None)

    @property
    def schema(self) -> Item:
        return {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "type": "object",
            "additionalProperties": False,
            "properties": self.properties,
        }


MANAGED = "arn:aws:iam::aws:policy/"
EVERY = "1.33* 1.34* 1.35* 1.36*"
PRODUCTS = {
    "vpc-cni": Product(
        "networking",
        {
            "v1.21.1-eksbuild.3": "1.34 1.35* 1.36*",
            "v1.21.1-eksbuild.1": "1.33 1.34 1.35 1.36",
            "v1.20.4-eksbuild.2": "1.33* 1.34* 1.35",
            "v1.20.1-eksbuild.3": "1.33 1.34",
            "v1.19.6-eksbuild.7": "1.33",
        },
        {
            **PLACED,
            "env": {"type": "object", "additionalProperties": TEXT},
            "enableNetworkPolicy": {"type": "string", "enum": ["true", "false"]},
            "init": OBJECT,
            "nodeAgent": OBJECT,
            "podAnnotations": OBJECT,
            "podLabels": OBJECT,
        },
        accounts={"aws-node": [MANAGED + "AmazonEKS_CNI_Policy"]},
    ),
    "coredns": Product(
        "networking",
        {
            "v1.14.3-eksbuild.1": "1.35 1.36",
            "v1.14.2-eksbuild.1": "1.35 1.36*",
            "v1.13.2-eksbuild.1": "1.34 1.35*",
            "v1.12.4-eksbuild.1": "1.33 1.34",
            "v1.12.3-eksbuild.1": "1.33 1.34*",
            "v1.12.1-eksbuild.2": "1.33*",
            "v1.11.4-eksbuild.22": "1.33",
        },
        {
            **PODS,
            "replicaCount": COUNT,
            "autoScaling": OBJECT,
            "computeType": TEXT,
            "corefile": TEXT,
            "podDisruptionBudget": OBJECT,
        },
    ),
    "kube-proxy": Product(
        "networking",
        {
            "v1.36.2-eksbuild.1": "1.36",
            "v1.36.0-eksbuild.2": "1.36*",
            "v1.35.6-eksbuild.1": "1.35",
            "v1.35.0-eksbuild.2": "1.35*",
            "v1.34.7-eksbuild.1": "1.34",
            "v1.34.0-eksbuild.2": "1.34*",
            "v1.33.3-eksbuild.10": "1.33",
            "v1.33.0-eksbuild.2": "1.33*",
        },
        {**PLACED, "ipvs": OBJECT, "mode": {"type": "string", "enum": ["iptables", "ipvs"]}, "podAnnotations": OBJECT},
    ),
    "eks-pod-identity-agent": Product(
        "security",
        {"v1.3.10-eksbuild.2": "1.33 1.34 1.35* 1.36*", "v1.3.8-eksbuild.2": "1.33* 1.34* 1.35"},
        {**PLACED, "agent": OBJECT, "updateStrategy": OBJECT},
    ),
    "aws-ebs-csi-driver": Product(
        "storage",
        {
            "v1.54.0-eksbuild.1": "1.33 1.34 1.35* 1.36*",
            "v1.48.0-eksbuild.2": "1.33* 1.34* 1.35",
            "v1.44.0-eksbuild.1": "1.33",
        },
        {
            "controller": {"type": "object", "additionalProperties": False, "properties": {
                **PODS, "extraVolumeTags": OBJECT, "replicaCount": COUNT, "loggingFormat": TEXT,
            }},
            "node": {"type": "object", "additionalProperties": False, "properties": {
                **PLACED, "tolerateAllTaints": TRUTH, "volumeAttachLimit": {"type": "integer"},
            }},
            "defaultStorageClass": {"type": "object", "properties": {"enabled": TRUTH}},
            "sidecars": OBJECT,
        },
        accounts={"ebs-csi-controller-sa": [MANAGED + "service-role/AmazonEBSCSIDriverPolicy"]},
    ),
    "snapshot-controller": Product(
        "storage",
        {"v8.4.0-eksbuild.1": "1.33 1.34 1.35* 1.36*", "v8.3.0-eksbuild.1": "1.33* 1.34*"},
        {**PODS, "replicaCount": COUNT},
    ),
    "metrics-server": Product(
        "observability",
        {"v0.8.1-eksbuild.1": "1.33 1.34 1.35* 1.36*", "v0.8.0-eksbuild.2": "1.33* 1.34*"},
        {**PODS, "replicas": COUNT, "podDisruptionBudget": OBJECT, "updateStrategy": OBJECT},
        owner="community",
    ),
    "cert-manager": Product(
        "security",
        {"v1.19.2-eksbuild.1": "1.33 1.34 1.35* 1.36*", "v1.18.2-eksbuild.2": "1.33* 1.34*"},
        {**PODS, "replicaCount": COUNT, "webhook": OBJECT, "cainjector": OBJECT},
        owner="community",
        namespace="cert-manager",
    ),
    "external-dns": Product(
        "networking",
        {"v0.20.0-eksbuild.1": "1.33 1.34 1.35* 1.36*", "v0.19.0-eksbuild.2": "1.33* 1.34*"},
        {
            **PODS,
            "domainFilters": {"type": "array", "items": TEXT},
            "policy": {"type": "string", "enum": ["create-only", "sync", "upsert-only"]},
            "sources": {"type": "array", "items": TEXT},
            "txtOwnerId": TEXT,
        },
        owner="community",
        namespace="external-dns",
        accounts={"external-dns": [MANAGED + "AmazonRoute53FullAccess"]},
    ),
}  # fmt: skip


def refusal(kind: str, message: str, **about: str) -> Exception:
    """An error of the service, as moto raises it."""
    from moto.eks import exceptions

    if kind == "NotFoundException":
        found = type(kind, (exceptions.ResourceNotFoundException,), {"TYPE": kind})
    else:
        found = getattr(exceptions, kind)
    error: Exception = found(**about, message=message)
    return error


class Call:
    """One request: its cluster, and what its path, query and body say."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self.path: dict[str, str] = dict(response.uri_match)
        self.body: Item = json.loads(response.body or "{}") if response.method != "GET" else {}
        self.query: dict[str, list[str]] = dict(response.querystring)

    @property
    def backend(self) -> Any:
        return self._response.eks_backend

    @property
    def cluster(self) -> Any:
        return self.backend.describe_cluster(self.path["name"])

    def arn(self, kind: str, *parts: str) -> str:
        backend = self.backend
        place = f"{backend.region_name}:{backend.account_id}"
        return f"arn:{backend.partition}:eks:{place}:{'/'.join((kind, self.path['name'], *parts))}"

    def one(self, name: str, default: str | None = None) -> str | None:
        return self.query.get(name, [default])[0]

    def page(self, key: str, items: Iterable[Any]) -> Item:
        """A page of `items` as the answer to a list operation."""
        listed = list(items)
        count = int(self.one("maxResults") or PAGE)
        token = self.one("nextToken")
        try:
            start = int(base64.b64decode(token, validate=True)) if token else 0
        except ValueError:
            raise refusal("InvalidParameterException", "The nextToken provided is invalid") from None
        following = base64.b64encode(str(start + count).encode()).decode() if start + count < len(listed) else None
        return {key: listed[start : start + count], "nextToken": following}


def kept(cluster: Any, kind: str) -> dict[str, Item]:
    """The cluster's items of a kind, which live on moto's cluster."""
    items: dict[str, Item] = cluster.__dict__.setdefault(f"sandbox_{kind}", {})
    return items


def now() -> datetime:
    return datetime.now(UTC)


def shown(item: Item) -> Item:
    return {name: value for name, value in item.items() if not name.startswith("_")}


def same_request(existing: Item | None, call: Call) -> bool:
    """Whether the request is one that came before, sent again: EKS then answers as it did."""
    token = call.body.get("clientRequestToken")
    return bool(existing and token and existing["_token"] == token)


# Add-ons


def addon_seen(addon: Item) -> Item:
    """The add-on as a look at it shows it; what was busy is finished by then."""
    status, _, issue = addon["tags"].get(STATUS_TAG, "ACTIVE").partition(":")
    addon["status"] = status
    addon["health"] = {"issues": [{"code": issue, "message": f"The add-on says {issue}.", "resourceIds": []}]}
    if not issue:
        addon["health"] = {"issues": []}
    return shown(addon)


def find_addon(call: Call) -> Item:
    cluster, name = call.cluster, call.path["addonName"]
    found = kept(cluster, "addons").get(name)
    if not found:
        raise refusal(
            "ResourceNotFoundException",
            f"No addon: {name} found in cluster: {cluster.name}",
            clusterName=cluster.name,
            addonName=name,
        )
    return found


def create_addon(call: Call) -> Item:
    cluster, asked = call.cluster, call.body
    name = asked["addonName"]
    addons = kept(cluster, "addons")
    if same_request(addons.get(name), call):
        return {"addon": shown(addons[name])}
    product = PRODUCTS.get(name)
    if not product:
        raise refusal("InvalidParameterException", "Addon specified is not supported", addonName=name)
    if name in addons:
        raise refusal("ResourceInUseException", "Addon already exists.", clusterName=cluster.name, addonName=name)
    version = checked_version(product, name, asked.get("addonVersion") or product.default(cluster.version), cluster)
    checked_configuration(product, name, asked.get("configurationValues"))
    namespace = (asked.get("namespaceConfig") or {}).get("namespace") or product.namespace
    arn = call.arn("addon", name, str(uuid.uuid4()))
    associations = asked.get("podIdentityAssociations") or []
    checked_identities(product, version, name, associations, cluster, namespace, arn)
    addon: Item = {
        "addonName": name,
        "clusterName": cluster.name,
        "status": "CREATING",
        "addonVersion": version,
        "health": {"issues": []},
        "addonArn": arn,
        "createdAt": now(),
        "modifiedAt": now(),
        "serviceAccountRoleArn": asked.get("serviceAccountRoleArn"),
        "tags": dict(asked.get("tags") or {}),
        "publisher": product.publisher,
        "owner": product.owner,
        "configurationValues": asked.get("configurationValues"),
        "namespaceConfig": {"namespace": namespace},
        "_token": asked.get("clientRequestToken"),
        "_updates": {},
    }
    addon["podIdentityAssociations"] = owned_identities(call, associations, namespace, arn)
    addons[name] = addon
    return {"addon": shown(addon)}


def update_addon(call: Call) -> Item:
    addon, cluster, asked = find_addon(call), call.cluster, call.body
    name = addon["addonName"]
    if addon["status"] in BUSY:
        message = f"Addon {name} cannot be updated as it is currently in {addon['status']} state"
        raise refusal("ResourceInUseException", message, clusterName=cluster.name, addonName=name)
    product, namespace = PRODUCTS[name], addon["namespaceConfig"]["namespace"]
    version = checked_version(product, name, asked.get("addonVersion") or addon["addonVersion"], cluster)
    checked_configuration(product, name, asked.get("configurationValues"))
    associations = asked.get("podIdentityAssociations")
    if associations is not None:
        checked_identities(product, version, name, associations, cluster, namespace, addon["addonArn"])
        drop_identities(cluster, addon["addonArn"])
        addon["podIdentityAssociations"] = owned_identities(call, associations, namespace, addon["addonArn"])
    addon["addonVersion"] = version
    # "If you don't specify an existing IAM role, then the add-on uses the permissions assigned to the node IAM role."
    addon["serviceAccountRoleArn"] = asked.get("serviceAccountRoleArn")
    if "configurationValues" in asked:
        addon["configurationValues"] = asked["configurationValues"]
    if addon["tags"].get(STATUS_TAG, "").startswith(("CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED")):
        del addon["tags"][STATUS_TAG]
    addon |= {"status": "UPDATING", "modifiedAt": now()}
    named = {
        "AddonVersion": asked.get("addonVersion"),
        "ServiceAccountRoleArn": asked.get("serviceAccountRoleArn"),
        "ResolveConflicts": asked.get("resolveConflicts"),
        "ConfigurationValues": asked.get("configurationValues"),
        "PodIdentityAssociations": None if associations is None else json.dumps(associations),
    }
    update: Item = {
        "id": str(uuid.uuid4()),
        "status": "InProgress",
        "type": "AddonUpdate",
        "params": [{"type": key, "value": value} for key, value in named.items() if value is not None],
        "createdAt": now(),
        "errors": [],
    }
    addon["_updates"][update["id"]] = update
    return {"update": dict(update)}


def delete_addon(call: Call) -> Item:
    addon, cluster = find_addon(call), call.cluster
    del kept(cluster, "addons")[addon["addonName"]]
    if call.one("preserve") == "true":
        for association in kept(cluster, "associations").values():
            if association.get("ownerArn") == addon["addonArn"]:
                association["ownerArn"] = None
    else:
        drop_identities(cluster, addon["addonArn"])
    return {"addon": {**shown(addon), "status": "DELETING"}}


def describe_addon(call: Call) -> Item:
    return {"addon": addon_seen(find_addon(call))}


def list_addons(call: Call) -> Item:
    return call.page("addons", sorted(kept(call.cluster, "addons")))


def describe_addon_update(call: Call) -> Item:
    """DescribeUpdate of an add-on; the updates of clusters and node groups are another extension's."""
    call.path["addonName"] = call.one("addonName") or ""
    update = find_addon(call)["_updates"].get(call.path["updateId"])
    if not update:
        raise refusal("ResourceNotFoundException", f"No update found for ID: {call.path['updateId']}")
    update["status"] = "Successful"
    return {"update": dict(update)}


def describe_addon_versions(call: Call) -> Item:
    wanted, kubernetes = call.one("addonName"), call.one("kubernetesVersion")
    found = []
    for name, product in PRODUCTS.items():
        filters = ((call.query.get("types"), product.type), (call.query.get("owners"), product.owner),
                   (call.query.get("publishers"), product.publisher), ([wanted] if wanted else None, name))  # fmt: skip
        if any(values and value not in values for values, value in filters):
            continue
        versions = [
            {
                "addonVersion": version,
                "architecture": BOTH,
                "computeTypes": ["ec2", "auto"],
                "compatibilities": [
                    {"clusterVersion": one, "platformVersions": ["*"], "defaultVersion": default}
                    for one, default in product.compatible(version).items()
                    if kubernetes in (None, one)
                ],
                "requiresConfiguration": False,
                "requiresIamPermissions": bool(product.accounts),
            }
            for version in product.versions
            if kubernetes is None or kubernetes in product.compatible(version)
        ]
        if versions:
            found.append({
                "addonName": name,
                "type": product.type,
                "addonVersions": versions,
                "publisher": product.publisher,
                "owner": product.owner,
                "defaultNamespace": product.namespace,
            })  # fmt: skip
    return call.page("addons", found)


def describe_addon_configuration(call: Call) -> Item:
    name, version = call.one("addonName") or "", call.one("addonVersion") or ""
    product = PRODUCTS.get(name)
    if not product or version not in product.versions:
        raise refusal("InvalidParameterException", "Addon version specified is not supported", addonName=name)
    return {
        "addonName": name,
        "addonVersion": version,
        "configurationSchema": json.dumps(product.schema),
        "podIdentityConfiguration": [
            {"serviceAccount": account, "recommendedManagedPolicies": policies}
            for account, policies in product.accounts.items()
        ],
    }


def checked_version(product: Product, name: str, version: str | None, cluster: Any) -> str:
    if version is None or cluster.version not in product.compatible(version):
        message = "Addon version specified is not supported"
        raise refusal("InvalidParameterException", message, clusterName=cluster.name, addonName=name)
    return version


def checked_configuration(product: Product, name: str, values: str | None) -> None:
    if values is None:
        return
    import jsonschema  # type: ignore[import-untyped]
    import yaml

    try:
        document = yaml.safe_load(values)
    except yaml.YAMLError:
        document = values
    errors = [
        f"{error.json_path}: {error.message}"
        for error in jsonschema.Draft201909Validator(product.schema).iter_errors(document)
    ]
    if errors:
        raise refusal(
            "InvalidParameterException",
            "ConfigurationValue provided in request is not supported: Json schema validation failed with error: "
            f"[{', '.join(errors)}]",
            addonName=name,
        )


def checked_identities(
    product: Product, version: str, name: str, wanted: list[Item], cluster: Any, namespace: str, arn: str
) -> None:
    if wanted and not product.accounts:
        message = f"Pod Identity feature is not supported for addon version: {version}"
        raise refusal("InvalidParameterException", message, addonName=name)
    for one in wanted:
        account = one["serviceAccount"]
        if account not in product.accounts:
            message = f"Service account {account} in pod identity configuration is not supported for addon {name}"
            raise refusal("InvalidParameterException", message, addonName=name)
        checked_role(one["roleArn"])
        # "Add-ons can't assume ownership of existing pod identity associations."
        refuse_taken(cluster, namespace, account, but=arn)


def owned_identities(call: Call, wanted: list[Item], namespace: str, owner: str) -> list[str]:
    made = [new_association(call, {**one, "namespace": namespace}, owner) for one in wanted]
    return [association["associationArn"] for association in made]


def drop_identities(cluster: Any, owner: str) -> None:
    associations = kept(cluster, "associations")
    for key in [key for key, one in associations.items() if one.get("ownerArn") == owner]:
        del associations[key]


# Access entries


def entries_of(call: Call) -> dict[str, Item]:
    """The access entries of the cluster, with those that EKS makes itself for the roles of managed node groups."""
    cluster = call.cluster
    access = getattr(cluster, "access_config", None) or {}
    if isinstance(access, dict) and access.get("authenticationMode") == "CONFIG_MAP":
        raise refusal(
            "InvalidRequestException",
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this"
            " operation.",
        )
    entries = kept(cluster, "entries")
    seen = cluster.__dict__.setdefault("sandbox_node_groups", set())
    for group in cluster.nodegroups.values():
        if group.nodegroup_name not in seen:
            seen.add(group.nodegroup_name)
            if group.node_role not in entries:
                entries[group.node_role] = new_entry(call, {"principalArn": group.node_role, "type": "EC2_LINUX"})
    return entries


def find_entry(call: Call) -> Item:
    principal = call.path["principalArn"]
    found = entries_of(call).get(principal)
    if not found:
        message = f"The specified principalArn could not be found: {principal}"
        raise refusal("ResourceNotFoundException", message)
    return found


def new_entry(call: Call, asked: Item) -> Item:
    principal, kind = asked["principalArn"], asked.get("type") or "STANDARD"
    match = PRINCIPAL.fullmatch(principal)
    if not match or "/aws-service-role/" in principal:
        raise refusal("InvalidParameterException", "The specified principalArn is invalid: invalid principal.")
    account, what, name = match[1], match[2] or "root", match[3] or "root"
    if kind == "STANDARD":
        session = f"{principal.split(':iam:')[0]}:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}"
        username = asked.get("username") or (session if what == "role" else principal)
        groups = asked.get("kubernetesGroups") or []
    else:
        username, groups = NODE_USERNAMES[kind], NODE_GROUPS.get(kind, ["system:nodes"])
    return {
        "clusterName": call.path["name"],
        "principalArn": principal,
        "kubernetesGroups": list(groups),
        "accessEntryArn": call.arn("access-entry", what, account, name, str(uuid.uuid4())),
        "createdAt": now(),
        "modifiedAt": now(),
        "tags": dict(asked.get("tags") or {}),
        "username": username,
        "type": kind,
        "_token": asked.get("clientRequestToken"),
        "_policies": {},
    }


def create_access_entry(call: Call) -> Item:
    entries, asked = entries_of(call), call.body
    principal, kind = asked["principalArn"], asked.get("type") or "STANDARD"
    if same_request(entries.get(principal), call):
        return {"accessEntry": shown(entries[principal])}
    if kind not in ENTRY_TYPES:
        raise refusal("InvalidParameterException", f"The type of the access entry is invalid: {kind}")
    if kind != "STANDARD":
        if asked.get("kubernetesGroups") or asked.get("username"):
            message = "The kubernetesGroups and username can only be set for Access Entries with a type of"
            raise refusal("InvalidParameterException", f'{message} "STANDARD".')
        if not ROLE.fullmatch(principal):
            raise refusal("InvalidParameterException", "The specified principalArn is invalid: invalid principal.")
    checked_names(asked)
    if principal in entries:
        message = "The specified access entry resource is already in use on this cluster."
        raise refusal("ResourceInUseException", message, clusterName=call.path["name"])
    entries[principal] = new_entry(call, asked)
    return {"accessEntry": shown(entries[principal])}


def update_access_entry(call: Call) -> Item:
    entry, asked = find_entry(call), call.body
    if entry["type"] != "STANDARD":
        message = 'This operation can only be performed on Access Entries with a type of "STANDARD".'
        raise refusal("InvalidParameterException", message)
    checked_names(asked)
    for name in ("kubernetesGroups", "username"):
        if asked.get(name) is not None:
            entry[name] = asked[name]
    entry["modifiedAt"] = now()
    return {"accessEntry": shown(entry)}


def checked_names(asked: Item) -> None:
    for group in asked.get("kubernetesGroups") or ():
        if group.startswith("system:"):
            message = f"The kubernetes group name {group} is invalid, it cannot start with system:"
            raise refusal("InvalidParameterException", message)
    username = asked.get("username") or ""
    for reserved in RESERVED_NAMES:
        if username.startswith(reserved):
            raise refusal("InvalidParameterException", f"The username must not begin with {reserved}")
    before, session, _ = username.partition("{{SessionName")
    if session and ":" not in before:
        raise refusal("InvalidParameterException", "The username must have a colon before {{SessionName}}")


def describe_access_entry(call: Call) -> Item:
    return {"accessEntry": shown(find_entry(call))}


def delete_access_entry(call: Call) -> Item:
    del entries_of(call)[find_entry(call)["principalArn"]]
    return {}


def list_access_entries(call: Call) -> Item:
    policy = call.one("associatedPolicyArn")
    entries = entries_of(call).items()
    return call.page(
        "accessEntries", sorted(arn for arn, one in entries if policy is None or policy in one["_policies"])
    )


def associate_access_policy(call: Call) -> Item:
    entry, asked = find_entry(call), call.body
    if entry["type"] not in TYPES_WITH_POLICIES:
        message = 'This operation can only be performed on Access Entries with a type of "STANDARD".'
        raise refusal("InvalidRequestException", message)
    policy, scope = asked["policyArn"], asked["accessScope"]
    if policy.removeprefix(POLICY_ARN) not in POLICIES:
        raise refusal("ResourceNotFoundException", f"The specified policyArn could not be found: {policy}")
    if (scope.get("type") == "namespace") != bool(scope.get("namespaces")):
        message = "The accessScope needs namespaces for the type namespace, and takes none for the type cluster."
        raise refusal("InvalidParameterException", message)
    associated = entry["_policies"].get(policy, {"policyArn": policy, "associatedAt": now()})
    scope = {"type": scope["type"], "namespaces": scope.get("namespaces") or []}
    entry["_policies"][policy] = associated | {"accessScope": scope, "modifiedAt": now()}
    return {
        "clusterName": entry["clusterName"],
        "principalArn": entry["principalArn"],
        "associatedAccessPolicy": entry["_policies"][policy],
    }


def disassociate_access_policy(call: Call) -> Item:
    entry, policy = find_entry(call), call.path["policyArn"]
    if not entry["_policies"].pop(policy, None):
        raise refusal("ResourceNotFoundException", f"The specified policyArn is not associated: {policy}")
    return {}


def list_associated_access_policies(call: Call) -> Item:
    entry = find_entry(call)
    page = call.page("associatedAccessPolicies", entry["_policies"].values())
    return {"clusterName": entry["clusterName"], "principalArn": entry["principalArn"], **page}


def list_access_policies(call: Call) -> Item:
    return call.page("accessPolicies", [{"name": name, "arn": POLICY_ARN + name} for name in POLICIES])


# Pod identity associations


def checked_role(arn: str) -> None:
    if not ROLE.fullmatch(arn):
        raise refusal("InvalidParameterException", f"Role provided in the request is invalid: {arn}")


def refuse_taken(cluster: Any, namespace: str, account: str, but: str | None = None) -> None:
    for one in kept(cluster, "associations").values():
        if (one["namespace"], one["serviceAccount"]) == (namespace, account) and (
            not but or one.get("ownerArn") != but
        ):
            raise refusal("ResourceInUseException", f"Association already exists: {one['associationId']}")


def checked_session_policy(policy: str | None, disable_session_tags: bool) -> None:
    if policy and not disable_session_tags:
        message = "disableSessionTags must be set to true when a policy is specified"
        raise refusal("InvalidParameterException", message)


def new_association(call: Call, asked: Item, owner: str | None = None) -> Item:
    key = "a-" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(17))
    association: Item = {
        "clusterName": call.path["name"],
        "namespace": asked["namespace"],
        "serviceAccount": asked["serviceAccount"],
        "roleArn": asked["roleArn"],
        "associationArn": call.arn("podidentityassociation", key),
        "associationId": key,
        "tags": dict(asked.get("tags") or {}),
        "createdAt": now(),
        "modifiedAt": now(),
        "ownerArn": owner,
        "disableSessionTags": bool(asked.get("disableSessionTags")),
        "targetRoleArn": asked.get("targetRoleArn") or None,
        "externalId": external_id(call, key) if asked.get("targetRoleArn") else None,
        "policy": asked.get("policy") or None,
        "_token": asked.get("clientRequestToken"),
    }
    kept(call.cluster, "associations")[key] = association
    return association


def external_id(call: Call, key: str) -> str:
    return f"{call.backend.region_name}/{call.backend.account_id}/{call.path['name']}/{key}"


def find_association(call: Call) -> Item:
    key = call.path["associationId"]
    found = kept(call.cluster, "associations").get(key)
    if not found:
        raise refusal("ResourceNotFoundException", f"Association not found: {key}")
    return found


def create_pod_identity_association(call: Call) -> Item:
    cluster, asked = call.cluster, call.body
    before = [one for one in kept(cluster, "associations").values() if same_request(one, call)]
    if before:
        return {"association": shown(before[0])}
    checked_role(asked["roleArn"])
    if asked.get("targetRoleArn"):
        checked_role(asked["targetRoleArn"])
    checked_session_policy(asked.get("policy"), bool(asked.get("disableSessionTags")))
    refuse_taken(cluster, asked["namespace"], asked["serviceAccount"])
    return {"association": shown(new_association(call, asked))}


def update_pod_identity_association(call: Call) -> Item:
    association, asked = find_association(call), call.body
    fields = ("roleArn", "disableSessionTags", "targetRoleArn", "policy")
    changes = {name: asked[name] for name in fields if asked.get(name) is not None}
    if not changes:
        raise refusal("InvalidParameterException", "At least one of the fields must be changed in an update.")
    for name in ("roleArn", "targetRoleArn"):
        if changes.get(name):
            checked_role(changes[name])
    after = {**association, **changes}
    checked_session_policy(after["policy"], after["disableSessionTags"])
    association |= {name: changes[name] or (False if name == "disableSessionTags" else None) for name in changes}
    if not association["targetRoleArn"]:
        association["externalId"] = None
    elif not association["externalId"]:
        association["externalId"] = external_id(call, association["associationId"])
    association["modifiedAt"] = now()
    return {"association": shown(association)}


def describe_pod_identity_association(call: Call) -> Item:
    return {"association": shown(find_association(call))}


def delete_pod_identity_association(call: Call) -> Item:
    association = find_association(call)
    del kept(call.cluster, "associations")[association["associationId"]]
    for addon in kept(call.cluster, "addons").values():
        arns = addon["podIdentityAssociations"]
        addon["podIdentityAssociations"] = [arn for arn in arns if arn != association["associationArn"]]
    return {"association": shown(association)}


def list_pod_identity_associations(call: Call) -> Item:
    namespace, account = call.one("namespace"), call.one("serviceAccount")
    summary = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")
    found = [
        {name: one[name] for name in summary}
        for one in kept(call.cluster, "associations").values()
        if namespace in (None, one["namespace"]) and account in (None, one["serviceAccount"])
    ]
    return call.page("associations", found)


# Tags


def tagged(call: Call, arn: str) -> dict[str, str] | None:
    """The tags of what has that ARN; None when its kind is none of these here."""
    kind = arn.rpartition(":")[2].partition("/")[0]
    places = {
        "addon": ("addons", "addonArn"),
        "access-entry": ("entries", "accessEntryArn"),
        "podidentityassociation": ("associations", "associationArn"),
    }
    if kind not in places:
        return None
    where, name = places[kind]
    for cluster in call.backend.clusters.values():
        for item in kept(cluster, where).values():
            if item[name] == arn:
                tags: dict[str, str] = item["tags"]
                return tags
    raise refusal("NotFoundException", f"Resource was not found: {arn}")


def tag_resource(call: Call, tags: dict[str, str]) -> Item:
    if any(key.lower().startswith("aws:") for key in call.body["tags"]):
        raise refusal("InvalidParameterException", "Tag keys must not begin with aws:")
    tags.update(call.body["tags"])
    return {}


def untag_resource(call: Call, tags: dict[str, str]) -> Item:
    for key in call.query["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(_call: Call, tags: dict[str, str]) -> Item:
    return {"tags": dict(tags)}


ROUTES = (
    "/addons/supported-versions$",
    "/addons/configuration-schemas$",
    "/access-policies$",
    "/clusters/(?P<name>[^/]+)/addons$",
    "/clusters/(?P<name>[^/]+)/addons/(?P<addonName>[^/]+)$",
    "/clusters/(?P<name>[^/]+)/addons/(?P<addonName>[^/]+)/update$",
    "/clusters/(?P<name>[^/]+)/updates/(?P<updateId>[^/]+)$",
    "/clusters/(?P<name>[^/]+)/access-entries$",
    "/clusters/(?P<name>[^/]+)/access-entries/(?P<principalArn>.+)$",
    "/clusters/(?P<name>[^/]+)/pod-identity-associations$",
    "/clusters/(?P<name>[^/]+)/pod-identity-associations/(?P<associationId>[^/]+)$",
)
OPERATIONS: dict[str, Callable[[Call], Item]] = {
    "CreateAddon": create_addon,
    "UpdateAddon": update_addon,
    "DeleteAddon": delete_addon,
    "DescribeAddon": describe_addon,
    "ListAddons": list_addons,
    "DescribeAddonVersions": describe_addon_versions,
    "DescribeAddonConfiguration": describe_addon_configuration,
    "CreateAccessEntry": create_access_entry,
    "UpdateAccessEntry": update_access_entry,
    "DeleteAccessEntry": delete_access_entry,
    "DescribeAccessEntry": describe_access_entry,
    "ListAccessEntries": list_access_entries,
    "AssociateAccessPolicy": associate_access_policy,
    "DisassociateAccessPolicy": disassociate_access_policy,
    "ListAssociatedAccessPolicies": list_associated_access_policies,
    "ListAccessPolicies": list_access_policies,
    "CreatePodIdentityAssociation": create_pod_identity_association,
    "UpdatePodIdentityAssociation": update_pod_identity_association,
    "DeletePodIdentityAssociation": delete_pod_identity_association,
    "DescribePodIdentityAssociation": describe_pod_identity_association,
    "ListPodIdentityAssociations": list_pod_identity_associations,
}
TAG_OPERATIONS: dict[str, Callable[[Call, dict[str, str]], Item]] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}


def extend(emulator: Extendable) -> None:
    from moto.core.responses import ActionResult
    from moto.eks.responses import EKSResponse

    def answering(act: Callable[[Call], Item]) -> Callable[[Any], Any]:
        return lambda response: ActionResult(act(Call(response)))

    def beside(name: str, ours: Callable[[Call], Item | None]) -> Callable[[Any], Any]:
        """Answers what is ours, and leaves the rest to what answered before."""
        others = getattr(EKSResponse, name, None)

        def answer(response: Any) -> Any:
            result = ours(Call(response))
            if result is not None:
                return ActionResult(result)
            if others is None:
                raise NotImplementedError(f"The {name} action has not been implemented")
            return others(response)

        return answer

    def with_tags(act: Callable[[Call, dict[str, str]], Item]) -> Callable[[Call], Item | None]:
        def of_ours(call: Call) -> Item | None:
            tags = tagged(call, call.path["resourceArn"])
            return None if tags is None else act(call, tags)

        return of_ours

    for path in ROUTES:
        emulator.route("eks", path)
    for name, act in OPERATIONS.items():
        emulator.operation("eks", name, answering(act))
    for name, act_on_tags in TAG_OPERATIONS.items():
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        emulator.operation("eks", name, beside(snake, with_tags(act_on_tags)))
    of_addons = beside("describe_update", lambda call: describe_addon_update(call) if call.one("addonName") else None)
    emulator.operation("eks", "DescribeUpdate", of_addons)
