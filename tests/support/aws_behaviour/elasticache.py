"""What ElastiCache's API reference and user guide say of the operations that the emulator adds."""

from __future__ import annotations

from typing import Any

from . import Answers, Behaviour

API = "API_{}.html"
RBAC = "dg/Clusters.RBAC.html"
TLS = "dg/in-transit-encryption-enable.html"
PASSWORD = "a-password-of-a-test"


def _(name: str, operation: str, parameters: Any, expect: dict[str, Any] | str, page: str = "") -> Behaviour:
    return Behaviour(name, ("elasticache", operation, parameters), expect, page or API.format(operation))


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"UserId": name, "UserName": name, "Engine": "valkey", "AccessString": "on ~* +@all", **more}


def group(**more: Any) -> dict[str, Any]:
    return {
        "ReplicationGroupId": "rg",
        "ReplicationGroupDescription": "d",
        "CacheNodeType": "cache.t4g.small",
        "Engine": "valkey",
        "EngineVersion": "8.0",
        **more,
    }


def modify(name: str, expect: dict[str, Any] | str, page: str = "", **more: Any) -> Behaviour:
    return _(name, "ModifyReplicationGroup", {"ReplicationGroupId": "rg", **more}, expect, page)


def replicas(name: str, operation: str, count: int, expect: dict[str, Any] | str, **more: Any) -> Behaviour:
    given = {"ReplicationGroupId": "rg", "NewReplicaCount": count, "ApplyImmediately": True, **more}
    return _(name, operation, given, expect)


def parameter(name: str, value: str) -> dict[str, Any]:
    return {"CacheParameterGroupName": "pg", "ParameterNameValues": [{"ParameterName": name, "ParameterValue": value}]}


def arn_of(answer: str) -> Any:
    return lambda answers: {"ResourceName": answers[answer]["ARN"]}


def group_arn(answers: Answers) -> dict[str, Any]:
    return {"ResourceName": answers["a group is made"]["ReplicationGroup"]["ARN"]}


USERS = [
    _("there is a default user", "DescribeUsers", {"UserId": "default"},
      {"Users": [{"UserName": "default", "Authentication": {"Type": "no-password"}, "Status": "active"}]}, RBAC),
    _("a user needs a password", "CreateUser", user("u"), "InvalidParameterCombination"),
    _("of 16 characters at least", "CreateUser", user("u", Passwords=["short"]), "InvalidParameterValue"),
    _("and has at most two", "CreateUser", user("u", Passwords=[PASSWORD] * 3), "InvalidParameterValue"),
    _("none without one with valkey", "CreateUser", user("u", NoPasswordRequired=True), "InvalidParameterCombination",
      RBAC),
    _("IAM's name is the id", "CreateUser", {**user("u"), "UserName": "x", "AuthenticationMode": {"Type": "iam"}},
      "InvalidParameterCombination", "dg/auth-iam.html"),
    _("a user is made", "CreateUser", user("u", Passwords=[PASSWORD], Tags=[{"Key": "a", "Value": "b"}]),
      {"UserId": "u", "Status": "active", "Authentication": {"Type": "password", "PasswordCount": 1}, "ARN": ...}),
    _("an id is there once", "CreateUser", user("u", Passwords=[PASSWORD]), "UserAlreadyExists"),
    _("its tags are told", "ListTagsForResource", arn_of("a user is made"), {"TagList": [{"Key": "a", "Value": "b"}]}),
    _("it gets a second password", "ModifyUser",
      {"UserId": "u", "AuthenticationMode": {"Type": "password", "Passwords": [PASSWORD, PASSWORD + "2"]}},
      {"Authentication": {"Type": "password", "PasswordCount": 2}}),
    _("and IAM in its place", "ModifyUser", {"UserId": "u", "AuthenticationMode": {"Type": "iam"}},
      {"Authentication": {"Type": "iam"}}),
    _("rules are replaced", "ModifyUser", {"UserId": "u", "AccessString": "off -@all"}, {"AccessString": "off -@all"}),
    _("or added", "ModifyUser", {"UserId": "u", "AppendAccessString": "+get"}, {"AccessString": "off -@all +get"}),
    _("valkey is no redis", "ModifyUser", {"UserId": "u", "Engine": "redis"}, "InvalidParameterCombination"),
    _("an unknown one is not changed", "ModifyUser", {"UserId": "none"}, "UserNotFound"),
    _("nor told", "DescribeUsers", {"UserId": "none"}, "UserNotFound"),
]  # fmt: skip

