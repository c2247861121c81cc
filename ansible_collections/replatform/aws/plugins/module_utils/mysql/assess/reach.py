# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the target reaches the source, by its own replication handshake."""

from __future__ import annotations

from collections.abc import Iterator

from ..connection import Server
from ..locks import hold, lock_name
from ..replication.channel import PROBE_FILE, channel
from ..replication.handshake import WAIT_S, handshake, reached
from ..replication.troubles import LOGIN, TLS, UNREACHABLE, kind, reason
from .finding import ERROR, INFO, WARNING, Finding
from .pair import Pair


def reach(pair: Pair) -> Iterator[Finding]:
    target, source = pair.target, pair.replication
    if pair.source.variables.mariadb:
        return
    if not source:
        why = "all is copied" if pair.settled else "check mode, or probe_replication is off"
        yield Finding("target-to-source", INFO, "target", f"Not probed whether the target reaches the source: {why}.")
        return
    ways = channel(target.connection, target.server)
    if ways is None:
        yield Finding(
            "target-to-source",
            INFO,
            "target",
            f"Not probed: {target.account} may neither call mysql.rds_set_external_source nor CHANGE REPLICATION "
            f"SOURCE.",
            f"GRANT REPLICATION_SLAVE_ADMIN, RELOAD ON *.* TO {target.account};",
        )
        return
    if not hold(target.connection, lock_name("replication probe")):
        yield Finding("target-to-source", INFO, "target", "Not probed: another assessment is at it.", "Run it again.")
        return
    configured = ways.status()
    if configured and configured.reading == PROBE_FILE:  # left by an assessment that was killed
        ways.reset()
    elif configured:
        yield Finding(
            "replication-configured", INFO, "target", "It is a replica already; its configuration was not touched."
        )
        return
    yield explained(source, *handshake(ways, source))


def explained(source: Server, code: int, text: str) -> Finding:
    """What the receiver's last error means. `code` 0: it said nothing in time, 1236: it came as far as it could."""
    where = f"{source.username}@{source.host}:{source.port}"
    words = reason(text)
    account = f"`{source.username}`@`%`"
    what = kind(code, text)
    if reached(code, text):
        return Finding(
            "target-to-source", INFO, "target", f"The target logs in at the source as {where} and may replicate."
        )
    if what == LOGIN:
        return Finding(
            "replication-login",
            ERROR,
            where,
            f"The target reaches the source, which refuses it ({words}).",
            f"CREATE USER {account} IDENTIFIED BY ...; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO "
            f"{account};",
        )
    if what == TLS:
        return Finding(
            "replication-tls",
            ERROR,
            where,
            f"Target and source do not agree on TLS ({words}).",
            "Set tls of replication to required; with caching_sha2_password nothing else works.",
        )
    if what == UNREACHABLE:
        return Finding(
            "replication-unreachable",
            ERROR,
            where,
            f"The target cannot reach the source ({words or f'no answer within {WAIT_S:.0f} s'}).",
            "Let the target's address through at the source's allow-list and firewall, and the target's security "
            "group out; "
            "replication.host names the address as the target sees it.",
        )
    return Finding(
        "replication-refused", WARNING, where, f"The target's receiver stopped with error {code}: {words}", ""
    )
