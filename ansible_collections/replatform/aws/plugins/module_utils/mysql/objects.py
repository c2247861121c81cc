# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views, triggers, routines and events: read, created and compared as the server itself spells them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..errors import ReplatformError
from ..transfer.model import Group
from .connection import (
    Connection,
    Row,
    Server,
    code_of,
    connect,
    dicts,
    execute,
    quoted,
    rows,
    sentences,
    set_session,
)
from .driver import ER, charset_by_name, pymysql
from .mariadb import is_mariadb

OPTIONS = ("views", "triggers", "routines", "events")
KINDS = {"function": "routines", "procedure": "routines", "view": "views", "trigger": "triggers", "event": "events"}
"""In the order of creation: a view may call a function, and nothing looks into a routine before it runs."""
KEEP, REWRITE, CREATE = "keep", "rewrite", "create"

ACCOUNT_EXISTS = 3163
UNKNOWN_DEFINER = 1449
NEEDS_A_PRIVILEGE = (1227, 1396)
NOT_YET = (ER.NO_SUCH_TABLE, ER.BAD_FIELD_ERROR, 1305, 1356)
"""What a view answers whose tables, columns, functions or views are not there, or not there yet."""

_NAME = r"""`((?:[^`]|``)*)`|"((?:[^"]|"")*)\""""  # the second where its session had ANSI_QUOTES
_DEFINER = re.compile(rf" DEFINER=(?:{_NAME})(?:@(?:{_NAME}))?")
_STATE = re.compile(r"( ON COMPLETION (?:NOT )?PRESERVE) (ENABLE|DISABLE ON SLAVE|DISABLE ON REPLICA|DISABLE)\b")
GONE_MODES = frozenset(
    {"NO_AUTO_CREATE_USER", "POSTGRESQL", "ORACLE", "MSSQL", "DB2", "MAXDB", "MYSQL323", "MYSQL40"}
    | {"NO_KEY_OPTIONS", "NO_TABLE_OPTIONS", "NO_FIELD_OPTIONS", "IGNORE_BAD_TABLE_OPTIONS"}
)
"""SQL modes that 8.0 no longer knows (manual, "What Is New in MySQL 8.0"), and one of MariaDB's.

They change nothing in a stored object.
"""


@dataclass(frozen=True)
class Stored:
    """One object. `create` is the answer of SHOW CREATE; the session it was made in is part of it."""

    kind: str
    schema: str
    name: str
    create: str
    sql_mode: str = ""
    client: str = "utf8mb4"
    collation: str = "utf8mb4_0900_ai_ci"
    database_collation: str = ""
    time_zone: str = ""
    table: str = ""
    """A trigger's."""

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def label(self) -> str:
        """What messages and the journal call it: `view shop.bestsellers`."""
        return f"{self.kind} {self.full_name}"

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def definer(self) -> str:
        """Account as SQL, such as `app`@`%` in backquotes; "" where the server told none."""
        match = _DEFINER.search(self.create)
        if not match:
            return ""
        parts = [
            back if back is not None else (plain or "").replace('""', '"').replace("`", "``")
            for back, plain in (match.groups()[:2], match.groups()[2:])
            if (back, plain) != (None, None)
        ]
        return "@".join(f"`{part}`" for part in parts)

    @property
    def state(self) -> str:
        """An event's: ENABLE, DISABLE or DISABLE ON SLAVE."""
        match = _STATE.search(self.create) if self.kind == "event" else None
        return match[2] if match else ""

    def statement(self, definer: str = "") -> str:
        """CREATE ..., by `definer` where one is given; an event comes disabled, since the source's still runs."""
        text = _DEFINER.sub(lambda _match: f" DEFINER={definer}", self.create, count=1) if definer else self.create
        return _STATE.sub(r"\1 DISABLE", text, count=1) if self.kind == "event" else text

    def content(self, *, definer: bool) -> dict[str, str]:
        """What two servers' objects are compared by."""
        text = self.statement()
        session = {"sql_mode": self.sql_mode, "character_set_client": self.client, "collation": self.collation}
        if self.kind == "view":
            session.pop("sql_mode")
        return {
            "definition": _DEFINER.sub("", text, count=1),
            "definer": self.definer if definer else "",
            **session,
            "database collation": self.database_collation,
            "time_zone": self.time_zone,
        }

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(repr(self.content(definer=True)).encode()).hexdigest()

    def as_group(self) -> Group:
        """How the journal knows it: a group without units."""
        return Group(self.label, self.fingerprint, OBJECT)


