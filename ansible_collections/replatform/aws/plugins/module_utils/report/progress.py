# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A move's progress as one line for a person: what a terminal shows while it runs, and what a log keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

BAR = 20
STEP = 0.1
"""A log gets a line for each tenth of the way."""

Event = Mapping[str, Any]


class Tail:
    """The events that were added to a file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""

    def events(self) -> Iterator[Event]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                added = file.read()
        except FileNotFoundError:
            return
        self._offset += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        for line in lines:
            yield json.loads(line)


class Milestones:
    """Which events are worth a line of a log: beginnings, each tenth of the way, other steps and reasons."""

    def __init__(self) -> None:
        self._last: tuple[Any, ...] = ()

    def reached(self, event: Event) -> bool:
        tenth = int((event["share"] or 0.0) / STEP)
        now = (event["phase"], event["name"], event["doing"], tenth, event["throttled_by"])
        changed = now != self._last
        self._last = now
        return changed


def line(event: Event, width: int = 200) -> str:
    """Such as `copy  shop  [##........]  21 %  2.4 M rows  310 MB  31 MB/s  2 workers  1 min 12 s left`.

    Cut to `width`; what matters least stands last.
    """
    share = event["share"]
    full = int(BAR * share) if share is not None else 0
    parts = [
        event["phase"],
        event["name"],
        f"[{'#' * full}{'.' * (BAR - full)}] {share:4.0%}" if share is not None else "",
        event["doing"],
        f"throttled by {event['throttled_by']}" if event["throttled_by"] else "",
        f"{count(event['rows'])} rows" if event["rows"] else "",
        f"{event['done']} of {event['total']} {event.get('unit', 'units')}"
        if event["total"] and not event["rows"]
        else "",
        count(event["bytes"], "B") if event["bytes"] else "",
        count(event["bytes_s"], "B/s") if event["bytes_s"] else "",
        f"{duration(event['left_s'])} left" if event["left_s"] else "",
        ", ".join(event["at"]),
        f"{event['workers']} workers" if event["workers"] else "",
    ]
    text = "  ".join(filter(None, parts))
    return text if len(text) <= width else text[: width - 1] + "…"


def count(number: float, unit: str = "") -> str:
    """`4.9 M`, `31 kB/s`, `7`: three digits at most, with the unit and its prefix."""
    prefix, *larger = ("", "k", "M", "G", "T")
    while number >= 999.5 and larger:
        number, prefix = number / 1000, larger.pop(0)
    return f"{number:.3g} {prefix}{unit}".rstrip()


def duration(seconds: float) -> str:
    """`45 s`, `1 min 12 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
