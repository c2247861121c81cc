# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Job and the Secret of a run, as the API takes them. No password is in the Job."""

from __future__ import annotations

from typing import Any

from .cluster import Cluster

FOLDER = "/run/replatform"
FILE = "job.json"
LABELS = {"app.kubernetes.io/name": "replatform", "app.kubernetes.io/component": "worker"}
KEPT_S = 600
"""How long an ended Job is there to be looked at when nobody is left to delete it."""
RETRIES = 3
"""Of one pod: until all are there a new one takes its place, later it is only told to end."""
GRACE_S = 5


def job(name: str, module: str, count: int, cluster: Cluster) -> dict[str, Any]:
    """`count` pods that run `module`. Each fails alone: a Job that gave up at one pod's end would end the others."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": cluster.namespace, "labels": LABELS},
        "spec": {
            "completionMode": "Indexed",
            "completions": count,
            "parallelism": count,
            "backoffLimitPerIndex": RETRIES,
            "maxFailedIndexes": count,
            "activeDeadlineSeconds": cluster.active_deadline_seconds,
            "ttlSecondsAfterFinished": KEPT_S,
            "template": {"metadata": {"labels": LABELS}, "spec": _pod(name, module, cluster)},
        },
    }


def secret(name: str, text: str, cluster: Cluster, owner: str) -> dict[str, Any]:
    """What the pods mount. It goes with the Job of the unique id `owner` at the latest."""
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": owner}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "immutable": True,
        "metadata": {
            "name": name,
            "namespace": cluster.namespace,
            "labels": LABELS,
            "ownerReferences": [reference],
        },
        "stringData": {FILE: text},
    }


def _pod(name: str, module: str, cluster: Cluster) -> dict[str, Any]:
    container = {
        "name": "worker",
        "image": cluster.image,
        "command": ["python3", "-m", module, f"{FOLDER}/{FILE}"],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "job", "mountPath": FOLDER, "readOnly": True}],
        **({"resources": cluster.resources} if cluster.resources else {}),
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": GRACE_S,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "job", "secret": {"secretName": name, "defaultMode": 0o440}}],
        **({"serviceAccountName": cluster.service_account} if cluster.service_account else {}),
        **({"nodeSelector": cluster.node_selector} if cluster.node_selector else {}),
        **({"tolerations": cluster.tolerations} if cluster.tolerations else {}),
        **(
            {"imagePullSecrets": [{"name": one} for one in cluster.image_pull_secrets]}
            if cluster.image_pull_secrets
            else {}
        ),
    }
