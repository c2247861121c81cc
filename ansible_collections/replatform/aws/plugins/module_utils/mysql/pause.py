# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps an application from writing to the source, and lets it write again.

What a pause is about to do are its facts, which go to the journal before it is done. From them any other process can
see whether it is done, and undo it: all of it is asked from the server, nothing remembered.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from math import ceil, inf
from typing import Any, ClassVar

from ..errors import ReplatformError
from ..transfer import failpoint
from . import privileges
from .connection import DENIED, Connection, Server, code_of, connect, execute, quoted, rows, sentences, value
from .definition import table_names
from .driver import ER, pymysql
from .locks import DEADLOCK, evict, hold, kill, lock_name
from .transactions import holders, sessions, told

Account = tuple[str, str]
"""User and host, as in mysql.user."""

LOCKED_TABLES = 1192
NO_SUCH_ACCOUNT = 1396
NOT_KNOWN = (ER.PARSE_ERROR, ER.UNKNOWN_SYSTEM_VARIABLE, *DENIED)
NAMELESS = "unauthenticated user"
AGAIN_S = 0.01
RESUME_S = 30.0
SILENCE_S = 600
"""For so long the server keeps a connection that holds table locks and says nothing."""


class Way:
    """One way of pausing. `possible` and `why` are what a probe came to; of one made from facts they say nothing."""

    name: ClassVar[str]
    lasts: ClassVar[bool] = True
    """Whether the pause outlives the process that began it; only then the target may be opened."""
    statement: ClassVar[str]
    """What it takes, in words."""
    possible = False
    why = ""

    def __init__(
        self, server: Server, connection: Connection, schemas: Sequence[str], accounts: Sequence[Account]
    ) -> None:
        self.server, self.connection = server, connection
        self.schemas, self.accounts = tuple(schemas), tuple((user, host) for user, host in accounts)
        self.before: dict[str, Any] = {}

    @property
    def facts(self) -> dict[str, Any]:
        """For the journal, before pause(): what it will do, and what was so already and shall stay."""
        accounts = [list(account) for account in self.accounts]
        return {"way": self.name, "schemas": list(self.schemas), "accounts": accounts, "before": self.before}

    def probe(self) -> None:
        """Sets `possible`, `why` and `before`; writes nothing to the server, nor to its binary log."""
        try:
            self.why = self._probe()
            self.possible = True
        except ReplatformError as error:
            self.why = error.message
        except pymysql.MySQLError as error:
            if code_of(error) not in NOT_KNOWN:
                raise
            self.why = f"{self.statement} was refused ({code_of(error)}): {error.args[1]}."

    @failpoint.around
    def pause(self, deadline_s: float) -> None:
        """Nobody writes any more when this returns.

        Raises, with the source as it was, when that takes longer than `deadline_s`: transactions and locks of others
        are waited for, and their holders are named. Everybody's new statements wait behind us meanwhile.
        """
        thread = self.connection.thread_id()
        try:
            with sentences(self.server, "pausing writes"):
                self._pause(time.monotonic() + deadline_s)
        except BaseException as error:
            if not isinstance(error, ReplatformError) or not self.connection.open:
                # Lost, or interrupted while its statement may still wait for locks at the server.
                self.connection.close()
                self.connection = connect(self.server)
                with sentences(self.server, "ending an interrupted pause"):
                    _end(self.connection, thread)
            self.resume()
            raise

    @failpoint.around
    def resume(self) -> None:
        """The source is as it was before pause(); does nothing more when it is already."""
        with sentences(self.server, "letting the application write again"):
            self._resume()

    def ease(self) -> None:
        """Lets our own admin write again, and nobody else, where the pause keeps even that out."""

    def paused(self) -> bool:
        """Whether the server says that all of the pause holds."""
        with sentences(self.server, "looking whether writes are paused"):
            return self._paused()

    def _probe(self) -> str:
        """Why it is possible, or ReplatformError with why not."""
        raise NotImplementedError

    def _pause(self, deadline: float) -> None:
        raise NotImplementedError

    def _resume(self) -> None:
        raise NotImplementedError

    def _paused(self) -> bool:
        raise NotImplementedError

    def _waiting(self, deadline: float, statement: str) -> None:
        if not _patiently(self.connection, statement, deadline):
            raise self._late()

    def _late(self) -> ReplatformError:
        found = holders(self.connection, self.schemas)
        return ReplatformError(
            f"Writes at the source could not be paused in time by {self.name}: "
            + (told(found) or "nobody is seen who holds a transaction or a lock")
            + ". The source takes writes as before; end these transactions and run again.",
            code="PauseTimeout",
            holders=found,
        )


