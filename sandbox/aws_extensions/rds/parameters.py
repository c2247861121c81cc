"""The parameters of the families aurora-mysql8.0 and aurora-mysql8.4: name, apply type, data type, allowed, default.

A part of what the service has, with all that a migration sets. Aurora User Guide, Aurora MySQL configuration
parameters, says which there are and which belong to a cluster; the MySQL manual has values and defaults.
"""

from __future__ import annotations

from typing import Any, NamedTuple

FAMILIES = ("aurora-mysql8.0", "aurora-mysql8.4")


class Parameter(NamedTuple):
    name: str
    apply: str
    data: str
    allowed: str | None
    default: str | None
    modifiable: bool = True

    def described(self, value: str | None, method: str) -> dict[str, Any]:
        """As DescribeDBParameters has it, with somebody's value or the default."""
        found = {
            "ParameterName": self.name,
            "ParameterValue": self.default if value is None else value,
            "Description": f"MySQL's {self.name}",
            "Source": "engine-default"
            if value is None and self.default is None
            else "system"
            if value is None
            else "user",
            "ApplyType": self.apply,
            "DataType": self.data,
            "AllowedValues": self.allowed,
            "IsModifiable": self.modifiable,
            "ApplyMethod": method,
        }
        return {key: one for key, one in found.items() if one is not None}


SWITCH = "0,1"
MODES = (
    "ALLOW_INVALID_DATES,ANSI_QUOTES,ERROR_FOR_DIVISION_BY_ZERO,HIGH_NOT_PRECEDENCE,IGNORE_SPACE,NO_AUTO_VALUE_ON_ZERO,"
    "NO_BACKSLASH_ESCAPES,NO_DIR_IN_CREATE,NO_ENGINE_SUBSTITUTION,NO_UNSIGNED_SUBTRACTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ONLY_FULL_GROUP_BY,PAD_CHAR_TO_FULL_LENGTH,PIPES_AS_CONCAT,REAL_AS_FLOAT,STRICT_ALL_TABLES,STRICT_TRANS_TABLES,"
    "ANSI,TRADITIONAL"
)
CHARACTER_SETS = "ascii,binary,cp1252,latin1,latin2,ucs2,utf16,utf8,utf8mb3,utf8mb4"

CLUSTER_ONLY = [
    Parameter("aurora_parallel_query", "dynamic", "boolean", SWITCH, "0"),
    Parameter("aurora_read_replica_read_committed", "dynamic", "boolean", SWITCH, "0"),
    Parameter("aurora_binlog_replication_max_yield_seconds", "dynamic", "integer", "0-36000", "0"),
    Parameter("aws_default_s3_role", "dynamic", "string", None, None),
    Parameter("binlog_backup", "dynamic", "boolean", SWITCH, "1"),
    Parameter("binlog_checksum", "dynamic", "string", "NONE,CRC32", None),
    Parameter("binlog_format", "static", "string", "ROW,STATEMENT,MIXED,OFF", "OFF"),
    Parameter("binlog_group_commit_sync_delay", "dynamic", "integer", "0-1000000", "0"),
    Parameter("binlog_replication_globaldb", "dynamic", "boolean", SWITCH, "1"),
    Parameter("binlog_row_image", "dynamic", "string", "full,minimal,noblob,FULL,MINIMAL,NOBLOB", "full"),
    Parameter("binlog_row_metadata", "dynamic", "string", "minimal,full,MINIMAL,FULL", "minimal"),
    Parameter("binlog_row_value_options", "dynamic", "string", "PARTIAL_JSON", None),
    Parameter("binlog_transaction_compression", "dynamic", "boolean", SWITCH, "0"),
    Parameter("binlog_transaction_dependency_tracking", "dynamic", "string",
              "COMMIT_ORDER,WRITESET,WRITESET_SESSION", "COMMIT_ORDER"),
    Parameter("character_set_client", "dynamic", "string", CHARACTER_SETS, None),
    Parameter("character_set_database", "dynamic", "string", CHARACTER_SETS, None),
    Parameter("character_set_server", "dynamic", "string", CHARACTER_SETS, None),
    Parameter("collation_connection", "dynamic", "string", None, None),
    Parameter("collation_server", "dynamic", "string", None, None),
    Parameter("default_storage_engine", "static", "string", "InnoDB", "InnoDB", False),
    Parameter("enforce_gtid_consistency", "static", "string", "OFF,ON,WARN", "OFF"),
    Parameter("event_scheduler", "dynamic", "string", "ON,OFF", "OFF"),
    Parameter("gtid-mode", "static", "string", "OFF,OFF_PERMISSIVE,ON_PERMISSIVE,ON", "OFF_PERMISSIVE"),
    Parameter("init_connect", "dynamic", "string", None, None),
    Parameter("innodb_autoinc_lock_mode", "static", "integer", "0,1,2", "2"),
    Parameter("innodb_flush_log_at_trx_commit", "dynamic", "integer", "0,1,2", "1"),
    Parameter("innodb_ft_max_token_size", "static", "integer", "10-84", None),
    Parameter("innodb_ft_min_token_size", "static", "integer", "0-16", None),
    Parameter("innodb_online_alter_log_max_size", "dynamic", "integer", "65536-18446744073709551615", "134217728"),
    Parameter("innodb_trx_commit_allow_data_loss", "dynamic", "boolean", SWITCH, "0"),
    Parameter("lower_case_table_names", "static", "integer", "0,1", "0"),
    Parameter("port", "static", "integer", "1150-65535", "{EndPointPort}", False),
    Parameter("replica_exec_mode", "dynamic", "string", "STRICT,IDEMPOTENT", "STRICT"),
    Parameter("replica_parallel_type", "dynamic", "string", "DATABASE,LOGICAL_CLOCK", "LOGICAL_CLOCK"),
    Parameter("replica_parallel_workers", "dynamic", "integer", "0-1024", "0"),
    Parameter("replica_preserve_commit_order", "dynamic", "boolean", SWITCH, "1"),
    Parameter("require_secure_transport", "dynamic", "boolean", "ON,OFF", "OFF"),
    Parameter("server_audit_events", "dynamic", "list", "CONNECT,QUERY,QUERY_DCL,QUERY_DDL,QUERY_DML,TABLE", None),
    Parameter("server_audit_logging", "dynamic", "boolean", SWITCH, "0"),
    Parameter("server_audit_logs_upload", "dynamic", "boolean", SWITCH, "0"),
    Parameter("sync_binlog", "dynamic", "integer", "0-4294967295", "1"),
    Parameter("time_zone", "dynamic", "string", "UTC,Europe/Berlin,Europe/London,Europe/Paris,Europe/Zurich,"
              "America/New_York,America/Los_Angeles,Asia/Tokyo,Australia/Sydney", "UTC"),
    Parameter("tls_version", "static", "list", "TLSv1.2,TLSv1.3", None),
]  # fmt: skip

