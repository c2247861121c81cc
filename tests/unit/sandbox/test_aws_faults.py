from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.model import StructureShape
from botocore.parsers import create_parser

from sandbox.aws_calls import call_of
from sandbox.aws_faults import KINDS, Faults

ALWAYS_BROKEN = ("throttle", "error", "expired_token", "access_denied", "quota", "unavailable_region")


def request(operation="DescribeThing", body=b"{}", *, scope="kms", method="POST", path="/", target=True, form=False):
    content = f"Action={operation}".encode() if form else body
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded" if form else "",
        "CONTENT_LENGTH": str(len(content)),
        "HTTP_X_AMZ_TARGET": f"Service.{operation}" if target else "",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=key/20260101/eu-central-1/{scope}/aws4_request",
        "wsgi.input": io.BytesIO(content),
    }
    return {**environ, "sandbox.call": call_of(environ)}


REQUESTS = {
    "json": request(scope="acm"),
    "query": request("DescribeDBClusters", scope="rds", target=False, form=True),
    "ec2": request("DescribeVpcs", scope="ec2", target=False, form=True),
    "rest-json": request(scope="eks", target=False, path="/clusters"),
    "rest-xml": request(scope="s3", target=False, method="PUT", path="/b"),
    "smithy-rpc-v2-cbor": request(scope="monitoring", target=False, path="/service/Granite/operation/PutMetricAlarm"),
}
CODES = {
    "throttle": {
        "query": "Throttling",
        "ec2": "RequestLimitExceeded",
        "rest-xml": "SlowDown",
        None: "ThrottlingException",
    },
    "error": {"ec2": "InternalError", "rest-xml": "InternalError", None: "InternalFailure"},
    "expired_token": {
        "query": "ExpiredToken",
        "ec2": "RequestExpired",
        "rest-xml": "ExpiredToken",
        None: "ExpiredTokenException",
    },
    "access_denied": {
        "query": "AccessDenied",
        "ec2": "UnauthorizedOperation",
        "rest-xml": "AccessDenied",
        None: "AccessDeniedException",
    },
    "quota": {
        "query": "LimitExceeded",
        "ec2": "ResourceLimitExceeded",
        "rest-json": "ResourceLimitExceededException",
        "rest-xml": "TooManyBuckets",
        "smithy-rpc-v2-cbor": "LimitExceeded",
        None: "LimitExceededException",
    },
    "unavailable_region": {
        "query": "InvalidClientTokenId",
        "ec2": "AuthFailure",
        "rest-xml": "InvalidClientTokenId",
        None: "UnrecognizedClientException",
    },
}


class Cloud:
    """Answers each request with the state that it has now, and keeps the operations that were carried out."""

    def __init__(self, state="ACTIVE"):
        self.state, self.done = state, []

    def __call__(self, environ, start_response):
        if call := environ.get("sandbox.call"):
            self.done.append(call.operation)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"status": self.state, "endpoint": "e"}).encode()]


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def faults(cloud):
    return Faults(cloud)


def ask(faults, environ):
    """Status, headers and content of an answer."""
    told: list[Any] = []
    content = b"".join(faults({**environ, "wsgi.input": io.BytesIO(environ["wsgi.input"].getvalue())}, told_to(told)))
    status, headers = told[-1]
    return int(status[:3]), dict(headers), content


def told_to(told):
    return lambda status, headers, *_: told.append((status, headers))


def shown(faults, operation="DescribeCluster", path="/clusters/one", method="GET"):
    environ = request(scope="eks", target=False, method=method, path=path, body=b"")
    assert environ["sandbox.call"].operation == operation
    return json.loads(ask(faults, environ)[2])