USER_GROUPS = [
    _("a group of redis needs the default user", "CreateUserGroup",
      {"UserGroupId": "ug", "Engine": "redis", "UserIds": ["u"]}, "DefaultUserRequired"),
    _("of valkey it does not", "CreateUserGroup", {"UserGroupId": "ug", "Engine": "valkey", "UserIds": ["u"]},
      {"UserGroupId": "ug", "Status": "active", "UserIds": ["u"], "ReplicationGroups": [], "ARN": ...}, RBAC),
    _("a group is there once", "CreateUserGroup", {"UserGroupId": "ug", "Engine": "valkey", "UserIds": ["u"]},
      "UserGroupAlreadyExists"),
    _("no user without a password with valkey", "ModifyUserGroup",
      {"UserGroupId": "ug", "UserIdsToAdd": ["default"]}, "InvalidParameterCombination", RBAC),
    _("another user of the same name", "CreateUser", {**user("v", Passwords=[PASSWORD]), "UserName": "u"},
      {"UserId": "v"}),
    _("does not fit in", "ModifyUserGroup", {"UserGroupId": "ug", "UserIdsToAdd": ["v"]}, "DuplicateUserName"),
    _("but in its place", "ModifyUserGroup",
      {"UserGroupId": "ug", "UserIdsToAdd": ["v"], "UserIdsToRemove": ["u"]}, {"UserIds": ["v"]}),
    _("something has to change", "ModifyUserGroup", {"UserGroupId": "ug"}, "InvalidParameterCombination"),
    _("its user knows it", "DescribeUsers", {"UserId": "v"}, {"Users": [{"UserGroupIds": ["ug"]}]}),
]  # fmt: skip

PARAMETER_GROUPS = [
    _("a family must be known", "CreateCacheParameterGroup",
      {"CacheParameterGroupName": "pg", "CacheParameterGroupFamily": "valkey1", "Description": "d"},
      "InvalidParameterValue"),
    _("a parameter group is made", "CreateCacheParameterGroup",
      {"CacheParameterGroupName": "pg", "CacheParameterGroupFamily": "valkey8", "Description": "d"},
      {"CacheParameterGroup": {"CacheParameterGroupName": "pg", "CacheParameterGroupFamily": "valkey8",
                               "IsGlobal": False, "ARN": ...}}),
    _("its name is taken", "CreateCacheParameterGroup",
      {"CacheParameterGroupName": "pg", "CacheParameterGroupFamily": "valkey8", "Description": "d"},
      "CacheParameterGroupAlreadyExists"),
    _("no value is the user's yet", "DescribeCacheParameters", {"CacheParameterGroupName": "pg", "Source": "user"},
      {"Parameters": []}),
    _("an unknown parameter", "ModifyCacheParameterGroup", parameter("maxmemory-polcy", "x"), "InvalidParameterValue"),
    _("a fixed one", "ModifyCacheParameterGroup", parameter("maxclients", "1"), "InvalidParameterValue"),
    _("a value that is not allowed", "ModifyCacheParameterGroup", parameter("timeout", "7"), "InvalidParameterValue"),
    _("one that is", "ModifyCacheParameterGroup", parameter("timeout", "20"), {"CacheParameterGroupName": "pg"}),
    _("is the user's", "DescribeCacheParameters", {"CacheParameterGroupName": "pg", "Source": "user"},
      {"Parameters": [{"ParameterName": "timeout", "ParameterValue": "20", "DataType": "integer"}]}),
    _("either some or all are reset", "ResetCacheParameterGroup", {"CacheParameterGroupName": "pg"},
      "InvalidParameterCombination"),
    _("one is reset", "ResetCacheParameterGroup",
      {"CacheParameterGroupName": "pg", "ParameterNameValues": [{"ParameterName": "timeout"}]},
      {"CacheParameterGroupName": "pg"}),
    _("and the family's again", "DescribeCacheParameters", {"CacheParameterGroupName": "pg", "Source": "user"},
      {"Parameters": []}),
    _("the defaults never change", "ModifyCacheParameterGroup",
      {**parameter("timeout", "20"), "CacheParameterGroupName": "default.valkey8"}, "InvalidCacheParameterGroupState"),
    _("a page has 20 at least", "DescribeEngineDefaultParameters",
      {"CacheParameterGroupFamily": "valkey8", "MaxRecords": 5}, "InvalidParameterValue"),
    _("and a marker", "DescribeEngineDefaultParameters",
      {"CacheParameterGroupFamily": "valkey8", "MaxRecords": 20}, {"EngineDefaults": {"Marker": ...}}),
    _("versions have families", "DescribeCacheEngineVersions", {"Engine": "valkey", "EngineVersion": "7.2"},
      {"CacheEngineVersions": [{"Engine": "valkey", "CacheParameterGroupFamily": "valkey7"}]}),
]  # fmt: skip

