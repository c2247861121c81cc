"""ec2_network and ec2_network_info against the emulator."""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import cache, cached_property
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.ec2.ensure import ensure_network
from ansible_collections.replatform.aws.plugins.module_utils.aws.ec2.info import info
from ansible_collections.replatform.aws.plugins.module_utils.aws.session import Session
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode, Unfinished
from ansible_collections.replatform.aws.plugins.modules import ec2_network, ec2_network_info
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

A, B = "eu-central-1a", "eu-central-1b"
ROLE = "arn:aws:iam::123456789012:role/flow-logs"
OWNER = "replatform:network"
NEEDED: dict[str, Any] = {"cidr": "10.0.0.0/16", "zones": [A], "subnets": {}}
TIER: dict[str, Any] = {"public_ips": False, "routes": []}


@cache
def connected(url: str, region: str) -> Any:
    """As a module has it, with its retries; made once, since EC2's model takes long to load."""
    return Session({"endpoint_url": url, "region": region, "access_key": "a", "secret_key": "s"}).client("ec2")


@pytest.fixture
def client(aws):
    return connected(aws.endpoint["url"], aws.endpoint["region"])


@pytest.fixture
def name(client, aws):
    """The name of this test's own network, which is gone afterwards."""
    name = f"t-{secrets.token_hex(4)}"
    yield name
    aws.faults.clear()
    with suppress(ReplatformError):
        ensure_network(client, {"name": name, "state": "absent"}, Mode())


@pytest.fixture
def make(client, name):
    """`make(**options)` makes a network of two tiers in one zone, in this process; returns what came of it."""

    def make(check=False, wait_timeout=20, **more: Any) -> dict[str, Any]:
        options = {
            "name": name, "state": "present", "cidr": "10.20.0.0/16", "zones": [A], "dns_support": True,
            "dns_hostnames": True, "nat": "one", "subnets": {"public": dict(TIER), "private": dict(TIER)},
            "purge_tags": True, **more,
        }  # fmt: skip
        outcome = ensure_network(client, options, Mode(check=check, wait_timeout=wait_timeout))
        return {"actions": outcome.actions, **outcome.result}

    return make


def group(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "state": "present", **more}


