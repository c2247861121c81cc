# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A foreign key as a table's definition spells it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import ReplatformError
from .connection import quoted
from .definition import BYTES, TYPED, Table, clause_name, elements

_NAME = r"`((?:[^`]|``)+)`"
_CLAUSE = re.compile(rf"FOREIGN KEY \((.+?)\) REFERENCES (?:{_NAME}\.)?{_NAME} \((.+?)\)")


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key of `table`: its own columns and those of the parent, in the same order."""

    table: Table
    name: str
    columns: tuple[str, ...]
    parent_schema: str
    parent_table: str
    parent_columns: tuple[str, ...]

    @classmethod
    def of(cls, table: Table, clause: str) -> ForeignKey:
        """From a clause of Table.foreign_keys."""
        match = _CLAUSE.search(clause)
        if not match:
            raise ReplatformError(
                f"{table.full_name}: the foreign key {clause} cannot be read; please report this sentence."
            )
        children, schema, parent, keys = match.groups()
        return cls(
            table,
            clause_name(clause),
            _names(children),
            _plain(schema) if schema else table.schema,
            _plain(parent),
            _names(keys),
        )

    @property
    def parent(self) -> str:
        return f"{self.parent_schema}.{self.parent_table}"

    @property
    def label(self) -> str:
        """What messages call it: `foreign key shop.orders.orders_user_fk`."""
        return f"foreign key {self.table.full_name}.{self.name}"

    @property
    def orphans(self) -> str:
        """SQL: counts rows that have values but no parent (MATCH SIMPLE: with any NULL it is no reference)."""
        pairs = list(zip(self.columns, self.parent_columns, strict=True))
        here = " AND ".join(f"c.{quoted(child)} IS NOT NULL" for child, _key in pairs)
        same = " AND ".join(f"c.{quoted(child)} = p.{quoted(key)}" for child, key in pairs)
        return (
            f"SELECT COUNT(*) FROM {self.table.sql} c WHERE {here} AND NOT EXISTS"
            f" (SELECT 1 FROM {quoted(self.parent_schema)}.{quoted(self.parent_table)} p WHERE {same})"
        )


def foreign_keys(table: Table) -> list[ForeignKey]:
    return [ForeignKey.of(table, clause) for clause in table.foreign_keys]


@dataclass(frozen=True)
class Mismatch:
    """A column of a foreign key and that of its parent, of types that no server takes any more.

    They came so from older versions, or with foreign_key_checks = 0.
    """

    key: ForeignKey
    column: _Typed
    parent_column: _Typed

    def __str__(self) -> str:
        return (
            f"{self.key.label}: its column {self.column.name} is {self.column.comparable}, {self.key.parent}."
            f"{self.parent_column.name} is {self.parent_column.comparable}"
        )

    @property
    def fix(self) -> str:
        """The statement that gives the column its parent's type; with checks on the server refuses that too."""
        alter = f"ALTER TABLE {self.key.table.sql} MODIFY {quoted(self.column.name)}"
        return f"SET foreign_key_checks = 0; {alter} {self.parent_column.type}{self.column.rest};"


@dataclass(frozen=True)
class _Typed:
    """A column as a foreign key sees it: `comparable` has to be alike, lengths need not (tried on 9.7)."""

    name: str
    type: str
    comparable: str
    rest: str
    """What follows the type in its definition."""

    @classmethod
    def of(cls, table: Table, name: str) -> _Typed | None:
        _head, parts, tail = elements(table.create)
        column = next((column for column in table.columns if column.name == name), None)
        matched = next(((m, part) for part in parts if (m := TYPED.match(part)) and _plain(m["name"]) == name), None)
        if not column or not matched:
            return None
        match, part = matched
        type_, rest = match["type"].partition("` ")[2], part[match.end() :]
        if column.charset:
            default = re.match(r"[^']*? COLLATE=(\w+)", tail)
            collation = match["collation"] or (default[1] if default else "")
            spelled = f"CHARACTER SET {column.charset}" + (f" COLLATE {collation}" if collation else "")
            return cls(name, f"{type_} {spelled}", spelled, rest)
        sign = " unsigned" if rest.startswith(" unsigned") else ""
        kind = "binary" if column.kind in BYTES else column.kind
        return cls(name, f"{type_}{sign}", f"{kind}{sign}", rest.removeprefix(" unsigned"))


def mismatches(tables: Mapping[str, Table]) -> Iterator[Mismatch]:
    """Of all foreign keys between these tables."""
    for table in tables.values():
        for key in foreign_keys(table):
            if not (parent := tables.get(key.parent)):
                continue
            for mine, theirs in zip(key.columns, key.parent_columns, strict=True):
                column, other = _Typed.of(table, mine), _Typed.of(parent, theirs)
                if column and other and column.comparable != other.comparable:
                    yield Mismatch(key, column, other)


def _names(listed: str) -> tuple[str, ...]:
    return tuple(_plain(name) for name in re.findall(_NAME, listed))


def _plain(name: str) -> str:
    return name.replace("``", "`")
