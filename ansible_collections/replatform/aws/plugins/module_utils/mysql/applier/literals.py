# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL literals of what the server stores in its own binary forms."""

from __future__ import annotations

_DIGITS = 9
_DIGIT_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
"""Bytes that so many decimal digits take (decimal.c of the server, dig2bytes)."""


class Bytes:
    """Takes values off the front of an event's body."""

    def __init__(self, payload: bytes) -> None:
        self._payload, self._at = payload, 0

    def __bool__(self) -> bool:
        return self._at < len(self._payload)

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._payload):
            raise ValueError(f"{count} bytes wanted at {self._at} of {len(self._payload)}")
        taken = self._payload[self._at : end]
        self._at = end
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")

    def big(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def sized(self, length_bytes: int) -> bytes:
        return self.take(self.number(length_bytes))


def string(raw: bytes, charset: str) -> bytes:
    """A string literal of exactly these bytes in this character set."""
    return b"_%s'%s'" % (charset.encode(), raw.replace(b"\\", b"\\\\").replace(b"'", b"\\'"))


def double(number: float) -> bytes:
    """With an exponent always: -0.0 alone is a DECIMAL, which has no negative zero."""
    text = repr(number)
    return (text if "e" in text else f"{text}e0").encode()


def decimal(raw: bytes, precision: int, scale: int) -> bytes:
    """A DECIMAL as the server stores it: groups of nine digits, big-endian, the first bit for the sign."""
    negative = not raw[0] & 0x80
    raw = bytes([raw[0] ^ 0x80, *raw[1:]])
    if negative:
        raw = bytes(byte ^ 0xFF for byte in raw)
    whole, part = Bytes(raw), precision - scale
    head = [part % _DIGITS, *[_DIGITS] * (part // _DIGITS)]
    tail = [*[_DIGITS] * (scale // _DIGITS), scale % _DIGITS]
    integer, fraction = (
        "".join(f"{whole.big(_DIGIT_BYTES[digits]):0{digits}d}" for digits in groups if digits)
        for groups in (head, tail)
    )
    text = (integer.lstrip("0") or "0") + (f".{fraction}" if fraction else "")
    return (f"-{text}" if negative else text).encode()


def decimal_bytes(precision: int, scale: int) -> int:
    groups = (precision - scale, scale)
    return sum(digits // _DIGITS * 4 + _DIGIT_BYTES[digits % _DIGITS] for digits in groups)


def clock(packed: int) -> str:
    """Hours, minutes and seconds from the bits in which DATETIME and TIME hold them."""
    return f"{packed >> 12 & 0x3FF:02d}:{packed >> 6 & 63:02d}:{packed & 63:02d}"


def moment(packed: int) -> str:
    """A DATETIME's date and time from its 40 bits without the sign."""
    months = packed >> 22
    return f"{months // 13:04d}-{months % 13:02d}-{packed >> 17 & 31:02d} {clock(packed & 0x1FFFF)}"
