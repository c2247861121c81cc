"""What may not be in a commit, and what is generated and may not be stale."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests import unproven
from tools.collection import ROOT

# Written in parts, so that this file does not find itself.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"), ("pythonhosted", "org"), ("deb", "debian", "org"), ("security", "debian", "org"),
        ("registry", "npmjs", "org"), ("proxy", "golang", "org"), ("sum", "golang", "org"), ("crates", "io"),
        ("docker", "io"), ("quay", "io"), ("ghcr", "io"), ("galaxy", "ansible", "com"), ("packagist", "org"),
        ("rubygems", "org"),
    ]
]  # fmt: skip
OWN_PLACES = [f"/{name}/" for name in ("work", "root")] + [f"{ROOT}/", f"{Path.home()}/"]
EVASIONS = frozenset({"skip", "skipif", "xfail", "importorskip"})


@cache
def tracked() -> dict[str, str]:
    """Text of every file that git knows or would add, by path."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = {}
    for name in filter(None, listed.split("\0")):
        try:
            found[name] = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return found


def having(needles: list[str]) -> list[str]:
    return [
        f"{name}:{number}: {needle}"
        for name, text in tracked().items()
        for needle in needles
        if needle in text
        for number, line in enumerate(text.splitlines(), 1)
        if needle in line
    ]


def test_no_file_names_a_package_registry():
    assert having(REGISTRY_HOSTS) == []


def test_no_file_names_a_place_of_this_machine():
    assert [found for found in having(OWN_PLACES) if not found.startswith("LICENSE")] == []


def test_no_test_is_skipped_or_expected_to_fail():
    marks = [
        f"{name}:{node.lineno}: {node.attr}"
        for name, text in tracked().items()
        if name.startswith("tests/") and name.endswith(".py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in EVASIONS and "pytest" in ast.unparse(node.value)
    ]
    assert marks == []


def test_the_lock_holds_only_pinned_and_hashed_packages():
    requirements = [line for line in tracked()["requirements.lock"].splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert requirements
    assert [line for line in requirements if not re.match(r"[\w.-]+(\[[\w,-]+\])?==[^ ]+( ; .+)? \\$", line)] == []


@pytest.mark.parametrize(
    "name",
    [
        "sandbox",
        "test",
        "lint",
        "bench",
        "down",
        "help",
        "site",
        "soak",
        "docs",
        "report",
        "pictures",
        "operator-policy",
    ],
)
def test_make_has_the_target_that_the_readme_and_ci_use(name):
    assert re.search(rf"^{name}:", tracked()["Makefile"], re.MULTILINE)


def test_what_is_unproven_says_why_and_how_to_prove_it():
    entries = yaml.safe_load(unproven.LIST.read_text())
    assert [one for one in entries if set(one) != {"what", "why", "prove"} or not all(one.values())] == []
