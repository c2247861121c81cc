"""A store that keeps its rows in dictionaries: what the engine promises, without a server.

It keeps the protocols of transfer.store as strictly as MySQL does: leases end by a clock, every claim raises the
unit's epoch, and only the newest claim commits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils.transfer.model import (
    COPIED,
    COPY,
    COPYING,
    PLANNED,
    ROWS,
    SEAL,
    VERIFIED,
    Batch,
    Claim,
    Digest,
    FencedOut,
    Group,
    RunActive,
    Unit,
    Written,
)
from ansible_collections.replatform.aws.plugins.module_utils.transfer.store import Journal, Source, Store, Tally, Target
from ansible_collections.replatform.aws.plugins.module_utils.transfer.throttle import Reason
from ansible_collections.replatform.aws.plugins.module_utils.transfer.worker import Job

Rows = list[str]


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def digest(rows: Iterable[str]) -> Digest:
    total = Digest()
    for row in rows:
        number = int.from_bytes(row.encode(), "big")
        total += Digest(1, number)
    return total


@dataclass
class Entry:
    """A unit's line in the journal."""

    unit: Unit
    state: str = PLANNED
    epoch: int = 0
    run: int = 0
    owner: str = ""
    lease_until: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


class MemoryJournal:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._groups: dict[str, Group] = {}
        self.entries: dict[str, Entry] = {}
        self.finishes: list[str] = []
        """Units in the order in which they were finished."""
        self.position: dict[str, Any] = {}
        self.position_epoch = 0
        self.epoch = 0
        self.run_lease_until = 0.0
        self._lease_s = 0.0

    def take(self, *, source: str, lease_s: float) -> int:
        with self._lock:
            if self.run_lease_until > self._clock():
                raise RunActive("another run lives")
            self.epoch += 1
            self._lease_s = lease_s
            self.run_lease_until = self._clock() + lease_s
            for entry in self.entries.values():
                entry.owner = ""
            return self.epoch

    def renew_run(self) -> None:
        self.run_lease_until = self._clock() + self._lease_s

    def end_run(self) -> None:
        self.run_lease_until = 0.0

    def plan(self, groups: Iterable[tuple[Group, list[Unit]]]) -> None:
        for group, units in groups:
            if group.name in self._groups and self._groups[group.name].fingerprint == group.fingerprint:
                continue
            self._groups[group.name] = group
            self.entries = {name: entry for name, entry in self.entries.items() if entry.unit.group != group.name}
            self.entries.update({unit.id: Entry(unit) for unit in units})

    def groups(self) -> dict[str, Group]:
        return dict(self._groups)

    def begin(self, task: str, position: dict[str, Any]) -> None:
        with self._lock:
            if task != COPY:
                for entry in self.entries.values():
                    if entry.unit.stage == SEAL:
                        entry.run = self.epoch
                return
            if position == self.position:
                for entry in self.entries.values():
                    if entry.run >= self.position_epoch and entry.state in (COPIED, VERIFIED):
                        entry.run = self.epoch
            else:
                self.position, self.position_epoch = position, self.epoch

    def claim(self, owner: str, lease_s: float) -> Claim | None:
        with self._lock:
            for entry in sorted(self.entries.values(), key=lambda e: (e.unit.stage != SEAL, -e.unit.size, e.unit.id)):
                if entry.run < self.epoch and self._free(entry) and self._ripe(entry):
                    previous, state = entry.owner, entry.state
                    entry.owner, entry.epoch = owner, entry.epoch + 1
                    entry.lease_until = self._clock() + lease_s
                    entry.state = COPYING if state == PLANNED else state
                    return Claim(entry.unit, entry.epoch, state, owner, previous)
            return None

    def _free(self, entry: Entry) -> bool:
        return not entry.owner or entry.lease_until < self._clock()

    def _ripe(self, entry: Entry) -> bool:
        return entry.unit.stage != SEAL or all(
            other.run >= self.epoch
            for other in self.entries.values()
            if other.unit.group == entry.unit.group and other.unit.stage == ROWS
        )

    def renew(self, claim: Claim, lease_s: float) -> None:
        with self._lock:
            entry = self.entries[claim.unit.id]
            if (entry.epoch, entry.owner) == (claim.epoch, claim.owner):
                entry.lease_until = self._clock() + lease_s

    def finished(self, claim: Claim, state: str, **facts: Any) -> None:
        self.commit(claim, state, lambda: None, facts)

    def commit(self, claim: Claim, state: str, change: Callable[[], None], facts: dict[str, Any]) -> None:
        """The change and the journal's word of it, or neither."""
        with self._lock:
            entry = self.entries[claim.unit.id]
            if (entry.epoch, entry.owner) != (claim.epoch, claim.owner):
                raise FencedOut(f"{claim.unit.id} was taken over by another worker")
            change()
            entry.state, entry.run, entry.owner, entry.facts = state, self.epoch, "", facts
            self.finishes.append(claim.unit.id)

    def release(self, owner: str) -> None:
        with self._lock:
            for entry in self.entries.values():
                if entry.owner == owner:
                    entry.owner = ""

    def tally(self) -> Tally:
        with self._lock:
            done = [entry.unit.size for entry in self.entries.values() if entry.run >= self.epoch]
            sizes = [entry.unit.size for entry in self.entries.values()]
            return Tally(len(done), len(sizes), sum(done), sum(sizes))

    def close(self) -> None: ...


