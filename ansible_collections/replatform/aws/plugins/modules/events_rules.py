# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: events_rules
short_description: Make a set of EventBridge rules and their targets so
version_added: 0.1.0
description:
  - Makes every rule of the list as described, all in one call and side by side. Rules not named are left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - M(amazon.aws.cloudwatchevent_rule) makes one rule a task, and knows neither check mode nor tags.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  event_bus:
    description: Name or ARN of the event bus that the rules belong to. AWS services send their events to V(default).
    type: str
    default: default
  rules:
    description: The rules; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the rule, 1 to 64 letters, digits and C(.-_).
        type: str
        required: true
      description:
        description: What the rule is for, up to 512 characters. An empty text or null removes it.
        type: str
      event_pattern:
        description:
          - Which events the rule is for, as a dictionary or JSON, up to 4096 characters. The order of the values of a
            field makes no difference. A new rule needs it or O(rules[].schedule).
        type: raw
      schedule:
        description: When the rule runs by itself, as V(rate(5 minutes)) or V(cron(0 3 * * ? *)) in UTC.
        type: str
      enabled:
        description: Whether the rule does anything, true for a new one.
        type: bool
      targets:
        description: What gets the events, up to 5. Given, others are removed.
        type: list
        elements: dict
        suboptions:
          id:
            description: A name of the target within the rule, 1 to 64 letters, digits and C(.-_).
            type: str
            required: true
          arn:
            description: ARN of the target, such as a queue's. Its own policy must let EventBridge in.
            type: str
            required: true
          role_arn:
            description: Role that EventBridge assumes for targets that need one.
            type: str
          input:
            description: What the target gets in place of the event, as a dictionary, list or text.
            type: raw
          dead_letter_arn:
            description: ARN of the SQS queue that gets the events that could not be delivered.
            type: str
          message_group_id:
            description: Message group of the events in a FIFO queue.
            type: str
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this rule.
        type: bool
      state:
        description: V(present) makes the rule so, V(absent) removes its targets and deletes it.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - name: Amazon EventBridge event patterns
    description: The grammar of O(rules[].event_pattern).
    link: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
  - name: Amazon EventBridge quotas
    description: Counts and sizes.
    link: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
notes:
  - Needs C(events:ListRules), C(ListTargetsByRule), C(ListTagsForResource), C(PutRule), C(PutTargets),
    C(RemoveTargets), C(TagResource), C(UntagResource) and C(DeleteRule), and C(iam:PassRole) for roles of targets.
  - One listing finds all rules; targets and tags of a rule are one call each.
"""

EXAMPLES = r"""
- name: Tell a queue of nodes that are about to go
  replatform.aws.events_rules:
    rules:
      - name: shop-spot-interruption
        event_pattern:
          source: [aws.ec2]
          detail-type: [EC2 Spot Instance Interruption Warning]
        targets:
          - id: queue
            arn: arn:aws:sqs:eu-central-1:123456789012:shop-interruption
      - name: shop-nightly
        schedule: cron(0 3 * * ? *)
        enabled: false
    tags:
      app: shop

- name: Take them away
  replatform.aws.events_rules:
    rules:
      - {name: shop-spot-interruption, state: absent}
      - {name: shop-nightly, state: absent}
"""

RETURN = r"""
rules:
  description: One entry for each rule, in the order given; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the rule.
      returned: always
      type: str
      sample: shop-spot-interruption
    arn:
      description: ARN; null where the rule is not there (yet).
      returned: always
      type: str
      sample: arn:aws:events:eu-central-1:123456789012:rule/shop-spot-interruption
    description:
      description: What the rule is for.
      returned: always
      type: str
    event_pattern:
      description: Which events it is for; null of one with a schedule.
      returned: always
      type: dict
    schedule:
      description: When it runs; null of one with a pattern.
      returned: always
      type: str
    enabled:
      description: Whether it does anything.
      returned: always
      type: bool
    targets:
      description: What gets the events, by id; empty when they were not looked at.
      returned: always
      type: list
      elements: dict
    tags:
      description: Tags; empty when they were not looked at.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this rule was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this rule failed.
      returned: on failure of this rule
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this rule
      type: dict
actions:
  description: One line for each rule written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create rule shop-spot-interruption"]
"""

from ..module_utils.aws.events.rules import RULE_OPTIONS, ensure_all
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "event_bus": {"type": "str", "default": "default"},
    "rules": {"type": "list", "elements": "dict", "required": True, "options": RULE_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: ensure_all(m.client("events"), m.given, m.params, m.mode))


if __name__ == "__main__":
    main()
