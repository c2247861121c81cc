# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which schemas and tables a migration is about, and everything that must be true of both servers before it starts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ..errors import ReplatformError
from ..kubernetes.cluster import Cluster
from ..transfer.progress import Progress
from . import mariadb, privileges, snapshot
from .connection import Connection, Server, quoted, rows, sentences
from .definition import Table, read_tables, schemas, table_names
from .journal import COMPLETED, SWITCHED_PHASES, MysqlJournal, State
from .load import Limits
from .objects import KEEP, OPTIONS, Stored, broken_views
from .objects import read as read_objects


@dataclass(frozen=True)
class Settings:
    """A migration as the user describes it. `tables` and `exclude` are patterns such as `shop.log_*`."""

    name: str
    schemas: tuple[str, ...]
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    chunk_bytes: int = 64 << 20
    workers: int = 2
    cluster: Cluster | None = None
    """Where the workers run, when not beside us."""
    lease_s: float = 30.0
    journal_schema: str = "replatform"
    objects: tuple[str, ...] = OPTIONS
    definers: str = KEEP
    throttle_file: str = ""
    limits: Limits = field(default_factory=Limits)
    progress_file: str = ""
    differences: int = 100

    @property
    def way_back_schema(self) -> str:
        """What the row applier keeps at the source; the journal's name would reach the journal by replication."""
        return f"{self.journal_schema}_back"

    def progress(self, phase: str) -> Progress:
        return Progress(phase, self.name, self.progress_file or None)


@dataclass
class Selection:
    """What is to be moved: tables by full name, other objects, the schemas' character set and collation.

    `left_out` counts what the settings leave behind, `broken` names views that refer to nothing at the source.
    """

    tables: dict[str, Table]
    schemas: dict[str, tuple[str, str]]
    objects: list[Stored] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    mariadb: bool = False
    foreign: list[str] = field(default_factory=list)
    """What stays behind because only MariaDB has its kind, as sentences."""


def select(connection: Connection, server: Server, settings: Settings) -> Selection:
    """The tables that the settings name. Raises when a schema does not exist or a filter matches nothing."""
    with sentences(server, "reading the tables"):
        there = schemas(connection)
        for schema in settings.schemas:
            if schema not in there:
                near = difflib.get_close_matches(schema, there, n=1)
                raise ReplatformError(
                    f"The source has no schema {schema}"
                    + (f"; did you mean {near[0]}?" if near else f" that {server.username} may see.")
                    + f" It has: {', '.join(sorted(there)) or 'none'}.",
                    schema=schema,
                )
            if schema == settings.journal_schema:
                raise ReplatformError(
                    f"Schema {schema} has the name of the journal at the target; give the journal another one with "
                    "journal_schema."
                )
        names = {schema: table_names(connection, schema) for schema in settings.schemas}
        here = list(read_objects(connection, settings.schemas, settings.objects))
        broken = broken_views(connection, settings.schemas)
        views = [stored.full_name for stored in here if stored.kind == "view"]
        everything = [*(f"{schema}.{name}" for schema, found in names.items() for name in found), *views]
        for option, patterns in (("tables", settings.tables), ("exclude", settings.exclude)):
            for pattern in patterns:
                if not any(fnmatchcase(name, pattern) for name in everything):
                    raise ReplatformError(
                        f"{option}: {pattern} matches none of the {len(everything)} tables of "
                        f"{', '.join(settings.schemas)}; patterns are compared with schema.table, such as shop.log_*.",
                        option=option,
                        pattern=pattern,
                    )
        chosen = {name for name in everything if _wanted(name, settings)}
        if everything and not chosen and not here:
            raise ReplatformError(
                f"Nothing to move: {', '.join(settings.schemas)} has no table that tables and exclude leave over."
            )
        tables = {
            table.full_name: table
            for schema, found in names.items()
            for table in read_tables(connection, schema, [n for n in found if f"{schema}.{n}" in chosen])
        }
        return Selection(
            tables,
            {s: there[s] for s in settings.schemas},
            [stored for stored in here if _follows(stored, chosen, broken)],
            _others(connection, settings),
            sorted(broken & chosen),
            mariadb.is_mariadb(connection),
            mariadb.left_out(connection, settings.schemas),
        )


