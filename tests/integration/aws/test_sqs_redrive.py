"""sqs_redrive and sqs_messages_info against the emulator, run as Ansible runs them."""

from __future__ import annotations

import json
import secrets
import signal
import time
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.sqs import messages
from ansible_collections.replatform.aws.plugins.module_utils.aws.sqs.redrive import redrive
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode, Outcome
from ansible_collections.replatform.aws.plugins.modules import sqs_messages_info, sqs_redrive
from tests.support.modules import run_module, start_module

JOB = json.dumps({
    "uuid": "u", "displayName": "App\\Jobs\\SendMail", "job": "Illuminate\\Queue\\CallQueuedHandler@call",
    "maxTries": 3, "timeout": 60, "data": {"commandName": "App\\Jobs\\SendMail",
        "command": 'O:17:"App\\Jobs\\SendMail":1:{s:7:"address";s:9:"a@b.c.org";}'},
})  # fmt: skip


@pytest.fixture
def sqs(aws):
    return aws.client("sqs")


@pytest.fixture
def prefix(sqs):
    """First characters of the names of this test's own; what it leaves is deleted."""
    name = f"t{secrets.token_hex(4)}-"
    yield name
    for url in sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", ()):
        sqs.delete_queue(QueueUrl=url)


class Pair:
    """A queue and its dead-letter queue."""

    def __init__(self, sqs: Any, name: str, fifo: bool = False) -> None:
        end = ".fifo" if fifo else ""
        kind = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if fifo else {}
        self.sqs, self.fifo, self.name, self.dead = sqs, fifo, f"{name}{end}", f"{name}-dlq{end}"
        self.dead_url = sqs.create_queue(QueueName=self.dead, Attributes=kind)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
        self.url = sqs.create_queue(QueueName=self.name, Attributes={"RedrivePolicy": policy, **kind})["QueueUrl"]

    def fail(self, *bodies: str) -> None:
        """Sends messages that nobody can process, so that they are in the dead-letter queue."""
        for body in bodies:
            more = {"MessageGroupId": body[:9]} if self.fifo else {}
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)
        for _receipt in range(2):
            time.sleep(0.005)
            self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        assert self.count(self.dead_url) == len(bodies)

    def count(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages"]
        return int(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][names[0]])

    def bodies(self, url: str) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", ())
        return sorted(one["Body"] for one in found)


@pytest.fixture
def move(sqs):
    """`move(queues, **mode)` does what sqs_redrive does, in this process; its result, or that of its failure."""

    def move(queues, progress=None, **mode):
        try:
            outcome = redrive(sqs, [{"state": "moved", **one} for one in queues], Mode(**mode), progress)
        except ReplatformError as exc:
            outcome = getattr(exc, "outcome", Outcome())
            return {**outcome.result, "failed": True, "msg": exc.message, "error": exc.as_dict()}
        return {**outcome.result, "changed": outcome.changed, "actions": outcome.actions, "warnings": outcome.warnings}

    return move


