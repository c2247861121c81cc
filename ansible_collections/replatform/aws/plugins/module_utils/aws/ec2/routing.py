# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How packets leave a subnet: elastic IPs, NAT gateways and route tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import ReplatformError
from ...resource import State
from . import api
from .part import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .network import Raw

TARGETS = {
    "internet gateway ": "GatewayId",
    "nat gateway ": "NatGatewayId",
    "igw-": "GatewayId",
    "vgw-": "GatewayId",
    "nat-": "NatGatewayId",
    "tgw-": "TransitGatewayId",
    "pcx-": "VpcPeeringConnectionId",
    "eni-": "NetworkInterfaceId",
}
"""The parameter that takes a route's target, by how the target begins."""
OTHER_TARGETS = ("EgressOnlyInternetGatewayId", "CarrierGatewayId", "LocalGatewayId", "CoreNetworkArn", "InstanceId")
DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


class ElasticIps(Part):
    kind = "elastic ip"
    plural = "elastic_ips"
    type = "elastic-ip"
    creation = ("allocate_address", "")
    deletion = ("release_address", "AllocationId")
    busy = "InUse"
    blank: ClassVar[State] = {"name": None, "id": None, "address": None, "tags": {}}

    def state(self, raw: Raw) -> State:
        return {"address": raw.get("PublicIp")}

    def create(self, wanted: State) -> State:
        raw = self.make(wanted, Domain="vpc")
        return {**wanted, "id": raw["AllocationId"], "address": raw.get("PublicIp")}

    def update(self, current: State, changes: State) -> State:
        self.retag(current, changes)
        return {**current, **changes}


class NatGateways(Part):
    kind = "nat gateway"
    plural = "nat_gateways"
    type = "natgateway"
    creation = ("create_nat_gateway", "NatGateway")
    deletion = ("delete_nat_gateway", "NatGatewayId")
    immutable = frozenset({"subnet", "elastic_ip"})
    blank: ClassVar[State] = {
        "name": None, "id": None, "subnet": None, "elastic_ip": None, "status": None, "reason": None, "tags": {},
    }  # fmt: skip

    def state(self, raw: Raw) -> State:
        allocations = [one["AllocationId"] for one in raw.get("NatGatewayAddresses", ()) if one.get("AllocationId")]
        return {
            "subnet": self.network.called(["subnet"], raw.get("SubnetId")),
            "elastic_ip": self.network.called(["elastic ip"], allocations[0]) if allocations else None,
            "status": raw["State"],
            "reason": raw.get("FailureMessage"),
        }

    def create(self, wanted: State) -> State:
        raw = self.make(
            wanted,
            SubnetId=self.network.id("subnet", wanted["subnet"]),
            AllocationId=self.network.id("elastic ip", wanted["elastic_ip"]),
        )
        return {**wanted, "id": raw["NatGatewayId"], "status": raw["State"]}

    def update(self, current: State, changes: State) -> State:
        self.retag(current, changes)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:
        if current["status"] == "deleting":
            self.network.unlearn(self.kind, current["name"])
        else:
            super().delete(current, wanted)

    def ready(self, current: State) -> bool:
        if current["status"] == "failed":
            raise ReplatformError(
                f"NAT gateway {current['name']} was not made: {current['reason'] or 'no reason given'}; correct the"
                " cause and run again, a new one is made then.",
                code="NatGatewayFailed",
            )
        return bool(current["status"] == "available")


