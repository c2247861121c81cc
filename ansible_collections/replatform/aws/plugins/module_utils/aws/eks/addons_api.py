# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS's calls for add-ons, access entries and pod identity associations, one function each.

botocore's exceptions become ReplatformError here. Every create carries a client request token of botocore's, so that a
call which is sent again after a lost answer is carried out once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ..errors import calling, region

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

IN_USE = "ResourceInUseException"
"""Code of a create for what is there already, and of a change while another one goes on."""


def missing_cluster(client: Any, cluster: str) -> ReplatformError:
    return ReplatformError(
        f"There is no EKS cluster {cluster} {region(client)}; create it first (role eks, module eks_cluster), or"
        " correct cluster_name or the region.",
        code="ResourceNotFoundException",
        cluster=cluster,
    )


def kubernetes_version(client: Any, cluster: str) -> str | None:
    """The Kubernetes version of a cluster, such as "1.34"; None when there is no such cluster."""
    with calling(f"read EKS cluster {cluster} {region(client)}"):
        try:
            return str(client.describe_cluster(name=cluster)["cluster"]["version"])
        except client.exceptions.ResourceNotFoundException:
            return None


# Add-ons


def addon(client: Any, cluster: str, name: str) -> dict[str, Any] | None:
    """DescribeAddon, None when there is none."""
    with calling(f"read add-on {name} of cluster {cluster} {region(client)}"):
        try:
            return dict(client.describe_addon(clusterName=cluster, addonName=name)["addon"])
        except client.exceptions.ResourceNotFoundException:
            return None


