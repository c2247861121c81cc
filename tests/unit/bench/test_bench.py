from __future__ import annotations

import os

import pytest

from sandbox.state import locked
from tests.bench.moves.servers import forget
from tests.bench.report import Report


def test_numbers_of_another_scale_are_neither_mixed_nor_lost(tmp_path):
    Report("x", asked={"scale": 1000}, folder=tmp_path).measured("copy", "a tool", 2.0, {})
    again = Report("x", asked={"scale": 1000}, folder=tmp_path)
    assert (again.runs("copy"), again.as_dict()["asked"]) == (1, {"scale": 1000})
    with pytest.raises(SystemExit, match=r"measured with \{'scale': 1000\}.*asked for \{'scale': 9\}.*--anew"):
        Report("x", asked={"scale": 9}, folder=tmp_path)
    assert Report("x", asked={"scale": 9}, anew=True, folder=tmp_path).runs("copy") == 0


def test_numbers_of_an_unknown_scale_are_not_added_to(tmp_path):
    (tmp_path / "x.json").write_text('{"name": "x", "cases": []}')
    with pytest.raises(SystemExit, match="an unknown scale"):
        Report("x", asked={"scale": 9}, folder=tmp_path)


def test_data_sets_of_two_generators_are_kept(tmp_path):
    for age, name in enumerate(
        ("mysql-new-10", "mysql-new-30", "mysql-last-30", "mysql-last-10", "mysql-old-10", "mysql-used-10")
    ):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    with locked(tmp_path / "mysql-used-10.lock"):
        forget(tmp_path, tmp_path / "mysql-new-10")
    assert sorted(folder.name for folder in tmp_path.iterdir()) == [
        "mysql-last-10",
        "mysql-last-30",
        "mysql-new-10",
        "mysql-new-30",
        "mysql-used-10",
        "mysql-used-10.lock",
    ]
