from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pymysql
import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, value
from sandbox import mysql_distribution
from sandbox.mysqld import Mysqld
from tests.servers import Servers
from tests.support.application import Shop, furnish
from tests.support.modules import Running, run_module, start_module
from tests.support.writer import Writer

TABLES = 10
ROWS = 1200
RATE = 200.0
SEED = int(os.environ.get("REPLATFORM_SEED", "20261124"))
"""Another one gives other moments; a failure names it by its parameters."""


@dataclass
class Move:
    """A migration of the test's own schema between the sandbox's servers, as their restricted admins."""

    schema: str
    source: Connection[Any]
    target: Connection[Any]
    args: dict[str, Any]

    def fill(self, *statements: str) -> None:
        with self.source.cursor() as cursor:
            cursor.execute(f"USE `{self.schema}`")
            # No strict mode, so that values which old applications left behind can be made.
            cursor.execute("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00'")
            for statement in statements:
                cursor.execute(statement)

    def copy(self, *, check: bool = False, **over: Any) -> dict[str, Any]:
        return run_module("mysql_copy", {**self.args, **over}, check=check)

    def follow(self, *, check: bool = False, **over: Any) -> dict[str, Any]:
        return run_module("mysql_follow", {**self.args, **over}, check=check)

    def verify(self) -> dict[str, Any]:
        return run_module("mysql_verify", {key: given for key, given in self.args.items() if key != "definers"})

    def info(self) -> list[dict[str, Any]]:
        given = {key: self.args[key] for key in ("name", "target", "journal_schema")}
        found: list[dict[str, Any]] = run_module("mysql_migration_info", given)["migrations"]
        return found

    def at_target(self, *statements: str) -> None:
        with self.target.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def gtids(self) -> str:
        return str(value(self.target, "SELECT @@GLOBAL.gtid_executed"))


@pytest.fixture
def move(
    schema: str,
    mysql_source: dict[str, Any],
    mysql_target: dict[str, Any],
    source_root: Callable[..., Connection[Any]],
    target_root: Callable[..., Connection[Any]],
) -> Move:
    logins = [
        {key: end[key] for key in ("host", "port", "username", "password")} for end in (mysql_source, mysql_target)
    ]
    args = {"name": schema, "source": logins[0], "target": logins[1], "schemas": [schema], "workers": 2}
    args["journal_schema"] = f"{schema}_journal"
    return Move(schema, source_root(autocommit=True), target_root(autocommit=True), args)


@dataclass
class Rig:
    """A source that is written to, a target of the test's own, and the options of the migration."""

    schema: str
    source: Callable[..., Connection[Any]]
    target: Mysqld
    args: dict[str, Any]

    def start(self, **env: str) -> Running:
        return start_module("mysql_copy", self.args, env=env)

    def finish(self) -> dict[str, Any]:
        result = run_module("mysql_copy", self.args)
        assert not result.get("failed"), result
        return result

    def writer(self) -> Writer:
        return Writer(self.source, self.schema, TABLES, rate=RATE, seed=SEED)

    def copied(self) -> int:
        """Units of rows that the journal has as copied; 0 before there is one."""
        with self.target.connect() as root:
            try:
                sql = "SELECT COUNT(*) FROM replatform.unit WHERE state = 'copied' AND stage = 'rows'"
                return int(value(root, sql))
            except (pymysql.err.ProgrammingError, pymysql.err.OperationalError):  # no such table, no such schema
                return 0

    def follow(self, position: dict[str, Any]) -> None:
        """Replicates natively from the copy's position to where the source is: a row of another moment breaks it."""
        source = self.source()
        until = value(source, "SELECT @@GLOBAL.gtid_executed")
        server = self.args["source"]
        with self.target.connect(autocommit=True) as root, root.cursor() as cursor:
            cursor.execute("SET GLOBAL gtid_purged = %s", (f"+{position['gtid_executed']}",))
            cursor.execute(f"CHANGE REPLICATION FILTER REPLICATE_WILD_DO_TABLE = ('{self.schema}.%')")
            cursor.execute(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s,"
                " SOURCE_PASSWORD = %s, SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1",
                (server["host"], server["port"], server["username"], server["password"]),
            )
            cursor.execute("START REPLICA")
            cursor.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 60)", (until,))
            late = cursor.fetchall()[0][0]
            cursor.execute("SELECT last_error_message FROM performance_schema.replication_applier_status_by_worker")
            errors = [row[0] for row in cursor.fetchall() if row[0]]
            assert (late, errors) == (0, [])
            cursor.execute("STOP REPLICA")
            cursor.execute("RESET REPLICA ALL")

    def proven(self, result: dict[str, Any]) -> None:
        """The target is the source as it was at the recorded position, and stays equal when it follows from there."""
        self.follow(result["position"])
        verified = run_module("mysql_verify", self.args)
        assert (verified.get("msg"), verified["mismatches"]) == (None, 0)


