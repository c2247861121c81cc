# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events run on one server only: stopped where the application no longer writes, started where it does now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..connection import DENIED, code_of, dicts, execute, quoted, sentences
from ..driver import pymysql
from .ends import End

Event = dict[str, Any]
"""{schema, name, definer, last}, the definer as SQL, and when it ran last."""

_SQL = """SELECT event_schema AS `schema`, event_name AS name, definer, CAST(last_executed AS CHAR) AS last, status
FROM information_schema.events WHERE event_schema IN ({marks}) ORDER BY 1, 2"""


def enabled(end: End, schemas: Sequence[str]) -> list[Event]:
    """Events of these schemas that run by themselves."""
    return [
        {**event, "definer": _sql(str(event["definer"]))}
        for event in _read(end, schemas)
        if event.pop("status") == "ENABLED"
    ]


def ran(end: End, before: Sequence[Event]) -> list[str]:
    """Which of these events have run since, or are gone as one that runs once is."""
    now = {
        (event["schema"], event["name"]): event["last"] for event in _read(end, sorted({e["schema"] for e in before}))
    }
    return [
        f"{event['schema']}.{event['name']}"
        for event in before
        if now.get((event["schema"], event["name"]), "gone") != event["last"]
    ]


def _read(end: End, schemas: Sequence[str]) -> list[Event]:
    if not schemas:
        return []
    with sentences(end.server, "reading its events"):
        return dicts(end.connection, _SQL.format(marks=", ".join(["%s"] * len(schemas))), tuple(schemas))


def start(end: End, events: Sequence[Event]) -> list[str]:
    """Enables them; returns warnings."""
    return _alter(end, events, "ENABLE")


def stop(end: End, events: Sequence[Event]) -> list[str]:
    """Disables them; returns warnings."""
    return _alter(end, events, "DISABLE")


def _alter(end: End, events: Sequence[Event], word: str) -> list[str]:
    """ALTER EVENT makes whoever runs it the definer, unless it names one, which takes a right of its own."""
    warnings = []
    for event in events:
        name = f"{quoted(event['schema'])}.{quoted(event['name'])}"
        with sentences(end.server, f"altering event {event['schema']}.{event['name']}"):
            try:
                execute(end.connection, f"ALTER DEFINER = {event['definer']} EVENT {name} {word}")
            except pymysql.MySQLError as error:
                if code_of(error) not in DENIED:
                    raise
                execute(end.connection, f"ALTER EVENT {name} {word}")
                warnings.append(
                    f"Event {event['schema']}.{event['name']} belongs to {end.server.username} at the {end.role} from "
                    f"now on: {end.server} lets that account name no other definer (SET_ANY_DEFINER)."
                )
    return warnings


def _sql(account: str) -> str:
    user, _at, host = account.rpartition("@")
    return f"{quoted(user)}@{quoted(host)}"
