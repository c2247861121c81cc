# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""READ ONLY set and lifted by two connections, and beside what a switch does else.

With hundreds of tables it takes a tenth of a second, as the server closes each of them; so the connections, which are
opened before the pause, share the schemas.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from ...parallel import each
from ..connection import Server, connect, rows, sentences, value
from ..driver import pymysql
from ..pause import ReadOnlySchemas
from . import counters
from .ends import End

CONNECTIONS = 2
_HAS_READ_ONLY = """SELECT COUNT(*) FROM information_schema.tables
WHERE table_schema = 'information_schema' AND table_name = 'SCHEMATA_EXTENSIONS'"""
_TABLES = "SELECT table_schema, COUNT(*) FROM information_schema.tables GROUP BY table_schema"


class Gate:
    """READ ONLY of one server's schemas."""

    def __init__(self, server: Server, schemas: Sequence[str]) -> None:
        self._schemas = schemas
        self._shares: list[list[str]] = []
        self._ends: list[End] = []
        self._pool = ThreadPoolExecutor(1, "lifting")
        self._lifting: Future[None] | None = None
        self._server = server

    def prepare(self) -> None:
        """Opens the connections and shares out the schemas by their tables, ahead of what needs them."""
        self._ends = [End(self._server, connect(self._server)) for _number in range(CONNECTIONS)]
        with sentences(self._server, "counting tables"):
            tables = {str(schema): int(count) for schema, count in rows(self._ends[0].connection, _TABLES)}
        self._shares = [[] for _end in self._ends]
        for schema in sorted(self._schemas, key=lambda schema: -tables.get(schema, 0)):
            min(self._shares, key=lambda share: sum(tables.get(one, 0) for one in share)).append(schema)

    def shut(self, timeout_s: float) -> None:
        """Makes them READ ONLY."""

        def pause(pair: tuple[End, list[str]]) -> None:
            if pair[1] and (one := read_only(*pair)):
                one.pause(timeout_s)

        each(pause, self._pairs, CONNECTIONS)

    def begin_lifting(self, wanted: Mapping[str, int]) -> None:
        """Lifts, and raises the counters to `wanted`, in a thread."""
        self._lifting = self._pool.submit(self._lift, wanted)

    def lifted(self, wanted: Mapping[str, int]) -> None:
        """Ends when they are, and the counters are raised. Raises: what it met."""
        if self._lifting:
            self._lifting.result()
        else:
            self._lift(wanted)

    def still(self) -> None:
        """Ends when nothing is being lifted, whatever became of it."""
        if self._lifting:
            wait([self._lifting])

    def close(self) -> None:
        self._pool.shutdown(wait=False)
        for one in self._ends:
            with contextlib.suppress(pymysql.MySQLError):
                one.connection.close()

    def _lift(self, wanted: Mapping[str, int]) -> None:
        each(lambda pair: lift(*pair), self._pairs, CONNECTIONS)
        counters.raise_to(self._pairs[0][0], self._schemas, wanted)

    @property
    def _pairs(self) -> list[tuple[End, list[str]]]:
        if not self._ends:
            self.prepare()
        return list(zip(self._ends, self._shares, strict=True))


def lift(new: End, schemas: Sequence[str]) -> None:
    """Lifts it by the one connection."""
    if schemas and (one := read_only(new, schemas)):
        one.resume()


def read_only(end: End, schemas: Sequence[str]) -> ReadOnlySchemas | None:
    """What closes a server until it is opened; None where it knows no READ ONLY."""
    with sentences(end.server, "looking whether schemas can be read-only"):
        if not value(end.connection, _HAS_READ_ONLY):
            return None
    found = ReadOnlySchemas(end.server, end.connection, tuple(schemas), ())
    found.before = {"read_only": []}
    return found
