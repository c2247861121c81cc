# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom endpoints of Aurora clusters as ensure() needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...parallel import each
from ...resource import Resource, State
from .. import tags
from . import api, transform

MEMBERS = ("static_members", "excluded_members")


class Endpoints(Resource):
    """Custom endpoints, each of the cluster that its item names."""

    kind = "endpoint"
    plural = "endpoints"
    immutable = frozenset({"cluster"})
    blank = transform.BLANK_ENDPOINT

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        clusters = sorted({one["cluster"] for one in wanted.values()})
        raw = {
            name: one
            for listed in each(lambda cluster: api.endpoints(self._client, cluster), clusters)
            for name, one in listed.items()
        }
        found = {name: {**transform.endpoint_from_api(raw[name]), "name": name} for name in wanted if name in raw}
        tagged = [name for name in found if "tags" in wanted[name] and wanted[name].get("state") != "absent"]
        for name, has in zip(
            tagged, each(lambda name: api.tags(self._client, found[name]["arn"]), tagged), strict=True
        ):
            found[name]["tags"] = has
        return found

    def desired(self, wanted: State, current: State | None) -> State:
        found = {"name": wanted["name"], "cluster": wanted["cluster"], "type": wanted.get("type", "READER")}
        given = {name: sorted(set(wanted[name] or ())) for name in MEMBERS if name in wanted}
        if given:
            # An endpoint has a list of one kind, so that the other is empty.
            found |= {name: given.get(name, []) for name in MEMBERS}
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        fields: dict[str, Any] = {
            "DBClusterIdentifier": wanted["cluster"],
            "EndpointType": wanted["type"],
            **{parameter: value for parameter, value in _members(wanted).items() if value},
        }
        if wanted.get("tags"):
            fields["Tags"] = tags.listed(wanted["tags"])
        api.create_endpoint(self._client, wanted["name"], **fields)
        return {**wanted, "status": "creating"}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        if changes.keys() & {"type", *MEMBERS}:
            after = {**current, **changes}
            api.modify_endpoint(self._client, name, EndpointType=after["type"], **_members(after))
        if "tags" in changes:
            api.update_tags(self._client, current["arn"], current["tags"], changes["tags"])
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        if current["status"] != "deleting":
            api.delete_endpoint(self._client, current["name"])

    def ready(self, current: State) -> bool:
        return current["status"] in ("available", "inactive")


def _members(state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "StaticMembers": state.get("static_members") or [],
        "ExcludedMembers": state.get("excluded_members") or [],
    }
