"""The parts of the sandbox, by name, in the order they are told of."""

from __future__ import annotations

from ..errors import SandboxError
from ..state import State
from .aws import Aws, ExistingAws
from .mysql import ExistingMysql
from .mysql_source import MysqlSource
from .mysql_target import MysqlTarget
from .part import Part
from .web import Web

USUAL = ("mysql_source", "mysql_target", "aws")
"""Those that are started when none is named."""
NAMES = (*USUAL, "web")


def make(name: str, state: State) -> Part:
    """The part of that name; the stand-in for an existing server when the environment names one."""
    match name:
        case "mysql_source":
            return ExistingMysql.given(name) or MysqlSource(state)
        case "mysql_target":
            return ExistingMysql.given(name) or MysqlTarget(state)
        case "aws":
            return ExistingAws.given() or Aws(state)
        case "web":
            return Web(state)
    raise SandboxError(f"The sandbox has no part '{name}'; its parts are {', '.join(NAMES)}.")