@pytest.fixture
def target_options() -> tuple[str, ...]:
    """Further options of the rig's target; a test gives others by parametrize."""
    return ()


@pytest.fixture
def rig(
    target_options: tuple[str, ...],
    schema: str,
    mysql_source: dict[str, Any],
    source_root: Callable[..., Connection[Any]],
    source_admin: Callable[..., Connection[Any]],
    mysqld: Callable[..., Mysqld],
) -> Rig:
    root = source_root(autocommit=True)
    with root.cursor() as cursor:
        cursor.execute(f"USE `{schema}`")
        for number in range(TABLES):
            parent = f", CONSTRAINT t{number}_fk FOREIGN KEY (parent) REFERENCES t{number - 1} (id) ON DELETE SET NULL"
            cursor.execute(
                f"CREATE TABLE t{number} (id INT PRIMARY KEY, code CHAR(36) NOT NULL, note TEXT, parent INT,"
                f" UNIQUE KEY (code), KEY (parent){parent if number else ''})"
            )
            cursor.executemany(
                f"INSERT INTO t{number} VALUES (%s, UUID(), REPEAT(%s, 300), NULL)",
                [(n * 100_000 // ROWS, f"{n % 10}") for n in range(1, ROWS)],
            )
            cursor.execute(f"ANALYZE TABLE t{number}")
    target = mysqld(
        "--gtid-mode=ON",
        "--enforce-gtid-consistency=ON",
        "--local-infile=ON",
        "--innodb-flush-log-at-trx-commit=2",
        *target_options,
    )
    password = "mover-9f2c"
    with target.connect(autocommit=True) as server, server.cursor() as cursor:
        cursor.execute("CREATE USER mover@'%%' IDENTIFIED BY %s", (password,))
        cursor.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW,"
            " TRIGGER, CREATE ROUTINE, ALTER ROUTINE, EVENT ON *.* TO mover@'%'"
        )
    endpoint = target.endpoint()
    return Rig(
        schema,
        lambda: source_admin(autocommit=True),
        target,
        {
            "name": schema,
            "source": {key: mysql_source[key] for key in ("host", "port", "username", "password")},
            "target": {"host": endpoint["host"], "port": endpoint["port"], "username": "mover", "password": password},
            "schemas": [schema],
            "chunk_bytes": 20_000,
            "workers": 2,
            "lease_seconds": 5,
        },
    )


@pytest.fixture
def ahead(sandbox: Servers, mysqld: Callable[..., Mysqld], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Mysqld]:
    """`ahead(*options)` starts a server whose clock is two days ahead of everybody's."""

    def ahead(*options: str) -> Mysqld:
        faketime = mysql_distribution.unpacked("faketime", ("libfaketime",), sandbox.folder / "log" / "faketime.log")
        (library,) = faketime.root.glob("usr/lib/*/faketime/libfaketimeMT.so.1")
        with monkeypatch.context() as meanwhile:
            meanwhile.setenv("LD_PRELOAD", str(library))
            meanwhile.setenv("FAKETIME", "+2d")
            meanwhile.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            meanwhile.setenv("FAKETIME_FORCE_MONOTONIC_FIX", "0")  # else each timed wait of the server lasts too long
            return mysqld(*options)

    return ahead


@pytest.fixture
def shop(schema: str, mysql_source: dict[str, Any], source_root: Callable[..., Connection[Any]]) -> Iterator[Shop]:
    """At the hosted source, where we are its admin."""
    root = source_root()
    furnish(root, schema)
    server = Server.of("source", {**mysql_source, "ca": None})
    yield Shop(server, schema, root)
    with source_root().cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"ALTER DATABASE {schema} READ ONLY = 0")
        cursor.execute(f"DROP USER {schema}@'%'")


@pytest.fixture
def own_shop(mysqld: Callable[..., Mysqld]) -> Shop:
    """At a server of its own, where we are root."""
    server = mysqld()
    root = server.connect()
    furnish(root, "shop")
    return Shop(Server.of("source", server.endpoint()), "shop", root)
