# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that the service takes one after the other, each only when it has finished the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...errors import ReplatformError
from .transform import IDLE

BUSY = frozenset(
    {"InvalidReplicationGroupState", "InvalidCacheClusterState", "InvalidUserGroupState", "InvalidUserState"}
)
DONE = frozenset({"NoOperationFault"})
"""The service's answer to a change that is made already, as after a reply that was lost."""


@dataclass(frozen=True)
class Step:
    """One call: the attributes that it changes, and what it answers as the thing's status (None: it has none)."""

    attributes: tuple[str, ...]
    send: Callable[[], Any]


class Steps:
    """What is left to send of each thing. With `wait`, what the service is too busy to take is sent again later."""

    def __init__(self, wait: bool) -> None:
        self.waits = wait
        self._left: dict[str, list[Step]] = {}
        self._sent: dict[str, list[str]] = {}

    def begin(self, key: str, steps: list[Step], status: str | None) -> str | None:
        """Sends what can be sent now, and tells the status that the last answer had."""
        self._left[key] = steps
        self._sent[key] = []
        return self.go_on(key, status)

    def go_on(self, key: str, status: str | None) -> str | None:
        """Sends the steps that are left for as long as the thing is idle."""
        while self._left.get(key) and status in IDLE:
            step = self._left[key][0]
            try:
                status = step.send() or status
            except ReplatformError as exc:
                if exc.code in BUSY and self.waits:
                    return "modifying"
                if exc.code not in DONE:
                    raise
            self._left[key].pop(0)
            self._sent[key] += step.attributes
        return status

    def left(self, key: str) -> list[str]:
        """Attributes that were not sent yet."""
        return sorted({name for step in self._left.get(key, ()) for name in step.attributes})

    def waiting(self) -> dict[str, list[str]]:
        """Of everything: what was not sent."""
        return {key: names for key in self._left if (names := self.left(key))}
