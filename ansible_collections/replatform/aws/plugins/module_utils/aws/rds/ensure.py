# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters with all that belongs to them in the order that the service wants, begun together and awaited once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ...errors import ReplatformError
from ...resource import POLL_S, Begun, Item, Mode, Outcome, Resource, State, Unfinished, begin, conclude, wait
from .. import tags
from .clusters import Clusters
from .endpoints import Endpoints
from .instances import Instances, Reboots
from .parameter_groups import ClusterParameterGroups, InstanceParameterGroups, ParameterGroups
from .parameters import DEFAULT, family
from .subnet_groups import SubnetGroups
from .view import Changed, View


def ensure_clusters(client: Any, kms: Any, wanted: Sequence[State], mode: Mode) -> Outcome:
    """Makes every cluster of `wanted` so, with its groups, instances and endpoints.

    All of it is planned before anything is written, so that what must not be begun is refused in time; where nothing
    differs the plan is all there is to do.
    """
    run = _Run(client, kms, wanted, replace(mode, check=True))
    run.begin()
    if run.changes and not mode.check:
        run = _Run(client, kms, wanted, mode)
        run.begin()
    return run.conclude(mode)


class _Run:
    """One pass over all kinds, which in check mode only looks and predicts."""

    def __init__(self, client: Any, kms: Any, wanted: Sequence[State], mode: Mode) -> None:
        self._client = client
        self._mode = mode
        self._wanted = [{**one, "name": str(one["name"]).lower()} for one in wanted]
        self._present = [one for one in self._wanted if one.get("state") != "absent"]
        self._absent = [one for one in self._wanted if one.get("state") == "absent"]
        names = dict.fromkeys(one["name"] for one in self._wanted)
        self._view = View(client, names)
        self._clusters = Clusters(client, kms, self._view, check=mode.check)
        self._begun: list[Begun] = []

    @property
    def changes(self) -> bool:
        return any(item.changed for begun in self._begun for item in begun.items)

    def begin(self) -> None:
        """Begins all kinds as far as none has failed; conclude() tells of the failure."""
        self._clusters.refuse(self._wanted)
        for step in (self._groups, self._leave, self._clusters_themselves, self._members, self._reboots, self._last):
            step()
            if any(begun.failed for begun in self._begun):
                return

    def conclude(self, mode: Mode) -> Outcome:
        _settle(self._begun, mode)
        try:
            outcome = conclude(self._begun, mode)
        except Unfinished as exc:
            self._complete(exc.outcome)
            raise
        self._complete(outcome)
        return outcome

    def _complete(self, outcome: Outcome) -> None:
        for kind in ("clusters", "instances", "endpoints", "parameter_groups", "subnet_groups", "reboots"):
            outcome.result.setdefault(kind, [])
        waiting = [one["name"] for one in outcome.result["reboots"] if one["pending"]]
        outcome.result["pending_reboot"] = waiting
        outcome.warnings += self._clusters.warnings

    def _step(self, resource: Resource, wanted: Iterable[State]) -> Begun | None:
        items = list(wanted)
        if not items:
            return None
        begun = begin(resource, items, self._mode)
        self._begun.append(begun)
        return begun

    def _groups(self) -> None:
        self._step(SubnetGroups(self._client), [one for one in _subnet_groups(self._present) if one.get("subnet_ids")])
        self._step(ClusterParameterGroups(self._client), _cluster_groups(self._present))
        self._step(InstanceParameterGroups(self._client), _instance_groups(self._present))

    def _leave(self) -> None:
        """What goes before its cluster does, and members of a cluster that stays."""
        doomed = [
            {"name": name, "cluster": one["name"], "state": "absent"}
            for one in self._absent
            for name in self._view.members(one["name"])
        ]
        endpoints = [one for one in _endpoints(self._wanted) if one["state"] == "absent"]
        self._step(Endpoints(self._client), endpoints)
        gone = [one for one in _instances(self._present) if one.get("state") == "absent"]
        self._step(Instances(self._client, self._view), [*doomed, *gone])

    def _clusters_themselves(self) -> None:
        begun = self._step(self._clusters, self._wanted)
        if begun and any(item.action == "update" and item.changed for item in begun.items):
            # Instances cannot be changed while their cluster is.
            wait([begun], self._mode)

    def _members(self) -> None:
        """New instances at once, changed ones readers first: the writer's interruption is then the only one left."""
        wanted = [one for one in _instances(self._present) if one.get("state") != "absent"]
        writers = {self._view.writer(one["name"]) for one in self._present}
        # Of a cluster without instances the first one becomes the writer.
        first = [_first(one) for one in self._present if one.get("instances") and not self._view.members(one["name"])]
        readers = [one for one in wanted if one["name"] not in writers and one["name"] not in first]
        self._step(Instances(self._client, self._view), [one for one in wanted if one["name"] in first])
        begun = self._step(Instances(self._client, self._view), readers)
        last = [one for one in wanted if one["name"] in writers]
        if begun and last and any(item.action == "update" and item.changed for item in begun.items):
            wait([begun], self._mode)
        self._step(Instances(self._client, self._view), last)

    def _reboots(self) -> None:
        """Readers first again; an instance that is new needs none."""
        new = {item.key for item in self._items(Instances) if item.action == "create"}
        gone = {item.key for item in self._items(Instances) if item.wanted.get("state") == "absent"}
        changed = self._changed()
        if not self._mode.check:
            wait(self._begun, self._mode)
            self._view.forget()
        for writers in (False, True):
            wanted = [
                {"name": name, "reboot": bool(one.get("reboot"))}
                for one in self._present
                for name in self._view.members(one["name"])
                if name not in new | gone and (name == self._view.writer(one["name"])) == writers
            ]
            begun = self._step(Reboots(self._client, self._view, changed), wanted)
            if begun and not writers:
                wait([begun], self._mode)

    def _last(self) -> None:
        """What can only be made when all members are there, and what can only go when nothing uses it any more."""
        endpoints = [one for one in _endpoints(self._present) if one["state"] != "absent"]
        if self._absent or endpoints:
            wait(self._begun, self._mode)
        self._step(Endpoints(self._client), endpoints)
        leaving = {item.key for item in self._items(Clusters) if item.action == "delete"}
        # Groups stay for a next run where nobody waits until their cluster is gone.
        gone = [one for one in self._absent if self._mode.wait or one["name"] not in leaving]
        self._step(SubnetGroups(self._client), _as_absent(_subnet_groups(gone)))
        self._step(ClusterParameterGroups(self._client), _as_absent(_cluster_groups(gone)))
        self._step(InstanceParameterGroups(self._client), _as_absent(_instance_groups(gone)))

    def _items(self, kind: type[Resource]) -> list[Item]:
        return [item for begun in self._begun if isinstance(begun.resource, kind) for item in begun.items]

    def _changed(self) -> Changed:
        def static(kind: type[ParameterGroups]) -> set[str]:
            return {item.key for item in self._items(kind) if item.action == "update" and item.state["pending_reboot"]}

        associated = {
            f"{item.key}": item.changes["parameter_group"]
            for kind in (Clusters, Instances)
            for item in self._items(kind)
            if item.action == "update" and "parameter_group" in item.changes
        }
        return Changed(static(ClusterParameterGroups), static(InstanceParameterGroups), associated)


