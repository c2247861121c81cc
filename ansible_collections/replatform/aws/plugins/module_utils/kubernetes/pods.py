# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transfer.crew.Place: the pods of one Kubernetes Job.

The Job ends whatever happens to us: its pods when the run's lease is over, itself at its deadline, and the cluster
clears it away a while later. The Secret is there only until all pods have read it.
"""

from __future__ import annotations

import uuid
from typing import Any

from ..errors import ReplatformError
from ..transfer import pod
from . import api, manifest
from .cluster import Cluster


class Pods:
    """`count` workers of a run in a cluster."""

    def __init__(self, cluster: Cluster, count: int) -> None:
        self.count = count
        self.ready_timeout_s = float(cluster.ready_timeout_seconds)
        self._cluster = cluster
        self._name = f"replatform-{uuid.uuid4().hex[:12]}"
        self._api: Any = None

    def start(self, job: str) -> None:
        self._api = api.client(self._cluster)
        owner = api.create_job(
            self._api, self._cluster, manifest.job(self._name, pod.__name__, self.count, self._cluster)
        )
        # Pods that come first wait for it. Made before the Job, it would stay for ever if we were killed in between.
        api.create_secret(self._api, self._cluster, manifest.secret(self._name, job, self._cluster, owner))

    def assembled(self) -> None:
        api.delete_secret(self._api, self._cluster, self._name)

    def missing(self) -> str:
        reasons = dict.fromkeys(
            reason for one in api.pods(self._api, self._cluster, self._name) if (reason := _why(one))
        )
        return "; ".join(reasons)

    def end(self) -> str:
        if self._api is None:
            return ""
        try:
            api.delete_secret(self._api, self._cluster, self._name)
            api.delete_job(self._api, self._cluster, self._name)
        except ReplatformError as error:
            return f"{error.message} It ends by itself; delete it to have it gone at once."
        finally:
            self._api.close()
        return ""


def _why(found: Any) -> str:
    """Why a pod does not work: what it said last, what its container waits for, or why it has no node."""
    for container in found.status.container_statuses or []:
        state = container.state
        if state.terminated and state.terminated.exit_code:
            return str(state.terminated.message or state.terminated.reason).strip().rstrip(".")
        if state.waiting and state.waiting.reason != "ContainerCreating":
            return f"{state.waiting.reason}: {state.waiting.message or ''}".rstrip(": .")
    for condition in found.status.conditions or []:
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"{condition.reason}: {condition.message}".rstrip(".")
    return ""
