# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A UNIQUE key as a table's definition spells it, and the rows that it takes for equal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .connection import Connection, quoted, rows
from .definition import Table, clause_name, elements
from .digests import key_text

_UNIQUE = re.compile(r"(?:PRIMARY|UNIQUE) KEY ")
_PART = re.compile(r"`(?P<column>(?:[^`]|``)+)`(?:\((?P<length>\d+)\))?(?: (?:ASC|DESC))?$")


@dataclass(frozen=True)
class UniqueKey:
    """One UNIQUE or PRIMARY key of `table`; `parts` are pairs of a column's name, "" for an expression, and SQL."""

    table: Table
    name: str
    parts: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, table: Table, clause: str) -> UniqueKey:
        _head, parts, _tail = elements(clause)
        return cls(table, clause_name(clause) or "PRIMARY", tuple(_part(part) for part in parts))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for column, _sql in self.parts if column)

    def equal(self, chosen: str, collations: Mapping[str, str] | None = None) -> str:
        """SQL: `chosen` of each group of rows that this key takes for equal, by other `collations` of its columns."""
        given = {column: f" COLLATE {collation}" for column, collation in (collations or {}).items()}
        values = ", ".join(sql + given.get(column, "") for column, sql in self.parts)
        held = " AND ".join(f"{sql} IS NOT NULL" for _column, sql in self.parts)
        return f"SELECT {chosen} FROM {self.table.sql} WHERE {held} GROUP BY {values} HAVING COUNT(*) > 1"

    def first_equal(self, connection: Connection) -> tuple[str, str, str] | None:
        """Two rows, by their keys, and the value that they share; None when all rows differ."""
        key, texts = key_text(self.table), ", ".join(sql for _column, sql in self.parts)
        shared = f"MIN(CONCAT_WS(', ', {texts}))"
        found = rows(connection, f"{self.equal(f'MIN({key}), MAX({key}), {shared}')} LIMIT 1")
        if not found:
            return None
        one, other, value = (text.decode(errors="replace") if isinstance(text, bytes) else text for text in found[0])
        return str(one), str(other), str(value)


def unique_keys(table: Table) -> Iterator[UniqueKey]:
    """Those of a table, its primary key among them."""
    for clause in (*elements(table.create)[1], *table.indexes):
        if _UNIQUE.match(clause):
            yield UniqueKey.of(table, clause)


def _part(text: str) -> tuple[str, str]:
    match = _PART.match(text)
    if not match:  # an expression, in brackets of its own
        return "", re.sub(r" DESC$", "", text)
    name = match["column"].replace("``", "`")
    return name, f"LEFT({quoted(name)}, {match['length']})" if match["length"] else quoted(name)
