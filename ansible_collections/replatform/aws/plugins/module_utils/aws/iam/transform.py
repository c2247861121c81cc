# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles, policies and OIDC providers as users write them and as IAM answers, made comparable; no client, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...errors import ReplatformError
from ...resource import State
from .. import policy, tags

POLICY_ARN = re.compile(r"arn:[\w-]+:iam::(aws|\d{12}):policy/[\w+=,.@/-]+")
NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
PATH = re.compile(r"/(?:[\x21-\x7e]+/)?")
LIMITS = {"inline_policies": 10240, "document": 6144}
"""Characters of all inline policies of a role together, and of a managed policy; white space does not count
(User Guide, "IAM and AWS STS quotas")."""

ROLE: State = {
    "name": None,
    "arn": None,
    "path": "/",
    "description": "",
    "max_session_duration": 3600,
    "permissions_boundary": None,
    "trust": None,
    "inline_policies": {},
    "managed_policies": [],
    "instance_profiles": [],
    "instance_profile_tags": {},
    "tags": {},
}
POLICY: State = {
    "name": None,
    "arn": None,
    "path": "/",
    "description": "",
    "document": None,
    "default_version": None,
    "tags": {},
}
PROVIDER: State = {"url": None, "arn": None, "client_ids": [], "thumbprints": [], "tags": {}}

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

TRUST_OPTIONS: dict[str, dict[str, Any]] = {
    "service": {"type": "list", "elements": "str"},
    "pod_identity": {"type": "bool"},
    "oidc": {
        "type": "list",
        "elements": "dict",
        "options": {
            "provider": {"type": "str", "required": True},
            "subjects": {"type": "list", "elements": "str", "required": True},
            "audience": {"type": "str", "default": "sts.amazonaws.com"},
        },
    },
    "principals": {"type": "list", "elements": "str"},
    "conditions": {"type": "dict"},
    "document": {"type": "raw"},
}

ROLE_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "path": {"type": "str"},
    "description": {"type": "str"},
    "trust": {"type": "dict", "options": TRUST_OPTIONS},
    "inline_policies": {"type": "dict"},
    "managed_policies": {"type": "list", "elements": "str"},
    "permissions_boundary": {"type": "str"},
    "max_session_duration": {"type": "int"},
    "instance_profile": {"type": "str"},
    **tags.ITEM_TAGS_OPTIONS,
    "state": STATE,
}
POLICY_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "path": {"type": "str"},
    "description": {"type": "str"},
    "document": {"type": "raw"},
    **tags.ITEM_TAGS_OPTIONS,
    "state": STATE,
}
PROVIDER_OPTIONS: dict[str, dict[str, Any]] = {
    "url": {"type": "str", "required": True},
    "client_ids": {"type": "list", "elements": "str"},
    "thumbprints": {"type": "list", "elements": "str"},
    **tags.ITEM_TAGS_OPTIONS,
    "state": STATE,
}


def role(options: Mapping[str, Any], path: str) -> State:
    """A role as asked for, its documents parsed and everything checked that needs no call."""
    found = dict(options)
    _check_names(options, path)
    if "inline_policies" in options:
        found["inline_policies"] = {
            str(name): policy.document(one, f"{path}.inline_policies.{name}")
            for name, one in (options["inline_policies"] or {}).items()
        }
        _check_size(found["inline_policies"].values(), f"{path}.inline_policies", LIMITS["inline_policies"])
    for number, one in enumerate(options.get("managed_policies") or ()):
        _check_policy_name(one, f"{path}.managed_policies[{number}]")
    if options.get("permissions_boundary"):
        _check_policy_name(options["permissions_boundary"], f"{path}.permissions_boundary")
    seconds = options.get("max_session_duration")
    if seconds is not None and not 3600 <= seconds <= 43200:
        raise _refused(f"{path}.max_session_duration is {seconds} seconds; give 3600 to 43200.")
    if options.get("trust") is not None:
        found["trust"] = _checked_trust(options["trust"], f"{path}.trust")
    return found


def managed_policy(options: Mapping[str, Any], path: str) -> State:
    """A policy as asked for, its document parsed and checked."""
    found = dict(options)
    _check_names(options, path)
    if options.get("document") is not None:
        found["document"] = policy.document(options["document"], f"{path}.document")
        _check_size([found["document"]], f"{path}.document", LIMITS["document"])
    return found


def provider(options: Mapping[str, Any], path: str) -> State:
    """An OIDC provider as asked for, by its URL as IAM compares it."""
    if not re.fullmatch(r"https://[^/?#\s]+[^?#\s]*", options["url"]):
        raise _refused(f"{path}.url is {options['url']!r}; give an address that begins with https://, without a query.")
    return {**options, "url": "https://" + provider_name(options["url"])}


def provider_name(url: str) -> str:
    """What identifies a provider: its URL without https:// and last slash."""
    return url.removeprefix("https://").rstrip("/")


