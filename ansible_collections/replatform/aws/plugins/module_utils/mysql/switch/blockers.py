# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the way of a switch at this moment. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ...errors import ReplatformError
from .. import privileges
from ..connection import code_of, rows, sentences, value
from ..driver import ER, pymysql
from ..journal import State
from ..pause import Account, Way
from ..replication.lag import Lag
from ..transactions import altering, holders
from .ends import End, SwitchWishes

PARAMETERS = (
    "sql_mode",
    "time_zone",
    "character_set_server",
    "collation_server",
    "lower_case_table_names",
    "transaction_isolation",
    "explicit_defaults_for_timestamp",
    "group_concat_max_len",
    "auto_increment_increment",
    "auto_increment_offset",
    "div_precision_increment",
    "innodb_strict_mode",
)
"""The application sees another server where these differ."""
LEAST = ("max_connections", "max_allowed_packet")
"""Less of these is too little."""

ACCEPTABLE = ("verify", "lag", "transactions", "ddl", "accounts", "parameters", "events")
"""What the user may accept; the others leave nothing to switch with."""


@dataclass(frozen=True)
class Blocker:
    """`id` is what accept takes, `sentence` says what stands in the way and `fix` what to do."""

    id: str
    sentence: str
    fix: str

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "acceptable": self.id in ACCEPTABLE}


def verified(state: State, end: End, wishes: SwitchWishes) -> Iterator[Blocker]:
    """Whether both were compared, not long ago, and were equal."""
    last = state.facts.get("verify", {})
    fix = "Run mysql_verify."
    if state.phase != "verified" or not last or last.get("mismatches"):
        why = f"The migration is {state.phase}: the last comparison did not pass or there is none."
        yield Blocker("verify", why, fix)
        return
    with sentences(end.server, "asking for the time"):
        sql = "SELECT TIMESTAMPDIFF(MICROSECOND, %s, UTC_TIMESTAMP(6)) / 1e6"
        seconds = float(value(end.connection, sql, (last["at"],)))
    if not 0 <= seconds <= wishes.verify_age_s:
        yield Blocker(
            "verify", f"Both were compared {seconds / 3600:.1f} hours ago, which is longer than verify_age allows.", fix
        )


def behind(lag: Lag, wishes: SwitchWishes) -> Iterator[Blocker]:
    if not lag.within(wishes.transactions, wishes.lag_s):
        yield Blocker("lag", f"What is written now is {lag} behind.", "Wait until it has caught up.")


def busy(end: End, schemas: Sequence[str], wishes: SwitchWishes) -> Iterator[Blocker]:
    """Long transactions, which a pause would have to wait for, and statements that alter tables."""
    with sentences(end.server, "looking who is at work"):
        for row in holders(end.connection, schemas, least_s=wishes.transaction_s):
            yield Blocker(
                "transactions",
                f"Connection {row['thread']} of {row['user']}@{row['host']} has had a transaction or a lock open at "
                f"the {end.role} for {row['seconds']} s ({row['statement'] or row['command']}).",
                f"End it in the application, or KILL {row['thread']};",
            )
        for who, verb in altering(end.connection):
            yield Blocker("ddl", f"{who} runs {verb} at the {end.role}.", "Wait until it has ended.")


def pausing(ways: Sequence[Way], lock: Way, *, returning: bool) -> Iterator[Blocker]:
    """Whether writes can be paused so that the pause stays, and the accounts be kept out after that."""
    lasting = [way for way in ways if way.possible and way.lasts]
    if not lasting:
        told = " ".join(f"{way.name}: {way.why}" for way in ways)
        yield Blocker("pause", f"Writes cannot be paused so that it lasts. {told}", "Grant what one of these takes.")
    if returning and not lock.possible:
        yield Blocker(
            "pause",
            "The application's accounts cannot be kept out while changes come back, so two sides might be written to: "
            f"{lock.why}",
            "Grant that, or give reverse: none, which has no way back.",
        )


