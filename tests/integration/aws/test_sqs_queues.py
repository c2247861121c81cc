"""sqs_queues and sqs_queues_info against the emulator, run as Ansible runs them."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.session import Session
from ansible_collections.replatform.aws.plugins.module_utils.aws.sqs.queues import info, make
from ansible_collections.replatform.aws.plugins.module_utils.aws.sqs.transform import DEAD_LETTER_OPTIONS
from ansible_collections.replatform.aws.plugins.module_utils.aws.tags import beside
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode, Outcome
from ansible_collections.replatform.aws.plugins.modules import sqs_queues, sqs_queues_info
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

DEAD = {name: option["default"] for name, option in DEAD_LETTER_OPTIONS.items() if "default" in option}
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"

CHECK = Mode(check=True)
CHANGED = "delay_seconds, encryption, kms_data_key_reuse_period, max_receive_count, policy, tags, visibility_timeout"


@pytest.fixture
def prefix(aws):
    """First characters of the names of this test's own; what it leaves is deleted."""
    name = f"t{secrets.token_hex(4)}-"
    yield name
    sqs, cloudwatch = aws.client("sqs"), aws.client("cloudwatch")
    for url in sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", ()):
        sqs.delete_queue(QueueUrl=url)
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]
    cloudwatch.delete_alarms(AlarmNames=[one["AlarmName"] for one in alarms])


@pytest.fixture
def run(aws):
    """`run(queues, **more)` runs sqs_queues on a list and returns its result."""

    def run(queues, **args):
        return run_module("sqs_queues", {"queues": queues, **args}, env=aws.environment)

    return run


@pytest.fixture
def made(aws):
    """`made(queues, **more)` does what sqs_queues does, in this process; its result, or that of its failure."""
    session = Session({"endpoint_url": aws.endpoint["url"], "region": aws.endpoint["region"], "access_key": "a",
                       "secret_key": "b"})  # fmt: skip

    def made(queues: list[dict[str, Any]], mode: Mode = Mode(), **tags: Any) -> dict[str, Any]:  # noqa: B008
        items = [
            {**one, **({"dead_letter": {**DEAD, **one["dead_letter"]}} if one.get("dead_letter") is not None else {}),
             **({"alarms": {"period_s": 60, "evaluation_periods": 1, **one["alarms"]}} if one.get("alarms") else {})}
            for one in queues
        ]  # fmt: skip
        try:
            outcome = make(session.client, beside(items, tags), mode)
        except ReplatformError as exc:
            outcome = getattr(exc, "outcome", Outcome())
            return {**outcome.result, "failed": True, "msg": exc.message, "error": exc.as_dict()}
        return {**outcome.result, "changed": outcome.changed, "actions": outcome.actions, "warnings": outcome.warnings}

    return made


