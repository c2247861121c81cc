# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of every data move: units, claims, batches and digests."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import ReplatformError

ROWS = "rows"
SEAL = "seal"

PLANNED = "planned"
COPYING = "copying"
COPIED = "copied"
VERIFIED = "verified"
DIFFERS = "differs"

COPY = "copy"
VERIFY = "verify"


class ShortRead(ReplatformError):
    """A source stopped sending before the end of a unit; what arrived must not be kept."""


class FencedOut(ReplatformError):
    """Another worker or run took this one's work over; nothing of it was committed."""


class TryAgain(ReplatformError):
    """A unit lost a race inside the target (a deadlock); nothing of it was kept and it may be done again at once."""


class GroupChanged(ReplatformError):
    """A table, collection or bucket is no longer what the plan was made for."""


class RunActive(ReplatformError):
    """Another run of the same migration lives."""


class Stopped(ReplatformError):
    """The run was asked to stop; the same command goes on from here."""


@dataclass(frozen=True)
class Group:
    """What units belong to: one table, collection, queue or prefix.

    `definition` is the store's own JSON description (columns, indexes, keys, ...); `fingerprint` changes whenever
    the definition does, and a group whose fingerprint moved is planned anew.
    """

    name: str
    fingerprint: str
    definition: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Unit:
    """The smallest resumable piece of a move.

    `bounds` is the store's own JSON description of what is inside, `size` its estimated bytes. The units of stage
    ROWS of a group partition it; its one unit of stage SEAL completes it (indexes) once all of them are in.
    """

    id: str
    group: str
    stage: str = ROWS
    bounds: dict[str, Any] = field(default_factory=dict, compare=False)
    size: int = 0


@dataclass(frozen=True)
class Claim:
    """A worker's lease on one unit. `epoch` rises with every claim: an older one can commit nothing.

    `state` is what the journal knew of the unit before this claim: COPYING means half-done rows may be there.
    `owner` is the worker's token, `previous_owner` that of a worker whose lease ran out in the middle of it.
    """

    unit: Unit
    epoch: int
    state: str
    owner: str
    previous_owner: str = ""


@dataclass(frozen=True)
class Batch:
    """Some rows on their way; the payload is between one source and its targets."""

    payload: Any
    rows: int
    bytes: int


@dataclass(frozen=True)
class Digest:
    """Order-free value of a set of rows: equal sets have equal digests, and equal rows never cancel in a sum."""

    count: int = 0
    total: int = 0

    def __add__(self, other: Digest) -> Digest:
        return Digest(self.count + other.count, self.total + other.total)

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass
class Written:
    """What a write put into the target."""

    rows: int = 0
    bytes: int = 0
