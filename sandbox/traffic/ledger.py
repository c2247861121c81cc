"""What the shop's customers were told, written down outside of every database: one JSON object a line.

    {"run": R, "rate": n, "clients": n}
    {"ask": OPERATION, "client": n, "kind": K, "subject": OPERATION, "began": s}  before its COMMIT is sent
    {"ack": OPERATION, "server": UUID}                    its COMMIT was answered
    {"refused": OPERATION}                                its COMMIT was refused: nothing was written
    {"error": CODE, "text": T, "client": n, "operation": OPERATION}  what a client got instead, by MySQL's number
    {"reads": n}                                          answers that readers got since the last such line
    {"switch": "HOST:PORT"}                               the application was led elsewhere
    {"stop": R}

Every line also says when it was written ("at": seconds since 1970).
An operation that was asked for and neither acknowledged nor refused may be in the database or not: nobody knows.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import SandboxError

Entry = dict[str, Any]


class Ledger:
    """An append-only file; a line is with the kernel when `write` returns, so no kill of its writer loses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        # Seconds since 1970 that never go back, whatever is done to the machine's clock.
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        return time.monotonic() + self._offset

    def write(self, **entry: Any) -> None:
        """One line, with the time."""
        if self._descriptor is None:
            raise SandboxError(f"{self.path} is not open for writing; use the ledger as a context.")
        line = json.dumps({**entry, "at": round(self.now(), 6)}, separators=(",", ":")) + "\n"
        # One call for the whole line: lines of several threads do not mix.
        os.write(self._descriptor, line.encode())

    def read(self) -> Iterator[Entry]:
        """All entries until now; the rest of a line whose writer was killed is left out."""
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            raise SandboxError(f"There is no ledger {self.path}: start the traffic first.") from None
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise SandboxError(
                    f"{self.path}, line {number}, is not JSON ({error}): nothing can be proven."
                ) from error

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._end_the_last_line()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _end_the_last_line(self) -> None:
        """Cuts off the half of a line that a killed writer left."""
        content = self.path.read_bytes()
        os.truncate(self.path, content.rfind(b"\n") + 1)
