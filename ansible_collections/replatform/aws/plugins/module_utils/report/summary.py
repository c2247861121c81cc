# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run came to, as a JSON document that the closing table and the report are made from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import terminal
from .timeline import Event, timeline
from .words import duration, exactly, findings_counted, moment

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
class Span:
    """When a stage, or a check of it, ran: seconds since the run began."""

    stage: str
    check: str
    ok: bool
    start_s: float
    end_s: float


@dataclass
class Summary:
    """`as_dict()` is the document: {environment, started, finished, ok, stages: [{name, status, seconds, changed,
    checks: [{name, ok, detail}]}], kind, next_step, migrations, tables, objects, orphans, findings,
    largest_tables, settings, switches, timeline}.

    Times are ISO 8601 in UTC. Tables, objects and orphans hold what the modules returned of them, each with its
    `migration`; what a later module says of the same one is added. Findings are those of an assessment, as are the
    largest tables: its estimates, and the settings, which the target lacks. Switches are what cutovers and rollbacks
    of this run returned of themselves.
    """

    environment: str = ""
    started: str = ""
    finished: str = ""
    check_mode: bool = False
    next_step: str = ""
    stages: list[Stage] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    migrations: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    objects: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    orphans: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    largest_tables: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    switches: list[dict[str, Any]] = field(default_factory=list)
    progress: dict[str, Any] = field(default_factory=lambda: timeline((), 0.0))
    begun: float = 0.0
    """When the run began, as the clock of its progress events says it."""

    @property
    def ok(self) -> bool:
        return all(stage.status != FAILED for stage in self.stages)

    def begin(self, name: str, now: float) -> None:
        """A stage starts; it is skipped until one of its tasks has run."""
        if not self.started:
            self.started = _iso(now)
            self.begun = now
        self.stages.append(Stage(name))
        self._since = self._task_since = now

    def task(self, now: float) -> None:
        """A task of the running stage starts."""
        self._task_since = now

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
            self.spans.append(self._span(self._task_since, now, name, ok=not failed))
            self.next_step = result.get("next_step") or ("" if failed else self.next_step)
        if ours:
            self._keep(result)

    def _keep(self, result: Mapping[str, Any]) -> None:
        name = str(result.get("name") or "")
        for known in [result] if name and "phase" in result else result.get("migrations") or []:
            facts = {key: known[key] for key in MIGRATION_FACTS if known.get(key) not in (None, {}, "")}
            self.migrations.setdefault(str(known["name"]), {}).update(facts)
        for table in result.get("tables") or []:
            self.tables.setdefault((name, table["name"]), {"migration": name}).update(table)
        for stored in result.get("objects") or []:
            key = (name, stored["kind"], stored["name"])
            self.objects.setdefault(key, {"migration": name}).update(stored)
        for orphan in result.get("orphans") or []:
            self.orphans[name, orphan["table"], orphan["constraint"]] = {"migration": name, **orphan}
        self.findings += result.get("findings") or []
        self.largest_tables += result.get("largest_tables") or []
        for setting in result.get("settings") or []:
            self.settings[name, setting["name"]] = {"migration": name, **setting}
        switch = result.get("switch") or {}
        if switch.get("ended") and moment(switch["ended"]).timestamp() >= self.begun:  # not what an earlier run did
            self.switches.append({"migration": name, **switch})

    def _span(self, start: float, end: float, check: str, *, ok: bool) -> Span:
        return Span(self.stages[-1].name, check, ok, round(start - self.begun, 1), round(end - self.begun, 1))

    def follow(self, events: Iterable[Event]) -> None:
        """The progress events of this run's moves."""
        self.progress = timeline(events, self.begun)

    def end(self, now: float, *, interrupted: bool = False) -> None:
        self.finished = _iso(now)
        if interrupted and self.stages:
            self.stages[-1].status = FAILED
            self.stages[-1].seconds = round(now - self._since, 1)
            self.stages[-1].checks.append(Check("Run", False, INTERRUPTED))
            self.spans.append(self._span(self._task_since, now, "Run", ok=False))
            self.next_step = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "environment": self.environment,
            "started": self.started,
            "finished": self.finished,
            "ok": self.ok,
            "stages": [asdict(stage) for stage in self.stages],
            "kind": "plan" if self.check_mode else "run",
            "next_step": self.next_step,
            "migrations": [{"name": name, **facts} for name, facts in sorted(self.migrations.items())],
            "tables": sorted(self.tables.values(), key=lambda table: (-table.get("bytes", 0), table["name"])),
            "objects": [stored for _key, stored in sorted(self.objects.items())],
            "orphans": [orphan for _key, orphan in sorted(self.orphans.items())],
            "findings": self.findings,
            "largest_tables": self.largest_tables,
            "settings": list(self.settings.values()),
            "switches": self.switches,
            "timeline": {
                "began": exactly(self.begun) if self.started else "",
                "spans": [asdict(span) for span in self.spans],
                **self.progress,
            },
        }

    def write(self, path: Path) -> None:
        replace(path, json.dumps(self.as_dict(), indent=2) + "\n")

    def lines(self) -> list[str]:
        """The closing table, for a terminal."""
        return terminal.lines(self.as_dict())


MIGRATION_FACTS = (
    "phase",
    "position",
    "mismatches",
    "reused",
    "estimate_s",
    "lag_seconds",
    "transactions_behind",
    "verified_at",
)


def replace(path: Path, text: str) -> None:
    """Replaces the file at once: a reader sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8", errors="replace")
    partial.replace(path)


def detail(result: Mapping[str, Any], *, failed: bool) -> str:
    """What a module's result says in one line."""
    if failed:
        return str(result.get("msg") or "failed without a word")
    tables = result.get("tables")
    if "findings" in result:
        estimate = f"; a copy takes about {duration(result['estimate_s'])}" if result.get("estimate_s") else ""
        return (findings_counted(result["findings"]) or "nothing found") + estimate
    if "mismatches" in result and tables is not None:
        rows = sum(table["rows"] for table in tables)
        again = " (an earlier result, nothing has changed since)" if result.get("reused") else ""
        return f"{rows:,} rows of {len(tables)} tables, {result['mismatches']} differences{again}"
    if "blockers" in result:
        return _switched(result)
    if "transactions_behind" in result:
        behind = {"transactions": result["transactions_behind"], "s": result["lag_seconds"]}
        told = [f"{count:,} {unit}" for unit, count in behind.items() if count is not None]
        return f"follows by {result['method']}, {' and '.join(told)} behind" if told else ""
    if tables is not None and "recopied" in result:
        return (
            f"{result['rows']:,} rows of {len(tables)} tables; units: {result['copied']} copied, "
            f"{result['recopied']} copied again, {result['kept']} kept of {result['units']}"
        )
    return ""


def _switched(result: Mapping[str, Any]) -> str:
    if result["blockers"]:
        return f"{len(result['blockers'])} things stand in the way: {result['blockers'][0]['sentence']}"
    pause = result["switch"].get("pause_ms")
    where = "target" if result["phase"] in ("switched", "completed") else "source"
    paused = f"; writes were paused for {pause:,.0f} ms by {result['way']}" if pause and result["changed"] else ""
    return f"the application writes to the {where}{paused}"


def _iso(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
