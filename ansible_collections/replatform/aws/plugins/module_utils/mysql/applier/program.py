# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The row applier as a program: `python -m ...mysql.applier.program`, its job as one JSON line on stdin.

Between a cutover and a rollback nobody has to run it: the place at the source stays where it is, and a rollback brings
the source up to date from there as long as the target keeps its log. With `stay` in its job it follows all that time
without a parent, so that a rollback finds little left to do; `silent_s` of way_back.state() tells whether it lives.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from typing import Any

from ...transfer.program import Program, run
from ..connection import Server
from ..selection import Settings
from . import way_back
from .apply import PATIENCE_S


def job(source: Server, target: Server, settings: Settings, *, until: str = "", stay: bool = False) -> dict[str, Any]:
    """What the program is to do; contains both passwords."""
    return {
        "source": source.as_dict(),
        "target": target.as_dict(),
        "settings": {
            "name": settings.name,
            "schemas": settings.schemas,
            "tables": settings.tables,
            "exclude": settings.exclude,
            "journal_schema": settings.journal_schema,
        },
        "until": until,
        "patience_s": None if stay else PATIENCE_S,
        "stay": stay,
    }


def detach(source: Server, target: Server, settings: Settings) -> int:
    """Starts the program so that it outlives this process; returns its process id. Another one gives way to it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    started = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(job(source, target, settings, stay=True)) + "\n",
        capture_output=True,
        check=True,
        env=environment,
        text=True,
    )
    return int(json.loads(started.stdout)["stays"])


def _work(program: Program) -> None:
    given = program.job
    settings: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in given["settings"].items()}
    applier = way_back.applier(
        Server.of("source", given["source"]),
        Server.of("target", given["target"]),
        Settings(**settings),
        program.tell,
        patience_s=given["patience_s"] or math.inf,
    )
    applier.stop = program.stopped
    applier.run(given["until"])


if __name__ == "__main__":
    sys.exit(run(_work, "the row applier"))
