# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS clusters as the user writes them and as the service answers, made comparable; no client, no clock."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import ReplatformError
from ...resource import State
from .. import tags
from .updates import issues

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""A cluster can only go on to the next (User Guide, "Change authentication mode to use access entries")."""
VERSION = re.compile(r"(\d+)\.(\d{2,})")
ARNS = {
    "role_arn": (re.compile(r"arn:[\w-]+:iam::\d{12}:role/.+"), "arn:aws:iam::123456789012:role/name"),
    "node_role": (re.compile(r"arn:[\w-]+:iam::\d{12}:role/.+"), "arn:aws:iam::123456789012:role/name"),
    "encryption_key": (
        re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)/.+"),
        "arn:aws:kms:eu-central-1:123456789012:key/id",
    ),
}

BLANK: State = {
    "name": None,
    "arn": None,
    "status": None,
    "version": None,
    "platform_version": None,
    "role_arn": None,
    "vpc_id": None,
    "subnet_ids": [],
    "security_group_ids": [],
    "cluster_security_group_id": None,
    "endpoint": None,
    "oidc_issuer": None,
    "endpoint_public_access": True,
    "endpoint_private_access": False,
    "public_access_cidrs": [],
    "logging": [],
    "encryption_key": None,
    "authentication_mode": None,
    "upgrade_policy": None,
    "deletion_protection": False,
    "zonal_shift": False,
    "service_ipv4_cidr": None,
    "ip_family": None,
    "health_issues": [],
    "created": None,
    "tags": {},
}

CLUSTER_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "version": {"type": "str"},
    "role_arn": {"type": "str"},
    "subnet_ids": {"type": "list", "elements": "str"},
    "security_group_ids": {"type": "list", "elements": "str"},
    "endpoint_public_access": {"type": "bool"},
    "endpoint_private_access": {"type": "bool"},
    "public_access_cidrs": {"type": "list", "elements": "str"},
    "logging": {"type": "list", "elements": "str", "choices": list(LOG_TYPES)},
    # The key's ARN, which is no secret.
    "encryption_key": {"type": "str", "no_log": False},
    "authentication_mode": {"type": "str", "choices": list(MODES)},
    "creator_admin": {"type": "bool"},
    "self_managed_addons": {"type": "bool"},
    "upgrade_policy": {"type": "str", "choices": ["STANDARD", "EXTENDED"]},
    "deletion_protection": {"type": "bool"},
    "zonal_shift": {"type": "bool"},
    "service_ipv4_cidr": {"type": "str"},
    "ip_family": {"type": "str", "choices": ["ipv4", "ipv6"]},
    "force_upgrade": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

PLAIN = (
    "version", "role_arn", "endpoint_public_access", "endpoint_private_access", "encryption_key",
    "authentication_mode", "upgrade_policy", "deletion_protection", "zonal_shift", "service_ipv4_cidr", "ip_family",
)  # fmt: skip
SETS = ("subnet_ids", "security_group_ids", "public_access_cidrs", "logging")
AT_CREATION = ("creator_admin", "self_managed_addons")
NEEDED = ("role_arn", "subnet_ids")

Step = tuple[str, dict[str, Any]]


def state_from_api(cluster: Mapping[str, Any]) -> State:
    """What ensure() compares and the module returns, from DescribeCluster."""
    network = cluster.get("resourcesVpcConfig") or {}
    services = cluster.get("kubernetesNetworkConfig") or {}
    encryption = cluster.get("encryptionConfig") or []
    return {
        "name": cluster["name"],
        "arn": cluster.get("arn"),
        "status": cluster.get("status"),
        "version": cluster.get("version"),
        "platform_version": cluster.get("platformVersion"),
        "role_arn": cluster.get("roleArn"),
        "vpc_id": network.get("vpcId"),
        "subnet_ids": sorted(network.get("subnetIds") or ()),
        "security_group_ids": sorted(network.get("securityGroupIds") or ()),
        "cluster_security_group_id": network.get("clusterSecurityGroupId"),
        "endpoint": cluster.get("endpoint"),
        "oidc_issuer": ((cluster.get("identity") or {}).get("oidc") or {}).get("issuer"),
        "endpoint_public_access": network.get("endpointPublicAccess", True),
        "endpoint_private_access": network.get("endpointPrivateAccess", False),
        "public_access_cidrs": sorted(network.get("publicAccessCidrs") or ()),
        "logging": sorted(
            {
                kind
                for setup in (cluster.get("logging") or {}).get("clusterLogging") or ()
                if setup.get("enabled")
                for kind in setup.get("types") or ()
            }
        ),
        "encryption_key": next((one["provider"]["keyArn"] for one in encryption if one.get("provider")), None),
        "authentication_mode": (cluster.get("accessConfig") or {}).get("authenticationMode"),
        "upgrade_policy": (cluster.get("upgradePolicy") or {}).get("supportType"),
        "deletion_protection": bool(cluster.get("deletionProtection")),
        "zonal_shift": bool((cluster.get("zonalShiftConfig") or {}).get("enabled")),
        "service_ipv4_cidr": services.get("serviceIpv4Cidr"),
        "ip_family": services.get("ipFamily"),
        "health_issues": issues((cluster.get("health") or {}).get("issues") or ()),
        "created": cluster["createdAt"].isoformat() if cluster.get("createdAt") else None,
        "tags": tags.own(cluster.get("tags")),
    }


def authority(cluster: Mapping[str, Any]) -> str | None:
    """The certificate of the API server's authority: public, but too long to be compared by a person."""
    found: str | None = (cluster.get("certificateAuthority") or {}).get("data")
    return found


