from __future__ import annotations

from ansible_collections.replatform.aws.plugins.module_utils.transfer.throttle import Throttle, seldom
from tests.support.memory_store import Clock


def test_a_costly_reason_is_asked_seldom_and_its_answer_holds():
    clock = Clock()
    asked: list[float] = []

    def busy() -> str:
        asked.append(clock.now)
        return f"asked {len(asked)}"

    reason = seldom(busy, 1.0, clock)
    assert [reason(), reason()] == ["asked 1", "asked 1"]
    clock.now += 1
    assert reason() == "asked 2"


def test_a_wait_with_an_end_goes_on_although_the_reason_holds():
    told: list[str] = []
    throttle = Throttle([lambda: "", lambda: "source: running threads 41 > 25"], told.append, lambda: None, 0.001)
    throttle.wait(0.01)
    throttle.wait(0)
    assert told == ["source: running threads 41 > 25"]


def test_the_end_of_a_reason_is_told():
    told: list[str] = []
    answers = iter(["busy", "busier", "busier", ""])
    Throttle([lambda: next(answers)], told.append, lambda: None, 0.001).wait()
    assert told == ["busy", "busier", ""]
