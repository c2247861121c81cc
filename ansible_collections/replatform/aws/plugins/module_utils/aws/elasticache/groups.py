# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnet groups and parameter groups as ensure() needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Resource, State
from ..tags import listed
from . import api, transform

if TYPE_CHECKING:
    from collections.abc import Mapping


class SubnetGroups(Resource):
    kind = "subnet group"
    plural = "subnet_groups"
    blank = transform.SUBNET_GROUP

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        if not wanted:
            return {}
        found = {one["CacheSubnetGroupName"]: one for one in api.subnet_groups(self._client)}
        there = {name: found[name] for name in wanted if name in found}
        tags = tags_of(self._client, there, wanted)
        return {name: transform.subnet_group(one, tags.get(name, {})) for name, one in there.items()}

    def desired(self, wanted: State, current: State | None) -> State:
        found = transform.wanted_subnet_group(wanted, current)
        if current is None and not found.get("subnet_ids"):
            raise lacking(f"subnet group {wanted['name']}", "subnet_ids")
        return found

    def create(self, wanted: State) -> State:
        made = api.create(
            self._client,
            f"subnet group {wanted['name']}",
            "create_cache_subnet_group",
            CacheSubnetGroupName=wanted["name"],
            CacheSubnetGroupDescription=wanted["description"],
            SubnetIds=wanted["subnet_ids"],
            **tagged(wanted),
        )
        return {**wanted, "arn": (made or {}).get("ARN"), "vpc_id": (made or {}).get("VpcId")}

    def update(self, current: State, changes: State) -> State:
        fields: dict[str, Any] = {}
        if "subnet_ids" in changes:
            fields["SubnetIds"] = changes["subnet_ids"]
        if "description" in changes:
            fields["CacheSubnetGroupDescription"] = changes["description"]
        if fields:
            api.modify(
                self._client,
                f"subnet group {current['name']}",
                "modify_cache_subnet_group",
                CacheSubnetGroupName=current["name"],
                **fields,
            )
        if "tags" in changes:
            api.retag(self._client, current["arn"], changes["tags"])
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  nothing else is needed
        name = current["name"]
        api.delete(self._client, f"subnet group {name}", "delete_cache_subnet_group", CacheSubnetGroupName=name)


class ParameterGroups(Resource):
    """Parameter groups of every family that the service knows; values are compared with what it allows."""

    kind = "parameter group"
    plural = "parameter_groups"
    blank = transform.PARAMETER_GROUP

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: dict[str, list[dict[str, Any]]] = {}
        self.need_reboot: dict[str, list[str]] = {}
        """Parameters that were changed and that the nodes take over when they start again, by group."""

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        if not wanted:
            return {}
        found = {one["CacheParameterGroupName"]: one for one in api.parameter_groups(self._client)}
        there = {name: found[name] for name in wanted if name in found}
        compared = {name: one for name, one in wanted.items() if one.get("parameters") is not None and not leaves(one)}
        self._learn(compared, set(there))
        tags = tags_of(self._client, there, wanted)
        return {
            name: transform.parameter_group(
                one, self._known.get(name, ()), wanted[name].get("parameters") or (), tags.get(name, {})
            )
            for name, one in there.items()
        }

    def _learn(self, wanted: Mapping[str, State], there: set[str]) -> None:
        """Reads the parameters of every group, or of its family while there is no group, side by side."""
        ask = [(name, None) for name in wanted if name in there]
        ask += [(name, one["family"]) for name, one in wanted.items() if name not in there and one.get("family")]

        def parameters(one: tuple[str, str | None]) -> list[dict[str, Any]]:
            name, family = one
            return api.default_parameters(self._client, family) if family else api.parameters(self._client, name)

        for (name, _family), known in zip(ask, each(parameters, ask), strict=True):
            self._known[name] = known

    def desired(self, wanted: State, current: State | None) -> State:
        name = wanted["name"]
        found = transform.wanted_parameter_group(wanted, current)
        if current is None and not found.get("family"):
            raise lacking(f"parameter group {name}", "family")
        for attribute in ("family", "description"):
            if current and current[attribute] != found.get(attribute, current[attribute]):
                raise transform.immutable(
                    self.kind, name, attribute, current[attribute], found[attribute],
                    "make a parameter group of another name, give it to the replication groups and remove this one",
                )  # fmt: skip
        if "parameters" in found:
            named = {str(key): found["parameters"][str(key)] for key in wanted["parameters"]}
            transform.refused_parameter(named, self._known.get(name, ()), f"parameter group {name}")
        return found

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        made = api.create(
            self._client,
            f"parameter group {name}",
            "create_cache_parameter_group",
            CacheParameterGroupName=name,
            CacheParameterGroupFamily=wanted["family"],
            Description=wanted["description"],
            **tagged(wanted),
        )
        defaults = {one["ParameterName"]: one.get("ParameterValue", "") for one in self._known.get(name, ())}
        different = {key: value for key, value in wanted.get("parameters", {}).items() if defaults.get(key) != value}
        if different:
            api.set_parameters(self._client, name, different)
        return {**wanted, "arn": (made or {}).get("ARN")}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        if "parameters" in changes:
            has, new = current["parameters"], changes["parameters"]
            differing = {key: value for key, value in new.items() if has.get(key) != value}
            gone = sorted(has.keys() - new.keys())
            if differing:
                api.set_parameters(self._client, name, differing)
            if gone:
                api.reset_parameters(self._client, name, gone)
            static = {one["ParameterName"] for one in self._known[name] if one.get("ChangeType") == "requires-reboot"}
            if late := sorted(static & {*differing, *gone}):
                self.need_reboot[name] = late
        if "tags" in changes:
            api.retag(self._client, current["arn"], changes["tags"])
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  nothing else is needed
        name = current["name"]
        what = f"parameter group {name}"
        api.delete(self._client, what, "delete_cache_parameter_group", CacheParameterGroupName=name)


def tags_of(client: Any, there: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, State]) -> dict[str, Any]:
    """The tags of those whose tags are asked about, by name."""
    asked = {name for name, one in wanted.items() if "tags" in one and not leaves(one)}
    return api.tags(client, {name: one["ARN"] for name, one in there.items() if name in asked})


def leaves(wanted: State) -> bool:
    """Whether it shall go away, so that nothing of it is compared."""
    return wanted.get("state") == "absent"


def tagged(wanted: State) -> dict[str, Any]:
    return {"Tags": listed(wanted["tags"])} if wanted.get("tags") else {}


def lacking(what: str, option: str) -> ReplatformError:
    return ReplatformError(
        f"{what} does not exist and cannot be made without {option}; give it, or correct the name.",
        code="InvalidOptions",
        lacking=option,
    )
