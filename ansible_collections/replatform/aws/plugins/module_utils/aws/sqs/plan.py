# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of queues taken apart into the queues, dead-letter queues and alarms that it asks for, and its faults."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import ReplatformError
from . import transform
from .transform import FIFO, RANGES, dead_letter_name, is_fifo

Item = Mapping[str, Any]
State = dict[str, Any]

NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|(?=.{1,80}$)[A-Za-z0-9_-]{1,75}\.fifo")
ARN = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+")
MOST_SOURCES = 10
"""Queues that a redrive-allow policy can name (API reference, SetQueueAttributes)."""
CONSUMER = ("consumer_timeout", "consumer_tries")
OF_QUEUE = frozenset(transform.QUEUE_OPTIONS) - {*CONSUMER, "alarms"}
SHARED_WITH_DEAD_LETTERS = ("encryption", "kms_data_key_reuse_period", "tags", "purge_tags")

AGE, DEPTH = "age_s", "dlq_depth"
METRICS = {AGE: "ApproximateAgeOfOldestMessage", DEPTH: "ApproximateNumberOfMessagesVisible"}


@dataclass
class Plan:
    """What a list asks for, each kind as ensure() takes it."""

    queues: list[State] = field(default_factory=list)
    dead_letters: dict[str, State] = field(default_factory=dict)
    """Those that are to be there; made before the queues."""
    unneeded: dict[str, State] = field(default_factory=dict)
    """Dead-letter queues that go with their queues, after them."""
    alarms: dict[str, State] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def with_tags(self) -> dict[str, bool]:
        """Every queue that has to be looked at, and whether its tags have to be, too."""
        every = [*self.queues, *self.dead_letters.values(), *self.unneeded.values()]
        return {one["name"]: "tags" in one and one.get("state") != "absent" for one in every}


def named(items: Sequence[Item]) -> list[State]:
    """The items, each dead-letter queue with its name."""
    return [
        {**item, "dead_letter": {**target, "name": target.get("name") or dead_letter_name(item["name"])}}
        if (target := item.get("dead_letter"))
        else dict(item)
        for item in items
    ]


def plan(items: Sequence[Item]) -> Plan:
    """What `items` (of named()) ask for.

    Raises: ReplatformError that names every fault with its path, as long as it shows without a look at the service.
    """
    faults = list(_faults(items))
    if faults:
        raise refused(faults)
    found = Plan()
    for item in items:
        _add(found, item)
    for name in found.dead_letters:
        found.unneeded.pop(name, None)
        if found.dead_letters[name]["redrive_allow"] == "sources":
            found.dead_letters[name]["redrive_allow"] = sorted(_sources(items, name))
    for alarm in (one for item in items for one in alarms(item, found.unneeded)):
        if alarm["state"] == "present" or alarm["name"] not in found.alarms:
            found.alarms[alarm["name"]] = alarm
    return found


def refused(faults: Sequence[str]) -> ReplatformError:
    message = f"{' '.join(faults)} Nothing was changed."
    return ReplatformError(message, code="InvalidOptions", faults=list(faults))


def _add(found: Plan, item: Item) -> None:
    name, target = item["name"], item.get("dead_letter")
    gone = _absent(item)
    found.queues.append({option: value for option, value in item.items() if option in OF_QUEUE})
    if target and gone:
        found.unneeded[target["name"]] = {"name": target["name"], "state": "absent", "force": item.get("force")}
    elif target:
        found.dead_letters.setdefault(target["name"], {}).update(dead_letter(item))
        tries = item.get("consumer_tries")
        if tries and tries <= target["max_receive_count"]:
            found.warnings.append(
                f"Queue {name}: a Laravel worker deletes a job that failed {tries} times (consumer_tries), before SQS"
                f" has delivered it {target['max_receive_count']} times, so failed jobs go to failed_jobs and not to"
                f" {target['name']}; let it try more often than max_receive_count, or watch failed_jobs."
            )


def dead_letter(item: Item) -> State:
    """The dead-letter queue of a queue: as long as it is kept, who may use it, and what it has in common with it."""
    target = item["dead_letter"]
    return {
        "name": target["name"],
        "message_retention_period": target["message_retention_period"],
        "redrive_allow": target["redrive_allow"],
        **{option: item[option] for option in SHARED_WITH_DEAD_LETTERS if option in item},
        "state": "present",
    }


