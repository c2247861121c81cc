# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run: one HTML page that needs nothing else, made from a summary's document.

Again from a stored one: python -m ansible_collections.replatform.aws.plugins.module_utils.report.page SUMMARY.JSON
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import ReplatformError
from ..libraries import StandIn, require
from . import switch, traffic, words
from .chart import chart
from .closeup import closeup
from .summary import replace

try:
    import jinja2
except ImportError:
    jinja2 = StandIn("jinja2")  # type: ignore[assignment]

TEMPLATE = Path(__file__).with_name("page.html.j2")
MOST = 200
"""Entries of any list that the page shows; the page says how many more there are, and where."""
MOST_OF_A_KIND = 4
"""Findings of one kind that are shown before the others are folded away."""
AGAIN = "Mend what it says and run the same command again; what is finished is kept."
SEVERITIES = {"error": "Errors", "warning": "Warnings", "info": "Notes"}

Document = Mapping[str, Any]


def page(document: Document) -> str:
    """The whole page as HTML; every text of the document is escaped."""
    require(jinja2)
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(number="{:,}".format, size=words.size, duration=words.duration)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(view(document))


def view(document: Document) -> dict[str, Any]:
    """What the template shows, in its order: lists cut, sums made, outcomes in words."""
    tables = document.get("tables") or []
    objects = document.get("objects") or []
    switches = document.get("switches") or []
    meanwhile = during(document)
    return {
        "environment": document.get("environment") or "",
        "kind": document.get("kind") or "run",
        "started": _moment(document.get("started")),
        "finished": _moment(document.get("finished")),
        "outcome": outcome(document),
        "figures": figures(document),
        "stages": document.get("stages") or [],
        "chart": chart({**(document.get("timeline") or {}), **meanwhile}),
        "switches": [
            {
                "title": switch.title(one),
                "said": switch.sentence(one),
                "steps": switch.steps(one),
                "chart": closeup(one, document.get("traffic") or {}, since(document)) if meanwhile else {},
            }
            for one in switches
        ],
        "traffic": traffic.told(document["traffic"]) if meanwhile.get("commits") else [],
        "settings": cut(document.get("settings") or []),
        "severities": severities(document.get("findings") or []),
        "largest": cut(document.get("largest_tables") or []),
        "differing": cut(
            [one for one in [*({"kind": "table", **table} for table in tables), *objects] if one.get("ok") is False]
        ),
        "tables": cut(table_rows(tables)),
        "total": total(tables),
        "objects": cut(sorted(objects, key=lambda one: one.get("ok") is not False)),
        "objects_counted": words.objects_counted(objects),
        "orphans": cut(document.get("orphans") or []),
        "orphans_counted": words.orphans_counted(document.get("orphans") or []),
        "migrations": document.get("migrations") or [],
        "several": len({one.get("migration") for one in [*tables, *objects]}) > 1,
    }


def during(document: Document) -> dict[str, Any]:
    """{pauses: [{title, start_s, end_s}], commits, errors}: what the chart shows beside the run's own steps."""
    if not document.get("started") or not document.get("finished"):
        return {}
    began, ended = since(document), words.moment(document["finished"])
    spans = [(switch.title(one), switch.pause(one, began)) for one in document.get("switches") or []]
    pauses = [{"title": title, "start_s": span[0], "end_s": span[1]} for title, span in spans if span]
    return {"pauses": pauses, **traffic.seen(document.get("traffic") or {}, began, ended)}


def since(document: Document) -> datetime:
    """When the run began, as exactly as the document says."""
    return words.moment((document.get("timeline") or {}).get("began") or document["started"])


def outcome(document: Document) -> dict[str, str]:
    """{state: ok, failed, attention or plan; title, text, next}: what to know when nothing else is read."""
    stages, tables = document.get("stages") or [], document.get("tables") or []
    step = str(document.get("next_step") or "")
    if not document.get("ok", True):
        stage = next(stage for stage in stages if stage["status"] == "failed")
        check = next((check for check in stage["checks"] if not check["ok"]), {"name": "", "detail": ""})
        where = f"Stage {stage['name']}, step {check['name']}: " if check["name"] else f"Stage {stage['name']}. "
        return {"state": "failed", "title": "The run failed", "text": where + check["detail"], "next": step or AGAIN}
    if document.get("kind") == "plan":
        units = words.counted(sum(table.get("copied", 0) for table in tables), "unit")
        text = f"A run would copy {units} of {words.counted(len(tables), 'table')}." if tables else ""
        return {"state": "plan", "title": "A plan: nothing was written", "text": text, "next": step}
    errors = [finding for finding in document.get("findings") or [] if words.severity(finding) == "error"]
    if errors:
        text = f"The assessment found {words.findings_counted(document['findings'])}; the errors come first below."
        return {"state": "attention", "title": "There is something to mend", "text": text, "next": step}
    if switched := [one for one in document.get("switches") or [] if one.get("ended")]:
        return {"state": "ok", **_switched(switched[-1]), "next": step}
    return {"state": "ok", **_arrived(document, tables), "next": step}


def _switched(last: Mapping[str, Any]) -> dict[str, str]:
    side = "source" if last.get("direction") == "rollback" else "target"
    said = switch.sentence(last)
    return {"title": f"The application writes to the {side}", "text": f"{said[:1].upper()}{said[1:]}." if said else ""}


