"""The way back to a source that may not be a replica: the target's row changes, applied by an ordinary client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any

import psutil
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.applier import program, way_back
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import (
    Connection,
    Server,
    connect,
    quoted,
    rows,
)
from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import read_tables, table_names
from ansible_collections.replatform.aws.plugins.module_utils.mysql.digests import digest
from ansible_collections.replatform.aws.plugins.module_utils.mysql.locks import lock_name
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Settings
from ansible_collections.replatform.aws.plugins.module_utils.mysql.snapshot import position
from ansible_collections.replatform.aws.plugins.module_utils.transfer.model import Digest, Unit
from sandbox.mysqld import Mysqld
from sandbox.mysqld import connect as mysqld_connect
from sandbox.shop.traps import SQL_MODE, TRAPS
from tests.support.modules import ROOT
from tests.support.proxy import Proxy

from .conftest import Move


@dataclass
class Back:
    """Two equal servers after the switch: the target is written to, the source takes it back."""

    move: Move
    source: Server
    target: Server
    settings: Settings
    told: list[dict[str, Any]] = field(default_factory=list)

    def prepare(self, *accounts: str) -> dict[str, Any]:
        """As a cutover does, in one go; a way back that has begun already stays."""
        with closing(connect(self.target)) as there, closing(connect(self.source)) as here:
            way_back.ready(self.source, self.target, self.settings)
            if way_back.state(self.source, self.settings) is None:
                way_back.begin(here, self.source, self.settings, position(there))
        return way_back.take(self.source, self.settings, accounts)

    def apply(self) -> dict[str, Any]:
        """Until the source has all that the target has now."""
        applier = way_back.applier(self.source, self.target, self.settings, self.told.append)
        return way_back.told(applier.run(until=self.move.gtids()))

    def equal(self) -> None:
        """Every table has the same digest on both servers."""
        ends = (self.move.source, self.source), (self.move.target, self.target)
        with ThreadPoolExecutor(2) as pool:
            ours, theirs = pool.map(lambda end: digests(end[0], end[1], self.move.schema), ends)
        assert {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]} == {}
        assert ours.keys() == theirs.keys()


def digests(connection: Connection, server: Server, schema: str) -> dict[str, Digest]:
    return {
        table.name: digest(connection, server, table, Unit(table.full_name, table.full_name))
        for table in read_tables(connection, schema, table_names(connection, schema))
    }


@pytest.fixture
def back(move: Move, mysqld: Callable[..., Mysqld]) -> Iterator[Callable[..., Back]]:
    """`back(*statements)` runs them on both servers and prepares the way back.

    `cascades="innodb"` takes a target whose foreign keys write nothing into the log, as those of 8.0 and Aurora.
    """
    with ExitStack() as opened:
        yield lambda *statements, cascades="logged": prepared(
            move if cascades == "logged" else natively(move, mysqld, opened), *statements
        )


def natively(move: Move, mysqld: Callable[..., Mysqld], opened: ExitStack) -> Move:
    server = mysqld("--innodb-native-foreign-keys=ON", "--binlog-row-metadata=FULL", "--local-infile=ON")
    return replace(
        move,
        target=opened.enter_context(server.connect(autocommit=True)),
        args={**move.args, "target": server.endpoint()},
    )


def prepared(move: Move, *statements: str) -> Back:
    move.fill(*statements)
    move.at_target(
        f"CREATE DATABASE `{move.schema}`",
        f"USE `{move.schema}`",
        f"SET SESSION sql_mode = '{SQL_MODE}', time_zone = '+00:00'",
        *statements,
    )
    source, target = (Server.of(role, move.args[role] | {"tls": "required"}) for role in ("source", "target"))
    settings = Settings(move.schema, (move.schema,), journal_schema=move.args["journal_schema"])
    made = Back(move, source, target, settings)
    made.prepare()
    return made


def caught_up(trip: Back, wanted: str) -> bool:
    """Whether the source has every transaction of this GTID set of the target."""
    with closing(connect(trip.source)) as here:
        return not way_back.behind(here, trip.source, trip.settings, wanted)


def columns(back: Back, table: str, *, keys: bool) -> list[str]:
    """Those that can be set, without or only the primary key's."""
    found = rows(
        back.move.target,
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
        " AND generation_expression = '' AND (column_key = 'PRI') = %s AND (%s OR is_nullable = 'YES')",
        (back.move.schema, table, keys, keys),
    )
    return [quoted(name) for (name,) in found]


