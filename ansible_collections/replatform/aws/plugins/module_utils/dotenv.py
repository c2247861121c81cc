# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assignments of a dotenv file, replaced where they stand; every other character stays as it is.

Written so that Laravel (vlucas/phpdotenv), Symfony (symfony/dotenv) and a shell read the same value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .errors import ReplatformError

ASSIGNMENT = re.compile(r"\ufeff?[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=")
NOTHING = re.compile(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
"""What is left of a line whose value is empty."""
QUOTED = {'"': re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL), "'": re.compile(r"'[^']*'")}
UNQUOTED = re.compile(r"(?:(?![ \t]+#)[^\n])*")
PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=?~^-]*")
"""What needs no quotes in either library, nor in a shell."""
READ_AS_IT_IS = re.compile(r"[^\s\"'#$\\]*")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
ESCAPES = {'"': '"', "\\": "\\", "$": "$", "n": "\n", "r": "\r"}


@dataclass(frozen=True)
class Assignment:
    """One value as it is written: `text[start:end]`, quotes included."""

    line: int
    start: int
    end: int
    written: str


def assigned(text: str, keys: Collection[str], where: str) -> dict[str, Assignment]:
    """The one assignment of each of `keys`.

    Raises: ReplatformError when one of them is missing, is there twice, or a quote is never closed.
    """
    found: dict[str, list[Assignment]] = {key: [] for key in keys}
    position, line = 0, 1
    while position < len(text):
        end = position
        if match := ASSIGNMENT.match(text, position):
            assignment = _assignment(text, match, line, where)
            end = assignment.end
            if match[1] in found:
                found[match[1]].append(assignment)
        newline = text.find("\n", end)
        following = len(text) if newline < 0 else newline + 1
        line += text.count("\n", position, following)
        position = following
    if missing := sorted(key for key, places in found.items() if not places):
        raise ReplatformError(
            f"{where} does not set {', '.join(missing)}; add what the application reads there, or leave it out of"
            " the values.",
            code="MissingKey",
            keys=missing,
        )
    if twice := {key: [place.line for place in places] for key, places in found.items() if len(places) > 1}:
        told = "; ".join(f"{key} in the lines {', '.join(map(str, lines))}" for key, lines in twice.items())
        raise ReplatformError(
            f"{where} sets keys more than once: {told}. Which one counts depends on the library; leave one of each.",
            code="DuplicateKey",
            keys=sorted(twice),
        )
    return {key: places[0] for key, places in found.items()}


def with_values(text: str, values: Mapping[str, str], where: str) -> tuple[str, list[str]]:
    """`text` with these values, and the keys that had another one; a value that is so already stays as written."""
    places = assigned(text, values, where)
    new = {
        key: encoded(value, places[key].written, f"{where}: {key}")
        for key, value in values.items()
        if decoded(places[key].written) != value
    }
    return _replaced(text, places, new), sorted(new)


def with_values_of(text: str, other: str, keys: Collection[str], where: str, other_where: str) -> tuple[str, list[str]]:
    """`text` with the values of `keys` written as in `other`, and the keys that were written in another way."""
    places = assigned(text, keys, where)
    written = {key: place.written for key, place in assigned(other, keys, other_where).items()}
    new = {key: value for key, value in written.items() if places[key].written != value}
    return _replaced(text, places, new), sorted(new)


def decoded(written: str) -> str | None:
    """The value that `written` stands for; None where the libraries differ, or where it names other variables."""
    if written.startswith("'") and QUOTED["'"].fullmatch(written):
        return written[1:-1]
    if written.startswith('"') and QUOTED['"'].fullmatch(written):
        inner = written[1:-1]
        if "$" in ESCAPED.sub("", inner) or any(escape not in ESCAPES for escape in ESCAPED.findall(inner)):
            return None
        return ESCAPED.sub(lambda match: ESCAPES[match[1]], inner)
    return written if READ_AS_IT_IS.fullmatch(written) else None


def encoded(value: str, written: str, where: str) -> str:
    """`value` quoted as `written` is, or in the way that all readers agree on."""
    if written[:1] not in QUOTED and PLAIN.fullmatch(value):
        return value
    # Symfony takes \\n in double quotes for a backslash and a newline, and \\" for the end.
    ways = {"'": not re.search(r"['\r\n]", value), '"': "\\" not in value}
    quote = next((way for way in (written[:1], "'", '"') if ways.get(way)), None)
    if quote is None or "\0" in value:
        raise ReplatformError(
            f"{where} cannot be given this value: no dotenv library reads a NUL, nor the same text from a backslash"
            " beside an apostrophe or a line break; choose another value.",
            code="InvalidValue",
        )
    if quote == "'":
        return f"'{value}'"
    escaped = re.sub(r'(["$])', r"\\\1", value).replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _assignment(text: str, match: re.Match[str], line: int, where: str) -> Assignment:
    after_equals = match.end()
    if NOTHING.match(text, after_equals):
        # Right behind the "=", as Symfony allows no space before a value.
        return Assignment(line, after_equals, after_equals, "")
    start = after_equals
    while text[start] in " \t":
        start += 1
    end = start
    if quoted := QUOTED.get(text[start]):
        closed = quoted.match(text, start)
        if not closed:
            raise ReplatformError(
                f"{where}: the quote that opens the value of {match[1]} in line {line} is not closed; close it.",
                code="UnclosedQuote",
                line=line,
            )
        end = closed.end()
    rest = UNQUOTED.match(text, end)
    end = max(end, start + len(text[start : rest.end() if rest else end].rstrip(" \t\r")))
    return Assignment(line, start, end, text[start:end])


def _replaced(text: str, places: Mapping[str, Assignment], new: Mapping[str, str]) -> str:
    for key in sorted(new, key=lambda key: places[key].start, reverse=True):
        place = places[key]
        # KEY=#comment: without the space the comment would become a part of the value.
        gap = " " if text[place.end : place.end + 1] == "#" else ""
        text = text[: place.start] + new[key] + gap + text[place.end :]
    return text
