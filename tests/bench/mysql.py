"""How fast a MySQL migration is, beside other tools and the target's own limit: make bench NAME=mysql.

Both servers run here, with binary log and TLS; every case starts with an empty target. What was measured stands in
reports/bench/mysql.json after each case, and a run goes on from there: ARGS="--anew" forgets it,
ARGS="--cases copy,limit" measures these alone, ARGS="--scale 980000 --runs 1" is for a quick look.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import psutil

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import connect, value
from ansible_collections.replatform.aws.plugins.module_utils.mysql.orphans import orphans
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import select
from sandbox.mysqld import Mysqld

from .meter import Cost, measured
from .moves import latency, tools
from .moves.compare import compared
from .moves.servers import empty_target, size, source
from .report import Report, say, table

SCALE = 4_900_000
RUNS = 3
TOOLS = {
    "copy": "replatform.aws.mysql_copy, default workers",
    "limit": "LOAD DATA of ready files, then ALTER TABLE, 2 sessions",
    "mysqldump": "mysqldump | mysql",
    "mydumper": "mydumper, then myloader, 2 threads",
}
MEMORY = Path("/dev/shm")
"""The target's disk where it must not be the source's."""
CASES = (*TOOLS, "latency", "memory")
Fill = Callable[[Mysqld, Mysqld], None]


class Bench:
    """The cases on one data set."""

    def __init__(self, report: Report, here: Mysqld) -> None:
        self._report, self._source = report, here
        rows, count = size(here)
        self._facts = {"rows": rows, "bytes": count}

    def fill(self, case: str) -> None:
        """One run of a tool; after our own also what follows a copy."""
        move = {"copy": tools.copy, "mysqldump": tools.mysqldump, "mydumper": tools.mydumper}.get(case)
        fill: Fill = move or tools.Limit.of(self._source)
        _warm(self._source)
        with empty_target() as target:
            with self._measured(target) as cost:
                fill(self._source, target)
            self._note(case, TOOLS[case], cost)
            if case == "copy":
                self._verify(target)
                self._again(target)
            if case not in self._report.results.setdefault("outputs", {}):
                say(f"{case}: compare its output")
                self._report.results["outputs"][case] = compared(self._source, target)
                if case == "copy":
                    self._report.results["apart"] = self._apart(target)
                self._report.write()

    def _measured(self, target: Mysqld) -> AbstractContextManager[Cost]:
        return measured(source=_process(self._source), target=_process(target))

    def _note(self, case: str, tool: str, cost: Cost, **facts: int) -> None:
        self._report.measured(case, tool, cost.seconds, {**self._facts, **facts}, **cost.numbers())
        _ratios(self._report)
        say(f"{case}: {cost.seconds:.1f} s, {cost.numbers()['cpu_seconds']:.0f} CPU s, {cost.peak_bytes >> 20} MiB")

    def _verify(self, target: Mysqld) -> None:
        with self._measured(target) as cost:
            tools.module("mysql_verify", self._source, target)
        self._note("verify", "replatform.aws.mysql_verify, default workers", cost)

    def _again(self, target: Mysqld) -> None:
        """Copy and verify once more: nothing is to be done, and the target commits nothing."""
        before = _gtids(target)
        with self._measured(target) as cost:
            changed = tools.module("mysql_copy", self._source, target)["changed"]
            reused = tools.module("mysql_verify", self._source, target)["reused"]
        self._note("rerun", "both modules, nothing to do", cost)
        proof = {"changed": changed, "verify_used_again": reused, "target_gtids_moved": _gtids(target) != before}
        self._report.results["rerun"] = proof
        self._report.write()

    def _apart(self, target: Mysqld) -> dict[str, float]:
        """Seconds of that part of a verify which compares no rows."""
        here, there = tools.server("source", self._source), tools.server("target", target)
        with closing(connect(here)) as session:
            tables = select(session, here, tools.SETTINGS).tables.values()
        started = time.monotonic()
        orphans(there, tables, tools.SESSIONS, lambda: None)
        return {"orphans_seconds": round(time.monotonic() - started, 2)}

    def latency(self) -> None:
        """p99 of the source's own queries, idle and while a copy runs; each server has its own core and disk."""
        latency.prepare(self._source)
        every = sorted(os.sched_getaffinity(0))
        this = psutil.Process()
        with tempfile.TemporaryDirectory(dir=MEMORY) as disk, empty_target(folder=Path(disk) / "target") as target:
            _pin(_process(self._source), every[:1])
            _pin(_process(target), every[-1:])
            _pin(this, every[-1:])
            try:
                with latency.probing(self._source, every[:1]) as idle:
                    time.sleep(20)
                with latency.probing(self._source, every[:1]) as busy:
                    tools.copy(self._source, target)
            finally:
                _pin(this, every)
                _pin(_process(self._source), every)
        self._report.results["latency"] = {
            "idle": idle.as_dict(),
            "copying": busy.as_dict(),
            "shares": "source and its application on the first core and the disk; "
            "target and workers on the last and in memory; default throttle",
        }
        self._report.ratio("p99_copying_to_idle", busy.p99(), idle.p99())
        self._report.write()

    def memory(self) -> None:
        """The copy alone, of a data set that is three times as large."""
        with empty_target() as target:
            with self._measured(target) as cost:
                tools.copy(self._source, target)
            self._note("copy of 3x", TOOLS["copy"], cost)


