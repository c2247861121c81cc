# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table's definition: read from SHOW CREATE TABLE, split into what comes before the rows and what after."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import ReplatformError
from ..transfer.model import Group
from . import mariadb
from .connection import Connection, dicts, quoted, rows

INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
NUMBERS = INTEGERS | {"decimal", "float", "double", "year"}
TIMES = frozenset({"date", "time", "datetime", "timestamp"})
TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
LONG = frozenset({"text", "mediumtext", "longtext", "blob", "mediumblob", "longblob", "json"})
NUMBERED = frozenset({"enum", "set"})

SYSTEM_SCHEMAS = frozenset({"mysql", "sys", "information_schema", "performance_schema", "ndbinfo"})


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    """data_type of information_schema, lower case."""
    charset: str = ""
    generated: bool = False
    materialized: bool = False
    """Generated and STORED: the session that wrote the row computed it, by its own time_zone and sql_mode."""

    @property
    def long(self) -> bool:
        """A value may be as large as a packet: digested by itself, never concatenated."""
        return self.kind in LONG or self.kind not in NUMBERS | TIMES | TEXTS | BYTES | NUMBERED | {"bit"}

    @property
    def plain(self) -> bool:
        """Its text consists of digits and a few signs, so needs no escaping."""
        return self.kind in NUMBERS | TIMES | NUMBERED


@dataclass(frozen=True)
class Table:
    """What a copy needs to know of a table. `create` has only the keys that rows need; the rest comes afterwards."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    create: str
    indexes: tuple[str, ...] = ()
    foreign_keys: tuple[str, ...] = ()
    table_bytes: int = field(default=0, compare=False)
    table_rows: int = field(default=0, compare=False)

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def counter(self) -> int:
        """The next AUTO_INCREMENT value; 0 where the table has none, or it is still 1."""
        return counter_of(self.create)

    @property
    def create_with_indexes(self) -> str:
        """For a small table, whose indexes cost less while it is filled than an ALTER TABLE of its own."""
        head, parts, tail = elements(self.create)
        return joined(head, [*parts, *self.indexes], tail)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that carry data: a generated one is computed again by the target."""
        return tuple(column for column in self.columns if not column.generated)

    @property
    def lasting(self) -> tuple[Column, ...]:
        """The columns whose values lie on disk: what two servers can differ in."""
        return tuple(column for column in self.columns if column.materialized or not column.generated)

    @property
    def key_columns(self) -> tuple[Column, ...]:
        by_name = {column.name: column for column in self.columns}
        return tuple(by_name[name] for name in self.primary_key)

    def as_group(self) -> Group:
        definition = asdict(self)
        for estimate in ("table_bytes", "table_rows"):
            definition.pop(estimate)
        # The next AUTO_INCREMENT value moves with every insert; the definition does not.
        stable = {**definition, "create": re.sub(r" AUTO_INCREMENT=\d+", "", self.create)}
        fingerprint = hashlib.sha256(json.dumps(stable, sort_keys=True).encode()).hexdigest()
        return Group(self.full_name, fingerprint, definition)

    @classmethod
    def of(cls, group: Group) -> Table:
        given: dict[str, Any] = dict(group.definition)
        given["columns"] = tuple(Column(**column) for column in given["columns"])
        for name in ("primary_key", "indexes", "foreign_keys"):
            given[name] = tuple(given[name])
        return cls(**given)


def elements(create: str) -> tuple[str, list[str], str]:
    """The head, the comma-separated elements and the tail of a CREATE TABLE, whatever quotes and brackets hold."""
    start = create.index("(")
    depth, quote, begin, parts = 0, "", start + 1, []
    position = start
    while position < len(create):
        character = create[position]
        if quote:
            if character == "\\" and quote != "`":
                position += 1
            elif character == quote:
                quote = ""  # a doubled quote opens again at once
        elif character in "'\"`":
            quote = character
        elif character == "(":
            depth += 1
        elif character in "),":
            if depth == 1:
                parts.append(create[begin:position].strip())
                begin = position + 1
            if character == ")":
                depth -= 1
                if not depth:
                    return create[:start].strip(), parts, create[position + 1 :].strip()
        position += 1
    raise ReplatformError(f"The definition ends too early: {create[:80]}...")


_INDEX = re.compile(r"(UNIQUE |FULLTEXT |SPATIAL )?KEY ")
_FOREIGN_KEY = re.compile(r"CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY ")


def split(create: str, auto_increment: str = "") -> tuple[str, list[str], list[str]]:
    """(CREATE TABLE with only the keys that rows need, index clauses, foreign key clauses).

    The first index that begins with the AUTO_INCREMENT column stays, since the server insists on one. So do FULLTEXT
    indexes: filled with the rows they cost a fifth of what ALTER TABLE does (1.4 against 6.7 to 11 CPU seconds for
    20,000 texts), which also writes the table anew for its hidden document number.
    """
    head, parts, tail = elements(create)
    kept: list[str] = []
    indexes: list[str] = []
    foreign_keys: list[str] = []
    wants_index = bool(auto_increment) and not any(
        part.startswith(f"PRIMARY KEY ({quoted(auto_increment)}") for part in parts
    )
    for part in parts:
        if _FOREIGN_KEY.match(part):
            foreign_keys.append(part)
        elif match := _INDEX.match(part):
            leads = f"({quoted(auto_increment)}" in part and match[1] in (None, "UNIQUE ")
            if wants_index and leads:
                wants_index = False
                kept.append(part)
            elif match[1] == "FULLTEXT ":
                kept.append(part)
            else:
                indexes.append(part)
        else:
            kept.append(part)
    return joined(head, kept, tail), indexes, foreign_keys


