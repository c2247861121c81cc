"""Fills a MySQL server with the shop: the same rows for the same scale, every foreign key satisfied."""

from __future__ import annotations

import hashlib
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import batched, chain, repeat
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

from ..errors import SandboxError
from ..mysqld import connect
from . import objects, operations, traps
from .tables import AUDIT_SCHEMA, BY_NAME, SCHEMA, TABLES, ForeignKey, Table, create_statement, row_counts
from .values import KINDS, NULL

DEFAULT_SCALE = 300_000
LEAST_SCALE = 1000
MARKER = "sandbox_seed"
BATCH_ROWS = 20_000
ROWS_AT_ONCE = 60_000
"""So many are made at a time: all of a large table would not fit into memory."""
LOADERS = 2
NULL_SHARE = 0.15
LONELY_SHARE = 0.6
SCHEMAS = (SCHEMA, AUDIT_SCHEMA, traps.SCHEMA, operations.SCHEMA)
CHARSET = "utf8mb4 COLLATE utf8mb4_unicode_ci"

Progress = Callable[[int, int], None]
Row = tuple[str, ...]


def quiet(_done: int, _total: int) -> None:
    """Shows no progress."""


@dataclass(frozen=True)
class Seeded:
    """What the server holds now; `already` when it did before."""

    scale: int
    tables: int
    rows: int
    foreign_keys: int
    already: bool


def scale_from_environment() -> int:
    """SHOP_SCALE: about how many rows the shop has."""
    given = os.environ.get("SHOP_SCALE") or str(DEFAULT_SCALE)
    if not given.isdecimal() or int(given) < LEAST_SCALE:
        raise SandboxError(f"SHOP_SCALE is '{given}'; set it to a number of rows, {LEAST_SCALE} or more.")
    return int(given)


def seed(endpoint: Mapping[str, Any], scale: int, progress: Progress = quiet) -> Seeded:
    """The shop at that scale. Nothing happens when it is there; a half-done one is dropped and made anew.

    Raises: SandboxError when the server holds schemas of these names that this did not make.
    """
    wanted = {"scale": scale, "version": _version()}
    counts = row_counts(scale)
    seeded = Seeded(scale, len(TABLES), sum(counts.values()), sum(len(table.foreign_keys) for table in TABLES), False)
    with _connect(endpoint) as connection, connection.cursor() as cursor:
        state = _marker(cursor)
        if state == wanted:
            return Seeded(scale, seeded.tables, seeded.rows, seeded.foreign_keys, True)
        if state is None:
            _refuse_foreign_schemas(cursor, endpoint)
        _note(cursor, {"unfinished": wanted})
        _create_tables(cursor)
    _load(endpoint, counts, progress)
    # An application's account and what it defines are root's to make.
    with _connect(endpoint, root="root_username" in endpoint) as connection, connection.cursor() as cursor:
        _create_traps(cursor)
        _create_objects(cursor)
        _note(cursor, wanted)
    return seeded


def let_application_in(endpoint: Mapping[str, Any], application: Mapping[str, Any]) -> None:
    """The seeded shop's application can log in with this account; nothing happens when it can already."""
    try:
        connect(application).close()
    except pymysql.OperationalError as error:
        # Wrong password, locked.
        if error.args[0] not in (1045, 3118):
            raise
        with _connect(endpoint) as connection, connection.cursor() as cursor:
            account = objects.DEFINER.replace("%", "%%")
            cursor.execute(f"ALTER USER {account} IDENTIFIED BY %s ACCOUNT UNLOCK", (application["password"],))


def _version() -> str:
    """Changes whenever the rows may."""
    here = Path(__file__).parent
    return hashlib.sha256(
        b"".join(
            (here / f"{name}.py").read_bytes()
            for name in ("objects", "operations", "seed", "tables", "traps", "values")
        )
    ).hexdigest()[:16]


def _connect(endpoint: Mapping[str, Any], *, root: bool = False) -> Connection[Any]:
    connection = connect(endpoint, root=root, local_infile=True, read_timeout=300, write_timeout=300)
    with connection.cursor() as cursor:
        # NO_AUTO_VALUE_ON_ZERO: one of the ledger's ids is 0.
        cursor.execute(
            "SET SESSION foreign_key_checks = 0, unique_checks = 0, time_zone = '+00:00', "
            "sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO'"
        )
    return connection


