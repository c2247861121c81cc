"""How long a switch keeps the application from writing, there and back: make bench NAME=mysql_cutover.

Both servers run here as hosting services hand them out, the customers of the shop send 500 INSERT, UPDATE and DELETE a
second in transactions of about four, and every switch is followed by the audit of their ledger. First the target
follows 1,000 single-row commits a second. What was measured stands in reports/bench/mysql_cutover.json after each
switch, and a run goes on from there: ARGS="--anew" forgets it, ARGS="--runs 1 --rate 40" is for a quick look.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from itertools import pairwise
from statistics import median
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils.mysql.switch.ends import CUTOVER, ROLLBACK
from sandbox.traffic import Audit

from .moves import writes
from .moves.pair import Pair, pair, settle
from .report import Report, say, table

SCALE = 50_000
RUNS = 10
RATE = 120.0
COUNTED_S = 5.0
CATCH_UP_RATE = 1000.0
CATCH_UP_S = 30.0
TOOLS = {CUTOVER: "replatform.aws.mysql_cutover", ROLLBACK: "replatform.aws.mysql_rollback"}
TO = {CUTOVER: "target", ROLLBACK: "source"}


class Bench:
    """Switches of one pair of servers."""

    def __init__(self, report: Report, both: Pair, rates: dict[str, float]) -> None:
        self._report, self._pair, self._rates = report, both, rates

    def switch(self, direction: str) -> None:
        """One switch under load, and the audit of the side that is open after it."""
        both = self._pair
        with both.customers(self._rates[direction]):
            if direction == CUTOVER:
                both.verified()
            settle()
            before, since = time.monotonic(), both.now()
            result = both.switched(direction)
            seconds = time.monotonic() - before
            settle()
            until = both.now()
        audited = both.audit(TO[direction], since, until)
        self._note(direction, seconds, result, audited)

    def _note(self, direction: str, seconds: float, result: dict[str, Any], audited: Audit) -> None:
        results, account = self._report.results, audited.account
        for kind, count in (
            ("lost", audited.lost),
            ("doubled", audited.doubled),
            ("inconsistent", audited.inconsistent),
        ):
            results[kind] = results.get(kind, 0) + count
        results["errors"] = dict(
            Counter(results.get("errors", {})) + Counter({str(k): n for k, n in account.errors.items()})
        )
        steps = {f"{step['step']}_ms": float(step["ms"]) for step in result["switch"]["steps"]}
        self._report.measured(
            direction,
            TOOLS[direction],
            seconds,
            {"way": result["way"], "reverse": result["reverse"]},
            write_gap_ms=audited.gap_ms,
            pause_ms=float(result["switch"]["pause_ms"] or 0),
            commits_s=account.rate,
            longest_client_pause_ms=account.longest_pause_ms,
            **steps,
        )
        self._summed()
        say(
            f"{direction}: gap {audited.gap_ms:.0f} ms, {account.rate:.0f} commits/s, {audited.lost} lost, "
            f"{audited.doubled} doubled, {audited.inconsistent} inconsistent"
        )
        for finding in audited.findings[:5]:
            say(finding.sentence)

    def _summed(self) -> None:
        """What the measures ask for, by the names that they have there."""
        results, cases = self._report.results, self._report.cases
        for direction, prefix in ((CUTOVER, ""), (ROLLBACK, "rollback_")):
            if direction in cases:
                gaps = cases[direction]["runs"]["write_gap_ms"]
                results |= {f"{prefix}write_gap_ms_median": round(median(gaps), 1), f"{prefix}write_gap_ms": gaps}
                results[f"{prefix}commits_s_median"] = cases[direction]["commits_s"]
                results[f"{prefix}rate"] = self._rates[direction]
        self._report.write()

    def count(self) -> None:
        """How many statements and rows a commit of the customers has, as the server counts them."""
        with self._pair.customers(self._rates[CUTOVER]):
            settle()
            before, since = self._pair.counted(), time.monotonic()
            time.sleep(COUNTED_S)
            seconds, after = time.monotonic() - since, self._pair.counted()
        self._report.results |= {f"{name}_s": round((after[name] - before[name]) / seconds, 1) for name in before}
        self._report.write()
        say(", ".join(f"{self._report.results[f'{name}_s']:.0f} {name}/s" for name in before))

    def catch_up(self) -> None:
        """Whether the target, with its own settings, stays close to a source that commits 1,000 rows a second."""
        both, behind = self._pair, []
        with writes.writing(both.login("source"), CATCH_UP_RATE, CATCH_UP_S) as load:
            while load.running():
                time.sleep(1)
                behind.append(both.behind())
            began = time.monotonic()
            while both.behind():
                time.sleep(0.1)
            seconds = time.monotonic() - began
            rate = load.rate()
        grown = [later - earlier for earlier, later in pairwise(behind)]
        self._report.results |= {
            "catch_up_writes_s": round(rate, 1),
            "catch_up_behind_median": median(behind),
            "catch_up_behind_max": max(behind),
            "catch_up_growth_a_second_median": median(grown),
            "catch_up_seconds_after": round(seconds, 2),
        }
        self._report.write()
        say(f"catch-up: {rate:.0f} commits/s, at most {max(behind)} transactions behind, {seconds:.1f} s after the end")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench NAME=mysql_cutover")
    parser.add_argument("--scale", type=int, default=SCALE, help="about how many rows the shop has (%(default)s)")
    parser.add_argument("--runs", type=int, default=RUNS, help="cutovers, and as many rollbacks (%(default)s)")
    parser.add_argument("--rate", type=float, default=RATE, help="commits a second of the customers (%(default)s)")
    parser.add_argument("--rollback-rate", type=float, help="the same for the rollbacks (as --rate)")
    parser.add_argument("--anew", action="store_true", help="forget what was measured before")
    return parser.parse_args()


def main() -> None:
    options = _options()
    rates = {CUTOVER: options.rate, ROLLBACK: options.rollback_rate or options.rate}
    report = Report("mysql_cutover", asked={"scale": options.scale, "rates": rates}, anew=options.anew)
    with pair(options.scale) as both:
        say(f"shop of {options.scale:,} rows: copy, accounts, follow")
        both.followed()
        bench = Bench(report, both, rates)
        if "catch_up_writes_s" not in report.results:
            bench.catch_up()
            bench.count()
        while report.runs(ROLLBACK) < options.runs:
            say(f"run {report.runs(ROLLBACK) + 1} of {options.runs}")
            bench.switch(CUTOVER)
            bench.switch(ROLLBACK)
    print(table(report.as_dict()))


if __name__ == "__main__":
    main()
