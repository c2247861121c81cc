# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Row images of a binary log as SQL literals, exact for every type.

The reader's own values are not: it gives None for an invalid date and for an ENUM's index 0, takes VARCHAR through
Python's idea of its character set, and a DATE such as 2024-02-31 for an error. So only its framing is used here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ...errors import ReplatformError
from ..definition import Column
from .document import expression
from .driver import VECTOR
from .literals import Bytes, clock, decimal, decimal_bytes, double, moment, string

Image = tuple[Any, ...]
"""A row: for each column the SQL of its value, None for NULL."""

_INTEGERS = {1: 1, 2: 2, 9: 3, 3: 4, 8: 8}
"""Bytes of TINYINT, SMALLINT, MEDIUMINT, INT and BIGINT by the log's number of the type."""
_BY_ANOTHER_NAME = {"utf8": "utf8mb4", "utf8mb3": "utf8mb4"}
"""Each literal of utf8mb3 brings a warning of its age; these bytes mean the same in both."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _fraction(number: int, stored: int) -> str:
    return f".{number * 10 ** (6 - 2 * stored):06d}" if stored else ""


def _date(body: Bytes) -> bytes:
    packed = body.number(3)
    return f"'{packed >> 9:04d}-{packed >> 5 & 15:02d}-{packed & 31:02d}'".encode()


def _datetime(body: Bytes, stored: int) -> bytes:
    packed = body.big(5) - 0x8000000000
    return f"'{moment(packed)}{_fraction(body.big(stored), stored)}'".encode()


def _time(body: Bytes, stored: int) -> bytes:
    packed = body.big(3 + stored) - (0x800000 << 8 * stored)
    sign, packed = "-" if packed < 0 else "", abs(packed)
    return f"'{sign}{clock(packed >> 8 * stored)}{_fraction(packed & (1 << 8 * stored) - 1, stored)}'".encode()


def _timestamp(body: Bytes, stored: int) -> bytes:
    seconds, fraction = body.big(4), body.big(stored)
    if not seconds and not fraction:
        return b"'0000-00-00 00:00:00'"
    at = _EPOCH + timedelta(seconds=seconds)
    return f"'{at:%Y-%m-%d %H:%M:%S}{_fraction(fraction, stored)}'".encode()


Reader = Callable[[Bytes], bytes]


def reader(wire: Any, column: Column, *, unsigned: bool) -> Reader:
    """What reads one column's value; `wire` is the log's own description of it."""
    kind = wire.type
    charset = _BY_ANOTHER_NAME.get(column.charset, column.charset) or "binary"
    if kind in _INTEGERS:
        size = _INTEGERS[kind]
        return lambda body: b"%d" % int.from_bytes(body.take(size), "little", signed=not unsigned)
    if kind in (17, 18, 19):
        stored = (wire.fsp + 1) // 2
        read = {17: _timestamp, 18: _datetime, 19: _time}[kind]
        return lambda body: read(body, stored)
    if kind in (247, 248):  # ENUM and SET: by number, which tells index 0 from a member ''
        return lambda body: b"%d" % body.number(wire.size)
    if kind in (15, 253, 254):
        length_bytes = 2 if wire.max_length > 255 else 1
        # The log leaves out the zeros at the end of a BINARY, which comparisons count.
        width = wire.max_length if column.kind == "binary" else 0
        return lambda body: string(body.sized(length_bytes).ljust(width, b"\0"), charset)
    if kind in (VECTOR, 252, 255):
        return lambda body: string(body.sized(wire.length_size), charset)
    if kind == 246:
        size = decimal_bytes(wire.precision, wire.decimals)
        return lambda body: decimal(body.take(size), wire.precision, wire.decimals)
    simple: dict[int, Reader] = {
        4: lambda body: double(struct.unpack("<f", body.take(4))[0]),
        5: lambda body: double(struct.unpack("<d", body.take(8))[0]),
        10: _date,
        13: lambda body: b"%d" % ((year := body.number(1)) and year + 1900),
        16: lambda body: b"%d" % body.big(wire.bytes),
        245: lambda body: expression(body.sized(wire.length_size)),
    }
    if kind not in simple:
        raise ReplatformError(
            f"Column {column.name} has a type ({column.kind}, number {kind} in the binary log) that cannot be applied.",
            column=column.name,
            type=kind,
        )
    return simple[kind]


def images(payload: bytes, readers: Sequence[Reader]) -> Iterator[Image]:
    """The row images of an event's body, one after the other; of an UPDATE each row's before and after in turn."""
    body = Bytes(payload)
    nulls_bytes = (len(readers) + 7) // 8
    while body:
        nulls = body.number(nulls_bytes)
        yield tuple(None if nulls >> n & 1 else read(body) for n, read in enumerate(readers))
