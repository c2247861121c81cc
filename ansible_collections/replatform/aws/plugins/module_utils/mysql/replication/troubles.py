# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stopped a replica: its error as a sentence with the way out, and which of them a module may go itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .status import Status

ACCOUNTS = "accounts"
RECOPY = "recopy"
REPAIRS = (ACCOUNTS, RECOPY)

NO_SUCH_FILE = (1236, 13114)
LOGIN, TLS, UNREACHABLE, PURGED, OTHER = "login", "tls", "unreachable", "purged", "other"

_GTID = re.compile(r"'([0-9a-fA-F-]{36}:(?:\w+:)?\d+)'")
_AROUND = re.compile(r"^.*?end_log_pos \d+[;,.]? *|Could not execute \w+ event on table \S+; |, Error_code: [\w-]+;")
_TABLE = re.compile(r"event on table (\S+?);")

_CONFLICT = (
    (
        "the target's rows there are not what the source's were: somebody wrote to the target, or the copy was of "
        "another moment"
    ),
    (
        "Take the right to write to the target from who did, then run mysql_follow with repair: [recopy], which takes "
        "a new snapshot and copies again only what differs."
    ),
    RECOPY,
)
_ACCOUNT = (
    "it is a statement about accounts that the target refuses; it holds no row",
    (
        "Run mysql_follow with repair: [accounts], which leaves that one transaction out, and make the account at the "
        "target as it should be."
    ),
    ACCOUNTS,
)
_FOREIGN = (
    "it is about a table or schema that the target lacks, since it is no part of this migration or was dropped there",
    (
        "Move that schema too, or let the target ignore it (replicate-wild-ignore-table, in the parameter group on RDS "
        "and Aurora); then run mysql_follow with repair: [recopy]."
    ),
    RECOPY,
)
_FULL = (
    "the target ran out of disk space",
    "Give it more room and run mysql_follow again: it goes on from where it was.",
    "",
)
_APPLIER: dict[int, tuple[str, str, str]] = {
    **dict.fromkeys((1032, 1062, 1451, 1452, 1761, 1762), _CONFLICT),
    **dict.fromkeys((1133, 1141, 1396, 1410, 1524, 1819, 3162, 3523, 3836), _ACCOUNT),
    **dict.fromkeys((1008, 1049, 1050, 1051, 1146), _FOREIGN),
    **dict.fromkeys((3, 20, 28, 1021, 1114), _FULL),
    1205: ("a session at the target held a lock for too long", "End that session and run mysql_follow again.", ""),
    1290: (
        "the target is read-only",
        "Connect to the writer, or end what made it so, then run mysql_follow again.",
        "",
    ),
    1677: (
        "a column has another type at the target",
        f"Make it what it is at the source, then run mysql_follow with repair: [{RECOPY}].",
        RECOPY,
    ),
    3546: (
        "the target already has transactions of that name",
        f"Run mysql_follow with repair: [{RECOPY}].",
        RECOPY,
    ),
}


@dataclass(frozen=True)
class Trouble:
    """`sentence` says what happened, why and what to do; `repair` is the wish that mends it, empty where none does."""

    code: int
    sentence: str
    repair: str = ""
    gtid: str = ""
    kind: str = OTHER


def kind(code: int, text: str) -> str:
    """What kept a receiver from its source."""
    if "Access denied" in text or code in (1045, 1820, 1862, 3118):
        return LOGIN
    if code in (2026, 2061, 3159) or "SSL" in text or "secure" in text:
        return TLS
    if code in (0, 2002, 2003, 2005, 2006, 2013, 110, 111, 113):
        return UNREACHABLE
    if code in NO_SUCH_FILE:
        return PURGED
    return OTHER


def reason(text: str) -> str:
    """The server's own words without what the replica puts around them."""
    return (text.partition("Message: ")[2] or text).strip()


def trouble(status: Status) -> Trouble | None:
    """What stopped applying, else what keeps it from receiving; None while there is no error."""
    if status.applier_error[0] and not status.applying:
        return applier(*status.applier_error)
    if status.receiver_error[0] and not status.receiving:
        return receiver(status, *status.receiver_error)
    return None


def applier(code: int, text: str) -> Trouble:
    found = _GTID.search(text)
    gtid = found[1] if found else ""
    table = _TABLE.search(text)
    what = f"transaction {gtid}" if gtid else "a transaction"
    at = f" of {table[1]}" if table else ""
    why, fix, repair = _APPLIER.get(code, ("", "Mend that at the target, then run mysql_follow again.", ""))
    words = _AROUND.sub("", text).split(" handler error")[0].rstrip("; .,") or text
    because = f", because {why}" if why else ""
    return Trouble(code, f"The target cannot apply {what}{at} (error {code}: {words}){because}. {fix}", repair, gtid)


def receiver(status: Status, code: int, text: str) -> Trouble:
    what = kind(code, text)
    where = f"{status.username}@{status.host}:{status.port}"
    words = reason(text)
    sentence = {
        LOGIN: f"The source refuses the target's login {where} ({words}); give replication a user with REPLICATION "
        "SLAVE and REPLICATION CLIENT that may come from the target's address, then run mysql_follow again.",
        TLS: f"Target and source do not agree on TLS as {where} ({words}); set tls of replication to required.",
        UNREACHABLE: f"The target does not reach the source as {where} ({words}); let its address through at the "
        "source's allow-list and firewall, and the target's security group out, then run mysql_follow again.",
        PURGED: f"The source no longer has the binary logs that the target needs ({words}). Keep them longer there "
        f"(binlog_expire_logs_seconds), then run mysql_follow with repair: [{RECOPY}], which takes a new snapshot and "
        "copies again only what differs.",
        OTHER: f"The target receives nothing from the source as {where} (error {code}: {words}); mend that, then run "
        "mysql_follow again.",
    }[what]
    return Trouble(code, sentence, RECOPY if what == PURGED else "", kind=what)
