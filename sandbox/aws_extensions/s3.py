"""S3 where moto 5.2 is not as documented.

A lifecycle rule keeps its NewerNoncurrentVersions (API reference, NoncurrentVersionExpiration). A new bucket is
BucketOwnerEnforced and blocks public access (User Guide, "Controlling ownership of objects", since April 2023). A
policy that lets logs be delivered may have statements for everybody too.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable


def extend(_emulator: Extendable) -> None:
    from moto.s3 import models, responses

    bucket_class: Any = models.FakeBucket
    make, put, may_log = bucket_class.__init__, bucket_class.set_lifecycle, bucket_class._log_permissions_enabled_policy
    get = responses.S3Response.get_bucket_lifecycle

    def new(bucket: Any, *arguments: Any, **named: Any) -> None:
        make(bucket, *arguments, **named)
        bucket.ownership_rule = "BucketOwnerEnforced"
        bucket.public_access_block = models.PublicAccessBlock(True, True, True, True)

    def set_lifecycle(bucket: Any, rules: list[dict[str, Any]]) -> None:
        put(bucket, rules)
        for kept, given in zip(bucket.rules, rules, strict=True):
            expiration = given.get("NoncurrentVersionExpiration") or {}
            kept.newer_noncurrent_versions = expiration.get("NewerNoncurrentVersions")

    def get_bucket_lifecycle(response: Any) -> Any:
        rules = response.backend.get_bucket_lifecycle(response.bucket_name)
        serialized = response.serialized

        def with_kept(action: Any) -> Any:
            for told, rule in zip(action.result["Rules"], rules, strict=True):
                if kept := getattr(rule, "newer_noncurrent_versions", None):
                    told["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = kept
            return serialized(action)

        response.serialized = with_kept
        try:
            return get(response)
        finally:
            del response.serialized

    def log_permissions(target_bucket: Any, target_prefix: str | None) -> Any:
        if not target_bucket.policy:
            return False
        policy = json.loads(target_bucket.policy)
        policy["Statement"] = [one for one in policy["Statement"] if isinstance(one.get("Principal"), dict)]
        asked = SimpleNamespace(
            policy=json.dumps(policy).encode(), partition=target_bucket.partition, name=target_bucket.name
        )
        return may_log(asked, target_prefix)

    bucket_class.__init__ = new
    bucket_class.set_lifecycle = set_lifecycle
    bucket_class._log_permissions_enabled_policy = staticmethod(log_permissions)
    responses.S3Response.get_bucket_lifecycle = get_bucket_lifecycle
