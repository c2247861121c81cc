# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed node groups of one EKS cluster as ensure() needs them, and what is known of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import Mode, Outcome, Resource, State, Unfinished, ensure
from ..errors import region
from ..tags import difference
from . import api
from . import nodegroups_transform as transform
from .updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Nodegroups(Resource):
    """Node groups of one cluster."""

    kind = "node group"
    plural = "nodegroups"
    immutable = transform.IMMUTABLE
    immutable_way = (
        "EKS cannot change that of a node group. Give the old value, or replace the group: add one of another name with"
        " the new value, wait for its nodes, and set state absent for the old one, which drains it"
    )
    blank = transform.BLANK

    def __init__(self, client: Any, cluster: str, mode: Mode) -> None:
        self._client = client
        self._cluster = cluster
        self._mode = mode
        self._force: dict[str, bool] = {}
        self._updates = Updates(client, cluster, mode, nodegroups=True)
        self._begun: set[str] = set()

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        found = {
            name: transform.state_from_api(one)
            for name, one in api.nodegroups(self._client, self._cluster, wanted).items()
        }
        self._refuse_no_cluster(wanted, found)
        return found

    def desired(self, wanted: State, current: State | None) -> State:
        if wanted.get("ami_type"):
            api.refuse_unknown(self._client, "AMITypes", wanted["ami_type"], f"ami_type of {wanted['name']}")
        if current and current["status"] in ("DELETING", "CREATE_FAILED", "DELETE_FAILED"):
            raise self._lost(current)
        self._force[wanted["name"]] = bool(wanted.get("force_update"))
        return transform.desired(wanted, current)

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        self._begun.add(name)
        created = api.create_nodegroup(self._client, self._cluster, name, transform.fields_of_creation(wanted))
        return {**wanted, **transform.state_from_api(created)}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        if "tags" in changes:
            api.tag(self._client, current["arn"], *difference(current["tags"], changes["tags"]))
        if steps := self._steps(current, changes):
            self._begun.add(name)
            if current["status"] not in ("ACTIVE", "DEGRADED"):
                self._updates.idle(name, lambda: (api.nodegroup(self._client, self._cluster, name) or {}).get("status"))
            self._updates.begin(name, steps)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  an absent group has no options
        if current["status"] != "DELETING":
            api.delete_nodegroup(self._client, self._cluster, current["name"])

    def ready(self, current: State) -> bool:
        name = current["name"]
        if not self._updates.finished(name):
            return False
        # A group that was not touched may be degraded for a while, such as without Spot capacity: told, no failure.
        if current["status"] == "CREATE_FAILED" or (current["status"] == "DEGRADED" and name in self._begun):
            raise self._lost(current)
        return current["status"] in ("ACTIVE", "DEGRADED")

    def _steps(self, current: State, changes: State) -> list[Callable[[], api.Answer]]:
        name = current["name"]
        found: list[Callable[[], api.Answer]] = []
        if fields := transform.config_fields(current, changes):
            found.append(partial(api.update_nodegroup, self._client, self._cluster, name, fields))
        if fields := transform.upgrade_fields(current, changes, self._force.get(name, False)):
            found.append(partial(api.upgrade_nodegroup, self._client, self._cluster, name, fields))
        return found

    def _refuse_no_cluster(self, wanted: Mapping[str, State], found: Mapping[str, State]) -> None:
        """Says it once, before every group's creation says it for itself. In check mode it may be made just before."""
        asked_for = any(item.get("state") != "absent" for item in wanted.values())
        if asked_for and not found and not self._mode.check and not api.cluster(self._client, self._cluster):
            raise ReplatformError(
                f"EKS cluster {self._cluster} does not exist {region(self._client)}; make it first with"
                " replatform.aws.eks_cluster, or correct cluster_name.",
                code="ResourceNotFoundException",
            )

    def _lost(self, current: State) -> ReplatformError:
        name, status = current["name"], current["status"]
        if status == "DELETING":
            return ReplatformError(
                f"Node group {name} of EKS cluster {self._cluster} is being deleted; run again when it is gone, to have"
                " a new one.",
                code="BeingDeleted",
            )
        why = "; ".join(current["health_issues"]) or "EKS names no health issue"
        what = "correct the cause and run again"
        if status != "DEGRADED":
            what = "correct the cause, delete the group with state absent, and run again"
        return ReplatformError(
            f"Node group {name} of EKS cluster {self._cluster} is {status}: {why}; {what}.",
            code="NodegroupFailed",
            status=status,
            issues=current["health_issues"],
        )


def ensure_nodegroups(client: Any, cluster: str, wanted: Sequence[State], mode: Mode) -> Outcome:
    """What making the node groups so came to; health issues of those that are there are warnings."""
    nodegroups = Nodegroups(client, cluster, mode)
    try:
        return _warned(ensure(nodegroups, wanted, mode), cluster)
    except Unfinished as exc:
        _warned(exc.outcome, cluster)
        raise


def info(client: Any, cluster: str, *, names: Sequence[str] | None = None) -> list[State]:
    """The node groups of these names that exist, or all of the cluster, by name."""
    chosen = list(dict.fromkeys(names)) if names is not None else api.nodegroup_names(client, cluster)
    found = api.nodegroups(client, cluster, chosen)
    return [transform.state_from_api(found[name]) for name in sorted(found)]


def _warned(outcome: Outcome, cluster: str) -> Outcome:
    outcome.warnings += [
        f"Node group {one['name']} of EKS cluster {cluster} is not well: {issue}"
        for one in outcome.result["nodegroups"]
        if not one.get("failed")
        for issue in one["health_issues"]
    ]
    return outcome
