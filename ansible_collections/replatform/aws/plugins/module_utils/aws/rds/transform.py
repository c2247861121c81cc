# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aurora clusters and what belongs to them, as users write them and as the service answers; no client, no clock."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ReplatformError
from ...resource import State
from .. import tags
from .parameter_groups import OF_GROUP
from .parameters import DEFAULT

STATE_OPTION: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"}
}
SUBNET_GROUP_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "subnet_ids": {"type": "list", "elements": "str"},
}
SERVERLESS_OPTIONS: dict[str, dict[str, Any]] = {
    "min_capacity": {"type": "float", "required": True},
    "max_capacity": {"type": "float", "required": True},
    "seconds_until_auto_pause": {"type": "int"},
}
INSTANCE_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "instance_class": {"type": "str"},
    "availability_zone": {"type": "str"},
    "promotion_tier": {"type": "int"},
    "parameter_group": {"type": "str"},
    "publicly_accessible": {"type": "bool"},
    "ca_certificate": {"type": "str"},
    "monitoring_interval": {"type": "int", "choices": [0, 1, 5, 10, 15, 30, 60]},
    "monitoring_role_arn": {"type": "str"},
    "preferred_maintenance_window": {"type": "str"},
    **tags.ITEM_TAGS_OPTIONS,
    **STATE_OPTION,
}
ENDPOINT_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "choices": ["READER", "ANY"], "default": "READER"},
    "static_members": {"type": "list", "elements": "str"},
    "excluded_members": {"type": "list", "elements": "str"},
    **tags.ITEM_TAGS_OPTIONS,
    **STATE_OPTION,
}
CLUSTER_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "engine_version": {"type": "str"},
    "allow_major_version_upgrade": {"type": "bool", "default": False},
    "upgrade": {"type": "str", "choices": ["in_place", "blue_green"], "default": "in_place"},
    "auto_minor_version_upgrade": {"type": "bool"},
    "database_name": {"type": "str"},
    "port": {"type": "int"},
    "master_username": {"type": "str"},
    # The switch and the key, none of them the password: it is made and kept by the service.
    "manage_master_user_password": {"type": "bool", "no_log": False},
    "master_user_secret_kms_key_id": {"type": "str", "no_log": False},
    "kms_key_id": {"type": "str"},
    "storage_type": {"type": "str", "choices": ["aurora", "aurora-iopt1"]},
    "subnet_group": {"type": "dict", "options": SUBNET_GROUP_OPTIONS},
    "security_group_ids": {"type": "list", "elements": "str"},
    "parameter_group": {"type": "dict", "options": OF_GROUP},
    "instance_parameter_groups": {"type": "list", "elements": "dict", "options": OF_GROUP},
    "serverless_v2": {"type": "dict", "options": SERVERLESS_OPTIONS},
    "backup_retention_period": {"type": "int"},
    "preferred_backup_window": {"type": "str"},
    "preferred_maintenance_window": {"type": "str"},
    "deletion_protection": {"type": "bool"},
    "copy_tags_to_snapshot": {"type": "bool"},
    "iam_database_authentication": {"type": "bool"},
    "log_exports": {
        "type": "list",
        "elements": "str",
        "choices": ["audit", "error", "general", "slowquery", "instance", "iam-db-auth-error"],
    },
    "database_insights_mode": {"type": "str", "choices": ["standard", "advanced"]},
    "performance_insights": {"type": "bool"},
    "performance_insights_retention_period": {"type": "int"},
    "performance_insights_kms_key_id": {"type": "str"},
    "instances": {"type": "list", "elements": "dict", "options": INSTANCE_OPTIONS},
    "endpoints": {
        "type": "list",
        "elements": "dict",
        "options": ENDPOINT_OPTIONS,
        "mutually_exclusive": [("static_members", "excluded_members")],
    },
    "apply_immediately": {"type": "bool", "default": False},
    "reboot": {"type": "bool", "default": False},
    "final_snapshot": {"type": "str"},
    "skip_final_snapshot": {"type": "bool"},
    "delete_automated_backups": {"type": "bool"},
    **tags.ITEM_TAGS_OPTIONS,
    **STATE_OPTION,
}
CLUSTER_EXCLUSIVE = [("final_snapshot", "skip_final_snapshot")]

