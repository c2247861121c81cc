from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers import Aws
from tests.support.modules import ROOT


@pytest.fixture
def play(aws: Aws, tmp_path: Path) -> Callable[..., str]:
    """`play(tasks, **variables)` runs tasks with ansible-playbook -vvvv --diff, and returns all that it said."""

    def play(tasks: list[dict[str, Any]], **variables: Any) -> str:
        (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        variables["ansible_python_interpreter"] = sys.executable
        (tmp_path / "variables.yml").write_text(yaml.safe_dump(variables))
        (tmp_path / "ansible.cfg").write_text("[defaults]\n")
        environment = {
            "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT),
            "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
            "ANSIBLE_HOME": str(tmp_path / "home"),
            "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
        }
        program = Path(sys.executable).with_name("ansible-playbook")
        ended = subprocess.run(
            [program, "-vvvv", "--diff", "-i", "localhost,", "-c", "local", "-e", "@variables.yml", "play.yml"],
            cwd=tmp_path,
            env={**os.environ, **aws.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = ended.stdout + ended.stderr + (tmp_path / "ansible.log").read_text()
        assert ended.returncode == 0, said
        return said

    return play
