# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS add-ons as ensure() needs them, and what there is of them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import POLL_S, Mode, Outcome, Resource, State, ensure
from ..tags import difference
from . import addons_api as api
from . import addons_transform as transform

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

UPDATED = frozenset({"configuration", "pod_identity_associations", "service_account_role_arn", "status", "version"})
"""Attributes that one UpdateAddon changes."""
TRIED_AGAIN = "run again when it is mended; a failed add-on is then tried again"


class Addons(Resource):
    """The add-ons of one cluster; versions are resolved, and configurations checked, before anything is written."""

    kind = "add-on"
    plural = "addons"
    immutable = frozenset({"namespace"})
    blank = transform.ADDON_BLANK

    def __init__(self, client: Any, cluster: str, mode: Mode, architectures: Collection[str] = ()) -> None:
        self._client = client
        self._cluster = cluster
        self._mode = mode
        self._architectures = architectures
        self._kubernetes: str | None = None
        self._wanted: dict[str, State] = {}
        self._described: dict[str, dict[str, Any]] = {}
        self._offered: dict[str, dict[str, Any]] = {}
        self._versions: dict[str, str] = {}
        self._leaving: set[str] = set()
        self._begun: set[str] = set()
        self._updates: dict[str, str] = {}
        self._unfinished: dict[str, dict[str, Any]] = {}

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        first = not self._wanted
        self._wanted.update(wanted)
        if first:
            for one in wanted.values():
                transform.check_addon(one)
            if not self._has_cluster(wanted):
                return {}
        described = api.addons(self._client, self._cluster, list(wanted))
        self._described.update(described)
        if first:
            leaving = {name for name, one in described.items() if one["status"] == "DELETING"}
            self._leaving = {name for name in leaving if not _absent(wanted[name])}
            described = {name: one for name, one in described.items() if name not in leaving}
        elif self._updates:
            self._look_at_updates(wanted)
        states = _states(self._client, self._cluster, described)
        if first:
            self._resolve({name: one for name, one in wanted.items() if not _absent(one)}, states)
        return states

    def desired(self, wanted: State, current: State | None) -> State:
        name = wanted["name"]
        namespace = wanted.get("namespace") or self._offered.get(name, {}).get("defaultNamespace")
        return transform.desired_addon(wanted, current, self._versions.get(name), namespace)

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        if name in self._leaving:
            self._idle(name)
        fields = self._fields(wanted)
        if fields["resolveConflicts"] == "PRESERVE":
            # At a creation it means the same, and EKS has refused it there (API Reference, CreateAddon).
            fields["resolveConflicts"] = "NONE"
        if self._wanted[name].get("namespace"):
            fields["namespaceConfig"] = {"namespace": wanted["namespace"]}
        if wanted.get("tags"):
            fields["tags"] = wanted["tags"]
        self._begun.add(name)
        created = api.create_addon(self._client, self._cluster, name, **fields)
        return {**transform.addon_state(created, ()), **wanted, "status": created["status"]}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        after = {**current, **changes}
        if UPDATED & changes.keys():
            if current["status"] in transform.BUSY:
                self._idle(name)
            # The role goes with every update, as EKS takes one that is left out for none.
            again = ("version", "configuration") if "status" in changes else ()
            kept = {key: current[key] for key in ("service_account_role_arn", *again) if current[key]}
            fields = self._fields({"name": name, **kept, **changes})
            self._begun.add(name)
            self._updates[name] = api.update_addon(self._client, self._cluster, name, **fields)
            after["status"] = "UPDATING"
        if "tags" in changes:
            new, gone = difference(current["tags"], changes["tags"])
            api.retag(self._client, f"add-on {name} of cluster {self._cluster}", current["arn"], new, gone)
        return after

    def delete(self, current: State, wanted: State) -> None:
        name = current["name"]
        if current["status"] in transform.BUSY:
            self._idle(name)
        api.delete_addon(self._client, self._cluster, name, bool(wanted.get("preserve")))

    def ready(self, current: State) -> bool:
        name, health = current["name"], current["health"]
        if name not in self._begun:
            # Only its tags changed: how it is otherwise is no doing of this run, and told as a warning.
            return True
        update = self._unfinished.get(name)
        if update and update["status"] in ("Failed", "Cancelled"):
            errors = [
                transform.issue({"code": one.get("errorCode"), "message": one.get("errorMessage")})
                for one in update.get("errors") or ()
            ]
            raise self._trouble(name, f"its update ended as {update['status'].lower()}", errors or health)
        lasting = [one for one in health if transform.code_of(one) in transform.LASTING]
        if current["status"] in transform.FAILED or (current["status"] == "DEGRADED" and lasting):
            raise self._trouble(name, f"it is {current['status']}", health)
        return current["status"] == "ACTIVE" and not update

    def _has_cluster(self, wanted: Mapping[str, State]) -> bool:
        self._kubernetes = api.kubernetes_version(self._client, self._cluster)
        if self._kubernetes is None and not self._mode.check and not all(_absent(one) for one in wanted.values()):
            raise api.missing_cluster(self._client, self._cluster)
        if self._kubernetes is None:
            # Check mode of an environment that is not there yet.
            self._versions = {name: transform.expected_version(one.get("version")) for name, one in wanted.items()}
        return self._kubernetes is not None

    def _resolve(self, wanted: Mapping[str, State], states: Mapping[str, State]) -> None:
        """Chooses the versions that are asked for, and refuses configurations that their schemas do not allow."""
        kubernetes = str(self._kubernetes)
        unresolved = [
            name
            for name, one in wanted.items()
            if name not in states or one.get("version") not in (None, "", states[name]["version"])
        ]
        offers = each(lambda name: api.addon_versions(self._client, name, kubernetes), unresolved)
        for name, offered in zip(unresolved, offers, strict=True):
            asked = wanted[name].get("version")
            self._offered[name] = offered or {}
            self._versions[name] = transform.choose_version(name, asked, offered, kubernetes, self._architectures)
        differing = [
            name
            for name, one in wanted.items()
            if one.get("configuration") and one["configuration"] != states.get(name, {}).get("configuration")
        ]
        for faults in each(lambda name: self._faults(name, wanted[name], states.get(name)), differing):
            if faults:
                raise faults

    def _faults(self, name: str, wanted: State, current: State | None) -> ReplatformError | None:
        version = self._versions.get(name) or (current or {}).get("version")
        schema = api.addon_configuration(self._client, name, str(version)).get("configurationSchema") or ""
        faults = transform.configuration_faults(schema, wanted["configuration"])
        if not faults:
            return None
        return ReplatformError(
            f"Add-on {name} {version} takes no such configuration: {'; '.join(faults)}. Nothing was changed; look at"
            " its schema with eks_addons_info (configuration: true).",
            code="InvalidConfiguration",
            addon=name,
            faults=faults,
        )

    def _fields(self, attributes: State) -> dict[str, Any]:
        """Parameters of CreateAddon and UpdateAddon."""
        fields: dict[str, Any] = {
            "resolveConflicts": self._wanted[attributes["name"]].get("resolve_conflicts", "OVERWRITE")
        }
        if attributes.get("version"):
            fields["addonVersion"] = attributes["version"]
        if "configuration" in attributes:
            fields["configurationValues"] = json.dumps(attributes["configuration"], ensure_ascii=False)
        if attributes.get("service_account_role_arn"):
            fields["serviceAccountRoleArn"] = attributes["service_account_role_arn"]
        if "pod_identity_associations" in attributes:
            fields["podIdentityAssociations"] = [
                {"serviceAccount": one["service_account"], "roleArn": one["role_arn"]}
                for one in attributes["pod_identity_associations"]
            ]
        return fields

    def _look_at_updates(self, wanted: Mapping[str, State]) -> None:
        names = [name for name in wanted if name in self._updates]
        updates = each(lambda name: api.addon_update(self._client, self._cluster, name, self._updates[name]), names)
        self._unfinished.update(zip(names, updates, strict=True))
        for name, update in zip(names, updates, strict=True):
            if update["status"] == "Successful":
                del self._updates[name], self._unfinished[name]

    def _idle(self, name: str) -> None:
        """Waits until what somebody began before with the add-on has ended; EKS takes no change meanwhile."""
        deadline = time.monotonic() + self._mode.wait_timeout
        pause = POLL_S[0]
        while (found := api.addon(self._client, self._cluster, name)) and found["status"] in transform.BUSY:
            if not self._mode.wait or time.monotonic() + pause > deadline:
                raise ReplatformError(
                    f"Add-on {name} of cluster {self._cluster} is still {found['status']} by an earlier change, and"
                    " takes no other meanwhile; run again when that has ended, or with wait and a larger wait_timeout.",
                    code="Busy",
                    status=found["status"],
                )
            time.sleep(pause)
            pause = min(pause * 1.5, POLL_S[1])

    def _trouble(self, name: str, what: str, health: Sequence[str]) -> ReplatformError:
        return ReplatformError(
            f"Add-on {name} of cluster {self._cluster} does not work: {what}. {transform.troubles(health)};"
            f" {TRIED_AGAIN}.",
            code="AddonFailed",
            health=list(health),
        )


