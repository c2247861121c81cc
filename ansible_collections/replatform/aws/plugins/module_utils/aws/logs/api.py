# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs' calls for log groups, one function each; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import calling, region

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def describe(client: Any, name: str) -> dict[str, Any] | None:
    """DescribeLogGroups of the one group of that name, None when there is none."""
    with calling(f"read log group {name} {region(client)}"):
        # Sorted by name (API Reference, DescribeLogGroups), so that the group itself comes before those it begins.
        found = client.describe_log_groups(logGroupNamePrefix=name, limit=1)["logGroups"]
    return next((one for one in found if one["logGroupName"] == name), None)


def tags(client: Any, arn: str) -> dict[str, str]:
    with calling(f"read the tags of {arn}"):
        return dict(client.list_tags_for_resource(resourceArn=arn)["tags"])


def create(client: Any, name: str, **fields: Any) -> bool:
    """Whether it was made; false when there is one of that name."""
    with calling(f"create log group {name} {region(client)}"):
        try:
            client.create_log_group(logGroupName=name, **fields)
        except client.exceptions.ResourceAlreadyExistsException:
            return False
    return True


def set_retention(client: Any, name: str, days: int) -> None:
    """Days that events are kept; 0 is for ever."""
    with calling(f"set the retention of log group {name} {region(client)}"):
        if days:
            client.put_retention_policy(logGroupName=name, retentionInDays=days)
        else:
            client.delete_retention_policy(logGroupName=name)


def set_key(client: Any, name: str, arn: str | None) -> None:
    with calling(f"set the key of log group {name} {region(client)}"):
        if arn:
            client.associate_kms_key(logGroupName=name, kmsKeyId=arn)
        else:
            client.disassociate_kms_key(logGroupName=name)


def tag(client: Any, arn: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag {arn}"):
        if gone:
            client.untag_resource(resourceArn=arn, tagKeys=list(gone))
        if new:
            client.tag_resource(resourceArn=arn, tags=dict(new))


def delete(client: Any, name: str) -> None:
    with calling(f"delete log group {name} {region(client)}"), suppress(client.exceptions.ResourceNotFoundException):
        client.delete_log_group(logGroupName=name)
