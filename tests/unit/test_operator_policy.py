from __future__ import annotations

import json

import pytest

from sandbox.aws_calls import description_of
from tools import operator_policy
from tools.collection import ROOT
from tools.operator_policy import Facts, actions, documents, length, named, policy, write

FACTS = Facts("shop-test", "123456789012", "eu-central-1", "test")
CALLS = [
    "ec2.CreateVpc", "ec2.DescribeVpcs", "eks.CreateCluster", "eks.CreateNodegroup", "eks.DescribeCluster",
    "iam.CreateRole", "iam.GetRole", "kms.CreateKey", "rds.CreateDBCluster", "s3.CreateBucket", "s3.HeadBucket",
    "s3.GetObject", "secretsmanager.BatchGetSecretValue", "secretsmanager.CreateSecret", "sqs.CreateQueue",
    "sqs.DeleteMessageBatch", "sts.GetCallerIdentity",
]  # fmt: skip


def statements(calls=CALLS):
    return {one["Sid"]: one for one in policy(calls, FACTS)["Statement"]}


def allowed(calls):
    return {action for one in policy(calls, FACTS)["Statement"] for action in one["Action"]}


def test_no_statement_allows_more_than_what_is_named():
    for one in statements().values():
        assert one["Effect"] == "Allow"
        assert [action for action in one["Action"] if "*" in action] == []
        limited = one["Resource"] != "*" or "Condition" in one or one["Sid"].endswith("Read")
        assert limited, one
    assert len(statements()) == len(policy(CALLS, FACTS)["Statement"]), "a Sid is there once"


def test_reads_are_allowed_everywhere_and_writes_on_the_names_of_the_environment():
    found = statements()
    assert found["SqsRead" if "SqsRead" in found else "Sqs"]["Resource"] == [
        "arn:aws:sqs:eu-central-1:123456789012:shop-test*"
    ]
    assert found["EksRead"]["Action"] == ["eks:DescribeCluster"]
    assert found["S3"]["Resource"] == ["arn:aws:s3:::shop-test*", "arn:aws:s3:::shop-test*/*"]
    assert "s3:GetObject" in found["S3"]["Action"], "content is no metadata"
    assert found["Ec2ByRegion"]["Condition"] == {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}


def test_roles_are_passed_only_to_the_services_that_get_them_and_only_those_of_the_environment():
    role = statements()["PassRole"]
    assert role["Resource"] == ["arn:aws:iam::123456789012:role/shop-test*"]
    assert role["Condition"] == {
        "StringEquals": {
            "iam:PassedToService": ["ec2.amazonaws.com", "eks.amazonaws.com", "monitoring.rds.amazonaws.com"]
        }
    }
    assert "PassRole" not in statements(["sqs.CreateQueue"])


@pytest.mark.parametrize(
    ("call", "needs"),
    [
        ("sqs.GetQueueUrl", {"sqs:GetQueueUrl"}),
        ("s3.HeadBucket", {"s3:ListBucket"}),
        ("s3.PutBucketEncryption", {"s3:PutEncryptionConfiguration"}),
        ("s3.PutBucketPolicy", {"s3:PutBucketPolicy"}),
        ("s3control.PutPublicAccessBlock", {"s3:PutAccountPublicAccessBlock"}),
        ("elbv2.DescribeLoadBalancers", {"elasticloadbalancing:DescribeLoadBalancers"}),
        ("iam.CreateRole", {"iam:CreateRole", "iam:TagRole"}),
        ("cloudwatch.PutMetricAlarm", {"cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"}),
        ("sqs.StartMessageMoveTask", {"sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage",
                                      "sqs:GetQueueAttributes", "sqs:SendMessage"}),
        ("sts.GetCallerIdentity", set()),
    ],
)  # fmt: skip
def test_a_call_needs_the_actions_that_the_reference_names(call, needs):
    assert actions(call) == needs


def test_the_policy_grows_with_a_call():
    assert allowed([*CALLS, "sqs.DeleteQueue"]) - allowed(CALLS) == {"sqs:DeleteQueue"}
    assert allowed(CALLS) <= allowed([*CALLS, "sqs.DeleteQueue"])


@pytest.mark.parametrize("table", ["RENAMED", "FURTHER", "PASSED_TO", "LINKED"])
def test_the_tables_name_operations_that_there_are(table):
    calls = [call.partition(".") for call in getattr(operator_policy, table)]
    unknown = [(service, name) for service, _, name in calls if name not in description_of(service)["operations"]]
    assert unknown == []


def test_what_no_service_has_is_left_out():
    calls = {"unsigned.GET": 1, "eks.POST": 1, "eks.CreateCluster": 2}
    assert named({"calls": calls}) == ["eks.CreateCluster"]


def test_the_files_are_written_anew_and_hold_all_statements(tmp_path):
    (tmp_path / "operator-7.json").write_text("{}")
    write(CALLS, FACTS, tmp_path)
    assert json.loads((tmp_path / "operator-1.json").read_text()) == policy(CALLS, FACTS)
    assert json.loads((tmp_path / "calls.json").read_text())["ec2"] == ["CreateVpc", "DescribeVpcs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "calls.json", "operator-1.json"]
    assert f"`operator-1.json` {length(policy(CALLS, FACTS)):,}" in (tmp_path / "README.md").read_text()


def test_more_than_one_policy_may_hold_is_shared_out():
    services = ("ec2", "eks", "elasticache", "iam", "kms", "logs", "rds", "sns", "sqs")
    many = [f"{service}.{name}" for service in services for name in list(description_of(service)["operations"])[:60]]
    made = documents(many, FACTS)
    assert len(made) > 1
    assert [name for name, document in made.items() if length(document) > operator_policy.LIMIT] == []
    statements = [one for document in made.values() for one in document["Statement"]]
    assert statements == policy(many, FACTS)["Statement"]


def test_the_facts_are_those_of_the_inventory():
    facts = Facts.of(ROOT / "inventories" / "production")
    assert (facts.name, facts.environment) == ("shop-production", "production")
