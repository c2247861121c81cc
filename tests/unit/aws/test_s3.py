from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws.s3 import transform
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError

BAD = [
    ({"name": "Shop"}, "buckets[3].name is 'Shop'"),
    ({"name": "192.168.0.1"}, "buckets[3].name is '192.168.0.1'"),
    ({"name": "a..b"}, "buckets[3].name"),
    ({"name": "xn--shop"}, "buckets[3].name"),
    ({"name": "shop--x-s3"}, "buckets[3].name"),
    ({"name": "shop", "public_prefixes": ["media"]}, "public_prefixes[0] is 'media'"),
    ({"name": "shop", "public_prefixes": ["a/", "/"]}, "public_prefixes[1] is '/'"),
    ({"name": "shop", "public_prefixes": ["*/"]}, "public_prefixes[0] is '*/'"),
    ({"name": "shop", "public_prefixes": ["a/"], "private_prefixes": ["a/b/"]}, "the prefix a/b/ inside of a/"),
    ({"name": "shop", "public_prefixes": ["a/b/"], "private_prefixes": ["a/"]}, "the prefix a/b/ inside of a/"),
    ({"name": "shop", "public_prefixes": ["a/", "a/"]}, "inside of a/"),
    ({"name": "shop", "lifecycle": [{"id": "x"}]}, "lifecycle[0] does nothing"),
    ({"name": "shop", "lifecycle": [{"id": "x", "expire_days": 1}, {"id": "x", "expire_days": 2}]}, "the id x more"),
    (
        {"name": "shop", "lifecycle": [{"id": "x", "expire_days": 9, "keep_noncurrent_versions": 2}]},
        "keep_noncurrent_versions without noncurrent_days",
    ),
    (
        {
            "name": "shop",
            "lifecycle": [
                {"id": "x", "expire_days": 30, "transitions": [{"days": 30, "storage_class": "STANDARD_IA"}]}
            ],
        },
        "moves objects after 30 days and deletes them after 30",
    ),
    ({"name": "shop", "policy_statements": [{"Effect": "Maybe"}]}, "policy_statements[0]"),
    (
        {
            "name": "shop",
            "policy_statements": [
                {
                    "Sid": "ReplatformPublicPrefixes",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": "*",
                }
            ],
        },
        "which this module uses",
    ),
]


@pytest.mark.parametrize(("bucket", "says"), BAD, ids=[says for _, says in BAD])
def test_what_does_not_fit_is_refused_with_its_path(bucket, says):
    with pytest.raises(ReplatformError) as refused:
        transform.checked(bucket, 3)
    assert says in refused.value.message


def test_private_prefixes_may_hold_each_other():
    transform.checked({"name": "shop", "private_prefixes": ["a/", "a/b/"], "public_prefixes": ["c/"]}, 0)


def test_public_are_the_prefixes_named_and_nothing_else():
    wanted = transform.desired({"name": "shop", "public_prefixes": ["media/"], "secure_transport": True}, None)
    allowed = [one for one in wanted["policy"]["Statement"] if one["Effect"] == "Allow"]
    assert [(one["Action"], one["Resource"]) for one in allowed] == [("s3:GetObject", ["arn:aws:s3:::shop/media/*"])]
    assert wanted["public_access_block"] == transform.OPEN


def test_behind_a_distribution_nothing_is_public():
    arn = "arn:aws:cloudfront::123456789012:distribution/E1"
    wanted = transform.desired({"name": "shop", "public_prefixes": ["media/"], "distribution_arn": arn}, None)
    (statement,) = wanted["policy"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceArn": arn}}
    assert wanted["public_access_block"] == transform.CLOSED


def test_a_policy_that_means_the_same_is_left_as_it_is():
    asked = {"name": "shop", "public_prefixes": ["a/", "b/"]}
    policy = transform.bucket_policy(asked)
    assert policy
    policy["Statement"][0]["Resource"].reverse()
    current = {**transform.BLANK, "policy": policy}
    assert transform.desired(asked, current)["policy"] is policy


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "a", "prefix": "x/", "expire_days": 3},
        {"id": "a", "noncurrent_days": 3, "keep_noncurrent_versions": 2, "abort_multipart_days": 1},
        {"id": "a", "enabled": False, "transitions": [{"days": 30, "storage_class": "GLACIER"}]},
    ],
)
def test_a_rule_comes_back_as_it_was_sent(rule):
    (wanted,) = transform.desired({"name": "shop", "lifecycle": [rule]}, None)["lifecycle"]
    (sent,) = transform.to_api("lifecycle", [wanted])
    assert transform.rule_from_api(sent) == wanted


def test_a_rule_with_more_than_we_know_differs():
    told = transform.rule_from_api({"ID": "a", "Status": "Enabled", "Filter": {"Tag": {"Key": "k", "Value": "v"}}})
    assert told["other"] == {"Tag": {"Key": "k", "Value": "v"}}
