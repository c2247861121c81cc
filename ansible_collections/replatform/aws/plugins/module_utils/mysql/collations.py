# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collations that the target lacks, wherever a source's definitions name them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from ..errors import ReplatformError
from .connection import Connection, quoted, rows
from .definition import TYPED, elements
from .selection import Selection

_DEFAULT = re.compile(r"[^']*?DEFAULT CHARSET=(?P<charset>\w+)(?: COLLATE=(?P<collation>\w+))?")


class Named(NamedTuple):
    """`what` has this collation; `mend` is the statement that gives it `near`, one of the target's."""

    what: str
    collation: str
    near: str
    mend: str


def known(there: Connection) -> set[str]:
    """Names of the target's collations, with those that utf8mb3's had as utf8's."""
    found = {str(name) for (name,) in rows(there, "SELECT collation_name FROM information_schema.collations")}
    return found | {name.replace("utf8mb3_", "utf8_") for name in found}


def check(there: Collection[str], selection: Selection) -> None:
    """Raises one sentence for the first collation that is not among the target's, with the way out."""
    for what, collation, _near, mend in lacking(there, selection):
        raise ReplatformError(
            f"{what} has a collation that the target lacks ({collation}); nothing was copied. "
            f"At the source run {mend}, after a look for unique values that are equal by the new one.",
            collation=collation,
            fix=mend,
        )


def lacking(there: Collection[str], selection: Selection) -> Iterator[Named]:
    """Everything of the selection whose collation is not among the target's."""
    return (named for named in _named(there, selection) if named.collation and named.collation not in there)


def near(collation: str, there: Collection[str]) -> str:
    """One of the target's that takes the most of the same texts for equal: accents and capitals do not count."""
    charset = collation.partition("_")[0]
    plain = collation.replace("_nopad", "")
    choices = (plain, f"{charset}_unicode_520_ci", f"{charset}_general_ci")
    return next((name for name in choices if name in there), "utf8mb4_unicode_520_ci")


def _named(there: Collection[str], selection: Selection) -> Iterator[Named]:
    for schema, (_charset, collation) in selection.schemas.items():
        other = near(collation, there)
        yield Named(f"Schema {schema}", collation, other, f"ALTER DATABASE {quoted(schema)} COLLATE {other}")
    for table in selection.tables.values():
        _head, parts, tail = elements(table.create)
        if default := _DEFAULT.match(tail):
            collation = default["collation"] or ""
            other = near(collation, there)
            mend = f"ALTER TABLE {table.sql} CONVERT TO CHARACTER SET {other.partition('_')[0]} COLLATE {other}"
            yield Named(table.full_name, collation, other, mend)
        for part in parts:
            if (column := TYPED.match(part)) and (collation := column["collation"]):
                start, end = column.span("collation")
                other = near(collation, there)
                mend = f"ALTER TABLE {table.sql} MODIFY {part[:start]}{other}{part[end:]}"
                yield Named(f"{table.full_name}: column {column['name']}", collation, other, mend)
    for stored in selection.objects:
        for collation in (stored.collation, stored.database_collation):
            other = near(collation, there)
            mend = f"SET NAMES {other.partition('_')[0]} COLLATE {other}, then DROP and CREATE the {stored.kind} again"
            yield Named(f"{stored.label[0].upper()}{stored.label[1:]}", collation, other, mend)
