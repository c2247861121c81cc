# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buckets as the user describes them and as the service answers, made comparable; no client, no clock."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from ...errors import ReplatformError
from ...resource import State
from .. import policy, tags

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESERVED_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3")
"""S3 User Guide, "General purpose bucket naming rules"."""

CLASSES = ("STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
BLOCKS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
CLOSED: State = dict.fromkeys(BLOCKS, True)
"""What a new bucket has (User Guide, "Blocking public access to your Amazon S3 storage")."""
OPEN: State = {**CLOSED, "block_public_policy": False, "restrict_public_buckets": False}
"""A policy may open prefixes to everybody, an ACL nothing."""
SSE_S3: State = {"kms_key_id": None, "bucket_key": False}
SIDS = frozenset({"ReplatformSecureTransport", "ReplatformPublicPrefixes"})

BLANK: State = {
    "name": None,
    "arn": None,
    "region": None,
    "policy": None,
    "public_access_block": CLOSED,
    "encryption": SSE_S3,
    "versioning": False,
    "lifecycle": [],
    "cors": [],
    "logging": None,
    "ownership": "BucketOwnerEnforced",
    "object_lock": False,
    "tags": {},
}

LIFECYCLE_OPTIONS: dict[str, dict[str, Any]] = {
    "id": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": ""},
    "enabled": {"type": "bool", "default": True},
    "expire_days": {"type": "int"},
    "noncurrent_days": {"type": "int"},
    "keep_noncurrent_versions": {"type": "int"},
    "abort_multipart_days": {"type": "int"},
    "transitions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "days": {"type": "int", "required": True},
            "storage_class": {"type": "str", "required": True, "choices": list(CLASSES)},
        },
    },
}
CORS_OPTIONS: dict[str, dict[str, Any]] = {
    "origins": {"type": "list", "elements": "str", "required": True},
    "methods": {
        "type": "list",
        "elements": "str",
        "required": True,
        "choices": ["GET", "PUT", "POST", "DELETE", "HEAD"],
    },
    "headers": {"type": "list", "elements": "str", "default": []},
    "expose_headers": {"type": "list", "elements": "str", "default": []},
    "max_age_s": {"type": "int"},
}
BUCKET_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "public_prefixes": {"type": "list", "elements": "str"},
    "private_prefixes": {"type": "list", "elements": "str"},
    "distribution_arn": {"type": "str"},
    "secure_transport": {"type": "bool"},
    "policy_statements": {"type": "list", "elements": "dict"},
    "encryption": {
        "type": "dict",
        "options": {"kms_key_id": {"type": "str"}, "bucket_key": {"type": "bool", "default": True}},
    },
    "versioning": {"type": "bool"},
    "lifecycle": {"type": "list", "elements": "dict", "options": LIFECYCLE_OPTIONS},
    "cors": {"type": "list", "elements": "dict", "options": CORS_OPTIONS},
    "logging": {
        "type": "dict",
        "options": {"bucket": {"type": "str", "required": True}, "prefix": {"type": "str", "default": ""}},
    },
    "ownership": {"type": "str", "choices": list(OWNERSHIPS)},
    "object_lock": {"type": "bool"},
    **tags.ITEM_TAGS_OPTIONS,
    "force": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
REQUIRED_BY = {"distribution_arn": ("public_prefixes",)}


def checked(bucket: State, number: int) -> State:
    """`bucket`, whose options fit together. Raises: ReplatformError with the path of what does not."""
    path = f"buckets[{number}]"
    _check_name(str(bucket.get("name") or ""), f"{path}.name")
    public, private = bucket.get("public_prefixes") or [], bucket.get("private_prefixes") or []
    for which, prefixes in (("public_prefixes", public), ("private_prefixes", private)):
        for place, prefix in enumerate(prefixes):
            _check_prefix(prefix, f"{path}.{which}[{place}]")
    for one, other in permutations([*public, *private], 2):
        if other.startswith(one) and (one in public or other in public):
            raise _refused(path, f"has the prefix {other} inside of {one}; name prefixes that do not overlap")
    for place, rule in enumerate(bucket.get("lifecycle") or []):
        _check_rule(rule, f"{path}.lifecycle[{place}]")
    ids = [rule["id"] for rule in bucket.get("lifecycle") or []]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise _refused(f"{path}.lifecycle", f"has the id {twice[0]} more than once; give each rule its own")
    for place, statement in enumerate(bucket.get("policy_statements") or []):
        where = f"{path}.policy_statements[{place}]"
        policy.document({"Statement": [statement]}, where)
        if statement.get("Sid") in SIDS:
            raise _refused(where, f"has the Sid {statement['Sid']}, which this module uses; give it another")
    return bucket


