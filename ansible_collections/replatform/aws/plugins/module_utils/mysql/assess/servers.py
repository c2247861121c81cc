# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about how both servers are set up: versions, packets, timeouts, modes, the binary log."""

from __future__ import annotations

from collections.abc import Iterator

from ..connection import SERVER_TIMEOUT_S, variable
from ..objects import GONE_MODES
from .finding import ERROR, INFO, WARNING, Finding
from .pair import Pair, Side, Variables

DAY_S = 86400
PACKET = 64 << 20
TIMEOUTS = ("net_read_timeout", "net_write_timeout", "wait_timeout")
GROUP = "Parameter group: {} (SET GLOBAL elsewhere)."


def versions(pair: Pair) -> Iterator[Finding]:
    source, target = pair.source.variables, pair.target.variables
    if target.mariadb or target.version < (8,):
        yield Finding(
            "target-version",
            ERROR,
            "target",
            f"It is {target['version']}; the copy needs MySQL 8.0 or newer.",
            "Upgrade the target, or create another one.",
        )
    elif source.mariadb:
        yield Finding(
            "copy-only",
            WARNING,
            "source",
            f"It is {source['version']}: MySQL cannot follow MariaDB's binary log, so this source can be copied only.",
            "Plan a pause of writes from the copy to the switch.",
        )
    elif target.version[:2] < source.version[:2]:
        yield Finding(
            "target-older",
            WARNING,
            "target",
            f"It is {target['version']}, the source {source['version']}: an older server may refuse definitions and "
            f"cannot "
            "be relied on to follow a newer one.",
            "Create the target with the source's version or a newer one.",
        )


def packets(pair: Pair) -> Iterator[Finding]:
    """max_allowed_packet of both servers; a session has what the server had when it began."""
    sizes = {side.role: side.variables.number("max_allowed_packet") for side in (pair.source, pair.target)}
    if 0 <= sizes["target"] < max(PACKET, sizes["source"]):
        yield Finding(
            "max-allowed-packet",
            WARNING,
            "target",
            f"max_allowed_packet is {sizes['source']} at the source and {sizes['target']} at the target: a row that "
            f"the one "
            "gives the other may refuse.",
            GROUP.format("max_allowed_packet = 1073741824"),
        )
    for side in (pair.source, pair.target):
        ours, whole = int(variable(side.connection, "max_allowed_packet", "0")), sizes[side.role]
        if 0 < ours < whole:
            yield Finding(
                "max-allowed-packet-session",
                WARNING,
                side.role,
                f"Our connection has max_allowed_packet {ours}, the server {whole}.",
                "Connect without a proxy that was started before the change, or restart it.",
            )


def refused_timeouts(side: Side) -> list[str]:
    """Timeouts that our sessions may not raise as far as they ask for."""
    return [name for name in TIMEOUTS[:2] if int(variable(side.connection, name, "0") or 0) < SERVER_TIMEOUT_S]


def timeouts(pair: Pair) -> Iterator[Finding]:
    for side in (pair.source, pair.target):
        refused = refused_timeouts(side)
        if refused:
            values = ", ".join(f"{name} = {variable(side.connection, name)}" for name in refused)
            yield Finding(
                "timeouts",
                WARNING,
                side.role,
                f"Our sessions may not raise their timeouts ({values}): a slow end may cut a copy.",
                GROUP.format(", ".join(f"{name} = {SERVER_TIMEOUT_S}" for name in refused)),
            )
    texts = [
        f"{side.role}: " + ", ".join(f"{name} {side.variables[name]}" for name in TIMEOUTS)
        for side in (pair.source, pair.target)
    ]
    yield Finding(
        "timeouts-for-all",
        INFO,
        "both",
        f"{'; '.join(texts)}. Our own sessions ask for {SERVER_TIMEOUT_S} s and are not bound by them.",
    )


def sql_mode(source: Variables) -> str:
    """The source's modes that MySQL 8.0 still knows."""
    return ",".join(mode for mode in source["sql_mode"].split(",") if mode not in GONE_MODES)