@pytest.fixture
def there(aws):
    """`there(name)`: what boto3 reads of a queue, with its tags; None when it is not there."""

    def there(name):
        sqs = aws.client("sqs")
        try:
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except sqs.exceptions.QueueDoesNotExist:
            return None
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return {**attributes, "url": url, "tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {})}

    return there


def writes(aws):
    return aws.recorder.counts()["writes"]


def test_the_life_of_queues_with_their_dead_letter_queues_and_alarms(aws, prefix, made, there):
    sqs, cloudwatch = aws.client("sqs"), aws.client("cloudwatch")
    mail, orders = f"{prefix}mail", f"{prefix}orders.fifo"
    mail_dlq, orders_dlq = f"{prefix}mail-dlq", f"{prefix}orders-dlq.fifo"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
             "Resource": "*", "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::files"}}},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
             "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"], "Resource": ["*"]},
        ],
    }  # fmt: skip
    same_policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ["123456789012"]}, "Resource": "*",
             "Action": ["SQS:ReceiveMessage", "SQS:SendMessage"]},
            {"Effect": "Allow", "Principal": {"Service": ["s3.amazonaws.com"]}, "Action": ["sqs:SendMessage"],
             "Resource": "*", "Condition": {"ArnEquals": {"aws:SourceArn": ["arn:aws:s3:::files"]}}},
        ],
    }  # fmt: skip
    first = {
        "name": mail, "visibility_timeout": 120, "consumer_timeout": 90, "receive_message_wait_time_seconds": 20,
        "message_retention_period": 86400, "delay_seconds": 5, "maximum_message_size": 262144, "encryption": "sqs",
        "policy": policy, "dead_letter": {"max_receive_count": 5},
        "alarms": {"age_s": 900, "dlq_depth": 1, "actions": [TOPIC]},
    }  # fmt: skip
    fifo = {
        "name": orders, "content_based_deduplication": True, "high_throughput": True, "tags": {"team": "orders"},
        "dead_letter": {"max_receive_count": 3},
    }  # fmt: skip
    tags = {"tags": {"app": "shop"}}
    created = {"queues": [first, fifo], **tags}
    # Thirteen kinds of change at once.
    second = {
        **first, "visibility_timeout": 300, "policy": None, "delay_seconds": None, "encryption": "alias/shop",
        "kms_data_key_reuse_period": 600, "dead_letter": {"max_receive_count": 7, "redrive_allow": "all"},
        "alarms": {"age_s": 600, "dlq_depth": None, "actions": []},
    }  # fmt: skip
    changed = {
        "queues": [second, {**fifo, "content_based_deduplication": False, "dead_letter": None}],
        "tags": {"app": "shop", "n": 7},
    }
    gone = {
        "queues": [
            {"name": mail, "dead_letter": {}, "state": "absent"},
            {"name": orders, "dead_letter": {}, "state": "absent"},
        ]
    }

    def holds_first():
        have, dead = there(mail), there(mail_dlq)
        assert have["VisibilityTimeout"] == "120"
        assert have["ReceiveMessageWaitTimeSeconds"] == "20"
        assert have["MessageRetentionPeriod"] == "86400"
        assert have["MaximumMessageSize"] == "262144"
        assert have["SqsManagedSseEnabled"] == "true"
        assert json.loads(have["Policy"]) == policy
        assert json.loads(have["RedrivePolicy"]) == {"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": 5}
        assert dead["MessageRetentionPeriod"] == "1209600"
        allow = {"redrivePermission": "byQueue", "sourceQueueArns": [have["QueueArn"]]}
        assert json.loads(dead["RedriveAllowPolicy"]) == allow
        assert have["tags"] == dead["tags"] == {"app": "shop"}
        assert there(orders)["FifoQueue"] == there(orders_dlq)["FifoQueue"] == "true"
        assert there(orders)["FifoThroughputLimit"] == "perMessageGroupId"
        assert there(orders)["tags"] == {"app": "shop", "team": "orders"}
        alarms = {one["AlarmName"]: one for one in cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]}
        assert sorted(alarms) == [f"{mail}-age", f"{mail_dlq}-depth"]
        age = alarms[f"{mail}-age"]
        assert (age["MetricName"], age["Threshold"], age["AlarmActions"]) == (
            "ApproximateAgeOfOldestMessage", 900.0, [TOPIC])  # fmt: skip
        assert age["Dimensions"] == [{"Name": "QueueName", "Value": mail}]
        assert alarms[f"{mail_dlq}-depth"]["Dimensions"] == [{"Name": "QueueName", "Value": mail_dlq}]
        tagged = cloudwatch.list_tags_for_resource(ResourceARN=age["AlarmArn"])["Tags"]
        assert tagged == [{"Key": "app", "Value": "shop"}]

    def drift():
        url = there(mail)["url"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": ""})
        sqs.set_queue_attributes(QueueUrl=there(mail_dlq)["url"], Attributes={"RedriveAllowPolicy": ""})
        sqs.untag_queue(QueueUrl=url, TagKeys=["app"])
        about = cloudwatch.describe_alarms(AlarmNames=[f"{mail}-age"])["MetricAlarms"][0]
        kept = ("AlarmName", "MetricName", "Namespace", "Dimensions", "Statistic", "Period", "EvaluationPeriods",
                "ComparisonOperator", "TreatMissingData", "AlarmDescription", "AlarmActions")  # fmt: skip
        cloudwatch.put_metric_alarm(**{name: about[name] for name in kept}, Threshold=5.0, ActionsEnabled=False)
        cloudwatch.tag_resource(ResourceARN=about["AlarmArn"], Tags=[{"Key": "by", "Value": "hand"}])

    def holds_second():
        have = there(mail)
        assert "Policy" not in have
        assert have["DelaySeconds"] == "0"
        assert (have["KmsMasterKeyId"], have["SqsManagedSseEnabled"]) == ("alias/shop", "false")
        assert have["KmsDataKeyReusePeriodSeconds"] == "600"
        assert json.loads(there(mail_dlq)["RedriveAllowPolicy"]) == {"redrivePermission": "allowAll"}
        assert there(mail_dlq)["KmsMasterKeyId"] == "alias/shop"
        assert "RedrivePolicy" not in there(orders)
        assert there(orders_dlq), "stays, when its queue leaves it"
        left = cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
        assert [(one["AlarmName"], one["Threshold"], one["AlarmActions"]) for one in left] == [
            (f"{mail}-age", 600.0, [])]  # fmt: skip
        assert left[0]["ActionsEnabled"] is False, "what is not described here stays as it is"

    def holds_nothing():
        assert not sqs.list_queues(QueueNamePrefix=prefix).get("QueueUrls")
        assert not cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]

    def holds_first_however_it_is_written():
        holds_first()
        assert not made([{**first, "policy": same_policy}, fifo], **tags)["changed"]
        assert not made([{"name": mail}, {"name": orders}])["changed"], "not given, not touched"

    Life(aws, "sqs_queues", known_later=KNOWN_LATER | {"url"}).live(
        [
            Step("create", created,
                 [f"create queue {mail}", f"create queue {orders}", f"create dead-letter queue {mail_dlq}",
                  f"create dead-letter queue {orders_dlq}", f"create alarm {mail}-age",
                  f"create alarm {mail_dlq}-depth"], holds=holds_first_however_it_is_written),
            Step("drift", created,
                 [f"update queue {mail}: dead_letter, max_receive_count, tags, visibility_timeout",
                  f"update dead-letter queue {mail_dlq}: redrive_allow", f"update alarm {mail}-age: tags, threshold"],
                 by_hand=drift, holds=holds_first),
            Step("change", changed,
                 [f"update queue {mail}: {CHANGED}",
                  f"update queue {orders}: content_based_deduplication, dead_letter, max_receive_count, tags",
                  f"update dead-letter queue {mail_dlq}: encryption, kms_data_key_reuse_period, redrive_allow, tags",
                  f"update alarm {mail}-age: actions, description, tags, threshold",
                  f"delete alarm {mail_dlq}-depth"], holds=holds_second),
            Step("absent", gone,
                 [f"delete queue {mail}", f"delete queue {orders}", f"delete dead-letter queue {mail_dlq}",
                  f"delete dead-letter queue {orders_dlq}", f"delete alarm {mail}-age"], holds=holds_nothing),
        ]
    )  # fmt: skip


