"""What a piece of work costs: seconds, CPU seconds by process, peak memory of a tree of processes."""

from __future__ import annotations

import contextlib
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

EVERY_S = 0.1


@dataclass
class Cost:
    """CPU seconds are those of the programs started meanwhile (`client`) and of each watched server."""

    seconds: float = 0.0
    client: float = 0.0
    servers: dict[str, float] = field(default_factory=dict)
    peak_bytes: int = 0

    def numbers(self) -> dict[str, float]:
        """As a report takes them."""
        return {
            "cpu_seconds": self.client + sum(self.servers.values()),
            "client_cpu_seconds": self.client,
            **{f"{name}_cpu_seconds": seconds for name, seconds in self.servers.items()},
            "peak_rss_mib": self.peak_bytes / 2**20,
        }


@contextmanager
def measured(**servers: psutil.Process) -> Iterator[Cost]:
    """Measures the block; its programs must have ended, and been waited for, before it does."""
    cost, ended = Cost(), threading.Event()
    # Before the thread, which may begin to look only when the first program has started.
    there = {child.pid for child in psutil.Process().children()}
    watcher = threading.Thread(target=_watch, args=(cost, ended, there), daemon=True)
    before = {name: _cpu(process) for name, process in servers.items()}
    children, started = _children_cpu(), time.monotonic()
    watcher.start()
    try:
        yield cost
    finally:
        cost.seconds = time.monotonic() - started
        cost.client = _children_cpu() - children
        cost.servers = {name: _cpu(process) - before[name] for name, process in servers.items()}
        ended.set()
        watcher.join()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(cost: Cost, ended: threading.Event, before: set[int]) -> None:
    """The peak of the sum over all programs started in the block; the servers were there before."""
    this = psutil.Process()
    while not ended.wait(EVERY_S):
        total = 0
        for child in this.children(recursive=True):
            if child.pid not in before:
                with contextlib.suppress(psutil.Error):
                    total += child.memory_info().rss
        cost.peak_bytes = max(cost.peak_bytes, total)
