# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may do, read from its grants and those of its active roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import ReplatformError
from . import grants as shown
from .connection import Connection, Server, code_of, quoted, rows, value, variable
from .driver import ER, pymysql

SOURCE_NEEDS = frozenset({"SELECT"})
TARGET_NEEDS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES"})
# Without these a server does not refuse: it shows fewer objects than there are.
_SEE = {"views": {"SHOW VIEW"}, "triggers": {"TRIGGER"}, "routines": {"SHOW_ROUTINE"}, "events": {"EVENT"}}
_MAKE = {
    "views": {"CREATE VIEW", "SHOW VIEW"},
    "triggers": {"TRIGGER"},
    "routines": {"CREATE ROUTINE", "ALTER ROUTINE", "SHOW_ROUTINE"},
    "events": {"EVENT"},
}

_GLOBAL = frozenset({"SHOW_ROUTINE"})
"""Dynamic privileges, which are granted on *.* only."""


def source_needs(objects: Iterable[str]) -> frozenset[str]:
    """What reading tables and these kinds of objects takes."""
    return SOURCE_NEEDS.union(*(_SEE[kind] for kind in objects))


def target_needs(objects: Iterable[str]) -> frozenset[str]:
    """What writing tables and these kinds of objects takes."""
    return TARGET_NEEDS.union(*(_MAKE[kind] for kind in objects))


@dataclass
class Grants:
    """Privileges by where they hold: everywhere, and by schema pattern."""

    everywhere: set[str] = field(default_factory=set)
    schemas: dict[str, set[str]] = field(default_factory=dict)
    revoked: dict[str, set[str]] = field(default_factory=dict)
    """Partial revokes: privileges held everywhere but in these schemas."""
    literal: bool = False
    """With partial_revokes on, `_` and `%` in a grant's schema are themselves (manual, "Privilege Restriction")."""

    def missing(self, schema: str, needs: Iterable[str]) -> set[str]:
        wanted = set(needs)
        if _of({"SELECT"}, self.everywhere) or _of({"SELECT"}, self.schemas.get("mysql", set())):
            wanted.discard("SHOW_ROUTINE")  # which has existed since 8.0.20 only; either shows a routine's body too
        here = _of(wanted, self.everywhere) - _of(wanted, self.revoked.get(schema, set()))
        for pattern, held in self.schemas.items():
            if pattern == schema if self.literal else shown.matches(pattern, schema):
                here |= _of(wanted, held)
        return wanted - here


def parse(lines: Iterable[str]) -> Grants:
    """From the lines of SHOW GRANTS; grants on single tables, columns and routines are left out."""
    grants = Grants()
    for grant in shown.held(lines).grants:
        if grant.name != "*":
            continue
        if grant.revoked:
            grants.revoked.setdefault(grant.schema, set()).update(grant.rights)
        elif grant.schema == "*":
            grants.everywhere |= grant.rights
        else:
            grants.schemas.setdefault(grant.schema, set()).update(grant.rights)
    return grants


def read(connection: Connection) -> Grants:
    """The grants of the connection's user, with what its active roles add."""
    using = ""
    try:
        roles = str(value(connection, "SELECT CURRENT_ROLE()"))
        if roles.startswith("`"):  # MariaDB quotes none, has no USING, and tells the active role's grants by itself
            using = f" FOR CURRENT_USER() USING {roles}"
    except pymysql.MySQLError as error:
        if code_of(error) not in (ER.SP_DOES_NOT_EXIST, ER.PARSE_ERROR):  # 5.7 has no roles
            raise
    grants = parse(line for (line,) in rows(connection, f"SHOW GRANTS{using}"))
    grants.literal = variable(connection, "partial_revokes") == "ON"
    return grants


def require(connection: Connection, server: Server, schemas: Iterable[str], needs: frozenset[str]) -> None:
    """Raises one sentence with every missing privilege and the GRANT statements that mend it."""
    grants = read(connection)
    lacking = {schema: missing for schema in schemas if (missing := grants.missing(schema, needs))}
    if not lacking:
        return
    user, _at, host = str(value(connection, "SELECT CURRENT_USER()")).rpartition("@")
    account = f"{quoted(user)}@{quoted(host)}"
    fixes = [
        f"GRANT {', '.join(sorted(local))} ON {quoted(schema)}.* TO {account};"
        for schema, missing in lacking.items()
        if (local := missing - _GLOBAL)
    ]
    if needed := set().union(*lacking.values()) & _GLOBAL:
        fixes.append(f"GRANT {', '.join(sorted(needed))} ON *.* TO {account};")
    text = str(server)
    raise ReplatformError(
        f"{text[0].upper()}{text[1:]} lacks "
        + "; ".join(f"{', '.join(sorted(missing))} on {schema}" for schema, missing in lacking.items())
        + f". Grant it and run again: {' '.join(fixes)}",
        role=server.role,
        missing={schema: sorted(missing) for schema, missing in lacking.items()},
        fix=fixes,
    )


def _of(wanted: set[str], privileges: set[str]) -> set[str]:
    return wanted if "ALL PRIVILEGES" in privileges else wanted & privileges
