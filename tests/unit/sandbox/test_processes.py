from __future__ import annotations

import subprocess
import sys
import time

import pytest

from sandbox import processes
from sandbox.errors import SandboxError

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


def wait_for(log, text):
    deadline = time.monotonic() + 10
    while text not in (log.read_text() if log.exists() else ""):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_process_is_found_by_its_folder_without_a_pid_file(tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    started = processes.spawn(["sleep", "60"], own, tmp_path / "log")
    try:
        assert [process.pid for process in processes.marked(own)] == [started.pid]
        assert [process.pid for process in processes.marked(tmp_path, below=True)] == [started.pid]
        assert processes.marked(other) == []
    finally:
        processes.stop([started])
    assert processes.marked(own) == []


def test_a_process_deaf_to_sigterm_is_killed_after_the_wait(tmp_path):
    started = processes.spawn([sys.executable, "-c", DEAF], tmp_path, tmp_path / "log")
    wait_for(tmp_path / "log", "deaf")
    processes.stop([started], timeout_s=0.2)
    assert not processes.alive(started)


def test_a_process_outlives_the_command_that_started_it(tmp_path):
    program = (
        "from pathlib import Path; from sandbox import processes; import sys; "
        "processes.spawn(['sleep', '60'], Path(sys.argv[1]), Path(sys.argv[1]) / 'log')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=30)
    left = processes.marked(tmp_path)
    assert len(left) == 1
    processes.stop(left)
    assert processes.marked(tmp_path) == []


def test_a_process_that_ends_before_it_is_ready_is_told_with_the_end_of_its_log(tmp_path):
    log = tmp_path / "log"
    started = processes.spawn(["sh", "-c", "echo the disk is full; exit 3"], tmp_path, log)
    with pytest.raises(SandboxError) as failure:
        processes.wait_until(lambda: False, started, "The server", log, timeout_s=10)
    assert str(failure.value).splitlines() == [
        f"The server ended before it was ready; the end of its log {log} says why:",
        "  | the disk is full",
    ]


def test_a_wait_is_bounded(tmp_path):
    started = processes.spawn(["sleep", "60"], tmp_path, tmp_path / "log")
    try:
        with pytest.raises(SandboxError, match="did not answer within 0 s"):
            processes.wait_until(lambda: False, started, "The server", tmp_path / "log", timeout_s=0.2)
    finally:
        processes.stop([started])
