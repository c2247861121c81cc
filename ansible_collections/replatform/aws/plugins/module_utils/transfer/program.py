# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of ours beside the module: job and secrets by stdin, events on stdout, an end when its parent ends.

start() and send() are the parent's side, run() is the program's.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, cast

from ..errors import ReplatformError, unexpected
from .model import FencedOut, Stopped

ALIVE_EVERY_S = 1.0
STOP_GRACE_S = 3.0

Tell = Callable[[dict[str, Any]], None]


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


@dataclass
class Program:
    """What the program's work is given: its job, the orders that follow, and a way to tell what happens."""

    job: dict[str, Any] = field(repr=False)
    tell: Tell
    stopped: threading.Event = field(default_factory=threading.Event)
    orders: queue.Queue[str] = field(default_factory=queue.Queue)

    def order(self) -> str:
        """The parent's next line."""
        return self.orders.get()


def run(work: Callable[[Program], None], name: str) -> int:
    """Does `work` and tells how it ended: `end`, `fenced` or `failed` with its error.

    A job with `stay` true goes on when its parent is gone; every other program ends then at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all; the parent decides
    lock = threading.Lock()

    def tell(event: dict[str, Any]) -> None:
        with lock:
            print(json.dumps(event), flush=True)

    job: dict[str, Any] = json.loads(sys.stdin.readline())
    program = Program(job, tell)
    if job.pop("stay", False):
        _stay()
    else:
        threading.Thread(target=_listen, args=(program,), daemon=True).start()
    threading.Thread(target=_beat, args=(tell,), daemon=True).start()
    try:
        work(program)
        tell({"event": "end"})
    except Stopped:
        tell({"event": "end"})
    except FencedOut as error:
        tell({"event": "fenced", "error": error.as_dict()})
    except ReplatformError as error:
        tell({"event": "failed", "error": error.as_dict()})
    except Exception as error:  # noqa: BLE001 - it has no terminal: the parent tells the user
        tell({"event": "failed", "error": unexpected(error, name).as_dict()})
    sys.stdout.flush()
    os._exit(0)  # the connections' peers roll back; nothing here needs an orderly end


def _stay() -> None:
    """Goes on as a process of nobody; the one that was started tells its number and ends."""
    if child := os.fork():
        print(json.dumps({"event": "stays", "stays": child}), flush=True)
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)


def _listen(program: Program) -> None:
    """Passes the parent's lines on; at the end of stdin there is no parent and this process ends."""
    for line in sys.stdin:
        if line.strip() == "stop":
            program.stopped.set()
            threading.Timer(STOP_GRACE_S, os._exit, (3,)).start()
        program.orders.put(line.strip())
    os._exit(3)


def _beat(tell: Tell) -> None:
    """Says once a second that this process lives, whatever long statement it waits for."""
    while True:
        tell({"event": "alive"})
        time.sleep(ALIVE_EVERY_S)