def modes(pair: Pair) -> Iterator[Finding]:
    """Settings by which the application would notice another server."""
    source, target = pair.source.variables, pair.target.variables
    one, other = (set(filter(None, text.split(","))) for text in (sql_mode(source), target["sql_mode"]))
    if one != other:
        yield Finding(
            "sql-mode",
            WARNING,
            "both",
            f"Only the source has sql_mode {','.join(sorted(one - other)) or 'nothing more'}; only the target "
            f"{','.join(sorted(other - one)) or 'nothing more'}.",
            GROUP.format(f"sql_mode = '{sql_mode(source)}'"),
        )
    for name in ("character_set_server", "collation_server", "transaction_isolation", "innodb_page_size"):
        if source.has(name) and target.has(name) and source[name] != target[name]:
            yield Finding(
                name.replace("_", "-"),
                INFO,
                "both",
                f"{name} is {source[name]} at the source and {target[name]} at the target.",
                "Set at creation of the target."
                if name == "innodb_page_size"
                else GROUP.format(f"{name} = {source[name]}"),
            )


def time_zones(pair: Pair) -> Iterator[Finding]:
    source, target = pair.source, pair.target
    now = "SELECT TIME_TO_SEC(TIMEDIFF(CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@GLOBAL.time_zone), UTC_TIMESTAMP()))"
    one, other = source.value(now), target.value(now)
    if one != other:
        yield Finding(
            "time-zone",
            WARNING,
            "both",
            f"time_zone is {source.variables['time_zone']} ({one} s from UTC) at the source and "
            f"{target.variables['time_zone']} ({other} s) at the target: NOW() tells another time.",
            GROUP.format(f"time_zone = '{source.variables['time_zone']}'"),
        )
    named = "SELECT CONVERT_TZ('2026-01-01 00:00:00', 'UTC', 'Europe/Berlin') IS NOT NULL"
    if source.value(named) and not target.value(named):
        yield Finding(
            "time-zones-not-loaded",
            WARNING,
            "target",
            "It knows no time zone by name, the source does: CONVERT_TZ() would answer NULL.",
            "mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql (RDS and Aurora have them).",
        )


def untrusted(pair: Pair, side: Side) -> list[str]:
    """Kinds of objects that this side would refuse while it writes a binary log."""
    if side.variables.on("log_bin_trust_function_creators") or side.may("SUPER"):
        return []
    return sorted({o.kind for o in pair.selection.objects if o.kind in ("function", "trigger")})


def loading(pair: Pair) -> Iterator[Finding]:
    """What the target's parameter group must allow."""
    target = pair.target.variables
    if not target.on("local_infile"):
        yield Finding(
            "local-infile",
            WARNING,
            "target",
            "local_infile is OFF: rows go by INSERT, several times slower than by LOAD DATA.",
            GROUP.format("local_infile = 1"),
        )
    kinds = untrusted(pair, pair.target)
    if kinds and target.on("log_bin"):
        yield Finding(
            "log-bin-trust-function-creators",
            ERROR,
            "target",
            f"log_bin_trust_function_creators is OFF, so the target refuses every {' and '.join(kinds)} (error 1419).",
            GROUP.format("log_bin_trust_function_creators = 1"),
        )
    if (target.on("read_only") and not pair.target.may("CONNECTION_ADMIN", "SUPER")) or target.on("super_read_only"):
        yield Finding("read-only", ERROR, "target", "The target is read-only.", "Connect to the writer's endpoint.")


def memory(pair: Pair) -> Iterator[Finding]:
    """A group has a formula of the instance's memory for it, so another value is no setting but another instance."""
    one, other = (side.variables.number("innodb_buffer_pool_size") for side in (pair.source, pair.target))
    if 0 < other < one:
        yield Finding(
            "buffer-pool",
            INFO,
            "target",
            f"innodb_buffer_pool_size is {one} at the source and {other} at the target.",
            "Choose an instance class with more memory where the application's working set is larger.",
        )


def way_back(pair: Pair) -> Iterator[Finding]:
    """What would keep the application's writes at the target from coming back after the switch."""
    if pair.source.variables.on("log_bin") and "trigger" in untrusted(pair, pair.source):
        yield Finding(
            "way-back-triggers",
            WARNING,
            "source",
            "log_bin_trust_function_creators is OFF, so the row applier could not create the source's triggers again "
            "(error 1419): the only way back is native replication, where the source may be a replica.",
            GROUP.format("log_bin_trust_function_creators = 1"),
        )
    if pair.target.variables["log_bin"] == "OFF" and pair.source.variables.on("log_bin"):
        yield Finding(
            "target-binlog-off",
            WARNING,
            "target",
            "It writes no binary log: after the switch there is no way back.",
            "Aurora: binlog_format = ROW in the cluster's parameter group, then a reboot; RDS: switch backups on.",
        )


