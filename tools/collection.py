"""What the tools and the contract tests know of the collection: its modules and their documentation."""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module
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
    return _read(module, "DOCUMENTATION") or {}


def examples(module: Path) -> list[dict[str, Any]]:
    """The tasks of the module's EXAMPLES."""
    return _read(module, "EXAMPLES") or []


def _read(module: Path, name: str) -> Any:
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign) and documentation_string(node) == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    return None


def fragment_options(name: str) -> dict[str, Any]:
    """The options that a documentation fragment of the collection brings: `mysql`, or its part `mysql.journal`."""
    name, _, part = name.partition(".")
    fragment = import_module(f"ansible_collections.{NAME}.plugins.doc_fragments.{name}").ModuleDocFragment
    return (yaml.safe_load(getattr(fragment, part.upper() or "DOCUMENTATION")) or {}).get("options", {})


def documentation_string(node: ast.AST) -> str | None:
    """The name when `node` assigns one of the strings that Ansible reads as documentation."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) if name in DOCUMENTATION_STRINGS:
            return name
    return None
