# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MySQL as the source and the target of a move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import ReplatformError
from ..kubernetes.pods import Pods
from ..transfer import failpoint
from ..transfer.crew import Correspondents, Crew, Processes
from ..transfer.model import COPIED, PLANNED, Batch, Claim, Digest, Group, TryAgain, Unit, Written
from ..transfer.throttle import Reason
from ..transfer.worker import Job
from . import digests, rejected, snapshot
from .connection import LOST, Connection, Server, code_of, connect, execute, quoted, rows, sentences
from .definition import Table, clause_name, split
from .driver import pymysql
from .journal import MysqlJournal
from .load import Limits, pressures
from .locks import DEADLOCK, evict, hold, lock_name
from .mailbox import MysqlMailbox
from .ranges import described, where
from .rows import changed_values, insert, load, read, selected
from .selection import Settings

INTERRUPTED = 1317
LEAST_SILENCE_S = 10.0
LOCAL_INFILE_OFF = (1148, 3948, 2068)

Bounds = dict[str, Any]


class MysqlSource:
    """See transfer.store.Source. Sends nothing that changes the server, and session settings only."""

    def __init__(self, server: Server) -> None:
        self.server = server
        # character_set_results NULL: bytes come as they are stored.
        self._connection = connect(server, settings={"character_set_results": "NULL"})

    def consistent(self, open_views: Callable[[], None]) -> dict[str, Any]:
        return snapshot.consistent(self._connection, self.server, open_views)

    def position(self) -> dict[str, Any]:
        with sentences(self.server):
            return snapshot.position(self._connection)

    def open_view(self) -> None:
        snapshot.open_view(self._connection, self.server)

    def read(self, unit: Unit, group: Group) -> Iterator[Batch]:
        table = Table.of(group)
        columns = ", ".join(selected(column) for column in table.stored)
        index = " FORCE INDEX (PRIMARY)" if table.primary_key else ""
        sql = f"SELECT {columns} FROM {table.sql}{index} WHERE {where(table, unit.bounds['from'], unit.bounds['to'])}"
        return read(self._connection, self.server, sql, table.stored, table.full_name)

    def digest(self, unit: Unit, group: Group) -> Digest:
        return digests.digest(self._connection, self.server, Table.of(group), unit)

    def close(self) -> None:
        self._connection.close()


