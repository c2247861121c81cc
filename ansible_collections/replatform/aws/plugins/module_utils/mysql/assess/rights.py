# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our users may do: tried where that harms nobody, else inferred from their grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from ...errors import ReplatformError
from .. import privileges
from ..connection import DENIED, code_of, connect, execute, sentences, set_session, value
from ..driver import ER, pymysql
from .finding import ERROR, INFO, WARNING, Finding
from .pair import Pair, Side

REFUSED = (*DENIED, ER.ACCESS_DENIED_ERROR)
"""1045 is what RDS answers to FLUSH TABLES WITH READ LOCK."""
KILL_OF_OTHERS = 1095


def needs(pair: Pair) -> Iterator[Finding]:
    """What the copy itself refuses to start without."""
    settings = pair.settings
    for side, schemas, wanted in (
        (pair.source, list(settings.schemas), privileges.source_needs(settings.objects)),
        (pair.target, [*settings.schemas, settings.journal_schema], privileges.target_needs(settings.objects)),
    ):
        try:
            with sentences(side.server):
                privileges.require(side.connection, side.server, schemas, wanted)
        except ReplatformError as error:
            if "missing" not in error.facts:
                raise
            lacking = "; ".join(f"{', '.join(names)} on {schema}" for schema, names in error.facts["missing"].items())
            yield Finding(
                "privileges-missing", ERROR, side.role, f"{side.account} lacks {lacking}.", " ".join(error.facts["fix"])
            )


def abilities(pair: Pair) -> Iterator[Finding]:
    """Everything else a migration would like to do, one by one, each with how it is known."""
    for side in (pair.source, pair.target):
        rights = {
            "kill_own": _tried(_kill, side),
            "kill_others": _inferred(side.may("CONNECTION_ADMIN", "SUPER", "CONNECTION ADMIN")),
            "replication_client": _tried(_status, side),
            "replication_slave": _tried(_replicas, side),
            "alter_database_read_only": _inferred(_read_only(side, pair.settings.schemas)),
        }
        if side is pair.source:
            rights["read_lock"] = _tried(_read_lock, side) if pair.probe else _inferred(side.may("RELOAD"))
        pair.facts[side.role]["rights"] = rights
        known = "; ".join(f"{name.replace('_', ' ')}: {answer}" for name, answer in rights.items())
        yield Finding("rights", INFO, side.role, f"What {side.account} may do: {known}.")
    yield from _lacking(pair)


def _lacking(pair: Pair) -> Iterator[Finding]:
    source, account = pair.facts["source"]["rights"], pair.source.account
    if source["read_lock"].startswith("no"):
        yield Finding(
            "no-read-lock",
            WARNING,
            "source",
            "FLUSH TABLES WITH READ LOCK is refused: the snapshot is retried for up to a minute until nothing is "
            "committed "
            "meanwhile, which works up to some hundred writes a second.",
            f"GRANT RELOAD ON *.* TO {account}; where the provider allows it.",
        )
    elif source["read_lock"].startswith("busy"):
        yield Finding(
            "read-lock-waits",
            WARNING,
            "source",
            "FLUSH TABLES WITH READ LOCK was not granted within 1 s: a long statement or lock holds it up.",
            "See SHOW PROCESSLIST at the source, and copy at a quieter moment.",
        )
    if source["replication_client"].startswith("no"):
        yield Finding(
            "no-replication-client",
            WARNING,
            "source",
            "The binary log's file and position may not be seen.",
            f"GRANT REPLICATION CLIENT ON *.* TO {account};",
        )
    if source["alter_database_read_only"].startswith("no"):
        yield Finding(
            "no-read-only",
            INFO,
            "source",
            "ALTER DATABASE ... READ ONLY, the best way to pause writes at the switch, needs 8.0.22 and ALTER.",
            f"GRANT ALTER ON `{pair.settings.schemas[0]}`.* TO {account};",
        )


def _inferred(so: bool) -> str:
    return f"{'yes' if so else 'no'} (inferred)"


def _tried(act: Callable[[Side], None], side: Side) -> str:
    """What trying comes to: yes, no with the server's word, or busy."""
    try:
        act(side)
    except pymysql.MySQLError as error:
        if code_of(error) in REFUSED or code_of(error) == KILL_OF_OTHERS:
            return f"no ({code_of(error)})"
        if code_of(error) == ER.LOCK_WAIT_TIMEOUT:
            return "busy (1205)"
        raise
    return "yes (tried)"


def _read_lock(side: Side) -> None:
    set_session(side.connection, "lock_wait_timeout", "1")
    try:
        execute(side.connection, "FLUSH TABLES WITH READ LOCK")
        execute(side.connection, "UNLOCK TABLES")
    finally:
        set_session(side.connection, "lock_wait_timeout", "31536000")


def _kill(side: Side) -> None:
    with closing(connect(side.server)) as second:
        number = int(value(second, "SELECT CONNECTION_ID()"))
        execute(side.connection, f"KILL {number}")


def _status(side: Side) -> None:
    _either(side, "SHOW BINARY LOG STATUS", "SHOW MASTER STATUS")


def _replicas(side: Side) -> None:
    _either(side, "SHOW REPLICAS", "SHOW SLAVE HOSTS")


def _either(side: Side, statement: str, older: str) -> None:
    """Each of these needs the very right that is asked for, and answers with little."""
    try:
        execute(side.connection, statement)
    except pymysql.MySQLError as error:
        if code_of(error) != ER.PARSE_ERROR:
            raise
        execute(side.connection, older)


def _read_only(side: Side, schemas: tuple[str, ...]) -> bool:
    """8.0.22 and later, by whoever may ALTER the schema; trying it would write."""
    if side.variables.mariadb or side.variables.version < (8, 0, 22):
        return False
    return all(not side.grants.missing(schema, {"ALTER"}) for schema in schemas)


CHECKS = (abilities,)
