# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of a switch: the application writes to one server before, to the other one after, never to both.

Statements replicate, so each server is closed by two things of which a replayed statement can undo one at most: its
schemas are READ ONLY (or the server is), or the application's accounts are locked with no session left. Whoever is
passive has its accounts locked, which nothing undoes: pausing, and ending a pause, is done by READ ONLY alone until the
journal says that the other side opens. Only then old's accounts are locked, new's unlocked and its READ ONLY lifted.

Until the journal says `opening` (`returning`) every failure, and the watchdog after kill -9, lets the application write
where it did. From there it only goes forward: the next run finishes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ReplatformError
from ...transfer import failpoint
from ...transfer import run as transfer
from ...transfer.model import FencedOut
from ...transfer.progress import Progress
from ..connection import sentences
from ..driver import pymysql
from ..journal import OPENING, RETURNING, SWITCHED, MysqlJournal
from ..locks import evict, hold, lock_name
from ..objects import KEEP, REWRITE, Stored, differences, read
from ..pause import Account, LockedAccounts, Several, Way, unlock, way_of, writable
from ..selection import Settings
from ..snapshot import still
from ..watchdog import Job, Watchdog, take_over
from . import counters, events, paths
from .blockers import now
from .ends import CUTOVER, NATIVE, End, SwitchWishes
from .gate import Gate

STEPS = (
    "catch_up",
    "hold",
    "guard",
    "stop_writes",
    "reach",
    "halt",
    "close",
    "arm",
    "disarm",
    "announce",
    "shut",
    "open_up",
    "tell",
    "schedule",
    "settle",
    "clear",
)
"""Names of the steps in their order, and of their failpoints."""
SILENCE_S = 5.0
KEEP_OUT_S = 30.0
HELD_S = 1.0
POLL_S = (0.05, 1.0)
CLOSEST, CLOSEST_S = 10, 2.0
"""So few transactions are worth so many seconds of waiting before the pause."""


