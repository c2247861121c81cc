# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets taken out of whatever leaves a module."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"
SHORT = 4
"""Shorter values, and numbers, are masked only where they stand alone: a port 3306 is no part of an account id."""


def leaves(value: Any) -> Iterator[str]:
    """Every string and number in `value`, as text."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif value is not None and not isinstance(value, bool):
        yield str(value)


class Redactor:
    """Masks secrets inside strings, also where they are JSON-escaped, URL-encoded, quoted by repr() or in base64.

    Text that the user gave in the open (`shown`) stays as it is, even where a secret happens to be a part of it: the
    secret "mysql" does not turn the name "shop/mysql" into "shop/********", which would also give the secret away.
    """

    def __init__(self, secrets: Iterable[str] = (), shown: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._shown = {text for text in shown if text}
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        if secret.strip():
            self._secrets.add(secret)
            self._secrets.update(line for line in secret.splitlines() if len(line) >= 4 * SHORT)
            self._pattern = None

    def text(self, text: str) -> str:
        """`text` without a secret."""
        if not self._secrets:
            return text
        if self._pattern is None:
            self._pattern = self._compile()
        return self._pattern.sub(lambda m: m[0] if m[0] in self._shown else MASK, text)

    def __call__(self, value: Any) -> Any:
        """`value` without a secret and as plain JSON types, at any depth."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self(item) for item in value]
        if isinstance(value, set | frozenset):
            return sorted((self(item) for item in value), key=str)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            # Counts and ports stay numbers; only a long number that is a secret itself goes.
            return MASK if len(str(value)) > SHORT + 1 and str(value) in self._secrets else value
        if isinstance(value, dt.datetime | dt.date):
            return value.isoformat()
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        return self.text(str(value))

    def _compile(self) -> re.Pattern[str]:
        forms: set[str] = set()
        for secret in self._secrets:
            forms.update(_forms(secret))
        shown = {text for text in self._shown if any(form in text for form in forms)}
        # Longest first: re takes the first alternative that fits.
        return re.compile("|".join(_expression(form, form in shown) for form in sorted(forms | shown, key=_by_length)))


def _by_length(text: str) -> tuple[int, str]:
    return (-len(text), text)


def _expression(form: str, shown: bool) -> str:
    if shown or not (len(form) < SHORT or form.isdigit()):
        return re.escape(form)
    return rf"(?<![0-9A-Za-z]){re.escape(form)}(?![0-9A-Za-z])"


def _forms(secret: str) -> Iterator[str]:
    """The ways in which `secret` may be written in a message."""
    yield secret
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        # JSON inside JSON, as a secret's value inside a request.
        yield json.dumps(escaped, ensure_ascii=ascii_only)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    if len(secret) >= SHORT:
        yield base64.b64encode(secret.encode("utf-8", "surrogateescape")).decode()
