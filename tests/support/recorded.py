"""A connection that answers as a server was recorded to: statement by statement, and to nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

Rows = list[dict[str, Any]]


class InTurn:
    """One answer a time; the last one stays."""

    def __init__(self, *answers: Rows | pymysql.MySQLError) -> None:
        self._answers = list(answers)

    def next(self) -> Rows | pymysql.MySQLError:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


Answer = Rows | pymysql.MySQLError | InTurn


def refused(code: int, text: str) -> pymysql.MySQLError:
    """An error of the server in the class that the driver gives it."""
    return pymysql.err.error_map.get(code, pymysql.OperationalError)(code, text)


class Recorded:
    """Stands for a pymysql connection.

    A recording is {statement: its rows, as dicts in the order of the columns, or its error}. A statement is found by
    its whole text, or by a pattern with asterisks. SET SESSION is taken by every server; what nobody recorded fails
    the test.
    """

    def __init__(self, *recordings: Mapping[str, Answer], version: str = "9.7.1") -> None:
        self._version = version
        self._answers = {statement: answer for recording in recordings for statement, answer in recording.items()}
        self.asked: list[str] = []

    def cursor(self, kind: type | None = None) -> _Cursor:
        return _Cursor(self, as_dicts=kind is DictCursor)

    def get_server_info(self) -> str:
        return self._version

    def answer(self, statement: str) -> Rows:
        self.asked.append(statement)
        if statement.startswith("SET SESSION "):
            return []
        known = [recorded for recorded in self._answers if recorded == statement or fnmatchcase(statement, recorded)]
        assert len(known) == 1, f"not recorded: {statement}"
        found = self._answers[known[0]]
        if isinstance(found, InTurn):
            found = found.next()
        if isinstance(found, pymysql.MySQLError):
            raise found
        return found


class _Cursor:
    def __init__(self, connection: Recorded, *, as_dicts: bool) -> None:
        self._connection, self._as_dicts = connection, as_dicts
        self._rows: Rows = []

    def __enter__(self) -> _Cursor:
        return self

    def __exit__(self, *exception: object) -> None: ...

    def execute(self, statement: str, parameters: tuple[Any, ...] | None = None) -> int:
        self._rows = self._connection.answer(statement % tuple(map(repr, parameters)) if parameters else statement)
        return len(self._rows)

    def fetchall(self) -> list[Any]:
        return self._rows if self._as_dicts else [tuple(row.values()) for row in self._rows]
