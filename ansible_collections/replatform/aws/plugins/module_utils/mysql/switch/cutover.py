# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches an application from one MySQL server to the other, and back."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...errors import ReplatformError
from ...resource import Outcome
from ...transfer import run as transfer
from ...transfer.progress import Progress
from ..accounts import application
from ..applier import way_back
from ..connection import Server, sentences
from ..journal import COMPLETED, OPENING, RETURNING, SWITCHED, MysqlJournal, State
from ..pause import Account, LockedAccounts, Way, ways
from ..replication.lag import Lag
from ..selection import Settings, compatible, known, select
from . import blockers, events
from .blockers import Blocker
from .ends import APPLIER, AUTO, CUTOVER, NATIVE, NONE, ROLLBACK, End, SwitchWishes, end
from .gate import Gate
from .paths import Applied, Native, Path
from .switch import STEPS, Switch, fence, keep_out, let_go

BEFORE = {CUTOVER: ("following", "verifying", "verified"), ROLLBACK: (SWITCHED,)}
AMID = {CUTOVER: OPENING, ROLLBACK: RETURNING}
DONE = {CUTOVER: (SWITCHED, COMPLETED), ROLLBACK: ("following", "verifying", "verified")}
NEXT = {
    CUTOVER: "Watch the application. Run mysql_rollback to bring it back with all that it has written, or "
    "mysql_complete once the target has a backup.",
    ROLLBACK: "The target follows the source again. Run mysql_verify before the next cutover.",
}
MODULES = {CUTOVER: "mysql_cutover", ROLLBACK: "mysql_rollback"}


def cutover(source: Server, target: Server, settings: Settings, wishes: SwitchWishes, *, check: bool) -> Outcome:
    """Lets the application write to the target instead of the source; see switch().

    A migration that is switched already, or completed, is left alone.
    """
    return switch(CUTOVER, source, target, settings, wishes, check=check)


def rollback(source: Server, target: Server, settings: Settings, wishes: SwitchWishes, *, check: bool) -> Outcome:
    """Lets the application write to the source again, with everything that it has written at the target."""
    return switch(ROLLBACK, source, target, settings, wishes, check=check)


def switch(
    direction: str, source: Server, target: Server, settings: Settings, wishes: SwitchWishes, *, check: bool
) -> Outcome:
    """Outcome.result: {phase, name, blockers: [{id, sentence, fix, acceptable}], ways: [{name, possible, why}], way,
    reverse, accounts, lag_seconds, transactions_behind, steps, switch, next_step}.

    With `check` nothing is written anywhere: it says which steps would be taken and what blocks them now.
    """
    journal = MysqlJournal(target, settings.journal_schema, settings.name)
    with end(source) as here, end(target) as there, closing(journal):
        identity = compatible((here.connection, source), (there.connection, target), settings)
        state = known(journal, identity, switched=True)
        if not state or state.phase not in (*BEFORE[direction], AMID[direction], *DONE[direction]):
            why, phase = _not_yet(direction, settings.name, state), state.phase if state else "planned"
            if check and direction == CUTOVER:
                result = _result(settings, phase, "Run without check mode.")
                missing = Blocker("verify", why, "Run what comes before.")
                return Outcome(True, {**result, "blockers": [missing.as_dict()]})
            raise ReplatformError(why, phase=phase)
        if _done(direction, state):
            return Outcome(result=_result(settings, state.phase, NEXT[direction], switch=state.facts.get("switch", {})))
        work = _Work(direction, here, there, journal, settings, wishes, state)
        if check:
            return work.planned()
        with transfer.Run(journal, source=identity, lease_s=settings.lease_s) as run:
            return work.done(run)


def _done(direction: str, state: State) -> bool:
    """Whether the application is there already. Of a migration that never was switched nothing can be brought back."""
    if state.phase not in DONE[direction]:
        return False
    return direction == CUTOVER or state.facts.get("switch", {}).get("direction") == ROLLBACK


