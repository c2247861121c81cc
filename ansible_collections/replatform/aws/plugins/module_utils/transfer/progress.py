# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a move is: one event a line in a file that the terminal, AWX and the report read."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

WINDOW_S = 30.0
VARIABLE = "REPLATFORM_PROGRESS"
"""Names a file that gets the events of every move of a run; the callback plugin `progress` sets it."""


class Progress:
    """Adds up what the workers tell and writes an event at most every `interval_s`.

    Event: {time, phase, name, doing, done, total, unit, share (0 to 1), rows, bytes, rows_s, bytes_s, left_s, workers,
    at (groups being worked on), throttled_by, lag, ended}. `done` of `total` counts what `unit` says. The rate
    is that of the last 30 s, `left_s` is None until there is one. `lag` is how far a target that follows is behind.
    `doing` says what goes on outside of the units, such as "adding foreign keys".
    """

    def __init__(
        self,
        phase: str,
        name: str,
        path: str | None,
        *,
        interval_s: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.phase, self.name = phase, name
        self.rows = self.bytes = 0
        self.units_done = self.units_total = 0
        self.size_done = self.size_total = 0
        self.workers = 0
        self.throttled_by = ""
        self.unit = "units"
        self.lag: dict[str, int | None] = {}
        self.doing = ""
        self._open: dict[str, tuple[str, int]] = {}
        self._clock = clock
        self._interval_s = interval_s
        self._last = 0.0
        self._recent: deque[tuple[float, int, int, int]] = deque()
        self._stack = ExitStack()
        self._files: list[IO[str]] = []
        for place in filter(None, dict.fromkeys([path, os.environ.get(VARIABLE)])):
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            self._files.append(self._stack.enter_context(Path(place).open("a", encoding="utf-8")))  # noqa: SIM115

    def moved(self, rows: int, count: int, *, worker: str = "", at: str = "", size: int = 0) -> None:
        """`worker` moved so much of a unit of estimated `size` bytes that belongs to the group `at`."""
        self.rows += rows
        self.bytes += count
        self._open[worker] = (at, min(size, self._open.get(worker, ("", 0))[1] + count))
        self.emit()

    def finished(self, worker: str, size: int) -> None:
        """`worker` is done with a unit of estimated `size` bytes."""
        self._open.pop(worker, None)
        self.units_done += 1
        self.size_done += size
        self.emit()

    def step(self, doing: str) -> None:
        """What goes on now outside of the units; "" while there is nothing of that kind."""
        self.doing = doing
        self._recent.clear()  # a rate is that of one step
        self.emit(force=True)

    def emit(self, *, force: bool = False, ended: bool = False) -> None:
        now = self._clock()
        if not self._files or (now - self._last < self._interval_s and not force):
            return
        self._last = now
        line = json.dumps({**self.event(now), "ended": ended}) + "\n"
        for file in self._files:
            file.write(line)
            file.flush()

    def event(self, now: float) -> dict[str, Any]:
        size_done = self.size_done + sum(part for _group, part in self._open.values())
        self._recent.append((now, self.rows, self.bytes, size_done))
        while len(self._recent) > 2 and now - self._recent[0][0] > WINDOW_S:
            self._recent.popleft()
        since, rows, count, size = self._recent[0]
        elapsed = now - since
        size_s = (size_done - size) / elapsed if elapsed else 0.0
        return {
            "time": now,
            "phase": self.phase,
            "name": self.name,
            "doing": self.doing,
            "done": self.units_done,
            "total": self.units_total,
            "unit": self.unit,
            "share": round(min(1.0, size_done / self.size_total), 4) if self.size_total else None,
            "rows": self.rows,
            "bytes": self.bytes,
            "rows_s": round((self.rows - rows) / elapsed) if elapsed else 0,
            "bytes_s": round((self.bytes - count) / elapsed) if elapsed else 0,
            "left_s": round(max(0, self.size_total - size_done) / size_s) if size_s else None,
            "workers": self.workers,
            "at": sorted({group for group, _part in self._open.values() if group}),
            "throttled_by": self.throttled_by,
            "lag": self.lag,
        }

    def close(self) -> None:
        self.emit(force=True, ended=True)
        self._stack.close()
