# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS clusters as ensure() needs them, and what is known of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, Unfinished, ensure
from ..tags import difference
from . import api
from . import cluster_transform as transform
from .updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Clusters(Resource):
    """Clusters; `kms` makes the client that is asked only where a key is named by its alias."""

    kind = "cluster"
    plural = "clusters"
    immutable = frozenset({"role_arn", "service_ipv4_cidr", "ip_family"})
    immutable_way = (
        "EKS cannot change that of a cluster. Give the old value, or create a cluster of another name beside it and"
        " move the applications"
    )
    blank = transform.BLANK

    def __init__(self, client: Any, kms: Callable[[], Any], mode: Mode) -> None:
        self._client = client
        self._kms = kms
        self._mode = mode
        self._updates: dict[str, Updates] = {}
        self._keys: dict[str, str | None] = {}
        self._force: dict[str, bool] = {}
        self.warnings: list[str] = []

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        found = {}
        for name, item in wanted.items():
            cluster = api.cluster(self._client, name)
            if cluster is None:
                continue
            found[name] = transform.state_from_api(cluster)
            if item.get("state") == "absent":
                _refuse_protected(found[name])
            elif name not in self._updates:
                self._look_up(item, found[name])
        return found

    def desired(self, wanted: State, current: State | None) -> State:
        if current and current["status"] in ("DELETING", "FAILED"):
            raise _lost(current)
        return transform.desired(wanted, current, lambda alias, key: self._keys.get(alias) == key)

    def create(self, wanted: State) -> State:
        created = api.create_cluster(self._client, wanted["name"], transform.fields_of_creation(wanted))
        return {**wanted, **transform.state_from_api(created)}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        if "tags" in changes:
            api.tag(self._client, current["arn"], *difference(current["tags"], changes["tags"]))
        updates = self._updates[name] = Updates(self._client, name, self._mode)
        if steps := self._steps(current, changes):
            if current["status"] != "ACTIVE":
                updates.idle(name, lambda: (api.cluster(self._client, name) or {}).get("status"))
            updates.begin(name, steps)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  an absent cluster has no options
        name = current["name"]
        if current["status"] == "DELETING":
            return
        if groups := api.nodegroup_names(self._client, name):
            raise ReplatformError(
                f"EKS cluster {name} still has the node groups {', '.join(sorted(groups))}, with which EKS deletes no"
                " cluster; delete them first with replatform.aws.eks_nodegroups and state absent.",
                code="ResourceInUseException",
                nodegroups=sorted(groups),
            )
        api.delete_cluster(self._client, name)

    def ready(self, current: State) -> bool:
        name = current["name"]
        if name in self._updates and not self._updates[name].finished(name):
            return False
        if current["status"] == "FAILED":
            raise _lost(current)
        return bool(current["status"] == "ACTIVE")

    def _steps(self, current: State, changes: State) -> list[Callable[[], api.Answer]]:
        name = current["name"]
        found: list[Callable[[], api.Answer]] = [
            partial(api.update_cluster, self._client, name, kind, fields)
            for kind, fields in transform.steps(current, changes)
        ]
        if "encryption_key" in changes:
            found.append(partial(api.encrypt_cluster, self._client, name, changes["encryption_key"]))
        if "version" in changes:
            force = self._force.get(name, False)
            found.append(partial(api.upgrade_cluster, self._client, name, changes["version"], force))
        return found

    def _look_up(self, wanted: State, current: State) -> None:
        """What desired() compares and decides by, where that takes further calls: a key's alias, an upgrade."""
        key, has = wanted.get("encryption_key"), current["encryption_key"]
        if key and has and key != has and ":alias/" in key and key not in self._keys:
            self._keys[key] = api.key_of_alias(self._kms(), key)
        version = wanted.get("version")
        if not version or version == current["version"] or not transform.VERSION.fullmatch(version):
            return
        name = current["name"]
        self._force[name] = bool(wanted.get("force_upgrade"))
        groups = api.nodegroups(self._client, name, api.nodegroup_names(self._client, name))
        insights = api.insights(
            self._client,
            name,
            categories=["UPGRADE_READINESS"],
            kubernetesVersions=[version],
            statuses=["ERROR", "WARNING", "UNKNOWN"],
        )
        told = [transform.insight_from_api(one) for one in insights]
        errors = [one for one in told if one["status"] == "ERROR"]
        # A group with an image of its own has no version that EKS knows.
        versions = {group: one["version"] for group, one in groups.items() if one.get("version")}
        transform.refuse_upgrade(name, current["version"], version, versions, errors, self._force[name])
        self.warnings += [
            f"EKS cluster {name} goes to {version} with this insight of EKS at {one['status']}: {one['name']}:"
            f" {one['reason'] or 'no reason given'}"
            for one in told
        ]


