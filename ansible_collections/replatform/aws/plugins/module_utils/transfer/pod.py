# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker where no pipe reaches it: `python -m ...transfer.pod FILE`, a pod's whole command line.

FILE holds the job, secrets included; a cluster mounts it. Orders and events go through the mailbox that the job names.
The worker chooses its own token, so two that were started as one never pass for each other. It ends when the run has
lost its lease, and when the target has not answered for as long: what a closed pipe is on one machine.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ReplatformError
from .program import run
from .store import Mailbox
from .worker import NAME, Job, named, obey

POLL_S = 0.2


class Post:
    """A Line (see program) of a file and a mailbox."""

    def __init__(self, file: Path) -> None:
        self._job = Job(**{**json.loads(file.read_text()), "owner": uuid.uuid4().hex})
        self._mailbox: Mailbox = named(self._job.mailbox)(self._job.ends, self._job.owner)
        self._told: queue.Queue[str | threading.Event] = queue.Queue()

    def job(self) -> dict[str, Any]:
        return dict(vars(self._job))

    def tell(self, event: dict[str, Any]) -> None:
        self._told.put(json.dumps(event))

    def close(self) -> None:
        left = threading.Event()
        self._told.put(left)
        left.wait(self._job.lease_s)

    def orders(self) -> Iterator[str]:
        answered = time.monotonic()
        leaving: list[threading.Event] = []
        while time.monotonic() - answered < self._job.lease_s:
            told = list(self._told_meanwhile())
            leaving += [word for word in told if isinstance(word, threading.Event)]
            try:
                self._mailbox.send([word for word in told if isinstance(word, str)])
                if not self._mailbox.alive():
                    return
                received = self._mailbox.receive()
            except ReplatformError:
                continue
            answered = time.monotonic()
            for left in leaving:
                left.set()
            yield from (line for _writer, line in received)

    def _told_meanwhile(self) -> Iterator[str | threading.Event]:
        """What was told, at once; nothing after a while of silence, when it is time to look for orders."""
        try:
            yield self._told.get(timeout=POLL_S)
            while True:
                yield self._told.get_nowait()
        except queue.Empty:
            return


def main(file: str) -> int:
    try:
        return run(obey, NAME, Post(Path(file)))
    except ReplatformError as error:  # before anybody could be told: a pod's status shows what it said last
        print(error.message, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
