# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about accounts: whose rights objects have, who uses the schemas, and how they log in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..connection import code_of, rows
from ..driver import pymysql
from ..objects import REWRITE
from ..privileges import parse
from .finding import ERROR, WARNING, Finding
from .pair import Pair, Side

OF_OTHERS = ("SET_ANY_DEFINER", "SET_USER_ID", "SUPER")
OF_NOBODY = ("ALLOW_NONEXISTENT_DEFINER", "SET_USER_ID", "SUPER")
NO_SUCH_GRANT = 1141

_ACCOUNTS = "SELECT CONCAT('`', REPLACE(user, '`', '``'), '`@`', host, '`') AS account, plugin FROM mysql.user"
_USERS = """SELECT DISTINCT CONCAT('`', REPLACE(u.user, '`', '``'), '`@`', u.host, '`') AS account, u.plugin AS plugin
FROM mysql.user u JOIN mysql.db d ON d.user = u.user AND d.host = u.host
WHERE REPLACE(d.db, '\\\\', '') IN ({schemas})"""
_PLUGINS = """SELECT plugin_name AS name FROM information_schema.plugins
WHERE plugin_type = 'AUTHENTICATION' AND plugin_status = 'ACTIVE'"""


def definers(pair: Pair) -> Iterator[Finding]:
    """Definers whom the target lacks or does not let our user name."""
    if pair.settings.definers == REWRITE:
        return
    counts = Counter(stored.definer for stored in pair.selection.objects if stored.definer)
    if not counts:
        return
    target = pair.target
    known = {row["account"] for row in target.dicts(_ACCOUNTS)}
    for definer, count in sorted(counts.items()):
        if definer in known:
            if definer != target.account and (not target.may(*OF_OTHERS) or _mightier(target, definer)):
                yield Finding(
                    "definer-refused",
                    ERROR,
                    f"account {definer}",
                    f"It defines {count} objects, and the target does not let {target.account} create objects of it.",
                    "Set definers to rewrite, or give these objects another definer at the source.",
                )
        elif pair.settings.definers == "keep":
            allowed = target.may(*OF_NOBODY)
            yield Finding(
                "definer-missing",
                WARNING if allowed else ERROR,
                f"account {definer}",
                f"It defines {count} objects and is not at the target: "
                + ("they fail when used until it is." if allowed else "the target refuses them."),
                f"CREATE USER {definer} ...; at the target, or set definers to create or rewrite.",
            )


def _mightier(target: Side, definer: str) -> bool:
    """Whether a definer has SYSTEM_USER, which our user then needs too."""
    if target.may("SYSTEM_USER"):
        return False
    try:
        lines = rows(target.connection, f"SHOW GRANTS FOR {definer}")
    except pymysql.MySQLError as error:
        if code_of(error) == NO_SUCH_GRANT:
            return False
        raise
    return "SYSTEM_USER" in parse(line for (line,) in lines).everywhere


def users(pair: Pair) -> Iterator[Finding]:
    """Accounts with rights on the schemas that the target lacks: replication and copies bring none."""
    there = {row["account"] for row in pair.target.dicts(_ACCOUNTS)}
    plugins = {row["name"] for row in pair.target.dicts(_PLUGINS)}
    for row in pair.source.of_schemas(_USERS, pair.settings.schemas):
        account, plugin = row["account"], row["plugin"]
        lacking = plugin not in plugins
        if account in there and not lacking:
            continue
        how = f" It logs in by {plugin}, which the target does not have." if lacking else ""
        missing = account not in there
        yield Finding(
            "account-missing" if missing else "account-plugin",
            WARNING,
            f"account {account}",
            f"It has rights on the schemas at the source{' and is not at the target' if missing else ''}.{how}",
            f"Run mysql_accounts after the copy{', with a new password for it in passwords' if lacking else ''}.",
        )


CHECKS = (definers, users)
