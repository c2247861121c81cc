"""Parameter groups and subnet groups.

Amazon RDS API reference: ModifyDBClusterParameterGroup, ResetDBClusterParameterGroup, DescribeDBClusterParameters,
DescribeEngineDefaultClusterParameters and their like for instances, CreateDBSubnetGroup, ModifyDBSubnetGroup.
"""

from __future__ import annotations

import re
from typing import Any

from . import parameters
from .answers import combination, invalid, moto, page, refuse, result

MOST = 20
"""Parameters in one request."""
FORMULA = re.compile(r"[{(]")
RANGE = re.compile(r"(-?\d+)-(-?\d+)")


class Kind:
    def __init__(self, word: str, stem: str, catalogue: dict[str, parameters.Parameter]) -> None:
        self.word = word
        self.stem = stem
        self.catalogue = catalogue
        self.name = "DBClusterParameterGroupName" if word == "cluster" else "DBParameterGroupName"

    def groups(self, backend: Any) -> Any:
        return backend.db_cluster_parameter_groups if self.word == "cluster" else backend.db_parameter_groups

    def group(self, response: Any) -> Any:
        name = response.params[self.name]
        groups = self.groups(response.backend)
        if name not in groups and name.startswith("default."):
            return self.default(response.backend, name)
        if name not in groups:
            refuse("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
        return groups[name]

    def default(self, backend: Any, name: str) -> Any:
        family = name.removeprefix("default.")
        if family not in parameters.FAMILIES:
            refuse("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
        groups = self.groups(backend)
        groups[name] = self.made(backend, name, family)
        return groups[name]

    def made(self, backend: Any, name: str, family: str) -> Any:
        from moto.rds.models import DBClusterParameterGroup, DBParameterGroup

        of: Any = DBClusterParameterGroup if self.word == "cluster" else DBParameterGroup
        named = {f"{self.stem}_group_name": name, "db_parameter_group_family": family}
        return of(backend=backend, description=f"Default parameters of {family}", **named)


CLUSTER = Kind("cluster", "db_cluster_parameter", parameters.CLUSTER)
INSTANCE = Kind("instance", "db_parameter", parameters.INSTANCE)


def family_of(group: Any) -> str:
    return str(getattr(group, "db_parameter_group_family", None) or group.family)


def catalogue_of(kind: Kind, group: Any) -> dict[str, parameters.Parameter]:
    """What the group can hold; nothing of families that are not emulated."""
    return kind.catalogue if family_of(group) in parameters.FAMILIES else {}


def described(kind: Kind) -> Any:
    def describe(response: Any) -> Any:
        group = kind.group(response)
        source = response.params.get("Source")
        listed = [
            one.described(
                group.parameters.get(one.name, {}).get("ParameterValue"),
                "pending-reboot" if one.apply == "static" else "immediate",
            )
            for one in catalogue_of(kind, group).values()
        ]
        if not listed:
            listed = [{"ParameterName": name, "Source": "user", **one} for name, one in group.parameters.items()]
        if source and source not in ("user", "system", "engine-default"):
            invalid(f"Invalid source: {source}")
        shown, marker = page(response, [one for one in listed if source in (None, one["Source"])])
        return result({"Parameters": shown, "Marker": marker})

    return describe


def defaults(kind: Kind) -> Any:
    def describe(response: Any) -> Any:
        family = response.params["DBParameterGroupFamily"]
        if family not in parameters.FAMILIES:
            invalid(f"Invalid DB parameter group family: {family}")
        listed = [
            one.described(None, "pending-reboot" if one.apply == "static" else "immediate")
            for one in kind.catalogue.values()
        ]
        shown, marker = page(response, listed)
        content = {"DBParameterGroupFamily": family, "Parameters": shown, "Marker": marker}
        return result({"EngineDefaults": content})

    return describe


def modified(kind: Kind) -> Any:
    def modify(response: Any) -> Any:
        group = changeable(kind, response)
        asked = [one.original_dict() for one in response.params.get("Parameters", [])]
        for one in limited(asked):
            check(catalogue_of(kind, group), one)
        for one in asked:
            group.parameters[one["ParameterName"]] = dict(one)
        wait_for_reboot(kind, response.backend, group, [one["ParameterName"] for one in asked])
        return result({kind.name: group.name})

    return modify


def reset(kind: Kind) -> Any:
    def restore(response: Any) -> Any:
        group = changeable(kind, response)
        everything = bool(response.params.get("ResetAllParameters"))
        asked = [one.original_dict() for one in response.params.get("Parameters", [])]
        if everything == bool(asked):
            combination("Either all parameters or a list of parameters must be reset.")
        names = list(group.parameters) if everything else [one["ParameterName"] for one in limited(asked)]
        for one in asked:
            known(catalogue_of(kind, group), one)
        for name in names:
            group.parameters.pop(name, None)
        wait_for_reboot(kind, response.backend, group, names)
        return result({kind.name: group.name})

    return restore


def limited(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(asked) > MOST:
        invalid(f"A maximum of {MOST} parameters can be modified in a single request.")
    return asked


def changeable(kind: Kind, response: Any) -> Any:
    group = kind.group(response)
    if group.name.startswith("default."):
        invalid(f"The parameter group {group.name} cannot be modified.")
    return group


def known(catalogue: dict[str, parameters.Parameter], asked: dict[str, Any]) -> parameters.Parameter | None:
    name = asked["ParameterName"]
    if not catalogue:
        return None
    if name not in catalogue:
        invalid(f"Could not find parameter with name: {name}")
    if not catalogue[name].modifiable:
        invalid(f"The parameter {name} cannot be modified.")
    if catalogue[name].apply == "static" and asked.get("ApplyMethod") == "immediate":
        combination(f"cannot use immediate apply method for static parameter, parameterName={name}")
    return catalogue[name]


def check(catalogue: dict[str, parameters.Parameter], asked: dict[str, Any]) -> None:
    definition, value = known(catalogue, asked), asked.get("ParameterValue")
    if "ApplyMethod" not in asked or value in (None, ""):
        invalid(f"ParameterValue and ApplyMethod must be given for {asked['ParameterName']}")
    if definition and definition.allowed and not FORMULA.search(value) and not allowed(definition.allowed, value):
        invalid(f"Invalid parameter value: {value} for: {definition.name} allowed values: {definition.allowed}")


def allowed(values: str, value: str) -> bool:
    for word in values.split(","):
        bounds = RANGE.fullmatch(word)
        if value == word or (
            bounds and re.fullmatch(r"-?\d+", value) and int(bounds[1]) <= int(value) <= int(bounds[2])
        ):
            return True
    return "," in value and all(allowed(values, part) for part in value.split(","))


def wait_for_reboot(kind: Kind, backend: Any, group: Any, names: list[str]) -> None:
    """Instances that use the group get its static parameters with their next reboot."""
    catalogue = catalogue_of(kind, group)
    if not any(name in catalogue and catalogue[name].apply == "static" for name in names):
        return
    for instance in users(kind, backend, group.name):
        pending(instance).add(kind.word)


def pending(instance: Any) -> set[str]:
    """The kinds of groups that the instance has not all of yet."""
    found: set[str] = vars(instance).setdefault("awaits_reboot", set())
    return found


def users(kind: Kind, backend: Any, name: str) -> list[Any]:
    def group_of(instance: Any) -> str | None:
        if kind.word == "instance":
            return instance.db_parameter_group_name or instance.default_db_parameter_group_details()[1]
        cluster = backend.clusters.get(instance.db_cluster_identifier or "")
        return cluster.parameter_group if cluster else None

    return [instance for instance in backend.databases.values() if group_of(instance) == name]


def deleted(kind: Kind) -> Any:
    def delete(response: Any) -> Any:
        name = response.params[kind.name]
        if name.startswith("default."):
            refuse("InvalidDBParameterGroupState", f"{name} cannot be deleted.")
        kind.group(response)
        clusters = [one for one in response.backend.clusters.values() if one.parameter_group == name]
        if users(kind, response.backend, name) or (kind is CLUSTER and clusters):
            refuse("InvalidDBParameterGroupState", f"One or more database instances are still members of {name}.")
        kind.groups(response.backend).pop(name)
        return result()

    return delete


def created(moto_answer: Any) -> Any:
    def create(response: Any) -> Any:
        family = response.params.get("DBParameterGroupFamily") or ""
        if family.startswith("aurora-mysql") and family not in parameters.FAMILIES:
            invalid(f"ParameterGroupFamily {family} is not a valid parameter group family")
        return moto_answer(response)

    return create


def listed(kind: Kind, moto_answer: Any) -> Any:
    def describe(response: Any) -> Any:
        if response.params.get(kind.name):
            # moto answers with none for an instance group that is not there.
            kind.group(response)
        return moto_answer(response)

    return describe


def create_subnet_group(response: Any) -> Any:
    name = response.params["DBSubnetGroupName"]
    if name in response.backend.subnet_groups:
        refuse("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    check_zones(response)
    return CREATE_SUBNET_GROUP(response)


def modify_subnet_group(response: Any) -> Any:
    name = response.params["DBSubnetGroupName"]
    if name not in response.backend.subnet_groups:
        refuse("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.")
    check_zones(response)
    answer = MODIFY_SUBNET_GROUP(response)
    # moto takes the group out and does not put it back.
    response.backend.subnet_groups[name] = answer.result["DBSubnetGroup"]
    return answer


def check_zones(response: Any) -> None:
    from moto.ec2.exceptions import InvalidSubnetIdError
    from moto.ec2.models import ec2_backends

    ec2 = ec2_backends[response.current_account][response.region]
    try:
        zones = {ec2.get_subnet(one).availability_zone for one in response.params.get("SubnetIds", [])}
    except InvalidSubnetIdError as exc:
        refuse("InvalidSubnet", f"Some input subnets are invalid: {exc}")
    if len(zones) < 2:
        message = "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement: add subnets of 2 AZs."
        refuse("DBSubnetGroupDoesNotCoverEnoughAZs", message)


def delete_subnet_group(response: Any) -> Any:
    name = response.params["DBSubnetGroupName"]
    if any(one.db_subnet_group_name == name for one in response.backend.clusters.values()):
        refuse("InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group '{name}': it is in use.")
    DELETE_SUBNET_GROUP(response)
    return result()


CREATE_SUBNET_GROUP = moto("create_db_subnet_group")
MODIFY_SUBNET_GROUP = moto("modify_db_subnet_group")
DELETE_SUBNET_GROUP = moto("delete_db_subnet_group")
OPERATIONS = {
    "describe_db_cluster_parameters": described(CLUSTER),
    "describe_db_parameters": described(INSTANCE),
    "describe_engine_default_cluster_parameters": defaults(CLUSTER),
    "describe_engine_default_parameters": defaults(INSTANCE),
    "modify_db_cluster_parameter_group": modified(CLUSTER),
    "modify_db_parameter_group": modified(INSTANCE),
    "reset_db_cluster_parameter_group": reset(CLUSTER),
    "reset_db_parameter_group": reset(INSTANCE),
    "create_db_cluster_parameter_group": created(moto("create_db_cluster_parameter_group")),
    "create_db_parameter_group": created(moto("create_db_parameter_group")),
    "describe_db_cluster_parameter_groups": listed(CLUSTER, moto("describe_db_cluster_parameter_groups")),
    "describe_db_parameter_groups": listed(INSTANCE, moto("describe_db_parameter_groups")),
    "delete_db_cluster_parameter_group": deleted(CLUSTER),
    "delete_db_parameter_group": deleted(INSTANCE),
    "create_db_subnet_group": create_subnet_group,
    "modify_db_subnet_group": modify_subnet_group,
    "delete_db_subnet_group": delete_subnet_group,
}


def extend() -> None:
    from moto.rds.models import DBParameterGroup

    # What botocore's model calls them; moto's class has them under other names only.
    DBParameterGroup.db_parameter_group_family = property(lambda group: group.family)
