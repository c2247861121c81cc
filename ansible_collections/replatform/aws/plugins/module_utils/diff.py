# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before and after as the text of Ansible's diff."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

PLAIN = re.compile(r"[A-Za-z0-9_./@(+][A-Za-z0-9_./@()+ :-]*")
READ_AS_OTHER = re.compile(r"(?i)(true|false|null|yes|no|on|off|~|[0-9.+-][0-9._+e-]*)|.*(: |:$| #| $).*")


def parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """One diff per name that differs, in the order of `after`; a name on one side only was created or deleted."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        {
            "before_header": name,
            "after_header": name,
            "before": _document(before.get(name)),
            "after": _document(after.get(name)),
        }
        for name in names
        if before.get(name) != after.get(name)
    ]


def _document(value: Any) -> str:
    if value in (None, {}):
        return ""
    return "\n".join(lines(value)) + "\n"


def lines(value: Any, indent: str = "") -> list[str]:
    """`value` in YAML with sorted keys, one line a scalar."""
    if isinstance(value, Mapping) and value:
        found: list[str] = []
        for key in sorted(value, key=str):
            found += _entry(f"{indent}{scalar(str(key))}:", value[key], indent)
        return found
    if isinstance(value, list | tuple) and value:
        found = []
        for item in value:
            if isinstance(item, Mapping | list | tuple) and item:
                inner = lines(item, indent + "  ")
                found += [f"{indent}- {inner[0].strip()}", *inner[1:]]
            else:
                found.append(f"{indent}- {scalar(item)}")
        return found
    return [indent + scalar(value)]


def _entry(head: str, value: Any, indent: str) -> list[str]:
    if isinstance(value, Mapping | list | tuple) and value:
        return [head, *lines(value, indent + "  ")]
    return [f"{head} {scalar(value)}"]


def scalar(value: Any) -> str:
    """`value` as YAML reads it back."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    text = str(value)
    if isinstance(value, str) and (not PLAIN.fullmatch(text) or READ_AS_OTHER.fullmatch(text)):
        return json.dumps(text, ensure_ascii=False)
    return text
