"""The tables of documented behaviour (tests/support/aws_behaviour), asked of an emulator that others have written.

Our own emulator's additions are tested with the same tables. Where the second one does otherwise, the documentation
decides: that stands in tests/support/second_emulator.yml, which `python -m tests.support.second_emulator` writes anew
when its version or a table changes.
"""

from __future__ import annotations

import pytest

from sandbox.state import sandbox_folder
from tests.support import second_emulator
from tests.support.second_emulator import known, tables


@pytest.fixture(scope="session")
def second():
    """The second emulator, ended when the last test has."""
    with second_emulator.running(sandbox_folder() / "tests" / "second_emulator") as running:
        yield running


def test_the_second_emulator_runs(second):
    second.empty()
    assert second.client("eks").list_clusters()["clusters"] == []


@pytest.mark.parametrize("service", tables())
def test_the_second_emulator_has_the_documented_behaviour_but_for_known_differences(second, service):
    found = second.differences(service)
    expected = known().get(service, {})
    new = [f"{name}: {one.said}" for name, one in found.items() if name not in expected]
    assert new == [], "\n".join(new)
    assert expected.keys() - found.keys() == set(), "as documented by now"
