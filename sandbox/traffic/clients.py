"""The customers: clients that write and read through the application's account, each with a connection of its own."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from abc import abstractmethod
from collections.abc import Mapping
from math import ceil
from types import TracebackType
from typing import Any, Self

import pymysql
from pymysql.connections import Connection
from pymysql.constants import CLIENT

from ..errors import SandboxError
from ..mysqld import connect
from ..shop.tables import SCHEMA
from .ledger import Ledger
from .operations import PARENTS, Customers, Work, perform
from .settings import Endpoint, Read, Settings

LEAST_CLIENTS = 8
COMMITS_A_CLIENT = 25
READ_TIMEOUT_S = 10
RETRY_S = 0.05
LATER_RETRY_S = 0.2
BURST_S = 1.0
TELL_S = 1.0
STOP_TIMEOUT_S = 30
TEXT_CHARACTERS = 200
# Of the server: it is going down, the statement was interrupted, the session was disconnected.
UNCERTAIN = (1053, 1317, 4031)


def cut_off(code: int) -> bool:
    """Whether the error comes from the connection, so that what the server did is not known."""
    return code == 0 or 2000 <= code < 3000 or code in UNCERTAIN


def error_code(error: BaseException) -> int:
    """MySQL's number of an error, 0 when it has none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def usual_clients(rate: float) -> int:
    """How many it takes for that many commits a second.

    A server writes its logs to disk once for all commits that wait at that moment: it is quick when many wait.
    """
    return max(LEAST_CLIENTS, ceil(rate / COMMITS_A_CLIENT))