def _marker(cursor: Any) -> dict[str, Any] | None:
    """What was noted last: None when nothing was ever seeded here."""
    try:
        cursor.execute(f"SELECT content FROM {MARKER}.state")
    except (pymysql.ProgrammingError, pymysql.OperationalError) as error:
        # No such schema, no such table.
        if error.args[0] in (1049, 1146):
            return None
        raise
    row = cursor.fetchone()
    return json.loads(row[0]) if row else {}


def _note(cursor: Any, content: Mapping[str, Any]) -> None:
    cursor.execute(f"CREATE DATABASE IF NOT EXISTS {MARKER}")
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {MARKER}.state (id TINYINT PRIMARY KEY, content TEXT NOT NULL)")
    cursor.execute(f"REPLACE INTO {MARKER}.state VALUES (1, %s)", (json.dumps(content),))


def _refuse_foreign_schemas(cursor: Any, endpoint: Mapping[str, Any]) -> None:
    cursor.execute("SELECT schema_name FROM information_schema.schemata WHERE schema_name IN %s", (SCHEMAS,))
    if found := [name for (name,) in cursor.fetchall()]:
        raise SandboxError(
            f"{endpoint['host']}:{endpoint['port']} holds the schema {' and '.join(found)}, which the sandbox did not "
            "make; seeding would replace it: drop it yourself, or seed another server."
        )


def _create_tables(cursor: Any) -> None:
    for schema in SCHEMAS:
        cursor.execute(f"DROP DATABASE IF EXISTS {schema}")
        cursor.execute(f"CREATE DATABASE {schema} CHARACTER SET {CHARSET}")
    for table in TABLES:
        try:
            cursor.execute(create_statement(table))
        except pymysql.MySQLError as error:
            raise SandboxError(f"{table.schema}.{table.name} could not be created: {error.args[-1]}.") from error


def _create_traps(cursor: Any) -> None:
    cursor.execute(f"USE {traps.SCHEMA}")
    cursor.execute(f"SET SESSION sql_mode = '{traps.SQL_MODE}', restrict_fk_on_non_standard_key = 0")
    for trap in traps.TRAPS:
        for statement in trap.statements:
            cursor.execute(statement)


def _create_objects(cursor: Any) -> None:
    cursor.execute(f"USE {SCHEMA}")
    for statement in (*operations.STATEMENTS, *objects.ACCOUNT, *objects.OBJECTS):
        cursor.execute(statement)


def _load(endpoint: Mapping[str, Any], counts: Mapping[str, int], progress: Progress) -> None:
    """All rows, by two connections: one prepares the next rows while the server takes those of the other."""
    largest_first = sorted(TABLES, key=lambda table: -counts[table.name])
    total, done = sum(counts.values()), 0
    own = threading.local()
    opened: list[Connection[Any]] = []
    stopped = threading.Event()

    def load(table: Table) -> int:
        if stopped.is_set():
            return 0
        if not hasattr(own, "connection"):
            own.connection = _connect(endpoint)
            opened.append(own.connection)
        return load_table(own.connection, table, counts)

    try:
        with ThreadPoolExecutor(LOADERS) as pool:
            waiting = [pool.submit(load, table) for table in largest_first]
            try:
                for ended in as_completed(waiting):
                    done += ended.result()
                    progress(done, total)
            finally:
                stopped.set()
    finally:
        for connection in opened:
            connection.close()


def load_table(connection: Connection[Any], table: Table, counts: Mapping[str, int]) -> int:
    """Loads all rows of a table; their number. Fails at the first warning: every value has to arrive as it is."""
    columns = file_columns(table)
    expressions = [
        f"`{name}` = {load.format(f'@{name}')}"
        for name, load in ((name, _load_expression(table, name)) for name in columns)
        if load
    ]
    targets = ", ".join(f"@{name}" if _load_expression(table, name) else f"`{name}`" for name in columns)
    assignments = f" SET {', '.join(expressions)}" if expressions else ""
    loaded = 0
    with tempfile.TemporaryDirectory(prefix="sandbox-seed-") as folder, connection.cursor() as cursor:
        file = Path(folder) / table.name
        for batch in batched(rows(table, counts), BATCH_ROWS):
            file.write_text("".join(f"{line}\n" for line in map("\t".join, batch)), encoding="utf-8", newline="\n")
            try:
                cursor.execute(
                    f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE `{table.schema}`.`{table.name}` CHARACTER SET utf8mb4 "
                    f"({targets}){assignments}"
                )
            except pymysql.MySQLError as error:
                raise SandboxError(f"{table.schema}.{table.name} could not be loaded: {error.args[-1]}.") from error
            loaded += cursor.rowcount
            if cursor.warning_count:
                cursor.execute("SHOW WARNINGS LIMIT 1")
                raise SandboxError(f"{table.schema}.{table.name} did not take a value as it is: {cursor.fetchone()}.")
    if loaded != counts[table.name]:
        raise SandboxError(f"{table.schema}.{table.name} took {loaded} of {counts[table.name]} rows.")
    return loaded


