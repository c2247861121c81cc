# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replication groups as ensure() needs them, and what the info module tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import Resource, State
from . import api, transform
from .groups import lacking, leaves
from .steps import Step, Steps
from .users import refused_while_deleted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

GIVEN_UP = {
    "create-failed": "could not be created",
    "incompatible-network": "does not fit its network",
    "restore-failed": "could not be filled from the snapshot",
}
ARRIVES = ("engine_version", "node_type", "replicas", "shards")
"""What has to be seen in an answer before a change counts as finished: an answer may still be the one from before."""
AT_ONCE = {"ApplyImmediately": True}
"""The service makes these changes at no other time (API reference: IncreaseReplicaCount, ModifyReplicationGroup)."""


class ReplicationGroups(Resource):
    kind = "replication group"
    plural = "replication_groups"
    blank = transform.REPLICATION_GROUP

    def __init__(self, client: Any, kms: Callable[[], Any], *, wait: bool, check: bool) -> None:
        self._client = client
        self._kms = kms
        self._check = check
        self._wanted: dict[str, State] = {}
        self._changes: dict[str, State] = {}
        self._found: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, str] = {}
        self.steps = Steps(wait)

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        if not wanted:
            return {}
        self._wanted.update(wanted)
        groups = {one["ReplicationGroupId"]: one for one in api.replication_groups(self._client)}
        there = {name: groups[name] for name in wanted if name in groups}
        self._found.update(there)
        nodes = by_group(api.clusters(self._client)) if there else {}
        # The tags of a group that the service is at work on cannot be read (API reference, ListTagsForResource).
        ask = {
            name: one["ARN"]
            for name, one in there.items()
            if "tags" in wanted[name] and one.get("Status") == "available" and not leaves(wanted[name])
        }
        tags = api.tags(self._client, ask)
        self._learn_keys(wanted.values())
        return {
            name: transform.replication_group(one, next(iter(nodes.get(name, ())), {}), tags.get(name, {}))
            for name, one in there.items()
        }

    def _learn_keys(self, wanted: Iterable[State]) -> None:
        """Finds the key behind each alias: a replication group tells its key by ARN only."""
        for one in wanted:
            alias = one.get("kms_key_id") or ""
            if "alias/" not in alias or alias in self._keys or leaves(one):
                continue
            arn = api.key_arn(self._kms(), alias)
            if arn is None and not self._check:
                raise ReplatformError(
                    f"replication group {one['name']}: there is no KMS key {alias}; create it first, or correct"
                    " kms_key_id.",
                    code="NotFoundException",
                )
            self._keys[alias] = arn or alias

    def desired(self, wanted: State, current: State | None) -> State:
        name = wanted["name"]
        refused_while_deleted(self.kind, name, current)
        if current and current["status"] in GIVEN_UP:
            raise _given_up(current)
        if current and current["status"] == "creating":
            # Only waited for: it tells the rest when it is there.
            return {"name": name, "status": "available"}
        key = wanted.get("kms_key_id")
        options = {**wanted, "kms_key_id": self._keys.get(key, key)} if key else wanted
        found = transform.wanted_replication_group(options, current)
        transform.refused_replication_group({**transform.REPLICATION_GROUP, **(current or {}), **found}, found)
        if current is None:
            if not found.get("node_type"):
                raise lacking(f"replication group {name}", "node_type")
            return found
        transform.refused_change(current, found)
        if current["status"] == "modifying":
            found["status"] = "available"
        return found

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        parameters = transform.create_replication_group(wanted, self._wanted[name])
        made = api.create(self._client, f"replication group {name}", "create_replication_group", **parameters)
        self._changes[name] = wanted
        # Looked at once more in any case, as the endpoints are not there before it is available.
        return {**wanted, "arn": (made or {}).get("ARN"), "status": "creating"}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        self._changes[name] = changes
        steps = list(self._steps(current, changes))
        status = self.steps.begin(name, steps, current["status"])
        if current["status"] not in transform.IDLE and not self.steps.waits and steps:
            raise ReplatformError(
                f"replication group {name} is {current['status']}, so that nothing of it can be changed now; run again"
                " when it is available, or with wait.",
                code="InvalidReplicationGroupState",
            )
        return {**current, **changes, "status": status}

    def _steps(self, current: State, changes: State) -> Iterable[Step]:
        """The calls that make the changes, in an order in which each is allowed.

        One kind of change a call, as the service refuses many of them beside each other.
        """
        name = current["name"]
        more = changes.get("replicas", 0) > current["replicas"]
        if more:
            # Before what needs replicas, such as failover.
            yield self._count(name, "increase_replica_count", changes["replicas"])
        if fields := transform.modification(changes, current):
            if not current["snapshot_retention_days"] and changes.get("snapshot_retention_days"):
                fields |= self._snapshot_source(name, current)
            settings = changes.keys() & {*transform.SETTINGS, "log_delivery", "description", "notification_topic_arn"}
            yield self._modify(name, settings, {**fields, **AT_ONCE})
        for attributes, fields in transform.modifications(changes, current):
            late = attributes & transform.LATE and not self._wanted[name].get("apply_immediately")
            yield self._modify(name, attributes, {**fields, **({"ApplyImmediately": False} if late else AT_ONCE)})
        if "shards" in changes:
            yield Step(("shards",), lambda: self._reshard(name, current["shards"], changes["shards"]))
        if "replicas" in changes and not more:
            yield self._count(name, "decrease_replica_count", changes["replicas"])
        if "tags" in changes:
            yield Step(("tags",), lambda: api.retag(self._client, current["arn"], changes["tags"]))

    def _modify(self, name: str, attributes: Iterable[str], fields: dict[str, Any]) -> Step:
        return Step(tuple(attributes), lambda: self._send(name, "modify_replication_group", **fields))

    def _count(self, name: str, operation: str, count: int) -> Step:
        return Step(("replicas",), lambda: self._send(name, operation, NewReplicaCount=count, **AT_ONCE))

    def _send(self, name: str, operation: str, **fields: Any) -> Any:
        what = f"replication group {name}"
        return api.modify(self._client, what, operation, ReplicationGroupId=name, **fields).get("Status")

    def _reshard(self, name: str, has: int, wanted: int) -> Any:
        fields: dict[str, Any] = {"NodeGroupCount": wanted, **AT_ONCE}
        if wanted < has:
            shards = sorted(one["NodeGroupId"] for one in self._found[name].get("NodeGroups", ()))
            fields["NodeGroupsToRetain"] = shards[:wanted]
        return self._send(name, "modify_replication_group_shard_configuration", **fields)

    def _snapshot_source(self, name: str, current: State) -> dict[str, Any]:
        """Snapshots of a group without cluster mode are taken of one node, best a replica, which has to be named."""
        members = sorted(self._found[name].get("MemberClusters", ()))
        return {"SnapshottingClusterId": members[-1]} if members and current["cluster_mode"] == "disabled" else {}

    def delete(self, current: State, wanted: State) -> None:
        if current["status"] == "deleting":
            return
        name = current["name"]
        snapshot = wanted.get("final_snapshot")
        api.delete(
            self._client,
            f"replication group {name}",
            "delete_replication_group",
            ReplicationGroupId=name,
            **({"FinalSnapshotIdentifier": snapshot} if snapshot else {}),
        )

    def ready(self, current: State) -> bool:
        name = current["name"]
        if current["status"] in GIVEN_UP:
            raise _given_up(current)
        left = bool(self.steps.left(name))
        if self.steps.go_on(name, current["status"]) not in transform.IDLE or left:
            return False
        asked = self._changes.get(name, {})
        return all(current[attribute] == asked[attribute] for attribute in ARRIVES if attribute in asked)


