"""The emulator's faults as boto3 meets them, in the protocol of one service each."""

from __future__ import annotations

import secrets
import time

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.support.modules import run_module

READS = {
    "cbor": ("cloudwatch", lambda client: client.describe_alarms()),
    "ec2": ("ec2", lambda client: client.describe_vpcs()),
    "json": ("secretsmanager", lambda client: client.list_secrets()),
    "json with the codes of query": ("sqs", lambda client: client.list_queues()),
    "query": ("iam", lambda client: client.list_roles()),
    "rest-json": ("eks", lambda client: client.list_clusters()),
    "rest-xml": ("s3", lambda client: client.list_buckets()),
    "rest-xml of others": ("route53", lambda client: client.list_hosted_zones()),
}
CODES = {
    "throttle": {"RequestLimitExceeded", "RequestThrottled", "SlowDown", "Throttling", "ThrottlingException"},
    "error": {"InternalError", "InternalFailure"},
    "expired_token": {"ExpiredToken", "ExpiredTokenException", "RequestExpired"},
    "access_denied": {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"},
    "quota": {"LimitExceeded", "LimitExceededException", "ResourceLimitExceeded"},
    "unavailable_region": {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"},
}
SURVIVED = ["throttle", "error", "lost_reply"]


@pytest.fixture
def client(aws):
    """`client(service, attempts)` is a boto3 client that makes so many attempts at a call."""
    return lambda service, attempts=1: aws.client(
        service, config=Config(retries={"mode": "standard", "total_max_attempts": attempts})
    )


@pytest.fixture
def name(aws):
    return f"t-{secrets.token_hex(4)}"


@pytest.mark.parametrize("protocol", READS)
def test_each_error_reaches_the_client_with_the_services_code(client, faults, protocol):
    service, read = READS[protocol]
    for kind, codes in CODES.items():
        faults.add(kind, service, times=1)
        with pytest.raises(ClientError) as caught:
            read(client(service))
        assert caught.value.response["Error"]["Code"] in codes, kind
        assert caught.value.response["ResponseMetadata"]["RequestId"], kind
        if kind == "access_denied":
            assert f"is not authorized to perform: {service}:" in caught.value.response["Error"]["Message"]
    read(client(service))


@pytest.mark.parametrize("protocol", READS)
def test_what_passes_is_survived_by_a_client_that_tries_again(client, faults, protocol):
    service, read = READS[protocol]
    for kind in SURVIVED:
        faults.add(kind, service, times=1)
    read(client(service, attempts=4))
    assert faults.hits() == len(SURVIVED)


def test_a_call_whose_reply_is_lost_was_carried_out(client, faults, name):
    secret = client("secretsmanager")
    faults.add("lost_reply", "secretsmanager", "CreateSecret", times=1)
    with pytest.raises(ConnectionClosedError):
        secret.create_secret(Name=name)
    assert secret.describe_secret(SecretId=name)["Name"] == name
    secret.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_calls_of_another_region_go_on(aws, client, faults):
    faults.add("unavailable_region", region="eu-south-2")
    client("sqs").list_queues()
    with pytest.raises(ClientError, match="security token"):
        aws.client("sqs", region_name="eu-south-2").list_queues()


def test_a_delay_is_added_to_each_call(client, faults):
    faults.add("delay", "sqs", seconds=0.2)
    started = time.monotonic()
    client("sqs").list_queues()
    assert 0.2 <= time.monotonic() - started < 2


def test_a_cluster_is_creating_updating_and_deleting_for_a_while(client, faults, name):
    eks = client("eks")
    role = "arn:aws:iam::123456789012:role/eks"
    faults.add("slow", "eks", times=2)

    def states():
        return [eks.describe_cluster(name=name)["cluster"]["status"] for _ in range(3)]

    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={"subnetIds": ["a", "b"]})
    assert "endpoint" not in eks.describe_cluster(name=name)["cluster"]
    assert states() == ["CREATING", "ACTIVE", "ACTIVE"]
    eks.update_cluster_config(name=name, resourcesVpcConfig={"endpointPrivateAccess": True})
    assert states() == ["UPDATING", "UPDATING", "ACTIVE"]
    eks.delete_cluster(name=name)
    with pytest.raises(eks.exceptions.ResourceNotFoundException):
        states()
    assert faults.hits() == 3


def test_databases_gateways_and_caches_are_slow_too(client, faults, name):
    for service in ("rds", "ec2", "elasticache"):
        faults.add("slow", service, times=1)
    rds, ec2, cache = client("rds"), client("ec2"), client("elasticache")
    rds.create_db_cluster(
        DBClusterIdentifier=name, Engine="aurora-mysql", MasterUsername="admin", MasterUserPassword="only-for-a-test"
    )
    clusters = [rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["Status"] for _ in range(2)]
    assert clusters == ["creating", "available"]
    rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    cache.create_replication_group(
        ReplicationGroupId=name, ReplicationGroupDescription=name, Engine="valkey", CacheNodeType="cache.t4g.micro"
    )
    asked = {"ReplicationGroupId": name}
    groups = [cache.describe_replication_groups(**asked)["ReplicationGroups"][0]["Status"] for _ in range(2)]
    assert groups == ["creating", "available"]
    cache.delete_replication_group(ReplicationGroupId=name)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    gateways = [ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["State"] for _ in range(2)]
    assert gateways == ["pending", "available"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_a_read_after_a_write_may_answer_as_before(client, faults, name):
    secret = client("secretsmanager")
    faults.add("stale", "secretsmanager", times=2)

    def listed():
        return [one["Name"] for one in secret.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]]

    assert listed() == []
    secret.create_secret(Name=name)
    assert [listed() for _ in range(3)] == [[], [], [name]]
    secret.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_the_recorder_counts_calls_that_failed(aws, client, faults):
    aws.recorder.reset()
    faults.add("error", "eks", times=2)
    client("eks", attempts=3).list_clusters()
    assert aws.recorder.counts()["calls"] == {"eks.ListClusters": 3}


# Not `quota`: botocore takes LimitExceededException for throttling, and tries for 20 s.
SENTENCES = {
    "access_denied": "allow the action of CreateSecret to this identity in its IAM policy",
    "expired_token": "the credentials have expired, so sign in again",
    "unavailable_region": "that their account has enabled this region",
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_of_a_list_one_item_fails_with_what_to_do_and_a_rerun_completes_it(aws, faults, name, kind):
    wanted = [{"name": f"{name}-{one}", "value": "v"} for one in "abc"]
    faults.add(kind, "secretsmanager", "CreateSecret", match=f"{name}-b")
    result = run_module("secretsmanager_secrets", {"secrets": wanted}, env=aws.environment)
    assert SENTENCES[kind] in result["msg"]
    assert list(result["error"]["failed"]) == [f"{name}-b"]
    assert result["actions"] == [f"create secret {name}-a", f"create secret {name}-c"]
    faults.clear()
    result = run_module("secretsmanager_secrets", {"secrets": wanted}, env=aws.environment)
    assert result["actions"] == [f"create secret {name}-b"]


@pytest.mark.parametrize("kind", SURVIVED)
def test_a_module_survives_what_passes(aws, faults, name, kind):
    faults.add(kind, "secretsmanager", times=2)
    wanted = [{"name": f"{name}-{kind}", "value": "v"}]
    assert run_module("secretsmanager_secrets", {"secrets": wanted}, env=aws.environment)["changed"]
    assert faults.hits() == 2
    assert not run_module("secretsmanager_secrets", {"secrets": wanted}, env=aws.environment)["changed"]


def test_the_recorder_keeps_the_calls_of_modules_apart(aws, name):
    aws.client("secretsmanager").create_secret(Name=name)
    before = aws.recorder.of_modules()
    run_module("secretsmanager_secrets", {"secrets": [{"name": name, "description": "d"}]}, env=aws.environment)
    aws.recorder.reset()
    made = {call: count - before.get(call, 0) for call, count in aws.recorder.of_modules().items()}
    assert {call: count for call, count in made.items() if count} == {
        "secretsmanager.DescribeSecret": 1,
        "secretsmanager.UpdateSecret": 1,
    }