def test_a_second_run_looks_at_each_queue_once_and_writes_nothing(aws, made, prefix):
    wanted: list[dict[str, Any]] = [
        {"name": f"{prefix}{n:02}", "dead_letter": {}, "alarms": {"age_s": 60, "actions": [TOPIC]}} for n in range(20)
    ]
    assert len(made(wanted, tags={"app": "shop"})["actions"]) == 60
    aws.recorder.reset()
    assert not made(wanted, tags={"app": "shop"})["changed"]
    assert aws.recorder.counts()["calls"] == {
        "sqs.ListQueues": 1, "sqs.GetQueueAttributes": 40, "sqs.ListQueueTags": 40,
        "cloudwatch.DescribeAlarms": 1, "cloudwatch.ListTagsForResource": 20,
    }  # fmt: skip
    aws.recorder.reset()
    assert not made(wanted)["changed"]
    assert aws.recorder.counts()["calls"] == {
        "sqs.ListQueues": 1, "sqs.GetQueueAttributes": 40, "cloudwatch.DescribeAlarms": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("queues", "says"),
    [
        ([{"name": "t-mail"}, {"name": "t-mail"}], "queues names t-mail more than once"),
        ([{"name": "t-mail", "dead_letter": {"max_receive": 1}}], "queues.dead_letter.max_receive. Supported"),
        ([{"name": "t-mail", "visibility_timeout": "soon"}], "visibility_timeout"),
        ([{"name": "t-mail", "delay_seconds": 901}], "queues[0].delay_seconds is 901, but must be from 0 to 900."),
        ([{"name": "t-mail", "consumer_timeout": 30}], "visibility_timeout of t-mail is 30 s, but a consumer may work"),
    ],
)
def test_bad_input_is_refused_with_its_path_before_anything_is_written(aws, run, queues, says):
    result = run(queues)
    assert result["failed"]
    assert says in result["msg"]
    assert writes(aws) == 0


def test_what_is_there_counts_where_nothing_is_given(made, prefix):
    name = f"{prefix}a"
    made([{"name": name, "visibility_timeout": 60, "message_retention_period": 7200}])
    assert not made([{"name": name, "consumer_timeout": 59}], CHECK)["changed"]
    assert "is 60 s, but a consumer" in made([{"name": name, "consumer_timeout": 60}])["msg"]
    short = {"name": name, "dead_letter": {"message_retention_period": 7200}}
    assert "a message that moves is as old as before" in made([short])["msg"]
    assert not made([{"name": name, "dead_letter": {"message_retention_period": 7201}}], CHECK).get("failed")