def _process(server: Mysqld) -> psutil.Process:
    return server.running()[0]


def _pin(process: psutil.Process, cores: list[int]) -> None:
    """Every thread there is; those of connections to come inherit it."""
    for thread in process.threads():
        os.sched_setaffinity(thread.id, cores)


def _gtids(server: Mysqld) -> str:
    with closing(connect(tools.server("target", server))) as connection:
        return str(value(connection, "SELECT @@GLOBAL.gtid_executed"))


def _warm(server: Mysqld) -> None:
    """Every tool finds the source's pages in memory, as those after the first one would."""
    with closing(connect(tools.server("source", server))) as connection:
        for found in select(connection, tools.server("source", server), tools.SETTINGS).tables.values():
            value(connection, f"CHECKSUM TABLE {found.sql}")


def _ratios(report: Report) -> None:
    copy = report.median("copy")
    report.ratio("copy_to_server_limit", copy, report.median("limit"))
    report.ratio("mydumper_to_copy", report.median("mydumper"), copy)
    report.ratio("mysqldump_to_copy", report.median("mysqldump"), copy)
    report.ratio("verify_to_copy", report.median("verify"), copy)
    target = "target_cpu_seconds"
    report.ratio("target_cpu_of_copy_to_limit", report.median("copy", target), report.median("limit", target))
    peak = "peak_rss_mib"
    report.ratio("memory_of_3x_to_1x", report.median("copy of 3x", peak), report.median("copy", peak))
    report.write()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench NAME=mysql")
    parser.add_argument("--cases", default=",".join(CASES), help="which, of %(default)s")
    parser.add_argument("--scale", type=int, default=SCALE, help="about how many rows (%(default)s)")
    parser.add_argument("--runs", type=int, default=RUNS, help="of each case (%(default)s)")
    parser.add_argument("--anew", action="store_true", help="forget what was measured before")
    options = parser.parse_args()
    options.cases = options.cases.split(",")
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    return options


def main() -> None:
    options = _options()
    report = Report("mysql", asked={"scale": options.scale}, anew=options.anew)
    wanted = [case for case in TOOLS if case in options.cases]
    say(f"data set of {options.scale:,} rows (made at the first run, then kept)")
    with source(options.scale) as here:
        bench = Bench(report, here)
        for run in range(options.runs):
            for case in wanted if run % 2 == 0 else reversed(wanted):
                if report.runs(case) <= run:
                    say(f"{case}: run {run + 1} of {options.runs}")
                    bench.fill(case)
        if "latency" in options.cases and "latency" not in report.results:
            say("latency: idle, then while copying")
            bench.latency()
    if "memory" in options.cases and not report.runs("copy of 3x"):
        say(f"memory: data set of {3 * options.scale:,} rows")
        with source(3 * options.scale) as here:
            Bench(report, here).memory()
    print(table(report.as_dict()))


if __name__ == "__main__":
    main()
