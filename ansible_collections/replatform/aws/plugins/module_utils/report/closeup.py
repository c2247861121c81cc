# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seconds around the pause of a switch: its steps, and what users committed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import switch, traffic
from .chart import chart

AROUND_S = 1.0
"""Before and after a pause, and after the time in which users got no commit; half of a pause that is longer."""


def closeup(told: switch.Switch, audit: Mapping[str, Any], began: datetime) -> dict[str, Any]:
    """What the template draws of one switch; empty where its pause is not known."""
    paused = switch.pause(told, began)
    if not paused:
        return {}
    around = max(AROUND_S, (paused[1] - paused[0]) / 2)
    since, until = paused[0] - around, paused[1] + around
    silent = traffic.gap(audit, began)
    if silent[0] < until and silent[1] > since:
        until = max(until, silent[1] + around)
    seen = traffic.closely(audit, began)
    spans = [
        {**span, "start_s": max(span["start_s"], since) - since, "end_s": min(span["end_s"], until) - since}
        for span in switch.spans(told, began)
        if span["start_s"] < until and span["end_s"] > since
    ]
    commits, errors = (
        [[second - since, count] for second, count in seen.get(key, []) if since <= second <= until]
        for key in ("commits", "errors")
    )
    pause = {"title": switch.title(told), "start_s": paused[0] - since, "end_s": paused[1] - since}
    return chart({"spans": spans, "pauses": [pause], "commits": commits, "errors": errors, "until_s": until - since})