def _follows(stored: Stored, chosen: set[str], broken: set[str]) -> bool:
    """Views are chosen by name, triggers go with their table, routines and events with their schema."""
    if stored.kind == "view":
        return stored.full_name in chosen - broken
    return stored.kind != "trigger" or f"{stored.schema}.{stored.table}" in chosen


def _wanted(name: str, settings: Settings) -> bool:
    included = not settings.tables or any(fnmatchcase(name, pattern) for pattern in settings.tables)
    return included and not any(fnmatchcase(name, pattern) for pattern in settings.exclude)


def _others(connection: Connection, settings: Settings) -> list[str]:
    """Objects of the kinds that the settings leave out, counted by kind and schema."""
    counted = []
    names = settings.schemas
    marks = ", ".join(["%s"] * len(names))
    for kind, table, column in (
        ("views", "views", "table_schema"),
        ("triggers", "triggers", "trigger_schema"),
        ("routines", "routines", "routine_schema"),
        ("events", "events", "event_schema"),
    ):
        if kind in settings.objects:
            continue
        found = rows(
            connection,
            f"SELECT {column}, COUNT(*) FROM information_schema.{table} WHERE {column} IN ({marks}) GROUP BY 1",
            names,
        )
        counted += [f"{count} {kind} of {schema}" for schema, count in found]
    return counted


def compatible(source: tuple[Connection, Server], target: tuple[Connection, Server], settings: Settings) -> str:
    """The source's identity, once both are different servers whose users may do what a copy needs."""
    with sentences(source[1]):
        here = snapshot.server_id(source[0])
    with sentences(target[1]):
        there = snapshot.server_id(target[0])
        if here == there:
            raise ReplatformError(
                f"Source and target are the same server ({source[1].host}:{source[1].port} and "
                f"{target[1].host}:{target[1].port}); give two.",
                server=here,
            )
        privileges.require(
            *target, [*settings.schemas, settings.journal_schema], privileges.target_needs(settings.objects)
        )
    with sentences(source[1]):
        privileges.require(*source, settings.schemas, privileges.source_needs(settings.objects))
    return here


def known(journal: MysqlJournal, source_id: str, *, switched: bool = False) -> State | None:
    """The migration's state. Raises when the name belongs to a migration from another source.

    Raises too when the application writes to the target, except where the caller deals with that (`switched`).
    """
    state = journal.find()
    if state and state.source != source_id:
        raise ReplatformError(
            f"The target's journal has a migration {journal.name} from another source server ({state.source}, not "
            f"{source_id}); give this one another name, or drop the schemas of the old one with its journal rows.",
            expected=state.source,
            found=source_id,
        )
    if state and state.phase in SWITCHED_PHASES and not switched:
        raise ReplatformError(
            f"Migration {journal.name} is {state.phase}: the application writes to the target, so nothing may come "
            "there from the source. "
            + (
                "It has ended; give another migration another name."
                if state.phase == COMPLETED
                else "Run mysql_rollback to bring the application back, or mysql_complete to end the migration."
            ),
            phase=state.phase,
        )
    return state


def present(connection: Connection, names: Iterable[str]) -> set[str]:
    """Full names of everything that looks like a table in these schemas at the target."""
    found = set()
    there = schemas(connection)
    for schema in names:
        if schema in there:
            found |= {f"{schema}.{name}" for name, _rest in rows(connection, f"SHOW FULL TABLES FROM {quoted(schema)}")}
    return found


def other_defaults(there: Connection, target: Server, selection: Selection) -> Iterator[tuple[str, str]]:
    """Schemas that the target has with another default collation, each with the statement that gives it the source's.

    Tables name their own; what is created later, and the variables of routines, take the schema's.
    """
    with sentences(target, "reading its schemas"):
        found = schemas(there)
    for name, (charset, collation) in selection.schemas.items():
        other = found[name][1] if name in found else collation
        if other.replace("utf8_", "utf8mb3_") != collation.replace("utf8_", "utf8mb3_"):
            yield (
                f"schema {name} with default collation {other}, the source's is {collation}",
                f"ALTER DATABASE {quoted(name)} CHARACTER SET {charset} COLLATE {collation};",
            )
