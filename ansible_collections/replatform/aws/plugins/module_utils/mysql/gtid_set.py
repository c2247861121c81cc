# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GTID sets as text: `uuid[:tag]:1-3:7,uuid:1`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Interval(NamedTuple):
    """Transactions `first` to `last` of one origin, which is `uuid` or `uuid:tag`."""

    origin: str
    first: int
    last: int


def intervals(gtids: str) -> Iterator[Interval]:
    """Every interval of the set, in its order."""
    for member in filter(None, re.sub(r"\s", "", gtids).split(",")):
        uuid, *parts = member.split(":")
        origin = uuid
        for part in parts:
            match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
            if match:
                yield Interval(origin, int(match[1]), int(match[2] or match[1]))
            else:
                origin = f"{uuid}:{part}"


def transactions(gtids: str) -> int:
    """How many transactions the set holds: `uuid:1-3:7` is 4."""
    return sum(interval.last - interval.first + 1 for interval in intervals(gtids))
