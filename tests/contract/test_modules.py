"""What every module promises, checked on all of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median

import pytest

from tools import action_groups, module_reference
from tools.collection import ROOT, documentation, documentation_string, modules

MOST_LINES = 150
MEDIAN_LINES = 60

each_module = pytest.mark.parametrize("module", modules(), ids=lambda path: path.stem)


def logic_lines(file: Path) -> int:
    """Lines of `file` that are neither documentation strings, comments nor empty."""
    text = file.read_text()
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if documentation_string(node):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or 0) - node.lineno + 1)
    return sum(1 for line in lines if line.strip() and not line.lstrip().startswith("#"))


@each_module
def test_is_documented_with_examples_returns_check_mode_and_diff_mode(module):
    strings = {documentation_string(node) for node in ast.parse(module.read_text()).body} - {None}
    assert strings == {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    pages = module_reference.ansible_doc([module])
    attributes = pages[module.stem]["doc"].get("attributes") or {}
    assert {"check_mode", "diff_mode"} <= set(attributes)


@each_module
def test_is_named_after_its_file_and_says_what_it_does(module):
    doc = documentation(module)
    assert doc["module"] == module.stem
    assert doc["short_description"]
    assert doc["description"]


@each_module
def test_is_named_in_a_test(module):
    tests = [ROOT / "tests" / "unit", ROOT / "tests" / "integration", ROOT / "molecule"]
    texts = (file.read_text() for folder in tests for file in folder.rglob("*") if file.suffix in {".py", ".yml"})
    assert any(re.search(rf"\b{module.stem}\b", text) for text in texts)


@each_module
def test_leaves_the_logic_to_its_engine(module):
    assert logic_lines(module) <= MOST_LINES


def test_most_modules_are_small():
    assert median([logic_lines(module) for module in modules()] or [0]) <= MEDIAN_LINES


def test_the_action_groups_are_those_of_the_modules():
    assert action_groups.RUNTIME.read_text() == action_groups.rendered(), "stale: run make docs"


def test_the_module_reference_is_that_of_the_modules():
    on_disk = {page.name: page.read_text() for page in module_reference.PAGES.glob("*.md")}
    assert on_disk == module_reference.pages(), "stale: run make docs"
