"""The target follows the source: on servers of its own, since a replica takes whatever its source is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import dicts, rows, value
from sandbox.mysqld import SQL_FOLDER, Mysqld, run_sql
from tests.servers import Servers
from tests.support.modules import run_module, start_module

from .conftest import Move

SHOP = (
    "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40))",
    "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, note TEXT, CONSTRAINT orders_user FOREIGN KEY (user_id)"
    " REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE TABLE items (id INT PRIMARY KEY, order_id INT, seen INT, CONSTRAINT items_order FOREIGN KEY (order_id)"
    " REFERENCES orders (id) ON DELETE CASCADE, CONSTRAINT items_seen FOREIGN KEY (seen) REFERENCES users (id)"
    " ON DELETE SET NULL)",
    "CREATE TABLE log (n INT)",
    "CREATE TRIGGER logged AFTER INSERT ON users FOR EACH ROW INSERT INTO log VALUES (NEW.id)",
    "INSERT INTO users SELECT n, CONCAT('user ', n) FROM (WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1"
    " FROM t WHERE n < 300) SELECT n FROM t) AS numbers",
    "INSERT INTO orders SELECT id, id, REPEAT('x', 100) FROM users",
    "INSERT INTO items SELECT id, id, 301 - id FROM users",
    "ANALYZE TABLE users, orders, items",
)
CHANGES = (
    "DELETE FROM users WHERE id % 3 = 0",
    "INSERT INTO users VALUES (1001, 'new')",
    "UPDATE orders SET note = 'changed' WHERE id < 50",
)


@pytest.fixture(scope="module")
def pair(sandbox: Servers) -> Iterator[Servers]:
    servers = Servers(sandbox.folder / "follow")
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
def shop(move: Move, target_root: Callable[..., Connection[Any]]) -> Iterator[Move]:
    """The shop, copied and then written to; afterwards the target is no replica of anybody."""
    move.args["definers"] = "rewrite"
    yield filled(move)
    with target_root(autocommit=True).cursor() as cursor:
        cursor.execute("STOP REPLICA")
        cursor.execute("RESET REPLICA ALL")


def filled(move: Move) -> Move:
    move.fill(*SHOP)
    copied = move.copy()
    assert not copied.get("failed"), copied
    move.fill(*CHANGES)
    return move


def followed(move: Move, **over: Any) -> dict[str, Any]:
    result = move.follow(transactions=0, lag_seconds=0, **over)
    assert not result.get("failed"), result
    return result


def equal(move: Move) -> None:
    """Both servers hold the same rows, whatever verify may say."""
    for table in ("users", "orders", "items", "log"):
        sql = (
            f"SELECT * FROM `{move.schema}`.{table} ORDER BY 1, 2"
            if table != "log"
            else (f"SELECT n FROM `{move.schema}`.log ORDER BY n")
        )
        assert rows(move.source, sql) == rows(move.target, sql), table


def test_what_was_written_since_the_copy_arrives_once_and_cascades_do_too(shop: Move) -> None:
    result = followed(shop)
    told = {key: result[key] for key in ("changed", "phase", "method", "channel", "transactions_behind", "lag_seconds")}
    assert told == {
        "changed": True, "phase": "following", "method": "GTIDs", "channel": "procedures", "transactions_behind": 0,
        "lag_seconds": 0,
    }  # fmt: skip
    equal(shop)
    assert value(shop.target, f"SELECT COUNT(*) FROM `{shop.schema}`.items") == 200


def test_a_second_run_changes_nothing_and_writes_nothing(shop: Move) -> None:
    followed(shop)
    before = shop.gtids()
    again = followed(shop)
    copied = shop.copy()
    assert (again["changed"], again["actions"], copied["changed"], shop.gtids()) == (False, [], False, before)


def test_check_mode_writes_nothing(shop: Move) -> None:
    before = (shop.gtids(), value(shop.source, "SELECT @@GLOBAL.gtid_executed"))
    planned = shop.follow(check=True)
    assert planned["changed"]
    assert planned["actions"][-1] == "follow the source by GTIDs"
    assert (shop.gtids(), value(shop.source, "SELECT @@GLOBAL.gtid_executed")) == before
    assert dicts(shop.target, "SHOW REPLICA STATUS") == []