class SuperReadOnly(Way):
    """The whole server takes writes of nobody but replication. Gone when the server restarts."""

    name = "super_read_only"
    statement = "SET GLOBAL super_read_only"
    _VARIABLES = ("read_only", "super_read_only")

    def _probe(self) -> str:
        execute(self.connection, "SET GLOBAL super_read_only = @@GLOBAL.super_read_only")
        self.before = {name: int(value(self.connection, f"SELECT @@GLOBAL.{name}")) for name in self._VARIABLES}
        return "The server let us set super_read_only to what it is."

    def _pause(self, deadline: float) -> None:
        self._waiting(deadline, "SET GLOBAL super_read_only = 1")

    def _resume(self) -> None:
        for name in reversed(self._VARIABLES):
            wanted = self.before[name]
            if value(self.connection, f"SELECT @@GLOBAL.{name}") != wanted:
                execute(self.connection, f"SET GLOBAL {name} = {wanted}")

    def ease(self) -> None:
        with sentences(self.server, "letting our own account write"):
            execute(self.connection, "SET GLOBAL super_read_only = 0")  # read_only stays, which SUPER alone passes

    def _paused(self) -> bool:
        return bool(value(self.connection, "SELECT @@GLOBAL.super_read_only"))


class ReadOnlySchemas(Way):
    """The schemas take writes of nobody but replication. Replicated to the target: see undo_at_target()."""

    name = "read_only_schemas"
    statement = "ALTER DATABASE ... READ ONLY (8.0.22 and later)"

    def _probe(self) -> str:
        """The server answers whether we may before it answers that a session with locked tables cannot."""
        tables = [
            f"{quoted(schema)}.{quoted(name)}"
            for schema in self.schemas
            for name in table_names(self.connection, schema)
        ]
        for table in ("performance_schema.threads", *tables[:1]):
            try:
                execute(self.connection, "SET SESSION lock_wait_timeout = 1")
                execute(self.connection, f"LOCK TABLES {table} READ")
            except pymysql.MySQLError as error:
                if code_of(error) not in (*DENIED, ER.LOCK_WAIT_TIMEOUT, ER.NO_SUCH_TABLE):
                    raise
                continue
            try:
                for schema in self.schemas:
                    self._try(schema)
            finally:
                execute(self.connection, "UNLOCK TABLES")
            self.before = {"read_only": sorted(_read_only(self.connection))}
            return "The server would let us, were no table locked."
        raise ReplatformError("It cannot be tried without a right to LOCK TABLES; grant LOCK TABLES and run again.")

    def _try(self, schema: str) -> None:
        try:
            execute(self.connection, f"ALTER DATABASE {quoted(schema)} READ ONLY = 1")
        except pymysql.MySQLError as error:
            if code_of(error) != LOCKED_TABLES:
                raise

    def _pause(self, deadline: float) -> None:
        for schema in sorted(set(self.schemas) - _read_only(self.connection)):
            self._waiting(deadline, f"ALTER DATABASE {quoted(schema)} READ ONLY = 1")
            failpoint.hit("within:pause")

    def _resume(self) -> None:
        _writable(self.connection, set(self.schemas) - set(self.before["read_only"]))

    def _paused(self) -> bool:
        return set(self.schemas) <= _read_only(self.connection)


