# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things of ElastiCache as the user writes them and as the service answers, made comparable; no client, no clock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from .. import tags as tagging

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...resource import State

VERSION_TAG = "replatform:secret-version"
"""On a user: the version of the secret whose password it has, as no password can be read back."""

NAME = re.compile(r"[a-z](?:-?[a-z0-9])*")
"""ElastiCache keeps names in lower case: one with a capital would be another one at every run."""

SWITCHED_OFF = "off -@all"
IDLE = frozenset({"available", "active"})

SUBNET_GROUP: State = {
    "name": None,
    "arn": None,
    "description": "",
    "subnet_ids": [],
    "vpc_id": None,
    "tags": {},
}
PARAMETER_GROUP: State = {
    "name": None,
    "arn": None,
    "family": None,
    "description": "",
    "parameters": {},
    "tags": {},
}
USER: State = {
    "id": None,
    "arn": None,
    "user_name": None,
    "engine": None,
    "access_string": None,
    "authentication": None,
    "password_count": 0,
    # The version of the secret that holds it.
    "password": None,
    "status": None,
    "tags": {},
}
USER_GROUP: State = {
    "id": None,
    "arn": None,
    "engine": None,
    "users": [],
    "status": None,
    "tags": {},
}
REPLICATION_GROUP: State = {
    "name": None,
    "arn": None,
    "status": None,
    "endpoint": None,
    "reader_endpoint": None,
    "description": "",
    "engine": None,
    "engine_version": None,
    "node_type": None,
    "replicas": None,
    "shards": None,
    "cluster_mode": None,
    "automatic_failover": None,
    "multi_az": None,
    "parameter_group": None,
    "subnet_group": None,
    "security_group_ids": [],
    "port": None,
    "user_group": None,
    "transit_encryption": None,
    "at_rest_encryption": None,
    "kms_key_id": None,
    "maintenance_window": None,
    "snapshot_window": None,
    "snapshot_retention_days": None,
    "notification_topic_arn": None,
    "auto_minor_version_upgrade": None,
    "log_delivery": [],
    "tags": {},
}


def subnet_group(found: Mapping[str, Any], tags: Mapping[str, str]) -> State:
    return {
        "name": found["CacheSubnetGroupName"],
        "arn": found.get("ARN"),
        "description": found.get("CacheSubnetGroupDescription") or "",
        "subnet_ids": sorted(one["SubnetIdentifier"] for one in found.get("Subnets", ())),
        "vpc_id": found.get("VpcId"),
        "tags": dict(tags),
    }


def parameter_group(
    found: Mapping[str, Any], parameters: Iterable[Mapping[str, Any]], named: Iterable[str], tags: Mapping[str, str]
) -> State:
    """`parameters` of a group are those that somebody has set, and those that are `named`."""
    names = set(named)
    return {
        "name": found["CacheParameterGroupName"],
        "arn": found.get("ARN"),
        "family": found["CacheParameterGroupFamily"],
        "description": found.get("Description") or "",
        "parameters": {
            one["ParameterName"]: one.get("ParameterValue", "")
            for one in parameters
            if one.get("Source") == "user" or one["ParameterName"] in names
        },
        "tags": dict(tags),
    }


def user(found: Mapping[str, Any], tags: Mapping[str, str]) -> State:
    authentication = found.get("Authentication") or {}
    return {
        "id": found["UserId"],
        "arn": found.get("ARN"),
        "user_name": found["UserName"],
        "engine": found.get("Engine"),
        "access_string": found.get("AccessString"),
        "authentication": authentication.get("Type"),
        "password_count": authentication.get("PasswordCount") or 0,
        "password": tags.get(VERSION_TAG),
        "status": found.get("Status"),
        "tags": {key: value for key, value in tags.items() if key != VERSION_TAG},
    }


