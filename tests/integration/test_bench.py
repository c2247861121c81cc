"""What a benchmark leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox.state import CHECKOUT
from tests.support.modules import gone_after

PROGRAMS = {
    "mysql": """
from tests.bench.moves.servers import empty_target
with empty_target() as server:
    print(server.running()[0].pid, flush=True)
    input()
""",
    "aws": """
from tests.bench.aws import emulator
with emulator() as cloud:
    print(cloud.process.pid, flush=True)
    input()
""",
}


@pytest.mark.parametrize("benchmark", PROGRAMS)
def test_a_killed_benchmark_takes_its_servers_along(tmp_path: Path, benchmark: str) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAMS[benchmark]],
        cwd=CHECKOUT,
        env={**os.environ, "SANDBOX_DIR": str(tmp_path), "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with program:
        assert program.stdout
        server = psutil.Process(int(program.stdout.readline()))
        program.kill()
    assert gone_after([server], 30) == []