def ensure_cluster(client: Any, kms: Callable[[], Any], wanted: State, mode: Mode) -> Outcome:
    """What making one cluster so came to; its result has the key `cluster`."""
    clusters = Clusters(client, kms, mode)
    try:
        return _of_one(clusters, ensure(clusters, [wanted], mode))
    except Unfinished as exc:
        _of_one(clusters, exc.outcome)
        raise


def info(
    client: Any, *, names: Sequence[str] | None = None, insights: bool = False, support: bool = False
) -> list[State]:
    """The clusters of these names that exist, or all; with their insights and their version's support when asked."""
    chosen = list(dict.fromkeys(names)) if names is not None else api.cluster_names(client)
    found = [one for one in each(lambda name: api.cluster(client, name), chosen) if one]
    found.sort(key=lambda one: str(one["name"]))
    states = [{**transform.state_from_api(one), "certificate_authority": transform.authority(one)} for one in found]
    if insights:
        told = each(lambda state: api.insights(client, state["name"]), states)
        for state, its in zip(states, told, strict=True):
            state["insights"] = [transform.insight_from_api(one) for one in its]
    if support and states:
        versions = {one["clusterVersion"]: one for one in api.versions(client, {state["version"] for state in states})}
        for state in states:
            state["support"] = _support(versions.get(state["version"]) or {})
    return states


def _support(version: Mapping[str, Any]) -> dict[str, Any]:
    def day(name: str) -> str | None:
        return version[name].date().isoformat() if version.get(name) else None

    return {
        "status": version.get("versionStatus") or version.get("status"),
        "end_of_standard": day("endOfStandardSupportDate"),
        "end_of_extended": day("endOfExtendedSupportDate"),
    }


def _of_one(clusters: Clusters, outcome: Outcome) -> Outcome:
    (cluster,) = outcome.result.pop("clusters")
    outcome.result["cluster"] = cluster
    outcome.warnings += clusters.warnings
    outcome.warnings += [f"EKS cluster {cluster['name']} is not well: {one}" for one in cluster["health_issues"]]
    return outcome


def _refuse_protected(current: State) -> None:
    # One that is not finished goes, protected or not (User Guide, "Protect EKS clusters from accidental deletion").
    if current["deletion_protection"] and current["status"] in ("ACTIVE", "UPDATING"):
        raise ReplatformError(
            f"EKS cluster {current['name']} is protected from deletion; when it shall go, run once with"
            " deletion_protection false and state present, and then again with state absent.",
            code="DeletionProtected",
        )


def _lost(current: State) -> ReplatformError:
    why = "; ".join(current["health_issues"]) or "EKS gives no reason"
    if current["status"] == "DELETING":
        return ReplatformError(
            f"EKS cluster {current['name']} is being deleted; run again when it is gone, to have a new one.",
            code="BeingDeleted",
        )
    return ReplatformError(
        f"EKS cluster {current['name']} has failed: {why}. Correct the cause, delete the cluster with state absent, and"
        " run again.",
        code="ClusterFailed",
        issues=current["health_issues"],
    )
