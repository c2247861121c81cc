# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One function for each call to a cluster; what the client raises becomes a sentence."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from ..errors import ReplatformError
from ..libraries import StandIn, require
from .cluster import Cluster

try:
    import kubernetes
    from kubernetes.client.exceptions import ApiException
    from kubernetes.config import ConfigException
    from urllib3.exceptions import HTTPError
except ImportError:
    kubernetes = StandIn("kubernetes")
    ApiException = ConfigException = HTTPError = OSError  # type: ignore[misc,assignment]

TIMEOUT_S = (10, 30)
"""To connect and to be answered."""


def client(cluster: Cluster) -> Any:
    """An API client of its own. By kubeconfig, or by the service account of the pod that we are in."""
    require(kubernetes)
    config = kubernetes.config
    with _calling(cluster, "read its kubeconfig"):
        if not cluster.kubeconfig and not cluster.context:
            with contextlib.suppress(ConfigException):
                inside = kubernetes.client.Configuration()
                config.load_incluster_config(client_configuration=inside)
                return kubernetes.client.ApiClient(inside)
        return config.new_client_from_config(cluster.kubeconfig or None, cluster.context or None)


def create_job(api: Any, cluster: Cluster, body: dict[str, Any]) -> str:
    """The new Job's unique id."""
    with _calling(cluster, f"create job {body['metadata']['name']}"):
        made = kubernetes.client.BatchV1Api(api).create_namespaced_job(
            cluster.namespace, body, _request_timeout=TIMEOUT_S
        )
    return str(made.metadata.uid)


def delete_job(api: Any, cluster: Cluster, name: str) -> None:
    """Its pods go after it; nothing where it is gone already."""
    with _calling(cluster, f"delete job {name}"):
        kubernetes.client.BatchV1Api(api).delete_namespaced_job(
            name, cluster.namespace, propagation_policy="Background", _request_timeout=TIMEOUT_S
        )


def create_secret(api: Any, cluster: Cluster, body: dict[str, Any]) -> None:
    with _calling(cluster, f"create secret {body['metadata']['name']}"):
        kubernetes.client.CoreV1Api(api).create_namespaced_secret(cluster.namespace, body, _request_timeout=TIMEOUT_S)


def delete_secret(api: Any, cluster: Cluster, name: str) -> None:
    with _calling(cluster, f"delete secret {name}"):
        kubernetes.client.CoreV1Api(api).delete_namespaced_secret(name, cluster.namespace, _request_timeout=TIMEOUT_S)


def pods(api: Any, cluster: Cluster, job: str) -> list[Any]:
    """The pods of a Job, dead ones too."""
    with _calling(cluster, f"list the pods of job {job}"):
        found = kubernetes.client.CoreV1Api(api).list_namespaced_pod(
            cluster.namespace, label_selector=f"batch.kubernetes.io/job-name={job}", _request_timeout=TIMEOUT_S
        )
    return list(found.items)


@contextlib.contextmanager
def _calling(cluster: Cluster, what: str) -> Iterator[None]:
    try:
        yield
    except (ApiException, ConfigException, HTTPError, OSError) as error:
        if getattr(error, "status", 0) == 404 and what.startswith("delete"):
            return
        raise _explained(error, cluster, what) from None  # a client's error may repeat the request's headers


def _explained(error: BaseException, cluster: Cluster, what: str) -> ReplatformError:
    if isinstance(error, ApiException):
        message = f"Cannot {what} in namespace {cluster.namespace}: {_reason(error)} (HTTP status {error.status})."
        return ReplatformError(message, code=str(error.status), namespace=cluster.namespace)
    if isinstance(error, ConfigException):
        why = f"{str(error).rstrip('.')}; name the file with kubeconfig and its context with context."
    else:
        why = "the cluster's API does not answer; check the context of kubeconfig and the way to that address."
    return ReplatformError(f"Cannot {what}: {why}", code=type(error).__name__)


def _reason(error: Any) -> str:
    """What the API says, and what to do where that is known."""
    try:
        said = str(json.loads(error.body)["message"])
    except (ValueError, TypeError, KeyError):
        said = str(error.reason)
    if error.status in (401, 403):
        said += "; the identity of kubeconfig must be allowed to create and delete jobs and secrets and to list pods"
    return said
