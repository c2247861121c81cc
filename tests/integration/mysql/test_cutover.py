"""An application that never stops writing is switched to the target, back, and over again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import rows, value
from ansible_collections.replatform.aws.plugins.module_utils.mysql.replication.account import account_name
from sandbox import mysqld as sandbox_mysqld
from sandbox.mysqld import Mysqld
from tests.servers import Servers
from tests.support.application import PASSWORD, Application
from tests.support.modules import run_module, start_module

from .conftest import Move

TABLES = (
    "CREATE TABLE written (id BIGINT PRIMARY KEY)",
    "CREATE TABLE customers (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40))",
    """CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT,
    CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE)""",
    "CREATE TABLE log (n BIGINT)",
    """CREATE DEFINER = {user}@`%` TRIGGER logged AFTER INSERT ON written FOR EACH ROW
    INSERT INTO log VALUES (NEW.id)""",
    """CREATE DEFINER = {user}@`%` EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 03:00:00'
    DO DELETE FROM log WHERE n < 0""",
    "INSERT INTO customers (name) VALUES ('Ada'), ('Grace'), ('Edsger')",
    "INSERT INTO orders (customer) VALUES (1), (1), (2), (3)",
    "ANALYZE TABLE written, customers, orders, log",
)
SWITCH = ("name", "source", "target", "schemas", "journal_schema")


@dataclass
class Shop:
    """A migration that follows its source and was compared, and the application, which logs in where it is led to."""

    move: Move
    role: str = "source"
    settings: dict[str, Any] = field(default_factory=lambda: {"accept": ["parameters"]})

    @property
    def user(self) -> str:
        return self.move.schema

    def session(self, role: str = "", **options: Any) -> Connection[Any]:
        end = self.move.args[role or self.role]
        login = {"host": end["host"], "port": end["port"], "username": self.user, "password": PASSWORD}
        return sandbox_mysqld.connect(login, database=self.move.schema, **options)

    def application(self) -> Application:
        return Application(self.session, rest_s=0.03)

    def run(self, name: str, *, check: bool = False, **over: Any) -> dict[str, Any]:
        given = {key: self.move.args[key] for key in SWITCH}
        more = {} if name == "mysql_complete" else self.settings
        return run_module(name, {**given, **more, **over}, check=check)

    def accounts(self) -> dict[str, Any]:
        given = {key: self.move.args[key] for key in ("source", "target", "schemas")}
        return run_module("mysql_accounts", given)

    def switch(self, name: str, to: str, **over: Any) -> dict[str, Any]:
        """The module, and the application led to the other side after it."""
        result = self.run(name, **over)
        assert not result.get("failed"), result["msg"]
        self.role = to
        return result

    def verified(self) -> dict[str, Any]:
        for name in ("follow", "verify"):
            result = getattr(self.move, name)()
            assert not result.get("failed"), result["msg"]
        return result

    def root(self, role: str) -> Connection[Any]:
        return self.move.source if role == "source" else self.move.target

    def holds(self, role: str, acknowledged: set[int]) -> None:
        """Every acknowledged row is there, and what its trigger did, once."""
        sql = f"SELECT id FROM {self.move.schema}.written"
        assert acknowledged - {row for (row,) in rows(self.root(role), sql)} == set()
        doubled = f"SELECT n FROM {self.move.schema}.log GROUP BY n HAVING COUNT(*) <> 1"
        assert rows(self.root(role), doubled) == []
        counts = (
            f"SELECT (SELECT COUNT(*) FROM {self.move.schema}.log), (SELECT COUNT(*) FROM {self.move.schema}.written)"
        )
        assert len(set(rows(self.root(role), counts)[0])) == 1

    def shut(self, role: str) -> None:
        """Nobody of the application gets in."""
        with pytest.raises(pymysql.MySQLError) as refused:
            self.session(role)
        assert refused.value.args[0] == 3118
        sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = %s"
        assert value(self.root(role), sql, (self.user,)) == 0

    def moments(self) -> tuple[str, ...]:
        """What every write to either server, or to the journal, would change."""
        return tuple(str(value(self.root(role), "SELECT @@GLOBAL.gtid_executed")) for role in ("source", "target"))


@pytest.fixture(scope="module")
def pair(sandbox: Servers) -> Iterator[Servers]:
    servers = Servers(sandbox.folder / "cutover")
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def mysql_source(pair: Servers) -> dict[str, Any]:
    return pair.endpoint("mysql_source")


@pytest.fixture(scope="module")
def mysql_target(pair: Servers) -> dict[str, Any]:
    return pair.endpoint("mysql_target")


@pytest.fixture
def source_root(pair: Servers, connections: Callable[..., Any]) -> Callable[..., Connection[Any]]:
    return lambda **options: connections(pair.connect("mysql_source", root=True, **options))


@pytest.fixture
def target_root(pair: Servers, connections: Callable[..., Any]) -> Callable[..., Connection[Any]]:
    return lambda **options: connections(pair.connect("mysql_target", root=True, **options))


@pytest.fixture
def shop(move: Move) -> Iterator[Shop]:
    with made(move) as shop:
        yield shop


@contextmanager
def made(move: Move) -> Iterator[Shop]:
    with move.source.cursor() as cursor:
        cursor.execute(f"CREATE USER {move.schema}@'%%' IDENTIFIED BY %s", (PASSWORD,))
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER, EVENT ON {move.schema}.* TO {move.schema}@'%'")
    move.args |= {"definers": "rewrite", "workers": 1}
    move.fill(*(statement.replace("{user}", move.schema) for statement in TABLES))
    shop = Shop(move)
    for result in (move.copy(), shop.accounts()):
        assert not result.get("failed"), result["msg"]
    try:
        yield shop
    finally:
        for root in (move.source, move.target):
            with root.cursor() as cursor:
                cursor.execute("STOP REPLICA")
                cursor.execute("RESET REPLICA ALL")
                cursor.execute(f"DROP USER IF EXISTS {move.schema}@'%'")


def test_the_application_is_switched_over_and_back_and_over_and_loses_nothing(shop: Shop) -> None:
    logins = root_logins(shop)
    with shop.application() as application:
        shop.verified()
        result = shop.switch("mysql_cutover", "target")
        assert (result["phase"], result["way"], result["reverse"]) == ("switched", "read_only_schemas", "applier")
        assert result["switch"]["pause_ms"] > 0
        application.wait_for_more()
        shop.shut("source")
        assert shop.run("mysql_cutover")["changed"] is False
        result = shop.switch("mysql_rollback", "source")
        assert (result["phase"], result["switch"]["direction"]) == ("following", "rollback")
        application.wait_for_more()
        shop.shut("target")
        assert shop.run("mysql_rollback")["changed"] is False
        shop.holds("source", set(application.acknowledged))
        shop.verified()
        shop.switch("mysql_cutover", "target")
        application.wait_for_more()
    shop.holds("target", application.acknowledged)
    shop.shut("source")
    refused = shop.run("mysql_complete")
    assert "the only other copy" in refused["msg"]
    assert shop.run("mysql_complete", backup="rds:shop")["phase"] == "completed"
    assert shop.run("mysql_complete", backup="rds:shop")["changed"] is False
    assert shop.run("mysql_cutover")["changed"] is False
    assert "its way back was taken down" in shop.run("mysql_rollback")["msg"]
    nothing_left(shop)
    assert root_logins(shop) == logins


def root_logins(shop: Shop) -> list[int]:
    """How often anybody has logged in as root: no step of a migration does."""
    sql = "SELECT SUM(total_connections) FROM performance_schema.accounts WHERE user = 'root'"
    return [int(value(shop.root(role), sql)) for role in ("source", "target")]


def nothing_left(shop: Shop) -> None:
    for role in ("source", "target"):
        root = shop.root(role)
        assert rows(root, "SHOW REPLICA STATUS") == []
        assert rows(root, "SELECT user FROM mysql.user WHERE user = %s", (account_name(shop.move.schema),)) == []
    made = "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE %s"
    assert rows(shop.root("source"), made, (f"{shop.move.schema}_journal%",)) == []
    triggers = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = %s"
    assert rows(shop.root("source"), triggers, (shop.move.schema,)) == [("logged",)]


def test_check_mode_tells_every_step_and_writes_nothing(shop: Shop) -> None:
    before = shop.moments()
    for result in (shop.move.copy(check=True), shop.move.follow(check=True), shop.run("mysql_cutover", check=True)):
        assert not result.get("failed"), result["msg"]
    assert shop.moments() == before
    shop.verified()
    before = shop.moments()
    planned = shop.run("mysql_cutover", check=True)
    assert (planned["changed"], planned["blockers"], planned["phase"]) == (True, [], "verified")
    assert [action.partition(":")[0] for action in planned["actions"]][:4] == [
        "catch_up",
        "hold",
        "guard",
        "stop_writes",
    ]
    assert planned["way"] == "read_only_schemas"
    assert {way["name"]: way["possible"] for way in planned["ways"]}["super_read_only"] is False
    assert shop.moments() == before
    shop.switch("mysql_cutover", "target")
    before = shop.moments()
    assert shop.run("mysql_rollback", check=True)["changed"] is True
    assert shop.run("mysql_complete", check=True, backup="b")["changed"] is True
    assert shop.moments() == before
    for refused in (shop.move.copy(), shop.move.follow(), shop.move.verify()):
        assert "the application writes to the target" in refused["msg"]
    shop.switch("mysql_rollback", "source")


@pytest.mark.parametrize(
    ("hinder", "id_", "words"),
    [
        ("BEGIN; INSERT INTO customers (name) VALUES ('x')", "transactions", "has had a transaction or a lock open"),
        ("LOCK TABLES customers READ", "transactions", "has had a transaction or a lock open"),
    ],
    ids=["transaction", "lock"],
)
def test_what_a_pause_would_wait_for_is_told_with_its_holder(shop: Shop, hinder: str, id_: str, words: str) -> None:
    shop.verified()
    with shop.root("source").cursor() as cursor:
        cursor.execute(f"USE {shop.move.schema}")
        for statement in hinder.split("; "):
            cursor.execute(statement)
        try:
            refused = shop.run("mysql_cutover", transaction_seconds=0)
            late = shop.run("mysql_cutover", transaction_seconds=3600, pause_timeout=1)
        finally:
            cursor.execute("UNLOCK TABLES")
            cursor.execute("ROLLBACK")
    assert [each["id"] for each in refused["blockers"]] == [id_]
    assert words in refused["msg"]
    assert late["error"]["code"] == "PauseTimeout"
    with shop.application() as application:
        application.wait_for_more()


def test_a_migration_that_is_not_ready_is_not_switched(shop: Shop) -> None:
    assert "cannot be switched yet" in shop.run("mysql_cutover")["msg"]
    assert "was not switched" in shop.run("mysql_rollback")["msg"]
    assert "not switched" in shop.run("mysql_complete", backup="b")["msg"]
    planned = shop.run("mysql_cutover", check=True)
    assert [each["id"] for each in planned["blockers"]] == ["verify"]
    assert not shop.move.follow().get("failed")
    assert [each["id"] for each in shop.run("mysql_cutover")["blockers"]] == ["verify"]
    shop.verified()
    assert [each["id"] for each in shop.run("mysql_cutover", verify_age=0)["blockers"]] == ["verify"]
    shop.move.at_target(f"DROP USER {shop.user}@'%'")
    assert [each["id"] for each in shop.run("mysql_cutover")["blockers"]] == ["accounts"]


def test_a_hold_file_keeps_everything_ready_and_nothing_paused(shop: Shop, tmp_path: Path) -> None:
    shop.verified()
    hold = tmp_path / "hold"
    hold.touch()
    given = {key: shop.move.args[key] for key in SWITCH}
    with shop.application() as application:
        running = start_module("mysql_cutover", {**given, **shop.settings, "hold_file": str(hold)})
        application.wait_for_more()
        while shop.move.info()[0]["running"] is False:
            time.sleep(0.05)
        application.wait_for_more()
        hold.unlink()
        assert running.result()["phase"] == "switched"
        shop.role = "target"
        application.wait_for_more()
    shop.holds("target", application.acknowledged)


def test_the_way_back_begins_where_log_and_gtid_set_agree(shop: Shop) -> None:
    """A commit takes a tenth of a second between its place in the log and its name in the GTID set."""
    shop.verified()
    shop.move.at_target("SET GLOBAL binlog_group_commit_sync_delay = 100000")
    try:
        shop.switch("mysql_cutover", "target")
    finally:
        shop.move.at_target("SET GLOBAL binlog_group_commit_sync_delay = 0")
    facts = value(shop.move.target, f"SELECT facts FROM {shop.move.schema}_journal.migration")
    at = json.loads(str(facts))["switch"]["position"]
    (event,) = rows(shop.move.target, f"SHOW BINLOG EVENTS IN '{at['file']}' FROM {at['position']} LIMIT 1")
    server, _colon, number = event[5].partition("'")[2].rstrip("'").rpartition(":")
    before = f"{server}:1-{int(number) - 1}"
    sql = "SELECT GTID_SUBSET(%s, %s), GTID_SUBSET(%s, %s)"
    told = rows(shop.move.target, sql, (before, at["gtid_executed"], f"{server}:{number}", at["gtid_executed"]))
    assert told == [(1, 0)], (event, at)
    shop.switch("mysql_rollback", "source")


def owned(move: Move, mysqld: Callable[..., Mysqld], connections: Callable[..., Any]) -> Move:
    """From the customer's own server, whose admin may everything: super_read_only is the best way to pause."""
    server = mysqld("--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin-trust-function-creators=ON")
    move.source = connections(server.connect(autocommit=True))
    with move.source.cursor() as cursor:
        cursor.execute("CREATE USER owner@'%' IDENTIFIED BY 'owns-8f2a'")
        cursor.execute("GRANT ALL ON *.* TO owner@'%' WITH GRANT OPTION")
        cursor.execute(f"CREATE DATABASE {move.schema}")
    endpoint = server.endpoint()
    move.args["source"] = {
        "host": endpoint["host"], "port": endpoint["port"], "username": "owner", "password": "owns-8f2a"
    }  # fmt: skip
    return move


def test_a_source_that_may_be_a_replica_takes_the_changes_back_by_replication(
    move: Move, mysqld: Callable[..., Mysqld], connections: Callable[..., Any]
) -> None:
    with made(owned(move, mysqld, connections)) as shop:
        with shop.application() as application:
            shop.verified()
            result = shop.switch("mysql_cutover", "target")
            assert (result["way"], result["reverse"]) == ("super_read_only", "native")
            application.wait_for_more()
            shop.shut("source")
            shop.switch("mysql_rollback", "source")
            application.wait_for_more()
            shop.shut("target")
            shop.verified()
            shop.switch("mysql_cutover", "target")
            application.wait_for_more()
        shop.holds("target", application.acknowledged)
        assert shop.run("mysql_complete", without_backup=True)["phase"] == "completed"
        nothing_left(shop)
