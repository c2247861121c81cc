# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS's calls, one function each; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ..errors import calling, region
from ..tags import difference, from_api, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Raw = dict[str, Any]

BATCH = 20
"""Parameters in one ModifyDBParameterGroup; the API's limit."""
ENGINE = "aurora-mysql"


@dataclass(frozen=True)
class GroupKind:
    """The API has every operation on parameter groups twice, for clusters and for instances."""

    kind: str
    stem: str
    name: str
    groups: str
    arn: str
    defaults: str

    def call(self, client: Any, pattern: str) -> Any:
        """The client's method for this kind: "describe_{}s" is describe_db_cluster_parameters."""
        return getattr(client, pattern.format(self.stem))

    @property
    def word(self) -> str:
        return f"{self.kind} parameter group"


CLUSTER = GroupKind(
    "cluster",
    "db_cluster_parameter",
    "DBClusterParameterGroupName",
    "DBClusterParameterGroups",
    "DBClusterParameterGroupArn",
    "describe_engine_default_cluster_parameters",
)
INSTANCE = GroupKind(
    "instance",
    "db_parameter",
    "DBParameterGroupName",
    "DBParameterGroups",
    "DBParameterGroupArn",
    "describe_engine_default_parameters",
)


def parameter_group(client: Any, kind: GroupKind, name: str) -> Raw | None:
    with calling(f"read {kind.word} {name} {region(client)}"):
        try:
            found = kind.call(client, "describe_{}_groups")(**{kind.name: name})[kind.groups]
        except client.exceptions.from_code("DBParameterGroupNotFound"):
            return None
    return dict(found[0]) if found else None


def parameters(client: Any, kind: GroupKind, name: str, source: str | None = None) -> list[Raw]:
    """The parameters of a group, with source "user" only those that somebody has set."""
    given = {"Source": source} if source else {}
    with calling(f"read the parameters of {kind.word} {name} {region(client)}"):
        pages = client.get_paginator(f"describe_{kind.stem}s").paginate(**{kind.name: name}, **given)
        return [one for page in pages for one in page["Parameters"]]


def default_parameters(client: Any, kind: GroupKind, family: str) -> list[Raw]:
    """What a group of that family that does not exist yet will have."""
    with calling(f"read the default {kind.kind} parameters of {family} {region(client)}"):
        pages = client.get_paginator(kind.defaults).paginate(DBParameterGroupFamily=family)
        return [one for page in pages for one in page["EngineDefaults"].get("Parameters", ())]


def create_parameter_group(client: Any, kind: GroupKind, name: str, **fields: Any) -> Raw:
    method = f"create_{kind.stem}_group"
    made = _create(client, method, f"{kind.word} {name}", "DBParameterGroupAlreadyExists", {kind.name: name, **fields})
    return dict(made[kind.groups[:-1]]) if made else parameter_group(client, kind, name) or {}


def set_parameters(client: Any, kind: GroupKind, name: str, values: Mapping[str, str], static: Iterable[str]) -> None:
    """Dynamic parameters at once, those of `static` with the next reboot of whatever uses the group."""
    listing = [
        {"ParameterName": one, "ParameterValue": value, "ApplyMethod": _apply_method(one, static)}
        for one, value in values.items()
    ]
    _in_batches(client, kind, name, "modify", listing)


def reset_parameters(client: Any, kind: GroupKind, name: str, names: Iterable[str], static: Iterable[str]) -> None:
    """The same for parameters that go back to the engine's default."""
    listing = [{"ParameterName": one, "ApplyMethod": _apply_method(one, static)} for one in names]
    _in_batches(client, kind, name, "reset", listing)


def delete_parameter_group(client: Any, kind: GroupKind, name: str) -> None:
    method, what = f"delete_{kind.stem}_group", f"{kind.word} {name}"
    _delete(client, method, what, "DBParameterGroupNotFound", {kind.name: name})


