"""What stopped a replica is told with its cause and the way out; what a replica says is read in its older words too."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server
from ansible_collections.replatform.aws.plugins.module_utils.mysql.gtid_set import Interval, intervals
from ansible_collections.replatform.aws.plugins.module_utils.mysql.replication.status import status
from ansible_collections.replatform.aws.plugins.module_utils.mysql.replication.troubles import (
    applier,
    receiver,
    trouble,
)
from tests.support.recorded import Recorded, refused

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
SERVER = Server("target", "db", 3306, "admin", "never shown")
WORKER = (
    f"Worker 1 failed executing transaction '{A}:77' at source log binlog.000002, end_log_pos 600; "
    "Could not execute Write_rows event on table shop.users; Duplicate entry '7' for key 'users.PRIMARY', "
    "Error_code: MY-001062; handler error HA_ERR_FOUND_DUPP_KEY; the event's source log FIRST, end_log_pos 600"
)


def test_the_servers_words_are_told_without_what_the_replica_puts_around_them():
    found = applier(1062, WORKER)
    assert found.sentence.startswith(
        f"The target cannot apply transaction {A}:77 of shop.users (error 1062: Duplicate entry '7' for key "
        "'users.PRIMARY'), because the target's rows there are not"
    )
    assert (found.repair, found.gtid) == ("recopy", f"{A}:77")


@pytest.mark.parametrize(
    ("code", "repair", "tells"),
    [
        (1032, "recopy", "somebody wrote to the target"),
        (1452, "recopy", "somebody wrote to the target"),
        (1410, "accounts", "holds no row"),
        (3836, "accounts", "holds no row"),
        (1146, "recopy", "no part of this migration"),
        (1114, "", "out of disk space"),
        (1290, "", "read-only"),
        (9999, "", "Mend that at the target"),
    ],
)
def test_each_error_of_an_applier_has_its_way_out(code, repair, tells):
    found = applier(code, "Some words of the server")
    assert (found.repair, tells in found.sentence, "Some words" in found.sentence) == (repair, True, True)


OLD = {
    "Slave_IO_State": "", "Master_Host": "db1", "Master_User": "r", "Master_Port": 3306,
    "Master_Log_File": "mysql-bin.000003", "Relay_Master_Log_File": "mysql-bin.000002",
    "Slave_IO_Running": "Connecting",
    "Slave_SQL_Running": "Yes", "Exec_Master_Log_Pos": 911, "Seconds_Behind_Master": None, "Last_IO_Errno": 2003,
    "Last_IO_Error": "error connecting to master 'r@db1:3306'. Message: Can't connect to MySQL server on 'db1' (111)",
    "Last_SQL_Errno": 0, "Last_SQL_Error": "", "Retrieved_Gtid_Set": "", "Executed_Gtid_Set": f"{A}:1-9,\n{A}:12",
    "Auto_Position": 0,
}  # fmt: skip


def read(connection: Any) -> Any:
    return status(connection, SERVER)


def test_a_replica_of_8_0_is_read_in_its_own_words():
    old = Recorded({"SHOW REPLICA STATUS": refused(1064, "near 'REPLICA STATUS'"), "SHOW SLAVE STATUS": [OLD]})
    found = read(old)
    assert (found.host, found.file, found.position, found.reading) == (
        "db1",
        "mysql-bin.000002",
        911,
        "mysql-bin.000003",
    )
    assert (found.healthy, found.receiving, found.applying, found.lag_s) == (False, False, True, None)
    assert found.executed == f"{A}:1-9,{A}:12"
    told = trouble(found)
    assert told
    assert "does not reach the source as r@db1:3306 (Can't connect to MySQL server on 'db1' (111))" in told.sentence


@pytest.mark.parametrize(
    ("code", "text", "kind", "repair", "tells"),
    [
        (1045, "Message: Access denied for user 'r'", "login", "", "REPLICATION SLAVE"),
        (2061, "Message: Authentication requires secure connection.", "tls", "", "tls of replication"),
        (
            1236,
            "Got fatal error 1236 from source: 'purged required binary logs'",
            "purged",
            "recopy",
            "Keep them longer",
        ),
        (13117, "equal server ids", "other", "", "error 13117"),
    ],
)
def test_each_error_of_a_receiver_has_its_way_out(code, text, kind, repair, tells):
    shown = read(Recorded({"SHOW REPLICA STATUS": [OLD]}))
    found = receiver(shown, code, text)
    assert (found.kind, found.repair, tells in found.sentence) == (kind, repair, True)


def test_a_channel_that_names_no_source_is_none():
    assert read(Recorded({"SHOW REPLICA STATUS": [{**OLD, "Master_Host": ""}]})) is None


def test_intervals_keep_the_tag_with_the_origin():
    found = list(intervals(f"{A}:1-3:7:backup:2-4"))
    assert found == [Interval(A, 1, 3), Interval(A, 7, 7), Interval(f"{A}:backup", 2, 4)]
