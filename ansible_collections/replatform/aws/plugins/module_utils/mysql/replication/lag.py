# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a replica is behind its source, in transactions and in seconds."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from ..connection import Connection, Server, sentences, value
from ..gtid_set import transactions
from ..snapshot import position
from .status import Status


@dataclass(frozen=True)
class Lag:
    """None where it is not known: transactions without GTIDs, seconds while replication does not run."""

    transactions: int | None
    seconds: int | None

    def within(self, transactions: int, seconds: int) -> bool:
        if self.seconds is None:
            return False
        return self.seconds <= seconds and (self.transactions is None or self.transactions <= transactions)

    def __str__(self) -> str:
        count = "" if self.transactions is None else f"{self.transactions} transactions"
        late = "" if self.seconds is None else f"{self.seconds} s"
        return " and ".join(filter(None, (count, late))) or "an unknown time"

    def as_dict(self) -> dict[str, int | None]:
        return {"transactions_behind": self.transactions, "lag_seconds": self.seconds}


def backlog(status: Status, connection: Connection, server: Server) -> Lag:
    """What the target itself knows: what it has received and not applied yet."""
    count = None
    if status.auto_position:
        with sentences(server, "looking how far it is behind"):
            left = value(connection, "SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)", (status.retrieved,))
            count = transactions(str(left))
    return Lag(count, status.lag_s)


class Lags:
    """Lags one after the other. A replica cannot tell what it has not received, so the source is asked each time."""

    def __init__(self, source: tuple[Connection, Server], target: tuple[Connection, Server]) -> None:
        self._here, self._source = source
        self._there, self._target = target
        self._seen: deque[tuple[float, tuple[str, int]]] = deque()
        self._applied_at: float | None = None

    def now(self, status: Status) -> Lag:
        with sentences(self._source, "looking where it is"):
            at = position(self._here)
        if status.auto_position:
            with sentences(self._target, "looking how far it is behind"):
                sql = "SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)"
                count = transactions(str(value(self._there, sql, (at["gtid_executed"],))))
            return Lag(count, 0 if count == 0 and status.healthy else status.lag_s)
        return Lag(None, self._by_place(status, at))

    def _by_place(self, status: Status, at: dict[str, Any]) -> int | None:
        """Since when the source has been beyond what is applied: file names of a binary log sort by age."""
        now = time.monotonic()
        self._seen.append((now, (at["file"], at["position"])))
        applied = (status.file, status.position)
        while self._seen and self._seen[0][1] <= applied:
            self._applied_at = self._seen.popleft()[0]
        if not status.healthy or self._applied_at is None:
            return None
        return round(now - self._applied_at)