def addons(client: Any, cluster: str, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """DescribeAddon of every name that exists, side by side."""
    found = zip(names, each(lambda name: addon(client, cluster, name), names), strict=True)
    return {name: description for name, description in found if description is not None}


def addon_names(client: Any, cluster: str) -> list[str] | None:
    """ListAddons, all pages; None when there is no such cluster."""
    return _listed(client, f"list add-ons of cluster {cluster}", "list_addons", "addons", clusterName=cluster)


def addon_versions(client: Any, name: str, kubernetes: str) -> dict[str, Any] | None:
    """DescribeAddonVersions of one add-on for one Kubernetes version; None when EKS offers none there."""
    with calling(f"read the versions of add-on {name} {region(client)}"):
        pages = client.get_paginator("describe_addon_versions").paginate(addonName=name, kubernetesVersion=kubernetes)
        found = [one for page in pages for one in page.get("addons", ())]
    if not found:
        return None
    return {**found[0], "addonVersions": [version for one in found for version in one["addonVersions"]]}


def addon_configuration(client: Any, name: str, version: str) -> dict[str, Any]:
    """DescribeAddonConfiguration: the JSON schema of the configuration, and the service accounts that need a role."""
    with calling(f"read the configuration schema of add-on {name} {version} {region(client)}"):
        return dict(client.describe_addon_configuration(addonName=name, addonVersion=version))


def create_addon(client: Any, cluster: str, name: str, **fields: Any) -> dict[str, Any]:
    with calling(f"create add-on {name} of cluster {cluster} {region(client)}"):
        return dict(client.create_addon(clusterName=cluster, addonName=name, **fields)["addon"])


def update_addon(client: Any, cluster: str, name: str, **fields: Any) -> str:
    """The id of the update, for addon_update()."""
    with calling(f"update add-on {name} of cluster {cluster} {region(client)}"):
        return str(client.update_addon(clusterName=cluster, addonName=name, **fields)["update"]["id"])


def addon_update(client: Any, cluster: str, name: str, update: str) -> dict[str, Any]:
    with calling(f"read the update of add-on {name} of cluster {cluster} {region(client)}"):
        return dict(client.describe_update(name=cluster, updateId=update, addonName=name)["update"])


def delete_addon(client: Any, cluster: str, name: str, preserve: bool) -> None:
    """Also when somebody else has deleted it meanwhile."""
    with calling(f"delete add-on {name} of cluster {cluster} {region(client)}"):
        try:
            client.delete_addon(clusterName=cluster, addonName=name, preserve=preserve)
        except client.exceptions.ResourceNotFoundException:
            return


# Access entries


def access_entry(client: Any, cluster: str, principal: str) -> dict[str, Any] | None:
    """DescribeAccessEntry, None when there is none."""
    with calling(f"read access entry {principal} of cluster {cluster} {region(client)}"):
        try:
            return dict(client.describe_access_entry(clusterName=cluster, principalArn=principal)["accessEntry"])
        except client.exceptions.ResourceNotFoundException:
            return None


def access_entries(client: Any, cluster: str) -> list[str] | None:
    """Principals of ListAccessEntries, all pages; None when there is no such cluster."""
    what = f"list access entries of cluster {cluster}"
    return _listed(client, what, "list_access_entries", "accessEntries", clusterName=cluster)


def associated_policies(client: Any, cluster: str, principal: str) -> list[dict[str, Any]]:
    """ListAssociatedAccessPolicies, all pages; none for an entry that is gone."""
    what = f"list the access policies of {principal} in cluster {cluster}"
    listed = _listed(
        client,
        what,
        "list_associated_access_policies",
        "associatedAccessPolicies",
        clusterName=cluster,
        principalArn=principal,
    )
    return listed or []


def access_policies(client: Any) -> list[str]:
    """ARNs of the access policies that EKS offers."""
    listed = _listed(client, "list the access policies of EKS", "list_access_policies", "accessPolicies")
    return [policy["arn"] for policy in listed or ()]


def create_access_entry(client: Any, cluster: str, principal: str, **fields: Any) -> dict[str, Any]:
    with calling(f"create access entry {principal} of cluster {cluster} {region(client)}"):
        created = client.create_access_entry(clusterName=cluster, principalArn=principal, **fields)
        return dict(created["accessEntry"])


def update_access_entry(client: Any, cluster: str, principal: str, **fields: Any) -> dict[str, Any]:
    with calling(f"update access entry {principal} of cluster {cluster} {region(client)}"):
        updated = client.update_access_entry(clusterName=cluster, principalArn=principal, **fields)
        return dict(updated["accessEntry"])


def associate_policy(client: Any, cluster: str, principal: str, policy: str, scope: Mapping[str, Any]) -> None:
    """Associates the policy, or gives it another scope where it is associated already."""
    with calling(f"associate access policy {policy} with {principal} in cluster {cluster} {region(client)}"):
        client.associate_access_policy(
            clusterName=cluster, principalArn=principal, policyArn=policy, accessScope=dict(scope)
        )


def disassociate_policy(client: Any, cluster: str, principal: str, policy: str) -> None:
    with calling(f"disassociate access policy {policy} from {principal} in cluster {cluster} {region(client)}"):
        try:
            client.disassociate_access_policy(clusterName=cluster, principalArn=principal, policyArn=policy)
        except client.exceptions.ResourceNotFoundException:
            return


def delete_access_entry(client: Any, cluster: str, principal: str) -> None:
    with calling(f"delete access entry {principal} of cluster {cluster} {region(client)}"):
        try:
            client.delete_access_entry(clusterName=cluster, principalArn=principal)
        except client.exceptions.ResourceNotFoundException:
            return


# Pod identity associations


def associations(client: Any, cluster: str, **filters: str) -> list[dict[str, Any]] | None:
    """ListPodIdentityAssociations, all pages: no role and no tags in it; None when there is no such cluster."""
    what = f"list pod identity associations of cluster {cluster}"
    return _listed(client, what, "list_pod_identity_associations", "associations", clusterName=cluster, **filters)


def association(client: Any, cluster: str, key: str) -> dict[str, Any] | None:
    """DescribePodIdentityAssociation by its id, None when there is none."""
    with calling(f"read pod identity association {key} of cluster {cluster} {region(client)}"):
        try:
            found = client.describe_pod_identity_association(clusterName=cluster, associationId=key)
        except client.exceptions.ResourceNotFoundException:
            return None
        return dict(found["association"])


def described_associations(client: Any, cluster: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    """DescribePodIdentityAssociation of every id that exists, side by side."""
    found = each(lambda key: association(client, cluster, key), keys)
    return [one for one in found if one is not None]


def create_association(client: Any, cluster: str, namespace: str, account: str, **fields: Any) -> dict[str, Any]:
    with calling(f"create pod identity association {namespace}/{account} of cluster {cluster} {region(client)}"):
        created = client.create_pod_identity_association(
            clusterName=cluster, namespace=namespace, serviceAccount=account, **fields
        )
        return dict(created["association"])


def update_association(client: Any, cluster: str, name: str, key: str, **fields: Any) -> dict[str, Any]:
    with calling(f"update pod identity association {name} of cluster {cluster} {region(client)}"):
        updated = client.update_pod_identity_association(clusterName=cluster, associationId=key, **fields)
        return dict(updated["association"])


def delete_association(client: Any, cluster: str, name: str, key: str) -> None:
    with calling(f"delete pod identity association {name} of cluster {cluster} {region(client)}"):
        try:
            client.delete_pod_identity_association(clusterName=cluster, associationId=key)
        except client.exceptions.ResourceNotFoundException:
            return


# Tags


def retag(client: Any, what: str, arn: str, new: Mapping[str, str], gone: Sequence[str]) -> None:
    """Sets the tags `new` and takes the keys `gone` away, of what has that ARN."""
    if gone:
        with calling(f"untag {what} {region(client)}"):
            client.untag_resource(resourceArn=arn, tagKeys=list(gone))
    if new:
        with calling(f"tag {what} {region(client)}"):
            client.tag_resource(resourceArn=arn, tags=dict(new))


def _listed(client: Any, what: str, operation: str, key: str, **arguments: Any) -> list[Any] | None:
    """All pages of a list operation; None when what it lists things of does not exist."""
    with calling(f"{what} {region(client)}"):
        try:
            return [one for page in client.get_paginator(operation).paginate(**arguments) for one in page.get(key, ())]
        except client.exceptions.ResourceNotFoundException:
            return None
