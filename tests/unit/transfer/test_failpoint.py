from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.transfer import failpoint

PROGRAM = f"""
from {failpoint.__name__} import around

@around
def claim(number):
    print("claim", number, flush=True)

for number in range(1, 5):
    claim(number)
print("end", flush=True)
"""


def run(wanted: str | None) -> tuple[int, list[str]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment.pop(failpoint.VARIABLE, None)
    if wanted:
        environment[failpoint.VARIABLE] = wanted
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("wanted", "claims"), [("before:claim:1", 0), ("before:claim:3", 2), ("after:claim:3", 3), ("after:claim:4", 4)]
)
def test_the_process_dies_at_once_at_the_nth_passage(wanted, claims):
    assert run(wanted) == (-signal.SIGKILL, [f"claim {number}" for number in range(1, claims + 1)])


@pytest.mark.parametrize("wanted", [None, "before:finished:1", "before:claim:5"])
def test_a_point_that_is_not_passed_kills_nobody(wanted):
    assert run(wanted) == (0, ["claim 1", "claim 2", "claim 3", "claim 4", "end"])