@dataclass
class Switch:
    """One switch from `old` to `new`. `there` brings old's changes to new; `back` new's to old, if anything does.

    `first` pauses old's writes, `lock` keeps its accounts out; `gate` closes new until it is opened, where
    new has READ ONLY; `closed` is what new was closed by when it became passive.
    """

    direction: str
    run: transfer.Run
    journal: MysqlJournal
    settings: Settings
    wishes: SwitchWishes
    old: End
    new: End
    there: paths.Path
    back: paths.Path | None
    first: Way
    lock: Way
    gate: Gate
    closed: dict[str, Any]
    events: list[events.Event]
    progress: Progress
    account: str = ""
    """Made for the way back, to be dropped at complete."""
    warnings: list[str] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    began: str = ""
    paused_ms: float | None = None
    _dog: Watchdog | None = None
    _paused_at: float = 0.0
    _announced: bool = False

    @property
    def pause(self) -> Several:
        """Everything that keeps old closed."""
        return Several([self.first, self.lock] if self.lock.possible else [self.first])

    @property
    def phase(self) -> str:
        return OPENING if self.direction == CUTOVER else RETURNING

    @contextlib.contextmanager
    def step(self, name: str, doing: str) -> Iterator[None]:
        """Says what goes on, and how long it took. Tests kill here."""
        self.progress.step(doing)
        failpoint.hit(f"before:{name}")
        began, at = time.monotonic(), now()
        yield
        self.steps.append({"step": name, "at": at, "ms": round((time.monotonic() - began) * 1000, 1)})
        failpoint.hit(f"after:{name}")

    # Until something is open: every failure leaves the application where it was

    def before_opening(self) -> None:
        self.began = now()
        with self.step("catch_up", f"waiting until the {self.new.role} is close"):
            self.there.begin()
            self._close_enough()
        with self.step("hold", "held ready"):
            self._held()
        try:
            self._pause_and_prove()
        except BaseException:
            self._undo()
            raise

    def _close_enough(self) -> None:
        wishes, pause = self.wishes, POLL_S[0]
        deadline = time.monotonic() + wishes.wait_timeout_s
        while not (lag := self.there.lag()).within(wishes.transactions, wishes.lag_s):
            self.run.check()
            if time.monotonic() > deadline:
                raise ReplatformError(
                    f"The {self.new.role} is still {lag} behind after {wishes.wait_timeout_s} s; nothing was switched. "
                    "It goes on catching up, so run again later.",
                    transactions_behind=lag.transactions,
                )
            self.progress.lag = lag.as_dict()
            self.progress.emit()
            time.sleep(pause)
            pause = min(POLL_S[1], pause * 1.5)

    def _closest(self) -> None:
        """A good moment: what is still to come then is waited for with writes paused."""
        deadline = time.monotonic() + CLOSEST_S
        while not self.there.lag().within(CLOSEST, 0) and time.monotonic() < deadline:
            self._guarded()
            time.sleep(POLL_S[0])

    def _held(self) -> None:
        """While the hold file exists everything stays ready, and nothing is paused."""
        held = False
        while self.wishes.hold_file and Path(self.wishes.hold_file).exists():
            held = True
            self.run.check()
            self.progress.step(f"held by {self.wishes.hold_file}")
            self.there.lag()
            time.sleep(HELD_S)
        if held:
            self._close_enough()

    def _pause_and_prove(self) -> None:
        wishes = self.wishes
        with self.step("guard", "arming the watchdog"):
            self.journal.note({"pause": self.first.facts, "paused": self.old.role})
            self._dog = Watchdog(self._job())
            self._dog.arm()
            self.gate.prepare()
            self._closest()
        self._paused_at = time.monotonic()
        deadline = self._paused_at + wishes.switch_timeout_s
        with self.step("stop_writes", f"pausing writes at the {self.old.role}"):
            self.first.pause(wishes.pause_timeout_s)
            self._paused_at = time.monotonic()
        with self.step("reach", f"waiting until the {self.new.role} has everything"):
            with sentences(self.old.server, "looking where it is"):
                last = still(self.old.connection)
            self.counters = counters.counters(self.old, self.settings.schemas)
            self.there.reach(last, deadline, self._guarded)
        with self.step("halt", "ending the way there"):
            self.there.stop()
        with self.step("close", f"making the {self.new.role} read-only"):
            if self._replays:
                self.gate.shut(self._left(deadline))
                unlock(self.new.server, self.new.connection, self._usable)
        with self.step("arm", "arming the way back"), self.journal.quiet():
            self.first.ease()  # the way back is noted at old by our own account, still the only one that may write
            if self.back and self.direction == CUTOVER and self.back.kind == NATIVE:
                self.journal.mirror(self.old.connection, self.old.server)
            with sentences(self.new.server, "looking where it is"):
                at = still(self.new.connection)
            if not self._replays:
                # Its accounts are locked, and no replayed statement is left that could undo that. Not before the
                # position: of a commit under way the log has the events before the GTID set has their name.
                self.gate.begin_lifting(self.counters)
            if self.back:
                self.back.arm(at)
            self.first.pause(self._left(deadline))
        with self.step("disarm", "ending the watchdog"):
            self._guarded()
            self._proven()
            if self._dog:
                self._dog.disarm(self.old.connection)
                self._dog = None
            self._proven()
        self._announced = True
        with self.step("announce", f"opening the {self.new.role}"):
            self.journal.enter(
                self.phase,
                {
                    "pause": {},
                    "paused": "",
                    "switch": {
                        "direction": self.direction,
                        "began": self.began,
                        "way": self.first.name,
                        "reverse": self.back.kind if self.back else "none",
                        "there": self.there.kind,
                        "events": self.events,
                        "counters": self.counters,
                        "accounts": [list(account) for account in self._usable],
                        "position": at,
                        "account": self.account,
                        "opens": self.closed,
                        "closes": self.pause.facts,
                        "locks": self.lock.possible,
                    },
                    "closed": self.pause.facts,
                },
            )

    @property
    def _replays(self) -> bool:
        """Whether old will repeat what is done to new from the way back's position on: accounts are unlocked before."""
        return isinstance(self.back, paths.Native)

    @property
    def _usable(self) -> list[Account]:
        """Accounts that the application could log in with at old, so shall at new."""
        kept = {tuple(account) for account in self.lock.before.get("locked", [])}
        return [account for account in self.lock.accounts if account not in kept]

    def _proven(self) -> None:
        """The server itself says that nobody can write to old."""
        if not self.first.paused():
            raise ReplatformError(
                f"The {self.old.role} is no longer closed, though this run closed it; see who else works there. "
                "Nothing was switched, and it takes writes as before.",
                code="NotPaused",
            )

    def _guarded(self) -> None:
        self.run.check()
        if self._dog:
            self._dog.check()

    def _left(self, deadline: float) -> float:
        return max(0.1, deadline - time.monotonic())

    def _job(self) -> Job:
        return Job(
            self.old.server.as_dict(),
            self.journal.server.as_dict(),
            self.journal.schema,
            self.journal.name,
            self.run.epoch,
            self.first.facts,
            silence_s=SILENCE_S,
            longest_s=self.wishes.pause_timeout_s + self.wishes.switch_timeout_s,
            paused=self.old.role,
        )

    def _undo(self) -> None:
        """The application writes to old again, before anything else is put right; by the watchdog where we cannot.

        A run that was taken over leaves the pause to the one that took it: that has resumed it, or has made another.
        Where the journal may say that new opens, both stay closed until the next run has asked it.
        """
        try:
            state = self.journal.found()
            if state.epoch != self.run.epoch or state.phase == self.phase:
                return
        except FencedOut:
            return
        except (ReplatformError, pymysql.MySQLError):
            if self._announced:
                return
        pause = self.first
        pause.connection = self.old.again()
        pause.resume()
        self.gate.still()
        self.gate.close()
        if self._dog:
            with contextlib.suppress(ReplatformError):
                self._dog.disarm(pause.connection)
        for put_right in (lambda: self.journal.note({"pause": {}, "paused": ""}), self._disarmed, self._there_again):
            with contextlib.suppress(ReplatformError, pymysql.MySQLError):
                put_right()

    def _there_again(self) -> None:
        """Not before new is closed: what the pause and its end did is repeated there, and lifts its READ ONLY."""
        keep_out(self.new, self.settings.schemas, self.lock.accounts)
        self.there.begin()

    def _disarmed(self) -> None:
        if self.back:
            self.back.disarm()

    # From here on only forward

    def after_opening(self, told: dict[str, Any]) -> None:
        """`told` is what the journal has of the switch. Every step may be done again."""
        schemas = self.settings.schemas
        accounts = [(each[0], each[1]) for each in told["accounts"]]
        with self.step("shut", f"keeping the application out of the {self.old.role}"):
            way_of(self.old.server, self.old.connection, told["closes"]).ease()
            if told["locks"]:
                keep_out(self.old, schemas, accounts)
        with self.step("open_up", f"opening the {self.new.role}"):
            unlock(self.new.server, self.new.connection, accounts)
            self.gate.lifted(told["counters"])
            self.gate.close()
            if told["opens"]:
                way_of(self.new.server, self.new.connection, told["opens"]).resume()
        if self._paused_at:
            self.paused_ms = round((time.monotonic() - self._paused_at) * 1000, 1)
        with self.step("tell", f"the {self.new.role} is open"):
            self.wishes.opened(self.new.role)
        with self.step("schedule", "starting events"):
            self.there.remove()
            self.warnings += events.start(self.new, told["events"])
        with self.step("settle", "letting changes come back"):
            self._settled(told)
        with self.step("clear", "noting the end"):
            self.journal.enter(SWITCHED if self.direction == CUTOVER else "following", self._end(told))

    def _settled(self, told: dict[str, Any]) -> None:
        """Old stays closed by its locked accounts alone, so that changes can come back to it."""
        if not self.back:
            return
        accounts = [(each[0], each[1]) for each in told["accounts"]]
        running = events.enabled(self.old, self.settings.schemas)
        writable(self.old.server, self.old.connection, self.settings.schemas)
        self.warnings += events.stop(self.old, running)
        if ran := events.ran(self.old, running):
            self.warnings.append(
                f"Event {', '.join(ran)} ran at the {self.old.role} while it was being stopped and may have written "
                f"what the {self.new.role} does not have: look at it before the application is brought back."
            )
        self.back.settle(accounts)

    def _end(self, told: dict[str, Any]) -> dict[str, Any]:
        facts: dict[str, Any] = {"switch": {**told, **self.told(told), "counters": {}}}
        if self.direction != CUTOVER:
            facts |= {"verify": {}, "made": {**self.journal.found().facts.get("made", {}), **self._spelled()}}
        return facts

    def _spelled(self) -> dict[str, list[str]]:
        """Objects that differ in nothing but their definer, which the source did not let us keep; by fingerprint."""
        found: list[dict[str, Stored]] = []
        for side in (self.new, self.old):
            with sentences(side.server, "reading its objects"):
                stored = read(side.connection, self.settings.schemas, self.settings.objects)
                found.append({each.label: each for each in stored})
        ours, theirs = found
        return {
            label: [one.fingerprint, theirs[label].fingerprint]
            for label, one in ours.items()
            if label in theirs
            and differences(one, theirs[label], KEEP)
            and not differences(one, theirs[label], REWRITE)
        }

    def told(self, switch: dict[str, Any]) -> dict[str, Any]:
        """What the module returns of the switch."""
        return {
            "direction": self.direction,
            "way": switch.get("way", self.first.name),
            "reverse": switch.get("reverse", "none"),
            "began": switch.get("began", self.began),
            "ended": now(),
            "steps": self.steps,
            "pause_ms": self.paused_ms,
        }


def keep_out(end: End, schemas: Sequence[str], accounts: Sequence[Account]) -> None:
    """Locks these accounts, of which a server may lack some, and ends their sessions."""
    lock = LockedAccounts(end.server, end.again(), schemas, accounts)
    lock.pause(KEEP_OUT_S)


def fence(journal: MysqlJournal, ends: Iterable[End]) -> None:
    """An earlier run that wakes late can open neither server; for a run that has taken the migration."""
    name = lock_name("switch", journal.schema, journal.name)
    for each in ends:
        with sentences(each.server, "ending an earlier run's connection"):
            evict(each.connection, name)
            hold(each.connection, name)


def let_go(journal: MysqlJournal, facts: dict[str, Any], ends: dict[str, End]) -> bool:
    """Undoes the pause that an interrupted run has left; whether there was one. For a run that holds the migration."""
    if not facts.get("pause"):
        return False
    paused = ends[facts["paused"]]
    take_over(paused.connection, journal, paused.server)
    way_of(paused.server, paused.connection, facts["pause"]).resume()
    journal.note({"pause": {}, "paused": ""})
    return True
