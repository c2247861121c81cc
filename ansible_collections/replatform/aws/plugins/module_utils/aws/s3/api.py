# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3's calls about buckets; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ..errors import calling, region
from ..tags import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NOTHING = frozenset({
    "NoSuchBucketPolicy", "ServerSideEncryptionConfigurationNotFoundError", "NoSuchLifecycleConfiguration",
    "NoSuchCORSConfiguration", "NoSuchTagSet", "NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError",
    "ObjectLockConfigurationNotFoundError",
})  # fmt: skip
"""Error codes that say that a bucket has none of that (API reference, each GetBucket... operation)."""

NO_CONSTRAINT = "us-east-1"
"""The one region that CreateBucket must not be told (API reference, CreateBucketConfiguration)."""

PARTS: dict[str, tuple[str, str]] = {
    "policy": ("get_bucket_policy", "Policy"),
    "public_access_block": ("get_public_access_block", "PublicAccessBlockConfiguration"),
    "encryption": ("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "versioning": ("get_bucket_versioning", "Status"),
    "lifecycle": ("get_bucket_lifecycle_configuration", "Rules"),
    "cors": ("get_bucket_cors", "CORSRules"),
    "logging": ("get_bucket_logging", "LoggingEnabled"),
    "ownership": ("get_bucket_ownership_controls", "OwnershipControls"),
    "object_lock": ("get_object_lock_configuration", "ObjectLockConfiguration"),
    "tags": ("get_bucket_tagging", "TagSet"),
}
"""Operation and member of the answer for each part of a bucket's state."""


def head(client: Any, name: str) -> str | None:
    """The region of a bucket of ours, None when there is none. Raises: ReplatformError for one of somebody else."""
    with calling(f"look for bucket {name} {region(client)}"):
        try:
            answer = client.head_bucket(Bucket=name)
        except client.exceptions.ClientError as exc:
            status = exc.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404:
                return None
            if status == 403:
                raise ReplatformError(
                    f"Bucket {name} belongs to another account, or these credentials may not see it; choose another "
                    "name (names are shared by all accounts), or allow s3:ListBucket on it.",
                    code="BucketForbidden",
                ) from exc
            raise
        return str(answer.get("BucketRegion") or client.meta.region_name)


def part(client: Any, name: str, which: str) -> Any:
    """One of PARTS as the service answers it, None where the bucket has none."""
    operation, member = PARTS[which]
    with calling(f"read {which} of bucket {name} {region(client)}"):
        try:
            return getattr(client, operation)(Bucket=name).get(member)
        except client.exceptions.ClientError as exc:
            if exc.response["Error"]["Code"] in NOTHING:
                return None
            raise


def create(client: Any, name: str, ownership: str | None, *, object_lock: bool) -> None:
    fields: dict[str, Any] = {}
    if client.meta.region_name != NO_CONSTRAINT:
        fields["CreateBucketConfiguration"] = {"LocationConstraint": client.meta.region_name}
    if ownership:
        fields["ObjectOwnership"] = ownership
    if object_lock:
        fields["ObjectLockEnabledForBucket"] = True
    with calling(f"create bucket {name} {region(client)}"):
        client.create_bucket(Bucket=name, **fields)


def put(client: Any, name: str, which: str, value: Any) -> None:
    """Sets one part, in the API's shape; None takes it away."""
    with calling(f"set {which} of bucket {name} {region(client)}"):
        _PUT[which](client, name, value)


def _policy(client: Any, name: str, value: str | None) -> None:
    if value is None:
        client.delete_bucket_policy(Bucket=name)
    else:
        client.put_bucket_policy(Bucket=name, Policy=value)


def _public_access_block(client: Any, name: str, value: Mapping[str, bool]) -> None:
    client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=value)


def _encryption(client: Any, name: str, value: Mapping[str, Any]) -> None:
    client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=value)


def _versioning(client: Any, name: str, value: str) -> None:
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": value})


def _lifecycle(client: Any, name: str, value: list[dict[str, Any]] | None) -> None:
    if value:
        client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": value})
    else:
        client.delete_bucket_lifecycle(Bucket=name)


def _cors(client: Any, name: str, value: list[dict[str, Any]] | None) -> None:
    if value:
        client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": value})
    else:
        client.delete_bucket_cors(Bucket=name)


def _logging(client: Any, name: str, value: Mapping[str, str] | None) -> None:
    client.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": value} if value else {})


def _ownership(client: Any, name: str, value: str) -> None:
    client.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": value}]})


def _tags(client: Any, name: str, value: Mapping[str, str]) -> None:
    # The service has no call that changes a few: this one replaces all.
    if value:
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed(value)})
    else:
        client.delete_bucket_tagging(Bucket=name)


_PUT: dict[str, Callable[[Any, str, Any], None]] = {
    "policy": _policy,
    "public_access_block": _public_access_block,
    "encryption": _encryption,
    "versioning": _versioning,
    "lifecycle": _lifecycle,
    "cors": _cors,
    "logging": _logging,
    "ownership": _ownership,
    "tags": _tags,
}


def is_empty(client: Any, name: str) -> bool:
    """Whether it holds neither objects nor versions of deleted ones."""
    with calling(f"look whether bucket {name} {region(client)} is empty"):
        found = client.list_object_versions(Bucket=name, MaxKeys=1)
        return not found.get("Versions") and not found.get("DeleteMarkers")


def versions(client: Any, name: str) -> Iterator[list[dict[str, str]]]:
    """Every version and delete marker, up to 1,000 at a time, as DeleteObjects takes them."""
    with calling(f"list what is in bucket {name} {region(client)}"):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if found:
                yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def delete_objects(client: Any, name: str, objects: list[dict[str, str]]) -> None:
    with calling(f"empty bucket {name} {region(client)}"):
        answer = client.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
    if errors := answer.get("Errors"):
        first = errors[0]
        raise ReplatformError(
            f"Cannot empty bucket {name}: {len(errors)} objects stay, the first is {first.get('Key')} "
            f"({first.get('Code')}: {first.get('Message')}); objects under a lock go when it ends. Run again then.",
            code=first.get("Code"),
        )


def delete(client: Any, name: str) -> None:
    with calling(f"delete bucket {name} {region(client)}"):
        client.delete_bucket(Bucket=name)