def binary_log(pair: Pair) -> Iterator[Finding]:
    """Whether the source can be followed from the copy's position on."""
    source, target = pair.source.variables, pair.target.variables
    if source.mariadb:
        return
    if not source.on("log_bin"):
        yield Finding(
            "binlog-off",
            WARNING,
            "source",
            "The binary log is off: the source can be copied, not followed.",
            "Switch backups on (RDS), or start it with log_bin and binlog_format = ROW.",
        )
        return
    if source.has("binlog_format") and source["binlog_format"] != "ROW":
        yield Finding(
            "binlog-format",
            ERROR if source["binlog_format"] == "STATEMENT" else WARNING,
            "source",
            f"binlog_format is {source['binlog_format']}: a replica repeats statements, which may come out "
            f"differently.",
            GROUP.format("binlog_format = ROW"),
        )
    if source.has("binlog_row_image") and source["binlog_row_image"] != "FULL":
        yield Finding(
            "binlog-row-image",
            WARNING,
            "source",
            f"binlog_row_image is {source['binlog_row_image']}: rows are found by their primary key only.",
            GROUP.format("binlog_row_image = FULL"),
        )
    if source.on("binlog_transaction_compression"):
        yield Finding(
            "binlog-compression",
            WARNING if target.version < (8, 0, 20) else INFO,
            "source",
            "binlog_transaction_compression is ON: MySQL 8.0.20 and newer can read that, many other readers cannot.",
            GROUP.format("binlog_transaction_compression = OFF"),
        )
    yield from _gtids(source, target)
    yield from _retention(pair, source)


def _gtids(source: Variables, target: Variables) -> Iterator[Finding]:
    if source["gtid_mode"] == "ON" and target["gtid_mode"] != "ON":
        yield Finding(
            "gtid-mode",
            ERROR,
            "target",
            f"gtid_mode is ON at the source and {target['gtid_mode'] or 'unknown'} at the target: it cannot follow.",
            "Parameter group: gtid_mode = ON, enforce_gtid_consistency = ON.",
        )
    elif source["gtid_mode"] != "ON":
        yield Finding(
            "gtid-mode",
            WARNING,
            "source",
            f"gtid_mode is {source['gtid_mode'] or 'unknown'}, enforce_gtid_consistency "
            f"{source['enforce_gtid_consistency'] or 'unknown'}: the source can be followed by file and position only, "
            "which no failover survives.",
            "enforce_gtid_consistency = ON, then gtid_mode = OFF_PERMISSIVE, ON_PERMISSIVE and ON, one after the "
            "other.",
        )


def _retention(pair: Pair, source: Variables) -> Iterator[Finding]:
    kept = source.number("binlog_expire_logs_seconds")
    if kept <= 0 and source.number("expire_logs_days") > 0:
        kept = source.number("expire_logs_days") * DAY_S
    if kept <= 0:
        return  # for ever
    needed = pair.estimate_s * 2
    if kept < max(needed, DAY_S):
        yield Finding(
            "binlog-retention",
            ERROR if kept < pair.estimate_s else WARNING,
            "source",
            f"The binary log is kept for {kept} s; the copy takes about {pair.estimate_s:.0f} s, and who follows "
            f"from its "
            "position needs all that was written since.",
            GROUP.format(f"binlog_expire_logs_seconds = {max(3 * DAY_S, round(3 * needed))}")
            + " RDS: CALL mysql.rds_set_configuration('binlog retention hours', 72);",
        )


def described(side: Side) -> dict[str, str]:
    """What a reader wants to know of a server at first sight."""
    names = ("version", "gtid_mode", "binlog_format", "log_bin", "max_allowed_packet", "time_zone", "sql_mode")
    return {name: side.variables[name] for name in names if side.variables.has(name)}


CHECKS = (versions, packets, timeouts, modes, time_zones, loading, memory, binary_log, way_back)
