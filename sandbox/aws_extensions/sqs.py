"""SQS as its documentation says, where moto 5.2 does not do it.

Moves of messages out of a dead-letter queue, at the rate asked for; who may name a queue as its dead-letter queue, kept
and enforced; the limits of attributes; one kind of encryption at a time; a policy that stays when other attributes are
set; and where a message in a dead-letter queue came from. That the name of a deleted queue is taken for 60 seconds is
left to a rule of the fault layer, so that a test can delete and make a queue in one second.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable

LIMITS = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
"""API reference, SetQueueAttributes."""
OF_FIFO = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
MOST_RECEIPTS = 1000
MOST_SOURCES = 10
MOST_A_SECOND = 500
"""API reference, StartMessageMoveTask. Also the rate of a task that names none, which the service finds itself."""
MOST_TASKS = 10
ACTIVE = ("RUNNING", "CANCELLING")

_lock = threading.RLock()


def extend(emulator: Extendable) -> None:
    from moto.sqs.models import Queue, SQSBackend
    from moto.sqs.responses import SQSResponse

    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None
    create, change, find, add = (
        SQSBackend.create_queue,
        SQSBackend.set_queue_attributes,
        SQSBackend.get_queue,
        Queue.add_message,
    )

    def create_queue(backend: Any, name: str, tags: Any = None, **attributes: Any) -> Any:
        attributes.pop("region", None)
        _refuse(backend, name, attributes, None)
        return create(backend, name, tags, **_settled(attributes))

    def set_queue_attributes(backend: Any, queue_name: str, attributes: dict[str, Any]) -> Any:
        queue = find(backend, queue_name)
        _refuse(backend, queue_name, attributes, queue)
        # moto forgets the policy when a call does not name it.
        return change(backend, queue_name, {"Policy": queue.policy, **_settled(attributes)})

    def get_queue(backend: Any, queue_name: str) -> Any:
        _move_on(backend)
        return find(backend, queue_name)

    def add_message(queue: Any, message: Any) -> None:
        origin = message.__dict__.setdefault("origin", queue.queue_arn)
        if origin != queue.queue_arn and queue.fifo_queue:
            # Developer Guide, "Configure a dead-letter queue redrive" and "Dead-letter queue retention".
            message.deduplication_id = message.id
            message.mark_sent()
        add(queue, message)

    SQSBackend.create_queue = create_queue
    SQSBackend.set_queue_attributes = set_queue_attributes
    SQSBackend.get_queue = get_queue
    Queue.add_message = add_message
    receive = SQSResponse.receive_message

    def receive_message(response: Any) -> Any:
        answer = receive(response)
        named = {
            *response._get_param("AttributeNames", []),
            *response._get_param("MessageSystemAttributeNames", []),
        }
        if named & {"All", "DeadLetterQueueSourceArn"}:
            queue = response.sqs_backend.get_queue(response._get_queue_name())
            origins = {message.id: message.origin for message in queue._messages}
            for message in answer.result.get("Messages", ()):
                origin = origins.get(message["MessageId"], queue.queue_arn)
                if origin != queue.queue_arn:
                    message.setdefault("Attributes", {})["DeadLetterQueueSourceArn"] = origin
        return answer

    emulator.operation("sqs", "ReceiveMessage", receive_message)
    emulator.operation("sqs", "StartMessageMoveTask", start_message_move_task)
    emulator.operation("sqs", "ListMessageMoveTasks", list_message_move_tasks)
    emulator.operation("sqs", "CancelMessageMoveTask", cancel_message_move_task)


def _settled(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes with what follows from them: a KMS key ends the encryption with keys of SQS."""
    found = dict(attributes)
    if found.get("RedriveAllowPolicy") == "":
        found["RedriveAllowPolicy"] = None
    if found.get("KmsMasterKeyId"):
        found["SqsManagedSseEnabled"] = "false"
    return found


