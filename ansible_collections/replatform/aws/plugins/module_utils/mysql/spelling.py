# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another server's definition as this one spells it, by having it made and read back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from . import store
from .connection import Server, connect, execute, quoted, sentences
from .definition import Table, elements, joined, read_tables

NAME = "spelling"
"""The table in the journal's schema that stands for the one in question."""


def spelled(target: Server, table: Table, schema: str) -> Table:
    """The table as the target would describe it: made empty in the journal's schema, read, and dropped.

    Expressions of defaults, checks and generated columns have no form that two kinds of servers agree on.
    """
    with (
        closing(connect(target, settings=store.WRITER)) as there,
        sentences(target, "spelling the definition of", table.full_name),
    ):
        probe = f"{quoted(schema)}.{quoted(NAME)}"
        _head, parts, tail = elements(table.create_with_indexes)
        execute(there, f"DROP TABLE IF EXISTS {probe}")
        execute(there, joined(f"CREATE TABLE {probe}", parts, tail))
        (made,) = read_tables(there, schema, [NAME])
        execute(there, f"DROP TABLE {probe}")
    return replace(made, schema=table.schema, name=table.name, foreign_keys=table.foreign_keys)
