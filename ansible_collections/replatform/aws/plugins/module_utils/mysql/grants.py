# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of SHOW GRANTS as rights, and the rights of a source as what they come to at a target. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .connection import quoted

ALL = "ALL PRIVILEGES"
OPTION = "GRANT OPTION"
EVERYWHERE = "*.*"
TABLE_LEVEL = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "TRIGGER"}
    | {"CREATE VIEW", "SHOW VIEW"}
)
SCHEMA_LEVEL = TABLE_LEVEL | frozenset(
    {"CREATE TEMPORARY TABLES", "LOCK TABLES", "CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "EVENT"}
)
ROUTINE_LEVEL = frozenset({"ALTER ROUTINE", "EXECUTE"})

_NAME = r"`(?:[^`]|``)*`|'(?:[^']|'')*'"
_LINE = re.compile(
    rf"(?P<verb>GRANT|REVOKE) (?P<rights>.+?) ON (?:TABLE )?(?P<kind>PROCEDURE |FUNCTION )?"
    rf"(?P<schema>\*|{_NAME})\.(?P<name>\*|{_NAME}) (?:TO|FROM) (?P<rest>.*)$"
)
_ROLES = re.compile(rf"GRANT (?P<roles>(?:{_NAME})@(?:{_NAME})(?:, ?(?:{_NAME})@(?:{_NAME}))*) TO (?P<rest>.*)$")
_ONE_ROLE = re.compile(rf"({_NAME})@({_NAME})")
_RIGHT = re.compile(r"([A-Z_ ]+?)\s*(?:\((.+?)\))?(?:, ?|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Grant:
    """Rights at one place; `schema` is a pattern where `name` is `*`. Those of a single column are `SELECT (col)`."""

    rights: frozenset[str]
    schema: str
    name: str = "*"
    kind: str = ""
    revoked: bool = False


@dataclass
class Held:
    """What an account holds of its own: grants, roles (`name@host`), and lines that say anything else."""

    grants: list[Grant] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def everywhere(self) -> set[str]:
        return {right for grant in self.grants if grant.schema == "*" and not grant.revoked for right in grant.rights}


def held(lines: Iterable[str]) -> Held:
    """From SHOW GRANTS; USAGE is nothing."""
    found = Held()
    for line in lines:
        if match := _LINE.match(line):
            if rights := frozenset(_rights(match)):
                kind = (match["kind"] or "").strip()
                revoked = match["verb"] == "REVOKE"
                found.grants.append(Grant(rights, _plain(match["schema"]), _plain(match["name"]), kind, revoked))
        elif match := _ROLES.match(line):
            admin = " WITH ADMIN OPTION" if "WITH ADMIN OPTION" in match["rest"] else ""
            found.roles += [f"{_plain(user)}@{_plain(host)}{admin}" for user, host in _ONE_ROLE.findall(match["roles"])]
        else:
            found.others.append(line.partition(" TO ")[0])
    return found


def _rights(match: re.Match[str]) -> Iterator[str]:
    for word, columns in _RIGHT.findall(match["rights"]):
        right = word.strip().upper()
        if right in ("ALL", ALL):
            yield from _all(match)
        elif right and right != "USAGE":
            yield from ([f"{right} ({column.strip(' `')})" for column in columns.split(",")] if columns else [right])
    if "WITH GRANT OPTION" in match["rest"]:
        yield OPTION


def _all(match: re.Match[str]) -> Iterable[str]:
    """A server spells the same rights one by one or as ALL; of all everywhere nobody knows the list."""
    if match["kind"]:
        return ROUTINE_LEVEL
    if match["schema"] == "*":
        return (ALL, *SCHEMA_LEVEL)
    return SCHEMA_LEVEL if match["name"] == "*" else TABLE_LEVEL


def _plain(name: str) -> str:
    return name if name == "*" else name[1:-1].replace(name[0] * 2, name[0])


@dataclass
class Scope:
    """Which grants of the source go to the target: those on `schemas`, or on all schemas.

    With partial_revokes on, `_` and `%` in a grant's schema are themselves, else patterns (manual, "Privilege
    Restriction by Partial Revokes"): `literal_*` says so of each server.
    """

    schemas: Sequence[str]
    everything: bool = False
    literal_source: bool = False
    literal_target: bool = False

    def rights(self, found: Held) -> tuple[set[str], list[str]]:
        """Rights as `SELECT ON shop.*` with quoted names, and those that the target will not have, with the reason."""
        kept: set[str] = set()
        left: list[str] = [f"{other}: no such grant is copied" for other in found.others]
        revoked = {grant.schema: grant.rights for grant in found.grants if grant.revoked}
        for grant in found.grants:
            if grant.revoked:
                if self.everything:
                    left.append(f"REVOKE on {grant.schema}: revoke it at the target by hand")
            elif grant.schema == "*":
                kept |= self._everywhere(grant, revoked, left)
            elif grant.name != "*":
                if self.everything or grant.schema in self.schemas:
                    kept |= _at(grant.rights, f"{grant.kind} {quoted(grant.schema)}.{quoted(grant.name)}".strip())
            else:
                kept |= self._schema(grant, left)
        return kept, left

    def _everywhere(self, grant: Grant, revoked: dict[str, frozenset[str]], left: list[str]) -> set[str]:
        if self.everything:
            return _at(grant.rights, EVERYWHERE)
        local = grant.rights & (SCHEMA_LEVEL | {OPTION})
        if others := sorted(grant.rights - SCHEMA_LEVEL - {OPTION}):
            left.append(f"{', '.join(others)} ON {EVERYWHERE}: it goes beyond the schemas, see other_schemas")
        if local == {OPTION}:
            return set()
        return {
            one
            for schema in self.schemas
            for one in _at(local - revoked.get(schema, frozenset()), f"{quoted(schema)}.*")
        }

    def _schema(self, grant: Grant, left: list[str]) -> set[str]:
        named = [s for s in self.schemas if s == grant.schema or (not self.literal_source and matches(grant.schema, s))]
        if self.everything and not named:
            plain = grant.schema if self.literal_source else unescaped(grant.schema)
            if plain is None:
                left.append(f"grants on the pattern {grant.schema}: name the schemas that it stands for in schemas")
            else:
                named = [plain]
        return {one for schema in named for one in _at(grant.rights, f"{quoted(schema)}.*")}

    def here(self, found: Held) -> set[str]:
        """The rights that an account has at the target, spelt in the same way."""
        kept: set[str] = set()
        for grant in found.grants:
            if grant.revoked:
                continue
            if grant.schema == "*":
                kept |= _at(grant.rights, EVERYWHERE)
            elif grant.name != "*":
                kept |= _at(grant.rights, f"{grant.kind} {quoted(grant.schema)}.{quoted(grant.name)}".strip())
            else:
                plain = grant.schema if self.literal_target else unescaped(grant.schema)
                kept |= _at(grant.rights, f"{quoted(plain if plain is not None else grant.schema)}.*")
        return kept

    def statements(self, rights: Iterable[str], account: str) -> Iterator[str]:
        """One GRANT for each place."""
        places: dict[str, list[str]] = {}
        for right in sorted(rights):
            what, _on, where = right.partition(" ON ")
            places.setdefault(where, []).append(what)
        for where, whats in places.items():
            option = " WITH GRANT OPTION" if OPTION in whats else ""
            listed = ", ".join(_spelt(what) for what in whats if what != OPTION) or "USAGE"
            place = where
            if where.endswith(".*") and where != EVERYWHERE and not self.literal_target:
                place = where.replace("_", r"\_").replace("%", r"\%")
            yield f"GRANT {listed} ON {place} TO {account}{option}"


def _at(rights: Iterable[str], where: str) -> set[str]:
    return {f"{right} ON {where}" for right in rights}


def _spelt(right: str) -> str:
    """`SELECT (col)` with its column quoted."""
    word, _open, column = right.partition(" (")
    return f"{word} ({quoted(column[:-1])})" if column else right


def matches(pattern: str, schema: str) -> bool:
    """Whether a grant on `pattern` is one on the schema: schema names in grants are LIKE patterns."""
    expression = ""
    escaped = False
    for character in pattern:
        if character == "\\" and not escaped:
            escaped = True
            continue
        wild = {"_": ".", "%": ".*"}.get(character) if not escaped else None
        expression += wild or re.escape(character)
        escaped = False
    return re.fullmatch(expression, schema) is not None


def unescaped(pattern: str) -> str | None:
    """The one schema that a pattern stands for, or None where there are more; `_` is taken for itself."""
    plain = re.sub(r"\\([_%\\])", r"\1", pattern)
    return None if re.search(r"(?<!\\)%", pattern) else plain
