# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that lets the application write again when whoever paused the source is gone, silent or too slow.

It runs in a session of its own, so that `kill -9` of ansible-playbook or of the module does not reach it. A named lock
at the source fences it off from the next run. The very connection that would resume holds it: a run that takes over
ends that connection, see take_over(), and a watchdog that connects again asks the journal whose migration it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, cast

from ..errors import ReplatformError, unexpected
from ..transfer import program
from ..transfer.model import FencedOut
from .connection import Connection, Server, connect, sentences, value
from .driver import pymysql
from .journal import MysqlJournal
from .locks import evict, hold, lock_name
from .pause import way_of

ARM_TIMEOUT_S = 20.0
DISARM_TIMEOUT_S = 5.0
RETRY_S = 0.5
FACT = "watchdog"
"""Where the journal has what a watchdog did: {event: resumed or gave up, why, at, error}."""


@dataclass
class Job:
    """What a watchdog guards: the pause's facts, and after how many seconds of silence, or altogether, it ends it.

    From then on it tries for `retry_s`.
    """

    source: dict[str, Any] = field(repr=False)
    target: dict[str, Any] = field(repr=False)
    journal_schema: str
    migration: str
    epoch: int
    pause: dict[str, Any]
    silence_s: float = 10.0
    longest_s: float = 120.0
    retry_s: float = 3600.0
    paused: str = "source"
    """Which of both is paused, by its login in `source`: the target, when the application goes back."""

    @property
    def lock(self) -> str:
        return lock_name("watchdog", self.journal_schema, self.migration)


def take_over(connection: Connection, journal: MysqlJournal, paused: Server) -> None:
    """No watchdog of an earlier run can resume the source any more; for a run that has taken the migration."""
    with sentences(paused, "ending an earlier watchdog's connection"):
        evict(connection, lock_name("watchdog", journal.schema, journal.name))


