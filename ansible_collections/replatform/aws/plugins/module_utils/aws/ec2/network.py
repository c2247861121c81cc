# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is of one network, by names instead of ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ..errors import region
from ..tags import from_api
from . import api

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Raw = dict[str, Any]

OWNER = "replatform:network"
"""Tag of everything that belongs to a network; its value is the network's name."""
TIERS = ("public", "private", "database")
LEAVING = frozenset({"deleting", "failed", "rejected", "expired"})
"""States of NAT gateways and endpoints that come to nothing; "deleted" ones are told for an hour and do not exist."""


class Network:
    """A network as EC2 tells it: listed once, again where `refresh` says so, and what this run made beside it.

    Everything has a name that is unique in its kind. It is known by its Name tag inside the VPC, and where there is a
    stronger sign by that: subnets by their CIDR, security groups by their own name, NAT gateways by their subnet.
    """

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name
        self.dns: dict[str, bool] = {}
        self._listings: dict[str, list[Raw]] = {}
        self._made: dict[tuple[str, str], Raw] = {}
        self._gone: dict[tuple[str, str], str | None] = {}
        self._subnets: dict[str, str] = {}

    def look(self, kinds: Iterable[str], *, subnets: dict[str, str] | None = None, dns: bool = False) -> None:
        """Lists these kinds side by side; `subnets` has the wanted names by CIDR."""
        self._subnets = subnets or {}
        wanted = list(dict.fromkeys(kinds))
        region_wide = [kind for kind in wanted if not api.LISTINGS[kind].filter]
        self._list(dict.fromkeys(["vpc", *region_wide]))
        self._refuse_strangers()
        vpc_id = self.vpc_id
        inside = [kind for kind in wanted if api.LISTINGS[kind].filter]
        if vpc_id is None:
            self._listings |= {kind: [] for kind in inside}
            return
        attributes = list(api.DNS_ATTRIBUTES) if dns else []

        def one(what: str) -> None:
            if what in api.DNS_ATTRIBUTES:
                self.dns[what] = api.dns(self.client, vpc_id, what)
            else:
                self._list([what])

        each(one, [*attributes, *inside])

    def refresh(self, kind: str) -> None:
        """Lists a kind again."""
        self._list([kind])

    def listing(self, kind: str) -> list[Raw]:
        """All of a kind in the VPC, also what is not the network's."""
        if kind not in self._listings:
            self._list([kind])
        return self._listings[kind]

    def named(self, kind: str, *, leaving: bool = False) -> dict[str, Raw]:
        """Those of a kind that the network has, by name; with `leaving` also those that are being deleted."""
        found: dict[str, Raw] = {}
        for raw in self.listing(kind):
            status = str(raw.get("State", "")).lower()
            made_now = any(self.id_of(kind, raw) == self.id_of(kind, one) for one in self._made_of(kind).values())
            if status == "deleted" or (status in LEAVING and not leaving and not made_now):
                continue
            name = self._name(kind, raw)
            if name and not leaving and (kind, name) in self._gone:
                continue
            if name and (name not in found or self.owns(raw)):
                found[name] = raw
        return {**self._made_of(kind), **found}

    def owned(self, kind: str) -> dict[str, Raw]:
        """Those that carry the network's own tag."""
        return {name: raw for name, raw in self.named(kind).items() if self.owns(raw)}

    def owns(self, raw: Raw) -> bool:
        return from_api(raw.get("Tags")).get(OWNER) == self.name

    @property
    def made_some(self) -> bool:
        """Whether this run made anything, so that an id may not be known everywhere yet."""
        return bool(self._made)

    @property
    def vpc_id(self) -> str | None:
        return self.known("vpc", self.name)

    def known(self, kind: str, name: str) -> str | None:
        """The id of a part, None when it is not there."""
        if (kind, name) in self._gone:
            return None
        made = self._made.get((kind, name))
        raw = made or self.named(kind).get(name)
        return None if raw is None else self.id_of(kind, raw)

    def id(self, kind: str, name: str) -> str:
        """The id of a part that another one needs."""
        found = self.known(kind, name)
        if found is None:
            raise ReplatformError(
                f"There is no {kind} {name} {region(self.client)}, which this needs: making it failed, or somebody"
                " deletes it; run again.",
                code="MissingPart",
                kind=kind,
                name=name,
            )
        return found

    def called(self, kinds: Sequence[str], found: str | None) -> str | None:
        """The name of the part with that id: "nat gateway a" when several kinds are asked; else the id itself."""
        for kind in kinds:
            for name, raw in self.named(kind).items():
                if self.id_of(kind, raw) == found:
                    return f"{kind} {name}" if len(kinds) > 1 else name
        # What refers to a part that this run has just deleted still tells it by its name.
        for (kind, name), part_id in self._gone.items():
            if found and part_id == found and kind in kinds:
                return f"{kind} {name}" if len(kinds) > 1 else name
        return found

    def learn(self, kind: str, name: str, raw: Raw) -> None:
        """Remembers what this run made; a listing may not know it yet."""
        self._gone.pop((kind, name), None)
        self._made[kind, name] = raw

    def unlearn(self, kind: str, name: str) -> None:
        """Remembers what this run deleted."""
        part_id = self.known(kind, name)
        self._made.pop((kind, name), None)
        self._gone[kind, name] = part_id

    @staticmethod
    def id_of(kind: str, raw: Raw) -> str:
        return str(raw.get(api.LISTINGS[kind].id))

    def short(self, name: str) -> str:
        """A name without that of the network, as people write it."""
        return name.removeprefix(f"{self.name}-")

    def full(self, short: str) -> str:
        return f"{self.name}-{short}"

    def _made_of(self, kind: str) -> dict[str, Raw]:
        return {name: raw for (of, name), raw in list(self._made.items()) if of == kind}

    def _list(self, kinds: Iterable[str]) -> None:
        wanted = list(kinds)
        inside = any(api.LISTINGS[kind].filter for kind in wanted)
        vpc_id = self.vpc_id if inside else None
        if inside and vpc_id is None:
            self._listings |= {kind: [] for kind in wanted}
            return
        found = each(lambda kind: api.listed(self.client, kind, vpc_id), wanted)
        self._listings |= dict(zip(wanted, found, strict=True))

    def _name(self, kind: str, raw: Raw) -> str | None:
        own = self.owns(raw)
        tagged = from_api(raw.get("Tags")).get("Name")
        if kind == "vpc":
            return self.name if own else None
        if kind == "internet gateway":
            attached = any(one["VpcId"] == self.vpc_id for one in raw.get("Attachments", ()) if self.vpc_id)
            return self.name if attached or (own and not raw.get("Attachments")) else None
        if kind == "subnet":
            ours = tagged in self._subnets.values() or (own and (tagged or "").startswith(self.full("")))
            return tagged if ours else self._subnets.get(raw["CidrBlock"], tagged)
        if kind == "elastic ip":
            return self._address_name(raw) or (tagged if own else None)
        if kind == "nat gateway":
            zones = {one["SubnetId"]: one["AvailabilityZone"] for one in self.listing("subnet")}
            zone = zones.get(raw.get("SubnetId"))
            return self.full(f"nat-{zone}") if zone and (own or not tagged) else tagged
        if kind == "security group":
            return str(raw["GroupName"])
        if kind == "vpc endpoint":
            return self.full(short_service(str(raw["ServiceName"])))
        if kind == "flow log":
            return self.name if own or tagged == self.name else tagged
        return tagged

    def _address_name(self, raw: Raw) -> str | None:
        """An address is known by the NAT gateway that has it."""
        for name, nat in self.named("nat gateway").items():
            if raw.get("AllocationId") in [one.get("AllocationId") for one in nat.get("NatGatewayAddresses", ())]:
                return name
        return None

    def _refuse_strangers(self) -> None:
        """A VPC of that name which is not ours, or two that are."""
        vpcs = self.listing("vpc")
        ours = [self.id_of("vpc", raw) for raw in vpcs if self.owns(raw)]
        if len(ours) > 1:
            raise ReplatformError(
                f"VPCs {', '.join(ours)} {region(self.client)} all carry the tag {OWNER}={self.name}; take it away from"
                " those that are not this network's.",
                code="AmbiguousNetwork",
                vpcs=ours,
            )
        others = [self.id_of("vpc", raw) for raw in vpcs if from_api(raw.get("Tags")).get("Name") == self.name]
        if others and not ours:
            raise ReplatformError(
                f"VPC {', '.join(others)} {region(self.client)} is named {self.name} but was not made by this module;"
                f" choose another name, or give it the tag {OWNER}={self.name} to hand it over.",
                code="ForeignNetwork",
                vpcs=others,
            )


