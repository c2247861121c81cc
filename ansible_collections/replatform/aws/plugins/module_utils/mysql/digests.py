# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Order-free digests of rows, counted by the servers themselves, and the rows in which two servers differ."""

from __future__ import annotations

from typing import Any

from ..errors import ReplatformError
from ..transfer.model import Digest, Unit
from .connection import Connection, Server, quoted, rows, sentences
from .definition import Column, Table
from .ranges import where
from .rows import selected

BUCKETS = 1024
TOO_WIDE = 10**30
"""Larger than the sum of 64 bits of any number of rows that a table can hold."""

DigestRow = tuple[Any, ...]


def row_text(table: Table) -> str:
    """SQL: the row as one unambiguous binary string: NULL map, then the values, each with its length.

    Values that may be large enter as their SHA-256: CONCAT gives NULL beyond max_allowed_packet.
    """
    columns = table.lasting
    nulls = ", ".join(f"{quoted(column.name)} IS NULL" for column in columns)
    values = ", ".join(_value(column) for column in columns)
    return f"CONCAT_WS('#', CONCAT({nulls}), {values})"


def _value(column: Column) -> str:
    name = selected(column)
    if column.plain:
        return f"CAST({name} AS CHAR CHARACTER SET binary)"
    if column.kind == "json":
        return f"SHA2(CAST({name} AS CHAR CHARACTER SET utf8mb4), 256)"
    if column.long:
        return f"SHA2({name}, 256)"
    return f"LENGTH({name}), CAST({name} AS BINARY)"


def _sums(text: str) -> str:
    """SQL: count, and sum of 64 bits of each row's SHA-256, in which a row without a value counts TOO_WIDE.

    One aggregate of one hash, because each mention of `text` makes it anew and that is four fifths of the work. A sum,
    because two equal rows cancel in an XOR. CHECKSUM TABLE gave three values in a row for one unchanged table, and
    MD5() is gone from 9.x.
    """
    bits = f"CAST(CONV(LEFT(SHA2({text}, 256), 16), 16, 10) AS UNSIGNED)"
    return f"COUNT(*), COALESCE(SUM(IFNULL({bits}, {TOO_WIDE})), 0)"


def _source_of(table: Table, unit: Unit) -> str:
    index = " FORCE INDEX (PRIMARY)" if table.primary_key else ""
    return f"{table.sql}{index} WHERE {where(table, unit.bounds.get('from'), unit.bounds.get('to'))}"


def digest(connection: Connection, server: Server, table: Table, unit: Unit) -> Digest:
    """The digest of a unit's rows as this connection sees them."""
    with sentences(server, "digesting", table.full_name):
        count, total = rows(connection, f"SELECT {_sums(row_text(table))} FROM {_source_of(table, unit)}")[0]
    if wide := int(total) // TOO_WIDE:
        raise ReplatformError(
            f"{table.full_name}: {wide} rows are too wide for {server} to digest; "
            "raise max_allowed_packet on both servers and run again."
        )
    return Digest(int(count), int(total))


def differences(ends: list[tuple[Connection, Server]], table: Table, unit: Unit, limit: int) -> list[dict[str, str]]:
    """Rows of a unit in which two servers differ, at most `limit`: [{key, difference: missing|extra|different}].

    The rows are first counted into buckets by their keys, so that only the keys of differing buckets travel and no
    order has to be agreed on. A table without a primary key has no keys: the row's own digest stands for it.
    """
    key = key_text(table)
    bucket = f"CRC32({key}) % {BUCKETS}"
    found: list[dict[int, DigestRow]] = []
    for connection, server in ends:
        with sentences(server, "comparing", table.full_name):
            summed = rows(
                connection, f"SELECT {bucket}, {_sums(row_text(table))} FROM {_source_of(table, unit)} GROUP BY 1"
            )
        found.append({int(row[0]): row[1:] for row in summed})
    listed: list[dict[str, str]] = []
    for number in sorted(set(found[0]) | set(found[1])):
        if found[0].get(number) == found[1].get(number):
            continue
        sides: list[dict[Any, Any]] = []
        for connection, server in ends:
            with sentences(server, "comparing", table.full_name):
                sides.append(
                    dict(
                        rows(
                            connection,
                            f"SELECT {key}, CONCAT(COUNT(*), ':', MIN(SHA2({row_text(table)}, 256)))"
                            f" FROM {_source_of(table, unit)} AND {bucket} = {number} GROUP BY 1",
                        )
                    )
                )
        source, target = sides
        for text in sorted(set(source) | set(target)):
            if source.get(text) != target.get(text):
                kind = "missing" if text not in target else "extra" if text not in source else "different"
                listed.append(
                    {"key": text.decode(errors="replace") if isinstance(text, bytes) else text, "difference": kind}
                )
                if len(listed) == limit:
                    return listed
    return listed


def key_text(table: Table) -> str:
    """SQL: what messages call a row: its primary key, or its own digest where it has none."""
    if not table.primary_key:
        return f"SHA2({row_text(table)}, 256)"
    parts = ", ', ', ".join(
        f"HEX({quoted(c.name)})"
        if not (c.plain or c.charset)
        else f"CAST({quoted(c.name)} AS CHAR CHARACTER SET binary)"
        for c in table.key_columns
    )
    return f"CONCAT({parts})"
