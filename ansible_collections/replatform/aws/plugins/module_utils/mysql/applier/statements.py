# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements of a log of rows: which may be left out, and the sentence for those that may not."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from ...errors import ReplatformError
from .stream import Statement

_COMMENT = re.compile(r"/\*(?!!).*?\*/|/\*!\d*|\*/", re.DOTALL)
_WORDS = r"(?:OR\s+REPLACE\s+|DEFINER\s*=\s*\S+\s+|IF\s+(?:NOT\s+)?EXISTS\s+)*"
_NOTHING = re.compile(
    r"(?:ANALYZE|OPTIMIZE|FLUSH|REPAIR|CHECK)\b|ALTER\s+(?:DATABASE|SCHEMA)\b.*\bREAD\s+ONLY\b|"
    r"ALTER\s+TABLE\s+(?:`(?:[^`]|``)+`|[\w$.])+\s+AUTO_INCREMENT\s*=?\s*\d+\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
"""Changes neither rows nor definitions; a pause of writes is undone by who made it, and each switch raises counters."""
_APART = re.compile(
    rf"(?:(?:CREATE|ALTER|DROP|RENAME)\s+{_WORDS}(?P<kind>USER|ROLE|TRIGGER|EVENT)|"
    r"(?P<grant>GRANT|REVOKE|SET\s+PASSWORD|SET\s+DEFAULT\s+ROLE))\b",
    re.IGNORECASE,
)
"""Accounts are the source's own; what triggers and events did is in the rows."""

_QUALIFIED = re.compile(
    rf"\w+\s+{_WORDS}\w+\s+{_WORDS}(?:`(?P<quoted>(?:[^`]|``)+)`|(?P<plain>[\w$]+))\s*\.", re.IGNORECASE
)
"""A statement whose object is named with its schema."""


class Statements:
    """Judges the target's statements: `schemas` are the migration's, `own` is that of our journal."""

    def __init__(self, schemas: AbstractSet[str], own: str) -> None:
        self._schemas = schemas
        self._named = re.compile(rf"(?<![\w$])(?:{'|'.join(map(re.escape, sorted(schemas)))})(?![\w$])")
        self._own = re.compile(
            rf"(?:CREATE|ALTER|DROP|TRUNCATE)\s+{_WORDS}(?:DATABASE|SCHEMA|TABLE|FUNCTION|VIEW)\s+{_WORDS}"
            rf"`?{re.escape(own)}`?(?:\s*\.|\s*$|\s)",
            re.IGNORECASE,
        )

    def left_out(self, statement: Statement) -> str:
        """What to note of a statement that is not applied, "" where it means nothing here; raises for all others."""
        text = _COMMENT.sub(" ", statement.text).strip()
        if _NOTHING.match(text) or self._own.match(text):
            return ""
        if match := _APART.match(text):
            return " ".join((match["kind"] or match["grant"]).upper().split()) + " statement of the target"
        named = _QUALIFIED.match(text)
        schema = (named["quoted"] or named["plain"]) if named else statement.schema
        if schema not in self._schemas and not self._named.search(text):
            return ""
        verb = " ".join(text.split()[:3])
        raise ReplatformError(
            f"The target ran a statement that the way back cannot follow, and stands before it: {verb} ... in schema "
            f"{statement.schema or '(none)'}. Undo it at the target, or run the same at the source by hand and let the "
            "row applier begin after it; until then the source gets no more rows.",
            code="StatementInLog",
            statement=verb,
        )
