# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues and their alarms as users write them and as the services answer, made comparable; no client, no clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .. import policy, tags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...resource import State

FIFO = ".fifo"
SQS_KEY = "sqs"
NO_KEY = "none"

NUMBERS = {
    "visibility_timeout": "VisibilityTimeout",
    "message_retention_period": "MessageRetentionPeriod",
    "delay_seconds": "DelaySeconds",
    "receive_message_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "maximum_message_size": "MaximumMessageSize",
}
RANGES = {
    "visibility_timeout": (0, 43_200),
    "message_retention_period": (60, 1_209_600),
    "delay_seconds": (0, 900),
    "receive_message_wait_time_seconds": (0, 20),
    "maximum_message_size": (1024, 1_048_576),
    "kms_data_key_reuse_period": (60, 86_400),
    "consumer_timeout": (1, 43_199),
    "consumer_tries": (0, 1_000_000),
    "max_receive_count": (1, 1000),
}
"""Least and most, both allowed (API reference, CreateQueue; maxReceiveCount: SQS Developer Guide, quotas)."""

ALL, NOBODY = "all", "none"

BLANK: State = {
    "name": None,
    "url": None,
    "arn": None,
    "visibility_timeout": 30,
    "message_retention_period": 345_600,
    "delay_seconds": 0,
    "receive_message_wait_time_seconds": 0,
    "maximum_message_size": 1_048_576,
    "encryption": SQS_KEY,
    "kms_data_key_reuse_period": 300,
    "content_based_deduplication": False,
    "high_throughput": False,
    "policy": None,
    "dead_letter": None,
    "max_receive_count": None,
    "redrive_allow": ALL,
    "messages": 0,
    "tags": None,
}
"""Also what SQS gives a new queue when nothing is said (API reference, CreateQueue)."""

