"""SQS: limits of attributes, redrive policies, and moves of messages out of dead-letter queues."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.support.aws_behaviour import Answers, Behaviour

API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_"
GUIDE = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
CREATE, SET, READ = f"{API}CreateQueue.html", f"{API}SetQueueAttributes.html", f"{API}GetQueueAttributes.html"
START, TASKS, CANCEL = (f"{API}{name}MessageMoveTask{end}.html" for name, end in
                        (("Start", ""), ("List", "s"), ("Cancel", "")))  # fmt: skip
DEAD = f"{GUIDE}sqs-dead-letter-queues.html"
REDRIVE = f"{GUIDE}sqs-configure-dead-letter-queue-redrive.html"
ENCRYPTION = f"{GUIDE}sqs-configure-sqs-sse-queue.html"

WRONG_VALUE, WRONG_NAME = "InvalidAttributeValue", "InvalidAttributeName"
WRONG_PARAMETER = "InvalidParameterValue"


def create(queue: str, **attributes: str) -> tuple[str, str, dict[str, Any]]:
    return "sqs", "CreateQueue", {"QueueName": queue, "Attributes": attributes}


def change(queue: str, **attributes: str) -> tuple[str, str, Any]:
    return "sqs", "SetQueueAttributes", lambda a: {"QueueUrl": url(a, queue), "Attributes": attributes}


def redrive(queue: str, target: str, receipts: int = 1) -> tuple[str, str, Any]:
    def parameters(answers: Answers) -> dict[str, Any]:
        policy = {"deadLetterTargetArn": arn(answers, target), "maxReceiveCount": receipts}
        return {"QueueUrl": url(answers, queue), "Attributes": {"RedrivePolicy": json.dumps(policy)}}

    return "sqs", "SetQueueAttributes", parameters


def allow(queue: str, permission: str, *sources: str) -> tuple[str, str, Any]:
    def parameters(answers: Answers) -> dict[str, Any]:
        policy: dict[str, Any] = {"redrivePermission": permission}
        if sources:
            policy["sourceQueueArns"] = [arn(answers, one) for one in sources]
        return {"QueueUrl": url(answers, queue), "Attributes": {"RedriveAllowPolicy": json.dumps(policy)}}

    return "sqs", "SetQueueAttributes", parameters


def read(queue: str) -> tuple[str, str, Any]:
    return "sqs", "GetQueueAttributes", lambda a: {"QueueUrl": url(a, queue), "AttributeNames": ["All"]}


def send(queue: str, **more: str) -> tuple[str, str, Any]:
    return "sqs", "SendMessage", lambda a: {"QueueUrl": url(a, queue), "MessageBody": "b", **more}


def receive(queue: str, after_s: float = 0) -> tuple[str, str, Any]:
    def parameters(answers: Answers) -> dict[str, Any]:
        time.sleep(after_s)
        about = {"MessageSystemAttributeNames": ["All"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
        return {"QueueUrl": url(answers, queue), **about}

    return "sqs", "ReceiveMessage", parameters


def start(queue: str, to: str | None = None, rate: int | None = None) -> tuple[str, str, Any]:
    def parameters(answers: Answers) -> dict[str, Any]:
        about: dict[str, Any] = {"DestinationArn": arn(answers, to)} if to else {}
        about |= {"MaxNumberOfMessagesPerSecond": rate} if rate else {}
        return {"SourceArn": arn(answers, queue), **about}

    return "sqs", "StartMessageMoveTask", parameters


def tasks(queue: str, after_s: float = 0, **more: int) -> tuple[str, str, Any]:
    def parameters(answers: Answers) -> dict[str, Any]:
        time.sleep(after_s)
        return {"SourceArn": arn(answers, queue), **more}

    return "sqs", "ListMessageMoveTasks", parameters


def cancel(task: str) -> tuple[str, str, Any]:
    return "sqs", "CancelMessageMoveTask", lambda a: {"TaskHandle": a[task]["TaskHandle"]}


def url(answers: Answers, queue: str) -> str:
    return str(answers[queue]["QueueUrl"])


def arn(answers: Answers, queue: str) -> str:
    """By the URL of the first queue, whose account all are in; a queue that is not there has one, too."""
    account = str(answers["dead"]["QueueUrl"]).split("/")[-2]
    name = {"fifo": "fifo.fifo", "dead fifo": "dead.fifo"}.get(queue, queue)
    return f"arn:aws:sqs:eu-central-1:{account}:{name}"


BEHAVIOUR = [
    Behaviour("dead", create("dead"), {"QueueUrl": ...}, CREATE),
    Behaviour("source", create("source"), {"QueueUrl": ...}, CREATE),
    Behaviour("other", create("other"), {"QueueUrl": ...}, CREATE),
    Behaviour("fifo", create("fifo.fifo", FifoQueue="true"), {"QueueUrl": ...}, CREATE),
    Behaviour("dead fifo", create("dead.fifo", FifoQueue="true"), {"QueueUrl": ...}, CREATE),
    # What a new queue has.
    Behaviour(
        "defaults",
        read("source"),
        {
            "Attributes": {
                "VisibilityTimeout": "30", "MessageRetentionPeriod": "345600", "DelaySeconds": "0",
                "ReceiveMessageWaitTimeSeconds": "0", "MaximumMessageSize": "1048576", "SqsManagedSseEnabled": "true",
            }
        },
        CREATE,
    ),
    # Limits.
    *[
        Behaviour(f"{name} of {value}", change("source", **{name: value}), WRONG_VALUE, SET)
        for name, value in {
            "DelaySeconds": "901", "MaximumMessageSize": "1023", "MessageRetentionPeriod": "59",
            "ReceiveMessageWaitTimeSeconds": "21", "VisibilityTimeout": "43201", "KmsDataKeyReusePeriodSeconds": "59",
        }.items()
    ],
    Behaviour("no limit of a new queue is less", create("new", DelaySeconds="901"), WRONG_VALUE, CREATE),
    Behaviour("1 MiB", change("source", MaximumMessageSize="1048576"), {}, SET),
    Behaviour("the kind stays", change("source", FifoQueue="true"), WRONG_NAME, SET),
    Behaviour("FIFO alone", change("source", ContentBasedDeduplication="true"), WRONG_NAME, SET),
    Behaviour("throughput needs scope", change("fifo", FifoThroughputLimit="perMessageGroupId"), WRONG_VALUE, SET),
    Behaviour(
        "high throughput",
        change("fifo", FifoThroughputLimit="perMessageGroupId", DeduplicationScope="messageGroup"),
        {},
        SET,
    ),
    # One kind of encryption at a time.
    Behaviour("by a key", change("other", KmsMasterKeyId="alias/a"), {}, SET),
    Behaviour("no other then", read("other"),
              {"Attributes": {"KmsMasterKeyId": "alias/a", "SqsManagedSseEnabled": "false"}}, ENCRYPTION),
    Behaviour("not both", change("other", SqsManagedSseEnabled="true"), WRONG_VALUE, ENCRYPTION),
    Behaviour("back", change("other", SqsManagedSseEnabled="true", KmsMasterKeyId=""), {}, ENCRYPTION),
    # An attribute that is not named stays.
    Behaviour(
        "policy",
        change("other", Policy=json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Deny",
               "Principal": "*", "Action": "sqs:*", "Resource": "*"}]})),
        {},
        SET,
    ),
    Behaviour("one more", change("other", DelaySeconds="1"), {}, SET),
    Behaviour("policy is still there", read("other"), {"Attributes": {"Policy": ..., "DelaySeconds": "1"}}, SET),
    # Redrive policies.
    Behaviour("target must be", redrive("source", "nowhere"), WRONG_PARAMETER, DEAD),
    Behaviour("FIFO needs FIFO", redrive("fifo", "dead"), WRONG_PARAMETER, DEAD),
    Behaviour("standard needs standard", redrive("source", "dead fifo"), WRONG_PARAMETER, DEAD),
    Behaviour("receipts", redrive("source", "dead", 1001), WRONG_PARAMETER, DEAD),
    Behaviour("nobody", allow("dead", "denyAll"), {}, SET),
    Behaviour("denied", redrive("source", "dead"), WRONG_PARAMETER, SET),
    Behaviour("only other", allow("dead", "byQueue", "other"), {}, SET),
    Behaviour("not allowed", redrive("source", "dead"), WRONG_PARAMETER, SET),
    Behaviour("sources need byQueue", allow("dead", "allowAll", "source"), WRONG_PARAMETER, SET),
    Behaviour("byQueue needs sources", allow("dead", "byQueue"), WRONG_PARAMETER, SET),
    Behaviour("10 at most", allow("dead", "byQueue", *[f"q{n}" for n in range(11)]), WRONG_PARAMETER, SET),
    Behaviour("a queue that is yet to be", allow("dead", "byQueue", "source", "later"), {}, SET),
    Behaviour("kept", read("dead"), {"Attributes": {"RedriveAllowPolicy": ...}}, READ),
    Behaviour("not yet a dead-letter queue", start("dead"), WRONG_PARAMETER, START),
    Behaviour("allowed", redrive("source", "dead"), {}, SET),
    Behaviour("allowed, FIFO", redrive("fifo", "dead fifo"), {}, SET),
    # A message that was received once goes to the dead-letter queue.
    *[Behaviour(f"sent {n}", send("source"), {"MessageId": ...}, DEAD) for n in range(3)],
    Behaviour("first receipt", receive("source"), {"Messages": [{}, {}, {}]}, DEAD),
    Behaviour("moved", receive("source", 0.01), {}, DEAD),
    Behaviour(
        "with its source",
        receive("dead"),
        {"Messages": [{"Attributes": {"DeadLetterQueueSourceArn": ..., "ApproximateReceiveCount": ...}}] * 3},
        f"{API}ReceiveMessage.html",
    ),
    # Moves.
    Behaviour("no task yet", tasks("dead"), {"Results": []}, TASKS),
    Behaviour("no such queue", start("nowhere"), "ResourceNotFoundException", START),
    Behaviour("no such destination", start("dead", "nowhere"), "ResourceNotFoundException", START),
    Behaviour("no tasks of nothing", tasks("nowhere"), "ResourceNotFoundException", TASKS),
    Behaviour("to itself", start("dead", "dead"), WRONG_PARAMETER, START),
    Behaviour("not to FIFO", start("dead", "fifo"), WRONG_PARAMETER, REDRIVE),
    Behaviour("500 a second", start("dead", rate=501), WRONG_PARAMETER, START),
    Behaviour("11 tasks", tasks("dead", MaxResults=11), WRONG_PARAMETER, TASKS),
    Behaviour("slow", start("dead", rate=1), {"TaskHandle": ...}, START),
    Behaviour("one at a time", start("dead"), WRONG_PARAMETER, START),
    Behaviour(
        "running",
        tasks("dead", 1.1),
        {
            "Results": [
                {"Status": "RUNNING", "TaskHandle": ..., "SourceArn": ..., "MaxNumberOfMessagesPerSecond": 1,
                 "ApproximateNumberOfMessagesMoved": 1, "ApproximateNumberOfMessagesToMove": 3, "StartedTimestamp": ...}
            ]
        },
        TASKS,
    ),
    Behaviour("stopped", cancel("slow"), {"ApproximateNumberOfMessagesMoved": 1}, CANCEL),
    Behaviour("cancelled", tasks("dead"),
              {"Results": [{"Status": "CANCELLED", "ApproximateNumberOfMessagesMoved": 1}]}, TASKS),
    Behaviour("not twice", cancel("slow"), "AWS.SimpleQueueService.UnsupportedOperation", CANCEL),
    Behaviour("no such task", ("sqs", "CancelMessageMoveTask", {"TaskHandle": "x"}), "ResourceNotFoundException",
              CANCEL),
    Behaviour("the rest", start("dead"), {"TaskHandle": ...}, START),
    Behaviour("done", tasks("dead", 0.1, MaxResults=10),
              {"Results": [{"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 2}, {"Status": "CANCELLED"}]},
              TASKS),
    Behaviour("as new", receive("source"),
              {"Messages": [{"Attributes": {"ApproximateReceiveCount": "1"}}] * 3}, REDRIVE),
    # What was sent to the dead-letter queue itself has no queue to go back to.
    Behaviour("empty it", ("sqs", "PurgeQueue", lambda a: {"QueueUrl": url(a, "dead")}), {}, f"{API}PurgeQueue.html"),
    Behaviour("sent to it", send("dead"), {"MessageId": ...}, START),
    Behaviour("back to where", start("dead"), {"TaskHandle": ...}, START),
    Behaviour("nowhere to go", tasks("dead", 0.1), {"Results": [{"Status": "FAILED", "FailureReason": ...}]}, TASKS),
    Behaviour("to a queue", start("dead", "other"), {"TaskHandle": ...}, START),
    Behaviour("there", tasks("dead", 0.1), {"Results": [{"Status": "COMPLETED", "DestinationArn": ...}]}, TASKS),
    # FIFO: the message's own id takes the place of its deduplication id.
    Behaviour("sent FIFO", send("fifo", MessageGroupId="g", MessageDeduplicationId="d"), {"MessageId": ...}, REDRIVE),
    Behaviour("received FIFO", receive("fifo"), {"Messages": [{}]}, REDRIVE),
    Behaviour("moved FIFO", receive("fifo", 0.01), {}, REDRIVE),
    Behaviour("dead FIFO has it", receive("dead fifo"),
              {"Messages": [{"Attributes": {"MessageGroupId": "g", "MessageDeduplicationId": ...}}]}, REDRIVE),
    Behaviour("back FIFO", start("dead fifo"), {"TaskHandle": ...}, START),
    Behaviour("moved back FIFO", tasks("dead fifo", 0.1), {"Results": [{"Status": "COMPLETED"}]}, TASKS),
    Behaviour("source FIFO has it", receive("fifo"), {"Messages": [{"Attributes": {"MessageGroupId": "g"}}]}, REDRIVE),
]  # fmt: skip
