"""What servers of several versions say of their settings, and what is found in it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.assess import servers
from ansible_collections.replatform.aws.plugins.module_utils.mysql.assess.pair import Pair, Side, Variables
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server
from ansible_collections.replatform.aws.plugins.module_utils.mysql.privileges import Grants
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Selection, Settings
from tests.support.recorded import Recorded

MYSQL_97 = {
    "version": "9.7.4",
    "log_bin": "ON",
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "binlog_expire_logs_seconds": "2592000",
    "gtid_mode": "ON",
    "enforce_gtid_consistency": "ON",
    "max_allowed_packet": "67108864",
    "local_infile": "ON",
    "read_only": "OFF",
}
MYSQL_57 = {
    "version": "5.7.44-log",
    "log_bin": "ON",
    "binlog_format": "STATEMENT",
    "expire_logs_days": "10",
    "gtid_mode": "OFF",
    "enforce_gtid_consistency": "OFF",
    "max_allowed_packet": "4194304",
}
MARIADB = {"version": "10.11.6-MariaDB-1", "log_bin": "OFF", "max_allowed_packet": "16777216", "expire_logs_days": "0"}


def side(role: str, variables: dict[str, str]) -> Side:
    connection: Any = Recorded()
    return Side(Server(role, "h", 3306, "u", "p"), connection, Variables(variables), Grants(), "`u`@`%`")


def found(check: Any, source: dict[str, str], target: dict[str, str], estimate_s: float = 0) -> dict[str, str]:
    pair = Pair(side("source", source), side("target", target), Settings("m", ("shop",)), Selection({}, {}), None, True)
    pair.estimate_s = estimate_s
    return {finding.id: finding.severity for finding in check(pair)}


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        pytest.param(MYSQL_97, MYSQL_97, {}, id="alike"),
        pytest.param(MYSQL_57, MYSQL_97, {}, id="5.7 to 9.7"),
        pytest.param(MARIADB, MYSQL_97, {"copy-only": "warning"}, id="MariaDB can be copied only"),
        pytest.param(MYSQL_97, {"version": "8.0.36"}, {"target-older": "warning"}, id="back to an older one"),
        pytest.param(MYSQL_97, MYSQL_57, {"target-version": "error"}, id="to 5.7"),
        pytest.param(MYSQL_97, MARIADB, {"target-version": "error"}, id="to MariaDB"),
    ],
)
def test_versions(source: dict[str, str], target: dict[str, str], expected: dict[str, str]) -> None:
    assert found(servers.versions, source, target) == expected


@pytest.mark.parametrize(
    ("source", "target", "estimate_s", "expected"),
    [
        pytest.param({}, {}, 600, {}, id="sound"),
        pytest.param({"log_bin": "OFF"}, {}, 0, {"binlog-off": "warning"}, id="no binary log"),
        pytest.param(MYSQL_57, {}, 0, {"binlog-format": "error", "gtid-mode": "warning"}, id="5.7 as it comes"),
        pytest.param({"binlog_format": "MIXED"}, {}, 0, {"binlog-format": "warning"}, id="mixed"),
        pytest.param({"binlog_row_image": "MINIMAL"}, {}, 0, {"binlog-row-image": "warning"}, id="minimal rows"),
        pytest.param({}, {"gtid_mode": "OFF"}, 0, {"gtid-mode": "error"}, id="the target could not follow"),
        pytest.param({}, {"gtid_mode": "OFF_PERMISSIVE"}, 0, {"gtid-mode": "error"}, id="Aurora's default"),
        pytest.param({"binlog_transaction_compression": "ON"}, {}, 0, {"binlog-compression": "info"}, id="compressed"),
        pytest.param(
            {"binlog_expire_logs_seconds": "3600"}, {}, 600, {"binlog-retention": "warning"}, id="kept for an hour"
        ),
        pytest.param(
            {"binlog_expire_logs_seconds": "3600"}, {}, 7200, {"binlog-retention": "error"}, id="gone before the end"
        ),
        pytest.param({"binlog_expire_logs_seconds": "0"}, {}, 7200, {}, id="kept for ever"),
        pytest.param(
            {"binlog_expire_logs_seconds": "0", "expire_logs_days": "1"},
            {},
            86400,
            {"binlog-retention": "warning"},
            id="kept for a day, by the older variable",
        ),
        pytest.param(MARIADB, {}, 0, {}, id="MariaDB's is not followed"),
    ],
)
def test_whether_the_source_can_be_followed(
    source: dict[str, str], target: dict[str, str], estimate_s: float, expected: dict[str, str]
) -> None:
    assert found(servers.binary_log, {**MYSQL_97, **source}, {**MYSQL_97, **target}, estimate_s) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, {}),
        ({"local_infile": "OFF"}, {"local-infile": "warning"}),
        ({"read_only": "ON"}, {"read-only": "error"}),
        ({"log_bin_trust_function_creators": "OFF"}, {}),
    ],
)
def test_what_the_target_must_allow(target: dict[str, str], expected: dict[str, str]) -> None:
    assert found(servers.loading, MYSQL_57, {**MYSQL_97, **target}) == expected
