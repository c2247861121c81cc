# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of AWS Secrets Manager as ensure() needs them, and their metadata."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import Resource, State
from ..tags import difference, from_api, listed, text
from . import api, transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Secrets(Resource):
    """Secrets with their values; `hide` gets every value that is read or made, to keep it out of results."""

    kind = "secret"
    plural = "secrets"
    hidden = frozenset({"value"})
    blank = transform.BLANK

    def __init__(self, client: Any, hide: Callable[[str], None]) -> None:
        self._client = client
        self._hide = hide
        self._wanted: dict[str, State] = {}
        self._described: dict[str, dict[str, Any]] = {}
        self._kept: dict[str, str] = {}

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        self._wanted.update(wanted)
        described = {
            name: description
            for name, description in api.describe_all(self._client, list(wanted)).items()
            if not (_absent(wanted[name]) and _scheduled(description) and not wanted[name].get("force_delete"))
        }
        values = self._values(
            name
            for name, description in described.items()
            if not _absent(wanted[name]) and transform.has_value(wanted[name]) and _readable(description)
        )
        self._described.update(described)
        for name, one in described.items():
            keep = wanted[name].get("keep") or {}
            if keep.get("restore") and _readable(one) and transform.version_of(one, keep["stage"]):
                self._kept[name] = api.value(self._client, name, keep["stage"]) or ""
                self._hide_value(self._kept[name], wanted[name])
        return {
            name: transform.state_from_api(one, values.get(name), (wanted[name].get("keep") or {}).get("stage"))
            for name, one in described.items()
        }

    def desired(self, wanted: State, current: State | None) -> State:
        found = transform.desired(wanted, current, self._kept.get(wanted["name"]))
        self._hide_value(found.get("value"), wanted)
        return found

    def create(self, wanted: State) -> State:
        fields = _fields(wanted)
        if wanted.get("tags"):
            fields["Tags"] = listed(wanted["tags"])
        if wanted.get("replicas"):
            fields["AddReplicaRegions"] = [{"Region": region} for region in wanted["replicas"]]
        created = api.create(self._client, wanted["name"], **fields)
        return {**wanted, "arn": created["ARN"], "replica_status": _in_progress(wanted.get("replicas", ()))}

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        changed = dict(changes)
        if "deletion_date" in changes:
            api.restore(self._client, name)
            if "value" in changes:
                # Readable only now: what it already says is not written again.
                restored = self._values([name]).get(name)
                changed["value"] = transform.value(self._wanted[name], restored)
                self._hide_value(changed["value"], self._wanted[name])
                if changed["value"] == restored:
                    del changed["value"]
        if changes.get("kept"):
            # Before the new value is there: a run that is killed in between leaves the old one current and kept.
            version = transform.version_of(self._described[name], "AWSCURRENT")
            api.label(self._client, name, changes["kept"], to=version)
        if fields := _fields(changed):
            api.update(self._client, name, **fields)
        if current["kept"] and "kept" in changes and changes["kept"] is None:
            version = transform.version_of(self._described[name], current["kept"])
            api.label(self._client, name, current["kept"], taken_from=version)
        if "tags" in changes:
            self._update_tags(name, current["tags"], changes["tags"])
        if "replicas" in changes:
            changed["replica_status"] = self._update_replicas(name, current["replica_status"], changes["replicas"])
        return {**current, **changed}

    def delete(self, current: State, wanted: State) -> None:
        if current["replicas"]:
            # AWS deletes no secret that has replicas (User Guide, "Delete a secret").
            api.remove_replicas(self._client, current["name"], current["replicas"])
        days = None if wanted.get("force_delete") else wanted.get("recovery_window_days") or 30
        api.delete(self._client, current["name"], days)

    def ready(self, current: State) -> bool:
        failed = sorted(region for region, status in current["replica_status"].items() if status == "Failed")
        if failed:
            raise ReplatformError(
                f"Secret {current['name']} was not replicated to {', '.join(failed)}; look at its replication status"
                " (most often a secret of that name is there already), correct the cause and run again.",
                code="ReplicationFailed",
                regions=failed,
            )
        return "InProgress" not in current["replica_status"].values()

    def _values(self, names: Any) -> dict[str, str]:
        values = api.values(self._client, names)
        for name, value in values.items():
            self._hide_value(value, self._wanted.get(name, {}))
        return values

    def _hide_value(self, value: str | None, wanted: State) -> None:
        """Hides the value, and inside JSON what was generated; the other fields are hidden as options already."""
        if not value:
            return
        self._hide(value)
        key = (wanted.get("generate") or {}).get("key")
        generated = (transform.document(value) or {}).get(key) if key else None
        if generated:
            self._hide(str(generated))

    def _update_tags(self, name: str, has: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        new, gone = difference(has, wanted)
        if gone:
            api.untag(self._client, name, gone)
        if new:
            api.tag(self._client, name, new)

    def _update_replicas(self, name: str, has: Mapping[str, str], wanted: Sequence[str]) -> dict[str, str]:
        if gone := sorted(has.keys() - set(wanted)):
            api.remove_replicas(self._client, name, gone)
        new = sorted(set(wanted) - has.keys())
        if new:
            api.replicate(self._client, name, new)
        return {**{region: has[region] for region in wanted if region in has}, **_in_progress(new)}


def info(
    client: Any,
    *,
    names: Sequence[str] | None = None,
    prefix: str | None = None,
    tags: Mapping[str, Any] | None = None,
    include_deleted: bool = False,
    older_than_days: int | None = None,
) -> list[State]:
    """Metadata of the secrets that fit every filter given, by name; never a value."""
    wanted = {str(key): None if value is None else text(value) for key, value in (tags or {}).items()}
    chosen = list(dict.fromkeys(names)) if names is not None else _listed(client, prefix, wanted, include_deleted)
    described = [
        one
        for one in api.describe_all(client, chosen).values()
        if (include_deleted or not _scheduled(one)) and one["Name"].startswith(prefix or "") and _tagged(one, wanted)
    ]
    since = api.values_since(client, [one["Name"] for one in described if _readable(one)])
    now = dt.datetime.now(dt.UTC)
    found = [transform.info_from_api(one, since.get(one["Name"]), now) for one in described]
    return sorted((one for one in found if _older(one, older_than_days)), key=lambda secret: str(secret["name"]))


def _older(secret: State, days: int | None) -> bool:
    return days is None or (secret["value_age_days"] is not None and secret["value_age_days"] >= days)


def _listed(client: Any, prefix: str | None, tags: Mapping[str, str | None], include_deleted: bool) -> list[str]:
    filters: list[dict[str, Any]] = [{"Key": "name", "Values": [prefix]}] if prefix else []
    # Each filter may be there once; which key has which value is compared afterwards.
    if tags:
        filters.append({"Key": "tag-key", "Values": sorted(tags)[:10]})
    return [secret["Name"] for secret in api.secrets(client, filters, include_deleted)]


def _tagged(description: Mapping[str, Any], wanted: Mapping[str, str | None]) -> bool:
    has = from_api(description.get("Tags"))
    return all(key in has and value in (None, has[key]) for key, value in wanted.items())


def _absent(wanted: State) -> bool:
    return wanted.get("state") == "absent"


def _scheduled(description: Mapping[str, Any]) -> bool:
    return bool(description.get("DeletedDate"))


def _readable(description: Mapping[str, Any]) -> bool:
    """Whether there is a current value, and none that waits for its deletion (API reference, GetSecretValue)."""
    versions = (description.get("VersionIdsToStages") or {}).values()
    return not _scheduled(description) and any("AWSCURRENT" in stages for stages in versions)


def _in_progress(regions: Any) -> dict[str, str]:
    return dict.fromkeys(regions, "InProgress")


def _fields(attributes: State) -> dict[str, Any]:
    """Parameters of CreateSecret and UpdateSecret."""
    names = {"description": "Description", "kms_key_id": "KmsKeyId", "value": "SecretString"}
    return {parameter: attributes[name] for name, parameter in names.items() if name in attributes}
