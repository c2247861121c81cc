"""Processes that outlive the command which started them, and are found again without a pid file.

Every one carries SANDBOX_PROCESS=<its folder> in its environment, so none is lost when the starting command is killed
before it could note a pid, and no stale note can lead to a stranger with a reused pid.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from .errors import SandboxError

MARK = "SANDBOX_PROCESS"
STOP_TIMEOUT_S = 30
KILL_TIMEOUT_S = 10


def spawn(
    command: Sequence[str],
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    given: Path | None = None,
) -> psutil.Process:
    """Starts a process in a session of its own, marked with its folder; its output goes to the log.

    `given` is the file that it reads as its standard input.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    # Not subprocess.Popen: it warns when it is forgotten while its process lives, and these are meant to live on.
    pid = os.posix_spawnp(
        command[0],
        list(command),
        {**os.environ, **(environment or {}), MARK: str(folder)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, str(given or os.devnull), os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        # Python ignores it, and what is ignored stays so in a new program.
        setsigdef=[signal.SIGPIPE],
    )
    return psutil.Process(pid)


def marked(folder: Path, *, below: bool = False) -> list[psutil.Process]:
    """The living processes of a folder, or those of the folders below it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if (mark := process.environ().get(MARK)) and alive(process):
                owner = Path(mark)
                if folder in owner.parents if below else owner == folder:
                    found.append(process)
    return found


def alive(process: psutil.Process) -> bool:
    """Whether this very process still runs; psutil compares its start time, so a reused pid is not taken for it."""
    try:
        # A killed program of many threads holds its ports until the last of them has ended, some 50 ms as a zombie.
        return process.is_running() and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
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