def make_addons(
    client: Any, cluster: str, wanted: Sequence[State], mode: Mode, architectures: Collection[str] = ()
) -> Outcome:
    """What ensure() did with the add-ons, with a warning for each that was left alone though it does not work."""
    outcome = ensure(Addons(client, cluster, mode, architectures), wanted, mode)
    outcome.warnings += [
        f"Add-on {one['name']} of cluster {cluster} is {one['status']}: {transform.troubles(one['health'])}."
        for one in outcome.result["addons"]
        if one["status"] == "DEGRADED"
    ]
    return outcome


def info(
    client: Any,
    cluster: str,
    names: Sequence[str] | None = None,
    *,
    versions: bool = False,
    configuration: bool = False,
) -> list[State]:
    """What there is of the add-ons named, or of all; with the versions that EKS offers, and the configuration's schema.

    With `versions` or `configuration` a named one is told too when it is not installed.
    """
    kubernetes = api.kubernetes_version(client, cluster)
    if kubernetes is None:
        return []
    chosen = list(dict.fromkeys(names)) if names is not None else api.addon_names(client, cluster) or []
    states = _states(client, cluster, api.addons(client, cluster, chosen))
    if not versions and not configuration:
        return [states[name] for name in sorted(states)]
    offers = dict(zip(chosen, each(lambda name: api.addon_versions(client, name, kubernetes), chosen), strict=True))
    found = []
    for name in sorted(chosen):
        state = states.get(name) or {**transform.ADDON_BLANK, "name": name}
        if offers[name] is None and name not in states:
            continue
        if versions:
            state["versions"] = transform.offered_versions(offers[name], kubernetes)
        found.append(state)
    if configuration:
        each(lambda state: state.update(_schema(client, state, offers[state["name"]], kubernetes)), found)
    return found