REPLICATION_GROUPS = [
    _("failover needs a replica", "CreateReplicationGroup", group(AutomaticFailoverEnabled=True),
      "InvalidParameterCombination"),
    _("zones need failover", "CreateReplicationGroup", group(NumCacheClusters=2, MultiAZEnabled=True),
      "InvalidParameterCombination", "dg/AutoFailover.html"),
    _("users need TLS", "CreateReplicationGroup", group(UserGroupIds=["ug"]), "InvalidParameterCombination", RBAC),
    _("a family must fit", "CreateReplicationGroup", group(EngineVersion="7.2", CacheParameterGroupName="pg"),
      "InvalidParameterCombination"),
    _("subnets must be there", "CreateReplicationGroup", group(CacheSubnetGroupName="none"),
      "CacheSubnetGroupNotFoundFault"),
    _("a group is made", "CreateReplicationGroup",
      group(NumCacheClusters=2, AutomaticFailoverEnabled=True, MultiAZEnabled=True, CacheParameterGroupName="pg"),
      {"ReplicationGroup": {"ReplicationGroupId": "rg", "MemberClusters": ["rg-001", "rg-002"],
                            "AutomaticFailover": "enabled", "MultiAZ": "enabled", "AtRestEncryptionEnabled": True,
                            "TransitEncryptionEnabled": False, "ClusterMode": "disabled", "UserGroupIds": [],
                            "NodeGroups": [{"NodeGroupId": "0001", "PrimaryEndpoint": {"Address": ..., "Port": 6379}}],
                            "StorageEncryptionType": "sse-elasticache", "ARN": ...}}),
    _("a name is there once", "CreateReplicationGroup", group(), "ReplicationGroupAlreadyExists"),
    _("its nodes tell the version", "DescribeCacheClusters", {"CacheClusterId": "rg-001"},
      {"CacheClusters": [{"EngineVersion": "8.0.1", "ReplicationGroupId": "rg", "CacheParameterGroup":
                          {"CacheParameterGroupName": "pg", "ParameterApplyStatus": ...}}]}),
    _("its parameters are in use", "DeleteCacheParameterGroup", {"CacheParameterGroupName": "pg"},
      "InvalidCacheParameterGroupState"),
    modify("a version waits for the window", {"ReplicationGroup": {"Status": ...}}, EngineVersion="8.1"),
    _("and is told of the nodes", "DescribeCacheClusters", {"CacheClusterId": "rg-001"},
      {"CacheClusters": [{"EngineVersion": "8.0.1", "PendingModifiedValues": {"EngineVersion": "8.1.0"}}]}),
    modify("or comes now", {"ReplicationGroup": {"CacheNodeType": "cache.m7g.large"}},
           CacheNodeType="cache.m7g.large", ApplyImmediately=True),
    _("with all that waited", "DescribeCacheClusters", {"CacheClusterId": "rg-001"},
      {"CacheClusters": [{"EngineVersion": "8.1.0", "PendingModifiedValues": {}}]}),
    modify("never lower", "InvalidParameterCombination", EngineVersion="8.0", ApplyImmediately=True),
    modify("nor redis again", "InvalidParameterCombination", Engine="redis", EngineVersion="7.1"),
    modify("snapshots need a node", "InvalidParameterCombination", SnapshotRetentionLimit=3),
    modify("which is named", {"ReplicationGroup": {"SnapshotRetentionLimit": 3}}, SnapshotRetentionLimit=3,
           SnapshottingClusterId="rg-002"),
    modify("TLS is not required at once", "InvalidParameterCombination", TLS, TransitEncryptionEnabled=True,
           TransitEncryptionMode="required", ApplyImmediately=True),
    modify("but preferred first", {"ReplicationGroup": {"TransitEncryptionMode": "preferred"}}, TLS,
           TransitEncryptionEnabled=True, TransitEncryptionMode="preferred", ApplyImmediately=True),
    modify("and required then", {"ReplicationGroup": {"TransitEncryptionMode": "required"}}, TLS,
           TransitEncryptionMode="required", ApplyImmediately=True),
    modify("not switched off at once", "InvalidParameterCombination", TLS, TransitEncryptionEnabled=False,
           ApplyImmediately=True),
    modify("users are let in", {"ReplicationGroup": {"UserGroupIds": ["ug"]}}, RBAC, UserGroupIdsToAdd=["ug"]),
    _("their group is in use", "DeleteUserGroup", {"UserGroupId": "ug"}, "InvalidUserGroupState"),
    replicas("one more replica", "IncreaseReplicaCount", 2,
             {"ReplicationGroup": {"MemberClusters": ["rg-001", "rg-002", "rg-003"]}}),
    replicas("never later", "IncreaseReplicaCount", 3, "InvalidParameterValue", ApplyImmediately=False),
    replicas("not to the same count", "IncreaseReplicaCount", 2, "NoOperationFault"),
    replicas("not to none with failover", "DecreaseReplicaCount", 0, "InvalidParameterCombination"),
    replicas("but to one", "DecreaseReplicaCount", 1, {"ReplicationGroup": {"MemberClusters": ["rg-001", "rg-002"]}}),
    modify("cluster mode in one step", "InvalidParameterCombination", ClusterMode="enabled"),
    modify("is compatible first", {"ReplicationGroup": {"ClusterMode": "compatible"}}, ClusterMode="compatible"),
    modify("and can go back", {"ReplicationGroup": {"ClusterMode": "disabled"}}, ClusterMode="disabled"),
    _("shards need cluster mode", "ModifyReplicationGroupShardConfiguration",
      {"ReplicationGroupId": "rg", "NodeGroupCount": 2, "ApplyImmediately": True}, "InvalidParameterCombination"),
    _("a group is tagged", "AddTagsToResource", lambda answers: {**group_arn(answers), "Tags": [{"Key": "k"}]},
      {"TagList": [{"Key": "k"}]}),
    _("and not by another key", "RemoveTagsFromResource", lambda answers: {**group_arn(answers), "TagKeys": ["x"]},
      "TagNotFound"),
    _("an ARN must be one", "ListTagsForResource", {"ResourceName": "rg"}, "InvalidARN"),
    _("what happened is told", "DescribeEvents", {"SourceType": "replication-group", "SourceIdentifier": "rg",
                                                  "MaxRecords": 20}, {"Events": ...}),
    _("a group goes with a snapshot", "DeleteReplicationGroup",
      {"ReplicationGroupId": "rg", "FinalSnapshotIdentifier": "last"}, {"ReplicationGroup": {"Status": "deleting"}}),
    _("that stays", "DescribeSnapshots", {"SnapshotName": "last"}, {"Snapshots": [{"SnapshotName": "last"}]}),
    _("and then its users", "DeleteUserGroup", {"UserGroupId": "ug"}, {"Status": "deleting"}),
    _("one by one", "DeleteUser", {"UserId": "v"}, {"Status": "deleting"}),
    _("not the default one", "DeleteUser", {"UserId": "default"}, "InvalidParameterValue"),
    _("and its parameters", "DeleteCacheParameterGroup", {"CacheParameterGroupName": "pg"}, {}),
    _("which are gone", "DescribeCacheParameterGroups", {"CacheParameterGroupName": "pg"},
      "CacheParameterGroupNotFound"),
]  # fmt: skip

BEHAVIOUR = [*USERS, *USER_GROUPS, *PARAMETER_GROUPS, *REPLICATION_GROUPS]
