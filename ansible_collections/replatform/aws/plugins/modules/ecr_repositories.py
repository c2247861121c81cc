# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_repositories
short_description: Make a set of ECR repositories so
version_added: 0.1.0
description:
  - Makes every repository of the list as described, all in one call and side by side. Repositories not named are left
    alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - M(community.aws.ecs_ecr) makes one repository a task, without tags, and fails in check mode when a repository with a
    lifecycle policy is not there yet.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  repositories:
    description: The repositories; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the repository, 2 to 256 lower case letters, digits and C(._-/), such as V(shop/web).
        type: str
        required: true
      immutable_tags:
        description: Whether a tag that was pushed stays with its image, false for a new repository.
        type: bool
      scan_on_push:
        description:
          - Whether ECR looks for known weaknesses in each image that is pushed, false for a new repository. No effect
            where the registry's own scanning rules cover the repository.
        type: bool
      encryption:
        description: How images are encrypted, V(AES256) for a new repository. Cannot be changed afterwards.
        type: str
        choices: [AES256, KMS, KMS_DSSE]
      kms_key_id:
        description:
          - KMS key for O(repositories[].encryption=KMS), as ARN or C(alias/...); the account's own key C(alias/aws/ecr)
            without it. Cannot be changed afterwards. What an alias stands for is not compared.
        type: str
      lifecycle_policy:
        description:
          - Which images expire, as a dictionary or JSON with C(rules), up to 50 of them. Compared by what it means.
            An empty one or null removes it.
        type: raw
      policy:
        description:
          - Who else may use the repository, such as another account, as a dictionary or JSON. Compared by its meaning.
            An empty one or null removes it.
        type: raw
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this repository.
        type: bool
      force:
        description: With O(repositories[].state=absent), deletes the repository with the images in it.
        type: bool
        default: false
      state:
        description: V(present) makes the repository so, V(absent) deletes it, which is refused while it holds images.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - name: Lifecycle policy properties in Amazon ECR
    description: The grammar of O(repositories[].lifecycle_policy).
    link: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
  - name: Amazon ECR service quotas
    description: Counts and sizes.
    link: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
notes:
  - Needs C(ecr:DescribeRepositories), C(GetLifecyclePolicy), C(GetRepositoryPolicy), C(ListTagsForResource),
    C(CreateRepository), C(PutImageTagMutability), C(PutImageScanningConfiguration), C(PutLifecyclePolicy),
    C(DeleteLifecyclePolicy), C(SetRepositoryPolicy), C(DeleteRepositoryPolicy), C(TagResource), C(UntagResource) and
    C(DeleteRepository), and for a key of your own C(kms:CreateGrant) and C(kms:DescribeKey) on it.
  - One listing finds all repositories; each of lifecycle policy, policy and tags is one more call for a repository that
    they are given for.
"""

EXAMPLES = r"""
- name: Have the repositories of the shop's images
  replatform.aws.ecr_repositories:
    repositories:
      - name: shop/web
        immutable_tags: true
        scan_on_push: true
        lifecycle_policy:
          rules:
            - rulePriority: 1
              description: Images without a tag go after a week
              selection: {tagStatus: untagged, countType: sinceImagePushed, countUnit: days, countNumber: 7}
              action: {type: expire}
            - rulePriority: 2
              description: The last hundred images stay
              selection: {tagStatus: any, countType: imageCountMoreThan, countNumber: 100}
              action: {type: expire}
      - name: shop/worker
        immutable_tags: true
        scan_on_push: true
    tags:
      app: shop

- name: Let another account pull an image
  replatform.aws.ecr_repositories:
    repositories:
      - name: shop/web
        policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: {AWS: arn:aws:iam::111122223333:root}
              Action: [ecr:BatchGetImage, ecr:GetDownloadUrlForLayer]

- name: Take a repository away with all its images
  replatform.aws.ecr_repositories:
    repositories:
      - {name: shop/worker, state: absent, force: true}
"""

RETURN = r"""
repositories:
  description: One entry for each repository, in the order given; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the repository.
      returned: always
      type: str
      sample: shop/web
    arn:
      description: ARN; null where the repository is not there (yet).
      returned: always
      type: str
      sample: arn:aws:ecr:eu-central-1:123456789012:repository/shop/web
    uri:
      description: What images are tagged with to be pushed; null where the repository is not there (yet).
      returned: always
      type: str
      sample: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web
    immutable_tags:
      description: Whether a tag stays with its image.
      returned: always
      type: bool
    scan_on_push:
      description: Whether images are scanned when they are pushed.
      returned: always
      type: bool
    encryption:
      description: How images are encrypted.
      returned: always
      type: str
      sample: AES256
    kms_key_id:
      description: KMS key.
      returned: always
      type: str
    lifecycle_policy:
      description: Which images expire; null when there is none or it was not looked at.
      returned: always
      type: dict
    policy:
      description: Who else may use it; null when there is none or it was not looked at.
      returned: always
      type: dict
    tags:
      description: Tags; empty when they were not looked at.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this repository was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this repository failed.
      returned: on failure of this repository
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this repository
      type: dict
actions:
  description: One line for each repository written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create repository shop/web"]
"""

from ..module_utils.aws.ecr.repositories import ensure_all
from ..module_utils.aws.ecr.transform import REPOSITORY_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "repositories": {"type": "list", "elements": "dict", "required": True, "options": REPOSITORY_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: ensure_all(m.client("ecr"), m.given, m.mode))


if __name__ == "__main__":
    main()