def user_group(found: Mapping[str, Any], tags: Mapping[str, str]) -> State:
    """With the changes that the service is still making."""
    pending = found.get("PendingChanges") or {}
    users = {*found.get("UserIds", ()), *pending.get("UserIdsToAdd", ())} - {*pending.get("UserIdsToRemove", ())}
    return {
        "id": found["UserGroupId"],
        "arn": found.get("ARN"),
        "engine": found.get("Engine"),
        "users": sorted(users),
        "status": found.get("Status"),
        "tags": dict(tags),
    }


def replication_group(found: Mapping[str, Any], cluster: Mapping[str, Any], tags: Mapping[str, str]) -> State:
    """A replication group with one of its nodes; what waits for the maintenance window counts as made."""
    pending = found.get("PendingModifiedValues") or {}
    node_pending = cluster.get("PendingModifiedValues") or {}
    shards = len(found.get("NodeGroups", ())) or 1
    first = (found.get("NodeGroups") or [{}])[0]
    topic = cluster.get("NotificationConfiguration") or {}
    return {
        "name": found["ReplicationGroupId"],
        "arn": found.get("ARN"),
        "status": found.get("Status"),
        "endpoint": _address(found.get("ConfigurationEndpoint") or first.get("PrimaryEndpoint")),
        "reader_endpoint": _address(first.get("ReaderEndpoint")),
        "description": found.get("Description") or "",
        "engine": found.get("Engine"),
        "engine_version": short_version(node_pending.get("EngineVersion") or cluster.get("EngineVersion")),
        "node_type": node_pending.get("CacheNodeType") or found.get("CacheNodeType"),
        "replicas": max(len(found.get("MemberClusters", ())) // shards - 1, 0),
        "shards": shards,
        "cluster_mode": pending.get("ClusterMode") or found.get("ClusterMode"),
        "automatic_failover": _failover(found, pending),
        "multi_az": found.get("MultiAZ") == "enabled",
        "parameter_group": (cluster.get("CacheParameterGroup") or {}).get("CacheParameterGroupName"),
        "subnet_group": cluster.get("CacheSubnetGroupName"),
        "security_group_ids": sorted(one["SecurityGroupId"] for one in cluster.get("SecurityGroups", ())),
        "port": _port(found, first),
        "user_group": _user_group(found, pending),
        "transit_encryption": _transit(found, pending),
        "at_rest_encryption": found.get("AtRestEncryptionEnabled"),
        "kms_key_id": found.get("KmsKeyId"),
        "maintenance_window": cluster.get("PreferredMaintenanceWindow"),
        "snapshot_window": found.get("SnapshotWindow"),
        "snapshot_retention_days": found.get("SnapshotRetentionLimit"),
        "notification_topic_arn": topic.get("TopicArn") if topic.get("TopicStatus") == "active" else None,
        "auto_minor_version_upgrade": found.get("AutoMinorVersionUpgrade"),
        "log_delivery": _logs(found.get("LogDeliveryConfigurations"), pending.get("LogDeliveryConfigurations")),
        "tags": dict(tags),
    }


def info(found: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]], tags: Mapping[str, str]) -> State:
    """What elasticache_replication_group_info returns of one replication group."""
    cluster = nodes[0] if nodes else {}
    return {
        **replication_group(found, cluster, tags),
        "nodes": [
            {
                "name": node["CacheClusterId"],
                "status": node.get("CacheClusterStatus"),
                "availability_zone": node.get("PreferredAvailabilityZone"),
                "engine_version": node.get("EngineVersion"),
                "parameters": (node.get("CacheParameterGroup") or {}).get("ParameterApplyStatus"),
            }
            for node in nodes
        ],
        "pending": sorted(
            {
                name
                for one in (found, cluster)
                for name, value in (one.get("PendingModifiedValues") or {}).items()
                if value
            }
        ),
    }


def wanted_subnet_group(options: Mapping[str, Any], current: State | None) -> State:
    found = _described(options, current)
    if options.get("subnet_ids") is not None:
        found["subnet_ids"] = sorted(set(options["subnet_ids"]))
    return found


