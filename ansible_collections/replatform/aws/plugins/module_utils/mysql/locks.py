# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who works at the target: every worker's connection holds a named lock, so that it can be found and ended."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from ..errors import ReplatformError
from .connection import DENIED, Connection, code_of, execute, value
from .driver import pymysql

EVICT_TIMEOUT_S = 30.0
DEADLOCK = 1213
ATTEMPTS = 20


def lock_name(*words: str) -> str:
    """A name for GET_LOCK(), which takes 64 characters at most."""
    return "replatform:" + hashlib.sha256("\0".join(words).encode()).hexdigest()[:40]


def hold(connection: Connection, name: str) -> bool:
    """Whether the connection now holds the lock; it does until it ends."""
    return bool(value(connection, "SELECT GET_LOCK(%s, 0)", (name,)))


def evict(connection: Connection, name: str) -> None:
    """Ends the connection that holds the lock and waits until what it had under way is undone."""
    deadline = time.monotonic() + EVICT_TIMEOUT_S
    while holder := value(connection, "SELECT IS_USED_LOCK(%s)", (name,)):
        if time.monotonic() > deadline:
            raise ReplatformError(
                f"Connection {holder} of an earlier run does not end; it may be rolling back. "
                "Wait until SHOW PROCESSLIST no longer has it, then run the same command again.",
                connection=holder,
            )
        kill(connection, holder)
        time.sleep(0.05)


def kill(connection: Connection, number: int) -> None:
    """Asks the server to end a connection, which may take as long as undoing what it had under way."""
    try:
        execute(connection, f"KILL {number}")
    except pymysql.MySQLError as error:
        if code_of(error) in (*DENIED, 1095):  # not ours to kill: RDS and Aurora have a procedure for it
            execute(connection, f"CALL mysql.rds_kill({number})")
        elif code_of(error) != 1094:  # gone meanwhile
            raise


def undisturbed(work: Callable[[], None]) -> None:
    """Does the work again where it fell victim to a deadlock: keys of two tables that are added side by side may."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            work()
        except pymysql.MySQLError as error:
            if code_of(error) != DEADLOCK or attempt == ATTEMPTS:
                raise
        else:
            return
