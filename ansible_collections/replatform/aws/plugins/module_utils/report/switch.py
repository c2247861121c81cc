# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cutover or rollback returned of itself, in words and as a span of the run's time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import words

TITLES = {"cutover": "Cutover", "rollback": "Rollback"}
REVERSES = {
    ("cutover", "applier"): "the row applier brings changes back",
    ("cutover", "native"): "the source follows the target",
    ("cutover", "none"): "there is no way back",
    ("rollback", "native"): "the target follows the source again",
    ("rollback", "none"): "the target no longer follows the source",
}
PAUSES = ("pause", "stop_writes")
OPENS = "open"
"""What the steps are called at which the pause begins, and how that begins at whose end the other side is open."""

Switch = Mapping[str, Any]


def title(switch: Switch) -> str:
    """`Cutover of shop`."""
    name = str(switch.get("migration") or "")
    direction = str(switch.get("direction") or "")
    return TITLES.get(direction, direction.capitalize() or "Switch") + (f" of {name}" if name else "")


def sentence(switch: Switch) -> str:
    """`writes paused for 212 ms by read_only_schemas; the row applier brings changes back`."""
    said = []
    if switch.get("pause_ms") is not None:
        way = f" by {switch['way']}" if switch.get("way") else ""
        said.append(f"writes paused for {words.milliseconds(switch['pause_ms'])}{way}")
    if back := REVERSES.get((str(switch.get("direction")), str(switch.get("reverse")))):
        said.append(back)
    return "; ".join(said)


def pause(switch: Switch, began: datetime) -> tuple[float, float] | None:
    """From and until which second of a run that began then nobody could write; None where that is not known."""
    length, steps = switch.get("pause_ms"), switch.get("steps") or []
    if length is None or not switch.get("ended"):
        return None
    lasted = float(length) / 1000
    opened = next((_at(step, began) + step["ms"] / 1000 for step in steps if step["step"].startswith(OPENS)), None)
    paused = next((_at(step, began) for step in steps if step["step"] in PAUSES), None)
    if opened is not None:
        return opened - lasted, opened
    if paused is not None:
        return paused, paused + lasted
    end = (words.moment(switch["ended"]) - began).total_seconds()
    return end - lasted, end


def spans(switch: Switch, began: datetime) -> list[dict[str, Any]]:
    """[{stage, check, ok, start_s, end_s, took}]: its steps as a chart draws a run's."""
    found = []
    for step in switch.get("steps") or []:
        start = _at(step, began)
        span = {"start_s": start, "end_s": start + step["ms"] / 1000, "took": words.milliseconds(step["ms"])}
        found.append({"stage": "", "check": _name(step), "ok": True, **span})
    return found


def steps(switch: Switch) -> list[dict[str, str]]:
    """[{step, at, took}], the time of day in UTC to the millisecond."""
    return [
        {
            "step": _name(step),
            "at": words.clock(step["at"]),
            "took": words.milliseconds(step["ms"]),
        }
        for step in switch.get("steps") or []
    ]


def _name(step: Mapping[str, Any]) -> str:
    return str(step["step"]).replace("_", " ")


def _at(step: Mapping[str, Any], began: datetime) -> float:
    return (words.moment(step["at"]) - began).total_seconds()
