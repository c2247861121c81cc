# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an application's users saw during a run: an audit's JSON beside the summary, on the run's own clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..errors import ReplatformError
from . import words
from .timeline import MOST_POINTS, peaks, rates

NAME = "traffic.json"
AFTER_S = 10.0
"""What is shown beyond the run's end: how it went on after a switch."""


def beside(summary: Path) -> dict[str, Any]:
    """The audit in the summary's folder; empty where there is none. Raises on a file that is none."""
    path = summary.with_name(NAME)
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        words.moment(found["began"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReplatformError(
            f"{path} is no audit of traffic ({error!r}); have it written again by the audit, or remove it."
        ) from error
    return dict(found)


def seen(traffic: Mapping[str, Any], began: datetime, ended: datetime) -> dict[str, Any]:
    """{commits: [[second, commits a second]], errors: [[second, count]]}, the seconds counted from the run's begin.

    Empty where the traffic did not run while the run did, as that of an earlier run.
    """
    if not traffic:
        return {}
    since = (words.moment(traffic["began"]) - began).total_seconds()
    end = (ended - began).total_seconds() + AFTER_S
    # The last second, of which there is only a part, would look like a fall.
    whole = [line for line in traffic.get("per_second") or [] if line[0] + 1 <= traffic["seconds"]]
    lines = [(since + second, commits, errors) for second, commits, errors in whole]
    during = [line for line in lines if 0 <= line[0] <= end]
    if not during:
        return {}
    sums = accumulate(commits for _second, commits, _errors in during)
    points = [(during[0][0], 0), *((second + 1, count) for (second, *_rest), count in zip(during, sums, strict=True))]
    failed = [(second + 0.5, errors) for second, _commits, errors in during if errors]
    return {
        "commits": [[second, rate] for second, rate in rates(points, MOST_POINTS) if second <= end],
        "errors": peaks(failed, MOST_POINTS) if failed else [],
    }


def closely(traffic: Mapping[str, Any], began: datetime) -> dict[str, Any]:
    """{commits: [[second, commits a second]], errors: [[second, count]]} around the longest gap, on a run's clock."""
    found = traffic.get("closely")
    if not found:
        return {}
    since, step = (words.moment(found["began"]) - began).total_seconds(), found["step_ms"] / 1000
    lines = [(since + number * step, *counts) for number, counts in enumerate(found["counts"])]
    return {
        "commits": [[second + step / 2, commits / step] for second, commits, _errors in lines[:-1]],
        "errors": [[second + step / 2, errors] for second, _commits, errors in lines if errors],
    }


def gap(traffic: Mapping[str, Any], began: datetime) -> tuple[float, float]:
    """From and until which second of a run that began then nobody got a commit; both 0 where that is not known."""
    if not traffic.get("gap_began"):
        return 0.0, 0.0
    since = (words.moment(traffic["gap_began"]) - began).total_seconds()
    return since, since + traffic["gap_ms"] / 1000


def told(traffic: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the audit found, as names and values of a table."""
    errors = ", ".join(f"{count:,} x {code}" for code, count in sorted((traffic.get("errors") or {}).items()))
    gap = traffic.get("gap_ms") or 0.0
    at = f" from {words.clock(traffic['gap_began'])} UTC" if gap and traffic.get("gap_began") else ""
    counts = ("acknowledged", "lost", "doubled", "inconsistent", "retried")
    return [
        *((name.capitalize(), f"{traffic.get(name) or 0:,}") for name in counts),
        ("Longest time without a commit", f"{words.milliseconds(gap)}{at}" if gap else "none"),
        ("Errors by MySQL's number", errors or "none"),
        *((f"Commits at server {uuid[:8]}", f"{count:,}") for uuid, count in (traffic.get("servers") or {}).items()),
    ]
