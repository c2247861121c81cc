"""Instances of Aurora clusters.

Amazon RDS API reference: CreateDBInstance, ModifyDBInstance, DeleteDBInstance, RebootDBInstance, DBInstance.
"""

from __future__ import annotations

from typing import Any

from . import versions
from .answers import combination, moto, refuse
from .clusters import AURORA
from .groups import INSTANCE, pending

DEFERRED = {
    "DBInstanceClass": "db_instance_class",
    "CACertificateIdentifier": "ca_certificate_identifier",
}
DEFAULT_CA = "rds-ca-rsa2048-g1"


def create(response: Any) -> Any:
    asked = response.params
    if asked.get("Engine") != AURORA:
        return CREATE(response)
    if asked["DBInstanceIdentifier"] in response.backend.databases:
        refuse("DBInstanceAlreadyExists", "DB instance already exists")
    if asked["DBInstanceClass"] not in versions.CLASSES:
        combination(f"RDS does not support creating a DB instance with {asked['DBInstanceClass']} and {AURORA}.")
    cluster = response.backend.clusters.get(asked.get("DBClusterIdentifier") or "")
    if asked["DBInstanceClass"] == "db.serverless" and cluster and not cluster.serverless_v2_scaling_configuration:
        combination("Set the Serverless v2 scaling configuration on the parent DB cluster before creating it.")
    check_group(response)
    asked.setdefault("CACertificateIdentifier", DEFAULT_CA)
    return CREATE(response)


def modify(response: Any) -> Any:
    asked = response.params
    instance = found(response)
    if instance.engine != AURORA:
        return MODIFY(response)
    now = bool(asked.pop("ApplyImmediately", False))
    check_group(response)
    waits = dict(vars(instance).get("pending_modified_values") or {})
    if now:
        # Aurora User Guide, Modifying a DB instance in a DB cluster: what waits comes along.
        for parameter, value in waits.items():
            asked.setdefault(parameter, value)
    for parameter, attribute in DEFERRED.items():
        value = asked.pop(parameter, None)
        if value is None:
            continue
        waits.pop(parameter, None)
        if now:
            setattr(instance, attribute, value)
        elif value != getattr(instance, attribute):
            waits[parameter] = value
    instance.pending_modified_values = waits
    group = asked.get("DBParameterGroupName")
    if group and group != instance.db_parameter_group_name:
        pending(instance).add(INSTANCE.word)
    if asked.get("MonitoringInterval") and not (asked.get("MonitoringRoleArn") or instance.monitoring_role_arn):
        combination("A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.")
    return MODIFY(response)


def delete(response: Any) -> Any:
    if found(response).engine == AURORA and response.params.get("FinalDBSnapshotIdentifier"):
        combination("FinalDBSnapshotIdentifier can not be specified for a member of a DB cluster.")
    return DELETE(response)


def reboot(response: Any) -> Any:
    pending(found(response)).clear()
    return REBOOT(response)


def found(response: Any) -> Any:
    name = response.params["DBInstanceIdentifier"]
    if name not in response.backend.databases:
        refuse("DBInstanceNotFound", f"DBInstance {name} not found.")
    return response.backend.databases[name]


def check_group(response: Any) -> None:
    group = response.params.get("DBParameterGroupName")
    if not group or group in response.backend.db_parameter_groups:
        return
    if not group.startswith("default."):
        refuse("DBParameterGroupNotFound", f"DBParameterGroup not found: {group}")
    INSTANCE.default(response.backend, group)


CREATE, MODIFY, DELETE = moto("create_db_instance"), moto("modify_db_instance"), moto("delete_db_instance")
REBOOT = moto("reboot_db_instance")
OPERATIONS = {
    "create_db_instance": create,
    "modify_db_instance": modify,
    "delete_db_instance": delete,
    "reboot_db_instance": reboot,
}


def parameter_groups(instance: Any) -> list[dict[str, Any]]:
    """What moto gives as the groups themselves, all in sync, and for Aurora as a default group of the wrong family."""
    name = instance.db_parameter_group_name or instance.default_db_parameter_group_details()[1]
    status = "pending-reboot" if INSTANCE.word in pending(instance) else "in-sync"
    return [{"DBParameterGroupName": name, "ParameterApplyStatus": status}]


def extend() -> None:
    from moto.rds.models import DBInstance

    default_of = DBInstance.default_db_parameter_group_details

    def default_group(instance: Any) -> tuple[str, str]:
        if instance.engine != AURORA:
            return default_of(instance)
        family = f"{AURORA}{instance.engine_version[:3]}"
        return family, f"default.{family}"

    DBInstance.default_db_parameter_group_details = default_group
    DBInstance.db_parameter_group_status_list = property(parameter_groups)
    DBInstance.pending_modified_values = None