def _not_yet(direction: str, name: str, state: State | None) -> str:
    if direction == CUTOVER:
        steps = f"it is {state.phase}" if state else "its journal is empty"
        if state and state.phase == RETURNING:
            return f"Migration {name} is on its way back to the source; run mysql_rollback to the end first."
        return f"Migration {name} cannot be switched yet ({steps}); run mysql_copy, mysql_follow and mysql_verify."
    if state and state.phase == OPENING:
        return f"The cutover of migration {name} was interrupted; run mysql_cutover to the end, then roll back."
    if state and state.phase == COMPLETED:
        return f"Migration {name} is completed: its way back was taken down, so there is no rollback any more."
    return f"Migration {name} was not switched to the target, so there is nothing to bring back."


@dataclass
class _Plan:
    """What a switch has to work with, found by reading only."""

    blockers: list[Blocker]
    accepted: list[Blocker]
    ways: list[Way]
    first: Way
    lock: LockedAccounts
    reverse: str
    lag: Lag
    events: list[events.Event]


class _Work:
    """One run in one direction: from `old`, where the application writes, to `new`."""

    def __init__(
        self,
        direction: str,
        source: End,
        target: End,
        journal: MysqlJournal,
        settings: Settings,
        wishes: SwitchWishes,
        state: State,
    ) -> None:
        self._direction, self._source, self._target = direction, source, target
        self._journal, self._settings, self._wishes, self._state = journal, settings, wishes, state
        self._old, self._new = (source, target) if direction == CUTOVER else (target, source)

    def planned(self) -> Outcome:
        if self._state.phase == AMID[self._direction]:
            result = _result(self._settings, self._state.phase, "Run without check mode.", switch=self._switched)
            return Outcome(True, result, actions=["go on with the switch that was begun"])
        found = self._plan()
        warnings = [blocker.sentence for blocker in found.accepted]
        following = "See what blocks it." if found.blockers else "Run without check mode."
        result = _result(self._settings, self._state.phase, following, found=found, switch=self._switched)
        actions = [] if found.blockers else [f"{step}: {self._doing[step]}" for step in STEPS]
        return Outcome(True, result, *self._changes(), actions, warnings)

    def done(self, run: transfer.Run) -> Outcome:
        """The switch, or the end of one that was interrupted."""
        ends = {each.role: each for each in (self._source, self._target)}
        with closing(self._settings.progress(self._direction)) as progress:
            fence(self._journal, ends.values())
            if let_go(self._journal, self._journal.found().facts, ends):
                progress.step("let the application write again, after a run that was interrupted")
            if self._state.phase == AMID[self._direction]:
                return self._finished(self._resumed(run, progress))
            with suppress(ReplatformError):  # what keeps it from running is told by the plan
                keep_out(self._new, self._settings.schemas, self._accounts())
                self._there.begin()
            found = self._plan(waits=True)
            if found.blockers:
                result = _result(self._settings, self._state.phase, "See what blocks it.", found=found)
                raise Blocked(found, result)
            back = self._back(found.reverse)
            warnings = [f"Accepted: {blocker.sentence}" for blocker in found.accepted]
            warnings += back.ready() if back else ["There is no way back: reverse is none."]
            made = Switch(
                self._direction,
                run,
                self._journal,
                self._settings,
                self._wishes,
                self._old,
                self._new,
                self._there,
                back,
                found.first,
                found.lock,
                Gate(self._new.server, self._settings.schemas),
                self._closed,
                found.events,
                progress,
                self._made(back),
                warnings,
            )
            made.before_opening()
            return self._finished(made)

    def _finished(self, made: Switch) -> Outcome:
        told = self._journal.found().facts["switch"]
        made.after_opening(told)
        phase = self._journal.found().phase
        self._journal.finish(phase, {})
        result = _result(
            self._settings,
            phase,
            NEXT[self._direction],
            switch=made.told(told),
            way=told["way"],
            reverse=told["reverse"],
            accounts=[f"{user}@{host}" for user, host in told["accounts"]],
        )
        actions = [f"{each['step']}: {self._doing[each['step']]}" for each in made.steps]
        return Outcome(True, result, *self._changes(), actions, made.warnings)

    def _resumed(self, run: transfer.Run, progress: Progress) -> Switch:
        """An interrupted switch, from where the journal says that the other side opens."""
        told = self._switched
        accounts: list[Account] = [(each[0], each[1]) for each in told["accounts"]]
        lock = LockedAccounts(self._old.server, self._old.connection, self._settings.schemas, accounts)
        return Switch(
            self._direction,
            run,
            self._journal,
            self._settings,
            self._wishes,
            self._old,
            self._new,
            self._there,
            self._back(told["reverse"]),
            lock,
            lock,
            Gate(self._new.server, self._settings.schemas),
            told["opens"],
            told["events"],
            progress,
            began=told["began"],
        )

    @property
    def _switched(self) -> dict[str, Any]:
        found: dict[str, Any] = self._state.facts.get("switch", {})
        return found

    @property
    def _closed(self) -> dict[str, Any]:
        """What new was closed by when the application left it; nothing before the first cutover."""
        found: dict[str, Any] = self._state.facts.get("closed", {})
        return found

    # What there is

    def _plan(self, *, waits: bool = False) -> _Plan:
        """`waits`: being behind stands in nobody's way, as it is waited for."""
        settings, wishes, old, new = self._settings, self._wishes, self._old, self._new
        accounts = self._accounts()
        with sentences(old.server, "probing how its writes can be paused"):
            found_ways = ways(old.server, old.connection, settings.schemas, accounts)
            if old.role == "target":  # the journal is there, and must be written to
                found_ways = [way for way in found_ways if way.name != "super_read_only"]
            lock = LockedAccounts(old.server, old.connection, settings.schemas, accounts)
            lock.guarded = True
            lock.probe()
        lasting = [way for way in found_ways if way.possible and way.lasts]
        found, reverse = self._returning()
        running = events.enabled(old, settings.schemas)
        lag = Lag(None, None)
        try:
            lag = self._there.lag()
        except ReplatformError as error:
            found.append(Blocker("broken", error.message, "Mend it, then run again."))
        else:
            if not waits and not isinstance(self._there, Applied):
                found += blockers.behind(lag, wishes)
        if self._direction == CUTOVER:
            found += blockers.verified(self._state, self._target, wishes)
        found += blockers.busy(old, settings.schemas, wishes)
        found += blockers.pausing(found_ways, lock, returning=reverse != NONE)
        found += blockers.accounts(new, accounts)
        found += blockers.parameters(old, new)
        found += blockers.scheduled(new, running)
        if reverse != NONE:
            found += blockers.stoppable(old, running)
        blocking, accepted = blockers.sort(found, wishes.accept)
        first = lasting[0] if lasting else found_ways[0]
        return _Plan(blocking, accepted, found_ways, first, lock, reverse, lag, running)

    def _accounts(self) -> list[Account]:
        """The application's accounts at old, but not those of roles, which nobody logs in with."""
        if self._direction == ROLLBACK and not self._wishes.accounts:
            return [(each[0], each[1]) for each in self._switched["accounts"]]
        old, new = self._old.server, self._new.server
        names = application(self._old.connection, old, new, self._settings.schemas, self._wishes.accounts)
        return [(user, host) for user, _at, host in (name.rpartition("@") for name in names)]

    def _returning(self) -> tuple[list[Blocker], str]:
        """What keeps changes from coming back, and by what they would."""
        fix = "Mend it, or give reverse: none, which has no way back."
        if self._wishes.reverse == NONE:
            return [], NONE
        if self._direction == ROLLBACK:
            return [], NATIVE
        native = Native.possible(self._source)
        if self._wishes.reverse == NATIVE and not native:
            sentence = "The source's account may not make it a replica (REPLICATION_SLAVE_ADMIN, RELOAD, gtid_purged)."
            return [Blocker("reverse", sentence, "Grant that, or give reverse: applier.")], NATIVE
        if native and self._wishes.reverse in (AUTO, NATIVE):
            return [], NATIVE
        with sentences(self._source.server, "reading the tables"):
            tables = select(self._source.connection, self._source.server, self._settings).tables
        reasons = way_back.unsupported(self._source.server, self._target.server, tables)
        return [Blocker("reverse", reason, fix) for reason in reasons], APPLIER

    def _made(self, back: Path | None) -> str:
        native = self._direction == CUTOVER and isinstance(back, Native)
        return self._wishes.backward.made(self._settings.name) if native else ""

    @cached_property
    def _there(self) -> Path:
        if self._direction == CUTOVER:
            return self._forward()
        # Once the journal says that the source opens, `reverse` is the way back from there.
        return self._backward(self._switched["there" if self._state.phase == RETURNING else "reverse"])

    def _back(self, reverse: str) -> Path | None:
        if reverse == NONE:
            return None
        return self._backward(reverse) if self._direction == CUTOVER else self._forward()

    def _forward(self) -> Native:
        return Native(self._source, self._target, self._wishes.forward, self._settings.name)

    def _backward(self, reverse: str) -> Path:
        if reverse == NONE:
            raise ReplatformError(
                f"Migration {self._settings.name} was switched with reverse: none: what the application has written at "
                "the target cannot come back to the source by itself. Move it by hand, or stay."
            )
        if reverse == APPLIER:
            accounts: list[Account] = [(each[0], each[1]) for each in self._switched.get("accounts", [])]
            return Applied(self._source, self._target, self._settings, accounts)
        return Native(self._target, self._source, self._wishes.backward, self._settings.name)

    # What is told

    @property
    def _doing(self) -> dict[str, str]:
        old, new = f"the {self._old.role}", f"the {self._new.role}"
        return {
            "catch_up": f"wait until {new} is close",
            "hold": "wait while the hold file exists",
            "guard": "arm the watchdog",
            "stop_writes": f"pause writes at {old}",
            "reach": f"wait until {new} has everything",
            "halt": "end the way there",
            "close": f"make {new} read-only",
            "arm": "arm the way back",
            "disarm": f"end the watchdog, {old} being closed",
            "announce": f"note in the journal that {new} opens",
            "shut": f"lock the application's accounts at {old} and end their sessions",
            "open_up": f"unlock them at {new}, and open it",
            "tell": "let the application know",
            "schedule": f"start events at {new}",
            "settle": f"let changes come back to {old}",
            "clear": "note the end in the journal",
        }

    def _changes(self) -> tuple[dict[str, Any], dict[str, Any]]:
        of = f"migration {self._settings.name}"
        return {of: {"writes_to": self._old.role}}, {of: {"writes_to": self._new.role}}


