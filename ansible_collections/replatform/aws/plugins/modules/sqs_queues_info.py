# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sqs_queues_info
short_description: Tell which SQS queues there are, and how full they are
version_added: 0.1.0
description:
  - Returns the attributes, tags and counts of the queues that fit every filter given, never a message. No queue that
    fits is no failure.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  names:
    description: Exact names.
    type: list
    elements: str
  prefix:
    description: First characters of the names, such as V(shop-). Case matters.
    type: str
  tags:
    description: Tags that a queue must have, all of them; null as value takes any.
    type: dict
seealso:
  - module: replatform.aws.sqs_queues
  - module: replatform.aws.sqs_messages_info
  - name: GetQueueAttributes
    description: What each attribute means.
    link: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
notes:
  - Needs C(sqs:ListQueues), or C(sqs:GetQueueUrl) for O(names) that do not begin alike, C(sqs:GetQueueAttributes) and
    C(sqs:ListQueueTags).
  - Counts are approximate for a minute after the last message was sent or received.
"""

EXAMPLES = r"""
- name: Look at the shop's queues
  replatform.aws.sqs_queues_info:
    prefix: shop-
    tags: {app: shop}
  register: shop

- name: Say which dead-letter queues are not empty
  ansible.builtin.debug:
    msg: "{{ shop.queues | selectattr('messages') | map(attribute='name') | select('search', '-dlq') }}"
"""

RETURN = r"""
queues:
  description: Each queue, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the queue.
      returned: always
      type: str
      sample: shop-mail
    url:
      description: URL, which clients need.
      returned: always
      type: str
      sample: https://sqs.eu-central-1.amazonaws.com/123456789012/shop-mail
    arn:
      description: ARN.
      returned: always
      type: str
      sample: arn:aws:sqs:eu-central-1:123456789012:shop-mail
    fifo:
      description: Whether it is a FIFO queue.
      returned: always
      type: bool
    visibility_timeout:
      description: Seconds that a received message stays hidden.
      returned: always
      type: int
      sample: 120
    message_retention_period:
      description: Seconds that a message is kept.
      returned: always
      type: int
      sample: 345600
    delay_seconds:
      description: Seconds that a new message is held back.
      returned: always
      type: int
      sample: 0
    receive_message_wait_time_seconds:
      description: Seconds that a receiver waits for a message.
      returned: always
      type: int
      sample: 20
    maximum_message_size:
      description: Largest message in bytes.
      returned: always
      type: int
      sample: 1048576
    encryption:
      description: C(sqs), C(none), or id or alias of the KMS key.
      returned: always
      type: str
      sample: sqs
    kms_data_key_reuse_period:
      description: Seconds that a data key is used again.
      returned: always
      type: int
      sample: 300
    content_based_deduplication:
      description: Whether SQS tells duplicates by the body.
      returned: always
      type: bool
    high_throughput:
      description: Whether throughput counts for each message group.
      returned: always
      type: bool
    policy:
      description: The access policy in the form in which it is compared; null where there is none.
      returned: always
      type: dict
    dead_letter:
      description: Name of the dead-letter queue; null where there is none.
      returned: always
      type: str
      sample: shop-mail-dlq
    max_receive_count:
      description: After how many receipts a message is moved there.
      returned: always
      type: int
      sample: 5
    redrive_allow:
      description: Which queues may have this one as their dead-letter queue, C(all), C(none) or a list of names.
      returned: always
      type: raw
      sample: all
    messages:
      description: About how many messages are in it, in whichever state.
      returned: always
      type: int
      sample: 12
    messages_visible:
      description: About how many of them can be received now.
      returned: always
      type: int
      sample: 10
    messages_in_flight:
      description: About how many of them were received and are hidden.
      returned: always
      type: int
      sample: 2
    messages_delayed:
      description: About how many of them are held back.
      returned: always
      type: int
      sample: 0
    created:
      description: When it was made.
      returned: always
      type: str
      sample: "2026-11-25T21:40:52+00:00"
    last_modified:
      description: When it was changed last.
      returned: always
      type: str
      sample: "2026-11-25T21:40:52+00:00"
    tags:
      description: Tags, without those of AWS itself.
      returned: always
      type: dict
      sample: {app: shop}
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.aws.sqs.queues import info
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {
    "names": {"type": "list", "elements": "str"},
    "prefix": {"type": "str"},
    "tags": {"type": "dict"},
}


def main() -> None:
    def act(m: Module) -> Outcome:
        return Outcome(result={"queues": info(m.client("sqs"), **{name: m.params[name] for name in OPTIONS})})

    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(act)


if __name__ == "__main__":
    main()
