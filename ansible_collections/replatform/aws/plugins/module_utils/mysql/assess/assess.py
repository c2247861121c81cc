# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assesses a migration before it begins: reads both servers, changes nothing, and says what to mend and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from ...errors import ReplatformError
from ...resource import Outcome
from ..connection import DENIED, Server, connect, sentences
from ..copy import COPIED_PHASES
from ..journal import MysqlJournal, State, same_position
from ..selection import Selection, Settings, compatible, known, select
from ..snapshot import position
from . import accounts, activity, rights, schema, servers, size
from .finding import ERROR, INFO, WARNING, Finding, counts, lines, ordered
from .mariadb import mariadb
from .pair import Pair, Side
from .parameters import parameters
from .reach import reach
from .scan import scans

Check = Callable[[Pair], Iterator[Finding]]
NEVER = "never"
GATES: dict[str, tuple[str, ...]] = {ERROR: (ERROR,), WARNING: (ERROR, WARNING), NEVER: ()}
NOT_ALLOWED = frozenset(str(code) for code in DENIED)
CHECKS: tuple[Check, ...] = (
    *schema.CHECKS,
    *servers.CHECKS,
    *rights.CHECKS,
    *accounts.CHECKS,
    *activity.CHECKS,
    *size.CHECKS,
    parameters,
    mariadb,
    scans,
    reach,
)


@dataclass(frozen=True)
class Wishes:
    """How far an assessment goes: the severity that fails, the rate if known, the time for scans, the probe's login."""

    fail_on: str = ERROR
    rate_mb_s: float | None = None
    scan_s: float = 10.0
    replication: Server | None = None


class Blocked(ReplatformError):
    """Something has to be mended first; `outcome` has the whole result, which the module returns beside the error."""

    def __init__(self, message: str, result: dict[str, Any]) -> None:
        super().__init__(message, code="Blocked", counts=result["counts"])
        self.outcome = Outcome(result=result)


def assess(source: Server, target: Server, settings: Settings, wishes: Wishes, *, check: bool) -> Outcome:
    """Findings about a migration. With `check` nothing is tried: rights are inferred from grants.

    Outcome.result: {phase, name, findings: [{id, severity, object, evidence, fix}], counts, largest_tables: [{name,
    rows, bytes, seconds}], estimate_s, settings, source, target, report, next_step}. Raises Blocked when the gate says
    so.
    """
    journal = MysqlJournal(target, settings.journal_schema, settings.name)
    with closing(connect(source)) as here, closing(connect(target)) as there, closing(journal):
        try:
            compatible((here, source), (there, target), settings)
        except ReplatformError as error:
            if "missing" not in error.facts:
                raise
        sides = (Side.of(source, here), Side.of(target, there))
        state, found = _journal(journal, sides[0])
        pair = Pair(*sides, settings, Selection({}, {}), state, probe=not check, scan_s=wishes.scan_s)
        found += rights.needs(pair)
        pair.selection = _selection(pair, found)
        with sentences(source):
            copied = bool(state and state.phase in COPIED_PHASES)
            pair.settled = copied and bool(state and (state.follows or same_position(state.position, position(here))))
        pair.probe = not check and not copied
        pair.replication = wishes.replication if pair.probe else None
        if state:
            pair.facts["target"]["groups"] = list(journal.groups())
        largest, time_needed = size.sizes(pair, wishes.rate_mb_s)
        found += [time_needed, *_checked(pair)]
    return _outcome(pair, ordered(found), largest, wishes.fail_on)


def _journal(journal: MysqlJournal, source: Side) -> tuple[State | None, list[Finding]]:
    """The migration's state so far; what keeps the copy from using the journal is a finding."""
    with sentences(source.server):
        identity = position(source.connection)["server"]
    try:
        return known(journal, identity), []
    except ReplatformError as error:
        if error.code in NOT_ALLOWED:
            return None, []
        return None, [Finding("journal", ERROR, f"schema {journal.schema}", error.message)]


def _selection(pair: Pair, found: list[Finding]) -> Selection:
    """What is to be moved; nothing while our user may not read it, which is a finding already."""
    try:
        return select(pair.source.connection, pair.source.server, pair.settings)
    except ReplatformError:
        if any(finding.id == "privileges-missing" and finding.object == "source" for finding in found):
            return Selection({}, {})
        raise


def _checked(pair: Pair) -> Iterator[Finding]:
    """Every check's findings; one that our user is not allowed is told, and the others go on."""
    for check in CHECKS:
        try:
            yield from check(pair)
        except ReplatformError as error:
            if error.code not in NOT_ALLOWED:
                raise
            name = check.__name__.replace("_", " ")
            yield Finding("not-checked", INFO, name, f"Not checked, since a right is missing: {error.message}")


def _outcome(pair: Pair, findings: list[Finding], largest: list[dict[str, Any]], fail_on: str) -> Outcome:
    summed = counts(findings)
    blocking = [finding for finding in findings if finding.severity in GATES[fail_on]]
    result = {
        "phase": "assessed",
        "name": pair.settings.name,
        "findings": [finding.as_dict() for finding in findings],
        "counts": summed,
        "largest_tables": largest,
        "estimate_s": pair.estimate_s,
        "settings": pair.parameters,
        **{side.role: {**servers.described(side), **pair.facts[side.role]} for side in (pair.source, pair.target)},
        "report": lines(findings),
        "next_step": _next(blocking, summed),
    }
    if blocking:
        first = blocking[0]
        fix = f" {first.fix}" if first.fix else ""
        raise Blocked(
            f"The assessment found {summed[ERROR]} errors and {summed[WARNING]} warnings; the first: {first.object}: "
            f"{first.evidence}{fix} Mend them and run again, or set fail_on to never to go on all the same.",
            result,
        )
    return Outcome(result=result)


def _next(blocking: list[Finding], summed: dict[str, int]) -> str:
    if blocking:
        return "Mend what the findings name and run mysql_assess again."
    if summed[ERROR] or summed[WARNING]:
        return "Read the findings, decide, then run mysql_copy."
    return "Run mysql_copy."