def test_every_kind_of_value_comes_back_exactly_when_inserted_updated_and_deleted(back: Callable[..., Back]) -> None:
    trip = back("SET SESSION restrict_fk_on_non_standard_key = 0", *(made for trap in TRAPS for made in trap.making))
    filled = [trap for trap in TRAPS if trap.values]
    aside = f"`{trip.move.schema}_aside`"
    trip.move.at_target(*(fill for trap in filled for fill in trap.filling))
    trip.apply()
    trip.equal()
    trip.move.at_target(f"CREATE DATABASE {aside}", "SET SESSION foreign_key_checks = 0")
    for trap in filled:
        names = ", ".join([*columns(trip, trap.name, keys=True), *columns(trip, trap.name, keys=False)])
        trip.move.at_target(f"CREATE TABLE {aside}.{trap.sql} AS SELECT {names} FROM {trap.sql}")
        if nullable := columns(trip, trap.name, keys=False):
            trip.move.at_target(f"UPDATE {trap.sql} SET " + ", ".join(f"{name} = NULL" for name in nullable))
    trip.apply()
    trip.equal()
    for trap in filled:
        keys, nullable = columns(trip, trap.name, keys=True), columns(trip, trap.name, keys=False)
        if keys and nullable:
            trip.move.at_target(
                f"UPDATE {trap.sql} AS t JOIN {aside}.{trap.sql} AS a ON "
                + " AND ".join(f"t.{key} = a.{key}" for key in keys)
                + " SET "
                + ", ".join(f"t.{name} = a.{name}" for name in nullable)
            )
    trip.apply()
    trip.equal()
    trip.move.at_target(*(f"DELETE FROM {trap.sql}" for trap in filled))
    trip.apply()
    trip.equal()
    assert all(rows(trip.move.source, f"SELECT COUNT(*) FROM {trap.sql}") == [(0,)] for trap in filled)


DOCUMENTS = (
    "JSON_OBJECT('at', CAST('2024-02-29 12:34:56.5' AS DATETIME(6)), 'on', CAST('1999-12-31' AS DATE))",
    "JSON_ARRAY(CAST('-12:30:00.25' AS TIME(6)), 1.50, -7.000, CAST(5 AS UNSIGNED), 18446744073709551615, -1)",
    "JSON_OBJECT('bytes', _binary X'00FF27', '', JSON_ARRAY(), 'deep', JSON_OBJECT('a', JSON_ARRAY(NULL, TRUE, 2.5)))",
    "CAST(CONCAT('[', REPEAT('\"0123456789\",', 9000), '123456789012]') AS JSON)",
    "CAST(CONCAT('{\"a\": ', REPEAT('[', 60), '1e-7', REPEAT(']', 60), '}') AS JSON)",
    "CAST('1.7976931348623157e308' AS JSON)",
)
LONG = 16 * 1024 * 1024 - 7


def test_documents_with_typed_values_and_values_of_16_mb_come_back_exactly(back: Callable[..., Back]) -> None:
    trip = back(
        "CREATE TABLE documents (id INT PRIMARY KEY, j JSON)",
        "CREATE TABLE large (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT)",
    )
    values = ", ".join(f"({number}, {document})" for number, document in enumerate(DOCUMENTS))
    trip.move.at_target(
        f"INSERT INTO documents VALUES {values}",
        f"INSERT INTO large VALUES (1, REPEAT(X'00275C0A', {LONG // 4}), REPEAT('é', 9)), (2, X'', NULL)",
        f"UPDATE large SET t = REPEAT('x', {LONG}) WHERE id = 2",
        "UPDATE documents SET id = id + 100",
    )
    trip.apply()
    kinds = "SELECT id, JSON_TYPE(JSON_EXTRACT(j, '$[0]')), JSON_TYPE(JSON_EXTRACT(j, '$.bytes')), j FROM documents"
    ours, theirs = (sorted(rows(end, kinds)) for end in (trip.move.source, trip.move.target))
    assert ours == theirs
    digest = "SELECT id, SHA2(b, 256), SHA2(t, 256) FROM large ORDER BY id"
    assert rows(trip.move.source, digest) == rows(trip.move.target, digest)


