# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: summary
type: aggregate
short_description: Say at the end of a run what it came to
version_added: 0.1.0
author: Replatform contributors (@replatform)
description:
  - Writes C(summary.json) and beside it C(index.html), a report that needs no other file and no network, and prints a
    closing table; also when a stage fails or the run is interrupted.
  - A stage is a play.
  - Runs without a module of this collection are left alone.
requirements:
  - to be enabled in C(callbacks_enabled)
options:
  path:
    description: The file to write, relative to where Ansible was started.
    type: path
    default: reports/summary.json
    env:
      - name: REPLATFORM_SUMMARY
    ini:
      - section: callback_summary
        key: path
  progress:
    description:
      - The file with this run's progress events, for the report's timeline; none is no failure.
      - The same setting as O(replatform.aws.progress#callback:path), so that both plugins always mean one file.
      - Those from before the run are left aside.
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
import time
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

from ..module_utils.report import page
from ..module_utils.report.summary import Summary
from ..module_utils.report.timeline import events

COLLECTION = "replatform.aws."


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "replatform.aws.summary"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._summary = Summary()
        self._ours = self._done = False
        self._pid = os.getpid()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        if not self._summary.stages:
            self._summary.check_mode = bool(context.CLIARGS.get("check"))
            atexit.register(self._interrupted)
        self._summary.begin(play.get_name().strip(), time.time())
        manager = play.get_variable_manager()
        hosts = manager._inventory.get_hosts() if manager and manager._inventory else []
        if hosts:
            name = manager.get_vars(play=play, host=hosts[0]).get("replatform_environment", "")
            self._summary.environment = str(name)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._summary.task(time.time())

    def v2_runner_on_ok(self, result: Any) -> None:
        self._add(result, failed=False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._add(result, failed=not ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._add(result, failed=True)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._finish(interrupted=False)

    def _add(self, result: Any, *, failed: bool) -> None:
        task = result.task
        ours = str(task.resolved_action or task.action).startswith(COLLECTION)
        self._ours = self._ours or ours
        self._summary.add(
            task.get_name().rpartition(" : ")[2].rpartition(" | ")[2],
            result.result,
            failed=failed,
            ours=ours,
            now=time.time(),
        )

    def _interrupted(self) -> None:
        if os.getpid() == self._pid and not self._done:
            self._ours = True
            self._finish(interrupted=True)

    def _finish(self, *, interrupted: bool) -> None:
        self._done = True
        if not self._ours:
            return
        self._summary.end(time.time(), interrupted=interrupted)
        self._summary.follow(events(Path(self.get_option("progress")), self._summary.begun))
        path = Path(self.get_option("path"))
        report = path.with_name("index.html")
        self._summary.write(path)
        page.write(self._summary.as_dict(), report)
        self._display.display("")
        for line in self._summary.lines():
            self._display.display(line)
        self._display.display(f"Data: {path}")
        self._display.display(f"Report: {report}")
