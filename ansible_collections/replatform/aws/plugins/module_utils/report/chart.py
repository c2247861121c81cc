# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline as a drawing: bars of what ran when, and under them lanes of curves. Only numbers and places."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .words import counted, duration, milliseconds, size

BAR_PX, LANE_PX, HEAD_PX, AXIS_PX = 40, 132, 22, 24
MOST_BARS = 24
MOST_LISTED = 24
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
LONG, SHORT = 90, 34
"""Characters of a bar's label on a wide and on a narrow screen."""

Line = Mapping[str, Any]
Lane = dict[str, Any]


def chart(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the template draws of a summary's `timeline`; empty when nothing in it took any time.

    Further `found`: pauses: [{title, start_s, end_s}], commits: [[second, rate]], errors: [[second, count]], and
    until_s, up to where it is drawn at least. A span's own `took` is shown where it has one.

    Across, places are percents of the width, so that text keeps its size on a phone; down, they are pixels.
    """
    spans, rates, throttled, lags, pauses = (
        found.get(key) or [] for key in ("spans", "rates", "throttled", "lags", "pauses")
    )
    commits, errors = (found.get(key) or [] for key in ("commits", "errors"))
    traffic = [{"phase": "all users", "name": "", "points": commits}] if commits else []
    ends = [
        found.get("until_s") or 0.0,
        *(span["end_s"] for span in [*spans, *throttled, *pauses]),
        *(line["points"][-1][0] for line in [*rates, *lags, *traffic]),
    ]
    end = max(ends)
    if end <= 0:
        return {}
    bars = [_bar(span, end, BAR_PX * row) for row, span in enumerate(spans[:MOST_BARS])]
    top = BAR_PX * len(bars)
    unit = lags[0]["unit"] if lags else ""
    behind = [line for line in lags if line["unit"] == unit]
    lanes = [
        *_lane("commits", "commits a second", "What users committed", traffic, end, lambda rate: f"{rate:,.0f}/s"),
        *_lane("rate", "bytes a second", "How fast rows moved", rates, end, lambda rate: f"{size(rate)}/s"),
        *_lane(
            "lag", f"{unit} behind", "How far the target was behind", behind, end, lambda count: f"{count:,.0f} {unit}"
        ),
    ]
    for row, lane in enumerate(lanes):
        lane["y"] = top + LANE_PX * row
    bottom = top + LANE_PX * len(lanes)
    return {
        "seconds": end,
        "height": bottom + AXIS_PX,
        "top": top,
        "bottom": bottom,
        "bars": bars,
        "unseen": len(spans) - len(bars),
        "lanes": lanes,
        "ticks": _ticks(end),
        "held": [{"by": span["by"], **_place(span, end)} for span in throttled],
        "reasons": sorted({span["by"] for span in throttled}),
        "pauses": [_pause(span, end) for span in pauses],
        "errors": [{"x": _across(second, end), "count": count} for second, count in errors if second <= end],
        "spans": [{**span, "at": duration(span["start_s"]), "took": _took(span)} for span in spans],
        "throttled": [{**span, "at": duration(span["start_s"]), "took": _took(span)} for span in throttled],
        "said": ". ".join(
            [f"{counted(len(spans), 'step')} in {duration(end)}", *_said(lanes, throttled, pauses, errors)]
        ),
    }


def _said(lanes: list[Lane], throttled: list[Line], pauses: list[Line], errors: list[list[float]]) -> Iterable[str]:
    """The drawing in words."""
    for lane in lanes:
        yield f"{lane['caption']}: at most {lane['most']}"
    if throttled:
        yield f"Throttled in {counted(len(throttled), 'span')}"
    for span in pauses:
        took = milliseconds((span["end_s"] - span["start_s"]) * 1000)
        yield f"{span['title']} after {duration(span['start_s'])}: writes paused for {took}"
    if errors:
        yield f"Users saw {counted(int(sum(count for _second, count in errors)), 'error')}"


def _lane(
    key: str, what: str, caption: str, lines: Sequence[Line], end: float, told: Callable[[float], str]
) -> Iterable[Lane]:
    """One lane of curves with its scale, and its rows as a table; nothing where there is no curve."""
    if not lines:
        return
    most = max(value for line in lines for _second, value in line["points"])
    yield {
        "key": key,
        "what": what,
        "caption": caption,
        "most": told(most),
        "curves": [_curve(line["points"], end, most) for line in lines],
        "rows": [row for line in lines for row in _rows(line, told)],
    }


def _bar(span: Line, end: float, y: int) -> dict[str, Any]:
    label = f"{span['stage']}: {span['check']}" if span["stage"] else span["check"]
    return {"y": y, "ok": span["ok"], "long": _cut(label, LONG), "short": _cut(label, SHORT), "took": _took(span)} | (
        _place(span, end)
    )


def _pause(span: Line, end: float) -> dict[str, Any]:
    return {"title": span["title"], **_place(span, end), "opened": _across(span["end_s"], end)}


def _place(span: Line, end: float) -> dict[str, float]:
    """Percents across; what was too short to be seen is made 0.4 % wide and stays inside."""
    width = max(0.4, (span["end_s"] - span["start_s"]) / end * 100)
    return {"x": round(min(span["start_s"] / end * 100, 100 - width), 2), "width": round(width, 2)}


def _across(second: float, end: float) -> float:
    return round(min(100.0, max(0.0, second / end * 100)), 2)


def _curve(points: list[list[float]], end: float, most: float) -> dict[str, str]:
    """SVG paths in a box of 1000 x 100."""
    places = [(second / end * 1000, 100 - value / (most or 1) * 100) for second, value in points]
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


def _rows(line: Line, told: Callable[[float], str]) -> list[dict[str, str]]:
    """One row for a stretch of points: its end and the least and the most in it."""
    points = line["points"]
    step = math.ceil(len(points) / MOST_LISTED)
    stretches = [points[start : start + step] for start in range(0, len(points), step)]
    return [
        {
            "of": f"{line['phase']} {line['name']}".strip(),
            "until": duration(stretch[-1][0]),
            "least": told(min(value for _second, value in stretch)),
            "most": told(max(value for _second, value in stretch)),
        }
        for stretch in stretches
    ]


def _took(span: Line) -> str:
    return str(span.get("took") or duration(span["end_s"] - span["start_s"]))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
