# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS's calls for clusters, node groups and their updates, one function each; failures become ReplatformError here."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ..errors import calling, region

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Answer = dict[str, Any]


def cluster(client: Any, name: str) -> Answer | None:
    """DescribeCluster, None when there is none of that name."""
    with calling(f"read EKS cluster {name} {region(client)}"):
        try:
            return dict(client.describe_cluster(name=name)["cluster"])
        except client.exceptions.ResourceNotFoundException:
            return None


def cluster_names(client: Any) -> list[str]:
    """ListClusters, all pages."""
    with calling(f"list EKS clusters {region(client)}"):
        return [name for page in client.get_paginator("list_clusters").paginate() for name in page["clusters"]]


def create_cluster(client: Any, name: str, fields: Mapping[str, Any]) -> Answer:
    with calling(f"create EKS cluster {name} {region(client)}"):
        return dict(client.create_cluster(name=name, **fields)["cluster"])


def delete_cluster(client: Any, name: str) -> None:
    """DeleteCluster; one that is gone already may be the doing of this call's first attempt."""
    with calling(f"delete EKS cluster {name} {region(client)}"), suppress(client.exceptions.ResourceNotFoundException):
        client.delete_cluster(name=name)


def update_cluster(client: Any, name: str, kind: str, fields: Mapping[str, Any]) -> Answer:
    """The update begun by UpdateClusterConfig; `kind` says in a failure what was to be changed."""
    with calling(f"change {kind} of EKS cluster {name} {region(client)}"):
        return dict(client.update_cluster_config(name=name, **fields)["update"])


def upgrade_cluster(client: Any, name: str, version: str, force: bool) -> Answer:
    """The update begun by UpdateClusterVersion."""
    with calling(f"upgrade EKS cluster {name} to {version} {region(client)}"):
        return dict(client.update_cluster_version(name=name, version=version, force=force)["update"])


def encrypt_cluster(client: Any, name: str, key: str) -> Answer:
    """The update begun by AssociateEncryptionConfig. Kubernetes' secrets are all that EKS encrypts with a key."""
    with calling(f"encrypt the secrets of EKS cluster {name} {region(client)}"):
        config = [{"resources": ["secrets"], "provider": {"keyArn": key}}]
        return dict(client.associate_encryption_config(clusterName=name, encryptionConfig=config)["update"])


def update(client: Any, name: str, update_id: str, nodegroup: str | None = None) -> Answer:
    """DescribeUpdate of a cluster's update, or of one of its node groups'."""
    of = {"nodegroupName": nodegroup} if nodegroup else {}
    with calling(f"read update {update_id} of EKS cluster {name} {region(client)}"):
        return dict(client.describe_update(name=name, updateId=update_id, **of)["update"])


def versions(client: Any, asked_for: Collection[str] = ()) -> list[Answer]:
    """DescribeClusterVersions of the versions asked for, of all when none is."""
    which: dict[str, Any] = {"clusterVersions": sorted(asked_for)} if asked_for else {"includeAll": True}
    with calling(f"read the Kubernetes versions of EKS {region(client)}"):
        pages = client.get_paginator("describe_cluster_versions").paginate(**which)
        return [version for page in pages for version in page["clusterVersions"]]


def insights(client: Any, name: str, **only: Sequence[str]) -> list[Answer]:
    """ListInsights with the filter `only`, each with what DescribeInsight adds."""
    with calling(f"list the insights of EKS cluster {name} {region(client)}"):
        pages = client.get_paginator("list_insights").paginate(clusterName=name, filter=only)
        found = [insight["id"] for page in pages for insight in page["insights"]]
    with calling(f"read the insights of EKS cluster {name} {region(client)}"):
        return each(lambda one: dict(client.describe_insight(clusterName=name, id=one)["insight"]), found)


def nodegroup(client: Any, cluster_name: str, name: str) -> Answer | None:
    """DescribeNodegroup, None when there is none of that name, or no such cluster."""
    with calling(f"read node group {name} of EKS cluster {cluster_name} {region(client)}"):
        try:
            return dict(client.describe_nodegroup(clusterName=cluster_name, nodegroupName=name)["nodegroup"])
        except client.exceptions.ResourceNotFoundException:
            return None


def nodegroups(client: Any, cluster_name: str, names: Iterable[str]) -> dict[str, Answer]:
    """DescribeNodegroup of every name that exists, side by side."""
    asked_for = list(names)
    found = each(lambda name: nodegroup(client, cluster_name, name), asked_for)
    return {name: one for name, one in zip(asked_for, found, strict=True) if one is not None}


def nodegroup_names(client: Any, cluster_name: str) -> list[str]:
    """ListNodegroups, all pages; empty when there is no such cluster."""
    with calling(f"list the node groups of EKS cluster {cluster_name} {region(client)}"):
        try:
            pages = client.get_paginator("list_nodegroups").paginate(clusterName=cluster_name)
            return [name for page in pages for name in page["nodegroups"]]
        except client.exceptions.ResourceNotFoundException:
            return []


def create_nodegroup(client: Any, cluster_name: str, name: str, fields: Mapping[str, Any]) -> Answer:
    with calling(f"create node group {name} of EKS cluster {cluster_name} {region(client)}"):
        created = client.create_nodegroup(clusterName=cluster_name, nodegroupName=name, **fields)
        return dict(created["nodegroup"])


def update_nodegroup(client: Any, cluster_name: str, name: str, fields: Mapping[str, Any]) -> Answer:
    """The update begun by UpdateNodegroupConfig."""
    with calling(f"change node group {name} of EKS cluster {cluster_name} {region(client)}"):
        changed = client.update_nodegroup_config(clusterName=cluster_name, nodegroupName=name, **fields)
        return dict(changed["update"])


def upgrade_nodegroup(client: Any, cluster_name: str, name: str, fields: Mapping[str, Any]) -> Answer:
    """The update begun by UpdateNodegroupVersion."""
    with calling(f"upgrade node group {name} of EKS cluster {cluster_name} {region(client)}"):
        changed = client.update_nodegroup_version(clusterName=cluster_name, nodegroupName=name, **fields)
        return dict(changed["update"])


def delete_nodegroup(client: Any, cluster_name: str, name: str) -> None:
    """DeleteNodegroup, as delete_cluster()."""
    gone = suppress(client.exceptions.ResourceNotFoundException)
    with calling(f"delete node group {name} of EKS cluster {cluster_name} {region(client)}"), gone:
        client.delete_nodegroup(clusterName=cluster_name, nodegroupName=name)


def tag(client: Any, arn: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    """TagResource and UntagResource, each only where there is something for it to do."""
    with calling(f"tag {arn} {region(client)}"):
        if gone:
            client.untag_resource(resourceArn=arn, tagKeys=list(gone))
        if new:
            client.tag_resource(resourceArn=arn, tags=dict(new))


def key_of_alias(kms: Any, alias: str) -> str | None:
    """The ARN of the KMS key behind an alias' ARN, None when there is no such alias."""
    with calling(f"read KMS key {alias} {region(kms)}"):
        try:
            return str(kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"])
        except kms.exceptions.NotFoundException:
            return None


def refuse_unknown(client: Any, shape: str, value: str, option: str) -> None:
    """Raises: ReplatformError when boto3's own description of the service has no such value in `shape`."""
    known = client.meta.service_model.shape_for(shape).enum
    if value not in known:
        raise ReplatformError(
            f"{option} is {value}, which EKS does not have as far as this boto3 knows: {', '.join(sorted(known))};"
            " correct it, or install a newer boto3 when AWS has added it.",
            code="InvalidOptions",
        )
