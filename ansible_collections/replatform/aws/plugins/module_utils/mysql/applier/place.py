# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The row applier's place: one row in a schema of our own at the source, which commits with what was applied."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ...errors import ReplatformError
from ...transfer import failpoint
from ...transfer.model import FencedOut
from ..connection import Connection, code_of, dicts, execute, quoted, value
from ..driver import ER, pymysql
from .gtids import Gtids

FORMAT = 1
_TABLE = """CREATE TABLE IF NOT EXISTS {schema}.applier (
    name VARCHAR(190) NOT NULL PRIMARY KEY,
    format INT NOT NULL,
    target VARCHAR(255) NOT NULL,
    owner CHAR(32) NOT NULL,
    gtid_executed LONGTEXT NOT NULL,
    file VARCHAR(255) NOT NULL,
    position BIGINT NOT NULL,
    origin LONGTEXT NOT NULL,
    transactions BIGINT NOT NULL,
    committed BIGINT NOT NULL,
    seen DATETIME(6) NULL,
    triggers LONGTEXT NOT NULL,
    left_out LONGTEXT NOT NULL,
    error LONGTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"""


@dataclass
class Place:
    """How far the source is: every transaction of the target in `gtid_executed`, and where in its log the next begins.

    `origin` are transactions that the source had before, so which came to the target from it. `committed` is when the
    target committed the last one applied, `silent_s` for how long no applier has been seen (None: never).
    """

    target: str
    gtid_executed: Gtids
    file: str
    position: int
    origin: Gtids
    transactions: int = 0
    committed: int = 0
    silent_s: float | None = None
    triggers: list[dict[str, Any]] = field(default_factory=list)
    """What they were, as objects.Stored has them, while they are dropped."""
    left_out: list[str] = field(default_factory=list)
    """Kinds of statements of the target that were not applied."""
    error: str = ""
    """Why the last applier ended, where it had to."""


class Places:
    """The table of places at the source. `owner` is who may move this one; whoever came later is obeyed."""

    def __init__(self, connection: Connection, schema: str, name: str, owner: str = "") -> None:
        self._connection, self.schema, self._name, self._owner = connection, schema, name, owner

    @property
    def table(self) -> str:
        return f"{quoted(self.schema)}.applier"

    def find(self) -> Place | None:
        try:
            found = dicts(
                self._connection,
                f"SELECT *, TIMESTAMPDIFF(MICROSECOND, seen, NOW(6)) / 1e6 AS silent FROM {self.table} WHERE name = %s",
                (self._name,),
            )
        except pymysql.MySQLError as error:
            if code_of(error) in (ER.NO_SUCH_TABLE, ER.BAD_DB_ERROR):
                return None
            raise
        if not found:
            return None
        row = found[0]
        if row["format"] > FORMAT:
            raise ReplatformError(
                f"The row applier of migration {self._name} was set up by a newer Replatform (format {row['format']}, "
                f"this one knows {FORMAT}); use that version.",
                format=row["format"],
            )
        return Place(
            row["target"],
            Gtids(row["gtid_executed"]),
            row["file"],
            int(row["position"]),
            Gtids(row["origin"]),
            int(row["transactions"]),
            int(row["committed"]),
            None if row["silent"] is None else float(row["silent"]),
            json.loads(row["triggers"]),
            json.loads(row["left_out"]),
            row["error"],
        )

    def found(self) -> Place:
        place = self.find()
        if not place:
            raise ReplatformError(
                f"The source has no place of a row applier for migration {self._name}; the cutover prepares it. Run "
                "mysql_cutover first, or roll back by native replication if that was set up."
            )
        return place

    def prepare(self) -> None:
        """Makes the schema and the table where they are missing."""
        schema = quoted(self.schema)
        execute(self._connection, f"CREATE DATABASE IF NOT EXISTS {schema}")
        execute(self._connection, _TABLE.format(schema=schema))

    def begin(self, place: Place) -> None:
        """A first place, instead of one that an earlier attempt has left. Raises while triggers are kept with that."""
        if (left := self.find()) and left.triggers:
            raise ReplatformError(
                f"{len(left.triggers)} triggers of the source are still kept with an earlier way back "
                f"({left.triggers[0]['name']}, ...); roll back, or create them again, before another one begins.",
                triggers=[stored["name"] for stored in left.triggers],
            )
        execute(
            self._connection,
            f"REPLACE INTO {self.table} VALUES (%s, %s, %s, '', %s, %s, %s, %s, 0, 0, NULL, '[]', '[]', '')",
            (
                self._name,
                FORMAT,
                place.target,
                str(place.gtid_executed),
                place.file,
                place.position,
                str(place.origin),
            ),
        )

    def note_triggers(self, triggers: list[dict[str, Any]]) -> None:
        """Adds these to the triggers that are kept; those that are kept already were dropped by an earlier run."""
        kept = self.found().triggers
        names = {(stored["schema"], stored["name"]) for stored in kept}
        kept += [stored for stored in triggers if (stored["schema"], stored["name"]) not in names]
        self._set("triggers", json.dumps(kept))

    def forget_triggers(self) -> None:
        self._set("triggers", "[]")

    def note_left_out(self, left_out: list[str]) -> None:
        self._set("left_out", json.dumps(left_out))

    def note_error(self, sentence: str) -> None:
        self._set("error", sentence)

    def _set(self, column: str, text: str) -> None:
        execute(self._connection, f"UPDATE {self.table} SET {column} = %s WHERE name = %s", (text, self._name))

    def take(self) -> None:
        """From now on this owner moves the place and nobody else."""
        execute(
            self._connection,
            f"UPDATE {self.table} SET owner = %s, seen = NOW(6), error = '' WHERE name = %s",
            (self._owner, self._name),
        )

    @failpoint.around
    def move(self, place: Place) -> None:
        """Part of the transaction that is under way on this connection."""
        self._mine(
            f"UPDATE {self.table} SET gtid_executed = %s, file = %s, position = %s, transactions = %s, committed = %s,"
            " seen = NOW(6) WHERE name = %s AND owner = %s",
            (str(place.gtid_executed), place.file, place.position, place.transactions, place.committed),
        )

    def beat(self) -> None:
        self._mine(f"UPDATE {self.table} SET seen = NOW(6) WHERE name = %s AND owner = %s", ())

    def remove(self) -> None:
        """Takes the place away, and table and schema with the last one.

        As a statement where that is possible: a target that follows has had the table made, but never this row.
        """
        if value(self._connection, f"SELECT COUNT(*) FROM {self.table} WHERE name <> %s", (self._name,)):
            execute(self._connection, f"DELETE FROM {self.table} WHERE name = %s", (self._name,))
            return
        execute(self._connection, f"DROP TABLE IF EXISTS {self.table}")
        others = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s"
        if not value(self._connection, others, (self.schema,)):
            execute(self._connection, f"DROP DATABASE IF EXISTS {quoted(self.schema)}")

    def _mine(self, sql: str, parameters: tuple[Any, ...]) -> None:
        if not execute(self._connection, sql, (*parameters, self._name, self._owner)):
            raise FencedOut(
                f"Another run has taken the row applier of migration {self._name} over; nothing more was applied here."
            )
