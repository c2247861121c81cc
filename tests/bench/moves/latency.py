"""What an application of the source feels: point selects and small updates at a fixed rate."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.mysqld import Mysqld

RATE = 100
ROWS = 1000


@dataclass
class Latencies:
    """Seconds of every statement, by its kind: an update also waits for the disk."""

    selects: list[float] = field(default_factory=list)
    updates: list[float] = field(default_factory=list)

    def p99(self) -> float:
        """Of both kinds, in milliseconds."""
        return _percentile(self.selects + self.updates, 99)

    def as_dict(self) -> dict[str, dict[str, float]]:
        every = {"all": self.selects + self.updates, "selects": self.selects, "updates": self.updates}
        return {
            kind: {
                "statements": len(seconds),
                "p50_ms": _percentile(seconds, 50),
                "p99_ms": _percentile(seconds, 99),
            }
            for kind, seconds in every.items()
        }


def _percentile(seconds: list[float], percent: int) -> float:
    ordered = sorted(seconds)
    return round(1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 2)


def prepare(source: Mysqld) -> None:
    """The probe's own table beside the data set: what it changes is not part of the migration."""
    with source.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE IF NOT EXISTS probe")
        cursor.execute("CREATE TABLE IF NOT EXISTS probe.counters (id INT PRIMARY KEY, number BIGINT NOT NULL)")
        cursor.executemany("INSERT IGNORE INTO probe.counters VALUES (%s, 0)", [(n,) for n in range(ROWS)])


@contextmanager
def probing(source: Mysqld, cores: Sequence[int]) -> Iterator[Latencies]:
    """Queries the source while the block runs, from those cores alone."""
    found, ended = Latencies(), threading.Event()
    prober = threading.Thread(target=_probe, args=(source, cores, found, ended), daemon=True)
    prober.start()
    try:
        yield found
    finally:
        ended.set()
        prober.join()


def _probe(source: Mysqld, cores: Sequence[int], found: Latencies, ended: threading.Event) -> None:
    os.sched_setaffinity(0, cores)  # of this thread
    chosen = random.Random(7)
    due = time.monotonic()
    with source.connect() as connection, connection.cursor() as cursor:
        while not ended.is_set():
            due += 1 / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            row = chosen.randrange(ROWS)
            reads = chosen.random() < 0.8
            started = time.monotonic()
            if reads:
                cursor.execute("SELECT name, price FROM shop.products WHERE id = %s", (row + 1,))
                cursor.fetchall()
            else:
                cursor.execute("UPDATE probe.counters SET number = number + 1 WHERE id = %s", (row,))
            (found.selects if reads else found.updates).append(time.monotonic() - started)
            due = max(due, time.monotonic() - 1)
