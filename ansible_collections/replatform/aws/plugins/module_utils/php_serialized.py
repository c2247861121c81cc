# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PHP's serialize() wrote, read as plain data: no class is looked for, nothing is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DEEPEST = 64


class NotSerialized(ValueError):
    """The bytes are not what serialize() writes, or nest deeper than anybody means."""


@dataclass(frozen=True)
class PhpObject:
    """An object as its class's name and its properties; those of its own and of its parents by their bare names."""

    name: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class PhpReference:
    """The same value as the one of that number, which stands further up."""

    number: int


def loads(data: bytes) -> Any:
    """Null, booleans, numbers and strings as Python has them, arrays as dicts, objects as PhpObject, enums as text.

    A string that is not UTF-8 has replacement characters.
    Raises: NotSerialized.
    """
    reader = _Reader(data)
    try:
        value = reader.value(0)
    except NotSerialized:
        raise
    except (IndexError, ValueError, UnicodeDecodeError) as exc:
        raise NotSerialized(f"no serialized value at byte {reader.at}") from exc
    if reader.at != len(data):
        raise NotSerialized(f"more after the value at byte {reader.at}")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise NotSerialized(f"nested deeper than {DEEPEST}")
        kind = self._take(1)
        if kind == b"N":
            self._expect(b";")
            return None
        self._expect(b":")
        match kind:
            case b"b":
                return self._until(b";") == b"1"
            case b"i":
                return int(self._until(b";"))
            case b"d":
                return float(self._until(b";").replace(b"INF", b"inf").replace(b"NAN", b"nan"))
            case b"s":
                return self._ended(self._text(), b";")
            case b"E":
                return self._ended(self._text(), b";")
            case b"a":
                return self._members(depth)
            case b"O":
                return PhpObject(self._ended(self._text(), b":"), self._properties(depth))
            case b"C":
                # A class that writes itself as it likes: its own bytes mean nothing without it.
                name = self._ended(self._text(), b":")
                length = int(self._until(b":"))
                self._expect(b"{")
                self._take(length)
                self._expect(b"}")
                return PhpObject(name, {})
            case b"R" | b"r":
                return PhpReference(int(self._until(b";")))
        raise NotSerialized(f"unknown kind {kind!r} at byte {self.at}")

    def _members(self, depth: int) -> dict[Any, Any]:
        count = int(self._until(b":"))
        self._expect(b"{")
        found = {}
        for _member in range(count):
            key = self.value(depth + 1)
            if not isinstance(key, str | int):
                raise NotSerialized(f"a key that is no text and no number at byte {self.at}")
            found[key] = self.value(depth + 1)
        self._expect(b"}")
        return found

    def _properties(self, depth: int) -> dict[str, Any]:
        # Protected ones are "\0*\0name", private ones "\0Class\0name".
        return {str(key).rpartition("\0")[2]: value for key, value in self._members(depth).items()}

    def _text(self) -> str:
        length = int(self._until(b":"))
        self._expect(b'"')
        text = self._take(length)
        self._expect(b'"')
        return text.decode("utf-8", "replace")

    def _ended(self, value: str, by: bytes) -> str:
        self._expect(by)
        return value

    def _take(self, count: int) -> bytes:
        taken = self._data[self.at : self.at + count]
        if count < 0 or len(taken) != count:
            raise NotSerialized(f"it ends at byte {len(self._data)}, before its time")
        self.at += count
        return taken

    def _until(self, end: bytes) -> bytes:
        stop = self._data.index(end, self.at)
        taken = self._data[self.at : stop]
        self.at = stop + 1
        return taken

    def _expect(self, what: bytes) -> None:
        if self._take(1) != what:
            raise NotSerialized(f"{what!r} was expected at byte {self.at - 1}")
