"""Aurora clusters, their groups, instances and endpoints."""

from __future__ import annotations

from typing import Any

from . import Behaviour

API = "Amazon RDS API reference, "
FAMILY = "aurora-mysql8.0"
GROUP = {"DBClusterParameterGroupName": "b"}
OF_INSTANCE = {"DBParameterGroupName": "b"}
CLUSTER = {"DBClusterIdentifier": "b"}
MASTER = {"Engine": "aurora-mysql", "MasterUsername": "admin", "ManageMasterUserPassword": True}


def parameter(name: str, value: str | None = None, method: str = "immediate") -> dict[str, Any]:
    found = {"ParameterName": name, "ApplyMethod": method}
    return {"Parameters": [found if value is None else {**found, "ParameterValue": value}]}


def rds(name: str, operation: str, parameters: Any, expect: dict[str, Any] | str, page: str = "") -> Behaviour:
    return Behaviour(name, ("rds", operation, parameters), expect, API + (page or operation))


BEHAVIOUR: list[Behaviour] = [
    rds("a version says what it can be upgraded to", "DescribeDBEngineVersions",
        {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.11.1"},
        {"DBEngineVersions": [{"DBParameterGroupFamily": FAMILY, "ValidUpgradeTarget": [
            {"EngineVersion": "8.0.mysql_aurora.3.12.0", "IsMajorVersionUpgrade": False},
            {"EngineVersion": "8.4.mysql_aurora.8.4.8", "IsMajorVersionUpgrade": True}]}]}, "DBEngineVersion"),
    rds("no version of that name", "DescribeDBEngineVersions",
        {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.9"}, {"DBEngineVersions": []}),
    rds("classes that run it", "DescribeOrderableDBInstanceOptions",
        {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.10.3", "DBInstanceClass": "db.r7g.large"},
        {"OrderableDBInstanceOptions": [{"DBInstanceClass": "db.r7g.large", "SupportsClusters": True}]}),
    rds("the defaults of a family", "DescribeEngineDefaultClusterParameters", {"DBParameterGroupFamily": FAMILY},
        {"EngineDefaults": {"DBParameterGroupFamily": FAMILY}}),
    rds("no such family", "DescribeEngineDefaultClusterParameters", {"DBParameterGroupFamily": "aurora-mysql9"},
        "InvalidParameterValue"),
    rds("no cluster group yet", "DescribeDBClusterParameterGroups", GROUP, "DBParameterGroupNotFound"),
    rds("no instance group yet", "DescribeDBParameterGroups", OF_INSTANCE, "DBParameterGroupNotFound"),
    rds("a cluster group", "CreateDBClusterParameterGroup",
        {**GROUP, "DBParameterGroupFamily": FAMILY, "Description": "d"},
        {"DBClusterParameterGroup": {"DBParameterGroupFamily": FAMILY, "DBClusterParameterGroupArn": ...}}),
    rds("its name is taken", "CreateDBClusterParameterGroup",
        {**GROUP, "DBParameterGroupFamily": FAMILY, "Description": "d"}, "DBParameterGroupAlreadyExists"),
    rds("an instance group", "CreateDBParameterGroup",
        {**OF_INSTANCE, "DBParameterGroupFamily": FAMILY, "Description": "d"},
        {"DBParameterGroup": {"DBParameterGroupFamily": FAMILY}}),
    rds("nothing is set in a new group", "DescribeDBClusterParameters", {**GROUP, "Source": "user"},
        {"Parameters": []}),
    rds("no parameter of that name", "ModifyDBClusterParameterGroup", {**GROUP, **parameter("local_inflie", "1")},
        "InvalidParameterValue"),
    rds("none that nobody can change", "ModifyDBClusterParameterGroup",
        {**GROUP, **parameter("port", "3307", "pending-reboot")}, "InvalidParameterValue", "Parameter"),
    rds("no value that is not allowed", "ModifyDBClusterParameterGroup", {**GROUP, **parameter("local_infile", "2")},
        "InvalidParameterValue", "Parameter"),
    rds("a static one not at once", "ModifyDBClusterParameterGroup", {**GROUP, **parameter("gtid-mode", "ON")},
        "InvalidParameterCombination"),
    rds("no cluster's parameter in an instance group", "ModifyDBParameterGroup",
        {**OF_INSTANCE, **parameter("gtid-mode", "ON", "pending-reboot")}, "InvalidParameterValue"),
    rds("20 parameters at most", "ModifyDBClusterParameterGroup",
        {**GROUP, "Parameters": parameter("local_infile", "1")["Parameters"] * 21}, "InvalidParameterValue",
        "ModifyDBParameterGroup"),
    rds("a dynamic one", "ModifyDBClusterParameterGroup", {**GROUP, **parameter("local_infile", "1")},
        {"DBClusterParameterGroupName": "b"}),
    rds("which is the only one set", "DescribeDBClusterParameters", {**GROUP, "Source": "user"},
        {"Parameters": [{"ParameterName": "local_infile", "ParameterValue": "1", "ApplyType": "dynamic"}]}),
    rds("reset either all or some", "ResetDBClusterParameterGroup", GROUP, "InvalidParameterCombination"),
    rds("reset some", "ResetDBClusterParameterGroup", {**GROUP, **parameter("local_infile")},
        {"DBClusterParameterGroupName": "b"}),
    rds("none is set again", "DescribeDBClusterParameters", {**GROUP, "Source": "user"}, {"Parameters": []}),
    rds("defaults are nobody's", "ModifyDBClusterParameterGroup",
        {"DBClusterParameterGroupName": f"default.{FAMILY}", **parameter("local_infile", "1")},
        "InvalidParameterValue"),
    rds("no cluster in a subnet group that is not there", "CreateDBCluster",
        {**CLUSTER, **MASTER, "DBSubnetGroupName": "none"}, "DBSubnetGroupNotFoundFault"),
    rds("no cluster of a version that is not there", "CreateDBCluster",
        {**CLUSTER, **MASTER, "EngineVersion": "8.0.mysql_aurora.9"}, "InvalidParameterCombination"),
    rds("a cluster", "CreateDBCluster",
        {**CLUSTER, **MASTER, "DBClusterParameterGroupName": "b", "EngineVersion": "8.0.mysql_aurora.3.10.2"},
        {"DBCluster": {"Status": "creating", "DBClusterParameterGroup": "b", "MasterUserSecret": {"SecretArn": ...}}}),
    rds("its name is taken too", "CreateDBCluster", {**CLUSTER, **MASTER}, "DBClusterAlreadyExistsFault"),
    rds("an instance", "CreateDBInstance",
        {"DBInstanceIdentifier": "b-1", "DBInstanceClass": "db.r7g.large", "Engine": "aurora-mysql", **CLUSTER},
        {"DBInstance": {"DBParameterGroups": [{"DBParameterGroupName": f"default.{FAMILY}"}]}}),
    rds("no serverless one without capacities", "CreateDBInstance",
        {"DBInstanceIdentifier": "b-2", "DBInstanceClass": "db.serverless", "Engine": "aurora-mysql", **CLUSTER},
        "InvalidParameterCombination", "CreateDBCluster"),
    rds("a static parameter", "ModifyDBClusterParameterGroup",
        {**GROUP, **parameter("binlog_format", "ROW", "pending-reboot")}, {"DBClusterParameterGroupName": "b"}),
    rds("for which its instances wait", "DescribeDBClusters", CLUSTER,
        {"DBClusters": [{"DBClusterMembers": [{"DBClusterParameterGroupStatus": "pending-reboot"}]}]},
        "DBClusterMember"),
    rds("until they are rebooted", "RebootDBInstance", {"DBInstanceIdentifier": "b-1"}, {"DBInstance": ...}),
    rds("and have it", "DescribeDBClusters", CLUSTER,
        {"DBClusters": [{"DBClusterMembers": [{"DBClusterParameterGroupStatus": "in-sync"}]}]}, "DBClusterMember"),
    rds("an upgrade waits", "ModifyDBCluster", {**CLUSTER, "EngineVersion": "8.0.mysql_aurora.3.10.3"},
        {"DBCluster": {"EngineVersion": "8.0.mysql_aurora.3.10.2",
                       "PendingModifiedValues": {"EngineVersion": "8.0.mysql_aurora.3.10.3"}}}),
    rds("unless it is wanted now", "ModifyDBCluster",
        {**CLUSTER, "EngineVersion": "8.0.mysql_aurora.3.10.3", "ApplyImmediately": True},
        {"DBCluster": {"EngineVersion": "8.0.mysql_aurora.3.10.3"}}),
    rds("no way back", "ModifyDBCluster", {**CLUSTER, "EngineVersion": "8.0.mysql_aurora.3.10.2"},
        "InvalidParameterCombination"),
    rds("no major version by accident", "ModifyDBCluster", {**CLUSTER, "EngineVersion": "8.4.mysql_aurora.8.4.8"},
        "InvalidParameterCombination"),
    rds("a larger class waits", "ModifyDBInstance",
        {"DBInstanceIdentifier": "b-1", "DBInstanceClass": "db.r7g.xlarge"},
        {"DBInstance": {"DBInstanceClass": "db.r7g.large",
                        "PendingModifiedValues": {"DBInstanceClass": "db.r7g.xlarge"}}}),
    rds("logs one by one", "ModifyDBCluster",
        {**CLUSTER, "CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["error", "audit"]}},
        {"DBCluster": {"EnabledCloudwatchLogsExports": ["audit", "error"]}}),
    rds("the advanced mode needs more", "ModifyDBCluster", {**CLUSTER, "DatabaseInsightsMode": "advanced"},
        "InvalidParameterCombination"),
    rds("an endpoint", "CreateDBClusterEndpoint",
        {**CLUSTER, "DBClusterEndpointIdentifier": "e", "EndpointType": "READER", "StaticMembers": ["b-1"]},
        {"Status": "creating", "EndpointType": "CUSTOM", "CustomEndpointType": "READER", "StaticMembers": ["b-1"]}),
    rds("its name is taken as well", "CreateDBClusterEndpoint",
        {**CLUSTER, "DBClusterEndpointIdentifier": "e", "EndpointType": "ANY"}, "DBClusterEndpointAlreadyExistsFault"),
    rds("of members only", "ModifyDBClusterEndpoint",
        {"DBClusterEndpointIdentifier": "e", "StaticMembers": ["b-9"]}, "DBInstanceNotFound"),
    rds("beside the cluster's own", "DescribeDBClusterEndpoints", CLUSTER,
        {"DBClusterEndpoints": [{"EndpointType": "WRITER"}, {"EndpointType": "READER"}, {"EndpointType": "CUSTOM"}]}),
    rds("it goes", "DeleteDBClusterEndpoint", {"DBClusterEndpointIdentifier": "e"}, {"Status": "deleting"}),
    rds("and is gone", "DeleteDBClusterEndpoint", {"DBClusterEndpointIdentifier": "e"},
        "DBClusterEndpointNotFoundFault"),
    rds("a group that is used stays", "DeleteDBClusterParameterGroup", GROUP, "InvalidDBParameterGroupState"),
    rds("a cluster with members stays", "DeleteDBCluster", {**CLUSTER, "SkipFinalSnapshot": True},
        "InvalidDBClusterStateFault"),
    rds("no snapshot of a member", "DeleteDBInstance",
        {"DBInstanceIdentifier": "b-1", "FinalDBSnapshotIdentifier": "s"}, "InvalidParameterCombination"),
    rds("the member goes", "DeleteDBInstance", {"DBInstanceIdentifier": "b-1"}, {"DBInstance": ...}),
    rds("with or without a snapshot", "DeleteDBCluster", CLUSTER, "InvalidParameterCombination"),
    rds("protected from now on", "ModifyDBCluster", {**CLUSTER, "DeletionProtection": True},
        {"DBCluster": {"DeletionProtection": True}}),
    rds("so it stays", "DeleteDBCluster", {**CLUSTER, "SkipFinalSnapshot": True}, "InvalidParameterCombination"),
    rds("protected no more", "ModifyDBCluster", {**CLUSTER, "DeletionProtection": False},
        {"DBCluster": {"DeletionProtection": False}}),
    rds("the cluster goes", "DeleteDBCluster", {**CLUSTER, "SkipFinalSnapshot": True}, {"DBCluster": ...}),
    rds("then its group can go", "DeleteDBClusterParameterGroup", GROUP, {}),
]  # fmt: skip