def test_failed_messages_go_back_to_their_queues_and_check_mode_says_how_many(aws, sqs, prefix, tmp_path):
    mail, orders, empty = Pair(sqs, f"{prefix}mail"), Pair(sqs, f"{prefix}orders", fifo=True), Pair(sqs, f"{prefix}e")
    mail.fail("a", "b", "c")
    orders.fail("1", "2")
    args = {"queues": [{"name": one.dead} for one in (mail, orders, empty)], "progress_file": str(tmp_path / "p")}
    aws.recorder.reset()
    dry = run_module("sqs_redrive", args, check=True, env=aws.environment)
    assert aws.recorder.counts()["writes"] == 0
    assert [one["messages_to_move"] for one in dry["queues"]] == [3, 2, 0]
    done = run_module("sqs_redrive", args, env=aws.environment)
    assert done["actions"] == dry["actions"] == [
        f"move the messages of queue {mail.dead} to {mail.name}",
        f"move the messages of queue {orders.dead} to {orders.name}",
    ]  # fmt: skip
    assert done["changed"] is dry["changed"] is True
    assert done["queues"][0] == {
        "name": mail.dead, "destination": None, "sources": [mail.name], "action": "start", "changed": True,
        "status": "COMPLETED", "messages_to_move": 3, "messages_moved": 3,
    }  # fmt: skip
    assert done["queues"][0].keys() == dry["queues"][0].keys()
    assert done["queues"][2]["action"] == "none"
    assert (mail.bodies(mail.url), orders.bodies(orders.url)) == (["a", "b", "c"], ["1", "2"])
    assert mail.count(mail.dead_url) == orders.count(orders.dead_url) == 0
    again = run_module("sqs_redrive", args, env=aws.environment)
    assert not again["changed"]
    events = [json.loads(line) for line in (tmp_path / "p").read_text().splitlines()]
    assert events[-1]["ended"]
    assert (events[-1]["done"], events[-1]["total"], events[-1]["unit"]) == (5, 5, "messages")


def test_a_slow_move_is_watched_not_started_twice_and_can_be_ended(sqs, prefix, move):
    mail = Pair(sqs, f"{prefix}mail")
    mail.fail("a", "b", "c")
    slow = {"name": mail.dead, "max_messages_per_second": 1}
    late = move([slow], wait_timeout=1)
    assert late["failed"]
    assert "was still RUNNING after 1 s" in late["msg"]
    assert "SQS goes on with it" in late["msg"]
    assert late["error"]["last_seen"]["Status"] == "RUNNING"
    watched = move([slow], wait=False)
    assert not watched["changed"]
    assert (watched["queues"][0]["action"], watched["queues"][0]["status"]) == ("watch", "RUNNING")
    other = move([{"name": mail.dead, "destination": mail.name}])
    assert f"a move of {mail.dead} to its own queues is running already" in other["msg"]
    stop = {"name": mail.dead, "state": "cancelled"}
    assert move([stop], check=True)["actions"] == [f"cancel the move of queue {mail.dead}"]
    ended = move([stop])
    assert ended["changed"]
    assert ended["queues"][0]["status"] == "CANCELLED"
    assert not move([stop])["changed"]
    assert mail.count(mail.dead_url) + mail.count(mail.url) == 3
    assert mail.count(mail.dead_url) > 0


def test_a_move_that_ends_before_it_is_ended_is_no_failure(sqs, prefix, move, faults):
    mail = Pair(sqs, f"{prefix}mail")
    mail.fail("a", "b")
    move([{"name": mail.dead, "max_messages_per_second": 1}], wait=False)
    code = "ResourceNotFoundException"
    faults.add("error", "sqs", "CancelMessageMoveTask", code=code, status=400, message="Task does not exist.")
    ended = move([{"name": mail.dead, "state": "cancelled"}])
    assert not ended["changed"]
    assert ended["queues"][0]["action"] == "none"


def test_an_interrupted_module_leaves_the_move_to_sqs(aws, sqs, prefix):
    mail = Pair(sqs, f"{prefix}mail")
    mail.fail("a", "b", "c", "d")
    args = {"queues": [{"name": mail.dead, "max_messages_per_second": 2}]}
    running = start_module("sqs_redrive", args, env=aws.environment)
    until = time.monotonic() + 30
    while mail.count(mail.url) == 0 and time.monotonic() < until:
        time.sleep(0.1)
    running.signal(signal.SIGTERM)
    assert running.result(20)["error"]["code"] == "Interrupted"
    done = run_module("sqs_redrive", args, env=aws.environment)
    assert not done.get("failed"), done["msg"]
    assert mail.bodies(mail.url) == ["a", "b", "c", "d"]


