# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends this process when whoever started it is gone.

A module runs in a session of its own, and `kill -9` of ansible-playbook reaches neither it nor its workers (measured
with ansible-core 2.21: the forked task process and the module live on). So the module watches its own ancestors.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..libraries import StandIn, require

try:
    import psutil
except ImportError:
    psutil = StandIn("psutil")  # type: ignore[assignment]

INTERVAL_S = 0.5


def _is_controller(process: psutil.Process) -> bool:
    try:
        return any("ansible" in word for word in process.cmdline()[:3])
    except psutil.Error:
        return False


def controllers() -> list[psutil.Process]:
    """This process's ancestors up to the topmost one that belongs to Ansible; none when run by hand or over SSH."""
    require(psutil)
    ancestors = psutil.Process().parents()
    last = max((n for n, process in enumerate(ancestors) if _is_controller(process)), default=-1)
    return ancestors[: last + 1]


def _gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def watch(lost: Callable[[], None], watched: list[psutil.Process] | None = None) -> threading.Event:
    """Calls `lost` once, from a thread, when one of the watched processes ends; set the event to stop watching."""
    processes = controllers() if watched is None else watched
    done = threading.Event()

    def loop() -> None:
        while not done.wait(INTERVAL_S):
            if any(_gone(process) for process in processes):
                lost()
                return

    if processes:
        threading.Thread(target=loop, name="lifeline", daemon=True).start()
    return done
