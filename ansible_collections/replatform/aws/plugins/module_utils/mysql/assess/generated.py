# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STORED generated columns whose values follow from the session that wrote them, not from the row alone."""

from __future__ import annotations

import re

from ..connection import quoted
from ..definition import BYTES, INTEGERS, NUMBERED, TEXTS, TIMES, TYPED, Column, Table, elements

_SIZE = re.compile(r" \w+\((?P<digits>\d+)(?:,(?P<scale>\d+))?\)$")
_CLAUSE = " AS ("
_COMPARISON = re.compile(
    r"[=<>]|\b(?:like|regexp|rlike|in|between|case)\b"
    r"|\b(?:field|find_in_set|greatest|instr|least|locate|nullif|position|regexp_\w+|strcmp)\(",
    re.IGNORECASE,
)
_TEXT = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.DOTALL)


def otherwise(table: Table, column: Column) -> str:
    """SQL: whether a row's stored value is another one than this session computes; "" where no comparison is exact.

    What is computed is brought into the column's type first, as storing it would, so that rounding is no difference.
    """
    part = _part(table, column)
    typed = TYPED.match(part)
    if not typed:
        return ""
    name, given = quoted(column.name), _expression(part[typed.end() :])
    differs = _differs(column, name, given, _SIZE.search(typed["type"]))
    return f"(({name} IS NULL) <> ({given} IS NULL) OR {differs})" if differs else ""


def by_default(table: Table, column: Column) -> bool:
    """Whether it compares texts of which none is a column's: the server's default collation decides, not a table's."""
    given = _expression(_part(table, column))
    outside = _TEXT.sub("", given)
    texts = any(quoted(other.name) in outside for other in table.columns if other.kind in TEXTS | NUMBERED)
    return "'" in given and not texts and bool(_COMPARISON.search(outside))


def _part(table: Table, column: Column) -> str:
    """The column's line of its table's definition."""
    return next(part for part in elements(table.create)[1] if part.startswith(f"{quoted(column.name)} "))


def _expression(rest: str) -> str:
    """What stands in the brackets of GENERATED ALWAYS AS (...), with them."""
    _head, parts, _tail = elements(rest[rest.index(_CLAUSE) + len(_CLAUSE) - 1 :])
    return f"({', '.join(parts)})"


def _differs(column: Column, name: str, given: str, size: re.Match[str] | None) -> str:
    digits, scale = (size["digits"], size["scale"]) if size else ("", "")
    kind = column.kind
    if kind in INTEGERS | {"year", "bit"}:
        return f"ABS({name} * 1.0 - {given}) > 0.5"
    if kind == "decimal" or (kind in ("float", "double") and scale):
        return f"ABS({name} - {given}) > 0.{'0' * int(scale or 0)}5"
    if kind in ("float", "double"):
        return f"ABS({name} - {given}) > ABS({given}) * {'1e-6' if kind == 'float' else '1e-15'}"
    if kind in TIMES:
        fraction = f"({digits})" if digits else ""
        return f"{name} <> CAST({given} AS {'DATETIME' if kind == 'timestamp' else kind.upper()}{fraction})"
    if kind in TEXTS:
        text = f"CONVERT({given} USING {column.charset})"
        text, stored = (f"LEFT({text}, {digits})" if digits else text), name
        if kind == "char":
            text, stored = f"TRIM(TRAILING ' ' FROM {text})", f"TRIM(TRAILING ' ' FROM {stored})"
        return f"CAST({stored} AS BINARY) <> CAST({text} AS BINARY)"
    if kind == "binary":
        return f"{name} <> RPAD({given}, {digits or 1}, X'00')"
    if kind in BYTES:
        return f"{name} <> CAST({given} AS BINARY)"
    if kind == "json":
        return f"CAST({name} AS CHAR) <> CAST(CAST({given} AS JSON) AS CHAR)"
    return ""
