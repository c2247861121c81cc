# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application's accounts, brought from the source to the target with their logins, roles and grants."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import ClassVar

from ..errors import ReplatformError
from ..resource import Mode, Outcome, Resource, State, ensure
from . import privileges
from .connection import (
    DENIED,
    Connection,
    Server,
    code_of,
    connect,
    execute,
    quoted,
    rows,
    sentences,
    set_session,
    variable,
)
from .driver import pymysql
from .grants import ALL, EVERYWHERE, Held, Scope, held

RESERVED = ("", "root", "mysql", "mysql.*", "mariadb.sys", "mariadb.*", "rds*", "debian-sys-maint")
ADMINISTERS = frozenset(
    {ALL, "SUPER", "SYSTEM_USER", "CREATE USER", "SHUTDOWN", "CONNECTION_ADMIN", "ROLE_ADMIN", "CLONE_ADMIN"}
    | {"SYSTEM_VARIABLES_ADMIN", "REPLICATION_SLAVE_ADMIN", "GROUP_REPLICATION_ADMIN", "BINLOG_ADMIN"}
)
REPLICATES = frozenset({"REPLICATION SLAVE"})
PLUGINS = """SELECT plugin_name FROM information_schema.plugins
WHERE plugin_type = 'AUTHENTICATION' AND plugin_status = 'ACTIVE'"""
NATIVE = "mysql_native_password"
TABLES = "SELECT CONCAT('`', table_schema, '`.`', table_name, '`') FROM information_schema.tables"
ROUTINES = """SELECT CONCAT(routine_type, ' `', routine_schema, '`.`', routine_name, '`')
FROM information_schema.routines"""

_CREATE = re.compile(
    r"CREATE USER (?:`.*?`@`.*?`|'.*?'@'.*?') IDENTIFIED (?:WITH '(?P<plugin>[^']*)'"
    r"(?: AS (?P<hash>0x[0-9A-Fa-f]*|'(?:[^'\\]|\\.|'')*'))?|BY PASSWORD (?P<native>'[^']*'))(?P<options>.*)$",
    re.DOTALL,
)
_CLAUSES = {
    "REQUIRE": "require",
    "WITH": "limits",
    "PASSWORD EXPIRE": "password_expire",
    "ACCOUNT": "account_state",
    "PASSWORD HISTORY": "password_history",
    "PASSWORD REUSE INTERVAL": "password_reuse_interval",
    "PASSWORD REQUIRE CURRENT": "password_require_current",
    "FAILED_LOGIN_ATTEMPTS": "failed_login_attempts",
    "PASSWORD_LOCK_TIME": "password_lock_time",
    "ATTRIBUTE": "attribute",
    "COMMENT": "comment",
    "DEFAULT ROLE": "default_roles",
}
_CLAUSE = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|(?<![A-Z_])("
    + "|".join(sorted(_CLAUSES, key=len, reverse=True))
    + r")(?![A-Z_])"
)


@dataclass(frozen=True)
class Wishes:
    """Which accounts: patterns of `user@host`, all of the application where there is none."""

    schemas: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    other_schemas: bool = False
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    """New passwords by account, for those whose plugin the target does not have."""


