"""The file that every benchmark writes, reports/bench/NAME.json, and the tables made from it.

{name, asked: {scale, ...}, machine: {cores, memory_gib, load}, cases: [{case, tool, seconds: [...], median, rows,
bytes, cpu_seconds, peak_rss_mib}], ratios: {...}, results: {...}}. `python -m tests.bench.report NAME`
prints them as tables.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from sandbox.state import CHECKOUT, read_json

FOLDER = CHECKOUT / "reports" / "bench"


class Report:
    """One benchmark's file, written anew after each case: a run that was stopped goes on where it was."""

    def __init__(self, name: str, *, asked: dict[str, Any], anew: bool = False, folder: Path = FOLDER) -> None:
        """`asked` is what all its numbers belong to, such as the scale: those of another one are not added to."""
        self.path = folder / f"{name}.json"
        kept = {} if anew else read_json(self.path)
        if kept and kept.get("asked") != asked:
            raise SystemExit(
                f"{self.path} has what was measured with {kept.get('asked') or 'an unknown scale'}, and this run is "
                f'asked for {asked}; put it elsewhere, or give ARGS="--anew", which forgets it.'
            )
        self.asked = asked
        self.cases: dict[str, dict[str, Any]] = {case["case"]: case for case in kept.get("cases", [])}
        self.ratios: dict[str, Any] = kept.get("ratios", {})
        self.results: dict[str, Any] = kept.get("results", {})
        self._name = name

    def runs(self, case: str) -> int:
        """How often the case was measured already."""
        return len(self.cases.get(case, {}).get("seconds", []))

    def measured(self, case: str, tool: str, seconds: float, facts: dict[str, Any], **numbers: float) -> None:
        """Adds one run of a case; of `numbers` the median of all runs counts, as of the seconds."""
        found = self.cases.setdefault(case, {"case": case, "tool": tool, "seconds": [], "runs": {}})
        found["seconds"].append(round(seconds, 3))
        found["median"] = round(median(found["seconds"]), 3)
        found |= facts
        for name, number in numbers.items():
            found["runs"].setdefault(name, []).append(round(number, 3))
            found[name] = round(median(found["runs"][name]), 3)
        self.write()

    def median(self, case: str, number: str = "median") -> float | None:
        value = self.cases.get(case, {}).get(number)
        return None if value is None else float(value)

    def ratio(self, name: str, one: float | None, other: float | None) -> None:
        """`one` to `other`, once both are there."""
        if one is not None and other:
            self.ratios[name] = round(one / other, 3)

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.as_dict(), indent=2) + "\n")
        partial.replace(self.path)

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self._name,
            "asked": self.asked,
            "machine": machine(),
            "cases": list(self.cases.values()),
            "ratios": self.ratios,
            "results": self.results,
        }


def say(line: str) -> None:
    """What goes on, with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)


def machine() -> dict[str, Any]:
    """What the numbers depend on; `load` is that of the last 15 minutes, this benchmark included."""
    return {
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load": round(os.getloadavg()[2], 2),
    }


def table(report: dict[str, Any]) -> str:
    """The cases and ratios as Markdown."""
    lines = ["| Case | Tool | Median s | Runs s | CPU s | Peak MiB |", "| --- | --- | --- | --- | --- | --- |"]
    for case in report["cases"]:
        runs = ", ".join(f"{seconds:.1f}" for seconds in case["seconds"])
        numbers = [f"{case[name]:.0f}" if name in case else "" for name in ("cpu_seconds", "peak_rss_mib")]
        tool = case["tool"].replace("|", "\\|")
        lines.append(f"| {case['case']} | {tool} | {case['median']:.1f} | {runs} | {' | '.join(numbers)} |")
    lines += ["", "| Ratio | |", "| --- | --- |"]
    lines += [f"| `{name}` | {number:.2f} |" for name, number in report["ratios"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(read_json(FOLDER / f"{Path(sys.argv[1]).stem}.json")))
