"""S3 where moto 5.2 forgets: NewerNoncurrentVersions of a lifecycle rule, which the API returns as it was put.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable


def extend(_emulator: Extendable) -> None:
    from moto.s3.models import FakeBucket
    from moto.s3.responses import S3Response

    put, get = FakeBucket.set_lifecycle, S3Response.get_bucket_lifecycle

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

    FakeBucket.set_lifecycle = set_lifecycle
    S3Response.get_bucket_lifecycle = get_bucket_lifecycle
