from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from ansible_collections.replatform.aws.plugins.module_utils import resource as engine
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode, Resource, State, Unfinished, ensure

CHECK = Mode(check=True)
REAL = Mode(wait_timeout=5)


class Queues(Resource):
    """Queues of a service in memory; `slow` names those that get ready (or are gone) after so many looks."""

    kind = "queue"
    plural = "queues"
    immutable = frozenset({"fifo", "seed"})
    hidden = frozenset({"token", "seed"})
    blank: ClassVar[State] = {
        "name": None,
        "arn": None,
        "fifo": False,
        "timeout": 30,
        "tags": {},
        "token": None,
        "seed": None,
    }

    def __init__(
        self, *existing: State, slow: Mapping[str, int] | None = None, broken: Mapping[str, Exception] | None = None
    ):
        self.there = {one["name"]: {**self.blank, "arn": f"arn:{one['name']}", **one} for one in existing}
        self.slow = dict(slow or {})
        self.broken = dict(broken or {})
        self.looks = 0
        self.writes: list[str] = []
        self.lock = threading.Lock()

    def find(self, wanted):
        self.looks += 1
        for name in self.slow:
            self.slow[name] -= 1
            if self.slow[name] <= 0 and self.there.get(name, {}).get("leaving"):
                del self.there[name]
        return {name: dict(self.there[name]) for name in wanted if name in self.there}

    def create(self, wanted):
        self._write("create", wanted["name"])
        self.there[wanted["name"]] = {**self.blank, **wanted, "arn": f"arn:{wanted['name']}"}
        return dict(self.there[wanted["name"]])

    def update(self, current, changes):
        self._write("update", current["name"])
        self.there[current["name"]] |= changes
        return dict(self.there[current["name"]])

    def delete(self, current, wanted):
        self._write("delete", current["name"])
        if current["name"] in self.slow:
            self.there[current["name"]]["leaving"] = True
        else:
            del self.there[current["name"]]

    def ready(self, current):
        return self.slow.get(current["name"], 0) <= 0

    def _write(self, what, name):
        with self.lock:
            self.writes.append(f"{what} {name}")
        if name in self.broken:
            raise self.broken[name]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(engine, "POLL_S", (0.01, 0.02))


A = {"name": "a", "fifo": False, "timeout": 30, "tags": {"app": "shop"}}

LIFE: list[tuple[str, Any, Any, Any, Any, Any]] = [
    # (what happens, what somebody did by hand before, wanted, actions, before, after)
    ("create", None, A, ["create queue a"], {}, {"name": "a", "timeout": 30, "fifo": False, "tags": {"app": "shop"}}),
    ("same again", None, A, [], None, None),
    ("change", None, {**A, "timeout": 120}, ["update queue a: timeout"], {"timeout": 30}, {"timeout": 120}),
    ("same again", None, {**A, "timeout": 120}, [], None, None),
    ("not given, not touched", None, {"name": "a"}, [], None, None),
    ("drift", {"timeout": 7, "tags": {}}, {**A, "timeout": 120}, ["update queue a: tags, timeout"],
     {"timeout": 7, "tags": {}}, {"timeout": 120, "tags": {"app": "shop"}}),
    ("a secret", None, {"name": "a", "token": "t0p"}, ["update queue a: token"],
     {"token": "(hidden)"}, {"token": "(changed)"}),
    ("same again", None, {"name": "a", "token": "t0p"}, [], None, None),
    ("delete", None, {"name": "a", "state": "absent"}, ["delete queue a"],
     {"name": "a", "arn": "arn:a", "fifo": False, "timeout": 120, "tags": {"app": "shop"}}, {}),
    ("delete again", None, {"name": "a", "state": "absent"}, [], None, None),
]  # fmt: skip


def test_the_life_of_a_resource_and_check_mode_predicts_each_step():
    queues = Queues()
    for step, drift, wanted, actions, before, after in LIFE:
        if drift:
            queues.there["a"] |= drift
        queues.writes.clear()
        predicted = ensure(queues, [wanted], CHECK)
        assert queues.writes == [], step
        done = ensure(queues, [wanted], REAL)
        assert (predicted.changed, predicted.actions) == (done.changed, done.actions) == (bool(actions), actions), step
        assert (predicted.before, predicted.after) == (done.before, done.after), step
        assert len(queues.writes) == len(actions), step
        assert done.before == ({} if before is None else {"queue a": before}), step
        assert done.after == ({} if after is None else {"queue a": after}), step
        (said,), (is_so,) = predicted.result["queues"], done.result["queues"]
        assert {**said, "arn": None} == {**is_so, "arn": None}, step
        assert "token" not in is_so, step


