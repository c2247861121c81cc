"""Single-row commits at a steady rate, by clients in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.mysqld import connect
from sandbox.state import CHECKOUT

SCHEMA = "bench_writes"
STATEMENTS = (
    f"CREATE DATABASE {SCHEMA}",
    f"CREATE TABLE {SCHEMA}.written (id BIGINT AUTO_INCREMENT PRIMARY KEY, client INT NOT NULL, note TEXT NOT NULL)",
)
PROCESSES = 2
CLIENTS = 20


@dataclass
class Load:
    """Programs that write for a while."""

    programs: list[subprocess.Popen[str]]
    seconds: float

    def running(self) -> bool:
        return any(program.poll() is None for program in self.programs)

    def rate(self) -> float:
        """Commits a second that were acknowledged, once all have ended."""
        counts = [program.communicate()[0] for program in self.programs]
        if any(program.returncode for program in self.programs):
            raise RuntimeError("the write load ended with an error, see above")
        return sum(map(int, counts)) / self.seconds


@contextmanager
def writing(endpoint: Mapping[str, Any], rate: float, seconds: float) -> Iterator[Load]:
    """About `rate` commits a second while the block runs, for `seconds` at most."""
    login = {key: endpoint[key] for key in ("host", "port", "username", "password")}
    given = json.dumps({"endpoint": login, "rate": rate / PROCESSES, "seconds": seconds})
    programs = []
    try:
        for _number in range(PROCESSES):
            command = [sys.executable, "-m", "tests.bench.moves.writes"]
            program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)
            programs.append(program)
            if program.stdin:
                program.stdin.write(given + "\n")
                program.stdin.flush()
        yield Load(programs, seconds)
    finally:
        for program in programs:
            program.kill()
            program.wait()


def _written(endpoint: Mapping[str, Any], client: int, rate: float, seconds: float) -> int:
    """Commits of one client."""
    ends = time.monotonic() + seconds
    due, count = time.monotonic() + client / CLIENTS / rate, 0
    with connect(endpoint, database=SCHEMA) as connection, connection.cursor() as cursor:
        while due < ends:
            time.sleep(max(0.0, due - time.monotonic()))
            cursor.execute("INSERT INTO written (client, note) VALUES (%s, REPEAT('x', 80))", (client,))
            due, count = due + 1 / rate, count + 1
            if time.monotonic() > ends:
                break
    return count


def main() -> None:
    given = json.loads(sys.stdin.readline())
    counts: list[int] = []

    def client(number: int) -> None:
        counts.append(_written(given["endpoint"], number, given["rate"] / CLIENTS, given["seconds"]))

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    print(sum(counts))


if __name__ == "__main__":
    main()
