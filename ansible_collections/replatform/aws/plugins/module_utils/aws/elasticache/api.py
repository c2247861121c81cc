# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache's calls, one function each; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ..errors import calling, region
from ..tags import difference, from_api, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

MOST_PARAMETERS = 20
"""Parameters in one ModifyCacheParameterGroup or ResetCacheParameterGroup; the API's limit."""

NOT_FOUND = {
    "delete_cache_subnet_group": "CacheSubnetGroupNotFoundFault",
    "delete_cache_parameter_group": "CacheParameterGroupNotFound",
    "delete_user": "UserNotFound",
    "delete_user_group": "UserGroupNotFound",
    "delete_replication_group": "ReplicationGroupNotFoundFault",
}
THERE_ALREADY = frozenset(
    {
        "CacheSubnetGroupAlreadyExists",
        "CacheParameterGroupAlreadyExists",
        "UserAlreadyExists",
        "UserGroupAlreadyExists",
        "ReplicationGroupAlreadyExists",
    }
)


def subnet_groups(client: Any) -> list[dict[str, Any]]:
    return _listed(client, "list subnet groups", "describe_cache_subnet_groups", "CacheSubnetGroups")


def parameter_groups(client: Any) -> list[dict[str, Any]]:
    return _listed(client, "list parameter groups", "describe_cache_parameter_groups", "CacheParameterGroups")


def users(client: Any) -> list[dict[str, Any]]:
    return _listed(client, "list users", "describe_users", "Users")


def user_groups(client: Any) -> list[dict[str, Any]]:
    return _listed(client, "list user groups", "describe_user_groups", "UserGroups")


def replication_groups(client: Any) -> list[dict[str, Any]]:
    return _listed(client, "list replication groups", "describe_replication_groups", "ReplicationGroups")


def clusters(client: Any) -> list[dict[str, Any]]:
    """The nodes of all replication groups: version, parameter group, windows and security groups stand only here."""
    return _listed(client, "list cache clusters", "describe_cache_clusters", "CacheClusters")


def parameters(client: Any, group: str) -> list[dict[str, Any]]:
    what = f"read the parameters of parameter group {group}"
    return _listed(client, what, "describe_cache_parameters", "Parameters", CacheParameterGroupName=group)


def default_parameters(client: Any, family: str) -> list[dict[str, Any]]:
    """What a new parameter group of that family begins with."""
    what = f"read the parameters of family {family}"
    with calling(f"{what} {region(client)}"):
        pages = client.get_paginator("describe_engine_default_parameters").paginate(CacheParameterGroupFamily=family)
        return [one for page in pages for one in page["EngineDefaults"].get("Parameters", ())]


def tags(client: Any, arns: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The tags of every ARN of `arns`, by the same keys, side by side. A thing that is just going away has none."""

    def of(arn: str) -> dict[str, str]:
        with calling(f"read the tags of {arn} {region(client)}"):
            return from_api(client.list_tags_for_resource(ResourceName=arn).get("TagList"))

    return dict(zip(arns, each(of, arns.values()), strict=True))


def retag(client: Any, arn: str, wanted: Mapping[str, str]) -> None:
    """Gives a thing these tags and no other. Read anew, as another step may have changed them."""
    new, gone = difference(tags(client, {arn: arn})[arn], wanted)
    with calling(f"tag {arn} {region(client)}"):
        if gone:
            client.remove_tags_from_resource(ResourceName=arn, TagKeys=list(gone))
        if new:
            client.add_tags_to_resource(ResourceName=arn, Tags=listed(new))


def create(client: Any, what: str, operation: str, **fields: Any) -> dict[str, Any] | None:
    """What the service made; None when it is there already, as after a reply that was lost."""
    try:
        with calling(f"create {what} {region(client)}"):
            return _thing(getattr(client, operation)(**fields))
    except ReplatformError as exc:
        if exc.code in THERE_ALREADY:
            return None
        raise


def modify(client: Any, what: str, operation: str, **fields: Any) -> dict[str, Any]:
    with calling(f"change {what} {region(client)}"):
        return _thing(getattr(client, operation)(**fields))


def delete(client: Any, what: str, operation: str, **fields: Any) -> None:
    """Also when it is gone already."""
    try:
        with calling(f"delete {what} {region(client)}"):
            getattr(client, operation)(**fields)
    except ReplatformError as exc:
        if exc.code != NOT_FOUND[operation]:
            raise


def set_parameters(client: Any, group: str, values: Mapping[str, str]) -> None:
    for part in _parts([{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]):
        modify(
            client,
            f"parameter group {group}",
            "modify_cache_parameter_group",
            CacheParameterGroupName=group,
            ParameterNameValues=part,
        )


def reset_parameters(client: Any, group: str, names: Iterable[str]) -> None:
    """Gives parameters the family's own values again."""
    for part in _parts([{"ParameterName": name} for name in names]):
        modify(
            client,
            f"parameter group {group}",
            "reset_cache_parameter_group",
            CacheParameterGroupName=group,
            ParameterNameValues=part,
        )


def key_arn(client: Any, alias: str) -> str | None:
    """The ARN of the KMS key behind an alias, None when there is no such alias."""
    with calling(f"look up the KMS key {alias} {region(client)}"):
        try:
            return str(client.describe_key(KeyId=alias)["KeyMetadata"]["Arn"])
        except client.exceptions.NotFoundException:
            return None


def _listed(client: Any, what: str, operation: str, key: str, **fields: Any) -> list[dict[str, Any]]:
    with calling(f"{what} {region(client)}"):
        return [one for page in client.get_paginator(operation).paginate(**fields) for one in page.get(key, ())]


def _thing(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The one thing in an answer, which some operations wrap and others do not."""
    inner = [value for name, value in answer.items() if isinstance(value, dict) and name != "ResponseMetadata"]
    wrapped = len(answer.keys() - {"ResponseMetadata"}) == 1 and inner
    return dict(inner[0] if wrapped else answer)


def _parts(items: list[dict[str, str]]) -> Iterable[Collection[dict[str, str]]]:
    return (items[first : first + MOST_PARAMETERS] for first in range(0, len(items), MOST_PARAMETERS))
