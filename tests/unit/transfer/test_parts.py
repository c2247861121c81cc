from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from ansible_collections.replatform.aws.plugins.module_utils.transfer import lifeline
from ansible_collections.replatform.aws.plugins.module_utils.transfer.model import Digest
from ansible_collections.replatform.aws.plugins.module_utils.transfer.progress import Progress
from ansible_collections.replatform.aws.plugins.module_utils.transfer.throttle import Throttle, flag_file

PACKAGE = "ansible_collections.replatform.aws.plugins.module_utils.transfer"


def test_equal_rows_do_not_cancel_in_a_digest():
    row = Digest(1, 0b1010, 77)
    assert row + row == Digest(2, 0, 154)
    assert row + row != Digest()


def test_progress_tells_rate_and_time_left(tmp_path: Path):
    now = [1000.0]
    progress = Progress("copy", "shop", str(tmp_path / "p.jsonl"), clock=lambda: now[0])
    progress.size_total, progress.units_total = 1000, 10
    progress.emit(force=True)
    now[0] += 10
    progress.size_done, progress.units_done = 250, 3
    progress.moved(500, 5000)
    progress.close()
    first, second = (json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()[:2])
    assert first["left_s"] is None
    assert (second["rows_s"], second["bytes_s"], second["left_s"]) == (50, 500, 30)


def test_a_flag_file_holds_the_copy_and_the_reason_is_told(tmp_path: Path):
    flag = tmp_path / "brake"
    flag.touch()
    told: list[str] = []
    Throttle([flag_file(str(flag))], told.append, flag.unlink, interval_s=0).wait()
    assert told == [f"flag file {flag}", ""]


def test_a_failpoint_kills_at_the_nth_time():
    code = f"from {PACKAGE}.failpoint import hit\nfor n in range(5): print(n, flush=True); hit('before:claim')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"REPLATFORM_FAILPOINT": "before:claim:3", "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (-signal.SIGKILL, ["0", "1", "2"])


def test_the_end_of_a_watched_process_is_noticed_even_when_nobody_reaps_it():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lost = threading.Event()
    lifeline.watch(lost.set, [psutil.Process(process.pid)])
    process.kill()
    assert lost.wait(5)
    process.communicate()


def test_a_worker_ends_when_its_parents_pipe_closes():
    process = subprocess.Popen(
        [sys.executable, "-m", f"{PACKAGE}.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": f"{Path(__file__).parents[3]}:{Path(__file__).parent}"},
    )
    assert process.stdin
    assert process.stdout
    job = {"store": "idle_store:open_store", "task": "copy", "owner": "me", "lease_s": 5, "ends": {}}
    process.stdin.write(json.dumps(job).encode() + b"\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == {"event": "ready"}
    process.stdin.close()
    assert process.wait(5) == 3
    process.stdout.close()