@pytest.mark.parametrize("kind", ALWAYS_BROKEN)
@pytest.mark.parametrize("protocol", REQUESTS)
def test_an_error_is_in_the_protocol_and_the_words_of_its_service(faults, cloud, protocol, kind):
    faults.add([{"kind": kind}])
    status, headers, content = ask(faults, REQUESTS[protocol])
    lower = {name.lower(): value for name, value in headers.items()}
    answer = {"status_code": status, "headers": lower, "body": content}
    parsed: Any = create_parser(protocol).parse(answer, StructureShape("Any", {"type": "structure", "members": {}}))
    codes = CODES[kind]
    assert parsed["Error"]["Code"] == codes.get(protocol, codes[None])
    assert parsed["Error"]["Message"]
    assert parsed["ResponseMetadata"]["RequestId"]
    assert (status >= 500) == (kind == "error" or (kind == "throttle" and protocol in ("ec2", "rest-xml")))
    assert cloud.done == []


def test_a_denial_names_who_may_not_do_what_to_what(faults):
    faults.add([{"kind": "access_denied", "operation": "CreateCluster"}])
    body = b'{"name": "shop", "roleArn": "arn:aws:iam::1:role/r"}'
    _, _, content = ask(faults, request(scope="eks", target=False, path="/clusters", body=body))
    assert json.loads(content)["message"] == (
        "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: eks:CreateCluster on resource:"
        " arn:aws:eks:eu-central-1:123456789012:cluster/shop because no identity-based policy allows the"
        " eks:CreateCluster action"
    )


@pytest.mark.parametrize(
    ("environ", "resource"),
    [
        (request("CreateSecret", b'{"Name": "a/b"}', scope="secretsmanager"), "r:eu-central-1:123456789012:secret:a/b"),
        (request("GetQueueAttributes", b'{"QueueUrl": "http://h/1/mail"}', scope="sqs"), "123456789012:mail"),
        (request("GetRole", b"", scope="iam", target=False, form=True), "iam::123456789012:role/"),
        (request(scope="s3", target=False, method="PUT", path="/b/k"), "arn:aws:s3:::b/k"),
        (request(scope="eks", target=False, method="DELETE", path="/clusters/one"), "cluster/one"),
    ],
)  # fmt: skip
def test_a_denial_names_the_resource_as_far_as_the_call_does(faults, environ, resource):
    faults.add([{"kind": "access_denied"}])
    assert resource in ask(faults, environ)[2].decode()


def test_a_rule_leaves_the_first_calls_alone_and_ends(faults):
    faults.add([{"kind": "throttle", "service": "kms", "operation": "Create*", "after": 1, "times": 2}])
    statuses = [ask(faults, request("CreateKey"))[0] for _ in range(5)]
    assert statuses == [200, 400, 400, 200, 200]
    assert ask(faults, request("DescribeKey"))[0] == 200


@pytest.mark.parametrize("part", ["shop/mail", '"Name": "shop'])
def test_a_rule_can_be_for_one_item_of_a_list(faults, part):
    faults.add([{"kind": "error", "match": part}])
    assert ask(faults, request(body=b'{"Name": "shop/mail"}'))[0] == 500
    assert ask(faults, request(body=b'{"Name": "blog"}'))[0] == 200


