# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service said of clusters and their instances, shared by those who ask for the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import api

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Changed:
    """What this run changed that instances will have after a reboot only; the service takes a while to say so."""

    cluster_groups: set[str] = field(default_factory=set)
    instance_groups: set[str] = field(default_factory=set)
    """Groups with changed static parameters."""
    associated: dict[str, str] = field(default_factory=dict)
    """By cluster or instance, the group that it was given in place of another."""


class View:
    """Clusters by name and all of their instances, read once until somebody asks `again`."""

    def __init__(self, client: Any, names: Iterable[str]) -> None:
        self._client = client
        self._names = list(names)
        self._clusters: dict[str, api.Raw] | None = None
        self._instances: dict[str, api.Raw] | None = None

    def clusters(self, names: Iterable[str], *, again: bool = False) -> dict[str, api.Raw]:
        if self._clusters is None or again:
            self._clusters = api.clusters(self._client, self._names)
        return {name: self._clusters[name] for name in names if name in self._clusters}

    def instances(self, *, again: bool = False) -> dict[str, api.Raw]:
        """The members of all clusters, by name."""
        if self._instances is None or again:
            there = [name for name in self._names if name in self.clusters(self._names)]
            self._instances = api.instances(self._client, there)
        return self._instances

    def forget(self) -> None:
        self._clusters = self._instances = None

    def writer(self, cluster: str) -> str | None:
        members = self.clusters([cluster]).get(cluster, {}).get("DBClusterMembers") or ()
        return next((one["DBInstanceIdentifier"] for one in members if one.get("IsClusterWriter")), None)

    def members(self, cluster: str) -> list[str]:
        return sorted(name for name, one in self.instances().items() if one.get("DBClusterIdentifier") == cluster)

    def pending_reboot(self, changed: Changed) -> dict[str, list[str]]:
        """By instance, the parameter groups whose static parameters it will have after a reboot."""
        found = {}
        for name, raw in self.instances().items():
            cluster = raw["DBClusterIdentifier"]
            waits = {
                one["DBParameterGroupName"]
                for one in raw.get("DBParameterGroups") or ()
                if one.get("ParameterApplyStatus") == "pending-reboot"
                or one["DBParameterGroupName"] in changed.instance_groups
            }
            waits |= self._of_cluster(name, cluster, changed)
            waits |= {changed.associated[key] for key in (name, cluster) if key in changed.associated}
            found[name] = sorted(waits)
        return found

    def _of_cluster(self, name: str, cluster: str, changed: Changed) -> set[str]:
        raw = self.clusters([cluster]).get(cluster, {})
        group = raw.get("DBClusterParameterGroup")
        members = {one["DBInstanceIdentifier"]: one for one in raw.get("DBClusterMembers") or ()}
        status = members.get(name, {}).get("DBClusterParameterGroupStatus")
        waits = status == "pending-reboot" or group in changed.cluster_groups
        return {group} if group and waits else set()
