"""What only real processes show: how they die, and how that is noticed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict

import psutil

from ansible_collections.replatform.aws.plugins.module_utils.transfer import failpoint, lifeline, worker
from tests.support.memory_store import job


def program(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    """A Python that imports what this one does."""
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": path, **variables},
    )


def test_a_worker_ends_when_its_parents_pipe_closes():
    with program("-m", worker.__name__) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(job("me"))) + "\n")
        process.stdin.flush()
        told = {json.loads(process.stdout.readline())["event"] for _line in range(2)}
        assert told == {"alive", "ready"}
        process.stdin.close()
        assert process.wait(10) == 3


def test_a_watched_process_that_nobody_reaped_is_noticed():
    with program("-c", "input()") as process:
        lost = threading.Event()
        lifeline.watch(lost.set, [psutil.Process(process.pid)])
        process.kill()
        assert lost.wait(10)


def test_a_failpoint_leaves_no_time_for_last_words():
    code = f"from {failpoint.__name__} import hit\nfor n in range(5): print(n, flush=True); hit('before:claim')"
    with program("-c", code, **{failpoint.VARIABLE: "before:claim:3"}) as process:
        assert process.communicate(timeout=30)[0].split() == ["0", "1", "2"]
    assert process.returncode == -signal.SIGKILL