class Seen:
    """A network as boto3 sees it, by names; each kind is read once."""

    vpc: Any

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name
        vpcs = client.describe_vpcs(Filters=[{"Name": f"tag:{OWNER}", "Values": [name]}])["Vpcs"]
        self.vpc = vpcs[0] if vpcs else None
        self.vpc_id = vpcs[0]["VpcId"] if vpcs else "none"

    def inside(self, operation: str, answer: str, key: str, filters: str = "Filters") -> dict[str, dict[str, Any]]:
        wanted = {filters: [{"Name": "vpc-id", "Values": [self.vpc_id]}]}
        found = getattr(self.client, operation)(**wanted)[answer]
        alive = [one for one in found if one.get("State") != "deleted"]
        return {self.short(one): one for one in alive if key in one}

    def short(self, one: dict[str, Any]) -> str:
        tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", ())}
        return str(one.get("GroupName") or tags.get("Name", "?")).removeprefix(f"{self.name}-")

    @cached_property
    def subnets(self):
        return self.inside("describe_subnets", "Subnets", "SubnetId")

    @cached_property
    def nats(self):
        return self.inside("describe_nat_gateways", "NatGateways", "NatGatewayId", "Filter")

    @cached_property
    def tables(self):
        return self.inside("describe_route_tables", "RouteTables", "RouteTableId")

    @cached_property
    def groups(self):
        return self.inside("describe_security_groups", "SecurityGroups", "GroupId")

    @cached_property
    def endpoints(self):
        return self.inside("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId")

    @cached_property
    def addresses(self):
        found = self.client.describe_addresses(Filters=[{"Name": f"tag:{OWNER}", "Values": [self.name]}])
        return {self.short(one): one for one in found["Addresses"]}

    @cached_property
    def flow_logs(self):
        wanted = [{"Name": "resource-id", "Values": [self.vpc_id]}]
        return self.client.describe_flow_logs(Filter=wanted)["FlowLogs"]

    def dns(self, attribute: str) -> bool:
        name = attribute[0].upper() + attribute[1:]
        return self.client.describe_vpc_attribute(VpcId=self.vpc_id, Attribute=attribute)[name]["Value"]

    def routes(self, table: str) -> dict[str, str]:
        """Where each destination leads, but for the VPC itself; a gateway endpoint's prefix list counts as "list"."""
        return {
            one.get("DestinationCidrBlock", "list"): one.get("NatGatewayId") or one.get("GatewayId", "?")
            for one in self.tables[table]["Routes"]
            if one.get("GatewayId") != "local"
        }

    def rules(self, group: str) -> dict[str, list[str]]:
        names = {one["GroupId"]: short for short, one in self.groups.items()}
        return {
            direction: sorted(
                f"{one['IpProtocol']}:{one.get('FromPort', '')}:{peer.get('CidrIp') or names.get(peer.get('GroupId'))}"
                f":{peer.get('Description', '')}"
                for one in self.groups[group][key]
                for peer in (*one["IpRanges"], *one["UserIdGroupPairs"])
            )
            for direction, key in (("in", "IpPermissions"), ("out", "IpPermissionsEgress"))
        }

    def zone_of(self, table: str) -> str:
        subnets = {one["SubnetId"]: short for short, one in self.subnets.items()}
        return ",".join(sorted(subnets[one["SubnetId"]] for one in self.tables[table]["Associations"]))