def short_service(service: str) -> str:
    """A service's name as people write it: "ecr.api" of "com.amazonaws.eu-west-1.ecr.api"."""
    parts = service.split(".")
    return ".".join(parts[3:]) if parts[:2] == ["com", "amazonaws"] else service


def summary(network: Network, described: Mapping[str, Sequence[str]] | None = None, gone: Collection[str] = ()) -> Raw:
    """The network as other modules take it: ids of subnets by tier, of security groups by their short names.

    `described` has names by kind that will be there: what has no id yet is told as a placeholder. `gone` are left out.
    """
    names = described or {}
    subnets = list(dict.fromkeys([*names.get("subnet", ()), *sorted(network.named("subnet"))]))
    groups = list(dict.fromkeys([*names.get("security group", ()), *sorted(network.owned("security group"))]))
    vpc_id = network.vpc_id
    return {
        "exists": described is not None or vpc_id is not None,
        "vpc_id": vpc_id or (f"(vpc {network.name})" if described else None),
        "subnets": {
            tier: [_id(network, "subnet", one) for one in subnets if one.startswith(network.full(f"{tier}-"))]
            for tier in TIERS
        },
        "security_groups": {
            network.short(one): _id(network, "security group", one) for one in groups if one not in gone
        },
        "nat_addresses": sorted(
            str(raw["PublicIp"]) for raw in network.named("elastic ip").values() if raw.get("PublicIp")
        ),
    }


def _id(network: Network, kind: str, name: str) -> str:
    return network.known(kind, name) or f"({kind} {name})"