DEAD_LETTER_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str"},
    "max_receive_count": {"type": "int", "default": 10},
    "message_retention_period": {"type": "int", "default": 1_209_600},
    "redrive_allow": {"type": "str", "choices": ["sources", ALL], "default": "sources"},
}
ALARM_OPTIONS: dict[str, dict[str, Any]] = {
    "age_s": {"type": "int"},
    "dlq_depth": {"type": "int"},
    "actions": {"type": "list", "elements": "str"},
    "ok_actions": {"type": "list", "elements": "str"},
    "period_s": {"type": "int", "default": 60},
    "evaluation_periods": {"type": "int", "default": 1},
}
QUEUE_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    **{name: {"type": "int"} for name in NUMBERS},
    "encryption": {"type": "str"},
    "kms_data_key_reuse_period": {"type": "int"},
    "content_based_deduplication": {"type": "bool"},
    "high_throughput": {"type": "bool"},
    "policy": {"type": "dict"},
    "consumer_timeout": {"type": "int"},
    "consumer_tries": {"type": "int"},
    "dead_letter": {"type": "dict", "options": DEAD_LETTER_OPTIONS},
    "alarms": {"type": "dict", "options": ALARM_OPTIONS},
    **tags.ITEM_TAGS_OPTIONS,
    "force": {"type": "bool"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


def state_from_api(name: str, url: str, attributes: Mapping[str, str], has_tags: Mapping[str, str] | None) -> State:
    """What ensure() compares; `tags` is None where they were not asked for."""
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    target = redrive.get("deadLetterTargetArn")
    return {
        **BLANK,
        "name": name,
        "url": url,
        "arn": attributes["QueueArn"],
        **{option: int(attributes[attribute]) for option, attribute in NUMBERS.items() if attribute in attributes},
        "encryption": encryption_from_api(attributes),
        "kms_data_key_reuse_period": int(attributes.get("KmsDataKeyReusePeriodSeconds") or 300),
        "content_based_deduplication": attributes.get("ContentBasedDeduplication") == "true",
        "high_throughput": attributes.get("FifoThroughputLimit") == "perMessageGroupId",
        "policy": policy.from_api(attributes.get("Policy")) or None,
        "dead_letter": last(target) if target else None,
        "max_receive_count": int(redrive["maxReceiveCount"]) if "maxReceiveCount" in redrive else None,
        "redrive_allow": redrive_allow_from_api(attributes.get("RedriveAllowPolicy")),
        "messages": sum(int(attributes.get(count) or 0) for count in COUNTS),
        "tags": None if has_tags is None else tags.own(has_tags),
    }


def encryption_from_api(attributes: Mapping[str, str]) -> str:
    if attributes.get("KmsMasterKeyId"):
        return key_id(attributes["KmsMasterKeyId"])
    return SQS_KEY if attributes.get("SqsManagedSseEnabled") == "true" else NO_KEY


def redrive_allow_from_api(text: str | None) -> str | list[str]:
    """Which queues may name this one as theirs: "all", "none" or their names, sorted."""
    allow = json.loads(text or "{}")
    if allow.get("redrivePermission") == "denyAll":
        return NOBODY
    return sorted(map(last, allow.get("sourceQueueArns") or ())) if allow.get("redrivePermission") == "byQueue" else ALL


def desired(options: Mapping[str, Any], current: State | None) -> State:
    """The attributes of a queue that `options` asks for; null asks for what SQS gives a new queue."""
    wanted: State = {"name": options["name"]}
    for option in (*NUMBERS, "kms_data_key_reuse_period", "content_based_deduplication", "high_throughput"):
        if option in options:
            wanted[option] = BLANK[option] if options[option] is None else options[option]
    if "encryption" in options:
        wanted["encryption"] = key_id(options["encryption"] or SQS_KEY)
    if "policy" in options:
        wanted["policy"] = _policy(options, current)
    if "dead_letter" in options:
        target = options["dead_letter"]
        wanted["dead_letter"] = target["name"] if target else None
        wanted["max_receive_count"] = target["max_receive_count"] if target else None
    if "redrive_allow" in options:
        wanted["redrive_allow"] = options["redrive_allow"]
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    return wanted


def _policy(options: Mapping[str, Any], current: State | None) -> dict[str, Any] | None:
    """As it is where it means the same; none when it says nothing."""
    if not (options["policy"] or {}).get("Statement"):
        return None
    asked = policy.document(options["policy"], f"The policy of queue {options['name']}")
    return policy.as_it_is(asked, current["policy"] if current else None)


def to_api(changed: Mapping[str, Any], current: State | None, arn: Callable[[str], str]) -> dict[str, str]:
    """Attributes of CreateQueue (no `current`) or SetQueueAttributes for what is `changed`."""
    state = {**BLANK, **(current or {}), **changed}
    found = {attribute: str(changed[option]) for option, attribute in NUMBERS.items() if option in changed}
    if "encryption" in changed:
        found |= _encryption(changed["encryption"], current)
    if "kms_data_key_reuse_period" in changed and encrypts_by_kms(state["encryption"]):
        found["KmsDataKeyReusePeriodSeconds"] = str(changed["kms_data_key_reuse_period"])
    if "content_based_deduplication" in changed and is_fifo(state["name"]):
        found["ContentBasedDeduplication"] = _bool(changed["content_based_deduplication"])
    if "high_throughput" in changed and is_fifo(state["name"]):
        high = changed["high_throughput"]
        found["DeduplicationScope"] = "messageGroup" if high else "queue"
        found["FifoThroughputLimit"] = "perMessageGroupId" if high else "perQueue"
    if "policy" in changed and (current or changed["policy"]):
        found["Policy"] = policy.text(changed["policy"]) if changed["policy"] else ""
    if ("dead_letter" in changed or "max_receive_count" in changed) and (current or state["dead_letter"]):
        found["RedrivePolicy"] = _redrive(state, arn)
    if "redrive_allow" in changed and (current or changed["redrive_allow"] != ALL):
        found["RedriveAllowPolicy"] = _redrive_allow(changed["redrive_allow"], arn)
    if not current and is_fifo(state["name"]):
        found["FifoQueue"] = "true"
    return found


def is_fifo(name: str) -> bool:
    return name.endswith(FIFO)


def dead_letter_name(name: str) -> str:
    """What the dead-letter queue of a queue is called when nobody says it."""
    return f"{name.removesuffix(FIFO)}-dlq{FIFO}" if is_fifo(name) else f"{name}-dlq"


def encrypts_by_kms(encryption: str) -> bool:
    return encryption not in (SQS_KEY, NO_KEY)


def key_id(given: str) -> str:
    """A KMS key as its id or alias, whether it was given as that or as an ARN."""
    return given.rpartition(":")[2].removeprefix("key/")


def last(arn: str) -> str:
    return arn.rpartition(":")[2]


def _encryption(encryption: str, current: State | None) -> dict[str, str]:
    if encrypts_by_kms(encryption):
        return {"KmsMasterKeyId": encryption, "SqsManagedSseEnabled": "false"}
    # A queue has one kind of encryption at a time; the key has to be taken away in the same call.
    by_kms = current is not None and encrypts_by_kms(current["encryption"])
    return {"SqsManagedSseEnabled": _bool(encryption == SQS_KEY), **({"KmsMasterKeyId": ""} if by_kms else {})}


def _redrive(state: State, arn: Callable[[str], str]) -> str:
    if not state["dead_letter"]:
        return ""
    target = {"deadLetterTargetArn": arn(state["dead_letter"]), "maxReceiveCount": state["max_receive_count"]}
    return json.dumps(target)


def _redrive_allow(allow: str | list[str], arn: Callable[[str], str]) -> str:
    if isinstance(allow, str):
        return json.dumps({"redrivePermission": "allowAll" if allow == ALL else "denyAll"})
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn(name) for name in allow]})


def _bool(value: bool) -> str:
    return "true" if value else "false"
