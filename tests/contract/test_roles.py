"""What every role promises: described arguments, a molecule scenario of its name, variables that carry its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.collection import ROOT

ROLES = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())

TOLD_TO_EVERY_SWITCH = frozenset({"application_switch_direction"})
"""Said once by what switches, to all roles that take part and to a user's own."""

each_role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def options(role: Path) -> dict[str, dict[str, Any]]:
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())
    return specs["argument_specs"]["main"]["options"]


@each_role
def test_describes_its_arguments(role):
    assert [name for name, about in options(role).items() if not about.get("description")] == []
    foreign = {name for name in options(role) if not name.startswith(f"{role.name}_")}
    assert foreign <= (TOLD_TO_EVERY_SWITCH if role.name.startswith("application_switch_") else set())


@each_role
def test_documents_the_defaults_that_it_has(role):
    documented = {name: about["default"] for name, about in options(role).items() if "default" in about}
    file = role / "defaults" / "main.yml"
    assert documented == (yaml.safe_load(file.read_text()) if file.exists() else {})


@each_role
def test_has_a_molecule_scenario_of_its_name(role):
    assert (ROOT / "molecule" / role.name / "molecule.yml").is_file()
