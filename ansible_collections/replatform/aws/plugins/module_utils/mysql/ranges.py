# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Primary-key ranges that split a table into pieces of about the same size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import Optional

from ..transfer.model import ROWS, SEAL, Unit
from .connection import Connection, dicts, quoted, rows
from .definition import BYTES, INTEGERS, NUMBERS, TEXTS, TIMES, Column, Table

Bound = Optional[list[str]]  # noqa: UP045 - evaluated, and ansible-test reads it as Python 3.9
"""The primary key's values as SQL literals, in the key's order; None is open."""

MAX_SPLITS = 64


def units(connection: Connection, table: Table, chunk_bytes: int) -> list[Unit]:
    """The table's units: its key ranges in order, then the one that completes it.

    A table without a primary key, or with one of a type that has no exact literal, is one unit.
    """
    bounds: list[tuple[Bound, Bound]] = [(None, None)]
    if table.table_bytes > chunk_bytes and table.primary_key and all(map(_literal_sql, table.key_columns)):
        inner = list(_boundaries(connection, table, chunk_bytes))
        bounds = list(zip([None, *inner], [*inner, None], strict=True))
    size = table.table_bytes // len(bounds)
    planned = [
        Unit(f"{table.full_name}#{n:06d}", table.full_name, ROWS, {"from": lower, "to": upper}, size)
        for n, (lower, upper) in enumerate(bounds)
    ]
    # Building the indexes takes about half as long again as loading the rows.
    sealing = table.table_bytes // 2 if table.indexes else 0
    return [*planned, Unit(f"{table.full_name}#seal", table.full_name, SEAL, size=sealing)]


def where(table: Table, lower: Bound, upper: Bound) -> str:
    """SQL for `lower <= primary key < upper`.

    Written out column by column: MySQL does not use an index range for row comparisons such as (a, b) > (1, 2)
    (manual, "Range Optimization of Row Constructor Expressions": equality and IN only).
    """
    names = [quoted(name) for name in table.primary_key]
    parts = []
    if lower:
        parts.append(f"{names[0]} >= {lower[0]} AND {_beyond(names, lower, '>', '>=')}")
    if upper:
        parts.append(f"{names[0]} <= {upper[0]} AND {_beyond(names, upper, '<', '<')}")
    return " AND ".join(f"({part})" for part in parts) or "TRUE"


def described(table: Table, lower: Bound, upper: Bound) -> str:
    """The range for a person: `id 40001..48000`."""
    if not lower and not upper:
        return "all rows"
    key = ", ".join(table.primary_key)
    return (
        f"{key} from {', '.join(lower) if lower else 'the first'} to before {', '.join(upper) if upper else 'the end'}"
    )


def _beyond(names: Sequence[str], values: Sequence[str], inner: str, last: str) -> str:
    if len(names) == 1:
        return f"{names[0]} {last} {values[0]}"
    rest = _beyond(names[1:], values[1:], inner, last)
    return f"({names[0]} {inner} {values[0]} OR ({names[0]} = {values[0]} AND {rest}))"


def _literal_sql(column: Column) -> str:
    """SQL that gives a column's value as an SQL literal which compares as the column does; "" where there is none."""
    name = quoted(column.name)
    if column.kind in NUMBERS - {"float", "double"}:
        return f"CAST({name} AS CHAR)"
    if column.kind in TIMES:
        return f"CONCAT('''', {name}, '''')"
    if column.kind in TEXTS:
        return f"CONCAT('_{column.charset} X''', HEX({name}), '''')"
    if column.kind in BYTES:
        return f"CONCAT('X''', HEX({name}), '''')"
    return ""


def _boundaries(connection: Connection, table: Table, chunk_bytes: int) -> Iterator[list[str]]:
    """The inner boundaries, ascending."""
    if len(table.primary_key) == 1 and table.key_columns[0].kind in INTEGERS:
        yield from ([str(number)] for number in _integer_boundaries(connection, table, chunk_bytes))
    else:
        yield from _probed_boundaries(connection, table, chunk_bytes)


def _integer_boundaries(connection: Connection, table: Table, chunk_bytes: int) -> Iterator[int]:
    """Even steps between the smallest and largest key; a step that holds far more than its share is split again.

    The optimizer's row estimate for a range (EXPLAIN) costs two index dives, whatever the size of the table.
    """
    name = quoted(table.primary_key[0])
    row_bytes = max(1, table.table_bytes // max(1, table.table_rows))
    found = rows(connection, f"SELECT MIN({name}), MAX({name}) FROM {table.sql}")[0]
    if found[0] is None:
        return

    def estimate(low: int, high: int) -> int:
        plan = dicts(
            connection,
            f"EXPLAIN FORMAT=TRADITIONAL SELECT 1 FROM {table.sql} FORCE INDEX (PRIMARY)"
            f" WHERE {name} >= {low} AND {name} < {high}",
        )
        return int(plan[0]["rows"] or 0) * row_bytes

    def inner(low: int, high: int, size: int, depth: int) -> Iterator[int]:
        pieces = min(high - low, ceil(size / chunk_bytes))
        edges = [low + (high - low) * n // pieces for n in range(pieces + 1)] if pieces > 1 else [low, high]
        for left, right in pairwise(edges):
            if depth and pieces > 1 and right - left > 1:
                held = estimate(left, right)
                if held > 2 * chunk_bytes:
                    yield from inner(left, right, min(held, MAX_SPLITS * chunk_bytes), depth - 1)
            if right != high:
                yield right

    yield from inner(int(found[0]), int(found[1]) + 1, table.table_bytes, 4)


def _probed_boundaries(connection: Connection, table: Table, chunk_bytes: int) -> Iterator[list[str]]:
    """Every nth key by OFFSET instead of arithmetic: composite and string keys have no distance.

    The row size is InnoDB's estimate (information_schema, +-50 %), so a piece may be twice as large.
    """
    row_bytes = max(1, table.table_bytes // max(1, table.table_rows))
    step = max(1, chunk_bytes // row_bytes)
    literals = ", ".join(_literal_sql(column) for column in table.key_columns)
    order = ", ".join(quoted(name) for name in table.primary_key)
    lower: Bound = None
    while True:
        found = rows(
            connection,
            f"SELECT {literals} FROM {table.sql} FORCE INDEX (PRIMARY) WHERE {where(table, lower, None)}"
            f" ORDER BY {order} LIMIT 1 OFFSET {step}",
        )
        if not found:
            return
        lower = [text.decode() if isinstance(text, bytes) else str(text) for text in found[0]]
        yield lower
