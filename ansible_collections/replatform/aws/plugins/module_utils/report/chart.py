# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline as a drawing: bars of what ran when, and under them how fast rows moved. Only numbers and places."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .words import counted, duration, size

BAR_PX, CURVE_PX, AXIS_PX = 40, 132, 24
MOST_BARS = 24
MOST_LISTED = 24
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
LONG, SHORT = 90, 34
"""Characters of a bar's label on a wide and on a narrow screen."""


def chart(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the template draws of a summary's `timeline`; empty when nothing in it took any time.

    Across, places are percents of the width, so that text keeps its size on a phone; down, they are pixels.
    """
    spans, rates, throttled = (found.get(key) or [] for key in ("spans", "rates", "throttled"))
    ends = [*(span["end_s"] for span in [*spans, *throttled]), *(line["points"][-1][0] for line in rates)]
    end = max(ends, default=0.0)
    if end <= 0:
        return {}
    bars = [_bar(span, end, BAR_PX * row) for row, span in enumerate(spans[:MOST_BARS])]
    top = BAR_PX * len(bars)
    fastest = max((rate for line in rates for _second, rate in line["points"]), default=0)
    bottom = top + (CURVE_PX if rates else 0)
    return {
        "height": bottom + AXIS_PX,
        "top": top,
        "bottom": bottom,
        "bars": bars,
        "unseen": len(spans) - len(bars),
        "curves": [_curve(line["points"], end, fastest) for line in rates],
        "fastest": f"{size(fastest)}/s",
        "ticks": _ticks(end),
        "held": [{"by": span["by"], **_place(span, end)} for span in throttled],
        "reasons": sorted({span["by"] for span in throttled}),
        "spans": [{**span, "at": duration(span["start_s"]), "took": _took(span)} for span in spans],
        "speeds": [speed for line in rates for speed in _speeds(line)],
        "throttled": [{**span, "at": duration(span["start_s"]), "took": _took(span)} for span in throttled],
        "said": f"{counted(len(spans), 'step')} in {duration(end)}"
        + (f"; rows moved at up to {size(fastest)} a second" if rates else "")
        + (f"; throttled in {counted(len(throttled), 'span')}" if throttled else ""),
    }


def _bar(span: Mapping[str, Any], end: float, y: int) -> dict[str, Any]:
    label = f"{span['stage']}: {span['check']}"
    return {"y": y, "ok": span["ok"], "long": _cut(label, LONG), "short": _cut(label, SHORT), "took": _took(span)} | (
        _place(span, end)
    )


def _place(span: Mapping[str, Any], end: float) -> dict[str, float]:
    """Percents across; what was too short to be seen is made 0.4 % wide and stays inside."""
    width = max(0.4, (span["end_s"] - span["start_s"]) / end * 100)
    return {"x": round(min(span["start_s"] / end * 100, 100 - width), 2), "width": round(width, 2)}


def _curve(points: list[list[float]], end: float, fastest: float) -> dict[str, str]:
    """SVG paths in a box of 1000 x 100."""
    places = [(second / end * 1000, 100 - rate / (fastest or 1) * 100) for second, rate in points]
    line = " ".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(places))
    return {"line": line, "area": f"{line} L{places[-1][0]:.1f} 100 L{places[0][0]:.1f} 100 Z"}


def _ticks(end: float) -> list[dict[str, Any]]:
    """At most six round times."""
    step = next((step for step in STEPS_S if end / step <= 5), math.ceil(end / 5 / 86400) * 86400)
    return [{"x": round(second / end * 100, 2), "label": _clock(second)} for second in range(0, math.ceil(end), step)]


def _clock(second: int) -> str:
    """`30 s`, `1 min`, `1:30 min`, `2 h`, `2:15 h`."""
    if second < 60:
        return f"{second} s"
    whole, rest = divmod(second, 60) if second < 3600 else divmod(second // 60, 60)
    return f"{whole}{f':{rest:02}' if rest else ''} {'min' if second < 3600 else 'h'}"


def _speeds(line: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row for a stretch of points: its end and the fastest and slowest rate in it."""
    points = line["points"]
    step = math.ceil(len(points) / MOST_LISTED)
    stretches = [points[start : start + step] for start in range(0, len(points), step)]
    return [
        {
            "phase": line["phase"],
            "name": line["name"],
            "until": duration(stretch[-1][0]),
            "slowest": f"{size(min(rate for _second, rate in stretch))}/s",
            "fastest": f"{size(max(rate for _second, rate in stretch))}/s",
        }
        for stretch in stretches
    ]


def _took(span: Mapping[str, Any]) -> str:
    return duration(span["end_s"] - span["start_s"])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
