# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network made as it is described, or taken away: all kinds of parts in the order in which they need each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import Begun, Mode, Outcome, State, Unfinished, begin, conclude, wait
from ..errors import region
from . import blocks, rules
from .description import ENDPOINTS_GROUP, Parts, parts
from .endpoints import FlowLogs, VpcEndpoints
from .groups import DEFAULT, SecurityGroupRules, SecurityGroups
from .network import Network, summary
from .part import Part
from .routing import ElasticIps, NatGateways, RouteTables
from .vpc import InternetGateways, Subnets, Vpcs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KINDS: tuple[type[Part], ...] = (
    Vpcs, InternetGateways, Subnets, ElasticIps, NatGateways, RouteTables, SecurityGroups, VpcEndpoints, FlowLogs,
)  # fmt: skip
PLURALS = (*(kind.plural for kind in KINDS), SecurityGroupRules.plural)

Step = tuple[Any, list[State]]
"""A kind and what is wanted of it."""
Stage = list[Step]
"""Steps that are begun one after another; the next stage needs them finished."""


def ensure_network(client: Any, options: Mapping[str, Any], mode: Mode) -> Outcome:
    """Makes the network of `options` (Module.given) so; RV(network) has the ids.

    Raises: ReplatformError before anything is written; Unfinished afterwards.
    """
    network = Network(client, str(options["name"]))
    if options["state"] == "absent":
        return _remove(network, mode)
    wanted = parts(options, client.meta.region_name)
    kinds = [kind.kind for kind in KINDS if kind not in (VpcEndpoints, FlowLogs)]
    if wanted.interface_endpoints is not None or wanted.gateway_endpoints is not None:
        kinds.append(VpcEndpoints.kind)
    if wanted.flow_logs is not None:
        kinds.append(FlowLogs.kind)
    network.look(kinds, subnets={one["cidr"]: one["name"] for one in wanted.subnets}, dns=True)
    _refuse(network, wanted)
    outcome = _run(network, [*_present(wanted), *_leftovers(network, wanted)], mode)
    going = [one["name"] for one in _groups_to_go(network, wanted)]
    described = {
        "subnet": [one["name"] for one in wanted.subnets],
        "security group": [one["name"] for one in wanted.security_groups if one["name"] not in going],
    }
    outcome.result["network"] = summary(network, described, going)
    return outcome


def _present(wanted: Parts) -> list[Stage]:
    groups = [one for one in wanted.security_groups if one.get("state") != "absent"]
    group_rules = [one for one in wanted.security_group_rules if one.get("state") != "absent"]
    first: Stage = [
        (Vpcs, [wanted.vpc]),
        (InternetGateways, wanted.internet_gateways),
        (Subnets, wanted.subnets),
        (ElasticIps, wanted.elastic_ips),
        (NatGateways, wanted.nat_gateways),
        (SecurityGroups, groups),
        (SecurityGroupRules, group_rules),
        (VpcEndpoints, wanted.interface_endpoints or []),
    ]
    # A route to a NAT gateway is refused until that is available.
    second: Stage = [
        (RouteTables, wanted.route_tables),
        (VpcEndpoints, wanted.gateway_endpoints or []),
        (FlowLogs, wanted.flow_logs or []),
    ]
    return [first, second]


def _leftovers(network: Network, wanted: Parts) -> list[Stage]:
    """What the network has but is not described any more, and groups that are to go."""
    groups = _groups_to_go(network, wanted)
    first: Stage = [
        (VpcEndpoints, _endpoints_to_go(network, wanted)),
        (FlowLogs, [] if wanted.flow_logs is None else _gone(network, FlowLogs, wanted.flow_logs)),
        (NatGateways, _gone(network, NatGateways, wanted.nat_gateways)),
        (RouteTables, _gone(network, RouteTables, wanted.route_tables)),
    ]
    # Addresses and groups are in use until the NAT gateways and endpoints are gone.
    second: Stage = [
        (ElasticIps, _gone(network, ElasticIps, wanted.elastic_ips)),
        (InternetGateways, _gone(network, InternetGateways, wanted.internet_gateways)),
        (SecurityGroupRules, groups),
        (SecurityGroups, groups),
    ]
    return [first, second]