def state_from_api(name: str, region: str, parts: Mapping[str, Any]) -> State:
    """What ensure() compares, from the answers by the names of api.PARTS."""
    block = parts["public_access_block"] or {}
    lock = parts["object_lock"] or {}
    rules = (parts["ownership"] or {}).get("Rules") or [{"ObjectOwnership": "ObjectWriter"}]
    return {
        "name": name,
        "arn": f"arn:aws:s3:::{name}",
        "region": region,
        "policy": policy.from_api(parts["policy"]) or None,
        "public_access_block": {ours: bool(block.get(theirs)) for ours, theirs in BLOCKS.items()},
        "encryption": _encryption(parts["encryption"]),
        "versioning": parts["versioning"] == "Enabled",
        "lifecycle": [rule_from_api(rule) for rule in parts["lifecycle"] or ()],
        "cors": [_cors_from_api(rule) for rule in parts["cors"] or ()],
        "logging": _logging(parts["logging"]),
        "ownership": rules[0]["ObjectOwnership"],
        "object_lock": lock.get("ObjectLockEnabled") == "Enabled",
        "tags": tags.from_api(parts["tags"]),
    }


def desired(options: Mapping[str, Any], current: State | None) -> State:
    """The attributes that `options` asks for."""
    wanted: State = {"name": options["name"]}
    if any(name in options for name in ("public_prefixes", "secure_transport", "policy_statements")):
        asked = bucket_policy(options)
        has = current["policy"] if current else None
        wanted["policy"] = policy.as_it_is(asked, has) if asked else None
    if options.get("public_prefixes") is not None:
        opened = options["public_prefixes"] and not options.get("distribution_arn")
        wanted["public_access_block"] = OPEN if opened else CLOSED
    if "encryption" in options:
        given = options["encryption"] or {}
        key = given.get("kms_key_id")
        wanted["encryption"] = {"kms_key_id": key, "bucket_key": bool(given.get("bucket_key", True))} if key else SSE_S3
    for name in ("versioning", "object_lock"):
        if options.get(name) is not None:
            wanted[name] = options[name]
    if "lifecycle" in options:
        wanted["lifecycle"] = _as_listed([_rule(rule) for rule in options["lifecycle"] or ()], current, "lifecycle")
    if "cors" in options:
        wanted["cors"] = [_cors(rule) for rule in options["cors"] or ()]
    if "logging" in options:
        wanted["logging"] = _logging_wanted(options["logging"])
    if options.get("ownership"):
        wanted["ownership"] = options["ownership"]
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    return wanted


