"""A server's place in its binary log: what each version says of it, and when two places are the same."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.journal import same_position
from ansible_collections.replatform.aws.plugins.module_utils.mysql.snapshot import GTIDS, position
from tests.support.recorded import Recorded, refused

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
OTHER = "8b2c6d3e-90ab-11ee-8f2a-0242ac120002"
IDENTITY = "SELECT CONCAT(@@hostname, ':', @@port, @@datadir)"


def gtids(executed: str) -> dict[str, Any]:
    return {"SELECT @@server_uuid": [{"@@server_uuid": UUID}], GTIDS: [{GTIDS.removeprefix("SELECT "): executed}]}


def status(file: str, place: int, **more: str) -> list[dict[str, Any]]:
    return [{"File": file, "Position": place, "Binlog_Do_DB": "", "Binlog_Ignore_DB": "", **more}]


def no_such_statement(near: str, server: str = "MySQL") -> pymysql.MySQLError:
    return refused(
        1064,
        "You have an error in your SQL syntax; check the manual that corresponds to your "
        f"{server} server version for the right syntax to use near '{near}' at line 1",
    )


def denied(privileges: str) -> pymysql.MySQLError:
    return refused(1227, f"Access denied; you need (at least one of) the {privileges} privilege(s) for this operation")


OLD = {"SHOW BINARY LOG STATUS": no_such_statement("LOG STATUS")}
MARIADB = {
    "SELECT @@server_uuid": refused(1193, "Unknown system variable 'server_uuid'"),
    IDENTITY: [{IDENTITY.removeprefix("SELECT "): "db-1:3306/var/lib/mysql/"}],
    GTIDS: refused(1193, "Unknown system variable 'gtid_mode'"),
    "SHOW BINARY LOG STATUS": no_such_statement("LOG STATUS", "MariaDB"),
}


@pytest.mark.parametrize(
    ("recording", "found"),
    [
        pytest.param(
            gtids(f"{UUID}:1-77,\n{OTHER}:1-5")
            | OLD
            | {"SHOW MASTER STATUS": status("mysql-bin.000004", 157, Executed_Gtid_Set=f"{UUID}:1-77,\n{OTHER}:1-5")},
            (f"{UUID}:1-77,{OTHER}:1-5", "mysql-bin.000004", 157),
            id="5.7 and 8.0",
        ),
        pytest.param(
            gtids("") | OLD | {"SHOW MASTER STATUS": status("binlog.000002", 4, Executed_Gtid_Set="")},
            ("", "binlog.000002", 4),
            id="5.7 and 8.0 without GTIDs",
        ),
        pytest.param(
            gtids(f"{UUID}:1-13") | {"SHOW BINARY LOG STATUS": status("binlog.000003", 466, Executed_Gtid_Set="x")},
            (f"{UUID}:1-13", "binlog.000003", 466),
            id="8.4 and 9.x",
        ),
        pytest.param(
            # gtid_mode is OFF_PERMISSIVE: the set of earlier days stands still.
            gtids("") | {"SHOW BINARY LOG STATUS": status("binlog.000003", 734, Executed_Gtid_Set=f"{UUID}:1-13")},
            ("", "binlog.000003", 734),
            id="an old GTID set",
        ),
        pytest.param(
            gtids(f"{UUID}:1-13") | {"SHOW BINARY LOG STATUS": denied("SUPER, REPLICATION CLIENT")},
            (f"{UUID}:1-13", "", 0),
            id="8.4 without REPLICATION CLIENT",
        ),
        pytest.param(
            gtids("") | OLD | {"SHOW MASTER STATUS": denied("SUPER, REPLICATION CLIENT")},
            ("", "", 0),
            id="5.7 without REPLICATION CLIENT",
        ),
        pytest.param(gtids("") | {"SHOW BINARY LOG STATUS": []}, ("", "", 0), id="9.x without a binary log"),
        pytest.param(
            MARIADB | {"SHOW MASTER STATUS": status("binlog.000002", 737)}, ("", "binlog.000002", 737), id="MariaDB"
        ),
        pytest.param(
            MARIADB | {"SHOW MASTER STATUS": denied("SUPER, BINLOG MONITOR")},
            ("", "", 0),
            id="MariaDB without BINLOG MONITOR",
        ),
    ],
)
def test_every_server_tells_its_position_in_its_own_way(recording, found):
    connection: Any = Recorded(recording)
    server = "db-1:3306/var/lib/mysql/" if IDENTITY in recording else UUID
    assert position(connection) == dict(
        zip(("gtid_executed", "file", "position", "server"), (*found, server), strict=True)
    )


@pytest.mark.parametrize("statement", ["SELECT @@server_uuid", GTIDS, "SHOW BINARY LOG STATUS"])
def test_a_lost_server_is_not_taken_for_one_that_lacks_something(statement):
    recording = gtids("") | {"SHOW BINARY LOG STATUS": []} | {statement: refused(2013, "Lost connection")}
    connection: Any = Recorded(recording)
    with pytest.raises(pymysql.OperationalError, match="Lost connection"):
        position(connection)


WITH_GTIDS = {"gtid_executed": f"{UUID}:1-77"}
BINLOG = {"server": "a", "file": "binlog.000004", "position": 157, "gtid_executed": ""}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (WITH_GTIDS, WITH_GTIDS, True),
        (BINLOG, BINLOG, True),
        # Rotating the log or failing over to a replica changes no row.
        ({**BINLOG, **WITH_GTIDS}, {**BINLOG, **WITH_GTIDS, "file": "binlog.000005", "position": 4}, True),
        ({**BINLOG, **WITH_GTIDS}, {**BINLOG, **WITH_GTIDS, "server": "b"}, True),
        (WITH_GTIDS, {"gtid_executed": f"{UUID}:1-78"}, False),
        (WITH_GTIDS, {"gtid_executed": ""}, False),
        ({**BINLOG, **WITH_GTIDS}, BINLOG, False),
        (BINLOG, {**BINLOG, "position": 158}, False),
        (BINLOG, {**BINLOG, "file": "binlog.000005"}, False),
        (BINLOG, {**BINLOG, "server": "b"}, False),
        (BINLOG, {}, False),
        # Without a binary log nobody can tell.
        ({}, {}, False),
        ({"server": "a"}, {"server": "a"}, False),
        ({**BINLOG, "file": ""}, {**BINLOG, "file": ""}, False),
    ],
)
def test_positions_are_the_same_only_where_nothing_was_committed_in_between(one, other, same):
    assert same_position(one, other) is same
    assert same_position(other, one) is same
