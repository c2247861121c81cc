"""A cluster in the emulator for what belongs to one, and its engines in this very process, without a module around."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils.aws.session import Session
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.resource import Outcome
from tests.servers import Aws

ROLE = "arn:aws:iam::123456789012:role/"


@contextmanager
def cluster(aws: Aws, version: str = "1.34") -> Iterator[str]:
    """The name of a new cluster that takes access entries; all that is in it goes with it."""
    client, name = aws.client("eks"), f"t-{secrets.token_hex(4)}"
    client.create_cluster(
        name=name,
        version=version,
        roleArn=f"{ROLE}{name}-eks-cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
        accessConfig={"authenticationMode": "API"},
    )
    yield name
    aws.faults.clear()
    client.delete_cluster(name=name)


def engine_client(aws: Aws) -> Any:
    """A boto3 client of EKS as a module makes it, with its retries."""
    connection = {"endpoint_url": aws.endpoint["url"]}
    connection |= {name: aws.endpoint[name] for name in ("region", "access_key", "secret_key")}
    return Session(connection).client("eks")


def result_of(act: Callable[[], Outcome]) -> dict[str, Any]:
    """What a module would return of it: seconds are spared where what is told does not depend on Ansible."""
    error: ReplatformError | None = None
    try:
        outcome = act()
    except ReplatformError as exc:
        error, outcome = exc, getattr(exc, "outcome", Outcome())
    told = {**outcome.result, "changed": outcome.changed, "actions": outcome.actions, "warnings": outcome.warnings}
    return {**told, "failed": True, "msg": error.message, "error": error.as_dict()} if error else told
