# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows whose parent is missing. They came so from the source and are reported, never mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import Any

from ..parallel import each, shares
from .connection import Connection, Server, code_of, connect, sentences, value
from .definition import Table
from .driver import ER, pymysql
from .foreign_keys import ForeignKey, foreign_keys


def orphans(target: Server, tables: Iterable[Table], sessions: int, check: Callable[[], None]) -> list[dict[str, Any]]:
    """[{table, constraint, rows}] by foreign key, -1 rows where the parent is not part of the migration.

    `check` is called before each question and may end them.
    """

    def some(share: list[Table]) -> list[dict[str, Any]]:
        found = []
        with closing(connect(target, read_timeout_s=None)) as there:
            for table in share:
                for key in foreign_keys(table):
                    check()
                    with sentences(target, "looking for orphans in", table.full_name):
                        if count := _count(there, key):
                            found.append({"table": table.full_name, "constraint": key.name, "rows": count})
        return found

    largest_first = sorted(tables, key=lambda table: -table.table_bytes)
    found = chain.from_iterable(each(some, shares(largest_first, sessions), sessions))
    return sorted(found, key=lambda one: (one["table"], one["constraint"]))


def told(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A sentence for each foreign key that has some."""
    for one in found:
        if one["rows"] < 0:
            yield f"{one['table']}: the parent of {one['constraint']} is not part of this migration."
        else:
            yield (
                f"{one['table']}: {one['rows']} rows have no parent by {one['constraint']}; "
                "they came so from the source and were kept."
            )


def _count(there: Connection, key: ForeignKey) -> int:
    try:
        return int(value(there, key.orphans) or 0)
    except pymysql.MySQLError as error:
        if code_of(error) != ER.NO_SUCH_TABLE:
            raise
        return -1
