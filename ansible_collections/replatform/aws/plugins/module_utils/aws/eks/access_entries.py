# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access entries of an EKS cluster as ensure() needs them, and what there is of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Resource, State
from ..tags import difference
from . import addons_api as api
from . import addons_transform as transform

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


class AccessEntries(Resource):
    """The access entries of one cluster, with their policies; those that EKS or somebody else made are taken over."""

    kind = "access entry"
    plural = "entries"
    key = "principal_arn"
    immutable = frozenset({"type"})
    blank = transform.ENTRY_BLANK

    def __init__(self, client: Any, cluster: str, mode: Mode) -> None:
        self._client = client
        self._cluster = cluster
        self._mode = mode

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        for one in wanted.values():
            # By what is asked for; what there is says more, later.
            transform.check_entry(one, one.get("type") or transform.STANDARD)
        known = api.access_entries(self._client, self._cluster)
        if known is None and not self._mode.check and not all(_absent(one) for one in wanted.values()):
            raise api.missing_cluster(self._client, self._cluster)
        there = [principal for principal in wanted if principal in (known or ())]
        found = _states(self._client, self._cluster, there)
        self._refuse_unknown_policies(wanted, found)
        return found

    def desired(self, wanted: State, current: State | None) -> State:
        if current:
            transform.check_entry(wanted, transform.entry_type(wanted, current))
        return transform.desired_entry(wanted, current)

    def create(self, wanted: State) -> State:
        principal = wanted["principal_arn"]
        fields: dict[str, Any] = {"type": wanted["type"], **_fields(wanted)}
        if wanted.get("tags"):
            fields["tags"] = wanted["tags"]
        try:
            created = api.create_access_entry(self._client, self._cluster, principal, **fields)
        except ReplatformError as exc:
            if exc.code != api.IN_USE:
                raise
            return self._take_over(wanted, exc)
        state = transform.entry_state(created, ())
        if wanted.get("policies"):
            self._update_policies(principal, (), wanted["policies"])
        return {**state, "policies": wanted.get("policies", [])}

    def update(self, current: State, changes: State) -> State:
        principal = current["principal_arn"]
        if fields := _fields(changes):
            api.update_access_entry(self._client, self._cluster, principal, **fields)
        if "policies" in changes:
            self._update_policies(principal, current["policies"], changes["policies"])
        if "tags" in changes:
            new, gone = difference(current["tags"], changes["tags"])
            what = f"access entry {principal} of cluster {self._cluster}"
            api.retag(self._client, what, current["arn"], new, gone)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  nothing to ask for
        api.delete_access_entry(self._client, self._cluster, current["principal_arn"])

    def _take_over(self, wanted: State, refused: ReplatformError) -> State:
        """Makes an entry so that EKS (for a node group) or somebody else made since it was looked for."""
        current = _states(self._client, self._cluster, [wanted["principal_arn"]]).get(wanted["principal_arn"])
        if current is None:
            raise refused
        changes = {name: value for name, value in wanted.items() if value != current[name]}
        if "type" in changes:
            raise ReplatformError(
                f"access entry {wanted['principal_arn']} was made meanwhile with the type {current['type']}, which"
                f" cannot become {wanted['type']}; delete it, or give the type that it has.",
                code="ImmutableAttribute",
            ) from refused
        return self.update(current, changes)

    def _update_policies(self, principal: str, has: Sequence[State], wanted: Sequence[State]) -> None:
        """Associates before it disassociates, so that nobody who keeps access is without it in between."""
        before = {one["policy"]: one for one in has}
        for one in wanted:
            if before.get(one["policy"]) != one:
                scope: dict[str, Any] = {"type": one["scope"]}
                if one["namespaces"]:
                    scope["namespaces"] = one["namespaces"]
                arn = transform.policy_arn(one["policy"], principal)
                api.associate_policy(self._client, self._cluster, principal, arn, scope)
        for name in sorted(before.keys() - {one["policy"] for one in wanted}):
            api.disassociate_policy(self._client, self._cluster, principal, transform.policy_arn(name, principal))

    def _refuse_unknown_policies(self, wanted: Mapping[str, State], found: Mapping[str, State]) -> None:
        """Looks at the list of policies only when one is to be associated."""
        new = {
            policy["policy"]
            for principal, one in wanted.items()
            if not _absent(one)
            for policy in transform.policies(one.get("policies") or ())
            if policy["policy"] not in {has["policy"] for has in found.get(principal, {}).get("policies", ())}
        }
        if new and (refused := transform.unknown_policies(new, api.access_policies(self._client))):
            raise refused


def info(client: Any, cluster: str, principals: Collection[str] | None = None) -> list[State]:
    """What there is of the entries of these principals, or of all, by principal; none of a cluster that is none."""
    known = api.access_entries(client, cluster) or []
    states = _states(client, cluster, [one for one in known if principals is None or one in principals])
    return [states[principal] for principal in sorted(states)]


def _states(client: Any, cluster: str, principals: Sequence[str]) -> dict[str, State]:
    found = each(lambda principal: _state(client, cluster, principal), principals)
    return {str(state["principal_arn"]): state for state in found if state}


def _state(client: Any, cluster: str, principal: str) -> State | None:
    description = api.access_entry(client, cluster, principal)
    if description is None:
        return None
    takes_policies = (description.get("type") or transform.STANDARD) in transform.TYPES_WITH_POLICIES
    associated = api.associated_policies(client, cluster, principal) if takes_policies else []
    return transform.entry_state(description, associated)


def _fields(attributes: State) -> dict[str, Any]:
    """Parameters of CreateAccessEntry and UpdateAccessEntry."""
    names = {"username": "username", "kubernetes_groups": "kubernetesGroups"}
    return {parameter: attributes[name] for name, parameter in names.items() if name in attributes}


def _absent(wanted: Mapping[str, Any]) -> bool:
    return wanted.get("state") == "absent"