class LockedAccounts(Way):
    """The application's accounts cannot log in, and no session of theirs is left."""

    name = "locked_accounts"
    statement = "ALTER USER ... ACCOUNT LOCK"
    guarded = False
    """Whether another way keeps events from writing, which go on when their account is locked."""

    def _probe(self) -> str:
        if not self.accounts:
            raise ReplatformError("No account of the application is named; name them.")
        ours = str(value(self.connection, "SELECT CURRENT_USER()")).rpartition("@")[0]
        if ours in self._users:
            raise ReplatformError(f"{ours} is our own account too; give us or the application another one.")
        try:  # an account that nobody has: whoever may is told so, and nothing is written
            execute(self.connection, "ALTER USER %s@'%%' ACCOUNT LOCK", (f"probe-{secrets.token_hex(8)}",))
        except pymysql.MySQLError as error:
            if code_of(error) != NO_SUCH_ACCOUNT:
                raise
        held = privileges.read(self.connection)
        for any_of, purpose in ((("PROCESS",), "see"), (("CONNECTION_ADMIN", "SUPER"), "end")):
            if all(held.missing("", {one}) for one in any_of):
                raise ReplatformError(
                    f"Without {any_of[0]} we may not {purpose} sessions of others, which go on after their account is "
                    f"locked; grant {any_of[0]} on *.* to {self.server.username}."
                )
        if not self.guarded and (running := self._events()):
            raise ReplatformError(
                f"A locked account's events run on: {', '.join(running)}; disable them, as the target's are."
            )
        state = self._locked()
        self.before = {"locked": sorted(list(account) for account, locked in state.items() if locked)}
        if lacking := sorted(f"{user}@{host}" for user, host in set(self.accounts) - set(state)):
            raise ReplatformError(f"The source has no account {', '.join(lacking)}; correct their names.")
        return "The server let us try ACCOUNT LOCK, and our grants let us end sessions of others."

    @property
    def _users(self) -> set[str]:
        return {user for user, _host in self.accounts}

    def _events(self) -> list[str]:
        if str(value(self.connection, "SELECT @@GLOBAL.event_scheduler")).upper() not in ("ON", "1"):
            return []
        sql = "SELECT event_schema, event_name FROM information_schema.events WHERE status = 'ENABLED'"
        return [f"{schema}.{name}" for schema, name in rows(self.connection, sql) if schema in self.schemas]

    def _locked(self) -> dict[Account, bool]:
        """Accounts of the application's users, and whether each is locked."""
        return {account: locked for account, locked in _locked(self.connection).items() if account in self.accounts}

    def _pause(self, deadline: float) -> None:
        _lock(self.connection, [account for account, locked in self._locked().items() if not locked], "LOCK")
        failpoint.hit("within:pause")
        # One that is logging in may have passed the lock's check: it counts until it has a name or is gone.
        nameless = {session for session in self._sessions() if session[1] == NAMELESS}
        while ours := [
            number for number, user in self._sessions() if user in self._users or (number, user) in nameless
        ]:
            if time.monotonic() > deadline:
                raise self._late()
            for number in ours:
                kill(self.connection, number)
            time.sleep(AGAIN_S)

    def _sessions(self) -> list[tuple[int, str]]:
        return [(int(row["id"]), str(row["user"])) for row in sessions(self.connection)]

    def _resume(self) -> None:
        kept = {tuple(account) for account in self.before["locked"]}
        _lock(self.connection, [a for a, locked in self._locked().items() if locked and a not in kept], "UNLOCK")

    def _paused(self) -> bool:
        state = self._locked()
        return (
            set(state) == set(self.accounts)
            and all(state.values())
            and not any(user in self._users for _number, user in self._sessions())
        )


class LockedTables(Way):
    """The schemas' tables are locked for as long as our connection lives: the last resort."""

    name = "locked_tables"
    statement = "LOCK TABLES ... READ"
    lasts = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._holder: Connection | None = None

    def _probe(self) -> str:
        held = privileges.read(self.connection)
        for schema in self.schemas:
            if missing := held.missing(schema, {"LOCK TABLES", "SELECT"}):
                raise ReplatformError(
                    f"{' and '.join(sorted(missing))} on {schema} is missing; grant it to {self.server.username}."
                )
        return "Our grants have LOCK TABLES and SELECT; it ends with our connection, so the target cannot be opened."

    def _lock_names(self) -> tuple[str, str]:
        """Held by the connection from its beginning, and from the moment on at which it has all tables."""
        return lock_name("locking", *self.schemas), lock_name("locked", *self.schemas)

    def _pause(self, deadline: float) -> None:
        locking, locked = self._lock_names()
        evict(self.connection, locking)
        self._holder = holder = connect(self.server, settings={"wait_timeout": str(SILENCE_S)})
        hold(holder, locking)
        tables = [
            f"{quoted(schema)}.{quoted(name)} READ"
            for schema in self.schemas
            for name in table_names(self.connection, schema)
        ]
        ours, self.connection = self.connection, holder
        try:
            if tables:
                self._waiting(deadline, f"LOCK TABLES {', '.join(tables)}")
        finally:
            self.connection = ours
        hold(holder, locked)

    def _resume(self) -> None:
        evict(self.connection, self._lock_names()[0])
        if self._holder:
            self._holder.close()
            self._holder = None

    def _paused(self) -> bool:
        return value(self.connection, "SELECT IS_USED_LOCK(%s)", (self._lock_names()[1],)) is not None


class Several(Way):
    """Ways one after the other, ended in the opposite order."""

    name = "several"
    statement = "several ways"

    def __init__(self, ways: Sequence[Way]) -> None:
        first = ways[0]
        super().__init__(first.server, first.connection, first.schemas, first.accounts)
        self.ways = list(ways)

    @property
    def facts(self) -> dict[str, Any]:
        return {"way": self.name, "ways": [way.facts for way in self.ways]}

    def ease(self) -> None:
        for way in self.ways:
            way.ease()

    def _pause(self, deadline: float) -> None:
        for way in self.ways:
            way.connection = self.connection
            way.pause(max(0.0, deadline - time.monotonic()))

    def _resume(self) -> None:
        for way in reversed(self.ways):
            way.connection = self.connection
            way.resume()

    def _paused(self) -> bool:
        return all(way.paused() for way in self.ways)


