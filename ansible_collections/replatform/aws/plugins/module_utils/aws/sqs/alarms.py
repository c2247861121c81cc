# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch alarms on queues, as ensure() needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...parallel import each
from ...resource import Resource, State
from .. import tags
from . import api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMESPACE = "AWS/SQS"
DIMENSION = "QueueName"

BLANK: State = {
    "name": None,
    "arn": None,
    "queue": None,
    "metric": None,
    "threshold": None,
    "statistic": "Maximum",
    "comparison": "GreaterThanOrEqualToThreshold",
    "period_s": 60,
    "evaluation_periods": 1,
    "datapoints_to_alarm": None,
    # SQS tells nothing of a queue that was not used for six hours.
    "missing_data": "notBreaching",
    "actions": [],
    "ok_actions": [],
    "insufficient_data_actions": [],
    "actions_enabled": True,
    "description": "",
    "tags": None,
}
OURS = ("statistic", "comparison", "missing_data", "datapoints_to_alarm")
"""What every alarm here has in common; the user is not asked."""


class Alarms(Resource):
    """Alarms on queues; `arn` gives the ARN of the alarm of that name."""

    kind = "alarm"
    plural = "alarms"
    blank = BLANK

    def __init__(self, client: Any, arn: Callable[[str], str], known: Mapping[str, State]) -> None:
        self._client = client
        self._arn = arn
        self._known: Mapping[str, State] | None = known

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        known, self._known = self._known, None
        if known is None:
            known = find(self._client, wanted)
        return {name: known[name] for name in wanted if name in known}

    def desired(self, wanted: State, current: State | None) -> State:
        found = {name: BLANK[name] for name in OURS}
        found |= {name: value for name, value in wanted.items() if name in BLANK and name != "tags"}
        if "tags" in wanted:
            found["tags"] = tags.wanted(wanted, current["tags"] if current else None)
        return found

    def create(self, wanted: State) -> State:
        api.put_alarm(self._client, wanted["name"], wanted.get("tags") or {}, **fields({**BLANK, **wanted}))
        return {**wanted, "arn": self._arn(wanted["name"])}

    def update(self, current: State, changes: State) -> State:
        if changes.keys() - {"tags"}:
            api.put_alarm(self._client, current["name"], {}, **fields({**current, **changes}))
        if "tags" in changes:
            api.tag_alarm(self._client, current["arn"], *tags.difference(current["tags"] or {}, changes["tags"]))
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        api.delete_alarm(self._client, current["name"])


def find(client: Any, wanted: Mapping[str, State]) -> dict[str, State]:
    """The alarms that exist of `wanted`, with their tags where they ask for tags."""
    described = api.alarms(client, wanted)
    asked = [name for name in described if "tags" in wanted[name]]
    arns = [described[name]["AlarmArn"] for name in asked]
    has_tags = dict(zip(asked, each(lambda arn: api.alarm_tags(client, arn), arns), strict=True))
    return {name: state_from_api(one, has_tags.get(name)) for name, one in described.items()}


def state_from_api(alarm: Mapping[str, Any], has_tags: Mapping[str, str] | None) -> State:
    dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or ()}
    ours = alarm.get("Namespace") == NAMESPACE and set(dimensions) == {DIMENSION}
    return {
        "name": alarm["AlarmName"],
        "arn": alarm["AlarmArn"],
        "queue": dimensions[DIMENSION] if ours else None,
        "metric": alarm.get("MetricName"),
        "threshold": _number(alarm.get("Threshold")),
        "statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        "comparison": alarm.get("ComparisonOperator"),
        "period_s": alarm.get("Period"),
        "evaluation_periods": alarm.get("EvaluationPeriods"),
        "datapoints_to_alarm": alarm.get("DatapointsToAlarm"),
        "missing_data": alarm.get("TreatMissingData"),
        "actions": sorted(alarm.get("AlarmActions") or ()),
        "ok_actions": sorted(alarm.get("OKActions") or ()),
        "insufficient_data_actions": sorted(alarm.get("InsufficientDataActions") or ()),
        "actions_enabled": alarm.get("ActionsEnabled", True),
        "description": alarm.get("AlarmDescription") or "",
        "tags": None if has_tags is None else dict(has_tags),
    }


def fields(state: State) -> dict[str, Any]:
    """Parameters of PutMetricAlarm, which overwrites all that an alarm has."""
    return {
        "Namespace": NAMESPACE,
        "MetricName": state["metric"],
        "Dimensions": [{"Name": DIMENSION, "Value": state["queue"]}],
        "Threshold": float(state["threshold"]),
        "Statistic": state["statistic"],
        "ComparisonOperator": state["comparison"],
        "Period": state["period_s"],
        "EvaluationPeriods": state["evaluation_periods"],
        "TreatMissingData": state["missing_data"],
        "AlarmActions": state["actions"],
        "OKActions": state["ok_actions"],
        "InsufficientDataActions": state["insufficient_data_actions"],
        "ActionsEnabled": state["actions_enabled"],
        "AlarmDescription": state["description"],
    }


def _number(value: Any) -> Any:
    return int(value) if value is not None and value == int(value) else value
