# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls side by side, in threads that never keep a program from ending."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
R = TypeVar("R")

THREADS = 16
"""AWS's control planes throttle one account at about 20 to 50 calls a second; more threads would only wait."""


def each(function: Callable[[T], R], items: Iterable[T], threads: int = THREADS) -> list[R]:
    """`function` of every item, in the items' order. After a failure or an interrupt nothing more begins.

    Daemon threads and no ThreadPoolExecutor: the interpreter joins an executor's threads when it ends, so that an
    interrupted module would hang for as long as its slowest call, up to six attempts of a minute each.
    Raises: what the first item that failed raised, when no call runs any more; an interrupt at once.
    """
    todo = list(items)
    if len(todo) < 2:
        return [function(item) for item in todo]
    numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(todo)):
        numbers.put(number)
    results: dict[int, R] = {}
    failures: dict[int, BaseException] = {}
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                number = numbers.get_nowait()
            except queue.Empty:
                return
            try:
                results[number] = function(todo[number])
            except BaseException as exc:  # noqa: BLE001  raised again below, in the caller's thread
                failures[number] = exc
                stop.set()

    workers = [threading.Thread(target=work, daemon=True) for _worker in range(min(threads, len(todo)))]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            while worker.is_alive():
                # Not for ever: a signal that another thread receives wakes no join.
                worker.join(0.5)
    finally:
        stop.set()
    if failures:
        raise failures[min(failures)]
    return [results[number] for number in range(len(todo))]


def shares(items: list[T], count: int) -> list[list[T]]:
    """The items dealt out to at most `count` lists, none of which is empty."""
    return [items[number::count] for number in range(min(count, len(items)))]