def test_the_life_of_a_network_and_check_mode_predicts_each_step(aws, client, name):
    whole: dict[str, Any] = {
        "name": name,
        "cidr": "10.20.0.0/16",
        "zones": [A, B],
        "subnets": {"public": {}, "private": {}, "database": {"routes": []}},
        "nat": "one",
        "cluster": name,
        "gateway_endpoints": ["s3"],
        "interface_endpoints": ["sts"],
        "security_groups": [
            {"name": "eks", "description": "Nodes", "ingress": [{"protocol": "all", "from": ["eks"]}]},
            {"name": "rds", "ingress": [{"ports": ["3306"], "from": ["eks"], "description": "The shop"}], "egress": []},
        ],
        "flow_logs": {"destination": f"/vpc/{name}", "role_arn": ROLE},
        "tags": {"owner": "me"},
    }
    changed = {
        **whole,
        "nat": "per_zone",
        "gateway_endpoints": ["s3", "dynamodb"],
        "interface_endpoints": [],
        "security_groups": [
            {"name": "rds", "ingress": [{"ports": ["3306", "33060"], "from": ["eks"], "description": "All"}]},
            {"name": "redis", "ingress": [{"ports": ["6379"], "from": ["eks", "10.0.0.0/8"]}]},
        ],
        "flow_logs": None,
        "tags": {"owner": "you"},
    }
    zones = (A, B)
    every = [
        f"{name}-{short}"
        for short in (
            *(f"public-{z}" for z in zones),
            *(f"private-{z}" for z in zones),
            *(f"database-{z}" for z in zones),
        )
    ]
    tables = [f"{name}-public", *every[2:]]

    def is_whole():
        seen = Seen(client, name)
        assert seen.vpc["CidrBlock"] == "10.20.0.0/16"
        assert (seen.dns("enableDnsSupport"), seen.dns("enableDnsHostnames")) == (True, True)
        assert {short: (one["CidrBlock"], one["AvailabilityZone"]) for short, one in seen.subnets.items()} == {
            f"private-{A}": ("10.20.0.0/18", A), f"private-{B}": ("10.20.64.0/18", B),
            f"public-{A}": ("10.20.192.0/21", A), f"public-{B}": ("10.20.200.0/21", B),
            f"database-{A}": ("10.20.224.0/21", A), f"database-{B}": ("10.20.232.0/21", B),
        }  # fmt: skip
        assert not any(one["MapPublicIpOnLaunch"] for one in seen.subnets.values())
        private = {tag["Key"]: tag["Value"] for tag in seen.subnets[f"private-{B}"]["Tags"]}
        assert private == {
            "Name": f"{name}-private-{B}", OWNER: name, "owner": "me",
            "kubernetes.io/role/internal-elb": "1", "karpenter.sh/discovery": name,
        }  # fmt: skip
        nat = seen.nats[f"nat-{A}"]
        assert list(seen.nats) == [f"nat-{A}"]
        assert nat["SubnetId"] == seen.subnets[f"public-{A}"]["SubnetId"]
        assert nat["NatGatewayAddresses"][0]["AllocationId"] == seen.addresses[f"nat-{A}"]["AllocationId"]
        s3 = seen.endpoints["s3"]
        for table in (f"private-{A}", f"private-{B}"):
            assert seen.routes(table) == {"0.0.0.0/0": nat["NatGatewayId"], "list": s3["VpcEndpointId"]}
            assert seen.zone_of(table) == table
        assert seen.routes("public")["0.0.0.0/0"].startswith("igw-")
        assert seen.zone_of("public") == f"public-{A},public-{B}"
        assert seen.routes(f"database-{B}") == {"list": s3["VpcEndpointId"]}
        sts = seen.endpoints["sts"]
        assert sts["PrivateDnsEnabled"]
        assert set(sts["SubnetIds"]) == {seen.subnets[f"private-{zone}"]["SubnetId"] for zone in zones}
        assert [one["GroupId"] for one in sts["Groups"]] == [seen.groups["endpoints"]["GroupId"]]
        assert seen.rules("eks") == {"in": ["-1::eks:"], "out": ["-1::0.0.0.0/0:"]}
        assert seen.rules("rds") == {"in": ["tcp:3306:eks:The shop"], "out": []}
        assert seen.rules("endpoints") == {"in": ["tcp:443:10.20.0.0/16:"], "out": []}
        assert seen.rules("default") == {"in": [], "out": []}
        (log,) = seen.flow_logs
        assert (log["LogGroupName"], log["TrafficType"], log["MaxAggregationInterval"]) == (f"/vpc/{name}", "ALL", 600)

    def drift():
        seen = Seen(client, name)
        client.modify_vpc_attribute(VpcId=seen.vpc_id, EnableDnsHostnames={"Value": False})
        client.delete_tags(Resources=[seen.vpc_id], Tags=[{"Key": "Name"}])
        subnet = seen.subnets[f"public-{A}"]["SubnetId"]
        client.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        by_hand = [{"Key": "owner", "Value": "by hand"}, {"Key": "kubernetes.io/cluster/x", "Value": "shared"}]
        client.create_tags(Resources=[seen.subnets[f"private-{A}"]["SubnetId"]], Tags=by_hand)
        private = seen.tables[f"private-{A}"]["RouteTableId"]
        gateway = seen.routes("public")["0.0.0.0/0"]
        client.replace_route(RouteTableId=private, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        client.create_route(RouteTableId=private, DestinationCidrBlock="192.0.2.0/24", GatewayId=gateway)
        client.delete_route(RouteTableId=seen.tables["public"]["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
        moved = seen.tables[f"database-{A}"]["Associations"][0]["RouteTableAssociationId"]
        client.replace_route_table_association(AssociationId=moved, RouteTableId=private)
        anyone = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        client.authorize_security_group_ingress(GroupId=seen.groups["rds"]["GroupId"], IpPermissions=[anyone])
        ours = seen.groups["eks"]["IpPermissions"]
        client.revoke_security_group_ingress(GroupId=seen.groups["eks"]["GroupId"], IpPermissions=ours)
        client.authorize_security_group_egress(GroupId=seen.groups["default"]["GroupId"], IpPermissions=[anyone])
        client.modify_vpc_endpoint(
            VpcEndpointId=seen.endpoints["sts"]["VpcEndpointId"],
            PrivateDnsEnabled=False,
            RemoveSubnetIds=[seen.subnets[f"private-{B}"]["SubnetId"]],
        )
        client.modify_vpc_endpoint(VpcEndpointId=seen.endpoints["s3"]["VpcEndpointId"], RemoveRouteTableIds=[private])

    def is_repaired():
        seen = Seen(client, name)
        (kept,) = [tag for tag in seen.subnets[f"private-{A}"]["Tags"] if tag["Key"] == "kubernetes.io/cluster/x"]
        client.delete_tags(Resources=[seen.subnets[f"private-{A}"]["SubnetId"]], Tags=[kept])
        is_whole()

    def is_changed():
        seen = Seen(client, name)
        for zone in zones:
            assert seen.routes(f"private-{zone}")["0.0.0.0/0"] == seen.nats[f"nat-{zone}"]["NatGatewayId"]
        assert sorted(seen.endpoints) == ["dynamodb", "s3"]
        assert sorted(seen.groups) == ["default", "eks", "rds", "redis"]
        assert seen.rules("rds") == {"in": ["tcp:33060:eks:All", "tcp:3306:eks:All"], "out": []}
        assert seen.rules("redis")["in"] == ["tcp:6379:10.0.0.0/8:", "tcp:6379:eks:"]
        assert seen.flow_logs == []
        assert {tag["Value"] for tag in seen.nats[f"nat-{A}"]["Tags"] if tag["Key"] == "owner"} == {"you"}

    def is_gone():
        seen = Seen(client, name)
        assert seen.vpc is None
        assert seen.addresses == {}
        gateways = client.describe_internet_gateways(Filters=[{"Name": f"tag:{OWNER}", "Values": [name]}])
        assert gateways["InternetGateways"] == []

    created = [
        f"create vpc {name}",
        f"create internet gateway {name}",
        *(f"create subnet {one}" for one in every),
        f"create elastic ip {name}-nat-{A}",
        f"create nat gateway {name}-nat-{A}",
        *(f"create security group {name}-{one}" for one in ("eks", "rds", "endpoints")),
        *(f"create rules of security group {name}-{one}" for one in ("eks", "rds", "endpoints")),
        "update rules of security group default: egress, ingress",
        f"create vpc endpoint {name}-sts",
        *(f"create route table {one}" for one in tables),
        f"create vpc endpoint {name}-s3",
        f"create flow log {name}",
    ]
    repaired = [
        f"update vpc {name}: dns_hostnames, tags",
        f"update subnet {name}-public-{A}: public_ips",
        f"update subnet {name}-private-{A}: tags",
        f"update rules of security group {name}-eks: ingress",
        f"update rules of security group {name}-rds: ingress",
        "update rules of security group default: egress",
        f"update vpc endpoint {name}-sts: private_dns, subnets",
        f"update route table {name}-public: routes",
        f"update route table {name}-private-{A}: routes, subnets",
        f"update route table {name}-database-{A}: subnets",
        f"update vpc endpoint {name}-s3: route_tables",
    ]
    reworked = [
        f"update vpc {name}: tags",
        f"update internet gateway {name}: tags",
        *(f"update subnet {one}: tags" for one in every),
        f"update elastic ip {name}-nat-{A}: tags",
        f"create elastic ip {name}-nat-{B}",
        f"update nat gateway {name}-nat-{A}: tags",
        f"create nat gateway {name}-nat-{B}",
        f"update security group {name}-rds: tags",
        f"create security group {name}-redis",
        f"update rules of security group {name}-rds: ingress",
        f"create rules of security group {name}-redis",
        *(f"update route table {one}: {'routes, ' if one.endswith(f'private-{B}') else ''}tags" for one in tables),
        f"update vpc endpoint {name}-s3: tags",
        f"create vpc endpoint {name}-dynamodb",
        f"delete vpc endpoint {name}-sts",
        f"delete flow log {name}",
        f"delete rules of security group {name}-endpoints",
        f"delete security group {name}-endpoints",
    ]
    removed = [
        *(f"delete vpc endpoint {name}-{one}" for one in ("dynamodb", "s3")),
        *(f"delete nat gateway {name}-nat-{zone}" for zone in zones),
        *(f"delete elastic ip {name}-nat-{zone}" for zone in zones),
        f"delete internet gateway {name}",
        *(f"delete route table {one}" for one in sorted(tables)),
        *(f"delete rules of security group {name}-{one}" for one in ("eks", "rds", "redis")),
        *(f"delete security group {name}-{one}" for one in ("eks", "rds", "redis")),
        *(f"delete subnet {one}" for one in sorted(every)),
        f"delete vpc {name}",
    ]
    life = Life(aws, "ec2_network", known_later=KNOWN_LATER | {"address", "network"})
    life.live(
        [
            Step("create", whole, created, holds=is_whole),
            Step("drift", whole, repaired, by_hand=drift, holds=is_repaired),
            Step("change", changed, reworked, holds=is_changed),
            Step("delete", {"name": name, "state": "absent"}, removed, holds=is_gone),
        ]
    )


def test_what_is_not_described_any_more_goes_in_order(client, name, make):
    wanted: dict[str, Any] = {"zones": [A, B], "security_groups": [group("a"), group("b")], "gateway_endpoints": ["s3"]}
    make(nat="per_zone", **wanted)
    less = {**wanted, "security_groups": [group("b", state="absent")], "gateway_endpoints": []}
    assert make(nat="one", **less)["actions"] == [
        f"update route table {name}-private-{B}: routes",
        f"delete vpc endpoint {name}-s3",
        f"delete nat gateway {name}-nat-{B}",
        f"delete elastic ip {name}-nat-{B}",
        f"delete rules of security group {name}-b",
        f"delete security group {name}-b",
    ]
    seen = Seen(client, name)
    assert list(seen.nats) == list(seen.addresses) == [f"nat-{A}"]
    assert seen.routes(f"private-{B}") == {"0.0.0.0/0": seen.nats[f"nat-{A}"]["NatGatewayId"]}
    assert sorted(seen.groups) == ["a", "default"]
    assert seen.endpoints == {}
    assert make(nat="one", **less)["actions"] == []


def test_what_was_deleted_by_hand_is_made_again(client, name, make):
    wanted: dict[str, Any] = {"security_groups": [group("a"), group("b")], "gateway_endpoints": ["s3"]}
    make(**wanted)
    seen = Seen(client, name)
    client.delete_nat_gateway(NatGatewayId=seen.nats[f"nat-{A}"]["NatGatewayId"])
    client.release_address(AllocationId=seen.addresses[f"nat-{A}"]["AllocationId"])
    client.detach_internet_gateway(InternetGatewayId=seen.routes("public")["0.0.0.0/0"], VpcId=seen.vpc_id)
    client.delete_vpc_endpoints(VpcEndpointIds=[seen.endpoints["s3"]["VpcEndpointId"]])
    client.delete_security_group(GroupId=seen.groups["b"]["GroupId"])
    table = seen.tables[f"private-{A}"]
    client.disassociate_route_table(AssociationId=table["Associations"][0]["RouteTableAssociationId"])
    client.delete_route_table(RouteTableId=table["RouteTableId"])
    again = [
        f"update internet gateway {name}: vpc",
        f"create elastic ip {name}-nat-{A}",
        f"create nat gateway {name}-nat-{A}",
        f"create security group {name}-b",
        f"create rules of security group {name}-b",
        f"create route table {name}-private-{A}",
        f"create vpc endpoint {name}-s3",
    ]
    assert make(check=True, **wanted)["actions"] == again
    assert make(**wanted)["actions"] == again
    seen = Seen(client, name)
    assert seen.routes(f"private-{A}")["0.0.0.0/0"] == seen.nats[f"nat-{A}"]["NatGatewayId"]
    client.delete_nat_gateway(NatGatewayId=seen.nats[f"nat-{A}"]["NatGatewayId"])
    assert make(**wanted)["actions"] == [
        f"create nat gateway {name}-nat-{A}",
        f"update route table {name}-private-{A}: routes",
    ]
    assert make(**wanted)["actions"] == []


def test_no_change_takes_eleven_calls_and_the_info_module_five(aws, client, name, make):
    make(gateway_endpoints=["s3"], flow_logs={"destination": "x", "role_arn": ROLE, "traffic": "all",
         "interval_seconds": 60}, security_groups=[group("eks")])  # fmt: skip
    aws.recorder.reset()
    again = make(gateway_endpoints=["s3"], flow_logs={"destination": "x", "role_arn": ROLE, "traffic": "all",
                 "interval_seconds": 60}, security_groups=[group("eks")])  # fmt: skip
    assert again["actions"] == []
    assert (aws.recorder.counts()["reads"], aws.recorder.counts()["writes"]) == (11, 0)
    aws.recorder.reset()
    told = info(client, name, ["eks"])
    assert (aws.recorder.counts()["reads"], aws.recorder.counts()["writes"]) == (5, 0)
    assert told == again["network"]
    seen = Seen(client, name)
    assert told == {
        "exists": True,
        "vpc_id": seen.vpc_id,
        "subnets": {
            "public": [seen.subnets[f"public-{A}"]["SubnetId"]],
            "private": [seen.subnets[f"private-{A}"]["SubnetId"]],
            "database": [],
        },
        "security_groups": {"eks": seen.groups["eks"]["GroupId"]},
        "nat_addresses": [seen.addresses[f"nat-{A}"]["PublicIp"]],
    }


def test_info_has_placeholders_in_check_mode_and_a_sentence_otherwise(aws, client, name, make):
    placeholders = run_module("ec2_network_info", {"name": name, "security_groups": ["x"]}, check=True,
                              env=aws.environment)["network"]  # fmt: skip
    assert placeholders["exists"] is False
    assert placeholders["subnets"]["private"] == [f"(private subnets of {name})"]
    assert sorted(placeholders["security_groups"]) == ["eks", "elasticache", "rds", "x"]
    says = f"There is no network {name} in {aws.endpoint['region']}; run the role network first, or correct the name."
    with pytest.raises(ReplatformError, match=says):
        info(client, name)
    make(security_groups=[group("eks")])
    assert info(client, name, ["x"], check=True)["security_groups"]["x"] == f"(security group x of {name})"
    with pytest.raises(ReplatformError, match=r"has no security group x \(it has eks\)"):
        info(client, name, ["x"])


IN_VPC = [{"Name": "vpc-id", "Values": []}]


@pytest.mark.parametrize(
    ("before", "then", "says"),
    [
        ({}, {"cidr": "10.21.0.0/16"}, 'has cidr "10.20.0.0/16" and cannot be given "10.21.0.0/16" afterwards'),
        (
            {},
            {"subnets": {"public": {**TIER, "cidrs": ["10.20.240.0/24"]}, "private": TIER}},
            'has cidr "10.20.192.0/21" and cannot be given "10.20.240.0/24"',
        ),
        ({}, {"zones": [B]}, f"public-{A}, which are not described any more; tiers and zones can be added"),
        ({}, {"zones": [A, "eu-central-1q"]}, "Zone eu-central-1q is not open to this account; choose from"),
        (
            {"security_groups": [group("a", description="one")]},
            {"security_groups": [group("a", description="two")]},
            'has description "one" and cannot be given "two"',
        ),
        (
            {},
            {"security_groups": [group("a", ingress=[{"protocol": "all", "from": ["b"]}])]},
            r"security_groups\[a\].ingress names b, which is neither .* of this network \(those are a\)",
        ),
        (
            {"security_groups": [group("b")]},
            {"security_groups": [group("b", state="absent"), group("a", egress=[{"protocol": "all", "to": ["b"]}])]},
            r"security_groups\[a\].egress names b",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_written(aws, make, before, then, says):
    make(**before)
    aws.recorder.reset()
    for check in (True, False):
        # What could be written beside it is not.
        with pytest.raises(ReplatformError, match=says):
            make(check=check, **{**before, "tags": {"new": "yes"}, **then})
    assert aws.recorder.counts()["writes"] == 0


def test_a_block_that_somebody_elses_subnet_has_is_refused(aws, client, name, make):
    make(nat="none", subnets={"private": dict(TIER)})
    vpc = Seen(client, name).vpc_id
    theirs = client.create_subnet(VpcId=vpc, CidrBlock="10.20.193.0/24", AvailabilityZone=A)["Subnet"]["SubnetId"]
    aws.recorder.reset()
    with pytest.raises(
        ReplatformError,
        match=rf"cannot have 10.20.192.0/21: subnet {theirs}, which is there already, has 10.20.193.0/24",
    ):
        make()
    assert aws.recorder.counts()["writes"] == 0
    client.delete_subnet(SubnetId=theirs)


def test_a_vpc_of_that_name_that_was_made_by_hand_is_not_taken(client, name, make):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": name}]}]
    vpc = client.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    with pytest.raises(
        ReplatformError, match=rf"{vpc} .* was not made by this module; .* give it the tag {OWNER}={name}"
    ):
        make()
    client.create_tags(Resources=[vpc], Tags=[{"Key": OWNER, "Value": name}])
    assert f"create vpc {name}" not in make()["actions"]
    second = client.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    client.create_tags(Resources=[second], Tags=[{"Key": OWNER, "Value": name}])
    with pytest.raises(ReplatformError, match=rf"all carry the tag {OWNER}={name}"):
        make()
    client.delete_vpc(VpcId=second)


def test_a_network_in_use_is_not_deleted_and_what_uses_it_is_named(aws, client, name, make):
    make(security_groups=[group("eks")])
    seen = Seen(client, name)
    subnet = seen.subnets[f"private-{A}"]["SubnetId"]
    eni = client.create_network_interface(SubnetId=subnet, Description="a database")["NetworkInterface"]
    eni_id = eni["NetworkInterfaceId"]
    theirs = client.create_security_group(GroupName="k8s-x", Description="x", VpcId=seen.vpc_id)["GroupId"]
    aws.recorder.reset()
    for check in (True, False):
        with pytest.raises(
            ReplatformError, match=rf"still used by network interface {eni_id} \(a database\), security"
        ):
            make(state="absent", check=check)
    assert aws.recorder.counts()["writes"] == 0
    client.delete_network_interface(NetworkInterfaceId=eni_id)
    client.delete_security_group(GroupId=theirs)
    make(state="absent")
    assert Seen(client, name).vpc is None


def test_what_is_given_by_a_placeholder_is_planned_in_check_mode(make):
    group_rules = group("a", ingress=[{"protocol": "all", "from": ["(cluster security group of shop)"]}])
    route = {"cidr": "172.16.0.0/12", "target": "(transit gateway)"}
    planned = make(
        check=True,
        security_groups=[group_rules],
        subnets={"public": dict(TIER), "private": {**TIER, "routes": [route]}},
    )
    assert planned["route_tables"][1]["routes"]["172.16.0.0/12"] == "(transit gateway)"


def test_an_option_that_does_not_exist_is_named_with_its_path(aws, name):
    groups = [{"name": "a", "ingress": [{"from": ["b"], "prot": "1"}]}]
    result = run_module("ec2_network", {"name": name, **NEEDED, "security_groups": groups}, env=aws.environment)
    assert result["failed"]
    assert "security_groups.ingress.prot" in result["msg"]


@pytest.mark.parametrize("fault", ["throttle", "error", "lost_reply", "stale", "slow"])
def test_a_network_is_whole_after_a_passing_fault(aws, client, name, make, faults, fault):
    if fault in ("stale", "slow"):
        faults.add(fault, "ec2", times=2)
    else:
        for operation in ("CreateVpc", "CreateSubnet", "AllocateAddress", "CreateNatGateway", "CreateInternetGateway",
                          "AttachInternetGateway", "CreateRouteTable", "CreateRoute", "AssociateRouteTable",
                          "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupEgress",
                          "CreateVpcEndpoint"):  # fmt: skip
            faults.add(fault, "ec2", operation, times=1)
    wanted: dict[str, Any] = {
        "gateway_endpoints": ["s3"],
        "security_groups": [group("a", ingress=[{"protocol": "tcp", "ports": ["1"], "from": ["a"]}], egress=[])],
    }
    first = make(**wanted)
    assert first["nat_gateways"][0]["status"] == "available"
    faults.clear()
    assert make(**wanted)["actions"] == []
    seen = Seen(client, name)
    assert len(client.describe_vpcs(Filters=[{"Name": f"tag:{OWNER}", "Values": [name]}])["Vpcs"]) == 1
    assert [len(one) for one in (seen.addresses, seen.nats, seen.endpoints)] == [1, 1, 1]
    everywhere = client.describe_addresses()["Addresses"]
    assert len([one for one in everywhere if {"Key": OWNER, "Value": name} in one.get("Tags", ())]) == 1


@pytest.mark.parametrize(
    ("kind", "operation", "code", "says"),
    [
        ("access_denied", "CreateNatGateway", "UnauthorizedOperation", "allow the action of CreateNatGateway"),
        ("expired_token", "CreateNatGateway", "RequestExpired", "sign in again"),
        ("quota", "CreateNatGateway", "NatGatewayLimitExceeded", "ask for a higher quota"),
    ],
)
def test_a_part_that_fails_is_named_and_a_rerun_completes(client, name, make, faults, kind, operation, code, says):
    faults.add(kind, "ec2", operation)
    with pytest.raises(Unfinished, match=says) as caught:
        make()
    assert caught.value.facts["failed"][f"nat gateway {name}-nat-{A}"]["code"] == code
    assert f"create subnet {name}-private-{A}" in caught.value.outcome.actions
    # What needs the part says so.
    table = caught.value.facts["failed"][f"route table {name}-private-{A}"]
    assert table["code"] == "MissingPart"
    assert table["message"].startswith(f"There is no nat gateway {name}-nat-{A}")
    faults.clear()
    assert f"create nat gateway {name}-nat-{A}" in make()["actions"]
    assert make()["actions"] == []


def test_a_nat_gateway_that_takes_too_long_is_told_with_its_last_state(name, make, faults):
    faults.add("slow", "ec2", "CreateNatGateway", times=50)
    with pytest.raises(Unfinished, match=rf"nat gateway {name}-nat-{A} was not ready after 1 s .*pending") as caught:
        make(wait_timeout=1)
    assert caught.value.code == "WaitTimeout"


def test_the_examples_of_the_documentation_run(name, play):
    network, looked_up = (
        module.EXAMPLES.replace("shop-example", name).replace("shop-sandbox", name).replace("shop-office", f"{name}-o")
        for module in (ec2_network, ec2_network_info)
    )
    said = play([*yaml.safe_load(network), *yaml.safe_load(looked_up)])
    assert "failed=0" in said