def _refuse(backend: Any, name: str, attributes: Mapping[str, Any], queue: Any) -> None:
    """Nothing when SQS would take these attributes for that queue, which is new when `queue` is None."""
    fifo = queue.fifo_queue if queue else name.endswith(".fifo")
    for attribute, (least, most) in LIMITS.items():
        value = attributes.get(attribute)
        if value is not None and not (str(value).isdecimal() and least <= int(value) <= most):
            raise _wrong_value(attribute)
    if queue and "FifoQueue" in attributes:
        raise _error("InvalidAttributeName", "You can specify the FifoQueue only at queue creation.")
    if not fifo and (named := [one for one in OF_FIFO if one in attributes]):
        raise _error("InvalidAttributeName", f"Unknown Attribute {named[0]}.")
    scope = attributes.get("DeduplicationScope") or (queue.deduplication_scope if queue else "queue")
    if attributes.get("FifoThroughputLimit") == "perMessageGroupId" and scope != "messageGroup":
        raise _wrong_value("FifoThroughputLimit")
    key = attributes.get("KmsMasterKeyId", queue.kms_master_key_id if queue else None)
    if key and attributes.get("SqsManagedSseEnabled") == "true":
        raise _error(
            "InvalidAttributeValue",
            "You can use one type of server-side encryption (SSE) at one time."
            " You can either enable KMS SSE or SQS SSE.",
        )
    if attributes.get("RedriveAllowPolicy"):
        _refuse_allow(attributes["RedriveAllowPolicy"])
    if attributes.get("RedrivePolicy"):
        _refuse_redrive(backend, name, fifo, attributes["RedrivePolicy"])


def _refuse_allow(text: str) -> None:
    try:
        policy = json.loads(text)
    except ValueError:
        policy = {}
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise _wrong_policy("RedriveAllowPolicy", text, "Amazon SQS can't create the redrive allow policy")
    if (permission == "byQueue") != bool(sources) or len(sources or ()) > MOST_SOURCES:
        reason = f"sourceQueueArns has 1 to {MOST_SOURCES} ARNs, with byQueue only"
        raise _wrong_policy("RedriveAllowPolicy", text, reason)


def _refuse_redrive(backend: Any, name: str, fifo: bool, text: str) -> None:
    try:
        policy = json.loads(text)
    except ValueError:
        raise _wrong_policy("RedrivePolicy", text, "Redrive policy is not a valid JSON map") from None
    for mandatory in ("deadLetterTargetArn", "maxReceiveCount"):
        if mandatory not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {mandatory}"
            raise _wrong_policy("RedrivePolicy", text, reason)
    if not 1 <= int(policy["maxReceiveCount"]) <= MOST_RECEIPTS:
        raise _wrong_policy("RedrivePolicy", text, f"Invalid value for maxReceiveCount: {policy['maxReceiveCount']}")
    target = _by_arn(backend, policy["deadLetterTargetArn"])
    if target is None:
        raise _wrong_policy("RedrivePolicy", text, "Dead letter target does not exist")
    if target.fifo_queue != fifo:
        raise _wrong_policy("RedrivePolicy", text, "Dead-letter queue must be same type of queue as the source")
    allow = json.loads(target.redrive_allow_policy or "{}")
    permission = allow.get("redrivePermission", "allowAll")
    source = target.queue_arn.rpartition(":")[0] + f":{name}"
    if permission == "denyAll" or (permission == "byQueue" and source not in allow["sourceQueueArns"]):
        raise _wrong_policy("RedrivePolicy", text, "Queue does not have permission to use the dead-letter queue")


@dataclass
class Task:
    """One move of messages out of a dead-letter queue; see ListMessageMoveTasks for the states."""

    source: Any
    destination_arn: str | None
    rate: int | None
    to_move: int
    started_ms: float
    moved: int = 0
    status: str = "RUNNING"
    failure: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def handle(self) -> str:
        return base64.b64encode(json.dumps({"taskId": self.id, "sourceArn": self.source.queue_arn}).encode()).decode()

    def told(self) -> dict[str, Any]:
        about = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source.queue_arn,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": int(self.started_ms),
        }
        return {name: value for name, value in about.items() if value is not None}


