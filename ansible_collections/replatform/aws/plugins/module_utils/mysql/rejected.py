# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that the source holds and the target refuses, as sentences that name them."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import ReplatformError
from .connection import Connection, quoted
from .definition import Table, clause_name, elements
from .unique_keys import UniqueKey

DUPLICATE = (1062, 1586)
CHECK_VIOLATED = 3819

_SESSION = "SET sql_mode = '', time_zone = '+00:00';"


def by_check(table: Table, text: str) -> None:
    """Raises for the CHECK that a server's error names."""
    name = text.partition("'")[2].rpartition("'")[0]
    for part in elements(table.create)[1]:
        if " CHECK (" in part and clause_name(part) == name:
            condition = part.partition(" CHECK ")[2]
            raise ReplatformError(
                f"{table.full_name} was not written: rows of it violate CHECK {name} at the target. At the source they "
                f"passed it under other settings of their session; see them there with {_SESSION} SELECT * FROM "
                f"{table.sql} WHERE NOT {condition}; mend them, or run ALTER TABLE {table.sql} ALTER CHECK "
                f"{quoted(name)} NOT ENFORCED; then run again.",
                table=table.full_name,
                check=name,
            )


def by_key(connection: Connection, table: Table, clauses: Iterable[str]) -> None:
    """Raises for the first of these UNIQUE keys that takes two of the target's rows for equal."""
    for key in (UniqueKey.of(table, clause) for clause in clauses if clause.startswith("UNIQUE ")):
        if pair := key.first_equal(connection):
            one, other, shared = pair
            raise ReplatformError(
                f"{table.full_name}: UNIQUE KEY {key.name} cannot be built at the target, where rows {one} and {other} "
                f"are equal by it ({shared}). At the source they differ: a session of another sql_mode or time_zone "
                "computed one of them, or another version compares them. Change one of them at the source, or drop the "
                "key there, then run again.",
                table=table.full_name,
                key=key.name,
                rows=[one, other],
            )


def deferrable(table: Table, present: Iterable[str]) -> list[str]:
    """Names of the UNIQUE keys among the target's present clauses that may as well be built after the rows."""
    names = {clause_name(clause) for clause in present}
    return [clause_name(key) for key in table.indexes if key.startswith("UNIQUE ") and clause_name(key) in names]