OBJECT = {"object": True}


def is_object(group: Group) -> bool:
    return group.definition == OBJECT


def read(connection: Connection, schemas: Iterable[str], options: Iterable[str]) -> Iterator[Stored]:
    """The objects of these kinds, triggers in the order in which they fire."""
    chosen = set(options)
    for schema in schemas:
        if not rows(
            connection, "SELECT 1 FROM information_schema.schemata WHERE BINARY schema_name = %s", (schema.encode(),)
        ):
            continue
        execute(connection, f"USE {quoted(schema)}")  # a view's text names the schemas of others only
        for kind, option in KINDS.items():
            if option in chosen:
                for name, table in _names(connection, kind, schema):
                    yield _show(connection, kind, schema, str(name), str(table))


_LISTS = {
    "view": "SELECT table_name, '' FROM information_schema.views WHERE table_schema = %s ORDER BY 1",
    "trigger": "SELECT trigger_name, event_object_table FROM information_schema.triggers WHERE trigger_schema = %s"
    " ORDER BY event_object_table, action_timing, event_manipulation, action_order",
    "function": "SELECT routine_name, '' FROM information_schema.routines"
    " WHERE routine_schema = %s AND routine_type = 'FUNCTION' ORDER BY 1",
    "procedure": "SELECT routine_name, '' FROM information_schema.routines"
    " WHERE routine_schema = %s AND routine_type = 'PROCEDURE' ORDER BY 1",
    "event": "SELECT event_name, '' FROM information_schema.events WHERE event_schema = %s ORDER BY 1",
}


def _names(connection: Connection, kind: str, schema: str) -> list[Row]:
    return rows(connection, _LISTS[kind], (schema,))


def _show(connection: Connection, kind: str, schema: str, name: str, table: str) -> Stored:
    shown = dicts(connection, f"SHOW CREATE {kind.upper()} {quoted(schema)}.{quoted(name)}")[0]
    create = shown.get("sql original statement") or shown.get(f"create {kind}")
    if not create:
        raise ReplatformError(
            f"The body of {kind} {schema}.{name} may not be read by this user. Grant it SHOW_ROUTINE on *.* (SELECT on "
            "mysql.* before 8.0.20) and run again, or leave routines out of objects."
        )
    # In MariaDB it makes another language of the body, which is to be refused.
    gone = GONE_MODES - {"ORACLE"} if is_mariadb(connection) else GONE_MODES
    modes = [mode for mode in (shown.get("sql_mode") or "").split(",") if mode not in gone]
    return Stored(
        kind=kind,
        schema=schema,
        name=name,
        create=create,
        sql_mode=",".join(modes),
        client=_mb3(shown["character_set_client"]),
        collation=_mb3(shown["collation_connection"]),
        database_collation=_mb3(shown.get("database collation") or ""),
        time_zone=shown.get("time_zone") or "",
        table=table,
    )


def _mb3(name: str) -> str:
    """8.0.28 and later call utf8 by its real name."""
    return re.sub(r"^utf8(?=_|$)", "utf8mb3", name)


def broken_views(connection: Connection, schemas: Sequence[str]) -> set[str]:
    """Full names of views that refer to something that is not there: the server says so in their comment."""
    marks = ", ".join(["%s"] * len(schemas))
    found = rows(
        connection,
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'VIEW'"
        f" AND table_schema IN ({marks}) AND table_comment LIKE '%%references invalid%%'",
        schemas,
    )
    return {f"{schema}.{name}" for schema, name in found}


