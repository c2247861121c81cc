# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two servers under assessment, and what is known of them before any check asks more."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import privileges
from ..connection import Connection, Row, Server, dicts, rows, sentences, value
from ..journal import State
from ..privileges import Grants
from ..selection import Selection, Settings

Version = tuple[int, ...]


@dataclass(frozen=True)
class Variables:
    """A server's global variables; `version` and `mariadb` follow from them."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Text, empty where the server has no such variable."""
        return self.values.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.values

    def on(self, name: str) -> bool:
        return self[name].upper() in ("ON", "1", "YES", "TRUE")

    def number(self, name: str) -> int:
        """-1 where the server has no such variable."""
        return int(float(self[name])) if self[name] else -1

    @property
    def version(self) -> Version:
        return tuple(int(part) for part in re.findall(r"\d+", self["version"])[:3])

    @property
    def mariadb(self) -> bool:
        return "mariadb" in self["version"].lower()


@dataclass
class Side:
    """One server, seen through one connection of ours."""

    server: Server
    connection: Connection
    variables: Variables
    grants: Grants
    account: str
    """The account we are taken for, as SQL."""

    @classmethod
    def of(cls, server: Server, connection: Connection) -> Side:
        with sentences(server, "reading its variables"):
            found = rows(connection, "SHOW GLOBAL VARIABLES")
            user, _at, host = str(value(connection, "SELECT CURRENT_USER()")).rpartition("@")
            account = f"`{user}`@`{host}`"
            variables = Variables({str(name).lower(): str(text) for name, text in found})
            return cls(server, connection, variables, privileges.read(connection), account)

    @property
    def role(self) -> str:
        return self.server.role

    def may(self, *any_of: str) -> bool:
        """Whether this user holds one of these privileges everywhere."""
        return any(not self.grants.missing("", {privilege}) for privilege in any_of)

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[Row]:
        with sentences(self.server, "assessing it"):
            return rows(self.connection, sql, parameters)

    def dicts(self, sql: str, parameters: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        with sentences(self.server, "assessing it"):
            return dicts(self.connection, sql, parameters)

    def value(self, sql: str, parameters: Sequence[Any] | None = None) -> Any:
        with sentences(self.server, "assessing it"):
            return value(self.connection, sql, parameters)

    def of_schemas(self, sql: str, schemas: Sequence[str]) -> list[dict[str, Any]]:
        """Rows of a statement with {schemas} where the list of their names goes."""
        return self.dicts(sql.replace("{schemas}", ", ".join(["%s"] * len(schemas))), schemas)


@dataclass
class Pair:
    """Both servers and the migration between them.

    `probe`: whether locks, kills and a handshake may be tried; else rights are inferred from grants. `settled`: all was
    copied, and the source is where it was then or is followed, so that its rows need not be read again.
    """

    source: Side
    target: Side
    settings: Settings
    selection: Selection
    state: State | None
    probe: bool
    settled: bool = False
    scan_s: float = 10.0
    estimate_s: float = 0.0
    replication: Server | None = None
    facts: dict[str, dict[str, Any]] = field(default_factory=lambda: {"source": {}, "target": {}})
    parameters: list[dict[str, Any]] = field(default_factory=list)
    """Settings of the target that differ from what the migration wants, once they were looked at."""
