"""The parts of the sandbox, by name, in the order they are told of."""

from __future__ import annotations

from ..errors import SandboxError
from ..state import State
from .mysql import ExistingMysql
from .mysql_source import MysqlSource
from .mysql_target import MysqlTarget
from .part import Part

NAMES = ("mysql_source", "mysql_target")


def make(name: str, state: State) -> Part:
    """The part of that name; the stand-in for an existing server when the environment names one."""
    match name:
        case "mysql_source":
            return ExistingMysql.of(name) or MysqlSource(state)
        case "mysql_target":
            return ExistingMysql.of(name) or MysqlTarget(state)
    raise SandboxError(f"The sandbox has no part '{name}'; its parts are {', '.join(NAMES)}.")
