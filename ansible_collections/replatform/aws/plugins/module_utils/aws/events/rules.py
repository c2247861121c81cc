# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge rules with their targets as ensure() needs them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, ensure
from .. import tags
from . import api

NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
SCHEDULE = re.compile(r"(rate|cron)\(.+\)")

TARGET_OPTIONS: dict[str, dict[str, Any]] = {
    "id": {"type": "str", "required": True},
    "arn": {"type": "str", "required": True},
    "role_arn": {"type": "str"},
    "input": {"type": "raw"},
    "dead_letter_arn": {"type": "str"},
    "message_group_id": {"type": "str"},
}
RULE_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "event_pattern": {"type": "raw"},
    "schedule": {"type": "str"},
    "enabled": {"type": "bool"},
    "targets": {"type": "list", "elements": "dict", "options": TARGET_OPTIONS},
    **tags.ITEM_TAGS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


class Rules(Resource):
    """Rules of one event bus by name."""

    kind = "rule"
    plural = "rules"
    blank: ClassVar[State] = {
        "name": None,
        "arn": None,
        "description": "",
        "event_pattern": None,
        "schedule": None,
        "enabled": True,
        "targets": [],
        "tags": {},
    }

    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        every = api.rules(self._client, self._bus, _common_prefix(list(wanted)))
        names = [name for name in wanted if name in every]
        return dict(zip(names, each(lambda name: self._state(every[name], wanted[name]), names), strict=True))

    def desired(self, wanted: State, current: State | None) -> State:
        found: State = {"name": wanted["name"]}
        if "description" in wanted:
            found["description"] = wanted["description"] or ""
        if wanted.get("enabled") is not None:
            found["enabled"] = wanted["enabled"]
        if wanted.get("event_pattern") is not None or wanted.get("schedule") is not None:
            # A rule with another reason than before; a pattern beside a schedule would be both.
            found["event_pattern"] = wanted.get("event_pattern")
            found["schedule"] = wanted.get("schedule")
        elif current is None:
            raise ReplatformError(
                f"Rule {wanted['name']} does not exist and has neither event_pattern nor schedule; give one.",
                code="InvalidOptions",
            )
        if "targets" in wanted:
            found["targets"] = sorted((_target(one) for one in wanted["targets"] or ()), key=lambda one: str(one["id"]))
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        state = {**self.blank, **wanted, "targets": []}
        given = {"Tags": tags.listed(wanted["tags"])} if wanted.get("tags") else {}
        state["arn"] = api.put_rule(self._client, self._bus, wanted["name"], **_fields(state), **given)
        return self.update(state, {"targets": wanted["targets"]} if wanted.get("targets") else {})

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        state = {**current, **changes}
        if changes.keys() & {"description", "event_pattern", "schedule", "enabled"}:
            api.put_rule(self._client, self._bus, name, **_fields(state))
        if "targets" in changes:
            kept = {one["id"] for one in changes["targets"]}
            if gone := [one["id"] for one in current["targets"] if one["id"] not in kept]:
                api.remove_targets(self._client, self._bus, name, gone)
            if new := [_target_fields(one) for one in changes["targets"] if one not in current["targets"]]:
                api.put_targets(self._client, self._bus, name, new)
        if "tags" in changes:
            api.tag(self._client, current["arn"], *tags.difference(current["tags"], changes["tags"]))
        return state

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        if ids := [one["id"] for one in current["targets"]]:
            api.remove_targets(self._client, self._bus, current["name"], ids)
        api.delete(self._client, self._bus, current["name"])

    def _state(self, found: Mapping[str, Any], wanted: State) -> State:
        pattern = found.get("EventPattern")
        asked = "targets" in wanted or wanted.get("state") == "absent"
        targets = api.targets(self._client, self._bus, found["Name"]) if asked else []
        return {
            "name": found["Name"],
            "arn": found["Arn"],
            "description": found.get("Description") or "",
            "event_pattern": tidy(json.loads(pattern)) if pattern else None,
            "schedule": found.get("ScheduleExpression") or None,
            "enabled": found.get("State") != "DISABLED",
            "targets": sorted((_target_from_api(one) for one in targets), key=lambda one: str(one["id"])),
            "tags": tags.from_api(api.tags(self._client, found["Arn"])) if wanted.get("tags") is not None else {},
        }