def desired(options: Mapping[str, Any], current: State | None, same_key: Callable[[str, str], bool]) -> State:
    """The attributes that `options` asks for; `same_key` tells whether two ARNs are of the same KMS key.

    Raises: ReplatformError for what EKS would refuse, or could never undo.
    """
    given = {name: value for name, value in options.items() if value is not None}
    _refuse_invalid(given, current)
    wanted: State = {"name": given["name"]}
    wanted |= {name: given[name] for name in PLAIN if name in given}
    wanted |= {name: sorted(set(given[name])) for name in SETS if name in given}
    if not _effective("endpoint_public_access", given, current):
        # Without a public endpoint nobody is let in, and EKS does not take a list of who would be.
        wanted.pop("public_access_cidrs", None)
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    if current is None:
        return wanted | {name: given[name] for name in AT_CREATION if name in given}
    _refuse_the_way_back(wanted, current)
    if key := wanted.get("encryption_key"):
        wanted["encryption_key"] = _key(given["name"], key, current["encryption_key"], same_key)
    return wanted


def refuse_no_arn(what: str, given: Mapping[str, Any]) -> None:
    """Raises: ReplatformError when what should be the ARN of a role or key is none."""
    for option, (pattern, example) in ARNS.items():
        if option in given and not pattern.fullmatch(given[option]):
            raise ReplatformError(
                f"{option} of {what} is {given[option]}, which is no ARN such as {example}; correct it.",
                code="InvalidOptions",
            )


def _refuse_invalid(given: Mapping[str, Any], current: State | None) -> None:
    name = given["name"]
    refuse_no_arn(f"EKS cluster {name}", given)
    if "version" in given and not VERSION.fullmatch(given["version"]):
        raise ReplatformError(
            f"The version of EKS cluster {name} is {given['version']}, which is no Kubernetes version such as 1.35;"
            ' write it in quotes, "1.30", since YAML reads 1.30 as the number 1.3.',
            code="InvalidOptions",
        )
    for number, cidr in enumerate(given.get("public_access_cidrs", ())):
        try:
            ipaddress.ip_network(cidr)
        except ValueError as exc:
            raise ReplatformError(
                f"public_access_cidrs[{number}] of EKS cluster {name} is no CIDR block: {exc}; write an address or"
                " network such as 203.0.113.7/32.",
                code="InvalidOptions",
            ) from exc
    if given.get("public_access_cidrs") == []:
        raise ReplatformError(
            f"public_access_cidrs of EKS cluster {name} is empty, which EKS reads as everybody; name networks, or set"
            " endpoint_public_access to false.",
            code="InvalidOptions",
        )
    if not any(_effective(access, given, current) for access in ("endpoint_public_access", "endpoint_private_access")):
        raise ReplatformError(
            f"EKS cluster {name} would be reached by nobody: its endpoint is to be neither public nor private;"
            " set endpoint_private_access or endpoint_public_access to true.",
            code="InvalidOptions",
        )
    if current is None and (lacking := [one for one in NEEDED if not given.get(one)]):
        raise ReplatformError(
            f"EKS cluster {name} does not exist and cannot be created without {' and '.join(lacking)}; give them.",
            code="InvalidOptions",
        )