CASCADE = "ON DELETE CASCADE ON UPDATE CASCADE"
FAMILY = (
    "CREATE TABLE parent (id INT PRIMARY KEY, v INT)",
    f"CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) {CASCADE})",
    "CREATE TABLE grandchild (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES child (id) ON DELETE SET NULL)",
    "INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
    "INSERT INTO child VALUES (11, 1), (12, 1), (21, 2), (31, 3)",
    "INSERT INTO grandchild VALUES (111, 11), (211, 21), (311, 31)",
)


@pytest.mark.parametrize("cascades", ["logged", "innodb"])
def test_cascades_end_the_same_whoever_does_them(back: Callable[..., Back], cascades: str) -> None:
    trip = back(*FAMILY, cascades=cascades)
    trip.move.at_target(
        "DELETE FROM parent WHERE id = 1",
        "UPDATE parent SET id = 20, v = 5 WHERE id = 2",
        "SET SESSION foreign_key_checks = 0",
        "DELETE FROM parent WHERE id = 3",
        "INSERT INTO child VALUES (99, 98)",
    )
    trip.apply()
    trip.move.at_target("SET SESSION foreign_key_checks = 1", "DELETE FROM parent WHERE id = 20")
    trip.apply()
    for table, left in (("parent", [4]), ("child", [31, 99]), ("grandchild", [111, 211, 311])):
        found = [rows(end, f"SELECT * FROM {table} ORDER BY 1") for end in (trip.move.source, trip.move.target)]
        assert found[0] == found[1]
        assert [row[0] for row in found[0]] == left


@pytest.mark.parametrize(
    ("at_source", "at_target", "sentence"),
    [
        ("DELETE FROM t WHERE id = 1", "UPDATE t SET v = 9 WHERE id = 1", "row id 1 cannot be applied"),
        ("DELETE FROM t WHERE id = 1", "DELETE FROM t WHERE id = 1", "is not there"),
        ("INSERT INTO t VALUES (5, 5)", "INSERT INTO t VALUES (5, 6)", "is there already"),
        ("SELECT 1", "ALTER TABLE t ADD COLUMN w INT", "ran a statement that the way back cannot follow"),
        ("SELECT 1", "TRUNCATE TABLE t", "ran a statement that the way back cannot follow"),
    ],
    ids=["update", "delete", "insert", "alter", "truncate"],
)
def test_what_cannot_be_applied_is_told_and_nothing_of_its_transaction_is(
    back: Callable[..., Back], at_source: str, at_target: str, sentence: str
) -> None:
    trip = back("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1), (2, 2)")
    trip.move.fill(at_source)
    trip.move.at_target("UPDATE t SET v = 7 WHERE id = 2")
    trip.move.at_target("BEGIN", "INSERT INTO t VALUES (8, 8)", at_target, "COMMIT")
    with pytest.raises(ReplatformError) as raised:
        trip.apply()
    assert sentence in raised.value.message
    state = way_back.state(trip.source, trip.settings)
    assert state
    assert state["error"] == raised.value.message
    assert not caught_up(trip, trip.move.gtids())
    assert (8, 8) not in rows(trip.move.source, "SELECT * FROM t") or "statement" in sentence


