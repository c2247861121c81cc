# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_buckets_info
short_description: Tell how S3 buckets are set up
version_added: 0.1.0
description:
  - Tells who may read the buckets, and how they are encrypted, versioned, logged and tagged. Reads no object.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  names:
    description: Names of the buckets. One that is not there is left out.
    type: list
    elements: str
    required: true
seealso:
  - module: replatform.aws.s3_buckets
notes:
  - Needs the reading rights that M(replatform.aws.s3_buckets) names.
"""

EXAMPLES = r"""
- name: See who may read the shop's bucket
  replatform.aws.s3_buckets_info:
    names: [shop-production]
  register: found

- name: Show its policy
  ansible.builtin.debug:
    var: found.buckets[0].policy
"""

RETURN = r"""
buckets:
  description: The buckets that are there, in the order asked for.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the bucket.
      returned: always
      type: str
      sample: shop-production
    arn:
      description: ARN of the bucket; null where it is not there (yet).
      returned: always
      type: str
      sample: arn:aws:s3:::shop-production
    region:
      description: Where the bucket is.
      returned: always
      type: str
      sample: eu-central-1
    policy:
      description: The bucket's policy; null when it has none.
      returned: always
      type: dict
    public_access_block:
      description: What of public access is blocked, each true or false.
      returned: always
      type: dict
      sample: {block_public_acls: true, ignore_public_acls: true, block_public_policy: true}
    encryption:
      description: KMS key, null for the keys of S3 itself, and whether a bucket key saves calls to KMS.
      returned: always
      type: dict
      sample: {kms_key_id: null, bucket_key: false}
    versioning:
      description: Whether older versions of objects are kept.
      returned: always
      type: bool
    lifecycle:
      description: What becomes of objects with time. What this module has no option for stands in C(other).
      returned: always
      type: list
      elements: dict
    cors:
      description: Which web pages may use the bucket.
      returned: always
      type: list
      elements: dict
    logging:
      description: Where requests are logged; null when they are not.
      returned: always
      type: dict
    ownership:
      description: Who owns objects, and with it whether ACLs count.
      returned: always
      type: str
      sample: BucketOwnerEnforced
    object_lock:
      description: Whether versions can be locked.
      returned: always
      type: bool
    tags:
      description: Tags.
      returned: always
      type: dict
      sample: {app: shop}
"""

from ..module_utils.aws.s3.buckets import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {"names": {"type": "list", "elements": "str", "required": True}}


def main() -> None:
    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(
        lambda m: Outcome(result={"buckets": info(m.client("s3"), m.params["names"])})
    )


if __name__ == "__main__":
    main()
