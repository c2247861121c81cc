# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the source's rows, each cut off by the server itself when their common time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from ...errors import ReplatformError
from ..connection import quoted, set_session
from ..definition import Column, Table
from ..foreign_keys import foreign_keys
from ..refusals import late, plain, typed
from ..store import WRITER
from ..unique_keys import unique_keys
from .finding import ERROR, INFO, WARNING, Finding, listed
from .generated import otherwise
from .pair import Pair, Side
from .schema import columns, lacking_collations

Answer = TypeVar("Answer")

OUT_OF_TIME = ("3024", "1969")
"""max_execution_time of MySQL, max_statement_time of MariaDB."""
NO_SUCH_TABLE = "1146"
OUT_OF_RANGE = "1690"
UNICODE = ("utf8mb4", "utf8mb3", "utf8")
WIDE = frozenset({"mediumtext", "longtext", "mediumblob", "longblob", "json", "geometry"})


class Clock:
    """The seconds that are left for scans."""

    def __init__(self, side: Side, seconds: float) -> None:
        self._side, self._left = side, seconds

    def count(self, sql: str) -> int | None:
        """The number that a statement answers with; None when the time was up before."""
        return self.ask(lambda: int(self._side.value(sql) or 0))

    def ask(self, question: Callable[[], Answer]) -> Answer | None:
        """What a question to this side's connection answers; None when the time was up before."""
        if self._left <= 0:
            return None
        began = time.monotonic()
        self._limit(self._left)
        try:
            return question()
        except ReplatformError as error:
            if error.code not in OUT_OF_TIME:
                raise
            return None
        finally:
            self._limit(0)
            self._left -= time.monotonic() - began

    def _limit(self, seconds: float) -> None:
        connection = self._side.connection
        if not set_session(connection, "max_execution_time", str(max(1, round(seconds * 1000)) if seconds else 0)):
            set_session(connection, "max_statement_time", str(seconds))


def scans(pair: Pair) -> Iterator[Finding]:
    """What only the rows can tell: orphans, values that become equal, JSON beyond text, text that is none, sizes."""
    if pair.settled:
        yield Finding(
            "rows-not-read",
            INFO,
            "source",
            "All is copied, and the source is where it was then or is followed; rows are not read again.",
        )
        return
    clock = Clock(pair.source, pair.scan_s)
    unread: list[str] = []
    for scan in (_large, _orphans, _collisions, _late, _json, _computed, _texts):
        yield from scan(pair, clock, unread)
    if unread:
        yield Finding(
            "rows-not-checked",
            INFO,
            "source",
            f"{len(unread)} questions to the rows were not answered within {pair.scan_s:g} s: {listed(unread)}.",
            "Raise scan_seconds, at a quiet hour or on a replica.",
        )


def _smallest_first(tables: Iterable[Table]) -> list[Table]:
    return sorted(tables, key=lambda table: (table.table_bytes, table.full_name))


def _orphans(pair: Pair, clock: Clock, unread: list[str]) -> Iterator[Finding]:
    for table in _smallest_first(pair.selection.tables.values()):
        for key in foreign_keys(table):
            try:
                count = clock.count(key.orphans)
            except ReplatformError as error:
                if error.code != NO_SUCH_TABLE:
                    raise
                yield Finding(
                    "foreign-key-without-parent", WARNING, key.label, f"The source has no table {key.parent}.",
                    f"ALTER TABLE {table.sql} DROP FOREIGN KEY {quoted(key.name)}; or create the parent.",
                )  # fmt: skip
                continue
            if count is None:
                unread.append(f"orphans of {key.table.full_name}.{key.name}")
            elif count:
                yield Finding(
                    "orphans",
                    WARNING,
                    key.label,
                    f"{count} rows have no parent in {key.parent}; the copy keeps them as they are.",
                    f"See them with: {key.orphans.replace('COUNT(*)', 'c.*', 1)}; then delete or mend them.",
                )


def _collisions(pair: Pair, clock: Clock, unread: list[str]) -> Iterator[Finding]:
    """Values of UNIQUE keys that the collation which has to take another's place finds equal."""
    instead = {collation: found[0].near for collation, found in lacking_collations(pair).items()}
    if not instead:
        return
    moving = {(row["s"], row["n"], row["c"]): str(row["collation"]) for row in columns(pair)}
    for table in _smallest_first(pair.selection.tables.values()):
        for key in unique_keys(table):
            here = {column: moving.get((table.schema, table.name, column), "") for column in key.columns}
            there = {column: instead[collation] for column, collation in here.items() if collation in instead}
            if not there:
                continue
            equal = key.equal(f"MIN({key.parts[0][1]})", there)
            count = clock.count(f"SELECT COUNT(*) FROM ({equal}) AS equal_values")
            if count is None:
                unread.append(f"values of {table.full_name}.{key.name}")
            elif count:
                yield Finding(
                    "unique-collision",
                    ERROR,
                    f"table {table.full_name}",
                    f"{count} values of its key {key.name} are held by several rows as "
                    f"{listed(sorted(set(there.values())))} compares, which has to take the place of what the target "
                    "lacks.",
                    f"See them with: {equal}; then change all but one of each, or give the column another collation.",
                )


def _late(pair: Pair, clock: Clock, unread: list[str]) -> Iterator[Finding]:
    for table in _smallest_first(pair.selection.tables.values()):
        moments = clock.ask(partial(_moments, pair, table))
        if moments is None:
            unread.append(f"late moments of {table.full_name}")
        for what, mend in moments or ():
            evidence = f"It {what}; the copy refuses it before any row."
            yield Finding("timestamp-late", ERROR, f"table {table.full_name}", evidence, f"{mend};")