def test_results_stand_in_the_order_given_and_have_one_shape():
    queues = Queues({"name": "b"}, {"name": "gone"})
    wanted = [{"name": "c"}, {"name": "gone", "state": "absent"}, {"name": "b"}, {"name": "never", "state": "absent"}]
    results = ensure(queues, wanted, REAL).result["queues"]
    assert [(one["name"], one["action"], one["changed"]) for one in results] == [
        ("c", "create", True),
        ("gone", "delete", True),
        ("b", "none", False),
        ("never", "none", False),
    ]
    assert len({tuple(one) for one in results}) == 1


def test_the_calls_state_stands_for_items_without_one():
    queues = Queues({"name": "a"}, {"name": "b"})
    ensure(queues, [{"name": "a"}, {"name": "b", "state": "present"}], REAL, state="absent")
    assert list(queues.there) == ["b"]


def test_items_are_written_side_by_side():
    together = threading.Barrier(8, timeout=5)

    class Meeting(Queues):
        def create(self, wanted):
            together.wait()
            return super().create(wanted)

    assert len(ensure(Meeting(), [{"name": str(n)} for n in range(8)], REAL).actions) == 8


def test_an_immutable_change_is_refused_with_old_and_new_before_anything_is_written():
    queues = Queues({"name": "a"}, {"name": "b", "fifo": True})
    wanted: list[State] = [
        {"name": "new"},
        {"name": "a", "fifo": True, "timeout": 1},
        {"name": "b", "fifo": False, "seed": "geheim"},
    ]
    for mode in (CHECK, REAL):
        with pytest.raises(ReplatformError) as caught:
            ensure(queues, wanted, mode)
        assert caught.value.code == "ImmutableAttribute"
        assert "queue a has fifo false and cannot be given true" in caught.value.message
        assert "queue b has fifo true and cannot be given false" in caught.value.message
        assert caught.value.facts["immutable"]["queue a"] == {"fifo": {"old": False, "new": True}}
        assert "geheim" not in str(caught.value.as_dict())
    assert queues.writes == []


def test_an_item_that_stands_twice_is_refused_before_anything_is_looked_at():
    queues = Queues()
    with pytest.raises(ReplatformError, match="queues names a, b more than once"):
        ensure(queues, [{"name": name} for name in "abcab"], REAL)
    assert queues.looks == 0


def test_an_item_without_its_key_is_refused():
    with pytest.raises(ReplatformError, match="Item 2 of queues has no name"):
        ensure(Queues(), [{"name": "a"}, {"name": ""}], REAL)


def test_the_others_go_on_when_one_fails():
    broken: dict[str, Exception] = {
        "bad": ReplatformError("Cannot create queue bad: no.", code="No", request_id="r"),
        "bug": KeyError("x"),
    }
    queues = Queues(broken=broken)
    with pytest.raises(Unfinished) as caught:
        ensure(queues, [{"name": "a"}, {"name": "bad"}, {"name": "bug"}, {"name": "z"}], REAL)
    error = caught.value
    assert set(queues.there) == {"a", "z"}
    assert error.message.startswith("2 of 4 queues failed, the others are done. bad: Cannot create queue bad: no.")
    assert "unexpected KeyError at test_resource.py:" in error.message
    assert set(error.facts["failed"]) == {"bad", "bug"}
    assert error.code == "No"
    assert error.outcome.changed
    assert error.outcome.actions == ["create queue a", "create queue z"]
    assert set(error.outcome.after) == {"queue a", "queue z"}
    results = error.outcome.result["queues"]
    assert [one.get("failed", False) for one in results] == [False, True, True, False]
    assert results[1]["error"]["request_id"] == "r"


def test_a_single_failure_is_told_as_it_is():
    queues = Queues(broken={"a": ReplatformError("Cannot create queue a: no.", code="No", request_id="r", limit=3)})
    with pytest.raises(Unfinished) as caught:
        ensure(queues, [{"name": "a"}], REAL)
    assert caught.value.as_dict() == {
        "message": "Cannot create queue a: no.",
        "code": "No",
        "request_id": "r",
        "limit": 3,
    }
    assert not caught.value.outcome.changed


