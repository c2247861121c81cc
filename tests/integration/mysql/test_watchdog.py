from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psutil
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, connect, rows
from ansible_collections.replatform.aws.plugins.module_utils.mysql.journal import MysqlJournal
from ansible_collections.replatform.aws.plugins.module_utils.mysql.pause import Way, way_of
from ansible_collections.replatform.aws.plugins.module_utils.mysql.watchdog import FACT, take_over
from sandbox.mysqld import Mysqld
from tests.support.application import Shop, furnish
from tests.support.modules import ROOT, gone_after


class Rehearsal:
    """A pause under a watchdog, by tests/support/pausing.py, which the test ends as it likes."""

    def __init__(self, shop: Shop, target: dict[str, Any]) -> None:
        self.shop, self.target = shop, Server.of("target", {**target, "ca": None})
        self.journal_schema = f"{shop.schema}_journal"
        self.binlog = rows(shop.root, "SHOW BINARY LOG STATUS")[0][:2]
        self.started: list[psutil.Process] = []

    def begin(self, *, env: dict[str, str] | None = None, **job: float) -> None:
        self.controller = subprocess.Popen(
            [sys.executable, "-m", "tests.support.pausing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            text=True,
        )
        self.started.append(psutil.Process(self.controller.pid))
        given = {
            "source": self.shop.server.as_dict(),
            "target": self.target.as_dict(),
            "schemas": [self.shop.schema],
            "job": {"journal_schema": self.journal_schema, "migration": "shop", **job},
        }
        self.say(json.dumps(given))

    def paused(self) -> None:
        """Returns once the controller has paused the source."""
        self.dog = psutil.Process(int(self.heard().partition(" ")[2]))
        self.started.append(self.dog)
        assert self.way().paused()

    def say(self, line: str) -> None:
        if self.controller.stdin:
            self.controller.stdin.write(line + "\n")
            self.controller.stdin.flush()

    def heard(self) -> str:
        return self.controller.stdout.readline().strip() if self.controller.stdout else ""

    def way(self) -> Way:
        """The pause as the next run finds it in the journal."""
        return way_of(self.shop.server, connect(self.shop.server), self.facts()["pause"])

    def facts(self) -> dict[str, Any]:
        with closing(self.journal()) as journal:
            return journal.found().facts

    def journal(self) -> MysqlJournal:
        return MysqlJournal(self.target, self.journal_schema, "shop")

    def until_noted(self) -> dict[str, Any]:
        """What the watchdog left in the journal."""
        deadline = time.monotonic() + 20
        while FACT not in (facts := self.facts()) and time.monotonic() < deadline:
            time.sleep(0.05)
        found: dict[str, Any] = facts[FACT]
        return found

    def resumed(self) -> int:
        """How many times the source has been made writable again, by its binary log."""
        file, position = self.binlog
        events = rows(self.shop.root, f"SHOW BINLOG EVENTS IN '{file}' FROM {position}")
        return sum(f"`{self.shop.schema}` READ ONLY = 0" in str(event[5]) for event in events)

    def end(self) -> None:
        for process in self.started:
            if process.is_running():
                process.kill()
        self.controller.communicate()


@pytest.fixture
def rehearsal(shop: Shop, mysql_target: dict[str, Any]) -> Iterator[Rehearsal]:
    begun = Rehearsal(shop, mysql_target)
    yield begun
    begun.end()


def test_a_killed_controller_leaves_a_source_that_is_made_writable_exactly_once(rehearsal: Rehearsal) -> None:
    rehearsal.begin()
    rehearsal.paused()
    rehearsal.controller.kill()
    noted = rehearsal.until_noted()
    assert (noted["event"], noted["why"], noted["error"]) == ("resumed", "the run has ended", "")
    assert not rehearsal.way().paused()
    rehearsal.way().resume()
    assert rehearsal.resumed() == 1
    with rehearsal.shop.application() as application:
        application.wait_for_more()


def test_a_controller_that_is_killed_while_it_pauses_leaves_a_writable_source_too(rehearsal: Rehearsal) -> None:
    rehearsal.begin(env={"REPLATFORM_FAILPOINT": "within:pause:1"})
    assert rehearsal.heard() == ""
    assert rehearsal.until_noted()["event"] == "resumed"
    assert (rehearsal.way().paused(), rehearsal.resumed()) == (False, 1)


@pytest.mark.parametrize(
    ("job", "why"),
    [
        ({"silence_s": 1}, "the run was silent for 1 s"),
        ({"silence_s": 60, "longest_s": 1}, "the run had paused the source for 1 s"),
    ],
    ids=["silent", "slow"],
)
def test_a_controller_that_sleeps_is_not_waited_for_and_learns_of_it(
    rehearsal: Rehearsal, job: dict[str, Any], why: str
) -> None:
    rehearsal.begin(**job)
    rehearsal.paused()
    if "longest_s" not in job:
        rehearsal.controller.send_signal(signal.SIGSTOP)
    noted = rehearsal.until_noted()
    assert (noted["event"], noted["why"]) == ("resumed", why)
    rehearsal.controller.send_signal(signal.SIGCONT)
    rehearsal.say("disarm")
    assert rehearsal.heard() == "NotGuarded"
    assert (rehearsal.way().paused(), rehearsal.resumed()) == (False, 1)


@pytest.mark.parametrize("stopped", [False, True], ids=["awake", "stopped"])
def test_a_disarmed_watchdog_is_gone_and_the_pause_stays(rehearsal: Rehearsal, stopped: bool) -> None:
    rehearsal.begin(silence_s=60 if stopped else 1)
    rehearsal.paused()
    if stopped:
        rehearsal.dog.suspend()
    rehearsal.say("disarm")
    assert rehearsal.heard() == "disarmed"
    assert gone_after([rehearsal.dog], 0.1) == []
    rehearsal.controller.wait()
    time.sleep(1.2)
    assert (rehearsal.way().paused(), rehearsal.resumed()) == (True, 0)
    assert FACT not in rehearsal.facts()


def test_the_next_run_resumes_from_the_journal_when_controller_and_watchdog_died(rehearsal: Rehearsal) -> None:
    rehearsal.begin()
    rehearsal.paused()
    rehearsal.dog.kill()
    rehearsal.controller.kill()
    rehearsal.way().resume()
    assert (rehearsal.way().paused(), rehearsal.resumed()) == (False, 1)


def test_a_watchdog_that_slept_through_the_next_run_leaves_that_runs_pause_alone(rehearsal: Rehearsal) -> None:
    rehearsal.begin()
    rehearsal.paused()
    rehearsal.dog.suspend()
    rehearsal.controller.kill()
    here = connect(rehearsal.shop.server)
    with closing(rehearsal.journal()) as journal, here:
        rehearsal.controller.wait()
        with closing(rehearsal.journal()) as expired:
            expired.epoch = expired.found().epoch
            expired.finish("following", {})
        journal.take(source="a test's", lease_s=60)
        take_over(here, journal, rehearsal.shop.server)
        rehearsal.dog.resume()
        assert gone_after([rehearsal.dog], 20) == []
    assert FACT not in rehearsal.facts()
    assert (rehearsal.way().paused(), rehearsal.resumed()) == (True, 0)


def test_a_source_that_was_away_is_made_writable_when_it_is_back(
    mysqld: Callable[..., Mysqld], mysql_target: dict[str, Any], schema: str
) -> None:
    server = mysqld()
    furnish(server.connect(), schema)
    begun = Rehearsal(Shop(Server.of("source", server.endpoint()), schema, server.connect()), mysql_target)
    # The best way of root is gone with a restart; the next best one is not.
    with begun.shop.root.cursor() as cursor:
        cursor.execute("CREATE USER doadmin@'%' IDENTIFIED BY 'doadmin-7d1e'")
        cursor.execute("GRANT ALL ON *.* TO doadmin@'%'")
        cursor.execute("REVOKE SUPER, SYSTEM_VARIABLES_ADMIN ON *.* FROM doadmin@'%'")
    begun.shop.server = Server("source", begun.shop.server.host, server.port, "doadmin", "doadmin-7d1e")
    begun.begin()
    begun.paused()
    server.kill()
    begun.controller.kill()
    server.start()
    assert begun.until_noted()["event"] == "resumed"
    assert not begun.way().paused()
    begun.end()
