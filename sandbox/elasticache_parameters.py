"""Engine versions and parameters of ElastiCache's families, for the emulator.

The parameters that people set, with the defaults and limits of "Valkey and Redis OSS parameters" in the User Guide; the
service has more.
"""

from __future__ import annotations

from functools import cache
from typing import Any

ENGINE_VERSIONS = [
    ("redis", "6.0.5", "redis6.x"),
    ("redis", "6.2.6", "redis6.x"),
    ("redis", "7.0.7", "redis7"),
    ("redis", "7.1.0", "redis7"),
    ("valkey", "7.2.6", "valkey7"),
    ("valkey", "8.0.1", "valkey8"),
    ("valkey", "8.1.0", "valkey8"),
    ("valkey", "9.0.0", "valkey9"),
]
"""Engine, version with its patch, and family; the newest of an engine last."""

FAMILIES = (
    "memcached1.4", "memcached1.5", "memcached1.6", "redis2.6", "redis2.8", "redis3.2", "redis4.0", "redis5.0",
    "redis6.x", "redis7", "valkey7", "valkey8", "valkey9",
)  # fmt: skip

POLICIES = "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction"
POSITIVE = "0-2147483647"
SWITCH = "yes,no"
PARAMETERS = [
    # name, type, default, allowed values, modifiable, change type
    ("acllog-max-len", "integer", "128", "1-10000", True, "immediate"),
    ("activedefrag", "string", "no", SWITCH, True, "immediate"),
    ("active-expire-effort", "integer", "1", "1-10", True, "immediate"),
    ("appendonly", "string", "no", SWITCH, False, "immediate"),
    ("client-output-buffer-limit-normal-hard-limit", "integer", "0", POSITIVE, True, "immediate"),
    ("client-output-buffer-limit-normal-soft-limit", "integer", "0", POSITIVE, True, "immediate"),
    ("client-output-buffer-limit-normal-soft-seconds", "integer", "0", POSITIVE, True, "immediate"),
    ("client-output-buffer-limit-pubsub-hard-limit", "integer", "33554432", POSITIVE, True, "immediate"),
    ("client-output-buffer-limit-pubsub-soft-limit", "integer", "8388608", POSITIVE, True, "immediate"),
    ("client-output-buffer-limit-pubsub-soft-seconds", "integer", "60", POSITIVE, True, "immediate"),
    ("close-on-replica-write", "string", "yes", SWITCH, True, "immediate"),
    ("cluster-allow-reads-when-down", "string", "no", SWITCH, True, "immediate"),
    ("cluster-enabled", "string", "no", SWITCH, True, "requires-reboot"),
    ("cluster-require-full-coverage", "string", "no", SWITCH, True, "immediate"),
    ("databases", "integer", "16", "1-1200000", True, "requires-reboot"),
    ("hash-max-listpack-entries", "integer", "512", POSITIVE, True, "immediate"),
    ("hash-max-listpack-value", "integer", "64", POSITIVE, True, "immediate"),
    ("latency-tracking", "string", "no", SWITCH, True, "immediate"),
    ("lazyfree-lazy-eviction", "string", "no", SWITCH, True, "requires-reboot"),
    ("lazyfree-lazy-expire", "string", "yes", SWITCH, True, "requires-reboot"),
    ("lazyfree-lazy-user-del", "string", "no", SWITCH, True, "requires-reboot"),
    ("lfu-decay-time", "integer", "1", POSITIVE, True, "immediate"),
    ("lfu-log-factor", "integer", "10", "1-2147483647", True, "immediate"),
    ("list-max-listpack-size", "integer", "-2", "-5,-4,-3,-2,-1,1-2147483647", True, "requires-reboot"),
    ("maxclients", "integer", "65000", "1-65000", False, "requires-reboot"),
    ("maxmemory-policy", "string", "volatile-lru", POLICIES, True, "immediate"),
    ("maxmemory-samples", "integer", "3", "1-2147483647", True, "immediate"),
    ("min-replicas-max-lag", "integer", "10", POSITIVE, True, "immediate"),
    ("min-replicas-to-write", "integer", "0", POSITIVE, True, "immediate"),
    ("notify-keyspace-events", "string", "", "", True, "immediate"),
    ("repl-backlog-size", "integer", "1048576", "16384-2147483647", True, "immediate"),
    ("reserved-memory-percent", "integer", "25", "0-100", True, "immediate"),
    ("set-max-intset-entries", "integer", "512", POSITIVE, True, "immediate"),
    ("slowlog-log-slower-than", "integer", "10000", "-1-2147483647", True, "immediate"),
    ("slowlog-max-len", "integer", "128", POSITIVE, True, "immediate"),
    ("stream-node-max-bytes", "integer", "4096", POSITIVE, True, "immediate"),
    ("stream-node-max-entries", "integer", "100", POSITIVE, True, "immediate"),
    ("tcp-keepalive", "integer", "300", POSITIVE, True, "immediate"),
    ("timeout", "integer", "0", "0,20-2147483647", True, "immediate"),
    ("tracking-table-max-keys", "integer", "1000000", "1-100000000", True, "immediate"),
    ("zset-max-listpack-entries", "integer", "128", POSITIVE, True, "immediate"),
    ("zset-max-listpack-value", "integer", "64", POSITIVE, True, "immediate"),
]


@cache
def parameters_of(family: str) -> list[dict[str, Any]]:
    """Every parameter of a family as DescribeEngineDefaultParameters tells it."""
    return [
        {
            "ParameterName": name,
            "ParameterValue": default,
            "Description": f"{name} of {family}",
            "Source": "system",
            "DataType": kind,
            "AllowedValues": allowed,
            "IsModifiable": modifiable,
            "MinimumEngineVersion": "1.0.0",
            "ChangeType": change,
        }
        for name, kind, default, allowed, modifiable, change in PARAMETERS
    ]
