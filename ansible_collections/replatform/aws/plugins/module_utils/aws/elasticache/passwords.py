# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The passwords of users, read from Secrets Manager; they go to ElastiCache and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ..secretsmanager import api as secrets_api
from ..secretsmanager.transform import document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ...resource import State

NOT_YET = "(new)"
"""Stands for the version of a secret that only the real run makes."""
SHORTEST, LONGEST = 16, 128


@dataclass(frozen=True)
class Password:
    """What a secret holds now."""

    version: str
    text: str = field(repr=False)


class Passwords:
    """The passwords that users ask for, by the name of the user; `hide` gets each that is read."""

    def __init__(self, client: Callable[[], Any], hide: Callable[[str], None]) -> None:
        self._client = client
        self._hide = hide
        self._found: dict[str, Password] = {}

    def read(self, users: Iterable[State], *, may_lack: Callable[[State], bool]) -> None:
        """Reads the secret of every user that names one, 20 in a call.

        Raises: ReplatformError when a secret is not there and `may_lack` does not say that it comes later.
        """
        asked = {one["id"]: one for one in users if one.get("password")}
        if not asked:
            return
        client = self._client()
        entries = secrets_api.entries(client, {one["password"]["secret"] for one in asked.values()})
        for name, one in asked.items():
            entry = entries.get(one["password"]["secret"])
            if entry:
                self._found[name] = Password(entry.version, self._password(one, entry.text))
            elif not may_lack(one):
                raise ReplatformError(
                    f"user {name}: its secret {one['password']['secret']} does not exist in {client.meta.region_name}"
                    ", has no value or is being deleted; create or restore it, or have it made with generate.",
                    code="ResourceNotFoundException",
                    secret=one["password"]["secret"],
                )

    def version(self, user: str) -> str:
        return self._found[user].version if user in self._found else NOT_YET

    def of(self, user: str, wanted: State, count: int) -> list[str]:
        """The password, and with a `count` of 2 the one before it."""
        now = self._found[user].text
        return [now, *(self.before(user, wanted) if count > 1 else ())]

    def before(self, user: str, wanted: State) -> list[str]:
        """The password that the secret held before, if that was another one."""
        text = secrets_api.value(self._client(), wanted["password"]["secret"], "AWSPREVIOUS")
        if text is None:
            return []
        self._hide(text)
        before = self._text(wanted, text)
        now = self._found.get(user)
        if not before or (now and before == now.text) or not SHORTEST <= len(before) <= LONGEST:
            return []
        self._hide(before)
        return [before]

    def _password(self, wanted: State, value: str) -> str:
        self._hide(value)
        password = self._text(wanted, value)
        secret, key = wanted["password"]["secret"], wanted["password"]["key"]
        if not password:
            raise ReplatformError(
                f"user {wanted['id']}: the secret {secret} has no field {key}; add it, or name another field in key.",
                code="InvalidSecret",
                secret=secret,
            )
        self._hide(password)
        if not SHORTEST <= len(password) <= LONGEST or not password.isascii() or not password.isprintable():
            raise ReplatformError(
                f"user {wanted['id']}: the password in the secret {secret} must have {SHORTEST} to {LONGEST} printable"
                " ASCII characters, or ElastiCache refuses it; give the secret another one.",
                code="InvalidSecret",
                secret=secret,
            )
        return password

    @staticmethod
    def _text(wanted: Mapping[str, Any], value: str) -> str:
        """The password in a secret's value: a field of JSON, or the whole of it."""
        fields = document(value)
        return value if fields is None else str(fields.get(wanted["password"]["key"]) or "")
