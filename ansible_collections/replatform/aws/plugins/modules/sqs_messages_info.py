# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sqs_messages_info
short_description: Look at the messages of an SQS dead-letter queue and leave them there
version_added: 0.1.0
description:
  - Receives messages, shows them to others again at once, and tells what they are, and how many there are of each job.
    Jobs of Laravel are decoded without any of their code.
  - What a message says is shown only when asked for, since it may be anything, an address or a password. Without that,
    the names of its properties and what kind of values they have are told.
  - Each look counts as a receipt of the message. A queue that has a dead-letter queue itself is therefore refused, as
    it would move messages that were looked at too often.
  - In check mode nothing is received, so that RV(messages) is empty.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  queue:
    description: Name of the queue.
    type: str
    required: true
  count:
    description:
      - How many messages to look at, 1 to 1000. SQS gives any of them, on a FIFO queue the oldest of each group.
    type: int
    default: 10
  visibility_timeout:
    description:
      - Seconds that the messages stay hidden from others should the module be cut off before it shows them again, 5 to
        600. It takes no longer than that, however many there are.
    type: int
    default: 30
  bodies:
    description: Whether what the messages say is told, in full. It then stands in logs as well, so use C(no_log).
    type: bool
    default: false
seealso:
  - module: replatform.aws.sqs_redrive
  - module: replatform.aws.sqs_queues_info
  - name: Visibility timeout
    description: What happens to a message that was received.
    link: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
notes:
  - Needs C(sqs:GetQueueUrl), C(sqs:GetQueueAttributes), C(sqs:ReceiveMessage) and C(sqs:ChangeMessageVisibility), and
    C(kms:Decrypt) for a queue with a KMS key.
  - An encrypted job, of a class that implements C(ShouldBeEncrypted), is named as such and not decrypted.
"""

EXAMPLES = r"""
- name: See which jobs have failed
  replatform.aws.sqs_messages_info:
    queue: shop-mail-dlq
    count: 100
  register: failed

- name: Say how many there are of each
  ansible.builtin.debug:
    msg: "{{ failed.jobs }}"

- name: Read one of them
  replatform.aws.sqs_messages_info:
    queue: shop-mail-dlq
    count: 1
    bodies: true
  no_log: true
  register: one
"""

RETURN = r"""
messages_in_queue:
  description: About how many messages are in the queue, in whichever state.
  returned: always
  type: int
  sample: 12
jobs:
  description: How many of the messages looked at are of which job, the most frequent first.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the job; null for messages that Laravel did not write.
      returned: always
      type: str
      sample: App\Jobs\SendMail
    count:
      description: How many there are.
      returned: always
      type: int
      sample: 11
messages:
  description: The messages looked at.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Id of the message.
      returned: always
      type: str
      sample: 5fea7756-0ea4-451a-a703-a558b933e274
    sent:
      description: When it was sent; in a standard dead-letter queue, to the queue that it comes from.
      returned: always
      type: str
      sample: "2026-11-25T21:40:52.120+00:00"
    first_received:
      description: When somebody received it first.
      returned: always
      type: str
    receive_count:
      description: How often it was received, this look and those before it included.
      returned: always
      type: int
      sample: 6
    source:
      description: Name of the queue that it comes from; null when it was sent to this one itself.
      returned: always
      type: str
      sample: shop-mail
    group_id:
      description: Message group, of a FIFO queue.
      returned: always
      type: str
    deduplication_id:
      description: Deduplication id, of a FIFO queue.
      returned: always
      type: str
    size_bytes:
      description: Bytes of the body.
      returned: always
      type: int
      sample: 512
    attributes:
      description: Attributes that the sender gave it; their values only with O(bodies).
      returned: always
      type: dict
    body:
      description: The message itself, with O(bodies), else null.
      returned: always
      type: str
    job:
      description: The job in it; null when Laravel did not write it.
      returned: always
      type: dict
      contains:
        uuid:
          description: Id that Laravel gave the job.
          returned: always
          type: str
        name:
          description: Its display name.
          returned: always
          type: str
          sample: App\Jobs\SendMail
        class:
          description: Class of the command.
          returned: always
          type: str
          sample: App\Jobs\SendMail
        max_tries:
          description: How often the job itself says it may be tried; null when the worker decides.
          returned: always
          type: int
        attempts:
          description: Attempts that the payload counts, which a job from Redis brings along; else null.
          returned: always
          type: int
        timeout_s:
          description: Seconds that the job itself says it may take; null when the worker decides.
          returned: always
          type: int
        retry_until:
          description: Unix time after which the job is not tried again.
          returned: always
          type: int
        encrypted:
          description: Whether its command is encrypted with the application's key.
          returned: always
          type: bool
        stored_elsewhere:
          description: Whether the message only points to the payload, as one that is too large for SQS does.
          returned: always
          type: bool
        properties:
          description:
            - The job's own properties. Numbers, texts and keys of models with O(bodies) only, others as their kind.
          returned: always
          type: dict
          sample: {order: App\Models\Order (redacted), retries: (redacted)}
        unreadable:
          description: Why the properties could not be read.
          returned: always
          type: str
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.aws.sqs.messages import peek
from ..module_utils.module import Module

OPTIONS = {
    "queue": {"type": "str", "required": True},
    "count": {"type": "int", "default": 10},
    "visibility_timeout": {"type": "int", "default": 30},
    "bodies": {"type": "bool", "default": False},
}
HOW = ("count", "visibility_timeout", "bodies")


def main() -> None:
    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(
        lambda m: peek(m.client("sqs"), m.params["queue"], m.mode, **{name: m.params[name] for name in HOW})
    )


if __name__ == "__main__":
    main()
