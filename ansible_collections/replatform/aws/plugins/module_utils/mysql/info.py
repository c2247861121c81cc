# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal says of a migration."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from ..resource import Outcome
from .connection import Server
from .journal import MysqlJournal

NEXT = {
    "copying": "Run mysql_copy: it goes on from here.",
    "copied": "Run mysql_verify to compare both servers.",
    "verifying": "Run mysql_verify: it was interrupted.",
    "verified": "Follow the source, or switch the application over while nobody writes to it.",
    "differs": "See the differing tables, run mysql_copy and mysql_verify again.",
}


def info(target: Server, schema: str, name: str) -> Outcome:
    """Outcome.result: {migrations: [...]}, a list of one or none.

    Each: {name, phase, running, owner, source, position, started, updated, units_done, units_total, rows, bytes,
    tables, orphans, mismatches, next_step}.
    """
    with closing(MysqlJournal(target, schema, name)) as journal:
        state = journal.find()
        if not state:
            return Outcome(result={"migrations": []})
        tables = journal.tables()
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
        "next_step": NEXT.get(state.phase, ""),
    }
    return Outcome(result={"migrations": [found]})
