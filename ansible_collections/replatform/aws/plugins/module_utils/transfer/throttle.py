# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slows a move for a named reason."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Reason = Callable[[], str]
"""Why the move has to wait right now; "" when it need not."""


def flag_file(path: str) -> Reason:
    """Holds the move for as long as the file exists: an operator's brake."""
    return lambda: f"flag file {path}" if Path(path).exists() else ""


def seldom(reason: Reason, every_s: float, clock: Callable[[], float] = time.monotonic) -> Reason:
    """A reason that costs a question to a server: asked at most every so many seconds, its last answer holds."""
    last, answer = -math.inf, ""

    def asked() -> str:
        nonlocal last, answer
        if clock() - last >= every_s:
            answer = reason()
            last = clock()
        return answer

    return asked


class Throttle:
    """Waits while any reason holds, looking again every `interval_s`.

    `report` gets the reason when it starts or changes, and "" when it ends. `idle` is called in every round, so that
    whoever waits can still be stopped.
    """

    def __init__(
        self,
        reasons: Sequence[Reason],
        report: Callable[[str], None],
        idle: Callable[[], None],
        interval_s: float = 1.0,
    ) -> None:
        self._reasons = reasons
        self._report = report
        self._idle = idle
        self._interval_s = interval_s
        self._current = ""

    def wait(self, most_s: float = math.inf) -> None:
        """Returns when no reason holds any more, or after `most_s`."""
        deadline = time.monotonic() + most_s
        while reason := next(filter(None, (ask() for ask in self._reasons)), ""):
            self._tell(reason)
            self._idle()
            if time.monotonic() >= deadline:
                return
            time.sleep(self._interval_s)
        self._tell("")

    def _tell(self, reason: str) -> None:
        if reason != self._current:
            self._current = reason
            self._report(reason)