class Blocked(ReplatformError):
    """Something stands in the way; `outcome` has the whole result."""

    def __init__(self, found: _Plan, result: dict[str, Any]) -> None:
        told = " ".join(f"[{each.id}] {each.sentence} {each.fix}" for each in found.blockers)
        super().__init__(f"Nothing was switched, as this stands in the way: {told}", code="Blocked")
        self.outcome = Outcome(result=result)


def _result(
    settings: Settings,
    phase: str,
    next_step: str,
    *,
    found: _Plan | None = None,
    switch: dict[str, Any] | None = None,
    **over: Any,
) -> dict[str, Any]:
    """The module's result, of the same shape whatever happened."""
    told = {key: value for key, value in (switch or {}).items() if key in _TOLD}
    result: dict[str, Any] = {
        "phase": phase,
        "name": settings.name,
        "blockers": [each.as_dict() for each in found.blockers] if found else [],
        "ways": [{"name": w.name, "possible": w.possible, "why": w.why} for w in found.ways] if found else [],
        "way": (found.first.name if found and found.first.possible else "") if found else told.get("way", ""),
        "reverse": found.reverse if found else told.get("reverse", ""),
        "accounts": [f"{user}@{host}" for user, host in found.lock.accounts] if found else [],
        **(found.lag if found else Lag(None, None)).as_dict(),
        "switch": told,
        "next_step": next_step,
    }
    return {**result, **over}


_TOLD = ("direction", "way", "reverse", "began", "ended", "steps", "pause_ms")