class RouteTables(Part):
    """Route tables with their own routes; those that EC2 keeps by itself (local, gateway endpoints, VPN) are left out.

    `routes` has targets by destination, `subnets` those that are associated.
    """

    kind = "route table"
    plural = "route_tables"
    type = "route-table"
    creation = ("create_route_table", "RouteTable")
    deletion = ("delete_route_table", "RouteTableId")
    blank: ClassVar[State] = {"name": None, "id": None, "routes": {}, "subnets": [], "tags": {}}

    def state(self, raw: Raw) -> State:
        routes = [one for one in raw.get("Routes", ()) if _is_own(one)]
        subnets = [self.network.called(["subnet"], one["SubnetId"]) for one in _associations(raw)]
        return {
            "routes": {_destination(one): self._target(one) for one in routes},
            "subnets": sorted(str(one) for one in subnets),
        }

    def create(self, wanted: State) -> State:
        table_id = self.make(wanted, VpcId=self.network.id("vpc", self.network.name))["RouteTableId"]
        self._route(wanted["name"], table_id, {}, wanted["routes"])
        self._associate(wanted["name"], table_id, [], wanted["subnets"])
        return {**wanted, "id": table_id}

    def update(self, current: State, changes: State) -> State:
        name, table_id = current["name"], current["id"]
        if "routes" in changes:
            self._route(name, table_id, current["routes"], changes["routes"])
        if "subnets" in changes:
            self._associate(name, table_id, current["subnets"], changes["subnets"])
        self.retag(current, changes)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:
        self._disassociate(current["name"], current["id"], current["subnets"])
        super().delete(current, wanted)

    def _target(self, route: Mapping[str, Any]) -> str:
        found = next((str(route[key]) for key in (*TARGETS.values(), *OTHER_TARGETS) if route.get(key)), "nothing")
        return str(self.network.called(["internet gateway", "nat gateway"], found))

    def _route(self, name: str, table_id: str, has: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        for destination, target in wanted.items():
            if has.get(destination) == target:
                continue
            parameters = {"RouteTableId": table_id, **_destination_to_api(destination), **self._target_to_api(target)}
            what = f"{'replace' if destination in has else 'create'} route {destination} of route table {name}"
            if destination in has or not self._create_route(what, parameters):
                self.call(what, "replace_route", **parameters)
        for destination in has.keys() - wanted.keys():
            what = f"delete route {destination} of route table {name}"
            parameters = {"RouteTableId": table_id, **_destination_to_api(destination)}
            self._unless_gone(what, "delete_route", parameters)

    def _create_route(self, what: str, parameters: Mapping[str, Any]) -> bool:
        """False where there is one for that destination already."""
        return api.unless(["RouteAlreadyExists"], lambda: self.call(what, "create_route", **parameters))

    def _target_to_api(self, target: str) -> dict[str, str]:
        start = next((start for start in TARGETS if target.startswith(start)), None)
        if start is None:
            raise ReplatformError(
                f"A route cannot lead to {target}: it is not there yet, so make it first.", code="MissingTarget"
            )
        kind = start.strip()
        named = self.network.id(kind, target.removeprefix(start)) if start.endswith(" ") else target
        return {TARGETS[start]: named}

    def _associate(self, name: str, table_id: str, has: list[str], wanted: list[str]) -> None:
        for subnet in wanted:
            if subnet in has:
                continue
            subnet_id = self.network.id("subnet", subnet)
            what = f"associate subnet {subnet} with route table {name}"
            if not self._move(what, self._association_of(subnet_id), table_id):
                self.call(what, "associate_route_table", RouteTableId=table_id, SubnetId=subnet_id)
        self._disassociate(name, table_id, [one for one in has if one not in wanted])

    def _move(self, what: str, association_id: str | None, table_id: str) -> bool:
        """Whether there was an association with another table, which is one with this table now."""
        if association_id is None:
            return False
        parameters = {"AssociationId": association_id, "RouteTableId": table_id}
        operation = "replace_route_table_association"
        return api.unless(["NotFound"], lambda: api.call(self.network.client, what, operation, **parameters))

    def _disassociate(self, name: str, table_id: str, subnets: list[str]) -> None:
        """Takes away the associations that were listed; one that was moved meanwhile has another id and stays."""
        for raw in self.network.listing(self.kind):
            if raw["RouteTableId"] != table_id:
                continue
            for one in _associations(raw):
                if self.network.called(["subnet"], one["SubnetId"]) in subnets:
                    what = f"disassociate {one['SubnetId']} from route table {name}"
                    parameters = {"AssociationId": one["RouteTableAssociationId"]}
                    self._unless_gone(what, "disassociate_route_table", parameters)

    def _association_of(self, subnet_id: str) -> str | None:
        found = [
            str(one["RouteTableAssociationId"])
            for raw in self.network.listing(self.kind)
            for one in _associations(raw)
            if one["SubnetId"] == subnet_id
        ]
        return found[0] if found else None

    def _unless_gone(self, what: str, operation: str, parameters: Mapping[str, Any]) -> None:
        api.unless(["NotFound"], lambda: api.call(self.network.client, what, operation, **parameters))


def _is_own(route: Mapping[str, Any]) -> bool:
    gateway = route.get("GatewayId") or ""
    return (
        gateway != "local"
        and not gateway.startswith("vpce-")
        and route.get("Origin") not in ("CreateRouteTable", "EnableVgwRoutePropagation")
    )


def _destination(route: Mapping[str, Any]) -> str:
    return str(next(route[key] for key in DESTINATIONS if route.get(key)))


def _destination_to_api(destination: str) -> dict[str, str]:
    cidr, ipv6, prefix_list = DESTINATIONS
    if destination.startswith("pl-"):
        return {prefix_list: destination}
    return {ipv6 if ":" in destination else cidr: destination}


def _associations(raw: Raw) -> list[dict[str, Any]]:
    """The explicit associations with subnets that hold."""
    return [
        one
        for one in raw.get("Associations", ())
        if one.get("SubnetId") and (one.get("AssociationState") or {}).get("State", "associated") != "disassociated"
    ]
