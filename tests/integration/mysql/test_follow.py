"""The target follows the source: on servers of its own, since a replica takes whatever its source is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import dicts, rows, value
from sandbox.mysqld import SQL_FOLDER, Mysqld, run_sql
from tests.servers import Servers
from tests.support.modules import run_module, start_module
from tests.support.writer import Writer

from .conftest import Move

SHOP = (
    "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40))",
    """CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, note TEXT,
    CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)""",
    """CREATE TABLE items (id INT PRIMARY KEY, order_id INT, seen INT,
    CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT items_seen FOREIGN KEY (seen) REFERENCES users (id) ON DELETE SET NULL)""",
    "CREATE TABLE log (n INT)",
    "CREATE TRIGGER logged AFTER INSERT ON users FOR EACH ROW INSERT INTO log VALUES (NEW.id)",
    """INSERT INTO users SELECT n, CONCAT('user ', n) FROM
    (WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 300) SELECT n FROM t) AS numbers""",
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
    move.args |= {"definers": "rewrite", "workers": 1}
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


def test_info_tells_the_lag_in_seconds_and_transactions(shop: Move) -> None:
    followed(shop)
    given = {key: shop.args[key] for key in ("name", "source", "target", "journal_schema")}
    told = run_module("mysql_migration_info", given)["migrations"][0]["replication"]
    assert told == {"receiving": True, "applying": True, "lag_seconds": 0, "transactions_behind": 0, "error": ""}
    assert shop.info()[0]["replication"] == told
    shop.at_target("STOP REPLICA SQL_THREAD")
    shop.fill("INSERT INTO log VALUES (1)", "INSERT INTO log VALUES (2)")
    told = run_module("mysql_migration_info", given)["migrations"][0]["replication"]
    assert (told["applying"], told["transactions_behind"]) == (False, 2)


def test_the_account_that_replicates_may_do_nothing_else_and_its_password_is_nowhere(shop: Move) -> None:
    result = followed(shop)
    account = f"`{result['account']}`@`%`"
    grants = [row[0] for row in rows(shop.source, f"SHOW GRANTS FOR {account}")]
    assert grants == [f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {account}"]
    password = value(shop.target, "SELECT User_password FROM mysql.slave_master_info WHERE Host <> ''")
    journal = [str(row) for row in rows(shop.target, f"SELECT * FROM `{shop.args['journal_schema']}`.migration")]
    assert len(password) == 32
    assert not any(password in text for text in (str(result), *journal))
    assert result["account"] in journal[0]


def test_a_row_written_at_the_target_stops_it_and_is_explained_then_mended_on_request(shop: Move) -> None:
    followed(shop)
    shop.at_target(f"INSERT INTO `{shop.schema}`.users VALUES (2000, 'by hand')")
    shop.fill("INSERT INTO users VALUES (2000, 'by the shop')", "INSERT INTO users VALUES (2001, 'later')")
    awaited(lambda: dicts(shop.target, "SHOW REPLICA STATUS")[0]["last_sql_errno"])
    refused = shop.follow()
    assert refused["failed"]
    for words in ("error 1062", f"{shop.schema}.users", "Duplicate entry '2000'", "repair: [recopy]"):
        assert words in refused["msg"], refused["msg"]
    assert value(shop.target, f"SELECT name FROM `{shop.schema}`.users WHERE id = 2000") == "by hand"
    assert "error 1062" in shop.info()[0]["replication"]["error"]
    mended = followed(shop, repair=["recopy"])
    assert (mended["changed"], mended["phase"]) == (True, "following")
    equal(shop)


def test_a_statement_about_accounts_is_left_out_on_request_only(shop: Move) -> None:
    followed(shop)
    name = f"u_{shop.schema}"
    shop.fill("SELECT 1")
    with shop.target.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"CREATE USER {name}@'%'")
    shop.fill(f"CREATE USER {name}@'%'", "INSERT INTO log VALUES (3)")
    awaited(lambda: dicts(shop.target, "SHOW REPLICA STATUS")[0]["last_sql_errno"])
    refused = shop.follow()
    assert "error 1396" in refused["msg"]
    assert "repair: [accounts]" in refused["msg"]
    mended = followed(shop, repair=["accounts"])
    assert "Left out, as repair asked" in str(mended["warnings"])
    equal(shop)
    shop.fill(f"DROP USER {name}@'%'")


def test_binary_logs_that_the_source_deleted_are_told_and_a_copy_finds_the_way_back(shop: Move) -> None:
    followed(shop)
    shop.at_target("STOP REPLICA")
    shop.fill("INSERT INTO users VALUES (3000, 'gone')", "FLUSH BINARY LOGS")
    shop.fill(f"PURGE BINARY LOGS TO '{dicts(shop.source, 'SHOW BINARY LOG STATUS')[0]['file']}'")
    refused = shop.follow()
    assert "no longer has the binary logs" in refused["msg"], refused
    assert shop.info()[0]["phase"] == "lost"
    copied = shop.copy()
    assert (copied["phase"], copied["recopied"] > 0) == ("copied", True), copied
    followed(shop)
    equal(shop)


def test_a_login_that_is_refused_is_told_and_another_one_mends_it(shop: Move) -> None:
    wrong = {"username": shop.args["source"]["username"], "password": "not-this-one"}
    refused = shop.follow(replication=wrong)
    assert "refuses the target's login" in refused["msg"]
    assert "not-this-one" not in str(refused)
    assert followed(shop)["changed"]
    equal(shop)


def test_a_target_that_is_somebody_elses_replica_is_refused(shop: Move) -> None:
    shop.at_target("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1")
    assert "is a replica of 127.0.0.1:1 already" in shop.follow()["msg"]


def test_without_a_copy_there_is_nothing_to_follow_from(move: Move) -> None:
    move.fill("CREATE TABLE t (a INT PRIMARY KEY)")
    assert "has no copy to follow from (its journal is empty)" in move.follow()["msg"]


KILLS = ["after:note:1", "before:finish:1", "after:take:1"]


@pytest.mark.parametrize("point", KILLS)
def test_killed_anywhere_the_next_run_goes_on(shop: Move, point: str) -> None:
    killed("mysql_follow", shop.args, point)
    shop.args["lease_seconds"] = 5
    followed(shop)
    equal(shop)


def test_verify_compares_at_one_position_and_the_target_goes_on(shop: Move) -> None:
    followed(shop)
    verified = shop.verify()
    assert (verified.get("msg"), verified["phase"], verified["mismatches"]) == (None, "verified", 0)
    assert verified["age_seconds"] < 60
    assert (followed(shop)["changed"], shop.verify()["reused"]) == (False, True)
    shop.at_target(f"UPDATE `{shop.schema}`.users SET name = 'by hand' WHERE id = 7")
    shop.fill("INSERT INTO users VALUES (4000, 'later')")
    differs = shop.verify()
    table = next(table for table in differs["tables"] if not table["ok"])
    assert table["ranges"][0]["rows"] == [{"key": "7", "difference": "different"}]
    assert not shop.copy().get("failed")
    followed(shop)
    equal(shop)


@pytest.mark.parametrize("point", ["within:meeting:1", "within:met:1"])
def test_a_verify_killed_while_the_target_stands_still_is_mended_by_the_next(shop: Move, point: str) -> None:
    followed(shop)
    killed("mysql_verify", without_definers(shop), point)
    shop.fill("INSERT INTO users VALUES (5000, 'meanwhile')")
    assert shop.verify()["mismatches"] == 0
    followed(shop)
    equal(shop)


@pytest.mark.parametrize("seed", range(3))
def test_a_verify_under_load_finds_no_false_difference_and_a_true_one(
    move: Move, shop_writer: Callable[..., Any], target_root: Callable[..., Connection[Any]], seed: int
) -> None:
    move.fill(*(f"CREATE TABLE t{n} (id INT PRIMARY KEY, code CHAR(36), note TEXT)" for n in range(4)))
    move.fill(*(f"INSERT INTO t{n} SELECT id * 300, UUID(), 'x' FROM {numbers(300)}" for n in range(4)))
    move.args["chunk_bytes"] = 20_000
    assert not move.copy().get("failed")
    try:
        with shop_writer(move, 4, seed) as writer:
            followed_loosely = move.follow(transactions=500)
            assert not followed_loosely.get("failed"), followed_loosely
            results = [move.verify() for _time in range(2)]
            move.at_target(f"UPDATE `{move.schema}`.t0 SET note = CONCAT(note, '!') WHERE id = 30000")
            move.fill("INSERT IGNORE INTO t1 VALUES (30001, '', '')")
        assert writer.transactions > 20
        assert [result["mismatches"] for result in results] == [0, 0], results
    finally:
        with target_root(autocommit=True).cursor() as cursor:
            cursor.execute("STOP REPLICA")
            cursor.execute("RESET REPLICA ALL")


def test_a_table_made_and_one_altered_while_following_are_compared_too(shop: Move) -> None:
    followed(shop)
    shop.fill(
        "CREATE TABLE fresh (id INT PRIMARY KEY)", "INSERT INTO fresh VALUES (1), (2)",
        "ALTER TABLE log ADD COLUMN more INT DEFAULT 5", "DROP TABLE items",
    )  # fmt: skip
    followed(shop)
    assert shop.verify()["mismatches"] == 0
    shop.at_target(f"DELETE FROM `{shop.schema}`.fresh WHERE id = 2")
    assert "row 2 is missing" in shop.verify()["msg"]


OTHER_SOURCES = {
    "cascades in the binary log": (("--innodb-native-foreign-keys=OFF",), "GTIDs"),
    "no GTIDs": (("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF", "--innodb-native-foreign-keys=ON"),
                 "file and position"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_SOURCES)
def test_another_source_is_followed_over_its_restart(
    shop_of: Callable[[Mysqld], Move], mysqld: Callable[..., Mysqld], name: str
) -> None:
    options, method = OTHER_SOURCES[name]
    server = mysqld("--local-infile=ON", *options)
    shop = shop_of(server)
    assert followed(shop)["method"] == method
    equal(shop)
    assert shop.verify()["mismatches"] == 0
    server.stop()
    server.start()
    shop.source = server.connect(autocommit=True)
    shop.fill("DELETE FROM users WHERE id % 7 = 0")
    followed(shop)
    equal(shop)
    assert followed(shop)["changed"] is False
    assert shop.verify()["mismatches"] == 0


def test_a_source_without_a_binary_log_is_told_how_it_can_be_moved(
    shop_of: Callable[[Mysqld], Move], mysqld: Callable[..., Mysqld]
) -> None:
    shop = shop_of(mysqld("--local-infile=ON", "--skip-log-bin"))
    refused = shop.follow()
    assert "writes no binary log (log_bin is OFF): it cannot be followed." in refused["msg"]
    assert "while nobody writes to it" in refused["msg"]


def as_rds(text: str) -> str:
    """The procedures as RDS for MySQL 8.0 has them: older names, and GTIDs told interval by interval."""
    for verb in ("set", "reset"):
        text = text.replace(f"rds_{verb}_external_source", f"rds_{verb}_external_master")
    text = text.replace("PROCEDURE rds_gtid_purged(IN gtid_set TEXT)", "PROCEDURE rds_set_external_master_gtid_purged("
                        "IN server_uuid VARCHAR(80), IN first BIGINT, IN last BIGINT)")  # fmt: skip
    return text.replace("gtid_purged = gtid_set//", "gtid_purged = CONCAT('+', server_uuid, ':', first, '-', last)//")


@pytest.mark.parametrize("kind", ["procedures", "statements"])
def test_other_targets_are_made_replicas_by_what_they_offer(
    move: Move, mysqld: Callable[..., Mysqld], tmp_path: Path, kind: str
) -> None:
    target = mysqld("--local-infile=ON", "--partial-revokes=ON", "--log-bin-trust-function-creators=ON")
    with target.connect(autocommit=True) as root, root.cursor() as cursor:
        run_sql(root, SQL_FOLDER / "target_admin.sql", admin_password="admin-7c40")
        if kind == "procedures":
            (tmp_path / "rds.sql").write_text(as_rds((SQL_FOLDER / "target_procedures.sql").read_text()))
            run_sql(root, tmp_path / "rds.sql")
        else:
            cursor.execute("GRANT REPLICATION_SLAVE_ADMIN, RELOAD, SYSTEM_VARIABLES_ADMIN ON *.* TO admin@'%'")
    endpoint = target.endpoint()
    login = {"host": endpoint["host"], "port": endpoint["port"], "username": "admin", "password": "admin-7c40"}
    move.args |= {"target": login, "definers": "rewrite", "workers": 1}
    move.target = target.connect(autocommit=True)
    filled(move)
    assert followed(move)["channel"] == kind
    equal(move)
    assert move.verify()["mismatches"] == 0
    move.at_target(f"UPDATE `{move.schema}`.users SET name = 'by hand' WHERE id = 7")
    assert move.verify()["failed"]
    copied = move.copy()
    assert (copied.get("msg"), dicts(move.target, "SHOW REPLICA STATUS")) == (None, [])
    assert followed(move)["changed"]
    equal(move)


def test_a_source_whose_clock_is_two_days_ahead_is_followed_and_is_no_lag(
    shop_of: Callable[[Mysqld], Move], ahead: Callable[..., Mysqld]
) -> None:
    shop = shop_of(ahead("--local-infile=ON", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"))
    followed(shop)
    shop.fill("DELETE FROM users WHERE id % 7 = 0")
    told = followed(shop)
    assert (told["transactions_behind"], told["lag_seconds"]) == (0, 0)
    equal(shop)
    assert shop.verify()["mismatches"] == 0


def test_a_target_that_runs_out_of_disk_while_it_follows_is_told_and_goes_on_with_more(
    move: Move, mysqld: Callable[..., Mysqld]
) -> None:
    full = "--innodb-data-file-path=ibdata1:12M:autoextend:max:15M"
    target = mysqld(
        "--local-infile=ON", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin-trust-function-creators=ON",
        "--innodb-file-per-table=OFF", "--innodb-autoextend-increment=1", full,
    )  # fmt: skip
    move.args |= {"target": target.endpoint(), "definers": "rewrite", "workers": 1}
    move.target = target.connect(autocommit=True)
    filled(move)
    followed(move)
    move.fill(
        "CREATE TABLE large (id INT PRIMARY KEY, note LONGTEXT)",
        "INSERT INTO large WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
        " SELECT i, REPEAT('x', 8000) FROM n",
    )
    told = move.follow()
    assert told["failed"]
    assert "because the target ran out of disk space. Give it more room" in told["msg"], told["msg"]
    assert "Traceback" not in str(told)
    target.stop()
    target.options = tuple("--innodb-data-file-path=ibdata1:12M:autoextend" if o == full else o for o in target.options)
    target.start()
    move.target = target.connect(autocommit=True)
    followed(move)
    equal(move)
    assert move.verify()["mismatches"] == 0


def test_a_target_whose_admin_may_not_replicate_gets_the_grant(move: Move, mysqld: Callable[..., Mysqld]) -> None:
    target = mysqld("--local-infile=ON", "--partial-revokes=ON", "--log-bin-trust-function-creators=ON")
    run_sql(target.connect(), SQL_FOLDER / "target_admin.sql", admin_password="admin-7c40")
    endpoint = target.endpoint()
    move.args["target"] = {**endpoint, "username": "admin", "password": "admin-7c40"}
    move.fill("CREATE TABLE t (a INT PRIMARY KEY)")
    assert not move.copy().get("failed")
    assert "GRANT REPLICATION_SLAVE_ADMIN, RELOAD, SYSTEM_VARIABLES_ADMIN ON *.* TO `admin`@`%`" in move.follow()["msg"]


def awaited(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def killed(module: str, args: dict[str, Any], point: str) -> None:
    running = start_module(module, args, env={"REPLATFORM_FAILPOINT": point}).process
    running.communicate(timeout=60)
    assert running.returncode == -9


def numbers(most: int) -> str:
    return (
        "(WITH RECURSIVE t AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM t WHERE id < "
        f"{most}) SELECT id FROM t) AS numbers"
    )


def without_definers(move: Move) -> dict[str, Any]:
    return {key: given for key, given in move.args.items() if key != "definers"}


@pytest.fixture
def shop_writer(source_root: Callable[..., Connection[Any]]) -> Callable[..., Writer]:
    return lambda move, tables, seed: Writer(
        lambda: source_root(autocommit=True), move.schema, tables, rate=150.0, seed=seed
    )


@pytest.fixture
def shop_of(move: Move, target_root: Callable[..., Connection[Any]]) -> Iterator[Callable[[Mysqld], Move]]:
    """`shop_of(server)`: the shop at another source, whose admin is the usual one, copied and then written to."""

    def at(server: Mysqld) -> Move:
        run_sql(server.connect(), SQL_FOLDER / "source_admin.sql", admin_password="doadmin-5b1e")
        root = server.connect(autocommit=True)
        with root.cursor() as cursor:
            cursor.execute("GRANT RELOAD ON *.* TO doadmin@'%'")
            cursor.execute(f"CREATE DATABASE {move.schema}")
        endpoint = server.endpoint()
        login = {"username": "doadmin", "password": "doadmin-5b1e"}
        move.args |= {"source": {"host": endpoint["host"], "port": endpoint["port"], **login}}
        move.args |= {"definers": "rewrite", "workers": 1}
        move.source = root
        return filled(move)

    yield at
    with target_root(autocommit=True).cursor() as cursor:
        cursor.execute("STOP REPLICA")
        cursor.execute("RESET REPLICA ALL")
