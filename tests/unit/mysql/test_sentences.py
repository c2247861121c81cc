"""What a user reads when a server or the network refuses."""

from __future__ import annotations

import socket
import ssl

import pymysql
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, explain, sentences
from ansible_collections.replatform.aws.plugins.module_utils.transfer.model import GroupChanged

PASSWORD = "hunter2 and more"
SOURCE = Server("source", "old.example", 3306, "reader", PASSWORD)
TARGET = Server("target", "new.example", 3307, "admin", PASSWORD)


def one_sentence(error: ReplatformError) -> str:
    text = str(error)
    assert "\n" not in text
    assert "Traceback" not in text
    assert PASSWORD not in text
    assert PASSWORD not in str(error.as_dict())
    return text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            pymysql.OperationalError(
                2003, "Can't connect to MySQL server on 'new.example' ([Errno 111] Connection refused)"
            ),
            ["cannot be reached", "Connection refused", "firewall"],
        ),
        (
            pymysql.OperationalError(
                2003, "Can't connect to MySQL server on 'x' ([Errno -2] Name or service not known)"
            ),
            ["cannot be reached", "Name or service not known", "host"],
        ),
        (
            pymysql.OperationalError(1045, "Access denied for user 'admin'@'10.0.0.1' (using password: YES)"),
            ["refused the login", "check user, password"],
        ),
        (
            pymysql.OperationalError(3159, "Connections using insecure transport are prohibited"),
            ["TLS connections only", "set tls to required"],
        ),
        (pymysql.OperationalError(2026, "SSL connection error"), ["did not agree on TLS", "ca_file"]),
        (
            pymysql.OperationalError(
                2003, "Can't connect ([SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed)"
            ),
            ["new.example:3307", "ertificate"],
        ),
        (pymysql.OperationalError(1040, "Too many connections"), ["max_connections", "lower workers"]),
        (
            pymysql.OperationalError(1142, "INSERT command denied to user 'admin'@'%' for table 't'"),
            ["INSERT command denied", "Grant that privilege to admin"],
        ),
        (
            pymysql.OperationalError(1044, "Access denied for user 'admin'@'%' to database 'shop'"),
            ["to database 'shop'", "Grant that privilege to admin"],
        ),
        (
            pymysql.OperationalError(1021, "Disk full (/tmp/#sql); waiting for someone to free some space"),
            ["out of disk space"],
        ),
        (pymysql.OperationalError(1114, "The table 't' is full"), ["out of disk space", "more room"]),
        (pymysql.InternalError(3, "Error writing file (OS errno 28 - No space left on device)"), ["out of disk space"]),
        (
            pymysql.OperationalError(1290, "The MySQL server is running with the --read-only option"),
            ["is read-only", "connect to the writer"],
        ),
        (
            pymysql.OperationalError(2013, "Lost connection to MySQL server during query"),
            ["was lost", "run the same command again"],
        ),
        (
            pymysql.OperationalError(2006, "MySQL server has gone away (BrokenPipeError(32, 'Broken pipe'))"),
            ["was lost", "Broken pipe"],
        ),
        (pymysql.OperationalError(4031, "The client was disconnected by the server"), ["was lost"]),
        (
            pymysql.OperationalError(1205, "Lock wait timeout exceeded; try restarting transaction"),
            ["too long for a lock", "SHOW PROCESSLIST"],
        ),
        (pymysql.DataError(1366, "Incorrect string value"), ["error 1366", "Incorrect string value"]),
    ],
)
def test_a_refusal_says_which_server_why_and_what_to_do(error, words):
    explained = explain(error, TARGET, "writing", "shop.order")
    text = one_sentence(explained)
    assert text.startswith("The target admin@new.example:3307 ")
    for word in words:
        assert word in text
    assert explained.code == str(error.args[0])
    assert explained.as_dict()["role"] == "target"


def test_what_was_being_done_is_named():
    error = pymysql.OperationalError(2013, "Lost connection to MySQL server during query")
    assert "while reading shop.order" in one_sentence(explain(error, SOURCE, "reading", "shop.order"))


@pytest.mark.parametrize("code", [1412, 1146, 1054])
def test_a_table_altered_under_the_copy_is_planned_anew(code):
    explained = explain(pymysql.ProgrammingError(code, "?"), SOURCE, "reading", "shop.order")
    assert isinstance(explained, GroupChanged)
    assert one_sentence(explained).startswith("shop.order was altered at the source")


def test_a_table_that_is_missing_at_the_target_is_no_change_of_the_source():
    error = pymysql.ProgrammingError(1146, "Table 'shop.order' doesn't exist")
    assert not isinstance(explain(error, TARGET, "writing", "shop.order"), GroupChanged)


def test_an_error_without_a_number_is_told_too():
    assert "he target" in one_sentence(explain(pymysql.InterfaceError("(0, '')"), TARGET))


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError("timed out"),
        ConnectionResetError(104, "Connection reset by peer"),
        ssl.SSLError("record layer failure"),
        socket.gaierror(-2, "Name or service not known"),
    ],
)
def test_a_broken_line_is_a_sentence_too(error):
    with pytest.raises(ReplatformError) as raised, sentences(SOURCE, "reading", "shop.order"):
        raise error
    text = one_sentence(raised.value)
    assert "The source reader@old.example:3306 was lost while reading shop.order" in text
    assert raised.value.code == type(error).__name__


def test_a_mistake_of_ours_is_not_dressed_up_as_the_servers():
    with pytest.raises(KeyError), sentences(SOURCE):
        raise KeyError("x")


def test_a_servers_password_is_not_in_its_description():
    assert PASSWORD not in f"{SOURCE} {SOURCE!r}"
