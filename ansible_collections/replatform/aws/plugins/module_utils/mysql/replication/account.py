# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account at the source that a target replicates with, where nobody gave one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...errors import ReplatformError
from ..connection import Connection, Server, execute, quoted, sentences, set_session, variable


@dataclass(frozen=True)
class Login:
    """How a replica logs in at the server it follows: `server` as the replica sees it, with a user when `given`."""

    server: Server
    given: bool = False
    hide: Callable[[str], None] = lambda _secret: None

    def account(self, migration: str) -> str:
        return self.server.username if self.given and self.server.username else account_name(migration)

    def made(self, migration: str) -> str:
        """The account to drop at the end, empty where the user gave one."""
        return "" if self.given else self.account(migration)

    def ready(self, connection: Connection, server: Server, migration: str, *, replayed: bool = True) -> Server:
        """The login, its account made where none was given. `connection` is to the server that is followed.

        `replayed`: the replica reads what making the account puts into the binary log.
        """
        if self.given:
            return self.server
        tls = self.server.tls != "disabled"
        password = make_account(connection, server, self.account(migration), tls=tls, replayed=replayed)
        self.hide(password)
        return replace(self.server, username=self.account(migration), password=password)


def account_name(migration: str) -> str:
    """The same one for each run of a migration; a user's name has 32 characters at most."""
    return "replatform_" + hashlib.sha256(migration.encode()).hexdigest()[:12]


def make_account(connection: Connection, server: Server, name: str, *, tls: bool, replayed: bool = True) -> str:
    """Makes the account, or gives it another password, which is returned and kept nowhere.

    It may replicate and nothing else: the target's admin can read its password there.
    """
    password = secrets.token_urlsafe(21) + "aA1-"  # 32 characters, the most that replication takes (error 3056)
    account = f"{quoted(name)}@'%%'"
    tls_clause = "REQUIRE SSL" if tls else "REQUIRE NONE"
    with sentences(server, "making the account for replication"):
        unlogged = set_session(connection, "sql_log_bin", "0")
        try:
            if replayed and not unlogged and variable(connection, "partial_revokes") == "ON":
                raise ReplatformError(
                    f"{server} has partial_revokes on, so that a GRANT in its binary log would stop the target (error "
                    "3836); make an account with REPLICATION SLAVE and REPLICATION CLIENT before the copy, and give it "
                    "in replication.",
                )
            for statement in ("CREATE USER IF NOT EXISTS", "ALTER USER IF EXISTS"):
                execute(connection, f"{statement} {account} IDENTIFIED BY %s {tls_clause}", (password,))
            execute(connection, f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {quoted(name)}@'%'")
        finally:
            if unlogged:
                set_session(connection, "sql_log_bin", "1")
    return password


def drop_account(connection: Connection, server: Server, name: str) -> None:
    """On either server: the account may have come to the target with the source's binary log."""
    with sentences(server, "dropping the account for replication"):
        execute(connection, f"DROP USER IF EXISTS {quoted(name)}@'%'")