def info(client: Any, names: Sequence[str] | None, prefix: str | None) -> list[State]:
    """The replication groups that fit, with their nodes and what waits for the maintenance window."""
    groups = [
        one
        for one in api.replication_groups(client)
        if (names is None or one["ReplicationGroupId"] in names) and one["ReplicationGroupId"].startswith(prefix or "")
    ]
    nodes = by_group(api.clusters(client)) if groups else {}
    ask = {one["ReplicationGroupId"]: one["ARN"] for one in groups if one.get("Status") == "available"}
    tags = api.tags(client, ask)
    found = [transform.info(one, nodes.get(one["ReplicationGroupId"], []), tags.get(one["ReplicationGroupId"], {}))
             for one in groups]  # fmt: skip
    return sorted(found, key=lambda one: str(one["name"]))


def by_group(clusters: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Nodes by the replication group that they belong to, each list in the order of their names."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in sorted(clusters, key=lambda cluster: str(cluster["CacheClusterId"])):
        if one.get("ReplicationGroupId"):
            found.setdefault(one["ReplicationGroupId"], []).append(one)
    return found


def _given_up(current: State) -> ReplatformError:
    status = current["status"]
    return ReplatformError(
        f"replication group {current['name']} {GIVEN_UP[status]} (status {status}); read its events with"
        " 'aws elasticache describe-events', correct the cause, delete the group and run again.",
        code=status,
    )
