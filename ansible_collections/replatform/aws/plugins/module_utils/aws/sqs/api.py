# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls to SQS and, for its alarms, to CloudWatch, one function each; botocore's exceptions become ReplatformError.

A queue is known by its name here: its URL, which the calls take, is looked up once and kept in `Urls`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ..errors import calling, region
from ..tags import from_api, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

PAGE = 1000
ALARMS = 100
"""Names in one DescribeAlarms or DeleteAlarms; the API's limit."""
RECEIVED = 10
"""Messages in one ReceiveMessage or ChangeMessageVisibilityBatch; the API's limit."""

Attributes = dict[str, str]


def url_of(client: Any, name: str) -> str | None:
    """The URL of one queue, None when there is none."""
    with calling(f"find queue {name} {region(client)}"):
        try:
            return str(client.get_queue_url(QueueName=name)["QueueUrl"])
        except client.exceptions.QueueDoesNotExist:
            return None


def urls(client: Any, prefix: str) -> dict[str, str]:
    """ListQueues, all pages: the URLs of the queues whose names begin so, by name."""
    with calling(f"list queues {region(client)}"):
        about = {"QueueNamePrefix": prefix} if prefix else {}
        pages = client.get_paginator("list_queues").paginate(**about, PaginationConfig={"PageSize": PAGE})
        return {name_of(url): url for page in pages for url in page.get("QueueUrls", ())}


def urls_of(client: Any, names: Collection[str]) -> dict[str, str]:
    """The URLs of those of `names` that exist: one listing when they begin alike, else a look at each."""
    prefix = _beginning(names)
    if prefix:
        found = urls(client, prefix)
        return {name: found[name] for name in names if name in found}
    looked_up = zip(names, each(lambda name: url_of(client, name), names), strict=True)
    return {name: url for name, url in looked_up if url}


def attributes(client: Any, url: str) -> Attributes | None:
    """Every attribute of a queue as text, None when it is gone."""
    with calling(f"read queue {name_of(url)} {region(client)}"):
        try:
            return dict(client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])
        except client.exceptions.QueueDoesNotExist:
            return None


def tags(client: Any, url: str) -> dict[str, str] | None:
    """The tags of a queue, None when it is gone."""
    with calling(f"read the tags of queue {name_of(url)} {region(client)}"):
        try:
            return dict(client.list_queue_tags(QueueUrl=url).get("Tags") or {})
        except client.exceptions.QueueDoesNotExist:
            return None


def create(client: Any, name: str, wanted: Attributes, wanted_tags: Mapping[str, str]) -> str:
    """The URL of the new queue."""
    about = {"tags": dict(wanted_tags)} if wanted_tags else {}
    with calling(f"create queue {name} {region(client)}"):
        return str(client.create_queue(QueueName=name, Attributes=wanted, **about)["QueueUrl"])


def change(client: Any, url: str, wanted: Attributes) -> None:
    with calling(f"change queue {name_of(url)} {region(client)}"):
        client.set_queue_attributes(QueueUrl=url, Attributes=wanted)


def tag(client: Any, url: str, wanted: Mapping[str, str]) -> None:
    with calling(f"tag queue {name_of(url)} {region(client)}"):
        client.tag_queue(QueueUrl=url, Tags=dict(wanted))


def untag(client: Any, url: str, keys: Sequence[str]) -> None:
    with calling(f"untag queue {name_of(url)} {region(client)}"):
        client.untag_queue(QueueUrl=url, TagKeys=list(keys))


def delete(client: Any, url: str) -> None:
    """Deletes a queue with all that is in it; one that is gone already is no failure."""
    with calling(f"delete queue {name_of(url)} {region(client)}"):
        try:
            client.delete_queue(QueueUrl=url)
        except client.exceptions.QueueDoesNotExist:
            return


def sources(client: Any, url: str) -> list[str]:
    """The names of the queues that have this one as their dead-letter queue."""
    with calling(f"list the sources of queue {name_of(url)} {region(client)}"):
        pages = client.get_paginator("list_dead_letter_source_queues").paginate(
            QueueUrl=url, PaginationConfig={"PageSize": PAGE}
        )
        return sorted(name_of(source) for page in pages for source in page["queueUrls"])


def start_move(client: Any, source: str, destination: str | None, rate: int | None) -> str:
    """The handle of a task that moves messages out of a dead-letter queue; both queues by their ARNs."""
    about: dict[str, Any] = {"DestinationArn": destination} if destination else {}
    if rate is not None:
        about["MaxNumberOfMessagesPerSecond"] = rate
    with calling(f"move the messages of queue {last(source)} {region(client)}"):
        return str(client.start_message_move_task(SourceArn=source, **about)["TaskHandle"])


