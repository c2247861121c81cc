"""EC2's networks: what is in use stays, and what endpoints, routes and rules do. Walked in this order."""

from __future__ import annotations

from typing import Any

from . import Answers, Behaviour

API = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_{}.html"
ANYWHERE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
S3 = "com.amazonaws.eu-central-1.s3"
STS = "com.amazonaws.eu-central-1.sts"


def _behaviour(name: str, operation: str, parameters: Any, expect: dict[str, Any] | str) -> Behaviour:
    return Behaviour(name, ("ec2", operation, parameters), expect, API.format(operation))


def vpc(answers: Answers) -> str:
    return str(answers["a vpc"]["Vpc"]["VpcId"])


def subnet(answers: Answers) -> str:
    return str(answers["a subnet gives no public addresses"]["Subnet"]["SubnetId"])


def table(answers: Answers, name: str = "a route table") -> str:
    return str(answers[name]["RouteTable"]["RouteTableId"])


def group(answers: Answers, name: str = "a group") -> str:
    return str(answers[name]["GroupId"])


def gateway(answers: Answers) -> str:
    return str(answers["a gateway"]["InternetGateway"]["InternetGatewayId"])


def nat(answers: Answers) -> str:
    return str(answers["a nat gateway is pending first"]["NatGateway"]["NatGatewayId"])


def interface_endpoint(answers: Answers) -> str:
    return str(answers["an interface endpoint is pending first"]["VpcEndpoint"]["VpcEndpointId"])


def gateway_endpoint(answers: Answers) -> str:
    return str(answers["a gateway endpoint is there at once"]["VpcEndpoint"]["VpcEndpointId"])


def pair(answers: Answers, **more: Any) -> list[dict[str, Any]]:
    return [{**ANYWHERE, "UserIdGroupPairs": [{"GroupId": group(answers), **more}]}]


def _groups(answers: Answers) -> dict[str, Any]:
    return {"GroupIds": [group(answers, "another group")]}


def _interface(answers: Answers) -> dict[str, Any]:
    return {
        "VpcId": vpc(answers), "ServiceName": STS, "VpcEndpointType": "Interface", "SubnetIds": [subnet(answers)],
        "SecurityGroupIds": [group(answers)], "PrivateDnsEnabled": True,
    }  # fmt: skip