def test_what_has_no_queue_to_go_back_to_is_told_and_goes_where_it_is_sent(sqs, prefix, move):
    mail, other = Pair(sqs, f"{prefix}mail"), Pair(sqs, f"{prefix}other")
    sqs.send_message(QueueUrl=mail.dead_url, MessageBody="lost")
    other.fail("a")
    result = move([{"name": mail.dead}, {"name": other.dead}])
    assert result["msg"].startswith(f"1 of 2 queues failed, the others are done. {mail.dead}: ")
    assert "CouldNotDetermineMessageSource; give a destination" in result["msg"]
    assert other.count(other.url) == 1
    moved = move([{"name": mail.dead, "destination": other.name}])
    assert moved["actions"] == [f"move the messages of queue {mail.dead} to {other.name}"]
    assert other.bodies(other.url) == ["a", "lost"]


def test_what_is_hidden_stays_and_is_told(sqs, prefix, move):
    mail = Pair(sqs, f"{prefix}mail")
    mail.fail("a", "b")
    sqs.receive_message(QueueUrl=mail.dead_url, MaxNumberOfMessages=1, VisibilityTimeout=60)
    result = move([{"name": mail.dead}])
    assert result["queues"][0]["messages_moved"] == 1
    assert "about 1 messages that somebody has received" in result["warnings"][0]


def test_what_cannot_move_is_refused_with_its_path(sqs, prefix, move):
    mail, fifo = Pair(sqs, f"{prefix}mail"), Pair(sqs, f"{prefix}fifo", fifo=True)
    mail.fail("a")
    refused = [
        ([{"name": f"{prefix}none"}], f"queues[0].name is {prefix}none, but there is no such queue in eu-central-1"),
        ([{"name": mail.name}], "is the dead-letter queue of no queue"),
        ([{"name": mail.dead, "destination": f"{prefix}none"}], "queues[0].destination is"),
        ([{"name": mail.dead, "destination": fifo.name}], "but must be a standard queue"),
        ([{"name": fifo.dead, "destination": mail.name}], "but must be a FIFO queue"),
        ([{"name": mail.dead, "destination": mail.dead}], "is the queue itself"),
        ([{"name": mail.dead}, {"name": mail.dead}], "more than once"),
        ([{"name": mail.dead, "max_messages_per_second": 501}], "must be from 1 to 500"),
    ]
    for queues, says in refused:
        for check in (True, False):
            result = move(queues, check=check)
            assert says in result["msg"]
            assert result["msg"].endswith("Nothing was moved.")
    assert mail.count(mail.dead_url) == 1


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"kind": "throttle", "times": 3}, None),
        ({"kind": "error", "times": 2}, None),
        ({"kind": "stale", "times": 2}, None),
        ({"kind": "access_denied", "operation": "StartMessageMoveTask"}, "allow the action of StartMessageMoveTask"),
        ({"kind": "expired_token", "operation": "ListMessageMoveTasks"}, "sign in again"),
    ],
)
def test_a_fault_is_survived_or_told(aws, sqs, prefix, faults, rule, says):
    mail = Pair(sqs, f"{prefix}mail")
    mail.fail("a", "b")
    args = {"queues": [{"name": mail.dead}]}
    faults.add(**{"service": "sqs", **rule})
    result = run_module("sqs_redrive", args, env=aws.environment)
    faults.clear()
    if says:
        assert says in result["msg"]
    else:
        assert not result.get("failed"), result["msg"]
        assert mail.bodies(mail.url) == ["a", "b"]


def peek(aws, queue, **more):
    return run_module("sqs_messages_info", {"queue": queue, **more}, env=aws.environment)


