from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.report.progress import (
    Milestones,
    Tail,
    count,
    duration,
    line,
)

EVENT = {
    "phase": "copy",
    "name": "shop",
    "doing": "",
    "done": 4,
    "total": 9,
    "share": 0.51,
    "rows": 2_400_000,
    "bytes": 1_310_000_000,
    "rows_s": 60_000,
    "bytes_s": 31_000_000,
    "left_s": 72,
    "workers": 3,
    "at": ["shop.order_items", "shop.orders"],
    "throttled_by": "",
    "ended": False,
}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, ("copy  shop  [##########..........]  51%  2.4 M rows  1.31 GB  31 MB/s  1 min 12 s left  "
         "shop.order_items, shop.orders  3 workers")),
        ({"doing": "adding foreign keys", "share": 1.0, "left_s": None, "at": [], "bytes_s": 0},
         "copy  shop  [####################] 100%  adding foreign keys  2.4 M rows  1.31 GB  3 workers"),
        ({"phase": "verify", "rows": 0, "bytes": 0, "bytes_s": 0, "at": []},
         "verify  shop  [##########..........]  51%  4 of 9 units  1 min 12 s left  3 workers"),
        ({"share": None, "doing": "creating tables", "rows": 0, "bytes": 0, "bytes_s": 0, "done": 0, "total": 0,
          "left_s": None, "at": [], "workers": 0}, "copy  shop  creating tables"),
        ({"throttled_by": "source: running threads 41 > 25", "at": [], "bytes_s": 0, "left_s": None},
         ("copy  shop  [##########..........]  51%  throttled by source: running threads 41 > 25  2.4 M rows  1.31 GB  "
         "3 workers")),
    ],
)  # fmt: skip
def test_a_line_says_what_matters_first(change, text):
    assert line({**EVENT, **change}) == text


def test_a_narrow_terminal_gets_a_cut_line():
    assert line(EVENT, 30) == "copy  shop  [##########......…"


def test_a_log_gets_each_tenth_each_step_and_each_reason_once():
    milestones = Milestones()
    shares = [milestones.reached({**EVENT, "share": share}) for share in (0.01, 0.02, 0.11, 0.12, 0.2)]
    assert shares == [True, False, True, False, True]
    for change in ({"doing": "adding foreign keys"}, {"throttled_by": "flag file hold"}):
        assert milestones.reached({**EVENT, "share": 0.2, **change})
        assert not milestones.reached({**EVENT, "share": 0.2, **change})


def test_events_are_read_as_they_come_and_half_a_line_waits_for_its_rest(tmp_path: Path):
    file = tmp_path / "progress.jsonl"
    tail = Tail(file)
    assert list(tail.events()) == []
    text = json.dumps(EVENT)
    file.write_text(f"{text}\n{text[:20]}")
    assert list(tail.events()) == [EVENT]
    file.write_text(f"{text}\n{text}\n")
    assert list(tail.events()) == [EVENT]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (72, "1 min 12 s"), (7500, "2 h 5 min")]
)
def test_a_duration_has_two_units_at_most(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(7, "7"), (999, "999"), (31_000, "31 k"), (4.9e6, "4.9 M"), (2e12, "2 T")]
)
def test_a_count_has_three_digits(number, text):
    assert count(number) == text