def compared(
    source: Iterable[Stored], target: Iterable[Stored], definers: str, made: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """Each object of either side: {kind, name, ok, differences: [sentence]}."""
    there = {stored.label: stored for stored in target}
    found = []
    for stored in source:
        other = there.pop(stored.label, None)
        lines = ["is not at the target"] if other is None else differences(stored, other, definers, made)
        found.append(_entry(stored, lines))
    return [*found, *(_entry(stored, ["is not at the source"]) for stored in there.values())]


def differences(
    source: Stored, target: Stored, definers: str, made: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> list[str]:
    """What tells two objects of one name apart, as sentences without a subject.

    `made` has the fingerprints, by label, of objects that the target spells in its own way, see ObjectMover.made().
    """
    if made.get(source.label) == [source.fingerprint, target.fingerprint]:
        return []
    one, other = (stored.content(definer=definers != REWRITE) for stored in (source, target))
    return [
        "has another definition" if key == "definition" else f"has {key} {other[key]} instead of {one[key]}"
        for key in one
        if one[key] != other[key]
    ]


def _entry(stored: Stored, lines: list[str]) -> dict[str, Any]:
    return {"kind": stored.kind, "name": stored.full_name, "ok": not lines, "differences": lines}


class Creator:
    """Creates objects at the target, in a session of its own that takes on each object's settings."""

    def __init__(self, server: Server, definers: str) -> None:
        self._server = server
        self._definers = definers
        self._connection = connect(server, settings={"restrict_fk_on_non_standard_key": "0"})
        with sentences(server):
            user = str(rows(self._connection, "SELECT CURRENT_USER()")[0][0])
        name, _at, host = user.rpartition("@")
        self._self = f"{quoted(name)}@{quoted(host)}"

    def close(self) -> None:
        self._connection.close()

    def probe(self, objects: Sequence[Stored], schema: str) -> list[str]:
        """Tries every definer, and a function, in our own schema before any row is copied; returns warnings.

        Raises one sentence when the target would refuse these objects later.
        """
        warnings: list[str] = []
        counts = Counter(stored.definer for stored in objects if stored.definer)
        with sentences(self._server, "trying out what it lets us create"):
            for definer, count in counts.items() if self._definers == KEEP else ():
                warnings += self._probe_definer(definer, count, schema)
            if any(stored.kind in ("function", "trigger") for stored in objects):
                self._tried(schema, "FUNCTION", "FUNCTION {name}() RETURNS INT DETERMINISTIC NO SQL RETURN 1")
        if self._definers == REWRITE:
            warnings += [
                f"{count} objects of {definer} are created by {self._self} instead, as definers asks."
                for definer, count in counts.items()
                if definer != self._self
            ]
        return warnings

    def _probe_definer(self, definer: str, count: int, schema: str) -> Iterator[str]:
        try:
            said = self._tried(schema, "VIEW", f"DEFINER={definer} VIEW {{name}} AS SELECT 1")
        except pymysql.MySQLError as error:
            if code_of(error) not in NEEDS_A_PRIVILEGE:
                raise
            raise ReplatformError(
                f"The target does not let {self._server.username} create objects of {definer} ({count} of the source "
                "are); set definers to rewrite, which makes them its own, or give them another definer at the source.",
                definer=definer,
                objects=count,
            ) from error
        if any(code == UNKNOWN_DEFINER for code, _text in said):
            yield (
                f"The target has no account {definer}, who defines {count} objects: they fail when used until it has. "
                "Create it there, or set definers to create or rewrite."
            )

    def _tried(self, schema: str, kind: str, rest: str) -> list[tuple[int, str]]:
        name = f"{quoted(schema)}.{quoted('probe')}"
        execute(self._connection, f"DROP {kind} IF EXISTS {name}")
        execute(self._connection, "CREATE " + rest.format(name=name))
        said = rows(self._connection, "SHOW WARNINGS")
        execute(self._connection, f"DROP {kind} {name}")
        return [(int(code), str(text)) for _level, code, text in said]

    def accounts(self, objects: Sequence[Stored], schemas: Sequence[str]) -> list[str]:
        """With definers `create`: makes the accounts that are missing, locked, with rights on these schemas."""
        warnings = []
        for definer in sorted({stored.definer for stored in objects if stored.definer}):
            with sentences(self._server, "creating account", definer):
                execute(
                    self._connection, f"CREATE USER IF NOT EXISTS {definer} IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK"
                )
                if any(code == ACCOUNT_EXISTS for _level, code, _text in rows(self._connection, "SHOW WARNINGS")):
                    continue
                for schema in schemas:
                    execute(
                        self._connection,
                        f"GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, TRIGGER, EVENT ON {quoted(schema)}.*"
                        f" TO {definer}",
                    )
            warnings.append(
                f"Account {definer} was created at the target for the objects it defines: locked, with rights on "
                f"{', '.join(schemas)}. Give it its password when the application is to use it."
            )
        return warnings

    def create(self, objects: Iterable[Stored], collations: Mapping[str, str]) -> None:
        """In an order in which each finds what it needs; `collations` are the schemas' own.

        Views name each other in any order, so those that cannot be created yet are tried again after the others.
        """
        waiting = list(objects)
        while waiting:
            later: list[Stored] = []
            for stored in waiting:
                try:
                    with sentences(self._server, "creating", stored.label):
                        self._create(stored, collations[stored.schema])
                except _NotYet:
                    later.append(stored)
            if len(later) == len(waiting):
                raise self._missing(later, collations)
            waiting = later

    def _create(self, stored: Stored, collation: str) -> None:
        self._enter(stored)
        # A routine's variables and parameters take the schema's collation of the moment in which it is created.
        moved = stored.database_collation and stored.database_collation != collation
        if moved:
            self._collate(stored.schema, stored.database_collation)
        try:
            text = stored.statement(self._self if self._definers == REWRITE else "")
            execute(self._connection, _encoded(text, stored))
        except pymysql.MySQLError as error:
            if stored.kind == "view" and code_of(error) in NOT_YET:
                raise _NotYet(str(error.args[1])) from error
            raise
        finally:
            if self._connection.open:
                for name, value in _NEUTRAL.items():
                    set_session(self._connection, name, value)
                if moved:
                    self._collate(stored.schema, collation)

    def _enter(self, stored: Stored) -> None:
        execute(self._connection, f"USE {quoted(stored.schema)}")
        session = {"sql_mode": stored.sql_mode, "time_zone": stored.time_zone}
        for name, value in (*session.items(), ("collation_connection", stored.collation)):
            if value or name == "sql_mode":
                execute(self._connection, f"SET SESSION {name} = '{value}'")
        execute(self._connection, f"SET SESSION character_set_client = '{stored.client}'")

    def _collate(self, schema: str, collation: str) -> None:
        execute(self._connection, f"ALTER SCHEMA {quoted(schema)} COLLATE {collation}")

    def _missing(self, views: list[Stored], collations: Mapping[str, str]) -> ReplatformError:
        try:
            self._create(views[0], collations[views[0].schema])
        except _NotYet as error:
            why = error.message
        else:
            why = "it could be created now"
        return ReplatformError(
            f"{views[0].label} cannot be created at the target ({why})"
            + (f", nor can {len(views) - 1} more views" if views[1:] else "")
            + "; move what it refers to with it, or exclude it.",
            views=[view.full_name for view in views],
        )

    def drop(self, kind: str, sql: str) -> None:
        with sentences(self._server, f"dropping {kind}", sql):
            execute(self._connection, f"DROP {kind.upper()} IF EXISTS {sql}")


_NEUTRAL = {
    "character_set_client": "'utf8mb4'",
    "collation_connection": "'utf8mb4_general_ci'",
    "sql_mode": "''",
    "time_zone": "'+00:00'",
}


class _NotYet(ReplatformError):
    """Something that a view refers to is not there."""


def _encoded(text: str, stored: Stored) -> bytes:
    """The statement in the bytes of the client that made it: the server reads it as that character set."""
    try:
        return text.encode("utf-8" if stored.client == "binary" else charset_by_name(stored.client).encoding)
    except (LookupError, UnicodeEncodeError) as error:
        raise ReplatformError(
            f"{stored.label} was made by a client of character set {stored.client} and has text outside of it; make it "
            "anew at the source with a client of utf8mb4.",
            character_set=stored.client,
        ) from error
