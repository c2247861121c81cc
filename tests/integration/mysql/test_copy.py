# ruff: noqa: E501, ISC004 - tables of SQL read better with a row a line
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import rows, value
from sandbox.mysqld import Mysqld

from .conftest import Move

SAKILA_LIKE = (
    "CREATE TABLE city (city_id SMALLINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, city VARCHAR(50) NOT NULL,"
    " location GEOMETRY NOT NULL /*!80003 SRID 0 */, SPATIAL KEY (location))",
    "CREATE TABLE staff (staff_id INT PRIMARY KEY, boss_id INT, store_id INT, KEY (boss_id), KEY (store_id),"
    " CONSTRAINT staff_boss FOREIGN KEY (boss_id) REFERENCES staff (staff_id) ON DELETE SET NULL)",
    "CREATE TABLE store (store_id INT PRIMARY KEY, manager_id INT NOT NULL, city_id SMALLINT UNSIGNED, KEY (manager_id),"
    " KEY (city_id), CONSTRAINT store_manager FOREIGN KEY (manager_id) REFERENCES staff (staff_id) ON UPDATE CASCADE,"
    " CONSTRAINT store_city FOREIGN KEY (city_id) REFERENCES city (city_id))",
    "CREATE TABLE film (film_id INT PRIMARY KEY, title VARCHAR(128), text TEXT, rating ENUM('G','PG','R') DEFAULT 'G',"
    " features SET('Trailers','Scenes'), length INT, hours INT AS (length DIV 60) STORED, FULLTEXT KEY words (title, text))",
    "CREATE TABLE film_city (film_id INT, city_id SMALLINT UNSIGNED, at DATETIME(3), PRIMARY KEY (film_id, city_id),"
    " KEY (city_id), CONSTRAINT fc_film FOREIGN KEY (film_id) REFERENCES film (film_id) ON DELETE CASCADE,"
    " CONSTRAINT fc_city FOREIGN KEY (city_id) REFERENCES city (city_id))",
    "CREATE TABLE log (at DATETIME, line TEXT)",
    "INSERT INTO city VALUES (1, 'Zürich', ST_GeomFromText('POINT(8.5 47.4)')), (2, '東京', ST_GeomFromText('POINT(1 2)'))",
    "INSERT INTO staff VALUES (1, NULL, 1), (2, 1, 1), (3, 2, NULL)",
    "INSERT INTO store VALUES (1, 1, 2)",
    "ALTER TABLE staff ADD CONSTRAINT staff_store FOREIGN KEY (store_id) REFERENCES store (store_id)",
    "INSERT INTO film (film_id, title, text, rating, features, length) VALUES (1, 'A', 'a\\tb\\nc\\\\', 'PG', 'Scenes', 125)",
    "INSERT INTO film_city VALUES (1, 1, '2024-01-01 00:00:00.125'), (1, 2, NULL)",
    "INSERT INTO log VALUES (NOW(), 'x'), ('2024-01-01', 'twice'), ('2024-01-01', 'twice'), (NULL, NULL)",
)


def test_a_schema_arrives_whole_and_a_second_run_writes_nothing(move: Move) -> None:
    move.fill(*SAKILA_LIKE)
    before = move.gtids()
    plan = move.copy(check=True)
    assert (plan["changed"], move.gtids()) == (True, before)
    done = move.copy()
    assert not done.get("failed"), done
    assert (done["changed"], done["phase"], done["rows"]) == (True, "copied", 13)
    assert set(plan) == set(done)
    assert [entry["before_header"] for entry in plan["diff"]] == [entry["before_header"] for entry in done["diff"]]
    creates = [action for action in done["actions"] if action.startswith(("create", "add"))]
    assert creates == [action for action in plan["actions"] if action.startswith(("create", "add"))]
    verified = move.verify()
    assert (verified["phase"], verified["mismatches"], verified["changed"]) == ("verified", 0, False)
    assert verified["orphans"] == []
    after = move.gtids()
    again = move.copy()
    reused = move.verify()
    assert (again["changed"], again["actions"], reused["reused"], move.gtids()) == (False, [], True, after)


def test_only_the_chosen_tables_are_copied(move: Move) -> None:
    move.fill("CREATE TABLE orders (id INT PRIMARY KEY)", "CREATE TABLE order_log (id INT PRIMARY KEY)")
    done = move.copy(tables=[f"{move.schema}.order*"], exclude=[f"{move.schema}.*_log"])
    assert [table["name"] for table in done["tables"]] == [f"{move.schema}.orders"]