def test_what_is_none_of_the_migrations_is_passed_over(back: Callable[..., Back]) -> None:
    trip = back("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    other = f"{trip.move.schema}_other"
    trip.move.at_target(
        f"CREATE DATABASE {other}",
        f"CREATE TABLE {other}.t (id INT PRIMARY KEY)",
        f"INSERT INTO {other}.t VALUES (1)",
        f"CREATE DATABASE {trip.settings.journal_schema}",
        f"CREATE TABLE {trip.settings.journal_schema}.later (id INT)",
        f"ALTER DATABASE {trip.move.schema} READ ONLY = 1",
        f"ALTER DATABASE {trip.move.schema} READ ONLY = 0",
        "CREATE TRIGGER t_bi BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 5",
        "ANALYZE TABLE t",
        "SAVEPOINT a",
        "INSERT INTO t VALUES (1, 0)",
    )
    state = trip.apply()
    assert rows(trip.move.source, "SELECT * FROM t") == [(1, 5)]
    assert state["left_out"] == ["TRIGGER statement of the target"]
    assert caught_up(trip, trip.move.gtids())


FAILPOINTS = ("before:write:5", "before:move:1", "after:move:1", "before:committed:1", "after:commit:1")


def started(trip: Back, **env: str) -> subprocess.Popen[str]:
    given = program.job(trip.source, trip.target, trip.settings, until=trip.move.gtids())
    process = subprocess.Popen(
        [sys.executable, "-m", program.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **env},
        cwd=ROOT,
        text=True,
    )
    assert process.stdin
    process.stdin.write(json.dumps(given) + "\n")
    process.stdin.flush()
    return process


def finished(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """What it told, once it has ended by itself: at the end of its stdin it would end at once."""
    with process:
        assert process.stdout
        return [json.loads(line) for line in process.stdout]


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_at_any_point_the_next_run_neither_loses_nor_doubles(back: Callable[..., Back], failpoint: str) -> None:
    trip = back("CREATE TABLE t (v INT, n VARCHAR(9))", "CREATE TABLE u (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    for batch in range(3):
        for number in range(8):
            trip.move.at_target(f"INSERT INTO t VALUES ({number}, 'x')", "INSERT INTO u (v) VALUES (1)")
        if batch == 1:
            process = started(trip, REPLATFORM_FAILPOINT=failpoint)
            finished(process)
            assert process.returncode == -signal.SIGKILL
        elif batch == 0:
            process = started(trip)
            assert finished(process)[-1] == {"event": "end"}
    trip.apply()
    trip.equal()
    assert rows(trip.move.source, "SELECT COUNT(*) FROM t") == [(24,)]


def test_it_ends_with_its_parent_and_stays_when_told_to(back: Callable[..., Back]) -> None:
    trip = back("CREATE TABLE t (id INT PRIMARY KEY)")
    process = started(trip)
    process.communicate(timeout=10)
    assert process.returncode in (0, 3)
    follower = psutil.Process(program.detach(trip.source, trip.target, trip.settings))
    try:
        trip.move.at_target("INSERT INTO t VALUES (1)")
        until = trip.move.gtids()
        while not caught_up(trip, until):
            assert follower.is_running()
            time.sleep(0.05)
        trip.move.at_target("INSERT INTO t VALUES (2)")
        trip.apply()  # another one takes it over, and the first gives way
        follower.wait(10)
    finally:
        if follower.is_running():
            follower.kill()
    trip.equal()


def dropped(proxy: Proxy) -> None:
    """Ends every connection there is; new ones are taken."""
    with proxy.cut():
        pass


def test_a_cut_line_and_a_killed_session_are_survived(back: Callable[..., Back]) -> None:
    trip = back("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (0)")
    with closing(Proxy(trip.target.port)) as proxy, ThreadPoolExecutor(1) as pool:
        line = replace(trip.target, port=proxy.port)
        applier = way_back.applier(trip.source, line, trip.settings, trip.told.append)
        running = pool.submit(applier.run)
        try:
            for cut in (lambda: None, lambda: dropped(proxy), lambda: killed(trip)):
                cut()
                trip.move.at_target("INSERT INTO t SELECT MAX(id) + 1 FROM t")
                until = trip.move.gtids()
                while not caught_up(trip, until):
                    assert not running.done()
                    time.sleep(0.05)
        finally:
            applier.stop.set()
        running.result(10)
    trip.equal()
    assert [event["event"] for event in trip.told].count("again") >= 2
    assert trip.told[-1]["rows"] == 3


def killed(trip: Back) -> None:
    name = lock_name("applier", trip.settings.name)
    with trip.move.source.cursor() as cursor:
        cursor.execute("SELECT IS_USED_LOCK(%s)", (name,))
        cursor.execute(f"KILL {cursor.fetchall()[0][0]}")


TABLES = (
    "CREATE TABLE orders (id INT PRIMARY KEY, v INT)",
    "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(99))",
)
TRIGGERS = (
    "CREATE TRIGGER first AFTER INSERT ON orders FOR EACH ROW INSERT INTO log (what) VALUES (CONCAT('first ', NEW.id))",
    "CREATE TRIGGER second AFTER INSERT ON orders FOR EACH ROW INSERT INTO log (what) VALUES ('second')",
)


def test_triggers_fire_once_and_are_there_again_afterwards(
    back: Callable[..., Back], source_admin: Callable[..., Connection]
) -> None:
    trip = back(*TABLES)
    trip.move.at_target(*TRIGGERS)
    with source_admin(database=trip.move.schema).cursor() as cursor:
        for trigger in TRIGGERS:
            cursor.execute(trigger)
    assert trip.prepare()["triggers"] == ["first", "second"]
    came_back(trip)


def came_back(trip: Back) -> None:
    trip.move.at_target("INSERT INTO orders VALUES (1, 1)")
    trip.apply()
    trip.equal()
    with pytest.raises(ReplatformError, match="create them again before it is taken away"):
        way_back.remove(trip.source, trip.settings)
    for names in ([f"{trip.move.schema}.first", f"{trip.move.schema}.second"], []):
        assert way_back.restore_triggers(trip.source, trip.settings) == names
    trip.move.fill("INSERT INTO orders VALUES (2, 2)")
    assert rows(trip.move.source, "SELECT what FROM log ORDER BY id")[2:] == [("first 2",), ("second",)]
    way_back.remove(trip.source, trip.settings)
    assert way_back.state(trip.source, trip.settings) is None


def test_a_source_that_is_still_written_to_is_refused_and_a_read_only_one_is_lifted(
    back: Callable[..., Back], source_root: Callable[..., Connection]
) -> None:
    trip = back("CREATE TABLE t (id INT PRIMARY KEY)")
    user = trip.move.schema
    with source_root().cursor() as cursor:
        cursor.execute(f"CREATE USER {user} IDENTIFIED BY 'secret-9f'")
        cursor.execute(f"ALTER DATABASE {trip.move.schema} READ ONLY = 1")
        try:
            with pytest.raises(ReplatformError, match="are not locked at the source"):
                trip.prepare(f"'{user}'@'%'")
            endpoint = {"host": trip.source.host, "port": trip.source.port, "username": user, "password": "secret-9f"}
            with mysqld_connect(endpoint):
                cursor.execute(f"ALTER USER {user} ACCOUNT LOCK")
                with pytest.raises(ReplatformError, match="sessions of the application live at the source"):
                    trip.prepare(f"'{user}'@'%'")
            while rows(trip.move.source, f"SELECT 1 FROM information_schema.processlist WHERE user = '{user}'"):
                time.sleep(0.02)
            assert trip.prepare(f"'{user}'@'%'")["read_only_lifted"] == [trip.move.schema]
        finally:
            cursor.execute(f"ALTER DATABASE {trip.move.schema} READ ONLY = 0")
            cursor.execute(f"DROP USER {user}")
    trip.move.at_target("INSERT INTO t VALUES (1)")
    trip.apply()
    trip.equal()


@pytest.mark.parametrize(
    ("options", "columns", "reason"),
    [
        (
            ("--binlog-row-value-options=PARTIAL_JSON",),
            "id INT",
            "binlog_row_value_options is PARTIAL_JSON",
        ),
        (
            ("--binlog-transaction-compression=ON", "--binlog-row-image=MINIMAL"),
            "id INT",
            "row_image is MINIMAL",
        ),
    ],
    ids=["partial", "minimal"],
)
def test_what_could_not_come_back_is_told_before_the_switch(
    back: Callable[..., Back], mysqld: Callable[..., Mysqld], options: tuple[str, ...], columns: str, reason: str
) -> None:
    trip = back("CREATE TABLE good (id INT PRIMARY KEY)")
    trip.move.fill(f"CREATE TABLE t ({columns})")
    if options:
        trip.target = Server.of("target", mysqld(*options).endpoint())
    with pytest.raises(ReplatformError) as raised:
        trip.prepare()
    assert reason in raised.value.message
    assert len(raised.value.facts["reasons"]) == max(1, len(options))
