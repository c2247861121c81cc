"""The values, definitions and names of sandbox/shop/traps.py, moved once; then each is looked at on both servers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import quoted, rows
from sandbox.shop.traps import SQL_MODE, TRAPS, Trap
from tests.servers import Servers
from tests.support.modules import run_module


@dataclass
class Moved:
    schema: str
    copied: dict[str, Any]
    verified: dict[str, Any]


@pytest.fixture(scope="module")
def moved(sandbox: Servers) -> Iterator[Moved]:
    """Both servers after a copy and a verify of all traps."""
    schema = f"t_{secrets.token_hex(4)}"
    with sandbox.connect("mysql_source", root=True) as source, source.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {schema}")
        cursor.execute(f"USE {schema}")
        cursor.execute(
            f"SET SESSION sql_mode = '{SQL_MODE}', time_zone = '+00:00', restrict_fk_on_non_standard_key = 0"
        )
        for trap in TRAPS:
            for statement in trap.statements:
                cursor.execute(statement)
    ends = {
        role: {key: sandbox.endpoint(f"mysql_{role}")[key] for key in ("host", "port", "username", "password")}
        for role in ("source", "target")
    }
    args = {"name": schema, **ends, "schemas": [schema], "workers": 2, "journal_schema": f"{schema}_journal"}
    copied = run_module("mysql_copy", args)
    assert not copied.get("failed"), copied["msg"]
    yield Moved(schema, copied, run_module("mysql_verify", args))
    for part in ("mysql_source", "mysql_target"):
        with sandbox.connect(part, root=True) as server, server.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            for name in (schema, f"{schema}_journal"):
                cursor.execute(f"DROP DATABASE IF EXISTS {name}")


def shown(name: str, kind: str) -> str:
    """SQL of a column for this driver, which takes a VECTOR for text."""
    return f"HEX({quoted(name)})" if kind.startswith("vector") else quoted(name)


@pytest.mark.parametrize("trap", TRAPS, ids=[trap.name for trap in TRAPS])
def test_a_trap_arrives_exactly(moved: Moved, sandbox: Servers, trap: Trap) -> None:
    found = []
    for part in ("mysql_source", "mysql_target"):
        with sandbox.connect(part, root=True, init_command="SET SESSION time_zone = '+00:00'") as server:
            table = f"{moved.schema}.{trap.sql}"
            columns = ", ".join(shown(*row[:2]) for row in rows(server, f"SHOW COLUMNS FROM {table}"))
            create = rows(server, f"SHOW CREATE TABLE {table}")[0][1]
            found.append((create, sorted(rows(server, f"SELECT {columns} FROM {table}"), key=repr)))
    assert found[0] == found[1]
    assert bool(found[0][1]) == bool(trap.values)


def test_the_verify_of_all_traps_finds_them_equal(moved: Moved) -> None:
    assert (moved.verified.get("msg"), moved.verified["mismatches"]) == (None, 0)
    assert len(moved.verified["tables"]) == len(TRAPS)
