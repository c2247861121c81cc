from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.transfer import failpoint


class Killed(BaseException):
    """SIGKILL of this process: nothing runs after it."""


@pytest.fixture(autouse=True)
def killing(monkeypatch) -> None:
    def kill(pid: int, number: int) -> None:
        assert (pid, number) == (os.getpid(), signal.SIGKILL)
        raise Killed

    monkeypatch.setattr(os, "kill", kill)
    monkeypatch.setattr(failpoint, "_seen", Counter())
    monkeypatch.delenv(failpoint.VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("wanted", "claims", "killed"),
    [
        ("before:claim:1", 0, True),
        ("before:claim:3", 2, True),
        ("after:claim:3", 3, True),
        ("after:claim:4", 4, True),
        ("before:claim:5", 4, False),
        ("before:finished:1", 4, False),
        ("", 4, False),
    ],
)
def test_the_process_dies_at_once_at_the_nth_passage_and_at_no_other(monkeypatch, wanted, claims, killed):
    if wanted:
        monkeypatch.setenv(failpoint.VARIABLE, wanted)
    done: list[int] = []

    @failpoint.around
    def claim(number: int) -> None:
        done.append(number)

    try:
        for number in range(1, 5):
            claim(number)
    except Killed:
        assert killed
    else:
        assert not killed
    assert done == list(range(1, claims + 1))


def test_a_point_can_stop_the_process_instead(monkeypatch):
    sent = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: sent.append(number))
    monkeypatch.setenv(failpoint.VARIABLE, "SIGSTOP@before:claim:2")
    for _time in range(3):
        failpoint.hit("before:claim")
    assert sent == [signal.SIGSTOP]
