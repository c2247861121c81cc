# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups, and apart from them their rules, which may name any other group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...resource import Resource, State
from . import api, rules
from .part import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .network import Network, Raw

DIRECTIONS = {"ingress": ("IpPermissions", "from"), "egress": ("IpPermissionsEgress", "to")}
DEFAULT = "default"
"""The group that every VPC has and nobody can delete; its rules are taken away (CIS AWS Foundations, 5.4)."""


class SecurityGroups(Part):
    kind = "security group"
    plural = "security_groups"
    type = "security-group"
    creation = ("create_security_group", "")
    deletion = ("delete_security_group", "GroupId")
    immutable = frozenset({"description"})
    blank: ClassVar[State] = {"name": None, "id": None, "description": None, "tags": {}}

    def state(self, raw: Raw) -> State:
        return {"description": raw.get("Description")}

    def desired(self, wanted: State, current: State | None) -> State:
        found = super().desired(wanted, current)
        if current is None:
            # EC2 wants one, and it stays for ever.
            found.setdefault("description", f"{self.network.short(wanted['name'])} of {self.network.name}")
        return found

    def create(self, wanted: State) -> State:
        raw = self.make(
            wanted,
            GroupName=wanted["name"],
            Description=wanted["description"],
            VpcId=self.network.id("vpc", self.network.name),
        )
        return {**wanted, "id": raw["GroupId"]}

    def update(self, current: State, changes: State) -> State:
        self.retag(current, changes)
        return {**current, **changes}


class SecurityGroupRules(Resource):
    """The rules of each group: descriptions by what a rule allows, such as "tcp 3306 from eks"."""

    kind = "rules of security group"
    plural = "security_group_rules"
    blank: ClassVar[State] = {"name": None, "ingress": {}, "egress": {}}

    def __init__(self, network: Network) -> None:
        self.network = network
        self._looked = False

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        if self._looked:
            self.network.refresh(SecurityGroups.kind)
        self._looked = True
        # As listed, without what this run made: those groups have no rules of ours yet.
        listed = {raw["GroupName"]: raw for raw in self.network.listing(SecurityGroups.kind)}
        found = {name: self._state(name, listed[name]) for name in wanted if name in listed}
        if DEFAULT in wanted and DEFAULT not in found:
            found[DEFAULT] = {"name": DEFAULT, "ingress": dict(rules.ALL_FROM_ITSELF), "egress": dict(rules.ALL_OUT)}
        going = [name for name, item in wanted.items() if item.get("state") == "absent"]
        ruleless = [
            name for name in going if name in found and not found[name]["ingress"] and not found[name]["egress"]
        ]
        return {name: state for name, state in found.items() if name not in ruleless}

    def desired(self, wanted: State, current: State | None) -> State:
        found = super().desired(wanted, current)
        return {"egress": dict(rules.ALL_OUT), **found} if current is None else found

    def create(self, wanted: State) -> State:
        new = {"ingress": {}, "egress": dict(rules.ALL_OUT)}
        self._set(wanted["name"], new, wanted)
        return wanted

    def update(self, current: State, changes: State) -> State:
        self._set(current["name"], current, changes)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  nothing more to be known
        self._set(current["name"], current, {"ingress": {}, "egress": {}})

    def _state(self, name: str, raw: Raw) -> State:
        return {
            "name": name,
            **{
                direction: rules.from_api(raw.get(permissions) or (), word, self._called)
                for direction, (permissions, word) in DIRECTIONS.items()
            },
        }

    def _called(self, group_id: str) -> str:
        """Groups of the network and the default one by their short name, others by their id."""
        for raw in self.network.listing(SecurityGroups.kind):
            name = str(raw["GroupName"])
            if raw["GroupId"] == group_id and (name == DEFAULT or name.startswith(self.network.full(""))):
                return self.network.short(name)
        return group_id

    def _set(self, name: str, has: State, wanted: State) -> None:
        for direction in DIRECTIONS:
            if direction in wanted and wanted[direction] != has[direction]:
                self._set_direction(name, direction, has[direction], wanted[direction])

    def _set_direction(self, name: str, direction: str, has: rules.Rules, wanted: rules.Rules) -> None:
        """New rules come before old ones go, so that nothing that stays allowed is cut in between."""
        what = f"{direction} rules of security group {name}"
        group_id = self._id(name)
        new = {rule: text for rule, text in wanted.items() if rule not in has}
        described = {rule: text for rule, text in wanted.items() if rule in has and has[rule] != text}
        gone = {rule: text for rule, text in has.items() if rule not in wanted}
        if new:
            # A repeated call whose first reply was lost.
            api.unless(
                ["InvalidPermission.Duplicate"],
                lambda: self._call(f"add {what}", f"authorize_security_group_{direction}", group_id, new),
            )
        if described:
            operation = f"update_security_group_rule_descriptions_{direction}"
            self._call(f"describe {what}", operation, group_id, described)
        if gone:
            api.unless(
                ["InvalidPermission.NotFound"],
                lambda: self._call(f"remove {what}", f"revoke_security_group_{direction}", group_id, gone),
            )

    def _call(self, what: str, operation: str, group_id: str, some: rules.Rules) -> Any:
        return api.patiently(
            lambda: api.call(
                self.network.client, what, operation, GroupId=group_id, IpPermissions=rules.to_api(some, self._peer_id)
            ),
            "InvalidGroup.NotFound",
            api.PAUSES_S if self.network.made_some else (),
        )

    def _peer_id(self, short: str) -> str:
        return self._id(short if short == DEFAULT else self.network.full(short))

    def _id(self, name: str) -> str:
        if name == DEFAULT and not any(
            raw["GroupName"] == DEFAULT for raw in self.network.listing(SecurityGroups.kind)
        ):
            # Came with the VPC that this run made.
            self.network.refresh(SecurityGroups.kind)
        return self.network.id(SecurityGroups.kind, name)