def alarms(item: Item, going: Collection[str] = ()) -> Iterator[State]:
    """The alarms of a queue and of its dead-letter queue, those that are asked away with state absent.

    Of a queue that goes, the dead-letter queue may stay, with its alarm, unless it is `going`, too.
    """
    target = (item.get("dead_letter") or {}).get("name")
    about = item.get("alarms") or {}
    watched = {AGE: item["name"], **({DEPTH: target} if target else {})}
    for kind, queue in watched.items():
        unwanted = "alarms" in item and about.get(kind) is None and (kind in about or not about)
        if (kind == AGE or queue in going) if _absent(item) else unwanted:
            yield {"name": alarm_name(kind, queue), "state": "absent"}
        elif kind in about and not _absent(item):
            yield {
                "name": alarm_name(kind, queue),
                "queue": queue,
                "metric": METRICS[kind],
                "threshold": about[kind],
                "description": _description(kind, queue, about[kind]),
                **{option: about[option] for option in ("period_s", "evaluation_periods")},
                **{option: sorted(about[option] or ()) for option in ("actions", "ok_actions") if option in about},
                **{option: item[option] for option in ("tags", "purge_tags") if option in item},
                "state": "present",
            }


def alarm_name(kind: str, queue: str) -> str:
    return f"{queue}-{'age' if kind == AGE else 'depth'}"


def _description(kind: str, queue: str, threshold: int) -> str:
    if kind == AGE:
        return f"The oldest message of queue {queue} has waited for {threshold} s or longer."
    return f"Dead-letter queue {queue} holds {threshold} or more messages that nobody could process."


def _absent(item: Item) -> bool:
    return item.get("state") == "absent"


def _sources(items: Sequence[Item], target: str) -> list[str]:
    return [one["name"] for one in items if not _absent(one) and (one.get("dead_letter") or {}).get("name") == target]


def _faults(items: Sequence[Item]) -> Iterator[str]:
    queues = {item["name"] for item in items}
    first: dict[str, tuple[str, State]] = {}
    for number, item in enumerate(items):
        path = f"queues[{number}]"
        yield from _faults_of_name(f"{path}.name", item["name"])
        if _absent(item):
            continue
        yield from _out_of_range(path, item)
        yield from _not_of_this_kind(path, item)
        yield from _faults_of_alarms(f"{path}.alarms", item)
        for alarm in alarms(item):
            where, other = first.setdefault(f"alarm {alarm['name']}", (f"{path}.alarms", alarm))
            if {**alarm, "tags": None} != {**other, "tags": None}:
                yield f"{path}.alarms and {where} do not agree on the alarm {alarm['name']}; give both the same."
        target = item.get("dead_letter")
        if not target:
            continue
        path = f"{path}.dead_letter"
        yield from _faults_of_name(f"{path}.name", target["name"])
        yield from _out_of_range(path, target)
        if is_fifo(target["name"]) != is_fifo(item["name"]):
            yield (
                f"{path}.name is {target['name']}, but the dead-letter queue of {item['name']} must"
                f" {'end in' if is_fifo(item['name']) else 'not end in'} {FIFO}, as the queue does;"
                f" {dead_letter_name(item['name'])} would do."
            )
        if target["name"] in queues:
            yield (
                f"{path}.name is {target['name']}, which is an item of queues as well; describe a dead-letter queue"
                " only where it is used."
            )
        about = dead_letter(item)
        where, before = first.setdefault(target["name"], (path, {}))
        for option, value in about.items():
            if before.setdefault(option, value) != value:
                yield (
                    f"{path} and {where} share {target['name']}, but do not agree on its {option}"
                    f" ({value!r}, {before[option]!r}); give both the same."
                )
        sources = _sources(items, target["name"])
        if target["redrive_allow"] == "sources" and len(sources) > MOST_SOURCES and sources[0] == item["name"]:
            yield (
                f"{path}.redrive_allow can name {MOST_SOURCES} queues, but {len(sources)} share {target['name']};"
                " set redrive_allow to all for each of them."
            )


def _faults_of_name(path: str, name: str) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield (
            f"{path} is {name!r}, but a queue's name has 1 to 80 letters, digits, hyphens and underscores, and ends in"
            f" {FIFO} when the queue is FIFO."
        )


