# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See transfer.store.Mailbox: a table of the journal's schema."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, TypeVar

from .connection import Connection, Row, Server, connect, execute, quoted, rows, sentences

_TABLE = """CREATE TABLE IF NOT EXISTS {schema}.message (
        migration VARCHAR(190) NOT NULL,
        epoch BIGINT NOT NULL,
        reader VARCHAR(64) NOT NULL,
        writer VARCHAR(64) NOT NULL,
        number BIGINT NOT NULL,
        body LONGTEXT NOT NULL,
        PRIMARY KEY (migration, epoch, reader, writer, number)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"""


T = TypeVar("T")


class MysqlMailbox:
    """The box of `owner`, or of the run where that is "". Connects again after a cut; for any thread."""

    def __init__(
        self, server: Server, schema: str, migration: str, epoch: int, lease_s: float, owner: str = ""
    ) -> None:
        self._server, self._schema, self._migration, self._epoch = server, quoted(schema), migration, epoch
        self._lease_s, self._owner = lease_s, owner
        self._lock = threading.RLock()
        self._opened: Connection | None = None
        self._sent = 0
        self._taken: dict[str, int] = {}
        self._unsure: list[tuple[str, int, str]] = []

    def prepare(self) -> None:
        self._execute(_TABLE.format(schema=self._schema))
        self.clear()

    def send(self, lines: Sequence[str], to: str = "") -> None:
        with self._lock:
            for line in lines:
                self._sent += 1
                self._unsure.append((to, self._sent, line))
            if not self._unsure:
                return
            self._execute(
                f"INSERT IGNORE INTO {self._schema}.message (migration, epoch, reader, writer, number, body) VALUES "
                + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(self._unsure)),
                [
                    word
                    for reader, number, body in self._unsure
                    for word in (self._migration, self._epoch, reader, self._owner, number, body)
                ],
            )
            self._unsure.clear()

    def receive(self) -> list[tuple[str, str]]:
        found = self._rows(
            f"SELECT writer, number, body FROM {self._schema}.message"
            " WHERE migration = %s AND epoch = %s AND reader = %s ORDER BY writer, number",
            (self._migration, self._epoch, self._owner),
        )
        if found:
            self._execute(
                f"DELETE FROM {self._schema}.message"
                " WHERE migration = %s AND epoch = %s AND reader = %s AND (writer, number) IN %s",
                (self._migration, self._epoch, self._owner, [row[:2] for row in found]),
            )
        received = []
        for writer, number, body in found:
            if number > self._taken.get(writer, 0):
                self._taken[writer] = number
                received.append((writer, body))
        return received

    def alive(self) -> bool:
        sql = f"SELECT COUNT(*) FROM {self._schema}.migration WHERE name = %s AND epoch = %s AND lease_until > NOW(6)"
        return bool(self._rows(sql, (self._migration, self._epoch))[0][0])

    def clear(self) -> None:
        self._execute(
            f"DELETE FROM {self._schema}.message WHERE migration = %s AND epoch <= %s", (self._migration, self._epoch)
        )

    def close(self) -> None:
        with self._lock:
            if self._opened and self._opened.open:
                self._opened.close()

    def _execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._on_connection(lambda connection: execute(connection, sql, parameters))

    def _rows(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        return self._on_connection(lambda connection: rows(connection, sql, parameters))

    def _on_connection(self, work: Callable[[Connection], T]) -> T:
        with self._lock, sentences(self._server, "passing messages"):
            if self._opened is None:
                # READ COMMITTED: no gap locks between those who write. A cut shows within the lease.
                self._opened = connect(
                    self._server,
                    settings={"transaction_isolation": "'READ-COMMITTED'"},
                    read_timeout_s=ceil(self._lease_s),
                )
            try:
                return work(self._opened)
            except BaseException:
                if self._opened.open:
                    self._opened.close()
                self._opened = None
                raise
