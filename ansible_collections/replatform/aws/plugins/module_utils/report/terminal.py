# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table that a run ends with in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import switch
from .words import equal, findings_counted, objects_counted, orphans_counted

WIDTH = 100
MOST_TABLES = 12


def lines(document: Mapping[str, Any]) -> list[str]:
    """The closing table of a summary's document, at most WIDTH wide."""
    return [*_stages(document), *_tables(document["tables"]), *_others(document)]


def _stages(document: Mapping[str, Any]) -> list[str]:
    title = f"Replatform: {document['kind']} of {document['environment'] or 'an unnamed environment'}"
    found = [title, "", f"{'stage':<20} {'status':<8} {'seconds':>8}  {'changed':<8} what"]
    for stage in document["stages"]:
        changed = "yes" if stage["changed"] else "no"
        lead = f"{stage['name']:<20} {stage['status']:<8} {stage['seconds']:>8.1f}  {changed:<8} "
        checks = stage["checks"]
        texts = [f"{check['name']}: {check['detail']}" if check["detail"] else check["name"] for check in checks]
        for text in texts or ["-"]:
            for part in _wrapped(text, WIDTH - len(lead)):
                found.append((lead + part).rstrip())
                lead = " " * len(lead)
    return [*found, ""]


def _tables(tables: list[dict[str, Any]]) -> list[str]:
    if not tables:
        return []
    columns = ("rows", "MB", "units", "copied", "again", "kept")
    found = [f"{'table':<40}" + "".join(f"{name:>9}" for name in columns) + "  same"]
    shown = ([table for table in tables if table.get("ok") is False] or tables)[:MOST_TABLES]
    found += [_table(table["name"], table) for table in shown]
    if len(tables) > len(shown):
        found.append(f"and {len(tables) - len(shown)} more tables")
    keys = ("rows", "bytes", "units", "copied", "recopied", "kept")
    total: dict[str, Any] = {key: sum(table.get(key, 0) for table in tables) for key in keys}
    return [*found, _table(f"{len(tables)} tables", {**total, "ok": equal(tables)}), ""]


def _table(name: str, table: Mapping[str, Any]) -> str:
    same = {True: "yes", False: "NO", None: "-"}[table.get("ok")]
    numbers = (
        f"{table.get('rows', 0):,}",
        f"{table.get('bytes', 0) / 1e6:.1f}",
        *(str(table.get(key, 0)) for key in ("units", "copied", "recopied", "kept")),
    )
    short = name if len(name) <= 39 else name[:38] + "…"
    return f"{short:<40}" + "".join(f"{number:>9}" for number in numbers) + f"  {same}"


def _others(document: Mapping[str, Any]) -> list[str]:
    said = {
        "objects": objects_counted(document["objects"]),
        "orphans": orphans_counted(document["orphans"]),
        "findings": findings_counted(document["findings"]),
    }
    told = [(name, text) for name, text in said.items() if text]
    told += [(switch.title(one), switch.sentence(one)) for one in document["switches"]]
    found = [line for name, text in told for line in _wrapped(f"{name}: {text}", WIDTH)]
    step = document["next_step"]
    return [*found, *([""] if found and step else []), *(_wrapped(f"Next: {step}", WIDTH) if step else [])]


def _wrapped(text: str, width: int) -> list[str]:
    found = [""]
    for word in text.split():
        if found[-1] and len(found[-1]) + 1 + len(word) > width:
            found.append("")
        found[-1] += f" {word}" if found[-1] else word
    return found
