from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pymysql
import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, connect, rows
from ansible_collections.replatform.aws.plugins.module_utils.mysql.locks import kill
from ansible_collections.replatform.aws.plugins.module_utils.mysql.pause import (
    WAYS,
    best,
    unlock,
    ways,
    writable,
)
from ansible_collections.replatform.aws.plugins.module_utils.mysql.transactions import holders, statements
from sandbox import mysqld as sandbox_mysqld
from tests.support.application import PASSWORD, Shop, furnish


@pytest.fixture
def anywhere(request: pytest.FixtureRequest, name: str) -> Shop:
    found: Shop = request.getfixturevalue("own_shop" if name == "super_read_only" else "shop")
    return found


@pytest.mark.parametrize("name", [way.name for way in WAYS])
def test_nobody_writes_in_a_pause_and_everybody_after_it_whoever_ends_it(anywhere: Shop, name: str) -> None:
    way = anywhere.ways()[name]
    assert way.possible, way.why
    with anywhere.application() as application:
        way.pause(5)
        written = anywhere.rows()
        acknowledged = set(application.acknowledged)
        there = {row for (row,) in rows(anywhere.root, f"SELECT id FROM {anywhere.schema}.written")}
        time.sleep(0.2)
        assert anywhere.rows() == written
        assert acknowledged <= there
        other = anywhere.elsewhere(way.facts)
        assert other.paused()
        other.resume()
        assert not other.paused()
        application.wait_for_more()
    before = anywhere.gtids()
    other.resume()
    assert anywhere.gtids() == before


def test_looking_for_a_way_changes_nothing_at_the_source(shop: Shop) -> None:
    before = shop.gtids()
    found = shop.ways()
    assert shop.gtids() == before
    assert best(list(found.values())).name == "read_only_schemas"
    assert {name: way.paused() for name, way in found.items()} == dict.fromkeys(found, False)


REFUSALS = [
    ("", "", "SELECT"),
    ("SELECT, LOCK TABLES ON {schema}.*", "locked_tables", "ALTER DATABASE"),
    ("SELECT, ALTER, LOCK TABLES ON {schema}.*", "locked_tables read_only_schemas", "SUPER"),
    ("CREATE USER ON *.*", "", "PROCESS"),
    ("CREATE USER, PROCESS ON *.*", "", "CONNECTION_ADMIN"),
    ("CREATE USER, PROCESS, CONNECTION_ADMIN ON *.*", "", "SELECT"),
    ("CREATE USER, PROCESS, CONNECTION_ADMIN, SELECT ON *.*", "locked_accounts", ""),
    ("SYSTEM_VARIABLES_ADMIN ON *.*", "super_read_only", ""),
]


@pytest.mark.parametrize(("grant", "possible", "word"), REFUSALS, ids=lambda given: str(given)[:40])
def test_each_way_is_possible_for_whom_the_server_lets(shop: Shop, grant: str, possible: str, word: str) -> None:
    with shop.root.cursor() as cursor:
        cursor.execute(f"CREATE USER {shop.schema}_dba@'%%' IDENTIFIED BY %s", (PASSWORD,))
        try:
            if grant:
                cursor.execute(f"GRANT {grant.format(schema=shop.schema)} TO {shop.schema}_dba@'%'")
            dba = Server("source", shop.server.host, shop.server.port, f"{shop.schema}_dba", PASSWORD)
            found = ways(dba, connect(dba), [shop.schema], shop.accounts)
        finally:
            cursor.execute(f"DROP USER {shop.schema}_dba@'%'")
    assert {way.name for way in found if way.possible} == set(possible.split())
    assert word in " ".join(way.why for way in found if not way.possible)


@pytest.mark.parametrize("name", ["read_only_schemas", "locked_tables"])
def test_a_pause_that_waits_too_long_names_who_holds_it_up_and_is_undone(shop: Shop, name: str) -> None:
    with shop.session(autocommit=False) as slow, slow.cursor() as cursor:
        cursor.execute("INSERT INTO written VALUES (424242)")
        way = shop.ways()[name]
        with pytest.raises(ReplatformError) as late:
            way.pause(1)
        (holder,) = [one for one in late.value.facts["holders"] if one["user"] == shop.schema]
        assert holder["thread"] == slow.thread_id()
        assert "INSERT INTO `written`" in holder["statement"]
        assert "424242" not in f"{late.value.message} {late.value.facts}"
        assert not way.paused()
        slow.commit()
    with shop.application() as application:
        application.wait_for_more()