WAYS: tuple[type[Way], ...] = (SuperReadOnly, ReadOnlySchemas, LockedAccounts, LockedTables)
"""The best first. A lock of accounts alone is none: sessions that are open go on writing."""


def ways(server: Server, connection: Connection, schemas: Sequence[str], accounts: Sequence[Account]) -> list[Way]:
    """Every way of pausing writes to the schemas, the best first, each probed."""
    found = [way(server, connection, schemas, accounts) for way in WAYS]
    with sentences(server, "probing how its writes can be paused"):
        for way in found:
            way.probe()
    return found


def best(found: Sequence[Way]) -> Way:
    """The first that is possible. Raises one sentence with what stands in the way of each."""
    for way in found:
        if way.possible:
            return way
    raise ReplatformError(
        "Writes at the source cannot be paused by any way. " + " ".join(f"{way.name}: {way.why}" for way in found),
        code="NoPause",
        ways={way.name: way.why for way in found},
    )


def way_of(server: Server, connection: Connection, facts: dict[str, Any]) -> Way:
    """The pause that these facts of a journal tell of, begun by whatever process."""
    if facts.get("way") == Several.name:
        return Several([way_of(server, connection, each) for each in facts["ways"]])
    for kind in WAYS:
        if kind.name == facts.get("way"):
            way = kind(server, connection, facts["schemas"], facts["accounts"])
            way.before = facts["before"]
            return way
    raise ReplatformError(
        f"The journal tells of a pause by {facts.get('way')}, which this version does not know; use the one that made "
        "it.",
        way=facts.get("way"),
    )


def unlock(server: Server, connection: Connection, accounts: Iterable[Account]) -> list[str]:
    """Lets these accounts log in; returns those that could not before, as `user@host`."""
    with sentences(server, "unlocking the application's accounts"):
        wanted = set(accounts)
        locked = [account for account, state in _locked(connection).items() if state and account in wanted]
        _lock(connection, locked, "UNLOCK")
    return [f"{user}@{host}" for user, host in locked]


def writable(server: Server, connection: Connection, schemas: Iterable[str]) -> list[str]:
    """Lifts READ ONLY from these schemas; returns those that had it. A server of before 8.0.22 has none."""
    try:
        with sentences(server, "making its schemas writable"):
            return _writable(connection, schemas)
    except ReplatformError as error:
        if error.code != str(ER.UNKNOWN_TABLE):
            raise
        return []


def _read_only(connection: Connection) -> set[str]:
    """Names of all schemas that are read-only."""
    sql = "SELECT schema_name FROM information_schema.schemata_extensions WHERE options LIKE '%READ ONLY=1%'"
    return {name for (name,) in rows(connection, sql)}


def _writable(connection: Connection, schemas: Iterable[str]) -> list[str]:
    """Those of the schemas that were read-only and no longer are. Whoever reads from one holds this up, as any lock."""
    found = sorted(_read_only(connection) & set(schemas))
    deadline = time.monotonic() + RESUME_S
    for schema in found:
        if not _patiently(connection, f"ALTER DATABASE {quoted(schema)} READ ONLY = 0", deadline, step_s=1):
            holding = holders(connection, found)
            raise ReplatformError(
                f"Schema {schema} is still read-only, as its tables are in use: {told(holding) or 'nobody is seen'}. "
                "End these transactions and run again.",
                code="ResumeTimeout",
                holders=holding,
            )
    return found


def _patiently(connection: Connection, statement: str, deadline: float, step_s: float = inf) -> bool:
    """Whether a statement got its locks before the deadline. After each `step_s` those that wait behind it go first."""
    while (left_s := deadline - time.monotonic()) > 0:
        execute(connection, f"SET SESSION lock_wait_timeout = {ceil(min(left_s, step_s))}")
        try:
            execute(connection, statement)
        except pymysql.MySQLError as error:
            if code_of(error) not in (ER.LOCK_WAIT_TIMEOUT, DEADLOCK):
                raise
        else:
            return True
    return False


def _locked(connection: Connection) -> dict[Account, bool]:
    sql = "SELECT user, host, account_locked FROM mysql.user"
    return {(user, host): locked == "Y" for user, host, locked in rows(connection, sql)}


def _lock(connection: Connection, accounts: Sequence[Account], word: str) -> None:
    if accounts:
        marks = ", ".join(["%s@%s"] * len(accounts))
        execute(connection, f"ALTER USER {marks} ACCOUNT {word}", [part for account in accounts for part in account])


def _end(connection: Connection, thread: int) -> None:
    """Ends one of our own connections and waits until it is gone."""
    while any(row["id"] == thread for row in sessions(connection)):
        kill(connection, thread)
        time.sleep(AGAIN_S)