def test_of_two_rules_the_first_breaks_the_call_and_both_delays_count(faults, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    faults.add([{"kind": "delay", "seconds": seconds} for seconds in (0.5, 0.25)])
    faults.add([{"kind": "error", "code": code, "status": 503, "times": 1} for code in ("First", "Second")])
    said = [json.loads(ask(faults, request())[2]).get("__type") for _ in range(3)]
    assert said == ["First", "Second", None]
    assert slept == [0.75] * 3


def test_what_is_created_is_shown_on_its_way_by_each_read_and_nothing_else_is(faults):
    shown(faults)
    faults.add([{"kind": "slow", "service": "eks", "times": 2}])
    shown(faults, "CreateCluster", "/clusters", "POST")
    creating = {"status": "CREATING"}
    active = {"status": "ACTIVE", "endpoint": "e"}
    assert [shown(faults) for _ in range(3)] == [creating, creating, active]
    assert [shown(faults, path="/clusters/two") for _ in range(3)] == [creating, creating, active]
    assert shown(faults, "DescribeNodegroup", "/clusters/one/node-groups/n") == active


def test_what_is_changed_or_deleted_is_shown_on_its_way(faults, cloud):
    nodegroup = ("DescribeNodegroup", "/clusters/one/node-groups/n")
    faults.add([{"kind": "slow", "service": "eks", "times": 1}])
    shown(faults, *nodegroup)
    shown(faults, "UpdateNodegroupConfig", f"{nodegroup[1]}/update-config", "POST")
    assert [shown(faults, *nodegroup)["status"] for _ in range(2)] == ["UPDATING", "ACTIVE"]
    shown(faults, "DeleteNodegroup", nodegroup[1], "DELETE")
    cloud.state = "gone"
    assert [shown(faults, *nodegroup)["status"] for _ in range(2)] == ["DELETING", "gone"]


def test_states_in_xml_are_replaced_in_their_elements_only(cloud):
    xml = b"<R><DBCluster><Status>available</Status><Engine>available</Engine></DBCluster></R>"

    def rds(environ, start_response):
        start_response("200 OK", [])
        return [xml]

    faults = Faults(rds)
    faults.add([{"kind": "slow", "service": "rds", "times": 1}])
    ask(faults, request("CreateDBCluster", scope="rds", target=False, form=True))
    read = request("DescribeDBClusters", scope="rds", target=False, form=True)
    assert ask(faults, read)[2] == xml.replace(b"<Status>available", b"<Status>creating")
    assert ask(faults, read)[2] == xml


def test_after_a_write_reads_answer_as_before_for_a_while(faults, cloud):
    faults.add([{"kind": "stale", "service": "eks", "times": 2}])
    shown(faults)
    shown(faults, "UpdateClusterConfig", "/clusters/one/update-config", "POST")
    cloud.state = "new"
    assert [shown(faults)["status"] for _ in range(3)] == ["ACTIVE", "ACTIVE", "new"]
    assert shown(faults, path="/clusters/never-read-before")["status"] == "new"


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ([{"kind": "trottle"}], "kind 'trottle' is none of throttle, "),
        ([{"service": "eks"}], "has no kind"),
        ([{"kind": "error", "opration": "x"}], "opration"),
        ([{"kind": "error", "hits": 1}], "hits"),
        (["error"], "is no rule"),
        ([{"kind": "error", "times": "2"}], "times must be int"),
        ([{"kind": "error", "times": True}], "times must be int"),
        ([{"kind": "slow", "service": "eks"}], "slow needs service and times"),
        ([{"kind": "stale", "times": 1}], "stale needs service and times"),
        ([{"kind": "slow", "service": "sqs", "times": 1}], "slow knows no states of sqs"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_none_of_its_list_is_added(faults, rules, says):
    with pytest.raises(ValueError, match=says):
        faults.add([{"kind": "throttle"}, *rules])
    assert ask(faults, request())[0] == 200


def test_rules_are_told_added_and_taken_away_over_http(faults, cloud):
    def control(method="GET", content=None):
        body = json.dumps(content).encode()
        environ = {**request(method=method, path="/sandbox/faults", body=body), "sandbox.call": None}
        status, _, answer = ask(faults, environ)
        return status, json.loads(answer)

    assert control() == (200, [])
    control("POST", [{"kind": "error", "times": 1}])
    ask(faults, request())
    ask(faults, request())
    status, [rule] = control()
    assert (status, rule["kind"], rule["hits"], rule["seen"]) == (200, "error", 1, 2)
    assert control("POST", [{"kind": "none"}]) == (400, {"error": f"kind 'none' is none of {', '.join(KINDS)}."})
    assert control("DELETE") == (200, [])
    control("POST", [{"kind": "error"}])
    ask(faults, {**request(path="/moto-api/reset"), "sandbox.call": None})
    assert control() == (200, [])
