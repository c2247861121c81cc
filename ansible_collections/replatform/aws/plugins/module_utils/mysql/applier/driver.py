# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of binary logs (mysql-replication), or its stand-in; Stream is the door that says it is missing."""

from __future__ import annotations

from typing import Any

from ...libraries import StandIn

VECTOR = 242
"""MySQL 9.0's type in the log (field_types.h), which mysql-replication 1.0.17 does not know."""

try:
    from pymysqlreplication import BinLogStreamReader, row_event
    from pymysqlreplication.column import Column
    from pymysqlreplication.event import GtidEvent, HeartbeatLogEvent, NotImplementedEvent, QueryEvent, XidEvent
    from pymysqlreplication.row_event import DeleteRowsEvent, PartialUpdateRowsEvent, UpdateRowsEvent, WriteRowsEvent

    class _Column(Column):
        """A column as the log describes it, a VECTOR too: one byte, how many hold a value's length, as of a BLOB."""

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            if given and self.type == VECTOR:
                self.length_size = given[1].read_uint8()

    row_event.Column = _Column
    # Names and character sets come from the definition: what the log adds is not needed, and its VECTOR's not readable.
    # Without it the reader would ask the server for the names at every event.
    for _unneeded in ("_get_optional_meta_data", "_sync_column_info"):
        setattr(row_event.TableMapEvent, _unneeded, lambda _event: None)
except ImportError:
    BinLogStreamReader = GtidEvent = HeartbeatLogEvent = NotImplementedEvent = StandIn("mysql-replication")
    QueryEvent = XidEvent = DeleteRowsEvent = PartialUpdateRowsEvent = UpdateRowsEvent = BinLogStreamReader
    WriteRowsEvent = BinLogStreamReader

__all__ = [
    "BinLogStreamReader",
    "DeleteRowsEvent",
    "GtidEvent",
    "HeartbeatLogEvent",
    "NotImplementedEvent",
    "PartialUpdateRowsEvent",
    "QueryEvent",
    "UpdateRowsEvent",
    "WriteRowsEvent",
    "XidEvent",
]
