# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of security groups as text and as EC2 takes them; no client, no clock.

A rule is text that says all that makes it unique, "tcp 3306 from eks", and has a description: groups of the network by
their short names, everything else as it is.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Rules = dict[str, str]

ALL_OUT: Rules = {"all to 0.0.0.0/0": ""}
"""What every new security group allows (VPC user guide, "Default security groups for your VPCs")."""
ALL_FROM_ITSELF: Rules = {"all from default": ""}
"""What a VPC's default security group allows besides."""

PORTED = ("tcp", "udp")
PROTOCOLS = (*PORTED, "icmp", "all")
TEXT = re.compile(r"(?P<protocol>\S+)(?: (?P<ports>\S+))? (?:from|to) (?P<peer>\S+)")
TO_PEER = re.compile(r" (?:from|to) ")
PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
DESCRIPTION = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
"""What EC2 takes as a description (API reference, IpRange)."""
TIER_PREFIX = "subnets."
"""How a peer begins that stands for the address blocks of a tier."""
OF_CLUSTERS = ("elbv2.k8s.aws/", "kubernetes.io/rule/")
"""How the descriptions of rules begin that the load balancer controller, and Kubernetes before it, keep."""
RANGES = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}


def wanted(
    options: Iterable[Mapping[str, Any]], direction: str, path: str, tiers: Mapping[str, Iterable[str]]
) -> Rules:
    """The rules of a list of options, one for each port and peer; `direction` is "from" or "to".

    `tiers` has the address blocks that "subnets.private" and the like stand for.
    Raises: ReplatformError with the path of what is wrong.
    """
    found: Rules = {}
    for number, option in enumerate(options):
        here = f"{path}[{number}]"
        protocol = option.get("protocol") or "tcp"
        description = option.get("description") or ""
        if not DESCRIPTION.fullmatch(description):
            raise _refused(f"{here}.description", description, "use up to 255 letters, digits, spaces and ._-:/()#,@")
        for ports in _ports(protocol, option.get("ports"), here):
            for peer in _expanded(option[direction], tiers, f"{here}.{direction}"):
                text = " ".join(filter(None, [protocol, ports, direction, _peer(peer, f"{here}.{direction}")]))
                if text in found:
                    raise _refused(here, text, "the same rule stands there more than once, so keep one of them")
                found[text] = description
    return found


def peers(rules: Iterable[str]) -> set[str]:
    """The groups of the network that rules name."""
    named = {TO_PEER.split(rule, maxsplit=1)[-1] for rule in rules}
    return {one for one in named if not is_outside(one)}


def is_outside(peer: str) -> bool:
    """Whether a peer is told by an address or id, or is a placeholder, and names no group of the network."""
    return "/" in peer or peer.startswith(("sg-", "pl-", "("))


def from_api(permissions: Iterable[Mapping[str, Any]], direction: str, called: Callable[[str], str]) -> Rules:
    """EC2's permissions as rules, without those that clusters keep by themselves.

    `called` gives the short name of a group of the network for its id.
    """
    found: Rules = {}
    for permission in permissions:
        head = " ".join(filter(None, [_protocol_from_api(permission), _ports_from_api(permission), direction]))
        for ranges, key in RANGES.items():
            for one in permission.get(ranges) or ():
                if (one.get("Description") or "").startswith(OF_CLUSTERS):
                    continue
                peer = called(one[key]) if ranges == "UserIdGroupPairs" else one[key]
                found[f"{head} {peer}"] = one.get("Description") or ""
    return found


def to_api(rules: Mapping[str, str], group_id: Callable[[str], str]) -> list[dict[str, Any]]:
    """Rules as EC2's permissions; `group_id` gives the id of a group of the network for its short name."""
    return [_permission(rule, description, group_id) for rule, description in rules.items()]


def _permission(rule: str, description: str, group_id: Callable[[str], str]) -> dict[str, Any]:
    parsed = TEXT.fullmatch(rule)
    if not parsed:
        raise ReplatformError(f"The rule {rule!r} of a security group cannot be read; delete it by hand.", rule=rule)
    protocol, ports, peer = parsed["protocol"], parsed["ports"], parsed["peer"]
    permission: dict[str, Any] = {"IpProtocol": "-1" if protocol == "all" else protocol}
    if ports:
        first, _dash, last = ports.replace("/", "-", 1).partition("-")
        permission |= {"FromPort": int(first), "ToPort": int(last or first)}
    elif protocol.startswith("icmp"):
        permission |= {"FromPort": -1, "ToPort": -1}
    if peer.startswith("pl-"):
        ranges = "PrefixListIds"
    elif "/" in peer:
        ranges = "Ipv6Ranges" if ":" in peer else "IpRanges"
    else:
        ranges = "UserIdGroupPairs"
        peer = peer if is_outside(peer) else group_id(peer)
    return {**permission, ranges: [{RANGES[ranges]: peer, **({"Description": description} if description else {})}]}


def _protocol_from_api(permission: Mapping[str, Any]) -> str:
    return "all" if permission["IpProtocol"] == "-1" else str(permission["IpProtocol"])


def _ports_from_api(permission: Mapping[str, Any]) -> str:
    protocol, first, last = permission["IpProtocol"], permission.get("FromPort"), permission.get("ToPort")
    if protocol == "-1" or first is None or (protocol.startswith("icmp") and first == -1):
        return ""
    if protocol.startswith("icmp"):
        return f"{first}/{last}"
    return str(first) if first == last else f"{first}-{last}"


def _ports(protocol: str, ports: Iterable[Any] | None, path: str) -> list[str]:
    if protocol not in PORTED:
        if ports:
            raise _refused(f"{path}.ports", ", ".join(map(str, ports)), f"protocol {protocol} has none")
        return [""]
    if not ports:
        raise _refused(f"{path}.ports", "none", f"protocol {protocol} needs a port such as 443, or 1024-65535")
    return [_port(str(one), f"{path}.ports") for one in ports]


def _port(text: str, path: str) -> str:
    parsed = PORTS.fullmatch(text)
    first, last = (int(parsed[1]), int(parsed[2] or parsed[1])) if parsed else (1, 0)
    if not first <= last <= 65535:
        raise _refused(path, text, "give a port from 0 to 65535 or a range such as 1024-65535")
    return str(first) if first == last else f"{first}-{last}"


def _expanded(peers_given: Iterable[Any], tiers: Mapping[str, Iterable[str]], path: str) -> list[str]:
    found: list[str] = []
    for peer in map(str, peers_given):
        if not peer.startswith(TIER_PREFIX):
            found.append(peer)
            continue
        tier = peer.removeprefix(TIER_PREFIX)
        if tier not in tiers:
            raise _refused(path, peer, f"there are subnets of {', '.join(tiers)} only")
        found += tiers[tier]
    return found


def _peer(text: str, path: str) -> str:
    return block_text(text, path) if "/" in text and not text.startswith("(") else text


def block_text(text: str, path: str) -> str:
    """An address block as EC2 writes it.

    Raises: ReplatformError with the path where it is none.
    """
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as exc:
        raise _refused(path, text, f"{exc}; give a block such as 10.0.0.0/16") from None


def _refused(path: str, value: str, why: str) -> ReplatformError:
    return ReplatformError(f"{path} cannot be {value!r}: {why}.", code="InvalidOptions", path=path)