BEHAVIOUR = [
    _behaviour("a vpc", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}, {"Vpc": {"CidrBlock": "10.0.0.0/16"}}),
    _behaviour("a vpc that is too large", "CreateVpc", {"CidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range"),
    _behaviour(
        "names are resolved in a new vpc", "DescribeVpcAttribute",
        lambda a: {"VpcId": vpc(a), "Attribute": "enableDnsSupport"}, {"EnableDnsSupport": {"Value": True}},
    ),
    _behaviour(
        "machines have no names in a new vpc", "DescribeVpcAttribute",
        lambda a: {"VpcId": vpc(a), "Attribute": "enableDnsHostnames"}, {"EnableDnsHostnames": {"Value": False}},
    ),
    _behaviour(
        "a subnet gives no public addresses", "CreateSubnet",
        lambda a: {"VpcId": vpc(a), "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-central-1a"},
        {"Subnet": {"CidrBlock": "10.0.0.0/24"}},
    ),
    _behaviour(
        "nor later", "DescribeSubnets", lambda a: {"SubnetIds": [subnet(a)]},
        {"Subnets": [{"MapPublicIpOnLaunch": False}]},
    ),
    _behaviour(
        "subnets do not overlap", "CreateSubnet",
        lambda a: {"VpcId": vpc(a), "CidrBlock": "10.0.0.128/25", "AvailabilityZone": "eu-central-1a"},
        "InvalidSubnet.Conflict",
    ),
    _behaviour("a gateway", "CreateInternetGateway", {}, {"InternetGateway": {"Attachments": []}}),
    _behaviour(
        "it is attached", "AttachInternetGateway",
        lambda a: {"InternetGatewayId": gateway(a), "VpcId": vpc(a)}, {},
    ),
    _behaviour(
        "a gateway is attached once", "AttachInternetGateway",
        lambda a: {"InternetGatewayId": gateway(a), "VpcId": vpc(a)}, "Resource.AlreadyAssociated",
    ),
    _behaviour("an address", "AllocateAddress", {"Domain": "vpc"}, {"AllocationId": ...}),
    _behaviour(
        "a nat gateway is pending first", "CreateNatGateway",
        lambda a: {"SubnetId": subnet(a), "AllocationId": a["an address"]["AllocationId"]},
        {"NatGateway": {"State": "pending"}},
    ),
    _behaviour(
        "and available in the end", "DescribeNatGateways", lambda a: {"NatGatewayIds": [nat(a)]},
        {"NatGateways": [{"State": "available", "NatGatewayAddresses": [{"PublicIp": ...}]}]},
    ),
    _behaviour(
        "an address in use is not released", "ReleaseAddress",
        lambda a: {"AllocationId": a["an address"]["AllocationId"]}, "InvalidIPAddress.InUse",
    ),
    _behaviour(
        "a gateway with addresses behind it is not detached", "DetachInternetGateway",
        lambda a: {"InternetGatewayId": gateway(a), "VpcId": vpc(a)}, "DependencyViolation",
    ),
    _behaviour(
        "a subnet in use is not deleted", "DeleteSubnet", lambda a: {"SubnetId": subnet(a)}, "DependencyViolation",
    ),
    _behaviour("a route table", "CreateRouteTable", lambda a: {"VpcId": vpc(a)}, {"RouteTable": {"Associations": []}}),
    _behaviour("another table", "CreateRouteTable", lambda a: {"VpcId": vpc(a)}, {"RouteTable": ...}),
    _behaviour(
        "a route", "CreateRoute",
        lambda a: {"RouteTableId": table(a), "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": nat(a)},
        {"Return": True},
    ),
    _behaviour(
        "a destination has one route", "CreateRoute",
        lambda a: {"RouteTableId": table(a), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway(a)},
        "RouteAlreadyExists",
    ),
    _behaviour(
        "a table is associated", "AssociateRouteTable",
        lambda a: {"RouteTableId": table(a), "SubnetId": subnet(a)}, {"AssociationId": ...},
    ),
    _behaviour(
        "a subnet has one table", "AssociateRouteTable",
        lambda a: {"RouteTableId": table(a, "another table"), "SubnetId": subnet(a)}, "Resource.AlreadyAssociated",
    ),
    _behaviour(
        "a table in use is not deleted", "DeleteRouteTable", lambda a: {"RouteTableId": table(a)},
        "DependencyViolation",
    ),
    _behaviour(
        "a group", "CreateSecurityGroup",
        lambda a: {"GroupName": "a", "Description": "a", "VpcId": vpc(a)}, {"GroupId": ...},
    ),
    _behaviour(
        "a name is there once", "CreateSecurityGroup",
        lambda a: {"GroupName": "a", "Description": "b", "VpcId": vpc(a)}, "InvalidGroup.Duplicate",
    ),
    _behaviour(
        "another group", "CreateSecurityGroup",
        lambda a: {"GroupName": "b", "Description": "b", "VpcId": vpc(a)}, {"GroupId": ...},
    ),
    _behaviour(
        "a new group lets everything out", "DescribeSecurityGroups", _groups,
        {"SecurityGroups": [{
            "IpPermissions": [],
            "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        }]},
    ),
    _behaviour(
        "a rule names another group", "AuthorizeSecurityGroupIngress",
        lambda a: {"GroupId": group(a, "another group"), "IpPermissions": pair(a, Description="one")}, {"Return": True},
    ),
    _behaviour(
        "a rule is there once, whatever is said about it", "AuthorizeSecurityGroupIngress",
        lambda a: {"GroupId": group(a, "another group"), "IpPermissions": pair(a, Description="two")},
        "InvalidPermission.Duplicate",
    ),
    _behaviour(
        "a description changes", "UpdateSecurityGroupRuleDescriptionsIngress",
        lambda a: {"GroupId": group(a, "another group"), "IpPermissions": pair(a, Description="three")},
        {"Return": True},
    ),
    _behaviour(
        "it has changed", "DescribeSecurityGroups", _groups,
        {"SecurityGroups": [{"IpPermissions": [{"UserIdGroupPairs": [{"Description": "three"}]}]}]},
    ),
    _behaviour(
        "a description is removed by leaving it out", "UpdateSecurityGroupRuleDescriptionsIngress",
        lambda a: {"GroupId": group(a, "another group"), "IpPermissions": pair(a)}, {"Return": True},
    ),
    _behaviour(
        "a group that another one names is not deleted", "DeleteSecurityGroup", lambda a: {"GroupId": group(a)},
        "DependencyViolation",
    ),
    _behaviour(
        "rules are revoked without their description", "RevokeSecurityGroupIngress",
        lambda a: {"GroupId": group(a, "another group"), "IpPermissions": pair(a)}, {"Return": True},
    ),
    _behaviour(
        "private names need names in the vpc", "CreateVpcEndpoint", _interface, "InvalidParameter",
    ),
    _behaviour(
        "names are switched on", "ModifyVpcAttribute",
        lambda a: {"VpcId": vpc(a), "EnableDnsHostnames": {"Value": True}}, {},
    ),
    _behaviour(
        "an interface endpoint is pending first", "CreateVpcEndpoint", _interface,
        {"VpcEndpoint": {"State": "pending", "PrivateDnsEnabled": True}},
    ),
    _behaviour(
        "private names are switched off", "ModifyVpcEndpoint",
        lambda a: {"VpcEndpointId": interface_endpoint(a), "PrivateDnsEnabled": False}, {"Return": True},
    ),
    _behaviour(
        "they are off", "DescribeVpcEndpoints", lambda a: {"VpcEndpointIds": [interface_endpoint(a)]},
        {"VpcEndpoints": [{"State": "available", "PrivateDnsEnabled": False}]},
    ),
    _behaviour(
        "a group of an endpoint is not deleted", "DeleteSecurityGroup", lambda a: {"GroupId": group(a)},
        "DependencyViolation",
    ),
    _behaviour(
        "a gateway endpoint is there at once", "CreateVpcEndpoint",
        lambda a: {
            "VpcId": vpc(a), "ServiceName": S3, "VpcEndpointType": "Gateway",
            "RouteTableIds": [table(a, "another table")],
        },
        {"VpcEndpoint": {"State": "available"}},
    ),
    _behaviour(
        "its tables change", "ModifyVpcEndpoint",
        lambda a: {
            "VpcEndpointId": gateway_endpoint(a), "AddRouteTableIds": [table(a)],
            "RemoveRouteTableIds": [table(a, "another table")],
        },
        {"Return": True},
    ),
    _behaviour(
        "its route goes with them", "DescribeRouteTables", lambda a: {"RouteTableIds": [table(a, "another table")]},
        {"RouteTables": [{"Routes": [{"GatewayId": "local"}]}]},
    ),
    _behaviour(
        "unknown endpoints are told in the answer", "DeleteVpcEndpoints",
        lambda a: {"VpcEndpointIds": ["vpce-0123456789abcdef0", interface_endpoint(a), gateway_endpoint(a)]},
        {"Unsuccessful": [{"ResourceId": "vpce-0123456789abcdef0", "Error": {"Code": "InvalidVpcEndpoint.NotFound"}}]},
    ),
    _behaviour(
        "a vpc in use is not deleted", "DeleteVpc", lambda a: {"VpcId": vpc(a)}, "DependencyViolation",
    ),
    _behaviour(
        "an unknown nat gateway", "DeleteNatGateway", {"NatGatewayId": "nat-0123456789abcdef0"}, "NatGatewayNotFound",
    ),
    _behaviour(
        "a nat gateway goes", "DeleteNatGateway", lambda a: {"NatGatewayId": nat(a)}, {"NatGatewayId": ...},
    ),
    _behaviour(
        "it is told for a while", "DescribeNatGateways", lambda a: {"NatGatewayIds": [nat(a)]},
        {"NatGateways": [{"State": "deleted"}]},
    ),
    _behaviour(
        "its address is free", "ReleaseAddress", lambda a: {"AllocationId": a["an address"]["AllocationId"]}, {},
    ),
    _behaviour(
        "the gateway is detached", "DetachInternetGateway",
        lambda a: {"InternetGatewayId": gateway(a), "VpcId": vpc(a)}, {},
    ),
    _behaviour("a group is deleted", "DeleteSecurityGroup", lambda a: {"GroupId": group(a)}, {}),
    _behaviour("an empty subnet is deleted", "DeleteSubnet", lambda a: {"SubnetId": subnet(a)}, {}),
]  # fmt: skip
