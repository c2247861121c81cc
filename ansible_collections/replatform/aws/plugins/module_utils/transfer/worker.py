# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker: claims units from the journal and moves or compares them until none is left.

As a program (`python -m ...transfer.worker`) it reads its job, secrets included, as one JSON line from stdin and obeys
the lines that follow (`open`, `open target`, `work`, `hold WHY`, `stop`); it tells what it does as JSON lines on
stdout. It ends at once when stdin closes, so that a killed parent leaves no worker behind; what it had not committed
rolls back at the servers. transfer.pod is the same program where there is no stdin.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ..errors import ReplatformError
from .model import (
    COPIED,
    COPY,
    COPYING,
    DIFFERS,
    PLANNED,
    SEAL,
    VERIFIED,
    Batch,
    Claim,
    Group,
    Stopped,
    TryAgain,
    Unit,
    Written,
)
from .program import Program, Tell, run
from .store import Store
from .throttle import Reason, Throttle

IDLE_S = 0.1
TELL_EVERY_S = 0.5
CRAWL_S = 60.0
"""Between two batches of a unit under way: a stream that stands still runs into the servers' timeouts."""
WRITE_ATTEMPTS = 5
NAME = "a worker"


@dataclass
class Job:
    """What a worker is to do: `store` names the function `module:function` that opens the two ends from `ends`.

    `mailbox` names likewise what opens the mailbox from `ends` and the owner's token. `throttle_file` is for whoever
    directs the workers: they may run where that file is not.
    """

    store: str
    task: str
    owner: str
    lease_s: float
    ends: dict[str, Any] = field(repr=False)
    throttle_file: str = ""
    mailbox: str = ""


def named(place: str) -> Any:
    """What `module:function` names."""
    module, _colon, function = place.partition(":")
    return getattr(importlib.import_module(module), function)


def open_store(job: Job) -> Store:
    opened: Store = named(job.store)(job.ends)
    return opened


class Worker:
    """The loop itself; the program below wraps it, unit tests call it directly."""

    def __init__(self, store: Store, job: Job, tell: Tell, held: Reason = lambda: "") -> None:
        self._source, self._target, self._journal = store.source, store.target, store.target.journal
        self._job = job
        self._tell = tell
        self.stop = threading.Event()
        self._throttle = Throttle(
            [*store.pressures, held],
            lambda reason: tell({"event": "throttled", "by": reason}),
            self._go_on,
            interval_s=TELL_EVERY_S,
        )
        self._groups: dict[str, Group] = {}

    def open_view(self) -> None:
        self._target.attach(self._job.owner)
        self._source.open_view()

    def open_target(self) -> None:
        self._target.open_view()

    def work(self) -> None:
        """Works until every unit of the run is finished, by this worker or another."""
        self._groups = self._journal.groups()
        while True:
            self._go_on()
            self._throttle.wait()
            claim = self._journal.claim(self._job.owner, self._job.lease_s)
            if claim:
                if claim.previous_owner:
                    self._target.evict(claim.previous_owner)
                with self._lease(claim):
                    self._finish(claim)
            elif self._journal.tally().units_done == self._journal.tally().units_total:
                return
            else:
                time.sleep(IDLE_S)

    def _finish(self, claim: Claim) -> None:
        group = self._groups[claim.unit.group]
        started = time.monotonic()
        rows = count = 0
        if self._job.task != COPY:
            outcome = self._compare(claim, group)
        elif claim.unit.stage == SEAL:
            self._target.seal(group)
            self._journal.finished(claim, COPIED)
            outcome = "sealed"
        elif claim.state not in (PLANNED, COPYING) and self._equal(claim, group):
            self._journal.finished(claim, COPIED)
            outcome = "kept"
        else:
            written = self._write(claim, group)
            rows, count = written.rows, written.bytes
            outcome = "copied" if claim.state in (PLANNED, COPYING) else "recopied"
        self._tell(
            {
                "event": "unit",
                "unit": claim.unit.id,
                "group": claim.unit.group,
                "size": claim.unit.size,
                "outcome": outcome,
                "rows": rows,
                "bytes": count,
                "seconds": round(time.monotonic() - started, 3),
            }
        )

    def _write(self, claim: Claim, group: Group) -> Written:
        for attempt in range(1, WRITE_ATTEMPTS + 1):
            try:
                return self._target.write(claim, group, self._metered(claim.unit, self._source.read(claim.unit, group)))
            except TryAgain:
                if attempt == WRITE_ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _compare(self, claim: Claim, group: Group) -> str:
        here, there = self._digests(claim, group)
        outcome = VERIFIED if here == there else DIFFERS
        self._journal.finished(claim, outcome, source=here.as_dict(), target=there.as_dict())
        return outcome

    def _equal(self, claim: Claim, group: Group) -> bool:
        here, there = self._digests(claim, group)
        return here == there

    def _digests(self, claim: Claim, group: Group) -> tuple[Any, Any]:
        """Both servers count at the same time; each costs about as much as the other."""
        with ThreadPoolExecutor(1) as pool:
            here = pool.submit(self._source.digest, claim.unit, group)
            there = self._target.digest(claim.unit, group)
            return here.result(), there

    def _metered(self, unit: Unit, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Tells the rate, crawls while throttled, and ends the unit when asked to stop."""
        rows = count = 0
        last = time.monotonic()
        for batch in batches:
            self._go_on()
            self._throttle.wait(CRAWL_S)
            yield batch
            rows, count = rows + batch.rows, count + batch.bytes
            if time.monotonic() - last >= TELL_EVERY_S:
                self._tell(_moved(unit, rows, count))
                rows = count = 0
                last = time.monotonic()
        self._tell(_moved(unit, rows, count))

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise Stopped("the worker was asked to stop")

    def _lease(self, claim: Claim) -> _Lease:
        return _Lease(lambda: self._journal.renew(claim, self._job.lease_s), self._job.lease_s / 3)


def _moved(unit: Unit, rows: int, count: int) -> dict[str, Any]:
    return {"event": "moved", "group": unit.group, "size": unit.size, "rows": rows, "bytes": count}


class _Lease:
    """Renews a lease from a thread while its unit is worked on; a renewal that fails is met again at the commit."""

    def __init__(self, renew: Callable[[], None], every_s: float) -> None:
        self._renew, self._every_s = renew, every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._done.wait(self._every_s):
            try:
                self._renew()
            except ReplatformError:
                return


def obey(program: Program) -> None:
    """A worker's work, in the order that its parent gives."""
    job = Job(**program.job)
    worker = Worker(open_store(job), job, program.tell, lambda: program.held)
    worker.stop = program.stopped
    program.tell({"event": "ready"})
    while (order := program.order()) != "stop":
        if order == "open":
            worker.open_view()
            program.tell({"event": "opened"})
        elif order == "open target":
            worker.open_target()
            program.tell({"event": "opened"})
        elif order == "work":
            worker.work()
            break


def main() -> int:
    return run(obey, NAME)


if __name__ == "__main__":
    sys.exit(main())
