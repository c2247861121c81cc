"""The pure parts of iam_roles, acm_certificates, ecr_repositories and events_rules."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws.acm import transform as acm
from ansible_collections.replatform.aws.plugins.module_utils.aws.ecr import transform as ecr
from ansible_collections.replatform.aws.plugins.module_utils.aws.events import rules as events
from ansible_collections.replatform.aws.plugins.module_utils.aws.iam import transform as iam
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError


def account() -> iam.Account:
    return iam.Account("aws", lambda: "123456789012")


def test_the_account_is_looked_up_only_when_no_arn_told_it():
    known = iam.Account("aws-cn", lambda: pytest.fail("no call is needed"))
    known.know("arn:aws-cn:iam::111122223333:role/a")
    assert known.policy_arn("/shop/", "p") == "arn:aws-cn:iam::111122223333:policy/shop/p"


@pytest.mark.parametrize(
    ("options", "principals", "actions"),
    [
        ({"service": ["b", "a"]}, {"Service": ["a", "b"]}, ["sts:AssumeRole"]),
        ({"pod_identity": True}, {"Service": ["pods.eks.amazonaws.com"]}, ["sts:AssumeRole", "sts:TagSession"]),
        ({"principals": ["111122223333"]}, {"AWS": ["111122223333"]}, ["sts:AssumeRole"]),
    ],
)
def test_trust_is_put_together_from_names(options, principals, actions):
    (statement,) = iam.trust(options, account())["Statement"]
    assert (statement["Principal"], statement["Action"]) == (principals, actions)


def test_tokens_are_trusted_by_audience_and_subject_beside_other_conditions():
    one = {"provider": "https://oidc.example/id/A/", "subjects": ["system:serviceaccount:a:b"], "audience": "sts"}
    conditions = {"StringEquals": {"aws:SourceAccount": "1"}, "Bool": {"x": "true"}}
    (statement,) = iam.trust({"oidc": [one], "conditions": conditions}, account())["Statement"]
    assert statement["Principal"] == {"Federated": ["arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A"]}
    assert statement["Condition"] == {
        "StringEquals": {
            "oidc.example/id/A:aud": ["sts"],
            "oidc.example/id/A:sub": ["system:serviceaccount:a:b"],
            "aws:SourceAccount": "1",
        },
        "Bool": {"x": "true"},
    }


ROLE = {**iam.ROLE, "name": "a", "instance_profiles": ["other"], "tags": {"a": "1"}}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, {}),
        ({"description": None}, {"description": ""}),
        ({"max_session_duration": None}, {"max_session_duration": 3600}),
        ({"permissions_boundary": ""}, {"permissions_boundary": None}),
        ({"permissions_boundary": "P"}, {"permissions_boundary": "arn:P"}),
        ({"managed_policies": ["b", "a", "b"]}, {"managed_policies": ["arn:a", "arn:b"]}),
        ({"managed_policies": None}, {"managed_policies": []}),
        ({"instance_profile": "mine"}, {"instance_profiles": ["mine", "other"]}),
        ({"instance_profile": None}, {"instance_profiles": []}),
        ({"tags": {"b": 2}, "purge_tags": False}, {"tags": {"a": "1", "b": "2"}}),
        ({"path": "/x/"}, {"path": "/x/"}),
    ],
)
def test_only_what_was_given_of_a_role_is_compared(options, wanted):
    found = iam.desired_role({"name": "a", **options}, ROLE, lambda name: f"arn:{name}", account())
    assert found == {"name": "a", **wanted}


LONG = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::" + "x" * 999] * 12}
PODS = {"trust": {"pod_identity": True}}


@pytest.mark.parametrize(
    ("check", "options", "says"),
    [
        (iam.role, {"name": "a", "trust": {}}, r"x\.trust names nobody"),
        (iam.role, {"name": "a", "trust": {"document": {}, "service": ["b"]}}, r"x\.trust has a document and service"),
        (
            iam.role,
            {"name": "a", "trust": {"oidc": [{"provider": "b", "subjects": ["c"]}]}},
            r"x\.trust\.oidc\[0\] needs the provider's address",
        ),
        (iam.role, {"name": "a", "managed_policies": ["arn:aws:iam::1:b"]}, r"x\.managed_policies\[0\] is"),
        (iam.role, {"name": "a", "permissions_boundary": "arn:b"}, r"x\.permissions_boundary is"),
        (iam.role, {"name": "a b", **PODS}, r"x\.name is 'a b'"),
        (iam.role, {"name": "a" * 65, **PODS}, r"x\.name has 65 characters"),
        (iam.role, {"name": "a", "path": "shop"}, r"x\.path is 'shop'"),
        (iam.role, {"name": "a", "instance_profile": "b c"}, r"x\.instance_profile is 'b c'"),
        (iam.role, {"name": "a", "max_session_duration": 60}, "max_session_duration is 60 seconds"),
        (iam.role, {"name": "a", "inline_policies": {"b": {"Statement": LONG}}}, "of which IAM takes 10240"),
        (iam.managed_policy, {"name": "a", "document": {"Statement": LONG}}, "of which IAM takes 6144"),
        (iam.managed_policy, {"name": "a", "document": "{x"}, r"x\.document is no JSON"),
        (
            iam.managed_policy,
            {"name": "a", "document": {"Statement": {"Effect": "Allow", "Action": "Get"}}},
            "service:",
        ),
        (iam.provider, {"url": "http://b"}, r"x\.url is 'http://b'"),
        (iam.provider, {"url": "https://b?c"}, r"x\.url is 'https://b\?c'"),
    ],
)
def test_what_iam_would_refuse_is_refused_with_its_path(check, options, says):
    with pytest.raises(ReplatformError, match=says):
        check(options, "x")


def test_the_versions_of_a_policy_are_in_their_order():
    versions = [{"VersionId": f"v{n}", "Document": {"n": n}} for n in (10, 9, 2)]
    assert list(iam.versions_from_api({"PolicyVersionList": versions})) == ["v2", "v9", "v10"]


DESCRIBED: dict[str, Any] = {
    # DescribeCertificate's example, API Reference
    "CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
    "DomainName": "Example.com",
    "SubjectAlternativeNames": ["example.com", "*.example.com"],
    "DomainValidationOptions": [
        {
            "DomainName": name,
            "ValidationStatus": "PENDING_VALIDATION",
            "ResourceRecord": {"Name": "_x1.example.com.", "Type": "CNAME", "Value": "_x2.acm-validations.aws."},
        }
        for name in ("example.com", "*.example.com")
    ],
    "KeyAlgorithm": "RSA-2048",
    "Status": "PENDING_VALIDATION",
    "NotAfter": dt.datetime(2027, 12, 1, tzinfo=dt.UTC),
    "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"},
}


def test_a_certificate_is_read_as_the_service_tells_it():
    state = acm.state_from_api(DESCRIBED)
    assert state["domain"] == "example.com"
    assert state["subject_alternative_names"] == ["*.example.com"]
    assert state["key_algorithm"] == "RSA_2048"
    assert state["transparency_logging"] is False
    assert state["validation_records"] == [
        {"name": "_x1.example.com", "type": "CNAME", "value": "_x2.acm-validations.aws"}
    ]
    assert len(state["unvalidated"]) == 2
    assert state["not_after"] == "2027-12-01T00:00:00+00:00"
    assert acm.state_from_api({"CertificateArn": "arn:a", "DomainName": "a.example"}).keys() == acm.BLANK.keys()


def test_what_acm_has_given_up_is_told_with_the_way_out():
    error = acm.failure({**acm.BLANK, "domain": "a.example", "status": "FAILED", "failure_reason": "CAA_ERROR"})
    assert "allow amazon.com in the CAA records" in error.message
    error = acm.failure({**acm.BLANK, "domain": "a.example", "status": "VALIDATION_TIMED_OUT"})
    assert "VALIDATION_TIMED_OUT" in error.message
    assert "requests a new certificate" in error.message


@pytest.mark.parametrize(
    ("name", "zone", "inside"),
    [("a.b", "a.b", True), ("x.a.b", "a.b", True), ("*.a.b", "a.b", True), ("xa.b", "a.b", False), ("b", "a.b", False)],
)
def test_a_name_is_inside_of_a_zone_by_whole_labels(name, zone, inside):
    assert acm.inside(name, zone) is inside


def test_lifecycle_rules_are_compared_by_what_they_do():
    rule = {
        "rulePriority": 2,
        "selection": {"tagPrefixList": ["b", "a"], "countNumber": 3},
        "action": {"type": "expire"},
    }
    given = {"rules": [rule, {**rule, "rulePriority": "1"}]}
    checked = ecr.checked({"name": "ab", "lifecycle_policy": given}, "repositories[0]")
    assert [one["rulePriority"] for one in checked["lifecycle_policy"]["rules"]] == [1, 2]
    assert checked["lifecycle_policy"]["rules"][0]["selection"]["tagPrefixList"] == ["a", "b"]


def test_a_key_named_by_its_alias_is_not_compared_with_the_key_behind_it():
    current = {**ecr.BLANK, "kms_key_id": "arn:aws:kms:eu-central-1:1:key/x"}
    assert ecr.desired({"name": "a", "kms_key_id": "alias/shop"}, current)["kms_key_id"] == current["kms_key_id"]
    assert ecr.desired({"name": "a", "kms_key_id": "alias/shop"}, None)["kms_key_id"] == "alias/shop"


def test_the_values_of_an_event_pattern_are_a_set():
    one = {"source": ["b", "a"], "detail": {"x": [{"prefix": "p"}, 1]}}
    other = {"detail": {"x": [1, {"prefix": "p"}]}, "source": ["a", "b"]}
    assert events.tidy(one) == events.tidy(other)


@pytest.mark.parametrize("pattern", [{}, [], "{", {"a": "b"}, {"a": {"b": 1}}])
def test_what_is_no_event_pattern_is_refused(pattern):
    with pytest.raises(ReplatformError, match="event_pattern"):
        events.checked({"name": "a", "event_pattern": pattern}, "rules[0]")
