# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of ours beside the module: job and secrets by stdin, events on stdout, an end when its parent ends.

start() and send() are the parent's side, run() is the program's. Where no pipe reaches, another Line takes its place.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Protocol, cast

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


class Line(Protocol):
    """The program's end of what joins it to its parent."""

    def job(self) -> dict[str, Any]:
        """What is to be done, secrets included."""

    def tell(self, event: dict[str, Any]) -> None: ...

    def orders(self) -> Iterator[str]:
        """The parent's lines as they come; ends when there is no parent any more."""

    def close(self) -> None:
        """Returns once all that was told has left."""


class Pipes:
    """A Line of stdin and stdout."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def job(self) -> dict[str, Any]:
        job: dict[str, Any] = json.loads(sys.stdin.readline())
        return job

    def tell(self, event: dict[str, Any]) -> None:
        with self._lock:
            print(json.dumps(event), flush=True)

    def orders(self) -> Iterator[str]:
        yield from sys.stdin

    def close(self) -> None:
        sys.stdout.flush()


@dataclass
class Program:
    """What the program's work is given: its job, the orders that follow, and a way to tell what happens."""

    job: dict[str, Any] = field(repr=False)
    tell: Tell
    stopped: threading.Event = field(default_factory=threading.Event)
    orders: queue.Queue[str] = field(default_factory=queue.Queue)
    held: str = ""
    """Why the parent wants nothing new begun; "" when it does not."""

    def order(self) -> str:
        """The parent's next line."""
        return self.orders.get()


def run(work: Callable[[Program], None], name: str, line: Line | None = None) -> int:
    """Does `work` and tells how it ended: `end`, `fenced` or `failed` with its error.

    A job with `stay` true goes on when its parent is gone; every other program ends then at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all; the parent decides
    line = line or Pipes()
    tell = line.tell
    job = line.job()
    program = Program(job, tell)
    if job.pop("stay", False):
        _stay()
    else:
        threading.Thread(target=_listen, args=(program, line), daemon=True).start()
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
    line.close()
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


def _listen(program: Program, line: Line) -> None:
    """Passes the parent's lines on; when there is no parent any more this process ends."""
    for order in map(str.strip, line.orders()):
        word, _space, rest = order.partition(" ")
        if word == "hold":
            program.held = rest
            continue
        if order == "stop":
            program.stopped.set()
            threading.Timer(STOP_GRACE_S, os._exit, (3,)).start()
        program.orders.put(order)
    os._exit(3)


def _beat(tell: Tell) -> None:
    """Says once a second that this process lives, whatever long statement it waits for."""
    while True:
        tell({"event": "alive"})
        time.sleep(ALIVE_EVERY_S)
