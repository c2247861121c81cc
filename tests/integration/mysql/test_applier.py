"""The way back to a source that may not be a replica: the target's row changes, applied by an ordinary client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.applier import program, way_back
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, connect, quoted, rows
from ansible_collections.replatform.aws.plugins.module_utils.mysql.locks import lock_name
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Settings
from ansible_collections.replatform.aws.plugins.module_utils.mysql.snapshot import position
from sandbox.shop.traps import SQL_MODE, TRAPS
from tests.support.modules import ROOT

from .conftest import Move

TAKEN = tuple(trap for trap in TRAPS if trap.name != "vectors")


@dataclass
class Back:
    """A migration that is copied and switched: the target is written to, the source takes it back."""

    move: Move
    source: Server
    target: Server
    settings: Settings
    told: list[dict[str, Any]] = field(default_factory=list)

    def prepare(self, *accounts: str) -> dict[str, Any]:
        with closing(connect(self.target)) as there:
            return way_back.prepare(self.source, self.target, self.settings, position(there), accounts)

    def apply(self) -> dict[str, Any]:
        """Until the source has all that the target has now."""
        applier = way_back.applier(self.source, self.target, self.settings, self.told.append)
        return way_back.told(applier.run(until=self.move.gtids()))

    def equal(self) -> None:
        verified = self.move.verify()
        assert (verified.get("msg"), verified["mismatches"]) == (None, 0)


@pytest.fixture
def back(move: Move) -> Callable[..., Back]:
    """`back(*statements)` runs them at the source, copies and prepares the way back."""

    def prepared(*statements: str) -> Back:
        move.fill(*statements)
        copied = move.copy()
        assert not copied.get("failed"), copied["msg"]
        source, target = (Server.of(role, move.args[role] | {"tls": "required"}) for role in ("source", "target"))
        settings = Settings(move.schema, (move.schema,), journal_schema=move.args["journal_schema"])
        made = Back(move, source, target, settings)
        made.prepare()
        move.at_target(f"USE `{move.schema}`", f"SET SESSION sql_mode = '{SQL_MODE}', time_zone = '+00:00'")
        return made

    return prepared


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
    trip = back("SET SESSION restrict_fk_on_non_standard_key = 0", *(trap.statements[0] for trap in TAKEN))
    filled = [trap for trap in TAKEN if trap.values]
    aside = f"`{trip.move.schema}_aside`"
    trip.move.at_target(*(trap.statements[1] for trap in filled))
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


FAMILY = (
    "CREATE TABLE parent (id INT PRIMARY KEY, v INT)",
    "CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id)"
    " ON DELETE CASCADE ON UPDATE CASCADE)",
    "CREATE TABLE grandchild (id INT PRIMARY KEY, child INT, FOREIGN KEY (child) REFERENCES child (id)"
    " ON DELETE SET NULL)",
    "INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
    "INSERT INTO child VALUES (11, 1), (12, 1), (21, 2), (31, 3)",
    "INSERT INTO grandchild VALUES (111, 11), (211, 21), (311, 31)",
)


def test_cascades_of_the_servers_own_foreign_keys_end_the_same(back: Callable[..., Back]) -> None:
    """The sandbox's target logs the rows of its cascades, with a flag, before those of the statement."""
    trip = back(*FAMILY)
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
    assert not way_back.caught_up(trip.source, trip.settings, trip.move.gtids())
    assert (8, 8) not in rows(trip.move.source, "SELECT * FROM t") or "statement" in sentence


def test_what_is_none_of_the_migrations_is_passed_over(back: Callable[..., Back]) -> None:
    trip = back("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    other = f"{trip.move.schema}_other"
    trip.move.at_target(
        f"CREATE DATABASE {other}",
        f"CREATE TABLE {other}.t (id INT PRIMARY KEY)",
        f"INSERT INTO {other}.t VALUES (1)",
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
    assert way_back.caught_up(trip.source, trip.settings, trip.move.gtids())


FAILPOINTS = ("before:write:2", "before:move:2", "after:move:2", "before:committed:2", "after:commit:2")


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


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_at_any_point_the_next_run_neither_loses_nor_doubles(back: Callable[..., Back], failpoint: str) -> None:
    trip = back("CREATE TABLE t (v INT, n VARCHAR(9))", "CREATE TABLE u (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    for batch in range(3):
        for number in range(40):
            trip.move.at_target(f"INSERT INTO t VALUES ({number}, 'x')", "INSERT INTO u (v) VALUES (1)")
        if batch == 1:
            process = started(trip, REPLATFORM_FAILPOINT=failpoint)
            process.communicate(timeout=30)
            assert process.returncode == -signal.SIGKILL
        elif batch == 0:
            process = started(trip)
            assert json.loads(process.communicate(timeout=30)[0].splitlines()[-1]) == {"event": "end"}
    trip.apply()
    trip.equal()
    assert rows(trip.move.source, "SELECT COUNT(*) FROM t") == [(120,)]


def test_it_ends_with_its_parent_and_stays_when_told_to(back: Callable[..., Back]) -> None:
    trip = back("CREATE TABLE t (id INT PRIMARY KEY)")
    process = started(trip)
    process.stdin.close()  # type: ignore[union-attr]
    process.wait(10)
    assert process.returncode in (0, 3)
    follower = psutil.Process(program.detach(trip.source, trip.target, trip.settings))
    try:
        trip.move.at_target("INSERT INTO t VALUES (1)")
        until = trip.move.gtids()
        while not way_back.caught_up(trip.source, trip.settings, until):
            assert follower.status() != psutil.STATUS_ZOMBIE
            time.sleep(0.05)
        trip.move.at_target("INSERT INTO t VALUES (2)")
        trip.apply()  # another one takes it over, and the first gives way
        follower.wait(10)
    finally:
        if follower.is_running():
            follower.kill()
    trip.equal()


def test_a_cut_line_and_a_killed_session_are_survived(back: Callable[..., Back]) -> None:
    trip = back("CREATE TABLE t (id INT PRIMARY KEY)")
    applier = way_back.applier(trip.source, trip.target, trip.settings, trip.told.append)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(applier.run)
        trip.move.at_target("INSERT INTO t VALUES (1)")
        while not way_back.caught_up(trip.source, trip.settings, trip.move.gtids()):
            time.sleep(0.05)
        lock = lock_name("applier", trip.settings.name)
        for end, wanted in (
            (trip.move.source, f"SELECT IS_USED_LOCK('{lock}')"),
            (trip.move.target, "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"),
        ):
            for (number,) in rows(end, wanted):
                with end.cursor() as cursor:
                    cursor.execute(f"KILL {number}")
            trip.move.at_target("INSERT INTO t SELECT MAX(id) + 1 FROM t")
            while not way_back.caught_up(trip.source, trip.settings, trip.move.gtids()):
                assert not running.done()
                time.sleep(0.05)
        applier.stop.set()
        running.result(10)
    trip.equal()
    assert "again" in {event["event"] for event in trip.told}
    assert [event["lag_transactions"] for event in trip.told if event["event"] == "applied"][-1] == 0
