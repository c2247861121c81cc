# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add-ons, access entries and pod identity associations as users write them and EKS answers; no client, no clock."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import State
from .. import tags

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

STATE_OPTION: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"}
}

ADDON_IDENTITY_OPTIONS: dict[str, dict[str, Any]] = {
    "service_account": {"type": "str", "required": True},
    "role_arn": {"type": "str", "required": True},
}

ADDON_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "version": {"type": "str"},
    "configuration": {"type": "dict"},
    "pod_identity_associations": {"type": "list", "elements": "dict", "options": ADDON_IDENTITY_OPTIONS},
    "service_account_role_arn": {"type": "str"},
    "namespace": {"type": "str"},
    "resolve_conflicts": {"type": "str", "choices": ["OVERWRITE", "NONE", "PRESERVE"], "default": "OVERWRITE"},
    "preserve": {"type": "bool", "default": False},
    **tags.ITEM_TAGS_OPTIONS,
    **STATE_OPTION,
}

POLICY_OPTIONS: dict[str, dict[str, Any]] = {
    "policy": {"type": "str", "required": True},
    "scope": {"type": "str", "choices": ["cluster", "namespace"], "default": "cluster"},
    "namespaces": {"type": "list", "elements": "str"},
}

ENTRY_TYPES = ["STANDARD", "EC2", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "HYPERPOD_LINUX"]
STANDARD = "STANDARD"
TYPES_WITH_POLICIES = (STANDARD, "EC2")
"""EC2 is that of Auto Mode's nodes, for AmazonEKSAutoNodePolicy (User Guide, "Create node class access entry")."""

ENTRY_OPTIONS: dict[str, dict[str, Any]] = {
    "principal_arn": {"type": "str", "required": True},
    "type": {"type": "str", "choices": ENTRY_TYPES},
    "username": {"type": "str"},
    "kubernetes_groups": {"type": "list", "elements": "str"},
    "policies": {"type": "list", "elements": "dict", "options": POLICY_OPTIONS},
    **tags.ITEM_TAGS_OPTIONS,
    **STATE_OPTION,
}

ASSOCIATION_OPTIONS: dict[str, dict[str, Any]] = {
    "namespace": {"type": "str", "required": True},
    "service_account": {"type": "str", "required": True},
    "role_arn": {"type": "str"},
    "target_role_arn": {"type": "str"},
    "session_tags": {"type": "bool"},
    "policy": {"type": "dict"},
    **tags.ITEM_TAGS_OPTIONS,
    **STATE_OPTION,
}
ASSOCIATION_REQUIRED_IF = [("state", "present", ("role_arn",))]

ADDON_BLANK: State = {
    "name": None,
    "arn": None,
    "version": None,
    "status": None,
    "health": [],
    "configuration": {},
    "pod_identity_associations": [],
    "service_account_role_arn": None,
    "namespace": None,
    "owner": None,
    "publisher": None,
    "tags": {},
}
ENTRY_BLANK: State = {
    "principal_arn": None,
    "arn": None,
    "type": STANDARD,
    "username": None,
    "kubernetes_groups": [],
    "policies": [],
    "tags": {},
}
ASSOCIATION_BLANK: State = {
    "name": None,
    "namespace": None,
    "service_account": None,
    "id": None,
    "arn": None,
    "role_arn": None,
    "target_role_arn": None,
    "external_id": None,
    "session_tags": True,
    "policy": None,
    "owner": None,
    "tags": {},
}

