# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GTID sets: which transactions, told as the servers tell them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

_TAG = re.compile(r"[a-z_]\w*\Z")


class Gtids:
    """A set of transactions that grows one by one; `str()` gives what GTID_SUBSET() takes."""

    def __init__(self, text: str = "") -> None:
        self._ranges: dict[str, list[list[int]]] = {}
        for source, first, last in _parsed(text):
            self._put(source, first, last)

    def __str__(self) -> str:
        return ",".join(
            source + "".join(f":{first}-{last}" if first < last else f":{first}" for first, last in ranges)
            for source, ranges in sorted(self._ranges.items())
        )

    def __contains__(self, gtid: str) -> bool:
        source, _colon, number = gtid.rpartition(":")
        ranges = self._ranges.get(source, [])
        at = bisect_right(ranges, int(number), key=lambda pair: pair[0]) - 1
        return at >= 0 and int(number) <= ranges[at][1]

    def __len__(self) -> int:
        return sum(last - first + 1 for ranges in self._ranges.values() for first, last in ranges)

    def beyond(self, other: Gtids) -> int:
        """How many transactions of this set `other` lacks."""
        return sum(
            last
            - first
            + 1
            - sum(max(0, min(last, high) - max(first, low) + 1) for low, high in other._ranges.get(s, []))
            for s, ranges in self._ranges.items()
            for first, last in ranges
        )

    def add(self, gtid: str) -> None:
        source, _colon, number = gtid.rpartition(":")
        self._put(source, int(number), int(number))

    def _put(self, source: str, first: int, last: int) -> None:
        ranges = self._ranges.setdefault(source, [])
        if ranges and ranges[-1][1] + 1 == first:  # nearly always: transactions come in order
            ranges[-1][1] = last
            return
        ranges.append([first, last])
        ranges.sort()
        merged: list[list[int]] = []
        for low, high in ranges:
            if merged and low <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], high)
            else:
                merged.append([low, high])
        ranges[:] = merged


def _parsed(text: str) -> Iterator[tuple[str, int, int]]:
    """(source, first, last) of `uuid:1-3:7:tag:1,...`; a tag belongs to what follows it."""
    for part in filter(None, (part.strip().lower() for part in text.split(","))):
        source, *intervals = part.split(":")
        name = source
        for interval in intervals:
            if _TAG.match(interval):
                name = f"{source}:{interval}"
                continue
            first, _dash, last = interval.partition("-")
            yield name, int(first), int(last or first)
