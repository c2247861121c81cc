# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies the target's row changes to the source as an ordinary client: the way back where no replica may be made."""

from __future__ import annotations

import contextlib
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from ...errors import ReplatformError
from ...transfer import failpoint
from ...transfer.model import FencedOut
from ..connection import (
    LOST,
    PACKET_BYTES,
    UNREACHABLE,
    Connection,
    Server,
    code_of,
    connect,
    execute,
    sentences,
    value,
    variable,
)
from ..definition import Table
from ..driver import ER, pymysql
from ..locks import DEADLOCK, evict, hold, lock_name
from ..rows import changed_values
from .gtids import Gtids
from .place import Place, Places
from .statements import Statements
from .stream import UPDATE, Begin, Change, End, Event, Idle, Lost, Statement, Stream
from .writes import Write, writes

AHEAD = 64
"""Events that are read while others are written."""
QUIET_S = 0.02
"""After so long without an event the place is recorded, and a stop obeyed."""
TOGETHER, TOGETHER_S = 100, 0.25
"""Transactions, and seconds, after which there is a commit although more of them are waiting."""
TELL_EVERY_S = 0.5
PATIENCE_S = 60.0
"""How long nothing may be possible before it is an error."""
PAUSE_S = 0.5
LOCK_WAIT_S = 10
SHUTDOWN = (1053, 1077, 1079, 3169)
_AGAIN = {str(code) for code in (*LOST, *UNREACHABLE, *SHUTDOWN, DEADLOCK, ER.LOCK_WAIT_TIMEOUT, 1040)} | {
    name.__name__ for name in (TimeoutError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
}
_SETTINGS = {
    "sql_mode": "'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
    "innodb_lock_wait_timeout": str(LOCK_WAIT_S),
    "lock_wait_timeout": str(LOCK_WAIT_S),
    "transaction_isolation": "'READ-COMMITTED'",
}

Tell = Callable[[dict[str, Any]], None]


class Applier:
    """Follows the target's log from the place in `schema` at the source; `own` is that of the journal at the target.

    Tells {event: "applied", transactions, rows, lag_s, lag_transactions (None while the target cannot be asked)} twice
    a second, and {event: "again", why} when it takes up at the last commit after a lost connection or a deadlock.
    """

    def __init__(
        self,
        source: Server,
        target: Server,
        tables: Mapping[str, Table],
        *,
        name: str,
        schema: str,
        own: str,
        tell: Tell,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._source, self._target, self._tables = source, target, tables
        self._name, self._schema, self._own = name, schema, own
        self._tell = tell
        self._patience_s = patience_s
        self.stop = threading.Event()
        self._moved_at = time.monotonic()
        self._rows = 0

    def run(self, until: str = "") -> Place:
        """Returns when asked to stop, or once every transaction of the GTID set `until` was applied."""
        owner, taken = uuid.uuid4().hex, False
        while True:
            try:
                with closing(_Session(self._source, self._schema, self._name, owner, taken=taken)) as session:
                    taken = True
                    return self._follow(session, until)
            except ReplatformError as error:
                transient = isinstance(error, Lost) or str(error.code) in _AGAIN
                if not transient or time.monotonic() - self._moved_at > self._patience_s or self.stop.wait(PAUSE_S):
                    self._note(error)
                    raise
                self._tell({"event": "again", "why": error.message})

    def _note(self, error: ReplatformError) -> None:
        """Leaves the reason at the source for whoever asks later, where that can still be written."""
        if isinstance(error, FencedOut):
            return
        with contextlib.suppress(ReplatformError), sentences(self._source), closing(connect(self._source)) as here:
            Places(here, self._schema, self._name).note_error(error.message)

    def _follow(self, session: _Session, until: str) -> Place:
        place = session.place
        self._check(place)
        statements = Statements({table.schema for table in self._tables.values()}, self._own)
        wanted = _Wanted(self._target, until)
        stream = Stream(self._target, self._tables, place.file, place.position)
        try:
            self._apply(session, _Ahead(stream), statements, wanted)
        finally:
            stream.close()
            wanted.close()
        return session.place

    def _check(self, place: Place) -> None:
        with sentences(self._target), closing(connect(self._target)) as there:
            found = str(value(there, "SELECT @@server_uuid"))
            if found != place.target:
                raise ReplatformError(
                    f"{self._target} is not the server whose log migration {self._name} goes back by (it is {found}, "
                    f"not {place.target}); give the one that the application was switched to.",
                    expected=place.target,
                    found=found,
                )

    def _apply(self, session: _Session, ahead: _Ahead, statements: Statements, wanted: _Wanted) -> None:
        ours = skipped = False
        told_at = 0.0
        for event in ahead:
            if isinstance(event, Begin):
                session.begin(event)
                skipped = session.has(event.gtid)
                ours = True
            elif isinstance(event, Change) and not skipped:
                self._rows += session.write(event)
            elif isinstance(event, Statement) and not skipped:
                if left := statements.left_out(event):
                    session.leave(left)
            elif isinstance(event, End):
                if not ours:
                    raise ReplatformError(
                        f"{self._target} logs transactions without GTIDs, by which nothing is applied twice; set "
                        "gtid_mode to ON there."
                    )
                session.end(event)
                ours = False
                if session.full or not ahead.ready:
                    session.commit()
                    self._moved_at = time.monotonic()
            elif isinstance(event, (Idle, Quiet)) and not ours:
                session.commit()
                session.idle(beats=isinstance(event, Idle))
                self._moved_at = time.monotonic()
            now = time.monotonic()
            if now - told_at >= TELL_EVERY_S:
                told_at = now
                self._tell_lag(session, wanted, idle=isinstance(event, Idle))
            if not session.open and (self.stop.is_set() or wanted.within(session.place)):
                session.idle(beats=True)
                self._tell_lag(session, wanted, idle=False)
                return

    def _tell_lag(self, session: _Session, wanted: _Wanted, *, idle: bool) -> None:
        place = session.place
        behind = wanted.behind(place)
        lag_s = 0.0 if idle or not behind else max(0.0, time.time() - place.committed)
        self._tell(
            {
                "event": "applied",
                "transactions": place.transactions,
                "rows": self._rows,
                "lag_s": round(lag_s, 1),
                "lag_transactions": behind,
            }
        )


class _Wanted:
    """What is still to come; the target itself is asked for its GTID set, and may be silent about it."""

    def __init__(self, target: Server, until: str) -> None:
        self._target = target
        self._until = Gtids(until) if until else None
        self._connection: Connection | None = None

    def close(self) -> None:
        if self._connection and self._connection.open:
            self._connection.close()

    def within(self, place: Place) -> bool:
        """Whether everything up to `until` was applied; never without one."""
        return self._until is not None and not self._until.beyond(place.gtid_executed)

    def behind(self, place: Place) -> int | None:
        try:
            with sentences(self._target):
                if not self._connection or not self._connection.open:
                    self._connection = connect(self._target)
                executed = str(value(self._connection, "SELECT @@GLOBAL.gtid_executed"))
        except ReplatformError:
            return None
        return Gtids(executed).beyond(place.gtid_executed)


class Quiet(Event):
    """Nothing has come for a moment; more may be on its way."""


class _Ahead:
    """Events of a stream that a thread reads; `ready` tells whether one waits already."""

    def __init__(self, stream: Stream) -> None:
        self._queue: queue.Queue[Event | Exception] = queue.Queue(AHEAD)
        threading.Thread(target=self._read, args=(stream,), name="binary log", daemon=True).start()

    @property
    def ready(self) -> bool:
        return not self._queue.empty()

    def __iter__(self) -> Iterator[Event]:
        while True:
            try:
                found = self._queue.get(timeout=QUIET_S)
            except queue.Empty:
                found = Quiet()
            if isinstance(found, Exception):
                raise found
            yield found

    def _read(self, stream: Stream) -> None:
        try:
            for event in stream:
                self._queue.put(event)
        except Exception as error:  # noqa: BLE001 - it is raised where the events are taken
            self._queue.put(error)


class _Session:
    """The one connection that writes at the source, and the place that commits with it.

    The first session of an owner takes the place and ends whoever had it; a later one (`taken`) finds it still its own.
    """

    def __init__(self, source: Server, schema: str, name: str, owner: str, *, taken: bool) -> None:
        self._source, self._name = source, name
        self._checks = {"foreign_key_checks": True, "unique_checks": True}
        self.open = False
        self._moved = False
        self._pending = 0
        self._began = 0.0
        self._gtid = ""
        self._committed = 0
        self._connection = connect(source, settings=_SETTINGS)
        try:
            with sentences(source, "taking up its place"):
                self._places = Places(self._connection, schema, name, owner)
                if taken:
                    self._places.beat()
                else:
                    self._places.take()
                lock = lock_name("applier", name)
                if not hold(self._connection, lock):
                    evict(self._connection, lock)
                    hold(self._connection, lock)
                self.place = self._places.found()
                self._uuid = str(value(self._connection, "SELECT @@server_uuid"))
                self._packet_bytes = int(variable(self._connection, "max_allowed_packet", str(PACKET_BYTES)))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._connection.open:
            self._connection._force_close()  # type: ignore[attr-defined]  # the server rolls back what is under way

    @property
    def full(self) -> bool:
        return self._pending >= TOGETHER or time.monotonic() - self._began > TOGETHER_S

    def has(self, gtid: str) -> bool:
        """Whether the source has this transaction: it came from there, or was applied before."""
        return gtid.startswith(self._uuid) or gtid in self.place.origin or gtid in self.place.gtid_executed

    def begin(self, event: Begin) -> None:
        self._gtid, self._committed = event.gtid, event.committed

    def write(self, change: Change) -> int:
        """Applies the rows of one event; returns how many."""
        with sentences(self._source, "applying rows of", change.table.full_name):
            if not self.open:
                self._connection.begin()
                self.open, self._began = True, time.monotonic()
            for name, wanted in (
                ("foreign_key_checks", change.foreign_key_checks),
                ("unique_checks", change.unique_checks),
            ):
                if self._checks[name] != wanted:
                    execute(self._connection, f"SET SESSION {name} = {int(wanted)}")
                    self._checks[name] = wanted
            failpoint.hit("before:write")
            for write in writes(change):
                self._run(change, write)
        return len(change.rows)

    def _run(self, change: Change, write: Write) -> None:
        table = change.table
        if len(write.sql) > self._packet_bytes:
            raise ReplatformError(
                f"{table.full_name}: row {write.row} was not applied: the source's max_allowed_packet "
                f"({self._packet_bytes} bytes) is smaller than its statement ({len(write.sql)} bytes). Set it to "
                f"{PACKET_BYTES} there and run again; it continues from here.",
                table=table.full_name,
            )
        try:
            affected = self._connection.query(write.sql)
        except pymysql.MySQLError as error:
            raise self._refused(change, write, error) from error
        result = self._connection._result  # type: ignore[attr-defined]
        if change.action == UPDATE:  # rows that had the new values already are matched, not affected
            matched = re.search(rb"matched: (\d+)", result.message or b"")
            affected = int(matched[1]) if matched else affected
        if affected != write.rows:
            raise self._differs(change, write, "is not there")
        if result.warning_count and (bad := changed_values(self._connection, table, result.warning_count)):
            raise ReplatformError(
                f"{table.full_name}: row {write.row} was not applied: the source would have changed a value "
                f"({bad[0]}). Give the column the definition that it has at the target, then run again; it goes on.",
                table=table.full_name,
                warnings=bad[:10],
            )

    def _refused(self, change: Change, write: Write, error: pymysql.MySQLError) -> Exception:
        if code_of(error) == ER.DUP_ENTRY:
            return self._differs(change, write, f"is there already ({error.args[1]})")
        if code_of(error) in (1451, 1452, 1216, 1217):
            return self._differs(change, write, f"is held by a foreign key ({error.args[1]})")
        return error

    def _differs(self, change: Change, write: Write, what: str) -> ReplatformError:
        return ReplatformError(
            f"{change.table.full_name}: the target's {change.action} of row {write.row} cannot be applied: at the "
            f"source the row {what}, so somebody wrote there too. Nothing of transaction {self._gtid} was applied. "
            "Make that row what it was at the target before, then run again; it continues from here.",
            code="RowDiffers",
            table=change.table.full_name,
            gtid=self._gtid,
            row=write.row,
        )

    def leave(self, what: str) -> None:
        """Notes a statement of the target that is not applied."""
        if what not in self.place.left_out:
            self.place.left_out.append(what)
            with sentences(self._source):
                self._places.note_left_out(self.place.left_out)

    def end(self, event: End) -> None:
        self.place.gtid_executed.add(self._gtid)
        self.place.file, self.place.position = event.file, event.position
        self.place.committed = self._committed
        self.place.transactions += 1
        self._pending += 1
        self._moved = True

    def commit(self) -> None:
        """Ends the transaction under way, the place with it; without rows the place waits for idle()."""
        if not self.open:
            return
        with sentences(self._source, "recording how far it is"):
            self._places.move(self.place)
            failpoint.hit("before:committed")
            self._connection.commit()
            failpoint.hit("after:commit")
        self.open = self._moved = False
        self._pending = 0

    def idle(self, *, beats: bool) -> None:
        """Records the place where only transactions without rows of ours moved it, or else that somebody is here."""
        if self.open:
            return
        with sentences(self._source, "recording how far it is"):
            if self._moved:
                self._places.move(self.place)
                self._moved, self._pending = False, 0
            elif beats:
                self._places.beat()
