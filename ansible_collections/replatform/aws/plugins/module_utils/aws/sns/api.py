# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS' calls for topics, one function each; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import calling, region
from ..tags import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def topics(client: Any) -> dict[str, str]:
    """ARNs of all topics by name."""
    with calling(f"list the topics {region(client)}"):
        pages = client.get_paginator("list_topics").paginate()
        arns = [one["TopicArn"] for page in pages for one in page["Topics"]]
    return {arn.rpartition(":")[2]: arn for arn in arns}


def attributes(client: Any, arn: str) -> dict[str, str]:
    with calling(f"read the attributes of {arn}"):
        return dict(client.get_topic_attributes(TopicArn=arn)["Attributes"])


def subscriptions(client: Any, arn: str) -> list[dict[str, str]]:
    with calling(f"list the subscriptions of {arn}"):
        pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        return [one for page in pages for one in page["Subscriptions"]]


def tags(client: Any, arn: str) -> list[dict[str, str]]:
    with calling(f"read the tags of {arn}"):
        return list(client.list_tags_for_resource(ResourceArn=arn)["Tags"])


def create(client: Any, name: str, attributes: Mapping[str, str], tags: Mapping[str, str]) -> str:
    """The topic's ARN; of one that is there with the same attributes and tags, too."""
    with calling(f"create topic {name} {region(client)}"):
        made = client.create_topic(Name=name, Attributes=dict(attributes), Tags=listed(tags))
    return str(made["TopicArn"])


def set_attribute(client: Any, arn: str, name: str, value: str) -> None:
    with calling(f"set {name} of {arn}"):
        client.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)


def subscribe(client: Any, arn: str, protocol: str, endpoint: str) -> None:
    with calling(f"subscribe {endpoint} to {arn}"):
        client.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)


def unsubscribe(client: Any, subscription: str) -> None:
    with calling(f"end the subscription {subscription}"):
        client.unsubscribe(SubscriptionArn=subscription)


def tag(client: Any, arn: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag {arn}"):
        if gone:
            client.untag_resource(ResourceArn=arn, TagKeys=list(gone))
        if new:
            client.tag_resource(ResourceArn=arn, Tags=listed(new))


def delete(client: Any, arn: str) -> None:
    with calling(f"delete {arn}"):
        client.delete_topic(TopicArn=arn)