class MysqlTarget:
    """See transfer.store.Target."""

    def __init__(self, server: Server, journal: MysqlJournal, chunk_bytes: int) -> None:
        self.server = server
        self.journal = journal
        self._chunk_bytes = chunk_bytes
        self._connection = connect(server, settings=WRITER)
        self._loads = True

    def attach(self, owner: str) -> None:
        with sentences(self.server):
            hold(self._connection, lock_name(owner))

    def open_view(self) -> None:
        snapshot.open_view(self._connection, self.server)

    def evict(self, owner: str) -> None:
        with sentences(self.server, "ending a dead worker's connection"):
            evict(self._connection, lock_name(owner))

    def write(self, claim: Claim, group: Group, batches: Iterator[Batch]) -> Written:
        table = Table.of(group)
        with sentences(self.server, "writing", table.full_name):
            try:
                if table.primary_key:
                    return self._write_range(claim, table, batches)
                return self._write_all(claim, table, batches)
            except pymysql.MySQLError as error:
                if self._connection.open:
                    self._connection.rollback()
                if code_of(error) == DEADLOCK:
                    raise TryAgain(f"{table.full_name}: a deadlock at the target.", code=str(DEADLOCK)) from error
                if code_of(error) in LOCAL_INFILE_OFF and self._loads:
                    self._loads = False
                    raise TryAgain(f"{table.full_name}: local_infile is off at the target.") from error
                self._refuse(table, code_of(error), str(error.args[-1]))
                if code_of(error) in (*LOST, INTERRUPTED):
                    self.journal.holding(claim)  # another worker ended this connection when it took the unit over
                raise
            except BaseException:
                if self._connection.open:
                    self._connection.rollback()
                raise

    def _write_range(self, claim: Claim, table: Table, batches: Iterator[Batch]) -> Written:
        """One transaction: the old rows of the range go, the new ones come, and the journal says so."""
        bounds = claim.unit.bounds
        self._connection.begin()
        fresh = claim.state == PLANNED
        if not fresh:
            execute(self._connection, f"DELETE FROM {table.sql} WHERE {where(table, bounds['from'], bounds['to'])}")
        written = Written()
        # A unique value may have moved here from a row of another unit, which is yet to be copied again.
        self._send(table, bounds, _counted(batches, written), written, replace=not fresh)
        self._commit(claim, written)
        return written

    def _write_all(self, claim: Claim, table: Table, batches: Iterator[Batch]) -> Written:
        """A table without a primary key: emptied, then filled in transactions of at most chunk_bytes."""
        self.journal.dirty(self._connection, claim)
        execute(self._connection, f"TRUNCATE TABLE {table.sql}")
        written = Written()
        portion = next(portions := _portions(batches, self._chunk_bytes), None)
        while portion is not None:
            self._connection.begin()
            part = Written()
            self._send(table, claim.unit.bounds, _counted(portion, part), part, replace=False)
            written.rows, written.bytes = written.rows + part.rows, written.bytes + part.bytes
            portion = next(portions, None)
            if portion is None:
                break
            self.journal.dirty(self._connection, claim)  # fences this portion
            self._connection.commit()
        self._commit(claim, written)
        return written

    def _send(self, table: Table, bounds: Bounds, batches: Iterator[Batch], written: Written, *, replace: bool) -> None:
        send = load if self._loads else insert
        stored, warnings = send(self._connection, table, batches, replace=replace)
        place = f"{table.full_name} ({described(table, bounds['from'], bounds['to'])})"
        if warnings:
            self._refuse_warnings(table, place, warnings)
        if stored != written.rows:
            raise ReplatformError(
                f"{place}: the target stored {stored} of {written.rows} rows, so the piece was not kept; "
                "look for triggers or partition limits on that table at the target, then run again.",
                table=table.full_name,
            )

    def _refuse_warnings(self, table: Table, place: str, count: int) -> None:
        for _level, code, text in rows(self._connection, "SHOW WARNINGS"):
            self._refuse(table, code, text)
        if bad := changed_values(self._connection, table, count):
            raise ReplatformError(
                f"{place} was not written: the target would have changed {count} values ({bad[0]}). "
                "Clean that value at the source or change the column, then run again.",
                table=table.full_name,
                warnings=bad[:10],
            )

    def _refuse(self, table: Table, code: int, text: str) -> None:
        """Raises for a row that the source holds and a CHECK or UNIQUE key of the target refuses.

        Two rows that a key takes for equal have to be there to be named: by seal(), which builds the key again.
        """
        if code == rejected.CHECK_VIOLATED:
            rejected.by_check(table, text)
        if code in rejected.DUPLICATE and (keys := rejected.deferrable(table, self.indexes(table))):
            self._connection.rollback()
            execute(
                self._connection, f"ALTER TABLE {table.sql} " + ", ".join(f"DROP KEY {quoted(key)}" for key in keys)
            )
            raise TryAgain(f"{table.full_name}: {text}.", code=str(code))

    def _commit(self, claim: Claim, written: Written) -> None:
        failpoint.hit("before:commit")
        self.journal.record(self._connection, claim, COPIED, written=(written.rows, written.bytes))
        failpoint.hit("before:committed")
        self._connection.commit()
        failpoint.hit("after:commit")

    def seal(self, group: Group) -> None:
        """Builds the missing secondary indexes in one pass; FULLTEXT is not among them, see definition.split()."""
        table = Table.of(group)
        with sentences(self.server, "building the indexes of", table.full_name):
            present = {clause_name(clause) for clause in self.indexes(table)}
            if missing := [clause for clause in table.indexes if clause_name(clause) not in present]:
                try:
                    self.alter(table, missing)
                except pymysql.MySQLError as error:
                    if code_of(error) in rejected.DUPLICATE:
                        rejected.by_key(self._connection, table, missing)
                    raise

    def alter(self, table: Table, clauses: list[str]) -> None:
        """ALTER TABLE ADD ..., for as long as it takes; the TCP keep-alive finds a dead server meanwhile."""
        patience = self._connection._read_timeout  # type: ignore[attr-defined]
        self._connection._read_timeout = None  # type: ignore[attr-defined]
        try:
            execute(self._connection, f"ALTER TABLE {table.sql} " + ", ".join(f"ADD {clause}" for clause in clauses))
        finally:
            self._connection._read_timeout = patience  # type: ignore[attr-defined]

    def indexes(self, table: Table) -> list[str]:
        """The clauses of those indexes that the target's table has now."""
        create = rows(self._connection, f"SHOW CREATE TABLE {table.sql}")[0][1]
        return split(create)[1]

    def digest(self, unit: Unit, group: Group) -> Digest:
        return digests.digest(self._connection, self.server, Table.of(group), unit)

    @property
    def connection(self) -> Connection:
        """For the coordinator's own statements."""
        return self._connection

    def close(self) -> None:
        """The journal is its owner's to close."""
        self._connection.close()


