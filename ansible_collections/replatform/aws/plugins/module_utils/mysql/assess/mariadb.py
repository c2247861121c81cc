# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about what only MariaDB has."""

from __future__ import annotations

from collections.abc import Iterator

from ..definition import elements
from ..mariadb import lacking
from .finding import ERROR, WARNING, Finding
from .pair import Pair


def mariadb(pair: Pair) -> Iterator[Finding]:
    """What of MariaDB's the copy refuses by a table's definition, and what it leaves behind."""
    for table in pair.selection.tables.values():
        _head, parts, tail = elements(table.create)
        for what, mend in lacking(table.sql, [*parts, *table.indexes], tail):
            evidence = f"It {what}; the copy refuses it before any row."
            yield Finding("mariadb-only", ERROR, f"table {table.full_name}", evidence, f"{mend};")
    for sentence in pair.selection.foreign:
        yield Finding("mariadb-left-out", WARNING, "source", sentence)
