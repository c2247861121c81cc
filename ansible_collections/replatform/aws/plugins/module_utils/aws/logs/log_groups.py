# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log groups of CloudWatch Logs as ensure() needs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, ensure
from .. import tags
from . import api

if TYPE_CHECKING:
    from collections.abc import Mapping

DAYS = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Retentions that there are (API Reference, PutRetentionPolicy); 0 stands for ever."""
NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")

GROUP_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "retention_days": {"type": "int"},
    "kms_key_id": {"type": "str"},
    "class": {"type": "str", "choices": ["STANDARD", "INFREQUENT_ACCESS"]},
    **tags.ITEM_TAGS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


class LogGroups(Resource):
    """Log groups by name."""

    kind = "log group"
    plural = "log_groups"
    immutable = frozenset({"class"})
    blank: ClassVar[State] = {
        "name": None,
        "arn": None,
        "retention_days": 0,
        "kms_key_id": None,
        "class": "STANDARD",
        "stored_bytes": 0,
        "tags": {},
    }

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        states = each(lambda name: self._state(name, wanted[name]), wanted)
        return {state["name"]: state for state in states if state is not None}

    def desired(self, wanted: State, current: State | None) -> State:
        found = {name: wanted[name] for name in ("name", "class") if wanted.get(name) is not None}
        if "retention_days" in wanted:
            found["retention_days"] = wanted["retention_days"] or 0
        if "kms_key_id" in wanted:
            found["kms_key_id"] = wanted["kms_key_id"] or None
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        fields = {
            "kmsKeyId": wanted.get("kms_key_id"),
            "logGroupClass": wanted.get("class"),
            "tags": wanted.get("tags"),
        }
        made = api.create(self._client, name, **{field: value for field, value in fields.items() if value})
        there = self._state(name, wanted) or {**self.blank, "name": name}
        # What CreateLogGroup has no parameter for; and all of it, when the group was there after all.
        done = {"name", "kms_key_id", "class", "tags"} if made else {"name"}
        changes = {key: value for key, value in wanted.items() if key not in done and value != there.get(key)}
        return self.update({**there, **{key: wanted[key] for key in done & wanted.keys()}}, changes)

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        if "retention_days" in changes:
            api.set_retention(self._client, name, changes["retention_days"])
        if "kms_key_id" in changes:
            api.set_key(self._client, name, changes["kms_key_id"])
        if "tags" in changes:
            api.tag(self._client, current["arn"], *tags.difference(current["tags"], changes["tags"]))
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        api.delete(self._client, current["name"])

    def _state(self, name: str, wanted: State) -> State | None:
        found = api.describe(self._client, name)
        if found is None:
            return None
        arn = str(found.get("logGroupArn") or found["arn"]).removesuffix(":*")
        return {
            "name": name,
            "arn": arn,
            "retention_days": found.get("retentionInDays") or 0,
            "kms_key_id": found.get("kmsKeyId") or None,
            "class": found.get("logGroupClass") or "STANDARD",
            "stored_bytes": found.get("storedBytes") or 0,
            "tags": tags.own(api.tags(self._client, arn)) if wanted.get("tags") is not None else {},
        }


def ensure_all(client: Any, given: Mapping[str, Any], mode: Mode) -> Outcome:
    """The log groups of `given` made so."""
    items = tags.beside(given["log_groups"], given)
    for number, one in enumerate(items):
        _check(one, f"log_groups[{number}]")
    return ensure(LogGroups(client), items, mode)


def _check(options: Mapping[str, Any], path: str) -> None:
    if not NAME.fullmatch(options["name"]):
        raise _refused(f"{path}.name is {options['name']!r}; use letters, digits and .-_/# only, 512 at most.")
    days = options.get("retention_days")
    if days is not None and days not in DAYS:
        nearest = next((one for one in DAYS[1:] if one >= days), DAYS[-1])
        raise _refused(
            f"{path}.retention_days is {days}, which CloudWatch Logs does not have; give {nearest} (or one of"
            f" {', '.join(map(str, DAYS[1:]))}), or 0 to keep events for ever."
        )
    key = options.get("kms_key_id")
    # In check mode a key that is not there yet is named by words in brackets.
    if key and not key.startswith(("arn:", "(")):
        raise _refused(f"{path}.kms_key_id is {key!r}; CloudWatch Logs takes the ARN of a key only.")


def _refused(message: str) -> ReplatformError:
    return ReplatformError(message, code="InvalidOptions")
