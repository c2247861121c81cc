# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sns_topics
short_description: Make a set of SNS topics and their subscriptions so
version_added: 0.1.0
description:
  - Makes every standard topic of the list as described, all in one call and side by side. Topics not named are left
    alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - M(community.aws.sns_topic) fails in check mode when a topic with a policy is not there yet.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  topics:
    description: The topics; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the topic, 1 to 256 letters, digits, hyphens and underscores.
        type: str
        required: true
      display_name:
        description: Name in mails and text messages, up to 100 characters. An empty text or null removes it.
        type: str
      kms_key_id:
        description:
          - KMS key that encrypts messages, as id, ARN or C(alias/...). Alarms can tell an encrypted topic only when the
            key's policy lets C(cloudwatch.amazonaws.com) use it. An empty text or null ends encryption.
        type: str
      policy:
        description:
          - Who may use the topic, as a dictionary or JSON. Compared by what it means. A new topic can be used by its
            account.
        type: raw
      subscriptions:
        description:
          - Who gets the messages. Given, other confirmed subscriptions are ended. One that nobody has confirmed yet
            counts as being there; SNS forgets it after two days.
        type: list
        elements: dict
        suboptions:
          protocol:
            description: How messages are delivered.
            type: str
            required: true
            choices: [email, email-json, http, https, lambda, sms, sqs]
          endpoint:
            description: Address, ARN or number that they are delivered to.
            type: str
            required: true
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this topic.
        type: bool
      state:
        description: V(present) makes the topic so, V(absent) deletes it with its subscriptions.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - name: Example cases for Amazon SNS access control
    description: Policies of topics.
    link: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
notes:
  - Needs C(sns:ListTopics), C(GetTopicAttributes), C(ListSubscriptionsByTopic), C(ListTagsForResource), C(CreateTopic),
    C(SetTopicAttributes), C(Subscribe), C(Unsubscribe), C(TagResource), C(UntagResource) and C(DeleteTopic).
  - One listing finds all topics; attributes, subscriptions and tags of a topic are one call each.
"""

EXAMPLES = r"""
- name: Have the topic that alarms go to
  replatform.aws.sns_topics:
    topics:
      - name: shop-alerts
        display_name: Shop
        subscriptions:
          - {protocol: email, endpoint: oncall@shop.example}
    tags:
      app: shop

- name: Take it away
  replatform.aws.sns_topics:
    topics:
      - {name: shop-alerts, state: absent}
"""

RETURN = r"""
topics:
  description: One entry for each topic, in the order given; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the topic.
      returned: always
      type: str
      sample: shop-alerts
    arn:
      description: ARN; null where the topic is not there (yet).
      returned: always
      type: str
      sample: arn:aws:sns:eu-central-1:123456789012:shop-alerts
    display_name:
      description: Name in mails.
      returned: always
      type: str
    kms_key_id:
      description: KMS key; empty without encryption.
      returned: always
      type: str
    policy:
      description: Who may use it; null when O(topics[].policy) was not given.
      returned: always
      type: dict
    subscriptions:
      description: Who gets the messages; empty when they were not looked at.
      returned: always
      type: list
      elements: dict
    tags:
      description: Tags; empty when they were not looked at.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this topic was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this topic failed.
      returned: on failure of this topic
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this topic
      type: dict
actions:
  description: One line for each topic written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create topic shop-alerts"]
"""

from ..module_utils.aws.sns.topics import TOPIC_OPTIONS, ensure_all
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "topics": {"type": "list", "elements": "dict", "required": True, "options": TOPIC_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: ensure_all(m.client("sns"), m.given, m.mode))


if __name__ == "__main__":
    main()