Names = Mapping[str, tuple[str, str]]
"""By option, the parameter of the calls that create and modify, and the field of the answer."""

CLUSTER: Names = {
    "engine_version": ("EngineVersion", "EngineVersion"),
    "auto_minor_version_upgrade": ("AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade"),
    "database_name": ("DatabaseName", "DatabaseName"),
    "port": ("Port", "Port"),
    "master_username": ("MasterUsername", "MasterUsername"),
    "kms_key_id": ("KmsKeyId", "KmsKeyId"),
    "storage_type": ("StorageType", "StorageType"),
    "subnet_group": ("DBSubnetGroupName", "DBSubnetGroup"),
    "parameter_group": ("DBClusterParameterGroupName", "DBClusterParameterGroup"),
    "backup_retention_period": ("BackupRetentionPeriod", "BackupRetentionPeriod"),
    "preferred_backup_window": ("PreferredBackupWindow", "PreferredBackupWindow"),
    "preferred_maintenance_window": ("PreferredMaintenanceWindow", "PreferredMaintenanceWindow"),
    "deletion_protection": ("DeletionProtection", "DeletionProtection"),
    "copy_tags_to_snapshot": ("CopyTagsToSnapshot", "CopyTagsToSnapshot"),
    "iam_database_authentication": ("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
    "database_insights_mode": ("DatabaseInsightsMode", "DatabaseInsightsMode"),
    "performance_insights": ("EnablePerformanceInsights", "PerformanceInsightsEnabled"),
    "performance_insights_retention_period": (
        "PerformanceInsightsRetentionPeriod",
        "PerformanceInsightsRetentionPeriod",
    ),
    "performance_insights_kms_key_id": ("PerformanceInsightsKMSKeyId", "PerformanceInsightsKMSKeyId"),
    "manage_master_user_password": ("ManageMasterUserPassword", ""),
    "master_user_secret_kms_key_id": ("MasterUserSecretKmsKeyId", ""),
}
INSTANCE: Names = {
    "cluster": ("DBClusterIdentifier", "DBClusterIdentifier"),
    "instance_class": ("DBInstanceClass", "DBInstanceClass"),
    "availability_zone": ("AvailabilityZone", "AvailabilityZone"),
    "promotion_tier": ("PromotionTier", "PromotionTier"),
    "parameter_group": ("DBParameterGroupName", ""),
    "publicly_accessible": ("PubliclyAccessible", "PubliclyAccessible"),
    "ca_certificate": ("CACertificateIdentifier", "CACertificateIdentifier"),
    "monitoring_interval": ("MonitoringInterval", "MonitoringInterval"),
    "monitoring_role_arn": ("MonitoringRoleArn", "MonitoringRoleArn"),
    "preferred_maintenance_window": ("PreferredMaintenanceWindow", "PreferredMaintenanceWindow"),
}
KEYS = ("kms_key_id", "master_user_secret_kms_key_id", "performance_insights_kms_key_id")
DEFERRED_CLUSTER = frozenset({"engine_version"})
DEFERRED_INSTANCE = frozenset({"instance_class", "ca_certificate"})
"""Interrupts the service, so that it waits for the maintenance window unless apply_immediately (API reference)."""

BLANK_CLUSTER: State = {
    "name": None,
    "arn": None,
    "resource_id": None,
    "status": None,
    "endpoint": None,
    "reader_endpoint": None,
    "master_user_secret_arn": None,
    **dict.fromkeys(CLUSTER),
    "security_group_ids": [],
    "log_exports": [],
    "serverless_v2": None,
    "pending": {},
    "tags": {},
}
BLANK_INSTANCE: State = {
    "name": None,
    "arn": None,
    "status": None,
    "endpoint": None,
    **dict.fromkeys(INSTANCE),
    "pending": {},
    "tags": {},
}
BLANK_ENDPOINT: State = {
    "name": None,
    "cluster": None,
    "arn": None,
    "status": None,
    "endpoint": None,
    "type": None,
    "static_members": [],
    "excluded_members": [],
    "tags": {},
}
BLANK_SUBNET_GROUP: State = {
    "name": None,
    "arn": None,
    "description": None,
    "subnet_ids": [],
    "vpc_id": None,
    "tags": {},
}

WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
DAY = r"(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
WEEKLY = re.compile(rf"{DAY}-{DAY}", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
ADVANCED_DAYS = 465


def cluster_from_api(raw: Mapping[str, Any]) -> State:
    """What ensure() compares, from DescribeDBClusters."""
    secret = raw.get("MasterUserSecret") or {}
    return {
        **{option: raw.get(field) for option, (_parameter, field) in CLUSTER.items() if field},
        "name": raw["DBClusterIdentifier"],
        "arn": raw.get("DBClusterArn"),
        "resource_id": raw.get("DbClusterResourceId"),
        "status": raw.get("Status"),
        "endpoint": raw.get("Endpoint"),
        "reader_endpoint": raw.get("ReaderEndpoint"),
        "manage_master_user_password": bool(secret),
        "master_user_secret_arn": secret.get("SecretArn"),
        "master_user_secret_kms_key_id": secret.get("KmsKeyId"),
        # Told only where it is the other one (API reference, DBCluster).
        "storage_type": raw.get("StorageType") or "aurora",
        "iam_database_authentication": bool(raw.get("IAMDatabaseAuthenticationEnabled")),
        "performance_insights": bool(raw.get("PerformanceInsightsEnabled")),
        "database_insights_mode": raw.get("DatabaseInsightsMode") or "standard",
        "security_group_ids": sorted(one["VpcSecurityGroupId"] for one in raw.get("VpcSecurityGroups") or ()),
        "log_exports": sorted(raw.get("EnabledCloudwatchLogsExports") or ()),
        "serverless_v2": _capacity(raw.get("ServerlessV2ScalingConfiguration")),
        "pending": _pending(raw, CLUSTER),
        "tags": tags.from_api(raw.get("TagList")),
    }


def instance_from_api(raw: Mapping[str, Any]) -> State:
    """The same from DescribeDBInstances."""
    groups = [one["DBParameterGroupName"] for one in raw.get("DBParameterGroups") or ()]
    return {
        **{option: raw.get(field) for option, (_parameter, field) in INSTANCE.items() if field},
        "name": raw["DBInstanceIdentifier"],
        "arn": raw.get("DBInstanceArn"),
        "status": raw.get("DBInstanceStatus"),
        "endpoint": (raw.get("Endpoint") or {}).get("Address"),
        "parameter_group": groups[0] if groups else None,
        "publicly_accessible": bool(raw.get("PubliclyAccessible")),
        "monitoring_interval": raw.get("MonitoringInterval") or 0,
        "pending": _pending(raw, INSTANCE),
        "tags": tags.from_api(raw.get("TagList")),
    }


def endpoint_from_api(raw: Mapping[str, Any]) -> State:
    return {
        "name": raw["DBClusterEndpointIdentifier"],
        "cluster": raw.get("DBClusterIdentifier"),
        "arn": raw.get("DBClusterEndpointArn"),
        "status": raw.get("Status"),
        "endpoint": raw.get("Endpoint"),
        "type": raw.get("CustomEndpointType"),
        "static_members": sorted(raw.get("StaticMembers") or ()),
        "excluded_members": sorted(raw.get("ExcludedMembers") or ()),
        "tags": {},
    }


def subnet_group_from_api(raw: Mapping[str, Any]) -> State:
    return {
        "name": raw["DBSubnetGroupName"],
        "arn": raw.get("DBSubnetGroupArn"),
        "description": raw.get("DBSubnetGroupDescription"),
        "subnet_ids": sorted(one["SubnetIdentifier"] for one in raw.get("Subnets") or ()),
        "vpc_id": raw.get("VpcId"),
        "tags": {},
    }


def wanted_cluster(options: Mapping[str, Any]) -> State:
    """The attributes that an item asks for, its groups by their names."""
    found: State = {name: options[name] for name in CLUSTER if options.get(name) is not None}
    for name in ("subnet_group", "parameter_group"):
        if name in found:
            found[name] = found[name]["name"].lower()
    if "preferred_maintenance_window" in found:
        found["preferred_maintenance_window"] = found["preferred_maintenance_window"].lower()
    for name in ("security_group_ids", "log_exports"):
        if name in options:
            found[name] = sorted(set(options[name] or ()))
    if options.get("serverless_v2"):
        found["serverless_v2"] = {
            "min_capacity": options["serverless_v2"]["min_capacity"],
            "max_capacity": options["serverless_v2"]["max_capacity"],
            "seconds_until_auto_pause": options["serverless_v2"].get("seconds_until_auto_pause"),
        }
    return found


def wanted_instance(options: Mapping[str, Any]) -> State:
    found: State = {name: options[name] for name in INSTANCE if options.get(name) is not None}
    if "preferred_maintenance_window" in found:
        found["preferred_maintenance_window"] = found["preferred_maintenance_window"].lower()
    return found


def deferred(desired: State, current: State, names: frozenset[str], *, now: bool) -> State:
    """`desired`, with what waits for the maintenance window under `pending` instead, unless all is wanted now."""
    if now:
        kept = {name: value for name, value in current["pending"].items() if name not in desired}
        return {**desired, "pending": kept}
    later = {
        name: value
        for name, value in desired.items()
        if (name in names or current["pending"].get(name) == value) and value != current.get(name)
    }
    found = {name: value for name, value in desired.items() if name not in later}
    return {**found, "pending": {**current["pending"], **later}} if later else found


def sent_at_once(current: State, changes: State, *, now: bool) -> bool:
    """Whether a call may say so: it makes all that waits come at once too (Aurora User Guide, Modifying a cluster)."""
    return now or not (current["pending"] or changes.get("pending"))


def parameters_of(attributes: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Attributes as parameters of a call."""
    return {names[option][0]: value for option, value in attributes.items() if option in names and value is not None}


def capacity_parameter(serverless: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        "MinCapacity": serverless["min_capacity"],
        "MaxCapacity": serverless["max_capacity"],
        "SecondsUntilAutoPause": serverless.get("seconds_until_auto_pause"),
    }
    return {name: value for name, value in named.items() if value is not None}


def satisfies(wanted: str, current: str) -> bool:
    """Whether a cluster of that version is what was asked for: 8.0.mysql_aurora.3.10 is any patch of it.

    A newer one is too, as no cluster goes back: patches come in the maintenance window by themselves.
    """
    return current == wanted or current.startswith(f"{wanted}.") or version(current) > version(wanted)


def version(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def refuse(options: Mapping[str, Any]) -> None:
    """Raises: ReplatformError for what the service would refuse only after something was written."""
    name = options["name"]
    for where, given, fits, how in _bounded(options):
        if given is not None and not fits:
            raise ReplatformError(
                f"Cluster {name} cannot have {where} {given}: {how}; correct it. Nothing was changed.",
                code="InvalidOptions",
                path=where,
            )
    if options.get("upgrade") == "blue_green":
        raise ReplatformError(
            f"Cluster {name} cannot be changed by a blue/green deployment: the green cluster is another server, with no"
            " position in the source's binary log that a migration could go on from, AWS refuses it for a cluster that"
            " is a replica of an external server, and for one whose password Secrets Manager manages (Aurora User"
            " Guide, Limitations for blue/green deployments). Upgrade in place.",
            code="BlueGreenRefused",
        )
    advanced = options.get("database_insights_mode") == "advanced"
    if advanced and (
        options.get("performance_insights") is not True
        or options.get("performance_insights_retention_period") != ADVANCED_DAYS
    ):
        raise ReplatformError(
            f"Cluster {name} cannot have database_insights_mode advanced without performance_insights true and"
            f" performance_insights_retention_period {ADVANCED_DAYS}; give both, or take standard.",
            code="InvalidOptions",
        )


def refuse_incomplete(options: Mapping[str, Any]) -> None:
    """Raises: ReplatformError where a cluster that is to be created lacks what it cannot be without."""
    name = options["name"]
    lacking = [option for option in ("engine_version", "master_username", "subnet_group") if not options.get(option)]
    if lacking:
        raise ReplatformError(
            f"Cluster {name} is not there, and a new one needs {', '.join(lacking)}; give them, or correct the name.",
            code="InvalidOptions",
            lacking=lacking,
        )
    if options.get("manage_master_user_password") is False:
        raise ReplatformError(
            f"Cluster {name} is to be created without a managed password, and this module takes none; leave"
            " manage_master_user_password true: RDS makes the password and keeps it in Secrets Manager.",
            code="InvalidOptions",
        )
    serverless = [one["name"] for one in options.get("instances") or () if one.get("instance_class") == "db.serverless"]
    if serverless and not options.get("serverless_v2"):
        raise ReplatformError(
            f"Cluster {name} has the serverless instance {serverless[0]} but no serverless_v2; give its capacities.",
            code="InvalidOptions",
        )


def _bounded(options: Mapping[str, Any]) -> Sequence[tuple[str, Any, bool, str]]:
    """Option, its value, whether that fits, and what would."""

    def number(name: str, low: int, high: int) -> tuple[str, Any, bool, str]:
        value = options.get(name)
        return name, value, value is None or low <= value <= high, f"it is from {low} to {high}"

    def fits(name: str, pattern: re.Pattern[str], how: str, where: str = "") -> tuple[str, Any, bool, str]:
        value = options.get(name)
        return where + name, value, value is None or bool(pattern.fullmatch(value)), how

    serverless = options.get("serverless_v2") or {}
    low, high = serverless.get("min_capacity", 0), serverless.get("max_capacity", 1)
    found = [
        fits("name", NAME, "a name has 1 to 63 letters, digits and single hyphens, and begins with a letter"),
        number("backup_retention_period", 1, 35),
        number("port", 1150, 65535),
        fits("preferred_backup_window", WINDOW, "it is hh:mm-hh:mm in UTC"),
        fits("preferred_maintenance_window", WEEKLY, "it is ddd:hh:mm-ddd:hh:mm in UTC"),
        ("serverless_v2.min_capacity", low, 0 <= low <= 256 and (low * 2) % 1 == 0, "it is from 0 to 256, in halves"),
        ("serverless_v2.max_capacity", high, max(low, 1) <= high <= 256 and (high * 2) % 1 == 0,
         "it is from 1 to 256, in halves, and no less than min_capacity"),
    ]  # fmt: skip
    for number_of, one in enumerate(options.get("instances") or ()):
        tier, window = one.get("promotion_tier"), one.get("preferred_maintenance_window")
        path = f"instances[{number_of}]."
        found += [
            (f"{path}name", one["name"], bool(NAME.fullmatch(one["name"])), "a name has letters, digits and hyphens"),
            (f"{path}promotion_tier", tier, tier is None or 0 <= tier <= 15, "it is from 0 to 15"),
            (f"{path}preferred_maintenance_window", window, window is None or bool(WEEKLY.fullmatch(window)),
             "it is ddd:hh:mm-ddd:hh:mm in UTC"),
        ]  # fmt: skip
    group = (options.get("parameter_group") or {}).get("name") or ""
    given = (options.get("parameter_group") or {}).get("parameters")
    found.append(
        ("parameter_group.name", group, not (group.startswith(DEFAULT) and given), "default groups cannot be changed")
    )
    return found


def _capacity(raw: Mapping[str, Any] | None) -> State | None:
    if not raw:
        return None
    return {
        "min_capacity": raw.get("MinCapacity"),
        "max_capacity": raw.get("MaxCapacity"),
        "seconds_until_auto_pause": raw.get("SecondsUntilAutoPause"),
    }


def _pending(raw: Mapping[str, Any], names: Names) -> State:
    """What waits for the maintenance window; the service calls some of it as the parameter and some as the field."""
    pending = raw.get("PendingModifiedValues") or {}
    return {
        option: pending[key]
        for option, keys in names.items()
        for key in dict.fromkeys(keys)
        if pending.get(key) is not None
    }