def joined(head: str, parts: Iterable[str], tail: str) -> str:
    """The reverse of elements()."""
    return f"{head} (\n  " + ",\n  ".join(parts) + f"\n) {tail}"


def counter_of(create: str) -> int:
    """The next AUTO_INCREMENT value that a CREATE TABLE names."""
    match = re.match(r"[^']*? AUTO_INCREMENT=(\d+)", elements(create)[2])
    return int(match[1]) if match else 0


def clause_name(clause: str) -> str:
    """The name of an index or constraint clause."""
    match = re.search(r"(?:KEY|CONSTRAINT) `((?:[^`]|``)+)`", clause)
    return match[1].replace("``", "`") if match else ""


def schemas(connection: Connection) -> dict[str, tuple[str, str]]:
    """Every schema of the server but its own, with character set and collation."""
    found = dicts(
        connection,
        "SELECT schema_name AS name, default_character_set_name AS charset, default_collation_name AS collation"
        " FROM information_schema.schemata",
    )
    return {s["name"]: (s["charset"], s["collation"]) for s in found if s["name"].lower() not in SYSTEM_SCHEMAS}


def table_names(connection: Connection, schema: str) -> list[str]:
    found = rows(connection, f"SHOW FULL TABLES FROM {quoted(schema)} WHERE Table_type = 'BASE TABLE'")
    return [name for name, _rest in found]


def read_tables(connection: Connection, schema: str, names: Iterable[str]) -> Iterator[Table]:
    """The definitions of these tables, with the server's estimates of their sizes."""
    wanted = set(names)
    sizes = {
        row["name"]: row
        for row in dicts(
            connection,
            "SELECT table_name AS name, data_length AS bytes, table_rows AS n, table_collation AS collation"
            " FROM information_schema.tables WHERE table_schema = %s",
            (schema,),
        )
    }
    columns: dict[str, list[dict[str, Any]]] = {}
    for row in dicts(
        connection,
        "SELECT table_name AS tab, column_name AS name, data_type AS kind, character_set_name AS charset,"
        " collation_name AS collation, extra, generation_expression AS expression FROM information_schema.columns"
        " WHERE table_schema = %s ORDER BY table_name, ordinal_position",
        (schema,),
    ):
        columns.setdefault(row["tab"], []).append(row)
    for name in sorted(wanted):
        create = rows(connection, f"SHOW CREATE TABLE {quoted(schema)}.{quoted(name)}")[0][1]
        if mariadb.is_mariadb(connection):
            head, parts, tail = elements(create)
            create = joined(head, *mariadb.translated(name, parts, tail))
        counter = next((c["name"] for c in columns[name] if "auto_increment" in c["extra"].lower()), "")
        base, indexes, foreign_keys = split(create, counter)
        yield Table(
            schema=schema,
            name=name,
            columns=tuple(
                Column(
                    c["name"],
                    c["kind"].lower(),
                    c["charset"] or "",
                    bool(c["expression"]),
                    "STORED GENERATED" in c["extra"].upper(),
                )
                for c in columns[name]
            ),
            primary_key=_primary_key(create),
            create=_portable(base, sizes[name]["collation"], {c["name"]: c["collation"] for c in columns[name]}),
            indexes=tuple(indexes),
            foreign_keys=tuple(foreign_keys),
            table_bytes=int(sizes[name]["bytes"] or 0),
            table_rows=int(sizes[name]["n"] or 0),
        )


def _primary_key(create: str) -> tuple[str, ...]:
    clause = next((part for part in elements(create)[1] if part.startswith("PRIMARY KEY ")), "")
    columns = (re.match(r"`((?:[^`]|``)+)`", part) for part in (elements(clause)[1] if clause else ()))
    return tuple(column[1].replace("``", "`") for column in columns if column)


_TEXT = r"'(?:[^'\\]|''|\\.)*'"
TYPED = re.compile(
    rf"(?P<type>`(?P<name>(?:[^`]|``)+)` \w+(?:\((?:[\d,]+|{_TEXT}(?:,{_TEXT})*)\))?)"
    r"(?P<charset> CHARACTER SET \w+)?(?: COLLATE (?P<collation>\w+))?"
)
"""The beginning of a column's definition."""
_PLACED = re.compile(
    rf"({_TEXT})|/\*!50100 TABLESPACE `(?:[^`]|``)+` \*/ ?|TABLESPACE = `(?:[^`]|``)+` ?"
    rf"|(?:DATA|INDEX) DIRECTORY ?= ?{_TEXT} ?"
)


def _portable(create: str, collation: str | None, columns: Mapping[str, str | None]) -> str:
    """Collations said, since 5.7 leaves a default one out and 8.0 has another default; where files lie left out."""
    head, parts, tail = elements(create)
    parts = [_collated(part, columns) for part in parts]
    if collation:  # before the first quote, so never inside the table's comment
        tail = re.sub(r"^([^']*?DEFAULT CHARSET=\w+)\b(?! COLLATE=)", rf"\1 COLLATE={collation}", tail)
    return joined(head, parts, _PLACED.sub(lambda match: match[1] or "", tail).rstrip())


def _collated(part: str, columns: Mapping[str, str | None]) -> str:
    column = TYPED.match(part)
    if not column or not column["charset"] or column["collation"]:
        return part
    collation = columns[column["name"].replace("``", "`")]
    return f"{part[: column.end()]} COLLATE {collation}{part[column.end() :]}"
