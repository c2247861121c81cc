# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sqs_queues
short_description: Make a set of SQS queues with their dead-letter queues and alarms so
version_added: 0.1.0
description:
  - Makes every queue of the list as described, all in one call and side by side, with the dead-letter queue that gets
    what nobody could process, and with CloudWatch alarms on both. Queues not named are left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand. Null
    stands for what SQS gives a new queue.
  - What does not fit together is refused before anything is written, with the path of every fault; a visibility timeout
    that is shorter than the consumer works, for instance, or a dead-letter queue that forgets earlier than its queue.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  queues:
    description: The queues; every name once. Describe a dead-letter queue where it is used, not as an item of its own.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the queue, up to 80 letters, digits, hyphens and underscores. Case matters.
          - A name that ends in C(.fifo) makes a FIFO queue. A queue is of one kind for good; for the other kind make
            another queue.
        type: str
        required: true
      visibility_timeout:
        description:
          - Seconds that a received message stays hidden from other consumers, 0 to 43200; 30 for a new queue.
          - Must be longer than a consumer works on one message, see O(queues[].consumer_timeout).
        type: int
      message_retention_period:
        description: Seconds that a message is kept when nobody deletes it, 60 to 1209600; 345600 for a new queue.
        type: int
      delay_seconds:
        description: Seconds that a new message is held back, 0 to 900; 0 for a new queue.
        type: int
      receive_message_wait_time_seconds:
        description:
          - Seconds that a receiver waits for a message to come, 0 to 20; 0 for a new queue. V(20) means fewest calls
            for a queue that is often empty.
        type: int
      maximum_message_size:
        description: Largest message in bytes, 1024 to 1048576; 1048576 for a new queue.
        type: int
      encryption:
        description:
          - How messages are encrypted at rest. V(sqs) with keys of SQS itself, which a new queue has and which costs
            nothing, V(none) not at all, or a KMS key as id, ARN or C(alias/...).
          - Write a key the same way always; an alias and the id behind it count as different. Its dead-letter queue
            gets the same.
        type: str
      kms_data_key_reuse_period:
        description:
          - Seconds that SQS uses a data key again before it calls KMS, 60 to 86400; 300 for a new queue. For queues
            that are encrypted with a KMS key.
        type: int
      content_based_deduplication:
        description:
          - Whether SQS takes a message with the same body as one of the last five minutes for the same one. For FIFO
            queues; C(false) for a new queue, whose senders give a deduplication id.
        type: bool
      high_throughput:
        description:
          - Whether deduplication and throughput count for each message group and not for the whole queue. For FIFO
            queues; C(false) for a new queue.
        type: bool
      policy:
        description:
          - Who else may use the queue, as a resource policy. Compared by what it means, so that the order of
            statements, actions and principals does not matter. Null or an empty dictionary takes it away.
        type: dict
      consumer_timeout:
        description:
          - Seconds that a consumer may work on one message, such as the C(--timeout) of Laravel's C(queue:work), 1 to
            43199. Nothing is set by it; a visibility timeout that is not longer is refused, as the message would be
            given to a second consumer while the first still works on it.
        type: int
      consumer_tries:
        description:
          - How often a Laravel worker tries a job, its C(--tries); V(0) is without end. Nothing is set by it; you are
            warned when the worker gives a job up, and deletes it, before SQS moves it to the dead-letter queue.
        type: int
      dead_letter:
        description:
          - The queue that gets a message that was received too often and never deleted. It is made before the queue.
          - Null lets the queue have none; the queue that was it stays as it is.
        type: dict
        suboptions:
          name:
            description:
              - Its name. Without it the queue's name with C(-dlq) behind it, before C(.fifo) where that ends it.
              - Several queues may share one. Name them all in one call then.
            type: str
          max_receive_count:
            description: After how many receipts a message is moved, 1 to 1000.
            type: int
            default: 10
          message_retention_period:
            description:
              - Seconds that a message is kept there, 60 to 1209600. Must be longer than the queue's own, since on a
                standard queue a message that moves stays as old as it is. On a FIFO queue its age begins anew.
            type: int
            default: 1209600
          redrive_allow:
            description:
              - Which queues may have it as their dead-letter queue. V(sources) allows just those of this call that do,
                10 at most, V(all) every queue of the account and region.
            type: str
            choices: [sources, all]
            default: sources
      alarms:
        description:
          - CloudWatch alarms. A threshold that is not given is not touched, null takes its alarm away; null for all of
            O(queues[].alarms) takes both away. Missing data does not set them off, since SQS tells nothing of a queue
            that was not used for six hours.
        type: dict
        suboptions:
          age_s:
            description:
              - Age of the oldest message in seconds, at which the alarm C(NAME-age) goes off. Must be less than the
                queue keeps messages.
            type: int
          dlq_depth:
            description: Number of messages in the dead-letter queue at which the alarm C(DLQ-depth) goes off.
            type: int
          actions:
            description: ARNs that are told when an alarm goes off, such as an SNS topic's. An empty list tells nobody.
            type: list
            elements: str
          ok_actions:
            description: ARNs that are told when it is over.
            type: list
            elements: str
          period_s:
            description: Seconds of one look, a multiple of 60.
            type: int
            default: 60
          evaluation_periods:
            description:
              - Looks in a row that must be at the threshold. All together may be up to 86400 seconds, with
                O(queues[].alarms.period_s) of an hour or more up to 604800.
            type: int
            default: 1
      tags:
        description:
          - Tags of the queue, its dead-letter queue and its alarms. SQS advises not to use more than 50; an alarm takes
            no more.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this queue.
        type: bool
      force:
        description:
          - With O(queues[].state=absent), whether a queue is deleted although there are messages in it, which are lost.
        type: bool
      state:
        description:
          - V(present) makes the queue so. V(absent) deletes it and its alarms, and its dead-letter queue when
            O(queues[].dead_letter) is given and no other queue has it.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.sqs_queues_info
  - module: replatform.aws.sqs_redrive
  - name: CreateQueue
    description: What each attribute means, its limits and defaults.
    link: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
  - name: Dead-letter queues of Amazon SQS
    description: Redrive policies, and how long a message is kept after it moved.
    link: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
  - name: PutMetricAlarm
    description: What an alarm looks at.
    link: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
