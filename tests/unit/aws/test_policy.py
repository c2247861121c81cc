from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws import policy
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError


def of(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
WRITE = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole"}
CONDITION = {"StringEquals": {"aws:SourceAccount": "1"}}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param(of(READ), of(READ), True, id="the same"),
        pytest.param(of(READ, WRITE), of(WRITE, READ), True, id="order of statements"),
        pytest.param(of(READ), of(READ, READ), True, id="said twice"),
        pytest.param(of(READ), {"Version": "2012-10-17", "Statement": READ}, True, id="one statement"),
        pytest.param(of(READ), of({**READ, "Action": ["s3:GetObject"]}), True, id="list of one"),
        pytest.param(of(READ), of({**READ, "Action": "S3:getobject"}), True, id="case of actions"),
        pytest.param(of(READ), of({**READ, "Sid": ""}), True, id="empty id"),
        pytest.param(of(READ), of({**READ, "Sid": "a"}), False, id="id"),
        pytest.param(of(READ), of({**READ, "Effect": "Deny"}), False, id="effect"),
        pytest.param(of(READ), of({**READ, "Resource": "arn:aws:s3:::B"}), False, id="resource"),
        pytest.param(of(READ), {"Statement": [READ]}, False, id="older version of the language"),
        pytest.param(of({**READ, "Resource": ["a", "b"]}), of({**READ, "Resource": ["b", "a"]}), True, id="resources"),
        pytest.param(of({**ASSUME, "Principal": "*"}), of({**ASSUME, "Principal": {"AWS": "*"}}), True, id="everyone"),
        pytest.param(
            of({**ASSUME, "Principal": {"AWS": "123456789012"}}),
            of({**ASSUME, "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}}),
            True,
            id="an account",
        ),
        pytest.param(
            of({**ASSUME, "Principal": {"AWS": "arn:aws:iam::123456789012:role/a"}}),
            of({**ASSUME, "Principal": {"AWS": "AROAEXAMPLE"}}),
            False,
            id="a role that was deleted",
        ),
        pytest.param(
            of({**ASSUME, "Condition": CONDITION}),
            of({**ASSUME, "Condition": {"stringequals": {"AWS:sourceaccount": ["1"]}}}),
            True,
            id="case of condition keys",
        ),
        pytest.param(
            of({**ASSUME, "Condition": {"Bool": {"aws:SecureTransport": False}}}),
            of({**ASSUME, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
            True,
            id="true and false",
        ),
        pytest.param(
            of({**ASSUME, "Condition": {"StringEquals": {"aws:RequestTag/App": "a"}}}),
            of({**ASSUME, "Condition": {"StringEquals": {"aws:RequestTag/app": "a"}}}),
            False,
            id="names of tags",
        ),
        pytest.param(of(READ), None, False, id="none"),
        pytest.param(None, {}, True, id="nothing"),
    ],
)
def test_documents_are_compared_by_what_they_mean(one, other, alike):
    assert policy.same(one, other) is alike


@pytest.mark.parametrize(
    "text", [json.dumps(of(READ)), quote(json.dumps(of(READ))), of(READ), f"\n {json.dumps(of(READ))}"]
)
def test_a_document_is_read_however_the_service_writes_it(text):
    assert policy.from_api(text) == of(READ)


def test_what_means_the_same_stays_as_it_is():
    current = of({**READ, "Action": ["S3:GetObject"]})
    assert policy.as_it_is(of(READ), current) is current
    assert policy.as_it_is(of(WRITE), current) == of(WRITE)
    assert policy.as_it_is(of(READ), None) == of(READ)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("[", r"a\.b is no JSON"),
        ("[]", r"a\.b is no policy document"),
        ({}, r"a\.b has no Statement"),
        ({"Statement": [READ], "Statment": []}, r"a\.b has the unknown key Statment"),
        ({"Statement": ["x"]}, r"a\.b\.Statement\[0\] is no statement"),
        ({"Statement": [READ, {**READ, "Effect": "allow"}]}, r"a\.b\.Statement\[1\] has Effect 'allow'"),
        ({"Statement": [{**READ, "NotAction": "s3:PutObject"}]}, "has Action and NotAction"),
        ({"Statement": [{"Effect": "Allow", "Resource": "*"}]}, "has no Action"),
        ({"Statement": [{**READ, "Action": "GetObject"}]}, "has the action 'GetObject'; write it as service:Action"),
        ({"Statement": [{**READ, "Condition": {"Bool": "x"}}]}, "has a Condition that is no dictionary"),
    ],
)
def test_a_document_that_the_language_does_not_have_is_refused_with_its_path(given, says):
    with pytest.raises(ReplatformError, match=says):
        policy.document(given, "a.b")


def test_a_document_without_a_version_gets_the_one_with_variables():
    assert policy.document({"Statement": READ}, "a") == {"Version": "2012-10-17", "Statement": [READ]}
