# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster and instance parameter groups as ensure() needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Begun, Mode, Outcome, Resource, State, begin, conclude
from .. import tags
from . import api, parameters

SETTING_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "scope": {"type": "str", "default": "parameter_group"},
    "now": {"type": "str"},
    "wanted": {"type": "str", "required": True},
    "why": {"type": "str"},
    "apply": {"type": "str"},
    "phase": {"type": "str", "default": "always"},
    "restore": {"type": "str"},
}
KEEP_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "restore": {"type": "bool", "default": False},
}
OF_GROUP: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "family": {"type": "str"},
    "description": {"type": "str"},
    "parameters": {"type": "dict"},
    "purge_parameters": {"type": "bool"},
}
"""Of a group, wherever one is described."""
GROUP_OPTIONS: dict[str, dict[str, Any]] = {
    **OF_GROUP,
    "kind": {"type": "str", "choices": ["cluster", "instance"], "default": "cluster"},
    "settings": {"type": "list", "elements": "dict", "options": SETTING_OPTIONS},
    "phases": {"type": "list", "elements": "str", "choices": list(parameters.PHASES)},
    "keep": {"type": "dict", "no_log": False, "options": KEEP_OPTIONS},
    **tags.ITEM_TAGS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


BLANK: State = {
    "name": None,
    "kind": None,
    "arn": None,
    "family": None,
    "description": None,
    "parameters": {},
    "pending_reboot": [],
    "kept": {},
    "tags": {},
}


class ParameterGroups(Resource):
    """Parameter groups of one kind, with the values that somebody has set; the others are the engine's defaults.

    `kept`: what a record, a group of its own that nothing uses, holds of the values from before.
    """

    plural = "parameter_groups"
    immutable = frozenset({"family", "description"})
    blank = BLANK
    _kind: ClassVar[api.GroupKind]

    def __init__(self, client: Any) -> None:
        self._client = client
        self._definitions: dict[str, parameters.Definitions] = {}
        self._wanted: dict[str, State] = {}

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        self._wanted.update(wanted)
        found = zip(wanted, each(self._look, wanted.values()), strict=True)
        return {name: state for name, state in found if state is not None}

    def desired(self, wanted: State, current: State | None) -> State:
        has = current["parameters"] if current else {}
        values = self._values(wanted, current)
        definitions = self._definitions.get(wanted["name"], {})
        changed = parameters.checked(f"{self.kind} {wanted['name']}", parameters.differing(values, has), definitions)
        after = {**has, **changed}
        found: State = {
            "name": wanted["name"],
            "parameters": {name: value for name, value in after.items() if value is not None},
            "pending_reboot": parameters.static(changed, definitions),
        }
        if current is None:
            found["family"] = self._family(wanted)
            found["description"] = wanted.get("description") or f"{self._kind.kind.title()} parameters"
        else:
            found |= {name: wanted[name] for name in ("family", "description") if wanted.get(name)}
        if wanted.get("keep"):
            found["kept"] = self._record(wanted, current, changed)
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        fields = {"DBParameterGroupFamily": wanted["family"], "Description": wanted["description"]}
        if wanted.get("tags"):
            fields["Tags"] = tags.listed(wanted["tags"])
        made = api.create_parameter_group(self._client, self._kind, name, **fields)
        self._keep(name, {}, wanted.get("kept", {}), wanted["family"])
        self._write(name, {}, wanted["parameters"])
        return {**wanted, "arn": made.get(self._kind.arn)}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        # The record first: a run that is killed in between leaves values that it knows the way back from.
        if changes.get("kept"):
            self._keep(name, current["kept"], changes["kept"], current["family"])
        if "parameters" in changes:
            self._write(name, current["parameters"], changes["parameters"])
        if "kept" in changes and not changes["kept"]:
            api.delete_parameter_group(self._client, self._kind, self._wanted[name]["keep"]["name"])
        if "tags" in changes:
            api.update_tags(self._client, current["arn"], current["tags"], changes["tags"])
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        api.delete_parameter_group(self._client, self._kind, current["name"])

    def _look(self, wanted: State) -> State | None:
        name = wanted["name"]
        raw = api.parameter_group(self._client, self._kind, name)
        gone = wanted.get("state") == "absent"
        state = {**self.blank, "name": name}
        if raw:
            state |= {
                "arn": raw[self._kind.arn],
                "family": raw["DBParameterGroupFamily"],
                "description": raw["Description"],
                "parameters": {} if gone else self._set(name),
            }
            if "tags" in wanted and not gone:
                state["tags"] = api.tags(self._client, state["arn"])
        if gone:
            return state if raw else None
        if wanted.get("keep"):
            state["kept"] = self._kept(wanted["keep"]["name"])
        if parameters.differing(self._values(wanted, state), state["parameters"]):
            listed = (
                api.parameters(self._client, self._kind, name)
                if raw
                else api.default_parameters(self._client, self._kind, self._family(wanted))
            )
            self._definitions[name] = {one["ParameterName"]: one for one in listed}
        return state if raw else None

    def _set(self, name: str) -> parameters.Values:
        listed = api.parameters(self._client, self._kind, name, "user")
        return {one["ParameterName"]: one.get("ParameterValue") or "" for one in listed}

    def _values(self, wanted: State, current: State | None) -> parameters.Wanted:
        if (wanted.get("keep") or {}).get("restore"):
            return dict(current["kept"]) if current else {}
        values = parameters.wanted(wanted)
        if wanted.get("purge_parameters"):
            return {**dict.fromkeys(current["parameters"] if current else ()), **values}
        return values

    def _family(self, wanted: State) -> str:
        if not wanted.get("family"):
            raise ReplatformError(
                f"{self.kind} {wanted['name']} is not there, and a new one needs a family; give it one, such as"
                " aurora-mysql8.0, or correct the name.",
                code="InvalidOptions",
            )
        return str(wanted["family"])

    def _record(self, wanted: State, current: State | None, changed: Mapping[str, str | None]) -> dict[str, Any]:
        """What the record is to hold: by name the value to go back to, None for the engine's default."""
        if wanted["keep"]["restore"]:
            return {}
        has, kept = (current["parameters"], current["kept"]) if current else ({}, {})
        back = parameters.restored(wanted)
        now = {one["name"]: one.get("now") for one in wanted.get("settings") or ()}
        before: dict[str, Any] = {}
        for name, value in changed.items():
            # A setting that says "back to what it was" means the default where the group does not hold it.
            planned = back.get(name, now.get(name))
            before[name] = has.get(name) if planned in (None, now.get(name)) else planned
            if before[name] == value:
                del before[name]
        return {**before, **kept}

    def _kept(self, record: str) -> dict[str, Any]:
        """Values are parameters of the record; the names of those at the engine's default are its tags."""
        raw = api.parameter_group(self._client, self._kind, record)
        if raw is None:
            return {}
        return {**dict.fromkeys(api.tags(self._client, raw[self._kind.arn])), **self._set(record)}

    def _keep(self, name: str, has: Mapping[str, Any], kept: Mapping[str, Any], family: str) -> None:
        new = {key: value for key, value in kept.items() if key not in has}
        if not new:
            return
        record = self._wanted[name]["keep"]["name"]
        at_default = {key: "engine-default" for key, value in new.items() if value is None}
        raw = api.parameter_group(self._client, self._kind, record) or api.create_parameter_group(
            self._client,
            self._kind,
            record,
            DBParameterGroupFamily=family,
            Description=f"What {name} goes back to",
        )
        values = {key: value for key, value in new.items() if value is not None}
        static = parameters.static(values, self._definitions[name])
        api.set_parameters(self._client, self._kind, record, values, static)
        if at_default:
            api.update_tags(self._client, raw[self._kind.arn], {}, at_default)

    def _write(self, name: str, has: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        values, gone = tags.difference(has, wanted)
        static = parameters.static([*values, *gone], self._definitions.get(name, {}))
        api.set_parameters(self._client, self._kind, name, values, static)
        api.reset_parameters(self._client, self._kind, name, gone, static)


class ClusterParameterGroups(ParameterGroups):
    kind = api.CLUSTER.word
    blank: ClassVar[State] = {**BLANK, "kind": api.CLUSTER.kind}
    _kind = api.CLUSTER


class InstanceParameterGroups(ParameterGroups):
    kind = api.INSTANCE.word
    blank: ClassVar[State] = {**BLANK, "kind": api.INSTANCE.kind}
    _kind = api.INSTANCE


def ensure_groups(client: Any, wanted: Sequence[State], mode: Mode) -> Outcome:
    """Makes groups of both kinds so; the outcome has `before`, which is the list that takes every change back."""
    kinds = [
        (resource, [one for one in wanted if one.get("kind", "cluster") == resource.blank["kind"]])
        for resource in (ClusterParameterGroups, InstanceParameterGroups)
    ]

    def begun(mode: Mode) -> list[Begun]:
        return [begin(resource(client), items, mode) for resource, items in kinds if items]

    # Planned for both kinds before anything is written, and all that there is to do when nothing differs.
    planned = begun(replace(mode, check=True))
    changes = any(item.changed for one in planned for item in one.items)
    outcome = conclude(begun(mode) if changes and not mode.check else planned, mode)
    outcome.result.setdefault("parameter_groups", [])
    outcome.result["before"] = before(planned)
    return outcome


def before(planned: Sequence[Begun]) -> list[State]:
    """As items of the module: the groups of which parameters change, each with the values that these have now."""
    found = []
    for one in planned:
        for item in one.items:
            has = item.current["parameters"] if item.current else {}
            after = item.changes.get("parameters")
            if after is None or item.action != "update":
                continue
            names = sorted(name for name in has.keys() | after.keys() if has.get(name) != after.get(name))
            found.append(
                {"name": item.key, "kind": item.state["kind"], "parameters": {name: has.get(name) for name in names}}
            )
    return found
