from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.journal import same_position

GTIDS = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77"
BINLOG = {"server": "a", "file": "binlog.000004", "position": 157, "gtid_executed": ""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"gtid_executed": GTIDS}, {"gtid_executed": GTIDS}),
        (BINLOG, BINLOG),
        # Rotating the log or failing over to a replica changes no row.
        (
            {**BINLOG, "gtid_executed": GTIDS},
            {**BINLOG, "gtid_executed": GTIDS, "file": "binlog.000005", "position": 4},
        ),
        ({**BINLOG, "gtid_executed": GTIDS}, {**BINLOG, "gtid_executed": GTIDS, "server": "b"}),
    ],
)
def test_nothing_was_committed_in_between(one, other):
    assert same_position(one, other)
    assert same_position(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"gtid_executed": GTIDS}, {"gtid_executed": GTIDS[:-1] + "8"}),
        ({"gtid_executed": GTIDS}, {"gtid_executed": ""}),
        ({**BINLOG, "gtid_executed": GTIDS}, BINLOG),
        (BINLOG, {**BINLOG, "position": 158}),
        (BINLOG, {**BINLOG, "file": "binlog.000005"}),
        (BINLOG, {**BINLOG, "server": "b"}),
        (BINLOG, {}),
    ],
)
def test_something_was_or_may_have_been_committed_in_between(one, other):
    assert not same_position(one, other)
    assert not same_position(other, one)


@pytest.mark.parametrize("position", [{}, {"server": "a"}, {"server": "a", "file": "", "position": 0}])
def test_a_source_without_a_binary_log_is_never_taken_for_unchanged(position):
    assert not same_position(position, position)