def moves(client: Any, source: str) -> list[dict[str, Any]]:
    """The latest moves out of a queue, the last one first, 10 at most."""
    with calling(f"read the moves of queue {last(source)} {region(client)}"):
        return list(client.list_message_move_tasks(SourceArn=source, MaxResults=10).get("Results") or ())


def cancel_move(client: Any, source: str, handle: str) -> int:
    """About how many messages had moved already; they stay where they are."""
    with calling(f"cancel the move of queue {last(source)} {region(client)}"):
        return int(client.cancel_message_move_task(TaskHandle=handle).get("ApproximateNumberOfMessagesMoved") or 0)


def receive(client: Any, url: str, count: int, hidden_s: int) -> list[dict[str, Any]]:
    """Up to 10 messages with all that is known of them; they stay hidden from others for `hidden_s`."""
    with calling(f"receive messages of queue {name_of(url)} {region(client)}"):
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(count, RECEIVED),
            VisibilityTimeout=hidden_s,
            # Asks every server of the queue: a short poll asks some of them, and may find nothing.
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages") or ())


def show_again(client: Any, url: str, receipts: Sequence[str]) -> list[str]:
    """Makes received messages visible at once; returns those of `receipts` that stay hidden until their time is up."""
    hidden: list[str] = []
    for batch in _batches(receipts, RECEIVED):
        numbered = enumerate(batch)
        entries = [{"Id": str(number), "ReceiptHandle": one, "VisibilityTimeout": 0} for number, one in numbered]
        with calling(f"show messages of queue {name_of(url)} again {region(client)}"):
            answer = client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
        hidden += [batch[int(one["Id"])] for one in answer.get("Failed") or ()]
    return hidden


def account(client: Any) -> str:
    """The id of the account that the credentials belong to; `client` is one of STS."""
    with calling(f"ask whose credentials these are {region(client)}"):
        return str(client.get_caller_identity()["Account"])


def alarms(client: Any, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """DescribeAlarms of every name that exists, by name."""
    found: dict[str, dict[str, Any]] = {}
    for batch in _batches(list(names), ALARMS):
        with calling(f"read alarms {region(client)}"):
            pages = client.get_paginator("describe_alarms").paginate(
                AlarmNames=batch, AlarmTypes=["MetricAlarm"], PaginationConfig={"PageSize": ALARMS}
            )
            found.update((one["AlarmName"], one) for page in pages for one in page.get("MetricAlarms", ()))
    return found


def alarm_tags(client: Any, arn: str) -> dict[str, str]:
    with calling(f"read the tags of alarm {arn.rpartition(':')[2]} {region(client)}"):
        return from_api(client.list_tags_for_resource(ResourceARN=arn).get("Tags"))


def put_alarm(client: Any, name: str, wanted_tags: Mapping[str, str], **fields: Any) -> None:
    """Creates an alarm or overwrites all of it; CloudWatch takes the tags of a new one only."""
    about = {"Tags": listed(wanted_tags)} if wanted_tags else {}
    with calling(f"put alarm {name} {region(client)}"):
        client.put_metric_alarm(AlarmName=name, **fields, **about)


def tag_alarm(client: Any, arn: str, new: Mapping[str, str], gone: Sequence[str]) -> None:
    with calling(f"tag alarm {arn.rpartition(':')[2]} {region(client)}"):
        if gone:
            client.untag_resource(ResourceARN=arn, TagKeys=list(gone))
        if new:
            client.tag_resource(ResourceARN=arn, Tags=listed(new))


def delete_alarm(client: Any, name: str) -> None:
    with calling(f"delete alarm {name} {region(client)}"):
        try:
            client.delete_alarms(AlarmNames=[name])
        except client.exceptions.ResourceNotFound:
            return


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def arn_of(client: Any, account_id: str, name: str) -> str:
    """The ARN of a queue, which follows from its name; nothing is asked."""
    return f"arn:{client.meta.partition}:sqs:{client.meta.region_name}:{account_id}:{name}"


def is_code(error: ReplatformError, name: str) -> bool:
    """Whether the service's code means `name`: the query protocol's codes have a prefix that the JSON ones lack."""
    return str(error.code).rpartition(".")[2] == name


def _beginning(names: Collection[str]) -> str:
    """What all names begin with."""
    first, final = min(names, default=""), max(names, default="")
    # Sorted, the first and the last differ most.
    same = (count for count in range(len(first), 0, -1) if final.startswith(first[:count]))
    return first[: next(same, 0)]


def last(arn: str) -> str:
    """The name at the end of a queue's ARN."""
    return arn.rpartition(":")[2]


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    for first in range(0, len(items), size):
        yield list(items[first : first + size])
