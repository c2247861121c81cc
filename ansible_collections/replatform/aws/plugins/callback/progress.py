# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
short_description: Show how far a long module is while it works
version_added: 0.1.0
author: Replatform contributors (@replatform)
description:
  - In a terminal one line below the task, which is updated and disappears with the task's result. Elsewhere, as in AWX
    and in log files, one line for each tenth of the way, for each further step and for each reason to wait.
  - Modules of this collection that run on the controller as the same user write their events to a file that this plugin
    names in the environment variable C(REPLATFORM_PROGRESS) and empties when a playbook starts.
requirements:
  - to be enabled in C(callbacks_enabled)
options:
  path:
    description: The file of events, relative to where Ansible was started.
    type: path
    default: reports/progress.jsonl
    env:
      - name: REPLATFORM_PROGRESS_FILE
    ini:
      - section: callback_progress
        key: path
"""

import atexit
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

from ..module_utils.report.progress import Milestones, Tail, line
from ..module_utils.transfer.progress import VARIABLE

INTERVAL_S = 0.5
# The line stands below the cursor, so that the task's result begins where Ansible expects it.
BELOW = "\n\r\x1b[2K"
BACK = "\x1b[1A\r"
WIPE = "\r\x1b[2K"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "replatform.aws.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._terminal = sys.stdout.isatty()
        self._shown = False

    def v2_playbook_on_start(self, playbook: Any) -> None:
        path = Path(self.get_option("path")).absolute()
        if path.exists():
            path.unlink()
        os.environ[VARIABLE] = str(path)
        self._tail, self._milestones = Tail(path), Milestones()
        atexit.register(self._stop)  # an interrupted run has no end that a callback is told of

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._stop()
        self._done.clear()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)
        self._thread.start()

    def v2_runner_on_ok(self, result: Any) -> None:
        self._stop()

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._stop()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._stop()

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL_S):
            self._look()

    def _look(self) -> None:
        for event in self._tail.events():
            if not self._terminal:
                if self._milestones.reached(event):
                    self._display.display(line(event))
            elif not event["ended"]:
                self._write(BELOW + line(event, shutil.get_terminal_size().columns - 1) + BACK)
                self._shown = True

    def _stop(self) -> None:
        """Ends the watch; Ansible has written the task's result, and the cursor is where our line began."""
        if not self._thread:
            return
        self._done.set()
        self._thread.join()
        self._thread = None
        if self._shown:
            self._write(WIPE)
            self._shown = False
        if not self._terminal:
            self._look()

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
