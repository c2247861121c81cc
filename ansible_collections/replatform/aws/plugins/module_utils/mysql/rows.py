# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows as bytes: read from one server, and loaded into the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched

from ..errors import ReplatformError
from ..transfer.model import Batch, ShortRead
from .connection import PACKET_BYTES, Connection, Server, code_of, execute, quoted, rows, sentences, variable
from .definition import Column, Table
from .driver import COMMAND, MysqlPacket, OKPacketWrapper, pymysql
from .lines import BATCH_BYTES, FORMAT, Cut, fields, lines

INSERT_ROWS = 500
TRUNCATED = 1265


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
    """Batches of lines, about BATCH_BYTES each, from an unbuffered result.

    Raises: ShortRead when the result ends before its end-of-data packet, GroupChanged when the table was altered.
    """
    with sentences(server, "reading", table):
        connection.query(sql, unbuffered=True)
        result = connection._result  # type: ignore[attr-defined]
        if not result.unbuffered_active:
            return
        ended = False
        try:
            for payload, count in lines(connection._rfile.read1, [not column.plain for column in columns]):  # type: ignore[attr-defined]
                yield Batch(payload, count, len(payload))
            ended = True
        except Cut as error:
            if error.packet:
                ended = True
                pymysql.err.raise_mysql_exception(error.packet)
            raise _short(server, table, "the connection ended") from error
        except (OSError, ValueError) as error:
            raise _short(server, table, str(error)) from error
        finally:
            # Left in the middle, the rest of the result is still on its way: the connection is of no more use.
            if not ended:
                connection._force_close()  # type: ignore[attr-defined]
            result.unbuffered_active = False
            result.connection = None


def _short(server: Server, table: str, why: str) -> ShortRead:
    return ShortRead(
        f"The {server.role} {server.host}:{server.port} stopped sending {table} before the end ({why}); "
        "nothing of this piece was kept. Once it answers, run the same command again: it continues from here.",
        role=server.role,
    )


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
        f" CHARACTER SET binary {FORMAT} ({', '.join(names)})"
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


def changed_values(connection: Connection, table: Table, count: int) -> list[str]:
    """The `count` warnings of the last statement that mean a value is not what it was; one kind does not.

    An ENUM's index 0 is stored exactly, with a warning.
    """
    shown = rows(connection, "SHOW WARNINGS")
    enums = {f"'{column.name}'" for column in table.stored if column.kind == "enum"}
    bad = [text for _rest, code, text in shown if code != TRUNCATED or not any(name in text for name in enums)]
    return bad or ([shown[0][2]] if len(shown) < count else [])


def insert(connection: Connection, table: Table, batches: Iterable[Batch], *, replace: bool = False) -> tuple[int, int]:
    """The same by multi-row INSERT, for a target with local_infile off: slower, as exact."""
    names = ", ".join(quoted(column.name) for column in table.stored)
    verb = "REPLACE" if replace else "INSERT"
    limit = int(variable(connection, "max_allowed_packet", str(PACKET_BYTES)))
    stored = warnings = 0
    for batch in batches:
        for some in batched(fields(batch.payload), INSERT_ROWS):
            values = b",".join(b"(" + b",".join(_literals(row, table.stored)) + b")" for row in some)
            statement = f"{verb} INTO {table.sql} ({names}) VALUES ".encode() + values
            if len(statement) > limit:
                raise ReplatformError(
                    f"{table.full_name} was not written: the target's max_allowed_packet ({limit} bytes) is smaller "
                    f"than {len(some)} of its rows together ({len(statement)} bytes). Set max_allowed_packet to "
                    f"{PACKET_BYTES} in the target's parameter group, or local_infile to 1, and run the copy again; "
                    "it continues from here.",
                    table=table.full_name,
                )
            affected = execute(connection, statement)
            result = connection._result  # type: ignore[attr-defined]
            stored += _stored(result.message, affected)
            warnings += result.warning_count
    return stored, warnings


def _literals(row: Sequence[bytes | None], columns: Sequence[Column]) -> Iterator[bytes]:
    for field, column in zip(row, columns, strict=True):
        if field is None:
            yield b"NULL"
            continue
        literal = b"_binary'" + field.replace(b"\\", b"\\\\").replace(b"'", b"\\'") + b"'"
        before, _mark, after = assigned(column, "?").partition("?")
        yield before.encode() + literal + after.encode()
