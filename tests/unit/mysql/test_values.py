from __future__ import annotations

import pymysql
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, explain
from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Column
from ansible_collections.replatform.aws.plugins.module_utils.mysql.journal import same_position
from ansible_collections.replatform.aws.plugins.module_utils.mysql.privileges import TARGET_NEEDS, parse
from ansible_collections.replatform.aws.plugins.module_utils.mysql.rows import _line, _literals, _stored
from ansible_collections.replatform.aws.plugins.module_utils.transfer.model import GroupChanged


def lenenc(value: bytes | None) -> bytes:
    if value is None:
        return b"\xfb"
    for limit, mark, width in ((251, b"", 1), (1 << 16, b"\xfc", 2), (1 << 24, b"\xfd", 3)):
        if len(value) < limit:
            return mark + len(value).to_bytes(width, "little") + value
    return b"\xfe" + len(value).to_bytes(8, "little") + value


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, b"\\N"),
        (b"\\N", b"\\\\N"),
        (b"", b""),
        (b"a\tb\nc\\", b"a\\tb\\nc\\\\"),
        *((b"x" * size, b"x" * size) for size in (250, 251, 65535, 65536, 1 << 24)),
    ],
)
def test_a_field_leaves_as_load_data_reads_it(value: bytes | None, sent: bytes):
    assert _line(lenenc(value) + lenenc(b"7"), [True, False]) == sent + b"\t7"


def test_the_fields_of_a_line_are_literals_too():
    columns = [Column("a", "varchar"), Column("j", "json"), Column("e", "enum"), Column("n", "int")]
    assert list(_literals(b"it's\t{}\t2\t\\N", columns)) == [
        b"_binary'it\\'s'",
        b"CONVERT(_binary'{}' USING utf8mb4)",
        b"_binary'2' + 0",
        b"NULL",
    ]


def test_rows_that_the_server_skipped_are_not_stored():
    assert _stored(b"0Records: 18  Deleted: 0  Skipped: 3  Warnings: 3", 15) == 15
    assert _stored(None, 1) == 1


GRANTS = (
    "GRANT USAGE ON *.* TO `mover`@`%`",
    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER ON `shop\\_%`.* TO `mover`@`%`",
    "GRANT ALL PRIVILEGES ON `replatform`.* TO 'mover'@'%'",
    "GRANT `reader`@`%` TO `mover`@`%`",
)


def test_grants_hold_where_they_say():
    grants = parse(GRANTS)
    assert grants.missing("shop_audit", TARGET_NEEDS) == set()
    assert grants.missing("replatform", TARGET_NEEDS) == set()
    assert grants.missing("shopaudit", {"SELECT"}) == {"SELECT"}


def test_a_partial_revoke_takes_a_schema_out():
    grants = parse(("GRANT SELECT, INSERT ON *.* TO `a`@`%`", "REVOKE INSERT ON `mysql`.* FROM `a`@`%`"))
    assert grants.missing("mysql", {"SELECT", "INSERT"}) == {"INSERT"}
    assert grants.missing("shop", {"SELECT", "INSERT"}) == set()


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (2003, "Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)", "cannot be reached"),
        (1045, "Access denied for user", "refused the login"),
        (3159, "Connections using insecure transport are prohibited", "set tls to required"),
        (1142, "SELECT command denied to user 'u' for table 't'", "Grant that privilege"),
        (1021, "Disk full", "out of disk space"),
        (1290, "The MySQL server is running with the --read-only option", "is read-only"),
        (2013, "Lost connection to MySQL server during query", "run the same command again"),
        (1205, "Lock wait timeout exceeded", "SHOW PROCESSLIST"),
    ],
)
def test_an_error_of_the_server_becomes_a_sentence(code: int, text: str, words: str):
    server = Server("target", "db", 3306, "u", "s3cr3t-pw")
    error = explain(pymysql.OperationalError(code, text), server, "writing", "shop.orders")
    assert words in error.message
    assert error.message.startswith("The target u@db:3306")
    assert "s3cr3t-pw" not in str(error.as_dict()) + repr(server)


def test_a_table_altered_under_a_snapshot_is_named():
    server = Server("source", "db", 3306, "u", "p")
    error = explain(pymysql.OperationalError(1412, "Table definition has changed"), server, "reading", "shop.orders")
    assert isinstance(error, GroupChanged)
    assert error.message.startswith("shop.orders was altered")


def test_positions_are_the_same_only_when_nothing_was_committed():
    here = {"gtid_executed": "", "file": "b.1", "position": 4, "server": "s"}
    assert same_position(here, dict(here))
    assert not same_position(here, {**here, "position": 5})
    assert not same_position({**here, "file": ""}, {**here, "file": ""})
    assert same_position({**here, "gtid_executed": "a:1-5"}, {**here, "gtid_executed": "a:1-5", "position": 9})
    assert not same_position({**here, "gtid_executed": "a:1-5"}, here)
