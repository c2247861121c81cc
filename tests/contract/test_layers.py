"""Imports go downwards only: module -> engine -> library. Read from the source; nothing is imported here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.collection import COLLECTION, ROOT, modules

MODULE_UTILS = COLLECTION / "plugins" / "module_utils"
LIBRARIES = frozenset(
    {"boto3", "botocore", "github", "kubernetes", "pymongo", "pymysql", "pymysqlreplication", "redis", "valkey"}
)
STORES = frozenset({"mongodb", "mysql", "objects", "queues", "redis"})


def imports(file: Path) -> Iterator[str]:
    """Dotted names that `file` imports anywhere in it; relative ones resolved to what they mean from the root.

    What stands under `if TYPE_CHECKING` is not imported when the code runs, and is left out.
    """
    package = file.relative_to(ROOT).parent.parts
    tree = ast.parse(file.read_text())
    for_types = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    unread = {inner for block in for_types for statement in block.body for inner in ast.walk(statement)}
    for node in ast.walk(tree):
        if node in unread:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def offences(files: list[Path], forbidden: frozenset[str]) -> list[str]:
    """'file imports name' for every import whose first part is forbidden."""
    return [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file)
        if name.partition(".")[0] in forbidden
    ]


def test_a_module_talks_to_no_service_library_itself():
    assert offences(list(modules()), LIBRARIES) == []


def test_an_engine_knows_nothing_of_ansible():
    engines = [file for file in sources(MODULE_UTILS) if file != MODULE_UTILS / "module.py"]
    assert offences(engines, frozenset({"ansible"})) == []


def test_the_transfer_engine_knows_no_store_and_no_database():
    files = sources(MODULE_UTILS / "transfer")
    prefix = "ansible_collections.replatform.aws.plugins.module_utils."
    ours = {(file, name.removeprefix(prefix)) for file in files for name in imports(file) if name.startswith(prefix)}
    others = sorted(
        f"{file.name} imports {name}"
        for file, name in ours
        if name.partition(".")[0] not in {"errors", "libraries", "parallel", "transfer"}
    )
    assert offences(files, LIBRARIES) + others == []


@pytest.mark.parametrize("store", sorted(STORES))
def test_a_store_knows_no_other_store(store):
    prefix = "ansible_collections.replatform.aws.plugins.module_utils."
    named = {name for file in sources(MODULE_UTILS / store) for name in imports(file) if name.startswith(prefix)}
    assert {name for name in named if name.removeprefix(prefix).partition(".")[0] in STORES - {store}} == set()


def test_engines_import_neither_the_base_class_of_modules_nor_a_module():
    above = ("plugins.module_utils.module", "plugins.modules")
    found = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in sources(MODULE_UTILS)
        for name in imports(file)
        if any(f"{name}.".startswith(f"ansible_collections.replatform.aws.{one}.") for one in above)
    ]
    assert found == []


def test_imports_inside_the_collection_are_relative_as_ansibles_zip_needs_them():
    absolute = [
        f"{file.relative_to(ROOT)}: {ast.unparse(node)}"
        for file in sources(COLLECTION / "plugins")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom)
        and not node.level
        and (node.module or "").startswith("ansible_collections.")
    ]
    assert absolute == []


def test_the_product_knows_neither_the_sandbox_nor_the_tests():
    assert offences(sources(COLLECTION / "plugins"), frozenset({"molecule", "sandbox", "tests", "tools"})) == []


def test_the_sandbox_knows_no_tests():
    assert offences(sources(ROOT / "sandbox"), frozenset({"pytest", "tests", "tools"})) == []
