# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One moment of a MySQL server, seen by several connections, with its place in the binary log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..errors import ReplatformError
from .connection import DENIED, LOST, Connection, Server, code_of, dicts, execute, sentences, set_session, value
from .driver import ER, pymysql
from .journal import same_position

LOCK_WAIT_S = 5
"""How long the read lock may wait for running statements: new ones wait behind it meanwhile."""
LOCK_HELD_S = 10
"""The server itself ends the locking connection, and so the lock, when we are silent for longer."""
LOCK_ATTEMPTS = 3
RETRY_S = 60.0
SETTLE_S = 0.005
"""A commit is visible to snapshots a moment before its GTID is in gtid_executed (group commit's last step)."""

GTIDS = "SELECT IF(@@GLOBAL.gtid_mode = 'ON' AND (@@GLOBAL.log_bin OR @@GLOBAL.read_only), @@GLOBAL.gtid_executed, '')"


def open_view(connection: Connection, server: Server) -> None:
    """From now on the connection sees the server as it is at this moment."""
    with sentences(server, "taking a snapshot"):
        connection.rollback()
        set_session(connection, "transaction_isolation", "'REPEATABLE-READ'")  # with any other it sees each commit
        execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def position(connection: Connection) -> dict[str, Any]:
    """{gtid_executed, file, position, server}; empty values for what the server lacks or this user may not see."""
    found: dict[str, Any] = {
        "gtid_executed": gtids(connection),
        "file": "",
        "position": 0,
        "server": server_id(connection),
    }
    for statement in ("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"):  # the second until 8.0
        try:
            status = dicts(connection, statement)
        except pymysql.MySQLError as error:
            if code_of(error) in DENIED:
                break
            if code_of(error) == ER.PARSE_ERROR:
                continue
            raise
        if status:
            found |= {"file": status[0]["file"], "position": int(status[0]["position"])}
        break
    return found


def still(connection: Connection) -> dict[str, Any]:
    """The position at a moment when nothing was being committed: GTID set and place in the log belong together."""
    found = position(connection)
    while True:
        time.sleep(SETTLE_S)
        again = position(connection)
        if again == found:
            return found
        found = again


def gtids(connection: Connection) -> str:
    """The server's GTID set where every commit adds to it, else nothing.

    It stands still while rows change when gtid_mode is not ON (a set of earlier days stays), and without a binary
    log unless a replica's applier is the only one that writes. MariaDB has none.
    """
    try:
        return str(value(connection, GTIDS)).replace("\n", "")
    except pymysql.MySQLError as error:
        if code_of(error) != ER.UNKNOWN_SYSTEM_VARIABLE:
            raise
        return ""


def server_id(connection: Connection) -> str:
    """What tells one server from another: its UUID, or host and data directory where it has none (MariaDB)."""
    try:
        return str(value(connection, "SELECT @@server_uuid"))
    except pymysql.MySQLError as error:
        if code_of(error) != ER.UNKNOWN_SYSTEM_VARIABLE:
            raise
        return str(value(connection, "SELECT CONCAT(@@hostname, ':', @@port, @@datadir)"))


def consistent(connection: Connection, server: Server, open_views: Callable[[], None]) -> dict[str, Any]:
    """Runs `open_views` at one moment of the server and returns its position.

    By FLUSH TABLES WITH READ LOCK where this user may, for some milliseconds and bounded; else by opening the views
    again and again until nothing was committed meanwhile.
    """
    with sentences(server, "taking a snapshot"):
        for _attempt in range(LOCK_ATTEMPTS):
            try:
                found = _locked(connection, open_views)
            except pymysql.MySQLError as error:
                if code_of(error) == ER.LOCK_WAIT_TIMEOUT:
                    continue
                if code_of(error) in (*DENIED, ER.ACCESS_DENIED_ERROR):  # 1045 is what RDS answers
                    break
                raise
            return {**found, "method": "lock"}
        return {**_undisturbed(connection, server, open_views), "method": "undisturbed"}


def _locked(connection: Connection, open_views: Callable[[], None]) -> dict[str, Any]:
    set_session(connection, "lock_wait_timeout", str(LOCK_WAIT_S))
    execute(connection, "FLUSH TABLES WITH READ LOCK")
    try:
        set_session(connection, "wait_timeout", str(LOCK_HELD_S))
        open_views()
        return position(connection)
    finally:
        try:
            execute(connection, "UNLOCK TABLES")
            set_session(connection, "wait_timeout", "28800")
        except pymysql.MySQLError as error:
            if code_of(error) not in (*LOST, 0):  # 0: the driver has closed it already
                raise
            raise ReplatformError(
                f"The read lock on the source was held for more than {LOCK_HELD_S} s and the server ended it; "
                "nothing was copied. Run again when both servers answer faster."
            ) from error


def _undisturbed(connection: Connection, server: Server, open_views: Callable[[], None]) -> dict[str, Any]:
    deadline = time.monotonic() + RETRY_S
    before = position(connection)
    if not same_position(before, before):
        raise ReplatformError(
            f"{server} cannot give a consistent snapshot: this user lacks RELOAD, and without a binary log nobody can "
            f"tell whether anything changed. Grant RELOAD on *.* to {server.username}, or switch the binary log on.",
            missing="RELOAD",
        )
    while time.monotonic() < deadline:
        open_views()
        time.sleep(SETTLE_S)
        after = position(connection)
        if same_position(before, after):
            return after
        before = after
    raise ReplatformError(
        f"{server} was written to all the time in the last {RETRY_S:.0f} s, and without RELOAD writes cannot be held "
        f"for the few milliseconds that a snapshot takes. Grant RELOAD on *.* to {server.username}, lower workers, "
        "copy from a replica, or run at a quieter hour.",
        missing="RELOAD",
    )
