# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address blocks of a network: derived from the VPC's own, and checked; no client, no clock."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from typing import TYPE_CHECKING

from ...errors import ReplatformError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LARGEST, SMALLEST = 16, 28
"""Prefix lengths that EC2 takes for VPCs and subnets (VPC user guide, "VPC CIDR blocks")."""
MOST_ZONES = 3
"""Zones that the rule of derived() has room for."""
PUBLIC_FROM, DATABASE_FROM = 0, 4


def block(text: str, path: str) -> IPv4Network:
    """The block as written.

    Raises: ReplatformError with its path where it is none that EC2 takes.
    """
    try:
        found = IPv4Network(text)
    except ValueError as exc:
        raise _refused(f"{path} is no IPv4 block: {exc}; write it as 10.20.0.0/16.", path) from None
    if not LARGEST <= found.prefixlen <= SMALLEST:
        raise _refused(
            f"{path} {text} has a length of /{found.prefixlen}; EC2 takes from /{LARGEST} to /{SMALLEST}.", path
        )
    return found


def derived(vpc: IPv4Network, tier: str, zones: int) -> list[IPv4Network]:
    """The blocks of a tier's subnets, zone by zone, where none are given.

    The VPC's block is cut into quarters. The first three are the private subnets, since every pod has an address there.
    The last quarter is cut into eighths: the first three are the public subnets, the fifth to seventh the databases'.
    A further zone leaves the blocks of the others as they are.
    """
    if zones > MOST_ZONES:
        raise _refused(
            f"subnets.{tier} has no cidrs, and blocks can be derived for {MOST_ZONES} zones, not for {zones}; give one"
            " for each zone.",
            f"subnets.{tier}.cidrs",
        )
    eighth = vpc.prefixlen + 5
    if eighth > SMALLEST:
        raise _refused(
            f"cidr {vpc} is too small to derive subnets from: those would be /{eighth}, and EC2 takes /{SMALLEST} at"
            f" least; give the network a block of /{SMALLEST - 5} or larger, or cidrs for every tier.",
            "cidr",
        )
    quarters = list(vpc.subnets(prefixlen_diff=2))
    if tier == "private":
        return quarters[:zones]
    first = PUBLIC_FROM if tier == "public" else DATABASE_FROM
    return list(quarters[3].subnets(prefixlen_diff=3))[first : first + zones]


def refuse_outside_and_overlaps(vpc: IPv4Network, subnets: Mapping[str, IPv4Network]) -> None:
    """ReplatformError where a subnet is not inside of the VPC's block, or two share addresses."""
    for name, one in subnets.items():
        if not one.subnet_of(vpc):
            raise _refused(f"subnet {name} {one} is not inside of the network's cidr {vpc}; correct one of them.", name)
    for (name, one), (other, another) in combinations(subnets.items(), 2):
        if one.overlaps(another):
            raise _refused(f"subnets {name} {one} and {other} {another} overlap; correct one of them.", name)


def refuse_taken(subnets: Mapping[str, str], there: Sequence[tuple[str, str]]) -> None:
    """ReplatformError where a new subnet shares addresses with one that is there; `there` has names and blocks."""
    for name, cidr in subnets.items():
        for other, taken in there:
            if IPv4Network(cidr).overlaps(IPv4Network(taken)):
                raise _refused(
                    f"subnet {name} cannot have {cidr}: subnet {other}, which is there already, has {taken}; give it"
                    " another block, or delete the other subnet.",
                    name,
                )


def _refused(message: str, path: str) -> ReplatformError:
    return ReplatformError(message, code="InvalidCidr", path=path)