def file_columns(table: Table) -> list[str]:
    """The columns that the rows of `rows` hold, in that order."""
    names = dict.fromkeys(chain(table.primary, *(key.columns for key in table.foreign_keys), table.columns))
    return [*names, *(("created_at", "updated_at") if table.timestamps else ())]


def _load_expression(table: Table, column: str) -> str | None:
    if kind := table.columns.get(column):
        return KINDS[kind].load
    for key in table.foreign_keys:
        if column in key.columns:
            parent = list(BY_NAME[key.table].primary.values())
            return "UNHEX({})" if parent[key.columns.index(column)].startswith("BINARY") else None
    return "UNHEX({})" if table.primary.get(column, "").startswith("BINARY") else None


def rows(table: Table, counts: Mapping[str, int]) -> Iterator[Row]:
    """The rows of a table as fields of a LOAD DATA file, columns as `file_columns` names them."""
    rng = random.Random(f"{table.schema}.{table.name}")
    count = counts[table.name]
    for first in range(0, count, ROWS_AT_ONCE):
        yield from _some_rows(table, counts, rng, range(first, min(first + ROWS_AT_ONCE, count)))


def _some_rows(table: Table, counts: Mapping[str, int], rng: random.Random, numbers: range) -> Iterator[Row]:
    columns: dict[str, list[str]] = {}
    if table.primary_key:
        keys = zip(*(table.key(row, counts) for row in numbers), strict=True)
        columns |= {name: list(values) for name, values in zip(table.primary, keys, strict=True)}
    for key in table.foreign_keys:
        if not set(key.columns) <= set(columns):
            columns |= dict(zip(key.columns, _references(table, key, numbers, counts, rng), strict=True))
    for name, kind in table.columns.items():
        columns[name] = KINDS[kind].fill(rng, numbers)
    if table.timestamps:
        columns["created_at"] = KINDS["stamp"].fill(rng, numbers)
        columns["updated_at"] = KINDS["stamp"].fill(rng, numbers)
    if not table.primary_key:
        # Some rows twice and thrice: only their number tells them apart.
        columns = {name: (values[: len(values) // 2] * 3)[: len(values)] for name, values in columns.items()}
    return zip(*columns.values(), strict=True)


def _references(
    table: Table, key: ForeignKey, numbers: range, counts: Mapping[str, int], rng: random.Random
) -> Iterator[list[str]]:
    """The columns of a foreign key: keys of existing parents, of earlier rows when the table points to itself."""
    parent = BY_NAME[key.table]
    width = len(key.columns)
    nothing = (NULL,) * width
    if parent is table:
        chosen = [
            table.key(int(rng.random() * row), counts) if row and rng.random() > LONELY_SHARE else nothing
            for row in numbers
        ]
    else:
        drawn = rng.choices(range(counts[parent.name]), k=len(numbers))
        chosen = [parent.key(row, counts) for row in drawn]
        if key.nullable:
            chosen = [nothing if rng.random() < NULL_SHARE else values for values in chosen]
    return map(list, zip(*chosen, strict=True)) if chosen else repeat([], width)


def show_progress(write: Callable[[str], object], columns: int = 30) -> Progress:
    """A progress line that updates in place, at most four times a second."""
    last = 0.0

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > 0.25 or done == total:
            last = now
            filled = done * columns // total
            write(f"\rseed  {SCHEMA}  [{'#' * filled}{'.' * (columns - filled)}]  {done:,} of {total:,} rows")

    return show
