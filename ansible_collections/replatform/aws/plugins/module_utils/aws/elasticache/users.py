# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and user groups as ensure() needs them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import Resource, State
from ..tags import listed
from . import api, transform
from .groups import lacking, tagged, tags_of
from .steps import Step, Steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .passwords import Passwords


class Users(Resource):
    """Users of role-based access control. A password is compared by the version of the secret that holds it."""

    kind = "user"
    plural = "users"
    key = "id"
    immutable = frozenset({"user_name"})
    hidden = frozenset({"password"})
    blank = transform.USER

    def __init__(self, client: Any, passwords: Passwords, *, wait: bool) -> None:
        self._client = client
        self._passwords = passwords
        self._wanted: dict[str, State] = {}
        self.steps = Steps(wait)

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        if not wanted:
            return {}
        self._wanted.update(wanted)
        found = {one["UserId"]: one for one in api.users(self._client)}
        there = {name: found[name] for name in wanted if name in found}
        # The version of the secret is a tag, so that tags are read of users that get or lose a password too.
        ask = {
            name: {**one, "tags": None} if one.get("password") or one.get("iam") else one
            for name, one in wanted.items()
        }
        tags = tags_of(self._client, {name: one for name, one in there.items() if not _leaves(one)}, ask)
        return {name: transform.user(one, tags.get(name, {})) for name, one in there.items()}

    def desired(self, wanted: State, current: State | None) -> State:
        name = wanted["id"]
        refused_while_deleted(self.kind, name, current)
        found = transform.wanted_user(wanted, current)
        if current is None:
            if not (wanted.get("password") or wanted.get("iam") or wanted.get("switched_off")):
                raise lacking(f"user {name}", "password, iam or switched_off")
            if found.get("access_string") is None:
                raise lacking(f"user {name}", "access_string")
        if wanted.get("iam") and found.get("user_name", (current or {}).get("user_name")) != name:
            raise ReplatformError(
                f"user {name}: with iam its user_name must be {name} too; leave user_name out.", code="InvalidOptions"
            )
        if wanted.get("password"):
            found |= self._wanted_password(wanted, current)
        elif wanted.get("switched_off") and current is None:
            found["password_count"] = 1
        return found

    def _wanted_password(self, wanted: State, current: State | None) -> State:
        version = self._passwords.version(wanted["id"])
        had = current["password"] if current else None
        if current is None or had is None:
            return {"password": version, "password_count": 1}
        keep = wanted["password"]["keep_previous"]
        if had != version:
            count = 2 if keep and self._passwords.before(wanted["id"], wanted) else 1
            return {"password": version, "password_count": count}
        return {"password": version, **({} if keep else {"password_count": 1})}

    def create(self, wanted: State) -> State:
        name = wanted["id"]
        tags = {**wanted.get("tags", {})}
        if wanted.get("password"):
            tags[transform.VERSION_TAG] = wanted["password"]
        made = api.create(
            self._client,
            f"user {name}",
            "create_user",
            UserId=name,
            UserName=wanted["user_name"],
            Engine=wanted["engine"],
            AccessString=wanted["access_string"],
            AuthenticationMode=self._authentication(name, wanted),
            **({"Tags": listed(tags)} if tags else {}),
        )
        return {**wanted, "arn": (made or {}).get("ARN"), "status": "creating"}

    def _authentication(self, name: str, wanted: State) -> dict[str, Any]:
        if wanted["authentication"] == "iam":
            return {"Type": "iam"}
        if self._wanted[name].get("password"):
            return {
                "Type": "password",
                "Passwords": self._passwords.of(name, self._wanted[name], wanted["password_count"]),
            }
        # Switched off: nobody shall ever know it, so it is kept nowhere.
        return {"Type": "password", "Passwords": [secrets.token_hex(32)]}

    def update(self, current: State, changes: State) -> State:
        name = current["id"]
        steps = []
        fields: dict[str, Any] = {}
        if "access_string" in changes:
            fields["AccessString"] = changes["access_string"]
        if "engine" in changes:
            fields["Engine"] = changes["engine"]
        if changes.keys() & {"authentication", "password", "password_count"}:
            fields["AuthenticationMode"] = self._authentication(name, {**current, **changes})
        if fields:
            steps.append(Step(tuple(changes.keys() - {"tags", "password"}), lambda: self._modify(name, fields)))
        if changes.keys() & {"tags", "password"}:
            # After the password: a run that is killed in between gives it again.
            steps.append(Step(("tags", "password"), lambda: self._retag({**current, **changes})))
        status = self.steps.begin(name, steps, current["status"])
        return {**current, **changes, "status": status}

    def _modify(self, name: str, fields: dict[str, Any]) -> Any:
        return api.modify(self._client, f"user {name}", "modify_user", UserId=name, **fields).get("Status")

    def _retag(self, wanted: State) -> None:
        tags = dict(wanted["tags"])
        if wanted["password"]:
            tags[transform.VERSION_TAG] = wanted["password"]
        api.retag(self._client, wanted["arn"], tags)

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  nothing else is needed
        if not _leaves_state(current):
            api.delete(self._client, f"user {current['id']}", "delete_user", UserId=current["id"])

    def ready(self, current: State) -> bool:
        return _idle(self.steps, current["id"], current["status"])


