from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.transfer.progress import WINDOW_S, Progress
from tests.support.memory_store import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "progress.jsonl"


def events(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_at_most_one_event_a_second_however_much_moves(clock, file):
    progress = Progress("copy", "shop", str(file), clock=clock)
    for _rest in range(50):
        progress.moved(10, 1000)
        clock.now += 0.1
    assert 4 <= len(events(file)) <= 6
    progress.close()
    assert events(file)[-1]["rows"] == 500


def test_the_last_event_tells_everything_even_within_the_same_second(clock, file):
    progress = Progress("copy", "shop", str(file), clock=clock)
    progress.moved(1, 10)
    progress.moved(2, 20)
    progress.close()
    assert [event["rows"] for event in events(file)] == [1, 3]
    assert events(file)[-1]["bytes"] == 30


def test_rate_and_time_left_follow_the_last_half_minute(clock):
    progress = Progress("copy", "shop", None, clock=clock)
    progress.size_total = 10_000
    progress.event(clock.now)
    for _second in range(100):
        clock.now += 1
        progress.rows += 1
        progress.event(clock.now)
    for _second in range(int(WINDOW_S) + 2):
        clock.now += 1
        progress.rows += 100
        progress.bytes += 1000
        progress.size_done += 100
        event = progress.event(clock.now)
    assert (event["rows_s"], event["bytes_s"]) == (100, 1000)
    assert event["left_s"] == round((10_000 - progress.size_done) / 100)


def test_no_time_left_is_invented_before_anything_moved(clock):
    event = Progress("copy", "shop", None, clock=clock).event(clock.now)
    assert event["left_s"] is None
    assert (event["rows_s"], event["bytes_s"]) == (0, 0)


def test_an_event_has_the_documented_fields(clock):
    progress = Progress("verify", "shop", None, clock=clock)
    progress.throttled_by = "flag file hold"
    assert list(progress.event(clock.now)) == (
        [
            "time",
            "phase",
            "name",
            "doing",
            "done",
            "total",
            "unit",
            "share",
            "rows",
            "bytes",
            "rows_s",
            "bytes_s",
            "left_s",
            "workers",
            "at",
            "throttled_by",
            "lag",
        ]
    )
    assert progress.event(clock.now)["throttled_by"] == "flag file hold"


def test_a_second_run_adds_to_the_same_file(clock, file):
    for _run in range(2):
        Progress("copy", "shop", str(file), clock=clock).close()
    assert len(events(file)) == 2


def test_the_share_grows_inside_a_unit_and_never_beyond_it(clock):
    progress = Progress("copy", "shop", None, clock=clock)
    progress.size_total = 1000
    progress.moved(1, 100, worker="one", at="shop.orders", size=500)
    assert (progress.event(clock.now)["share"], progress.event(clock.now)["at"]) == (0.1, ["shop.orders"])
    progress.moved(9, 9000, worker="one", at="shop.orders", size=500)
    assert progress.event(clock.now)["share"] == 0.5
    progress.finished("one", 500)
    assert (progress.event(clock.now)["share"], progress.event(clock.now)["at"]) == (0.5, [])


def test_what_goes_on_outside_of_the_units_is_told_at_once(clock, file):
    progress = Progress("copy", "shop", str(file), clock=clock)
    progress.step("adding foreign keys")
    progress.step("")
    progress.close()
    assert [(event["doing"], event["ended"]) for event in events(file)] == [
        ("adding foreign keys", False),
        ("", False),
        ("", True),
    ]


def test_the_file_of_the_run_is_written_beside_the_one_that_was_asked_for(clock, file, tmp_path, monkeypatch):
    monkeypatch.setenv("REPLATFORM_PROGRESS", str(tmp_path / "run.jsonl"))
    Progress("copy", "shop", str(file), clock=clock).close()
    assert events(tmp_path / "run.jsonl") == events(file)
