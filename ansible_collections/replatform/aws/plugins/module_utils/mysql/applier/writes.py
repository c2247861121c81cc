# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of rows as SQL: INSERT, UPDATE and DELETE of exactly those rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..connection import quoted
from ..definition import BYTES, TEXTS, Column, Table
from .images import Image
from .stream import DELETE, INSERT, Change

STATEMENT_BYTES = 1 << 20


@dataclass(frozen=True)
class Write:
    """One statement that must meet exactly `rows` rows; `row` tells of the first one by its key."""

    sql: bytes
    rows: int
    row: str


def writes(change: Change) -> Iterator[Write]:
    """In the log's order, the rows of an INSERT together as far as they make a statement of STATEMENT_BYTES."""
    table = change.table
    if change.action == INSERT:
        yield from _inserts(table, [after for _before, after in change.rows])
        return
    name = table.sql.encode()
    for before, after in change.rows:
        place = b" WHERE " + b" AND ".join(_places(table, before)) + b" LIMIT 1"
        if change.action == DELETE:
            yield Write(b"DELETE FROM " + name + place, 1, told(table, before))
        else:
            yield Write(b"UPDATE " + name + b" SET " + _set(table, before, after) + place, 1, told(table, before))


def _inserts(table: Table, images: Sequence[Image]) -> Iterator[Write]:
    stored = [n for n, column in enumerate(table.columns) if not column.generated]
    names = ", ".join(quoted(table.columns[n].name) for n in stored)
    head = f"INSERT INTO {table.sql} ({names}) VALUES ".encode()
    waiting: list[bytes] = []
    first, size = 0, 0
    for number, image in enumerate(images):
        values = b"(" + b", ".join(image[n] or b"NULL" for n in stored) + b")"
        if waiting and size + len(values) > STATEMENT_BYTES:
            yield Write(head + b", ".join(waiting), len(waiting), told(table, images[first]))
            waiting, first, size = [], number, 0
        waiting.append(values)
        size += len(values)
    yield Write(head + b", ".join(waiting), len(waiting), told(table, images[first]))


def _set(table: Table, before: Image, after: Image) -> bytes:
    """What changed, and each TIMESTAMP and DATETIME: left out, ON UPDATE CURRENT_TIMESTAMP would give it another."""
    moments = ("timestamp", "datetime")
    stored = [n for n, column in enumerate(table.columns) if not column.generated]
    moved = [n for n in stored if before[n] != after[n] or table.columns[n].kind in moments]
    return b", ".join(quoted(table.columns[n].name).encode() + b" = " + (after[n] or b"NULL") for n in moved or stored)


def _places(table: Table, image: Image) -> Iterator[bytes]:
    """By primary key, as the index finds it; in a table without one by every value, exact to the byte."""
    for column, value in zip(table.columns, image, strict=True):
        name = quoted(column.name).encode()
        if column.name in table.primary_key:
            yield name + b" = " + (value or b"NULL")
        elif not table.primary_key and not column.generated:
            yield name + b" IS NULL" if value is None else _exactly(column, name, value)


def _exactly(column: Column, name: bytes, value: bytes) -> bytes:
    if column.kind in TEXTS | BYTES:
        return b"CAST(" + name + b" AS BINARY) = CAST(" + value + b" AS BINARY)"
    if column.kind == "float":
        return name + b" + 0e0 = " + value
    if column.kind in ("enum", "set", "bit"):
        return name + b" + 0 = " + value
    if column.kind in ("date", "datetime", "timestamp", "time"):
        return b"CAST(" + name + b" AS CHAR) = " + value
    if value.startswith(b"_binary"):
        return b"HEX(" + name + b") = HEX(" + value + b")"
    return name + b" = " + value


def told(table: Table, image: Image) -> str:
    """A row by its key for a sentence; the first values where it has none."""
    shown = [
        f"{column.name} {(value or b'NULL').decode(errors='replace')[:60]}"
        for column, value in zip(table.columns, image, strict=True)
        if column.name in table.primary_key or (not table.primary_key and not column.generated)
    ]
    return ", ".join(shown[:5])
