"""events_rules, logs_log_groups and sns_topics against the emulator."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:q"
SPOT = {"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning", "b"]}


@pytest.fixture
def prefix():
    return f"t-{secrets.token_hex(4)}-"


def test_the_life_of_rules(aws, prefix):
    events = aws.client("events")
    spot, night = f"{prefix}spot", f"{prefix}night"
    first: dict[str, Any] = {
        "tags": {"app": "shop"},
        "rules": [
            {"name": spot, "event_pattern": SPOT, "targets": [{"id": "q", "arn": QUEUE}], "description": "spot"},
            {"name": night, "schedule": "rate(5 minutes)", "enabled": False},
        ],
    }
    changed = {
        "tags": {"app": "shop", "n": 1},
        "rules": [
            {"name": spot, "event_pattern": json.dumps({**SPOT, "source": ["aws.health"]}),
             "targets": [{"id": "q2", "arn": QUEUE, "input": {"a": 1}}]},
            {"name": night, "schedule": "rate(5 minutes)", "enabled": True},
        ],
    }  # fmt: skip

    def turned():
        pattern = {**SPOT, "detail-type": list(reversed(SPOT["detail-type"]))}
        events.put_rule(Name=spot, EventPattern=json.dumps(pattern), Description="spot")

    def drift():
        events.disable_rule(Name=night)
        events.remove_targets(Rule=spot, Ids=["q2"])
        events.put_targets(Rule=spot, Targets=[{"Id": "x", "Arn": QUEUE}])
        events.untag_resource(ResourceARN=events.describe_rule(Name=spot)["Arn"], TagKeys=["app"])

    def there():
        rule = events.describe_rule(Name=spot)
        assert (rule["Description"], rule["State"]) == ("spot", "ENABLED")
        assert events.list_targets_by_rule(Rule=spot)["Targets"] == [{"Id": "q", "Arn": QUEUE}]
        assert events.describe_rule(Name=night)["State"] == "DISABLED"

    Life(aws, "events_rules").live([
        Step("create", first, [f"create rule {spot}", f"create rule {night}"], holds=there),
        Step("says the same", first, by_hand=turned),
        Step("not given, not touched", {"rules": [{"name": spot}, {"name": night}]}),
        Step("change", changed,
             [f"update rule {spot}: event_pattern, tags, targets", f"update rule {night}: enabled, tags"]),
        Step("drift", changed, [f"update rule {spot}: tags, targets", f"update rule {night}: enabled"], by_hand=drift),
        Step("delete", {"rules": [{"name": one, "state": "absent"} for one in (spot, night)]},
             [f"delete rule {spot}", f"delete rule {night}"]),
    ])  # fmt: skip


def test_the_life_of_log_groups(aws, prefix):
    logs = aws.client("logs")
    eks, rds = f"/{prefix}/eks", f"/{prefix}/rds"
    key = "arn:aws:kms:eu-central-1:123456789012:key/0"
    first: dict[str, Any] = {
        "tags": {"app": "shop"},
        "log_groups": [{"name": eks, "retention_days": 90}, {"name": rds, "kms_key_id": key}],
    }
    changed = {
        "tags": {"app": "shop", "n": 1},
        "log_groups": [{"name": eks, "retention_days": 30}, {"name": rds, "retention_days": 0, "kms_key_id": None}],
    }

    def drift():
        logs.put_retention_policy(logGroupName=rds, retentionInDays=7)
        logs.delete_retention_policy(logGroupName=eks)

    def there():
        found = {
            one["logGroupName"]: one for one in logs.describe_log_groups(logGroupNamePrefix=f"/{prefix}")["logGroups"]
        }
        assert found[eks]["retentionInDays"] == 90
        assert found[rds]["kmsKeyId"] == key

    Life(aws, "logs_log_groups", known_later=KNOWN_LATER | {"stored_bytes"}).live([
        Step("create", first, [f"create log group {eks}", f"create log group {rds}"], holds=there),
        Step("not given, not touched", {"log_groups": [{"name": eks}, {"name": rds}]}),
        Step("change", changed,
             [f"update log group {eks}: retention_days, tags", f"update log group {rds}: kms_key_id, tags"]),
        Step("drift", changed, [f"update log group {eks}: retention_days", f"update log group {rds}: retention_days"],
             by_hand=drift),
        Step("delete", {"log_groups": [{"name": one, "state": "absent"} for one in (eks, rds)]},
             [f"delete log group {eks}", f"delete log group {rds}"]),
    ])  # fmt: skip


def test_the_life_of_topics(aws, prefix):
    sns = aws.client("sns")
    alerts, arn = f"{prefix}alerts", f"arn:aws:sns:eu-central-1:123456789012:{prefix}alerts"
    allow = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish"}
    document = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]}
    mail = {"protocol": "email", "endpoint": "a@shop.example"}
    queue = {"protocol": "sqs", "endpoint": QUEUE}
    first: dict[str, Any] = {
        "tags": {"app": "shop"},
        "topics": [{"name": alerts, "display_name": "Shop", "policy": document, "subscriptions": [mail, queue]}],
    }
    less = {**first["topics"][0], "display_name": "", "subscriptions": [mail]}
    changed = {"tags": {"app": "shop", "n": 1}, "topics": [less]}

    def turned():
        statement = {**allow, "Action": ["SNS:Publish"], "Resource": [arn]}
        said = json.dumps({"Statement": statement, "Version": "2012-10-17"})
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=said)

    def drift():
        sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="by hand")
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=QUEUE)

    def there():
        assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "Shop"
        subscribed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        assert {one["Endpoint"] for one in subscribed} == {mail["endpoint"], QUEUE}

    Life(aws, "sns_topics").live([
        Step("create", first, [f"create topic {alerts}"], holds=there),
        Step("says the same", first, by_hand=turned),
        Step("not given, not touched", {"topics": [{"name": alerts}]}),
        Step("change", changed, [f"update topic {alerts}: display_name, subscriptions, tags"]),
        Step("drift", changed, [f"update topic {alerts}: display_name, subscriptions"], by_hand=drift),
        Step("delete", {"topics": [{"name": alerts, "state": "absent"}]}, [f"delete topic {alerts}"]),
    ])  # fmt: skip


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("events_rules", {"rules": [{"name": "a b", "schedule": "rate(1 day)"}]}, "rules[0].name is 'a b'"),
    ("events_rules", {"rules": [{"name": "a", "schedule": "daily"}]}, "rules[0].schedule is 'daily'"),
    ("events_rules", {"rules": [{"name": "a", "schedule": "rate(1 day)", "event_pattern": SPOT}]}, "make them two"),
    ("events_rules", {"rules": [{"name": "a", "event_pattern": {"source": "x"}}]}, "event_pattern.source is 'x'"),
    ("events_rules", {"rules": [{"name": "a", "event_pattern": "x"}]}, "rules[0].event_pattern is no JSON"),
    ("events_rules", {"rules": [{"name": "t-none"}]}, "Rule t-none does not exist and has neither"),
    ("events_rules", {"rules": [{"name": "a", "targets": [{"id": "a", "arn": "b"}] * 2}]}, "an id of its own"),
    ("logs_log_groups", {"log_groups": [{"name": "a", "retention_days": 10}]}, "retention_days is 10, which"),
    ("logs_log_groups", {"log_groups": [{"name": "a", "kms_key_id": "alias/x"}]}, "takes the ARN of a key only"),
    ("logs_log_groups", {"log_groups": [{"name": "a?"}]}, "log_groups[0].name is 'a?'"),
    ("logs_log_groups", {"log_groups": [{"name": "a", "days": 3}]}, "log_groups.days"),
    ("sns_topics", {"topics": [{"name": "a.fifo"}]}, "topics[0].name is 'a.fifo'"),
    ("sns_topics", {"topics": [{"name": "a", "policy": {}}, {"name": "a"}]}, "names a more than once"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "options", "says"), BAD, ids=[says for _, _, says in BAD])
def test_bad_input_is_refused_before_anything_is_written(aws, module, options, says):
    result = run_module(module, options, env=aws.environment)
    assert says in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


FAULTS = [
    ("lost_reply", "events", "PutRule", ""),
    ("lost_reply", "logs", "CreateLogGroup", ""),
    ("throttle", "logs", "CreateLogGroup", ""),
    ("lost_reply", "sns", "CreateTopic", ""),
    ("access_denied", "events", "PutTargets", "allow the action"),
    ("access_denied", "logs", "PutRetentionPolicy", "allow the action"),
]


@pytest.mark.parametrize(("kind", "service", "operation", "says"), FAULTS)
def test_faults_of_aws_are_survived_or_explained_and_a_rerun_completes(
    aws, faults, prefix, kind, service, operation, says
):
    rule = {"name": f"{prefix}r", "event_pattern": SPOT, "targets": [{"id": "q", "arn": QUEUE}]}
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "events": ("events_rules", {"rules": [rule]}),
        "sns": ("sns_topics", {"topics": [{"name": f"{prefix}t", "display_name": "a"}]}),
        "logs": ("logs_log_groups", {"log_groups": [{"name": f"{prefix}g", "retention_days": 7}]}),
    }
    module, wanted = cases[service]
    faults.add(kind, service, operation, times=None if says else 1)
    result = run_module(module, wanted, env=aws.environment)
    assert bool(result.get("failed")) == bool(says), result
    assert says in result.get("msg", "")
    faults.clear()
    if says:
        run_module(module, wanted, env=aws.environment)
    assert run_module(module, wanted, env=aws.environment)["actions"] == []
