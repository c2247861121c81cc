"""An application that writes one row after the other and connects again whenever the server turns it away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pymysql
from pymysql.connections import Connection

CLIENTS = 4


class Application:
    """`CLIENTS` sessions that insert into `written` of a schema until the block ends; `acknowledged` holds the ids."""

    def __init__(self, connect: Callable[[], Connection[Any]]) -> None:
        self._connect = connect
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._loop, args=(n,), daemon=True) for n in range(CLIENTS)]
        self.acknowledged: set[int] = set()

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

    def _loop(self, client: int) -> None:
        row = client
        while not self._stop.is_set():
            try:
                connection = self._connect()
                with connection, connection.cursor() as cursor:
                    while not self._stop.is_set():
                        cursor.execute("INSERT INTO written VALUES (%s)", (row,))
                        self.acknowledged.add(row)
                        row += CLIENTS
            except pymysql.MySQLError as error:
                # A write whose answer was lost may be there: it is not acknowledged, and the next row is another one.
                row += CLIENTS
                if error.args[0] in (1064, 1146, 1062):
                    raise
                time.sleep(0.005)
