# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON documents of a binary log as SQL that makes the same document again, typed values included."""

from __future__ import annotations

import json
import struct
from typing import Any

from ...errors import ReplatformError
from .literals import clock, decimal, moment, string

_LITERALS = {0: None, 1: True, 2: False}
_SIGNED, _UNSIGNED = {5: "<h", 7: "<i", 9: "<q"}, {6: "<H", 8: "<I", 10: "<Q"}
_LARGEST_SIGNED = (1 << 63) - 1


class Typed:
    """A value that JSON's text has no word for, as the SQL that makes it."""

    def __init__(self, sql: bytes) -> None:
        self.sql = sql


def expression(raw: bytes) -> bytes:
    """SQL of the document in the server's binary form (json_binary.h); none at all stands for JSON's null."""
    document = _value(raw[0], memoryview(raw)[1:]) if raw else None
    return _sql(document)


def _value(kind: int, data: memoryview) -> Any:
    if kind in (0, 1, 2, 3):
        return _container(data, large=bool(kind & 1), pairs=kind < 2)
    if kind == 4:
        return _LITERALS[data[0]]
    if kind in _SIGNED:
        return struct.unpack_from(_SIGNED[kind], data)[0]
    if kind in _UNSIGNED:
        number = struct.unpack_from(_UNSIGNED[kind], data)[0]
        # As text it would come back signed, but for the very large ones.
        return number if number > _LARGEST_SIGNED else Typed(b"CAST(CAST(%d AS UNSIGNED) AS JSON)" % number)
    if kind == 11:
        return struct.unpack_from("<d", data)[0]
    if kind == 12:
        return _sized(data).decode()
    if kind == 15:
        return _opaque(data[0], _sized(data[1:]))
    raise _unknown(f"a value of kind {kind}")


def _unknown(what: str) -> ReplatformError:
    return ReplatformError(f"A JSON document holds {what}, which no SQL makes again; make it plain at the target.")


def _sized(data: memoryview) -> bytes:
    """Bytes after their length, which has seven bits a byte and the highest bit where more follow."""
    length = shift = at = 0
    while True:
        byte = data[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return bytes(data[at : at + length])


def _container(data: memoryview, *, large: bool, pairs: bool) -> Any:
    width = 4 if large else 2
    form = "<I" if large else "<H"
    count = struct.unpack_from(form, data)[0]
    keys_at = 2 * width
    values_at = keys_at + count * (width + 2) * pairs
    inline = {4, 5, 6, *((7, 8) if large else ())}
    values = []
    for n in range(count):
        at = values_at + n * (width + 1)
        kind = data[at]
        start = at + 1 if kind in inline else struct.unpack_from(form, data, at + 1)[0]
        values.append(_value(kind, data[start:]))
    if not pairs:
        return values
    keys = []
    for n in range(count):
        start = struct.unpack_from(form, data, keys_at + n * (width + 2))[0]
        length = struct.unpack_from("<H", data, keys_at + n * (width + 2) + width)[0]
        keys.append(bytes(data[start : start + length]).decode())
    return dict(zip(keys, values, strict=True))


def _opaque(kind: int, raw: bytes) -> Typed:
    """What functions put into a document: NOW(), a DECIMAL column, a BLOB."""
    if kind == 246:
        precision, scale = raw[0], raw[1]
        text = decimal(raw[2:], precision, scale).decode()
        return Typed(f"CAST(CAST({text} AS DECIMAL({precision}, {scale})) AS JSON)".encode())
    if kind in (7, 10, 11, 12):
        packed = struct.unpack("<q", raw)[0]
        sign, packed = "-" if packed < 0 else "", abs(packed)
        whole, fraction = packed >> 24, packed & 0xFFFFFF
        if kind == 11:
            return Typed(f"CAST(CAST('{sign}{clock(whole)}.{fraction:06d}' AS TIME(6)) AS JSON)".encode())
        if kind == 10:
            return Typed(f"CAST(CAST('{moment(whole)[:10]}' AS DATE) AS JSON)".encode())
        if kind == 12:
            return Typed(f"CAST(CAST('{moment(whole)}.{fraction:06d}' AS DATETIME(6)) AS JSON)".encode())
    if kind in (15, 253):
        return Typed(b"JSON_EXTRACT(JSON_ARRAY(%s), '$[0]')" % string(raw, "binary"))
    raise _unknown(f"an opaque value of type {kind}")


def _sql(document: Any) -> bytes:
    if isinstance(document, Typed):
        return document.sql
    if _plain(document):
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return b"CAST(%s AS JSON)" % string(text.encode(), "utf8mb4")
    if isinstance(document, list):
        return b"JSON_ARRAY(%s)" % b", ".join(_sql(value) for value in document)
    pairs = (b"%s, %s" % (string(key.encode(), "utf8mb4"), _sql(value)) for key, value in document.items())
    return b"JSON_OBJECT(%s)" % b", ".join(pairs)


def _plain(document: Any) -> bool:
    if isinstance(document, dict):
        return all(_plain(value) for value in document.values())
    if isinstance(document, list):
        return all(_plain(value) for value in document)
    return not isinstance(document, Typed)