def clusters(client: Any, names: Iterable[str]) -> dict[str, Raw]:
    """Those of the names that exist, each looked up by itself."""
    asked = list(names)
    found = zip(asked, each(lambda name: cluster(client, name), asked), strict=True)
    return {name: one for name, one in found if one is not None}


def cluster(client: Any, name: str) -> Raw | None:
    with calling(f"read cluster {name} {region(client)}"):
        try:
            return dict(client.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0])
        except client.exceptions.DBClusterNotFoundFault:
            return None


def instances(client: Any, clusters: Sequence[str]) -> dict[str, Raw]:
    """All members of the clusters, by name."""
    if not clusters:
        return {}
    with calling(f"read the instances of {', '.join(clusters)} {region(client)}"):
        pages = client.get_paginator("describe_db_instances").paginate(
            Filters=[{"Name": "db-cluster-id", "Values": list(clusters)}]
        )
        return {one["DBInstanceIdentifier"]: one for page in pages for one in page["DBInstances"]}


def instance(client: Any, name: str) -> Raw | None:
    with calling(f"read instance {name} {region(client)}"):
        try:
            return dict(client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])
        except client.exceptions.DBInstanceNotFoundFault:
            return None


def endpoints(client: Any, cluster: str) -> dict[str, Raw]:
    """The custom endpoints of a cluster by name; none where there is no such cluster."""
    with calling(f"read the endpoints of cluster {cluster} {region(client)}"):
        try:
            pages = client.get_paginator("describe_db_cluster_endpoints").paginate(DBClusterIdentifier=cluster)
            found = [one for page in pages for one in page["DBClusterEndpoints"]]
        except client.exceptions.DBClusterNotFoundFault:
            return {}
    return {one["DBClusterEndpointIdentifier"]: one for one in found if one.get("EndpointType") == "CUSTOM"}


