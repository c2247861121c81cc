# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the target's parameter group has to say for each phase of a migration, where it says something else now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from .. import collations
from ..applier.way_back import LOGGED
from ..connection import SERVER_TIMEOUT_S, sentences
from ..copy import COPIED_PHASES
from .finding import INFO, Finding, listed
from .pair import Pair, Variables
from .servers import DAY_S, refused_timeouts, sql_mode, untrusted

COPY, FOLLOW, CUTOVER, ALWAYS = "copy", "follow", "cutover", "always"
PARAMETER_GROUP, PROCEDURE = "parameter_group", "procedure"
IMMEDIATE, REBOOT = "immediate", "reboot"
PACKET = 1 << 30
APPLIERS = 16
"""Commits wait for their turn and for the disk, so it is this many that share one sync; more than cores helps."""
KEPT_H = 72
RETENTION = "binlog retention hours"
WORDS = frozenset({"binlog_format", "enforce_gtid_consistency", "event_scheduler", "gtid_mode"})
"""Parameters whose group takes the words ON and OFF; all other switches are 1 and 0 there."""
IN_GROUP = {"gtid_mode": "gtid-mode"}
ALIKE = {
    "default_week_format": IMMEDIATE,
    "div_precision_increment": IMMEDIATE,
    "explicit_defaults_for_timestamp": IMMEDIATE,
    "group_concat_max_len": IMMEDIATE,
    "innodb_ft_min_token_size": REBOOT,
    "transaction_isolation": IMMEDIATE,
}
"""What the application would notice, and how it is applied; full-text indexes are built by their token size."""
_PROCEDURES = """SELECT COUNT(*) FROM information_schema.tables
WHERE table_schema = 'mysql' AND table_name = 'rds_configuration'"""
_RETENTION = f"SELECT value FROM mysql.rds_configuration WHERE name = '{RETENTION}'"


@dataclass(frozen=True)
class Setting:
    """One parameter, in the group's own words, or an argument of a procedure; None is "not set".

    It has to be `wanted` before `phase`: `copy` for the copy alone, `follow` and `cutover` until the migration is
    complete, `always` for good. Then it is set to `restore`, which is `wanted` where it may stay.
    """

    name: str
    scope: str
    now: str | None
    wanted: str
    why: str
    apply: str
    phase: str
    restore: str | None


def parameters(pair: Pair) -> Iterator[Finding]:
    """The settings as one finding; `pair` keeps them as data."""
    found = list(settings(pair))
    pair.parameters = [asdict(setting) for setting in found]
    if found:
        texts = [f"{one.name} = {one.wanted or repr('')} (is {one.now or 'not set'})" for one in found]
        yield Finding(
            "target-settings",
            INFO,
            "target",
            f"{len(found)} of its settings are not what the migration wants: {listed(texts, len(texts))}.",
            "Set them in its parameter group, each before its phase; the result has them as settings.",
        )


def settings(pair: Pair) -> Iterator[Setting]:
    """Only what differs, by phase. A source that cannot be followed needs nothing for that and for the way back."""
    if not (pair.state and pair.state.phase in COPIED_PHASES):
        yield from _copy(pair)
    source = pair.source.variables
    if source.on("log_bin") and not source.mariadb:
        yield from _follow(pair)
        yield from _cutover(pair)
    yield from _always(pair)


def _copy(pair: Pair) -> Iterator[Setting]:
    target = pair.target.variables
    yield from _one(target, COPY, "local_infile", "1", "rows go by LOAD DATA, several times faster than by INSERT")
    if untrusted(pair, pair.target) and (target.on("log_bin") or _aurora(target)):
        why = "else it refuses triggers and functions (error 1419)"
        yield from _one(target, COPY, "log_bin_trust_function_creators", "1", why)
    if target.number("max_allowed_packet") < PACKET:
        larger = max(target.number("max_allowed_packet"), pair.source.variables.number("max_allowed_packet"))
        why = "the largest row has to fit into one packet"
        yield from _one(target, COPY, "max_allowed_packet", str(PACKET), why, restore=str(larger))
    for name in refused_timeouts(pair.target):
        yield from _one(target, COPY, name, str(SERVER_TIMEOUT_S), "a slow end must not cut the copy")
    if not all(table.primary_key for table in pair.selection.tables.values()):
        for name in ("sql_require_primary_key", "sql_generate_invisible_primary_key"):
            yield from _one(target, COPY, name, "0", "tables without a primary key are made as they are")
    if _aurora(target):
        return  # its storage gains nothing by it
    if target["innodb_flush_log_at_trx_commit"] == "1":
        why = "the copy is made again from its journal after a crash, so no commit has to wait for the disk"
        yield from _one(target, COPY, "innodb_flush_log_at_trx_commit", "2", why)
    if target["sync_binlog"] == "1" and target.on("log_bin"):
        yield from _one(target, COPY, "sync_binlog", "0", "nobody reads the copy's binary log")


