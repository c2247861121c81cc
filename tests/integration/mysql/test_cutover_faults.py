"""Whatever ends, stalls or cuts off a switch: at most one side can be written to, and the next run finishes it."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psutil
import pymysql
import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import rows
from ansible_collections.replatform.aws.plugins.module_utils.mysql.replication.account import account_name
from ansible_collections.replatform.aws.plugins.module_utils.mysql.switch.switch import STEPS
from sandbox.mysqld import Mysqld
from sandbox.parts.mysql_source import MysqlSource
from sandbox.parts.mysql_target import MysqlTarget
from tests.servers import Servers
from tests.support.application import Application
from tests.support.modules import Running, run_module, start_module
from tests.support.proxy import Proxy

from .conftest import Move
from .test_cutover import SWITCH, Shop, made, mysql_source, mysql_target, owned, shop, source_root, target_root

__all__ = ["mysql_source", "mysql_target", "shop", "source_root", "target_root"]

STILL = {"mysql_cutover": "verified", "mysql_rollback": "switched"}
"""The phase until the other side opens."""
CLOSED = STEPS[STEPS.index("disarm") + 1 :]
"""Steps before which the watchdog is gone: killed there, the side that was left stays closed."""
TO = {"mysql_cutover": "target", "mysql_rollback": "source"}
FROM = {"mysql_cutover": "source", "mysql_rollback": "target"}


@pytest.fixture(scope="module")
def pair(sandbox: Servers) -> Iterator[Servers]:
    servers = Servers(sandbox.folder / "cutover_faults")
    yield servers
    servers.stop()


class Crossing:
    """A verified migration, and an application that writes wherever a server lets it, trying both again and again."""

    def __init__(self, shop: Shop, pair: Servers, keep: Callable[[Connection[Any]], Connection[Any]]) -> None:
        self.shop, self.pair, self.keep = shop, pair, keep
        self.args = {**{key: shop.move.args[key] for key in SWITCH}, **shop.settings, "lease_seconds": 5}
        self.application = Application(self._either, rest_s=0.05)

    def start(self, name: str, point: str = "", **over: Any) -> Running:
        return start_module(name, {**self.args, **over}, env={"REPLATFORM_FAILPOINT": point} if point else None)

    def run(self, name: str, **over: Any) -> dict[str, Any]:
        return run_module(name, {**self.args, **over})

    def stopped(self, name: str, step: str, **over: Any) -> Running:
        """A switch that sleeps before a step, as a frozen virtual machine does."""
        running = self.start(name, f"SIGSTOP@before:{step}:1", **over)
        while psutil.Process(running.process.pid).status() != psutil.STATUS_STOPPED:
            assert running.process.poll() is None, running.result()
            time.sleep(0.02)
        return running

    def killed(self, name: str, point: str) -> None:
        running = self.start(name, point)
        out, _err = running.process.communicate(timeout=60)
        assert running.process.returncode == -signal.SIGKILL, (name, point, out)

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

    def server(self, role: str) -> Mysqld:
        part = {"source": MysqlSource, "target": MysqlTarget}[role]
        return part(self.pair.sandbox.state).server

    def _either(self) -> Connection[Any]:
        first, second = random.sample(sorted(TO.values()), 2)
        try:
            return self.shop.session(first)
        except pymysql.MySQLError:
            return self.shop.session(second)


@pytest.fixture
def crossing(shop: Shop, pair: Servers, connections: Callable[[Connection[Any]], Connection[Any]]) -> Crossing:
    shop.move.at_target(f"ALTER USER {shop.user}@'%' ACCOUNT LOCK")  # who tries both must not find it before a cutover
    shop.verified()
    return Crossing(shop, pair, connections)


def test_killed_at_every_step_in_turn_one_side_is_open_and_the_next_run_goes_on(crossing: Crossing) -> None:
    with crossing.application:
        for name in TO:
            for step in STEPS:
                crossing.killed(name, f"before:{step}:1")
                if step not in CLOSED:
                    crossing.writes_to(FROM[name])
            crossing.crosses(name)
    crossing.proven("source", len(TO))


@pytest.mark.soak
def test_killed_at_every_step_with_a_source_that_may_be_a_replica(
    move: Move, pair: Servers, mysqld: Callable[..., Mysqld], connections: Callable[..., Any]
) -> None:
    with made(owned(move, mysqld, connections)) as shop:
        shop.verified()
        shop.move.at_target(f"ALTER USER {shop.user}@'%' ACCOUNT LOCK")
        crossing = Crossing(shop, pair, connections)
        with crossing.application:
            for name in TO:
                for step in STEPS:
                    crossing.killed(name, f"before:{step}:1")
                    if step not in CLOSED:
                        crossing.writes_to(FROM[name])
                crossing.crosses(name)
            assert rows(move.source, "SHOW REPLICA STATUS") == []
        crossing.proven("source", len(TO))


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_one_side_is_open_and_the_next_run_finishes(crossing: Crossing, when: str, step: str) -> None:
    with crossing.application:
        for name in TO:
            crossing.killed(name, f"{when}:{step}:1")
            if step not in CLOSED and (when, step) != ("after", "disarm"):
                crossing.writes_to(FROM[name])
            crossing.crosses(name)
    crossing.proven("source", len(TO))


@pytest.mark.parametrize("step", ["reach", pytest.param("arm", marks=pytest.mark.soak)])
def test_a_run_that_sleeps_in_the_pause_wakes_to_a_source_that_is_open(crossing: Crossing, step: str) -> None:
    with crossing.application:
        running = crossing.stopped("mysql_cutover", step)
        crossing.writes_to("source")
        running.signal(signal.SIGCONT)
        assert "The watchdog guards no longer" in running.result()["msg"]
        crossing.writes_to("source")
        crossing.crosses("mysql_cutover")
    crossing.proven("target", 1)


@pytest.mark.parametrize(
    "step", ["open_up", *(pytest.param(step, marks=pytest.mark.soak) for step in ("announce", "settle"))]
)
def test_a_run_that_slept_through_later_ones_opens_nothing_when_it_wakes(crossing: Crossing, step: str) -> None:
    with crossing.application:
        crossing.crosses("mysql_cutover")
        running = crossing.stopped("mysql_rollback", step)
        time.sleep(crossing.args["lease_seconds"] + 1)
        crossing.crosses("mysql_rollback")
        crossing.shop.verified()
        crossing.crosses("mysql_cutover")
        running.signal(signal.SIGCONT)
        assert running.result().get("failed")
        crossing.shop.shut("source")
        crossing.writes_to("target")
    crossing.proven("target", 3)


@contextmanager
def dies(crossing: Crossing, role: str) -> Iterator[AbstractContextManager[None]]:
    """The server, as by a power cut; it is started again once the run has ended."""
    server = crossing.server(role)

    @contextmanager
    def during() -> Iterator[None]:
        server.kill()
        try:
            yield
        finally:
            server.start()
            root = crossing.keep(server.connect(autocommit=True))
            setattr(crossing.shop.move, role, root)
            with root.cursor() as cursor:  # set while it ran, as the shop's triggers need it
                cursor.execute("SET GLOBAL log_bin_trust_function_creators = 1")

    yield during()


@contextmanager
def cut(crossing: Crossing, role: str, seconds: float = 2) -> Iterator[AbstractContextManager[None]]:
    """The network between the run, with its watchdog, and a server."""
    direct = crossing.args[role]
    proxy = Proxy(direct["port"])
    crossing.args[role] = {**direct, "port": proxy.port}

    @contextmanager
    def during() -> Iterator[None]:
        with proxy.cut():
            yield
            time.sleep(seconds)

    yield during()
    crossing.args[role] = direct
    proxy.close()


@contextmanager
def cut_long(crossing: Crossing, role: str) -> Iterator[AbstractContextManager[None]]:
    with cut(crossing, role, 30) as during:
        yield during


@contextmanager
def expires(crossing: Crossing, role: str) -> Iterator[AbstractContextManager[None]]:
    """The password of the account that the run logs in with."""
    login = crossing.args[role]
    root = crossing.shop.root(role)

    def password(given: str) -> None:
        with root.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            cursor.execute(f"ALTER USER {login['username']}@'%%' IDENTIFIED BY %s", (given,))
            cursor.execute("SET SESSION sql_log_bin = 1")

    @contextmanager
    def during() -> Iterator[None]:
        password("another-1b7c")
        try:
            yield
        finally:
            password(login["password"])

    yield during()


FAULTS = [
    ("mysql_cutover", "reach", dies, "target"),
    ("mysql_cutover", "open_up", dies, "target"),
    ("mysql_cutover", "reach", cut, "source"),
    ("mysql_cutover", "arm", expires, "source"),
    ("mysql_rollback", "reach", cut, "target"),
]
RARER = [
    (name, step, fault, role)
    for name in ("mysql_cutover", "mysql_rollback")
    for step in ("guard", "stop_writes", "reach", "close", "arm", "announce", "shut", "open_up", "settle")
    for fault in (dies, cut, cut_long, expires)
    for role in ("source", "target")
    if (name, step, fault, role) not in FAULTS
]


@pytest.mark.parametrize(
    ("name", "step", "fault", "role"), [*FAULTS, *(pytest.param(*row, marks=pytest.mark.soak) for row in RARER)]
)
def test_what_fails_in_mid_switch_loses_nothing(
    crossing: Crossing, name: str, step: str, fault: Callable[..., Any], role: str
) -> None:
    with crossing.application:
        if name == "mysql_rollback":
            crossing.crosses("mysql_cutover")
        with fault(crossing, role) as during:
            running = crossing.stopped(name, step)
            with during:
                running.signal(signal.SIGCONT)
                result = running.result()
            assert "Traceback" not in str(result)
            if result.get("failed") and crossing.shop.move.info()[0]["phase"] == STILL[name]:
                crossing.writes_to(FROM[name])
        crossing.crosses(name)
    crossing.proven(TO[name], 1 if name == "mysql_cutover" else 2)


@contextmanager
def unplugged(crossing: Crossing, seconds: float = 2) -> Iterator[str]:
    """The network between the target and its source, for a while in which nobody runs anything."""
    move = crossing.shop.move
    proxy = Proxy(move.args["source"]["port"])
    move.at_target("STOP REPLICA", f"CHANGE REPLICATION SOURCE TO SOURCE_PORT = {proxy.port}", "START REPLICA")
    with proxy.cut():
        time.sleep(seconds)
    yield ""
    move.at_target("STOP REPLICA", f"CHANGE REPLICATION SOURCE TO SOURCE_PORT = {move.args['source']['port']}")
    proxy.close()


@contextmanager
def unplugged_long(crossing: Crossing) -> Iterator[str]:
    with unplugged(crossing, 30) as words:
        yield words


@contextmanager
def source_dead(crossing: Crossing) -> Iterator[str]:
    with dies(crossing, "source") as during, during:
        yield "The source doadmin@"


@contextmanager
def target_dead(crossing: Crossing) -> Iterator[str]:
    with dies(crossing, "target") as during, during:
        yield "The target admin@"


def at_source(move: Move, statement: str) -> None:
    """Not replicated."""
    with move.source.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(statement)
        cursor.execute("SET SESSION sql_log_bin = 1")


@contextmanager
def account_locked(crossing: Crossing) -> Iterator[str]:
    """The account that the target replicates as, and its session ended."""
    move = crossing.shop.move
    name = account_name(move.schema)
    at_source(move, f"ALTER USER {name}@'%' ACCOUNT LOCK")
    for (number,) in rows(move.source, "SELECT id FROM information_schema.processlist WHERE user = %s", (name,)):
        at_source(move, f"KILL {number}")
    yield "refuses the target's login"
    at_source(move, f"ALTER USER {name}@'%' ACCOUNT UNLOCK")


@pytest.mark.parametrize(
    "fault",
    [source_dead, target_dead, account_locked, unplugged, pytest.param(unplugged_long, marks=pytest.mark.soak)],
)
def test_what_fails_while_the_target_follows_is_told_and_followed_on_from(
    crossing: Crossing, fault: Callable[[Crossing], AbstractContextManager[str]]
) -> None:
    with crossing.application:
        with fault(crossing) as words:
            told = crossing.shop.move.follow()
            assert bool(told.get("failed")) == bool(words), told
            assert words in told.get("msg", "")
            assert "Traceback" not in str(told)
        crossing.writes_to("source")
        crossing.shop.verified()
        crossing.crosses("mysql_cutover")
    crossing.proven("target", 1)


@pytest.mark.parametrize("role", ["source", pytest.param("target", marks=pytest.mark.soak)])
def test_a_server_that_dies_while_both_are_compared_is_told_and_compared_again(crossing: Crossing, role: str) -> None:
    move = crossing.shop.move
    with crossing.application:
        args = {key: given for key, given in move.args.items() if key != "definers"}
        with dies(crossing, role) as during:
            running = start_module("mysql_verify", args, env={"REPLATFORM_FAILPOINT": "SIGSTOP@within:met:1"})
            while psutil.Process(running.process.pid).status() != psutil.STATUS_STOPPED:
                assert running.process.poll() is None, running.result()
                time.sleep(0.02)
            with during:
                running.signal(signal.SIGCONT)
                told = running.result()
        assert told["failed"]
        assert f"The {role} " in told["msg"]
        assert "Traceback" not in str(told)
        crossing.writes_to("source")
        crossing.shop.verified()
        crossing.crosses("mysql_cutover")
    crossing.proven("target", 1)


def test_two_operators_switch_at_once(crossing: Crossing) -> None:
    with crossing.application:
        results = [running.result() for running in [crossing.start("mysql_cutover") for _ in range(2)]]
        crossing.writes_to("target")
    told = [result["msg"] for result in results if result.get("failed")]
    assert [result["changed"] for result in results if not result.get("failed")].count(True) == 1
    assert all("is being run by" in text or "has just started" in text for text in told), told
    crossing.proven("target", 1)


def test_a_row_written_at_the_target_blocks_the_switch_until_it_is_mended(crossing: Crossing) -> None:
    move = crossing.shop.move
    with crossing.application:
        move.at_target(f"INSERT INTO {move.schema}.customers VALUES (100, 'by hand')")
        move.fill("INSERT INTO customers VALUES (100, 'by the shop')")
        refused = crossing.run("mysql_cutover")
        assert "[broken] The target cannot apply" in refused["msg"], refused["msg"]
        assert "repair: [recopy]" in refused["msg"]
        crossing.writes_to("source")
        assert not move.follow(repair=["recopy"]).get("failed")
        crossing.shop.verified()
        crossing.crosses("mysql_cutover")
    crossing.proven("target", 1)
    assert rows(move.target, f"SELECT name FROM {move.schema}.customers WHERE id = 100") == [("by the shop",)]
