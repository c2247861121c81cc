# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2's calls for networks; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ..errors import calling, region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Between attempts at what EC2 itself brings to an end within seconds: it is eventually consistent."""


@dataclass(frozen=True)
class Listing:
    """How all things of one kind are listed, in a VPC where `filter` says how, else in the whole region."""

    operation: str
    answer: str
    id: str
    filter: str = ""
    filters: str = "Filters"
    paginated: bool = True


LISTINGS = {
    "vpc": Listing("describe_vpcs", "Vpcs", "VpcId"),
    "internet gateway": Listing("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "subnet": Listing("describe_subnets", "Subnets", "SubnetId", "vpc-id"),
    "elastic ip": Listing("describe_addresses", "Addresses", "AllocationId", paginated=False),
    "nat gateway": Listing("describe_nat_gateways", "NatGateways", "NatGatewayId", "vpc-id", filters="Filter"),
    "route table": Listing("describe_route_tables", "RouteTables", "RouteTableId", "vpc-id"),
    "security group": Listing("describe_security_groups", "SecurityGroups", "GroupId", "vpc-id"),
    "vpc endpoint": Listing("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", "vpc-id"),
    "flow log": Listing("describe_flow_logs", "FlowLogs", "FlowLogId", "resource-id", filters="Filter"),
    "network interface": Listing("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", "vpc-id"),
    "availability zone": Listing("describe_availability_zones", "AvailabilityZones", "ZoneName", paginated=False),
}
"""By the kind's name in sentences. Kinds that may be attached to no VPC are listed for the whole region."""

DNS_ATTRIBUTES = {"dns_support": "EnableDnsSupport", "dns_hostnames": "EnableDnsHostnames"}


def listed(client: Any, kind: str, vpc_id: str | None = None) -> list[dict[str, Any]]:
    """Everything of a kind, all pages; what is in a VPC only by its id."""
    listing = LISTINGS[kind]
    filters = {listing.filters: [{"Name": listing.filter, "Values": [vpc_id]}]} if listing.filter else {}
    with calling(f"list {kind}s {'of ' + vpc_id + ' ' if filters and vpc_id else ''}{region(client)}"):
        if not listing.paginated:
            return list(getattr(client, listing.operation)(**filters)[listing.answer])
        pages = client.get_paginator(listing.operation).paginate(**filters)
        return [one for page in pages for one in page[listing.answer]]


def dns(client: Any, vpc_id: str, attribute: str) -> bool:
    """A DNS attribute of a VPC, which DescribeVpcs does not tell."""
    name = DNS_ATTRIBUTES[attribute]
    with calling(f"read {attribute} of {vpc_id} {region(client)}"):
        answer = client.describe_vpc_attribute(VpcId=vpc_id, Attribute=name[0].lower() + name[1:])
        return bool(answer[name]["Value"])


def set_dns(client: Any, vpc_id: str, attribute: str, value: bool) -> None:
    with calling(f"set {attribute} of {vpc_id} {region(client)}"):
        client.modify_vpc_attribute(VpcId=vpc_id, **{DNS_ATTRIBUTES[attribute]: {"Value": value}})


def call(client: Any, what: str, operation: str, **parameters: Any) -> dict[str, Any]:
    """One call; `what` is how the sentence of a failure begins, such as "create subnet a"."""
    with calling(f"{what} {region(client)}"):
        return dict(getattr(client, operation)(**parameters))


def patiently(act: Callable[[], Any], code: str, pauses_s: Sequence[float] = PAUSES_S) -> Any:
    """What `act` returns; it is tried again while it fails with an error code that ends with `code`.

    "NotFound": an id that was just made is not known everywhere yet. "DependencyViolation": what was just deleted still
    counts. (EC2 API reference, "Eventual consistency".)
    """
    for pause_s in pauses_s:
        try:
            return act()
        except ReplatformError as exc:
            if not (exc.code or "").endswith(code):
                raise
        time.sleep(pause_s)
    return act()


def unless(codes: Sequence[str], act: Callable[[], Any]) -> bool:
    """Whether `act` did it; False where it failed with one of the codes (or their ends), which say: is so already."""
    try:
        act()
    except ReplatformError as exc:
        if not (exc.code or "").endswith(tuple(codes)):
            raise
        return False
    return True
