# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may write of ElastiCache, as Ansible's argument specs."""

from __future__ import annotations

from typing import Any

from ..tags import ITEM_TAGS_OPTIONS

ENGINES = ["valkey", "redis"]
STATE: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

SUBNET_GROUP_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "subnet_ids": {"type": "list", "elements": "str"},
    **ITEM_TAGS_OPTIONS,
    **STATE,
}

PARAMETER_GROUP_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "family": {"type": "str"},
    "description": {"type": "str"},
    "parameters": {"type": "dict"},
    "purge_parameters": {"type": "bool", "default": True},
    **ITEM_TAGS_OPTIONS,
    **STATE,
}

PASSWORD_OPTIONS: dict[str, dict[str, Any]] = {
    "secret": {"type": "str", "required": True, "no_log": False},
    "key": {"type": "str", "default": "password", "no_log": False},
    "generate": {"type": "bool", "default": False},
    "json": {"type": "dict", "no_log": True},
    "kms_key_id": {"type": "str"},
    "keep_previous": {"type": "bool", "default": True},
}

USER_OPTIONS: dict[str, dict[str, Any]] = {
    "id": {"type": "str", "required": True},
    "user_name": {"type": "str"},
    "engine": {"type": "str", "choices": ENGINES},
    "access_string": {"type": "str"},
    # Names a secret; the value stands nowhere in the options.
    "password": {"type": "dict", "options": PASSWORD_OPTIONS, "no_log": False},
    "iam": {"type": "bool"},
    "switched_off": {"type": "bool"},
    **ITEM_TAGS_OPTIONS,
    **STATE,
}

USER_GROUP_OPTIONS: dict[str, dict[str, Any]] = {
    "id": {"type": "str", "required": True},
    "engine": {"type": "str", "choices": ENGINES},
    "users": {"type": "list", "elements": "str"},
    **ITEM_TAGS_OPTIONS,
    **STATE,
}

LOG_OPTIONS: dict[str, dict[str, Any]] = {
    "type": {"type": "str", "choices": ["slow-log", "engine-log"], "required": True},
    "destination": {"type": "str", "required": True},
    "destination_type": {
        "type": "str",
        "choices": ["cloudwatch-logs", "kinesis-firehose"],
        "default": "cloudwatch-logs",
    },
    "format": {"type": "str", "choices": ["json", "text"], "default": "json"},
}

REPLICATION_GROUP_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "engine": {"type": "str", "choices": ENGINES},
    "engine_version": {"type": "str"},
    "node_type": {"type": "str"},
    "replicas": {"type": "int"},
    "shards": {"type": "int"},
    "cluster_mode": {"type": "str", "choices": ["disabled", "compatible", "enabled"]},
    "automatic_failover": {"type": "bool"},
    "multi_az": {"type": "bool"},
    "parameter_group": {"type": "str"},
    "subnet_group": {"type": "str"},
    "security_group_ids": {"type": "list", "elements": "str"},
    "port": {"type": "int"},
    "user_group": {"type": "str"},
    "transit_encryption": {"type": "str", "choices": ["disabled", "preferred", "required"]},
    "at_rest_encryption": {"type": "bool"},
    "kms_key_id": {"type": "str"},
    "maintenance_window": {"type": "str"},
    "snapshot_window": {"type": "str"},
    "snapshot_retention_days": {"type": "int"},
    "notification_topic_arn": {"type": "str"},
    "auto_minor_version_upgrade": {"type": "bool"},
    "log_delivery": {"type": "list", "elements": "dict", "options": LOG_OPTIONS},
    "snapshot_name": {"type": "str"},
    "snapshot_arns": {"type": "list", "elements": "str"},
    "apply_immediately": {"type": "bool", "default": False},
    "final_snapshot": {"type": "str"},
    "skip_final_snapshot": {"type": "bool", "default": False},
    **ITEM_TAGS_OPTIONS,
    **STATE,
}

USER_EXCLUSIVE = [("password", "iam", "switched_off"), ("access_string", "switched_off")]
REPLICATION_GROUP_EXCLUSIVE = [("snapshot_name", "snapshot_arns")]

LISTS: dict[str, dict[str, Any]] = {
    "subnet_groups": {"type": "list", "elements": "dict", "options": SUBNET_GROUP_OPTIONS},
    "parameter_groups": {"type": "list", "elements": "dict", "options": PARAMETER_GROUP_OPTIONS},
    "users": {
        "type": "list",
        "elements": "dict",
        "options": USER_OPTIONS,
        "mutually_exclusive": USER_EXCLUSIVE,
    },
    "user_groups": {"type": "list", "elements": "dict", "options": USER_GROUP_OPTIONS},
    "replication_groups": {
        "type": "list",
        "elements": "dict",
        "options": REPLICATION_GROUP_OPTIONS,
        "mutually_exclusive": REPLICATION_GROUP_EXCLUSIVE,
    },
}
"""The lists of the module elasticache_replication_group."""
