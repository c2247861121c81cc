# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECR repositories as ensure() needs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, ensure
from ..policy import text
from ..tags import beside, difference, listed
from . import api, transform

if TYPE_CHECKING:
    from collections.abc import Mapping


class Repositories(Resource):
    """Repositories with their lifecycle and access policies."""

    kind = "repository"
    plural = "repositories"
    immutable = frozenset({"encryption", "kms_key_id"})
    immutable_way = "give the old value, or copy the images into a repository of another name"
    blank = transform.BLANK

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        every = api.repositories(self._client)
        names = [name for name in wanted if name in every]
        states = each(lambda name: self._state(every[name], wanted[name]), names)
        return dict(zip(names, states, strict=True))

    def desired(self, wanted: State, current: State | None) -> State:
        return transform.desired(wanted, current)

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        fields: dict[str, Any] = {
            "imageTagMutability": _mutability(wanted.get("immutable_tags", False)),
            "imageScanningConfiguration": {"scanOnPush": wanted.get("scan_on_push", False)},
        }
        if wanted.get("encryption"):
            key = {"kmsKey": wanted["kms_key_id"]} if wanted.get("kms_key_id") else {}
            fields["encryptionConfiguration"] = {"encryptionType": wanted["encryption"], **key}
        if wanted.get("tags"):
            fields["tags"] = listed(wanted["tags"])
        made = api.create(self._client, name, **fields)
        if made is None:
            # By a call whose answer was lost, or by somebody else since it was looked for.
            there = self._state(api.repositories(self._client)[name], wanted)
            return self.update(there, {key: value for key, value in wanted.items() if value != there.get(key)})
        state = {**transform.state_from_api(made), "tags": wanted.get("tags") or {}}
        documents = {key: wanted[key] for key in ("lifecycle_policy", "policy") if wanted.get(key)}
        return {**self.update(state, documents), "kms_key_id": wanted.get("kms_key_id") or state["kms_key_id"]}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        if "immutable_tags" in changes:
            api.set_mutability(self._client, name, _mutability(changes["immutable_tags"]))
        if "scan_on_push" in changes:
            api.set_scanning(self._client, name, changes["scan_on_push"])
        if "lifecycle_policy" in changes:
            rules = changes["lifecycle_policy"]
            api.set_lifecycle(self._client, name, json.dumps(rules) if rules else None)
        if "policy" in changes:
            api.set_policy(self._client, name, text(changes["policy"]) if changes["policy"] else None)
        if "tags" in changes:
            api.tag(self._client, current["arn"], *difference(current["tags"], changes["tags"]))
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:
        api.delete(self._client, current["name"], bool(wanted.get("force")))

    def _state(self, found: Mapping[str, Any], wanted: State) -> State:
        """With only as many calls as there are things to compare."""
        if wanted.get("state") == "absent":
            return transform.state_from_api(found)
        name = found["repositoryName"]
        return transform.state_from_api(
            found,
            api.lifecycle(self._client, name) if "lifecycle_policy" in wanted else None,
            api.policy(self._client, name) if "policy" in wanted else None,
            api.tags(self._client, found["repositoryArn"]) if wanted.get("tags") is not None else (),
        )


def ensure_all(client: Any, given: Mapping[str, Any], mode: Mode) -> Outcome:
    """The repositories of `given` made so."""
    items = enumerate(beside(given["repositories"], given))
    checked = [transform.checked(one, f"repositories[{number}]") for number, one in items]
    return ensure(Repositories(client), checked, mode)


def _mutability(immutable: bool) -> str:
    return "IMMUTABLE" if immutable else "MUTABLE"
