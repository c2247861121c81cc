# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Caches with all that they need, in the order in which the service takes it, and awaited together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import Begun, Item, Mode, Outcome, Resource, State, begin, conclude, wait
from ..secretsmanager.secrets import Secrets
from . import transform
from .groups import ParameterGroups, SubnetGroups
from .passwords import Passwords
from .replication_groups import ReplicationGroups
from .users import UserGroups, Users

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .steps import Steps

LONGEST_NAMES = {
    "subnet_groups": ("subnet group", "name", 255),
    "parameter_groups": ("parameter group", "name", 255),
    "users": ("user", "id", 40),
    "user_groups": ("user group", "id", 40),
    "replication_groups": ("replication group", "name", 40),
}
PASSWORD_LENGTH = 48


def ensure_caches(
    client: Callable[[str], Any], hide: Callable[[str], None], wanted: Mapping[str, Sequence[State]], mode: Mode
) -> Outcome:
    """Makes every item of every list of `wanted` so: subnet_groups, parameter_groups, users, user_groups and
    replication_groups.

    All is planned first, as check mode does it, so that what cannot be is refused before anything is written; when
    nothing has to change that was all.
    """
    for name, items in wanted.items():
        _refuse_names(name, items)
    planned = _Run(client, hide, wanted, mode, planning=True)
    planned.go()
    if mode.check or not planned.changes:
        return planned.outcome()
    done = _Run(client, hide, wanted, mode, planning=False)
    done.go()
    return done.outcome()


class _Run:
    """One pass over all kinds."""

    def __init__(
        self,
        client: Callable[[str], Any],
        hide: Callable[[str], None],
        wanted: Mapping[str, Sequence[State]],
        mode: Mode,
        *,
        planning: bool,
    ) -> None:
        self._wanted = wanted
        self._asked = mode
        self._mode = replace(mode, check=True) if planning else mode
        self._begun: list[Begun] = []
        # Not before something is asked for: a client costs 50 ms.
        self._secrets: Callable[[], Any] = lambda: client("secretsmanager")
        self._hide = hide
        self._passwords = Passwords(self._secrets, hide)
        self._elasticache = client("elasticache")
        self._parameter_groups = ParameterGroups(self._elasticache)
        self._users = Users(self._elasticache, self._passwords, wait=mode.wait)
        self._user_groups = UserGroups(self._elasticache, wait=mode.wait)
        self._replication_groups = ReplicationGroups(
            self._elasticache, lambda: client("kms"), wait=mode.wait, check=mode.check
        )

    def go(self) -> None:
        """First what others need; then the replication groups; then away with what nothing needs any more."""
        users = self._items("users", "present")
        made = [one for one in users if (one.get("password") or {}).get("generate")]
        if made:
            self._begin(Secrets(self._secrets(), self._hide), [_secret(one) for one in made])
        failed = self._failed()
        self._passwords.read(
            [one for one in users if not _needs(one).intersection(failed)],
            may_lack=lambda one: self._asked.check or (self._mode.check and one["password"]["generate"]),
        )
        self._begin(SubnetGroups(self._elasticache), self._items("subnet_groups", "present"))
        self._begin(self._parameter_groups, self._items("parameter_groups", "present"))
        self._begin(self._users, users)
        # A group of users is made of users that are there, and given to a replication group when it is active itself.
        self._wait(self._user_groups, self._items("user_groups", "present"))
        self._wait(self._replication_groups, self._items("replication_groups"))
        self._remove()

    def _remove(self) -> None:
        leaving = {name: self._items(name, "absent") for name in LONGEST_NAMES if name != "replication_groups"}
        self._wait(UserGroups(self._elasticache, wait=True), leaving["user_groups"])
        self._wait(Users(self._elasticache, self._passwords, wait=True), leaving["users"])
        self._wait(ParameterGroups(self._elasticache), leaving["parameter_groups"])
        self._wait(SubnetGroups(self._elasticache), leaving["subnet_groups"])
        made = [one for one in leaving["users"] if (one.get("password") or {}).get("generate")]
        if made:
            self._begin(Secrets(self._secrets(), self._hide), [_secret(one) for one in made])

    @property
    def changes(self) -> bool:
        return any(item.changed for one in self._begun for item in one.items)

    def outcome(self) -> Outcome:
        outcome = conclude(self._begun, self._mode)
        for name in (*LONGEST_NAMES, "secrets"):
            outcome.result.setdefault(name, [])
        steps: dict[str, Steps] = {
            "replication group": self._replication_groups.steps,
            "user group": self._user_groups.steps,
            "user": self._users.steps,
        }
        outcome.warnings += [
            f"{kind} {key}: {', '.join(names)} will be changed when the module runs again, as wait is false and the"
            " service takes one change after the other."
            for kind, one in steps.items()
            for key, names in one.waiting().items()
        ]
        outcome.warnings += [
            f"parameter group {name}: {', '.join(names)} takes effect when the nodes are started again"
            " (RebootCacheCluster, or the next replacement of a node)."
            for name, names in self._parameter_groups.need_reboot.items()
        ]
        return outcome

    def _items(self, name: str, state: str | None = None) -> list[State]:
        return [one for one in self._wanted[name] if state in (None, one.get("state", "present"))]

    def _wait(self, resource: Resource, items: list[State]) -> None:
        """Begins them when all before are finished, also where the module itself need not wait."""
        if items:
            wait(self._begun, replace(self._mode, wait=True))
        self._begin(resource, items)

    def _begin(self, resource: Resource, items: list[State]) -> None:
        """Begins them, without those that need what has failed."""
        if not items:
            return
        failed = self._failed()
        causes = {str(one[resource.key]): sorted(_needs(one).intersection(failed)) for one in items}
        one = begin(resource, [one for one in items if not causes[str(one[resource.key])]], self._mode)
        one.items += [
            Item(str(item[resource.key]), item, None, error=_blocked(resource, str(item[resource.key]), causes))
            for item in items
            if causes[str(item[resource.key])]
        ]
        self._begun.append(one)

    def _failed(self) -> set[str]:
        return {f"{one.resource.kind} {item.key}" for one in self._begun for item in one.failed}


