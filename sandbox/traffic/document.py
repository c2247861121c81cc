"""An audit as JSON: what the report of a migration draws and tells of the customers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from .audit import Audit
from .ledger import Entry


def document(audit: Audit, entries: Iterable[Entry]) -> dict[str, Any]:
    """The audit and its account; `per_second` is [[second since `began`, commits, errors]] of every second.

    Times are ISO 8601 in UTC, errors are counted by MySQL's number, commits by server.
    """
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
        "per_second": _per_second(entries, account.began, account.seconds),
    }


def _per_second(entries: Iterable[Entry], began: float, seconds: float) -> list[list[int]]:
    counts = [[second, 0, 0] for second in range(int(seconds) + 1)]
    for entry in entries:
        if began <= entry["at"] <= began + seconds and ("ack" in entry or "error" in entry):
            counts[int(entry["at"] - began)][2 if "error" in entry else 1] += 1
    return counts


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
