# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQS queues with their dead-letter queues and alarms as ensure() needs them, and what there is to tell about them."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, Unfinished, begin, conclude
from ..errors import region
from ..tags import difference, text
from . import alarms, api, transform
from .plan import Plan, named, plan, refuse_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

Client = Any

NOT_YET = "Dead letter target does not exist"
"""SQS of a dead-letter queue that it made a moment ago: a queue can be used a second later (API, CreateQueue)."""
NOT_YET_S = 30
DELETED_RECENTLY_S = 75
"""A deleted queue's name is free after 60 s (API reference, DeleteQueue), and whoever else waits for it."""
PAUSE_S = 2.0


def make(client: Callable[[str], Client], items: Sequence[Mapping[str, Any]], mode: Mode) -> Outcome:
    """Makes every queue so with its dead-letter queue and alarms; `client` gives a boto3 client by service.

    Dead-letter queues come before the queues that use them and go after them.
    """
    wanted = named(items)
    asked = plan(wanted)
    found, known_alarms = _look(client, asked)
    refuse_beside(wanted, asked, found)
    account = Account(client, found)
    sqs = client("sqs")

    def arn(name: str) -> str:
        return api.arn_of(sqs, account.id(), name)

    targets = DeadLetters(sqs, arn, found, mode)
    first = begin(targets, list(asked.dead_letters.values()), mode)
    queues = Queues(sqs, arn, found, mode, broken={item.key for item in first.failed})
    second = begin(queues, asked.queues, mode)
    begun = [second, first]
    if asked.unneeded:
        gone = {item.key for item in second.items if item.action == "delete" and not item.error}
        last = DeadLetters(sqs, arn, found, mode, gone=gone)
        begun.append(begin(last, list(asked.unneeded.values()), mode))
    if asked.alarms:
        watch = client("cloudwatch")
        begun.append(begin(alarms.Alarms(watch, account.alarm_arn(watch), known_alarms), _list(asked.alarms), mode))
    try:
        outcome = conclude(begun, mode)
    except Unfinished as unfinished:
        unfinished.outcome.warnings += asked.warnings
        raise
    outcome.result.setdefault("alarms", [])
    outcome.warnings += asked.warnings
    return outcome


def _list(items: Mapping[str, State]) -> list[State]:
    return list(items.values())


def _look(client: Callable[[str], Client], asked: Plan) -> tuple[dict[str, State], dict[str, State]]:
    """The queues and the alarms that there are of those asked for."""
    found: list[dict[str, State]] = [{}, {}]

    def queues() -> None:
        found[0] = states(client("sqs"), asked.with_tags)

    def watching() -> None:
        if asked.alarms:
            found[1] = alarms.find(client("cloudwatch"), asked.alarms)

    # Made here and not in the threads: boto3's session is for one thread.
    for service in ("sqs", *(("cloudwatch",) if asked.alarms else ())):
        client(service)
    each(lambda look: look(), [queues, watching])
    return found[0], found[1]


def states(client: Client, with_tags: Mapping[str, bool]) -> dict[str, State]:
    """What there is of these queues, by name; tags where they are asked for."""
    urls = api.urls_of(client, list(with_tags))

    def look(name: str) -> State | None:
        attributes = api.attributes(client, urls[name])
        tags = api.tags(client, urls[name]) if with_tags[name] and attributes else None
        return transform.state_from_api(name, urls[name], attributes, tags) if attributes else None

    looked_at = zip(urls, each(look, urls), strict=True)
    return {name: state for name, state in looked_at if state is not None}


class Account:
    """The id of the account that the queues are in: from a queue that is there, else asked for once."""

    def __init__(self, client: Callable[[str], Client], found: Mapping[str, State]) -> None:
        self._sts = client
        self._lock = threading.Lock()
        self._id = next((state["arn"].split(":")[4] for state in found.values()), None)

    def id(self) -> str:
        with self._lock:
            if self._id is None:
                self._id = api.account(self._sts("sts"))
            return self._id

    def alarm_arn(self, client: Client) -> Callable[[str], str]:
        meta = client.meta
        return lambda name: f"arn:{meta.partition}:cloudwatch:{meta.region_name}:{self.id()}:alarm:{name}"


