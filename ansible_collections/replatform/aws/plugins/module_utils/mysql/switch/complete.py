# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a migration: nothing of it is left in either server but what was moved, and a closed row of the journal."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from ...errors import ReplatformError
from ...resource import Outcome
from ...transfer import run as transfer
from ..applier import way_back
from ..connection import Server, execute, quoted, sentences, value
from ..journal import COMPLETED, SWITCHED, MysqlJournal, State
from ..replication.account import drop_account
from ..replication.channel import channel
from ..selection import Settings, compatible, known
from .ends import APPLIER, NATIVE, End, end

NEXT = (
    "The migration has ended. The source keeps its rows, and the application stays locked out of it; drop it when you "
    "like."
)


def complete(
    source: Server, target: Server, settings: Settings, *, backup: str, without_backup: bool, check: bool
) -> Outcome:
    """Takes the way back down and closes the journal. Outcome.result: {phase, name, backup, next_step}.

    `backup` names a backup of the target that was taken after the switch: until there is one, the source, kept up to
    date by the way back, is the only other copy of what the application writes.
    """
    journal = MysqlJournal(target, settings.journal_schema, settings.name)
    with end(source) as here, end(target) as there, closing(journal):
        identity = compatible((here.connection, source), (there.connection, target), settings)
        state = known(journal, identity, switched=True)
        if state and state.phase == COMPLETED:
            return Outcome(result=_result(settings, COMPLETED, state.facts["completed"]["backup"]))
        if not state or state.phase != SWITCHED:
            raise ReplatformError(
                f"Migration {settings.name} is not switched ({state.phase if state else 'its journal is empty'}), so "
                "there is nothing to complete; run mysql_cutover to the end first.",
                phase=state.phase if state else None,
            )
        if not backup and not without_backup:
            raise ReplatformError(
                f"Migration {settings.name} is not completed: the source and its way back are the only other copy of "
                "what the application writes. Take a backup of the target and name it in backup, or give "
                "without_backup: true.",
                code="NoBackup",
            )
        actions = _actions(state)
        before, after = ({f"migration {settings.name}": {"phase": phase}} for phase in (SWITCHED, COMPLETED))
        if not check:
            with transfer.Run(journal, source=identity, lease_s=settings.lease_s):
                _take_down(here, there, state, settings)
                with sentences(target):
                    at = str(value(there.connection, "SELECT UTC_TIMESTAMP(6)"))
                journal.finish(COMPLETED, {"completed": {"at": at, "backup": backup}})
        phase = SWITCHED if check else COMPLETED
        return Outcome(True, _result(settings, phase, backup, check=check), before, after, actions)


def _accounts(state: State) -> list[str]:
    """Those that were made for replication, on whichever server."""
    made = [state.facts.get("replication_account", ""), state.facts["switch"].get("account", "")]
    return sorted(set(filter(None, made)))


def _actions(state: State) -> list[str]:
    reverse = state.facts["switch"]["reverse"]
    lines = {APPLIER: ["create the source's triggers again", "take the row applier's place away"]}.get(reverse)
    lines = lines or ["end replication at both servers"]
    return [*lines, *(f"drop the account {name} at both servers" for name in _accounts(state)), "close the journal"]


def _take_down(here: End, there: End, state: State, settings: Settings) -> None:
    """May be done again after any interruption."""
    if state.facts["switch"]["reverse"] == APPLIER:
        way_back.restore_triggers(here.server, settings)
        way_back.remove(here.server, settings)
    for each in (there, here):
        found = channel(each.connection, each.server)
        if found and found.status():
            found.reset()
    if state.facts["switch"]["reverse"] == NATIVE:
        with sentences(here.server, "dropping what took the journal's changes"):
            execute(here.connection, f"DROP SCHEMA IF EXISTS {quoted(settings.journal_schema)}")
    for each in (there, here):
        for name in _accounts(state):
            drop_account(each.connection, each.server, name)


def _result(settings: Settings, phase: str, backup: str, *, check: bool = False) -> dict[str, Any]:
    following = "Run without check mode." if check else NEXT
    return {"phase": phase, "name": settings.name, "backup": backup, "next_step": following}
