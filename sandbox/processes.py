"""Processes that outlive the command which started them, and are found again without a pid file.

Every one carries SANDBOX_PROCESS=<its folder> in its environment, so none is lost when the starting command is killed
before it could note a pid, and no stale note can lead to a stranger with a reused pid.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from .errors import SandboxError

MARK = "SANDBOX_PROCESS"
STOP_TIMEOUT_S = 30
KILL_TIMEOUT_S = 10


def spawn(
    command: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own, marked with its folder; its output goes to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {}), MARK: str(folder)},
            start_new_session=True,
        )


def marked(folder: Path) -> list[psutil.Process]:
    """The living processes of a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(folder) and alive(process):
                found.append(process)
    return found


def alive(process: psutil.Process) -> bool:
    """Whether this very process still runs; psutil compares its start time, so a reused pid is not taken for it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop(processes: Sequence[psutil.Process], timeout_s: float = STOP_TIMEOUT_S) -> None:
    """Ends processes: SIGTERM, a bounded wait, SIGKILL; returns when none of them lives."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    left = _wait_for_end(processes, timeout_s)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    if survivors := _wait_for_end(left, KILL_TIMEOUT_S):
        pids = ", ".join(str(process.pid) for process in survivors)
        raise SandboxError(
            f"Process {pids} survived SIGKILL for {KILL_TIMEOUT_S} s; it hangs in the kernel: see dmesg."
        )


def _wait_for_end(processes: Sequence[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    deadline = time.monotonic() + timeout_s
    left = list(processes)
    while left and time.monotonic() < deadline:
        for process in left:
            # A child of this very program stays a zombie until somebody asks for its end.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
        left = [process for process in left if alive(process)]
        if left:
            time.sleep(0.02)
    return left


def wait_until(ready: Callable[[], bool], process: psutil.Process, what: str, log: Path, timeout_s: float) -> None:
    """Returns once `ready` says so; fails when the process ends first, or after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if not alive(process):
            raise SandboxError(f"{what} ended before it was ready; the end of its log {log} says why:", log=log)
        if time.monotonic() > deadline:
            raise SandboxError(f"{what} did not answer within {timeout_s:.0f} s; the end of its log {log}:", log=log)
        time.sleep(0.05)
