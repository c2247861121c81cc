# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the target reaches the source: its own replication handshake, made to fail before any event is sent.

The receiver is told to start in a binary log that does not exist. It resolves the name, connects, agrees on TLS, logs
in and registers, and only then learns that there is no such file. No transaction can arrive, whatever happens to us
meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ReplatformError
from ..connection import Server, code_of, dicts, execute, rows, sentences
from ..driver import ER, pymysql
from ..locks import hold, lock_name
from .finding import ERROR, INFO, WARNING, Finding
from .pair import Pair, Side

FILE = "replatform-probe.000001"
WAIT_S = 15.0
ARRIVED = (1236, 13114)
"""The source has no such binary log: everything before that was fine."""

_STATUS = """SELECT service_state AS state, last_error_number AS code, last_error_message AS text
FROM performance_schema.replication_connection_status WHERE channel_name = ''"""
_ROUTINES = "SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'mysql'"

Statement = tuple[str, Sequence[Any]]


@dataclass(frozen=True)
class Door:
    """The statements by which this target is made a replica and no replica again."""

    begin: tuple[Statement, ...]
    end: tuple[Statement, ...]


def door(target: Side, source: Server) -> Door | None:
    """By RDS's and Aurora's procedures where there are any, else by plain statements; None when neither is allowed."""
    there = {str(name) for (name,) in target.rows(_ROUTINES)}
    tls = int(source.tls != "disabled")
    login = (source.host, source.port, source.username, source.password)
    for word in ("source", "master"):  # the second until 8.0
        if f"rds_set_external_{word}" in there:
            return Door(
                (
                    (f"CALL mysql.rds_set_external_{word}(%s, %s, %s, %s, %s, %s, %s)", (*login, FILE, 4, tls)),
                    ("CALL mysql.rds_start_replication()", ()),
                ),
                (("CALL mysql.rds_stop_replication()", ()), (f"CALL mysql.rds_reset_external_{word}()", ())),
            )
    if not target.may("REPLICATION_SLAVE_ADMIN", "SUPER"):
        return None
    if target.variables.version >= (8, 0, 23):
        one, other = "SOURCE", "REPLICA"
        key = "" if tls else ", GET_SOURCE_PUBLIC_KEY = 1"
    else:
        one, other = "MASTER", "SLAVE"
        key = "" if tls else ", GET_MASTER_PUBLIC_KEY = 1"
    change = (
        f"CHANGE {'REPLICATION SOURCE' if one == 'SOURCE' else one} TO {one}_HOST = %s, {one}_PORT = %s, {one}_USER "
        f"= %s,"
        f" {one}_PASSWORD = %s, {one}_LOG_FILE = %s, {one}_LOG_POS = %s, {one}_AUTO_POSITION = 0, {one}_SSL = %s{key}"
    )
    return Door(
        ((change, (*login, FILE, 4, tls)), (f"START {other} IO_THREAD", ())),
        ((f"STOP {other}", ()), (f"RESET {other} ALL", ())),
    )


def reach(pair: Pair) -> Iterator[Finding]:
    target, source = pair.target, pair.replication
    if pair.source.variables.mariadb:
        return
    if not source:
        why = "all is copied" if pair.settled else "check mode, or probe_replication is off"
        yield Finding("target-to-source", INFO, "target", f"Not probed whether the target reaches the source: {why}.")
        return
    ways = door(target, source)
    if ways is None:
        yield Finding(
            "target-to-source",
            INFO,
            "target",
            f"Not probed: {target.account} may neither call mysql.rds_set_external_source nor CHANGE REPLICATION "
            f"SOURCE.",
            f"GRANT REPLICATION_SLAVE_ADMIN ON *.* TO {target.account};",
        )
        return
    if not hold(target.connection, lock_name("replication probe")):
        yield Finding("target-to-source", INFO, "target", "Not probed: another assessment is at it.", "Run it again.")
        return
    configured = _configured(target)
    if configured == FILE:  # left by an assessment that was killed
        _all(target, ways.end)
    elif configured:
        yield Finding(
            "replication-configured", INFO, "target", "It is a replica already; its configuration was not touched."
        )
        return
    try:
        _all(target, ways.begin)
        code, text = _answer(target)
    finally:
        _all(target, ways.end)
    if _configured(target):
        raise ReplatformError(
            f"The target's replication was configured for a probe and could not be reset; {ways.end[-1][0]} there."
        )
    yield explained(source, code, text)


def explained(source: Server, code: int, text: str) -> Finding:
    """What the receiver's last error means. `code` 0: it said nothing in time, 1236: it came as far as it could."""
    where = f"{source.username}@{source.host}:{source.port}"
    reason = text.partition("Message: ")[2] or text
    account = f"`{source.username}`@`%`"
    if code in ARRIVED and "Access denied" not in text:
        return Finding(
            "target-to-source", INFO, "target", f"The target logs in at the source as {where} and may replicate."
        )
    if "Access denied" in text or code == 1045:
        return Finding(
            "replication-login",
            ERROR,
            where,
            f"The target reaches the source, which refuses it ({reason}).",
            f"CREATE USER {account} IDENTIFIED BY ...; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO "
            f"{account};",
        )
    if code in (2026, 2061, 3159) or "SSL" in text or "secure" in text:
        return Finding(
            "replication-tls",
            ERROR,
            where,
            f"Target and source do not agree on TLS ({reason}).",
            "Set tls of replication to required; with caching_sha2_password nothing else works.",
        )
    if code in (0, 2002, 2003, 2005, 2013, 110, 111, 113):
        return Finding(
            "replication-unreachable",
            ERROR,
            where,
            f"The target cannot reach the source ({reason or f'no answer within {WAIT_S:.0f} s'}).",
            "Let the target's address through at the source's allow-list and firewall, and the target's security "
            "group out; "
            "replication.host names the address as the target sees it.",
        )
    return Finding(
        "replication-refused", WARNING, where, f"The target's receiver stopped with error {code}: {reason}", ""
    )


def _answer(target: Side) -> tuple[int, str]:
    """The receiver's error; 0 when it had none until our patience ended."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for row in target.dicts(_STATUS):
            if int(row["code"]):
                return int(row["code"]), str(row["text"])
        time.sleep(0.1)
    return 0, ""


def _configured(target: Side) -> str:
    """The binary log that replication is told to read, empty where none is configured."""
    with sentences(target.server, "looking at its replication"):
        try:
            found = dicts(target.connection, "SHOW REPLICA STATUS")
        except pymysql.MySQLError as error:
            if code_of(error) != ER.PARSE_ERROR:
                raise
            found = dicts(target.connection, "SHOW SLAVE STATUS")
    if not found:
        return ""
    return str(found[0].get("source_log_file") or found[0].get("master_log_file") or "a source")


def _all(target: Side, statements: tuple[Statement, ...]) -> None:
    """The procedures answer with a row each; what they say is asked of the server itself."""
    with sentences(target.server, "probing replication"):
        for sql, parameters in statements:
            if sql.startswith("CALL"):
                rows(target.connection, sql, parameters)
            else:
                execute(target.connection, sql, parameters)