def test_rows_without_a_parent_are_kept_and_told(move: Move) -> None:
    move.fill(
        "CREATE TABLE p (id INT PRIMARY KEY)",
        "CREATE TABLE c (id INT PRIMARY KEY, p INT, KEY (p), CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id))",
        "SET SESSION foreign_key_checks = 0",
        "INSERT INTO c VALUES (1, 7), (2, NULL), (3, 8)",
    )
    move.copy()
    done = move.verify()
    assert done["orphans"] == [{"table": f"{move.schema}.c", "constraint": "c_p", "rows": 2}]
    assert "2 rows have no parent by c_p" in str(done["warnings"])


def test_without_reload_the_snapshot_is_taken_between_writes(
    move: Move, source_root: Callable[..., Connection[Any]]
) -> None:
    move.fill("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
    login = {**move.args["source"], "username": f"{move.schema[:20]}_r", "password": "only-reads"}
    root = source_root(autocommit=True)
    with root.cursor() as cursor:
        cursor.execute(f"CREATE USER {login['username']}@'%' IDENTIFIED BY 'only-reads'")
        cursor.execute(f"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `{move.schema}`.* TO {login['username']}@'%'")
        cursor.execute(f"GRANT SHOW_ROUTINE ON *.* TO {login['username']}@'%'")
        try:
            done = move.copy(source=login)
        finally:
            cursor.execute(f"DROP USER {login['username']}@'%'")
    assert (done["position"]["method"], done["rows"]) == ("undisturbed", 2)


def test_rows_beyond_a_packet_of_16_mb_arrive(move: Move) -> None:
    move.fill(
        "CREATE TABLE big (id INT PRIMARY KEY, body LONGBLOB)",
        "INSERT INTO big VALUES (1, REPEAT('a', 16777215)), (2, REPEAT(X'5c', 16777223)), (3, REPEAT(X'00', 21000000))",
    )
    # As a packet: the lengths' bytes, one digit, two bodies. The last is two packets that are both full.
    ends = {4: (1 << 24) - 2, 5: (1 << 24) - 1, 6: 1 << 24, 7: 2 * ((1 << 24) - 1)}
    sizes = {number: end - (2 + 4 + 8_000_000 + (4 if end < 20_000_000 else 9)) for number, end in ends.items()}
    move.fill("CREATE TABLE wide (id INT PRIMARY KEY, a LONGBLOB, b LONGBLOB)")
    move.fill(*(f"INSERT INTO wide VALUES ({n}, REPEAT('a', 8000000), REPEAT('b', {m}))" for n, m in sizes.items()))
    assert move.copy()["rows"] == 7
    assert move.verify()["mismatches"] == 0


def test_a_primary_key_that_the_source_made_and_hides_arrives(move: Move, mysqld: Callable[..., Mysqld]) -> None:
    hiding = mysqld("--show-gipk-in-create-table-and-information-schema=OFF", "--sql-generate-invisible-primary-key=ON")
    with hiding.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{move.schema}`")
        cursor.execute(f"CREATE TABLE `{move.schema}`.t (v INT)")
        cursor.execute(f"INSERT INTO `{move.schema}`.t VALUES (7), (9)")
    move.args["source"] = hiding.endpoint()
    done = move.copy()
    assert (done.get("msg"), done["rows"]) == (None, 2)
    assert rows(move.target, f"SELECT my_row_id, v FROM `{move.schema}`.t ORDER BY 1") == [(1, 7), (2, 9)]


def test_without_local_infile_rows_go_by_insert_and_are_the_same(move: Move, mysqld: Callable[..., Mysqld]) -> None:
    move.fill(*SAKILA_LIKE, "INSERT INTO log VALUES (NULL, 'it''s \\\\ a \\ttab'), (NULL, '')")
    closed = mysqld("--local-infile=OFF")
    with closed.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute("CREATE USER mover@'%' IDENTIFIED BY 'by-insert-only'")
        cursor.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW,"
            " TRIGGER, CREATE ROUTINE, ALTER ROUTINE, EVENT ON *.* TO mover@'%'"
        )
    move.args["target"] = {
        "host": "127.0.0.1",
        "port": closed.port,
        "username": "mover",
        "password": "by-insert-only",
    }
    done = move.copy()
    assert (done.get("msg"), done["rows"]) == (None, 15)
    assert move.verify()["mismatches"] == 0


def test_a_source_without_binary_log_is_copied_under_its_lock(move: Move, mysqld: Callable[..., Mysqld]) -> None:
    silent = mysqld("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF", "--disable-log-bin")
    with silent.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{move.schema}`")
        cursor.execute(f"CREATE TABLE `{move.schema}`.t (id INT PRIMARY KEY)")
        cursor.execute(f"INSERT INTO `{move.schema}`.t VALUES (1), (2)")
        cursor.execute("CREATE USER reader@'%' IDENTIFIED BY 'reads-it-all'")
        cursor.execute("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO reader@'%'")
        login = {"host": "127.0.0.1", "port": silent.port, "username": "reader", "password": "reads-it-all"}
        move.args["source"] = login
        refused = move.copy()
        assert "cannot give a consistent snapshot" in refused["msg"]
        assert "Grant RELOAD" in refused["msg"]
        cursor.execute("GRANT RELOAD, REPLICATION CLIENT ON *.* TO reader@'%'")
    done = move.copy()
    assert (done.get("msg"), done["position"]["method"], done["rows"]) == (None, "lock", 2)
    assert move.verify()["mismatches"] == 0


def test_a_gtid_set_that_stands_still_is_not_taken_for_a_source_that_does(
    move: Move, mysqld: Callable[..., Mysqld]
) -> None:
    permissive = mysqld()
    with permissive.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{move.schema}`")
        cursor.execute(f"CREATE TABLE `{move.schema}`.t (id INT PRIMARY KEY)")
        cursor.execute("SET GLOBAL gtid_mode = ON_PERMISSIVE")
        cursor.execute("SET GLOBAL gtid_mode = OFF_PERMISSIVE")
        move.args["source"] = permissive.endpoint()
        assert move.copy()["rows"] == 0
        assert move.verify()["mismatches"] == 0
        cursor.execute(f"INSERT INTO `{move.schema}`.t VALUES (1), (2)")
        assert move.verify()["mismatches"] == 1
        assert move.copy()["rows"] == 2
    assert move.verify()["mismatches"] == 0


def test_keys_between_schemas_and_a_schema_without_tables_arrive(move: Move) -> None:
    other, empty = f"{move.schema}_z", f"{move.schema}_empty"
    move.fill(
        f"CREATE DATABASE `{other}`",
        f"CREATE DATABASE `{empty}` COLLATE latin1_bin",
        f"CREATE TABLE `{other}`.parent (id INT PRIMARY KEY)",
        f"CREATE TABLE child (id INT PRIMARY KEY, p INT, KEY (p), CONSTRAINT to_other FOREIGN KEY (p) REFERENCES `{other}`.parent (id))",
        f"INSERT INTO `{other}`.parent VALUES (1)",
        "INSERT INTO child VALUES (1, 1), (2, NULL)",
        "CREATE TEMPORARY TABLE only_mine (id INT)",
    )
    move.args["schemas"] = [move.schema, other, empty]
    done = move.copy()
    assert (done.get("msg"), done["rows"]) == (None, 3)
    found = "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = %s"
    assert value(move.target, found, (empty,)) == "latin1_bin"
    assert move.verify()["mismatches"] == 0
    assert move.copy()["changed"] is False


def test_a_schema_without_tables_alone_arrives(move: Move) -> None:
    done = move.copy()
    assert (done.get("msg"), done["tables"]) == (None, [])
    assert move.verify().get("msg") is None


def test_names_that_look_like_something_else_arrive_for_schemas_and_objects_too(move: Move) -> None:
    schema = f"{move.schema} a.b`c 100 % {{x}} ü"
    sql = "`" + schema.replace("`", "``") + "`"
    name = "`" + ("o`.\"' {0} %s é" + "n" * 64)[:64].replace("`", "``") + "`"
    move.fill(
        f"CREATE DATABASE {sql}",
        f"USE {sql}",
        "CREATE TABLE t (id INT PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        f"CREATE FUNCTION {name}() RETURNS INT NO SQL RETURN 5",
        f"CREATE PROCEDURE {name}() SELECT 5",
        f"CREATE VIEW {name} AS SELECT id, {name}() AS five FROM t",
        f"CREATE TRIGGER {name} BEFORE INSERT ON t FOR EACH ROW SET NEW.id = NEW.id + 1",
        f"CREATE EVENT {name} ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    )
    move.args |= {"schemas": [schema], "definers": "rewrite"}
    done = move.copy()
    assert (done.get("msg"), len(done["objects"])) == (None, 5)
    assert move.verify()["mismatches"] == 0
    assert move.copy()["changed"] is False
