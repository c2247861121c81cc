from __future__ import annotations

import io

import pytest

from sandbox.aws_emulator import Recorder, call_of


def request(method="POST", path="/", *, target="", scope="", body=b"", query="", content_type=""):
    signature = f"AWS4-HMAC-SHA256 Credential=key/20260101/eu-central-1/{scope}/aws4_request, Signature=x"
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_AMZ_TARGET": target,
        "HTTP_AUTHORIZATION": signature if scope else "",
        "wsgi.input": io.BytesIO(body),
    }


FORM = "application/x-www-form-urlencoded; charset=utf-8"
CALLS = [
    (request(target="secretsmanager.CreateSecret", scope="secretsmanager"), ("secretsmanager.CreateSecret", False)),
    (request(target="secretsmanager.GetSecretValue", scope="secretsmanager"), ("secretsmanager.GetSecretValue", True)),
    (request(target="AmazonSQS.ReceiveMessage", scope="sqs"), ("sqs.ReceiveMessage", False)),
    (
        request(body=b"Action=DescribeDBClusters&Version=1", scope="rds", content_type=FORM),
        ("rds.DescribeDBClusters", True),
    ),
    (request(body=b"Action=CreateDBCluster", scope="rds", content_type=FORM), ("rds.CreateDBCluster", False)),
    (request("GET", query="Action=GetCallerIdentity", scope="sts"), ("sts.GetCallerIdentity", True)),
    (request(path="/service/Granite/operation/PutMetricData", scope="monitoring"), ("monitoring.PutMetricData", False)),
    (request("GET", "/clusters", scope="eks"), ("eks.GET", True)),
    (request("DELETE", "/clusters/one", scope="eks"), ("eks.DELETE", False)),
    (request("HEAD", "/bucket"), ("unsigned.HEAD", True)),
]


@pytest.mark.parametrize(("environ", "call"), CALLS, ids=[call[0] for _, call in CALLS])
def test_a_call_is_named_and_told_to_read_or_write(environ, call):
    assert call_of(environ) == call


class Application:
    """Answers every request with its own body."""

    def __call__(self, environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]


def answer(recorder, environ):
    return b"".join(recorder(environ, lambda status, headers: None))


def test_the_recorder_counts_by_operation_leaves_the_body_and_can_be_reset():
    recorder = Recorder(Application())
    body = b"Action=CreateDBCluster"
    assert answer(recorder, request(body=body, scope="rds", content_type=FORM)) == body
    answer(recorder, request("GET", "/clusters", scope="eks"))
    answer(recorder, request("POST", "/moto-api/reset"))
    expected = {"reads": 1, "writes": 1, "calls": {"eks.GET": 1, "rds.CreateDBCluster": 1}}
    assert recorder.counts() == expected
    answer(recorder, request("GET", "/sandbox/requests"))
    assert recorder.counts() == expected
    answer(recorder, request("POST", "/sandbox/requests/reset"))
    assert recorder.counts() == {"reads": 0, "writes": 0, "calls": {}}
