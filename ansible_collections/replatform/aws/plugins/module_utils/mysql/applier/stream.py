# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's binary log as what happened in it: transactions begin, rows change, transactions end."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import ReplatformError
from ...libraries import require
from ..connection import Connection, Server, connect, rows, sentences
from ..definition import Table
from .driver import (
    BinLogStreamReader,
    DeleteRowsEvent,
    GtidEvent,
    HeartbeatLogEvent,
    NotImplementedEvent,
    PartialUpdateRowsEvent,
    QueryEvent,
    UpdateRowsEvent,
    WriteRowsEvent,
    XidEvent,
)
from .images import Image, Reader, images, reader

HEARTBEAT_S = 1.0
SILENCE_S = 30
"""Without a heartbeat for so long the server is taken for lost."""

NO_FOREIGN_KEY_CHECKS = 0x02
RELAXED_UNIQUE_CHECKS = 0x04
INSERT, UPDATE, DELETE = "insert", "update", "delete"

_TAGGED_GTID, _PAYLOAD, _INCIDENT = 42, 40, 26
_UNREADABLE = {
    _TAGGED_GTID: "a transaction with a tagged GTID",
    _PAYLOAD: "a compressed transaction (binlog_transaction_compression)",
    _INCIDENT: "an incident, after which it may lack transactions",
}


class Event:
    """What happened: one of the following."""


@dataclass(frozen=True)
class Begin(Event):
    gtid: str
    committed: int
    """When, in seconds since 1970 by the clock of the server that wrote the log."""


@dataclass(frozen=True)
class Change(Event):
    """Rows of one table. `rows` are pairs of before and after; one of both is () for a DELETE or an INSERT."""

    table: Table
    action: str
    rows: list[tuple[Image, Image]]
    foreign_key_checks: bool
    unique_checks: bool


@dataclass(frozen=True)
class Statement(Event):
    """What the log has as a statement: DDL, and rows of a session that logs statements. It is a transaction."""

    schema: str
    text: str


@dataclass(frozen=True)
class End(Event):
    file: str
    position: int


@dataclass(frozen=True)
class Idle(Event):
    """All that the server has was read."""


class Lost(ReplatformError):
    """The stream broke; it can be taken up again at the last recorded position."""


