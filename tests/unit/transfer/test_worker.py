"""The promises of a move, kept by the worker whatever store it works on."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.transfer import worker
from ansible_collections.replatform.aws.plugins.module_utils.transfer.model import (
    COPIED,
    COPY,
    DIFFERS,
    VERIFIED,
    VERIFY,
    Digest,
    FencedOut,
    ShortRead,
    Stopped,
    TryAgain,
)
from ansible_collections.replatform.aws.plugins.module_utils.transfer.throttle import flag_file
from tests.support.memory_store import MemoryStore, digest, job


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def run(store: MemoryStore, owner: str = "one", task: str = COPY) -> list[dict[str, Any]]:
    """One worker's whole work; returns what it told."""
    told: list[dict[str, Any]] = []
    one = worker.Worker(store, job(owner, task), told.append)
    one.open_view()
    one.work()
    return told


def outcomes(told: list[dict[str, Any]]) -> Counter[str]:
    return Counter(event["outcome"] for event in told if event["event"] == "unit")


def states(store: MemoryStore) -> dict[str, str]:
    return {name: entry.state for name, entry in store.memory.entries.items()}


def test_two_workers_do_every_unit_exactly_once():
    store = MemoryStore(units=40)
    store.begin()
    together = threading.Barrier(2, timeout=5)
    told: list[dict[str, Any]] = []

    def work(owner: str) -> None:
        one = worker.Worker(store, job(owner), told.append)
        one.open_view()
        together.wait()
        one.work()

    threads = [threading.Thread(target=work, args=(owner,)) for owner in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(store.memory.finishes) == sorted(store.memory.entries)
    assert sorted(store.sourced.reads) == sorted(store.sourced.rows)
    assert store.targeted.rows == store.sourced.rows
    assert outcomes(told) == {"copied": 80, "sealed": 2}


def test_a_group_is_sealed_once_and_only_after_all_of_its_rows(store):
    store.begin()
    run(store)
    for group in ("shop.order", "shop.customer"):
        order = [name for name in store.memory.finishes if name.startswith(group)]
        assert order[-1] == f"{group}#seal"
        assert store.targeted.log.count(("seal", group)) == 1


def test_a_worker_tells_rows_and_bytes_of_every_unit(store):
    store.begin()
    told = run(store)
    moved = [event for event in told if event["event"] == "moved"]
    units = [event for event in told if event["event"] == "unit"]
    assert sum(event["rows"] for event in moved) == sum(event["rows"] for event in units) == 12
    assert sum(event["bytes"] for event in moved) == sum(event["bytes"] for event in units)


def test_a_second_run_at_the_same_position_looks_at_nothing_again(store):
    store.begin()
    run(store)
    store.begin()
    assert run(store) == []


def test_a_second_run_at_another_position_keeps_equal_units_and_copies_changed_ones_again(store):
    store.begin()
    run(store)
    store.sourced.rows["shop.order#1"].append("a new order")
    store.sourced.reads.clear()
    store.begin()
    assert outcomes(run(store)) == {"kept": 5, "recopied": 1, "sealed": 2}
    assert store.sourced.reads == ["shop.order#1"]
    assert store.targeted.rows == store.sourced.rows


def test_a_run_that_was_cut_off_goes_on_with_what_is_left(store):
    store.begin()
    stopping = worker.Worker(store, job("one"), lambda _event: None)

    def stop_in_the_third(claim):
        if len(store.memory.finishes) == 2:
            stopping.stop.set()

    store.targeted.before_write = stop_in_the_third
    with pytest.raises(Stopped):
        stopping.work()
    assert len(store.targeted.rows) == 2
    store.begin()
    assert outcomes(run(store, "two")) == {"copied": 4, "sealed": 2}
    assert len(store.sourced.reads) == 7  # the third one was begun twice


def test_a_worker_that_lost_its_lease_commits_nothing(store):
    store.begin()
    taken: list[str] = []

    def lose(claim):
        store.clock.now += 31
        other = store.memory.claim("two", 30)
        taken.append(other.previous_owner)

    store.targeted.before_commit = lose
    with pytest.raises(FencedOut, match="taken over by another worker"):
        run(store)
    assert taken == ["one"]
    assert store.targeted.rows == {}
    assert store.memory.finishes == []


def test_a_worker_whose_run_was_taken_over_commits_nothing(store):
    store.begin()
    store.targeted.before_commit = lambda _claim: store.begin()
    with pytest.raises(FencedOut):
        run(store)
    assert store.targeted.rows == {}


def test_a_worker_that_went_silent_is_evicted_before_its_unit_is_written(store):
    store.begin()
    silent = store.memory.claim("silent", 30)
    store.clock.now += 31
    run(store, "two")
    log = store.targeted.log
    assert log.index(("evict", "silent")) < log.index(("write", silent.unit.id))
    assert store.targeted.rows == store.sourced.rows
    with pytest.raises(FencedOut):
        store.memory.finished(silent, COPIED)


def test_nobody_takes_a_unit_whose_lease_still_holds(store):
    store.begin()
    held = store.memory.claim("slow", 30)
    told: list[dict[str, Any]] = []
    other = worker.Worker(store, job("two"), told.append)
    thread = threading.Thread(target=other.work, daemon=True)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    assert held.unit.id not in store.targeted.rows
    store.memory.release("slow")
    thread.join(5)
    assert not thread.is_alive()
    assert store.targeted.rows == store.sourced.rows


def test_a_lost_race_in_the_target_is_tried_again(store):
    store.begin()
    left = [3]

    def deadlock(claim):
        if left[0]:
            left[0] -= 1
            raise TryAgain("deadlock")

    store.targeted.before_commit = deadlock
    assert outcomes(run(store)) == {"copied": 6, "sealed": 2}
    assert store.targeted.rows == store.sourced.rows


def test_a_race_that_is_always_lost_ends_the_worker(store):
    store.begin()
    attempts: list[str] = []

    def deadlock(claim):
        attempts.append(claim.unit.id)
        raise TryAgain("deadlock")

    store.targeted.before_commit = deadlock
    with pytest.raises(TryAgain):
        run(store)
    assert len(attempts) == worker.WRITE_ATTEMPTS
    assert store.targeted.rows == {}


def test_a_source_that_stops_sending_leaves_its_unit_undone_until_the_next_run(store):
    store.begin()

    def short(unit, number):
        if unit == "shop.order#1" and number == 1:
            raise ShortRead("the source stopped sending")

    store.sourced.batch_read = short
    with pytest.raises(ShortRead):
        run(store)
    assert "shop.order#1" not in store.targeted.rows
    assert "shop.order#1" not in store.memory.finishes
    assert ("seal", "shop.order") not in store.targeted.log
    store.sourced.batch_read = lambda _unit, _number: None
    store.begin()
    run(store, "two")
    assert store.targeted.rows == store.sourced.rows
    assert set(states(store).values()) == {COPIED}


def test_a_flag_file_holds_the_move_and_says_so(store, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "TELL_EVERY_S", 0.01)
    brake = tmp_path / "brake"
    brake.touch()
    store.begin()
    told: list[dict[str, Any]] = []
    one = worker.Worker(store, job("one"), told.append, flag_file(str(brake)))
    thread = threading.Thread(target=one.work, daemon=True)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    assert store.targeted.rows == {}
    brake.unlink()
    thread.join(5)
    assert not thread.is_alive()
    assert store.targeted.rows == store.sourced.rows
    assert [event["by"] for event in told if event["event"] == "throttled"] == [f"flag file {brake}", ""]


def test_a_held_move_can_still_be_stopped(store, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "TELL_EVERY_S", 0.01)
    brake = tmp_path / "brake"
    brake.touch()
    store.begin()
    one = worker.Worker(store, job("one"), lambda _event: one.stop.set(), flag_file(str(brake)))
    with pytest.raises(Stopped):
        one.work()
    assert store.targeted.rows == {}


def test_verify_says_of_every_unit_whether_it_is_the_same_and_writes_no_rows(store):
    store.begin()
    run(store)
    store.targeted.rows["shop.customer#2"][0] = "somebody else"
    before = {name: list(rows) for name, rows in store.targeted.rows.items()}
    store.begin(VERIFY)
    assert outcomes(run(store, "two", VERIFY)) == {VERIFIED: 5, DIFFERS: 1}
    assert states(store)["shop.customer#2"] == DIFFERS
    facts = store.memory.entries["shop.customer#2"].facts
    assert facts["source"]["count"] == facts["target"]["count"] == 2
    assert facts["source"] != facts["target"]
    assert store.targeted.rows == before


def test_a_unit_that_differed_is_copied_again_even_where_the_source_stood_still(store):
    store.begin()
    run(store)
    store.targeted.rows["shop.customer#2"].pop()
    store.begin(VERIFY)
    run(store, "two", VERIFY)
    store.begin()
    assert outcomes(run(store, "three")) == {"recopied": 1}
    assert store.targeted.rows == store.sourced.rows


def test_equal_rows_never_cancel_in_a_digest():
    assert digest(["a", "a"]) != digest([])
    assert digest(["a", "a"]) != digest(["b", "b"])
    assert digest(["a", "a", "b"]) != digest(["b"])


def test_a_digest_does_not_depend_on_the_order_of_rows():
    assert digest(["a", "b", "c"]) == digest(["c", "a", "b"])
    assert digest(["a"]) + digest(["b", "c"]) == digest(["a", "b", "c"])
    assert Digest(1, 3).as_dict() == {"count": 1, "total": 3}
