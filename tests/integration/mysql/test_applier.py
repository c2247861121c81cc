"""The way back to a source that may not be a replica: the target's row changes, applied by an ordinary client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.applier import way_back
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, connect, quoted, rows
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Settings
from ansible_collections.replatform.aws.plugins.module_utils.mysql.snapshot import position
from sandbox.shop.traps import SQL_MODE, TRAPS

from .conftest import Move

TAKEN = tuple(trap for trap in TRAPS if trap.name != "vectors")


@dataclass
class Back:
    """A migration that is copied and switched: the target is written to, the source takes it back."""

    move: Move
    source: Server
    target: Server
    settings: Settings
    told: list[dict[str, Any]] = field(default_factory=list)

    def prepare(self, *accounts: str) -> dict[str, Any]:
        with closing(connect(self.target)) as there:
            return way_back.prepare(self.source, self.target, self.settings, position(there), accounts)

    def apply(self) -> dict[str, Any]:
        """Until the source has all that the target has now."""
        applier = way_back.applier(self.source, self.target, self.settings, self.told.append)
        return way_back.told(applier.run(until=self.move.gtids()))

    def equal(self) -> None:
        verified = self.move.verify()
        assert (verified.get("msg"), verified["mismatches"]) == (None, 0)


@pytest.fixture
def back(move: Move) -> Callable[..., Back]:
    """`back(*statements)` runs them at the source, copies and prepares the way back."""

    def prepared(*statements: str) -> Back:
        move.fill(*statements)
        copied = move.copy()
        assert not copied.get("failed"), copied["msg"]
        source, target = (Server.of(role, move.args[role] | {"tls": "required"}) for role in ("source", "target"))
        settings = Settings(move.schema, (move.schema,), journal_schema=move.args["journal_schema"])
        made = Back(move, source, target, settings)
        made.prepare()
        move.at_target(f"USE `{move.schema}`", f"SET SESSION sql_mode = '{SQL_MODE}', time_zone = '+00:00'")
        return made

    return prepared


def columns(back: Back, table: str, *, keys: bool) -> list[str]:
    """Those that can be set, without or only the primary key's."""
    found = rows(
        back.move.target,
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
        " AND generation_expression = '' AND (column_key = 'PRI') = %s AND (%s OR is_nullable = 'YES')",
        (back.move.schema, table, keys, keys),
    )
    return [quoted(name) for (name,) in found]


def test_every_kind_of_value_comes_back_exactly_when_inserted_updated_and_deleted(back: Callable[..., Back]) -> None:
    trip = back("SET SESSION restrict_fk_on_non_standard_key = 0", *(trap.statements[0] for trap in TAKEN))
    filled = [trap for trap in TAKEN if trap.values]
    aside = f"`{trip.move.schema}_aside`"
    trip.move.at_target(*(trap.statements[1] for trap in filled))
    trip.apply()
    trip.equal()
    trip.move.at_target(f"CREATE DATABASE {aside}", "SET SESSION foreign_key_checks = 0")
    for trap in filled:
        names = ", ".join([*columns(trip, trap.name, keys=True), *columns(trip, trap.name, keys=False)])
        trip.move.at_target(f"CREATE TABLE {aside}.{trap.sql} AS SELECT {names} FROM {trap.sql}")
        if nullable := columns(trip, trap.name, keys=False):
            trip.move.at_target(f"UPDATE {trap.sql} SET " + ", ".join(f"{name} = NULL" for name in nullable))
    trip.apply()
    trip.equal()
    for trap in filled:
        keys, nullable = columns(trip, trap.name, keys=True), columns(trip, trap.name, keys=False)
        if keys and nullable:
            trip.move.at_target(
                f"UPDATE {trap.sql} AS t JOIN {aside}.{trap.sql} AS a ON "
                + " AND ".join(f"t.{key} = a.{key}" for key in keys)
                + " SET "
                + ", ".join(f"t.{name} = a.{name}" for name in nullable)
            )
    trip.apply()
    trip.equal()
    trip.move.at_target(*(f"DELETE FROM {trap.sql}" for trap in filled))
    trip.apply()
    trip.equal()
    assert all(rows(trip.move.source, f"SELECT COUNT(*) FROM {trap.sql}") == [(0,)] for trap in filled)
