"""Findings as data and as a table, and what a replica's error means."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.assess.finding import (
    ERROR,
    INFO,
    WARNING,
    Finding,
    counts,
    lines,
    listed,
    ordered,
)
from ansible_collections.replatform.aws.plugins.module_utils.mysql.assess.reach import explained
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server

FINDINGS = [
    Finding("b", INFO, "source", "So it is."),
    Finding("c", WARNING, "table shop." + "x" * 200, "word " * 60, "ALTER TABLE " + "y" * 150),
    Finding("a", ERROR, "target", "It is not there.", "SET GLOBAL a = 1"),
]


def test_the_worst_comes_first_and_no_line_is_wider_than_100():
    table = lines(ordered(FINDINGS))
    assert [line.split()[0] for line in table if line[:1].strip()] == ["severity", "error", "warning", "info", "1"]
    assert max(map(len, table)) <= 100
    assert table[-1] == "1 error, 1 warning, 1 info"
    assert "         Fix: SET GLOBAL a = 1" in table
    assert counts(FINDINGS) == {"error": 1, "warning": 1, "info": 1}


def test_long_lists_are_counted():
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(9)]) == "0, 1, 2, 3, 4 and 4 more"


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        (13114, "Got fatal error 1236 from source when reading data: 'Could not find ...'", "target-to-source"),
        (1236, "Got fatal error 1236 from master when reading data: 'Could not find ...'", "target-to-source"),
        (1045, "Error connecting to source 'r@h:3306'. Message: Access denied for user 'r'@'h'", "replication-login"),
        (1597, "COM_REGISTER_REPLICA failed: Access denied for user 'r'@'%' (Errno: 1045)", "replication-login"),
        (2061, "Error connecting to source. Message: Authentication requires secure connection.", "replication-tls"),
        (2026, "Error connecting to source. Message: SSL connection error: protocol version", "replication-tls"),
        (2003, "Error. Message: Can't connect to MySQL server on 'h:3306' (110)", "replication-unreachable"),
        (0, "", "replication-unreachable"),
        (13117, "The replica IO thread stops because source and replica have equal server ids", "replication-refused"),
    ],
)
def test_a_receivers_error_has_a_name_and_a_fix(code: int, text: str, name: str) -> None:
    finding = explained(Server("source", "h", 3306, "r", "secret"), code, text)
    assert finding.id == name
    assert "secret" not in str(finding).replace("secure", "")
    assert finding.fix or finding.id in ("target-to-source", "replication-refused")
