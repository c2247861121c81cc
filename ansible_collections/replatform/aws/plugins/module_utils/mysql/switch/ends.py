# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two servers of a switch, and what a switch is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ..connection import Connection, Server, connect
from ..driver import pymysql
from ..replication.account import Login

CUTOVER, ROLLBACK = "cutover", "rollback"
AUTO, NATIVE, APPLIER, NONE = "auto", "native", "applier", "none"


@dataclass
class End:
    """One server and our connection to it."""

    server: Server
    connection: Connection

    @property
    def role(self) -> str:
        return self.server.role

    def again(self) -> Connection:
        """The connection, opened anew where it was lost."""
        if not self.connection.open:
            self.connection = connect(self.server)
        return self.connection


@contextmanager
def end(server: Server) -> Iterator[End]:
    opened = End(server, connect(server))
    try:
        yield opened
    finally:
        with suppress(pymysql.MySQLError):
            opened.connection.close()


def nobody(_role: str) -> None:
    """The application is switched by whoever called."""


@dataclass(frozen=True)
class SwitchWishes:
    """How to switch.

    `forward` is the source as the target sees it, `backward` the target as the source sees it. `opened` is called with
    "target" or "source" the moment that one may be written to.
    """

    forward: Login
    backward: Login
    accounts: tuple[str, ...] = ()
    reverse: str = AUTO
    verify_age_s: int = 86400
    transaction_s: int = 10
    lag_s: int = 2
    transactions: int = 500
    wait_timeout_s: int = 600
    pause_timeout_s: int = 10
    switch_timeout_s: int = 30
    hold_file: str = ""
    accept: tuple[str, ...] = ()
    opened: Callable[[str], None] = nobody