class Accounts(Resource):
    """Accounts at the target. What they have there beyond what is wanted stays."""

    kind: ClassVar[str] = "account"
    plural: ClassVar[str] = "accounts"
    key: ClassVar[str] = "account"
    hidden: ClassVar[frozenset[str]] = frozenset({"authentication", "password"})
    blank: ClassVar[State] = {
        "account": "",
        "plugin": "",
        "authentication": "",
        "password": "",
        **dict.fromkeys(_CLAUSES.values(), ""),
        "default_roles": [],
        "roles": [],
        "grants": [],
    }

    def __init__(self, server: Server, connection: Connection, scope: Scope, hide: Callable[[str], None]) -> None:
        self._server, self._connection, self._scope, self._hide = server, connection, scope, hide
        self._lock = threading.Lock()

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        with self._lock, sentences(self._server, "reading its accounts"):
            there = set(names(self._connection, self._server)) & set(wanted)
            found = {}
            for name in there:
                state, own = read(self._connection, name, self._hide)
                found[name] = {**state, "roles": sorted(own.roles), "grants": sorted(self._scope.here(own))}
            return found

    def desired(self, wanted: State, current: State | None) -> State:
        """Grants and roles are added to what there is. A new password is set once: nobody can compare it later.

        That is when the account is made, or unlocked: a copy makes missing definers locked.
        """
        asked = super().desired(wanted, current)
        for several in ("roles", "grants"):
            asked[several] = sorted({*asked[several], *(current or {}).get(several, [])})
        if "password" in asked and current and current.get("account_state") == asked.get("account_state"):
            del asked["password"]
        return asked

    def create(self, wanted: State) -> State:
        return self._write(wanted, "CREATE USER")

    def update(self, current: State, changes: State) -> State:
        if changes.keys() & {"plugin", "authentication"}:  # each alone is no login, and a new one is not expired
            login = {name: current[name] for name in ("plugin", "authentication", "password_expire")}
            changes = {**login, **changes}
        new = {
            **changes,
            **{name: sorted(set(changes.get(name, [])) - set(current[name])) for name in ("roles", "grants")},
        }
        self._write({**new, "account": current["account"]}, "ALTER USER")
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  its name is all it takes
        with self._lock, sentences(self._server, f"dropping account {current['account']}"):
            execute(self._connection, f"DROP USER {sql_name(current['account'])}")

    def _write(self, state: State, verb: str) -> State:
        account = sql_name(state["account"])
        with self._lock, sentences(self._server, f"writing account {state['account']}"):
            if verb == "CREATE USER" and state["account"] in names(self._connection, self._server):
                verb = "ALTER USER"  # made a moment ago, as a role of another account
            options = _options(state)
            if state.get("password"):
                login = " IDENTIFIED BY %s"
                execute(
                    self._connection,
                    f"{verb} {account.replace('%', '%%')}{login}{options.replace('%', '%%')}",
                    (state["password"],),
                )
            elif state.get("plugin"):
                as_hash = f" AS 0x{state['authentication']}" if state["authentication"] else ""
                execute(self._connection, f"{verb} {account} IDENTIFIED WITH '{state['plugin']}'{as_hash}{options}")
            elif options:
                execute(self._connection, f"{verb} {account}{options}")
            for role in state.get("roles", []):
                name, _with, admin = role.partition(" WITH ")
                execute(self._connection, f"CREATE ROLE IF NOT EXISTS {sql_name(name)}")
                execute(self._connection, f"GRANT {sql_name(name)} TO {account}{' WITH ' + admin if admin else ''}")
            for statement in self._scope.statements(state.get("grants", []), account):
                execute(self._connection, statement)
            if state.get("default_roles"):
                listed = ", ".join(sql_name(role) for role in state["default_roles"])
                execute(self._connection, f"ALTER USER {account} DEFAULT ROLE {listed}")
        return {**self.blank, **state}


def accounts(
    source: Server, target: Server, wishes: Wishes, mode: Mode, hide: Callable[[str], None] = lambda _secret: None
) -> Outcome:
    """Outcome.result: {accounts: [...], left_out: [{account, what, reason}]}. `hide` is told each hash that is read."""
    with closing(connect(source)) as here, closing(connect(target)) as there:
        scope = Scope(wishes.schemas, wishes.other_schemas, *(_literal(one) for one in (here, there)))
        with sentences(source, "reading its accounts"):
            chosen, left = _chosen(here, source, target, wishes, scope, hide)
        with sentences(target, "reading what it has"):
            wanted, more = _possible(there, chosen, wishes)
        outcome = ensure(Accounts(target, there, scope, hide), wanted, mode)
    outcome.result["left_out"] = sorted(left + more, key=lambda one: (one["account"], one["what"]))
    outcome.warnings += [f"{one['account']}: {one['what']} is left out, as {one['reason']}" for one in more]
    return outcome


