# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents, compared by what they mean: the services reorder, rewrite and URL-encode them. No client, no clock.

The grammar is the one of the IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from ..errors import ReplatformError

Document = dict[str, Any]

VERSION = "2012-10-17"
OLDEST = "2008-10-17"
"""What a document without a Version has."""

TOP = frozenset({"Version", "Id", "Statement"})
STATEMENT = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
ACCOUNT_ROOT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")


def document(given: Any, path: str) -> Document:
    """`given`, a dict or its JSON, as a document whose grammar is right; `path` says where it was written."""
    found = _parsed(given, path)
    _no_other(found, TOP, path)
    statements = _list(found.get("Statement"))
    if not statements:
        raise _refused(path, "has no Statement; give at least one", "Statement")
    for number, statement in enumerate(statements):
        _check_statement(statement, f"{path}.Statement[{number}]")
    return {"Version": VERSION, **found, "Statement": statements}


def from_api(text: str | Mapping[str, Any] | None) -> Document:
    """A document as a service answers it: botocore decodes some, others are URL-encoded JSON."""
    if isinstance(text, Mapping):
        return dict(text)
    if not text:
        return {}
    found: Document = json.loads(text if text.lstrip().startswith("{") else unquote(text))
    return found


def text(of: Mapping[str, Any]) -> str:
    """A document as it is sent; without spaces, which would count for the size of some."""
    return json.dumps(of, ensure_ascii=False, separators=(",", ":"))


def same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether both documents allow and deny the same, by the same statements."""
    return meaning(one) == meaning(other)


def as_it_is(wanted: Document, current: Document | None) -> Document:
    """`current` itself where it means the same, so that only a real change differs."""
    return current if current is not None and same(wanted, current) else wanted


def meaning(of: Mapping[str, Any] | None) -> Any:
    """A value that is equal for documents that mean the same; no document is None."""
    if not of:
        return None
    statements = {json.dumps(_statement(one), sort_keys=True) for one in _list(of.get("Statement"))}
    return (str(of.get("Version") or OLDEST), str(of.get("Id") or ""), sorted(statements))


def _statement(of: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in of.items():
        if value in (None, ""):
            continue
        if name in ("Action", "NotAction"):
            # "IAM actions are case-insensitive" (User Guide, "IAM JSON policy elements: Action").
            found[name] = _set(one.lower() for one in _texts(value))
        elif name in ("Resource", "NotResource"):
            found[name] = _set(_texts(value))
        elif name in ("Principal", "NotPrincipal"):
            found[name] = _principals(value)
        elif name == "Condition":
            found[name] = _conditions(value)
        else:
            found[name] = value
    return found


def _principals(value: Any) -> Any:
    """Everyone is "*" and {"AWS": "*"} alike; an account is its id and its root's ARN alike."""
    if value == "*":
        return {"AWS": ["*"]}
    return {kind: _set(ACCOUNT_ROOT.sub(r"\1", one) for one in _texts(names)) for kind, names in value.items()}


def _conditions(value: Mapping[str, Any]) -> dict[str, Any]:
    """Operators and keys are not case-sensitive; a tag's name after the slash is written as it was given."""
    return {
        operator.lower(): {_condition_key(key): _set(_texts(values)) for key, values in keys.items()}
        for operator, keys in value.items()
    }


def _condition_key(key: str) -> str:
    name, slash, tag = key.partition("/")
    return name.lower() + slash + tag


def _texts(value: Any) -> list[str]:
    return [
        ("true" if one else "false") if isinstance(one, bool) else str(one) for one in _list(value) if one is not None
    ]


def _set(values: Iterable[str]) -> list[str]:
    return sorted(set(values))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _parsed(given: Any, path: str) -> Document:
    found = given
    if isinstance(given, str):
        try:
            found = json.loads(given)
        except ValueError as exc:
            raise _refused(path, f"is no JSON ({exc}); correct it", None) from exc
    if not isinstance(found, Mapping):
        raise _refused(path, "is no policy document; give a dictionary with Statement, or its JSON", None)
    return dict(found)


def _check_statement(statement: Any, path: str) -> None:
    if not isinstance(statement, Mapping):
        raise _refused(path, "is no statement; give a dictionary with Effect and Action", None)
    _no_other(statement, STATEMENT, path)
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _refused(path, f"has Effect {statement.get('Effect')!r}; give Allow or Deny", "Effect")
    for name in ("Action", "Resource", "Principal"):
        if name in statement and f"Not{name}" in statement:
            raise _refused(path, f"has {name} and Not{name}; give one of them", name)
    actions = _list(statement.get("Action", statement.get("NotAction")))
    if not actions:
        raise _refused(path, "has no Action; name at least one", "Action")
    for action in actions:
        if action != "*" and not re.fullmatch(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+", str(action)):
            raise _refused(path, f"has the action {action!r}; write it as service:Action", "Action")
    condition = statement.get("Condition", {})
    if not isinstance(condition, Mapping) or not all(isinstance(keys, Mapping) for keys in condition.values()):
        raise _refused(path, "has a Condition that is no dictionary of operators and keys; correct it", "Condition")


def _no_other(given: Mapping[str, Any], known: frozenset[str], path: str) -> None:
    if unknown := sorted(str(name) for name in given if name not in known):
        raise _refused(path, f"has the unknown key {', '.join(unknown)}; known are {', '.join(sorted(known))}", None)


def _refused(path: str, what: str, element: str | None) -> ReplatformError:
    return ReplatformError(
        f"{path} {what}.", code="InvalidOptions", path=path if element is None else f"{path}.{element}"
    )
