# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal says of a migration."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any

from ..resource import Outcome
from .connection import Server, connect
from .journal import SWITCHED_PHASES, MysqlJournal
from .replication.lag import Lags, backlog
from .replication.status import status
from .replication.troubles import trouble

NEXT = {
    "copying": "Run mysql_copy: it goes on from here.",
    "copied": "Run mysql_follow to follow the source, or mysql_verify while nobody writes to it.",
    "following": "Run mysql_verify to compare both servers while the target follows.",
    "lost": "The source no longer has what the target needs to follow: run mysql_copy, then mysql_follow.",
    "verifying": "Run mysql_verify: it was interrupted.",
    "verified": "Run mysql_cutover while the target follows, or switch the application over while nobody writes to it.",
    "opening": "Run mysql_cutover: it was interrupted after the point from which it only goes forward.",
    "switched": "The application writes to the target. Run mysql_rollback to bring it back, or mysql_complete.",
    "returning": "Run mysql_rollback: it was interrupted after the point from which it only goes forward.",
    "completed": "The migration has ended.",
    "differs": "See the differing tables, run mysql_copy and mysql_verify again.",
}


def info(target: Server, schema: str, name: str, source: Server | None = None) -> Outcome:
    """Outcome.result: {migrations: [...]}, a list of one or none.

    Each: {name, phase, running, owner, source, position, started, updated, units_done, units_total, rows, bytes,
    tables, orphans, mismatches, verified_at, replication, left_target, next_step}. Without the source `replication`
    counts only what the target has received.
    """
    with closing(MysqlJournal(target, schema, name)) as journal:
        state = journal.find()
        if not state:
            return Outcome(result={"migrations": []})
        tables = journal.tables()
    follows = state.facts.get("follow") and state.phase not in SWITCHED_PHASES
    replication = _replication(target, source) if follows else None
    found: dict[str, Any] = {
        "name": state.name,
        "phase": state.phase,
        "running": state.lives,
        "owner": state.owner,
        "source": state.source,
        "position": state.position,
        "started": state.started,
        "updated": state.updated,
        "units_done": sum(table["units_done"] for table in tables),
        "units_total": sum(table["units"] for table in tables),
        "rows": sum(table["rows"] for table in tables),
        "bytes": sum(table["bytes"] for table in tables),
        "tables": tables,
        "orphans": state.facts.get("verify", {}).get("orphans", []),
        "mismatches": state.facts.get("verify", {}).get("mismatches"),
        "verified_at": state.facts.get("verify", {}).get("at"),
        "replication": replication,
        "left_target": bool(state.facts.get("closed")) and state.phase not in SWITCHED_PHASES,
        "next_step": NEXT.get(state.phase, ""),
    }
    return Outcome(result={"migrations": [found]})


def _replication(target: Server, source: Server | None) -> dict[str, Any]:
    """{receiving, applying, lag_seconds, transactions_behind, error}"""
    with ExitStack() as stack:
        there = stack.enter_context(closing(connect(target)))
        found = status(there, target)
        if not found:
            return {
                "receiving": False,
                "applying": False,
                "lag_seconds": None,
                "transactions_behind": None,
                "error": "",
            }
        if source:
            here = stack.enter_context(closing(connect(source)))
            lag = Lags((here, source), (there, target)).now(found)
        else:
            lag = backlog(found, there, target)
    stopped = trouble(found)
    return {
        "receiving": found.receiving,
        "applying": found.applying,
        **lag.as_dict(),
        "error": stopped.sentence if stopped else "",
    }
