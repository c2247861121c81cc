# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnet groups of databases as ensure() needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Resource, State
from .. import tags
from . import api, transform


class SubnetGroups(Resource):
    """The subnets that a cluster's instances may be in; those of two zones at least."""

    kind = "subnet group"
    plural = "subnet_groups"
    blank = transform.BLANK_SUBNET_GROUP

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        found = zip(wanted, each(self._look, wanted.values()), strict=True)
        return {name: state for name, state in found if state is not None}

    def desired(self, wanted: State, current: State | None) -> State:
        name = wanted["name"]
        if current is None and not wanted.get("subnet_ids"):
            raise ReplatformError(
                f"Subnet group {name} is not there, and a new one needs subnet_ids; give those of the database subnets,"
                " or correct the name.",
                code="InvalidOptions",
            )
        found: State = {"name": name}
        if wanted.get("subnet_ids"):
            found["subnet_ids"] = sorted(set(wanted["subnet_ids"]))
        if wanted.get("description") or current is None:
            found["description"] = wanted.get("description") or f"Subnets of {name}"
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        fields = {"DBSubnetGroupDescription": wanted["description"], "SubnetIds": wanted["subnet_ids"]}
        if wanted.get("tags"):
            fields["Tags"] = tags.listed(wanted["tags"])
        api.create_subnet_group(self._client, wanted["name"], **fields)
        return {**wanted, **(self._look({"name": wanted["name"]}) or {}), "tags": wanted.get("tags", {})}

    def update(self, current: State, changes: State) -> State:
        after = {**current, **changes}
        if changes.keys() & {"subnet_ids", "description"}:
            # The call takes all subnets, also when only the description changes.
            api.modify_subnet_group(
                self._client,
                current["name"],
                SubnetIds=after["subnet_ids"],
                DBSubnetGroupDescription=after["description"],
            )
        if "tags" in changes:
            api.update_tags(self._client, current["arn"], current["tags"], changes["tags"])
        return after

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        api.delete_subnet_group(self._client, current["name"])

    def _look(self, wanted: State) -> State | None:
        raw = api.subnet_group(self._client, wanted["name"])
        if raw is None:
            return None
        state = {**transform.subnet_group_from_api(raw), "name": wanted["name"]}
        if "tags" in wanted and wanted.get("state") != "absent":
            state["tags"] = api.tags(self._client, state["arn"])
        return state
