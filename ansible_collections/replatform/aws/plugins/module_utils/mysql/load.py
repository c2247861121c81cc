# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How busy two MySQL servers are, as reasons for a copy to slow down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..transfer.throttle import Reason, seldom
from .connection import DENIED, Connection, Server, code_of, connect, rows, sentences
from .driver import ER, pymysql

EVERY_S = 1.0


@dataclass(frozen=True)
class Limits:
    """Where a copy starts to wait; 0 looks at nothing."""

    source_threads_running: int = 25
    """gh-ost and pt-online-schema-change use the same."""
    source_history_length: int = 1_000_000
    """Undo that the copy's snapshot keeps from being purged; the server slows down as it grows."""
    target_threads_running: int = 50
    target_lag_seconds: int = 0
    target_cpu_percent: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def of(cls, given: dict[str, Any]) -> Limits:
        """From options, where None is the default."""
        return cls(**{field.name: given[field.name] for field in fields(cls) if given.get(field.name) is not None})


_RUNNING = "SHOW GLOBAL STATUS LIKE 'Threads_running'"  # its value is the last column
_HISTORY = "SELECT count FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'"
_LAG = "SELECT MAX(replica_lag_in_milliseconds) / 1000 FROM information_schema.replica_host_status"
_CPU = "SELECT MAX(cpu) FROM information_schema.replica_host_status WHERE session_id = 'MASTER_SESSION_ID'"
"""The last two are Aurora's own table (Aurora user guide, "information_schema tables"); nothing else has it."""

_UNKNOWN = (*DENIED, ER.NO_SUCH_TABLE, ER.UNKNOWN_TABLE, ER.BAD_FIELD_ERROR)


def pressures(source: Server, target: Server, limits: Limits) -> list[Reason]:
    """The reasons that these limits ask to look at, each asked once a second at most.

    What a server does not know, or does not tell this user, is no reason.
    """
    here, there = _Asker(source), _Asker(target)
    asked = (
        (here, _RUNNING, limits.source_threads_running, "running threads"),
        (here, _HISTORY, limits.source_history_length, "undo history"),
        (there, _RUNNING, limits.target_threads_running, "running threads"),
        (there, _LAG, limits.target_lag_seconds, "replica lag in s"),
        (there, _CPU, limits.target_cpu_percent, "CPU in %"),
    )
    return [seldom(_above(ask, sql, limit, what), EVERY_S) for ask, sql, limit, what in asked if limit]


class _Asker:
    """One connection of its own, opened when first needed."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._connection: Connection | None = None

    def __call__(self, sql: str) -> float | None:
        if not self._connection:
            self._connection = connect(self.server)
        with sentences(self.server, "asking how busy it is"):
            try:
                found = rows(self._connection, sql)
            except pymysql.MySQLError as error:
                if code_of(error) in _UNKNOWN:
                    return None
                raise
        return float(found[0][-1]) if found and found[0][-1] is not None else None


def _above(ask: _Asker, sql: str, limit: int, what: str) -> Callable[[], str]:
    def reason() -> str:
        found = ask(sql)
        return f"{ask.server.role}: {what} {found:.0f} > {limit}" if found is not None and found > limit else ""

    return reason