def test_all_items_are_awaited_together():
    queues = Queues({"name": "old"}, slow={"a": 5, "b": 4, "old": 3})
    ensure(queues, [{"name": "a"}, {"name": "b"}, {"name": "old", "state": "absent"}, {"name": "fast"}], REAL)
    assert queues.looks == 5
    assert "old" not in queues.there


def test_what_an_earlier_run_began_and_did_not_see_finished_is_awaited():
    queues = Queues({"name": "a"}, slow={"a": 3})
    outcome = ensure(queues, [{"name": "a"}], REAL)
    assert not outcome.changed
    assert queues.ready({"name": "a"})


def test_nothing_is_awaited_when_nobody_asks_and_in_check_mode():
    for mode in (Mode(wait=False), CHECK):
        queues = Queues(slow={"a": 5})
        ensure(queues, [{"name": "a"}], mode)
        assert queues.looks == 1


def test_what_is_not_ready_in_time_is_named_with_what_was_last_seen():
    queues = Queues({"name": "old"}, slow={"a": 10**6, "old": 10**6})
    with pytest.raises(Unfinished) as caught:
        ensure(queues, [{"name": "a", "token": "t0p"}, {"name": "old", "state": "absent"}], Mode(wait_timeout=0))
    failed = caught.value.facts["failed"]
    assert failed["a"]["code"] == "WaitTimeout"
    assert "queue a was not ready after 0 s" in failed["a"]["message"]
    assert "queue old was not gone after 0 s" in failed["old"]["message"]
    assert failed["a"]["last_seen"]["arn"] == "arn:a"
    assert "t0p" not in str(caught.value.as_dict())


def test_a_thing_that_the_service_gives_up_is_a_failure_of_that_item():
    class Failing(Queues):
        def ready(self, current):
            raise ReplatformError(f"Queue {current['name']} is broken.")

    with pytest.raises(Unfinished, match=r"Queue a is broken\."):
        ensure(Failing(), [{"name": "a"}], REAL)


def test_an_empty_list_does_nothing():
    outcome = ensure(Queues(), [], REAL)
    assert (outcome.changed, outcome.result, outcome.actions) == (False, {"queues": []}, [])


class Topics(Queues):
    kind = "topic"
    plural = "topics"


def test_kinds_that_depend_on_each_other_are_begun_first_and_awaited_together():
    queues, topics = Queues(slow={"a": 2}), Topics(slow={"b": 3})
    begun = [engine.begin(queues, [{"name": "a", "timeout": 5}], REAL)]
    assert begun[0].states["a"]["arn"] == "arn:a"
    begun.append(engine.begin(topics, [{"name": "b"}], REAL))
    assert not topics.ready({**topics.blank, "name": "b"})
    outcome = engine.conclude(begun, REAL)
    assert outcome.actions == ["create queue a", "create topic b"]
    assert [one["name"] for one in outcome.result["queues"]] == ["a"]
    assert [one["name"] for one in outcome.result["topics"]] == ["b"]
    assert outcome.after == {"queue a": {"name": "a", "timeout": 5}, "topic b": {"name": "b"}}


def test_a_failure_of_one_kind_names_the_kind_and_keeps_what_the_others_did():
    queues = Queues(broken={"a": ReplatformError("No.", code="No")})
    begun = [engine.begin(queues, [{"name": "a"}], REAL), engine.begin(Topics(), [{"name": "b"}], REAL)]
    assert [item.key for item in begun[0].failed] == ["a"]
    with pytest.raises(Unfinished) as failure:
        engine.conclude(begun, REAL)
    assert failure.value.message == "1 of 2 items failed, the others are done. queue a: No."
    assert failure.value.outcome.actions == ["create topic b"]


def test_what_was_awaited_between_two_kinds_is_not_looked_at_again():
    queues = Queues({"name": "a"})
    begun = [engine.begin(queues, [{"name": "a", "state": "absent"}], REAL)]
    engine.wait(begun, REAL)
    looks = queues.looks
    assert engine.conclude(begun, REAL).actions == ["delete queue a"]
    assert queues.looks == looks