def _settle(begun: Sequence[Begun], mode: Mode) -> None:
    """Waits for what an earlier run has begun and this one found as it should be, but not finished."""
    if mode.check or not mode.wait:
        return
    deadline, pause = time.monotonic() + mode.wait_timeout, POLL_S[0]
    while left := [(one.resource, item) for one in begun for item in one.items if _unfinished(one.resource, item)]:
        if time.monotonic() + pause > deadline:
            for resource, item in left:
                item.error = ReplatformError(
                    f"{resource.kind} {item.key} was not ready after {mode.wait_timeout} s (last seen:"
                    f" {item.state.get('status')}); run again with a larger wait_timeout, it continues from here.",
                    code="WaitTimeout",
                )
            return
        time.sleep(pause)
        pause = min(pause * 1.5, POLL_S[1])
        for resource in {id(resource): resource for resource, _item in left}.values():
            items = [item for of, item in left if of is resource]
            found = resource.find({item.key: item.wanted for item in items})
            for item in items:
                item.state = {**resource.blank, **found.get(item.key, item.state)}


def _unfinished(resource: Resource, item: Item) -> bool:
    if item.action != "none" or item.current is None or item.error:
        return False
    try:
        return not resource.ready(item.state)
    except ReplatformError as exc:
        item.error = exc
        return False


def _subnet_groups(clusters: Iterable[State]) -> list[State]:
    return _unique(_tagged(one["subnet_group"], one) for one in clusters if one.get("subnet_group"))


def _cluster_groups(clusters: Iterable[State]) -> list[State]:
    return _groups((one["parameter_group"], one) for one in clusters if one.get("parameter_group"))


def _instance_groups(clusters: Iterable[State]) -> list[State]:
    return _groups((group, one) for one in clusters for group in one.get("instance_parameter_groups") or ())


def _groups(named: Iterable[tuple[State, State]]) -> list[State]:
    """Groups that can be made; those of AWS itself are only used."""
    return _unique(
        _tagged({**group, "family": group.get("family") or family(one.get("engine_version"))}, one)
        for group, one in named
        if not group["name"].startswith(DEFAULT)
    )


def _instances(clusters: Iterable[State]) -> list[State]:
    return [
        {**_tagged(instance, one), "cluster": one["name"], "apply_immediately": bool(one.get("apply_immediately"))}
        for one in clusters
        for instance in one.get("instances") or ()
    ]


def _first(cluster: State) -> str:
    instances = [one for one in cluster["instances"] if one.get("state") != "absent"] or cluster["instances"]
    return str(min(instances, key=lambda one: one.get("promotion_tier", 1))["name"]).lower()


def _endpoints(clusters: Iterable[State]) -> list[State]:
    return [
        {
            **_tagged(endpoint, one),
            "cluster": one["name"],
            "state": "absent" if one.get("state") == "absent" else endpoint.get("state", "present"),
        }
        for one in clusters
        for endpoint in one.get("endpoints") or ()
    ]


def _tagged(item: State, cluster: State) -> State:
    return {**tags.beside([item], cluster)[0], "name": str(item["name"]).lower()}


def _unique(items: Iterable[State]) -> list[State]:
    """Without the groups that a second cluster uses as well, where it describes them alike."""
    found: list[State] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _as_absent(items: Iterable[State]) -> list[State]:
    return [{**item, "state": "absent"} for item in items]
