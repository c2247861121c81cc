"""Whatever ends, stalls or cuts off a switch: at most one side can be written to, and the next run finishes it."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pymysql
import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.switch.switch import STEPS
from tests.servers import Servers
from tests.support.application import Application
from tests.support.modules import Running, run_module, start_module

from .conftest import SEED
from .test_cutover import SWITCH, Shop, mysql_source, mysql_target, shop, source_root, target_root

__all__ = ["mysql_source", "mysql_target", "shop", "source_root", "target_root"]

CLOSED = STEPS[STEPS.index("disarm") + 1 :]
"""Steps before which the watchdog is gone: killed there, both sides stay closed until the next run."""
TO = {"mysql_cutover": "target", "mysql_rollback": "source"}
FROM = {"mysql_cutover": "source", "mysql_rollback": "target"}


@pytest.fixture(scope="module")
def pair(sandbox: Servers) -> Iterator[Servers]:
    servers = Servers(sandbox.folder / "cutover_faults")
    yield servers
    servers.stop()


class Crossing:
    """A verified migration, and an application that writes wherever a server lets it, trying both again and again."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.args = {**{key: shop.move.args[key] for key in SWITCH}, **shop.settings, "lease_seconds": 5}
        self.application = Application(self._either, rest_s=0.02)

    def start(self, name: str, point: str = "", **over: Any) -> Running:
        return start_module(name, {**self.args, **over}, env={"REPLATFORM_FAILPOINT": point} if point else None)

    def run(self, name: str, **over: Any) -> dict[str, Any]:
        return run_module(name, {**self.args, **over})

    def killed(self, name: str, point: str) -> None:
        running = self.start(name, point)
        running.process.communicate(timeout=60)
        assert running.process.returncode == -signal.SIGKILL, (name, point)

    def crosses(self, name: str) -> None:
        """The switch comes to its end, and the application writes at the other side."""
        result = self.run(name)
        assert not result.get("failed"), result["msg"]
        self.writes_to(TO[name])

    def writes_to(self, role: str) -> None:
        """It writes now, and does it there alone."""
        self.application.wait_for_more()
        port = self.shop.move.args[role]["port"]
        asked = time.monotonic()
        self.application.wait_for_more()
        assert {where for where, sent, _answered in self.application.writes if sent > asked} == {port}

    def proven(self, role: str, turns: int) -> None:
        """Nothing is lost or doubled, and the application went from one side to the other only so often."""
        self.shop.holds(role, self.application.acknowledged)
        assert self.application.turns() == turns

    def _either(self) -> Connection[Any]:
        first, second = random.sample(sorted(TO.values()), 2)
        try:
            return self.shop.session(first)
        except pymysql.MySQLError:
            return self.shop.session(second)


@pytest.fixture
def crossing(shop: Shop) -> Crossing:
    shop.move.at_target(f"ALTER USER {shop.user}@'%' ACCOUNT LOCK")  # who tries both must not find it before a cutover
    shop.verified()
    return Crossing(shop)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_one_side_is_open_and_the_next_run_finishes(crossing: Crossing, step: str) -> None:
    with crossing.application:
        for name in TO:
            crossing.killed(name, f"before:{step}:1")
            if step not in CLOSED:
                crossing.writes_to(FROM[name])
            crossing.crosses(name)
    crossing.proven("source", len(TO))
