# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run came to: a JSON document for programs and a closing table for people."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WIDTH = 100
MOST_TABLES = 12
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
INTERRUPTED = "The run was interrupted; run the same command again: it goes on from here."


@dataclass
class Check:
    """One task that a stage did with a module of this collection."""

    name: str
    ok: bool
    detail: str


@dataclass
class Stage:
    name: str
    status: str = SKIPPED
    seconds: float = 0.0
    changed: bool = False
    checks: list[Check] = field(default_factory=list)


@dataclass
class Summary:
    """`as_dict()` is the document: {environment, started, finished, ok, stages: [{name, status, seconds, changed,
    checks: [{name, ok, detail}]}]}.

    Times are ISO 8601 in UTC. `moved` and `next_step` are for the terminal only.
    """

    environment: str = ""
    started: str = ""
    finished: str = ""
    check_mode: bool = False
    stages: list[Stage] = field(default_factory=list)
    moved: dict[str, dict[str, Any]] = field(default_factory=dict)
    next_step: str = ""

    @property
    def ok(self) -> bool:
        return all(stage.status != FAILED for stage in self.stages)

    def begin(self, name: str, now: float) -> None:
        """A stage starts; it is skipped until one of its tasks has run."""
        if not self.started:
            self.started = _iso(now)
        self.stages.append(Stage(name))
        self._since = now

    def add(self, name: str, result: Mapping[str, Any], *, failed: bool, ours: bool, now: float) -> None:
        """A task of the running stage has ended; those that are not of this collection count when they fail."""
        stage = self.stages[-1]
        stage.seconds = round(now - self._since, 1)
        stage.changed = stage.changed or bool(result.get("changed"))
        if failed:
            stage.status = FAILED
        elif stage.status == SKIPPED:
            stage.status = PASSED
        if ours or failed:
            stage.checks.append(Check(name, not failed, detail(result, failed=failed)))
        for table in result.get("tables") or []:
            self.moved.setdefault(table["name"], {}).update(table)
        self.next_step = result.get("next_step") or self.next_step

    def end(self, now: float, *, interrupted: bool = False) -> None:
        self.finished = _iso(now)
        if interrupted and self.stages:
            self.stages[-1].status = FAILED
            self.stages[-1].seconds = round(now - self._since, 1)
            self.stages[-1].checks.append(Check("Run", False, INTERRUPTED))

    def as_dict(self) -> dict[str, Any]:
        return {
            "environment": self.environment,
            "started": self.started,
            "finished": self.finished,
            "ok": self.ok,
            "stages": [asdict(stage) for stage in self.stages],
        }

    def write(self, path: Path) -> None:
        """Replaces the file at once: a reader sees the old document or the new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_text(json.dumps(self.as_dict(), indent=2) + "\n")
        partial.replace(path)

    def lines(self) -> list[str]:
        """The closing table, at most WIDTH wide."""
        return [*self._stage_lines(), *self._moved_lines(), *self._next_lines()]

    def _next_lines(self) -> list[str]:
        return _wrapped(f"Next: {self.next_step}", WIDTH) if self.next_step else []

    def _stage_lines(self) -> list[str]:
        kind = "plan" if self.check_mode else "run"
        title = f"Replatform: {kind} of {self.environment or 'an unnamed environment'}"
        lines = [title, "", f"{'stage':<20} {'status':<8} {'seconds':>8}  {'changed':<8} what"]
        for stage in self.stages:
            lead = f"{stage.name:<20} {stage.status:<8} {stage.seconds:>8.1f}  {'yes' if stage.changed else 'no':<8} "
            texts = [f"{check.name}: {check.detail}" if check.detail else check.name for check in stage.checks] or ["-"]
            for text in texts:
                for part in _wrapped(text, WIDTH - len(lead)):
                    lines.append((lead + part).rstrip())
                    lead = " " * len(lead)
        return [*lines, ""]

    def _moved_lines(self) -> list[str]:
        if not self.moved:
            return []
        tables = sorted(self.moved.values(), key=lambda table: (-table.get("bytes", 0), table["name"]))
        columns = ("rows", "MB", "units", "copied", "again", "kept")
        lines = [f"{'table':<40}" + "".join(f"{name:>9}" for name in columns) + "  same"]
        shown = [table for table in tables if table.get("ok") is False] or tables[:MOST_TABLES]
        lines += [_moved_line(table["name"], table) for table in shown[:MOST_TABLES]]
        if len(tables) > len(shown[:MOST_TABLES]):
            lines.append(f"and {len(tables) - len(shown[:MOST_TABLES])} more tables")
        keys = ("rows", "bytes", "units", "copied", "recopied", "kept")
        total: dict[str, Any] = {key: sum(table.get(key, 0) for table in tables) for key in keys}
        marks = {table.get("ok") for table in tables}
        total["ok"] = None if None in marks else False not in marks
        return [*lines, _moved_line(f"{len(tables)} tables", total), ""]


def detail(result: Mapping[str, Any], *, failed: bool) -> str:
    """What a module's result says in one line."""
    if failed:
        return str(result.get("msg") or "failed without a word")
    tables = result.get("tables")
    if "mismatches" in result and tables is not None:
        rows = sum(table["rows"] for table in tables)
        again = " (an earlier result, nothing has changed since)" if result.get("reused") else ""
        return f"{rows:,} rows of {len(tables)} tables, {result['mismatches']} differences{again}"
    if tables is not None and "recopied" in result:
        return (
            f"{result['rows']:,} rows of {len(tables)} tables; units: {result['copied']} copied, "
            f"{result['recopied']} copied again, {result['kept']} kept of {result['units']}"
        )
    return ""


def _moved_line(name: str, table: Mapping[str, Any]) -> str:
    same = {True: "yes", False: "NO", None: "-"}[table.get("ok")]
    numbers = (
        f"{table.get('rows', 0):,}",
        f"{table.get('bytes', 0) / 1e6:.1f}",
        *(str(table.get(key, 0)) for key in ("units", "copied", "recopied", "kept")),
    )
    short = name if len(name) <= 39 else name[:38] + "…"
    return f"{short:<40}" + "".join(f"{number:>9}" for number in numbers) + f"  {same}"


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _iso(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