BOTH = [
    Parameter("connect_timeout", "dynamic", "integer", "2-31536000", None),
    Parameter("default_week_format", "dynamic", "integer", "0-7", None),
    Parameter("div_precision_increment", "dynamic", "integer", "0-30", None),
    Parameter("explicit_defaults_for_timestamp", "dynamic", "boolean", SWITCH, "1"),
    Parameter("general_log", "dynamic", "boolean", SWITCH, None),
    Parameter("group_concat_max_len", "dynamic", "integer", "4-18446744073709551615", None),
    Parameter("innodb_buffer_pool_size", "static", "integer", "5242880-18446744073709551615",
              "{DBInstanceClassMemory*3/4}"),
    Parameter("innodb_lock_wait_timeout", "dynamic", "integer", "1-1073741824", None),
    Parameter("innodb_print_all_deadlocks", "dynamic", "boolean", SWITCH, None),
    Parameter("interactive_timeout", "dynamic", "integer", "1-31536000", None),
    Parameter("internal_tmp_mem_storage_engine", "dynamic", "string", "TempTable,MEMORY", "TempTable"),
    Parameter("local_infile", "dynamic", "boolean", SWITCH, "0"),
    Parameter("lock_wait_timeout", "dynamic", "integer", "1-31536000", None),
    Parameter("log_bin_trust_function_creators", "dynamic", "boolean", SWITCH, None),
    Parameter("log_output", "dynamic", "string", "TABLE,FILE,NONE", "FILE"),
    Parameter("log_queries_not_using_indexes", "dynamic", "boolean", SWITCH, None),
    Parameter("long_query_time", "dynamic", "float", "0-31536000", None),
    Parameter("max_allowed_packet", "dynamic", "integer", "1024-1073741824", None),
    Parameter("max_connections", "dynamic", "integer", "1-16000",
              "GREATEST({log(DBInstanceClassMemory/805306368)*45},{log(DBInstanceClassMemory/8187281408)*1000})"),
    Parameter("max_execution_time", "dynamic", "integer", "0-18446744073709551615", None),
    Parameter("net_read_timeout", "dynamic", "integer", "1-31536000", None),
    Parameter("net_write_timeout", "dynamic", "integer", "1-31536000", None),
    Parameter("performance_schema", "static", "boolean", SWITCH, "0"),
    Parameter("skip_name_resolve", "static", "boolean", SWITCH, "0"),
    Parameter("slow_query_log", "dynamic", "boolean", SWITCH, None),
    Parameter("sort_buffer_size", "dynamic", "integer", "32768-18446744073709551615", None),
    Parameter("sql_generate_invisible_primary_key", "dynamic", "boolean", SWITCH, None),
    Parameter("sql_mode", "dynamic", "string", MODES, None),
    Parameter("sql_require_primary_key", "dynamic", "boolean", SWITCH, "0"),
    Parameter("table_definition_cache", "dynamic", "integer", "400-524288",
              "LEAST({DBInstanceClassMemory/393040},20000)"),
    Parameter("thread_stack", "static", "integer", "131072-18446744073709551615", None),
    Parameter("tmp_table_size", "dynamic", "integer", "1024-18446744073709551615", None),
    Parameter("transaction_isolation", "dynamic", "string",
              "READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE", None),
    Parameter("wait_timeout", "dynamic", "integer", "1-31536000", None),
]  # fmt: skip

CLUSTER = {one.name: one for one in sorted([*CLUSTER_ONLY, *BOTH])}
INSTANCE = {one.name: one for one in sorted(BOTH)}
