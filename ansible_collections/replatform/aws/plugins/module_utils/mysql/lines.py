# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that LOAD DATA reads, made of the packets that a SELECT answers with, without any type conversion.

A row is a packet: 3 bytes length, 1 byte number, then its fields, each behind its own length (client/server protocol,
Text Resultset Row). Up to 250 bytes that length is one byte, just as large as the separator that LOAD DATA wants in
its place: rows become lines where they lie, at about a fifth of what cutting every field out costs. The separators are
those that ASCII has for this, since hardly any text holds them: what needs no escaping needs no second look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

FIELD_END, LINE_END, ESCAPE = b"\x1f", b"\x1e", b"\x1d"
FORMAT = f"FIELDS TERMINATED BY 0x{FIELD_END.hex()} ESCAPED BY 0x{ESCAPE.hex()} LINES TERMINATED BY 0x{LINE_END.hex()}"
"""The same as clauses of LOAD DATA."""
NULL = ESCAPE + b"N"
BATCH_BYTES = 1 << 20
READ_BYTES = 1 << 16

_ROW = re.compile(rb"((?:[^\x1d\x1e]++|\x1d.)*+)\x1e", re.DOTALL)
_FIELD = re.compile(rb"((?:[^\x1d\x1f]++|\x1d.)*+)\x1f", re.DOTALL)
_ESCAPED = re.compile(rb"\x1d(.)", re.DOTALL)
_HEADER = 4
_FULL_PACKET = 0xFFFFFF
_LONGEST_SHORT = 250
_NULL = 0xFB
_END, _ERROR = 0xFE, 0xFF
_WIDTHS = {252: 2, 253: 3, 254: 8}
_MARK = FIELD_END[0]


class Cut(Exception):
    """The connection ended, or answered with an error, before the last row."""

    def __init__(self, packet: bytes = b"") -> None:
        super().__init__()
        self.packet = packet
        """The server's error packet; empty when it just stopped sending."""


def lines(read: Callable[[int], bytes], escaped: Sequence[bool]) -> Iterator[tuple[bytes, int]]:
    """(lines, rows) in portions of about BATCH_BYTES, until the packet that ends the rows.

    `read(most)` gives at least one byte, or none at the end of the stream; `escaped` says which columns may hold
    separators. Raises: Cut.
    """
    result = _Result(escaped)
    ready: list[bytes] = []
    size = rows = 0
    while not result.ended:
        more = read(READ_BYTES)
        if not more:
            raise Cut
        for portion, count in result.feed(more):
            ready.append(portion)
            size += len(portion)
            rows += count
            if size >= BATCH_BYTES:
                yield b"".join(ready), rows
                ready, size, rows = [], 0, 0
    if rows:
        yield b"".join(ready), rows


