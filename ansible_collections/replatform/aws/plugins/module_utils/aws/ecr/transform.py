# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories as the user writes them and as ECR answers, made comparable; no client, no clock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import ReplatformError
from ...resource import State
from .. import policy, tags

NAME = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")

BLANK: State = {
    "name": None,
    "arn": None,
    "uri": None,
    "immutable_tags": False,
    "scan_on_push": False,
    "encryption": "AES256",
    "kms_key_id": None,
    "lifecycle_policy": None,
    "policy": None,
    "tags": {},
}

REPOSITORY_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "immutable_tags": {"type": "bool"},
    "scan_on_push": {"type": "bool"},
    "encryption": {"type": "str", "choices": ["AES256", "KMS", "KMS_DSSE"]},
    "kms_key_id": {"type": "str"},
    "lifecycle_policy": {"type": "raw"},
    "policy": {"type": "raw"},
    **tags.ITEM_TAGS_OPTIONS,
    "force": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def checked(options: Mapping[str, Any], path: str) -> State:
    """A repository as asked for, its documents parsed and checked."""
    found = dict(options)
    if not NAME.fullmatch(options["name"]) or not 2 <= len(options["name"]) <= 256:
        raise _refused(
            f"{path}.name is {options['name']!r}; use lower case letters, digits and ._-/ between them, 2 to 256."
        )
    if options.get("kms_key_id") and options.get("encryption") in (None, "AES256"):
        raise _refused(f"{path} has kms_key_id, but its encryption is not KMS; give encryption: KMS beside it.")
    if options.get("policy"):
        found["policy"] = policy.document(options["policy"], f"{path}.policy")
    if options.get("lifecycle_policy"):
        found["lifecycle_policy"] = _lifecycle(options["lifecycle_policy"], f"{path}.lifecycle_policy")
    return found


def state_from_api(
    found: Mapping[str, Any],
    lifecycle: str | None = None,
    access: str | None = None,
    of: Iterable[Mapping[str, str]] = (),
) -> State:
    """What ensure() compares, from DescribeRepositories and what was looked up beside it."""
    encryption = found.get("encryptionConfiguration") or {}
    return {
        "name": found["repositoryName"],
        "arn": found["repositoryArn"],
        "uri": found.get("repositoryUri"),
        "immutable_tags": str(found.get("imageTagMutability")).startswith("IMMUTABLE"),
        "scan_on_push": bool((found.get("imageScanningConfiguration") or {}).get("scanOnPush")),
        "encryption": encryption.get("encryptionType") or "AES256",
        "kms_key_id": encryption.get("kmsKey"),
        "lifecycle_policy": _sorted_rules(json.loads(lifecycle)) if lifecycle else None,
        "policy": policy.from_api(access) or None,
        "tags": tags.from_api(of),
    }


def desired(options: Mapping[str, Any], current: State | None) -> State:
    """The attributes that `options` asks for."""
    wanted: State = {"name": options["name"]}
    for name in ("immutable_tags", "scan_on_push", "encryption"):
        if options.get(name) is not None:
            wanted[name] = options[name]
    if options.get("kms_key_id"):
        # An alias is stored as the key behind it, which only the key's own ARN can be compared with.
        named_by_alias = "alias/" in options["kms_key_id"]
        wanted["kms_key_id"] = current["kms_key_id"] if current and named_by_alias else options["kms_key_id"]
    if "lifecycle_policy" in options:
        wanted["lifecycle_policy"] = options["lifecycle_policy"] or None
    if "policy" in options:
        has = current["policy"] if current else None
        wanted["policy"] = policy.as_it_is(options["policy"], has) if options["policy"] else None
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    return wanted


def _lifecycle(given: Any, path: str) -> dict[str, Any]:
    try:
        found = json.loads(given) if isinstance(given, str) else given
        return _sorted_rules(found)
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise _refused(
            f"{path} is no lifecycle policy ({exc!r}); give a dictionary or JSON with rules, each with rulePriority,"
            " selection and action."
        ) from exc


def _sorted_rules(found: Mapping[str, Any]) -> dict[str, Any]:
    """A lifecycle policy with its rules in the order in which they apply, and what is a set sorted."""
    rules = []
    for rule in sorted(found["rules"], key=lambda rule: int(rule["rulePriority"])):
        selection: dict[str, Any] = {
            name: sorted(value) if isinstance(value, list) else value for name, value in rule["selection"].items()
        }
        if "countNumber" in selection:
            selection["countNumber"] = int(selection["countNumber"])
        rules.append({**rule, "rulePriority": int(rule["rulePriority"]), "selection": selection})
    return {"rules": rules}


def _refused(message: str) -> ReplatformError:
    return ReplatformError(message, code="InvalidOptions")