def _endpoints_to_go(network: Network, wanted: Parts) -> list[State]:
    """Endpoints of a type that the user lists, without being in the list."""
    lists = {"Interface": wanted.interface_endpoints, "Gateway": wanted.gateway_endpoints}
    listed = [one for items in lists.values() for one in items or ()]
    asked = [kind for kind, items in lists.items() if items is not None]
    if not asked:
        return []
    types = {name: raw.get("VpcEndpointType") for name, raw in network.owned(VpcEndpoints.kind).items()}
    return [one for one in _gone(network, VpcEndpoints, listed) if types[one["name"]] in asked]


def _groups_to_go(network: Network, wanted: Parts) -> list[State]:
    """Groups with state absent, and the endpoints' own one when no endpoint is left."""
    groups = [one for one in wanted.security_groups if one.get("state") == "absent"]
    own = network.full(ENDPOINTS_GROUP)
    described = [one["name"] for one in wanted.security_groups]
    if wanted.interface_endpoints == [] and own not in described and own in network.owned(SecurityGroups.kind):
        groups.append({"name": own, "state": "absent"})
    return groups


def _gone(network: Network, kind: type[Part], wanted: Sequence[State]) -> list[State]:
    names = [one["name"] for one in wanted]
    return [{"name": name, "state": "absent"} for name in sorted(network.owned(kind.kind)) if name not in names]


def _remove(network: Network, mode: Mode) -> Outcome:
    network.look([*(kind.kind for kind in KINDS), "network interface"], dns=True)
    _refuse_foreign(network)
    groups = [one for one in _all(network, SecurityGroups) if one["name"] != DEFAULT]
    first: Stage = [(kind, _all(network, kind)) for kind in (VpcEndpoints, NatGateways, FlowLogs)]
    second: Stage = [
        *((kind, _all(network, kind)) for kind in (ElasticIps, InternetGateways, RouteTables)),
        (SecurityGroupRules, groups),
        (SecurityGroups, groups),
        (Subnets, _all(network, Subnets)),
        (Vpcs, [{"name": network.name, "state": "absent"}]),
    ]
    outcome = _run(network, [first, second], mode, stop_at_failure=True)
    nothing: dict[str, Any] = {"public": [], "private": [], "database": []}
    outcome.result["network"] = {
        "exists": False, "vpc_id": None, "subnets": nothing, "security_groups": {}, "nat_addresses": [],
    }  # fmt: skip
    return outcome


def _all(network: Network, kind: type[Part]) -> list[State]:
    names = [name for name, raw in network.named(kind.kind, leaving=True).items() if network.owns(raw)]
    return [{"name": name, "state": "absent"} for name in sorted(names)]


def _run(network: Network, stages: Sequence[Stage], mode: Mode, *, stop_at_failure: bool = False) -> Outcome:
    """All stages: first none of them is written, so that what a later kind refuses leaves the earlier ones alone."""
    filled = [[(kind, items) for kind, items in stage if items] for stage in stages]
    simulated = [begin(kind(network), items, replace(mode, check=True)) for stage in filled for kind, items in stage]
    changes = any(item.changed for one in simulated for item in one.items)
    begun = _write(network, filled, mode, stop_at_failure) if changes and not mode.check else simulated
    try:
        outcome = conclude(begun, mode)
    except Unfinished as exc:
        _complete(exc.outcome)
        raise
    _complete(outcome)
    return outcome


def _write(network: Network, stages: Sequence[Stage], mode: Mode, stop_at_failure: bool) -> list[Begun]:
    begun: list[Begun] = []
    for stage in stages:
        for kind, items in stage:
            begun.append(begin(kind(network), items, mode))
            if begun[-1].failed and (stop_at_failure or network.vpc_id is None):
                return begun
        # Also where the user does not want to wait: what follows would be refused.
        wait(begun, replace(mode, wait=True))
    return begun


def _complete(outcome: Outcome) -> None:
    """Every kind has its list, so that results have one shape."""
    outcome.result = {**{plural: [] for plural in PLURALS}, **outcome.result}


