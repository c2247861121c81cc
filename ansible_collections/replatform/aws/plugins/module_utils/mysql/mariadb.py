# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MariaDB's definitions in MySQL's words, and what MySQL has no words for."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from ..errors import ReplatformError
from .connection import UNEXPLAINED, Connection, dicts, quoted, rows

_TOKEN = re.compile(r"'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`|[()]", re.DOTALL)
_TEXT = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.DOTALL)
_NAME = r"`((?:[^`]|``)+)`"
_COLUMN = re.compile(rf"{_NAME} (?P<kind>\w+)(?:\((?P<size>\d+)\))?")
_CHECK = re.compile(r"CONSTRAINT `(?P<name>(?:[^`]|``)+)` CHECK ")
_OWN_NAME = re.compile(r"CONSTRAINT_\d+")
_LONG = frozenset({"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"})
_LACKING_TYPES = {"uuid": "CHAR(36)", "inet4": "VARCHAR(15)", "inet6": "VARCHAR(45)", "xmltype": "LONGTEXT"}
_DEFAULT = re.compile(r" DEFAULT (?P<given>\w*(?:\(\0*\)|\0+)|[^ \0(]+)")  # in a masked text
_CHECKED = re.compile(r" CHECK (?=\()")
_HASH = re.compile(r" USING HASH\b")
_NO_ACTION = re.compile(r" ON (?:DELETE|UPDATE) NO ACTION\b")
"""What is done without it too, and what MySQL therefore does not say."""
_IGNORED = re.compile(r" IGNORED\b")
_STORAGE = re.compile(r" /\*.*?\*/")
"""COMPRESSED, and the age of a column's format."""
_LAST_MOMENT = "2038-01-19 03:14:07.999999"
_WITHOUT_MEANING = re.compile(r" ?\b(?:TRANSACTIONAL=\d|PAGE_CHECKSUM=\d|ROW_FORMAT=PAGE)(?= |$)")
"""Aria's options, which a table keeps when it becomes one of InnoDB."""

_SEQUENCES = (
    "SELECT table_name AS name FROM information_schema.tables"
    " WHERE table_schema = %s AND table_type = 'SEQUENCE' ORDER BY 1"
)
_PACKAGES = (
    "SELECT routine_name AS name FROM information_schema.routines"
    " WHERE routine_schema = %s AND routine_type = 'PACKAGE' ORDER BY 1"
)
_LEFT_OUT = (
    ("sequences", _SEQUENCES, "give the tables that use them AUTO_INCREMENT"),
    ("packages", _PACKAGES, "make routines of them"),
)


def is_mariadb(connection: Connection) -> bool:
    return "mariadb" in str(connection.get_server_info()).lower()


def translated(table: str, parts: Sequence[str], tail: str) -> tuple[list[str], str]:
    """The elements and the tail of a CREATE TABLE in MySQL's words; what it lacks stays, for lacking() to find."""
    numbers = count(1)
    return [_translated(table, part, numbers) for part in parts], _replaced(tail, _WITHOUT_MEANING)


def _translated(table: str, part: str, numbers: Iterator[int]) -> str:
    if match := _CHECK.match(part):
        if _OWN_NAME.fullmatch(match["name"]):  # MariaDB gives it in each table, MySQL wants it once in a schema
            return part.replace(f"`{match['name']}`", _check_name(table, numbers), 1)
        return part
    if not (column := _COLUMN.match(part)):
        return _replaced(_replaced(_replaced(part, _HASH), _NO_ACTION), _IGNORED, " INVISIBLE")
    part = _bracketed(_replaced(part, _STORAGE), column["kind"].lower(), column["size"] or "")
    if " CHECK (" in _masked(part):
        part = _replaced(part, _CHECKED, f" CONSTRAINT {_check_name(table, numbers)} CHECK ")
    return part


def _check_name(table: str, numbers: Iterator[int]) -> str:
    return quoted(f"{table[:56]}_chk_{next(numbers)}")


def _bracketed(part: str, kind: str, size: str) -> str:
    """MySQL wants a default that is no literal in brackets, and any default of a text; but for a moment's own."""
    match = _DEFAULT.search(_masked(part))
    if not match:
        return part
    given = part[match.start("given") : match.end("given")]
    if given.startswith("(") or given == "NULL" or not (given.endswith(")") or kind in _LONG):
        return part
    if kind in ("timestamp", "datetime") and given == f"current_timestamp({size})":
        return part
    return f"{part[: match.start('given')]}({given}){part[match.end('given') :]}"


def _masked(text: str) -> str:
    """The text with NUL for every character in quotes and inside brackets, so that places stay what they are."""
    masked, depth, done = [], 0, 0
    for token in _TOKEN.finditer(text):
        between = text[done : token.start()]
        masked.append("\0" * len(between) if depth else between)
        depth -= token[0] == ")"
        masked.append(token[0] if token[0] in "()" and not depth else "\0" * len(token[0]))
        depth += token[0] == "("
        done = token.end()
    return "".join([*masked, text[done:]])


def _replaced(text: str, pattern: re.Pattern[str], by: str = "") -> str:
    """What the pattern finds outside of quotes and brackets, replaced."""
    pieces, done = [], 0
    for match in pattern.finditer(_masked(text)):
        pieces += [text[done : match.start()], by]
        done = match.end()
    return "".join([*pieces, text[done:]])


