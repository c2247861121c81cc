"""The worker's image, as far as it can be looked at without building it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from ansible_collections.replatform.aws.plugins.module_utils.mysql import store
from ansible_collections.replatform.aws.plugins.module_utils.transfer import pod
from tools.collection import ROOT

ABSENT = ("ansible", "boto3", "botocore", "kubernetes", "psutil", "pymysqlreplication", "yaml")
"""What the collection's other parts use and the image has not."""


def test_a_worker_finds_all_that_it_imports_in_the_image(tmp_path: Path) -> None:
    text = (ROOT / "Containerfile").read_text()
    copied, place = re.findall(r"COPY (\S+) \\\n +(\S+)", text)[0]
    top = re.findall(r"PYTHONPATH=(\S+)", text)[0]
    folder = tmp_path / place.removeprefix(top + "/")
    shutil.copytree(ROOT / copied, folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = f"import sys; sys.modules |= dict.fromkeys({ABSENT}); import {pod.__name__}, {store.__name__}"
    code += f"; print({pod.__name__}.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert Path(ran.stdout.strip()).is_relative_to(folder)


def test_the_builder_is_given_what_the_image_is_made_of() -> None:
    copied = re.findall(r"COPY (\S+) \\", (ROOT / "Containerfile").read_text())
    assert [f"!{path}" in (ROOT / ".containerignore").read_text().splitlines() for path in copied] == [True]
