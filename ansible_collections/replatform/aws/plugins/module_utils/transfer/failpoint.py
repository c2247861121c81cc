# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points at which a test can kill the process: `REPLATFORM_FAILPOINT=before:claim:3` dies at the third one.

`SIGSTOP@before:claim:3` stops it there instead, as a sleeping laptop or a frozen virtual machine does.

Without that variable a failpoint costs one dictionary look-up. The idea is that of FreeBSD's fail(9).
"""

from __future__ import annotations

import functools
import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

VARIABLE = "REPLATFORM_FAILPOINT"
P = ParamSpec("P")
R = TypeVar("R")
_seen: Counter[str] = Counter()


def hit(name: str) -> None:
    """Sends this process the signal that the environment asks for at this point, SIGKILL when it names none."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    number, _at, point = wanted.rpartition("@")
    place, _colon, nth = point.rpartition(":")
    if place == name:
        _seen[name] += 1
        if _seen[name] == int(nth):
            os.kill(os.getpid(), signal.Signals[number or "SIGKILL"])


def around(method: Callable[P, R]) -> Callable[P, R]:
    """Marks a journal write: failpoints `before:<method>` and `after:<method>`."""
    name = getattr(method, "__name__", "")

    @functools.wraps(method)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        hit(f"before:{name}")
        result: Any = method(*args, **kwargs)
        hit(f"after:{name}")
        return result

    return wrapped
