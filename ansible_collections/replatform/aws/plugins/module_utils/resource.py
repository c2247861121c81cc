# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ensure(): the only place that decides create, update or delete, simulates check mode, diffs and waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

State = dict[str, Any]


@dataclass(frozen=True)
class Mode:
    """How a module was asked to run."""

    check: bool = False
    diff: bool = False
    wait: bool = True
    wait_timeout: int = 600


@dataclass
class Outcome:
    """What a module did, or in check mode would do; module.py turns it into the module's result."""

    changed: bool = False
    result: dict[str, Any] = field(default_factory=dict)
    """Returned keys of the module, of the same shape in check mode."""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    """Only what changed, keyed by what it belongs to ("secret shop/mysql"): the diff has one part per key."""
    actions: list[str] = field(default_factory=list)
    """One line per write: "create secret shop/mysql"."""
    warnings: list[str] = field(default_factory=list)
