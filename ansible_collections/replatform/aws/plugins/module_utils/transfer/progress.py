# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a move is: one event a line in a file that the terminal, AWX and the report read."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

WINDOW_S = 30.0


class Progress:
    """Adds up what the workers tell and writes an event at most every `interval_s`.

    Event: {time, phase, name, done, total (units), rows, bytes, rows_s, bytes_s, left_s, workers, throttled_by}.
    The rate is that of the last 30 s, `left_s` is None until there is one.
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
        self._clock = clock
        self._interval_s = interval_s
        self._last = 0.0
        self._recent: deque[tuple[float, int, int, int]] = deque()
        self._file = None
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._file = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 - lives as long as the run

    def moved(self, rows: int, count: int) -> None:
        self.rows += rows
        self.bytes += count
        self.emit()

    def emit(self, *, force: bool = False) -> None:
        now = self._clock()
        if not self._file or (now - self._last < self._interval_s and not force):
            return
        self._last = now
        self._file.write(json.dumps(self.event(now)) + "\n")
        self._file.flush()

    def event(self, now: float) -> dict[str, Any]:
        self._recent.append((now, self.rows, self.bytes, self.size_done))
        while len(self._recent) > 2 and now - self._recent[0][0] > WINDOW_S:
            self._recent.popleft()
        since, rows, count, size = self._recent[0]
        elapsed = now - since
        size_s = (self.size_done - size) / elapsed if elapsed else 0.0
        return {
            "time": now,
            "phase": self.phase,
            "name": self.name,
            "done": self.units_done,
            "total": self.units_total,
            "rows": self.rows,
            "bytes": self.bytes,
            "rows_s": round((self.rows - rows) / elapsed) if elapsed else 0,
            "bytes_s": round((self.bytes - count) / elapsed) if elapsed else 0,
            "left_s": round((self.size_total - self.size_done) / size_s) if size_s else None,
            "workers": self.workers,
            "throttled_by": self.throttled_by,
        }

    def close(self) -> None:
        self.emit(force=True)
        if self._file:
            self._file.close()