def wanted_parameter_group(options: Mapping[str, Any], current: State | None) -> State:
    found = _described(options, current)
    if options.get("family"):
        found["family"] = options["family"]
    if options.get("parameters") is not None:
        named = {str(name): parameter_value(value) for name, value in options["parameters"].items()}
        kept = {} if options.get("purge_parameters", True) or current is None else current["parameters"]
        found["parameters"] = {**kept, **named}
    return found


def wanted_user_group(options: Mapping[str, Any], current: State | None) -> State:
    found: State = {"id": options["id"], **_tags(options, current)}
    if options.get("engine") or current is None:
        found["engine"] = options.get("engine") or "valkey"
    if options.get("users") is not None:
        found["users"] = sorted(set(options["users"]))
    return found


def wanted_user(options: Mapping[str, Any], current: State | None) -> State:
    """All but the password, which the resource knows."""
    found: State = {"id": options["id"], **_tags(options, current)}
    if options.get("user_name") or current is None:
        found["user_name"] = options.get("user_name") or options["id"]
    if options.get("engine") or current is None:
        found["engine"] = options.get("engine") or "valkey"
    access = SWITCHED_OFF if options.get("switched_off") else options.get("access_string")
    if access is not None:
        same = current is not None and access_rules(access) == access_rules(current["access_string"] or "")
        found["access_string"] = current["access_string"] if current is not None and same else access
    if options.get("iam"):
        found |= {"authentication": "iam", "password_count": 0, "password": None}
    elif options.get("password") or (options.get("switched_off") and current is None):
        found["authentication"] = "password"
    return found


PLAIN = (
    "node_type", "replicas", "shards", "cluster_mode", "automatic_failover", "multi_az", "parameter_group",
    "subnet_group", "port", "transit_encryption", "at_rest_encryption", "kms_key_id", "snapshot_window",
    "snapshot_retention_days", "auto_minor_version_upgrade",
)  # fmt: skip
"""Options of a replication group that are compared as they are; null says nothing of them."""
NULLABLE = ("user_group", "notification_topic_arn")
"""Those that null takes away."""


def wanted_replication_group(options: Mapping[str, Any], current: State | None) -> State:
    found = _described(options, current)
    found |= {name: options[name] for name in PLAIN if options.get(name) is not None}
    found |= {name: options[name] or None for name in NULLABLE if name in options}
    if options.get("engine") or current is None:
        found["engine"] = options.get("engine") or "valkey"
    if options.get("engine_version"):
        found["engine_version"] = short_version(options["engine_version"])
    if options.get("maintenance_window"):
        found["maintenance_window"] = str(options["maintenance_window"]).lower()
    if options.get("security_group_ids") is not None:
        found["security_group_ids"] = sorted(set(options["security_group_ids"]))
    if "log_delivery" in options:
        found["log_delivery"] = sorted(options["log_delivery"] or (), key=lambda one: str(one["type"]))
    if current is None:
        found.setdefault("replicas", 0)
        found.setdefault("shards", 1)
        found.setdefault("cluster_mode", "disabled")
        found.setdefault("automatic_failover", False)
        found.setdefault("multi_az", False)
    elif "kms_key_id" in found and same_key(found["kms_key_id"], current["kms_key_id"]):
        found["kms_key_id"] = current["kms_key_id"]
    return found