def start_message_move_task(response: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.core.utils import unix_time_millis

    backend = response.sqs_backend
    _move_on(backend)
    arn, to = response._get_param("SourceArn"), response._get_param("DestinationArn")
    rate = response._get_param("MaxNumberOfMessagesPerSecond")
    source = _by_arn(backend, arn)
    if source is None:
        raise _no_queue("SourceArn")
    if not any(queue.dead_letter_queue is source for queue in backend.queues.values()):
        raise _error("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    if to == arn:
        raise _error("InvalidParameterValue", "Source queue arn and destination queue arn cannot be the same.")
    destination = _by_arn(backend, to) if to else None
    if to and destination is None:
        raise _no_queue("DestinationArn")
    if destination and destination.fifo_queue != source.fifo_queue:
        raise _error("InvalidParameterValue", "Source queue and destination queue must be of the same type.")
    if rate is not None and not 1 <= int(rate) <= MOST_A_SECOND:
        raise _error("InvalidParameterValue", f"MaxNumberOfMessagesPerSecond must be from 1 to {MOST_A_SECOND}.")
    if any(task.source is source and task.status in ACTIVE for task in _tasks(backend)):
        raise _error(
            "InvalidParameterValue",
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
        )
    task = Task(source, to, rate, len(source.messages), unix_time_millis())
    _tasks(backend).append(task)
    return ActionResult({"TaskHandle": task.handle})


def list_message_move_tasks(response: Any) -> Any:
    from moto.core.responses import ActionResult

    backend, arn = response.sqs_backend, response._get_param("SourceArn")
    _move_on(backend)
    if _by_arn(backend, arn) is None:
        raise _no_queue("SourceArn")
    most = int(response._get_param("MaxResults") or 1)
    if not 1 <= most <= MOST_TASKS:
        raise _error("InvalidParameterValue", f"MaxResults must be from 1 to {MOST_TASKS}.")
    tasks = [task for task in reversed(_tasks(backend)) if task.source.queue_arn == arn]
    return ActionResult({"Results": [task.told() for task in tasks[:most]]})


def cancel_message_move_task(response: Any) -> Any:
    from moto.core.responses import ActionResult

    backend, handle = response.sqs_backend, response._get_param("TaskHandle")
    _move_on(backend)
    task = next((task for task in _tasks(backend) if task.handle == handle), None)
    if task is None:
        raise _error("ResourceNotFoundException", "Task does not exist.")
    if task.status != "RUNNING":
        raise _error("UnsupportedOperation", f"A task that is {task.status} cannot be cancelled.")
    task.status = "CANCELLED"
    return ActionResult({"ApproximateNumberOfMessagesMoved": task.moved})


def _move_on(backend: Any) -> None:
    """Moves what every running task would have moved by now, so that no thread has to outlive a reset."""
    from moto.core.utils import unix_time_millis

    with _lock:
        for task in _tasks(backend):
            if task.status != "RUNNING":
                continue
            allowed = int((unix_time_millis() - task.started_ms) / 1000 * (task.rate or MOST_A_SECOND))
            for message in task.source.messages[: max(0, min(allowed, task.to_move) - task.moved)]:
                if not _moved(backend, task, message):
                    break
            if task.status == "RUNNING" and (task.moved >= task.to_move or not task.source.messages):
                task.status = "COMPLETED"


def _moved(backend: Any, task: Task, message: Any) -> bool:
    from moto.sqs.models import Message

    if not task.destination_arn and message.origin == task.source.queue_arn:
        task.status, task.failure = "FAILED", "CouldNotDetermineMessageSource"
        return False
    destination = _by_arn(backend, task.destination_arn or message.origin)
    if destination is None:
        task.status, task.failure = "FAILED", "AWS.SimpleQueueService.NonExistentQueue"
        return False
    # "All redriven messages are considered new messages with a new messageID and enqueueTime."
    moved = Message(str(uuid.uuid4()), message.body, message.system_attributes)
    moved.message_attributes = message.message_attributes
    moved.group_id, moved.deduplication_id = message.group_id, message.deduplication_id
    moved.sequence_number = message.sequence_number
    moved.mark_sent()
    task.source._messages.remove(message)
    destination.add_message(moved)
    task.moved += 1
    return True


def _tasks(backend: Any) -> list[Task]:
    # In the backend's own dict, which a reset empties.
    tasks: list[Task] = backend.__dict__.setdefault("move_tasks", [])
    return tasks


def _by_arn(backend: Any, arn: str) -> Any:
    return next((queue for queue in list(backend.queues.values()) if queue.queue_arn == arn), None)


def _error(code: str, message: str) -> Exception:
    from moto.sqs.exceptions import SQSException

    error: Exception = SQSException(code, message)
    return error


def _wrong_value(attribute: str) -> Exception:
    return _error("InvalidAttributeValue", f"Invalid value for the parameter {attribute}.")


def _wrong_policy(attribute: str, text: str, reason: str) -> Exception:
    return _error("InvalidParameterValue", f"Value {text} for parameter {attribute} is invalid. Reason: {reason}.")


def _no_queue(parameter: str) -> Exception:
    message = f"The resource that you specified for the {parameter} parameter doesn't exist."
    return _error("ResourceNotFoundException", message)
