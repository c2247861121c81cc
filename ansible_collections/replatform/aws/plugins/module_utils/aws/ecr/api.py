# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECR's calls, one function each; botocore's exceptions become ReplatformError here."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import calling, region
from ..tags import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PAGE = 1000


def repositories(client: Any) -> dict[str, dict[str, Any]]:
    """All repositories of the registry by name; asked for by name, one that is missing would fail the call."""
    with calling(f"list the repositories {region(client)}"):
        pages = client.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": PAGE})
        return {one["repositoryName"]: one for page in pages for one in page["repositories"]}


def lifecycle(client: Any, name: str) -> str | None:
    with calling(f"read the lifecycle policy of repository {name} {region(client)}"):
        try:
            return str(client.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
        except (client.exceptions.LifecyclePolicyNotFoundException, client.exceptions.RepositoryNotFoundException):
            return None


def policy(client: Any, name: str) -> str | None:
    with calling(f"read the policy of repository {name} {region(client)}"):
        try:
            return str(client.get_repository_policy(repositoryName=name)["policyText"])
        except (client.exceptions.RepositoryPolicyNotFoundException, client.exceptions.RepositoryNotFoundException):
            return None


def tags(client: Any, arn: str) -> list[dict[str, str]]:
    with calling(f"read the tags of {arn}"):
        return list(client.list_tags_for_resource(resourceArn=arn)["tags"])


def create(client: Any, name: str, **fields: Any) -> dict[str, Any] | None:
    """The new repository, None when there is one of that name."""
    with calling(f"create repository {name} {region(client)}"):
        try:
            return dict(client.create_repository(repositoryName=name, **fields)["repository"])
        except client.exceptions.RepositoryAlreadyExistsException:
            return None


def set_mutability(client: Any, name: str, mutability: str) -> None:
    with calling(f"set whether tags of repository {name} {region(client)} can be moved"):
        client.put_image_tag_mutability(repositoryName=name, imageTagMutability=mutability)


def set_scanning(client: Any, name: str, on_push: bool) -> None:
    with calling(f"set the scanning of repository {name} {region(client)}"):
        client.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration={"scanOnPush": on_push})


def set_lifecycle(client: Any, name: str, text: str | None) -> None:
    """Sets the lifecycle policy, or with None takes it away."""
    with calling(f"set the lifecycle policy of repository {name} {region(client)}"):
        if text is None:
            client.delete_lifecycle_policy(repositoryName=name)
        else:
            client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)


def set_policy(client: Any, name: str, text: str | None) -> None:
    """Sets the repository's policy, or with None takes it away."""
    with calling(f"set the policy of repository {name} {region(client)}"):
        if text is None:
            client.delete_repository_policy(repositoryName=name)
        else:
            client.set_repository_policy(repositoryName=name, policyText=text)


def tag(client: Any, arn: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag {arn}"):
        if gone:
            client.untag_resource(resourceArn=arn, tagKeys=list(gone))
        if new:
            client.tag_resource(resourceArn=arn, tags=listed(new))


def delete(client: Any, name: str, force: bool) -> None:
    what = "with its images" if force else "(which must be empty, unless force is true)"
    with (
        calling(f"delete repository {name} {what} {region(client)}"),
        suppress(client.exceptions.RepositoryNotFoundException),
    ):
        client.delete_repository(repositoryName=name, force=force)