def accounts(new: End, wanted: Sequence[Account]) -> Iterator[Blocker]:
    """Accounts that the application uses and the other side lacks."""
    if not wanted:
        yield Blocker(
            "no-accounts", "No account of the application is known.", "Name them in accounts, as user@host patterns."
        )
        return
    with sentences(new.server, "reading its accounts"):
        there = set(rows(new.connection, "SELECT user, host FROM mysql.user"))
    for user, host in wanted:
        if (user, host) not in there:
            yield Blocker(
                "accounts",
                f"The {new.role} has no account {user}@{host}.",
                "Run mysql_accounts, or leave it out of accounts.",
            )


def parameters(old: End, new: End) -> Iterator[Blocker]:
    """Settings by which the application would see another server."""
    one, other = _variables(old), _variables(new)
    for name in PARAMETERS:
        if name in one and name in other and one[name] != other[name]:
            yield Blocker(
                "parameters",
                f"{name} is {one[name] or 'empty'} at the {old.role} and {other[name] or 'empty'} at the {new.role}.",
                f"Give the {new.role} the same (its parameter group on RDS and Aurora).",
            )
    for name in LEAST:
        if name in one and name in other and int(other[name]) < int(one[name]):
            yield Blocker(
                "parameters",
                f"{name} is {one[name]} at the {old.role} and only {other[name]} at the {new.role}.",
                f"Give the {new.role} as much (its parameter group on RDS and Aurora).",
            )


def scheduled(new: End, events: Sequence[dict[str, Any]]) -> Iterator[Blocker]:
    """Events that would not run after the switch."""
    if events and _variables(new).get("event_scheduler", "").upper() not in ("ON", "1"):
        yield Blocker(
            "events",
            f"{len(events)} events run at the other side and event_scheduler is not ON at the {new.role}.",
            "Switch it on (its parameter group on RDS and Aurora).",
        )


def stoppable(old: End, events: Sequence[dict[str, Any]]) -> Iterator[Blocker]:
    """Events that our account may not stop, as they belong to a mightier one: they would go on writing."""
    ours = privileges.read(old.connection)
    if not events or not ours.missing("", {"SYSTEM_USER"}):
        return
    for definer in sorted({event["definer"] for event in events}):
        with sentences(old.server, "reading the rights of", definer):
            try:
                lines = rows(old.connection, f"SHOW GRANTS FOR {definer}")
            except pymysql.MySQLError as error:
                if code_of(error) != ER.NONEXISTING_GRANT:
                    raise
                continue
        if "SYSTEM_USER" in privileges.parse(line for (line,) in lines).everywhere:
            names = ", ".join(f"{e['schema']}.{e['name']}" for e in events if e["definer"] == definer)
            yield Blocker(
                "reverse",
                f"Event {names} at the {old.role} belongs to {definer}, whose events {old.server.username} may not "
                "stop when changes come back.",
                "Disable it there, or give it another definer.",
            )


def _variables(end: End) -> dict[str, str]:
    with sentences(end.server, "reading its variables"):
        found = {str(name).lower(): str(text) for name, text in rows(end.connection, "SHOW GLOBAL VARIABLES")}
    if found.get("time_zone") == "SYSTEM":
        found["time_zone"] = f"SYSTEM ({found.get('system_time_zone', '')})"
    return found


def sort(found: Sequence[Blocker], accept: Sequence[str]) -> tuple[list[Blocker], list[Blocker]]:
    """Those that block, and those that the user accepts. Raises for an id that nothing can be accepted by."""
    if unknown := sorted(set(accept) - set(ACCEPTABLE)):
        raise ReplatformError(f"accept has {', '.join(unknown)}; it takes {', '.join(ACCEPTABLE)}.", option="accept")
    return [b for b in found if b.id not in accept], [b for b in found if b.id in accept]


def now() -> str:
    """The controller's clock: UTC, in milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
