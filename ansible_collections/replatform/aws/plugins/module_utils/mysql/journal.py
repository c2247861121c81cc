# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a migration: a schema of our own at the target MySQL server."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from ..errors import ReplatformError
from ..transfer import failpoint
from ..transfer.model import (
    COPIED,
    COPY,
    COPYING,
    DIFFERS,
    PLANNED,
    SEAL,
    VERIFIED,
    Claim,
    FencedOut,
    Group,
    RunActive,
    Unit,
)
from ..transfer.store import Tally
from .connection import Connection, Server, connect, dicts, execute, quoted, rows, sentences, value
from .driver import pymysql
from .locks import evict, hold, lock_name

FORMAT = 1
FOLLOWING_PHASES = ("following", "verifying", "verified")
OPENING, SWITCHED, RETURNING, COMPLETED = "opening", "switched", "returning", "completed"
SWITCHED_PHASES = (OPENING, SWITCHED, RETURNING, COMPLETED)
"""The application writes to the target, or is about to: nothing may be copied there any more."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS {schema}.migration (
        name VARCHAR(190) NOT NULL PRIMARY KEY,
        format INT NOT NULL,
        source VARCHAR(255) NOT NULL,
        phase VARCHAR(16) NOT NULL,
        epoch BIGINT NOT NULL,
        owner VARCHAR(255) NOT NULL,
        lease_until DATETIME(6) NULL,
        position LONGTEXT NOT NULL,
        position_epoch BIGINT NOT NULL,
        facts LONGTEXT NOT NULL,
        started DATETIME(6) NOT NULL,
        updated DATETIME(6) NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin""",
    """CREATE TABLE IF NOT EXISTS {schema}.unit_group (
        migration VARCHAR(190) NOT NULL,
        name VARCHAR(190) NOT NULL,
        fingerprint CHAR(64) NOT NULL,
        definition LONGTEXT NOT NULL,
        PRIMARY KEY (migration, name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin""",
    """CREATE TABLE IF NOT EXISTS {schema}.unit (
        migration VARCHAR(190) NOT NULL,
        id VARCHAR(255) NOT NULL,
        unit_group VARCHAR(190) NOT NULL,
        stage VARCHAR(8) NOT NULL,
        bounds LONGTEXT NOT NULL,
        size BIGINT NOT NULL,
        state VARCHAR(16) NOT NULL,
        epoch BIGINT NOT NULL,
        run BIGINT NOT NULL,
        owner VARCHAR(64) NOT NULL,
        lease_until DATETIME(6) NULL,
        row_count BIGINT NOT NULL,
        byte_count BIGINT NOT NULL,
        facts LONGTEXT NOT NULL,
        PRIMARY KEY (migration, id),
        KEY claim (migration, run, size),
        KEY unit_group (migration, unit_group, stage, run)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin""",
)


@dataclass
class State:
    """A migration as the journal has it. `position` is that of the snapshot the rows come from."""

    name: str
    format: int
    source: str
    phase: str
    epoch: int
    owner: str
    lives: bool
    position: dict[str, Any]
    facts: dict[str, Any]
    started: str
    updated: str
    tables: list[dict[str, Any]] = field(default_factory=list)

    @property
    def follows(self) -> bool:
        """Whether the target is a replica of the source, or shall be: rows come by replication, not by copying."""
        return bool(self.facts.get("follow")) and self.phase in FOLLOWING_PHASES