def _out_of_range(path: str, options: Item) -> Iterator[str]:
    for option, (least, most) in RANGES.items():
        value = options.get(option)
        if value is not None and not least <= value <= most:
            yield f"{path}.{option} is {value}, but must be from {least} to {most}."


def _not_of_this_kind(path: str, item: Item) -> Iterator[str]:
    for option in ("content_based_deduplication", "high_throughput"):
        if item.get(option) and not is_fifo(item["name"]):
            yield f"{path}.{option} is for FIFO queues, whose name ends in {FIFO}; {item['name']} is none."


def _faults_of_alarms(path: str, item: Item) -> Iterator[str]:
    about = item.get("alarms")
    if not about:
        return
    for kind in METRICS:
        if about.get(kind) is not None and about[kind] < 1:
            yield f"{path}.{kind} is {about[kind]}, but must be 1 or more."
    if about.get(DEPTH) is not None and not item.get("dead_letter"):
        yield f"{path}.{DEPTH} watches the dead-letter queue, but queue {item['name']} has no dead_letter here."
    period, periods = about["period_s"], about["evaluation_periods"]
    if period < 60 or period % 60:
        yield f"{path}.period_s is {period}, but must be a multiple of 60: SQS tells its metrics once a minute."
    longest = 86_400 if period < 3600 else 604_800
    if periods < 1 or period * periods > longest:
        yield f"{path}.evaluation_periods is {periods}, but must be 1 or more and at most {longest} s together."
    for option in ("actions", "ok_actions"):
        for number, arn in enumerate(about.get(option) or ()):
            # What check mode gives for something that is yet to be made stands in parentheses.
            if not ARN.fullmatch(arn) and not arn.startswith("("):
                yield f"{path}.{option}[{number}] is {arn!r}, but must be an ARN, such as that of an SNS topic."


def refuse_beside(items: Sequence[Item], asked: Plan, found: Mapping[str, State]) -> None:
    """Nothing when `asked` fits to the queues that are there.

    Raises: ReplatformError that names every fault with its path.
    """
    faults = [fault for number, item in enumerate(items) for fault in _misfits(f"queues[{number}]", item, found)]
    faults += [fault for one in (*asked.queues, *asked.unneeded.values()) for fault in _still_full(one, found)]
    if faults:
        raise refused(faults)


def _misfits(path: str, item: Item, found: Mapping[str, State]) -> Iterator[str]:
    if _absent(item):
        return
    name = item["name"]
    current = found.get(name)
    is_so = {**transform.BLANK, **(current or {}), **transform.desired(item, current)}
    timeout, hidden = item.get("consumer_timeout"), is_so["visibility_timeout"]
    if timeout is not None and hidden <= timeout:
        yield (
            f"{path}.visibility_timeout of {name} is {hidden} s, but a consumer may work on one message for {timeout} s"
            " (consumer_timeout): SQS would give it to another one meanwhile, and the work be done twice; set it"
            f" to more than {timeout}."
        )
    if item.get("kms_data_key_reuse_period") is not None and not transform.encrypts_by_kms(is_so["encryption"]):
        yield (
            f"{path}.kms_data_key_reuse_period is for queues encrypted with a KMS key, but {name} has encryption"
            f" {is_so['encryption']}; give a key as encryption, or leave it out."
        )
    kept, target = is_so["message_retention_period"], item.get("dead_letter")
    if target and not is_fifo(name) and target["message_retention_period"] <= kept:
        yield (
            f"{path}.dead_letter.message_retention_period of {target['name']} is"
            f" {target['message_retention_period']} s, but {name} keeps messages for {kept} s, and a message that moves"
            " is as old as before: it could be deleted when it arrives; give the dead-letter queue more, up to 1209600,"
            " or the queue less."
        )
    age = (item.get("alarms") or {}).get(AGE)
    if age is not None and age >= kept:
        yield (
            f"{path}.alarms.{AGE} is {age}, but {name} keeps no message longer than {kept} s, so the alarm would never"
            " go off; give less."
        )


def _still_full(wanted: State, found: Mapping[str, State]) -> Iterator[str]:
    current = found.get(wanted["name"])
    if current and _absent(wanted) and current["messages"] and not wanted.get("force"):
        yield (
            f"Queue {wanted['name']} still has about {current['messages']} messages, which would be lost with it; move"
            " or process them first, or set force to delete them, too."
        )