def _moments(pair: Pair, table: Table) -> list[tuple[str, str]]:
    return list(late(pair.source.connection, pair.source.server, table))


def _json(pair: Pair, clock: Clock, unread: list[str]) -> Iterator[Finding]:
    if pair.source.variables.version < (8,):  # no JSON_TABLE; the copy looks in a rougher way
        return
    for table, column in _columns(pair, lambda column: column.kind == "json"):
        found = typed(table, column)
        count = clock.count(f"SELECT COUNT(*) {found}")
        if count is None:
            unread.append(f"JSON of {table.full_name}.{column.name}")
        elif count:
            yield Finding(
                "json-opaque-values",
                ERROR,
                f"column {table.full_name}.{column.name}",
                f"{count} of its values are dates, DECIMALs or binary strings, which JSON's text cannot tell: the copy "
                f"refuses them. See them with: SELECT t.* {found};",
                plain(table, column),
            )


def _computed(pair: Pair, clock: Clock, unread: list[str]) -> Iterator[Finding]:
    """STORED generated columns in which this session, its sql_mode now that of the copy's writer, sees other values."""
    connection, mode = pair.source.connection, WRITER["sql_mode"]
    settings = f"time_zone = '+00:00', sql_mode = {mode}"
    for table in _smallest_first(pair.selection.tables.values()):
        for column in table.columns:
            differs = otherwise(table, column) if column.materialized else ""
            if not differs:
                continue
            set_session(connection, "sql_mode", mode)
            try:
                count = clock.count(f"SELECT COUNT(*) FROM {table.sql} WHERE {differs}")
            except ReplatformError as error:
                if error.code != OUT_OF_RANGE:
                    raise
                count = -1
            finally:
                set_session(connection, "sql_mode", "''")
            if count is None:
                unread.append(f"generated column {table.full_name}.{column.name}")
            elif count:
                yield Finding(
                    "generated-column",
                    ERROR,
                    f"column {table.full_name}.{column.name}",
                    f"{'Some' if count < 0 else count} of its stored values come of sessions with another time_zone or "
                    f"sql_mode than the copy's ({settings}), which computes them anew: the verify would find them "
                    "different.",
                    f"SET SESSION {settings}; ALTER TABLE {table.sql} FORCE, ALGORITHM=COPY; and let the application's "
                    "sessions do the same, or compute it from what no setting changes (DATETIME instead of TIMESTAMP).",
                )


def _texts(pair: Pair, clock: Clock, unread: list[str]) -> Iterator[Finding]:
    """By table first, in one pass: hardly any has such a value, and only there each column is asked."""
    for table in _smallest_first(pair.selection.tables.values()):
        bad = {column: _invalid(column) for column in table.stored if column.charset in UNICODE}
        if not bad:
            continue
        count = clock.count(f"SELECT COUNT(*) FROM {table.sql} WHERE {' OR '.join(bad.values())}")
        if count is None:
            unread.append(f"text of {table.full_name}")
        for column, condition in bad.items() if count else ():
            count = clock.count(f"SELECT COUNT(*) FROM {table.sql} WHERE {condition}")
            if count == 0:
                continue
            yield Finding(
                "invalid-text",
                ERROR,
                f"column {table.full_name}.{column.name}",
                f"{'Some' if count is None else count} values are not valid {column.charset}; the copy stops at the "
                f"first "
                "of them.",
                f"See them with: SELECT HEX({quoted(column.name)}) FROM {table.sql} WHERE {condition}; then write "
                f"them anew.",
            )


def _invalid(column: Column) -> str:
    """SQL: whether a value's bytes are none of its character set; servers answer with NULL or with question marks."""
    name = quoted(column.name)
    raw = f"CAST({name} AS BINARY)"
    again = f"CONVERT({raw} USING {column.charset})"
    return f"({name} IS NOT NULL AND ({again} IS NULL OR CAST({again} AS BINARY) <> {raw}))"


def _large(pair: Pair, clock: Clock, unread: list[str]) -> Iterator[Finding]:
    for side in (pair.source, pair.target):
        most = side.variables.number("max_allowed_packet")
        for table in _smallest_first(pair.selection.tables.values()):
            wide = [column for column in table.stored if column.kind in WIDE]
            if not wide or table.table_bytes < most // 2 or most < 0:  # half: sizes are InnoDB's estimates
                continue
            length = " + ".join(f"COALESCE(LENGTH({quoted(column.name)}), 0)" for column in wide)
            largest = clock.count(f"SELECT MAX({length}) FROM {table.sql}")
            if largest is None:
                unread.append(f"largest row of {table.full_name}")
            elif largest >= most:
                yield Finding(
                    "row-larger-than-packet",
                    ERROR,
                    f"table {table.full_name}",
                    f"Its largest row has {largest} bytes, the {side.role}'s max_allowed_packet is {most}.",
                    "Parameter group: max_allowed_packet = 1073741824 (SET GLOBAL elsewhere), then connect again.",
                )


def _columns(pair: Pair, wanted: Callable[[Column], bool]) -> Iterator[tuple[Table, Column]]:
    for table in _smallest_first(pair.selection.tables.values()):
        for column in table.stored:
            if wanted(column):
                yield table, column
