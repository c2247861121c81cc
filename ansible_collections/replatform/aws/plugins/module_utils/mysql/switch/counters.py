# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The next AUTO_INCREMENT values, which move without a row that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..connection import execute, quoted, rows, sentences
from .ends import End

_SQL = """SELECT table_schema, table_name, auto_increment FROM information_schema.tables
WHERE table_schema IN ({marks}) AND auto_increment IS NOT NULL"""


def counters(end: End, schemas: Sequence[str]) -> dict[str, int]:
    """By table, as `` `schema`.`table` ``. Our sessions read no cached statistics."""
    with sentences(end.server, "reading its AUTO_INCREMENT counters"):
        found = rows(end.connection, _SQL.format(marks=", ".join(["%s"] * len(schemas))), tuple(schemas))
    return {f"{quoted(schema)}.{quoted(table)}": int(counter) for schema, table, counter in found}


def raise_to(end: End, schemas: Sequence[str], wanted: Mapping[str, int]) -> list[str]:
    """Raises those that are lower than at the other server; returns the tables.

    A value that a failed insert has used up there could be given out a second time here.
    """
    have = counters(end, schemas)
    behind = [table for table, counter in have.items() if counter < wanted.get(table, 0)]
    for table in behind:
        with sentences(end.server, "raising the counter of", table):
            execute(end.connection, f"ALTER TABLE {table} AUTO_INCREMENT = {wanted[table]}")
    return behind
