from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import psutil
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.transfer import lifeline

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture(autouse=True)
def often(monkeypatch) -> None:
    monkeypatch.setattr(lifeline, "INTERVAL_S", 0.02)


@pytest.fixture
def other() -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("collected", [True, False], ids=["gone", "a zombie"])
def test_a_watched_process_that_is_killed_is_noticed(other, collected):
    lost = threading.Event()
    lifeline.watch(lost.set, [psutil.Process(other.pid)])
    assert not lost.wait(0.1)
    other.kill()
    if collected:
        other.wait()
    assert lost.wait(5)


def test_nothing_is_said_after_the_watch_has_ended(other):
    lost = threading.Event()
    lifeline.watch(lost.set, [psutil.Process(other.pid)]).set()
    other.kill()
    other.wait()
    assert not lost.wait(0.1)


def test_a_run_by_hand_watches_nobody():
    lost = threading.Event()
    lifeline.watch(lost.set, [])
    assert not lost.wait(0.1)


def test_everything_between_the_module_and_ansible_is_watched(monkeypatch):
    class Ancestor:
        def __init__(self, *command: str) -> None:
            self.command = command

        def cmdline(self) -> list[str]:
            return list(self.command)

    shell, playbook, fork = Ancestor("bash"), Ancestor("python3", "bin/ansible-playbook", "site.yml"), Ancestor("sh")

    class Module:
        def parents(self) -> list[Ancestor]:
            return [fork, playbook, shell]

    monkeypatch.setattr(psutil, "Process", Module)
    assert lifeline.controllers() == [fork, playbook]
