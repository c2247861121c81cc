# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at the messages of a dead-letter queue that leaves them there."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ... import laravel
from ...errors import ReplatformError
from ...resource import Mode, Outcome
from ..errors import region
from . import api, transform

MOST = 1000
HIDDEN_S = (5, 600)


def peek(client: Any, name: str, mode: Mode, *, count: int, visibility_timeout: int, bodies: bool) -> Outcome:
    """Up to `count` messages of a queue, visible again afterwards; nothing is received in check mode.

    Raises: ReplatformError when there is no such queue, or when it would move messages that are received too often.
    """
    _refuse_range("count", count, (1, MOST))
    _refuse_range("visibility_timeout", visibility_timeout, HIDDEN_S)
    url = api.url_of(client, name)
    attributes = api.attributes(client, url) if url else None
    if url is None or attributes is None:
        raise ReplatformError(
            f"Queue {name} does not exist {region(client)}; correct the name or the region.", code="QueueDoesNotExist"
        )
    queue = transform.state_from_api(name, url, attributes, None)
    if queue["dead_letter"]:
        raise ReplatformError(
            f"Queue {name} {region(client)} was not looked into: each look counts as a receipt, and it moves messages"
            f" to {queue['dead_letter']} after {queue['max_receive_count']} of them; look into that queue, or take the"
            f" redrive policy of {name} away first.",
            code="WouldMoveMessages",
        )
    outcome = Outcome()
    received: list[dict[str, Any]] = []
    if not mode.check:
        received = _received(client, url, count, visibility_timeout, outcome)
    messages = [message(one, bodies=bodies) for one in received]
    outcome.result = {"messages_in_queue": queue["messages"], "messages": messages, "jobs": jobs(messages)}
    return outcome


def message(received: Mapping[str, Any], *, bodies: bool) -> dict[str, Any]:
    """One message as the module returns it; what it is about only with `bodies`."""
    about = received.get("Attributes") or {}
    source = about.get("DeadLetterQueueSourceArn")
    values = {name: _value(one) for name, one in (received.get("MessageAttributes") or {}).items()}
    return {
        "id": received["MessageId"],
        "sent": _time(about.get("SentTimestamp")),
        "first_received": _time(about.get("ApproximateFirstReceiveTimestamp")),
        "receive_count": int(about.get("ApproximateReceiveCount") or 0),
        "source": api.last(source) if source else None,
        "group_id": about.get("MessageGroupId"),
        "deduplication_id": about.get("MessageDeduplicationId"),
        "size_bytes": len(received["Body"].encode()),
        "attributes": values if bodies else dict.fromkeys(values, laravel.REDACTED),
        "body": received["Body"] if bodies else None,
        "job": laravel.job(received["Body"], redact=not bodies),
    }


def jobs(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How many messages there are of each job, the most frequent first; name is None for what Laravel did not write."""
    counts = Counter((one["job"] or {}).get("name") for one in messages)
    return [{"name": name, "count": count} for name, count in sorted(counts.items(), key=lambda c: (-c[1], str(c[0])))]


def _received(client: Any, url: str, count: int, hidden_s: int, outcome: Outcome) -> list[dict[str, Any]]:
    """The messages by their ids, shown to others again whatever happens."""
    found: dict[str, dict[str, Any]] = {}
    receipts: list[str] = []
    # Later the first ones would be visible again, and be received twice.
    until = time.monotonic() + hidden_s * 0.8
    try:
        while len(found) < count and time.monotonic() < until:
            received = api.receive(client, url, count - len(found), hidden_s)
            if not received:
                break
            receipts += [one["ReceiptHandle"] for one in received]
            found.update({one["MessageId"]: one for one in received})
    finally:
        hidden = api.show_again(client, url, receipts)
    if hidden:
        outcome.warnings.append(
            f"{len(hidden)} messages of queue {api.name_of(url)} could not be shown again at once; they are visible"
            f" after {hidden_s} s (visibility_timeout)."
        )
    return list(found.values())


def _refuse_range(option: str, value: int, limits: tuple[int, int]) -> None:
    least, most = limits
    if not least <= value <= most:
        raise ReplatformError(f"{option} is {value}, but must be from {least} to {most}.", code="InvalidOptions")


def _value(attribute: Mapping[str, Any]) -> str:
    return str(attribute["StringValue"]) if "StringValue" in attribute else f"({attribute.get('DataType', 'Binary')})"


def _time(milliseconds: str | None) -> str | None:
    if not milliseconds:
        return None
    return dt.datetime.fromtimestamp(int(milliseconds) / 1000, dt.UTC).isoformat(timespec="milliseconds")
