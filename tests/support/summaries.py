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
        "timeline": {
            "spans": [{"stage": "MySQL", "check": "Copy", "ok": True, "start_s": 0.0, "end_s": 63.0}],
            "rates": [{"phase": "copy", "name": "shop", "points": [[0.0, 100], [5.0, 200]]}],
            "throttled": [{"start_s": 1.0, "end_s": 2.0, "by": "flag file"}],
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
