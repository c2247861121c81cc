# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding: what is so, how bad it is, and the statement or parameter that changes it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)
"""error: the copy or what follows it would fail or silently differ; warning: works, but somebody has to decide."""

WIDTH = 100
MOST_NAMES = 5


@dataclass(frozen=True)
class Finding:
    """`id` stays the same from version to version; `object` is what it is about; `fix` is SQL or a parameter."""

    id: str
    severity: str
    object: str
    evidence: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, each kind together."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.id, f.object))


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    found = [finding.severity for finding in findings]
    return {severity: found.count(severity) for severity in SEVERITIES}


def lines(findings: Sequence[Finding]) -> list[str]:
    """The findings as a table for people, at most WIDTH wide."""
    table = [f"{'severity':<9}{'finding':<32}what"]
    for finding in findings:
        table.append(f"{finding.severity:<9}{finding.id:<32}{_short(finding.object)}")
        texts = [finding.evidence, *([f"Fix: {finding.fix}"] if finding.fix else [])]
        for text in texts:
            table += textwrap.wrap(text, WIDTH, initial_indent=" " * 9, subsequent_indent=" " * 9)
    summed = counts(findings)
    return [*table, "", ", ".join(f"{count} {severity}" for severity, count in summed.items())]


def listed(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """`a, b and 7 more`."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _short(text: str) -> str:
    room = WIDTH - 41
    return text if len(text) <= room else text[: room - 1] + "…"