FAILED = ("CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED")
BUSY = ("CREATING", "UPDATING", "DELETING")
LASTING = frozenset(
    {
        "AccessDenied",
        "AddonPermissionFailure",
        "AddonSubscriptionNeeded",
        "AdmissionRequestDenied",
        "ConfigurationConflict",
        "UnsupportedAddonModification",
    }
)
"""Health issues that no waiting mends; the others pass when nodes and the control plane are there."""
ADVICE = {
    "AccessDenied": "give the add-on's role or the nodes' role the permission that is named",
    "AddonPermissionFailure": "give the add-on a role with pod_identity_associations",
    "AddonSubscriptionNeeded": "subscribe to the product in AWS Marketplace",
    "AdmissionRequestDenied": "let the admission webhook or policy that refused it admit it",
    "ClusterUnreachable": "look at the cluster's health, its subnets and security groups",
    "ConfigurationConflict": "set resolve_conflicts to OVERWRITE, or take the conflicting fields away",
    "InsufficientNumberOfReplicas": "look whether nodes are there that its pods fit on (taints, architecture, size)",
    "UnsupportedAddonModification": "take back what was changed by hand in the cluster",
}

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
ROLE = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")
PRINCIPAL = re.compile(r"arn:[^:]+:iam::\d{12}:((role|user)/.+|root)")
ASSUMED = re.compile(r"arn:([^:]+):sts::(\d{12}):assumed-role/([^/]+)/.+")
RESERVED_USERNAMES = ("system:", "eks:", "aws:", "amazon:", "iam:")
NEWEST = "latest"
DEFAULT = "default"


def invalid(what: str, path: str, reason: str) -> ReplatformError:
    return ReplatformError(f"{what}: {path} {reason}.", code="InvalidOptions", path=path)


def check_role(what: str, path: str, arn: str | None) -> None:
    """Raises: ReplatformError unless `arn` is a role's ARN, nothing, or a placeholder of check mode."""
    if arn and not _is_placeholder(arn) and not ROLE.fullmatch(arn):
        raise invalid(what, path, f"is {arn}, which is no ARN of an IAM role (arn:aws:iam::123456789012:role/NAME)")


def check_name(what: str, path: str, name: str) -> None:
    if not NAME.fullmatch(name) or len(name) > 253:
        raise invalid(what, path, f"is {name!r}, which is no name of Kubernetes (a-z, 0-9, - and . in between)")


def _is_placeholder(value: str) -> bool:
    """Whether check mode put it in place of what does not exist yet: "(role shop-sandbox-app)"."""
    return value.startswith("(")


# Add-ons


def check_addon(options: Mapping[str, Any]) -> None:
    """Raises: ReplatformError for what EKS would refuse, or take in another sense than meant."""
    what = f"add-on {options['name']}"
    check_role(what, "service_account_role_arn", options.get("service_account_role_arn"))
    accounts: set[str] = set()
    for number, one in enumerate(options.get("pod_identity_associations") or (), 1):
        path = f"pod_identity_associations[{number}]"
        check_name(what, f"{path}.service_account", one["service_account"])
        check_role(what, f"{path}.role_arn", one["role_arn"])
        if one["service_account"] in accounts:
            raise invalid(what, path, f"names service account {one['service_account']} again; keep one role for it")
        accounts.add(one["service_account"])


def addon_state(description: Mapping[str, Any], associations: Iterable[Mapping[str, Any]]) -> State:
    """What ensure() compares, from DescribeAddon and the associations that the add-on owns."""
    issues = (description.get("health") or {}).get("issues") or ()
    return {
        "name": description["addonName"],
        "arn": description.get("addonArn"),
        "version": description.get("addonVersion"),
        "status": description.get("status"),
        "health": [issue(one) for one in issues],
        "configuration": document(description.get("configurationValues")),
        "pod_identity_associations": identities(
            {"service_account": one["serviceAccount"], "role_arn": one["roleArn"]} for one in associations
        ),
        "service_account_role_arn": description.get("serviceAccountRoleArn") or None,
        "namespace": (description.get("namespaceConfig") or {}).get("namespace"),
        "owner": description.get("owner"),
        "publisher": description.get("publisher"),
        "tags": tags.own(description.get("tags")),
    }


def issue(one: Mapping[str, Any]) -> str:
    """A health issue as one line: "AccessDenied: the role may not ... (i-1)"."""
    message = " ".join(str(one.get("message") or "no message").split()).rstrip(".")
    about = ", ".join(one.get("resourceIds") or ())
    return f"{one.get('code', 'Unknown')}: {message}{f' ({about})' if about else ''}"