def _needs(item: State) -> set[str]:
    """What an item cannot be made without."""
    if item.get("state") == "absent":
        return set()
    named = {f"{kind.replace('_', ' ')} {item[kind]}" for kind in ("subnet_group", "parameter_group", "user_group")
             if item.get(kind)}  # fmt: skip
    named |= {f"user {one}" for one in item.get("users") or ()}
    return named | ({f"secret {item['password']['secret']}"} if item.get("password") else set())


def _blocked(resource: Resource, key: str, causes: Mapping[str, list[str]]) -> ReplatformError:
    what = " and ".join(causes[key])
    return ReplatformError(
        f"{resource.kind} {key} was not touched, as {what} failed; correct that and run again.", code="NotBegun"
    )


def _secret(user: State) -> State:
    """The secret of a user whose password is made here."""
    password = user["password"]
    found: State = {
        "name": password["secret"],
        "description": f"Password of ElastiCache user {user['id']}",
        "generate": {"key": password["key"], "length": PASSWORD_LENGTH, "punctuation": False},
        "state": user.get("state", "present"),
    }
    found |= {name: password[name] for name in ("json", "kms_key_id") if password.get(name) is not None}
    return found | {name: user[name] for name in ("tags", "purge_tags") if name in user}


def _refuse_names(name: str, items: Sequence[State]) -> None:
    kind, key, longest = LONGEST_NAMES[name]
    counts = Counter(str(item[key]) for item in items)
    # Here and not only in ensure(), which sees those to be made and those to go apart.
    if twice := [one for one, count in counts.items() if count > 1]:
        raise ReplatformError(
            f"{name} names {', '.join(twice)} more than once; keep one item for each {key}.",
            code="DuplicateKey",
            duplicates=twice,
        )
    for item in items:
        transform.checked_name(kind, str(item[key]), longest)
        without = name == "replication_groups" and item.get("state") == "absent"
        if without and not item.get("final_snapshot") and not item.get("skip_final_snapshot"):
            raise ReplatformError(
                f"replication group {item[key]} would be deleted with all that it holds; name a final_snapshot, or say"
                " skip_final_snapshot: true when nothing of it is needed.",
                code="InvalidOptions",
            )