def bucket_policy(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The whole policy that the options come to; None when they allow and deny nothing."""
    arn = f"arn:aws:s3:::{options['name']}"
    statements: list[dict[str, Any]] = []
    if options.get("secure_transport"):
        statements.append({
            "Sid": "ReplatformSecureTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        })  # fmt: skip
    if prefixes := options.get("public_prefixes"):
        reader: dict[str, Any] = {"Principal": "*"}
        if distribution := options.get("distribution_arn"):
            reader = {
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
            }
        statements.append({
            "Sid": "ReplatformPublicPrefixes",
            "Effect": "Allow",
            **reader,
            "Action": "s3:GetObject",
            "Resource": [f"{arn}/{prefix}*" for prefix in prefixes],
        })  # fmt: skip
    statements += options.get("policy_statements") or []
    return {"Version": policy.VERSION, "Statement": statements} if statements else None


def to_api(name: str, value: Any) -> Any:
    """An attribute in the shape that api.put() takes."""
    match name:
        case "policy":
            return policy.text(value) if value else None
        case "public_access_block":
            return {theirs: value[ours] for ours, theirs in BLOCKS.items()}
        case "encryption":
            return _encryption_to_api(value)
        case "versioning":
            return "Enabled" if value else "Suspended"
        case "lifecycle":
            return [_rule_to_api(rule) for rule in value]
        case "cors":
            return [_cors_to_api(rule) for rule in value]
        case "logging":
            return {"TargetBucket": value["bucket"], "TargetPrefix": value["prefix"]} if value else None
    return value


def rule_from_api(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A lifecycle rule in this module's words. Whatever they do not have stands in `other`, so that it differs."""
    known = {
        "ID", "Status", "Filter", "Prefix", "Expiration", "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload", "Transitions",
    }  # fmt: skip
    noncurrent = rule.get("NoncurrentVersionExpiration") or {}
    found: dict[str, Any] = {
        "id": rule.get("ID", ""),
        "prefix": (rule.get("Filter") or {}).get("Prefix", rule.get("Prefix")) or "",
        "enabled": rule.get("Status") == "Enabled",
        "expire_days": (rule.get("Expiration") or {}).get("Days"),
        "noncurrent_days": noncurrent.get("NoncurrentDays"),
        "keep_noncurrent_versions": noncurrent.get("NewerNoncurrentVersions"),
        "abort_multipart_days": (rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation"),
        "transitions": [
            {"days": one.get("Days"), "storage_class": one["StorageClass"]} for one in rule.get("Transitions") or ()
        ],
    }
    others = {name: value for name, value in rule.items() if name not in known and value}
    filters = {name: value for name, value in (rule.get("Filter") or {}).items() if name != "Prefix"}
    expiration = {name: value for name, value in (rule.get("Expiration") or {}).items() if name != "Days" and value}
    if others or filters or expiration:
        found["other"] = {**others, **filters, **expiration}
    return found


def _check_name(name: str, path: str) -> None:
    def is_address() -> bool:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    if (
        not NAME.fullmatch(name)
        or ".." in name
        or is_address()
        or name.startswith(RESERVED_BEGINNINGS)
        or name.endswith(RESERVED_ENDS)
    ):
        raise _refused(
            path,
            f"is '{name}', which S3 allows for no bucket; take 3 to 63 lower case letters, digits and hyphens",
        )


def _check_prefix(prefix: str, path: str) -> None:
    if not prefix.endswith("/") or prefix.startswith("/") or any(sign in prefix for sign in "*?$"):
        raise _refused(path, f"is '{prefix}'; a prefix ends with / and has neither / before it nor *, ? or $ in it")


def _check_rule(rule: Mapping[str, Any], path: str) -> None:
    actions = ("expire_days", "noncurrent_days", "abort_multipart_days", "transitions")
    if not any(rule.get(name) for name in actions):
        raise _refused(path, f"does nothing; give it one of {', '.join(actions)}")
    if rule.get("keep_noncurrent_versions") and not rule.get("noncurrent_days"):
        raise _refused(path, "has keep_noncurrent_versions without noncurrent_days; give both")
    days = [one["days"] for one in rule.get("transitions") or ()]
    if rule.get("expire_days") and days and max(days) >= rule["expire_days"]:
        raise _refused(path, f"moves objects after {max(days)} days and deletes them after {rule['expire_days']};"
                             " let them expire later")  # fmt: skip


def _refused(path: str, what: str) -> ReplatformError:
    return ReplatformError(f"{path} {what}.", code="InvalidOptions")


def _as_listed(wanted: list[dict[str, Any]], current: State | None, name: str) -> list[dict[str, Any]]:
    """The list as it is where it holds the same: the service may answer in another order."""
    has: list[dict[str, Any]] = current[name] if current else []
    same = len(wanted) == len(has) and all(one in has for one in wanted)
    return has if same else wanted


def _rule(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": given["id"],
        "prefix": given.get("prefix") or "",
        "enabled": given.get("enabled", True),
        **{name: given.get(name) for name in (
            "expire_days", "noncurrent_days", "keep_noncurrent_versions", "abort_multipart_days"
        )},
        "transitions": [dict(one) for one in given.get("transitions") or ()],
    }  # fmt: skip


def _rule_to_api(rule: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ID": rule["id"],
        "Status": "Enabled" if rule["enabled"] else "Disabled",
        "Filter": {"Prefix": rule["prefix"]},
    }
    if rule["expire_days"]:
        found["Expiration"] = {"Days": rule["expire_days"]}
    if rule["noncurrent_days"]:
        kept = rule["keep_noncurrent_versions"]
        found["NoncurrentVersionExpiration"] = {
            "NoncurrentDays": rule["noncurrent_days"],
            **({"NewerNoncurrentVersions": kept} if kept else {}),
        }
    if rule["abort_multipart_days"]:
        found["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": rule["abort_multipart_days"]}
    if rule["transitions"]:
        found["Transitions"] = [
            {"Days": one["days"], "StorageClass": one["storage_class"]} for one in rule["transitions"]
        ]
    return found


def _cors(given: Mapping[str, Any]) -> dict[str, Any]:
    lists = ("origins", "methods", "headers", "expose_headers")
    return {**{name: list(given.get(name) or ()) for name in lists}, "max_age_s": given.get("max_age_s")}


def _cors_from_api(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "origins": list(rule.get("AllowedOrigins") or ()),
        "methods": list(rule.get("AllowedMethods") or ()),
        "headers": list(rule.get("AllowedHeaders") or ()),
        "expose_headers": list(rule.get("ExposeHeaders") or ()),
        "max_age_s": rule.get("MaxAgeSeconds"),
    }


def _cors_to_api(rule: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"AllowedOrigins": rule["origins"], "AllowedMethods": rule["methods"]}
    if rule["headers"]:
        found["AllowedHeaders"] = rule["headers"]
    if rule["expose_headers"]:
        found["ExposeHeaders"] = rule["expose_headers"]
    if rule["max_age_s"] is not None:
        found["MaxAgeSeconds"] = rule["max_age_s"]
    return found


def _encryption(answer: Mapping[str, Any] | None) -> State:
    rules: Sequence[Mapping[str, Any]] = (answer or {}).get("Rules") or ()
    if not rules:
        return SSE_S3
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    key = default.get("KMSMasterKeyID") if default.get("SSEAlgorithm", "").startswith("aws:kms") else None
    return {"kms_key_id": key, "bucket_key": bool(rules[0].get("BucketKeyEnabled"))} if key else SSE_S3


def _encryption_to_api(value: Mapping[str, Any]) -> dict[str, Any]:
    if not value["kms_key_id"]:
        return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": value["kms_key_id"]}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": value["bucket_key"]}]}


def _logging(answer: Mapping[str, Any] | None) -> dict[str, str] | None:
    return {"bucket": answer["TargetBucket"], "prefix": answer.get("TargetPrefix") or ""} if answer else None


def _logging_wanted(given: Mapping[str, Any] | None) -> dict[str, str] | None:
    return {"bucket": given["bucket"], "prefix": given.get("prefix") or ""} if given else None
