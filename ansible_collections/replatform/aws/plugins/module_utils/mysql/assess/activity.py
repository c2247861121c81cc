# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about what the source does at this moment: long transactions, statements that alter tables, its clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from ..connection import sentences
from ..transactions import DDL, holders
from ..transactions import statements as running
from .finding import INFO, WARNING, Finding
from .pair import Pair, Side

LONG_S = 60
SKEW_S = 2.0


def transactions(pair: Pair) -> Iterator[Finding]:
    """Long ones keep old row versions, and hold what a lock has to wait for."""
    with sentences(pair.source.server, "assessing it"):
        found = holders(pair.source.connection, least_s=LONG_S)
    for row in found:
        yield Finding(
            "long-transaction",
            WARNING,
            f"connection {row['thread']} of {row['user']}@{row['host']}",
            f"Its transaction at the source has been open for {row['seconds']} s "
            f"({row['statement'] or row['command']}).",
            f"End it in the application, or KILL {row['thread']};",
        )


def statements(pair: Pair) -> Iterator[Finding]:
    """Tables must not be altered while they are copied, and a long statement makes the snapshot's lock wait."""
    with sentences(pair.source.server, "assessing it"):
        found = list(running(pair.source.connection))
    for who, verb, row in found:
        if verb in DDL:
            yield Finding(
                "ddl-running", WARNING, who, f"It runs {verb} at the source: a table altered while it is copied is "
                "planned anew.",
                "Wait until it has ended.",
            )  # fmt: skip
        elif int(row["seconds"] or 0) >= LONG_S:
            yield Finding(
                "long-statement", WARNING, who, f"Its {verb} at the source has run for {row['seconds']} s; the "
                "snapshot's "
                "lock waits for it.", f"Wait until it has ended, or KILL QUERY {row['id']};",
            )  # fmt: skip


def clocks(pair: Pair) -> Iterator[Finding]:
    ahead = {side.role: _ahead(side) for side in (pair.source, pair.target)}
    for role, seconds in ahead.items():
        pair.facts[role]["clock_ahead_s"] = round(seconds, 1)
    skew = ahead["source"] - ahead["target"]
    if abs(skew) > SKEW_S:
        yield Finding(
            "clock-skew",
            WARNING if abs(skew) > LONG_S else INFO,
            "both",
            f"The source's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the target's: NOW() "
            f"jumps at "
            "the switch, and lag is told wrong by as much.",
            "Let both follow the same time servers.",
        )


def _ahead(side: Side) -> float:
    """Seconds by which a server's clock is ahead of ours; half of the way there and back is taken off."""
    began = time.time()
    told = side.value("SELECT UTC_TIMESTAMP(6)")
    now = (began + time.time()) / 2
    moment = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    return moment.replace(tzinfo=UTC).timestamp() - now


CHECKS = (transactions, statements, clocks)