class Stream:
    """Events of `tables` from a position on, for ever; those of other tables are left out.

    The reader would connect again by itself in the middle of a transaction, which is refused it here.
    """

    def __init__(self, server: Server, tables: Mapping[str, Table], file: str, position: int) -> None:
        require(BinLogStreamReader)
        logging.getLogger("pymysqlreplication").setLevel(logging.ERROR)  # advice on metadata that is not used here
        self._server, self._tables = server, tables
        self._opened: list[Connection] = []
        self._begun = False
        self._readers: dict[int, tuple[object, list[Reader]]] = {}
        with sentences(server, "reading its binary log"):
            with_unsigned = connect(server)
            try:
                self._unsigned = _unsigned(with_unsigned, tables)
            finally:
                with_unsigned.close()
        self._stream = BinLogStreamReader(
            connection_settings={},
            pymysql_wrapper=self._open,
            server_id=random.randrange(1 << 31, 1 << 32),  # of no other replica, or the server ends that one's stream
            blocking=True,
            resume_stream=True,
            log_file=file,
            log_pos=position,
            slave_heartbeat=HEARTBEAT_S,
            filter_non_implemented_events=False,
            freeze_schema=True,  # else each event's table is read anew; an altered table has another id in the log
            only_schemas={table.schema for table in tables.values()},
            only_tables={table.name for table in tables.values()},
            only_events=[
                DeleteRowsEvent,
                GtidEvent,
                HeartbeatLogEvent,
                NotImplementedEvent,
                PartialUpdateRowsEvent,
                QueryEvent,
                UpdateRowsEvent,
                WriteRowsEvent,
                XidEvent,
            ],
            enable_logging=False,
        )

    def close(self) -> None:
        """At once, though a thread waits for the next event: closing alone would wait for that."""
        for connection in self._opened:
            if connection.open:
                with contextlib.suppress(OSError):
                    connection._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
                connection._force_close()  # type: ignore[attr-defined]  # it would wait for the end of the stream

    def _open(self, **wanted: Any) -> Connection:
        """A connection for the reader, which asks for two: its stream and one for questions."""
        if len(self._opened) == 2:
            raise Lost(f"The binary log of {self._server} stopped coming.")
        connection = connect(self._server, read_timeout_s=SILENCE_S)
        if "cursorclass" in wanted:
            connection.cursorclass = wanted["cursorclass"]
        self._opened.append(connection)
        return connection

    def __iter__(self) -> Iterator[Event]:
        while True:
            with sentences(self._server, "reading its binary log"):
                event = self._stream.fetchone()
            if event is None:
                raise Lost(f"The binary log of {self._server} ended.")
            yield from self._told(event)

    def _told(self, event: Any) -> Iterator[Event]:
        if isinstance(event, GtidEvent):
            yield Begin(event.gtid, event.timestamp)
        elif isinstance(event, (WriteRowsEvent, UpdateRowsEvent, DeleteRowsEvent)):
            yield from self._change(event)
        elif isinstance(event, XidEvent):
            yield self._end()
        elif isinstance(event, QueryEvent):
            yield from self._query(event)
        elif isinstance(event, HeartbeatLogEvent):
            yield Idle()
        elif isinstance(event, PartialUpdateRowsEvent):
            raise self._unreadable("a partial JSON update (binlog_row_value_options)")
        elif event.event_type in _UNREADABLE:
            raise self._unreadable(_UNREADABLE[event.event_type])

    def _unreadable(self, what: str) -> ReplatformError:
        place = f"{self._stream.log_file}:{self._stream.log_pos}"
        return ReplatformError(
            f"The binary log of {self._server} has {what} before {place}, which the row applier does not read; nothing "
            "of that transaction was applied. Keep the application where it is, and see the runbook on how to go on.",
            at=place,
        )

    def _end(self) -> End:
        self._begun = False
        return End(self._stream.log_file, int(self._stream.log_pos))

    def _query(self, event: Any) -> Iterator[Event]:
        text = event.query.strip()
        word = text[:10].upper()
        if word == "BEGIN":
            self._begun = True
        elif word == "COMMIT":  # of nothing, or of an engine without transactions
            yield self._end()
        elif not word.startswith("SAVEPOINT"):
            yield Statement(event.schema.decode(errors="replace"), text)
            if not self._begun:  # CREATE TABLE ... SELECT is part of a transaction, every other one is a whole
                yield self._end()

    def _change(self, event: Any) -> Iterator[Change]:
        table = self._tables.get(f"{event.schema}.{event.table}")
        if table is None:
            return
        bitmaps = [event.columns_present_bitmap]
        action = INSERT if isinstance(event, WriteRowsEvent) else DELETE
        if isinstance(event, UpdateRowsEvent):
            action = UPDATE
            bitmaps.append(event.columns_present_bitmap2)
        if any(int.from_bytes(bitmap, "little").bit_count() < event.number_of_columns for bitmap in bitmaps):
            raise self._unreadable(f"a row of {table.full_name} without all its columns (binlog_row_image)")
        found = list(images(event.packet.read(event.event_size - event.packet.read_bytes), self._read(event, table)))
        pairs: list[tuple[Image, Image]]
        if action == UPDATE:
            pairs = list(zip(found[::2], found[1::2], strict=True))
        else:
            pairs = [((), image) if action == INSERT else (image, ()) for image in found]
        yield Change(
            table, action, pairs, not event.flags & NO_FOREIGN_KEY_CHECKS, not event.flags & RELAXED_UNIQUE_CHECKS
        )

    def _read(self, event: Any, table: Table) -> list[Reader]:
        """The readers of the columns, made anew when the log describes the table anew."""
        if len(event.columns) != len(table.columns):
            raise ReplatformError(
                f"{table.full_name} has {len(table.columns)} columns and {len(event.columns)} in the binary log of "
                f"{self._server}: it was altered. Give both servers the same definition, then run again.",
                table=table.full_name,
            )
        described, made = self._readers.get(event.table_id, (None, []))
        if described is not event.columns:
            made = [
                reader(wire, column, unsigned=f"{table.full_name}.{column.name}" in self._unsigned)
                for wire, column in zip(event.columns, table.columns, strict=True)
            ]
            self._readers[event.table_id] = (event.columns, made)
        return made


def _unsigned(connection: Connection, tables: Mapping[str, Table]) -> set[str]:
    """Full names of the columns whose integers have no sign."""
    schemas = sorted({table.schema for table in tables.values()})
    marks = ", ".join(["%s"] * len(schemas))
    found = rows(
        connection,
        "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        f" WHERE column_type LIKE '%%unsigned%%' AND table_schema IN ({marks})",
        schemas,
    )
    return {".".join(names) for names in found}
