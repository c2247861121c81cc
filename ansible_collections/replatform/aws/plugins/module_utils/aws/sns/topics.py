# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS topics with their subscriptions as ensure() needs them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, ensure
from .. import policy, tags
from . import api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
ATTRIBUTES = {"display_name": "DisplayName", "kms_key_id": "KmsMasterKeyId", "policy": "Policy"}

SUBSCRIPTION_OPTIONS: dict[str, dict[str, Any]] = {
    "protocol": {
        "type": "str",
        "required": True,
        "choices": ["email", "email-json", "http", "https", "lambda", "sms", "sqs"],
    },
    "endpoint": {"type": "str", "required": True},
}
TOPIC_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "display_name": {"type": "str"},
    "kms_key_id": {"type": "str"},
    "policy": {"type": "raw"},
    "subscriptions": {"type": "list", "elements": "dict", "options": SUBSCRIPTION_OPTIONS},
    **tags.ITEM_TAGS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


class Topics(Resource):
    """Standard topics by name."""

    kind = "topic"
    plural = "topics"
    blank: ClassVar[State] = {
        "name": None,
        "arn": None,
        "display_name": "",
        "kms_key_id": "",
        "policy": None,
        "subscriptions": [],
        "tags": {},
    }

    def __init__(self, client: Any) -> None:
        self._client = client
        self._subscribed: dict[str, list[dict[str, str]]] = {}

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        arns = api.topics(self._client)
        names = [name for name in wanted if name in arns]
        return dict(zip(names, each(lambda name: self._state(arns[name], wanted[name]), names), strict=True))

    def desired(self, wanted: State, current: State | None) -> State:
        found: State = {"name": wanted["name"]}
        for name in ("display_name", "kms_key_id"):
            if name in wanted:
                found[name] = wanted[name] or ""
        if wanted.get("policy"):
            found["policy"] = policy.as_it_is(wanted["policy"], current["policy"] if current else None)
        if "subscriptions" in wanted:
            found["subscriptions"] = _sorted(wanted["subscriptions"] or ())
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        sent = {name: _text(wanted[name]) for name in ATTRIBUTES if wanted.get(name)}
        arn = api.create(
            self._client,
            wanted["name"],
            {ATTRIBUTES[name]: value for name, value in sent.items()},
            wanted.get("tags", {}),
        )
        made = {**self.blank, **wanted, "subscriptions": [], "arn": arn}
        return self.update(made, {"subscriptions": wanted["subscriptions"]} if wanted.get("subscriptions") else {})

    def update(self, current: State, changes: State) -> State:
        arn = current["arn"]
        for name, attribute in ATTRIBUTES.items():
            if name in changes:
                api.set_attribute(self._client, arn, attribute, _text(changes[name]))
        if "subscriptions" in changes:
            self._update_subscriptions(current, changes["subscriptions"])
        if "tags" in changes:
            api.tag(self._client, arn, *tags.difference(current["tags"], changes["tags"]))
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        api.delete(self._client, current["arn"])

    def _update_subscriptions(self, current: State, wanted: Sequence[Mapping[str, str]]) -> None:
        for one in wanted:
            if one not in current["subscriptions"]:
                api.subscribe(self._client, current["arn"], one["protocol"], one["endpoint"])
        for one in self._subscribed.get(current["name"], ()):
            if _confirmed(one) and _short(one) not in wanted:
                api.unsubscribe(self._client, one["SubscriptionArn"])

    def _state(self, arn: str, wanted: State) -> State:
        has = api.attributes(self._client, arn) if wanted.get("state") != "absent" else {}
        name = arn.rpartition(":")[2]
        asked_for = _sorted(wanted.get("subscriptions") or ())
        if "subscriptions" in wanted:
            self._subscribed[name] = api.subscriptions(self._client, arn)
        # One that waits to be confirmed cannot be ended; SNS forgets it by itself.
        counted = [_short(one) for one in self._subscribed.get(name, ()) if _confirmed(one) or _short(one) in asked_for]
        return {
            "name": name,
            "arn": arn,
            "display_name": has.get("DisplayName") or "",
            "kms_key_id": has.get("KmsMasterKeyId") or "",
            "policy": policy.from_api(has.get("Policy")) if wanted.get("policy") else None,
            "subscriptions": _sorted(counted),
            "tags": tags.from_api(api.tags(self._client, arn)) if wanted.get("tags") is not None else {},
        }


def ensure_all(client: Any, given: Mapping[str, Any], mode: Mode) -> Outcome:
    """The topics of `given` made so."""
    items = enumerate(tags.beside(given["topics"], given))
    return ensure(Topics(client), [_checked(one, f"topics[{number}]") for number, one in items], mode)


def _checked(options: Mapping[str, Any], path: str) -> State:
    found = dict(options)
    if not NAME.fullmatch(options["name"]):
        raise ReplatformError(
            f"{path}.name is {options['name']!r}; use letters, digits, - and _ only, 256 at most (no FIFO topics).",
            code="InvalidOptions",
        )
    if options.get("policy"):
        found["policy"] = policy.document(options["policy"], f"{path}.policy")
    return found


def _sorted(subscriptions: Any) -> list[dict[str, str]]:
    found = {(one["protocol"], one["endpoint"]) for one in subscriptions}
    return [{"protocol": protocol, "endpoint": endpoint} for protocol, endpoint in sorted(found)]


def _short(subscription: Mapping[str, str]) -> dict[str, str]:
    return {"protocol": subscription["Protocol"], "endpoint": subscription["Endpoint"]}


def _confirmed(subscription: Mapping[str, str]) -> bool:
    return subscription["SubscriptionArn"].startswith("arn:")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