def parameter_value(value: Any) -> str:
    """A parameter as ElastiCache writes it: YAML's true is yes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def refused_parameter(values: Mapping[str, str], known: Iterable[Mapping[str, Any]], where: str) -> None:
    """Raises ReplatformError when one of `values` is no parameter of `known`, cannot be changed or may not be that."""
    by_name = {one["ParameterName"]: one for one in known}
    for name, value in values.items():
        about = by_name.get(name)
        if about is None:
            near = [one for one in sorted(by_name) if one.startswith(name[:6])][:5]
            hint = f" did you mean {', '.join(near)}?" if near else " see DescribeEngineDefaultParameters."
            raise _invalid(f"{where} has no parameter {name};{hint}", parameter=name)
        if value == about.get("ParameterValue"):
            continue
        if not about.get("IsModifiable", True):
            fixed = about.get("ParameterValue")
            raise _invalid(f"{where}: parameter {name} is {fixed} and cannot be changed; leave it out.", parameter=name)
        allowed = about.get("AllowedValues") or ""
        if not allows(allowed, value):
            raise _invalid(
                f"{where}: parameter {name} cannot be {value!r}; allowed is {allowed}.", parameter=name, allowed=allowed
            )


def allows(allowed: str, value: str) -> bool:
    """Whether `value` fits AllowedValues: words and ranges between commas; nothing said means anything goes."""
    pieces = [piece.strip() for piece in allowed.split(",") if piece.strip()]
    if not pieces or value in pieces:
        return True
    if not re.fullmatch(r"-?\d+", value):
        return False
    ranges = [re.fullmatch(r"(-?\d+)-(-?\d*)", piece) for piece in pieces]
    return any(
        one is not None and int(one[1]) <= int(value) and (not one[2] or int(value) <= int(one[2])) for one in ranges
    )


SYNONYMS = {
    "allkeys": "~*",
    "allchannels": "&*",
    "allcommands": "+@all",
    "nocommands": "-@all",
}
FROM_NOTHING = ("resetkeys", "resetchannels", "-@all")
"""What a user has before the first rule: saying so again changes nothing."""


def access_rules(access: str) -> tuple[str, ...]:
    """An access string's rules in one spelling, as the service may return them in another."""
    rules = [SYNONYMS.get(rule, rule) for rule in access.split()]
    switch = "on" if "on" in rules else "off"
    rest = [rule for rule in rules if rule not in ("on", "off", "sanitize-payload")]
    granted = next((place for place, rule in enumerate(rest) if rule.startswith("+")), len(rest))
    return (
        switch,
        *(rule for place, rule in enumerate(rest) if not (place < granted and rule in FROM_NOTHING)),
    )


def short_version(version: Any) -> str | None:
    """An engine's version as it is asked for: major and minor; the service itself chooses the patch."""
    return ".".join(str(version).split(".")[:2]) if version else None


def version_key(version: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version or ""))


def same_key(one: str | None, other: str | None) -> bool:
    """Whether two names of a KMS key, ids or ARNs, are of the same one."""
    return (one or "").rpartition("/")[2] == (other or "").rpartition("/")[2]


def checked_name(kind: str, name: str, longest: int) -> None:
    if not NAME.fullmatch(name) or len(name) > longest:
        raise _invalid(
            f"{kind} {name}: a name has up to {longest} lower case letters, digits and single hyphens, begins with a"
            " letter and does not end with a hyphen; correct it (ElastiCache itself keeps names in lower case).",
            name=name,
        )