def test_who_reads_in_a_pause_delays_its_end_and_nobody_else_waits_for_that(shop: Shop) -> None:
    way = shop.ways()["read_only_schemas"]
    way.pause(5)
    with shop.session(autocommit=False) as reader, shop.session() as other:
        rows(reader, "SELECT COUNT(*) FROM written")
        ending = threading.Thread(target=way.resume)
        ending.start()
        for _moment in range(5):
            assert rows(other, "SELECT COUNT(*) FROM written") == [(0,)]
            time.sleep(0.1)
        reader.commit()
        ending.join()
    assert not way.paused()


def test_what_was_read_only_or_locked_before_the_pause_stays_so(shop: Shop) -> None:
    with shop.root.cursor() as cursor:
        cursor.execute(f"ALTER USER {shop.schema}@'%' ACCOUNT LOCK")
        cursor.execute(f"ALTER DATABASE {shop.schema} READ ONLY = 1")
    for name in ("read_only_schemas", "locked_accounts"):
        way = shop.ways()[name]
        way.pause(5)
        way.resume()
        assert way.paused()


def test_locked_accounts_refuse_where_an_event_would_write_on(shop: Shop) -> None:
    with shop.root.cursor() as cursor:
        cursor.execute(f"CREATE EVENT {shop.schema}.nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM written")
    way = shop.ways()["locked_accounts"]
    assert not way.possible
    assert f"{shop.schema}.nightly" in way.why


def test_a_pause_that_replication_brought_to_the_target_is_undone_there(
    schema: str, mysql_target: dict[str, Any], target_root: Callable[..., Connection[Any]]
) -> None:
    root = target_root()
    furnish(root, schema)
    server = Server.of("target", {**mysql_target, "ca": None})
    here = connect(server)
    with root.cursor() as cursor:
        cursor.execute(f"ALTER USER {schema}@'%' ACCOUNT LOCK")
        cursor.execute(f"ALTER DATABASE {schema} READ ONLY = 1")
        accounts = [(schema, "%"), (f"{schema}_no", "%")]
        assert writable(server, here, [schema, f"{schema}_none"]) == [schema]
        assert writable(server, here, [schema, f"{schema}_none"]) == []
        assert unlock(server, here, accounts) == [f"{schema}@%"]
        assert unlock(server, here, accounts) == []
        login = {"host": server.host, "port": server.port, "username": schema, "password": PASSWORD}
        with sandbox_mysqld.connect(login, database=schema) as application, application.cursor() as its:
            its.execute("INSERT INTO written VALUES (1)")
        cursor.execute(f"DROP USER {schema}@'%'")


def test_an_emoji_in_anybodys_statement_hides_nobody(shop: Shop) -> None:
    busy = connect(shop.server)
    busy._execute_command(3, "SELECT SLEEP(60), '🛒'".encode())  # type: ignore[attr-defined]
    while not any(verb == "SELECT" and row["id"] == busy.thread_id() for _who, verb, row in statements(shop.root)):
        time.sleep(0.01)
    way = shop.ways()["locked_accounts"]
    with shop.application() as application:
        way.pause(5)
        assert way.paused()
        way.resume()
        application.wait_for_more()
    kill(shop.root, busy.thread_id())
    busy.close()


def test_transactions_are_seen_while_one_of_them_never_stops_writing_emojis(shop: Shop) -> None:
    with shop.session(autocommit=False) as slow, shop.session(autocommit=False) as busy:
        rows(slow, "SELECT COUNT(*) FROM written")
        rows(busy, "SELECT COUNT(*) FROM written")
        busy._execute_command(3, "INSERT INTO written SELECT SLEEP(60) FROM (SELECT '🛒') x".encode())  # type: ignore[attr-defined]
        while not any(verb == "INSERT" for _who, verb, row in statements(shop.root) if row["id"] == busy.thread_id()):
            time.sleep(0.01)
        with pytest.raises(pymysql.err.OperationalError, match="3854"):
            rows(shop.root, "SELECT trx_id FROM information_schema.innodb_trx")
        found = {one["thread"]: one for one in holders(shop.root, [shop.schema])}
        kill(shop.root, busy.thread_id())
    assert found[slow.thread_id()]["statement"] == "SELECT COUNT ( * ) FROM `written`"
    assert busy.thread_id() in found
    assert {type(one["seconds"]) for one in found.values()} == {int}