class MemorySource:
    """`rows[unit]` in batches of one row."""

    def __init__(self, rows: dict[str, Rows]) -> None:
        self.rows = rows
        self.reads: list[str] = []
        self.batch_read: Callable[[str, int], None] = lambda _unit, _number: None
        """Called before every batch with the unit and the batch's number; may raise, as a lost connection does."""

    def consistent(self, open_views: Callable[[], None]) -> dict[str, Any]:
        open_views()
        return self.position()

    def position(self) -> dict[str, Any]:
        return {"rows": str(sorted(self.rows.items()))}

    def open_view(self) -> None: ...

    def read(self, unit: Unit, group: Group) -> Iterator[Batch]:
        self.reads.append(unit.id)
        for number, row in enumerate(self.rows[unit.id]):
            self.batch_read(unit.id, number)
            yield Batch(row, 1, len(row))

    def digest(self, unit: Unit, group: Group) -> Digest:
        return digest(self.rows[unit.id])

    def close(self) -> None: ...


class MemoryTarget:
    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self.rows: dict[str, Rows] = {}
        self.log: list[tuple[str, str]] = []
        """What was done, in order: (attach, owner), (evict, owner), (write, unit), (seal, group)."""
        self.before_write: Callable[[Claim], None] = lambda _claim: None
        self.before_commit: Callable[[Claim], None] = lambda _claim: None

    @property
    def journal(self) -> Journal:
        return self._journal

    def attach(self, owner: str) -> None:
        self.log.append(("attach", owner))

    def open_view(self) -> None: ...

    def evict(self, owner: str) -> None:
        self.log.append(("evict", owner))

    def write(self, claim: Claim, group: Group, batches: Iterator[Batch]) -> Written:
        self.before_write(claim)
        self.log.append(("write", claim.unit.id))
        arrived = list(batches)
        self.before_commit(claim)

        def change() -> None:
            self.rows[claim.unit.id] = [batch.payload for batch in arrived]

        written = Written(len(arrived), sum(batch.bytes for batch in arrived))
        self._journal.commit(claim, COPIED, change, {})
        return written

    def seal(self, group: Group) -> None:
        self.log.append(("seal", group.name))

    def digest(self, unit: Unit, group: Group) -> Digest:
        return digest(self.rows.get(unit.id, []))

    def close(self) -> None: ...


class MemoryStore:
    """Two groups of three units each, of two rows a unit, unless told otherwise; what several workers share."""

    def __init__(self, groups: Iterable[str] = ("shop.order", "shop.customer"), units: int = 3) -> None:
        self.clock = Clock()
        self.memory = MemoryJournal(self.clock)
        self.sourced = MemorySource({})
        self.targeted = MemoryTarget(self.memory)
        planned = []
        for name in groups:
            pieces = [Unit(f"{name}#{number}", name, ROWS, {}, 10) for number in range(units)]
            planned.append((Group(name, "first"), [*pieces, Unit(f"{name}#seal", name, SEAL)]))
            self.sourced.rows.update({unit.id: [f"{unit.id}/a", f"{unit.id}/b"] for unit in pieces})
        self.memory.plan(planned)

    @property
    def pressures(self) -> Sequence[Reason]:
        return ()

    @property
    def source(self) -> Source:
        return self.sourced

    @property
    def target(self) -> Target:
        return self.targeted

    def begin(self, task: str = COPY) -> None:
        """A new run, at the source's present position."""
        self.memory.end_run()
        self.memory.take(source="memory", lease_s=30)
        self.memory.begin(task, self.sourced.position())


def open_store(ends: dict[str, Any]) -> Store:
    """What a job names."""
    return MemoryStore(**ends)


def job(owner: str, task: str = COPY) -> Job:
    return Job(f"{__name__}:open_store", task, owner, 30.0, {})