def test_a_job_that_laravel_gives_up_before_sqs_does_is_told(made, prefix):
    told = made([{"name": f"{prefix}a", "consumer_tries": 3, "dead_letter": {"max_receive_count": 3}}], CHECK)
    assert "deletes a job that failed 3 times" in told["warnings"][0]
    assert not made([{"name": f"{prefix}a", "consumer_tries": 4, "dead_letter": {"max_receive_count": 3}}]).get(
        "warnings"
    )


def test_a_queue_with_messages_is_deleted_only_by_force(aws, made, prefix, there):
    name = f"{prefix}a"
    made([{"name": name, "dead_letter": {}}, {"name": f"{prefix}b"}])
    aws.client("sqs").send_message(QueueUrl=there(name)["url"], MessageBody="b")
    gone: list[dict[str, Any]] = [
        {"name": name, "dead_letter": {}, "state": "absent"},
        {"name": f"{prefix}b", "state": "absent"},
    ]
    for check in (True, False):
        result = made(gone, Mode(check=check))
        assert "still has about 1 messages, which would be lost with it" in result["msg"]
    assert there(f"{prefix}b"), "nothing is deleted when one is refused"
    assert made([{**gone[0], "force": True}, gone[1]])["changed"]
    assert not there(name)


def test_a_dead_letter_queue_stays_as_long_as_another_queue_has_it(aws, made, prefix, there):
    a, b, dead = f"{prefix}a", f"{prefix}b", f"{prefix}dead"
    both = [{"name": name, "dead_letter": {"name": dead}} for name in (a, b)]
    made(both)
    sources = json.loads(there(dead)["RedriveAllowPolicy"])["sourceQueueArns"]
    assert [arn.rpartition(":")[2] for arn in sources] == [a, b]
    kept = made([{**both[0], "state": "absent"}, both[1]])
    assert kept["actions"] == [f"delete queue {a}", f"update dead-letter queue {dead}: redrive_allow"]
    # One that is not named here has it, too.
    made([{"name": a, "dead_letter": {"name": dead, "redrive_allow": "all"}}])
    refused = made([{**both[1], "state": "absent"}])
    assert f"is the dead-letter queue of {a}" in refused["msg"]
    assert there(dead)
    assert not there(b)


def test_one_that_fails_is_named_and_the_others_are_done(aws, made, prefix, there, faults):
    faults.add("access_denied", "sqs", "CreateQueue", match=f"{prefix}bad-dlq")
    result = made([{"name": f"{prefix}{n}", "dead_letter": {}} for n in ("bad", "good")])
    assert result["failed"]
    assert result["msg"].startswith("2 of 4 items failed, the others are done.")
    assert "allow the action of CreateQueue" in result["msg"]
    assert f"was left as it is, as its dead-letter queue {prefix}bad-dlq failed" in result["msg"]
    assert [one.get("failed", False) for one in result["queues"]] == [True, False]
    assert there(f"{prefix}good")
    faults.clear()
    done = made([{"name": f"{prefix}{n}", "dead_letter": {}} for n in ("bad", "good")])
    assert done["actions"] == [f"create queue {prefix}bad", f"create dead-letter queue {prefix}bad-dlq"]


def test_the_name_of_a_queue_deleted_a_moment_ago_is_waited_for(made, prefix, faults):
    faults.add("error", "sqs", "CreateQueue", code="QueueDeletedRecently", status=400, message="Wait.", times=2)
    refused = made([{"name": f"{prefix}a"}], Mode(wait=False))
    assert "SQS frees the name of a deleted queue after 60 seconds" in refused["msg"]
    assert made([{"name": f"{prefix}a"}])["changed"]


def test_a_deletion_that_takes_too_long_is_told_and_a_queue_that_someone_deletes_is_made_anew(made, prefix, faults):
    wanted = [{"name": f"{prefix}a"}, {"name": f"{prefix}b"}]
    made(wanted)
    faults.add("stale", "sqs", "DeleteQueue", times=99)
    gone = made([{**one, "state": "absent"} for one in wanted], Mode(wait_timeout=1))
    assert f"queue {prefix}a was not gone after 1 s" in gone["msg"]
    faults.clear()
    assert not made([{**one, "state": "absent"} for one in wanted])["changed"]
    made(wanted)
    # Listed, and gone when it is looked at.
    faults.add("error", "sqs", "GetQueueAttributes", code="QueueDoesNotExist", status=400, message="Gone.", times=1)
    assert len(made(wanted)["actions"]) == 1


