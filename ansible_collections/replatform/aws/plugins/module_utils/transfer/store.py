# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store must offer so that the engine can move it: two protocols and the journal at the target.

A store that satisfies them gets resume, fencing, throttling, progress and verification from the engine. Stores: mysql.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from .model import Batch, Claim, Digest, Group, Unit, Written
from .throttle import Reason


class Source(Protocol):
    """Where the rows come from."""

    def consistent(self, open_views: Callable[[], None]) -> dict[str, Any]:
        """Calls `open_views` at a moment when nothing changes and returns that moment's position.

        The coordinator's side. May call `open_views` again when something changed while it ran.
        """

    def position(self) -> dict[str, Any]:
        """Where the source is now."""

    def open_view(self) -> None:
        """A reader's side: from now on read() and digest() see the store as it is at this moment."""

    def read(self, unit: Unit, group: Group) -> Iterator[Batch]:
        """Streams a unit. Raises ShortRead rather than ending early, GroupChanged when the plan no longer fits."""

    def digest(self, unit: Unit, group: Group) -> Digest: ...

    def close(self) -> None: ...


class Tally(NamedTuple):
    """How far a run is: units and estimated bytes done and in all."""

    units_done: int
    units_total: int
    bytes_done: int
    bytes_total: int


class Journal(Protocol):
    """Durable state of every unit, at the target. All times are the target's clock."""

    def take(self, *, source: str, lease_s: float) -> int:
        """Starts a run and returns its epoch. Raises RunActive while another lives; takes over from a dead one."""

    def renew_run(self) -> None:
        """Prolongs the run's lease. Raises FencedOut when another run has taken over."""

    def plan(self, groups: Iterable[tuple[Group, list[Unit]]]) -> None:
        """Records groups with their units; those of a group whose fingerprint changed replace the old ones."""

    def groups(self) -> dict[str, Group]: ...

    def begin(self, task: str, position: dict[str, Any]) -> None:
        """Every unit has to be looked at again in this run, unless it was finished at the very same position."""

    def claim(self, owner: str, lease_s: float) -> Claim | None:
        """The next unit that nobody works on, or None while there is none to be had."""

    def renew(self, claim: Claim, lease_s: float) -> None: ...

    def finished(self, claim: Claim, state: str, **facts: Any) -> None:
        """The unit is what this run wants. Raises FencedOut when the claim is not the newest one."""

    def release(self, owner: str) -> None:
        """Gives back what a dead worker had claimed."""

    def tally(self) -> Tally: ...

    def close(self) -> None: ...


class Mailbox(Protocol):
    """Lines between a run and its workers, kept at the target: what pipes are where no pipe reaches.

    A line stays until its reader takes it, in the order of its writer: a cut connection delays it and loses none. One
    that cannot say whether it was sent sends it again under its old number, and it is taken once.
    """

    def prepare(self) -> None:
        """Makes the place and empties it; the run does so before it starts a worker."""

    def send(self, lines: Sequence[str], to: str = "") -> None:
        """To one worker by its token, or to the run. What fails to leave goes with the next call."""

    def receive(self) -> list[tuple[str, str]]:
        """Who wrote and what, of all that waits for the owner of this mailbox."""

    def alive(self) -> bool:
        """Whether the run still holds its lease: a worker whose run is dead or was taken over ends."""

    def clear(self) -> None:
        """Takes away what nobody will read any more."""

    def close(self) -> None: ...


class Target(Protocol):
    """Where the rows go, and where the journal is."""

    @property
    def journal(self) -> Journal: ...

    def attach(self, owner: str) -> None:
        """A worker's side: opens the connection that carries `owner`'s token, so that evict() can find it."""

    def open_view(self) -> None:
        """A worker's side: from now on digest() sees the target as it is at this moment."""

    def evict(self, owner: str) -> None:
        """Makes sure that nothing of that worker is still under way at the target."""

    def write(self, claim: Claim, group: Group, batches: Iterator[Batch]) -> Written:
        """All of the unit and the journal's word of it in one commit, or nothing. Discards a half-done unit first."""

    def seal(self, group: Group) -> None:
        """Completes a group whose rows are all in; does nothing where nothing is missing."""

    def digest(self, unit: Unit, group: Group) -> Digest: ...

    def close(self) -> None: ...


class Store(Protocol):
    """Both ends of one move, as a worker opens them from its job."""

    @property
    def pressures(self) -> Sequence[Reason]:
        """What the servers themselves may say against going on at full speed."""

    @property
    def source(self) -> Source: ...

    @property
    def target(self) -> Target: ...
