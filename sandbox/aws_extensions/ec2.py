"""EC2's networks as the service has them, where moto 5.2 does not: what is in use is not deleted, endpoints change.

The pages are those of the operations in the Amazon EC2 API reference.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore import xform_name

if TYPE_CHECKING:
    from ..aws_emulator import Answer, Extendable

Check = Callable[[Any], None]


def extend(emulator: Extendable) -> None:
    from moto.ec2.models.security_groups import SecurityGroupRule
    from moto.ec2.responses import EC2Response

    checks: dict[str, Check] = {
        "AssociateRouteTable": _one_table_a_subnet,
        "CreateVpcEndpoint": _private_names_need_dns,
        "DeleteNatGateway": _nat_gateway_is_there,
        "DeleteSecurityGroup": _group_is_unused,
        "DeleteSubnet": _subnet_is_empty,
        "DeleteVpc": _vpc_is_empty,
        "DetachInternetGateway": _no_mapped_addresses,
        "ReleaseAddress": _address_is_unused,
    }
    effects: dict[str, Check] = {
        "DeleteNatGateway": _let_go_of_the_address,
        "ModifyVpcEndpoint": _private_dns_and_routes,
    }
    for name in sorted({*checks, *effects}):
        original = getattr(EC2Response, xform_name(name))
        emulator.operation("ec2", name, _around(original, checks.get(name), effects.get(name)))
    emulator.operation("ec2", "CreateSubnet", _without_public_ips(EC2Response.create_subnet))
    emulator.operation("ec2", "DeleteVpcEndpoints", delete_vpc_endpoints)
    for name, key in {"CreateNatGateway": "NatGateway", "CreateVpcEndpoint": "VpcEndpoint"}.items():
        emulator.operation("ec2", name, _pending(getattr(EC2Response, xform_name(name)), key))
    for direction in ("Egress", "Ingress"):
        name = f"UpdateSecurityGroupRuleDescriptions{direction}"
        emulator.operation("ec2", name, _describing_rules(f"{direction.lower()}_rules"))
    SecurityGroupRule.__eq__ = _same_rule


def _around(original: Answer, check: Check | None, effect: Check | None) -> Answer:
    def answer(response: Any) -> Any:
        if check:
            check(response)
        found = original(response)
        if effect:
            effect(response)
        return found

    return answer


def _without_public_ips(original: Answer) -> Answer:
    """CreateSubnet: a nondefault subnet gives no public addresses; moto's first one of a zone does."""

    def answer(response: Any) -> Any:
        before = {subnet.id for subnet in response.ec2_backend.describe_subnets()}
        found = original(response)
        for subnet in response.ec2_backend.describe_subnets():
            if subnet.id not in before:
                subnet.map_public_ip_on_launch = False
        return found

    return answer


def _pending(original: Answer, key: str) -> Answer:
    """What takes minutes is pending in the answer to its creation, though here it is available when it is read."""

    def answer(response: Any) -> Any:
        found = original(response)
        made = copy.copy(found.result[key])
        if getattr(made, "vpc_endpoint_type", "Interface") == "Interface":
            made.state = "pending"
        return type(found)({**found.result, key: made})

    return answer


def delete_vpc_endpoints(response: Any) -> Any:
    """DeleteVpcEndpoints: unknown ones are told in the answer, the others go with their interfaces and routes."""
    from moto.core.responses import ActionResult

    backend = response.ec2_backend
    unsuccessful = []
    for endpoint_id in response._get_param("VpcEndpointIds", []):
        endpoint = backend.vpc_end_points.get(endpoint_id)
        if endpoint is None or endpoint.state == "deleted":
            message = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
            error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}
            unsuccessful.append({"ResourceId": endpoint_id, "Error": error})
            continue
        for interface in endpoint.network_interface_ids:
            backend.enis.pop(interface, None)
        _set_routes(backend, endpoint, [])
        endpoint.state = "deleted"
    return ActionResult({"Unsuccessful": unsuccessful})


def _one_table_a_subnet(response: Any) -> None:
    subnet = response._get_param("SubnetId")
    for table in response.ec2_backend.route_tables.values():
        if subnet and subnet in table._associations.values() and table.id != response._get_param("RouteTableId"):
            raise _error("Resource.AlreadyAssociated", f"the specified association for {subnet} conflicts")


def _private_names_need_dns(response: Any) -> None:
    vpc = response.ec2_backend.vpcs.get(response._get_param("VpcId"))
    private = response._get_bool_param("PrivateDnsEnabled", if_none=False)
    if vpc and private and not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
        raise _error(
            "InvalidParameter",
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for"
            f" {vpc.id}",
        )


def _nat_gateway_is_there(response: Any) -> None:
    nat_id = response._get_param("NatGatewayId")
    if nat_id not in response.ec2_backend.nat_gateways:
        raise _error("NatGatewayNotFound", f"The Nat Gateway {nat_id} was not found")