def application(
    connection: Connection, server: Server, other: Server, schemas: Sequence[str], patterns: Sequence[str]
) -> list[str]:
    """Accounts that an application uses these schemas with, as `user@host`; roles, which nobody logs in with, are none.

    Those that fit the patterns, where there are any. Neither the migration's own nor an administrator's.
    """
    wishes = Wishes(tuple(schemas), tuple(patterns))
    scope = Scope(wishes.schemas, wishes.other_schemas, *(_literal(connection),) * 2)
    with sentences(server, "reading its accounts"):
        chosen, _left_out = _chosen(connection, server, other, wishes, scope, lambda _secret: None)
    roles = {role.partition(" WITH ")[0] for state in chosen.values() for role in state["roles"]}
    return sorted(set(chosen) - roles)


def names(connection: Connection, server: Server) -> list[str]:
    """All accounts as `user@host`. Raises when the list may not be read."""
    try:
        return [f"{user}@{host}" for user, host in rows(connection, "SELECT user, host FROM mysql.user ORDER BY 1, 2")]
    except pymysql.MySQLError as error:
        if code_of(error) not in DENIED:
            raise
        raise ReplatformError(
            f"The accounts of {server} cannot be read: {server.username} lacks SELECT on the schema mysql. "
            f"GRANT SELECT ON mysql.* TO {server.username}; or create the accounts by hand.",
            missing="SELECT on mysql.*",
        ) from error


def sql_name(account: str) -> str:
    user, _at, host = account.rpartition("@")
    return f"{quoted(user)}@{quoted(host)}"


def read(connection: Connection, account: str, hide: Callable[[str], None]) -> tuple[State, Held]:
    """How an account logs in, and what it holds."""
    set_session(connection, "print_identified_with_as_hex", "1")
    text = str(rows(connection, f"SHOW CREATE USER {sql_name(account)}")[0][0])
    match = _CREATE.match(text)
    if not match:
        raise ReplatformError("its login is of a kind that is not known here; create it at the target by hand")
    given = match["hash"] or match["native"] or ""
    digest = given[2:].upper() if given.startswith("0x") else given[1:-1].encode().hex().upper()
    if digest:
        hide(digest)
        hide(bytes.fromhex(digest).decode("latin-1"))
    state: State = {"account": account, "plugin": match["plugin"] or NATIVE, "authentication": digest}
    state |= _clauses(match["options"])
    state["default_roles"] = sorted(_roles(state.get("default_roles", "")))
    lines = [str(line) for (line,) in rows(connection, f"SHOW GRANTS FOR {sql_name(account)}")]
    return state, held(lines)


def _clauses(text: str) -> State:
    """The options of SHOW CREATE USER by name, each as it is written after its keyword."""
    marks = [(match.start(), match.end(), match[1]) for match in _CLAUSE.finditer(text) if match[1]]
    ends = [start for start, _end, _word in marks[1:]] + [len(text)]
    return {_CLAUSES[word]: text[end:stop].strip() for (_start, end, word), stop in zip(marks, ends, strict=True)}


def _roles(text: str) -> list[str]:
    return [f"{user}@{host}" for user, host in re.findall(r"`((?:[^`]|``)*)`@`((?:[^`]|``)*)`", text)]


def _options(state: State) -> str:
    """The clauses of CREATE and ALTER USER, in the order that the grammar wants."""
    order = ["require", "limits", "password_expire", "password_history", "password_reuse_interval"]
    order += ["password_require_current", "failed_login_attempts", "password_lock_time", "account_state"]
    order += ["comment", "attribute"]
    words = {name: word for word, name in _CLAUSES.items()}
    return "".join(f" {words[name]} {state[name]}".rstrip() for name in order if name in state and _said(name, state))


def _said(name: str, state: State) -> bool:
    """`PASSWORD EXPIRE` and `PASSWORD REQUIRE CURRENT` say something alone; other clauses need a value."""
    return bool(state[name]) or name in ("password_expire", "password_require_current")


