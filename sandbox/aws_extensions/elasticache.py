"""ElastiCache as the service does it, where moto 5.2 lacks operations or drops what it was told.

Users and user groups, subnet groups, parameter groups with every parameter's limits, and replication groups with their
nodes, versions, pending changes and refusals. Every change is finished at once, unless it waits for the maintenance
window. What stands here comes from the ElastiCache API reference and the user guide's pages "Role-Based Access
Control", "Engine specific parameters" and "In-transit encryption"; tests/support/aws_behaviour/elasticache.py walks
through it. Everything is kept in moto's backend, and dies with it.
"""

from __future__ import annotations

import datetime as dt
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ..elasticache_parameters import ENGINE_VERSIONS, FAMILIES, parameters_of

if TYPE_CHECKING:
    from ..aws_emulator import Extendable

PAGE = 100
EVENT_MINUTES = 60
NAME = re.compile(r"[a-z](?:-?[a-z0-9])*")
WINDOW = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d-(?:mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d")
PASSWORD_LENGTH = range(16, 129)
SLOTS = 16384


class Thing(dict[str, Any]):
    """A resource as the API tells it; moto's own code reads a few of its members as attributes."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        pascal = "".join(part.capitalize() for part in name.split("_"))
        return self["ARN"] if name == "arn" else self.get(pascal)


class Store:
    """What one account has in one region."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        if "user_groups" not in vars(backend):
            backend.user_groups = {}
            backend.parameter_groups = {}
            backend.events = []
            backend.users = {}
            backend.users["default"] = self.user(
                {"UserId": "default", "UserName": "default", "Engine": "redis", "AccessString": "on ~* +@all"},
                "no-password",
                0,
            )

    @property
    def users(self) -> dict[str, Thing]:
        return self.backend.users

    @property
    def user_groups(self) -> dict[str, Thing]:
        return self.backend.user_groups

    @property
    def subnet_groups(self) -> dict[str, Thing]:
        return self.backend.cache_subnet_groups

    @property
    def parameter_groups(self) -> dict[str, Thing]:
        return self.backend.parameter_groups

    @property
    def groups(self) -> dict[str, Thing]:
        return self.backend.replication_groups

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:elasticache:{self.backend.region_name}:{self.backend.account_id}:{kind}:{name}"

    def tag(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        if tags:
            self.backend.tagging_service.tag_resource(arn, tags)

    def user(self, given: Mapping[str, Any], authentication: str, passwords: int) -> Thing:
        return Thing(
            UserId=given["UserId"].lower(),
            UserName=given["UserName"],
            Status="active",
            Engine=given["Engine"].lower(),
            MinimumEngineVersion="7.2" if given["Engine"].lower() == "valkey" else "6.0",
            AccessString=given["AccessString"],
            UserGroupIds=[],
            Authentication={"Type": authentication, **({"PasswordCount": passwords} if passwords else {})},
            ARN=self.arn("user", given["UserId"].lower()),
        )

    def event(self, kind: str, name: str, message: str) -> None:
        self.backend.events.append(
            {"SourceIdentifier": name, "SourceType": kind, "Message": message, "Date": dt.datetime.now(dt.UTC)}
        )


Given = dict[str, Any]
Operation = Callable[[Store, Given], dict[str, Any]]


def refuse(code: str, message: str) -> NoReturn:
    from moto.elasticache.exceptions import ElastiCacheException

    raise ElastiCacheException(code, message)


def one(things: Mapping[str, Any], name: str, code: str, what: str) -> Any:
    found = things.get(name.lower())
    return found if found is not None else refuse(code, f"{what} {name} not found.")


def page(given: Given, key: str, things: Iterable[Any]) -> dict[str, Any]:
    """One page of a list, with the marker of the next."""
    size = given.get("MaxRecords") or PAGE
    if not 20 <= size <= PAGE:
        refuse("InvalidParameterValue", f"MaxRecords {size} must be from 20 to {PAGE}.")
    first = int(given.get("Marker") or 0)
    found = list(things)
    return {key: found[first : first + size], **({"Marker": str(first + size)} if first + size < len(found) else {})}


# ---- users


def create_user(store: Store, given: Given) -> dict[str, Any]:
    name = given["UserId"].lower()
    if name in store.users:
        refuse("UserAlreadyExists", f"User {name} already exists.")
    kind, passwords = _authentication(given, given["Engine"].lower(), given["UserId"], given["UserName"])
    _engine(given["Engine"])
    user = store.user(given, kind, passwords)
    store.users[name] = user
    store.tag(user["ARN"], given.get("Tags"))
    return user


def _engine(engine: str) -> None:
    if engine.lower() not in ("redis", "valkey"):
        refuse("InvalidParameterValue", f"Engine {engine} must be redis or valkey.")


def _authentication(given: Given, engine: str, user_id: str, user_name: str) -> tuple[str, int]:
    """How a user logs in, and with how many passwords (Authenticating users, User Guide)."""
    mode = given.get("AuthenticationMode") or {}
    kind = mode.get("Type")
    passwords = mode.get("Passwords") or given.get("Passwords") or []
    if kind is None:
        kind = "no-password-required" if given.get("NoPasswordRequired") else "password"
    if kind == "password":
        if not passwords:
            refuse("InvalidParameterCombination", "A user with authentication mode password needs a password.")
        if len(passwords) > 2:
            refuse("InvalidParameterValue", "A user has at most two passwords.")
        if any(len(password) not in PASSWORD_LENGTH for password in passwords):
            refuse("InvalidParameterValue", "Passwords length must be between 16-128 characters.")
        return "password", len(passwords)
    if passwords:
        refuse("InvalidParameterCombination", f"Password field is not allowed with authentication type: {kind}")
    if kind == "iam":
        if user_id.lower() != user_name:
            refuse("InvalidParameterCombination", "User Id and User name must be same for authentication type: iam")
        return "iam", 0
    if engine == "valkey":
        refuse("InvalidParameterCombination", "A user of engine valkey needs a password or IAM.")
    return "no-password", 0


def modify_user(store: Store, given: Given) -> dict[str, Any]:
    user = one(store.users, given["UserId"], "UserNotFound", "User")
    if user["UserId"] == "default":
        refuse("InvalidParameterValue", "The default user cannot be modified.")
    engine = given.get("Engine", user["Engine"]).lower()
    if (user["Engine"], engine) == ("valkey", "redis"):
        refuse("InvalidParameterCombination", "The engine of a user cannot be changed from valkey to redis.")
    if given.keys() & {"AuthenticationMode", "Passwords", "NoPasswordRequired"}:
        kind, passwords = _authentication(given, engine, user["UserId"], user["UserName"])
        user["Authentication"] = {"Type": kind, **({"PasswordCount": passwords} if passwords else {})}
    user["Engine"] = engine
    if "AccessString" in given:
        user["AccessString"] = given["AccessString"]
    if "AppendAccessString" in given:
        user["AccessString"] += f" {given['AppendAccessString']}"
    return user


def delete_user(store: Store, given: Given) -> dict[str, Any]:
    user = one(store.users, given["UserId"], "UserNotFound", "User")
    groups = [store.user_groups[name] for name in user["UserGroupIds"]]
    if user["UserId"] == "default":
        refuse("InvalidParameterValue", "The default user cannot be deleted.")
    if user["UserName"] == "default" and any(group["Engine"] == "redis" for group in groups):
        refuse("DefaultUserAssociatedToUserGroup", "The user named default belongs to a user group.")
    for group in groups:
        group["UserIds"].remove(user["UserId"])
    del store.users[user["UserId"]]
    return Thing(user, Status="deleting", UserGroupIds=[])


def describe_users(store: Store, given: Given) -> dict[str, Any]:
    if "UserId" in given:
        return {"Users": [one(store.users, given["UserId"], "UserNotFound", "User")]}
    engine = given.get("Engine", "").lower()
    return page(given, "Users", [user for user in store.users.values() if engine in ("", user["Engine"])])


# ---- user groups


def create_user_group(store: Store, given: Given) -> dict[str, Any]:
    name = given["UserGroupId"].lower()
    _engine(given["Engine"])
    if name in store.user_groups:
        refuse("UserGroupAlreadyExists", f"User group {name} already exists.")
    group = Thing(
        UserGroupId=name,
        Status="active",
        Engine=given["Engine"].lower(),
        UserIds=[],
        MinimumEngineVersion="7.2" if given["Engine"].lower() == "valkey" else "6.0",
        ReplicationGroups=[],
        ServerlessCaches=[],
        ARN=store.arn("usergroup", name),
    )
    _join(store, group, [user.lower() for user in given.get("UserIds") or ()])
    store.user_groups[name] = group
    store.tag(group["ARN"], given.get("Tags"))
    return group


def _join(store: Store, group: Thing, users: list[str]) -> None:
    """Makes the group one of these users and no other, or refuses to (Role-Based Access Control, User Guide)."""
    members = [one(store.users, user, "UserNotFound", "User") for user in users]
    names = [user["UserName"] for user in members]
    if len(set(names)) < len(names):
        refuse("DuplicateUserName", "Two users of a group cannot have the same user name.")
    if group["Engine"] == "redis" and "default" not in names:
        refuse("DefaultUserRequired", "User group needs to contain a user with the user name default.")
    if group["Engine"] == "valkey" and any(user["Authentication"]["Type"] == "no-password" for user in members):
        refuse("InvalidParameterCombination", "A user group of engine valkey has users with a password or IAM only.")
    for user in store.users.values():
        if group["UserGroupId"] in user["UserGroupIds"]:
            user["UserGroupIds"].remove(group["UserGroupId"])
    for user in members:
        user["UserGroupIds"].append(group["UserGroupId"])
    group["UserIds"] = users


def modify_user_group(store: Store, given: Given) -> dict[str, Any]:
    group = one(store.user_groups, given["UserGroupId"], "UserGroupNotFound", "User group")
    added, removed = given.get("UserIdsToAdd") or [], given.get("UserIdsToRemove") or []
    if not added and not removed and "Engine" not in given:
        refuse("InvalidParameterCombination", "No modifications were requested.")
    if (group["Engine"], given.get("Engine", "").lower()) == ("valkey", "redis"):
        refuse("InvalidParameterCombination", "The engine of a user group cannot be changed from valkey to redis.")
    if strangers := set(removed) - set(group["UserIds"]):
        refuse("UserNotFound", f"User {', '.join(sorted(strangers))} not found in the user group.")
    if already := set(added) & set(group["UserIds"]):
        refuse("InvalidParameterCombination", f"User {', '.join(sorted(already))} is in the user group already.")
    before = group["Engine"]
    group["Engine"] = given.get("Engine", before).lower()
    try:
        _join(store, group, [user for user in group["UserIds"] if user not in removed] + added)
    except Exception:
        group["Engine"] = before
        raise
    return group


def delete_user_group(store: Store, given: Given) -> dict[str, Any]:
    group = one(store.user_groups, given["UserGroupId"], "UserGroupNotFound", "User group")
    if group["ReplicationGroups"]:
        refuse("InvalidUserGroupState", f"User group {group['UserGroupId']} is given to a replication group.")
    for user in store.users.values():
        if group["UserGroupId"] in user["UserGroupIds"]:
            user["UserGroupIds"].remove(group["UserGroupId"])
    del store.user_groups[group["UserGroupId"]]
    return Thing(group, Status="deleting")


def describe_user_groups(store: Store, given: Given) -> dict[str, Any]:
    if "UserGroupId" in given:
        return {"UserGroups": [one(store.user_groups, given["UserGroupId"], "UserGroupNotFound", "User group")]}
    return page(given, "UserGroups", store.user_groups.values())


# ---- subnet groups


def create_cache_subnet_group(store: Store, given: Given) -> dict[str, Any]:
    name = given["CacheSubnetGroupName"].lower()
    if name in store.subnet_groups:
        refuse("CacheSubnetGroupAlreadyExists", f"CacheSubnetGroup {name} already exists.")
    group = Thing(
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription=given["CacheSubnetGroupDescription"],
        **_subnets(store, given["SubnetIds"]),
        ARN=store.arn("subnetgroup", name),
        SupportedNetworkTypes=["ipv4"],
    )
    store.subnet_groups[name] = group
    store.tag(group["ARN"], given.get("Tags"))
    return {"CacheSubnetGroup": group}


def _subnets(store: Store, ids: list[str]) -> dict[str, Any]:
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models import ec2_backends

    try:
        subnets = ec2_backends[store.backend.account_id][store.backend.region_name].describe_subnets(subnet_ids=ids)
    except EC2ClientError:
        refuse("InvalidSubnet", f"Some of the subnets {', '.join(ids)} do not exist.")
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        refuse("InvalidSubnet", "All subnets must be of one VPC.")
    return {
        "VpcId": subnets[0].vpc_id,
        "Subnets": [
            {
                "SubnetIdentifier": subnet.id,
                "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
                "SupportedNetworkTypes": ["ipv4"],
            }
            for subnet in subnets
        ],
    }


def modify_cache_subnet_group(store: Store, given: Given) -> dict[str, Any]:
    group = one(store.subnet_groups, given["CacheSubnetGroupName"], "CacheSubnetGroupNotFoundFault", "CacheSubnetGroup")
    if given.get("SubnetIds"):
        subnets = _subnets(store, given["SubnetIds"])
        zones = {subnet["SubnetAvailabilityZone"]["Name"] for subnet in subnets["Subnets"]}
        if subnets["VpcId"] != group["VpcId"]:
            refuse("InvalidSubnet", "The subnets are of another VPC.")
        nodes = [node for node in _nodes(store) if node["CacheSubnetGroupName"] == group["CacheSubnetGroupName"]]
        if any(node["PreferredAvailabilityZone"] not in zones for node in nodes):
            refuse("SubnetInUse", "A subnet that would be removed is used by a node.")
        group.update(subnets)
    if "CacheSubnetGroupDescription" in given:
        group["CacheSubnetGroupDescription"] = given["CacheSubnetGroupDescription"]
    return {"CacheSubnetGroup": group}


def delete_cache_subnet_group(store: Store, given: Given) -> dict[str, Any]:
    name = given["CacheSubnetGroupName"].lower()
    one(store.subnet_groups, name, "CacheSubnetGroupNotFoundFault", "CacheSubnetGroup")
    if any(node["CacheSubnetGroupName"] == name for node in _nodes(store)):
        refuse("CacheSubnetGroupInUse", f"CacheSubnetGroup {name} is in use by a cluster.")
    del store.subnet_groups[name]
    return {}


def describe_cache_subnet_groups(store: Store, given: Given) -> dict[str, Any]:
    name = given.get("CacheSubnetGroupName")
    if name:
        found = one(store.subnet_groups, name, "CacheSubnetGroupNotFoundFault", "CacheSubnetGroup")
        return {"CacheSubnetGroups": [found]}
    return page(given, "CacheSubnetGroups", store.subnet_groups.values())


# ---- parameter groups


def create_cache_parameter_group(store: Store, given: Given) -> dict[str, Any]:
    name, family = given["CacheParameterGroupName"].lower(), given["CacheParameterGroupFamily"]
    if family not in FAMILIES:
        refuse("InvalidParameterValue", f"CacheParameterGroupFamily {family} is not a valid parameter group family.")
    if name in store.parameter_groups or name.startswith("default."):
        refuse("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists.")
    if not NAME.fullmatch(name):
        refuse("InvalidParameterValue", f"{name} is no valid name of a parameter group.")
    group = Thing(
        CacheParameterGroupName=name,
        CacheParameterGroupFamily=family,
        Description=given["Description"],
        IsGlobal=False,
        ARN=store.arn("parametergroup", name),
        Values={},
    )
    store.parameter_groups[name] = group
    store.tag(group["ARN"], given.get("Tags"))
    return {"CacheParameterGroup": group}


def _own_parameter_group(store: Store, given: Given) -> Thing:
    name = given["CacheParameterGroupName"].lower()
    if name.startswith("default."):
        refuse("InvalidCacheParameterGroupState", "Default parameter groups cannot be changed.")
    return one(store.parameter_groups, name, "CacheParameterGroupNotFound", "CacheParameterGroup")


def modify_cache_parameter_group(store: Store, given: Given) -> dict[str, Any]:
    group = _own_parameter_group(store, given)
    values = given.get("ParameterNameValues") or []
    if not 1 <= len(values) <= 20:
        refuse("InvalidParameterCombination", "One to 20 parameters can be modified in a request.")
    known = {about["ParameterName"]: about for about in parameters_of(group["CacheParameterGroupFamily"])}
    for pair in values:
        _refuse_parameter(known.get(pair["ParameterName"]), pair)
    group["Values"].update({pair["ParameterName"]: pair["ParameterValue"] for pair in values})
    return {"CacheParameterGroupName": group["CacheParameterGroupName"]}


def _refuse_parameter(about: Mapping[str, Any] | None, pair: Mapping[str, str]) -> None:
    name, value = pair["ParameterName"], pair["ParameterValue"]
    if about is None:
        refuse("InvalidParameterValue", f"Could not find parameter with name: {name}")
    if not about["IsModifiable"]:
        refuse("InvalidParameterValue", f"The parameter {name} cannot be modified.")
    if not _allowed(about.get("AllowedValues", ""), value):
        refuse("InvalidParameterValue", f"The parameter {name} cannot be {value}; allowed: {about['AllowedValues']}")


def _allowed(allowed: str, value: str) -> bool:
    if not allowed or value in allowed.split(","):
        return True
    ranges = [re.fullmatch(r"(-?\d+)-(\d*)", piece) for piece in allowed.split(",")]
    number = int(value) if re.fullmatch(r"-?\d+", value) else None
    return number is not None and any(
        found is not None and int(found[1]) <= number and (not found[2] or number <= int(found[2])) for found in ranges
    )


def reset_cache_parameter_group(store: Store, given: Given) -> dict[str, Any]:
    group = _own_parameter_group(store, given)
    names = [pair["ParameterName"] for pair in given.get("ParameterNameValues") or ()]
    if bool(names) == bool(given.get("ResetAllParameters")):
        refuse("InvalidParameterCombination", "Name parameters, or reset all of them.")
    for name in names or list(group["Values"]):
        group["Values"].pop(name, None)
    return {"CacheParameterGroupName": group["CacheParameterGroupName"]}


def delete_cache_parameter_group(store: Store, given: Given) -> dict[str, Any]:
    group = _own_parameter_group(store, given)
    name = group["CacheParameterGroupName"]
    if any(node["CacheParameterGroup"]["CacheParameterGroupName"] == name for node in _nodes(store)):
        refuse("InvalidCacheParameterGroupState", f"One or more cache clusters still use the parameter group {name}.")
    del store.parameter_groups[name]
    return {}


def describe_cache_parameter_groups(store: Store, given: Given) -> dict[str, Any]:
    name = given.get("CacheParameterGroupName")
    every = {**store.parameter_groups, **_default_groups(store)}
    if name:
        return {"CacheParameterGroups": [one(every, name, "CacheParameterGroupNotFound", "CacheParameterGroup")]}
    return page(given, "CacheParameterGroups", every.values())


def _default_groups(store: Store) -> dict[str, Thing]:
    names = {f"default.{family}{suffix}": family for family in FAMILIES for suffix in ("", ".cluster.on")}
    return {
        name: Thing(
            CacheParameterGroupName=name,
            CacheParameterGroupFamily=family,
            Description=f"Default parameter group for {family}",
            IsGlobal=False,
            ARN=store.arn("parametergroup", name),
            Values={"cluster-enabled": "yes"} if name.endswith(".cluster.on") else {},
        )
        for name, family in names.items()
    }


def describe_cache_parameters(store: Store, given: Given) -> dict[str, Any]:
    every = {**store.parameter_groups, **_default_groups(store)}
    group = one(every, given["CacheParameterGroupName"], "CacheParameterGroupNotFound", "CacheParameterGroup")
    parameters = [
        {**about, "ParameterValue": group["Values"][about["ParameterName"]], "Source": "user"}
        if about["ParameterName"] in group["Values"]
        else about
        for about in parameters_of(group["CacheParameterGroupFamily"])
    ]
    source = given.get("Source")
    return page(given, "Parameters", [about for about in parameters if source in (None, about["Source"])])


def describe_engine_default_parameters(_store: Store, given: Given) -> dict[str, Any]:
    family = given["CacheParameterGroupFamily"]
    if family not in FAMILIES:
        refuse("InvalidParameterValue", f"CacheParameterGroupFamily {family} is not a valid parameter group family.")
    return {"EngineDefaults": {"CacheParameterGroupFamily": family, **page(given, "Parameters", parameters_of(family))}}


def describe_cache_engine_versions(_store: Store, given: Given) -> dict[str, Any]:
    versions = [
        {
            "Engine": engine,
            "EngineVersion": short(version),
            "CacheParameterGroupFamily": family,
            "CacheEngineDescription": engine.capitalize(),
            "CacheEngineVersionDescription": f"{engine} version {version}",
        }
        for engine, version, family in ENGINE_VERSIONS
        if given.get("Engine") in (None, engine)
        and given.get("EngineVersion") in (None, short(version))
        and given.get("CacheParameterGroupFamily") in (None, family)
    ]
    if given.get("DefaultOnly"):
        versions = versions[-1:]
    return page(given, "CacheEngineVersions", versions)


# ---- replication groups


def short(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _version(engine: str, asked: str | None) -> tuple[str, str]:
    """The patch and the family of an engine's version; of several patches, and without a version, the newest."""
    fitting = [
        (version, family)
        for name, version, family in ENGINE_VERSIONS
        if name == engine and asked in (None, short(version), version)
    ]
    return fitting[-1] if fitting else refuse(
        "InvalidParameterCombination", f"Cannot find version {asked} for {engine}"
    )  # fmt: skip


def create_replication_group(store: Store, given: Given) -> dict[str, Any]:
    name = given["ReplicationGroupId"].lower()
    if not NAME.fullmatch(name) or len(name) > 40:
        refuse("InvalidParameterValue", f"{name} is no valid identifier of a replication group.")
    if name in store.groups:
        refuse("ReplicationGroupAlreadyExists", f"Replication group {name} already exists.")
    if not given.get("CacheNodeType"):
        refuse("InvalidParameterValue", "The parameter CacheNodeType must be provided.")
    engine = given.get("Engine", "redis")
    _engine(engine)
    version, family = _version(engine, given.get("EngineVersion"))
    mode = given.get("ClusterMode", "enabled" if (given.get("NumNodeGroups") or 1) > 1 else "disabled")
    parameters = given.get("CacheParameterGroupName") or (
        f"default.{family}{'.cluster.on' if mode == 'enabled' else ''}"
    )
    _fits(store, parameters, family, mode)
    subnets = given.get("CacheSubnetGroupName")
    zones = [f"{store.backend.region_name}{letter}" for letter in "abc"]
    if subnets:
        group = one(store.subnet_groups, subnets, "CacheSubnetGroupNotFoundFault", "CacheSubnetGroup")
        zones = sorted({subnet["SubnetAvailabilityZone"]["Name"] for subnet in group["Subnets"]})
    shards = given.get("NumNodeGroups") or 1
    replicas = given.get("ReplicasPerNodeGroup")
    replicas = (given.get("NumCacheClusters") or 1) - 1 if replicas is None else replicas
    encrypted = bool(given.get("AtRestEncryptionEnabled", engine == "valkey"))
    new = Thing(
        ReplicationGroupId=name,
        Description=given["ReplicationGroupDescription"],
        Status="available",
        PendingModifiedValues={},
        MemberClusters=[],
        NodeGroups=[],
        AutomaticFailover="enabled" if given.get("AutomaticFailoverEnabled") else "disabled",
        MultiAZ="enabled" if given.get("MultiAZEnabled") else "disabled",
        SnapshotRetentionLimit=given.get("SnapshotRetentionLimit", 0),
        SnapshotWindow=given.get("SnapshotWindow", "05:00-06:00"),
        ClusterEnabled=mode != "disabled",
        ClusterMode=mode,
        CacheNodeType=given["CacheNodeType"],
        AuthTokenEnabled=bool(given.get("AuthToken")),
        TransitEncryptionEnabled=bool(given.get("TransitEncryptionEnabled")),
        AtRestEncryptionEnabled=encrypted,
        StorageEncryptionType="sse-kms" if given.get("KmsKeyId") else "sse-elasticache" if encrypted else "none",
        ARN=store.arn("replicationgroup", name),
        UserGroupIds=[],
        LogDeliveryConfigurations=[],
        ReplicationGroupCreateTime=dt.datetime.now(dt.UTC),
        DataTiering="disabled",
        AutoMinorVersionUpgrade=bool(given.get("AutoMinorVersionUpgrade", True)),
        NetworkType=given.get("NetworkType", "ipv4"),
        IpDiscovery=given.get("IpDiscovery", "ipv4"),
        Engine=engine,
        # What the API tells of the nodes only.
        Node={
            "EngineVersion": version,
            "Port": given.get("Port", 6379),
            "CacheParameterGroupName": parameters,
            "CacheSubnetGroupName": subnets or "default",
            "SecurityGroupIds": given.get("SecurityGroupIds") or [],
            "PreferredMaintenanceWindow": given.get("PreferredMaintenanceWindow", "sun:23:00-mon:01:30"),
            "NotificationTopicArn": given.get("NotificationTopicArn"),
            "NotificationTopicStatus": "active" if given.get("NotificationTopicArn") else "inactive",
            "Pending": {},
            "Zones": zones,
        },
    )
    if given.get("KmsKeyId"):
        new["KmsKeyId"] = _key(store, given["KmsKeyId"])
        if not encrypted:
            refuse("InvalidParameterCombination", "A KMS key needs encryption at rest.")
    if new["TransitEncryptionEnabled"]:
        new["TransitEncryptionMode"] = given.get("TransitEncryptionMode", "required")
    _logs(new, given)
    _populate(new, shards, replicas)
    _refuse_group(new)
    _give_user_groups(store, new, given.get("UserGroupIds") or [], [])
    store.groups[name] = new
    store.tag(new["ARN"], given.get("Tags"))
    store.event("replication-group", name, f"Replication group {name} created")
    return {"ReplicationGroup": new}


def _key(store: Store, key: str) -> str:
    return key if key.startswith("arn:") else store.arn("key", key).replace(":elasticache:", ":kms:").replace(
        ":key:", ":key/"
    )  # fmt: skip


def _fits(store: Store, parameter_group: str, family: str, mode: str) -> None:
    every = {**store.parameter_groups, **_default_groups(store)}
    group = one(every, parameter_group, "CacheParameterGroupNotFound", "CacheParameterGroup")
    if group["CacheParameterGroupFamily"] != family:
        refuse(
            "InvalidParameterCombination",
            f"Expected a parameter group of family {family} but found one of {group['CacheParameterGroupFamily']}",
        )
    if mode == "enabled" and group["Values"].get("cluster-enabled") != "yes":
        refuse("InvalidParameterCombination", "Cluster mode needs a parameter group with cluster-enabled.")


def _populate(group: Thing, shards: int, replicas: int) -> None:
    """Gives the group its shards and nodes; a node that was there keeps its name and zone."""
    name, node = group["ReplicationGroupId"], group["Node"]
    clustered = group["ClusterMode"] != "disabled"
    domain = f"{name}.{zlib.crc32(name.encode()) % 1_000_000:06}.euc1.cache.amazonaws.com"
    group["NodeGroups"] = []
    group["MemberClusters"] = []
    for shard in range(1, shards + 1):
        members = []
        for number in range(replicas + 1):
            cluster = f"{name}-{shard:04}-{number + 1:03}" if clustered else f"{name}-{number + 1:03}"
            zone = node["Zones"][number % len(node["Zones"])]
            member = {"CacheClusterId": cluster, "CacheNodeId": "0001", "PreferredAvailabilityZone": zone}
            if not clustered:
                member |= {
                    "CurrentRole": "replica" if number else "primary",
                    "ReadEndpoint": {"Address": f"{cluster}.{domain}", "Port": node["Port"]},
                }
            members.append(member)
            group["MemberClusters"].append(cluster)
        one_shard: dict[str, Any] = {
            "NodeGroupId": f"{shard:04}",
            "Status": "available",
            "NodeGroupMembers": members,
        }
        if clustered:
            first, last = SLOTS * (shard - 1) // shards, SLOTS * shard // shards - 1
            one_shard["Slots"] = f"{first}-{last}"
        else:
            one_shard["PrimaryEndpoint"] = {"Address": f"master.{domain}", "Port": node["Port"]}
            one_shard["ReaderEndpoint"] = {"Address": f"replica.{domain}", "Port": node["Port"]}
        group["NodeGroups"].append(one_shard)
    if clustered:
        group["ConfigurationEndpoint"] = {"Address": f"clustercfg.{domain}", "Port": node["Port"]}


def _replicas(group: Thing) -> int:
    return len(group["NodeGroups"][0]["NodeGroupMembers"]) - 1


def _refuse_group(group: Thing) -> None:
    """Refuses what cannot be beside each other (CreateReplicationGroup and Multi-AZ, User Guide)."""
    replicas = _replicas(group)
    failover = group["AutomaticFailover"] == "enabled"
    if replicas > 5:
        refuse("InvalidParameterValue", "A shard has at most 5 replicas.")
    if failover and replicas == 0 and group["ClusterMode"] == "disabled":
        refuse("InvalidParameterCombination", "Automatic failover needs at least one replica.")
    if group["ClusterMode"] != "disabled" and not failover:
        refuse("InvalidParameterCombination", "Cluster mode needs automatic failover.")
    if group["MultiAZ"] == "enabled" and not failover:
        refuse("InvalidParameterCombination", "Multi-AZ needs automatic failover.")
    if len(group["NodeGroups"]) > 1 and group["ClusterMode"] == "disabled":
        refuse("InvalidParameterCombination", "More than one shard needs cluster mode.")
    if not 0 <= group["SnapshotRetentionLimit"] <= 35:
        refuse("InvalidParameterValue", "SnapshotRetentionLimit must be from 0 to 35.")
    if not WINDOW.fullmatch(group["Node"]["PreferredMaintenanceWindow"]):
        refuse("InvalidParameterValue", "PreferredMaintenanceWindow must be ddd:hh24:mi-ddd:hh24:mi.")


def _give_user_groups(store: Store, group: Thing, added: list[str], removed: list[str]) -> None:
    found = [one(store.user_groups, name, "UserGroupNotFound", "User group") for name in added]
    if found and not group["TransitEncryptionEnabled"]:
        refuse("InvalidParameterCombination", "A user group needs encryption in transit.")
    if any(one_group["Engine"] == "valkey" for one_group in found) and group["Engine"] == "redis":
        refuse("InvalidParameterCombination", "A Redis OSS replication group takes user groups of engine redis only.")
    left = [name for name in group["UserGroupIds"] if name not in removed]
    if len(left) + len(added) > 1:
        refuse("InvalidParameterCombination", "A replication group has at most one user group.")
    for name in removed:
        if name in store.user_groups and group["ReplicationGroupId"] in store.user_groups[name]["ReplicationGroups"]:
            store.user_groups[name]["ReplicationGroups"].remove(group["ReplicationGroupId"])
    for one_group in found:
        one_group["ReplicationGroups"].append(group["ReplicationGroupId"])
    group["UserGroupIds"] = [*left, *added]


def _logs(group: Thing, given: Given) -> None:
    by_type = {about["LogType"]: about for about in group["LogDeliveryConfigurations"]}
    for asked in given.get("LogDeliveryConfigurations") or ():
        if not asked.get("Enabled", True):
            by_type.pop(asked["LogType"], None)
            continue
        if not asked.keys() >= {"DestinationType", "DestinationDetails", "LogFormat"}:
            refuse("InvalidParameterCombination", "A log needs a destination and a format.")
        kept = {name: asked[name] for name in ("LogType", "DestinationType", "DestinationDetails", "LogFormat")}
        by_type[asked["LogType"]] = {**kept, "Status": "active"}
    group["LogDeliveryConfigurations"] = list(by_type.values())


def _group(store: Store, given: Given) -> Thing:
    name = given["ReplicationGroupId"]
    return one(store.groups, name, "ReplicationGroupNotFoundFault", "Replication group")


def modify_replication_group(store: Store, given: Given) -> dict[str, Any]:
    group = _group(store, given)
    node = group["Node"]
    tried = Thing(group, Node={**node, "Pending": dict(node["Pending"])})
    _upgrade(store, tried, given)
    _change_transit(tried, given)
    _change_cluster_mode(tried, given)
    for member, target in (("AutomaticFailoverEnabled", "AutomaticFailover"), ("MultiAZEnabled", "MultiAZ")):
        if member in given:
            tried[target] = "enabled" if given[member] else "disabled"
    begins = given.get("SnapshotRetentionLimit") and not group["SnapshotRetentionLimit"]
    if begins and group["ClusterMode"] == "disabled" and not given.get("SnapshottingClusterId"):
        refuse("InvalidParameterCombination", "SnapshottingClusterId must be given to switch snapshots on.")
    if "ReplicationGroupDescription" in given:
        tried["Description"] = given["ReplicationGroupDescription"]
    for member in ("SnapshotRetentionLimit", "SnapshotWindow", "AutoMinorVersionUpgrade", "SnapshottingClusterId"):
        if member in given:
            tried[member] = given[member]
    for member in ("PreferredMaintenanceWindow", "SecurityGroupIds", "NotificationTopicArn", "NotificationTopicStatus"):
        if member in given:
            tried["Node"][member] = given[member]
    _logs(tried, given)
    _refuse_group(tried)
    removed = group["UserGroupIds"] if given.get("RemoveUserGroups") else given.get("UserGroupIdsToRemove") or []
    if removed or given.get("UserGroupIdsToAdd"):
        _give_user_groups(store, tried, given.get("UserGroupIdsToAdd") or [], list(removed))
    group.update(tried)
    store.event("replication-group", group["ReplicationGroupId"], "Replication group modified")
    return {"ReplicationGroup": group}


def _upgrade(store: Store, group: Thing, given: Given) -> None:
    """Engine, version, parameter group and node type: at once, or in the maintenance window."""
    node = group["Node"]
    engine = given.get("Engine", group["Engine"])
    if (group["Engine"], engine) == ("valkey", "redis"):
        refuse("InvalidParameterCombination", "The engine cannot be changed from valkey to redis.")
    asked = given.get("EngineVersion")
    now = node["Pending"].get("EngineVersion", node["EngineVersion"])
    version, family = _version(engine, asked or (now if engine == group["Engine"] else None))
    if engine == group["Engine"] and _number(version) < _number(now):
        refuse("InvalidParameterCombination", f"The version cannot be lowered from {now} to {version}.")
    parameters = given.get("CacheParameterGroupName", node["CacheParameterGroupName"])
    if asked or "CacheParameterGroupName" in given or engine != group["Engine"]:
        if "CacheParameterGroupName" not in given and parameters.startswith("default."):
            parameters = f"default.{family}{'.cluster.on' if group['ClusterMode'] == 'enabled' else ''}"
        _fits(store, parameters, family, group["ClusterMode"])
        node["CacheParameterGroupName"] = parameters
    group["Engine"] = engine
    late = {} if version == now else {"EngineVersion": version}
    if given.get("CacheNodeType"):
        late["CacheNodeType"] = given["CacheNodeType"]
    if given.get("ApplyImmediately"):
        late = {**node["Pending"], **late}
        node["Pending"] = {}
        node["EngineVersion"] = late.get("EngineVersion", node["EngineVersion"])
        group["CacheNodeType"] = late.get("CacheNodeType", group["CacheNodeType"])
    else:
        node["Pending"] = {**node["Pending"], **late}


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _change_transit(group: Thing, given: Given) -> None:
    """Encryption in transit in two steps (Enabling in-transit encryption on an existing cluster, User Guide)."""
    if not given.keys() & {"TransitEncryptionEnabled", "TransitEncryptionMode"}:
        return
    if not given.get("ApplyImmediately"):
        refuse("InvalidParameterCombination", "Encryption in transit can be changed only with ApplyImmediately.")
    enabled = given.get("TransitEncryptionEnabled", group["TransitEncryptionEnabled"])
    mode = given.get("TransitEncryptionMode", group.get("TransitEncryptionMode"))
    if enabled and not group["TransitEncryptionEnabled"] and mode != "preferred":
        refuse("InvalidParameterCombination", "TransitEncryptionMode must be preferred first.")
    if not enabled and group.get("TransitEncryptionMode") == "required":
        refuse("InvalidParameterCombination", "TransitEncryptionMode must be preferred before it is switched off.")
    if not enabled and group["UserGroupIds"]:
        refuse("InvalidParameterCombination", "A user group needs encryption in transit.")
    group["TransitEncryptionEnabled"] = enabled
    group.pop("TransitEncryptionMode", None)
    if enabled:
        group["TransitEncryptionMode"] = mode


def _change_cluster_mode(group: Thing, given: Given) -> None:
    """Disabled, compatible, enabled (ModifyReplicationGroup, API reference); compatible can go back."""
    asked = given.get("ClusterMode")
    if asked is None:
        return
    if (group["ClusterMode"], asked) not in {
        ("disabled", "compatible"), ("compatible", "enabled"), ("compatible", "disabled"),
    }:  # fmt: skip
        refuse("InvalidParameterCombination", f"Cluster mode cannot be changed from {group['ClusterMode']} to {asked}.")
    shards, replicas = len(group["NodeGroups"]), _replicas(group)
    group["ClusterMode"] = asked
    group["ClusterEnabled"] = asked != "disabled"
    names = [member for shard in group["NodeGroups"] for member in shard["NodeGroupMembers"]]
    _populate(group, shards, replicas)
    # The nodes stay the same ones.
    for shard in group["NodeGroups"]:
        for member, old in zip(shard["NodeGroupMembers"], names, strict=True):
            member["CacheClusterId"] = old["CacheClusterId"]
    group["MemberClusters"] = [old["CacheClusterId"] for old in names]
    if asked == "disabled":
        group.pop("ConfigurationEndpoint", None)


def increase_replica_count(store: Store, given: Given) -> dict[str, Any]:
    return _count(store, given, grows=True)


def decrease_replica_count(store: Store, given: Given) -> dict[str, Any]:
    return _count(store, given, grows=False)


def _count(store: Store, given: Given, *, grows: bool) -> dict[str, Any]:
    group = _group(store, given)
    if not given.get("ApplyImmediately"):
        refuse("InvalidParameterValue", "ApplyImmediately=False is not currently supported.")
    has, wanted = _replicas(group), given.get("NewReplicaCount", -1)
    if wanted == has:
        refuse("NoOperationFault", f"The replication group has {has} replicas already.")
    if (wanted > has) is not grows or not 0 <= wanted <= 5:
        refuse("InvalidParameterValue", f"NewReplicaCount {wanted} does not fit {has} replicas.")
    if wanted == 0 and group["ClusterMode"] == "disabled" and group["MultiAZ"] == "enabled":
        refuse("InvalidParameterCombination", "With Multi-AZ there is at least one replica.")
    tried = Thing(group)
    _populate(tried, len(group["NodeGroups"]), wanted)
    _refuse_group(tried)
    group.update(tried)
    return {"ReplicationGroup": group}


def modify_replication_group_shard_configuration(store: Store, given: Given) -> dict[str, Any]:
    group = _group(store, given)
    has, wanted = len(group["NodeGroups"]), given["NodeGroupCount"]
    if not given.get("ApplyImmediately"):
        refuse("InvalidParameterValue", "The only permitted value of ApplyImmediately is true.")
    if group["ClusterMode"] != "enabled":
        refuse("InvalidParameterCombination", "Only a group in cluster mode has shards to change.")
    if wanted < has and not (given.get("NodeGroupsToRemove") or given.get("NodeGroupsToRetain")):
        refuse("InvalidParameterCombination", "NodeGroupsToRemove or NodeGroupsToRetain must be given.")
    _populate(group, wanted, _replicas(group))
    return {"ReplicationGroup": group}


def delete_replication_group(store: Store, given: Given) -> dict[str, Any]:
    group = _group(store, given)
    snapshot = given.get("FinalSnapshotIdentifier")
    if snapshot:
        _take_snapshot(store, group, snapshot)
    _give_user_groups(store, group, [], list(group["UserGroupIds"]))
    del store.groups[group["ReplicationGroupId"]]
    store.event("replication-group", group["ReplicationGroupId"], "Replication group deleted")
    return {"ReplicationGroup": Thing(group, Status="deleting")}


def _take_snapshot(store: Store, group: Thing, name: str) -> None:
    store.backend.create_snapshot(
        snapshot_name=name,
        replication_group_id=group["ReplicationGroupId"],
        cache_cluster_id=None,
        kms_key_id=group.get("KmsKeyId"),
        tags=None,
    )


def describe_replication_groups(store: Store, given: Given) -> dict[str, Any]:
    if given.get("ReplicationGroupId"):
        return {"ReplicationGroups": [_group(store, given)]}
    return page(given, "ReplicationGroups", store.groups.values())


def _nodes(store: Store) -> list[dict[str, Any]]:
    """The nodes of all replication groups, as DescribeCacheClusters tells them."""
    return [_node(group, member) for group in store.groups.values() for shard in group["NodeGroups"]
            for member in shard["NodeGroupMembers"]]  # fmt: skip


def _node(group: Thing, member: Mapping[str, Any]) -> dict[str, Any]:
    node = group["Node"]
    found = {
        "CacheClusterId": member["CacheClusterId"],
        "CacheNodeType": group["CacheNodeType"],
        "Engine": group["Engine"],
        "EngineVersion": node["EngineVersion"],
        "CacheClusterStatus": "available",
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": member["PreferredAvailabilityZone"],
        "CacheClusterCreateTime": group["ReplicationGroupCreateTime"],
        "PreferredMaintenanceWindow": node["PreferredMaintenanceWindow"],
        "PendingModifiedValues": dict(node["Pending"]),
        "CacheParameterGroup": {
            "CacheParameterGroupName": node["CacheParameterGroupName"],
            "ParameterApplyStatus": "in-sync",
        },
        "CacheSubnetGroupName": node["CacheSubnetGroupName"],
        "AutoMinorVersionUpgrade": group["AutoMinorVersionUpgrade"],
        "SecurityGroups": [{"SecurityGroupId": one_id, "Status": "active"} for one_id in node["SecurityGroupIds"]],
        "ReplicationGroupId": group["ReplicationGroupId"],
        "SnapshotRetentionLimit": group["SnapshotRetentionLimit"],
        "SnapshotWindow": group["SnapshotWindow"],
        "TransitEncryptionEnabled": group["TransitEncryptionEnabled"],
        "AtRestEncryptionEnabled": group["AtRestEncryptionEnabled"],
        "ARN": group["ARN"].replace("replicationgroup:" + group["ReplicationGroupId"],
                                    "cluster:" + member["CacheClusterId"]),
    }  # fmt: skip
    if node["NotificationTopicArn"]:
        found["NotificationConfiguration"] = {
            "TopicArn": node["NotificationTopicArn"],
            "TopicStatus": node["NotificationTopicStatus"],
        }
    return found


def describe_cache_clusters(store: Store, given: Given) -> dict[str, Any]:
    every = [*_nodes(store), *store.backend.cache_clusters.values()]
    name = given.get("CacheClusterId")
    if name:
        named = {node["CacheClusterId"]: node for node in _nodes(store)} | dict(store.backend.cache_clusters)
        return {"CacheClusters": [one(named, name, "CacheClusterNotFound", "Cache cluster")]}
    return page(given, "CacheClusters", every)


# ---- tags and events


def list_tags_for_resource(store: Store, given: Given) -> dict[str, Any]:
    return _tag_list(store, _tagged(store, given))


def add_tags_to_resource(store: Store, given: Given) -> dict[str, Any]:
    arn = _tagged(store, given)
    tags = {**store.backend.tagging_service.get_tag_dict_for_resource(arn)}
    tags |= {tag["Key"]: tag.get("Value", "") for tag in given["Tags"]}
    if len(tags) > 50:
        refuse("TagQuotaPerResourceExceeded", "A resource has at most 50 tags.")
    store.tag(arn, given["Tags"])
    return _tag_list(store, arn)


def remove_tags_from_resource(store: Store, given: Given) -> dict[str, Any]:
    arn = _tagged(store, given)
    has = store.backend.tagging_service.get_tag_dict_for_resource(arn)
    if strangers := sorted(set(given["TagKeys"]) - set(has)):
        refuse("TagNotFound", f"The resource has no tag {', '.join(strangers)}.")
    store.backend.tagging_service.untag_resource_using_names(arn, given["TagKeys"])
    return _tag_list(store, arn)


def _tag_list(store: Store, arn: str) -> dict[str, Any]:
    return {"TagList": store.backend.tagging_service.list_tags_for_resource(arn)["Tags"]}


TAGGED = {
    "user": ("users", "UserNotFound"),
    "usergroup": ("user_groups", "UserGroupNotFound"),
    "subnetgroup": ("subnet_groups", "CacheSubnetGroupNotFoundFault"),
    "parametergroup": ("parameter_groups", "CacheParameterGroupNotFound"),
    "replicationgroup": ("groups", "ReplicationGroupNotFoundFault"),
}


def _tagged(store: Store, given: Given) -> str:
    """The ARN of something that is there."""
    arn: str = given["ResourceName"]
    parts = arn.split(":", 6)
    if len(parts) != 7 or parts[:3] != ["arn", "aws", "elasticache"]:
        refuse("InvalidARN", f"ARN {arn} is invalid.")
    if parts[5] in TAGGED:
        things, code = TAGGED[parts[5]]
        one(getattr(store, things), parts[6], code, parts[5])
    return arn


def describe_events(store: Store, given: Given) -> dict[str, Any]:
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=given.get("Duration") or EVENT_MINUTES)
    fitting = [
        event
        for event in store.backend.events
        if given.get("SourceIdentifier") in (None, event["SourceIdentifier"])
        and given.get("SourceType") in (None, event["SourceType"])
        and event["Date"] >= begin
    ]
    return page(given, "Events", fitting)


OPERATIONS: dict[str, Operation] = {
    "AddTagsToResource": add_tags_to_resource,
    "CreateCacheParameterGroup": create_cache_parameter_group,
    "CreateCacheSubnetGroup": create_cache_subnet_group,
    "CreateReplicationGroup": create_replication_group,
    "CreateUser": create_user,
    "CreateUserGroup": create_user_group,
    "DecreaseReplicaCount": decrease_replica_count,
    "DeleteCacheParameterGroup": delete_cache_parameter_group,
    "DeleteCacheSubnetGroup": delete_cache_subnet_group,
    "DeleteReplicationGroup": delete_replication_group,
    "DeleteUser": delete_user,
    "DeleteUserGroup": delete_user_group,
    "DescribeCacheClusters": describe_cache_clusters,
    "DescribeCacheEngineVersions": describe_cache_engine_versions,
    "DescribeCacheParameterGroups": describe_cache_parameter_groups,
    "DescribeCacheParameters": describe_cache_parameters,
    "DescribeCacheSubnetGroups": describe_cache_subnet_groups,
    "DescribeEngineDefaultParameters": describe_engine_default_parameters,
    "DescribeEvents": describe_events,
    "DescribeReplicationGroups": describe_replication_groups,
    "DescribeUserGroups": describe_user_groups,
    "DescribeUsers": describe_users,
    "IncreaseReplicaCount": increase_replica_count,
    "ListTagsForResource": list_tags_for_resource,
    "ModifyCacheParameterGroup": modify_cache_parameter_group,
    "ModifyCacheSubnetGroup": modify_cache_subnet_group,
    "ModifyReplicationGroup": modify_replication_group,
    "ModifyReplicationGroupShardConfiguration": modify_replication_group_shard_configuration,
    "ModifyUser": modify_user,
    "ModifyUserGroup": modify_user_group,
    "RemoveTagsFromResource": remove_tags_from_resource,
    "ResetCacheParameterGroup": reset_cache_parameter_group,
}


def extend(emulator: Extendable) -> None:
    from moto.core.responses import ActionResult

    def answering(operation: Operation) -> Callable[[Any], Any]:
        def answer(response: Any) -> Any:
            parameters = response.params
            given = parameters.original_dict() if hasattr(parameters, "original_dict") else dict(parameters)
            return ActionResult(operation(Store(response.elasticache_backend), given))

        return answer

    for name, operation in OPERATIONS.items():
        emulator.operation("elasticache", name, answering(operation))