def _follow(pair: Pair) -> Iterator[Setting]:
    target = pair.target.variables
    gtids = "by GTIDs nothing is applied twice, on the way there and back"
    for name in ("enforce_gtid_consistency", "gtid_mode"):
        yield from _one(target, FOLLOW, name, "ON", gtids, apply=REBOOT, stays=True)
    workers = _older(target, "replica_parallel_workers")
    if 0 <= target.number(workers) < APPLIERS:
        yield from _one(target, FOLLOW, workers, str(APPLIERS), "one session alone falls behind a busy source")
    for name, wanted, why in (
        ("replica_parallel_type", "LOGICAL_CLOCK", "else sessions only share the work of different schemas"),
        ("replica_preserve_commit_order", "1", "readers of the target see no order that the source never had"),
        ("replica_exec_mode", "STRICT", "IDEMPOTENT hides rows that are missing or there twice"),
    ):
        yield from _one(target, FOLLOW, _older(target, name), wanted, why)
    durable = "a crash would lose commits that its GTIDs call executed"
    yield from _one(target, FOLLOW, "innodb_flush_log_at_trx_commit", "1", durable, stays=True)
    if target.on("log_bin"):
        yield from _one(target, FOLLOW, "sync_binlog", "1", durable, stays=True)


def _cutover(pair: Pair) -> Iterator[Setting]:
    """What the way back reads at the target: its binary log, from the switch on."""
    target = pair.target.variables
    back = "the way back: "
    if _aurora(target):
        off = None if target.on("log_bin") else "OFF"
        yield from _one(target, CUTOVER, "binlog_format", "ROW", f"{back}Aurora writes no binary log otherwise",
                        apply=REBOOT, now=off)  # fmt: skip
    elif not target.on("log_bin"):
        return  # no parameter: RDS writes one when backups are on
    for name, wanted, why in LOGGED:
        if name not in ("log_bin", "gtid_mode") and not (name == "binlog_format" and _aurora(target)):
            yield from _one(target, CUTOVER, name, _written(name, wanted), f"{back}{why}")
    yield from _kept(pair, f"{back}it needs the log for as long as it stays open")
    if pair.source.variables.on("event_scheduler") and any(stored.kind == "event" for stored in pair.selection.objects):
        why = "events run at the source, and from the switch on at the target"
        yield from _one(target, CUTOVER, "event_scheduler", "ON", why, stays=True)


def _kept(pair: Pair, why: str) -> Iterator[Setting]:
    """How long the target keeps its binary log: an argument of a procedure on RDS and Aurora."""
    if pair.target.value(_PROCEDURES):
        now = pair.target.value(_RETENTION)
        if now is None or int(now) < KEPT_H:
            kept = None if now is None else str(now)
            yield Setting(RETENTION, PROCEDURE, kept, str(KEPT_H), why, IMMEDIATE, CUTOVER, kept)
    elif 0 < pair.target.variables.number("binlog_expire_logs_seconds") < KEPT_H * DAY_S // 24:
        wanted = str(KEPT_H * DAY_S // 24)
        yield from _one(pair.target.variables, CUTOVER, "binlog_expire_logs_seconds", wanted, why)


def _always(pair: Pair) -> Iterator[Setting]:
    source, target = pair.source.variables, pair.target.variables
    why = "the application finds what it had at the source"
    same: dict[str, tuple[str, str]] = {
        name: (source[name], apply) for name, apply in ALIKE.items() if source.has(name)
    }
    if set(sql_mode(source).split(",")) != set(target["sql_mode"].split(",")):
        same["sql_mode"] = (sql_mode(source), IMMEDIATE)
    if source.number("wait_timeout") > target.number("wait_timeout"):
        same["wait_timeout"] = (source["wait_timeout"], IMMEDIATE)
    if zone := _zone(source, target):
        same["time_zone"] = (zone, IMMEDIATE)
    collation = source["collation_server"].replace("utf8_", "utf8mb3_")
    with sentences(pair.target.server, "reading its collations"):
        known = collations.known(pair.target.connection)
    if collation in known:
        same["character_set_server"] = (collation.partition("_")[0], IMMEDIATE)
        same["collation_server"] = (collation, IMMEDIATE)
    for name, (wanted, apply) in same.items():
        yield from _one(target, ALWAYS, name, _written(name, wanted), why, apply=apply, stays=True)


def _one(
    target: Variables,
    phase: str,
    name: str,
    wanted: str,
    why: str,
    *,
    apply: str = IMMEDIATE,
    now: str | None = None,
    restore: str | None = None,
    stays: bool = False,
) -> Iterator[Setting]:
    """Nothing where the server has no such variable, or has it so."""
    if not target.has(name):
        return
    is_now = _written(name, target[name]) if now is None else now
    if is_now != wanted:
        back = wanted if stays else restore or is_now
        yield Setting(IN_GROUP.get(name, name), PARAMETER_GROUP, is_now, wanted, why, apply, phase, back)


def _written(name: str, value: str) -> str:
    return value if name in WORDS else {"ON": "1", "OFF": "0"}.get(value, value)


def _older(target: Variables, name: str) -> str:
    """The name that a server before 8.0.26 has for it, where it is one."""
    return name if target.has(name) else name.replace("replica_", "slave_")


def _aurora(target: Variables) -> bool:
    return target.has("aurora_version")


def _zone(source: Variables, target: Variables) -> str:
    """The source's time zone where the target's is another and a group can name it: by a place, or UTC."""
    here, there = (_place(side) for side in (source, target))
    return here if here != there and ("/" in here or here == "UTC") else ""


def _place(side: Variables) -> str:
    zone = side["system_time_zone"] if side["time_zone"] == "SYSTEM" else side["time_zone"]
    return "UTC" if zone in ("+00:00", "Etc/UTC", "GMT") else zone