notes:
  - Needs C(sqs:ListQueues), or C(sqs:GetQueueUrl) for names that do not begin alike, C(sqs:GetQueueAttributes),
    C(sqs:ListQueueTags), C(sqs:CreateQueue), C(sqs:SetQueueAttributes), C(sqs:TagQueue), C(sqs:UntagQueue),
    C(sqs:ListDeadLetterSourceQueues) and C(sqs:DeleteQueue). Alarms need C(cloudwatch:DescribeAlarms),
    C(cloudwatch:ListTagsForResource), C(cloudwatch:PutMetricAlarm), C(cloudwatch:TagResource),
    C(cloudwatch:UntagResource) and C(cloudwatch:DeleteAlarms). When no queue is there yet, C(sts:GetCallerIdentity) is
    asked for the account, which nobody has to be allowed.
  - Without a change this takes one ListQueues, a GetQueueAttributes and a ListQueueTags for each queue, and one
    DescribeAlarms for 100 alarms, with one ListTagsForResource each. Without tags in the task none are read.
  - The name of a deleted queue is free again after 60 seconds. With O(wait) a queue that was deleted a moment ago is
    waited for, without it the module fails and says so. Deleting a queue takes up to 60 seconds, too.
  - Counts of messages are approximate for a minute after the last was sent, so stop the senders before you delete a
    queue.
  - When one queue fails the others go on; the module then fails, names those that failed with their reasons, and still
    returns what is there.
"""

EXAMPLES = r"""
- name: Have the shop's queues, with alarms
  replatform.aws.sqs_queues:
    tags: {app: shop}
    queues:
      - name: shop-mail
        visibility_timeout: 120
        consumer_timeout: 90
        receive_message_wait_time_seconds: 20
        dead_letter:
          max_receive_count: 5
        alarms:
          age_s: 900
          dlq_depth: 1
          actions: ["arn:aws:sns:eu-central-1:123456789012:shop-alerts"]
      - name: shop-orders.fifo
        visibility_timeout: 300
        content_based_deduplication: true
        high_throughput: true
        dead_letter: {max_receive_count: 3}

- name: Let S3 tell the queue of new images, and nobody else
  replatform.aws.sqs_queues:
    queues:
      - name: shop-images
        policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: {Service: s3.amazonaws.com}
              Action: sqs:SendMessage
              Resource: arn:aws:sqs:eu-central-1:123456789012:shop-images
              Condition:
                ArnEquals: {"aws:SourceArn": "arn:aws:s3:::shop-files"}

- name: Take the mail queue, its dead-letter queue and its alarms away
  replatform.aws.sqs_queues:
    queues:
      - name: shop-mail
        dead_letter: {}
        state: absent
"""

RETURN = r"""
queues:
  description:
    - One entry for each queue, in the order given; in check mode as it would be. Of a queue that is not there, what a
      new one would have.
  returned: always
  type: list
  elements: dict
  contains: &queue
    name:
      description: Name of the queue.
      returned: always
      type: str
      sample: shop-mail
    url:
      description: URL, which clients need; null where the queue is not there (yet).
      returned: always
      type: str
      sample: https://sqs.eu-central-1.amazonaws.com/123456789012/shop-mail
    arn:
      description: ARN; null where the queue is not there (yet).
      returned: always
      type: str
      sample: arn:aws:sqs:eu-central-1:123456789012:shop-mail
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
      sample: 0
    tags:
      description: Tags; null where the task names none, as they are not read then.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this one was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this one failed.
      returned: on failure of this one
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this one
      type: dict
dead_letter_queues:
  description: One entry for each dead-letter queue, those that go last.
  returned: always
  type: list
  elements: dict
  contains: *queue
alarms:
  description: One entry for each alarm.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the alarm.
      returned: always
      type: str
      sample: shop-mail-age
    arn:
      description: ARN; null where the alarm is not there (yet).
      returned: always
      type: str
    queue:
      description: The queue that it looks at.
      returned: always
      type: str
      sample: shop-mail
    metric:
      description: The metric of the queue.
      returned: always
      type: str
      sample: ApproximateAgeOfOldestMessage
    threshold:
      description: At which value it goes off.
      returned: always
      type: int
      sample: 900
    actions:
      description: What is told when it goes off.
      returned: always
      type: list
      elements: str
    ok_actions:
      description: What is told when it is over.
      returned: always
      type: list
      elements: str
    period_s:
      description: Seconds of one look.
      returned: always
      type: int
      sample: 60
    evaluation_periods:
      description: Looks in a row that must be at the threshold.
      returned: always
      type: int
      sample: 1
    description:
      description: What the alarm says.
      returned: always
      type: str
    changed:
      description: Whether this alarm was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
actions:
  description: One line for each thing written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create queue shop-mail", "create dead-letter queue shop-mail-dlq", "update alarm shop-mail-age: threshold"]
"""

from ..module_utils.aws.sqs.queues import make
from ..module_utils.aws.sqs.transform import QUEUE_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "queues": {"type": "list", "elements": "dict", "required": True, "options": QUEUE_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: make(m.client, beside(m.given["queues"], m.given), m.mode))


if __name__ == "__main__":
    main()
