# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM's calls, one function each; botocore's exceptions become ReplatformError here. IAM has no regions."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ...parallel import each
from ..errors import calling
from ..tags import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

PAGE = 1000
"""Items of one page; the API's limit. It may answer with fewer."""


@contextmanager
def _gone_is_fine(client: Any, what: str) -> Iterator[None]:
    """As calling(), for what takes away: somebody else may have done it already."""
    with calling(what):
        try:
            yield
        except client.exceptions.NoSuchEntityException:
            return


def roles_and_policies(client: Any) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """All roles, and all policies of the account's own, by name: with inline policies, attachments, profiles, versions.

    Two listings side by side instead of five calls a role: GetAccountAuthorizationDetails knows all but a role's
    description and session duration, which ListRoles has.
    """
    readers: list[Callable[[Any], Any]] = [_details, _roles]
    (roles, policies), listed_roles = each(lambda read: read(client), readers)
    return {name: {**listed_roles.get(name, {}), **role} for name, role in roles.items()}, policies


def _details(client: Any) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    roles: dict[str, dict[str, Any]] = {}
    policies: dict[str, dict[str, Any]] = {}
    with calling("read the account's roles and policies"):
        for page in client.get_paginator("get_account_authorization_details").paginate(
            Filter=["Role", "LocalManagedPolicy"], PaginationConfig={"PageSize": PAGE}
        ):
            roles |= {role["RoleName"]: role for role in page["RoleDetailList"]}
            policies |= {policy["PolicyName"]: policy for policy in page["Policies"]}
    return roles, policies


def _roles(client: Any) -> dict[str, dict[str, Any]]:
    with calling("list the account's roles"):
        pages = client.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": PAGE})
        return {role["RoleName"]: role for page in pages for role in page["Roles"]}


def role(client: Any, name: str) -> dict[str, Any]:
    with calling(f"read role {name}"):
        return dict(client.get_role(RoleName=name)["Role"])


def aws_policies(client: Any) -> dict[str, str]:
    """ARNs of the policies that AWS itself manages, by name; some have a path."""
    with calling("list the policies of AWS"):
        pages = client.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": PAGE})
        return {policy["PolicyName"]: policy["Arn"] for page in pages for policy in page["Policies"]}


def account_id(sts: Any) -> str:
    with calling("read the account's id"):
        return str(sts.get_caller_identity()["Account"])


def create_role(client: Any, name: str, **fields: Any) -> str | None:
    """The new role's ARN, None when there is one of that name."""
    with calling(f"create role {name}"):
        try:
            return str(client.create_role(RoleName=name, **fields)["Role"]["Arn"])
        except client.exceptions.EntityAlreadyExistsException:
            return None


def update_role(client: Any, name: str, **fields: Any) -> None:
    """Description and MaxSessionDuration."""
    with calling(f"update role {name}"):
        client.update_role(RoleName=name, **fields)


def put_trust(client: Any, name: str, document: str) -> None:
    with calling(f"set who may assume role {name}"):
        client.update_assume_role_policy(RoleName=name, PolicyDocument=document)


def put_boundary(client: Any, name: str, arn: str | None) -> None:
    """Sets the permissions boundary, or with None takes it away."""
    with calling(f"set the permissions boundary of role {name}"):
        if arn:
            client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
        else:
            client.delete_role_permissions_boundary(RoleName=name)


def put_inline(client: Any, name: str, policy: str, document: str) -> None:
    with calling(f"set the inline policy {policy} of role {name}"):
        client.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document)


def delete_inline(client: Any, name: str, policy: str) -> None:
    with _gone_is_fine(client, f"delete the inline policy {policy} of role {name}"):
        client.delete_role_policy(RoleName=name, PolicyName=policy)


def attach(client: Any, name: str, arn: str) -> None:
    with calling(f"attach {arn} to role {name}"):
        client.attach_role_policy(RoleName=name, PolicyArn=arn)


def detach(client: Any, name: str, arn: str) -> None:
    with _gone_is_fine(client, f"detach {arn} from role {name}"):
        client.detach_role_policy(RoleName=name, PolicyArn=arn)


def tag_role(client: Any, name: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag role {name}"):
        if gone:
            client.untag_role(RoleName=name, TagKeys=list(gone))
        if new:
            client.tag_role(RoleName=name, Tags=listed(new))


def delete_role(client: Any, name: str) -> None:
    with _gone_is_fine(client, f"delete role {name}"):
        client.delete_role(RoleName=name)


def profile_tags(client: Any, name: str) -> list[dict[str, str]]:
    with calling(f"read the tags of instance profile {name}"):
        pages = client.get_paginator("list_instance_profile_tags").paginate(InstanceProfileName=name)
        return [tag for page in pages for tag in page["Tags"]]


def add_to_profile(client: Any, role_name: str, profile: str, path: str, tags: Mapping[str, str]) -> None:
    """Has the role in that instance profile, which is made when there is none."""
    with calling(f"create instance profile {profile}"), suppress(client.exceptions.EntityAlreadyExistsException):
        client.create_instance_profile(InstanceProfileName=profile, Path=path, Tags=listed(tags))
    with calling(f"put role {role_name} into instance profile {profile}, which takes one role only"):
        try:
            client.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role_name)
        except client.exceptions.LimitExceededException:
            # Also when the answer to the same call was lost.
            there = client.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
            if role_name not in [one["RoleName"] for one in there]:
                raise