WRITER = {
    "sql_mode": "'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
    "foreign_key_checks": "0",
    "unique_checks": "0",
    "transaction_isolation": "'READ-COMMITTED'",
    "innodb_lock_wait_timeout": "120",
    "lock_wait_timeout": "120",
    "max_error_count": "65535",
    # 8.4 refuses foreign keys to parents that are not unique unless told otherwise (error 6125).
    "restrict_fk_on_non_standard_key": "0",
    # Of 1 MiB the sort of a large index makes files that are merged again and again.
    "innodb_ddl_buffer_size": str(32 << 20),
    "sql_generate_invisible_primary_key": "0",
    "sql_require_primary_key": "0",
}


@dataclass
class MysqlStore:
    """Both ends."""

    source: MysqlSource
    target: MysqlTarget
    pressures: list[Reason]


def job(task: str, source: Server, target: Server, settings: Settings, epoch: int) -> Job:
    """What a worker of this migration's run gets, passwords included; its owner's token is given by the fleet."""
    ends = {
        "source": (source.portable() if settings.cluster else source).as_dict(),
        "target": (target.portable() if settings.cluster else target).as_dict(),
        "schema": settings.journal_schema,
        "migration": settings.name,
        "epoch": epoch,
        "chunk_bytes": settings.chunk_bytes,
        "lease_s": settings.lease_s,
        "limits": settings.limits.as_dict(),
    }
    return Job(
        f"{__name__}:open_store",
        task,
        "",
        settings.lease_s,
        ends,
        settings.throttle_file,
        f"{__name__}:open_mailbox",
    )


def crew(job: Job, settings: Settings) -> Crew:
    """The workers that the settings ask for."""
    if not settings.cluster:
        return Processes(settings.workers)
    return Correspondents(Pods(settings.cluster, settings.workers), open_mailbox(job.ends))


def open_mailbox(ends: dict[str, Any], owner: str = "") -> MysqlMailbox:
    target = Server.of("target", ends["target"])
    return MysqlMailbox(target, ends["schema"], ends["migration"], ends["epoch"], ends["lease_s"], owner)


def open_store(ends: dict[str, Any]) -> MysqlStore:
    """A worker's ends: {source, target, schema, migration, epoch, chunk_bytes, lease_s, limits}."""
    source = Server.of("source", ends["source"])
    target = Server.of("target", ends["target"])
    journal = MysqlJournal(
        target, ends["schema"], ends["migration"], ends["epoch"], silence_s=max(LEAST_SILENCE_S, ends["lease_s"])
    )
    return MysqlStore(
        MysqlSource(source),
        MysqlTarget(target, journal, ends["chunk_bytes"]),
        pressures(source, target, Limits(**ends["limits"])),
    )


def _counted(batches: Iterator[Batch], written: Written) -> Iterator[Batch]:
    for batch in batches:
        written.rows += batch.rows
        written.bytes += batch.bytes
        yield batch


def _portions(batches: Iterator[Batch], limit: int) -> Iterator[Iterator[Batch]]:
    """Cuts a stream into streams of about `limit` bytes; each must be read to its end before the next."""

    def one(first: Batch) -> Iterator[Batch]:
        size = first.bytes
        yield first
        while size < limit and (batch := next(batches, None)):
            size += batch.bytes
            yield batch

    while first := next(batches, None):
        yield one(first)