def _literal(connection: Connection) -> bool:
    return variable(connection, "partial_revokes") == "ON"


def _left(account: str, what: str, reason: str) -> dict[str, str]:
    return {"account": account, "what": what, "reason": reason}


def _chosen(
    connection: Connection,
    source: Server,
    target: Server,
    wishes: Wishes,
    scope: Scope,
    hide: Callable[[str], None],
) -> tuple[dict[str, State], list[dict[str, str]]]:
    """The accounts that are wanted, with the roles they need, as they shall be; and what is left out."""
    known = names(connection, source)
    for pattern in wishes.accounts:
        if not any(_fits(name, pattern) for name in known):
            raise ReplatformError(
                f"accounts: {pattern} matches none of the source's {len(known)} accounts; patterns are compared with "
                "user@host, such as shop*@10.%.",
                option="accounts",
                pattern=pattern,
            )
    todo = [name for name in known if not wishes.accounts or any(_fits(name, one) for one in wishes.accounts)]
    ours = {source.username, target.username}
    chosen: dict[str, State] = {}
    left: list[dict[str, str]] = []
    seen = set(todo)
    while todo:
        name = todo.pop()
        user = name.rpartition("@")[0]
        if any(fnmatchcase(user, pattern) for pattern in RESERVED):
            continue
        try:
            state, own = read(connection, name, hide)
        except ReplatformError as error:
            left.append(_left(name, "the account", error.message))
            continue
        if reason := _reason(user, own, ours):
            left.append(_left(name, "the account", reason))
            continue
        kept, lost = scope.rights(own)
        if not kept and not own.roles and not wishes.accounts:
            left.append(_left(name, "the account", "it has no right on the schemas; name it in accounts to copy it"))
            continue
        left += [_left(name, *line.split(": ", 1)) for line in lost]
        chosen[name] = {**state, "roles": sorted(own.roles), "grants": sorted(kept)}
        roles = {role.partition(" WITH ")[0] for role in own.roles} - seen
        seen |= roles
        todo += roles
    for state in chosen.values():  # a role that stays behind cannot be given
        state["roles"] = [role for role in state["roles"] if role.partition(" WITH ")[0] in chosen]
        state["default_roles"] = [role for role in state["default_roles"] if role in chosen]
    return chosen, left


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern if "@" in pattern else f"{pattern}@*")


def _reason(user: str, own: Held, ours: set[str]) -> str:
    if user in ours:
        return "it has the name of an account that the migration itself uses"
    if powers := own.everywhere & ADMINISTERS:
        return f"it is an administrator's ({', '.join(sorted(powers))}); create it at the target by hand"
    if own.everywhere & REPLICATES:
        return "it is a replica's"
    return ""


def _possible(
    connection: Connection, chosen: Mapping[str, State], wishes: Wishes
) -> tuple[list[State], list[dict[str, str]]]:
    """What of it the target can have: its plugins, the tables and routines that are there, what our admin may give."""
    plugins = {name for (name,) in rows(connection, PLUGINS)}
    ours = privileges.read(connection).everywhere
    places = {name for sql in (TABLES, ROUTINES) for (name,) in rows(connection, sql)}
    wanted: list[State] = []
    left: list[dict[str, str]] = []
    for name, state in sorted(chosen.items()):
        grants = []
        for right in state["grants"]:
            what, _on, place = right.partition(" ON ")
            if place == EVERYWHERE and what not in ours:
                left.append(_left(name, right, "the target's admin does not have it, so cannot give it"))
            elif not place.endswith(".*") and place not in places:
                left.append(_left(name, right, f"the target has no {place.lower()} yet; run again after the copy"))
            else:
                grants.append(right)
        item = {**state, "grants": grants}
        if name in wishes.passwords:
            del item["plugin"], item["authentication"]
            item["password"] = wishes.passwords[name]
        elif state["plugin"] not in plugins:
            reason = f"the target does not have {state['plugin']}; give the account a new password with passwords"
            left.append(_left(name, "the account", reason))
            continue
        wanted.append(item)
    return wanted, left
