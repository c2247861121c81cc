"""What the target's parameter group is said to lack, for services and versions that no server here is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.assess.pair import Pair, Side, Variables
from ansible_collections.replatform.aws.plugins.module_utils.mysql.assess.parameters import parameters, settings
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server
from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Table
from ansible_collections.replatform.aws.plugins.module_utils.mysql.journal import State
from ansible_collections.replatform.aws.plugins.module_utils.mysql.objects import Stored
from ansible_collections.replatform.aws.plugins.module_utils.mysql.privileges import Grants
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Selection, Settings
from tests.support.recorded import Recorded

FITTING = {
    "version": "8.0.36",
    "log_bin": "ON",
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "binlog_row_value_options": "",
    "binlog_transaction_compression": "OFF",
    "binlog_expire_logs_seconds": "2592000",
    "gtid_mode": "ON",
    "enforce_gtid_consistency": "ON",
    "max_allowed_packet": "1073741824",
    "local_infile": "ON",
    "log_bin_trust_function_creators": "ON",
    "innodb_flush_log_at_trx_commit": "1",
    "sync_binlog": "1",
    "replica_parallel_workers": "16",
    "replica_parallel_type": "LOGICAL_CLOCK",
    "replica_preserve_commit_order": "ON",
    "replica_exec_mode": "STRICT",
    "sql_require_primary_key": "OFF",
    "event_scheduler": "ON",
    "sql_mode": "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
    "time_zone": "UTC",
    "system_time_zone": "UTC",
    "wait_timeout": "28800",
    "group_concat_max_len": "1024",
    "transaction_isolation": "REPEATABLE-READ",
    "character_set_server": "utf8mb4",
    "collation_server": "utf8mb4_0900_ai_ci",
}
AURORA = {"aurora_version": "3.08.0", "log_bin": "OFF", "binlog_format": "STATEMENT"}
FUNCTION, EVENT = (Stored(kind, "shop", "one", f"CREATE {kind}") for kind in ("function", "event"))
KEYLESS = Table("shop", "log", (), (), "CREATE TABLE `log` (\n  `a` int\n) ENGINE=InnoDB")
FOLLOWING = State("m", 1, "source", "following", 1, "", True, {}, {}, "", "")
OTHER = "utf8mb3_general_ci"
NO_RDS = "no such table"


@dataclass(frozen=True)
class Case:
    """What differs from a pair that fits while the target follows; `wanted`: by name, what is said of it."""

    id: str
    wanted: dict[str, tuple[str | None, str, str, str, str | None]]
    source: dict[str, str] = field(default_factory=dict)
    target: dict[str, str] = field(default_factory=dict)
    copied: bool = True
    objects: tuple[Stored, ...] = ()
    tables: tuple[Table, ...] = ()
    timeout: str = "600"
    retention: str | None = NO_RDS

    def pair(self) -> Pair:
        selection = Selection({table.full_name: table for table in self.tables}, {}, list(self.objects))
        sides = (self.side("source", {**FITTING, **self.source}), self.side("target", {**FITTING, **self.target}))
        return Pair(*sides, Settings("m", ("shop",)), selection, FOLLOWING if self.copied else None, probe=False)

    def side(self, role: str, variables: dict[str, str]) -> Side:
        names = ("utf8mb4_0900_ai_ci", "utf8mb4_general_ci", "utf8mb3_general_ci")
        connection: Any = Recorded(
            {
                "SHOW VARIABLES LIKE *": [{"name": "", "value": self.timeout}],
                "SELECT collation_name *": [{"collation_name": name} for name in names],
                "SELECT COUNT(*) FROM information_schema.tables*": [{"count": self.retention != NO_RDS}],
                "SELECT value FROM mysql.rds_configuration *": [{"value": self.retention}],
            }
        )
        known = Variables({name: text for name, text in variables.items() if text != "absent"})
        return Side(Server(role, "h", 3306, "u", "p"), connection, known, Grants(), "`u`@`%`")


CASES = [
    Case("nothing differs", {}),
    Case(
        "RDS before the copy",
        {
            "innodb_flush_log_at_trx_commit": ("1", "2", "immediate", "copy", "1"),
            "sync_binlog": ("1", "0", "immediate", "copy", "1"),
            "binlog retention hours": (None, "72", "immediate", "cutover", None),
        },
        copied=False,
        retention=None,
    ),
    Case(
        "Aurora as it comes, before the copy",
        {
            "local_infile": ("0", "1", "immediate", "copy", "0"),
            "log_bin_trust_function_creators": ("0", "1", "immediate", "copy", "0"),
            "max_allowed_packet": ("67108864", "1073741824", "immediate", "copy", "134217728"),
            "enforce_gtid_consistency": ("OFF", "ON", "reboot", "follow", "ON"),
            "gtid-mode": ("OFF_PERMISSIVE", "ON", "reboot", "follow", "ON"),
            "replica_parallel_workers": ("0", "16", "immediate", "follow", "0"),
            "binlog_format": ("OFF", "ROW", "reboot", "cutover", "OFF"),
            "binlog retention hours": ("24", "72", "immediate", "cutover", "24"),
        },
        source={"max_allowed_packet": "134217728"},
        target={
            **AURORA, "local_infile": "OFF", "log_bin_trust_function_creators": "OFF", "gtid_mode": "OFF_PERMISSIVE",
            "enforce_gtid_consistency": "OFF", "max_allowed_packet": "67108864", "replica_parallel_workers": "0",
        },
        copied=False,
        objects=(FUNCTION,),
        retention="24",
    ),
    Case("Aurora that fits", {}, target={**AURORA, "log_bin": "ON", "binlog_format": "ROW"}, copied=False),
    Case(
        "what the copy alone wants is not asked for once it is done",
        {},
        target={"local_infile": "OFF", "log_bin_trust_function_creators": "OFF", "max_allowed_packet": "4194304"},
        objects=(FUNCTION,),
        tables=(KEYLESS,),
        timeout="30",
    ),
    Case(
        "timeouts that our sessions may not raise, and tables without a primary key",
        {
            "net_read_timeout": ("30", "600", "immediate", "copy", "30"),
            "net_write_timeout": ("60", "600", "immediate", "copy", "60"),
            "sql_require_primary_key": ("1", "0", "immediate", "copy", "1"),
        },
        target={
            **AURORA, "log_bin": "ON", "binlog_format": "ROW", "net_read_timeout": "30", "net_write_timeout": "60",
            "sql_require_primary_key": "ON",
        },
        copied=False,
        tables=(KEYLESS,),
        timeout="30",
    ),
    Case(
        "commits that a crash would lose while it follows",
        {
            "innodb_flush_log_at_trx_commit": ("0", "1", "immediate", "follow", "1"),
            "sync_binlog": ("1000", "1", "immediate", "follow", "1"),
        },
        target={"innodb_flush_log_at_trx_commit": "0", "sync_binlog": "1000"},
    ),
    Case(
        "a replica of 5.7's kind",
        {
            "slave_parallel_workers": ("0", "16", "immediate", "follow", "0"),
            "slave_parallel_type": ("DATABASE", "LOGICAL_CLOCK", "immediate", "follow", "DATABASE"),
            "slave_preserve_commit_order": ("0", "1", "immediate", "follow", "0"),
            "slave_exec_mode": ("IDEMPOTENT", "STRICT", "immediate", "follow", "IDEMPOTENT"),
        },
        target={
            **dict.fromkeys((name for name in FITTING if name.startswith("replica_")), "absent"),
            "slave_parallel_workers": "0", "slave_parallel_type": "DATABASE", "slave_preserve_commit_order": "OFF",
            "slave_exec_mode": "IDEMPOTENT",
        },
    ),
    Case(
        "a binary log that the way back cannot read, kept for an hour",
        {
            "binlog_format": ("MIXED", "ROW", "immediate", "cutover", "MIXED"),
            "binlog_row_image": ("MINIMAL", "FULL", "immediate", "cutover", "MINIMAL"),
            "binlog_row_value_options": ("PARTIAL_JSON", "", "immediate", "cutover", "PARTIAL_JSON"),
            "binlog_transaction_compression": ("1", "0", "immediate", "cutover", "1"),
            "binlog_expire_logs_seconds": ("3600", "259200", "immediate", "cutover", "3600"),
        },
        target={
            "binlog_format": "MIXED", "binlog_row_image": "MINIMAL", "binlog_row_value_options": "PARTIAL_JSON",
            "binlog_transaction_compression": "ON", "binlog_expire_logs_seconds": "3600",
        },
    ),
    Case("no binary log on RDS is no parameter", {}, target={"log_bin": "OFF", "binlog_row_image": "MINIMAL"}),
    Case(
        "events that run at the source",
        {"event_scheduler": ("OFF", "ON", "immediate", "cutover", "ON")},
        target={"event_scheduler": "OFF"},
        objects=(EVENT,),
    ),
    Case("an event scheduler that nobody needs", {}, target={"event_scheduler": "OFF"}),
    Case(
        "what the application would notice",
        {
            "sql_mode": (FITTING["sql_mode"], "ANSI_QUOTES", "immediate", "always", "ANSI_QUOTES"),
            "wait_timeout": ("28800", "86400", "immediate", "always", "86400"),
            "time_zone": ("UTC", "Europe/Berlin", "immediate", "always", "Europe/Berlin"),
            "group_concat_max_len": ("1024", "1048576", "immediate", "always", "1048576"),
            "transaction_isolation": ("REPEATABLE-READ", "READ-COMMITTED", "immediate", "always", "READ-COMMITTED"),
            "character_set_server": ("utf8mb4", "utf8mb3", "immediate", "always", "utf8mb3"),
            "collation_server": ("utf8mb4_0900_ai_ci", OTHER, "immediate", "always", OTHER),
        },
        source={
            "sql_mode": "NO_AUTO_CREATE_USER,ANSI_QUOTES", "wait_timeout": "86400", "time_zone": "Europe/Berlin",
            "group_concat_max_len": "1048576", "transaction_isolation": "READ-COMMITTED",
            "character_set_server": "utf8", "collation_server": "utf8_general_ci",
        },
    ),
    Case("a mode that 8.0 no longer has", {}, source={"sql_mode": f"NO_AUTO_CREATE_USER,{FITTING['sql_mode']}"}),
    Case("the same time by another name", {}, source={"time_zone": "SYSTEM"}, target={"time_zone": "+00:00"}),
    Case("a time zone that no group can name", {}, source={"time_zone": "SYSTEM", "system_time_zone": "CEST"}),
    Case("a collation that the target lacks", {}, source={"collation_server": "utf8mb4_uca1400_ai_ci"}),
    Case(
        "MariaDB is copied only: nothing for following and the way back",
        {},
        source={"version": "11.8.1-MariaDB"},
        target={"gtid_mode": "OFF", "binlog_format": "MIXED", "replica_parallel_workers": "1", "sync_binlog": "0"},
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_only_what_differs_is_told_with_what_to_set_back(case: Case) -> None:
    told = list(settings(case.pair()))
    assert {one.name: (one.now, one.wanted, one.apply, one.phase, one.restore) for one in told} == case.wanted
    assert len(told) == len(case.wanted)
    assert all(one.why for one in told)
    assert {one.name: one.scope for one in told if one.scope != "parameter_group"} == {
        name: "procedure" for name in case.wanted if " " in name
    }


def test_the_settings_are_one_finding_and_none_when_all_fits() -> None:
    pair = CASES[1].pair()
    (finding,) = parameters(pair)
    assert [one["name"] for one in pair.parameters] == list(CASES[1].wanted)
    assert "sync_binlog = 0 (is 1), binlog retention hours = 72 (is not set)" in finding.evidence
    assert list(parameters(CASES[0].pair())) == []