def _group_is_unused(response: Any) -> None:
    group_id = response._get_param("GroupId")
    backend = response.ec2_backend
    groups = [group for groups in backend.groups.values() for group in groups.values()]
    if any(group.id == group_id and group.is_default for group in groups):
        raise _error("CannotDelete", f"the specified group: {group_id} name: default cannot be deleted by a user")
    named = any(
        rule.source_group.get("GroupId") == group_id
        for group in groups
        if group.id != group_id
        for rule in (*group.ingress_rules, *group.egress_rules)
    )
    attached = any(group_id in [one.id for one in eni._group_set] for eni in backend.enis.values())
    served = any(
        group_id in one.security_group_ids for one in backend.vpc_end_points.values() if one.state != "deleted"
    )
    if named or attached or served:
        raise _error("DependencyViolation", f"resource {group_id} has a dependent object")


def _subnet_is_empty(response: Any) -> None:
    subnet_id = response._get_param("SubnetId")
    if any(eni.subnet.id == subnet_id for eni in response.ec2_backend.enis.values()):
        raise _error("DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    for table in response.ec2_backend.route_tables.values():
        gone = [association for association, subnet in table._associations.items() if subnet == subnet_id]
        for association in gone:
            del table._associations[association]


def _vpc_is_empty(response: Any) -> None:
    vpc_id = response._get_param("VpcId")
    backend = response.ec2_backend
    gateways = [one for one in backend.internet_gateways.values() if one.vpc and one.vpc.id == vpc_id]
    groups = [group for group in backend.groups.get(vpc_id, {}).values() if not group.is_default]
    endpoints = [one for one in backend.vpc_end_points.values() if one.vpc_id == vpc_id and one.state != "deleted"]
    if gateways or groups or endpoints:
        raise _error("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")


def _no_mapped_addresses(response: Any) -> None:
    vpc_id = response._get_param("VpcId")
    if any(one.eni and one.eni.subnet.vpc_id == vpc_id for one in response.ec2_backend.addresses):
        raise _error(
            "DependencyViolation",
            f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before"
            " detaching the gateway.",
        )


def _address_is_unused(response: Any) -> None:
    allocation = response._get_param("AllocationId")
    for one in response.ec2_backend.addresses:
        if allocation and one.allocation_id == allocation and one.association_id:
            raise _error("InvalidIPAddress.InUse", f"Address {one.public_ip} is in use.")


def _let_go_of_the_address(response: Any) -> None:
    """The address is disassociated but not released, and the network interface goes."""
    backend = response.ec2_backend
    nat = backend.nat_gateways[response._get_param("NatGatewayId")]
    for address in nat.address_set:
        backend.enis.pop(address.get("networkInterfaceId"), None)
        for one in backend.addresses:
            if one.allocation_id == address.get("allocationId"):
                one.eni = one.association_id = None


def _private_dns_and_routes(response: Any) -> None:
    backend = response.ec2_backend
    endpoint = backend.vpc_end_points[response._get_param("VpcEndpointId")]
    private = response._get_bool_param("PrivateDnsEnabled", if_none=None)
    if private is not None:
        endpoint.private_dns_enabled = private
    _set_routes(backend, endpoint, endpoint.route_table_ids)


def _set_routes(backend: Any, endpoint: Any, tables: list[str]) -> None:
    """The routes to a gateway endpoint stand in exactly these tables."""
    prefix_list = endpoint.destination_prefix_list_id
    for table in backend.route_tables.values() if prefix_list else ():
        ours = [route for route in table.routes if route.gateway_id == endpoint.id]
        if table.id in tables and not ours:
            backend.create_route(table.id, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
        if table.id not in tables:
            for route in ours:
                table._routes.pop(route.id)


def _describing_rules(direction: str) -> Answer:
    """A description is removed by leaving it out; moto keeps the old one, and knows none of a group's."""
    from moto.core.responses import ActionResult
    from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError

    def answer(response: Any) -> Any:
        for wanted in response._process_rules_from_querystring():
            group = response.ec2_backend.get_security_group_from_id(wanted["group_name_or_id"])
            if group is None:
                raise InvalidSecurityGroupNotFoundError(wanted["group_name_or_id"])
            _describe(getattr(group, direction), wanted)
        return ActionResult({"Return": True})

    return answer


def _describe(rules: list[Any], wanted: dict[str, Any]) -> None:
    ports = () if wanted["ip_protocol"] == "-1" else (int(wanted["from_port"]), int(wanted["to_port"]))
    for rule in rules:
        if rule.ip_protocol != wanted["ip_protocol"] or (ports and ports != (rule.from_port, rule.to_port)):
            continue
        for peer in (*wanted["ip_ranges"], *wanted["source_groups"]):
            for has in (rule.ip_range, rule.source_group):
                if any(peer.get(key) and peer[key] == has.get(key) for key in ("CidrIp", "CidrIpv6", "GroupId")):
                    has["Description"] = peer.get("Description", "")


def _same_rule(rule: Any, other: Any) -> bool:
    """Rules are the same whatever is said about them; moto compares the description of a group's rule too."""
    return bool(_identity(rule) == _identity(other))


def _identity(rule: Any) -> tuple[Any, ...]:
    ports = (rule.from_port, rule.to_port) if rule.ip_protocol != "-1" else ()
    ranges = (rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6"), rule.prefix_list_id)
    return (rule.ip_protocol, ports, ranges, rule.source_group.get("GroupId"))


def _error(code: str, message: str) -> Exception:
    from moto.ec2.exceptions import EC2ClientError

    error: Exception = EC2ClientError(code, message)
    return error