def lacking(table_sql: str, parts: Sequence[str], tail: str) -> Iterator[tuple[str, str]]:
    """(what MySQL lacks, the statement that mends it) for every such thing of a table."""
    alter = f"ALTER TABLE {table_sql}"
    yield from _lacking_options(alter, tail)
    columns: dict[str, str] = {}
    for part in parts:
        if match := _COLUMN.match(part):
            columns[match[1]] = match["kind"].lower()
            yield from _lacking_column(alter, part, match)
        elif part.startswith("VECTOR KEY "):
            yield f"has a vector index ({_name(part)}), which MySQL lacks", f"{alter} DROP INDEX {quoted(_name(part))}"
        elif part.startswith("UNIQUE KEY "):
            for name in re.findall(rf"[(,]{_NAME}(?=[,)])", part):
                if columns.get(name) in _LONG:
                    yield (
                        f"has a UNIQUE key over all of {name}, which is longer than a key of MySQL's",
                        f"{alter} DROP INDEX {quoted(_name(part))}, or make {quoted(name)} a VARCHAR(700)",
                    )
        elif match := re.match(rf"PERIOD FOR {_NAME} ", part):
            keys = [other for other in parts if other.endswith(" WITHOUT OVERLAPS)")]
            drops = [f"DROP INDEX {quoted(_name(key))}, " if "KEY `" in key else "DROP PRIMARY KEY, " for key in keys]
            mended = f"{alter} {''.join(drops)}DROP PERIOD FOR {quoted(match[1])}"
            yield f"has a period ({match[1]}), which MySQL lacks", mended


def _lacking_options(alter: str, tail: str) -> Iterator[tuple[str, str]]:
    outside = _masked(tail)
    if " WITH SYSTEM VERSIONING" in outside:
        yield "has system versioning", f"{alter} DROP SYSTEM VERSIONING"
    for match in re.finditer(r"\0+=\0+", outside):  # options that only a storage engine knows
        name = tail[match.start() : match.end()].partition("=")[0].strip("`")
        yield f"has the option {name} of MariaDB's", f"{alter} {name}=DEFAULT"
    if rest := re.search(rf"PARTITION {_NAME} DEFAULT\b", _TEXT.sub("''", tail)):
        name = quoted(rest[1])
        yield (
            f"has a DEFAULT partition ({rest[1]}), which MySQL lacks",
            f"{alter} REORGANIZE PARTITION {name} INTO (PARTITION {name} VALUES IN (...))",
        )


def _lacking_column(alter: str, part: str, column: re.Match[str]) -> Iterator[tuple[str, str]]:
    kind = column["kind"].lower()
    if kind in _LACKING_TYPES:
        mended = part[: column.start("kind")] + _LACKING_TYPES[kind] + part[column.end("kind") :]
        yield f"has a column of type {kind}, which MySQL lacks", f"{alter} MODIFY {mended}"
    default = _DEFAULT.search(_masked(part))
    if default and part[default.start("given") :].startswith("(nextval("):
        yield (
            f"takes the default of {column[1]} from a sequence, which MySQL lacks",
            f"{alter} ALTER COLUMN {quoted(column[1])} DROP DEFAULT",
        )


def _name(part: str) -> str:
    match = re.search(rf"KEY {_NAME}", part)
    return match[1].replace("``", "`") if match else ""


def late(connection: Connection, table_sql: str, part: str) -> str:
    """The statement that mends a TIMESTAMP column with a moment which MySQL's cannot hold; "" where there is none.

    MariaDB's reach to 2106 since 11.5.
    """
    column = _COLUMN.match(part)
    if not column or column["kind"].lower() != "timestamp":
        return ""
    if not rows(connection, f"SELECT 1 FROM {table_sql} WHERE `{column[1]}` > '{_LAST_MOMENT}' LIMIT 1"):
        return ""
    mended = part[: column.start("kind")] + "datetime" + part[column.end("kind") :]
    return f"SET time_zone = '+00:00'; ALTER TABLE {table_sql} MODIFY {mended}"


def left_out(connection: Connection, schemas: Iterable[str]) -> list[str]:
    """What MariaDB alone has beside tables, and no copy takes: one sentence for each kind in each schema."""
    if not is_mariadb(connection):
        return []
    found = []
    for schema in schemas:
        for kind, sql, way in _LEFT_OUT:
            if names := [f"{schema}.{row['name']}" for row in dicts(connection, sql, (schema,))]:
                found.append(f"MySQL has no {kind}, so {', '.join(names)} stay behind; {way} at the source.")
    return found


@contextlib.contextmanager
def foreign(way: str) -> Iterator[None]:
    """Says of an error of the target's that it came of a definition which MariaDB takes and MySQL does not."""
    try:
        yield
    except ReplatformError as error:
        before, _unexplained, said = error.message.partition(UNEXPLAINED)
        if not before or not said:
            raise
        raise ReplatformError(
            f"MySQL does not take a definition of MariaDB's (error {said.strip()}); no row was copied. {way}",
            **error.facts,
        ) from error