def _schema(client: Any, state: State, offered: Mapping[str, Any] | None, kubernetes: str) -> State:
    version = state["version"] or transform.choose_version(state["name"], None, offered, kubernetes)
    about = api.addon_configuration(client, state["name"], version)
    return {
        "configuration_schema": transform.document(about.get("configurationSchema")),
        "service_accounts": [
            {"name": one["serviceAccount"], "recommended_policies": list(one.get("recommendedManagedPolicies") or ())}
            for one in about.get("podIdentityConfiguration") or ()
        ],
    }


def _states(client: Any, cluster: str, described: Mapping[str, Mapping[str, Any]]) -> dict[str, State]:
    """The add-ons with the roles of the associations that they own."""
    keys = [
        (name, arn.rpartition("/")[2])
        for name, one in described.items()
        for arn in one.get("podIdentityAssociations") or ()
    ]
    found = each(lambda key: api.association(client, cluster, key[1]), keys)
    owned: dict[str, list[dict[str, Any]]] = {name: [] for name in described}
    for (name, _key), association in zip(keys, found, strict=True):
        if association:
            owned[name].append(association)
    return {name: transform.addon_state(one, owned[name]) for name, one in described.items()}


def _absent(wanted: Mapping[str, Any]) -> bool:
    return wanted.get("state") == "absent"
