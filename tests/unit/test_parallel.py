from __future__ import annotations

import signal
import threading
import time

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.parallel import each


def test_results_come_in_the_items_order_and_calls_run_side_by_side():
    together = threading.Barrier(4, timeout=5)

    def late_first(number):
        together.wait()
        time.sleep((4 - number) / 100)
        return number * number

    assert each(late_first, range(4)) == [0, 1, 4, 9]


def test_after_a_failure_nothing_more_begins():
    begun = []

    def fail(number):
        begun.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        each(fail, range(100), threads=2)
    assert len(begun) <= 4


def test_an_interrupt_does_not_wait_for_calls_that_hang():
    import _thread

    release = threading.Event()
    # A shell that starts a command in the background has it ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.2, _thread.interrupt_main).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        each(lambda _: release.wait(30), range(4))
    release.set()
    signal.signal(signal.SIGINT, before)
    assert time.monotonic() - started < 25


def test_nothing_to_do_starts_nothing():
    assert each(lambda _: 1 / 0, []) == []
