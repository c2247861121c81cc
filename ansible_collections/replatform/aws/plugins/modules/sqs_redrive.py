# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sqs_redrive
short_description: Move messages out of SQS dead-letter queues, back to where they came from
version_added: 0.1.0
description:
  - Starts a move for each dead-letter queue of the list that is not empty, all in one call, and waits for all together.
    SQS moves the messages itself, so they pass through nobody's hands.
  - A move that is running already is waited for, not started twice. An empty queue is no change.
  - Check mode tells about how many messages would move.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.wait
options:
  queues:
    description: The dead-letter queues; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the queue. It must be the dead-letter queue of another SQS queue.
        type: str
        required: true
      destination:
        description:
          - Name of the queue that gets the messages, FIFO as the dead-letter queue is or as little.
          - Without it each message goes back to the queue that it came from. SQS does not know that of messages that
            somebody sent to the dead-letter queue itself; the move fails at the first of them.
        type: str
      max_messages_per_second:
        description:
          - How many messages are moved a second, 1 to 500. Without it SQS chooses by the number of messages. Give it
            when what failed before must not meet the consumers all at once.
        type: int
      state:
        description:
          - V(moved) moves the messages. V(cancelled) ends a move that is running; what has moved stays moved.
        type: str
        choices: [moved, cancelled]
        default: moved
  progress_file:
    description:
      - File that gets one line of JSON a second with the messages moved and in all, and the estimated seconds left.
      - The callback plugin P(replatform.aws.progress#callback) reads a file of its own and needs none here, unless the
        module runs on another machine or as another user.
    type: path
seealso:
  - module: replatform.aws.sqs_messages_info
  - module: replatform.aws.sqs_queues
  - name: Dead-letter queue redrive
    description: What SQS moves, how fast, and what changes of a message.
    link: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
  - name: StartMessageMoveTask
    description: Limits of a move.
    link: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
notes:
  - Needs C(sqs:ListQueues) or C(sqs:GetQueueUrl), C(sqs:GetQueueAttributes), C(sqs:ListDeadLetterSourceQueues),
    C(sqs:StartMessageMoveTask), C(sqs:ListMessageMoveTasks), C(sqs:CancelMessageMoveTask), C(sqs:ReceiveMessage) and
    C(sqs:DeleteMessage) on the dead-letter queue, C(sqs:SendMessage) on the destination, and for a queue with a KMS key
    C(kms:Decrypt) and C(kms:GenerateDataKey).
  - A moved message is a new one, with another id, another age and no receipts. On a FIFO queue its place is behind what
    has been sent meanwhile.
  - A move goes on in SQS when the module is interrupted or its time is up. Run it again to watch the move, or with
    O(queues[].state=cancelled) to end it. After 36 hours SQS ends a move by itself.
  - Messages that somebody has received and not deleted are not moved before they are visible again.
"""

EXAMPLES = r"""
- name: Give the mail jobs another try, ten a second
  replatform.aws.sqs_redrive:
    queues:
      - name: shop-mail-dlq
        max_messages_per_second: 10

- name: Put failed orders aside
  replatform.aws.sqs_redrive:
    queues:
      - name: shop-orders-dlq.fifo
        destination: shop-orders-review.fifo

- name: Stop giving back what fails again
  replatform.aws.sqs_redrive:
    queues:
      - name: shop-mail-dlq
        state: cancelled
"""

RETURN = r"""
queues:
  description: One entry for each dead-letter queue, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the queue.
      returned: always
      type: str
      sample: shop-mail-dlq
    destination:
      description: Where the messages go; null for the queues that they came from.
      returned: always
      type: str
    sources:
      description: The queues that have it as their dead-letter queue.
      returned: always
      type: list
      elements: str
      sample: [shop-mail]
    action:
      description:
        - C(start) for a move that was started, C(watch) for one that was running, C(cancel) or C(none). In check mode
          what it would be.
      returned: always
      type: str
      sample: start
    status:
      description:
        - What SQS says of the move, C(COMPLETED), C(RUNNING), C(CANCELLING), C(CANCELLED) or C(FAILED); null where
          there is none, and in check mode.
      returned: always
      type: str
      sample: COMPLETED
    messages_to_move:
      description: About how many messages there were to move.
      returned: always
      type: int
      sample: 12
    messages_moved:
      description: About how many of them have moved.
      returned: always
      type: int
      sample: 12
    changed:
      description: Whether a move was started or cancelled.
      returned: always
      type: bool
    failed:
      description: True when this one failed.
      returned: on failure of this one
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this one
      type: dict
actions:
  description: One line for each move that was started or cancelled (in check mode, that would be).
  returned: always
  type: list
  elements: str
  sample: ["move the messages of queue shop-mail-dlq to shop-mail"]
"""

from ..module_utils.aws.sqs.redrive import REDRIVE_OPTIONS, redrive
from ..module_utils.module import Module

OPTIONS = {
    "queues": {"type": "list", "elements": "dict", "required": True, "options": REDRIVE_OPTIONS},
    "progress_file": {"type": "path"},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: redrive(m.client("sqs"), m.params["queues"], m.mode, m.params["progress_file"]))


if __name__ == "__main__":
    main()
