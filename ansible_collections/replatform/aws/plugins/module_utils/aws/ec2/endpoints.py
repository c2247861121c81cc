# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints that lead to AWS's services without the internet, and flow logs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import ReplatformError
from ...resource import State
from .description import log_destination
from .part import Part, refuse_unsuccessful

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .network import Raw

KINDS_OF_MEMBERS = {"route_tables": "route table", "subnets": "subnet", "security_groups": "security group"}
PARAMETERS = {"route_tables": "RouteTableIds", "subnets": "SubnetIds", "security_groups": "SecurityGroupIds"}
READY = "available"
COMING = ("pending", "pendingacceptance", "partial")


class VpcEndpoints(Part):
    """Gateway and interface endpoints; each knows its service, and a network has one endpoint for each service."""

    kind = "vpc endpoint"
    plural = "vpc_endpoints"
    type = "vpc-endpoint"
    creation = ("create_vpc_endpoint", "VpcEndpoint")
    deletion = ("delete_vpc_endpoints", "VpcEndpointIds")
    immutable = frozenset({"service", "type"})
    blank: ClassVar[State] = {
        "name": None, "id": None, "service": None, "type": None, "route_tables": [], "subnets": [],
        "security_groups": [], "private_dns": False, "status": None, "reason": None, "tags": {},
    }  # fmt: skip

    def state(self, raw: Raw) -> State:
        members = {
            "route_tables": raw.get("RouteTableIds") or (),
            "subnets": raw.get("SubnetIds") or (),
            "security_groups": [one["GroupId"] for one in raw.get("Groups") or ()],
        }
        interface = raw.get("VpcEndpointType") == "Interface"
        return {
            "service": raw["ServiceName"],
            "type": raw.get("VpcEndpointType"),
            **{
                name: sorted(str(self.network.called([KINDS_OF_MEMBERS[name]], one)) for one in ids)
                for name, ids in members.items()
            },
            "private_dns": interface and bool(raw.get("PrivateDnsEnabled")),
            "status": str(raw["State"]).lower(),
            "reason": (raw.get("LastError") or {}).get("Message"),
        }

    def create(self, wanted: State) -> State:
        parameters: dict[str, Any] = {
            "VpcId": self.network.id("vpc", self.network.name),
            "ServiceName": wanted["service"],
            "VpcEndpointType": wanted["type"],
            "ClientToken": str(uuid.uuid4()),
        }
        for name, parameter in PARAMETERS.items():
            if name in wanted:
                parameters[parameter] = self._ids(name, wanted[name])
        if "private_dns" in wanted:
            parameters["PrivateDnsEnabled"] = wanted["private_dns"]
        raw = self.make(wanted, **parameters)
        return {**wanted, "id": raw["VpcEndpointId"], "status": str(raw["State"]).lower()}

    def update(self, current: State, changes: State) -> State:
        parameters: dict[str, Any] = {}
        for name, parameter in PARAMETERS.items():
            if name in changes:
                new = [one for one in changes[name] if one not in current[name]]
                gone = [one for one in current[name] if one not in changes[name]]
                parameters |= {f"Add{parameter}": self._ids(name, new)} if new else {}
                parameters |= {f"Remove{parameter}": self._ids(name, gone)} if gone else {}
        if "private_dns" in changes:
            parameters["PrivateDnsEnabled"] = changes["private_dns"]
        if parameters:
            what = f"change vpc endpoint {current['name']}"
            self.call(what, "modify_vpc_endpoint", VpcEndpointId=current["id"], **parameters)
        self.retag(current, changes)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:
        if current["status"] == "deleting":
            self.network.unlearn(self.kind, current["name"])
        else:
            super().delete(current, wanted)

    def ready(self, current: State) -> bool:
        if current["status"] not in (READY, *COMING):
            raise ReplatformError(
                f"VPC endpoint {current['name']} is {current['status']}: {current['reason'] or 'no reason given'};"
                " correct the cause and run again.",
                code="VpcEndpointFailed",
            )
        return bool(current["status"] == READY)

    def _ids(self, members: str, names: list[str]) -> list[str]:
        """Ids of the network's own parts; what somebody else attached is told by its id already."""
        kind = KINDS_OF_MEMBERS[members]
        return [self.network.known(kind, name) or self._foreign(kind, name) for name in names]

    def _foreign(self, kind: str, name: str) -> str:
        return name if name.startswith(("rtb-", "subnet-", "sg-")) else self.network.id(kind, name)


class FlowLogs(Part):
    """The flow log of the VPC. EC2 can change none, so a change deletes it and makes it anew."""

    kind = "flow log"
    plural = "flow_logs"
    type = "vpc-flow-log"
    creation = ("create_flow_logs", "")
    deletion = ("delete_flow_logs", "FlowLogIds")
    blank: ClassVar[State] = {
        "name": None, "id": None, "destination": None, "role_arn": None, "traffic": None, "interval_seconds": None,
        "tags": {},
    }  # fmt: skip

    def state(self, raw: Raw) -> State:
        return {
            "destination": raw.get("LogGroupName") or log_destination(raw.get("LogDestination") or ""),
            "role_arn": raw.get("DeliverLogsPermissionArn"),
            "traffic": raw["TrafficType"],
            "interval_seconds": raw.get("MaxAggregationInterval"),
        }

    def made(self, answer: Mapping[str, Any]) -> Raw:
        refuse_unsuccessful(f"create flow log {self.network.name}", answer)
        return {"FlowLogId": answer["FlowLogIds"][0]}

    def create(self, wanted: State) -> State:
        destination = wanted["destination"]
        service = destination.split(":")[2] if destination.startswith("arn:") else "logs"
        where = {
            "logs": {"LogDestinationType": "cloud-watch-logs", "LogGroupName": destination},
            "s3": {"LogDestinationType": "s3", "LogDestination": destination},
            "firehose": {"LogDestinationType": "kinesis-data-firehose", "LogDestination": destination},
        }[service]
        role = {"DeliverLogsPermissionArn": wanted["role_arn"]} if wanted.get("role_arn") else {}
        raw = self.make(
            wanted,
            ClientToken=str(uuid.uuid4()),
            ResourceIds=[self.network.id("vpc", self.network.name)],
            ResourceType="VPC",
            TrafficType=wanted["traffic"],
            MaxAggregationInterval=wanted["interval_seconds"],
            **where,
            **role,
        )
        return {**wanted, "id": raw["FlowLogId"]}

    def update(self, current: State, changes: State) -> State:
        if changes.keys() <= {"tags"}:
            self.retag(current, changes)
            return {**current, **changes}
        wanted = {**current, **changes}
        self.delete(current, wanted)
        return {**wanted, **self.create(wanted)}