def role_from_api(role: Mapping[str, Any], profile_tags: Iterable[Mapping[str, str]] = ()) -> State:
    """What ensure() compares, from GetAccountAuthorizationDetails and ListRoles, or from GetRole."""
    return {
        "name": role["RoleName"],
        "arn": role["Arn"],
        "path": role["Path"],
        "description": role.get("Description") or "",
        "max_session_duration": int(role.get("MaxSessionDuration") or 3600),
        "permissions_boundary": (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        "trust": policy.from_api(role.get("AssumeRolePolicyDocument")) or None,
        "inline_policies": {
            one["PolicyName"]: policy.from_api(one["PolicyDocument"]) for one in role.get("RolePolicyList") or ()
        },
        "managed_policies": sorted(one["PolicyArn"] for one in role.get("AttachedManagedPolicies") or ()),
        "instance_profiles": sorted(one["InstanceProfileName"] for one in role.get("InstanceProfileList") or ()),
        "instance_profile_tags": tags.from_api(profile_tags),
        "tags": tags.from_api(role.get("Tags")),
    }


def policy_from_api(policy_: Mapping[str, Any], of: Iterable[Mapping[str, str]] = ()) -> State:
    """What ensure() compares, from GetAccountAuthorizationDetails and ListPolicyTags."""
    versions = versions_from_api(policy_)
    return {
        "name": policy_["PolicyName"],
        "arn": policy_["Arn"],
        "path": policy_["Path"],
        "description": policy_.get("Description") or "",
        "document": versions.get(policy_["DefaultVersionId"]),
        "default_version": policy_["DefaultVersionId"],
        "tags": tags.from_api(of),
    }


def versions_from_api(policy_: Mapping[str, Any]) -> dict[str, policy.Document]:
    """A policy's documents by version id, the oldest first."""
    versions = policy_.get("PolicyVersionList") or ()
    return {
        one["VersionId"]: policy.from_api(one.get("Document"))
        for one in sorted(versions, key=lambda one: int(one["VersionId"].lstrip("v")))
    }


def provider_from_api(arn: str, found: Mapping[str, Any]) -> State:
    return {
        "url": "https://" + arn.partition(":oidc-provider/")[2],
        "arn": arn,
        "client_ids": sorted(found.get("ClientIDList") or ()),
        "thumbprints": sorted(one.lower() for one in found.get("ThumbprintList") or ()),
        "tags": tags.from_api(found.get("Tags")),
    }


def desired_role(
    options: Mapping[str, Any], current: State | None, arn_of: Callable[[str], str], account: Account
) -> State:
    """The attributes that `options` asks for; `arn_of` gives a policy's ARN by its name."""
    wanted: State = {"name": options["name"]}
    has = current or ROLE
    if options.get("path") is not None or current is None:
        wanted["path"] = options.get("path") or "/"
    if "description" in options:
        wanted["description"] = options["description"] or ""
    if "max_session_duration" in options:
        wanted["max_session_duration"] = options["max_session_duration"] or 3600
    if "permissions_boundary" in options:
        boundary = options["permissions_boundary"]
        wanted["permissions_boundary"] = arn_of(boundary) if boundary else None
    if options.get("trust") is not None:
        wanted["trust"] = policy.as_it_is(trust(options["trust"], account), has["trust"])
    elif current is None:
        raise _refused(f"Role {options['name']} does not exist and has no trust; say who may assume it.")
    if "inline_policies" in options:
        wanted["inline_policies"] = {
            name: policy.as_it_is(document, has["inline_policies"].get(name))
            for name, document in options["inline_policies"].items()
        }
    if "managed_policies" in options:
        wanted["managed_policies"] = sorted({arn_of(name) for name in options["managed_policies"] or ()})
    if "instance_profile" in options:
        profile = options["instance_profile"]
        wanted["instance_profiles"] = sorted({*has["instance_profiles"], profile}) if profile else []
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, has["tags"] if current else None)
        if options.get("instance_profile"):
            wanted["instance_profile_tags"] = tags.wanted(options, has["instance_profile_tags"] if current else None)
    return wanted


def desired_policy(options: Mapping[str, Any], current: State | None) -> State:
    wanted: State = {"name": options["name"]}
    if options.get("path") is not None or current is None:
        wanted["path"] = options.get("path") or "/"
    if "description" in options:
        wanted["description"] = options["description"] or ""
    if options.get("document") is not None:
        wanted["document"] = policy.as_it_is(options["document"], current["document"] if current else None)
    elif current is None:
        raise _refused(f"Policy {options['name']} does not exist and has no document; say what it allows.")
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    return wanted


def desired_provider(options: Mapping[str, Any], current: State | None) -> State:
    wanted: State = {"url": options["url"]}
    if "client_ids" in options:
        wanted["client_ids"] = sorted(set(options["client_ids"] or ()))
    if "thumbprints" in options:
        wanted["thumbprints"] = sorted({one.lower() for one in options["thumbprints"] or ()})
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    return wanted


