# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_buckets
short_description: Make a set of S3 buckets so, each with public and private prefixes
version_added: 0.1.0
description:
  - Makes every bucket of the list as described, all in one call and side by side. Buckets not named are left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - One bucket holds what everybody may read and what nobody may, apart by prefix. Public are the prefixes named and
    nothing else, by the bucket's policy; the block of public access is set to fit, and ACLs open nothing.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  buckets:
    description: The buckets; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the bucket, 3 to 63 lower case letters, digits and hyphens. All accounts share the names.
        type: str
        required: true
      public_prefixes:
        description:
          - Prefixes whose objects everybody may read, each with a C(/) at its end. An empty list makes all private.
          - With O(buckets[].distribution_arn) only that CloudFront distribution may, and public access stays blocked.
          - Given, the bucket's policy is the one that this, O(buckets[].secure_transport) and
            O(buckets[].policy_statements) come to; statements by others are removed.
        type: list
        elements: str
      private_prefixes:
        description: Prefixes that shall stay private. Only compared with O(buckets[].public_prefixes).
        type: list
        elements: str
      distribution_arn:
        description:
          - ARN of the CloudFront distribution that serves O(buckets[].public_prefixes) by origin access control.
        type: str
      secure_transport:
        description:
          - Whether requests without TLS are denied. Given, the policy is set as O(buckets[].public_prefixes) says.
        type: bool
      policy_statements:
        description:
          - Further statements of the bucket's policy. Given, the policy is set as O(buckets[].public_prefixes) says.
          - Compared by what they mean, not by their order or spelling. A policy has up to 20 KB.
        type: list
        elements: dict
      encryption:
        description: How new objects are encrypted; an empty one or null means by the keys of S3 itself (SSE-S3).
        type: dict
        suboptions:
          kms_key_id:
            description: KMS key, as id, alias or ARN; SSE-S3 without it. What an alias stands for is not compared.
            type: str
          bucket_key:
            description: Whether one key for each bucket saves most calls to KMS.
            type: bool
            default: true
      versioning:
        description: Whether older versions of objects are kept; false suspends it and leaves the versions there.
        type: bool
      lifecycle:
        description: What becomes of objects with time, up to 1000 rules; an empty list removes all rules.
        type: list
        elements: dict
        suboptions:
          id:
            description: Name of the rule.
            type: str
            required: true
          prefix:
            description: Which objects it is for, all when empty.
            type: str
            default: ""
          enabled:
            description: Whether the rule is at work.
            type: bool
            default: true
          expire_days:
            description: Days after which objects are deleted.
            type: int
          noncurrent_days:
            description: Days after which older versions are deleted.
            type: int
          keep_noncurrent_versions:
            description: How many older versions stay even then, 1 to 100.
            type: int
          abort_multipart_days:
            description: Days after which the parts of an upload that never ended are deleted.
            type: int
          transitions:
            description: When objects go to a cheaper class of storage.
            type: list
            elements: dict
            suboptions:
              days:
                description: Days after the object was made; 30 at least for the C(_IA) classes.
                type: int
                required: true
              storage_class:
                description: The class.
                type: str
                required: true
                choices: [STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER, DEEP_ARCHIVE]
      cors:
        description: Which web pages may use the bucket, in order, up to 100 rules; an empty list removes all rules.
        type: list
        elements: dict
        suboptions:
          origins:
            description: Origins such as V(https://shop.example), with one C(*) at most.
            type: list
            elements: str
            required: true
          methods:
            description: Methods that they may use.
            type: list
            elements: str
            required: true
            choices: [GET, PUT, POST, DELETE, HEAD]
          headers:
            description: Headers that a preflight request may name.
            type: list
            elements: str
            default: []
          expose_headers:
            description: Headers of answers that scripts may read.
            type: list
            elements: str
            default: []
          max_age_s:
            description: Seconds that a browser may keep the answer of a preflight request.
            type: int
      logging:
        description: Where requests are logged; null ends it. That bucket must let C(logging.s3.amazonaws.com) write.
        type: dict
        suboptions:
          bucket:
            description: The other bucket, of the same region and account.
            type: str
            required: true
          prefix:
            description: Prefix of the logs.
            type: str
            default: ""
      ownership:
        description:
          - Who owns objects. V(BucketOwnerEnforced), what new buckets have, takes all ACLs out of force; an upload with
            C(--acl public-read) then fails.
        type: str
        choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter]
      object_lock:
        description: Whether versions can be locked against deletion. Only for a new bucket.
        type: bool
      tags:
        description: Tags, up to 50. Values become text. The service only sets all of them at once.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this bucket.
        type: bool
      force:
        description: With O(buckets[].state=absent), deletes the bucket with all that is in it, older versions too.
        type: bool
        default: false
      state:
        description: V(present) makes the bucket so, V(absent) deletes it, which is refused while it holds objects.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.s3_buckets_info
  - name: Blocking public access to your Amazon S3 storage
    description: What each part of the block does. An account's own block stands above a bucket's.
    link: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
  - name: General purpose bucket naming rules
    description: Which names are allowed.
    link: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  - name: Restricting access to an Amazon S3 origin
    description: Origin access control of CloudFront.
    link: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