def _refuse(network: Network, wanted: Parts) -> None:
    """ReplatformError for what is only seen beside what is there."""
    _refuse_missing_groups(network, wanted)
    names = [one["name"] for one in wanted.subnets]
    dropped = sorted(name for name in network.owned("subnet") if name not in names)
    if dropped:
        raise ReplatformError(
            f"Network {network.name} {region(network.client)} has subnets {', '.join(dropped)}, which are not described"
            " any more; tiers and zones can be added but not taken away, so describe them again, or delete these"
            " subnets by hand when nothing is in them.",
            code="SubnetsDropped",
            subnets=dropped,
        )
    new = {one["name"]: one["cidr"] for one in wanted.subnets if network.known("subnet", one["name"]) is None}
    blocks.refuse_taken(new, [(raw["SubnetId"], raw["CidrBlock"]) for raw in network.listing("subnet")])
    if new:
        _refuse_unknown_zones(network, sorted({one["zone"] for one in wanted.subnets}))


def _refuse_unknown_zones(network: Network, zones: Sequence[str]) -> None:
    known = [str(one["ZoneName"]) for one in network.listing("availability zone")]
    unknown = [zone for zone in zones if zone not in known]
    if unknown:
        raise ReplatformError(
            f"Zone {', '.join(unknown)} is not open to this account; choose from {', '.join(sorted(known))}.",
            code="UnknownZone",
            zones=unknown,
        )


def _refuse_missing_groups(network: Network, wanted: Parts) -> None:
    going = {one["name"] for one in _groups_to_go(network, wanted)}
    there = {*(one["name"] for one in wanted.security_groups), *network.owned("security group")} - going
    known = sorted(network.short(name) for name in there)
    for group in wanted.security_group_rules:
        for direction in ("ingress", "egress"):
            for peer in sorted(rules.peers(group.get(direction) or ()) - set(known)):
                short = network.short(group["name"])
                raise ReplatformError(
                    f"security_groups[{short}].{direction} names {peer}, which is neither an address block nor an id"
                    f" nor a security group of this network (those are {', '.join(known)}); correct the name.",
                    code="UnknownSecurityGroup",
                    path=f"security_groups[{short}].{direction}",
                )


def _refuse_foreign(network: Network) -> None:
    """ReplatformError with the names of everything in the VPC that is not the network's own."""
    endpoints = [raw for raw in network.listing(VpcEndpoints.kind) if network.owns(raw)]
    nats = [raw for raw in network.listing(NatGateways.kind) if network.owns(raw)]
    own = {one for raw in endpoints for one in raw.get("NetworkInterfaceIds", ())}
    own |= {one.get("NetworkInterfaceId") for raw in nats for one in raw.get("NatGatewayAddresses", ())}
    found = [
        f"network interface {raw['NetworkInterfaceId']} ({raw.get('Description') or 'no description'})"
        for raw in network.listing("network interface")
        if raw["NetworkInterfaceId"] not in own
    ]
    for kind in ("nat gateway", "vpc endpoint", "subnet", "security group", "route table"):
        found += [
            f"{kind} {name}"
            for name, raw in _unnamed(network, kind).items()
            if not network.owns(raw) and not _comes_with_the_vpc(kind, raw)
        ]
    gateways = network.named(InternetGateways.kind).values()
    found += [f"internet gateway {raw['InternetGatewayId']}" for raw in gateways if not network.owns(raw)]
    if found:
        raise ReplatformError(
            f"Network {network.name} {region(network.client)} is still used by {', '.join(sorted(found))}; delete what"
            " these belong to first. Nothing was changed.",
            code="NetworkInUse",
            used_by=sorted(found),
        )


def _unnamed(network: Network, kind: str) -> dict[str, Any]:
    """All of a kind in the VPC by id, but for what is deleted already."""
    return {
        network.id_of(kind, raw): raw
        for raw in network.listing(kind)
        if str(raw.get("State", "")).lower() not in ("deleted", "deleting")
    }


def _comes_with_the_vpc(kind: str, raw: Mapping[str, Any]) -> bool:
    if kind == "security group":
        return bool(raw["GroupName"] == DEFAULT)
    return kind == "route table" and any(one.get("Main") for one in raw.get("Associations", ()))