def _effective(name: str, given: Mapping[str, Any], current: State | None) -> Any:
    return given.get(name, (current or BLANK)[name])


def _refuse_the_way_back(wanted: State, current: State) -> None:
    mode, has = wanted.get("authentication_mode"), current["authentication_mode"] or MODES[0]
    if mode and MODES.index(mode) < MODES.index(has):
        raise ReplatformError(
            f"EKS cluster {wanted['name']} has authentication_mode {has} and cannot go back to {mode}; EKS only goes on"
            f" from {' to '.join(MODES)}. Give {has}, or create another cluster.",
            code="ImmutableAttribute",
            immutable={f"cluster {wanted['name']}": {"authentication_mode": {"old": has, "new": mode}}},
        )


def _key(name: str, wanted: str, has: str | None, same_key: Callable[[str, str], bool]) -> str:
    if not has or wanted == has:
        return wanted
    if same_key(wanted, has):
        return has
    raise ReplatformError(
        f"EKS cluster {name} encrypts its secrets with {has} and cannot be given {wanted}: EKS neither changes nor"
        " removes the key of a cluster. Give the old key (rotating it needs no new one), or create another cluster.",
        code="ImmutableAttribute",
        immutable={f"cluster {name}": {"encryption_key": {"old": has, "new": wanted}}},
    )


def minor(version: str) -> tuple[int, int]:
    """1.9 comes before 1.10."""
    found = VERSION.match(version) or re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def next_minor(version: str) -> str:
    major, number = minor(version)
    return f"{major}.{number + 1}"


def refuse_upgrade(
    name: str, has: str, wanted: str, nodegroups: Mapping[str, str], errors: Sequence[Mapping[str, Any]], force: bool
) -> None:
    """Raises: ReplatformError when the cluster cannot, or should not, go from version `has` to `wanted` now.

    `nodegroups`: their Kubernetes versions. `errors`: upgrade insights of status ERROR, as insight_from_api() has them.
    """
    if minor(wanted) < minor(has):
        raise ReplatformError(
            f"EKS cluster {name} has version {has}, which this module does not take back to {wanted}; give {has} or"
            " a newer one.",
            code="Downgrade",
        )
    if wanted != next_minor(has):
        raise ReplatformError(
            f"EKS cluster {name} has version {has} and goes up one minor version at a time: give {next_minor(has)} now,"
            f" bring its node groups and add-ons there too, and then go on towards {wanted}.",
            code="SkippedVersion",
        )
    if behind := {group: version for group, version in sorted(nodegroups.items()) if version != has}:
        raise ReplatformError(
            f"EKS cluster {name} cannot be upgraded to {wanted} while node groups have another version than its own,"
            f" {has}: {', '.join(f'{group} has {version}' for group, version in behind.items())}. Upgrade them first"
            f" with replatform.aws.eks_nodegroups and version {has}.",
            code="NodegroupsBehind",
            nodegroups=behind,
        )
    if errors and not force:
        raise ReplatformError(
            f"EKS says that cluster {name} is not ready for {wanted}: {' '.join(map(_told, errors))} Correct that (an"
            " insight is looked at anew every 24 hours, or when StartInsightsRefresh is called), or set force_upgrade.",
            code="NotReadyForUpgrade",
            insights=[one["name"] for one in errors],
        )


def _told(insight: Mapping[str, Any]) -> str:
    reason = (insight.get("reason") or "no reason given").rstrip(".")
    advice = (insight.get("recommendation") or "").rstrip(".")
    return f"{insight['name']}: {reason}{f' (advice: {advice})' if advice else ''}."


def insight_from_api(insight: Mapping[str, Any]) -> dict[str, Any]:
    """An insight as eks_cluster_info returns it."""
    status = insight.get("insightStatus") or {}
    return {
        "id": insight["id"],
        "name": insight["name"],
        "category": insight.get("category"),
        "version": insight.get("kubernetesVersion"),
        "status": status.get("status"),
        "reason": status.get("reason") or insight.get("description"),
        "recommendation": insight.get("recommendation"),
        "resources": [one.get("arn") or one.get("kubernetesResourceUri") for one in insight.get("resources") or ()],
    }


