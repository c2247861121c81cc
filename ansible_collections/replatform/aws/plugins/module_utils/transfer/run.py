# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a move: holds the lease, directs the workers, adds up what they did."""

from __future__ import annotations

import math
import os
import queue
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

from ..errors import ReplatformError
from . import lifeline, worker
from .crew import END_TIMEOUT_S, Crew
from .model import FencedOut, Stopped
from .progress import Progress
from .store import Journal, Target
from .throttle import flag_file

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
    """The workers of one run as its director sees them; one that dies is named and the others go on.

    The first `crew.count` that are ready belong to it. Whoever comes later, started again or twice, has missed the
    moment that the others' views are of: it is sent away, and what it would have done is done by them.
    """

    def __init__(self, crew: Crew, job: worker.Job, target: Target, run: Run) -> None:
        self._crew = crew
        self._target = target
        self._run = run
        self._events: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self._owners: set[str] = set()
        self._ended: set[str] = set()
        self._complete = False
        self._silent_s: dict[str, float] = defaultdict(float)
        self._patience_s = job.lease_s
        self._flag = flag_file(job.throttle_file) if job.throttle_file else lambda: ""
        self._held = ""
        self.lost: list[str] = []
        try:
            crew.start(job, lambda owner, event: self._events.put((owner, event)))
        except BaseException:
            crew.end()
            raise

    @property
    def size(self) -> int:
        return len(self._owners)

    def open_source(self) -> None:
        """Every worker opens its view of the source; returns when all have."""
        self._tell_all("open")
        self._await("opened", self._crew.open_timeout_s)

    def open_target(self) -> None:
        """Every worker opens its view of the target likewise."""
        self._tell_all("open target")
        self._await("opened", self._crew.open_timeout_s)

    def ready(self) -> None:
        """Returns when every worker is there, or is known to be dead."""
        deadline = time.monotonic() + self._crew.ready_timeout_s
        while (absent := self._crew.count - len(self._owners) - len(self.lost)) > 0:
            self._run.check()
            if time.monotonic() > deadline:
                why = self._crew.missing()
                raise ReplatformError(
                    f"{absent} of {self._crew.count} workers were not ready after {self._crew.ready_timeout_s:.0f} s"
                    f"{f' ({why})' if why else ''}; check that both servers answer them and run again."
                )
            self._next(0.2)
        self._complete = True
        self._crew.assembled()

    def work(self, heard: Callable[[dict[str, Any]], None], idle: Callable[[], None]) -> None:
        """Lets the workers work to the end; `heard` gets every event of theirs.

        A worker ends when nothing is left to do. One that does not follow then is stuck, and others did its work.
        """
        self._hold()
        self._tell_all("work")
        waiting = set(self._owners)
        deadline = math.inf
        while waiting and time.monotonic() < deadline:
            idle()
            self._hold()
            owner, event = self._next(0.5)
            if owner:
                heard({**event, "worker": owner})
            if event.get("event") in ENDINGS:
                waiting.discard(owner)
            if event.get("event") == "end":
                deadline = min(deadline, time.monotonic() + END_TIMEOUT_S)
        self.lost += waiting

    def stop(self) -> str:
        """Ends what is left; what could not be cleared away as a sentence, or ""."""
        return self._crew.end()

    def _await(self, wanted: str, timeout_s: float) -> None:
        waiting = set(self._owners)
        deadline = time.monotonic() + timeout_s
        while waiting:
            self._run.check()
            if time.monotonic() > deadline:
                raise ReplatformError(
                    f"{len(waiting)} of {self.size} workers had not {wanted} their views after {timeout_s:.0f} s; "
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
        if owner and self._complete and owner not in self._owners:
            if event["event"] == "ready":
                self._crew.send(owner, "stop")
            return "", {}
        if not event or event["event"] == "alive":
            return "", {}
        if event["event"] == "failed":
            facts = dict(event["error"])
            raise ReplatformError(facts.pop("message"), **facts)
        if event["event"] == "ready":
            self._owners.add(owner)
            self._complete = len(self._owners) + len(self.lost) >= self._crew.count
        elif event["event"] == "end":
            self._ended.add(owner)
        elif event["event"] in ("gone", "fenced"):
            self._bury(owner, event)
        return owner, event

    def _end_silent(self, heard: str, waited_s: float) -> None:
        """Kills a worker that was silent for a lease: a stopped one keeps its locks at the target, a dead one none.

        Adds up waits instead of looking at the clock: this process may have been stopped itself.
        """
        for owner in self._owners - self._ended:
            self._silent_s[owner] = 0.0 if owner == heard else self._silent_s[owner] + waited_s
            if self._silent_s[owner] > self._patience_s:
                self._ended.add(owner)
                self._crew.kill(owner)

    def _bury(self, owner: str, event: dict[str, Any]) -> None:
        """Gives a killed worker's unit back, so that the others need not wait for its lease to run out."""
        self._owners.discard(owner)
        self._crew.bury(owner)
        self.lost.append(owner)
        self._target.evict(owner)
        self._target.journal.release(owner)
        if len(self.lost) >= self._crew.count or (self._complete and not self._owners):
            self._run.check()
            if "error" in event:
                raise FencedOut(event["error"]["message"])
            raise ReplatformError(
                "Every worker of this run was killed; what they finished is recorded at the target. "
                "Look for what killed them (memory?), then run the same command again."
            )

    def _hold(self) -> None:
        """Passes the operator's brake on: the workers may be where its file is not."""
        if (why := self._flag()) != self._held:
            self._held = why
            self._tell_all(f"hold {why}")

    def _tell_all(self, order: str) -> None:
        for owner in self._owners:
            self._crew.send(owner, order)


def execute(
    run: Run,
    job: worker.Job,
    *,
    crew: Crew,
    target: Target,
    progress: Progress,
    moment: Moment,
    prepare: Callable[[], None] = lambda: None,
) -> Outcome:
    """Brings every unit of the journal to what the job's task wants, with the workers of `crew`.

    `prepare` makes what they need while they start. All of them see the servers as `moment` lets them, whose position
    is recorded before the first unit is touched.
    """
    outcome = Outcome()
    journal = target.journal
    fleet = Fleet(crew, job, target, run)
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
        left = fleet.stop()
    if left:
        outcome.warnings.append(left)
    if fleet.lost:
        outcome.warnings.append(
            f"{len(fleet.lost)} of {crew.count} workers were killed or stuck; the others did their work."
        )
    return outcome


def _track(progress: Progress, journal: Journal, fleet: Fleet) -> None:
    tally = journal.tally()
    progress.units_done, progress.units_total = tally.units_done, tally.units_total
    progress.size_done, progress.size_total = tally.bytes_done, tally.bytes_total
    progress.workers = fleet.size
