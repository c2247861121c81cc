# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows as bytes: from a text-protocol result straight to what LOAD DATA reads, without any type conversion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched

from ..transfer.model import Batch, ShortRead
from .connection import Connection, Server, code_of, execute, quoted, sentences
from .definition import Column, Table
from .driver import COMMAND, MysqlPacket, OKPacketWrapper, pymysql

READ_BUFFER = 1 << 20
BATCH_BYTES = 1 << 20
INSERT_ROWS = 500
NULL = b"\\N"

_FULL_PACKET = 0xFFFFFF
_END, _ERROR, _NULL = 0xFE, 0xFF, 0xFB


def selected(column: Column) -> str:
    """The SQL that reads a column exactly.

    FLOAT as text has 6 digits, + 0e0 gives the double behind it; an ENUM's or SET's number tells the invalid empty
    value (index 0) from a member ''. Both corrupted copies made by other tools.
    """
    name = quoted(column.name)
    if column.kind == "float":
        return f"{name} + 0e0"
    if column.kind in ("enum", "set"):
        return f"{name} + 0"
    return name


def assigned(column: Column, given: str) -> str:
    """The SQL that stores what selected() read; JSON refuses binary strings (error 3144)."""
    if column.kind == "json":
        return f"CONVERT({given} USING utf8mb4)"
    if column.kind in ("enum", "set"):
        return f"{given} + 0"
    return given


def read(connection: Connection, server: Server, sql: str, columns: Sequence[Column], table: str) -> Iterator[Batch]:
    """Batches of tab-separated rows, about BATCH_BYTES each, from an unbuffered result.

    Raises: ShortRead when the result ends before its end-of-data packet, GroupChanged when the table was altered.
    """
    escaped = [not column.plain for column in columns]
    with sentences(server, "reading", table):
        connection.query(sql, unbuffered=True)
        lines: list[bytes] = []
        size = 0
        for packet in _packets(connection, server, table):
            line = _line(packet, escaped)
            lines.append(line)
            size += len(line)
            if size >= BATCH_BYTES:
                yield _batch(lines)
                lines, size = [], 0
        if lines:
            yield _batch(lines)


def _batch(lines: list[bytes]) -> Batch:
    payload = b"\n".join(lines) + b"\n"
    return Batch(payload, len(lines), len(payload))


def _packets(connection: Connection, server: Server, table: str) -> Iterator[bytes]:
    """The row packets of the running query. Rows beyond 16 MB come as several (client/server protocol)."""
    result = connection._result  # type: ignore[attr-defined]
    if not result.unbuffered_active:
        return
    file = connection._rfile  # type: ignore[attr-defined]

    def exactly(count: int) -> bytes:
        try:
            data: bytes = file.read(count)
        except (OSError, ValueError) as error:
            connection._force_close()  # type: ignore[attr-defined]
            raise _short(server, table, str(error)) from error
        if len(data) < count:
            connection._force_close()  # type: ignore[attr-defined]
            raise _short(server, table, "the connection ended")
        return data

    try:
        while True:
            body = b""
            size = _FULL_PACKET
            while size == _FULL_PACKET:
                header = exactly(4)
                size = header[0] | header[1] << 8 | header[2] << 16
                body = body + exactly(size) if body else exactly(size)
            if body[0] == _END and len(body) < 9:
                return
            if body[0] == _ERROR:
                pymysql.err.raise_mysql_exception(body)
            yield body
    finally:
        # Left in the middle, the rest of the result is still on its way: the connection is of no more use.
        if not (body and body[0] in (_END, _ERROR)):
            connection._force_close()  # type: ignore[attr-defined]
        result.unbuffered_active = False
        result.connection = None


def _short(server: Server, table: str, why: str) -> ShortRead:
    return ShortRead(
        f"The {server.role} {server.host}:{server.port} stopped sending {table} before the end ({why}); "
        "nothing of this piece was kept. Once it answers, run the same command again: it continues from here.",
        role=server.role,
    )


