"""Progress events as a timeline: what is kept of many, and what of broken ones."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.report.chart import chart
from ansible_collections.replatform.aws.plugins.module_utils.report.timeline import MOST_POINTS, events, timeline

NOON = 1_767_268_800.0
RECORDED = Path(__file__).parents[1] / "support" / "recorded_run"


def event(second: float, count: int, *, by: str = "", phase: str = "copy", name: str = "shop") -> dict[str, Any]:
    return {"time": NOON + second, "phase": phase, "name": name, "bytes": count, "throttled_by": by}


def test_a_steady_copy_is_a_level_line():
    found = timeline([event(second, second * 5000) for second in range(6)], NOON)
    assert found["rates"] == [{"phase": "copy", "name": "shop", "points": [[float(n), 5000] for n in range(6)]}]
    assert found["throttled"] == []


def test_days_of_events_become_few_points_with_the_mean_rate_between_them():
    bursts = [event(second, (second // 10) * 10_000) for second in range(100_001)]
    (line,) = timeline(bursts, NOON)["rates"]
    assert MOST_POINTS / 2 < len(line["points"]) <= MOST_POINTS
    assert all(900 < rate < 1100 for _second, rate in line["points"])
    assert line["points"][-1][0] > 99_000


@pytest.mark.parametrize(
    ("told", "spans"),
    [
        ([(0, ""), (1, "flag"), (2, "flag"), (3, ""), (4, "")], [(1, 3, "flag")]),
        ([(0, "flag"), (2, "target lag 4 s"), (3, "")], [(0, 2, "flag"), (2, 3, "target lag 4 s")]),
        ([(0, ""), (5, "flag")], [(5, 5, "flag")]),
        ([(0, ""), (5, "")], []),
    ],
)
def test_a_throttled_span_lasts_until_another_reason_or_none_is_told(told, spans):
    found = timeline([event(second, second, by=by) for second, by in told], NOON)
    assert [(span["start_s"], span["end_s"], span["by"]) for span in found["throttled"]] == spans


def test_moves_side_by_side_and_a_move_that_starts_anew_are_lines_of_their_own():
    told = [event(0, 0), event(0, 0, name="log"), event(2, 4000), event(2, 900, name="log"), event(3, 0), event(5, 800)]
    lines = timeline(told, NOON)["rates"]
    assert [(line["name"], line["points"][-1]) for line in lines] == [
        ("shop", [2.0, 2000]),
        ("log", [2.0, 450]),
        ("shop", [5.0, 400]),
    ]


def test_a_phase_that_moves_no_bytes_has_no_line():
    assert timeline([event(second, 0, phase="verify") for second in range(5)], NOON)["rates"] == []


def test_lines_that_are_no_events_and_events_of_an_earlier_run_are_left_aside(tmp_path):
    path = tmp_path / "progress.jsonl"
    lines = [
        json.dumps(event(-5, 1)),
        json.dumps(event(1, 2)),
        "[]",
        "{}",
        "",
        "nonsense",
        json.dumps(event(2, 3))[:30],
    ]
    path.write_text("\n".join(lines))
    assert [one["bytes"] for one in events(path, NOON)] == [2]
    assert list(events(tmp_path / "none.jsonl", NOON)) == []


def span(start: float, end: float) -> dict[str, Any]:
    return {"stage": "MySQL", "check": "Copy", "ok": True, "start_s": start, "end_s": end}


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (3, ["0 s", "1 s", "2 s"]),
        (140, ["0 s", "30 s", "1 min", "1:30 min", "2 min"]),
        (7300, ["0 s", "30 min", "1 h", "1:30 h", "2 h"]),
        (200_000, ["0 s", "12 h", "24 h", "36 h", "48 h"]),
    ],
)
def test_times_below_the_chart_read_like_times(seconds, labels):
    assert [tick["label"] for tick in chart({"spans": [span(0, seconds)]})["ticks"]] == labels


@pytest.mark.parametrize("seconds", [0.3, 4, 20, 61, 5_000, 90_000, 2_000_000])
def test_the_axis_has_few_round_times_and_every_bar_lies_inside(seconds):
    drawn = chart({"spans": [span(0, seconds / 2), span(seconds, seconds)], "rates": [], "throttled": []})
    assert 1 <= len(drawn["ticks"]) <= 6
    assert all(bar["x"] >= 0 and bar["x"] + bar["width"] <= 100.01 for bar in drawn["bars"])


def test_nothing_that_took_time_is_no_chart():
    assert chart({}) == {}
    assert chart({"spans": [span(0, 0)]}) == {}


def lagging(second: float, transactions: int | None, seconds: int | None, **more: Any) -> dict[str, Any]:
    lag = {"transactions_behind": transactions, "lag_seconds": seconds}
    return {**event(second, 0, phase="follow"), "lag": lag, **more}


@pytest.mark.parametrize(
    ("told", "lags"),
    [
        ([lagging(0, 700, 6), lagging(1, 9, 1)], [("transactions", [[0.0, 700], [1.0, 9]])]),
        ([lagging(0, None, 6), lagging(1, None, 0)], [("s", [[0.0, 6], [1.0, 0]])]),
        ([lagging(0, None, None), event(1, 0), lagging(2, 5, 0, lag={})], []),
        ([lagging(0, 5, 1), lagging(500, 7, 1)], [("transactions", [[0.0, 5]]), ("transactions", [[500.0, 7]])]),
    ],
    ids=["transactions", "a source without GTIDs", "none known", "two runs of it"],
)
def test_how_far_a_target_is_behind_is_a_curve(told, lags):
    assert [(line["unit"], line["points"]) for line in timeline(told, NOON)["lags"]] == lags


def test_days_of_lags_become_few_points_that_keep_the_worst_and_the_last():
    told = [lagging(second, 9000 if second == 7777 else second % 10, 0) for second in range(100_001)]
    (line,) = timeline(told, NOON)["lags"]
    assert len(line["points"]) <= MOST_POINTS + 1
    assert [7777.0, 9000] in line["points"]
    assert line["points"][-1] == [100_000.0, 0]


def test_the_recorded_run_is_told_by_its_events():
    told = json.loads((RECORDED / "summary.json").read_text())["timeline"]
    found = timeline(events(RECORDED / "progress.jsonl", 0.0), datetime.fromisoformat(told["began"]).timestamp())
    assert [(line["phase"], len(line["points"])) for line in found["rates"]] == [
        (line["phase"], len(line["points"])) for line in told["rates"]
    ]
    assert [line["points"][0][1] for line in found["lags"]] == [line["points"][0][1] for line in told["lags"]] != []
