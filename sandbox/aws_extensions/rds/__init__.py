"""RDS as the service does it, where moto 5.2 does not: Aurora's parameters, versions, endpoints and refusals.

Parameter groups know their family's parameters, refuse what it cannot hold, and leave instances that use them pending a
reboot. Clusters and instances check what they refer to, keep what moto drops, and defer what waits for the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import clusters, groups, instances

if TYPE_CHECKING:
    from ...aws_emulator import Extendable


def extend(emulator: Extendable) -> None:
    for operations in (groups.OPERATIONS, clusters.OPERATIONS, instances.OPERATIONS):
        for name, answer in operations.items():
            emulator.operation("rds", name, answer)
    groups.extend()
    clusters.extend()
    instances.extend()