def _line(packet: bytes, escaped: Sequence[bool]) -> bytes:
    """One row as LOAD DATA's default format, NULL out of band as an unescaped \\N."""
    position = 0
    fields = []
    for escape in escaped:
        length = packet[position]
        position += 1
        if length > 250:
            if length == _NULL:
                fields.append(NULL)
                continue
            width = {252: 2, 253: 3, 254: 8}[length]
            length = int.from_bytes(packet[position : position + width], "little")
            position += width
        field = packet[position : position + length]
        position += length
        if escape and (b"\\" in field or b"\t" in field or b"\n" in field):
            field = field.replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n")
        fields.append(field)
    return b"\t".join(fields)


def load(connection: Connection, table: Table, batches: Iterable[Batch], *, replace: bool = False) -> tuple[int, int]:
    """Streams batches into one LOAD DATA LOCAL; returns (rows stored, warnings). Commits nothing by itself.

    With `replace`, rows that hold one of the new rows' unique values give way. Without it LOCAL would skip the new
    row, with a warning (manual: LOCAL implies IGNORE). An exception of the source leaves the server waiting for more,
    so the connection is closed: the server rolls back.
    """
    names = [
        f"@c{n}" if column.kind in ("json", "enum", "set") else quoted(column.name)
        for n, column in enumerate(table.stored)
    ]
    sets = [
        f"{quoted(column.name)} = {assigned(column, name)}"
        for name, column in zip(names, table.stored, strict=True)
        if name.startswith("@")
    ]
    statement = (
        f"LOAD DATA LOCAL INFILE 'rows'{' REPLACE' if replace else ''} INTO TABLE {table.sql}"
        f" CHARACTER SET binary ({', '.join(names)})"
    )
    if sets:
        statement += " SET " + ", ".join(sets)
    try:
        connection._execute_command(COMMAND.COM_QUERY, statement)  # type: ignore[attr-defined]
        first = connection._read_packet()
        if not first.is_load_local_packet():
            raise pymysql.OperationalError(1148, "the server did not ask for the rows")
        for batch in batches:
            for start in range(0, len(batch.payload), BATCH_BYTES):
                connection.write_packet(batch.payload[start : start + BATCH_BYTES])
        connection.write_packet(b"")
        answer = connection._read_packet()
    except pymysql.MySQLError as error:
        if code_of(error) in (0, 2006, 2013):
            connection._force_close()  # type: ignore[attr-defined]
        raise
    except BaseException:
        connection._force_close()  # type: ignore[attr-defined]
        raise
    return _ok(answer)


def _ok(packet: MysqlPacket) -> tuple[int, int]:
    """(rows stored, warnings) of an OK packet, whose message is `Records: 3  Deleted: 0  Skipped: 0  Warnings: 0`."""
    ok = OKPacketWrapper(packet)
    return _stored(ok.message, ok.affected_rows), ok.warning_count


def _stored(message: bytes | None, affected: int) -> int:
    """Rows stored according to the server's message; a statement of one row has none, and counts itself."""
    counts = {name: int(number) for name, number in re.findall(rb"([A-Z][a-z]+): (\d+)", message or b"")}
    return counts[b"Records"] - counts.get(b"Skipped", 0) if b"Records" in counts else min(affected, 1)


def insert(connection: Connection, table: Table, batches: Iterable[Batch], *, replace: bool = False) -> tuple[int, int]:
    """The same by multi-row INSERT, for a target with local_infile off: slower, as exact.

    The escapes of a LOAD DATA line are those of a string literal too, so a field becomes one by quoting it.
    """
    names = ", ".join(quoted(column.name) for column in table.stored)
    verb = "REPLACE" if replace else "INSERT"
    stored = warnings = 0
    for batch in batches:
        for lines in batched(batch.payload.removesuffix(b"\n").split(b"\n"), INSERT_ROWS):
            values = b",".join(b"(" + b",".join(_literals(line, table.stored)) + b")" for line in lines)
            affected = execute(connection, f"{verb} INTO {table.sql} ({names}) VALUES ".encode() + values)
            result = connection._result  # type: ignore[attr-defined]
            stored += _stored(result.message, affected)
            warnings += result.warning_count
    return stored, warnings


def _literals(line: bytes, columns: Sequence[Column]) -> Iterator[bytes]:
    for field, column in zip(line.split(b"\t"), columns, strict=True):
        if field == NULL:
            yield b"NULL"
            continue
        literal = b"_binary'" + field.replace(b"'", b"\\'") + b"'"
        before, _mark, after = assigned(column, "?").partition("?")
        yield before.encode() + literal + after.encode()