class Watchdog:
    """The controller's end. arm() before the pause, disarm() before the target opens; renews by itself in between."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._ended = threading.Event()
        self._news: queue.Queue[dict[str, Any]] = queue.Queue()
        self._last: dict[str, Any] = {}

    def arm(self) -> None:
        """From now on the source is resumed if this process dies or is silent."""
        self._process = program.start(__name__, asdict(self._job), apart=True)
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            event = self._news.get(timeout=ARM_TIMEOUT_S)
        except queue.Empty:
            event = {"event": "silent"}
        if event["event"] != "armed":
            self._kill()
            told = event.get("error", {}).get("message", f"It was {event['event']} for {ARM_TIMEOUT_S:.0f} s.")
            raise ReplatformError(f"The watchdog could not be armed, so nothing was paused. {told}", code="NotArmed")
        threading.Thread(target=self._beat, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def check(self) -> None:
        """Raises when it guards no longer: it has ended, by resuming the source or by a signal."""
        if self._process.poll() is not None or self._last.get("event") != "armed":
            raise ReplatformError(
                "The watchdog guards no longer"
                + (f": {self._last['why']}" if self._last.get("why") else " (it was killed)")
                + "; the source may take writes. Resume it and begin the pause again.",
                code="NotGuarded",
                watchdog=self._last,
            )

    def disarm(self, connection: Connection) -> None:
        """It has ended, its connection to the source too. Raises when it had resumed the source before.

        `connection` is one to the source, by which the server itself is asked.
        """
        program.send(self._process, "disarm")
        self._ended.wait(DISARM_TIMEOUT_S)
        self._kill()
        evict(connection, self._job.lock)
        if self._last.get("event") not in ("armed", "disarmed"):  # it says so before it resumes
            self.check()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._ended.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                cast(IO[str], pipe).close()

    def _beat(self) -> None:
        while not self._ended.wait(self._job.silence_s / 4):
            program.send(self._process, "renew")

    def _listen(self) -> None:
        for line in cast(IO[str], self._process.stdout):
            self._last = json.loads(line)
            self._news.put(self._last)
        self._news.put({"event": "gone"})
        self._ended.set()


class Guard:
    """The program's end: waits for orders, and resumes the source when they cease."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._source = Server.of(job.paused, job.source)
        self._thread = 0
        self._connection: Connection | None = None

    def arm(self) -> None:
        """Everything that resuming takes is loaded and connected: later there may be no file to load from."""
        self._claim()
        way_of(self._source, cast(Connection, self._connection), self._job.pause).paused()

    def wait(self, orders: queue.SimpleQueue[str]) -> str:
        """Why the source has to be resumed, or nothing once disarmed."""
        armed = heard = time.monotonic()
        while True:
            now = time.monotonic()
            left_s = min(heard + self._job.silence_s, armed + self._job.longest_s) - now
            if left_s <= 0:
                silent = now - heard >= self._job.silence_s
                limit = self._job.silence_s if silent else self._job.longest_s
                return f"the run {'was silent' if silent else 'had paused the source'} for {limit:.0f} s"
            try:
                order = orders.get(timeout=left_s)
            except queue.Empty:
                continue
            if order == "disarm":
                return ""
            if order != "renew":
                return order
            heard = time.monotonic()

    def resume(self, why: str) -> dict[str, Any]:
        """What came of it: the source resumed, or its last error once nobody answered for too long."""
        deadline = time.monotonic() + self._job.retry_s
        while True:
            try:
                if self._connection is None or not self._connection.open:
                    self._claim()
                way_of(self._source, cast(Connection, self._connection), self._job.pause).resume()
            except FencedOut as error:
                return {"event": "fenced", "why": why, "error": error.message}
            except (ReplatformError, pymysql.MySQLError) as error:
                if time.monotonic() > deadline:
                    return {"event": "gave up", "why": why, "error": str(error)}
                time.sleep(RETRY_S)
            else:
                return {"event": "resumed", "why": why, "error": ""}

    def note(self, told: dict[str, Any]) -> None:
        """Leaves it in the journal, if the target can be reached."""
        told = {**told, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        with contextlib.suppress(ReplatformError, pymysql.MySQLError), contextlib.closing(self._journal()) as journal:
            journal.note({FACT: told})

    def end(self) -> None:
        """No connection to the source is left."""
        if self._connection is not None and self._connection.open:
            self._connection.close()

    def _claim(self) -> None:
        """Connects, holds the lock, and only then asks the journal: a run that takes over does it the other way round.

        The lock may still be held by our own connection of before, if the network and not the server lost it.
        """
        self._ours()
        connection = connect(self._source)
        with sentences(self._source, "guarding its pause"):
            holder = value(connection, "SELECT IS_USED_LOCK(%s)", (self._job.lock,))
            if holder is not None and holder == self._thread:
                evict(connection, self._job.lock)
            if not hold(connection, self._job.lock):
                connection.close()
                raise FencedOut("Another run guards the pause of this migration.")
        self._ours()
        self._connection, self._thread = connection, connection.thread_id()

    def _ours(self) -> None:
        with contextlib.closing(self._journal()) as journal:
            if journal.found().epoch != self._job.epoch:
                raise FencedOut(f"Another run has taken migration {self._job.migration} over.")

    def _journal(self) -> MysqlJournal:
        """On a connection of its own: one that was kept may be dead by the time it is needed."""
        job = self._job
        return MysqlJournal(Server.of("target", job.target), job.journal_schema, job.migration, job.epoch)


def _orders(orders: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        orders.put(line.strip())
    orders.put("the run has ended")


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    orders: queue.SimpleQueue[str] = (
        queue.SimpleQueue()
    )  # the handler below may interrupt the very get() that holds a Queue's lock
    signal.signal(signal.SIGTERM, lambda *_rest: orders.put("the watchdog was told to end"))

    def tell(event: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):  # nobody is left to hear it
            print(json.dumps(event), flush=True)

    guard = Guard(Job(**json.loads(sys.stdin.readline())))
    try:
        guard.arm()
    except ReplatformError as error:
        tell({"event": "failed", "error": error.as_dict()})
        return 1
    except Exception as error:  # noqa: BLE001 - it has no terminal: the controller tells the user
        tell({"event": "failed", "error": unexpected(error, "the watchdog").as_dict()})
        return 1
    threading.Thread(target=_orders, args=(orders,), daemon=True).start()
    tell({"event": "armed"})
    why = guard.wait(orders)
    if not why:
        guard.end()
        tell({"event": "disarmed"})
        os._exit(0)
    tell({"event": "resuming", "why": why})
    told = guard.resume(why)
    tell(told)
    guard.note(told)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