def subnet_group(client: Any, name: str) -> Raw | None:
    with calling(f"read subnet group {name} {region(client)}"):
        try:
            return dict(client.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"][0])
        except client.exceptions.DBSubnetGroupNotFoundFault:
            return None


def engine_versions(client: Any, version: str | None = None) -> list[Raw]:
    """What Aurora MySQL can run as, or one version with what it can be upgraded to; none where it is unknown."""
    given = {"EngineVersion": version} if version else {}
    with calling(f"read the versions of {ENGINE} {region(client)}"):
        pages = client.get_paginator("describe_db_engine_versions").paginate(Engine=ENGINE, **given)
        return [one for page in pages for one in page["DBEngineVersions"]]


def create_cluster(client: Any, name: str, **fields: Any) -> None:
    fields = {"DBClusterIdentifier": name, "Engine": ENGINE, **fields}
    _create(client, "create_db_cluster", f"cluster {name}", "DBClusterAlreadyExistsFault", fields)


def modify_cluster(client: Any, name: str, **fields: Any) -> None:
    _modify(client, "modify_db_cluster", f"cluster {name}", {"DBClusterIdentifier": name, **fields})


def delete_cluster(client: Any, name: str, **fields: Any) -> None:
    fields = {"DBClusterIdentifier": name, **fields}
    _delete(client, "delete_db_cluster", f"cluster {name}", "DBClusterNotFoundFault", fields)


def create_instance(client: Any, name: str, **fields: Any) -> None:
    fields = {"DBInstanceIdentifier": name, "Engine": ENGINE, **fields}
    _create(client, "create_db_instance", f"instance {name}", "DBInstanceAlreadyExists", fields)


def modify_instance(client: Any, name: str, **fields: Any) -> None:
    _modify(client, "modify_db_instance", f"instance {name}", {"DBInstanceIdentifier": name, **fields})


def reboot_instance(client: Any, name: str) -> None:
    with calling(f"reboot instance {name} {region(client)}"):
        client.reboot_db_instance(DBInstanceIdentifier=name)


def delete_instance(client: Any, name: str) -> None:
    _delete(client, "delete_db_instance", f"instance {name}", "DBInstanceNotFound", {"DBInstanceIdentifier": name})


def create_endpoint(client: Any, name: str, **fields: Any) -> None:
    fields = {"DBClusterEndpointIdentifier": name, **fields}
    code = "DBClusterEndpointAlreadyExistsFault"
    _create(client, "create_db_cluster_endpoint", f"endpoint {name}", code, fields)


def modify_endpoint(client: Any, name: str, **fields: Any) -> None:
    fields = {"DBClusterEndpointIdentifier": name, **fields}
    _modify(client, "modify_db_cluster_endpoint", f"endpoint {name}", fields)


def delete_endpoint(client: Any, name: str) -> None:
    fields = {"DBClusterEndpointIdentifier": name}
    code = "DBClusterEndpointNotFoundFault"
    _delete(client, "delete_db_cluster_endpoint", f"endpoint {name}", code, fields)


def create_subnet_group(client: Any, name: str, **fields: Any) -> None:
    fields = {"DBSubnetGroupName": name, **fields}
    _create(client, "create_db_subnet_group", f"subnet group {name}", "DBSubnetGroupAlreadyExists", fields)


def modify_subnet_group(client: Any, name: str, **fields: Any) -> None:
    _modify(client, "modify_db_subnet_group", f"subnet group {name}", {"DBSubnetGroupName": name, **fields})


def delete_subnet_group(client: Any, name: str) -> None:
    code = "DBSubnetGroupNotFoundFault"
    _delete(client, "delete_db_subnet_group", f"subnet group {name}", code, {"DBSubnetGroupName": name})


def tags(client: Any, arn: str) -> dict[str, str]:
    with calling(f"read the tags of {arn}"):
        return from_api(client.list_tags_for_resource(ResourceName=arn)["TagList"])


def update_tags(client: Any, arn: str, has: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    new, gone = difference(has, wanted)
    with calling(f"tag {arn}"):
        if gone:
            client.remove_tags_from_resource(ResourceName=arn, TagKeys=list(gone))
        if new:
            client.add_tags_to_resource(ResourceName=arn, Tags=listed(new))


def key_arn(kms: Any, key: str) -> str | None:
    """The ARN of a KMS key given as id, alias or ARN, None where there is no such key."""
    with calling(f"read KMS key {key} {region(kms)}"):
        try:
            return str(kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"])
        except kms.exceptions.NotFoundException:
            return None


def _create(client: Any, method: str, what: str, already: str, fields: Mapping[str, Any]) -> Raw | None:
    """The answer, or None where an earlier attempt of this very call had made it and its answer was lost."""
    with calling(f"create {what} {region(client)}"):
        try:
            return dict(getattr(client, method)(**fields))
        except client.exceptions.from_code(already) as exc:
            if exc.response["ResponseMetadata"].get("RetryAttempts"):
                return None
            raise ReplatformError(
                f"Cannot create {what} {region(client)}: somebody else has made it just now; run again.", code=already
            ) from exc


def _modify(client: Any, method: str, what: str, fields: Mapping[str, Any]) -> None:
    with calling(f"change {what} {region(client)}"):
        getattr(client, method)(**fields)


def _delete(client: Any, method: str, what: str, gone: str, fields: Mapping[str, Any]) -> None:
    with calling(f"delete {what} {region(client)}"):
        try:
            getattr(client, method)(**fields)
        except client.exceptions.ClientError as exc:
            code = exc.response["Error"]["Code"]
            # What an earlier attempt of this very call has begun to delete is in a state in which it cannot be deleted.
            begun = exc.response["ResponseMetadata"].get("RetryAttempts") and code.startswith("InvalidDB")
            if code != gone and not begun:
                raise


def _apply_method(name: str, static: Iterable[str]) -> str:
    return "pending-reboot" if name in static else "immediate"


def _in_batches(client: Any, kind: GroupKind, name: str, verb: str, listing: Sequence[Mapping[str, str]]) -> None:
    for first in range(0, len(listing), BATCH):
        with calling(f"{verb} parameters of {kind.word} {name} {region(client)}"):
            kind.call(client, verb + "_{}_group")(**{kind.name: name}, Parameters=listing[first : first + BATCH])
