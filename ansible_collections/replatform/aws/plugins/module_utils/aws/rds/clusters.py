# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aurora clusters as ensure() needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Resource, State
from .. import tags
from . import api, transform

if TYPE_CHECKING:
    from .view import View

STEADY = frozenset({"available", "stopped", "backing-up", "storage-optimization", "backtracking"})
BROKEN = (
    "failed",
    "inaccessible",
    "incompatible",
    "insufficient",
    "restore-error",
    "cloning-failed",
    "migration-failed",
)
"""Beginnings of statuses that nothing leaves by itself (Aurora User Guide, Viewing DB cluster status)."""


class Clusters(Resource):
    """Clusters without their instances. `warnings` says what is not as asked and stays so."""

    kind = "cluster"
    plural = "clusters"
    immutable = frozenset({"database_name", "master_username", "kms_key_id", "subnet_group"})
    blank = transform.BLANK_CLUSTER

    def __init__(self, client: Any, kms: Any, view: View, *, check: bool) -> None:
        self._client = client
        self._kms = kms
        self._view = view
        self._check = check
        self._looked = False
        self._wanted: dict[str, State] = {}
        self._keys: dict[str, str] = {}
        self._awaited: dict[str, str] = {}
        self.warnings: list[str] = []

    def refuse(self, wanted: Sequence[State]) -> None:
        """Raises: ReplatformError for what must not be begun; before anything that belongs to a cluster is."""
        self._wanted = {one["name"]: one for one in wanted}
        has = self._view.clusters(self._wanted)
        self._resolve_keys(self._wanted)
        for name, options in self._wanted.items():
            self._refuse(options, transform.cluster_from_api(has[name]) if name in has else None)

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        raw = self._view.clusters(wanted, again=self._looked)
        self._looked = True
        return {name: {**transform.cluster_from_api(one), "name": name} for name, one in raw.items()}

    def desired(self, wanted: State, current: State | None) -> State:
        found = {"name": wanted["name"], **transform.wanted_cluster(wanted)}
        for option in transform.KEYS:
            if option in found:
                found[option] = self._keys.get(found[option], found[option])
        if current is None:
            found["manage_master_user_password"] = True
            found.setdefault("copy_tags_to_snapshot", True)
        else:
            found = self._beside(found, current, wanted)
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        fields = self._fields(wanted)
        if wanted.get("log_exports"):
            fields["EnableCloudwatchLogsExports"] = wanted["log_exports"]
        if wanted.get("tags"):
            fields["Tags"] = tags.listed(wanted["tags"])
        # Without a key of one's own the account's key aws/rds; a cluster that is not encrypted never will be.
        api.create_cluster(self._client, wanted["name"], StorageEncrypted=True, **fields)
        return {**wanted, "status": "creating"}

    def update(self, current: State, changes: State) -> State:
        name, options = current["name"], self._wanted[current["name"]]
        asked = {**changes, **self._newly_pending(current, changes)}
        fields = self._fields(asked)
        if "log_exports" in changes:
            fields["CloudwatchLogsExportConfiguration"] = _log_types(current["log_exports"], changes["log_exports"])
        if fields:
            if "EngineVersion" in fields and options.get("allow_major_version_upgrade"):
                fields["AllowMajorVersionUpgrade"] = True
            now = transform.sent_at_once(current, changes, now=bool(options.get("apply_immediately")))
            api.modify_cluster(self._client, name, ApplyImmediately=now, **fields)
            if "engine_version" in changes:
                self._awaited[name] = changes["engine_version"]
        if "tags" in changes:
            api.update_tags(self._client, current["arn"], current["tags"], changes["tags"])
        return {**current, **changes, "status": "modifying" if fields else current["status"]}

    def delete(self, current: State, wanted: State) -> None:
        if current["status"] == "deleting":
            return
        snapshot = wanted.get("final_snapshot")
        fields = {"FinalDBSnapshotIdentifier": snapshot} if snapshot else {"SkipFinalSnapshot": True}
        if wanted.get("delete_automated_backups") is not None:
            fields["DeleteAutomatedBackups"] = wanted["delete_automated_backups"]
        api.delete_cluster(self._client, current["name"], **fields)

    def ready(self, current: State) -> bool:
        status = current["status"] or ""
        refuse_broken(self.kind, current["name"], status)
        awaited = self._awaited.get(current["name"])
        return status in STEADY and (awaited is None or transform.satisfies(awaited, current["engine_version"]))

    def _refuse(self, options: State, current: State | None) -> None:
        if options.get("state") == "absent":
            if current and current["status"] != "deleting":
                _refuse_deletion(options, current)
            return
        transform.refuse(options)
        if current is None:
            transform.refuse_incomplete(options)
            self._refuse_unknown(options)
            return
        if current["status"] == "deleting":
            raise ReplatformError(
                f"Cluster {options['name']} is being deleted; wait until it is gone and run again.", code="BeingDeleted"
            )
        wanted = options.get("engine_version")
        if wanted and not transform.satisfies(wanted, current["engine_version"]):
            if current["pending"].get("engine_version") != wanted or options.get("apply_immediately"):
                self._refuse_upgrade(options, current["engine_version"])
        elif wanted and not (current["engine_version"] == wanted or current["engine_version"].startswith(f"{wanted}.")):
            self.warnings.append(
                f"Cluster {options['name']} runs {current['engine_version']}, which is newer than the {wanted} asked"
                " for; a cluster does not go back, so write the newer version into the inventory."
            )

    def _refuse_unknown(self, options: State) -> None:
        asked = options["engine_version"]
        if api.engine_versions(self._client, asked):
            return
        known = [one["EngineVersion"] for one in api.engine_versions(self._client)]
        if any(one.startswith(f"{asked}.") for one in known):
            return
        near = get_close_matches(asked, known, n=3, cutoff=0.5)
        raise ReplatformError(
            f"Cluster {options['name']} cannot run {asked}: this region has no such version of {api.ENGINE};"
            f" give one that it has, such as {', '.join(near or known[-3:])}.",
            code="UnknownVersion",
            versions=known,
        )

    def _refuse_upgrade(self, options: State, has: str) -> None:
        name, asked = options["name"], options["engine_version"]
        listed = api.engine_versions(self._client, has)
        targets = {one["EngineVersion"]: one for version in listed for one in version.get("ValidUpgradeTarget") or ()}
        fitting = targets.get(asked) or next(
            (one for target, one in targets.items() if target.startswith(f"{asked}.")), None
        )
        if listed and fitting is None:
            raise ReplatformError(
                f"Cluster {name} cannot go from {has} to {asked}: AWS upgrades it to {', '.join(targets) or 'nothing'}"
                " only; choose one of these, or go by way of one of them.",
                code="NoUpgradePath",
                targets=sorted(targets),
            )
        if fitting and fitting.get("IsMajorVersionUpgrade") and not options.get("allow_major_version_upgrade"):
            raise ReplatformError(
                f"Cluster {name} would go from {has} to {asked}, which is another major version: there is no way back,"
                " and parameter groups of the new family are needed; test it on a clone, then set"
                " allow_major_version_upgrade.",
                code="MajorVersionUpgrade",
            )

    def _resolve_keys(self, wanted: Mapping[str, State]) -> None:
        """KMS keys by what they were given as; in check mode one that is not there yet stays as it was given."""
        given = {
            one[option]
            for one in wanted.values()
            if one.get("state") != "absent"
            for option in transform.KEYS
            if one.get(option)
        }
        named = sorted(key for key in given if not key.startswith("arn:") or ":alias/" in key)
        for key, arn in zip(named, each(lambda key: api.key_arn(self._kms, key), named), strict=True):
            if arn is None and not self._check:
                raise ReplatformError(
                    f"There is no KMS key {key} in this account and region; create it first, or correct its name.",
                    code="NotFoundException",
                )
            self._keys[key] = arn or key

    def _beside(self, found: State, current: State, options: State) -> State:
        """`found` without what `current` says otherwise but already as asked, and with what waits for its window."""
        if "engine_version" in found and transform.satisfies(found["engine_version"], current["engine_version"]):
            del found["engine_version"]
        capacity = found.get("serverless_v2")
        if capacity and current["serverless_v2"] and capacity["seconds_until_auto_pause"] is None:
            capacity["seconds_until_auto_pause"] = current["serverless_v2"]["seconds_until_auto_pause"]
        now = bool(options.get("apply_immediately"))
        return transform.deferred(found, current, transform.DEFERRED_CLUSTER, now=now)

    def _fields(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        fields = transform.parameters_of(attributes, transform.CLUSTER)
        if "security_group_ids" in attributes:
            fields["VpcSecurityGroupIds"] = attributes["security_group_ids"]
        if attributes.get("serverless_v2"):
            fields["ServerlessV2ScalingConfiguration"] = transform.capacity_parameter(attributes["serverless_v2"])
        return fields

    def _newly_pending(self, current: State, changes: State) -> State:
        return {
            name: value
            for name, value in (changes.get("pending") or {}).items()
            if current["pending"].get(name) != value
        }


def refuse_broken(kind: str, name: str, status: str) -> None:
    """Raises: ReplatformError for a status that nothing leaves by itself."""
    if status.startswith(BROKEN):
        raise ReplatformError(
            f"{kind} {name} is in the state {status}, which it does not leave by itself; look at its events in the RDS"
            " console, mend the cause and run again.",
            code="BrokenState",
            status=status,
        )


def _refuse_deletion(options: State, current: State) -> None:
    name = options["name"]
    if current["deletion_protection"]:
        raise ReplatformError(
            f"Cluster {name} is protected from deletion; to delete it, set deletion_protection to false in a run of its"
            " own first.",
            code="DeletionProtection",
        )
    if not options.get("final_snapshot") and not options.get("skip_final_snapshot"):
        raise ReplatformError(
            f"Cluster {name} would be deleted with its data; name a final_snapshot, or say skip_final_snapshot: true"
            " when nobody will want it back.",
            code="FinalSnapshot",
        )


def _log_types(has: Sequence[str], wanted: Sequence[str]) -> dict[str, list[str]]:
    return {
        "EnableLogTypes": [one for one in wanted if one not in has],
        "DisableLogTypes": [one for one in has if one not in wanted],
    }
