# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets Manager's calls, one function each; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ..errors import calling, region
from ..tags import listed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

BATCH = 20
"""Secrets in one BatchGetSecretValue; the API's limit."""

NO_VALUE = "ResourceNotFoundException"
"""Of GetSecretValue: no such secret, or one that never got a value."""


def describe(client: Any, name: str) -> dict[str, Any] | None:
    """DescribeSecret of one secret, None when there is none."""
    with calling(f"read secret {name} {region(client)}"):
        try:
            return dict(client.describe_secret(SecretId=name))
        except client.exceptions.ResourceNotFoundException:
            return None


def describe_all(client: Any, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """DescribeSecret of every name that exists, side by side.

    ListSecrets would be one call, but may not know the changes of the last five minutes (API reference, ListSecrets):
    a second run right after the first would create what is there.
    """
    found = dict(zip(names, each(lambda name: describe(client, name), names), strict=True))
    return {name: description for name, description in found.items() if description is not None}


def secrets(client: Any, filters: Iterable[Mapping[str, Any]], planned_deletion: bool) -> list[dict[str, Any]]:
    """ListSecrets, all pages."""
    with calling(f"list secrets {region(client)}"):
        pages = client.get_paginator("list_secrets").paginate(
            Filters=list(filters), IncludePlannedDeletion=planned_deletion
        )
        return [secret for page in pages for secret in page["SecretList"]]


def value(client: Any, name: str, stage: str = "AWSCURRENT") -> str | None:
    """The value of one secret with that staging label as text, None when there is none; needs GetSecretValue only."""
    with calling(f"read the value of secret {name} {region(client)}"):
        try:
            return _text(client.get_secret_value(SecretId=name, VersionStage=stage))
        except client.exceptions.ResourceNotFoundException:
            return None


def values_since(client: Any, names: Iterable[str]) -> dict[str, dt.datetime]:
    """Since when every name has the value that it has now, side by side; without those that have none.

    DescribeSecret does not tell: its LastChangedDate also moves with a tag.
    """

    def since(name: str) -> dt.datetime | None:
        token: dict[str, str] = {}
        with calling(f"list the versions of secret {name} {region(client)}"):
            # botocore has no paginator of it.
            while True:
                page = client.list_secret_version_ids(SecretId=name, **token)
                for version in page["Versions"]:
                    if "AWSCURRENT" in version.get("VersionStages", ()):
                        found: dt.datetime = version["CreatedDate"]
                        return found
                if not page.get("NextToken"):
                    return None
                token = {"NextToken": page["NextToken"]}

    asked_for = list(names)
    found = zip(asked_for, each(since, asked_for), strict=True)
    return {name: date for name, date in found if date is not None}


@dataclass(frozen=True)
class Entry:
    """The current value of a secret, and the id of its version."""

    version: str
    text: str = field(repr=False)


def values(client: Any, names: Iterable[str]) -> dict[str, str]:
    """The current values of `names` as text; without those that do not exist or have none."""
    return {name: entry.text for name, entry in entries(client, names).items()}


def entries(client: Any, names: Iterable[str]) -> dict[str, Entry]:
    """The current values of `names` with their versions; without those that do not exist, have none or are leaving."""
    found: dict[str, Entry] = {}
    asked_for = list(names)
    # Not itertools.batched: every module imports this, also on a server whose Python is older.
    for batch in (asked_for[first : first + BATCH] for first in range(0, len(asked_for), BATCH)):
        with calling(f"read the values of {', '.join(batch)} {region(client)}"):
            token: dict[str, str] = {}
            while True:
                page = client.batch_get_secret_value(SecretIdList=batch, **token)
                for one in page.get("SecretValues", ()):
                    entry = Entry(one.get("VersionId", ""), _text(one))
                    found.update({asked: entry for asked in batch if asked in (one["Name"], one["ARN"])})
                for error in page.get("Errors", ()):
                    if error.get("ErrorCode") != NO_VALUE and not _leaving(error):
                        raise _unreadable(client, error)
                # More than 1 MB of values comes in parts.
                if not page.get("NextToken"):
                    break
                token = {"NextToken": page["NextToken"]}
    return found


def create(client: Any, name: str, **fields: Any) -> dict[str, Any]:
    with calling(f"create secret {name} {region(client)}"):
        return dict(client.create_secret(Name=name, **fields))


def update(client: Any, name: str, **fields: Any) -> None:
    """Description, KmsKeyId and SecretString in one call."""
    with calling(f"update secret {name} {region(client)}"):
        client.update_secret(SecretId=name, **fields)


def label(client: Any, name: str, stage: str, *, to: str | None = None, taken_from: str | None = None) -> None:
    """Attaches a staging label to a version, or takes it away from one."""
    versions = {"MoveToVersionId": to, "RemoveFromVersionId": taken_from}
    with calling(f"label a version of secret {name} {region(client)}"):
        client.update_secret_version_stage(
            SecretId=name, VersionStage=stage, **{name: version for name, version in versions.items() if version}
        )


def restore(client: Any, name: str) -> None:
    with calling(f"restore secret {name} {region(client)}"):
        client.restore_secret(SecretId=name)


def tag(client: Any, name: str, tags: Mapping[str, str]) -> None:
    with calling(f"tag secret {name} {region(client)}"):
        client.tag_resource(SecretId=name, Tags=listed(tags))


def untag(client: Any, name: str, keys: Collection[str]) -> None:
    with calling(f"untag secret {name} {region(client)}"):
        client.untag_resource(SecretId=name, TagKeys=list(keys))


def replicate(client: Any, name: str, regions: Iterable[str]) -> None:
    with calling(f"replicate secret {name} {region(client)}"):
        client.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": one} for one in regions])


def remove_replicas(client: Any, name: str, regions: Iterable[str]) -> None:
    with calling(f"remove replicas of secret {name} {region(client)}"):
        client.remove_regions_from_replication(SecretId=name, RemoveReplicaRegions=list(regions))


def delete(client: Any, name: str, recovery_window_days: int | None) -> None:
    """Schedules the deletion, or with None deletes at once and for good."""
    how: dict[str, Any] = (
        {"ForceDeleteWithoutRecovery": True}
        if recovery_window_days is None
        else {"RecoveryWindowInDays": recovery_window_days}
    )
    with calling(f"delete secret {name} {region(client)}"):
        client.delete_secret(SecretId=name, **how)


def _text(entry: Mapping[str, Any]) -> str:
    if "SecretString" in entry:
        return str(entry["SecretString"])
    return bytes(entry["SecretBinary"]).decode("utf-8", "replace")


def _leaving(error: Mapping[str, Any]) -> bool:
    """Whether the value cannot be read because the secret is scheduled for deletion, for which there is no code."""
    return error.get("ErrorCode") == "InvalidRequestException" and "delet" in str(error.get("Message")).lower()


def _unreadable(client: Any, error: Mapping[str, Any]) -> ReplatformError:
    name = error.get("SecretId", "?")
    reason = str(error.get("Message") or "no reason given").rstrip(".")
    code = error.get("ErrorCode")
    return ReplatformError(
        f"Cannot read the value of secret {name} {region(client)}: {reason} ({code});"
        " allow secretsmanager:GetSecretValue on it and kms:Decrypt on its key.",
        code=code,
        secret=name,
    )
