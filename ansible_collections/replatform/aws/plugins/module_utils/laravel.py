# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a queued message of Laravel says of its job."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from .php_serialized import NotSerialized, PhpObject, PhpReference, loads

REDACTED = "(redacted)"
OWN = frozenset(
    {"afterCommit", "backoff", "batchId", "chainCatchCallbacks", "chainConnection", "chainQueue", "connection", "delay",
     "deduplicator", "deleteWhenMissingModels", "failOnTimeout", "fakeBatch", "job", "maxExceptions", "maxTries",
     "messageGroup", "middleware", "queue", "retryUntil", "timeout", "tries", "uniqueFor"}
)  # fmt: skip
"""Properties that the framework's traits bring along; they say how a job runs, not what it is about."""

BLANK: dict[str, Any] = {
    "uuid": None,
    "name": None,
    "class": None,
    "max_tries": None,
    "attempts": None,
    "timeout_s": None,
    "retry_until": None,
    "encrypted": False,
    "stored_elsewhere": False,
    "properties": {},
    "unreadable": None,
}


def job(body: str, *, redact: bool) -> dict[str, Any] | None:
    """The job in a message, of BLANK's shape; None when Laravel did not write it.

    `properties` are the job's own with scalar values, other values by their kind; redacted ones keep their names.
    `unreadable` says why they could not be read. The payload is that of `Illuminate\\Queue\\Queue::createPayload`,
    which an application may add to.
    """
    payload = _object(body)
    if payload is None:
        return None
    if "@pointer" in payload:
        # Larger than SQS takes: the payload itself is in the cache (Laravel 13) or a bucket.
        return {**BLANK, "stored_elsewhere": True}
    if not isinstance(payload.get("job"), str):
        return None
    data = payload.get("data")
    data = data if isinstance(data, Mapping) else {}
    command = data.get("command")
    return {
        **BLANK,
        "uuid": payload.get("uuid"),
        "name": payload.get("displayName") or payload["job"],
        "class": data.get("commandName") or payload["job"],
        "max_tries": payload.get("maxTries"),
        "attempts": payload.get("attempts"),
        "timeout_s": payload.get("timeout"),
        "retry_until": payload.get("retryUntil"),
        **(_command(command, redact) if isinstance(command, str) else {}),
    }


def _command(command: str, redact: bool) -> dict[str, Any]:
    if _encrypted(command):
        return {"encrypted": True}
    try:
        value = loads(command.encode("utf-8", "surrogatepass"))
    except NotSerialized as exc:
        return {"unreadable": f"its command is not what PHP's serialize() writes: {exc}"}
    if not isinstance(value, PhpObject):
        return {"unreadable": "its command is no object"}
    own = {name: one for name, one in value.properties.items() if name not in OWN}
    return {"properties": {name: _shown(one, redact) for name, one in own.items()}}


def _shown(value: Any, redact: bool) -> Any:
    """A value that is one, or what kind of one there is: a model that the job is about as class and ids."""
    if isinstance(value, PhpObject):
        model = value.properties
        if {"class", "id"} <= model.keys():
            return f"{model['class']} {REDACTED if redact else json.dumps(_plain(model['id']))}"
        return f"({value.name})"
    if isinstance(value, dict):
        return f"(array of {len(value)})"
    if isinstance(value, PhpReference):
        return "(the same as another)"
    if value is None or isinstance(value, bool) or not redact:
        return value
    return REDACTED


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [_plain(one) for one in value.values()]
    return value if value is None or isinstance(value, str | int | float) else str(type(value).__name__)


def _encrypted(command: str) -> bool:
    """Whether it is a box of Laravel's Encrypter: JSON in base64, with an initialisation vector and a value."""
    try:
        box = json.loads(base64.b64decode(command, validate=True))
    except (ValueError, binascii.Error):
        return False
    return isinstance(box, dict) and {"iv", "value"} <= box.keys()


def _object(body: str) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