class Traffic:
    """Clients that commit about `rate` operations a second in all and write down what they were told, until `stop`.

    `read` tells the endpoint as the application would find it out (`from_secret`, `from_env_file`). Clients connect
    anew after a lost connection, and as soon as the endpoint is another one.
    """

    def __init__(
        self,
        read: Read,
        ledger: Ledger,
        *,
        rate: float = 200,
        clients: int | None = None,
        reads: float | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        seed: str | None = None,
    ) -> None:
        clients = clients or usual_clients(rate)
        # A seed of its own each time: the names of its operations must not meet those of the last run.
        self._run = seed or secrets.token_hex(4)
        self._facts = {"rate": rate, "clients": clients}
        self._ledger = ledger
        self._settings = Settings(read, self._switched)
        self._timeout_s = read_timeout_s
        self._stopping = threading.Event()
        parents = self._parents()
        self._clients: list[_Client] = [
            _Writer(self, number, rate / clients, Customers(f"{self._run}-{number:02d}", parents))
            for number in range(clients)
        ]
        readers = max(1, clients // 4)
        reads = rate / 4 if reads is None else reads
        if reads:
            self._clients += [_Reader(self, clients + number, reads / readers) for number in range(readers)]

    def start(self) -> Self:
        self._ledger.write(run=self._run, **self._facts)
        self._settings.start()
        for client in self._clients:
            client.start()
        return self

    def stop(self) -> None:
        """No transaction is under way when this returns."""
        self._stopping.set()
        for client in self._clients:
            client.join(STOP_TIMEOUT_S + self._timeout_s)
        self._settings.stop()
        self._ledger.write(stop=self._run)

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def stopping(self) -> threading.Event:
        return self._stopping

    def connect(self, endpoint: Endpoint, *, autocommit: bool = False) -> Connection[Any]:
        limit_s = self._timeout_s
        return connect(
            endpoint,
            database=SCHEMA,
            autocommit=autocommit,
            connect_timeout=limit_s,
            read_timeout=limit_s,
            write_timeout=limit_s,
            client_flag=CLIENT.MULTI_STATEMENTS,
        )

    def _switched(self, endpoint: Endpoint) -> None:
        self._ledger.write(switch=f"{endpoint['host']}:{endpoint['port']}")

    def _parents(self) -> Mapping[str, list[tuple[Any, ...]]]:
        found = {}
        try:
            with self.connect(self._settings.endpoint) as connection, connection.cursor() as cursor:
                for name, query in PARENTS.items():
                    cursor.execute(query)
                    found[name] = list(cursor.fetchall())
        except (pymysql.ProgrammingError, pymysql.OperationalError) as error:
            raise SandboxError(
                f"The shop's application finds no shop ({error.args[-1]}); run 'python -m sandbox seed' first."
            ) from error
        return found

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Client(threading.Thread):
    """One connection's share of the traffic."""

    autocommit = False

    def __init__(self, traffic: Traffic, number: int, rate: float) -> None:
        super().__init__(name=f"traffic-{number}", daemon=True)
        self.traffic = traffic
        self.number = number
        self.server = ""
        self._rate = rate
        self._endpoint: Endpoint | None = None
        self._connection: Connection[Any] | None = None

    @abstractmethod
    def turn(self) -> None:
        """What comes next; every error of the database is dealt with."""

    def run(self) -> None:
        # Not all at once: the beats of the clients are spread over one.
        due = time.monotonic() + (self.number * 0.618 % 1) / self._rate
        while not self.traffic.stopping.wait(max(0.0, due - time.monotonic())):
            self.turn()
            # A fixed beat, not a pause after each: a slow server gets what it missed when it is quick again, for 1 s.
            due = max(due + 1 / self._rate, time.monotonic() - BURST_S)
        self._leave()

    def connection(self) -> Connection[Any]:
        """The connection to where the application is led at this moment."""
        endpoint = self.traffic.settings.endpoint
        if self._endpoint is not endpoint:
            self._leave()
        if self._connection is None:
            opened = self.traffic.connect(endpoint, autocommit=self.autocommit)
            with opened.cursor() as cursor:
                cursor.execute("SELECT @@server_uuid")
                self.server = str((cursor.fetchone() or ("",))[0])
            self._connection, self._endpoint = opened, endpoint
        return self._connection

    def recover(self, error: Exception, **facts: str) -> None:
        """After an error: it is in the ledger, nothing of the transaction is left open, the settings are read anew."""
        code = error_code(error)
        text = str(error.args[-1] if error.args else error)[:TEXT_CHARACTERS]
        self.traffic.ledger.write(error=code, text=text, client=self.number, **facts)
        self.traffic.settings.ask()
        if self._connection and not cut_off(code):
            with contextlib.suppress(pymysql.MySQLError, OSError):
                self._connection.rollback()
                return
        self._leave()

    def _leave(self) -> None:
        if self._connection:
            with contextlib.suppress(pymysql.MySQLError, OSError):
                self._connection.close()
        self._connection = None


class _Writer(_Client):
    def __init__(self, traffic: Traffic, number: int, rate: float, customers: Customers) -> None:
        super().__init__(traffic, number, rate)
        self._customers = customers

    def turn(self) -> None:
        """The next operation, again and again until the server says yes, or until nobody can know whether it did."""
        work = self._customers.next()
        began = self.traffic.ledger.now()
        while not self._done(work, began):
            now = self.traffic.ledger.now()
            if self.traffic.stopping.wait(RETRY_S if now - began < 2 else LATER_RETRY_S):
                break

    def _done(self, work: Work, began: float) -> bool:
        ledger = self.traffic.ledger
        asked = False
        try:
            connection = self.connection()
            with connection.cursor() as cursor:
                perform(cursor, work)
            # Before the commit: when its answer is lost, the ledger has to say that nobody knows.
            ledger.write(ask=work.name, client=self.number, began=round(began, 6), **work.facts())
            asked = True
            connection.commit()
        except (pymysql.MySQLError, OSError) as error:
            unknown = asked and cut_off(error_code(error))
            if asked and not unknown:
                ledger.write(refused=work.name)
            self.recover(error, operation=work.name)
            # A row that is missing or there already: no later try can succeed.
            given_up = isinstance(error, pymysql.IntegrityError)
            if given_up:
                self._customers.refused(work)
            return unknown or given_up
        ledger.write(ack=work.name, server=self.server)
        self._customers.acknowledged(work)
        return True


class _Reader(_Client):
    """Looks at the newest orders and at what is in them, as the back office does."""

    autocommit = True

    def __init__(self, traffic: Traffic, number: int, rate: float) -> None:
        super().__init__(traffic, number, rate)
        self._answers = 0
        self._told = 0.0

    def turn(self) -> None:
        try:
            with self.connection().cursor() as cursor:
                cursor.execute(
                    "SELECT o.number, o.total, COUNT(*) FROM (SELECT id, number, total FROM orders ORDER BY id DESC "
                    "LIMIT 20) AS o JOIN sold_lines AS l ON l.order_id = o.id GROUP BY o.number, o.total"
                )
                cursor.fetchall()
            self._answers += 1
        except (pymysql.MySQLError, OSError) as error:
            self.recover(error)
            self.traffic.stopping.wait(RETRY_S)
        if time.monotonic() - self._told > TELL_S:
            self.traffic.ledger.write(reads=self._answers)
            self._answers, self._told = 0, time.monotonic()
