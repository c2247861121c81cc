"""Modules run as Ansible runs them: a program of their own that takes its options and ends with one JSON result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, runpy, sys
from ansible.module_utils import basic
from ansible.module_utils.common.json import Direction, get_module_encoder
# As ansible.module_utils._internal._ansiballz._loader does it; "legacy" is the profile of modules since core 2.19.
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
raise SystemExit("the module ended without a result")
"""


@dataclass
class Running:
    """A module at work; `result()` waits for its end."""

    name: str
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)

    def result(self, timeout_s: float = 120) -> dict[str, Any]:
        """What the module returned, with its warnings; fails when that is no clean result."""
        out, err = self.process.communicate(timeout=timeout_s)
        try:
            result: dict[str, Any] = json.loads(out)
        except ValueError:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}: {out!r} {err!r}") from None
        assert not err, f"{self.name} wrote to stderr: {err!r}"
        assert bool(result.get("failed")) == bool(self.process.returncode), result
        return result

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


def start_module(
    name: str,
    args: dict[str, Any],
    *,
    check: bool = False,
    diff: bool = True,
    env: dict[str, str] | None = None,
    verbosity: int = 3,
) -> Running:
    """Starts the module of this collection; at verbosity 3 its result also has `invocation`, as with -vvv."""
    about = {
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        "_ansible_verbosity": verbosity,
        "_ansible_inject_invocation": verbosity >= 3,
        "_ansible_module_name": f"replatform.aws.{name}",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, f"ansible_collections.replatform.aws.plugins.modules.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **(env or {}), "PYTHONPATH": str(ROOT)},
        # A session of its own, as Ansible gives it: a signal for the test does not reach it.
        start_new_session=True,
    )
    assert process.stdin
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**args, **about}}).encode())
    process.stdin.close()
    process.stdin = None
    return Running(name, process)


def run_module(
    name: str,
    args: dict[str, Any],
    *,
    check: bool = False,
    diff: bool = True,
    env: dict[str, str] | None = None,
    timeout_s: float = 120,
) -> dict[str, Any]:
    """The result of one run of the module; `failed` and `msg` when it failed."""
    return start_module(name, args, check=check, diff=diff, env=env).result(timeout_s)


def gone_after(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run after so many seconds."""
    return [p for p in psutil.wait_procs(processes, timeout=seconds)[1] if p.status() != psutil.STATUS_ZOMBIE]
