"""ElastiCache in the emulator, by what AWS's documentation says of it."""

from __future__ import annotations

import secrets
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.aws_behaviour import walk
from tests.support.aws_behaviour.elasticache import BEHAVIOUR

REGION = "eu-south-2"
"""One that no other test uses, so that the table's names are free."""


@pytest.fixture
def client(aws):
    """`client(service)` is a boto3 client of a region of this file's own."""
    keys = {"aws_access_key_id": aws.endpoint["access_key"], "aws_secret_access_key": aws.endpoint["secret_key"]}
    return lambda service: boto3.client(service, endpoint_url=aws.endpoint["url"], region_name=REGION, **keys)


def test_the_emulator_does_what_the_documentation_says(client):
    walk(BEHAVIOUR, client)


def test_subnets_are_of_one_vpc_and_those_of_nodes_stay(client):
    ec2, elasticache = client("ec2"), client("elasticache")
    name = f"s{secrets.token_hex(4)}"

    def subnet(vpc: str, number: int, zone: str) -> str:
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        return str(made["Subnet"]["SubnetId"])

    def refused(operation: str, code: str, **given: Any) -> None:
        with pytest.raises(ClientError) as caught:
            getattr(elasticache, operation)(CacheSubnetGroupName=name, **given)
        assert caught.value.response["Error"]["Code"] == code

    one, other = (ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"] for _vpc in range(2))
    a, b, foreign = subnet(one, 1, "a"), subnet(one, 2, "b"), subnet(other, 3, "a")
    refused("create_cache_subnet_group", "InvalidSubnet", CacheSubnetGroupDescription="d", SubnetIds=["subnet-0"])
    refused("create_cache_subnet_group", "InvalidSubnet", CacheSubnetGroupDescription="d", SubnetIds=[a, foreign])
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription="d", SubnetIds=[a]
    )  # fmt: skip
    elasticache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="d",
        CacheNodeType="cache.t4g.small",
        Engine="valkey",
        CacheSubnetGroupName=name,
    )
    refused("modify_cache_subnet_group", "SubnetInUse", SubnetIds=[b])
    refused("delete_cache_subnet_group", "CacheSubnetGroupInUse")
    changed = elasticache.modify_cache_subnet_group(CacheSubnetGroupName=name, SubnetIds=[a, b])["CacheSubnetGroup"]
    assert sorted(found["SubnetIdentifier"] for found in changed["Subnets"]) == sorted([a, b])
    elasticache.delete_replication_group(ReplicationGroupId=name)
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName=name)


def test_a_reset_of_the_emulator_forgets_it():
    # In-process, as other tests use the emulator's state meanwhile.
    from moto.elasticache.models import ElastiCacheBackend

    from sandbox.aws_extensions.elasticache import Store, create_cache_parameter_group

    backend = ElastiCacheBackend(REGION, "123456789012")
    given = {"CacheParameterGroupName": "pg", "CacheParameterGroupFamily": "valkey8", "Description": "d"}
    create_cache_parameter_group(Store(backend), given)
    assert Store(backend).parameter_groups
    backend.reset()
    assert not Store(backend).parameter_groups