def same_position(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether nothing was committed between two positions; False where the source cannot tell (no binary log)."""
    if one.get("gtid_executed") or other.get("gtid_executed"):
        return bool(one.get("gtid_executed") == other.get("gtid_executed"))
    here = (one.get("server"), one.get("file"), one.get("position"))
    return bool(one.get("file")) and here == (other.get("server"), other.get("file"), other.get("position"))


class MysqlJournal:
    """See transfer.store.Journal. Uses one connection, from any thread; the target's clock decides on leases.

    `epoch` is the run's: 0 until take() has given one. After `silence_s` without a word the server ends the connection:
    a process that was stopped in the middle of a claim must not keep its locks. 0 is the server's usual patience.
    """

    def __init__(self, server: Server, schema: str, name: str, epoch: int = 0, *, silence_s: float = 0) -> None:
        self.server, self.schema, self.name, self.epoch = server, schema, name, epoch
        self._silence_s = silence_s
        self._lock = threading.RLock()
        self._opened: Connection | None = None

    # What is there

    def exists(self) -> bool:
        """Whether the schema is there, ours and whole. Raises when something else has its name."""
        with self._lock, self._sentences():
            names = {
                name
                for (name,) in rows(
                    self._connection,
                    "SELECT table_name FROM information_schema.tables WHERE table_schema = %s",
                    (self.schema,),
                )
            }
        ours = {"migration", "unit_group", "unit"}
        if not names <= ours and not ours <= names:
            raise ReplatformError(
                f"The target already has a schema {self.schema} that is not Replatform's journal; "
                "give the journal another name with journal_schema."
            )
        return ours <= names  # less of it is what a killed run left: prepare() makes the rest

    def find(self) -> State | None:
        """The migration's state, or None. Raises when a newer version wrote it."""
        if not self.exists():
            return None
        with self._lock, self._sentences():
            found = dicts(
                self._connection,
                f"SELECT *, lease_until > NOW(6) AS lives FROM {quoted(self.schema)}.migration WHERE name = %s",
                (self.name,),
            )
        if not found:
            return None
        row = found[0]
        if row["format"] > FORMAT:
            raise ReplatformError(
                f"The journal of migration {self.name} was written by a newer Replatform (format {row['format']}, this "
                f"one knows {FORMAT}); use that version.",
                format=row["format"],
            )
        return State(
            name=row["name"],
            format=row["format"],
            source=row["source"],
            phase=row["phase"],
            epoch=row["epoch"],
            owner=row["owner"],
            lives=bool(row["lives"]),
            position=json.loads(row["position"]),
            facts=json.loads(row["facts"]),
            started=str(row["started"]),
            updated=str(row["updated"]),
        )

    def found(self) -> State:
        """The state of a migration that this run has taken."""
        state = self.find()
        if not state:
            raise self._fenced()
        return state

    def groups(self) -> dict[str, Group]:
        with self._lock, self._sentences():
            found = self._rows("SELECT name, fingerprint, definition FROM {schema}.unit_group WHERE migration = %s")
        return {name: Group(name, fingerprint, json.loads(definition)) for name, fingerprint, definition in found}

    def tables(self) -> list[dict[str, Any]]:
        """Units, rows and bytes of every group, by name: {name, units, units_done, rows, bytes, differing}."""
        with self._lock, self._sentences():
            found = dicts(
                self._connection,
                f"SELECT unit_group AS name, SUM(stage = 'rows') AS units, SUM(row_count) AS n,"
                f" SUM(stage = 'rows' AND state IN ('{COPIED}', '{VERIFIED}', '{DIFFERS}')) AS units_done,"
                f" SUM(byte_count) AS bytes, SUM(state = '{DIFFERS}') AS differing"
                f" FROM {quoted(self.schema)}.unit WHERE migration = %s GROUP BY unit_group ORDER BY unit_group",
                (self.name,),
            )
        return [
            {
                "name": row["name"],
                "units": int(row["units"]),
                "units_done": int(row["units_done"]),
                "rows": int(row["n"]),
                "bytes": int(row["bytes"]),
                "differing": int(row["differing"]),
            }
            for row in found
        ]

    def differing(self) -> list[tuple[Unit, dict[str, Any]]]:
        """Units that the last verify found different, with both digests."""
        with self._lock, self._sentences():
            found = self._rows(
                "SELECT id, unit_group, stage, bounds, size, facts FROM {schema}.unit"
                f" WHERE migration = %s AND state = '{DIFFERS}' ORDER BY id"
            )
        return [
            (Unit(name, group, stage, json.loads(bounds), size), json.loads(facts))
            for name, group, stage, bounds, size, facts in found
        ]

    def tally(self) -> Tally:
        with self._lock, self._sentences():
            done, total, size_done, size = self._rows(
                "SELECT SUM(run = %s), COUNT(*), SUM(IF(run = %s, size, 0)), SUM(size)"
                " FROM {schema}.unit WHERE migration = %s",
                (self.epoch, self.epoch),
            )[0]
        return Tally(int(done or 0), int(total or 0), int(size_done or 0), int(size or 0))

    # A run

    @failpoint.around
    def prepare(self) -> None:
        """Makes the journal's schema and tables where they are missing."""
        if self.exists():
            return
        with self._lock, self._sentences():
            execute(self._connection, f"CREATE SCHEMA IF NOT EXISTS {quoted(self.schema)} DEFAULT CHARSET utf8mb4")
            for table in _TABLES:
                execute(self._connection, table.format(schema=quoted(self.schema)))

    @failpoint.around
    def take(self, *, source: str, lease_s: float) -> int:
        state = self.find()
        with self._lock, self._sentences():
            connection = self._connection
            lock = lock_name(self.schema, self.name)
            if not hold(connection, lock):
                if state and state.lives:
                    raise RunActive(
                        f"Migration {self.name} is being run by {state.owner}; wait for it or end it first.",
                        owner=state.owner,
                    )
                evict(connection, lock)  # its lease ran out: it is stopped or cut off, and fenced from here on
                if not hold(connection, lock):
                    raise RunActive(f"Another run of migration {self.name} has just started; let it work.")
            for (owner,) in self._rows("SELECT DISTINCT owner FROM {schema}.unit WHERE migration = %s AND owner <> ''"):
                evict(connection, lock_name(owner))
            with self._transaction():
                self._execute(
                    "INSERT INTO {schema}.migration (name, format, source, phase, epoch, owner, lease_until, position,"
                    " position_epoch, facts, started, updated)"
                    " VALUES (%s, %s, %s, 'copying', 1, %s, NOW(6) + INTERVAL %s SECOND, '{{}}', 0, '{{}}', NOW(6),"
                    " NOW(6)) ON DUPLICATE KEY UPDATE epoch = epoch + 1, owner = VALUES(owner),"
                    " lease_until = VALUES(lease_until), updated = NOW(6)",
                    (self.name, FORMAT, source, _owner(), lease_s),
                )
                self._execute(
                    "UPDATE {schema}.unit SET owner = '', lease_until = NULL WHERE migration = %s AND owner <> ''",
                    (self.name,),
                )
            self.epoch = int(self._rows("SELECT epoch FROM {schema}.migration WHERE name = %s")[0][0])
            self._lease_s = lease_s
        return self.epoch

    @failpoint.around
    def renew_run(self) -> None:
        with self._lock, self._sentences():
            self._owned("lease_until = NOW(6) + INTERVAL %s SECOND", (self._lease_s,))

    @failpoint.around
    def plan(self, groups: Iterable[tuple[Group, list[Unit]]]) -> None:
        with self._lock, self._sentences(), self._transaction():
            self._fence()
            known = dict(self._rows("SELECT name, fingerprint FROM {schema}.unit_group WHERE migration = %s"))
            for group, units in groups:
                if known.get(group.name) == group.fingerprint:
                    continue
                self._forget(group.name)
                self._execute(
                    "INSERT INTO {schema}.unit_group (migration, name, fingerprint, definition)"
                    " VALUES (%s, %s, %s, %s)",
                    (self.name, group.name, group.fingerprint, json.dumps(group.definition)),
                )
                with self._connection.cursor() as cursor:
                    cursor.executemany(
                        f"INSERT INTO {quoted(self.schema)}.unit (migration, id, unit_group, stage, bounds, size,"
                        " state, epoch, run, owner, row_count, byte_count, facts)"
                        f" VALUES (%s, %s, %s, %s, %s, %s, '{PLANNED}', 0, 0, '', 0, 0, '{{}}')",
                        [(self.name, u.id, u.group, u.stage, json.dumps(u.bounds), u.size) for u in units],
                    )

    @failpoint.around
    def forget(self, group: str) -> None:
        """Takes a group out of the migration; what the target has of it stays."""
        with self._lock, self._sentences(), self._transaction():
            self._fence()
            self._forget(group)

    @failpoint.around
    def begin(self, task: str, position: dict[str, Any]) -> None:
        with self._lock, self._sentences(), self._transaction():
            self._fence()
            old, old_epoch = self._rows("SELECT position, position_epoch FROM {schema}.migration WHERE name = %s")[0]
            if task == COPY:
                same = same_position(json.loads(old), position)
                self._owned(
                    "phase = 'copying', position = %s, position_epoch = %s",
                    (json.dumps(position), old_epoch if same else self.epoch),
                )
                if same:
                    self._execute(
                        "UPDATE {schema}.unit SET run = %s WHERE migration = %s AND run >= %s"
                        f" AND state IN ('{COPIED}', '{VERIFIED}')",
                        (self.epoch, self.name, old_epoch),
                    )
            else:
                self._owned("phase = 'verifying'", ())
                self._execute(
                    f"UPDATE {{schema}}.unit SET run = %s WHERE migration = %s AND stage = '{SEAL}'",
                    (self.epoch, self.name),
                )

    @failpoint.around
    def finish(self, phase: str, facts: dict[str, Any]) -> None:
        """Records what the run came to; `facts` are added to those of earlier phases."""
        with self._lock, self._sentences(), self._transaction():
            self._fence()
            self._owned("phase = %s, facts = %s, lease_until = NULL", (phase, self._with(facts)))

    @failpoint.around
    def note(self, facts: dict[str, Any]) -> None:
        """Adds facts in the middle of a run, before what they announce is done."""
        with self._lock, self._sentences(), self._transaction():
            self._fence()
            self._owned("facts = %s", (self._with(facts),))

    @failpoint.around
    def enter(self, phase: str, facts: dict[str, Any]) -> None:
        """Another phase in the middle of a run, which goes on."""
        with self._lock, self._sentences(), self._transaction():
            self._fence()
            self._owned("phase = %s, facts = %s", (phase, self._with(facts)))

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Not even the lease is renewed meanwhile, so that the target's position stands still."""
        with self._lock:
            yield

    def mirror(self, connection: Connection, server: Server) -> None:
        """Gives another server the migration's row, which it will take the changes of as a replica of the target."""
        with self._lock, self._sentences():
            found = dicts(
                self._connection, f"SELECT * FROM {quoted(self.schema)}.migration WHERE name = %s", (self.name,)
            )
        with sentences(server, "preparing it to take the journal's changes"):
            execute(connection, f"CREATE SCHEMA IF NOT EXISTS {quoted(self.schema)} DEFAULT CHARSET utf8mb4")
            for table in _TABLES:
                execute(connection, table.format(schema=quoted(self.schema)))
            columns = ", ".join(map(quoted, found[0]))
            marks = ", ".join(["%s"] * len(found[0]))
            sql = f"REPLACE INTO {quoted(self.schema)}.migration ({columns}) VALUES ({marks})"
            execute(connection, sql, tuple(found[0].values()))

    # Units

    @failpoint.around
    def claim(self, owner: str, lease_s: float) -> Claim | None:
        with self._lock, self._sentences(), self._transaction():
            self._fence(share=True)
            found = self._rows(
                "SELECT id, unit_group, stage, bounds, size, state, epoch, owner FROM {schema}.unit u"
                " WHERE migration = %s AND run < %s AND (owner = '' OR lease_until < NOW(6))"
                f" AND (stage <> '{SEAL}' OR NOT EXISTS (SELECT 1 FROM {{schema}}.unit r"
                " WHERE r.migration = u.migration AND r.unit_group = u.unit_group"
                f" AND r.stage <> '{SEAL}' AND r.run < %s))"
                f" ORDER BY stage = '{SEAL}' DESC, size DESC, id LIMIT 1 FOR UPDATE OF u SKIP LOCKED",
                (self.epoch, self.epoch),
                first=self.name,
            )
            if not found:
                return None
            name, group, stage, bounds, size, state, epoch, previous = found[0]
            self._execute(
                "UPDATE {schema}.unit SET owner = %s, epoch = epoch + 1, lease_until = NOW(6) + INTERVAL %s SECOND,"
                f" state = IF(state = '{PLANNED}', '{COPYING}', state) WHERE migration = %s AND id = %s",
                (owner, lease_s, self.name, name),
            )
            failpoint.hit("within:claim")
        return Claim(Unit(name, group, stage, json.loads(bounds), size), epoch + 1, state, owner, previous)

    @failpoint.around
    def renew(self, claim: Claim, lease_s: float) -> None:
        with self._lock, self._sentences():
            self._execute(
                "UPDATE {schema}.unit SET lease_until = NOW(6) + INTERVAL %s SECOND"
                " WHERE migration = %s AND id = %s AND epoch = %s AND owner = %s",
                (lease_s, self.name, claim.unit.id, claim.epoch, claim.owner),
            )

    @failpoint.around
    def finished(self, claim: Claim, state: str, **facts: Any) -> None:
        with self._lock, self._sentences():
            self.record(self._connection, claim, state, facts=facts)

    @failpoint.around
    def dirty(self, connection: Connection, claim: Claim) -> None:
        """Says, before a write that cannot roll back as a whole, that the unit is half done from here on."""
        self._mark(connection, claim, f"state = '{COPYING}'", ())

    def record(
        self,
        connection: Connection,
        claim: Claim,
        state: str,
        *,
        written: tuple[int, int] | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        """Marks a unit finished on the connection, and so in the transaction, that wrote its rows."""
        changes = "state = %s, run = %s, owner = '', lease_until = NULL, facts = %s"
        values: list[Any] = [state, self.epoch, json.dumps(facts or {})]
        if written:
            changes += ", row_count = %s, byte_count = %s"
            values += written
        self._mark(connection, claim, changes, values)

    def _mark(self, connection: Connection, claim: Claim, changes: str, values: Sequence[Any]) -> None:
        touched = execute(
            connection,
            f"UPDATE {quoted(self.schema)}.unit SET {changes}"
            " WHERE migration = %s AND id = %s AND epoch = %s AND owner = %s",
            (*values, self.name, claim.unit.id, claim.epoch, claim.owner),
        )
        if not touched:  # which may also mean that it changed nothing
            self._holding(connection, claim)

    def holding(self, claim: Claim) -> None:
        """Raises FencedOut when the claim is no longer the newest one."""
        with self._lock, self._sentences():
            self._holding(self._connection, claim)

    def _holding(self, connection: Connection, claim: Claim) -> None:
        if not value(
            connection,
            f"SELECT COUNT(*) FROM {quoted(self.schema)}.unit"
            " WHERE migration = %s AND id = %s AND epoch = %s AND owner = %s FOR UPDATE",
            (self.name, claim.unit.id, claim.epoch, claim.owner),
        ):
            raise FencedOut(f"{claim.unit.id} was taken over by another worker; this one's rows were not committed.")

    @failpoint.around
    def release(self, owner: str) -> None:
        with self._lock, self._sentences():
            self._execute(
                "UPDATE {schema}.unit SET owner = '', lease_until = NULL WHERE migration = %s AND owner = %s",
                (self.name, owner),
            )

    def close(self) -> None:
        with self._lock:
            if self._opened and self._opened.open:
                self._opened.close()

    # Plumbing

    @property
    def _connection(self) -> Connection:
        if self._opened is None:
            # READ COMMITTED: no gap locks between workers that claim side by side.
            patience_s = max(60, ceil(2 * self._silence_s))
            settings = {"transaction_isolation": "'READ-COMMITTED'", "innodb_lock_wait_timeout": str(patience_s)}
            if self._silence_s:
                settings["wait_timeout"] = str(ceil(self._silence_s))
            self._opened = connect(self.server, settings=settings)
        return self._opened

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            with sentences(self.server, "keeping the journal"):
                yield
        except ReplatformError:
            if self.epoch and self._opened is not None and not self._opened.open:
                self._explain_loss()
            raise

    def _explain_loss(self) -> None:
        """Raises FencedOut when the target lives and ended our connection alone; asked on a new one."""
        try:
            with closing(connect(self.server)) as fresh:
                sql = f"SELECT epoch FROM {quoted(self.schema)}.migration WHERE name = %s"
                epoch = value(fresh, sql, (self.name,))
        except (ReplatformError, pymysql.MySQLError):
            return
        if epoch != self.epoch:
            raise self._fenced() from None
        if self._silence_s:
            raise FencedOut(
                f"A worker was stopped or cut off for longer than {self._silence_s:.0f} s and the target ended its "
                "connection; it wrote nothing more. Run the same command again: it continues from here."
            ) from None

    def _with(self, facts: dict[str, Any]) -> str:
        old = json.loads(self._rows("SELECT facts FROM {schema}.migration WHERE name = %s")[0][0])
        return json.dumps({**old, **facts})

    def _rows(self, sql: str, parameters: Sequence[Any] = (), *, first: str | None = None) -> list[tuple[Any, ...]]:
        """The migration's name is the last parameter, or the first where that is given."""
        ordered = (first, *parameters) if first else (*parameters, self.name)
        return rows(self._connection, sql.format(schema=quoted(self.schema)), ordered)

    def _execute(self, sql: str, parameters: Sequence[Any]) -> int:
        return execute(self._connection, sql.format(schema=quoted(self.schema)), parameters)

    def _owned(self, changes: str, values: Sequence[Any]) -> None:
        touched = execute(
            self._connection,
            f"UPDATE {quoted(self.schema)}.migration SET {changes}, updated = NOW(6) WHERE name = %s AND epoch = %s",
            (*values, self.name, self.epoch),
        )
        if not touched:
            raise self._fenced()

    def _fence(self, *, share: bool = False) -> None:
        """Holds the migration's row until the transaction ends. Raises FencedOut when another run has it."""
        clause = "FOR SHARE" if share else "FOR UPDATE"
        if self._rows(f"SELECT epoch FROM {{schema}}.migration WHERE name = %s {clause}") != [(self.epoch,)]:
            raise self._fenced()

    def _fenced(self) -> FencedOut:
        return FencedOut(
            f"Another run has taken migration {self.name} over; this one wrote nothing more. Let the other one work."
        )

    def _forget(self, group: str) -> None:
        self._execute("DELETE FROM {schema}.unit WHERE migration = %s AND unit_group = %s", (self.name, group))
        self._execute("DELETE FROM {schema}.unit_group WHERE migration = %s AND name = %s", (self.name, group))

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)


class _Transaction:
    """BEGIN ... COMMIT, or ROLLBACK when the block raises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.begin()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._connection.commit()
        elif self._connection.open:
            try:
                self._connection.rollback()
            except pymysql.MySQLError:
                self._connection.close()  # lost: the server rolls back by itself


def _owner() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"
