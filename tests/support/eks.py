"""A cluster in the emulator for what belongs to one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

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