notes:
  - Needs C(s3:ListBucket), C(GetBucketPolicy), C(GetBucketPublicAccessBlock), C(GetEncryptionConfiguration),
    C(GetBucketVersioning), C(GetLifecycleConfiguration), C(GetBucketCORS), C(GetBucketLogging),
    C(GetBucketOwnershipControls), C(GetBucketObjectLockConfiguration) and C(GetBucketTagging), the C(Put...) of each,
    C(CreateBucket), C(DeleteBucket), C(DeleteBucketPolicy), and for O(buckets[].force) C(ListBucketVersions),
    C(DeleteObject) and C(DeleteObjectVersion).
  - Reading a bucket is eleven calls, side by side.
  - Where the account itself blocks public policies, S3 refuses a policy with public prefixes; the refusal says so.
"""

EXAMPLES = r"""
- name: Have the shop's bucket, its pictures for everybody and its invoices for nobody
  replatform.aws.s3_buckets:
    buckets:
      - name: shop-production
        public_prefixes: [media/, build/]
        private_prefixes: [invoices/, exports/]
        secure_transport: true
        encryption: {}
        versioning: true
        lifecycle:
          - {id: exports, prefix: exports/, expire_days: 30}
          - {id: versions, noncurrent_days: 90, keep_noncurrent_versions: 3, abort_multipart_days: 7}
        cors:
          - {origins: ["https://shop.example"], methods: [GET, HEAD], max_age_s: 3600}
    tags:
      app: shop

- name: Make all of it private again
  replatform.aws.s3_buckets:
    buckets:
      - name: shop-production
        public_prefixes: []
        secure_transport: true

- name: Take the bucket away with all that is in it
  replatform.aws.s3_buckets:
    buckets:
      - {name: shop-production, state: absent, force: true}
"""

RETURN = r"""
buckets:
  description: One entry for each bucket, in the order given; in check mode as it would be.
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
    changed:
      description: Whether this bucket was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this bucket failed.
      returned: on failure of this bucket
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this bucket
      type: dict
actions:
  description: One line for each bucket written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["update bucket shop-production: policy, public_access_block"]
"""

from ..module_utils.aws.s3.buckets import ensure_all
from ..module_utils.aws.s3.transform import BUCKET_OPTIONS, REQUIRED_BY
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "buckets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": BUCKET_OPTIONS,
        "required_by": REQUIRED_BY,
    },
}


def main() -> None:
    Module(OPTIONS).run(lambda m: ensure_all(m.client("s3"), m.given, m.mode))


if __name__ == "__main__":
    main()
