# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances of Aurora clusters as ensure() needs them, and their reboots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import ReplatformError
from ...resource import Resource, State
from .. import tags
from . import api, transform
from .clusters import refuse_broken
from .view import Changed

if TYPE_CHECKING:
    from .view import View

STEADY = frozenset({"available", "stopped", "backing-up", "storage-optimization", "storage-full"})


class Instances(Resource):
    """Instances, each in the cluster that its item names."""

    kind = "instance"
    plural = "instances"
    immutable = frozenset({"cluster", "availability_zone"})
    blank = transform.BLANK_INSTANCE

    def __init__(self, client: Any, view: View) -> None:
        self._client = client
        self._view = view
        self._looked = False
        self._wanted: dict[str, State] = {}
        self._awaited: dict[str, State] = {}

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        raw = self._view.instances(again=self._looked)
        found = {name: {**transform.instance_from_api(raw[name]), "name": name} for name in wanted if name in raw}
        if not self._looked:
            self._looked = True
            self._wanted = dict(wanted)
            for name, options in wanted.items():
                _refuse(options, found.get(name))
        return found

    def desired(self, wanted: State, current: State | None) -> State:
        found = {"name": wanted["name"], **transform.wanted_instance(wanted)}
        if current:
            now = bool(wanted.get("apply_immediately"))
            found = transform.deferred(found, current, transform.DEFERRED_INSTANCE, now=now)
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        fields = transform.parameters_of(wanted, transform.INSTANCE)
        if wanted.get("tags"):
            fields["Tags"] = tags.listed(wanted["tags"])
        api.create_instance(self._client, wanted["name"], **fields)
        return {**wanted, "status": "creating"}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        pending = changes.get("pending") or {}
        asked = {**changes, **{key: value for key, value in pending.items() if current["pending"].get(key) != value}}
        if asked.get("monitoring_interval"):
            asked.setdefault("monitoring_role_arn", current["monitoring_role_arn"])
        fields = transform.parameters_of(asked, transform.INSTANCE)
        if fields:
            now = transform.sent_at_once(current, changes, now=bool(self._wanted[name].get("apply_immediately")))
            api.modify_instance(self._client, name, ApplyImmediately=now, **fields)
            self._awaited[name] = {key: changes[key] for key in transform.DEFERRED_INSTANCE if key in changes}
        if "tags" in changes:
            api.update_tags(self._client, current["arn"], current["tags"], changes["tags"])
        return {**current, **changes, "status": "modifying" if fields else current["status"]}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        if current["status"] != "deleting":
            api.delete_instance(self._client, current["name"])

    def ready(self, current: State) -> bool:
        refuse_broken(self.kind, current["name"], current["status"] or "")
        awaited = self._awaited.get(current["name"], {})
        return current["status"] in STEADY and all(current[key] == value for key, value in awaited.items())


class Reboots(Resource):
    """Instances that wait for a reboot to have what their parameter groups say; rebooted only where that is asked.

    `pending`: the groups whose static parameters an instance does not have yet.
    """

    kind = "reboot of instance"
    plural = "reboots"
    blank: ClassVar[State] = {"name": None, "pending": [], "status": None}

    def __init__(self, client: Any, view: View, changed: Changed) -> None:
        self._client = client
        self._view = view
        self._changed = changed
        self._looked = False
        self._rebooted: set[str] = set()

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        if self._looked:
            self._view.forget()
            self._changed = Changed()
        self._looked = True
        pending = self._view.pending_reboot(self._changed)
        raw = self._view.instances()
        return {
            name: {"name": name, "pending": pending[name], "status": raw[name].get("DBInstanceStatus")}
            for name in wanted
            if name in raw
        }

    def desired(self, wanted: State, current: State | None) -> State:
        # An instance that is only going to be made has all parameters from its start.
        return {"pending": []} if wanted.get("reboot") and current else {}

    def create(self, wanted: State) -> State:
        return wanted

    def update(self, current: State, changes: State) -> State:
        self._rebooted.add(current["name"])
        api.reboot_instance(self._client, current["name"])
        return {**current, **changes, "status": "rebooting"}

    def delete(self, current: State, wanted: State) -> None:
        """Nobody asks for it: no reboot is ever absent."""

    def ready(self, current: State) -> bool:
        if current["name"] not in self._rebooted:
            return True
        refuse_broken("instance", current["name"], current["status"] or "")
        return current["status"] in STEADY and not current["pending"]


def _refuse(options: State, current: State | None) -> None:
    """Raises: ReplatformError for what must not be begun."""
    name = options["name"]
    if options.get("state") == "absent":
        return
    if current is None and not options.get("instance_class"):
        raise ReplatformError(
            f"Instance {name} is not there, and a new one needs instance_class; give it, or correct the name.",
            code="InvalidOptions",
        )
    if current and current["status"] == "deleting":
        raise ReplatformError(
            f"Instance {name} is being deleted; wait until it is gone and run again.", code="BeingDeleted"
        )
    interval, role = options.get("monitoring_interval"), options.get("monitoring_role_arn")
    if interval and not role and not (current and current["monitoring_role_arn"]):
        raise ReplatformError(
            f"Instance {name} has monitoring_interval {interval} but no monitoring_role_arn; give the role that sends"
            " its metrics, or interval 0.",
            code="InvalidOptions",
        )
    if role and not role.startswith("arn:"):
        raise ReplatformError(
            f"Instance {name} has the monitoring_role_arn {role}, which is no ARN; give the role's ARN.",
            code="InvalidOptions",
        )
