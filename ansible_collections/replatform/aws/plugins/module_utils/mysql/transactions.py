# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has a transaction or a table lock open, by what anybody with PROCESS may see."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from .connection import DENIED, Connection, code_of, dicts
from .driver import ER, pymysql

MOST = 20
CANNOT_CONVERT = 3854
EMOJI_S, EMOJI_PAUSE_S = 5.0, 0.005
"""How long statements with such characters may follow on each other without a moment between, and how often to look."""
DDL = ("ALTER", "CREATE", "DROP", "TRUNCATE", "RENAME", "OPTIMIZE", "ANALYZE", "REPAIR")
_TRANSACTIONS = """SELECT trx_mysql_thread_id AS thread, TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS seconds
FROM information_schema.innodb_trx"""
_WATCHED = """SELECT h.processlist_id AS thread, FLOOR(e.timer_wait / 1e12) AS seconds
FROM performance_schema.events_transactions_current e JOIN performance_schema.threads h ON h.thread_id = e.thread_id
WHERE e.state = 'ACTIVE'"""
_WITH_STATEMENTS = """SELECT t.processlist_id AS thread, t.processlist_user AS user, t.processlist_host AS host,
CAST(COALESCE(x.seconds, t.processlist_time) AS SIGNED) AS seconds, t.processlist_command AS command,
COALESCE(LEFT(s.digest_text, 200), '') AS statement
FROM performance_schema.threads t LEFT JOIN ({transactions}) x ON x.thread = t.processlist_id
LEFT JOIN performance_schema.events_statements_current s ON s.thread_id = t.thread_id AND s.nesting_event_id IS NULL
WHERE t.processlist_id IS NOT NULL AND t.processlist_id <> CONNECTION_ID()
AND (x.thread IS NOT NULL OR t.thread_id IN (SELECT owner_thread_id FROM performance_schema.metadata_locks
WHERE object_type = 'TABLE' AND lock_status = 'GRANTED' AND object_schema IN ({schemas})))
HAVING seconds >= %s ORDER BY seconds DESC, thread LIMIT {most}"""
_WITHOUT = f"{_TRANSACTIONS} HAVING seconds >= %s ORDER BY seconds DESC, thread LIMIT {MOST}"
_NO_SUCH = (ER.NO_SUCH_TABLE, ER.BAD_FIELD_ERROR, *DENIED)


def holders(connection: Connection, schemas: Sequence[str] = (), *, least_s: float = 0) -> list[dict[str, Any]]:
    """The oldest first: {thread, user, host, seconds, command, statement}, the statement without any of its values.

    Those with an open transaction, and those with a lock on a table of `schemas` (LOCK TABLES opens no transaction).
    Where performance_schema may not be read or is older, transactions only and no statements.
    """
    try:
        return _with_statements(connection, list(schemas) or [""], least_s)
    except pymysql.MySQLError as error:
        if code_of(error) not in _NO_SUCH:
            raise
    others = {row["id"]: row for row in sessions(connection)}
    return [
        {**row, **{key: others[row["thread"]][key] for key in ("user", "host", "command")}, "statement": ""}
        for row in _without(connection, least_s)
        if row["thread"] in others
    ]


def _with_statements(connection: Connection, schemas: Sequence[str], least_s: float) -> list[dict[str, Any]]:
    """By the transactions that InnoDB lists, or, while an emoji prevents that (see sessions), by those watched."""
    marks = ", ".join(["%s"] * len(schemas))
    listed, watched = (
        _WITH_STATEMENTS.format(transactions=transactions, schemas=marks, most=MOST)
        for transactions in (_TRANSACTIONS, _WATCHED)
    )
    try:
        return dicts(connection, listed, (*schemas, least_s))
    except pymysql.MySQLError as error:
        if code_of(error) != CANNOT_CONVERT:
            raise
    return dicts(connection, watched, (*schemas, least_s))


def _without(connection: Connection, least_s: float) -> list[dict[str, Any]]:
    """What InnoDB lists is all there is: between two emojis is a moment, unless there are very many."""
    deadline = time.monotonic() + EMOJI_S
    while True:
        try:
            return dicts(connection, _WITHOUT, (least_s,))
        except pymysql.MySQLError as error:
            if code_of(error) != CANNOT_CONVERT or time.monotonic() > deadline:
                raise
        time.sleep(EMOJI_PAUSE_S)


def sessions(connection: Connection) -> list[dict[str, Any]]:
    """Every other session: {id, user, host, command, seconds, info}, the beginning of its statement in `info`.

    Not from information_schema.processlist: while anybody runs a statement with a character of four bytes, such as an
    emoji, every query of it fails with error 3854, whatever columns it names.
    """
    ours = connection.thread_id()
    return [{**row, "seconds": row["time"]} for row in dicts(connection, "SHOW PROCESSLIST") if row["id"] != ours]


def altering(connection: Connection) -> list[tuple[str, str]]:
    """Who alters tables at this moment, as words of a sentence, and by which statement's first word."""
    return [(who, verb) for who, verb, _seconds in statements(connection) if verb in DDL]


def statements(connection: Connection) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Statements that run now: whose as words of a sentence, the first word, and the row of sessions()."""
    for row in sessions(connection):
        if row["command"] != "Query":
            continue
        verb = str(row["info"] or "").lstrip().partition(" ")[0].upper()
        yield f"connection {row['id']} of {row['user']}@{row['host']}", verb, row


def told(found: Sequence[dict[str, Any]]) -> str:
    """Holders as part of a sentence."""
    return "; ".join(
        f"connection {row['thread']} of {row['user']}@{row['host']} for {row['seconds']} s"
        + (f" ({row['statement']})" if row["statement"] else "")
        for row in found[:3]
    )
