# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a replica says of itself, read from the server by whatever words it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..connection import Connection, Server, code_of, dicts, rows, sentences
from ..driver import ER, pymysql

_WORKERS = """SELECT last_error_number, last_error_message FROM performance_schema.replication_applier_status_by_worker
WHERE channel_name = '' AND last_error_number <> 0 ORDER BY last_error_timestamp LIMIT 1"""
_SAME = (("master", "source"), ("slave", "replica"))
"""Words of 8.0 and older in the names of columns, and what they became."""


@dataclass(frozen=True)
class Status:
    """A replica's default channel. The place is the source's: up to there everything is applied."""

    host: str
    port: int
    username: str
    auto_position: bool
    receiving: bool
    applying: bool
    receiver_error: tuple[int, str]
    applier_error: tuple[int, str]
    lag_s: int | None
    """As the server says it: of the transaction being applied, None while replication does not run."""
    retrieved: str
    executed: str
    file: str
    position: int
    reading: str
    """The binary log that the receiver reads or is told to read."""

    @property
    def healthy(self) -> bool:
        return self.receiving and self.applying

    @property
    def place(self) -> dict[str, Any]:
        return {"file": self.file, "position": self.position}


def status(connection: Connection, server: Server) -> Status | None:
    """The channel's status, None where no source is configured."""
    with sentences(server, "looking at its replication"):
        try:
            found = dicts(connection, "SHOW REPLICA STATUS")
        except pymysql.MySQLError as error:
            if code_of(error) != ER.PARSE_ERROR:
                raise
            found = dicts(connection, "SHOW SLAVE STATUS")
        if not found:
            return None
        shown = {_renamed(name): value for name, value in found[0].items()}
        if not shown["source_host"]:
            return None
        # Of several appliers the coordinator only says that one of them has failed.
        failed = rows(connection, _WORKERS) if shown["last_sql_errno"] else []
    return parsed(shown, (int(failed[0][0]), str(failed[0][1])) if failed else None)


def parsed(shown: Mapping[str, Any], failed: tuple[int, str] | None = None) -> Status:
    """From a row of SHOW REPLICA STATUS; `failed` is the error of the applier that stopped the others."""
    lag = shown["seconds_behind_source"]
    return Status(
        host=shown["source_host"],
        port=int(shown["source_port"]),
        username=shown["source_user"],
        auto_position=bool(int(shown.get("auto_position") or 0)),
        receiving=shown["replica_io_running"] == "Yes",
        applying=shown["replica_sql_running"] == "Yes",
        receiver_error=(int(shown["last_io_errno"]), shown["last_io_error"]),
        applier_error=failed or (int(shown["last_sql_errno"]), shown["last_sql_error"]),
        lag_s=None if lag is None else int(lag),
        retrieved=_line(shown.get("retrieved_gtid_set")),
        executed=_line(shown.get("executed_gtid_set")),
        file=shown["relay_source_log_file"] or "",
        position=int(shown["exec_source_log_pos"] or 0),
        reading=shown["source_log_file"] or "",
    )


def _renamed(name: str) -> str:
    for old, new in _SAME:
        name = name.replace(old, new)
    return name


def _line(gtids: Any) -> str:
    return str(gtids or "").replace("\n", "")
