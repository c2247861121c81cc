from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws.sqs import alarms, api, transform
from ansible_collections.replatform.aws.plugins.module_utils.aws.sqs.plan import named, plan, refuse_beside
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError

DEAD = {name: option["default"] for name, option in transform.DEAD_LETTER_OPTIONS.items() if "default" in option}
ALARM = {"period_s": 60, "evaluation_periods": 1}
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"


def mail(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "mail", **more}]


def dead(**more: Any) -> dict[str, Any]:
    return {**DEAD, **more}


@pytest.mark.parametrize(
    ("items", "says"),
    [
        (mail(visibility_timeout=43201), "queues[0].visibility_timeout is 43201, but must be from 0 to 43200."),
        (mail(message_retention_period=59), "queues[0].message_retention_period is 59"),
        (mail(maximum_message_size=1048577), "queues[0].maximum_message_size is 1048577"),
        (mail(dead_letter=dead(max_receive_count=0)), "queues[0].dead_letter.max_receive_count is 0"),
        (mail(dead_letter=dead(message_retention_period=1)), "queues[0].dead_letter.message_retention_period is 1"),
        ([*mail(), {"name": "t mail"}], "queues[1].name is 't mail'"),
        ([{"name": "x" * 76 + ".fifo"}], "1 to 80 letters"),
        (mail(high_throughput=True), "queues[0].high_throughput is for FIFO queues"),
        (mail(content_based_deduplication=True), "queues[0].content_based_deduplication is for FIFO queues"),
        (mail(dead_letter=dead(name="dlq.fifo")), "must not end in .fifo"),
        ([{"name": "t.fifo", "dead_letter": dead(name="t-dlq")}], "t-dlq.fifo would do"),
        ([*mail(dead_letter=dead()), {"name": "mail-dlq"}], "which is an item of queues as well"),
        ([*mail(dead_letter=dead(name="d")), {"name": "b", "dead_letter": dead(name="d", redrive_allow="all")}],
         "queues[1].dead_letter and queues[0].dead_letter share d, but do not agree on its redrive_allow"),
        ([*mail(dead_letter=dead(name="d"), encryption="sqs"),
          {"name": "b", "dead_letter": dead(name="d"), "encryption": "none"}],
         "do not agree on its encryption ('none', 'sqs')"),
        ([{"name": f"t-{n}", "dead_letter": dead(name="d")} for n in range(11)], "can name 10 queues, but 11 share"),
        (mail(alarms={**ALARM, "dlq_depth": 1}), "has no dead_letter here"),
        ([{"name": n, "dead_letter": dead(name="d"), "alarms": {**ALARM, "dlq_depth": depth}} for n, depth in
          (("a", 1), ("b", 2))], "queues[1].alarms and queues[0].alarms do not agree on the alarm d-depth"),
        (mail(alarms={**ALARM, "age_s": 0}), "queues[0].alarms.age_s is 0"),
        (mail(alarms={**ALARM, "age_s": 60, "period_s": 90}), "must be a multiple of 60"),
        (mail(alarms={**ALARM, "age_s": 60, "evaluation_periods": 1441}), "at most 86400 s together"),
        (mail(alarms={**ALARM, "age_s": 60, "period_s": 3600, "evaluation_periods": 169}), "at most 604800 s"),
        (mail(alarms={**ALARM, "age_s": 60, "actions": ["alerts"]}), "queues[0].alarms.actions[0] is 'alerts'"),
        (mail(alarms={**ALARM, "age_s": 60, "ok_actions": [TOPIC, "arn:aws:sns"]}), "queues[0].alarms.ok_actions[1]"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_path(items, says):
    with pytest.raises(ReplatformError) as caught:
        plan(named(items))
    assert says in caught.value.message
    assert caught.value.code == "InvalidOptions"


@pytest.mark.parametrize(
    ("items", "says"),
    [
        (mail(consumer_timeout=30), "queues[0].visibility_timeout of mail is 30 s, but a consumer may work"),
        (mail(consumer_timeout=60, visibility_timeout=60), "more than 60"),
        (mail(message_retention_period=1209600, dead_letter=dead()), "is as old as before"),
        (mail(dead_letter=dead(message_retention_period=345600)), "is as old as before"),
        (mail(kms_data_key_reuse_period=60), "is for queues encrypted with a KMS key"),
        (mail(alarms={**ALARM, "age_s": 345600}), "so the alarm would never go off"),
        (mail(state="absent"), "Queue mail still has about 3 messages"),
    ],
)
def test_what_does_not_fit_to_what_is_there_is_refused(items, says):
    wanted = named(items)
    found = {"mail": {**transform.BLANK, "name": "mail", "messages": 3}}
    with pytest.raises(ReplatformError) as caught:
        refuse_beside(wanted, plan(wanted), found)
    assert says in caught.value.message


@pytest.mark.parametrize(
    "item",
    [
        {"consumer_timeout": 29},
        {"name": "m.fifo", "message_retention_period": 1209600, "dead_letter": dead()},  # its age begins anew there
        {"encryption": "alias/a", "kms_data_key_reuse_period": 60},
        {"alarms": {**ALARM, "age_s": 60, "actions": ["(topic alerts of shop-sandbox)"]}},  # as check mode gives it
        {"name": "a" * 80},
        {"name": "a" * 75 + ".fifo"},
        {"state": "absent", "force": True},
    ],
)
def test_what_fits_is_not_refused(item):
    wanted = named([{"name": "mail", **item}])
    refuse_beside(wanted, plan(wanted), {"mail": {**transform.BLANK, "name": "mail", "messages": 3}})


def test_all_faults_are_told_at_once():
    with pytest.raises(ReplatformError) as caught:
        plan([{"name": "a", "delay_seconds": 1000}, {"name": "b", "delay_seconds": 1000}])
    assert len(caught.value.facts["faults"]) == 2


def test_a_list_is_taken_apart_into_what_it_asks_for():
    items = named([
        {"name": "a", "visibility_timeout": 9, "consumer_timeout": 5, "consumer_tries": 2, "tags": {"t": "1"},
         "purge_tags": True, "encryption": "alias/k", "dead_letter": dead(max_receive_count=2)},
        {"name": "b.fifo", "dead_letter": dead(), "alarms": None},
        {"name": "c", "dead_letter": dead(name="shared")},
        {"name": "d", "dead_letter": dead(name="shared"), "state": "absent"},
        {"name": "e", "dead_letter": dead(), "state": "absent", "force": True},
    ])  # fmt: skip
    found = plan(items)
    assert [one["name"] for one in found.queues] == ["a", "b.fifo", "c", "d", "e"]
    assert not {"consumer_timeout", "alarms"} & found.queues[0].keys()
    assert found.dead_letters == {
        "a-dlq": {"name": "a-dlq", "message_retention_period": 1209600, "redrive_allow": ["a"], "encryption": "alias/k",
                  "tags": {"t": "1"}, "purge_tags": True, "state": "present"},
        "b-dlq.fifo": {"name": "b-dlq.fifo", "message_retention_period": 1209600, "redrive_allow": ["b.fifo"],
                       "state": "present"},
        "shared": {"name": "shared", "message_retention_period": 1209600, "redrive_allow": ["c"], "state": "present"},
    }  # fmt: skip
    assert found.unneeded == {"e-dlq": {"name": "e-dlq", "state": "absent", "force": True}}
    assert {name: one["state"] for name, one in found.alarms.items()} == dict.fromkeys(
        ["b.fifo-age", "b-dlq.fifo-depth", "d-age", "e-age", "e-dlq-depth"], "absent"
    )
    assert len(found.warnings) == 1


ARN = "arn:aws:sqs:eu-central-1:123456789012:"
ATTRIBUTES = {
    # As of the API reference, GetQueueAttributes, with a redrive policy.
    "QueueArn": f"{ARN}mail",
    "ApproximateNumberOfMessages": "1",
    "ApproximateNumberOfMessagesNotVisible": "2",
    "ApproximateNumberOfMessagesDelayed": "4",
    "VisibilityTimeout": "60",
    "KmsMasterKeyId": "arn:aws:kms:eu-central-1:123456789012:key/1234",
    "SqsManagedSseEnabled": "false",
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{ARN}mail-dlq", "maxReceiveCount": "5"}),
    "RedriveAllowPolicy": json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}b", f"{ARN}a"]}),
}


def test_what_the_service_answers_is_normalised():
    state = transform.state_from_api("mail", "https://u/mail", ATTRIBUTES, {"aws:x": "1", "a": "b"})
    assert state.keys() == transform.BLANK.keys()
    assert state["messages"] == 7
    assert state["encryption"] == "1234"
    assert (state["dead_letter"], state["max_receive_count"]) == ("mail-dlq", 5)
    assert state["redrive_allow"] == ["a", "b"]
    assert state["tags"] == {"a": "b"}
    least = transform.state_from_api("mail", "u", {"QueueArn": "a", "SqsManagedSseEnabled": "true"}, None)
    assert least == {**transform.BLANK, "name": "mail", "url": "u", "arn": "a"}


@pytest.mark.parametrize(
    ("changed", "current", "sent"),
    [
        ({"visibility_timeout": 0}, None, {"VisibilityTimeout": "0"}),
        ({"encryption": "sqs"}, None, {"SqsManagedSseEnabled": "true"}),
        ({"encryption": "alias/k"}, {"encryption": "sqs"},
         {"KmsMasterKeyId": "alias/k", "SqsManagedSseEnabled": "false"}),
        ({"encryption": "none"}, {"encryption": "k"}, {"KmsMasterKeyId": "", "SqsManagedSseEnabled": "false"}),
        ({"policy": None}, None, {}),
        ({"policy": None}, {"policy": {"Statement": []}}, {"Policy": ""}),
        ({"dead_letter": None, "max_receive_count": None}, {"dead_letter": "d"}, {"RedrivePolicy": ""}),
        ({"max_receive_count": 2}, {"dead_letter": "d"},
         {"RedrivePolicy": '{"deadLetterTargetArn": "arn:d", "maxReceiveCount": 2}'}),
        ({"redrive_allow": "all"}, None, {}),
        ({"redrive_allow": "all"}, {}, {"RedriveAllowPolicy": '{"redrivePermission": "allowAll"}'}),
        ({"redrive_allow": ["a"]}, None,
         {"RedriveAllowPolicy": '{"redrivePermission": "byQueue", "sourceQueueArns": ["arn:a"]}'}),
        ({"high_throughput": False}, None, {}),
        ({"name": "a.fifo", "high_throughput": False}, None,
         {"FifoQueue": "true", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}),
    ],
)  # fmt: skip
def test_only_what_changes_is_sent(changed, current, sent):
    changed = {"name": "a", **changed}
    current = None if current is None else {**transform.BLANK, "name": "a", **current}
    assert transform.to_api(changed, current, lambda name: f"arn:{name}") == sent


def test_a_policy_that_means_the_same_stays_as_it_is_and_one_without_statements_is_none():
    statement = {"Effect": "Allow", "Principal": "*", "Action": "SQS:sendmessage", "Resource": f"{ARN}a"}
    has = {"Version": "2012-10-17", "Statement": [{**statement, "Action": ["sqs:SendMessage"]}]}
    current = {**transform.BLANK, "name": "a", "policy": has}
    asked = {"Version": "2012-10-17", "Statement": statement}
    assert transform.desired({"name": "a", "policy": asked}, current)["policy"] is has
    assert (
        transform.desired({"name": "a", "policy": {"Version": "2012-10-17", "Statement": []}}, None)["policy"] is None
    )


def test_an_alarm_that_somebody_made_for_something_else_is_none_of_a_queue():
    alarm = {"AlarmName": "a", "AlarmArn": "arn", "Namespace": "AWS/EC2", "Threshold": 0.5, "Dimensions": []}
    state = alarms.state_from_api(alarm, None)
    assert (state["queue"], state["threshold"]) == (None, 0.5)


@pytest.mark.parametrize(
    ("names", "beginning"),
    [(["shop-a", "shop-b"], "shop-"), (["a"], "a"), (["ab", "a"], "a"), (["a", "b"], ""), ([], "")],
)
def test_one_listing_serves_names_that_begin_alike(names, beginning):
    assert api._beginning(names) == beginning
