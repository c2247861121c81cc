"""An application that writes while its database is moved."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pymysql
from pymysql.connections import Connection


class Writer:
    """Transactions on a schema's tables `t0`, `t1`, ... at a given rate, until the block ends.

    Each touches two tables: a row is inserted in one; in another one a row is updated, deleted or given a new key.
    """

    def __init__(
        self, connect: Callable[[], Connection[Any]], schema: str, tables: int, *, rate: float, seed: int
    ) -> None:
        self._connect, self._schema, self._tables, self._rate = connect, schema, tables, rate
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self.transactions = 0

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        connection = self._connect()
        due = time.monotonic()
        while not self._stop.is_set():
            due += 1 / self._rate
            try:
                self._transaction(connection)
                self.transactions += 1
            except pymysql.err.OperationalError as error:
                if error.args[0] not in (1205, 1213):  # lock wait, deadlock: as an application does, try the next one
                    raise
                connection.rollback()
            time.sleep(max(0.0, due - time.monotonic()))
        connection.close()

    def _transaction(self, connection: Connection[Any]) -> None:
        one, other = self._random.sample(range(self._tables), 2)
        key = self._random.randrange(1, 100_000)
        text = f"{self._random.random()}" * self._random.randrange(1, 30)
        change, values = self._random.choice(
            [
                ("UPDATE {table} SET note = %s WHERE id >= %s ORDER BY id LIMIT 1", (text, key)),
                ("DELETE FROM {table} WHERE id >= %s ORDER BY id LIMIT 1", (key,)),
                ("UPDATE {table} SET code = UUID() WHERE id >= %s ORDER BY id LIMIT 1", (key,)),
            ]
        )
        connection.begin()
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT IGNORE INTO `{self._schema}`.t{one} (id, code, note) VALUES (%s, UUID(), %s)", (key, text)
            )
            cursor.execute(change.format(table=f"`{self._schema}`.t{other}"), values)
        connection.commit()
