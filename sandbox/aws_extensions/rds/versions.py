"""Versions of Aurora MySQL with what each can be upgraded to, and the instance classes that run them.

As DescribeDBEngineVersions and DescribeOrderableDBInstanceOptions answer; release notes for Aurora MySQL.
"""

from __future__ import annotations

from typing import Any

PREFIX = "8.0.mysql_aurora."
PATCHES = ("3.04.4", "3.08.2", "3.10.0", "3.10.1", "3.10.2", "3.10.3", "3.11.1", "3.12.0")
NEXT_MAJOR = "8.4.mysql_aurora.8.4.8"
VERSIONS = (*(f"{PREFIX}{patch}" for patch in PATCHES), NEXT_MAJOR)
DEFAULT = "8.0.mysql_aurora.3.10.3"
CLASSES = (
    "db.serverless", "db.t4g.medium", "db.t4g.large", "db.t3.medium", "db.r6i.large", "db.r6i.xlarge",
    "db.r6i.2xlarge", "db.r7i.large", "db.r7i.xlarge", "db.r7i.2xlarge", "db.r7g.large", "db.r7g.xlarge",
    "db.r7g.2xlarge",
)  # fmt: skip


def described(version: str) -> dict[str, Any]:
    later = VERSIONS[VERSIONS.index(version) + 1 :]
    return {
        "Engine": "aurora-mysql",
        "EngineVersion": version,
        "MajorEngineVersion": version[:3],
        "DBParameterGroupFamily": f"aurora-mysql{version[:3]}",
        "DBEngineDescription": "Aurora MySQL",
        "DBEngineVersionDescription": f"Aurora MySQL {version.partition('aurora.')[2]}",
        "Status": "available",
        "ExportableLogTypes": ["audit", "error", "general", "iam-db-auth-error", "instance", "slowquery"],
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": False,
        "SupportsParallelQuery": True,
        "SupportsGlobalDatabases": True,
        "SupportedEngineModes": ["provisioned"],
        "SupportedCACertificateIdentifiers": ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
        "ServerlessV2FeaturesSupport": {"MinCapacity": 0.0, "MaxCapacity": 256.0},
        "ValidUpgradeTarget": [
            {
                "Engine": "aurora-mysql",
                "EngineVersion": target,
                "Description": f"Aurora MySQL {target.partition('aurora.')[2]}",
                "AutoUpgrade": False,
                "IsMajorVersionUpgrade": target[:3] != version[:3],
            }
            for target in later
        ],
    }


def orderable(version: str, instance_class: str, region: str) -> dict[str, Any]:
    return {
        "Engine": "aurora-mysql",
        "EngineVersion": version,
        "DBInstanceClass": instance_class,
        "LicenseModel": "general-public-license",
        "AvailabilityZones": [{"Name": f"{region}{zone}"} for zone in "abc"],
        "MultiAZCapable": False,
        "ReadReplicaCapable": False,
        "Vpc": True,
        "SupportsStorageEncryption": True,
        "StorageType": "aurora",
        "SupportsIops": False,
        "SupportsEnhancedMonitoring": True,
        "SupportsIAMDatabaseAuthentication": True,
        "SupportsPerformanceInsights": True,
        "SupportedEngineModes": ["provisioned"],
        "SupportsGlobalDatabases": True,
        "SupportsClusters": True,
    }
