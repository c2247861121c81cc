"""An audit as JSON: what the report of a migration draws and tells of the customers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from .audit import Audit, Gap
from .ledger import Entry

AROUND_S = 3.0
STEP_MS = 50


def document(audit: Audit, entries: Iterable[Entry]) -> dict[str, Any]:
    """The audit and its account; `per_second` is [[second since `began`, commits, errors]] of every second.

    `closely` is {began, step_ms, counts: [[commits, errors]]}, the same of the time around the longest gap. Times are
    ISO 8601 in UTC, errors are counted by MySQL's number, commits by server.
    """
    moments = [(entry["at"], "error" in entry) for entry in entries if "ack" in entry or "error" in entry]
    account = audit.account
    return {
        "server": audit.server,
        "began": _iso(account.began),
        "seconds": round(account.seconds, 3),
        "acknowledged": account.acknowledged,
        "unknown": account.unknown,
        "retried": account.retried,
        "reads": account.reads,
        "lost": audit.lost,
        "doubled": audit.doubled,
        "inconsistent": audit.inconsistent,
        "gap_ms": round(account.gap.ms, 1),
        "gap_began": _iso(account.gap.began) if account.gap.ms else None,
        "errors": {str(code): count for code, count in account.errors.items()},
        "servers": dict(account.servers),
        "per_second": [
            [second, *counts] for second, counts in enumerate(_counts(moments, account.began, account.seconds, 1.0))
        ],
        "closely": _closely(moments, account.gap) if account.gap.ms else None,
    }


def _closely(moments: list[tuple[float, bool]], gap: Gap) -> dict[str, Any]:
    began, seconds = gap.began - AROUND_S, gap.ms / 1000 + 2 * AROUND_S
    counts = _counts(moments, began, seconds, STEP_MS / 1000)
    return {"began": _iso(began), "step_ms": STEP_MS, "counts": counts}


def _counts(moments: list[tuple[float, bool]], began: float, seconds: float, step: float) -> list[list[int]]:
    """[commits, errors] of each step from `began` on; the last one may be shorter."""
    counts = [[0, 0] for _step in range(int(seconds / step) + 1)]
    for at, failed in moments:
        if began <= at <= began + seconds:
            counts[int((at - began) / step)][failed] += 1
    return counts


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
