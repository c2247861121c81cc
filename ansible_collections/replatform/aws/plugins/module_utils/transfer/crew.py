# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the workers of a run are, and how they are reached: processes of this machine, or programs somewhere else.

Both are the same program and hear the same lines. Beside us the lines go through pipes. Elsewhere they go through a
mailbox at the target, and not through a stream of the cluster (attach, exec): such a stream is cut with its connection,
by every proxy's idle timeout and with every update of the API server, while both ends need the target anyway. So a
worker that can write rows can be reached, and one that cannot is of no use.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import IO, Any, Protocol, cast

from ..errors import ReplatformError
from . import program, worker
from .store import Mailbox

END_TIMEOUT_S = 5.0
POLL_S = 0.1

Heard = Callable[[str, dict[str, Any]], None]
"""Gets a worker's token and an event of its; `gone` when it ended without a last word."""


class Crew(Protocol):
    """The workers of one run. A token names each, which the crew or the worker itself has chosen."""

    count: int
    ready_timeout_s: float
    open_timeout_s: float

    def start(self, job: worker.Job, heard: Heard) -> None: ...

    def assembled(self) -> None:
        """All are there: what was only for those who come may go."""

    def missing(self) -> str:
        """Why some are not there yet, as far as it can be known: a clause, or ""."""

    def send(self, owner: str, line: str) -> None: ...

    def kill(self, owner: str) -> None:
        """Gives a worker up that is silent; `gone` is heard of it."""

    def bury(self, owner: str) -> None:
        """Clears away what a worker left that is gone."""

    def end(self) -> str:
        """Ends whatever is left, orderly where that is quick; what could not be cleared away as a sentence, or ""."""


class Processes:
    """Workers beside us; each ends when its pipe does, and so with us."""

    ready_timeout_s = 60.0
    open_timeout_s = 8.0

    def __init__(self, count: int) -> None:
        self.count = count
        self._processes: dict[str, subprocess.Popen[str]] = {}

    def start(self, job: worker.Job, heard: Heard) -> None:
        for _rest in range(self.count):
            mine = replace(job, owner=uuid.uuid4().hex)
            self._processes[mine.owner] = process = program.start(worker.__name__, asdict(mine))
            threading.Thread(target=_listen, args=(mine.owner, process, heard), daemon=True).start()

    def assembled(self) -> None:
        pass

    def missing(self) -> str:
        return ""

    def send(self, owner: str, line: str) -> None:
        program.send(self._processes[owner], line)

    def kill(self, owner: str) -> None:
        self._processes[owner].kill()

    def bury(self, owner: str) -> None:
        self._processes.pop(owner).wait()

    def end(self) -> str:
        """A word first, then the pipe, then a signal."""
        for owner in self._processes:
            self.send(owner, "stop")
        deadline = time.monotonic() + END_TIMEOUT_S
        for process in self._processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()  # type: ignore[union-attr]  # both are pipes
        return ""


def _listen(owner: str, process: subprocess.Popen[str], heard: Heard) -> None:
    ended = False
    for line in cast(IO[str], process.stdout):
        event = json.loads(line)
        ended = ended or event["event"] in ("end", "failed", "fenced")
        heard(owner, event)
    process.wait()
    if not ended:
        heard(owner, {"event": "gone"})


class Place(Protocol):
    """Somewhere else that runs transfer.pod as often as it is asked to."""

    count: int
    ready_timeout_s: float
    """An image may have to be fetched, or a node to be added first."""

    def start(self, job: str) -> None:
        """Starts the programs; each finds `job`, which holds passwords, in a file."""

    def assembled(self) -> None:
        """No program will read the job any more."""

    def missing(self) -> str: ...

    def end(self) -> str: ...


class Correspondents:
    """Workers in another place, reached by the mailbox alone. They choose their tokens and end with the run's lease."""

    open_timeout_s = 2.0

    def __init__(self, place: Place, mailbox: Mailbox) -> None:
        self.count, self.ready_timeout_s = place.count, place.ready_timeout_s
        self._place, self._mailbox = place, mailbox
        self._done = threading.Event()
        self._owners: set[str] = set()
        self._reader: threading.Thread | None = None

    def start(self, job: worker.Job, heard: Heard) -> None:
        self._heard = heard
        self._mailbox.prepare()
        self._reader = threading.Thread(target=self._read, name="mailbox", daemon=True)
        self._reader.start()
        self._place.start(json.dumps(asdict(job)))

    def assembled(self) -> None:
        self._place.assembled()

    def missing(self) -> str:
        return self._place.missing()

    def send(self, owner: str, line: str) -> None:
        self._mailbox.send([line], owner)

    def kill(self, owner: str) -> None:
        """Nobody there can be killed from here: it is fenced, and told to end should it hear again."""
        self.send(owner, "stop")
        self._heard(owner, {"event": "gone"})

    def bury(self, owner: str) -> None:
        self._owners.discard(owner)

    def end(self) -> str:
        self._done.set()
        if self._reader:
            self._reader.join()
        with contextlib.suppress(ReplatformError):  # the target may be what is lost; the lease ends them too
            for owner in self._owners:
                self.send(owner, "stop")
        left = self._place.end()
        with contextlib.suppress(ReplatformError):
            self._mailbox.clear()
        self._mailbox.close()
        return left

    def _read(self) -> None:
        while not self._done.wait(POLL_S):
            try:
                received = self._mailbox.receive()
            except ReplatformError as error:
                self._heard("", {"event": "failed", "error": error.as_dict()})
                return
            for owner, line in received:
                self._owners.add(owner)
                self._heard(owner, json.loads(line))
