# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets as the user writes them and as the service answers, made comparable; no client, no clock."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import State
from .. import tags

if TYPE_CHECKING:
    import datetime as dt

DEFAULT_KEY = "alias/aws/secretsmanager"
"""The account's own key, which DescribeSecret does not name."""

PUNCTUATION = "!#$%&()*+,-.:;<=>?[]^_{|}~"
"""Without the quotes, backslash, slash, @ and space that RDS refuses or that break URLs and shells."""

BLANK: State = {
    "name": None,
    "arn": None,
    "description": "",
    "kms_key_id": DEFAULT_KEY,
    "tags": {},
    "replicas": [],
    "replica_status": {},
    "deletion_date": None,
    "kept": None,
    "value": None,
}

GENERATE_OPTIONS: dict[str, dict[str, Any]] = {
    "key": {"type": "str", "no_log": False},
    "length": {"type": "int", "default": 32},
    "punctuation": {"type": "bool", "default": True},
    "exclude_characters": {"type": "str", "default": ""},
    "rotate": {"type": "bool", "default": False},
}

KEEP_OPTIONS: dict[str, dict[str, Any]] = {
    "stage": {"type": "str", "required": True},
    "restore": {"type": "bool", "default": False},
}

SECRET_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "value": {"type": "str", "no_log": True},
    "json": {"type": "dict", "no_log": True},
    "fields": {"type": "dict", "no_log": True},
    "keep": {"type": "dict", "options": KEEP_OPTIONS},
    "generate": {"type": "dict", "options": GENERATE_OPTIONS},
    "description": {"type": "str"},
    "kms_key_id": {"type": "str"},
    **tags.ITEM_TAGS_OPTIONS,
    "replicas": {"type": "list", "elements": "str"},
    "recovery_window_days": {"type": "int"},
    "force_delete": {"type": "bool"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

EXCLUSIVE = [
    ("value", "json", "fields"),
    ("value", "generate"),
    ("fields", "generate"),
    ("recovery_window_days", "force_delete"),
]
REQUIRED_BY = {"keep": ("fields",)}


def state_from_api(description: Mapping[str, Any], value: str | None, stage: str | None = None) -> State:
    """What ensure() compares, from DescribeSecret and the current value (None: not asked for, or none there).

    `kept` is `stage` where a version has that staging label.
    """
    status = {one["Region"]: one.get("Status", "InSync") for one in description.get("ReplicationStatus") or ()}
    return {
        "name": description["Name"],
        "arn": description["ARN"],
        "description": description.get("Description") or "",
        "kms_key_id": key_id(description.get("KmsKeyId")),
        "tags": tags.from_api(description.get("Tags")),
        "replicas": sorted(status),
        "replica_status": status,
        "deletion_date": date(description.get("DeletedDate")),
        "kept": stage if version_of(description, stage) else None,
        "value": value,
    }


def version_of(description: Mapping[str, Any], stage: str | None) -> str | None:
    """The id of the version with that staging label."""
    versions = description.get("VersionIdsToStages") or {}
    return next((version for version, stages in versions.items() if stage in stages), None)


def info_from_api(description: Mapping[str, Any], since: dt.datetime | None, now: dt.datetime) -> State:
    """The metadata that secretsmanager_secrets_info returns; `since` is when the value became what it is."""
    state = state_from_api(description, None)
    del state["value"], state["kept"]
    return {
        **state,
        "created": date(description.get("CreatedDate")),
        "last_changed": date(description.get("LastChangedDate")),
        "value_changed": date(since),
        "value_age_days": None if since is None else max((now - since).days, 0),
        "last_accessed": date(description.get("LastAccessedDate")),
        "rotation_enabled": bool(description.get("RotationEnabled")),
        "owning_service": description.get("OwningService"),
        "primary_region": description.get("PrimaryRegion"),
        "versions": {
            version: sorted(stages) for version, stages in (description.get("VersionIdsToStages") or {}).items()
        },
    }


def desired(options: Mapping[str, Any], current: State | None, kept_value: str | None = None) -> State:
    """The attributes that `options` asks for; tags merged unless purged, and values generated where there is none.

    `kept_value` is the value that an earlier run kept.
    """
    wanted: State = {"name": options["name"], "deletion_date": None}
    if "description" in options:
        wanted["description"] = options["description"] or ""
    if "kms_key_id" in options:
        wanted["kms_key_id"] = key_id(options["kms_key_id"])
    if "replicas" in options:
        wanted["replicas"] = sorted(set(options["replicas"] or ()))
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    if options.get("fields") is not None:
        return {**wanted, **_with_fields(options, current, kept_value)}
    if has_value(options) and not _keeps_unread(options, current):
        wanted["value"] = value(options, current["value"] if current else None)
    return wanted


def has_value(options: Mapping[str, Any]) -> bool:
    return any(options.get(source) is not None for source in ("value", "json", "fields", "generate"))


def _with_fields(options: Mapping[str, Any], current: State | None, kept: str | None) -> State:
    """`value` and `kept` as fields and keep ask for. The version kept is never moved to another one."""
    name, keep = options["name"], options.get("keep") or {}
    if str(keep.get("stage")).startswith("AWS"):
        raise ReplatformError(
            f"Secret {name} cannot keep a version as {keep['stage']}: labels that begin with AWS are moved by the"
            " service itself; choose another stage.",
            code="InvalidOptions",
        )
    stored = current["value"] if current else None
    has = document(stored)
    if has is None or current is None:
        raise ReplatformError(
            f"Secret {name} has no current value that is a JSON object, so no field of it can be set; create it with"
            " json, or restore it when it is scheduled for deletion.",
            code="NoDocument",
        )
    if lacking := sorted(options["fields"].keys() - has.keys()):
        raise ReplatformError(
            f"Secret {name} has no field {', '.join(lacking)}; correct the name, or add the field to the secret first:"
            " what reads the secret would not find the new value under another name.",
            code="MissingField",
            fields=lacking,
        )
    switched = {**has, **{key: alike(has[key], new) for key, new in options["fields"].items()}}
    if not keep.get("restore"):
        value = stored if switched == has else dumps(switched)
        stays = current["kept"] or not keep or value == stored
        return {"value": value, "kept": current["kept"] if stays else keep["stage"]}
    if current["kept"] is None and switched != has:
        return {}
    old = document(kept)
    if old is None or not options["fields"].keys() <= old.keys():
        raise ReplatformError(
            f"Secret {name} has the values that it would be switched back from, but no version of it with the staging"
            f" label {keep['stage']} has these fields; set the old values by hand.",
            code="NothingKept",
        )
    restored = {**has, **{key: old[key] for key in options["fields"]}}
    return {
        "value": next((text for text in (stored, kept) if document(text) == restored), dumps(restored)),
        "kept": None,
    }


def alike(has: Any, new: Any) -> Any:
    """`new` as text or number, as the field has been: what reads it may know only one of them."""
    if isinstance(has, str) and isinstance(new, int | float) and not isinstance(new, bool):
        return str(new)
    if isinstance(has, int) and not isinstance(has, bool) and isinstance(new, str) and new.isdecimal():
        return int(new)
    return new


def _keeps_unread(options: Mapping[str, Any], current: State | None) -> bool:
    """Whether the value stays as it is without being known: one to be restored, and nothing but generated."""
    if not current or not current["deletion_date"]:
        return False
    generate: Mapping[str, Any] | None = options.get("generate")
    return generate is not None and not generate.get("rotate") and options.get("json") is None


def value(options: Mapping[str, Any], current: str | None) -> str:
    """The value that `options` asks for: `current` itself where it says the same, so that only real changes differ."""
    if options.get("value") is not None:
        return str(options["value"])
    generate: Mapping[str, Any] = options.get("generate") or {}
    has = document(current)
    if options.get("generate") is None:
        return current if current is not None and has == options["json"] else dumps(options["json"])
    renew = generate.get("rotate")
    key = generate.get("key")
    if not key:
        if options.get("json") is not None:
            raise ReplatformError(
                f"Secret {options['name']} has json and generate without a key; name the JSON field that generate"
                " fills, such as key: password.",
                code="InvalidOptions",
            )
        return current if current is not None and not renew else password(options["name"], generate)
    kept = has.get(key) if has else None
    filled = dict(options["json"] if options.get("json") is not None else has or {})
    filled[key] = kept if kept is not None and not renew else password(options["name"], generate)
    return current if current is not None and has == filled else dumps(filled)


def password(name: str, generate: Mapping[str, Any]) -> str:
    """A new random password with at least one character of each class that is not excluded."""
    classes = [string.ascii_lowercase, string.ascii_uppercase, string.digits]
    if generate.get("punctuation", True):
        classes.append(PUNCTUATION)
    excluded = set(generate.get("exclude_characters") or "")
    alphabets = ["".join(c for c in alphabet if c not in excluded) for alphabet in classes]
    alphabets = [alphabet for alphabet in alphabets if alphabet]
    length = generate.get("length") or 32
    if not 8 <= length <= 4096 or not alphabets:
        raise ReplatformError(
            f"Secret {name} cannot be given a generated password:"
            f" {'length must be from 8 to 4096' if alphabets else 'exclude_characters leaves no character'};"
            " correct generate.",
            code="InvalidOptions",
        )
    every = "".join(alphabets)
    characters = [secrets.choice(alphabet) for alphabet in alphabets]
    characters += [secrets.choice(every) for _more in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def document(value: str | None) -> dict[str, Any] | None:
    """`value` as a JSON object, None when it is something else."""
    try:
        found = json.loads(value or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def key_id(given: str | None) -> str:
    """A KMS key as its id or alias, whether it was given as that or as an ARN."""
    return (given or DEFAULT_KEY).rpartition(":")[2].removeprefix("key/")


def date(value: Any) -> str | None:
    return value.isoformat() if value else None
