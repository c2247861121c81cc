# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no copy can carry exactly, told before: engines, MariaDB's own, keys of two types, typed JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain

from ..errors import ReplatformError
from ..parallel import each, shares
from . import mariadb
from .connection import Connection, Server, code_of, connect, quoted, sentences, value
from .definition import Column, Table, elements
from .driver import ER, pymysql
from .foreign_keys import mismatches

_ENGINE = re.compile(r"[^']*?\bENGINE ?= ?(\w+)")
LOOKED = "typed_json_looked_for_at"
"""The journal's fact: the source's position before all JSON columns were looked at and found plain."""
TYPES = ("BLOB", "BIT", "DATE", "DATETIME", "DECIMAL", "OPAQUE", "TIME", "TIMESTAMP")
"""What JSON_TYPE calls values that only functions make; as text they come back as strings and doubles."""


def check(
    connection: Connection, source: Server, tables: Iterable[Table], known: Mapping[str, Table], workers: int
) -> None:
    """Raises one sentence for the first of these tables that would not arrive as it is, with the way out.

    `known` has every table of the migration by its full name: a foreign key is looked at from both ends.
    """
    chosen = {table.full_name: table for table in tables}
    for table in chosen.values():
        for what, mend in chain(_found(table), late(connection, source, table)):
            raise ReplatformError(
                f"{table.full_name} {what}; nothing was copied. At the source run {mend}, or exclude the table.",
                table=table.full_name,
                fix=mend,
            )
    for mismatch in mismatches(known):
        if chosen.keys() & {mismatch.key.table.full_name, mismatch.key.parent}:
            raise ReplatformError(
                f"{mismatch}, which the target refuses (error 3780); nothing was copied. At the source run "
                f"{mismatch.fix}, or drop the foreign key, or exclude the table.",
                table=mismatch.key.table.full_name,
                fix=mismatch.fix,
            )
    for name, line in typed_json(source, chosen.values(), workers).items():
        raise ReplatformError(f"{name}: {line}; nothing was copied.", table=name)


def late(connection: Connection, source: Server, table: Table) -> Iterator[tuple[str, str]]:
    """(what MySQL lacks, the statement that mends it) for every TIMESTAMP of MariaDB's beyond the reach of MySQL's."""
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


def typed(table: Table, column: Column) -> str:
    """SQL from FROM on: a JSON column's dates, DECIMALs and binary values at any depth, the row as `t`.

    Joined, since a server may turn EXISTS over JSON_TABLE into a semijoin that asks the first row alone (seen on 9.7).
    With NESTED PATH it takes a third of what JSON_EXTRACT with the same wildcards does.
    """
    types = ", ".join(f"'{kind}'" for kind in TYPES)
    document = f"t.{quoted(column.name)}"
    found = " OR ".join(f"JSON_TYPE({place}) IN ({types})" for place in (document, "inside.member", "inside.element"))
    return (
        f"FROM {table.sql} AS t, JSON_TABLE({document}, '$' COLUMNS (NESTED PATH '$**.*' COLUMNS (member JSON PATH"
        f" '$'), NESTED PATH '$**[*]' COLUMNS (element JSON PATH '$'))) AS inside WHERE {found}"
    )


def _typed_by_text(table: Table, column: Column) -> str:
    """The same of a server without JSON_TABLE (5.7): finds all but DECIMAL."""
    name = quoted(column.name)
    return f"FROM {table.sql} AS t WHERE {name} <> CAST(CAST({name} AS CHAR CHARACTER SET utf8mb4) AS JSON)"


def plain(table: Table, column: Column) -> str:
    """The statements that make a JSON column's values what their text says.

    An UPDATE would not do: the server finds 1.5 and 1.50 equal and leaves the value as it is.
    """
    name = quoted(column.name)
    part = next(part for part in elements(table.create)[1] if part.startswith(f"{name} json"))
    text = f"{name} longtext CHARACTER SET utf8mb4"
    return f"ALTER TABLE {table.sql} MODIFY {text}; ALTER TABLE {table.sql} MODIFY {part};"


def typed_json(source: Server, tables: Iterable[Table], workers: int) -> dict[str, str]:
    """By table, in order: its first JSON column with a value that text cannot carry, as a sentence with its row.

    JSON_OBJECT('at', NOW()) holds a DATETIME, which its text gives back as a string, and a DECIMAL as a double. MySQL
    has no function that takes such a value from outside.
    """
    wanted = sorted(
        (table for table in tables if any(column.kind == "json" for column in table.stored)),
        key=lambda table: -table.table_bytes,
    )
    found = chain.from_iterable(each(lambda share: _typed_of(source, share), shares(wanted, workers), workers))
    return dict(sorted(found))


def _typed_of(source: Server, tables: Iterable[Table]) -> list[tuple[str, str]]:
    with closing(connect(source)) as connection:
        lines = ((table.full_name, _typed_line(connection, source, table)) for table in tables)
        return [(name, line) for name, line in lines if line]


def _typed_line(connection: Connection, source: Server, table: Table) -> str:
    for column in table.stored:
        if column.kind != "json":
            continue
        key = ", ', ', ".join(f"t.{quoted(key)}" for key in table.primary_key) or "'one without key'"
        with sentences(source, "looking for typed values in", table.full_name):
            try:
                found = value(connection, f"SELECT CONCAT({key}) {typed(table, column)} LIMIT 1")
            except pymysql.MySQLError as error:
                if code_of(error) != ER.PARSE_ERROR:
                    raise
                found = value(connection, f"SELECT CONCAT({key}) {_typed_by_text(table, column)} LIMIT 1")
        if found is not None:
            return (
                f"JSON column {column.name} holds a date, DECIMAL or binary value in row {found}, which as text "
                "would become a string or a double; make it plain at the source, in a quiet hour: "
                f"{plain(table, column)} then run again"
            )
    return ""
