"""Clusters, their custom endpoints, and the versions that there are.

Amazon RDS API reference: CreateDBCluster, ModifyDBCluster, DeleteDBCluster, CreateDBClusterEndpoint and its like,
DescribeDBEngineVersions, DescribeOrderableDBInstanceOptions.
"""

from __future__ import annotations

from typing import Any

from . import versions
from .answers import combination, invalid, key_arn, moto, page, refuse, result
from .groups import CLUSTER, pending

AURORA = "aurora-mysql"
KEPT = {
    "DatabaseInsightsMode": "database_insights_mode",
    "EnablePerformanceInsights": "performance_insights_enabled",
    "PerformanceInsightsRetentionPeriod": "performance_insights_retention_period",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
}
"""What moto drops, and the attribute that DescribeDBClusters tells it from."""


def create(response: Any) -> Any:
    asked = response.params
    name = asked["DBClusterIdentifier"]
    if name in response.backend.clusters:
        refuse("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    if asked["Engine"] != AURORA:
        return CREATE(response)
    asked.setdefault("EngineVersion", versions.DEFAULT)
    asked["EngineVersion"] = version_of(asked["EngineVersion"])
    check_groups(response)
    check_insights(asked)
    if asked.get("ManageMasterUserPassword") and asked.get("MasterUserPassword"):
        combination("You can't specify MasterUserPassword for the DB cluster with ManageMasterUserPassword.")
    if asked.get("KmsKeyId"):
        asked["KmsKeyId"] = key_arn(response, asked["KmsKeyId"])
    elif asked.get("StorageEncrypted"):
        asked["KmsKeyId"] = f"arn:aws:kms:{response.region}:{response.current_account}:key/aws-rds"
    for window in ("PreferredBackupWindow", "PreferredMaintenanceWindow"):
        if window in asked:
            asked[window] = asked[window].lower()
    answer = CREATE(response)
    cluster = response.backend.clusters[name]
    if "DBClusterParameterGroupName" not in asked:
        cluster.parameter_group = f"default.{AURORA}{cluster.engine_version[:3]}"
    if asked.get("StorageType") != "aurora-iopt1":
        cluster.storage_type = None
    keep(response, cluster)
    return answer


def modify(response: Any) -> Any:
    asked = response.params
    cluster = found(response, asked["DBClusterIdentifier"])
    if cluster.engine != AURORA:
        return MODIFY(response)
    now = bool(asked.pop("ApplyImmediately", False))
    check_groups(response)
    check_insights(asked, cluster)
    waits = (cluster.pending_modified_values or {}).get("EngineVersion")
    if now and waits:
        # Aurora User Guide, Modifying an Amazon Aurora DB cluster: what waits comes along.
        asked.setdefault("EngineVersion", waits)
    if asked.get("EngineVersion"):
        upgrade(cluster, asked, now=now)
    exports = asked.pop("CloudwatchLogsExportConfiguration", None) or {}
    logs = set(cluster.enabled_cloudwatch_logs_exports) - set(exports.get("DisableLogTypes") or ())
    cluster.enabled_cloudwatch_logs_exports = sorted(logs | set(exports.get("EnableLogTypes") or ()))
    if "EnableIAMDatabaseAuthentication" in asked:
        cluster.iam_auth = asked.pop("EnableIAMDatabaseAuthentication")
    for window in ("PreferredBackupWindow", "PreferredMaintenanceWindow"):
        if window in asked:
            asked[window] = asked[window].lower()
    group = asked.get("DBClusterParameterGroupName")
    if group and group != cluster.parameter_group:
        for member in cluster.members:
            pending(member).add(CLUSTER.word)
    storage = asked.pop("StorageType", None)
    if storage:
        cluster.storage_type = storage if storage == "aurora-iopt1" else None
    keep(response, cluster)
    return MODIFY(response)


def upgrade(cluster: Any, asked: Any, *, now: bool) -> None:
    wanted = version_of(asked.pop("EngineVersion"))
    major = asked.pop("AllowMajorVersionUpgrade", False)
    targets = {one["EngineVersion"]: one for one in versions.described(cluster.engine_version)["ValidUpgradeTarget"]}
    if wanted == cluster.engine_version:
        return
    if wanted not in targets:
        combination(f"Cannot upgrade {AURORA} from {cluster.engine_version} to {wanted}")
    if targets[wanted]["IsMajorVersionUpgrade"] and not major:
        combination("The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
    if now:
        cluster.engine_version = wanted
        cluster.pending_modified_values = {}
    else:
        cluster.pending_modified_values = {"EngineVersion": wanted}


def delete(response: Any) -> Any:
    asked = response.params
    found(response, asked["DBClusterIdentifier"])
    snapshot, skip = asked.get("FinalDBSnapshotIdentifier"), asked.get("SkipFinalSnapshot")
    if not snapshot and not skip:
        combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
    if snapshot and skip:
        combination("FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true.")
    return DELETE(response)


def keep(response: Any, cluster: Any) -> None:
    asked = response.params
    for parameter, attribute in KEPT.items():
        if parameter in asked:
            setattr(cluster, attribute, asked[parameter])
    if "PerformanceInsightsKMSKeyId" in asked:
        key = key_arn(response, asked["PerformanceInsightsKMSKeyId"])
        cluster.performance_insights_kms_key_id = key


def check_insights(asked: Any, cluster: Any = None) -> None:
    def after(parameter: str) -> Any:
        return asked.get(parameter, getattr(cluster, KEPT[parameter], None))

    if after("DatabaseInsightsMode") == "advanced" and (
        not after("EnablePerformanceInsights") or after("PerformanceInsightsRetentionPeriod") != 465
    ):
        combination("To enable the Advanced mode of Database Insights, enable Performance Insights for 465 days.")


def check_groups(response: Any) -> None:
    asked = response.params
    group, subnets = asked.get("DBClusterParameterGroupName"), asked.get("DBSubnetGroupName")
    if group and group not in response.backend.db_cluster_parameter_groups:
        if not group.startswith("default."):
            refuse("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {group}")
        CLUSTER.default(response.backend, group)
    if subnets and subnets not in response.backend.subnet_groups:
        refuse("DBSubnetGroupNotFoundFault", f"DB subnet group '{subnets}' does not exist.")


def version_of(asked: str) -> str:
    """The newest version that begins so."""
    fitting = [one for one in versions.VERSIONS if one == asked or one.startswith(f"{asked}.")]
    if not fitting:
        combination(f"Cannot find version {asked} for {AURORA}")
    return fitting[-1]


def found(response: Any, name: str) -> Any:
    if name not in response.backend.clusters:
        refuse("DBClusterNotFoundFault", f"DBCluster {name} not found.")
    return response.backend.clusters[name]


class Endpoint:
    def __init__(self, cluster: Any, asked: Any) -> None:
        self.cluster = cluster
        self.name = asked["DBClusterEndpointIdentifier"].lower()
        self.kind = asked["EndpointType"]
        self.static = list(asked.get("StaticMembers") or ())
        self.excluded = list(asked.get("ExcludedMembers") or ())
        self.tags = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in asked.get("Tags") or ()]

    @property
    def arn(self) -> str:
        return str(self.cluster.arn).rpartition(":cluster:")[0] + f":cluster-endpoint:{self.name}"

    def described(self, status: str = "available") -> dict[str, Any]:
        cluster = self.cluster
        return {
            "DBClusterEndpointIdentifier": self.name,
            "DBClusterIdentifier": cluster.db_cluster_identifier,
            "DBClusterEndpointResourceIdentifier": f"cluster-endpoint-{self.name.upper()}",
            "Endpoint": f"{self.name}.cluster-custom-{cluster.url_identifier}.{cluster.region}.rds.amazonaws.com",
            "Status": status,
            "EndpointType": "CUSTOM",
            "CustomEndpointType": self.kind,
            "StaticMembers": self.static,
            "ExcludedMembers": self.excluded,
            "DBClusterEndpointArn": self.arn,
        }

    def get_tags(self) -> list[dict[str, str]]:
        return self.tags

    def add_tags(self, tags: Any) -> list[dict[str, str]]:
        new = {tag["Key"]: tag["Value"] for tag in [*self.tags, *tags]}
        self.tags = [{"Key": key, "Value": value} for key, value in new.items()]
        return self.tags

    def remove_tags(self, keys: Any) -> None:
        self.tags = [tag for tag in self.tags if tag["Key"] not in keys]


def endpoints(backend: Any) -> dict[str, Endpoint]:
    """Custom endpoints by name; they die with the backend, and with their cluster."""
    kept: dict[str, Endpoint] = vars(backend).setdefault("cluster_endpoints", {})
    for name, one in list(kept.items()):
        if one.cluster.db_cluster_identifier not in backend.clusters:
            del kept[name]
    return kept


def create_endpoint(response: Any) -> Any:
    asked = response.params
    cluster = found(response, asked["DBClusterIdentifier"])
    name = asked["DBClusterEndpointIdentifier"].lower()
    if name in endpoints(response.backend):
        refuse("DBClusterEndpointAlreadyExistsFault", f"DBClusterEndpoint {name} already exists.")
    check_members(response, cluster)
    endpoints(response.backend)[name] = Endpoint(cluster, asked)
    return result(endpoints(response.backend)[name].described("creating"))


def describe_endpoints(response: Any) -> Any:
    asked = response.params
    cluster, name = asked.get("DBClusterIdentifier"), asked.get("DBClusterEndpointIdentifier")
    clusters = [found(response, cluster)] if cluster else list(response.backend.clusters.values())
    own = [
        {
            "DBClusterIdentifier": one.db_cluster_identifier,
            "Endpoint": address,
            "Status": "available",
            "EndpointType": kind,
        }
        for one in clusters
        for kind, address in (("WRITER", one.endpoint), ("READER", one.reader_endpoint))
    ]
    custom = [one.described() for one in endpoints(response.backend).values() if one.cluster in clusters]
    listed = [one for one in custom if one["DBClusterEndpointIdentifier"] == name] if name else own + custom
    shown, marker = page(response, listed)
    return result({"DBClusterEndpoints": shown, "Marker": marker})


def modify_endpoint(response: Any) -> Any:
    asked = response.params
    endpoint = endpoint_of(response)
    check_members(response, endpoint.cluster)
    endpoint.kind = asked.get("EndpointType", endpoint.kind)
    if asked.get("StaticMembers") is not None:
        endpoint.static = [one for one in asked["StaticMembers"] if one]
    if asked.get("ExcludedMembers") is not None:
        endpoint.excluded = [one for one in asked["ExcludedMembers"] if one]
    return result(endpoint.described("modifying"))


def delete_endpoint(response: Any) -> Any:
    endpoint = endpoint_of(response)
    del endpoints(response.backend)[endpoint.name]
    return result(endpoint.described("deleting"))


def endpoint_of(response: Any) -> Endpoint:
    name = response.params["DBClusterEndpointIdentifier"].lower()
    if name not in endpoints(response.backend):
        refuse("DBClusterEndpointNotFoundFault", f"DBClusterEndpoint {name} not found.")
    return endpoints(response.backend)[name]


def check_members(response: Any, cluster: Any) -> None:
    static = [one for one in response.params.get("StaticMembers") or () if one]
    excluded = [one for one in response.params.get("ExcludedMembers") or () if one]
    if static and excluded:
        combination("StaticMembers and ExcludedMembers cannot be specified together.")
    members = {one.db_instance_identifier for one in cluster.members}
    for name in [*static, *excluded]:
        if name not in members:
            refuse("DBInstanceNotFound", f"DBInstance {name} not found.")


def describe_versions(response: Any) -> Any:
    asked = response.params
    listed = []
    if asked.get("Engine") in (None, AURORA):
        default = versions.DEFAULT if asked.get("DefaultOnly") else None
        listed = [versions.described(one) for one in versions.VERSIONS if default in (None, one)]
    for parameter in ("EngineVersion", "DBParameterGroupFamily"):
        if asked.get(parameter):
            listed = [one for one in listed if one[parameter] == asked[parameter]]
    shown, marker = page(response, listed)
    return result({"DBEngineVersions": shown, "Marker": marker})


def describe_orderable(response: Any) -> Any:
    asked = response.params
    if asked["Engine"] != AURORA:
        return ORDERABLE(response)
    version, wanted = asked.get("EngineVersion"), asked.get("DBInstanceClass")
    listed = [
        versions.orderable(one, instance_class, response.region)
        for one in versions.VERSIONS
        for instance_class in versions.CLASSES
        if version in (None, one) and wanted in (None, instance_class)
    ]
    shown, marker = page(response, listed)
    return result({"OrderableDBInstanceOptions": shown, "Marker": marker})


CREATE, MODIFY, DELETE = moto("create_db_cluster"), moto("modify_db_cluster"), moto("delete_db_cluster")
ORDERABLE = moto("describe_orderable_db_instance_options")
OPERATIONS = {
    "create_db_cluster": create,
    "modify_db_cluster": modify,
    "delete_db_cluster": delete,
    "create_db_cluster_endpoint": create_endpoint,
    "describe_db_cluster_endpoints": describe_endpoints,
    "modify_db_cluster_endpoint": modify_endpoint,
    "delete_db_cluster_endpoint": delete_endpoint,
    "describe_db_engine_versions": describe_versions,
    "describe_orderable_db_instance_options": describe_orderable,
}


def members(cluster: Any) -> list[dict[str, Any]]:
    return [
        {
            "DBInstanceIdentifier": member.db_instance_identifier,
            "IsClusterWriter": member.is_cluster_writer,
            "DBClusterParameterGroupStatus": "pending-reboot" if CLUSTER.word in pending(member) else "in-sync",
            "PromotionTier": member.promotion_tier,
        }
        for member in cluster.members
    ]


def extend() -> None:
    from moto.rds.models import DBCluster, RDSBackend

    DBCluster.database_insights_mode = "standard"
    DBCluster.performance_insights_enabled = False
    DBCluster.performance_insights_retention_period = None
    DBCluster.performance_insights_kms_key_id = None
    DBCluster.pending_modified_values = None
    DBCluster.db_cluster_members = property(members)
    DBCluster.custom_endpoints = property(
        lambda cluster: [
            one.described()["Endpoint"] for one in endpoints(cluster.backend).values() if one.cluster is cluster
        ]
    )
    tagged = RDSBackend._get_resource_for_tagging

    def resource_for_tagging(backend: Any, arn: str) -> Any:
        if ":cluster-endpoint:" in arn:
            return endpoints(backend).get(arn.rpartition(":")[2]) or invalid(f"Invalid resource name: {arn}")
        return tagged(backend, arn)

    RDSBackend._get_resource_for_tagging = resource_for_tagging