class Queues(Resource):
    """Queues that messages are sent to. `known` is what there was; `broken` are dead-letter queues that failed."""

    kind = "queue"
    plural = "queues"
    blank = transform.BLANK

    def __init__(
        self,
        client: Client,
        arn: Callable[[str], str],
        known: Mapping[str, State],
        mode: Mode,
        *,
        broken: Collection[str] = (),
        gone: Collection[str] = (),
    ) -> None:
        self._client = client
        self._arn = arn
        self._known: Mapping[str, State] | None = known
        self._mode = mode
        self._until = time.monotonic() + mode.wait_timeout
        self._broken = frozenset(broken)
        self._gone = frozenset(gone)

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        known, self._known = self._known, None
        if known is None:
            known = states(self._client, {name: "tags" in item for name, item in wanted.items()})
        return {name: known[name] for name in wanted if name in known}

    def desired(self, wanted: State, current: State | None) -> State:
        return transform.desired(wanted, current)

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        self._refuse_broken(name, wanted)
        attributes = transform.to_api(wanted, None, self._arn)
        try:
            url = self._patiently(lambda: api.create(self._client, name, attributes, wanted.get("tags") or {}))
        except ReplatformError as error:
            if not (api.is_code(error, "QueueAlreadyExists") or api.is_code(error, "QueueNameExists")):
                raise
            return self._adopt(wanted, error)
        return {**wanted, "url": url, "arn": self._arn(name)}

    def update(self, current: State, changes: State) -> State:
        self._refuse_broken(current["name"], changes)
        attributes = transform.to_api(changes, current, self._arn)
        if attributes:
            self._patiently(lambda: api.change(self._client, current["url"], attributes))
        if "tags" in changes:
            new, gone = difference(current["tags"] or {}, changes["tags"])
            if gone:
                api.untag(self._client, current["url"], gone)
            if new:
                api.tag(self._client, current["url"], new)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        users = sorted(set(api.sources(self._client, current["url"])) - self._gone)
        if users:
            raise ReplatformError(
                f"Queue {current['name']} {region(self._client)} was not deleted, as it is the dead-letter queue of"
                f" {', '.join(users)}; give those another one or delete them first.",
                code="QueueInUse",
                sources=users,
            )
        api.delete(self._client, current["url"])

    def _adopt(self, wanted: State, error: ReplatformError) -> State:
        """What there is already, made as wanted: the listing did not know it yet, or someone else was faster."""
        name = wanted["name"]
        current = states(self._client, {name: "tags" in wanted}).get(name)
        if current is None:
            url = api.url_of(self._client, name)
            attributes = api.attributes(self._client, url) if url else None
            if not url or not attributes:
                raise error
            tags = api.tags(self._client, url) if "tags" in wanted else None
            current = transform.state_from_api(name, url, attributes, tags)
        changes = {option: value for option, value in wanted.items() if value != current.get(option)}
        return self.update(current, changes) if changes else current

    def _refuse_broken(self, name: str, changes: State) -> None:
        target = changes.get("dead_letter")
        if target in self._broken:
            raise ReplatformError(
                f"Queue {name} {region(self._client)} was left as it is, as its dead-letter queue {target} failed;"
                " correct that and run again.",
                code="DeadLetterQueueFailed",
            )

    def _patiently(self, call: Callable[[], Any]) -> Any:
        """What `call` returns, tried again while SQS cannot have the queue yet."""
        begun = time.monotonic()
        while True:
            try:
                return call()
            except ReplatformError as error:
                passed = time.monotonic() - begun
                if api.is_code(error, "QueueDeletedRecently"):
                    if not self._mode.wait or passed > DELETED_RECENTLY_S or time.monotonic() > self._until:
                        raise _deleted_recently(error) from error
                elif NOT_YET not in error.message or passed > NOT_YET_S:
                    raise
                time.sleep(PAUSE_S)


def _deleted_recently(error: ReplatformError) -> ReplatformError:
    return ReplatformError(
        f"{error.message.rstrip('.')}; SQS frees the name of a deleted queue after 60 seconds, so run again then, or"
        " with wait.",
        code=error.code,
        request_id=error.request_id,
        **error.facts,
    )


class DeadLetters(Queues):
    """Queues that get what others could not process."""

    kind = "dead-letter queue"
    plural = "dead_letter_queues"


def info(
    client: Client,
    *,
    names: Sequence[str] | None = None,
    prefix: str | None = None,
    tags: Mapping[str, Any] | None = None,
) -> list[State]:
    """The queues that fit every filter given, with their tags and counts, by name."""
    urls = api.urls_of(client, list(dict.fromkeys(names))) if names is not None else api.urls(client, prefix or "")
    chosen = {name: url for name, url in urls.items() if name.startswith(prefix or "")}

    def look(name: str) -> State | None:
        attributes = api.attributes(client, chosen[name])
        has_tags = api.tags(client, chosen[name])
        if attributes is None or has_tags is None:
            return None
        return {**transform.state_from_api(name, chosen[name], attributes, has_tags), **_seen(attributes)}

    wanted = {str(key): None if value is None else text(value) for key, value in (tags or {}).items()}
    return [state for state in each(look, sorted(chosen)) if state is not None and _tagged(state["tags"], wanted)]


def _tagged(has: Mapping[str, str], wanted: Mapping[str, str | None]) -> bool:
    return all(key in has and value in (None, has[key]) for key, value in wanted.items())


def _seen(attributes: Mapping[str, str]) -> dict[str, Any]:
    """What only a look tells: how many messages there are in which state, and when it was made and changed."""
    visible, in_flight, delayed = (int(attributes.get(count) or 0) for count in transform.COUNTS)
    return {
        "fifo": attributes.get("FifoQueue") == "true",
        "messages_visible": visible,
        "messages_in_flight": in_flight,
        "messages_delayed": delayed,
        "created": _time(attributes.get("CreatedTimestamp")),
        "last_modified": _time(attributes.get("LastModifiedTimestamp")),
    }


def _time(seconds: str | None) -> str | None:
    return dt.datetime.fromtimestamp(float(seconds), dt.UTC).isoformat(timespec="seconds") if seconds else None
