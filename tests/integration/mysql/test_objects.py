# ruff: noqa: E501 - a definition a line
"""Views, triggers, routines and events, on real servers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import rows, value
from sandbox.mysqld import Mysqld

from .conftest import Move

TABLES = (
    "CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, total INT, note VARCHAR(20))",
    "CREATE TABLE log (at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, line VARCHAR(50))",
    "INSERT INTO orders (total) VALUES (1), (2), (3)",
)
OBJECTS = (
    # A view needs one of a later name, which needs a function.
    "CREATE FUNCTION net(total INT) RETURNS INT DETERMINISTIC RETURN total - 1",
    "CREATE VIEW z_base AS SELECT id, net(total) AS net FROM orders",
    "CREATE VIEW a_report AS SELECT COUNT(*) AS n, SUM(net) AS net FROM z_base WHERE net > 0",
    "CREATE PROCEDURE clear_log(IN days INT) COMMENT 'keeps ''some''' BEGIN DELETE FROM log WHERE at < NOW() - INTERVAL days DAY; END",
    "CREATE TRIGGER second BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = CONCAT(COALESCE(NEW.note, ''), '2')",
    "CREATE TRIGGER first BEFORE INSERT ON orders FOR EACH ROW PRECEDES second SET NEW.note = CONCAT(COALESCE(NEW.note, ''), '1')",
    "CREATE TRIGGER logged AFTER INSERT ON orders FOR EACH ROW INSERT INTO log (line) VALUES ('an order')",
    "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT', time_zone = '+02:00'",
    """CREATE FUNCTION "my net"(a VARCHAR(9)) RETURNS VARCHAR(60) NO SQL RETURN a || '€ ON COMPLETION NOT PRESERVE ENABLE'""",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' COMMENT 'x' DO CALL clear_log(30)",
    "CREATE EVENT once ON SCHEDULE AT '2035-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE DO SELECT 1",
    "SET SESSION sql_mode = '', time_zone = '+00:00'",
)
KINDS = [("event", 2), ("function", 2), ("procedure", 1), ("trigger", 3), ("view", 2)]


@pytest.fixture
def shop(move: Move) -> Move:
    move.fill(*TABLES, *OBJECTS)
    move.args["definers"] = "rewrite"  # root of the sandbox made them
    return move


def counted(result: dict[str, Any]) -> list[tuple[str, int]]:
    kinds = [stored["kind"] for stored in result["objects"]]
    return [(kind, kinds.count(kind)) for kind in sorted(set(kinds))]


def copied(move: Move, **over: Any) -> dict[str, Any]:
    result = move.copy(**over)
    assert not result.get("failed"), result["msg"]
    return result


def test_every_object_arrives_and_works_and_a_second_run_writes_nothing(shop: Move) -> None:
    before = shop.gtids()
    plan = shop.copy(check=True)
    assert (counted(plan), shop.gtids()) == (KINDS, before)
    done = copied(shop)
    assert counted(done) == KINDS
    assert [a for a in done["actions"] if " orders" not in a] == [a for a in plan["actions"] if " orders" not in a]
    assert f"create view {shop.schema}.a_report" in done["actions"]
    verified = shop.verify()
    assert (verified.get("msg"), verified["mismatches"]) == (None, 0)
    assert counted(verified) == KINDS
    after = shop.gtids()
    assert (copied(shop)["changed"], shop.gtids()) == (False, after)
    shop.at_target(f"USE `{shop.schema}`", "INSERT INTO orders (total) VALUES (9)")
    assert rows(shop.target, "SELECT note FROM orders WHERE total = 9") == [("12",)]
    assert rows(shop.target, "SELECT * FROM a_report") == [(3, 11)]
    assert value(shop.target, "SELECT `my net`('5')") == "5€ ON COMPLETION NOT PRESERVE ENABLE"


def test_events_come_disabled_and_what_they_were_is_remembered(shop: Move) -> None:
    states = {stored["name"].split(".")[1]: stored["state"] for stored in copied(shop)["objects"] if stored["state"]}
    assert states == {"nightly": "ENABLE", "once": "DISABLE"}
    found = "SELECT event_name, status, time_zone FROM information_schema.events WHERE event_schema = %s ORDER BY 1"
    assert rows(shop.target, found, (shop.schema,)) == [
        ("nightly", "DISABLED", "+02:00"),
        ("once", "DISABLED", "+02:00"),
    ]


def test_triggers_do_not_fire_for_rows_that_are_copied_again(shop: Move) -> None:
    copied(shop)
    shop.fill("UPDATE orders SET total = 7 WHERE id = 2", "INSERT INTO orders (total) VALUES (4)")
    again = copied(shop)
    assert again["recopied"] > 0
    assert shop.verify()["mismatches"] == 0
    assert value(shop.target, f"SELECT COUNT(*) FROM `{shop.schema}`.log") == 1  # of the source's own INSERT


def test_an_object_changed_or_dropped_at_the_source_follows(shop: Move) -> None:
    copied(shop)
    shop.fill("CREATE OR REPLACE VIEW z_base AS SELECT id, total AS net FROM orders", "DROP EVENT once")
    done = copied(shop)
    assert {f"replace view {shop.schema}.z_base", f"drop event {shop.schema}.once"} <= set(done["actions"])
    assert shop.verify()["mismatches"] == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DROP VIEW a_report", "a_report is not at the target"),
        ("CREATE OR REPLACE VIEW a_report AS SELECT 1 AS n, 2 AS net", "view t_.*a_report has another definition"),
        ("CREATE EVENT extra ON SCHEDULE EVERY 1 DAY DO SELECT 1", "event t_.*extra is not at the source"),
    ],
)
def test_an_object_changed_by_hand_at_the_target_is_found(shop: Move, change: str, says: str) -> None:
    copied(shop)
    shop.verify()
    shop.at_target(f"USE `{shop.schema}`", change)
    verified = shop.verify()
    assert (verified["failed"], verified["mismatches"]) == (True, 1)
    assert re.search(says, verified["msg"]), verified["msg"]


def test_the_counter_beyond_the_largest_key_arrives(move: Move) -> None:
    move.fill(*TABLES, "ALTER TABLE orders AUTO_INCREMENT = 500")
    copied(move)
    move.fill(
        "INSERT INTO orders (total) VALUES (8)",
        "ALTER TABLE log COMMENT 'x'",
        "INSERT INTO orders VALUES (900, 1, NULL)",
        "DELETE FROM orders WHERE id = 900",
    )
    copied(move)
    assert move.verify()["mismatches"] == 0
    move.at_target(f"USE `{move.schema}`", "INSERT INTO orders (total) VALUES (9)")
    assert value(move.target, "SELECT MAX(id) FROM orders") == 901


def test_a_view_on_nothing_is_left_out_and_named(move: Move) -> None:
    move.fill(*TABLES, "CREATE TABLE soon (id INT)", "CREATE VIEW dead AS SELECT * FROM soon", "DROP TABLE soon")
    done = copied(move, definers="rewrite")
    assert f"{move.schema}.dead" in str(done["warnings"])
    assert done["objects"] == []
    assert move.verify()["mismatches"] == 0


def test_a_view_whose_table_is_excluded_is_refused_with_the_way_out(move: Move) -> None:
    move.fill(*TABLES, "CREATE VIEW log_lines AS SELECT line FROM log")
    result = move.copy(exclude=[f"{move.schema}.log"], definers="rewrite")
    assert f"view {move.schema}.log_lines cannot be created at the target" in result["msg"]
    assert "move what it refers to with it, or exclude it" in result["msg"]
    copied(move, exclude=[f"{move.schema}.l*"], definers="rewrite")


def test_objects_can_be_left_at_home(shop: Move) -> None:
    done = copied(shop, objects=["views", "routines"])
    assert counted(done) == [("function", 2), ("procedure", 1), ("view", 2)]
    assert "3 triggers" in str(done["warnings"])


def test_a_definer_the_target_refuses_is_told_before_any_row(move: Move) -> None:
    move.fill(*TABLES, *OBJECTS)
    result = move.copy()
    assert "does not let admin create objects of `root`@`localhost`" in result["msg"]
    assert "set definers to rewrite" in result["msg"]
    assert not rows(move.target, "SELECT 1 FROM information_schema.tables WHERE table_schema = %s", (move.schema,))


@pytest.fixture
def account(
    schema: str, source_root: Callable[..., Connection[Any]], target_root: Callable[..., Connection[Any]]
) -> Any:
    name = f"{schema[:20]}_app"
    yield name
    for root in (source_root, target_root):
        with root(autocommit=True).cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            cursor.execute(f"DROP USER IF EXISTS {name}@'%'")


def test_a_definer_the_target_lacks_is_told_or_created(move: Move, account: str) -> None:
    move.fill(
        *TABLES, f"CREATE USER {account}@'%'", f"CREATE DEFINER = {account}@'%' VIEW mine AS SELECT id FROM orders"
    )
    kept = copied(move)
    assert f"The target has no account `{account}`@`%`, who defines 1 objects" in str(kept["warnings"])
    assert move.verify()["mismatches"] == 0
    move.at_target(f"DROP VIEW `{move.schema}`.mine")
    made = copied(move, definers="create")
    assert f"Account `{account}`@`%` was created at the target" in str(made["warnings"])
    assert value(move.target, f"SELECT COUNT(*) FROM `{move.schema}`.mine") == 3


def test_an_object_that_is_not_ours_is_refused(shop: Move) -> None:
    shop.at_target(f"CREATE DATABASE `{shop.schema}`", f"CREATE VIEW `{shop.schema}`.a_report AS SELECT 1 AS one")
    before = shop.gtids()
    result = shop.copy()
    assert (
        f"already has view {shop.schema}.a_report" in result["msg"]
        or f"already has {shop.schema}.a_report" in result["msg"]
    )
    assert shop.gtids() == before


def test_a_target_that_trusts_no_function_names_the_parameter_before_any_row(
    shop: Move, mysqld: Callable[..., Mysqld]
) -> None:
    target = mysqld("--log-bin-trust-function-creators=OFF", "--local-infile=ON")
    with target.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute("CREATE USER mover@'%' IDENTIFIED BY 'mover-1'")
        cursor.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, TRIGGER, EVENT, CREATE VIEW,"
            " SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE ON *.* TO mover@'%'"
        )
    login = {"host": "127.0.0.1", "port": target.port, "username": "mover", "password": "mover-1"}
    result = shop.copy(target=login)
    assert "set log_bin_trust_function_creators to 1, in the parameter group" in result["msg"]
    with target.connect() as root:
        assert (
            value(root, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = %s", (shop.schema,)) == 0
        )


def test_without_the_right_to_see_objects_the_grant_is_named(shop: Move, account: str) -> None:
    with shop.source.cursor() as cursor:
        cursor.execute(f"CREATE USER {account}@'%' IDENTIFIED BY 'only-reads'")
        cursor.execute(f"GRANT SELECT ON `{shop.schema}`.* TO {account}@'%'")
    result = shop.copy(source={**shop.args["source"], "username": account, "password": "only-reads"})
    assert f"GRANT EVENT, SHOW VIEW, TRIGGER ON `{shop.schema}`.*" in result["msg"]
    assert "GRANT SHOW_ROUTINE ON *.*" in result["msg"]