class UserGroups(Resource):
    kind = "user group"
    plural = "user_groups"
    key = "id"
    blank = transform.USER_GROUP

    def __init__(self, client: Any, *, wait: bool) -> None:
        self._client = client
        self.steps = Steps(wait)

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        if not wanted:
            return {}
        found = {one["UserGroupId"]: one for one in api.user_groups(self._client)}
        there = {name: found[name] for name in wanted if name in found}
        tags = tags_of(self._client, {name: one for name, one in there.items() if not _leaves(one)}, wanted)
        return {name: transform.user_group(one, tags.get(name, {})) for name, one in there.items()}

    def desired(self, wanted: State, current: State | None) -> State:
        refused_while_deleted(self.kind, wanted["id"], current)
        found = transform.wanted_user_group(wanted, current)
        if current is None and not found.get("users"):
            raise lacking(f"user group {wanted['id']}", "users")
        return found

    def create(self, wanted: State) -> State:
        made = api.create(
            self._client,
            f"user group {wanted['id']}",
            "create_user_group",
            UserGroupId=wanted["id"],
            Engine=wanted["engine"],
            UserIds=wanted["users"],
            **tagged(wanted),
        )
        return {**wanted, "arn": (made or {}).get("ARN"), "status": "creating"}

    def update(self, current: State, changes: State) -> State:
        name = current["id"]
        steps = []
        fields: dict[str, Any] = {}
        if "users" in changes:
            has, new = set(current["users"]), set(changes["users"])
            fields |= {"UserIdsToAdd": sorted(new - has)} if new - has else {}
            fields |= {"UserIdsToRemove": sorted(has - new)} if has - new else {}
        if "engine" in changes:
            fields["Engine"] = changes["engine"]
        if fields:
            steps.append(Step(tuple(changes.keys() - {"tags"}), lambda: self._modify(name, fields)))
        if "tags" in changes:
            steps.append(Step(("tags",), lambda: api.retag(self._client, current["arn"], changes["tags"])))
        status = self.steps.begin(name, steps, current["status"])
        return {**current, **changes, "status": status}

    def _modify(self, name: str, fields: dict[str, Any]) -> Any:
        what = f"user group {name}"
        return api.modify(self._client, what, "modify_user_group", UserGroupId=name, **fields).get("Status")

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  nothing else is needed
        if not _leaves_state(current):
            name = current["id"]
            api.delete(self._client, f"user group {name}", "delete_user_group", UserGroupId=name)

    def ready(self, current: State) -> bool:
        return _idle(self.steps, current["id"], current["status"])


def refused_while_deleted(kind: str, name: str, current: State | None) -> None:
    if current and _leaves_state(current):
        raise ReplatformError(
            f"{kind} {name} is being deleted by somebody; run again when it is gone, it is then made anew.",
            code="BeingDeleted",
        )


def _leaves(found: Mapping[str, Any]) -> bool:
    return bool(found.get("Status") == "deleting")


def _leaves_state(current: State) -> bool:
    return bool(current["status"] == "deleting")


def _idle(steps: Steps, key: str, status: str | None) -> bool:
    """Whether nothing is left to send and the service has finished; sends what it takes now."""
    left = bool(steps.left(key))
    return steps.go_on(key, status) in transform.IDLE and not left
