"""The examples of acm_certificates, ecr_repositories, events_rules, logs_log_groups and sns_topics, as they stand."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.modules import (
    acm_certificates,
    ecr_repositories,
    events_rules,
    logs_log_groups,
    sns_topics,
)
from tests.support.modules import run_module

LEFT: dict[str, dict[str, Any]] = {
    "ecr_repositories": {"repositories": [{"name": "shop/web", "state": "absent"}]},
    "logs_log_groups": {
        "log_groups": [
            {"name": name, "state": "absent"} for name in ("/aws/eks/shop/cluster", "/aws/rds/cluster/shop/slowquery")
        ]
    },
}
"""What the examples leave behind."""


@pytest.fixture
def zone(aws):
    """The zone shop.example, which a module of another collection makes in an example."""
    route53 = aws.client("route53")
    zone = route53.create_hosted_zone(Name="shop.example", CallerReference="examples")["HostedZone"]["Id"]
    yield
    route53.delete_hosted_zone(Id=zone)


@pytest.mark.parametrize("module", [acm_certificates, ecr_repositories, events_rules, logs_log_groups, sns_topics])
def test_the_examples_run_and_do_something(aws, zone, module):
    name = module.__name__.rpartition(".")[2]
    for example in yaml.safe_load(module.EXAMPLES):
        if f"replatform.aws.{name}" in example:
            result = run_module(name, example[f"replatform.aws.{name}"], env=aws.environment)
            assert not result.get("failed"), result
            assert result["changed"], example["name"]
    if name in LEFT:
        run_module(name, LEFT[name], env=aws.environment)