def fields_of_creation(wanted: State) -> dict[str, Any]:
    """Parameters of CreateCluster but the name."""
    fields: dict[str, Any] = {
        "roleArn": wanted["role_arn"],
        "resourcesVpcConfig": _network(wanted, *VPC, *ENDPOINT),
    }
    if "version" in wanted:
        fields["version"] = wanted["version"]
    services = {"serviceIpv4Cidr": "service_ipv4_cidr", "ipFamily": "ip_family"}
    if network := _named(wanted, services):
        fields["kubernetesNetworkConfig"] = network
    if wanted.get("logging"):
        fields["logging"] = _logging(wanted["logging"], ())
    if wanted.get("encryption_key"):
        fields["encryptionConfig"] = [{"resources": ["secrets"], "provider": {"keyArn": wanted["encryption_key"]}}]
    access = {
        "authenticationMode": "authentication_mode",
        "bootstrapClusterCreatorAdminPermissions": "creator_admin",
    }
    if found := _named(wanted, access):
        fields["accessConfig"] = found
    if "self_managed_addons" in wanted:
        fields["bootstrapSelfManagedAddons"] = wanted["self_managed_addons"]
    for attributes, _kind, made in CHANGES[2:]:
        if attributes[0] in wanted:
            fields |= made(wanted)
    if wanted.get("tags"):
        fields["tags"] = wanted["tags"]
    return fields


def steps(current: State, changes: State) -> list[Step]:
    """Every UpdateClusterConfig that `changes` takes, in order: what it changes, and its parameters.

    EKS takes one kind of change in a call (API reference: "Only one type of update can be allowed").
    """
    after = {**current, **changes}
    found: list[Step] = []
    for attributes, kind, made in CHANGES:
        if any(name in changes for name in attributes):
            found.append((kind, made(after)))
    if "logging" in changes:
        found.append(("logging", {"logging": _logging(changes["logging"], current["logging"])}))
    if "authentication_mode" in changes:
        first = MODES.index(current["authentication_mode"] or MODES[0]) + 1
        found += [
            ("authentication mode", {"accessConfig": {"authenticationMode": mode}})
            for mode in MODES[first : MODES.index(changes["authentication_mode"]) + 1]
        ]
    return found


VPC = {"subnetIds": "subnet_ids", "securityGroupIds": "security_group_ids"}
ENDPOINT = {
    "endpointPublicAccess": "endpoint_public_access",
    "endpointPrivateAccess": "endpoint_private_access",
    "publicAccessCidrs": "public_access_cidrs",
}


def _network(state: Mapping[str, Any], *parameters: str) -> dict[str, Any]:
    """Parameters of resourcesVpcConfig; those of one kind are always sent together, changed or not."""
    found = _named(state, {name: attribute for name, attribute in (VPC | ENDPOINT).items() if name in parameters})
    if found.get("endpointPublicAccess") is False or not found.get("publicAccessCidrs"):
        found.pop("publicAccessCidrs", None)
    return found


def _named(state: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    return {name: state[attribute] for name, attribute in parameters.items() if state.get(attribute) is not None}


def _logging(on: Sequence[str], was_on: Sequence[str]) -> dict[str, Any]:
    off = sorted(set(was_on) - set(on))
    setups = [{"types": list(on), "enabled": True}, {"types": off, "enabled": False}]
    return {"clusterLogging": [setup for setup in setups if setup["types"]]}


CHANGES: tuple[tuple[tuple[str, ...], str, Callable[[Mapping[str, Any]], dict[str, Any]]], ...] = (
    (tuple(ENDPOINT.values()), "endpoint access", lambda state: {"resourcesVpcConfig": _network(state, *ENDPOINT)}),
    (tuple(VPC.values()), "subnets and security groups", lambda state: {"resourcesVpcConfig": _network(state, *VPC)}),
    (
        ("deletion_protection",),
        "deletion protection",
        lambda state: {"deletionProtection": state["deletion_protection"]},
    ),
    (("upgrade_policy",), "upgrade policy", lambda state: {"upgradePolicy": {"supportType": state["upgrade_policy"]}}),
    (("zonal_shift",), "zonal shift", lambda state: {"zonalShiftConfig": {"enabled": state["zonal_shift"]}}),
)
"""Attributes that change together, their name in a failure, and the parameters that make them so."""