def test_a_look_tells_the_jobs_and_leaves_the_messages_visible(aws, sqs, prefix):
    mail = Pair(sqs, f"{prefix}mail")
    mail.fail(JOB, JOB.replace('"u"', '"v"'), "something else")
    result = peek(aws, mail.dead)
    assert not result["changed"]
    assert result["messages_in_queue"] == 3
    assert result["jobs"] == [{"name": "App\\Jobs\\SendMail", "count": 2}, {"name": None, "count": 1}]
    job = next(one for one in result["messages"] if one["job"] and one["job"]["uuid"] == "u")
    assert job["source"] == mail.name
    assert job["receive_count"] > 1
    assert job["body"] is None
    assert job["job"]["properties"] == {"address": "(redacted)"}
    assert "a@b.c.org" not in json.dumps(result)
    assert "something else" not in json.dumps(result)
    assert mail.count(mail.dead_url) == 3, "visible at once"
    told = peek(aws, mail.dead, count=3, bodies=True)
    assert min(one["body"] for one in told["messages"]) == "something else"
    assert "a@b.c.org" in json.dumps(told)


def test_a_look_in_check_mode_receives_nothing(aws, sqs, prefix):
    mail = Pair(sqs, f"{prefix}mail")
    mail.fail("a")
    aws.recorder.reset()
    result = run_module("sqs_messages_info", {"queue": mail.dead}, check=True, env=aws.environment)
    assert aws.recorder.counts()["writes"] == 0
    assert (result["messages_in_queue"], result["messages"], result["jobs"]) == (1, [], [])


def test_a_look_has_an_end_and_shows_messages_again_also_when_it_fails(sqs, prefix, faults):
    mail = Pair(sqs, f"{prefix}m")
    mail.fail(*"abcdefghij")
    sqs.send_message_batch(QueueUrl=mail.dead_url, Entries=[{"Id": n, "MessageBody": n} for n in "klmnopqrst"])
    few = messages.peek(sqs, mail.dead, Mode(), count=12, visibility_timeout=30, bodies=True).result
    assert len({one["id"] for one in few["messages"]}) == 12
    assert mail.count(mail.dead_url) == 20
    faults.add("access_denied", "sqs", "ReceiveMessage", after=1)
    with pytest.raises(ReplatformError, match="allow the action of ReceiveMessage"):
        messages.peek(sqs, mail.dead, Mode(), count=20, visibility_timeout=30, bodies=False)
    assert mail.count(mail.dead_url) == 20


def test_fifo_messages_keep_their_order_after_a_look(sqs, prefix):
    orders = Pair(sqs, f"{prefix}orders", fifo=True)
    for n in range(3):
        sqs.send_message(QueueUrl=orders.dead_url, MessageBody=str(n), MessageGroupId="g")
    told = messages.peek(sqs, orders.dead, Mode(), count=10, visibility_timeout=5, bodies=True).result["messages"]
    assert [(one["body"], one["group_id"]) for one in told] == [("0", "g"), ("1", "g"), ("2", "g")]
    assert orders.bodies(orders.dead_url) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("queue", "count", "says"),
    [
        ("mail", 10, "it moves messages to .*mail-dlq after 1 of them; look into that queue"),
        ("none", 10, "does not exist in eu-central-1; correct"),
        ("mail-dlq", 1001, "count is 1001, but must be from 1 to 1000."),
    ],
)
def test_what_cannot_be_looked_into_is_told(sqs, prefix, queue, count, says):
    Pair(sqs, f"{prefix}mail")
    with pytest.raises(ReplatformError, match=says):
        messages.peek(sqs, f"{prefix}{queue}", Mode(), count=count, visibility_timeout=30, bodies=False)


@pytest.mark.parametrize("module", [sqs_redrive, sqs_messages_info], ids=["redrive", "messages"])
def test_the_examples_of_the_documentation_run(sqs, prefix, play, module):
    Pair(sqs, f"{prefix}mail").fail("a", "b")
    Pair(sqs, f"{prefix}orders", fifo=True).fail("a")
    sqs.create_queue(QueueName=f"{prefix}orders-review.fifo", Attributes={"FifoQueue": "true"})
    assert "failed=0" in play(yaml.safe_load(module.EXAMPLES.replace("shop-", prefix)))
