"""Customers who keep ordering while the shop is being moved, and the ledger of what they did."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

import pymysql
from pymysql.connections import Connection

from ..errors import SandboxError
from ..mysqld import connect
from .tables import SCHEMA

WRITERS = 4
STOP_TIMEOUT_S = 30
RETRY_S = 0.2


@dataclass(frozen=True)
class Order:
    """An order that a writer made: what it wrote last, and whether the server said that this was committed."""

    number: str
    note: str | None
    items: int
    deleted: bool
    acknowledged: bool


@dataclass(frozen=True)
class Account:
    """What the traffic did until now. `errors` counts refused transactions by MySQL's error number."""

    seconds: float
    commits: int
    inserted: int
    updated: int
    deleted: int
    errors: Mapping[int, int]

    @property
    def rate(self) -> float:
        return self.commits / self.seconds if self.seconds else 0.0


class Traffic:
    """Writers that insert, update and delete orders with their items, about `rate` transactions a second in all.

    The orders of one writer are its own, so `ledger` says exactly what must be in the table: an acknowledged order is
    there (or deleted) with its last note; an unacknowledged one may be in its old or its new state.
    """

    def __init__(
        self,
        endpoint: Mapping[str, Any],
        *,
        rate: float = 200,
        writers: int = WRITERS,
        schema: str = SCHEMA,
        seed: int = 0,
        read_timeout_s: float = 30,
    ) -> None:
        self._endpoint = endpoint
        self._schema = schema
        self._read_timeout_s = read_timeout_s
        self._stopping = threading.Event()
        self._writers = [_Writer(self, number, rate / writers, seed) for number in range(writers)]
        self._began = 0.0
        self._ended: float | None = None

    def start(self) -> Self:
        """Writes from now on, also again after an error or a lost connection, until `stop`."""
        with self.connect() as connection, connection.cursor() as cursor:
            try:
                cursor.execute(f"SELECT MAX(id) FROM `{self._schema}`.orders")
            except pymysql.ProgrammingError as error:
                raise SandboxError(f"There is no shop to order in ({error.args[-1]}); seed it first.") from error
        self._began = time.monotonic()
        for writer in self._writers:
            writer.start()
        return self

    def stop(self) -> Account:
        """No transaction is under way when this returns."""
        self._stopping.set()
        for writer in self._writers:
            if writer.is_alive():
                writer.join(STOP_TIMEOUT_S + self._read_timeout_s)
        self._ended = self._ended or time.monotonic()
        return self.account()

    def account(self) -> Account:
        """The counts until now."""
        counts: Counter[str] = Counter()
        errors: Counter[int] = Counter()
        for writer in self._writers:
            counts.update(dict(writer.counts))
            errors.update(dict(writer.errors))
        seconds = (self._ended or time.monotonic()) - self._began if self._began else 0.0
        return Account(
            seconds, sum(counts.values()), counts["insert"], counts["update"], counts["delete"], dict(errors)
        )

    def ledger(self) -> dict[str, Order]:
        """Every order that this traffic made, by its number. Complete after `stop`."""
        return {number: order for writer in self._writers for number, order in list(writer.ledger.items())}

    def connect(self) -> Connection[Any]:
        return connect(
            self._endpoint,
            database=self._schema,
            autocommit=False,
            read_timeout=self._read_timeout_s,
            write_timeout=self._read_timeout_s,
        )

    @property
    def stopping(self) -> threading.Event:
        return self._stopping

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Writer(threading.Thread):
    """One connection's share of the traffic."""

    def __init__(self, traffic: Traffic, number: int, rate: float, seed: int) -> None:
        super().__init__(name=f"traffic-{number}", daemon=True)
        self._traffic = traffic
        self._prefix = f"T{seed}-{number}"
        self._rate = rate
        self._rng = random.Random(f"traffic {seed} {number}")
        self._made = 0
        self._alive: list[str] = []
        self._parents: dict[str, list[Any]] = {}
        self.ledger: dict[str, Order] = {}
        self.counts: Counter[str] = Counter()
        self.errors: Counter[int] = Counter()

    def run(self) -> None:
        connection: Connection[Any] | None = None
        due = time.monotonic()
        while not self._traffic.stopping.is_set():
            try:
                if connection is None:
                    connection = self._traffic.connect()
                    self._read_parents(connection)
                self._transaction(connection)
            except pymysql.MySQLError as error:
                self.errors[int(error.args[0]) if error.args and isinstance(error.args[0], int) else 0] += 1
                connection = self._recover(connection)
                self._traffic.stopping.wait(RETRY_S)
            # A fixed beat, not a pause after each: a slow server gets the missed ones when it is quick again, for 1 s.
            due = max(due + 1 / self._rate, time.monotonic() - 1)
            self._traffic.stopping.wait(max(0.0, due - time.monotonic()))
        if connection is not None:
            connection.close()

    def _recover(self, connection: Connection[Any] | None) -> Connection[Any] | None:
        if connection is None:
            return None
        try:
            connection.rollback()
        except pymysql.MySQLError:
            with contextlib.suppress(pymysql.MySQLError):
                connection.close()
            return None
        return connection

    def _read_parents(self, connection: Connection[Any]) -> None:
        """What orders point to: once, as the traffic changes none of it."""
        queries = {
            "stores": "SELECT id FROM stores LIMIT 100",
            "users": "SELECT id FROM users LIMIT 500",
            "order_statuses": "SELECT id FROM order_statuses",
            "currencies": "SELECT id FROM currencies",
            "product_variants": "SELECT product_id, variant_no FROM product_variants LIMIT 500",
        }
        with connection.cursor() as cursor:
            for name, query in queries.items():
                cursor.execute(query)
                self._parents[name] = list(cursor.fetchall())
        connection.rollback()

    def _transaction(self, connection: Connection[Any]) -> None:
        draw = self._rng.random()
        if not self._alive or draw < 0.5:
            kind, order = "insert", self._insert_order
        elif draw < 0.85:
            kind, order = "update", self._update_order
        else:
            kind, order = "delete", self._delete_order
        with connection.cursor() as cursor:
            after = order(cursor)
            # Before the commit: when its answer is lost, the ledger has to say that nobody knows.
            self.ledger[after.number] = after
            # ... and nobody may touch that order again.
            if kind != "insert":
                self._alive.remove(after.number)
            connection.commit()
        self.ledger[after.number] = replace(after, acknowledged=True)
        if kind != "delete":
            self._alive.append(after.number)
        self.counts[kind] += 1

    def _insert_order(self, cursor: Any) -> Order:
        self._made += 1
        number, note, items = (
            f"{self._prefix}-{self._made:07d}",
            f"ordered 🛒 {self._rng.random()}",
            self._rng.randint(1, 3),
        )
        pick = {name: self._rng.choice(rows) for name, rows in self._parents.items()}
        cursor.execute(
            "INSERT INTO orders (store_id, user_id, order_status_id, currency_id, number, subtotal, note, placed_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, NOW(6))",
            (
                *(pick[name][0] for name in ("stores", "users", "order_statuses", "currencies")),
                number,
                round(self._rng.random() * 500, 2),
                note,
            ),
        )
        order_id = cursor.lastrowid
        lines = [
            (order_id, line, *self._rng.choice(self._parents["product_variants"]), f"item {line}", line)
            for line in range(1, items + 1)
        ]
        cursor.executemany(
            "INSERT INTO order_items (order_id, line_no, product_id, variant_no, name, quantity) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            lines,
        )
        return Order(number, note, items, deleted=False, acknowledged=False)

    def _update_order(self, cursor: Any) -> Order:
        number = self._rng.choice(self._alive)
        note = f"changed {self._rng.random()}"
        cursor.execute("UPDATE orders SET note = %s, tax = tax + 1 WHERE number = %s", (note, number))
        return Order(number, note, self.ledger[number].items, deleted=False, acknowledged=False)

    def _delete_order(self, cursor: Any) -> Order:
        """Its items go by ON DELETE CASCADE, which is what the binary log does not tell of."""
        number = self._rng.choice(self._alive)
        cursor.execute("DELETE FROM orders WHERE number = %s", (number,))
        return Order(number, None, 0, deleted=True, acknowledged=False)