def code_of(line: str) -> str:
    return line.partition(":")[0]


def troubles(health: Sequence[str]) -> str:
    """Health issues and what to do about each, as the end of a sentence."""
    if not health:
        return "EKS names no health issue; look at the add-on's events and pods"
    advice = dict.fromkeys(ADVICE[code_of(one)] for one in health if code_of(one) in ADVICE)
    return "; ".join([*health, *advice])


def document(values: str | None) -> Any:
    """Configuration values, kept by EKS as JSON or YAML text, as what they mean; the text where they are neither."""
    if not values or not values.strip():
        return {}
    try:
        return json.loads(values)
    except ValueError:
        pass
    try:
        import yaml

        found = yaml.safe_load(values)
    except (ImportError, yaml.YAMLError):
        return values
    return {} if found is None else found


def identities(associations: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    plain = [{"service_account": one["service_account"], "role_arn": one["role_arn"]} for one in associations]
    return sorted(plain, key=lambda one: str(one["service_account"]))


def desired_addon(
    options: Mapping[str, Any], current: State | None, version: str | None, namespace: str | None
) -> State:
    """The attributes that `options` asks for. `version` is the one resolved; `namespace` that of a new one.

    An add-on that failed is asked for as ACTIVE, so that it is tried again.
    """
    wanted: State = {"name": options["name"]}
    if version:
        wanted["version"] = version
    if "configuration" in options:
        wanted["configuration"] = options["configuration"] or {}
    if "pod_identity_associations" in options:
        wanted["pod_identity_associations"] = identities(options["pod_identity_associations"] or ())
    if "service_account_role_arn" in options:
        wanted["service_account_role_arn"] = options["service_account_role_arn"] or None
    if current is None and namespace:
        wanted["namespace"] = namespace
    elif current and current["namespace"] and options.get("namespace"):
        wanted["namespace"] = options["namespace"]
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    if current and current["status"] in FAILED:
        wanted["status"] = "ACTIVE"
    return wanted


def choose_version(
    name: str,
    asked: str | None,
    offered: Mapping[str, Any] | None,
    kubernetes: str,
    architectures: Collection[str] = (),
) -> str:
    """The version of an add-on that `asked` means among those that DescribeAddonVersions offers for `kubernetes`.

    Nothing and "default" mean the one that EKS installs by itself, "latest" the newest, "v1.19" or "v1.19.2" the newest
    that begins so, anything else that very one.
    Raises: ReplatformError when there is none, or it does not run on every one of `architectures`.
    """
    versions = {one["addonVersion"]: one for one in (offered or {}).get("addonVersions", ())}
    if not versions:
        raise ReplatformError(
            f"EKS offers no add-on {name} for Kubernetes {kubernetes}; correct its name, or leave it out for this"
            " version.",
            code="UnknownAddon",
            addon=name,
        )
    fitting = {version for version, one in versions.items() if set(architectures) <= set(one.get("architecture") or ())}
    wanted = _meant(asked, versions, kubernetes)
    choice = max((version for version in wanted if version in fitting), key=version_key, default=None)
    if choice:
        return choice
    known = sorted(versions, key=version_key, reverse=True)
    if wanted:
        raise ReplatformError(
            f"Add-on {name} {max(wanted, key=version_key)} does not run on {' and '.join(sorted(architectures))}, which"
            f" architectures asks for; {_those(name, sorted(fitting, key=version_key, reverse=True), kubernetes)}.",
            code="UnsupportedArchitecture",
            addon=name,
        )
    raise ReplatformError(
        f"EKS has no version {asked} of add-on {name} for Kubernetes {kubernetes}; {_those(name, known, kubernetes)}.",
        code="UnknownVersion",
        addon=name,
        versions=known,
    )


def expected_version(asked: str | None) -> str:
    """What stands for a version that cannot be resolved yet, as there is no cluster."""
    return asked if asked and re.fullmatch(r"v\d.*-eksbuild\.\d+", asked) else f"({asked or DEFAULT})"


def _meant(asked: str | None, versions: Mapping[str, Mapping[str, Any]], kubernetes: str) -> list[str]:
    if asked in (None, "", DEFAULT):
        return [version for version, one in versions.items() if is_default(one, kubernetes)]
    if asked == NEWEST:
        return list(versions)
    begin = str(asked) if str(asked).startswith("v") else f"v{asked}"
    if begin in versions:
        return [begin]
    return [version for version in versions if version.startswith((f"{begin}.", f"{begin}-"))]


def _those(name: str, known: Sequence[str], kubernetes: str) -> str:
    if not known:
        return f"no version for Kubernetes {kubernetes} does, so leave {name} out or correct architectures"
    return f"give one of {', '.join(known[:5])}, or default or latest"


def is_default(version: Mapping[str, Any], kubernetes: str) -> bool:
    return any(
        one.get("defaultVersion") and one.get("clusterVersion") == kubernetes
        for one in version.get("compatibilities") or ()
    )


def version_key(version: str) -> list[int]:
    """Orders "v1.9.0-eksbuild.2" before "v1.10.0-eksbuild.1"."""
    return [int(number) for number in re.findall(r"\d+", version)]


def offered_versions(offered: Mapping[str, Any] | None, kubernetes: str) -> list[State]:
    """The versions that EKS offers, newest first, as eks_addons_info returns them."""
    return [
        {
            "version": one["addonVersion"],
            "default": is_default(one, kubernetes),
            "architectures": sorted(one.get("architecture") or ()),
            "compute_types": sorted(one.get("computeTypes") or ()),
            "requires_iam_permissions": bool(one.get("requiresIamPermissions")),
            "requires_configuration": bool(one.get("requiresConfiguration")),
        }
        for one in sorted(
            (offered or {}).get("addonVersions", ()), key=lambda one: version_key(one["addonVersion"]), reverse=True
        )
    ]


def configuration_faults(schema: str, values: Any) -> list[str]:
    """What is wrong with configuration values by the add-on's JSON schema.

    Nothing where the library jsonschema is missing, or the schema is none that it knows: the service then judges alone.
    """
    try:
        from jsonschema import exceptions, validators  # type: ignore[import-untyped]
    except ImportError:
        return []
    try:
        rules = json.loads(schema)
        validator = validators.validator_for(rules)
        validator.check_schema(rules)
    except (ValueError, exceptions.SchemaError):
        return []
    found = sorted(validator(rules).iter_errors(values), key=lambda error: str(error.json_path))
    return [f"{error.json_path.removeprefix('$.')}: {error.message}" for error in found]


# Access entries


def check_entry(options: Mapping[str, Any], kind: str) -> None:
    """Raises: ReplatformError for what EKS would refuse of an entry of type `kind`."""
    principal = options["principal_arn"]
    what = f"access entry {principal}"
    _check_principal(what, principal, kind)
    if kind != STANDARD:
        for name in ("username", "kubernetes_groups"):
            if options.get(name):
                raise invalid(what, name, f"cannot be set for the type {kind}, whose names EKS chooses; leave it out")
    if options.get("policies") and kind not in TYPES_WITH_POLICIES:
        raise invalid(what, "policies", f"cannot be associated with the type {kind}, which EKS grants what it needs")
    for number, group in enumerate(options.get("kubernetes_groups") or (), 1):
        if group.startswith("system:"):
            raise invalid(
                what, f"kubernetes_groups[{number}]", f"is {group}; EKS takes no group that begins with system:"
            )
    _check_username(what, options.get("username") or "")
    seen: set[str] = set()
    for number, policy in enumerate(options.get("policies") or (), 1):
        path = f"policies[{number}]"
        name = policy_name(policy["policy"])
        if name in seen:
            raise invalid(what, path, f"names {name} again; EKS associates a policy once, with one scope")
        seen.add(name)
        if policy["scope"] == "namespace" and not policy.get("namespaces"):
            raise invalid(what, f"{path}.namespaces", "is empty, but the scope is namespace; name at least one")
        if policy["scope"] == "cluster" and policy.get("namespaces"):
            raise invalid(what, f"{path}.namespaces", "is given, but the scope is cluster; set scope to namespace")


def _check_principal(what: str, principal: str, kind: str) -> None:
    if _is_placeholder(principal):
        return
    if assumed := ASSUMED.fullmatch(principal):
        role = f"arn:{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}"
        raise invalid(what, "principal_arn", f"is a session of a role; give the role itself, {role} (with its path)")
    if "/aws-service-role/" in principal:
        raise invalid(what, "principal_arn", "is a service-linked role, which EKS takes in no access entry")
    if not PRINCIPAL.fullmatch(principal):
        reason = "is no ARN of an IAM role or user (arn:aws:iam::123456789012:role/NAME)"
        raise invalid(what, "principal_arn", reason)
    if kind != STANDARD and not ROLE.fullmatch(principal):
        raise invalid(what, "principal_arn", f"is no role, which the type {kind} needs")


def _check_username(what: str, username: str) -> None:
    for reserved in RESERVED_USERNAMES:
        if username.startswith(reserved):
            raise invalid(what, "username", f"is {username}; EKS takes none that begins with {reserved}")
    before, session, _rest = username.partition("{{SessionName")
    if session and ":" not in before:
        raise invalid(what, "username", f"is {username}; it needs a colon before {{{{SessionName}}}}")


def entry_state(description: Mapping[str, Any], associated: Iterable[Mapping[str, Any]]) -> State:
    """What ensure() compares, from DescribeAccessEntry and ListAssociatedAccessPolicies."""
    return {
        "principal_arn": description["principalArn"],
        "arn": description.get("accessEntryArn"),
        "type": description.get("type") or STANDARD,
        "username": description.get("username"),
        "kubernetes_groups": sorted(description.get("kubernetesGroups") or ()),
        "policies": policies(
            {"policy": one["policyArn"], **_scope_from_api(one.get("accessScope") or {})} for one in associated
        ),
        "tags": tags.own(description.get("tags")),
    }


def _scope_from_api(scope: Mapping[str, Any]) -> dict[str, Any]:
    return {"scope": scope.get("type", "cluster"), "namespaces": scope.get("namespaces")}


def policies(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Policies by name, with their scope; comparable."""
    plain = [
        {
            "policy": policy_name(one["policy"]),
            "scope": one["scope"],
            "namespaces": sorted(set(one.get("namespaces") or ())),
        }
        for one in given
    ]
    return sorted(plain, key=lambda one: str(one["policy"]))


def policy_name(policy: str) -> str:
    """An access policy's name, whether it was given as that or as an ARN."""
    return policy.rpartition("/")[2]


def policy_arn(name: str, principal: str) -> str:
    """The ARN of an access policy, which belongs to AWS, in the principal's partition (arn:aws-cn:...)."""
    partition = principal.split(":")[1] if principal.startswith("arn:") else "aws"
    return f"arn:{partition}:eks::aws:cluster-access-policy/{name}"


def unknown_policies(names: Collection[str], known: Iterable[str]) -> ReplatformError | None:
    """The refusal of policies that EKS does not offer."""
    offered = sorted(policy_name(arn) for arn in known)
    unknown = sorted(set(names) - set(offered))
    if not unknown:
        return None
    near = get_close_matches(unknown[0], offered, n=3, cutoff=0.5) or offered
    return ReplatformError(
        f"EKS has no access policy {', '.join(unknown)}; take one of those that it offers, such as {', '.join(near)}.",
        code="UnknownPolicy",
        policies=unknown,
        offered=offered,
    )


def desired_entry(options: Mapping[str, Any], current: State | None) -> State:
    """The attributes that `options` asks for."""
    kind = entry_type(options, current)
    wanted: State = {"principal_arn": options["principal_arn"]}
    if options.get("type") or current is None:
        wanted["type"] = kind
    if options.get("username"):
        wanted["username"] = options["username"]
    # A type whose groups EKS chooses has no group of its user's, so that none is no change there.
    if "kubernetes_groups" in options and kind == STANDARD:
        wanted["kubernetes_groups"] = sorted(set(options["kubernetes_groups"] or ()))
    if "policies" in options:
        wanted["policies"] = policies(options["policies"] or ())
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    return wanted


def entry_type(options: Mapping[str, Any], current: State | None) -> str:
    return options.get("type") or (current["type"] if current else STANDARD)


# Pod identity associations


def named(associations: Iterable[Mapping[str, Any]]) -> list[State]:
    """The items, each with the name that its namespace and service account make: "shop/web"."""
    return [{**one, "name": f"{one['namespace']}/{one['service_account']}"} for one in associations]


def check_association(options: Mapping[str, Any]) -> None:
    """Raises: ReplatformError for what EKS would refuse."""
    what = f"pod identity association {options['name']}"
    for path in ("namespace", "service_account"):
        check_name(what, path, options[path])
    for path in ("role_arn", "target_role_arn"):
        check_role(what, path, options.get(path))


def association_state(description: Mapping[str, Any]) -> State:
    """What ensure() compares, from DescribePodIdentityAssociation."""
    policy = description.get("policy")
    return {
        "name": f"{description['namespace']}/{description['serviceAccount']}",
        "namespace": description["namespace"],
        "service_account": description["serviceAccount"],
        "id": description["associationId"],
        "arn": description.get("associationArn"),
        "role_arn": description.get("roleArn"),
        "target_role_arn": description.get("targetRoleArn") or None,
        "external_id": description.get("externalId") or None,
        "session_tags": not description.get("disableSessionTags"),
        "policy": document(policy) if policy else None,
        "owner": owner(description.get("ownerArn")),
        "tags": tags.own(description.get("tags")),
    }


def owner(arn: str | None) -> str | None:
    """The add-on that owns an association (arn:...:addon/CLUSTER/NAME/ID), or whatever else does."""
    if not arn:
        return None
    parts = arn.rpartition(":")[2].split("/")
    return parts[2] if parts[0] == "addon" and len(parts) > 2 else arn


def desired_association(options: Mapping[str, Any], current: State | None) -> State:
    """The attributes that `options` asks for.

    Raises: ReplatformError when they cannot stand together, or an add-on owns what would be changed.
    """
    wanted: State = {name: options[name] for name in ("name", "namespace", "service_account")}
    if options.get("role_arn"):
        wanted["role_arn"] = options["role_arn"]
    if "target_role_arn" in options:
        wanted["target_role_arn"] = options["target_role_arn"] or None
    if options.get("session_tags") is not None:
        wanted["session_tags"] = options["session_tags"]
    if "policy" in options:
        wanted["policy"] = options["policy"] or None
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    after = {**ASSOCIATION_BLANK, **(current or {}), **wanted}
    if after["policy"] and after["session_tags"]:
        raise invalid(
            f"pod identity association {options['name']}",
            "policy",
            "needs session_tags: false, as EKS takes no session policy beside its session tags",
        )
    changes = sorted(name for name, value in wanted.items() if current and value != current[name])
    if current and current["owner"] and changes:
        raise owned(current, f"so {', '.join(changes)} cannot be changed here")
    return wanted


def owned(association: State, why: str) -> ReplatformError:
    return ReplatformError(
        f"Pod identity association {association['name']} belongs to the add-on {association['owner']}, {why}; nothing"
        " was changed: set pod_identity_associations of that add-on (module eks_addons), and leave it out here.",
        code="OwnedByAddon",
        association=association["id"],
        addon=association["owner"],
    )
