# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VPC itself, its subnets and its way to the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ...resource import State
from . import api
from .part import Part

if TYPE_CHECKING:
    from .network import Raw

NEW_DNS = {"dns_support": True, "dns_hostnames": False}
"""DNS attributes of a VPC that was just made (API reference, CreateVpc)."""


class Vpcs(Part):
    kind = "vpc"
    plural = "vpcs"
    type = "vpc"
    creation = ("create_vpc", "Vpc")
    deletion = ("delete_vpc", "VpcId")
    immutable = frozenset({"cidr"})
    blank: ClassVar[State] = {
        "name": None,
        "id": None,
        "cidr": None,
        "dns_support": None,
        "dns_hostnames": None,
        "tags": {},
    }

    def state(self, raw: Raw) -> State:
        return {"cidr": raw["CidrBlock"], **self.network.dns}

    def create(self, wanted: State) -> State:
        raw = self.make(wanted, CidrBlock=wanted["cidr"])
        vpc_id = raw["VpcId"]
        self._set_dns(vpc_id, {name: wanted[name] for name, new in NEW_DNS.items() if wanted[name] != new})
        return {**wanted, "id": vpc_id}

    def update(self, current: State, changes: State) -> State:
        self._set_dns(current["id"], {name: changes[name] for name in NEW_DNS if name in changes})
        self.retag(current, changes)
        return {**current, **changes}

    def _set_dns(self, vpc_id: str, changes: State) -> None:
        # Names are given only where they are resolved.
        order = (
            ("dns_support", "dns_hostnames") if changes.get("dns_hostnames", True) else ("dns_hostnames", "dns_support")
        )
        for name in order:
            if name in changes:
                self._set_one(vpc_id, name, changes[name])

    def _set_one(self, vpc_id: str, name: str, value: bool) -> None:
        api.patiently(lambda: api.set_dns(self.network.client, vpc_id, name, value), "NotFound")


class Subnets(Part):
    kind = "subnet"
    plural = "subnets"
    type = "subnet"
    creation = ("create_subnet", "Subnet")
    deletion = ("delete_subnet", "SubnetId")
    immutable = frozenset({"cidr", "zone"})
    blank: ClassVar[State] = {"name": None, "id": None, "cidr": None, "zone": None, "public_ips": False, "tags": {}}

    def state(self, raw: Raw) -> State:
        return {
            "cidr": raw["CidrBlock"],
            "zone": raw["AvailabilityZone"],
            "public_ips": bool(raw.get("MapPublicIpOnLaunch")),
        }

    def create(self, wanted: State) -> State:
        vpc_id = self.network.id("vpc", self.network.name)
        raw = self.make(wanted, VpcId=vpc_id, CidrBlock=wanted["cidr"], AvailabilityZone=wanted["zone"])
        if bool(raw.get("MapPublicIpOnLaunch")) != wanted["public_ips"]:
            self._give_public_ips(wanted["name"], raw["SubnetId"], wanted["public_ips"])
        return {**wanted, "id": raw["SubnetId"]}

    def update(self, current: State, changes: State) -> State:
        if "public_ips" in changes:
            self._give_public_ips(current["name"], current["id"], changes["public_ips"])
        self.retag(current, changes)
        return {**current, **changes}

    def _give_public_ips(self, name: str, subnet_id: str, value: bool) -> None:
        self.call(
            f"set public_ips of subnet {name}",
            "modify_subnet_attribute",
            SubnetId=subnet_id,
            MapPublicIpOnLaunch={"Value": value},
        )


class InternetGateways(Part):
    kind = "internet gateway"
    plural = "internet_gateways"
    type = "internet-gateway"
    creation = ("create_internet_gateway", "InternetGateway")
    deletion = ("delete_internet_gateway", "InternetGatewayId")
    blank: ClassVar[State] = {"name": None, "id": None, "vpc": None, "tags": {}}

    def state(self, raw: Raw) -> State:
        return {"vpc": self.network.name if raw.get("Attachments") else None}

    def create(self, wanted: State) -> State:
        gateway_id = self.make(wanted)["InternetGatewayId"]
        self._attach(wanted["name"], gateway_id)
        return {**wanted, "id": gateway_id}

    def update(self, current: State, changes: State) -> State:
        if "vpc" in changes:
            self._attach(current["name"], current["id"])
        self.retag(current, changes)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:
        if current["vpc"]:
            what = f"detach internet gateway {current['name']}"
            vpc_id = self.network.id("vpc", self.network.name)
            api.patiently(
                lambda: api.unless(
                    ["NotAttached"],
                    lambda: api.call(
                        self.network.client,
                        what,
                        "detach_internet_gateway",
                        InternetGatewayId=current["id"],
                        VpcId=vpc_id,
                    ),
                ),
                self.busy,
            )
        super().delete(current, wanted)

    def _attach(self, name: str, gateway_id: str) -> None:
        vpc_id = self.network.id("vpc", self.network.name)
        api.unless(
            ["AlreadyAssociated"],
            lambda: self.call(
                f"attach internet gateway {name}",
                "attach_internet_gateway",
                InternetGatewayId=gateway_id,
                VpcId=vpc_id,
            ),
        )
