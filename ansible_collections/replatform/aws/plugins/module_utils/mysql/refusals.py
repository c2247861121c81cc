# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no copy can carry exactly, told before any row is read: engines, MariaDB's own types and options, typed JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from ..errors import ReplatformError
from . import mariadb
from .connection import Connection, Server, code_of, quoted, rows, sentences
from .definition import Table, elements
from .driver import ER, pymysql

_ENGINE = re.compile(r"[^']*?\bENGINE ?= ?(\w+)")
TYPES = ("BLOB", "BIT", "DATE", "DATETIME", "DECIMAL", "OPAQUE", "TIME", "TIMESTAMP")
"""What JSON_TYPE calls values that only functions make; as text they come back as strings and doubles."""


def check(connection: Connection, source: Server, tables: Iterable[Table]) -> None:
    """Raises one sentence for the first of these tables that would not arrive as it is, with the way out."""
    for table in tables:
        for what, mend in chain(_found(table), _late(connection, source, table)):
            raise ReplatformError(
                f"{table.full_name} {what}; nothing was copied. At the source run {mend}, or exclude the table.",
                table=table.full_name,
                fix=mend,
            )
        if line := typed_json(connection, source, table):
            raise ReplatformError(f"{table.full_name}: {line}; nothing was copied.", table=table.full_name)


def _late(connection: Connection, source: Server, table: Table) -> Iterator[tuple[str, str]]:
    if mariadb.is_mariadb(connection):
        with sentences(source, "looking for late moments in", table.full_name):
            for part in elements(table.create)[1]:
                if mend := mariadb.late(connection, table.sql, part):
                    yield "has a TIMESTAMP after 2038-01-19 03:14:07 UTC, which MySQL's cannot hold", mend


def _found(table: Table) -> Iterator[tuple[str, str]]:
    _head, parts, tail = elements(table.create)
    engine = _ENGINE.match(tail)
    if engine and engine[1].lower() != "innodb":
        yield (
            f"is stored by {engine[1]}, which cannot commit rows and journal together and which Aurora does not have",
            f"ALTER TABLE {table.sql} ENGINE = InnoDB",
        )
    yield from mariadb.lacking(table.sql, [*parts, *table.indexes], tail)


def typed_json(connection: Connection, source: Server, table: Table) -> str:
    """The first JSON column with a value that text cannot carry, as a sentence with its row; "" when there is none.

    JSON_OBJECT('at', NOW()) holds a DATETIME, which its text gives back as a string, and a DECIMAL as a double. MySQL
    has no function that takes such a value from outside. A server without JSON_TABLE (5.7) compares with the text read
    again, which finds all but DECIMAL.
    """
    for column in table.stored:
        if column.kind != "json":
            continue
        name = quoted(column.name)
        key = ", ', ', ".join(quoted(key) for key in table.primary_key) or "'one without key'"
        types = ", ".join(f"'{kind}'" for kind in TYPES)
        nested = f"JSON_EXTRACT({name}, '$', '$**.*', '$**[*]')"
        exact = (
            f"EXISTS (SELECT 1 FROM JSON_TABLE({nested}, '$[*]' COLUMNS (v JSON PATH '$')) AS nested"
            f" WHERE JSON_TYPE(v) IN ({types}))"
        )
        rough = f"{name} <> CAST(CAST({name} AS CHAR CHARACTER SET utf8mb4) AS JSON)"
        with sentences(source, "looking for typed values in", table.full_name):
            try:
                found = rows(connection, f"SELECT CONCAT({key}) FROM {table.sql} WHERE {exact} LIMIT 1")
            except pymysql.MySQLError as error:
                if code_of(error) != ER.PARSE_ERROR:
                    raise
                found = rows(connection, f"SELECT CONCAT({key}) FROM {table.sql} WHERE {rough} LIMIT 1")
        if found:
            # An UPDATE would not do: the server finds 1.5 and 1.50 equal and leaves the value as it is.
            part = next(part for part in elements(table.create)[1] if part.startswith(f"{name} json"))
            text = f"{name} longtext CHARACTER SET utf8mb4"
            return (
                f"JSON column {column.name} holds a date, DECIMAL or binary value in row {found[0][0]}, which as text "
                "would become a string or a double; make it plain at the source, in a quiet hour: "
                f"ALTER TABLE {table.sql} MODIFY {text}; ALTER TABLE {table.sql} MODIFY {part}; then run again"
            )
    return ""
