"""A small application: a schema, an account, and clients that write row after row and connect again if turned away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, connect, value
from ansible_collections.replatform.aws.plugins.module_utils.mysql.pause import Way, way_of, ways
from sandbox import mysqld as sandbox_mysqld

CLIENTS = 4
PASSWORD = "writes-7d1e"


class Application:
    """`CLIENTS` sessions that insert into `written` of a schema until the block ends; `acknowledged` holds the ids.

    Each waits `rest_s` after a row, as many customers do not. `writes` has the port, the start and the answer of each.
    """

    def __init__(self, connect: Callable[[], Connection[Any]], *, rest_s: float = 0) -> None:
        self._connect, self._rest_s = connect, rest_s
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._loop, args=(n,), daemon=True) for n in range(CLIENTS)]
        self.acknowledged: set[int] = set()
        self.writes: list[tuple[int, float, float]] = []

    def __enter__(self) -> Application:
        for thread in self._threads:
            thread.start()
        self.wait_for_more()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self) -> None:
        """Returns once every client may have written again: some rows more are acknowledged than now."""
        wanted = len(self.acknowledged) + 5 * CLIENTS
        while len(self.acknowledged) < wanted:
            time.sleep(0.01)

    def turns(self) -> int:
        """How often a write began at one side after the other side had answered one."""
        turns, (port, _sent, last) = 0, min(self.writes, key=lambda write: write[2])
        for where, sent, answered in sorted(self.writes, key=lambda write: write[2]):
            if where != port and sent > last:
                turns, port, last = turns + 1, where, answered
        return turns

    def _loop(self, client: int) -> None:
        row = client
        while not self._stop.is_set():
            try:
                connection = self._connect()
                with connection, connection.cursor() as cursor:
                    while not self._stop.is_set():
                        sent = time.monotonic()
                        cursor.execute("INSERT INTO written VALUES (%s)", (row,))
                        self.writes.append((connection.port, sent, time.monotonic()))
                        self.acknowledged.add(row)
                        row += CLIENTS
                        self._stop.wait(self._rest_s)
            except pymysql.MySQLError as error:
                # A write whose answer was lost may be there: it is not acknowledged, and the next row is another one.
                row += CLIENTS
                if error.args[0] in (1064, 1146, 1062):
                    raise
                time.sleep(max(0.005, self._rest_s))


@dataclass
class Shop:
    """A schema with a table that its application's account may write to, at a server where we are `server`."""

    server: Server
    schema: str
    root: Connection[Any]

    @property
    def accounts(self) -> list[tuple[str, str]]:
        return [(self.schema, "%")]

    def ways(self, connection: Connection[Any] | None = None) -> dict[str, Way]:
        return {
            way.name: way for way in ways(self.server, connection or connect(self.server), [self.schema], self.accounts)
        }

    def elsewhere(self, facts: dict[str, Any]) -> Way:
        """The same pause as another process finds it."""
        return way_of(self.server, connect(self.server), facts)

    def application(self) -> Application:
        return Application(self.session)

    def session(self, **options: Any) -> Connection[Any]:
        login = {"host": self.server.host, "port": self.server.port, "username": self.schema, "password": PASSWORD}
        return sandbox_mysqld.connect(login, database=self.schema, **options)

    def rows(self) -> int:
        return int(value(self.root, f"SELECT COUNT(*) FROM {self.schema}.written"))

    def gtids(self) -> str:
        return str(value(self.root, "SELECT @@GLOBAL.gtid_executed"))


def furnish(root: Connection[Any], schema: str) -> None:
    with root.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"CREATE DATABASE IF NOT EXISTS {schema}")
        cursor.execute(f"CREATE TABLE {schema}.written (id BIGINT PRIMARY KEY)")
        cursor.execute(f"CREATE USER {schema}@'%%' IDENTIFIED BY %s", (PASSWORD,))
        cursor.execute(f"GRANT SELECT, INSERT, LOCK TABLES ON {schema}.* TO {schema}@'%'")