@pytest.mark.parametrize("listings", [1, 2])
def test_a_queue_that_the_listing_does_not_know_yet_is_made_so(aws, made, prefix, there, faults, listings):
    wanted = [{"name": f"{prefix}a", "visibility_timeout": 60, "tags": {"app": "shop"}}]
    faults.add("stale", "sqs", "CreateQueue", times=listings)
    made(wanted, CHECK)
    aws.client("sqs").create_queue(QueueName=f"{prefix}a", Attributes={"VisibilityTimeout": "5"})
    assert not made(wanted).get("failed")
    faults.clear()
    assert aws.recorder.counts()["calls"]["sqs.CreateQueue"] == 2, "the module tried it, too"
    assert there(f"{prefix}a")["VisibilityTimeout"] == "60"
    assert there(f"{prefix}a")["tags"] == {"app": "shop"}
    assert not made(wanted)["changed"]


FAULTS: list[tuple[dict[str, Any], str | None]] = [
    ({"kind": "throttle", "times": 3}, None),
    ({"kind": "error", "times": 2}, None),
    ({"kind": "lost_reply", "operation": "CreateQueue", "times": 2}, None),
    ({"kind": "lost_reply", "operation": "PutMetricAlarm", "service": "cloudwatch", "times": 1}, None),
    ({"kind": "stale", "times": 3}, None),
    ({"kind": "expired_token", "operation": "CreateQueue"}, "sign in again"),
    ({"kind": "access_denied", "operation": "SetQueueAttributes"}, None),
    ({"kind": "access_denied", "operation": "ListQueues"}, "allow the action of ListQueues"),
    ({"kind": "access_denied", "service": "cloudwatch", "operation": "DescribeAlarms"}, "allow the action of Describe"),
    ({"kind": "quota", "service": "cloudwatch", "operation": "PutMetricAlarm"}, "Cannot put alarm"),
    ({"kind": "unavailable_region"}, "region"),
]


@pytest.mark.parametrize(("rule", "says"), FAULTS, ids=lambda one: one and str(one) if isinstance(one, str) else None)
def test_a_fault_is_survived_or_told(made, prefix, faults, there, rule, says):
    wanted = [{"name": f"{prefix}a", "dead_letter": {}, "alarms": {"age_s": 60}}]
    faults.add(**{"service": "sqs", **rule})
    result = made(wanted)
    if says:
        assert result["failed"]
        assert says in result["msg"]
        assert result["error"]["code"]
    else:
        assert not result.get("failed"), result["msg"]
    faults.clear()
    assert not made(wanted).get("failed")
    assert there(f"{prefix}a")
    assert not made(wanted)["changed"]


def test_the_info_module_tells_what_fits_every_filter(aws, made, prefix, there):
    made([
        {"name": f"{prefix}a", "dead_letter": {}, "tags": {"app": "shop", "tier": "web"}},
        {"name": f"{prefix}b.fifo", "tags": {"app": "blog"}},
    ])  # fmt: skip
    aws.client("sqs").send_message(QueueUrl=there(f"{prefix}a")["url"], MessageBody="b")

    def names(**filters):
        return [one["name"].removeprefix(prefix) for one in info(aws.client("sqs"), **filters)]

    assert names(prefix=prefix) == ["a", "a-dlq", "b.fifo"]
    assert names(prefix=prefix, tags={"app": None}) == ["a", "a-dlq", "b.fifo"]
    assert names(prefix=prefix, tags={"app": "shop", "tier": "web"}) == ["a", "a-dlq"]
    assert names(names=[f"{prefix}b.fifo", "none"]) == ["b.fifo"]
    assert names(names=[]) == []
    aws.recorder.reset()
    result = run_module("sqs_queues_info", {"names": [f"{prefix}a"]}, env=aws.environment)
    assert writes(aws) == 0
    assert not result["changed"]
    one = result["queues"][0]
    assert (one["messages"], one["messages_visible"], one["dead_letter"]) == (1, 1, f"{prefix}a-dlq")


@pytest.mark.parametrize("module", [sqs_queues, sqs_queues_info], ids=["queues", "info"])
def test_the_examples_of_the_documentation_run(aws, prefix, play, module):
    said = play(yaml.safe_load(module.EXAMPLES.replace("shop-", prefix)))
    assert "failed=0" in said
