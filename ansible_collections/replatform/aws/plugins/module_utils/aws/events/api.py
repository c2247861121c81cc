# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge's calls for rules, one function each; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ..errors import calling, region
from ..tags import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


def rules(client: Any, bus: str, prefix: str) -> dict[str, dict[str, Any]]:
    """ListRules of a bus by name, all pages, of those whose names begin so."""
    by_prefix = {"NamePrefix": prefix} if prefix else {}
    with calling(f"list the rules of event bus {bus} {region(client)}"):
        pages = client.get_paginator("list_rules").paginate(EventBusName=bus, **by_prefix)
        return {one["Name"]: one for page in pages for one in page["Rules"]}


def targets(client: Any, bus: str, name: str) -> list[dict[str, Any]]:
    with calling(f"read the targets of rule {name} {region(client)}"):
        pages = client.get_paginator("list_targets_by_rule").paginate(Rule=name, EventBusName=bus)
        return [one for page in pages for one in page["Targets"]]


def tags(client: Any, arn: str) -> list[dict[str, str]]:
    with calling(f"read the tags of {arn}"):
        return list(client.list_tags_for_resource(ResourceARN=arn)["Tags"])


def put_rule(client: Any, bus: str, name: str, **fields: Any) -> str:
    """The rule's ARN. What is not given goes away; tags count for a new rule only."""
    with calling(f"write rule {name} {region(client)}"):
        return str(client.put_rule(Name=name, EventBusName=bus, **fields)["RuleArn"])


def put_targets(client: Any, bus: str, name: str, wanted: Iterable[Mapping[str, Any]]) -> None:
    with calling(f"set the targets of rule {name} {region(client)}"):
        answer = client.put_targets(Rule=name, EventBusName=bus, Targets=list(wanted))
    _all_done(client, name, answer)


def remove_targets(client: Any, bus: str, name: str, ids: Iterable[str]) -> None:
    with calling(f"remove targets of rule {name} {region(client)}"):
        try:
            answer = client.remove_targets(Rule=name, EventBusName=bus, Ids=list(ids))
        except client.exceptions.ResourceNotFoundException:
            return
    _all_done(client, name, answer)


def tag(client: Any, arn: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag {arn}"):
        if gone:
            client.untag_resource(ResourceARN=arn, TagKeys=list(gone))
        if new:
            client.tag_resource(ResourceARN=arn, Tags=listed(new))


def delete(client: Any, bus: str, name: str) -> None:
    with calling(f"delete rule {name} {region(client)}"), suppress(client.exceptions.ResourceNotFoundException):
        client.delete_rule(Name=name, EventBusName=bus)


def _all_done(client: Any, name: str, answer: Mapping[str, Any]) -> None:
    """These calls answer 200 also when some targets failed (API Reference, PutTargets)."""
    if failed := answer.get("FailedEntries"):
        what = "; ".join(f"{one.get('TargetId')}: {str(one.get('ErrorMessage')).rstrip('.')}" for one in failed)
        raise ReplatformError(
            f"Cannot set all targets of rule {name} {region(client)}: {what}; correct them and run again.",
            code=failed[0].get("ErrorCode"),
        )
