"""A switch on a run's own clock, by whichever of its steps tell."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.report.closeup import closeup
from ansible_collections.replatform.aws.plugins.module_utils.report.switch import pause, sentence, title
from ansible_collections.replatform.aws.plugins.module_utils.report.words import milliseconds, moment
from tests.support.summaries import switch, traffic

NOON = moment("2026-01-01T12:00:00Z")


def step(name, at, ms):
    return {"step": name, "at": f"2026-01-01T12:00:{at}Z", "ms": ms}


@pytest.mark.parametrize(
    ("given", "span"),
    [
        pytest.param(switch(), (50.1, 50.3), id="until the other side is open"),
        pytest.param(switch(steps=[step("pause", "20.5", 10.0)]), (20.5, 20.7), id="from the pause on"),
        pytest.param(switch(steps=[]), (51.3, 51.5), id="until the end, where no step tells"),
        pytest.param(switch(ended="2026-01-01T12:00:51.5", steps=[]), (51.3, 51.5), id="a time without a zone"),
        pytest.param(switch(pause_ms=None), None, id="a run that only finished what another had paused"),
        pytest.param({"direction": "cutover", "steps": []}, None, id="a plan"),
    ],
)
def test_the_pause_is_found_on_the_runs_clock(given, span):
    assert pause(given, NOON) == (None if span is None else pytest.approx(span))


@pytest.mark.parametrize(
    ("given", "named", "said"),
    [
        (switch(), "Cutover of shop",
         "writes paused for 200 ms by read_only_schemas; the row applier brings changes back"),
        (switch(direction="rollback", reverse="none", way=""), "Rollback of shop",
         "writes paused for 200 ms; the target no longer follows the source"),
        (switch(migration="", pause_ms=None, reverse="native"), "Cutover", "the source follows the target"),
        ({}, "Switch", ""),
    ],
)  # fmt: skip
def test_it_has_a_title_and_a_sentence(given, named, said):
    assert (title(given), sentence(given)) == (named, said)


def test_milliseconds_read_like_a_length_of_time():
    assert [milliseconds(count) for count in (0.44, 212.4, 1843.0, 12_000.0)] == [
        "0.4 ms",
        "212 ms",
        "1,843 ms",
        "12 s",
    ]


def test_the_seconds_around_a_pause_are_drawn_closely():
    drawn = closeup(switch(), traffic(gap_ms=150.0), NOON)
    assert drawn["seconds"] == pytest.approx(2.2)
    assert [(bar["long"], bar["took"]) for bar in drawn["bars"]] == [
        ("catch up", "100 ms"), ("stop writes", "50 ms"), ("open up", "50 ms"),
    ]  # fmt: skip
    (pause,) = drawn["pauses"]
    assert (pause["x"], pause["width"], pause["opened"]) == (45.45, 9.09, 54.55)
    assert [lane["most"] for lane in drawn["lanes"]] == ["200/s"]
    assert [error["count"] for error in drawn["errors"]] == [1] * 5
    assert "Users saw 5 errors" in drawn["said"]


def test_the_time_in_which_users_got_no_commit_is_drawn_to_its_end_where_it_is_that_of_the_pause():
    assert closeup(switch(), traffic(gap_ms=4000.0), NOON)["seconds"] == pytest.approx(6.001)
    elsewhere = traffic(gap_ms=4000.0, gap_began="2026-01-01T12:00:10.000Z")
    assert closeup(switch(), elsewhere, NOON)["seconds"] == pytest.approx(2.2)


def test_without_an_audit_its_steps_are_drawn_and_without_a_known_pause_nothing():
    drawn = closeup(switch(), {}, NOON)
    assert (drawn["lanes"], len(drawn["bars"]), len(drawn["pauses"])) == ([], 3, 1)
    assert closeup(switch(pause_ms=None), traffic(), NOON) == {}


def test_a_long_pause_is_drawn_whole_with_only_the_steps_that_lie_by_it():
    steps = [step("catch_up", "00", 1000.0), step("stop_writes", "30", 100.0), step("open_up", "50", 100.0)]
    drawn = closeup(switch(steps=steps, pause_ms=20_100.0), {}, NOON)
    assert drawn["seconds"] == pytest.approx(40.2)
    assert [bar["long"] for bar in drawn["bars"]] == ["stop writes", "open up"]
