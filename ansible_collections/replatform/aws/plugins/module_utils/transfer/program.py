# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of our own: job and secrets by stdin, one JSON line each way, none of it in an argument list."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import IO, Any, cast


def start(module: str, job: dict[str, Any], *, apart: bool = False) -> subprocess.Popen[str]:
    """`python -m module`, which has got its job. `apart`: in a session of its own, so that it outlives this one's."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        text=True,
        start_new_session=apart,
    )
    send(process, json.dumps(job))
    return process


def send(process: subprocess.Popen[str], line: str) -> None:
    """Writes a line to a program; one that has ended is told by its output's end, not here."""
    pipe = cast(IO[str], process.stdin)
    with contextlib.suppress(BrokenPipeError, ValueError):
        pipe.write(line + "\n")
        pipe.flush()
