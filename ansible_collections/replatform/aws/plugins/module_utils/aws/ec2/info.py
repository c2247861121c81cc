# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ids of a network for those that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ..errors import region
from .network import TIERS, Network, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

USUAL_GROUPS = ("eks", "rds", "elasticache")


def info(client: Any, name: str, groups: Sequence[str] = (), *, check: bool = False) -> dict[str, Any]:
    """The ids of the network's parts; in check mode a placeholder for what is not there yet.

    Raises: ReplatformError outside of check mode when the network, or one of the security groups asked for, is missing.
    """
    network = Network(client, name)
    network.look(["subnet", "security group", "nat gateway", "elastic ip"])
    if network.vpc_id is None:
        if not check:
            raise ReplatformError(
                f"There is no network {name} {region(client)}; run the role network first, or correct the name.",
                code="MissingNetwork",
            )
        return {
            "exists": False,
            "vpc_id": f"(vpc of {name})",
            "subnets": {tier: [f"({tier} subnets of {name})"] for tier in TIERS},
            "security_groups": {one: _placeholder(one, name) for one in dict.fromkeys([*USUAL_GROUPS, *groups])},
            "nat_addresses": [f"(nat addresses of {name})"],
        }
    found = summary(network)
    missing = [one for one in groups if one not in found["security_groups"]]
    if missing and not check:
        raise ReplatformError(
            f"Network {name} {region(client)} has no security group {', '.join(missing)} (it has"
            f" {', '.join(found['security_groups']) or 'none'}); add it to the network and run the role network first.",
            code="MissingSecurityGroup",
            missing=missing,
        )
    found["security_groups"] |= {one: _placeholder(one, name) for one in missing}
    return found


def _placeholder(group: str, name: str) -> str:
    return f"(security group {group} of {name})"