def ensure_all(client: Any, given: Mapping[str, Any], params: Mapping[str, Any], mode: Mode) -> Outcome:
    """The rules of `given` made so."""
    items = enumerate(tags.beside(given["rules"], given))
    checked_rules = [checked(one, f"rules[{number}]") for number, one in items]
    return ensure(Rules(client, params["event_bus"]), checked_rules, mode)


def checked(options: Mapping[str, Any], path: str) -> State:
    """A rule as asked for, its pattern parsed and everything checked that needs no call."""
    found = dict(options)
    if not NAME.fullmatch(options["name"]):
        raise _refused(f"{path}.name is {options['name']!r}; use letters, digits and .-_ only, 64 at most.")
    if options.get("event_pattern") is not None and options.get("schedule") is not None:
        raise _refused(f"{path} has event_pattern and schedule; make them two rules.")
    if options.get("schedule") and not SCHEDULE.fullmatch(options["schedule"]):
        raise _refused(f"{path}.schedule is {options['schedule']!r}; write it as rate(5 minutes) or cron(0 3 * * ? *).")
    if options.get("event_pattern") is not None:
        found["event_pattern"] = _pattern(options["event_pattern"], f"{path}.event_pattern")
    ids = [one["id"] for one in options.get("targets") or ()]
    if len(ids) > 5 or len(set(ids)) < len(ids):
        raise _refused(
            f"{path}.targets names {', '.join(ids)}; a rule has up to 5 targets, each with an id of its own."
        )
    return found


def tidy(pattern: Any) -> Any:
    """A pattern with its lists, which are sets of alternatives, in one order."""
    if isinstance(pattern, Mapping):
        return {name: tidy(value) for name, value in pattern.items()}
    if isinstance(pattern, list):
        return sorted((tidy(one) for one in pattern), key=lambda one: json.dumps(one, sort_keys=True))
    return pattern


def _common_prefix(names: list[str]) -> str:
    first, last = min(names), max(names)
    return next((first[:n] for n in range(len(first), 0, -1) if last.startswith(first[:n])), "")


def _pattern(given: Any, path: str) -> dict[str, Any]:
    try:
        found = json.loads(given) if isinstance(given, str) else given
    except ValueError as exc:
        raise _refused(f"{path} is no JSON ({exc}); correct it.") from exc
    if not isinstance(found, Mapping) or not found:
        raise _refused(f"{path} is no event pattern; give a dictionary such as source: [aws.ec2].")
    _check_leaves(found, path)
    tidied: dict[str, Any] = tidy(found)
    return tidied


def _check_leaves(pattern: Mapping[str, Any], path: str) -> None:
    for name, value in pattern.items():
        if isinstance(value, Mapping):
            _check_leaves(value, f"{path}.{name}")
        elif not isinstance(value, list):
            raise _refused(f"{path}.{name} is {value!r}; give a list of what it may be.")


def _target(options: Mapping[str, Any]) -> State:
    given = options.get("input")
    text = json.dumps(given, sort_keys=True) if isinstance(given, Mapping | list) else given
    return {name: value for name, value in {**options, "input": text}.items() if value}


def _target_from_api(found: Mapping[str, Any]) -> State:
    return _target(
        {
            "id": found["Id"],
            "arn": found["Arn"],
            "role_arn": found.get("RoleArn"),
            "input": found.get("Input"),
            "dead_letter_arn": (found.get("DeadLetterConfig") or {}).get("Arn"),
            "message_group_id": (found.get("SqsParameters") or {}).get("MessageGroupId"),
        }
    )


def _target_fields(target: State) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "Id": target["id"],
        "Arn": target["arn"],
        "RoleArn": target.get("role_arn"),
        "Input": target.get("input"),
        "DeadLetterConfig": {"Arn": target["dead_letter_arn"]} if "dead_letter_arn" in target else None,
        "SqsParameters": {"MessageGroupId": target["message_group_id"]} if "message_group_id" in target else None,
    }
    return {name: value for name, value in fields.items() if value}


def _fields(state: State) -> dict[str, Any]:
    """Parameters of PutRule: all of them, since it takes away what it is not given."""
    fields: dict[str, Any] = {"State": "ENABLED" if state["enabled"] else "DISABLED"}
    fields |= {"Description": state["description"]} if state["description"] else {}
    fields |= {"EventPattern": json.dumps(state["event_pattern"])} if state["event_pattern"] else {}
    fields |= {"ScheduleExpression": state["schedule"]} if state["schedule"] else {}
    return fields


def _refused(message: str) -> ReplatformError:
    return ReplatformError(message, code="InvalidOptions")
