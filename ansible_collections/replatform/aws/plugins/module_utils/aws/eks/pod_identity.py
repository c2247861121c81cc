# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pod identity associations of an EKS cluster as ensure() needs them, and what there is of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import Mode, Resource, State
from ..tags import difference
from . import addons_api as api
from . import addons_transform as transform

if TYPE_CHECKING:
    from collections.abc import Mapping


class PodIdentityAssociations(Resource):
    """The associations of one cluster by "namespace/service account"; those of an add-on are never touched."""

    kind = "pod identity association"
    plural = "associations"
    blank = transform.ASSOCIATION_BLANK

    def __init__(self, client: Any, cluster: str, mode: Mode) -> None:
        self._client = client
        self._cluster = cluster
        self._mode = mode

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        for one in wanted.values():
            transform.check_association(one)
        listed = api.associations(self._client, self._cluster)
        if listed is None and not self._mode.check and not all(_absent(one) for one in wanted.values()):
            raise api.missing_cluster(self._client, self._cluster)
        ids = [one["associationId"] for one in listed or () if _name(one) in wanted]
        found = [
            transform.association_state(one) for one in api.described_associations(self._client, self._cluster, ids)
        ]
        for state in found:
            if state["owner"] and _absent(wanted[state["name"]]):
                raise transform.owned(state, "and goes with it or by it")
        return {state["name"]: state for state in found}

    def desired(self, wanted: State, current: State | None) -> State:
        return transform.desired_association(wanted, current)

    def create(self, wanted: State) -> State:
        namespace, account = wanted["namespace"], wanted["service_account"]
        fields = {name: value for name, value in _fields(wanted).items() if value != ""}
        if wanted.get("tags"):
            fields["tags"] = wanted["tags"]
        try:
            created = api.create_association(self._client, self._cluster, namespace, account, **fields)
        except ReplatformError as exc:
            if exc.code != api.IN_USE:
                raise
            return self._take_over(wanted, exc)
        return transform.association_state(created)

    def update(self, current: State, changes: State) -> State:
        name, after = current["name"], {**current, **changes}
        if fields := _fields(changes):
            updated = api.update_association(self._client, self._cluster, name, current["id"], **fields)
            after["external_id"] = updated.get("externalId") or None
        if "tags" in changes:
            new, gone = difference(current["tags"], changes["tags"])
            what = f"pod identity association {name} of cluster {self._cluster}"
            api.retag(self._client, what, current["arn"], new, gone)
        return after

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  nothing to ask for
        api.delete_association(self._client, self._cluster, current["name"], current["id"])

    def _take_over(self, wanted: State, refused: ReplatformError) -> State:
        """Makes an association so that the list did not show yet, or that somebody made since it was read."""
        account = {"namespace": wanted["namespace"], "serviceAccount": wanted["service_account"]}
        listed = api.associations(self._client, self._cluster, **account) or []
        ids = [one["associationId"] for one in listed]
        found = api.described_associations(self._client, self._cluster, ids)
        if not found:
            raise refused
        current = transform.association_state(found[0])
        if current["owner"]:
            raise transform.owned(current, "which took its service account meanwhile") from refused
        return self.update(current, {name: value for name, value in wanted.items() if value != current[name]})


def info(client: Any, cluster: str, *, namespace: str | None = None, service_account: str | None = None) -> list[State]:
    """What there is of the associations that fit, by name; none of a cluster that is none."""
    given = {"namespace": namespace, "serviceAccount": service_account}
    listed = api.associations(client, cluster, **{name: value for name, value in given.items() if value}) or []
    found = api.described_associations(client, cluster, [one["associationId"] for one in listed])
    return sorted((transform.association_state(one) for one in found), key=lambda one: str(one["name"]))


def _name(summary: Mapping[str, Any]) -> str:
    return f"{summary['namespace']}/{summary['serviceAccount']}"


def _fields(attributes: State) -> dict[str, Any]:
    """Parameters of CreatePodIdentityAssociation and UpdatePodIdentityAssociation, where an empty text takes away."""
    fields: dict[str, Any] = {}
    if "role_arn" in attributes:
        fields["roleArn"] = attributes["role_arn"]
    if "target_role_arn" in attributes:
        fields["targetRoleArn"] = attributes["target_role_arn"] or ""
    if "session_tags" in attributes:
        fields["disableSessionTags"] = not attributes["session_tags"]
    if "policy" in attributes:
        fields["policy"] = json.dumps(attributes["policy"]) if attributes["policy"] else ""
    return fields


def _absent(wanted: Mapping[str, Any]) -> bool:
    return wanted.get("state") == "absent"
