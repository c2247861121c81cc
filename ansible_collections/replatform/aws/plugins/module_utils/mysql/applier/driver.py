# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of binary logs (mysql-replication), or its stand-in; Stream is the door that says it is missing."""

from __future__ import annotations

from ...libraries import StandIn

try:
    from pymysqlreplication import BinLogStreamReader
    from pymysqlreplication.event import GtidEvent, HeartbeatLogEvent, NotImplementedEvent, QueryEvent, XidEvent
    from pymysqlreplication.row_event import DeleteRowsEvent, PartialUpdateRowsEvent, UpdateRowsEvent, WriteRowsEvent
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