class Account:
    """The account's id and partition, which ARNs are made of; the id is looked up when it is first needed."""

    def __init__(self, partition: str, look_up: Callable[[], str]) -> None:
        self.partition = partition
        self._look_up = look_up
        self._id = ""

    @property
    def id(self) -> str:
        self._id = self._id or self._look_up()
        return self._id

    def know(self, arn: str) -> None:
        """Takes the id from an ARN that came along."""
        self._id = self._id or arn.split(":")[4]

    def policy_arn(self, path: str, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.id}:policy{path}{name}"

    def provider_arn(self, provider: str) -> str:
        if provider.startswith("arn:"):
            return provider
        return f"arn:{self.partition}:iam::{self.id}:oidc-provider/{provider_name(provider)}"


def trust(options: Mapping[str, Any], account: Account) -> policy.Document:
    """Who may assume a role, as a document: the one given, or one made of the principals named."""
    if options.get("document") is not None:
        given: policy.Document = options["document"]
        return given
    conditions = options.get("conditions") or {}
    plain = {"Condition": conditions} if conditions else {}
    statements: list[dict[str, Any]] = []
    if options.get("service"):
        services = sorted(set(options["service"]))
        statements.append(_allow({"Service": services}, ["sts:AssumeRole"]) | plain)
    if options.get("pod_identity"):
        # Both actions (EKS User Guide, "Create IAM role with trust policy required by EKS Pod Identity").
        statements.append(_allow({"Service": ["pods.eks.amazonaws.com"]}, ["sts:AssumeRole", "sts:TagSession"]) | plain)
    if options.get("principals"):
        statements.append(_allow({"AWS": sorted(set(options["principals"]))}, ["sts:AssumeRole"]) | plain)
    statements += [_web_identity(one, account, conditions) for one in options.get("oidc") or ()]
    return {"Version": policy.VERSION, "Statement": statements}


def _allow(principal: dict[str, list[str]], actions: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": actions}


def _web_identity(options: Mapping[str, Any], account: Account, conditions: Mapping[str, Any]) -> dict[str, Any]:
    arn = account.provider_arn(options["provider"])
    name = arn.partition(":oidc-provider/")[2]
    subjects = sorted(set(options["subjects"]))
    operator = "StringLike" if any("*" in one or "?" in one for one in subjects) else "StringEquals"
    own: dict[str, dict[str, Any]] = {"StringEquals": {f"{name}:aud": [options["audience"]]}}
    own.setdefault(operator, {})[f"{name}:sub"] = subjects
    merged = {key: {**own.get(key, {}), **conditions.get(key, {})} for key in {**own, **conditions}}
    return {**_allow({"Federated": [arn]}, ["sts:AssumeRoleWithWebIdentity"]), "Condition": merged}


def _checked_trust(options: Mapping[str, Any], path: str) -> State:
    found = {name: value for name, value in options.items() if value is not None}
    others = sorted(found.keys() - {"document"})
    if "document" in found:
        if others:
            raise _refused(f"{path} has a document and {', '.join(others)}; give the whole document, or the others.")
        found["document"] = policy.document(found["document"], f"{path}.document")
    elif not any(found.get(name) for name in ("service", "pod_identity", "oidc", "principals")):
        raise _refused(f"{path} names nobody; give service, pod_identity, oidc, principals or a document.")
    for number, one in enumerate(found.get("oidc") or ()):
        if not one["provider"].startswith(("https://", "arn:")) or not one["subjects"]:
            raise _refused(
                f"{path}.oidc[{number}] needs the provider's address (https://...) or ARN and at least one subject."
            )
    return found


def _check_names(options: Mapping[str, Any], path: str) -> None:
    for option in ("name", "instance_profile"):
        name = options.get(option)
        if name and not NAME.fullmatch(name):
            raise _refused(f"{path}.{option} is {name!r}; use letters, digits and +=,.@-_ only.")
    if len(options["name"]) > (64 if "trust" in options or "managed_policies" in options else 128):
        raise _refused(f"{path}.name has {len(options['name'])} characters; a role's has up to 64, a policy's 128.")
    if options.get("path") and not PATH.fullmatch(options["path"]):
        raise _refused(f"{path}.path is {options['path']!r}; let it begin and end with a slash, such as /shop/.")


def _check_policy_name(name: str, path: str) -> None:
    if not (POLICY_ARN.fullmatch(name) if name.startswith("arn:") else NAME.fullmatch(name)):
        raise _refused(
            f"{path} is {name!r}, which is neither the name of a policy nor an ARN like"
            " arn:aws:iam::123456789012:policy/name."
        )


def _check_size(documents: Iterable[policy.Document], path: str, limit: int) -> None:
    size = sum(len(re.sub(r"\s", "", policy.text(one))) for one in documents)
    if size > limit:
        raise _refused(
            f"{path} has {size} characters without white space, of which IAM takes {limit}; split it into"
            " managed policies (option policies)."
        )


def _refused(message: str) -> ReplatformError:
    return ReplatformError(message, code="InvalidOptions")