def delete_profile(client: Any, role_name: str, profile: str) -> None:
    """Takes the role out of the instance profile, which is empty then, and deletes it."""
    with _gone_is_fine(client, f"take role {role_name} out of instance profile {profile}"):
        client.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role_name)
    with _gone_is_fine(client, f"delete instance profile {profile}"):
        client.delete_instance_profile(InstanceProfileName=profile)


def tag_profile(client: Any, name: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag instance profile {name}"):
        if gone:
            client.untag_instance_profile(InstanceProfileName=name, TagKeys=list(gone))
        if new:
            client.tag_instance_profile(InstanceProfileName=name, Tags=listed(new))


def policy_tags(client: Any, arns: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """Tags by the policy's ARN; no listing of policies has them."""

    def read(arn: str) -> list[dict[str, str]]:
        with calling(f"read the tags of {arn}"):
            pages = client.get_paginator("list_policy_tags").paginate(PolicyArn=arn)
            return [tag for page in pages for tag in page["Tags"]]

    wanted = list(arns)
    return dict(zip(wanted, each(read, wanted), strict=True))


def create_policy(client: Any, name: str, **fields: Any) -> str | None:
    """The new policy's ARN, None when there is one of that name."""
    with calling(f"create policy {name}"):
        try:
            return str(client.create_policy(PolicyName=name, **fields)["Policy"]["Arn"])
        except client.exceptions.EntityAlreadyExistsException:
            return None


def create_version(client: Any, arn: str, document: str) -> str:
    """The id of a new default version."""
    with calling(f"create a version of {arn}"):
        made = client.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
        return str(made["PolicyVersion"]["VersionId"])


def set_default_version(client: Any, arn: str, version: str) -> None:
    with calling(f"make {version} the default version of {arn}"):
        client.set_default_policy_version(PolicyArn=arn, VersionId=version)


def delete_version(client: Any, arn: str, version: str) -> None:
    with _gone_is_fine(client, f"delete version {version} of {arn}"):
        client.delete_policy_version(PolicyArn=arn, VersionId=version)


def tag_policy(client: Any, arn: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag {arn}"):
        if gone:
            client.untag_policy(PolicyArn=arn, TagKeys=list(gone))
        if new:
            client.tag_policy(PolicyArn=arn, Tags=listed(new))


def delete_policy(client: Any, arn: str) -> None:
    with _gone_is_fine(client, f"delete {arn}"):
        client.delete_policy(PolicyArn=arn)


def users_of_policy(client: Any, arn: str) -> list[str]:
    """What the policy is attached to or bounds: "role a", "user b", "group c"."""
    names: list[str] = []
    with calling(f"read what {arn} is attached to"):
        for page in client.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn):
            for kind in ("Role", "User", "Group"):
                names += [f"{kind.lower()} {one[f'{kind}Name']}" for one in page.get(f"Policy{kind}s", ())]
    return sorted(names)


def providers(client: Any) -> dict[str, str]:
    """ARNs of the account's OIDC providers by what follows https:// in their URL."""
    with calling("list the OIDC providers"):
        arns = [one["Arn"] for one in client.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        return {arn.partition(":oidc-provider/")[2]: arn for arn in arns}


def provider(client: Any, arn: str) -> dict[str, Any] | None:
    with calling(f"read {arn}"):
        try:
            return dict(client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn))
        except client.exceptions.NoSuchEntityException:
            return None


def create_provider(client: Any, url: str, **fields: Any) -> str | None:
    """The new provider's ARN, None when there is one of that URL."""
    with calling(f"create OIDC provider {url}"):
        try:
            return str(client.create_open_id_connect_provider(Url=url, **fields)["OpenIDConnectProviderArn"])
        except client.exceptions.EntityAlreadyExistsException:
            return None


def update_provider(
    client: Any, arn: str, *, add: Iterable[str] = (), remove: Iterable[str] = (), thumbprints: list[str] | None = None
) -> None:
    with calling(f"update {arn}"):
        for one in add:
            client.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=one)
        for one in remove:
            client.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=one)
        if thumbprints is not None:
            client.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=thumbprints)


def tag_provider(client: Any, arn: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag {arn}"):
        if gone:
            client.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=list(gone))
        if new:
            client.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=listed(new))


def delete_provider(client: Any, arn: str) -> None:
    with _gone_is_fine(client, f"delete {arn}"):
        client.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
