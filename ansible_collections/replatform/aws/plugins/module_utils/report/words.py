# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and outcomes as people read them; the closing table and the report say them alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

SEVERITIES = {"error": "error", "warning": "warning", "info": "note"}
"""Severity of a finding, worst first, and what people call it."""


def counted(count: int, noun: str) -> str:
    """`1 view`, `12 views`, `1,234 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def severity(finding: Mapping[str, Any]) -> str:
    """The finding's severity; what is not known counts as a warning."""
    found = str(finding.get("severity"))
    return found if found in SEVERITIES else "warning"


def findings_counted(findings: Iterable[Mapping[str, Any]]) -> str:
    """`2 errors, 5 warnings, 3 notes`, without what there is none of."""
    counts = Counter(severity(finding) for finding in findings)
    return ", ".join(counted(counts[name], noun) for name, noun in SEVERITIES.items() if counts[name])


def objects_counted(objects: Iterable[Mapping[str, Any]]) -> str:
    """`12 views, 3 triggers`, the most frequent kind first."""
    counts = Counter(str(stored.get("kind") or "object") for stored in objects)
    return ", ".join(counted(count, kind) for kind, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def orphans_counted(orphans: Iterable[Mapping[str, Any]]) -> str:
    """`3 rows of 2 foreign keys have no parent`, and how many parents are not part of the migration; or nothing."""
    counts = [int(orphan.get("rows") or 0) for orphan in orphans]
    lost = [count for count in counts if count > 0]
    said = []
    if lost:
        verb = "has" if sum(lost) == 1 else "have"
        said.append(f"{counted(sum(lost), 'row')} of {counted(len(lost), 'foreign key')} {verb} no parent")
    if len(counts) > len(lost):
        outside = counted(len(counts) - len(lost), "foreign key")
        said.append(f"{outside} to tables that are not part of this migration")
    return "; ".join(said)


def duration(seconds: float) -> str:
    """`0.4 s`, `25 s`, `2 min 5 s`, `3 h 12 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h {minutes % 60} min"


def milliseconds(count: float) -> str:
    """`0.4 ms`, `212 ms`, `1,843 ms`, and from ten seconds on as a duration."""
    if count >= 10_000:
        return duration(count / 1000)
    return f"{count:.1f} ms" if count < 9.95 else f"{count:,.0f} ms"


def moment(iso: str) -> datetime:
    """A time of ISO 8601; one without a zone is in UTC."""
    found = datetime.fromisoformat(iso)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def exactly(now: float) -> str:
    """A time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock(iso: str) -> str:
    """`12:03:04.567`, the time of day in UTC."""
    return moment(iso).astimezone(UTC).strftime("%H:%M:%S.%f")[:-3]


def size(count: float) -> str:
    """Bytes in the unit that keeps the number short: `0 B`, `4.2 kB`, `77.5 MB`, `1,204 GB`."""
    for unit in ("B", "kB", "MB"):
        if abs(count) < 999.5:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB" if count < 100 else f"{count:,.0f} GB"


def equal(tables: Iterable[Mapping[str, Any]]) -> bool | None:
    """Whether all tables were found equal; None while at least one was not compared and none differs."""
    marks = {table.get("ok") for table in tables}
    return False if False in marks else None if None in marks or not marks else True
