# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a run did what, how fast and how far behind, small enough to be drawn: from the progress events of its moves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

MOST_POINTS = 200
MOST_SPANS = 100
SHORTEST_S = 0.9
"""Events that come closer together than this have no rate of their own: it would be noise."""
SILENT_S = 60.0
"""After so long without a word of how far the target is behind nobody knows it any more: another curve begins."""

Event = dict[str, Any]
Point = tuple[float, int]


def events(path: Path, since: float) -> Iterator[Event]:
    """The events from `since` on; a line that is no event, such as the last one of a killed run, is left out."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                event = json.loads(line)
                if float(event["time"]) >= since:
                    yield event
            except (KeyError, TypeError, ValueError):
                continue


def timeline(found: Iterable[Event], since: float) -> dict[str, Any]:
    """{rates: [{phase, name, points: [[second, bytes a second]]}], throttled: [{start_s, end_s, by}],
    lags: [{phase, name, unit, points: [[second, transactions or seconds behind]]}]}

    Seconds count from `since`. All series together have at most about MOST_POINTS points, each the mean rate since the
    one before it, or the most that the target was behind since then; of the throttled spans the longest are kept. A
    phase that moves no bytes has no rates, one that does not follow has no lags.
    """
    series: list[tuple[str, str, list[Point]]] = []
    throttled: list[dict[str, Any]] = []
    running: dict[tuple[str, str], list[Point]] = {}
    held: dict[tuple[str, str], dict[str, Any]] = {}
    behind: dict[tuple[str, str, str], list[list[Point]]] = {}
    for event in found:
        key = (str(event.get("phase") or ""), str(event.get("name") or ""))
        now, count = float(event["time"]) - since, int(event.get("bytes") or 0)
        if key not in running or count < running[key][-1][1]:
            running[key] = []
            series.append((*key, running[key]))
            held.pop(key, None)
        running[key].append((now, count))
        if unit := _unit(event):
            curves = behind.setdefault((*key, unit), [[]])
            if curves[-1] and now - curves[-1][-1][0] > SILENT_S:
                curves.append([])
            curves[-1].append((now, int(event["lag"][unit])))
        by = str(event.get("throttled_by") or "")
        span = held.get(key)
        if span:
            span["end_s"] = round(now, 1)
        if span and by != span["by"]:
            held.pop(key)
        if by and key not in held:
            held[key] = {"start_s": round(now, 1), "end_s": round(now, 1), "by": by}
            throttled.append(held[key])
    moving = [(phase, name, points) for phase, name, points in series if points[-1][1] > points[0][1]]
    share = max(2, MOST_POINTS // max(1, len(moving)))
    longest = sorted(throttled, key=lambda span: span["start_s"] - span["end_s"])[:MOST_SPANS]
    lagging = [(*key, points) for key, curves in behind.items() for points in curves][:MOST_SPANS]
    return {
        "rates": [
            {"phase": phase, "name": name, "points": rates(points, share)}
            for phase, name, points in moving[:MOST_SPANS]
        ],
        "throttled": sorted(longest, key=lambda span: span["start_s"]),
        "lags": [
            {"phase": phase, "name": name, "unit": UNITS[unit], "points": peaks(points, MOST_POINTS // len(lagging))}
            for phase, name, unit, points in lagging
        ],
    }


UNITS = {"transactions_behind": "transactions", "lag_seconds": "s"}
"""How an event tells a lag, the most exact first, and in what."""


def _unit(event: Event) -> str:
    lag = event.get("lag")
    return next((unit for unit in UNITS if lag.get(unit) is not None), "") if isinstance(lag, dict) else ""


def rates(points: list[Point], most: int) -> list[list[float]]:
    """[second, bytes a second] at the end of at most `most` equal stretches of time, and at the very beginning."""
    (first, begun), (last, _count) = points[0], points[-1]
    step = max(SHORTEST_S, (last - first) / (most - 1))
    found: list[list[float]] = []
    since, before = first, begun
    for number, (now, count) in enumerate(points, 1):
        if now > since and (now - since >= step or (number == len(points) and (not found or now - since >= step / 2))):
            found.append([round(now, 1), round((count - before) / (now - since))])
            since, before = now, count
    return [[round(first, 1), found[0][1]], *found] if found else []


def peaks(points: list[Point], most: int) -> list[list[float]]:
    """[second, value] of the largest value in each of at most `most` equal stretches of time, and of the last one."""
    step = (points[-1][0] - points[0][0]) / max(1, most - 1)
    found: dict[int, Point] = {}
    for second, value in points:
        stretch = int((second - points[0][0]) / step) if step else 0
        if stretch not in found or value >= found[stretch][1]:
            found[stretch] = (second, value)
    return [[round(second, 1), value] for second, value in dict.fromkeys([*found.values(), points[-1]])]
