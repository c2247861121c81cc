from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.modules import ROOT, Running, gone_after

from .conftest import SEED, Rig

SUPERVISOR = ("prepare", "take", "plan", "begin", "finish")
WORKER = ("claim", "finished", "commit")
FAILPOINTS = [f"{when}:{name}:1" for name in SUPERVISOR for when in ("before", "after")] + [
    f"{when}:{name}:{nth}" for name in WORKER for when in ("before", "after") for nth in (1, 7)
]


def family(module: Running) -> list[psutil.Process]:
    """The module and its workers, once there are any."""
    process = psutil.Process(module.process.pid)
    return [process, *process.children(recursive=True)]


def kill_at(module: Running, seconds: float, victim: Callable[[list[psutil.Process]], list[psutil.Process]]) -> None:
    """Lets the module work for so long, kills the victims of its family and waits for the others' end."""
    time.sleep(seconds)
    members = family(module) if module.process.poll() is None else []
    for process in victim(members):
        process.kill()
    module.process.communicate(timeout=60)
    assert gone_after(members, 5) == []


def the_module(members: list[psutil.Process]) -> list[psutil.Process]:
    return members[:1]


def one_worker(members: list[psutil.Process]) -> list[psutil.Process]:
    return members[1:2]


def everybody(members: list[psutil.Process]) -> list[psutil.Process]:
    return members


def moments(seed: int, count: int) -> list[float]:
    return [round(random.Random(seed + n).uniform(0.4, 3.0), 2) for n in range(count)]


def killed_at_each(rig: Rig, failpoints: list[str]) -> None:
    with rig.writer() as writer:
        for failpoint in failpoints:
            module = rig.start(REPLATFORM_FAILPOINT=failpoint)
            members: list[psutil.Process] = []
            while module.process.poll() is None:
                members = family(module) or members
                time.sleep(0.05)
            module.process.communicate()
            assert gone_after(members, 5) == [], failpoint
        result = rig.finish()
        assert writer.transactions > 0
    assert result["units"] >= 200
    rig.proven(result)


def test_killed_at_journal_writes_under_load_the_next_run_completes(rig: Rig) -> None:
    sample = random.Random(SEED).sample(FAILPOINTS, 4)
    killed_at_each(rig, sample)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(4))
def test_killed_at_every_journal_write_under_load_the_next_run_completes(rig: Rig, part: int) -> None:
    killed_at_each(rig, FAILPOINTS[part::4])


@pytest.mark.parametrize("victim", [the_module, one_worker, everybody])
def test_killed_in_mid_copy_under_load_the_next_run_completes(
    rig: Rig, victim: Callable[[list[psutil.Process]], list[psutil.Process]]
) -> None:
    with rig.writer():
        kill_at(rig.start(), moments(SEED, 1)[0], victim)
        result = rig.finish()
    rig.proven(result)


def test_a_controller_killed_under_load_leaves_no_process_and_the_next_run_completes(rig: Rig, tmp_path: Path) -> None:
    given: dict[str, Any] = {f"mysql_migration_{name}": rig.args[name] for name in rig.args if name != "lease_seconds"}
    variables = tmp_path / "variables.json"
    given |= {"mysql_migration_assess": False, "ansible_python_interpreter": sys.executable}
    variables.write_text(json.dumps(given))
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "-i", "localhost,", "-c", "local", "-e", f"@{variables}", "playbooks/mysql.yml"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "REPLATFORM_SUMMARY": str(tmp_path / "s")}
    with rig.writer():
        controller = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        while rig.copied() < 20:
            assert controller.poll() is None
            time.sleep(0.05)
        members = psutil.Process(controller.pid).children(recursive=True)
        controller.kill()
        controller.wait()
        assert gone_after(members, 5) == []
        result = rig.finish()
    rig.proven(result)


@pytest.mark.soak
@pytest.mark.parametrize("moment", moments(SEED, 20))
def test_killed_at_any_moment_under_load_the_next_run_completes(rig: Rig, moment: float) -> None:
    with rig.writer():
        kill_at(rig.start(), moment, random.Random(moment).choice([the_module, one_worker, everybody]))
        result = rig.finish()
    rig.proven(result)


def test_a_finished_unit_that_is_still_equal_is_not_copied_again(rig: Rig) -> None:
    module = rig.start(REPLATFORM_FAILPOINT="after:commit:30")
    module.process.communicate(timeout=60)
    done = rig.copied()
    with rig.source() as source, source.cursor() as cursor:  # the source moves on, elsewhere
        cursor.execute(f"CREATE TABLE `{rig.schema}`.elsewhere (id INT PRIMARY KEY)")
    result = rig.finish()
    assert done >= 30
    assert (result["kept"], result["recopied"]) == (done, 0)
    rig.proven(result)


@pytest.mark.parametrize("point", ["within:claim:5", "before:commit:5", "before:committed:5"])
def test_a_worker_that_slept_past_its_lease_writes_nothing_and_holds_nobody_up(rig: Rig, point: str) -> None:
    module = rig.start(REPLATFORM_FAILPOINT=f"SIGSTOP@{point}")
    workers: list[psutil.Process] = []
    sleepers: list[psutil.Process] = []
    while not sleepers:
        assert module.process.poll() is None
        workers = psutil.Process(module.process.pid).children()
        sleepers = [worker for worker in workers if worker.status() == psutil.STATUS_STOPPED]
    while module.process.poll() is None:  # the other one passes the same point, and goes on
        for worker in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                if worker != sleepers[0] and worker.status() == psutil.STATUS_STOPPED:
                    worker.resume()
        time.sleep(0.05)
    result = module.result()
    assert not result.get("failed"), result["msg"]
    assert "1 of 2 workers were killed or stuck; the others did their work." in str(result["warnings"])
    assert gone_after(workers, 5) == []
    rig.proven(result)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_says_how_to_go_on_and_leaves_no_process(rig: Rig, number: signal.Signals) -> None:
    module = rig.start()
    time.sleep(1.5)
    members = family(module)
    module.signal(number)
    stopped = module.result(20)
    assert gone_after(members, 5) == []
    if stopped.get("failed"):
        assert "Run the same command again: it goes on from here." in stopped["msg"] or "run it again" in stopped["msg"]
    rig.proven(rig.finish())