class _Result:
    """What has come of one result, and what of it is not a line yet."""

    def __init__(self, escaped: Sequence[bool]) -> None:
        self._escaped = escaped
        self._any_escaped = any(escaped)
        self._buffer = bytearray()
        self.ended = False

    def feed(self, more: bytes) -> Iterator[tuple[bytes, int]]:
        """(lines, rows) of the rows that are whole now."""
        buffer = self._buffer
        buffer += more
        at = 0
        while not self.ended:
            ends = self._whole(at)
            if ends:
                yield self._lines(at, ends), len(ends)
                at = ends[-1]
                continue
            end = self._special(at)
            if end is None:
                break
            if end:
                yield line(bytes(buffer[at + _HEADER : end]), self._escaped) + LINE_END, 1
                at = end
        del buffer[:at]

    def _whole(self, at: int) -> list[int]:
        """Where the rows from `at` on end, as far as they have come; not beyond one that needs a closer look."""
        buffer, available = self._buffer, len(self._buffer)
        ends = []
        while at + _HEADER < available:
            size = buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16
            end = at + _HEADER + size
            if end > available or size == _FULL_PACKET or buffer[at + _HEADER] >= _END:
                break
            ends.append(end)
            at = end
        return ends

    def _special(self, at: int) -> int | None:
        """What is no row of one packet: the end, an error, or a row beyond 16 MB, whose end is returned.

        None means that it has not come whole yet; 0 that there are no more rows.
        """
        buffer, available = self._buffer, len(self._buffer)
        headers, end, size = [], at, _FULL_PACKET
        while size == _FULL_PACKET:
            if end + _HEADER > available:
                return None
            headers.append(end)
            size = int.from_bytes(buffer[end : end + 3], "little")
            end += _HEADER + size
        if end > available:
            return None
        first = buffer[at + _HEADER]
        if first == _ERROR:
            raise Cut(bytes(buffer[at + _HEADER : end]))
        if first == _END and size < 9 and len(headers) == 1:
            self.ended = True
            return 0
        for header in reversed(headers[1:]):
            del buffer[header : header + _HEADER]
            end -= _HEADER
        return end

    def _lines(self, at: int, ends: list[int]) -> bytes:
        """Made without escaping; those rows are made again whose signs give away that a field needs it."""
        before = bytes(self._buffer[at : ends[-1]])
        made, nulls = _in_place(self._buffer, at, ends)
        payload = LINE_END.join(made) + LINE_END
        inner = len(self._escaped) - 1
        if not self._any_escaped or (
            payload.count(ESCAPE) == sum(nulls)
            and payload.count(LINE_END) == len(ends)
            and payload.count(FIELD_END) == len(ends) * inner
        ):
            return payload
        start = 0
        for number, end in enumerate(ends):
            row = made[number]
            if row.count(ESCAPE) != nulls[number] or row.count(FIELD_END) != inner or LINE_END in row:
                made[number] = line(before[start + _HEADER : end - at], self._escaped)
            start = end - at
        return LINE_END.join(made) + LINE_END


def _in_place(buffer: bytearray, at: int, ends: list[int]) -> tuple[list[bytes | bytearray], list[int]]:
    """(line, number of NULLs) of each row, as if no field needed escaping; writes into the buffer.

    The loop over the fields is what a copy costs the client, so it has literals and local names.
    """
    made: list[bytes | bytearray] = []
    nulls = []
    mark, null = _MARK, FIELD_END + NULL
    pieces: list[bytes | bytearray] = []
    for end in ends:
        position = start = at + 4
        count = 0
        while position < end:
            length = buffer[position]
            if length < 251:
                buffer[position] = mark
                position += length + 1
            elif length == 251:
                pieces.append(buffer[start:position])
                pieces.append(null)
                count += 1
                position += 1
                start = position
            else:
                pieces.append(buffer[start:position])
                start = position + _WIDTHS[length]
                position = start + 1 + int.from_bytes(buffer[position + 1 : start + 1], "little")
                buffer[start] = mark
        if pieces:
            pieces.append(buffer[start:end])
            made.append(b"".join(pieces)[1:])
            pieces.clear()
        else:
            made.append(buffer[start + 1 : end])
        nulls.append(count)
        at = end
    return made, nulls


def line(packet: bytes, escaped: Sequence[bool]) -> bytes:
    """One row in FORMAT, NULL out of band as an unescaped N, without the line's end."""
    position = 0
    fields = []
    for escape in escaped:
        length = packet[position]
        position += 1
        if length > _LONGEST_SHORT:
            if length == _NULL:
                fields.append(NULL)
                continue
            width = _WIDTHS[length]
            length = int.from_bytes(packet[position : position + width], "little")
            position += width
        field = packet[position : position + length]
        position += length
        if escape and (ESCAPE in field or FIELD_END in field or LINE_END in field):
            for sign in (ESCAPE, FIELD_END, LINE_END):
                field = field.replace(sign, ESCAPE + sign)
        fields.append(field)
    return FIELD_END.join(fields)


def fields(payload: bytes) -> Iterator[list[bytes | None]]:
    """The rows of some lines, every field as it was before."""
    for row in _ROW.finditer(payload):
        yield [None if field == NULL else _ESCAPED.sub(rb"\1", field) for field in _FIELD.findall(row[1] + FIELD_END)]
