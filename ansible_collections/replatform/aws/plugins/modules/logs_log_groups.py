# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: logs_log_groups
short_description: Make a set of CloudWatch Logs log groups so
version_added: 0.1.0
description:
  - Makes every log group of the list as described, all in one call and side by side. Those not named are left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - Services such as EKS and RDS make their log groups by themselves, without an end of retention, unless they are there
    before. M(amazon.aws.cloudwatchlogs_log_group) makes one a task.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  log_groups:
    description: The log groups; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the log group, 1 to 512 letters, digits and C(.-_/#), such as V(/aws/eks/shop/cluster).
        type: str
        required: true
      retention_days:
        description:
          - Days that events are kept, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192,
            2557, 2922, 3288 or 3653. V(0) or null keeps them for ever, as a new log group does.
        type: int
      kms_key_id:
        description:
          - ARN of the KMS key that encrypts new events. The key's policy must let the service of the region use it.
            An empty text or null goes back to the service's own key.
        type: str
      class:
        description:
          - Class of the log group, V(STANDARD) for a new one. V(INFREQUENT_ACCESS) costs half and has no metric filters
            nor subscriptions. Cannot be changed afterwards.
        type: str
        choices: [STANDARD, INFREQUENT_ACCESS]
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this log group.
        type: bool
      state:
        description: V(present) makes the log group so, V(absent) deletes it with all its events.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - name: CloudWatch Logs quotas
    description: Counts and sizes.
    link: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
  - name: Encrypt log data with AWS KMS
    description: What a key's policy must allow.
    link: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
notes:
  - Needs C(logs:DescribeLogGroups), C(ListTagsForResource), C(CreateLogGroup), C(PutRetentionPolicy),
    C(DeleteRetentionPolicy), C(AssociateKmsKey), C(DisassociateKmsKey), C(TagResource), C(UntagResource) and
    C(DeleteLogGroup).
  - One log group is one call, and one more when it has tags.
"""

EXAMPLES = r"""
- name: Have the log groups before the services make them without an end
  replatform.aws.logs_log_groups:
    log_groups:
      - {name: /aws/eks/shop/cluster, retention_days: 90}
      - {name: /aws/rds/cluster/shop/slowquery, retention_days: 30}
      - {name: /aws/rds/cluster/shop/audit, retention_days: 365, class: INFREQUENT_ACCESS}
    tags:
      app: shop

- name: Take one away with its events
  replatform.aws.logs_log_groups:
    log_groups:
      - {name: /aws/rds/cluster/shop/audit, state: absent}
"""

RETURN = r"""
log_groups:
  description: One entry for each log group, in the order given; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the log group.
      returned: always
      type: str
      sample: /aws/eks/shop/cluster
    arn:
      description: ARN, without the C(:*) that some policies want behind it; null where it is not there (yet).
      returned: always
      type: str
      sample: arn:aws:logs:eu-central-1:123456789012:log-group:/aws/eks/shop/cluster
    retention_days:
      description: Days that events are kept; 0 is for ever.
      returned: always
      type: int
      sample: 90
    kms_key_id:
      description: ARN of the key; null for the service's own.
      returned: always
      type: str
    class:
      description: Class of the log group.
      returned: always
      type: str
      sample: STANDARD
    stored_bytes:
      description: Bytes that it holds, as CloudWatch Logs counted last.
      returned: always
      type: int
    tags:
      description: Tags; empty when they were not looked at.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this log group was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this log group failed.
      returned: on failure of this log group
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this log group
      type: dict
actions:
  description: One line for each log group written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create log group /aws/eks/shop/cluster"]
"""

from ..module_utils.aws.logs.log_groups import GROUP_OPTIONS, ensure_all
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "log_groups": {"type": "list", "elements": "dict", "required": True, "options": GROUP_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: ensure_all(m.client("logs"), m.given, m.mode))


if __name__ == "__main__":
    main()
