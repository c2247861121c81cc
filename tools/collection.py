"""What the tools and the contract tests know of the collection: its modules and their documentation."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = ROOT / "ansible_collections" / "replatform" / "aws"
NAME = "replatform.aws"
DOCUMENTATION_STRINGS = frozenset({"DOCUMENTATION", "EXAMPLES", "RETURN"})


@cache
def modules() -> tuple[Path, ...]:
    """Every module's file, by name."""
    return tuple(sorted(p for p in (COLLECTION / "plugins" / "modules").glob("*.py") if p.name != "__init__.py"))


def documentation(module: Path) -> dict[str, Any]:
    """The module's DOCUMENTATION as data; nothing of the module is executed. Empty when it has none."""
    for node in ast.parse(module.read_text()).body:
        if (name := documentation_string(node)) and name == "DOCUMENTATION":
            assert isinstance(node, ast.Assign)
            return yaml.safe_load(ast.literal_eval(node.value)) or {}
    return {}


def documentation_string(node: ast.stmt) -> str | None:
    """The name when `node` assigns one of the strings that Ansible reads as documentation."""
    if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name):
        return target.id if target.id in DOCUMENTATION_STRINGS else None
    return None