DAYS = "(?:mon|tue|wed|thu|fri|sat|sun)"
HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d"
FORMATS = {
    "maintenance_window": (rf"{DAYS}:{HOUR}-{DAYS}:{HOUR}", "ddd:hh:mm-ddd:hh:mm in UTC, such as sun:03:00-sun:04:00"),
    "snapshot_window": (rf"{HOUR}-{HOUR}", "hh:mm-hh:mm in UTC, such as 01:00-02:00"),
    "engine_version": (r"\d+\.\d+", "major and minor, such as 8.0"),
    "node_type": (r"cache\.[a-z0-9]+\.[a-z0-9]+", "such as cache.t4g.small"),
    "notification_topic_arn": (r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+", "the ARN of an SNS topic"),
}
RANGES = {"replicas": (0, 5), "shards": (1, 500), "port": (1, 65535), "snapshot_retention_days": (0, 35)}


def refused_replication_group(group: State, asked: State) -> None:
    """Raises ReplatformError when what is `asked` for is malformed, or cannot be beside the rest of `group`."""
    name = group["name"]
    for option, (form, example) in FORMATS.items():
        if asked.get(option) is not None and not re.fullmatch(form, str(asked[option])):
            raise _invalid(f"replication group {name}: {option} {asked[option]!r} must be {example}.", option=option)
    for option, (least, most) in RANGES.items():
        if asked.get(option) is not None and not least <= asked[option] <= most:
            raise _invalid(
                f"replication group {name}: {option} {asked[option]} must be from {least} to {most}.", option=option
            )
    for option, reason in _conflicts(group):
        if option in asked:
            raise _invalid(f"replication group {name}: {reason}", option=option)


def _conflicts(group: State) -> Iterable[tuple[str, str]]:
    """An option and why it cannot be what it is beside the others."""
    sharded = group["cluster_mode"] in ("compatible", "enabled")
    if group["multi_az"] and not group["automatic_failover"]:
        yield "multi_az", "multi_az needs automatic_failover; set both."
    if group["automatic_failover"] and not sharded and group["replicas"] == 0:
        yield "automatic_failover", "automatic_failover needs at least one replica; set replicas."
        yield "replicas", "automatic_failover needs at least one replica; keep one, or switch it off first."
    if sharded and group["automatic_failover"] is False:
        yield "cluster_mode", "a group in cluster mode needs automatic_failover; set it."
    if (group["shards"] or 1) > 1 and not sharded:
        yield "shards", "only a group with cluster_mode enabled has more than one of shards; set cluster_mode."
    if group["user_group"] and group["transit_encryption"] in (None, "disabled"):
        yield "user_group", "a user_group needs transit_encryption, as passwords would pass in the clear; set it."
    if group["kms_key_id"] and group["at_rest_encryption"] is False:
        yield "kms_key_id", "kms_key_id needs at_rest_encryption; set it."
    if group["security_group_ids"] == []:
        yield "security_group_ids", "security_group_ids must hold at least one security group."


ANEW = (
    "make a group of another name with snapshot_name of a snapshot of this one, lead the applications there and remove"
    " this one"
)
NEVER = {
    "subnet_group": ANEW,
    "port": ANEW,
    "at_rest_encryption": ANEW,
    "kms_key_id": ANEW,
}
STEPS = {
    "transit_encryption": [("disabled", "preferred"), ("preferred", "required"), ("required", "preferred"),
                           ("preferred", "disabled")],
    "cluster_mode": [("disabled", "compatible"), ("compatible", "enabled"), ("compatible", "disabled")],
}  # fmt: skip
"""Changes that the service makes; every other of these attributes is refused."""


def refused_change(current: State, asked: State) -> None:
    """Raises ReplatformError when the service cannot make a replication group that exists into what is asked for."""
    changes = {name: value for name, value in asked.items() if value != current.get(name)}
    for name in changes.keys() & NEVER.keys():
        raise immutable("replication group", current["name"], name, current[name], changes[name], NEVER[name])
    if changes.get("engine") == "redis":
        raise immutable("replication group", current["name"], "engine", current["engine"], "redis", ANEW)
    version = changes.get("engine_version")
    same_engine = "engine" not in changes
    if version and same_engine and version_key(version) < version_key(current["engine_version"]):
        raise immutable(
            "replication group", current["name"], "engine_version", current["engine_version"], version,
            "an engine is never downgraded; " + ANEW + " with the older version",
        )  # fmt: skip
    for name, allowed in STEPS.items():
        if name in changes and (current[name], changes[name]) not in allowed:
            raise immutable(
                "replication group", current["name"], name, current[name], changes[name], _way(name, current[name])
            )


def _way(name: str, value: Any) -> str:
    if name == "transit_encryption":
        return "set preferred first, let every client change, and run again with the last value"
    if value == "enabled":
        return "cluster mode is never switched off again; " + ANEW
    return "set compatible first, let every client change, and run again with enabled"


def immutable(kind: str, key: str, name: str, old: Any, new: Any, way: str) -> ReplatformError:
    return ReplatformError(
        f"{kind} {key} has {name} {old!r} and cannot be given {new!r} afterwards. Nothing was changed: give the old"
        f" value, or {way}.",
        code="ImmutableAttribute",
        immutable={f"{kind} {key}": {name: {"old": old, "new": new}}},
    )


def create_replication_group(group: State, options: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of CreateReplicationGroup."""
    parameters = {
        "ReplicationGroupId": group["name"],
        "ReplicationGroupDescription": group["description"],
        **modification(group),
    }
    for ours, theirs in CREATED.items():
        if group.get(ours) is not None:
            parameters[theirs] = group[ours]
    if group["cluster_mode"] == "disabled" and group["shards"] == 1:
        parameters["NumCacheClusters"] = group["replicas"] + 1
    else:
        parameters |= {"NumNodeGroups": group["shards"], "ReplicasPerNodeGroup": group["replicas"]}
    if group.get("user_group"):
        parameters["UserGroupIds"] = [group["user_group"]]
    if group.get("transit_encryption"):
        parameters["TransitEncryptionEnabled"] = group["transit_encryption"] != "disabled"
    if group.get("transit_encryption") == "preferred":
        parameters["TransitEncryptionMode"] = "preferred"
    if group.get("tags"):
        parameters["Tags"] = tagging.listed(group["tags"])
    parameters |= {
        theirs: options[ours]
        for ours, theirs in (("snapshot_name", "SnapshotName"), ("snapshot_arns", "SnapshotArns"))
        if options.get(ours)
    }
    return parameters


CREATED = {
    "engine": "Engine",
    "engine_version": "EngineVersion",
    "node_type": "CacheNodeType",
    "cluster_mode": "ClusterMode",
    "parameter_group": "CacheParameterGroupName",
    "subnet_group": "CacheSubnetGroupName",
    "port": "Port",
    "at_rest_encryption": "AtRestEncryptionEnabled",
    "kms_key_id": "KmsKeyId",
    "notification_topic_arn": "NotificationTopicArn",
}
SETTINGS = {
    "automatic_failover": "AutomaticFailoverEnabled",
    "multi_az": "MultiAZEnabled",
    "security_group_ids": "SecurityGroupIds",
    "maintenance_window": "PreferredMaintenanceWindow",
    "snapshot_window": "SnapshotWindow",
    "snapshot_retention_days": "SnapshotRetentionLimit",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
}
"""Attributes that creating and modifying take under the same name."""


def modification(changes: State, current: State | None = None) -> dict[str, Any]:
    """Parameters of ModifyReplicationGroup for what is changed without a new node."""
    parameters = {theirs: changes[ours] for ours, theirs in SETTINGS.items() if changes.get(ours) is not None}
    if "log_delivery" in changes:
        parameters["LogDeliveryConfigurations"] = log_requests(
            changes["log_delivery"], current["log_delivery"] if current else []
        )
    if current is None:
        return parameters
    if "description" in changes:
        parameters["ReplicationGroupDescription"] = changes["description"]
    if "notification_topic_arn" in changes:
        topic = changes["notification_topic_arn"]
        parameters["NotificationTopicStatus"] = "active" if topic else "inactive"
        if topic:
            parameters["NotificationTopicArn"] = topic
    return parameters


LATE = frozenset({"engine", "engine_version", "parameter_group", "node_type"})
"""What waits for the maintenance window unless it is asked for at once."""


def modifications(changes: State, current: State) -> Iterable[tuple[set[str], dict[str, Any]]]:
    """Parameters of ModifyReplicationGroup for what may not be changed beside anything else, a call each."""
    upgraded = {
        theirs: changes[ours]
        for ours, theirs in (
            ("engine", "Engine"),
            ("engine_version", "EngineVersion"),
            ("parameter_group", "CacheParameterGroupName"),
        )
        if ours in changes
    }
    if upgraded:
        yield changes.keys() & {"engine", "engine_version", "parameter_group"}, upgraded
    if "node_type" in changes:
        yield {"node_type"}, {"CacheNodeType": changes["node_type"]}
    if "transit_encryption" in changes:
        mode = changes["transit_encryption"]
        enabled = {"TransitEncryptionEnabled": mode != "disabled"}
        yield {"transit_encryption"}, enabled | ({} if mode == "disabled" else {"TransitEncryptionMode": mode})
    if "user_group" in changes:
        has, wanted = current["user_group"], changes["user_group"]
        removed = {"UserGroupIdsToRemove": [has]} if has else {}
        added: dict[str, Any] = {"UserGroupIdsToAdd": [wanted], **removed}
        yield {"user_group"}, added if wanted else {"RemoveUserGroups": True}
    if "cluster_mode" in changes:
        yield {"cluster_mode"}, {"ClusterMode": changes["cluster_mode"]}


def log_requests(wanted: Iterable[Mapping[str, Any]], current: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """LogDeliveryConfigurations: the wanted ones, and those of no wanted type switched off."""
    wanted = list(wanted)
    types = {one["type"] for one in wanted}
    return [
        *(
            {
                "LogType": one["type"],
                "DestinationType": one["destination_type"],
                "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": one["destination"]}}
                if one["destination_type"] == "cloudwatch-logs"
                else {"KinesisFirehoseDetails": {"DeliveryStream": one["destination"]}},
                "LogFormat": one["format"],
                "Enabled": True,
            }
            for one in wanted
        ),
        *({"LogType": one["type"], "Enabled": False} for one in current if one["type"] not in types),
    ]


def _described(options: Mapping[str, Any], current: State | None) -> State:
    found: State = {"name": options["name"], **_tags(options, current)}
    if options.get("description") or current is None:
        found["description"] = options.get("description") or options["name"]
    return found


def _tags(options: Mapping[str, Any], current: State | None) -> State:
    if "tags" not in options:
        return {}
    return {"tags": tagging.wanted(options, current["tags"] if current else None)}


def _address(endpoint: Mapping[str, Any] | None) -> str | None:
    return (endpoint or {}).get("Address")


def _port(found: Mapping[str, Any], first: Mapping[str, Any]) -> int | None:
    endpoint = found.get("ConfigurationEndpoint") or first.get("PrimaryEndpoint") or {}
    return endpoint.get("Port")


def _failover(found: Mapping[str, Any], pending: Mapping[str, Any]) -> bool:
    state = pending.get("AutomaticFailoverStatus") or found.get("AutomaticFailover")
    return state in ("enabled", "enabling")


def _user_group(found: Mapping[str, Any], pending: Mapping[str, Any]) -> str | None:
    change = pending.get("UserGroups") or {}
    groups = [one for one in found.get("UserGroupIds", ()) if one not in change.get("UserGroupIdsToRemove", ())]
    return next(iter([*change.get("UserGroupIdsToAdd", ()), *groups]), None)


def _transit(found: Mapping[str, Any], pending: Mapping[str, Any]) -> str:
    enabled = pending.get("TransitEncryptionEnabled", found.get("TransitEncryptionEnabled"))
    if not enabled:
        return "disabled"
    return str(pending.get("TransitEncryptionMode") or found.get("TransitEncryptionMode") or "required")


def _logs(found: Iterable[Mapping[str, Any]] | None, pending: Iterable[Mapping[str, Any]] | None) -> list[State]:
    active = [one for one in found or () if one.get("Status") != "disabling"]
    by_type = {one["LogType"]: one for one in (*active, *(one for one in pending or () if one.get("DestinationType")))}
    return [_log(one) for _type, one in sorted(by_type.items())]


def _log(one: Mapping[str, Any]) -> State:
    details = one.get("DestinationDetails") or {}
    logs, firehose = details.get("CloudWatchLogsDetails") or {}, details.get("KinesisFirehoseDetails") or {}
    return {
        "type": one["LogType"],
        "destination": logs.get("LogGroup") or firehose.get("DeliveryStream"),
        "destination_type": one.get("DestinationType"),
        "format": one.get("LogFormat"),
    }


def _invalid(message: str, **facts: Any) -> ReplatformError:
    return ReplatformError(message, code="InvalidOptions", **facts)
