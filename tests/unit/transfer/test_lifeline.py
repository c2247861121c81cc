from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.transfer import lifeline

A_WHILE_S = 0.02
"""Many looks at the watched processes."""


@dataclass
class Process:
    """A process as psutil shows it; `state` None once it is gone, in the middle of a look too."""

    command: tuple[str, ...] = ()
    state: str | None = psutil.STATUS_SLEEPING
    running: bool = True

    def is_running(self) -> bool:
        return self.running

    def status(self) -> str:
        if self.state is None:
            raise psutil.NoSuchProcess(1)
        return self.state

    def cmdline(self) -> list[str]:
        if self.state is None:
            raise psutil.NoSuchProcess(1)
        return list(self.command)


@pytest.fixture(autouse=True)
def often(monkeypatch) -> None:
    monkeypatch.setattr(lifeline, "INTERVAL_S", 0.001)


@pytest.fixture
def lost() -> threading.Event:
    return threading.Event()


@pytest.mark.parametrize(
    "end",
    [{"running": False}, {"state": psutil.STATUS_ZOMBIE}, {"state": None}],
    ids=["gone", "a zombie", "gone between two questions"],
)
def test_the_end_of_any_watched_process_is_noticed(lost, end):
    processes: Any = [Process(), Process()]
    lifeline.watch(lost.set, processes)
    assert not lost.wait(A_WHILE_S)
    for name, value in end.items():
        setattr(processes[1], name, value)
    assert lost.wait(5)


def test_nothing_is_said_after_the_watch_has_ended(lost):
    processes: Any = [Process()]
    lifeline.watch(lost.set, processes).set()
    processes[0].running = False
    assert not lost.wait(A_WHILE_S)


def test_a_run_by_hand_watches_nobody(lost):
    lifeline.watch(lost.set, [])
    assert not lost.wait(A_WHILE_S)


def test_everything_between_the_module_and_ansible_is_watched(monkeypatch):
    shell, playbook, fork = Process(("bash",)), Process(("python3", "bin/ansible-playbook", "x")), Process(("sh",))
    gone = Process(state=None)

    class Module:
        def parents(self) -> list[Process]:
            return [gone, fork, playbook, shell]

    monkeypatch.setattr(psutil, "Process", Module)
    assert lifeline.controllers() == [gone, fork, playbook]
