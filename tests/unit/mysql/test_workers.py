"""The option `workers`: a number, or a cluster."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.kubernetes import manifest
from ansible_collections.replatform.aws.plugins.module_utils.kubernetes.cluster import Cluster
from ansible_collections.replatform.aws.plugins.module_utils.mysql.options import workers

LEAST = {"parallelism": 4, "image": "worker:1"}
MOST = {
    **LEAST,
    "namespace": "migration",
    "service_account": "mover",
    "node_selector": {"pool": "copy"},
    "tolerations": [{"key": "pool", "operator": "Equal", "value": "copy", "effect": "NoSchedule"}],
    "resources": {"requests": {"cpu": "500m", "memory": "128Mi"}},
    "image_pull_secrets": ["registry"],
    "ready_timeout_seconds": "600",
    "active_deadline_seconds": 86_400,
    "kubeconfig": "config",
    "context": "staging",
}


@pytest.mark.parametrize("given", [3, "3"])
def test_a_number_means_processes_of_this_machine(given: Any) -> None:
    assert workers(given) == (3, None)


@pytest.mark.parametrize("given", [LEAST, MOST, {**LEAST, "resources": None}])
def test_kubernetes_means_as_many_pods(given: dict[str, Any]) -> None:
    assert workers({"kubernetes": given}) == (4, Cluster.of(given, "workers"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (0, "workers is 0; give a number from 1 to 64."),
        (True, "workers is True; give a number"),
        ("many", "workers is 'many'; give a number"),
        ({}, "workers names more or something else than kubernetes"),
        ({"nomad": {}}, "workers names more or something else than kubernetes"),
        ({"kubernetes": 4}, "workers.kubernetes is no dictionary"),
        ({"kubernetes": {"image": "worker"}}, "workers.kubernetes lacks parallelism; give it."),
        ({"kubernetes": {"parallelism": 2}}, "workers.kubernetes lacks image; give it."),
        ({"kubernetes": {**LEAST, "parallelism": 65}}, "workers.kubernetes.parallelism is 65; give a number from 1"),
        ({"kubernetes": {**LEAST, "parallelism": "two"}}, "workers.kubernetes.parallelism is 'two'; give a whole"),
        ({"kubernetes": {**LEAST, "images": "x"}}, "workers.kubernetes has no option images; it has parallelism"),
        ({"kubernetes": {**LEAST, "namespace": "My_Space"}}, "which no namespace can be called"),
        ({"kubernetes": {**LEAST, "node_selector": "copy"}}, "node_selector is 'copy'; give a dictionary."),
        ({"kubernetes": {**LEAST, "tolerations": ["copy"]}}, "tolerations is ['copy']; give a list of dictionaries."),
        ({"kubernetes": {**LEAST, "image_pull_secrets": "a"}}, "image_pull_secrets is 'a'; give a list of names."),
        ({"kubernetes": {**LEAST, "active_deadline_seconds": 5}}, "active_deadline_seconds is 5; give 60 or more."),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(given: Any, said: str) -> None:
    with pytest.raises(ReplatformError) as error:
        workers(given)
    assert said in error.value.message


@pytest.mark.parametrize("given", [LEAST, MOST])
def test_what_a_cluster_gets_is_of_the_published_shape(given: dict[str, Any]) -> None:
    cluster = Cluster.of(given, "workers")
    version = kubernetes_validate.latest_version()
    job = manifest.job("replatform-1", "package.pod", 4, cluster)
    kubernetes_validate.validate(job, version, strict=True)
    kubernetes_validate.validate(manifest.secret("replatform-1", "text", cluster, "uid"), version, strict=True)
    assert (job["spec"]["completionMode"], job["spec"]["activeDeadlineSeconds"] > 0) == ("Indexed", True)
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["python3", "-m", "package.pod", "/run/replatform/job.json"]
    assert "env" not in container