def _arrived(document: Document, tables: list[dict[str, Any]]) -> dict[str, str]:
    if not tables:
        stages = words.counted(sum(stage["status"] == "passed" for stage in document.get("stages") or []), "stage")
        return {"title": "The run passed", "text": f"{stages} passed."}
    rows = words.counted(sum(table.get("rows", 0) for table in tables), "row")
    moved = f"{rows} of {words.counted(len(tables), 'table')}"
    if words.equal(tables):
        objects = words.objects_counted(one for one in document.get("objects") or [] if one.get("ok"))
        return {
            "title": "Everything arrived",
            "text": f"{moved}{', and ' + objects + ',' if objects else ''} are the same on both servers.",
        }
    return {"title": "The copy is there", "text": f"{moved} are at the target. They have not been compared yet."}


def figures(document: Document) -> list[dict[str, str]]:
    """The few numbers that stand large at the top."""
    tables, objects = document.get("tables") or [], document.get("objects") or []
    seconds = sum(stage["seconds"] for stage in document.get("stages") or [])
    found = [{"name": "Time", "value": words.duration(seconds)}]
    pauses = [one["pause_ms"] for one in document.get("switches") or [] if one.get("pause_ms") is not None]
    if pauses:
        found.append({"name": "Writes paused", "value": words.milliseconds(pauses[-1])})
    if objects:
        found.insert(0, {"name": "Other objects", "value": f"{len(objects):,}"})
    if tables:
        same = sum(table.get("ok") is True for table in tables)
        compared = any("ok" in table for table in tables)
        found[:0] = [
            {"name": "Rows", "value": f"{sum(table.get('rows', 0) for table in tables):,}"},
            {"name": "Data", "value": words.size(sum(table.get("bytes", 0) for table in tables))},
            {"name": "Same tables", "value": f"{same:,} of {len(tables):,}"}
            if compared
            else {"name": "Tables", "value": f"{len(tables):,}"},
        ]
    return found


def severities(findings: Iterable[Document]) -> list[dict[str, Any]]:
    """[{name, title, count, kinds: [{id, first: [...], folded: [...]}], unseen}], the worst first, each list cut."""
    by_name: dict[str, list[Document]] = defaultdict(list)
    for finding in findings:
        by_name[words.severity(finding)].append(finding)
    found = []
    for name, title in SEVERITIES.items():
        shown = cut(by_name[name])
        kinds: dict[str, list[Document]] = defaultdict(list)
        for finding in shown["shown"]:
            kinds[str(finding.get("id") or "")].append(finding)
        if kinds:
            parts = [
                {"id": kind, "first": ones[:MOST_OF_A_KIND], "folded": ones[MOST_OF_A_KIND:]}
                for kind, ones in kinds.items()
            ]
            found.append({"name": name, "title": title, "count": len(by_name[name]), "kinds": parts, **shown})
    return found


def table_rows(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that differ first, then by size; each with its share of all bytes and its rate in bytes a second or None.

    The rate is that of one worker. A table that was not copied from the start in this run has none.
    """
    everything = sum(table.get("bytes", 0) for table in tables)
    largest = max((table.get("bytes", 0) for table in tables), default=0)
    rows = []
    for table in tables:
        count, seconds = table.get("bytes", 0), table.get("seconds", 0)
        fresh = seconds and table.get("copied", 0) + table.get("recopied", 0) == table.get("units")
        numbers = {
            "share": count / everything * 100 if everything else 0.0,
            "width": count / largest * 100 if largest else 0.0,
            "rate": count / seconds if fresh and count else None,
        }
        rows.append({"ok": None, **dict.fromkeys(TOTALS, 0), **table, **numbers})
    return sorted(rows, key=lambda row: (row["ok"] is not False, -row["bytes"], row["name"]))


TOTALS = ("rows", "bytes", "units", "copied", "recopied", "kept")


def total(tables: list[dict[str, Any]]) -> dict[str, Any]:
    sums = {key: sum(table.get(key, 0) for table in tables) for key in TOTALS}
    return {**sums, "count": len(tables), "ok": words.equal(tables)}


def cut(entries: list[Any]) -> dict[str, Any]:
    """{shown, unseen}: the first MOST entries, and how many there are besides."""
    return {"shown": entries[:MOST], "unseen": max(0, len(entries) - MOST)}


def _moment(iso: str | None) -> dict[str, str]:
    """{iso, text} of a time in UTC; both empty when there is none."""
    if not iso:
        return {"iso": "", "text": ""}
    return {"iso": iso, "text": f"{words.moment(iso):%d %B %Y, %H:%M:%S} UTC".lstrip("0")}


def write(document: Document, path: Path) -> None:
    """Replaces the page at `path` at once."""
    replace(path, page(document))


def main(arguments: list[str]) -> None:
    """Writes index.html beside each summary that is named."""
    for name in arguments:
        path = Path(name)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            write({**document, "traffic": traffic.beside(path)}, path.with_name("index.html"))
        except (OSError, ValueError) as error:
            raise ReplatformError(
                f"{path} is no summary of a run ({error}); name a summary.json that a run has written."
            ) from error


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ReplatformError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
