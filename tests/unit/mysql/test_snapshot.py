"""One moment of a source, by a lock where the user may take one and between writes where not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pymysql
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql import snapshot
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server
from tests.support.memory_store import Clock
from tests.support.recorded import Answer, InTurn, Recorded, refused

SERVER = Server("source", "old.example", 3306, "reader", "x")
LOCK, UNLOCK, STATUS = "FLUSH TABLES WITH READ LOCK", "UNLOCK TABLES", "SHOW BINARY LOG STATUS"
WAITED = refused(1205, "Lock wait timeout exceeded; try restarting transaction")
NO_RELOAD = refused(
    1227,
    "Access denied; you need (at least one of) the RELOAD or FLUSH_TABLES privilege(s) for this operation",
)
RDS = refused(1045, "Access denied for user 'reader'@'%' (using password: YES)")


def at(place: int) -> list[dict[str, Any]]:
    return [{"File": "binlog.000003", "Position": place, "Binlog_Do_DB": "", "Binlog_Ignore_DB": ""}]


class Source:
    """A recorded 9.x server without GTIDs, and what was done with it."""

    def __init__(self, lock: Answer, status: Answer, unlock: Answer | None = None) -> None:
        self.connection: Any = Recorded(
            {
                LOCK: lock,
                UNLOCK: [] if unlock is None else unlock,
                "SELECT @@server_uuid": [{"@@server_uuid": "u"}],
                snapshot.GTIDS: [{"gtids": ""}],
                STATUS: status,
            }
        )

    def snapshot(self) -> dict[str, Any]:
        return snapshot.consistent(self.connection, SERVER, lambda: self.connection.asked.append("open"))

    @property
    def steps(self) -> list[str]:
        return [step for step in self.connection.asked if step in (LOCK, "open", STATUS, UNLOCK)]


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> Clock:
    """The snapshot's time: it stands still but for its own sleeps."""
    stopped = Clock()

    def sleep(seconds: float) -> None:
        stopped.now += seconds

    monkeypatch.setattr(snapshot, "time", SimpleNamespace(monotonic=stopped, sleep=sleep))
    return stopped


@pytest.mark.parametrize(("lock", "attempts"), [([], 1), (InTurn(WAITED, []), 2), (InTurn(WAITED, WAITED, []), 3)])
def test_the_views_are_opened_and_placed_under_one_lock(lock, attempts):
    source = Source(lock, at(7))
    found = source.snapshot()
    assert (found["method"], found["file"], found["position"]) == ("lock", "binlog.000003", 7)
    assert source.steps == [LOCK] * attempts + ["open", STATUS, UNLOCK]


@pytest.mark.parametrize(
    ("lock", "attempts"), [(NO_RELOAD, 1), (RDS, 1), (WAITED, 3)], ids=["no RELOAD", "RDS", "busy"]
)
def test_without_a_lock_the_views_are_opened_again_until_nothing_was_committed_meanwhile(lock, attempts):
    source = Source(lock, InTurn(at(7), at(8), at(9), at(9)))
    found = source.snapshot()
    assert (found["method"], found["position"]) == ("undisturbed", 9)
    assert source.steps == [*[LOCK] * attempts, STATUS, *["open", STATUS] * 3]


def test_a_source_that_is_never_quiet_is_given_up_with_what_to_do(clock):
    begun = clock.now
    source = Source(NO_RELOAD, InTurn(*[at(place) for place in range(20_000)]))
    with pytest.raises(ReplatformError, match=r"written to all the time .* Grant RELOAD on \*\.\* to reader") as raised:
        source.snapshot()
    assert raised.value.facts["missing"] == "RELOAD"
    assert clock.now - begun == pytest.approx(snapshot.RETRY_S, abs=1)


def test_without_a_lock_and_without_a_binary_log_nobody_can_tell():
    source = Source(RDS, [])
    with pytest.raises(ReplatformError, match="lacks RELOAD, and without a binary log"):
        source.snapshot()
    assert "open" not in source.steps


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (refused(4031, "The client was disconnected by the server because of inactivity."), refused(2013, "Lost")),
        (refused(2013, "Lost connection to MySQL server during query"), pymysql.InterfaceError(0, "")),
    ],
    ids=["8.0.24", "5.7"],
)
def test_a_lock_that_the_server_ended_meanwhile_gives_no_snapshot(first, then):
    with pytest.raises(ReplatformError, match="held for more than 10 s and the server ended it; nothing was copied"):
        Source([], first, then).snapshot()


def test_another_error_is_told_and_not_taken_for_a_refused_lock():
    source = Source(refused(2013, "Lost connection to MySQL server during query"), at(7))
    with pytest.raises(ReplatformError, match="was lost while taking a snapshot"):
        source.snapshot()


def test_a_view_that_cannot_be_opened_leaves_no_lock_behind():
    source = Source([], at(7))

    def fail() -> None:
        raise ReplatformError("a worker is gone")

    with pytest.raises(ReplatformError, match="a worker is gone"):
        snapshot.consistent(source.connection, SERVER, fail)
    assert source.steps == [LOCK, UNLOCK]
