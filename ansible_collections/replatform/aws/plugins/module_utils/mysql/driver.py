# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PyMySQL, or its stand-in where it is missing; connect() in connection.py is the door that says so."""

from __future__ import annotations

from ..libraries import StandIn

try:
    import pymysql
    from pymysql.charset import charset_by_name
    from pymysql.constants import COMMAND, CR, ER
    from pymysql.cursors import DictCursor, SSCursor
    from pymysql.protocol import MysqlPacket, OKPacketWrapper
except ImportError:
    COMMAND = CR = ER = DictCursor = MysqlPacket = OKPacketWrapper = charset_by_name = pymysql = StandIn("pymysql")  # type: ignore[assignment,misc]
    SSCursor = DictCursor  # type: ignore[misc,assignment]

__all__ = [
    "COMMAND",
    "CR",
    "ER",
    "DictCursor",
    "MysqlPacket",
    "OKPacketWrapper",
    "SSCursor",
    "charset_by_name",
    "pymysql",
]
