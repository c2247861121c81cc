"""Summaries of runs, as the report is made from: one with everything in it, and what a name may be."""

from __future__ import annotations

from typing import Any

NAMES = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "</td></table>", "a&amp;b", "W" * 64,
    "\u202eevil", "\u0637\u0644\u0628\u0627\u062a", "\U0001f6d2 cart", "`; DROP TABLE t; --", "\ud800",
]  # fmt: skip


def table(name: str, **changes: Any) -> dict[str, Any]:
    counts = {"rows": 10, "bytes": 1000, "units": 2, "copied": 2, "recopied": 0, "kept": 0, "seconds": 0.5, "ok": True}
    return {"migration": "shop", "name": name, **counts, **changes}


def document(**changes: Any) -> dict[str, Any]:
    """A run that passed, with everything that a page can show."""
    checks = [{"name": "Copy", "ok": True, "detail": "10 rows"}]
    return {
        "environment": "shop-prod",
        "started": "2026-01-01T12:00:00Z",
        "finished": "2026-01-01T12:01:03Z",
        "ok": True,
        "stages": [{"name": "MySQL", "status": "passed", "seconds": 63.0, "changed": True, "checks": checks}],
        "kind": "run",
        "next_step": "Follow the source.",
        "migrations": [{"name": "shop", "phase": "verified", "position": {"file": "binlog.000042"}}],
        "tables": [table("shop.order"), table("shop.customer", bytes=3000)],
        "objects": [{"migration": "shop", "kind": "view", "name": "shop.v", "action": "created", "ok": True}],
        "orphans": [{"migration": "shop", "table": "shop.order", "constraint": "fk", "rows": 2}],
        "findings": [finding("warning")],
        "largest_tables": [{"name": "shop.order", "rows": 12, "bytes": 900, "seconds": 1.5}],
        "settings": [
            {"migration": "shop", "name": "local_infile", "scope": "parameter_group", "now": "0", "wanted": "1",
             "why": "rows go by LOAD DATA", "apply": "immediate", "phase": "copy", "restore": "0"},
            {"migration": "shop", "name": "binlog retention hours", "scope": "procedure", "now": None, "wanted": "72",
             "why": "the way back", "apply": "immediate", "phase": "cutover", "restore": None},
        ],
        "switches": [],
        "timeline": {
            "began": "2026-01-01T12:00:00.000Z",
            "spans": [{"stage": "MySQL", "check": "Copy", "ok": True, "start_s": 0.0, "end_s": 63.0}],
            "rates": [{"phase": "copy", "name": "shop", "points": [[0.0, 100], [5.0, 200]]}],
            "throttled": [{"start_s": 1.0, "end_s": 2.0, "by": "flag file"}],
            "lags": [{"phase": "follow", "name": "shop", "unit": "transactions", "points": [[6.0, 700], [8.0, 0]]}],
        },
        **changes,
    }  # fmt: skip


def switch(**changes: Any) -> dict[str, Any]:
    """A cutover after 50 s, in which writes paused from 50.1 s to 50.3 s."""
    steps = [("catch_up", "50.000", 100.0), ("stop_writes", "50.100", 50.0), ("open_up", "50.250", 50.0)]
    return {
        "migration": "shop",
        "direction": "cutover",
        "way": "read_only_schemas",
        "reverse": "applier",
        "began": "2026-01-01T12:00:50.000Z",
        "ended": "2026-01-01T12:00:51.500Z",
        "steps": [{"step": name, "at": f"2026-01-01T12:00:{at}Z", "ms": took} for name, at, took in steps],
        "pause_ms": 200.0,
        **changes,
    }


def traffic(**changes: Any) -> dict[str, Any]:
    """The audit of customers who came ten seconds before the run and left two minutes later."""
    return {
        "server": "s2",
        "began": "2026-01-01T11:59:50.000Z",
        "seconds": 120.0,
        "acknowledged": 23_990,
        "lost": 0,
        "doubled": 0,
        "inconsistent": 0,
        "retried": 4,
        "gap_ms": 212.4,
        "gap_began": "2026-01-01T12:00:50.101Z",
        "errors": {"3989": 5},
        "servers": {"c60ddcfc-e883": 12_000, "c61d8b09-e883": 11_990},
        "per_second": [[second, 200, 5 if second == 60 else 0] for second in range(120)],
        "closely": {
            "began": "2026-01-01T12:00:47.101Z",
            "step_ms": 50,
            "counts": [[0 if 60 <= step < 64 else 10, 1 if 60 <= step < 65 else 0] for step in range(125)],
        },
        **changes,
    }


def finding(severity: str, **changes: Any) -> dict[str, Any]:
    about = {"id": "no_key", "object": "shop.log", "evidence": "It has no key.", "fix": "ALTER TABLE log ADD k INT"}
    return {**about, "severity": severity, **changes}


def failed(**changes: Any) -> dict[str, Any]:
    checks = [{"name": "Copy", "ok": True, "detail": ""}, {"name": "Verify", "ok": False, "detail": "They differ."}]
    stage = {"name": "MySQL", "status": "failed", "seconds": 3.0, "changed": False, "checks": checks}
    return document(ok=False, stages=[stage], **changes)
