# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a move: holds the lease, directs the workers, adds up what they did."""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import signal
import subprocess
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from types import FrameType, TracebackType
from typing import IO, Any, cast

from ..errors import ReplatformError
from . import lifeline, program, worker
from .model import FencedOut, Stopped
from .progress import Progress
from .store import Journal, Target

READY_TIMEOUT_S = 60.0
OPEN_TIMEOUT_S = 8.0
END_TIMEOUT_S = 5.0
ORPHAN_GRACE_S = 3.0
Moment = Callable[[Callable[[], None], Callable[[], None]], dict[str, Any]]
"""Calls what opens the workers' views of the source, then of the target where they need any; returns the position."""

ENDINGS = ("end", "gone", "fenced")
"""What a worker's last event may be: all done, killed, or outlived by its lease."""


@dataclass
class Outcome:
    """What a run did: `groups[name]` counts units by outcome (copied, recopied, kept, ...) and rows, bytes, seconds."""

    groups: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    position: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def total(self, key: str) -> int:
        return sum(counts[key] for counts in self.groups.values())


class Run:
    """Holds a migration's lease while its block runs.

    Ends in Stopped on SIGINT, SIGTERM or when Ansible is gone, and in FencedOut when another run has taken over.
    """

    def __init__(self, journal: Journal, *, source: str, lease_s: float) -> None:
        self._journal = journal
        self._source = source
        self._lease_s = lease_s
        self._stopping = ""
        self._lost: ReplatformError | None = None
        self._done = threading.Event()
        self._handlers: dict[int, Any] = {}
        self.epoch = 0

    def __enter__(self) -> Run:
        self._watch = lifeline.watch(self._orphaned)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._signalled)
        try:
            self.epoch = self._journal.take(source=self._source, lease_s=self._lease_s)
        except BaseException:
            self._leave()
            raise
        self._heart = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        self._heart.join()

    def check(self) -> None:
        """Raises what ended this run meanwhile, if anything has."""
        if self._lost:
            raise self._lost
        if self._stopping:
            raise Stopped(
                f"The run was stopped ({self._stopping}); what is finished is recorded at the target. "
                "Run the same command again: it goes on from here."
            )

    def _leave(self) -> None:
        self._done.set()
        self._watch.set()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _signalled(self, number: int, _rest: FrameType | None) -> None:
        self._stop(signal.Signals(number).name)

    def _stop(self, why: str) -> None:
        self._stopping = why

    def _orphaned(self) -> None:
        """Nobody waits for a result any more: an orderly end if that is quick, else any end."""
        self._stop("ansible-playbook has ended")
        time.sleep(ORPHAN_GRACE_S)
        os._exit(3)

    def _beat(self) -> None:
        while not self._done.wait(self._lease_s / 3):
            try:
                self._journal.renew_run()
            except FencedOut as error:
                self._lost = error
                return
            except ReplatformError as error:
                self._lost = error
                return


