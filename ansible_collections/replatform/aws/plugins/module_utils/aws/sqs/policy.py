# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access policies in one form, so that `==` compares what they mean and not how they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

ROOT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")
"""Another way to write an account as principal (IAM User Guide, "AWS JSON policy elements: Principal")."""


def canonical(policy: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`policy` with single values as lists, lists sorted, actions in lower case; None for one that says nothing.

    Its Id is left out, and so is what stands for itself: statements have no order, accounts are ids, and every scalar
    of a condition is text.
    """
    statements = _listed((policy or {}).get("Statement"))
    if not policy or not statements:
        return None
    return {
        "Version": str(policy.get("Version") or "2008-10-17"),
        "Statement": sorted((_statement(one) for one in statements), key=_order),
    }


def dumps(policy: Mapping[str, Any] | None) -> str:
    """As SetQueueAttributes takes it; an empty text takes the policy away."""
    return json.dumps(policy) if policy else ""


def loads(text: str | None) -> dict[str, Any] | None:
    """The policy in `text`, None where there is none."""
    found = json.loads(text) if text else None
    return found if isinstance(found, dict) else None


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _element(name, value) for name, value in statement.items() if value not in (None, "")}


def _element(name: str, value: Any) -> Any:
    if name in ("Action", "NotAction"):
        return sorted({str(one).lower() for one in _listed(value)})
    if name in ("Resource", "NotResource"):
        return sorted({str(one) for one in _listed(value)})
    if name in ("Principal", "NotPrincipal"):
        return _principal(value)
    if name == "Condition":
        return {
            operator: {key: sorted(_text(one) for one in _listed(values)) for key, values in keys.items()}
            for operator, keys in value.items()
        }
    return value


def _principal(value: Any) -> dict[str, list[str]]:
    named = value if isinstance(value, Mapping) else {"AWS": value}
    return {kind: sorted({ROOT.sub(r"\1", str(one)) for one in _listed(ones)}) for kind, ones in named.items()}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _order(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement, sort_keys=True)
