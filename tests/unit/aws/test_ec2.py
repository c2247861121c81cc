"""A network's description, address blocks and rules: no client, no clock."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws.ec2 import blocks, description, rules
from ansible_collections.replatform.aws.plugins.module_utils.aws.ec2.network import TIERS
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError

ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
TIER: dict[str, Any] = {"public_ips": False, "routes": []}


def options(**more: Any) -> dict[str, Any]:
    """Module.given of a network of three tiers in two zones."""
    return {
        "name": "shop",
        "cidr": "10.20.0.0/16",
        "zones": ZONES[:2],
        "dns_support": True,
        "dns_hostnames": True,
        "subnets": {"public": dict(TIER), "private": dict(TIER), "database": dict(TIER)},
        "nat": "one",
        "purge_tags": True,
        **more,
    }


def parts(**more: Any) -> description.Parts:
    return description.parts(options(**more), "eu-central-1")


def group(name: str = "rds", **more: Any) -> dict[str, Any]:
    return {"name": name, "state": "present", **more}


@pytest.mark.parametrize(
    ("cidr", "public", "private", "database"),
    [
        (
            "10.20.0.0/16",
            ["10.20.192.0/21", "10.20.200.0/21", "10.20.208.0/21"],
            ["10.20.0.0/18", "10.20.64.0/18", "10.20.128.0/18"],
            ["10.20.224.0/21", "10.20.232.0/21", "10.20.240.0/21"],
        ),
        (
            "192.168.2.0/23",
            ["192.168.3.128/28", "192.168.3.144/28", "192.168.3.160/28"],
            ["192.168.2.0/25", "192.168.2.128/25", "192.168.3.0/25"],
            ["192.168.3.192/28", "192.168.3.208/28", "192.168.3.224/28"],
        ),
    ],
)
def test_blocks_are_derived_by_the_documented_rule_and_stay_when_a_zone_is_added(cidr, public, private, database):
    for zones in (1, 2, 3):
        for tier, expected in (("public", public), ("private", private), ("database", database)):
            assert [str(one) for one in blocks.derived(IPv4Network(cidr), tier, zones)] == expected[:zones]


def test_derived_blocks_lie_inside_and_apart():
    vpc = IPv4Network("10.0.0.0/22")
    derived = {f"{tier}{n}": one for tier in TIERS for n, one in enumerate(blocks.derived(vpc, tier, 3))}
    assert len(derived) == 9
    blocks.refuse_outside_and_overlaps(vpc, derived)


def test_a_network_has_the_parts_that_its_tiers_need():
    one = parts(cluster="shop-cluster", tags={"owner": "me", "n": 1})
    assert [table["name"] for table in one.route_tables] == [
        "shop-public", "shop-private-eu-central-1a", "shop-private-eu-central-1b",
        "shop-database-eu-central-1a", "shop-database-eu-central-1b",
    ]  # fmt: skip
    assert [table["routes"] for table in one.route_tables] == [
        {"0.0.0.0/0": "internet gateway shop"},
        {"0.0.0.0/0": "nat gateway shop-nat-eu-central-1a"},
        {"0.0.0.0/0": "nat gateway shop-nat-eu-central-1a"},
        {},
        {},
    ]
    assert [nat["subnet"] for nat in one.nat_gateways] == ["shop-public-eu-central-1a"]
    tags = {subnet["name"]: subnet["tags"] for subnet in one.subnets}
    assert tags["shop-public-eu-central-1a"]["kubernetes.io/role/elb"] == "1"
    assert tags["shop-private-eu-central-1b"]["karpenter.sh/discovery"] == "shop-cluster"
    assert tags["shop-database-eu-central-1a"] == {
        "owner": "me", "n": 1, "Name": "shop-database-eu-central-1a", "replatform:network": "shop",
    }  # fmt: skip
    assert one.interface_endpoints is None
    assert one.gateway_endpoints is None
    assert one.flow_logs is None


def test_every_zone_has_its_own_way_out_when_asked():
    one = parts(nat="per_zone", subnets={**options()["subnets"], "database": {**TIER, "internet": "nat"}})
    ways = {table["name"]: table["routes"].get("0.0.0.0/0") for table in one.route_tables}
    assert ways["shop-private-eu-central-1b"] == "nat gateway shop-nat-eu-central-1b"
    assert ways["shop-database-eu-central-1b"] == "nat gateway shop-nat-eu-central-1b"


def test_without_public_subnets_there_is_no_gateway():
    one = parts(nat="none", subnets={"private": dict(TIER)})
    assert (one.internet_gateways, one.nat_gateways, one.elastic_ips) == ([], [], [])
    assert [table["routes"] for table in one.route_tables] == [{}, {}]


def test_tags_of_others_stay_where_no_tags_are_given():
    assert parts().vpc["purge_tags"] is False
    assert parts(tags={}).vpc["purge_tags"] is True
    assert parts(tags={"a": "b"}, purge_tags=False).vpc["purge_tags"] is False


def test_endpoints_get_a_group_of_their_own_unless_one_is_described():
    one = parts(interface_endpoints=["sqs", "com.amazonaws.eu-central-1.ecr.api"])
    assert [endpoint["name"] for endpoint in one.interface_endpoints or ()] == ["shop-sqs", "shop-ecr.api"]
    assert one.security_group_rules[0] == {
        "name": "shop-endpoints", "ingress": {"tcp 443 from 10.20.0.0/16": ""}, "egress": {},
    }  # fmt: skip
    own = [group("endpoints", ingress=[])]
    described = parts(interface_endpoints=["sqs"], security_groups=own).security_group_rules
    assert described[0] == {"name": "shop-endpoints", "ingress": {}}


def test_the_default_group_allows_nothing():
    assert parts().security_group_rules[-1] == {"name": "default", "ingress": {}, "egress": {}}


RULE: dict[str, Any] = {"protocol": "tcp", "ports": ["443"], "from": ["eks"]}
ROUTE = {"cidr": "172.16.0.0/12", "target": "tgw-1"}


@pytest.mark.parametrize(
    ("more", "path", "says"),
    [
        ({"name": "shop/a"}, "name", "use up to 100 letters"),
        ({"cidr": "10.0.0.0/8"}, "cidr", "EC2 takes from /16 to /28"),
        ({"cidr": "10.0.0.1/16"}, "cidr", "has host bits set"),
        ({"cidr": "10.0.0"}, "cidr", "is no IPv4 block"),
        ({"cidr": "10.20.0.0/24"}, "cidr", "is too small to derive subnets from"),
        ({"zones": []}, "zones", "name at least one, such as eu-central-1a"),
        ({"zones": ["eu-west-1a"]}, "zones", "it is not in eu-central-1"),
        ({"zones": ZONES[:1] * 2}, "zones", "more than once"),
        ({"zones": [*ZONES, "eu-central-1d"]}, "subnets.public.cidrs", "derived for 3 zones, not for 4"),
        ({"subnets": {}}, "subnets", "at least one of public, private, database"),
        ({"subnets": {"private": dict(TIER)}}, "nat", "NAT gateways need public subnets"),
        ({"subnets": {"public": {**TIER, "internet": "none"}}}, "subnets.public.internet", "need the gateway"),
        (
            {"nat": "none", "subnets": {"private": {**TIER, "internet": "nat"}}},
            "subnets.private.internet",
            "nat is none",
        ),
        ({"dns_support": False}, "dns_support", "dns_hostnames needs it"),
        ({"dns_hostnames": False, "interface_endpoints": ["sqs"]}, "dns_hostnames", "private names"),
        ({"subnets": {"public": {**TIER, "cidrs": ["10.20.0.0/24"]}}}, "subnets.public.cidrs", "each of the 2 zones"),
        ({"subnets": {"public": {**TIER, "cidrs": ["10.20.0.0/24", "x"]}}}, "subnets.public.cidrs[1]", "no IPv4 block"),
        (
            {"subnets": {"public": {**TIER, "cidrs": ["10.20.0.0/24", "10.20.0.128/25"]}}},
            "shop-public-eu-central-1a",
            "overlap",
        ),
        (
            {"subnets": {"public": {**TIER, "cidrs": ["10.20.0.0/24", "10.21.0.0/24"]}}},
            "shop-public-eu-central-1b",
            "not inside of the network's cidr 10.20.0.0/16",
        ),
        (
            {"subnets": {"public": {**TIER, "routes": [ROUTE, ROUTE]}}},
            "subnets.public.routes[1].cidr",
            "a route for it already",
        ),
        (
            {"subnets": {"public": {**TIER, "routes": [{**ROUTE, "target": "gateway"}]}}},
            "subnets.public.routes[0].target",
            "an id that begins with igw-",
        ),
        ({"interface_endpoints": ["s3"]}, "interface_endpoints", "gateway_endpoints"),
        ({"interface_endpoints": ["sqs", "sqs"]}, "interface_endpoints", "more than once"),
        ({"security_groups": [group(), group()]}, "security_groups", "more than once"),
        ({"security_groups": [group("default")]}, "security_groups[].name", "not default"),
        ({"security_groups": [group("sg-1")]}, "security_groups[].name", "not default"),
        ({"security_groups": [group(description="<b>")]}, "security_groups[rds].description", "1 to 255 letters"),
        (
            {"security_groups": [group(ingress=[{**RULE, "ports": ["70000"]}])]},
            "security_groups[rds].ingress[0].ports",
            "a port from 0 to 65535",
        ),
        (
            {"security_groups": [group(ingress=[RULE, {**RULE, "ports": None}])]},
            "security_groups[rds].ingress[1].ports",
            "needs a port",
        ),
        (
            {"security_groups": [group(ingress=[{**RULE, "protocol": "all"}])]},
            "security_groups[rds].ingress[0].ports",
            "protocol all has none",
        ),
        (
            {"security_groups": [group(ingress=[{**RULE, "from": ["10.0.0.1/8"]}])]},
            "security_groups[rds].ingress[0].from",
            "has host bits set",
        ),
        ({"security_groups": [group(ingress=[RULE, RULE])]}, "security_groups[rds].ingress[1]", "more than once"),
        (
            {"security_groups": [group(ingress=[{**RULE, "description": "a\nb"}])]},
            "security_groups[rds].ingress[0].description",
            "up to 255 letters",
        ),
        ({"flow_logs": {"destination": "logs", "traffic": "all"}}, "flow_logs.role_arn", "a role is needed"),
    ],
)
def test_what_cannot_be_is_refused_with_its_path(more, path, says):
    with pytest.raises(ReplatformError, match=says.replace("[", r"\[")) as caught:
        parts(**more)
    assert caught.value.facts["path"] == path


PERMISSIONS = [
    ({"all from default": ""}, {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-default"}]}),
    (
        {"tcp 3306 from eks": "the shop"},
        {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306,
         "UserIdGroupPairs": [{"GroupId": "sg-eks", "Description": "the shop"}]},
    ),
    (
        {"udp 1024-65535 from 10.0.0.0/8": ""},
        {"IpProtocol": "udp", "FromPort": 1024, "ToPort": 65535, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
    ),
    ({"icmp from ::/0": ""},
     {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}),
    ({"icmp 8/-1 from pl-1": ""},
     {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "PrefixListIds": [{"PrefixListId": "pl-1"}]}),
    ({"50 from sg-foreign": ""}, {"IpProtocol": "50", "UserIdGroupPairs": [{"GroupId": "sg-foreign"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("told", "permission"), PERMISSIONS)
def test_a_rule_is_the_same_there_and_back(told, permission):
    ours = {"eks", "default"}
    assert rules.to_api(told, lambda name: f"sg-{name}") == [permission]
    back = rules.from_api([permission], "from", lambda one: one[3:] if one[3:] in ours else one)
    assert back == told


def test_rules_name_the_groups_that_they_need():
    named = {"tcp 443 from eks", "all to 10.0.0.0/8", "tcp 1 from sg-1", "tcp 1 from (cluster group of shop)"}
    assert rules.peers(named) == {"eks"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("arn:aws:s3:::logs/vpc", "arn:aws:s3:::logs/vpc"),
        ("arn:aws:logs:eu-central-1:123456789012:log-group:/vpc/shop:*", "/vpc/shop"),
        ("arn:aws:logs:eu-central-1:123456789012:log-group:/vpc/shop", "/vpc/shop"),
        ("/vpc/shop", "/vpc/shop"),
    ],
)
def test_a_log_group_is_told_by_its_name(given, told):
    assert description.log_destination(given) == told


def test_a_tier_stands_for_the_blocks_of_its_subnets():
    rule = {"protocol": "tcp", "ports": ["3306"], "from": ["subnets.private"]}
    one = parts(security_groups=[group(ingress=[rule])])
    assert one.security_group_rules[0]["ingress"] == {
        "tcp 3306 from 10.20.0.0/18": "", "tcp 3306 from 10.20.64.0/18": "",
    }  # fmt: skip
    with pytest.raises(ReplatformError, match="there are subnets of public, private, database only"):
        parts(security_groups=[group(ingress=[{**rule, "from": ["subnets.privat"]}])])


def test_rules_that_the_load_balancer_controller_keeps_are_left_out():
    of_cluster = {"GroupId": "sg-1", "Description": "elbv2.k8s.aws/targetGroupBinding=shared"}
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [of_cluster]}
    assert rules.from_api([permission], "from", str) == {}
