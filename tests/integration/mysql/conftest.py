from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import value
from tests.support.modules import run_module


@dataclass
class Move:
    """A migration of the test's own schema between the sandbox's servers, as their restricted admins."""

    schema: str
    source: Connection[Any]
    target: Connection[Any]
    args: dict[str, Any]

    def fill(self, *statements: str) -> None:
        with self.source.cursor() as cursor:
            cursor.execute(f"USE `{self.schema}`")
            # No strict mode, so that values which old applications left behind can be made.
            cursor.execute("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00'")
            for statement in statements:
                cursor.execute(statement)

    def copy(self, *, check: bool = False, **over: Any) -> dict[str, Any]:
        return run_module("mysql_copy", {**self.args, **over}, check=check)

    def verify(self) -> dict[str, Any]:
        return run_module("mysql_verify", self.args)

    def info(self) -> list[dict[str, Any]]:
        given = {key: self.args[key] for key in ("name", "target", "journal_schema")}
        found: list[dict[str, Any]] = run_module("mysql_migration_info", given)["migrations"]
        return found

    def at_target(self, *statements: str) -> None:
        with self.target.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def gtids(self) -> str:
        return str(value(self.target, "SELECT @@GLOBAL.gtid_executed"))


@pytest.fixture
def move(
    schema: str,
    mysql_source: dict[str, Any],
    mysql_target: dict[str, Any],
    source_root: Callable[..., Connection[Any]],
    target_root: Callable[..., Connection[Any]],
) -> Move:
    logins = [
        {key: end[key] for key in ("host", "port", "username", "password")} for end in (mysql_source, mysql_target)
    ]
    args = {"name": schema, "source": logins[0], "target": logins[1], "schemas": [schema], "workers": 2}
    args["journal_schema"] = f"{schema}_journal"
    return Move(schema, source_root(autocommit=True), target_root(autocommit=True), args)