class Fleet:
    """The workers of one run, as processes of their own; one that dies is named and the others go on."""

    def __init__(self, job: worker.Job, count: int, target: Target, run: Run) -> None:
        self._target = target
        self._run = run
        self._events: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._silent_s: dict[str, float] = defaultdict(float)
        self._patience_s = job.lease_s
        self.lost: list[str] = []
        for _rest in range(count):
            mine = replace(job, owner=uuid.uuid4().hex)
            self._processes[mine.owner] = process = program.start(worker.__name__, asdict(mine))
            threading.Thread(target=self._listen, args=(mine.owner, process), daemon=True).start()

    @property
    def size(self) -> int:
        return len(self._processes)

    def open_source(self) -> None:
        """Every worker opens its view of the source; returns when all have."""
        self._tell_all("open")
        self._await("opened", OPEN_TIMEOUT_S)

    def open_target(self) -> None:
        """Every worker opens its view of the target likewise."""
        self._tell_all("open target")
        self._await("opened", OPEN_TIMEOUT_S)

    def ready(self) -> None:
        self._await("ready", READY_TIMEOUT_S)

    def work(self, heard: Callable[[dict[str, Any]], None], idle: Callable[[], None]) -> None:
        """Lets the workers work to the end; `heard` gets every event of theirs.

        A worker ends when nothing is left to do. One that does not follow then is stuck, and others did its work.
        """
        self._tell_all("work")
        waiting = set(self._processes)
        deadline = math.inf
        while waiting and time.monotonic() < deadline:
            idle()
            owner, event = self._next(0.5)
            if owner:
                heard({**event, "worker": owner})
            if event.get("event") in ENDINGS:
                waiting.discard(owner)
            if event.get("event") == "end":
                deadline = min(deadline, time.monotonic() + END_TIMEOUT_S)
        self.lost += waiting

    def stop(self) -> None:
        """Ends what is left: a word first, then the pipe, then a signal."""
        self._tell_all("stop")
        deadline = time.monotonic() + END_TIMEOUT_S
        for process in self._processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()  # type: ignore[union-attr]  # both are pipes

    def _await(self, wanted: str, timeout_s: float) -> None:
        waiting = set(self._processes)
        deadline = time.monotonic() + timeout_s
        while waiting:
            self._run.check()
            if time.monotonic() > deadline:
                raise ReplatformError(
                    f"{len(waiting)} of {self.size} workers were not {wanted} after {timeout_s:.0f} s; "
                    "check that both servers answer and run again."
                )
            owner, event = self._next(0.2)
            if event.get("event") in (wanted, *ENDINGS):
                waiting.discard(owner)

    def _next(self, timeout_s: float) -> tuple[str, dict[str, Any]]:
        """The next event and whose it is; nothing after `timeout_s`."""
        began = time.monotonic()
        try:
            owner, event = self._events.get(timeout=timeout_s)
        except queue.Empty:
            owner, event = "", {}
        self._end_silent(owner, min(time.monotonic() - began, timeout_s))
        if not event or event["event"] == "alive":
            return "", {}
        if event["event"] == "failed":
            facts = dict(event["error"])
            raise ReplatformError(facts.pop("message"), **facts)
        if event["event"] in ("gone", "fenced"):
            self._bury(owner, event)
        return owner, event

    def _end_silent(self, heard: str, waited_s: float) -> None:
        """Kills a worker that was silent for a lease: a stopped one keeps its locks at the target, a dead one none.

        Adds up waits instead of looking at the clock: this process may have been stopped itself.
        """
        for owner, process in self._processes.items():
            self._silent_s[owner] = 0.0 if owner == heard else self._silent_s[owner] + waited_s
            if self._silent_s[owner] > self._patience_s:
                process.kill()

    def _bury(self, owner: str, event: dict[str, Any]) -> None:
        """Gives a killed worker's unit back, so that the others need not wait for its lease to run out."""
        process = self._processes.pop(owner)
        process.wait()
        self.lost.append(owner)
        self._target.evict(owner)
        self._target.journal.release(owner)
        if not self._processes:
            self._run.check()
            if "error" in event:
                raise FencedOut(event["error"]["message"])
            raise ReplatformError(
                "Every worker of this run was killed; what they finished is recorded at the target. "
                "Look for what killed them (memory?), then run the same command again."
            )

    def _tell_all(self, order: str) -> None:
        for owner in self._processes:
            program.send(self._processes[owner], order)

    def _listen(self, owner: str, process: subprocess.Popen[str]) -> None:
        ended = False
        for line in cast(IO[str], process.stdout):
            event = json.loads(line)
            ended = ended or event["event"] in ("end", "failed", "fenced")
            self._events.put((owner, event))
        process.wait()
        if not ended:
            self._events.put((owner, {"event": "gone"}))


def execute(
    run: Run,
    job: worker.Job,
    *,
    workers: int,
    target: Target,
    progress: Progress,
    moment: Moment,
    prepare: Callable[[], None] = lambda: None,
) -> Outcome:
    """Brings every unit of the journal to what the job's task wants, with `workers` processes.

    `prepare` makes what they need while they start. All of them see the servers as `moment` lets them, whose position
    is recorded before the first unit is touched.
    """
    outcome = Outcome()
    journal = target.journal
    fleet = Fleet(job, workers, target, run)
    try:
        prepare()
        fleet.ready()
        outcome.position = moment(fleet.open_source, fleet.open_target)
        journal.begin(job.task, outcome.position)
        _track(progress, journal, fleet)
        progress.step("")

        def heard(event: dict[str, Any]) -> None:
            if event["event"] == "unit":
                counts = outcome.groups[event["group"]]
                counts[event["outcome"]] += 1
                for key in ("rows", "bytes"):
                    counts[key] += event[key]
                counts["milliseconds"] += round(event["seconds"] * 1000)
                progress.finished(event["worker"], event["size"])
            elif event["event"] == "moved":
                progress.moved(
                    event["rows"], event["bytes"], worker=event["worker"], at=event["group"], size=event["size"]
                )
            elif event["event"] == "throttled":
                progress.throttled_by = event["by"]
                progress.emit(force=True)

        fleet.work(heard, run.check)
        _track(progress, journal, fleet)
        progress.emit(force=True)
        if progress.units_done < progress.units_total:
            run.check()
            raise FencedOut("The workers ended before the work was done: another run has taken this migration over.")
    finally:
        fleet.stop()
    if fleet.lost:
        outcome.warnings.append(
            f"{len(fleet.lost)} of {workers} workers were killed or stuck; the others did their work."
        )
    return outcome


def _track(progress: Progress, journal: Journal, fleet: Fleet) -> None:
    tally = journal.tally()
    progress.units_done, progress.units_total = tally.units_done, tally.units_total
    progress.size_done, progress.size_total = tally.bytes_done, tally.bytes_total
    progress.workers = fleet.size
