# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A foreign key as a table's definition spells it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ReplatformError
from .connection import quoted
from .definition import Table, clause_name

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


def _names(listed: str) -> tuple[str, ...]:
    return tuple(_plain(name) for name in re.findall(_NAME, listed))


def _plain(name: str) -> str:
    return name.replace("``", "`")
