from __future__ import annotations

import io
import json
from urllib.parse import unquote, urlencode

import pytest
from botocore.model import ServiceModel
from botocore.serialize import create_serializer

from sandbox.aws_calls import call_of, description_of
from sandbox.aws_emulator import Recorder


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
COPY = {"HTTP_X_AMZ_COPY_SOURCE": "b/k"}
CALLS = [
    (request(target="secretsmanager.CreateSecret", scope="secretsmanager"), "secretsmanager.CreateSecret", False),
    (request(target="secretsmanager.GetSecretValue", scope="secretsmanager"), "secretsmanager.GetSecretValue", True),
    (request(target="AmazonSQS.ReceiveMessage", scope="sqs"), "sqs.ReceiveMessage", False),
    (request(body=b"Action=DescribeDBClusters", scope="rds", content_type=FORM), "rds.DescribeDBClusters", True),
    (request(body=b"Action=CreateDBCluster", scope="rds", content_type=FORM), "rds.CreateDBCluster", False),
    (request(body=b"Action=CreateVpc", scope="ec2", content_type=FORM), "ec2.CreateVpc", False),
    (request("GET", query="Action=GetCallerIdentity", scope="sts"), "sts.GetCallerIdentity", True),
    (request(path="/service/Granite/operation/PutMetricData", scope="monitoring"), "cloudwatch.PutMetricData", False),
    (request("GET", "/clusters", scope="eks"), "eks.ListClusters", True),
    (request("POST", "/clusters", scope="eks"), "eks.CreateCluster", False),
    (request("DELETE", "/clusters/one", scope="eks"), "eks.DeleteCluster", False),
    (request("GET", "/addons/supported-versions", scope="eks"), "eks.DescribeAddonVersions", True),
    (request("POST", "/clusters/one/no-such-thing", scope="eks"), "eks.POST", False),
    (request("GET", "/", scope="s3"), "s3.ListBuckets", True),
    (request("HEAD", "/b", scope="s3"), "s3.HeadBucket", True),
    (request("PUT", "/b", scope="s3"), "s3.CreateBucket", False),
    (request("PUT", "/b/", query="policy", scope="s3"), "s3.PutBucketPolicy", False),
    (request("PUT", "/b", query="lifecycle", scope="s3"), "s3.PutBucketLifecycleConfiguration", False),
    (request("GET", "/b", query="list-type=2&prefix=x", scope="s3"), "s3.ListObjectsV2", True),
    (request("GET", "/b", query="prefix=x", scope="s3"), "s3.ListObjects", True),
    (request("POST", "/b", query="delete", scope="s3"), "s3.DeleteObjects", False),
    (request("PUT", "/b/a/key", scope="s3"), "s3.PutObject", False),
    (request("PUT", "/b/a/key", scope="s3") | COPY, "s3.CopyObject", False),
    (request("PUT", "/b/a/key", query="partNumber=1&uploadId=x", scope="s3"), "s3.UploadPart", False),
    (request("PUT", "/b/a/key", query="partNumber=1&uploadId=x", scope="s3") | COPY, "s3.UploadPartCopy", False),
    (request("GET", "/v20180820/configuration/publicAccessBlock", scope="s3") | {"HTTP_X_AMZ_ACCOUNT_ID": "1"},
     "s3control.GetPublicAccessBlock", True),
    (request("POST", "/2013-04-01/hostedzone/Z1/rrset/", scope="route53"), "route53.ChangeResourceRecordSets", False),
    (request("POST", "/2015-03-31/functions", scope="lambda"), "lambda.CreateFunction", False),
    (request("GET", "/", query="X-Amz-Credential=k%2F20260101%2Fr%2Fs3%2Faws4_request"), "s3.ListBuckets", True),
    (request("HEAD", "/bucket"), "unsigned.HEAD", True),
]  # fmt: skip


@pytest.mark.parametrize(("environ", "name", "reads"), CALLS, ids=[name for _, name, _ in CALLS])
def test_a_call_is_named_as_botocore_names_it_and_told_to_read_or_write(environ, name, reads):
    call = call_of(environ)
    assert (call.name, call.reads) == (name, reads)


def test_an_arn_in_a_path_is_one_part_of_it():
    sent = "/clusters/one/access-entries/arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa/access-policies"
    environ = request("GET", unquote(sent), scope="eks")
    assert call_of(environ | {"RAW_URI": sent}).name == "eks.ListAssociatedAccessPolicies"


# The same address, and nothing in the request that tells them apart.
TWINS = {"ListDirectoryBuckets": "ListBuckets"}


def smallest(shape):
    """The least that a parameter of that shape can be."""
    if shape.type_name == "structure":
        return {name: smallest(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [smallest(shape.member)]
    sizes = {"map": {}, "integer": 1, "long": 1, "boolean": True, "float": 1.0, "double": 1.0}
    return sizes.get(shape.type_name, "2026-01-01" if shape.type_name == "timestamp" else "x")


@pytest.mark.parametrize("service", ["cloudfront", "eks", "lambda", "route53", "s3", "s3control"])
def test_every_operation_of_a_rest_service_is_named_as_its_own_client_sends_it(service):
    model = ServiceModel(description_of(service), service)
    serializer = create_serializer(model.metadata["protocol"], include_validation=False)
    named = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.deprecated:
            continue
        sent = serializer.serialize_to_request(
            smallest(operation.input_shape) if operation.input_shape else {}, operation
        )
        path, _, literal = sent["url_path"].partition("?")
        query = "&".join(filter(None, [literal, urlencode(sent["query_string"])]))
        headers = {f"HTTP_{key.replace('-', '_').upper()}": str(value) for key, value in sent["headers"].items()}
        scope = "s3" if service == "s3control" else service
        named[name] = call_of(request(sent["method"], path, query=query, scope=scope) | headers).operation
    assert {name: found for name, found in named.items() if found != name} == {
        name: twin for name, twin in TWINS.items() if name in named
    }


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
    expected = {"reads": 1, "writes": 1, "calls": {"eks.ListClusters": 1, "rds.CreateDBCluster": 1}}
    assert recorder.counts() == expected
    answer(recorder, request("GET", "/sandbox/requests"))
    assert recorder.counts() == expected
    answer(recorder, request("POST", "/sandbox/requests/reset"))
    assert recorder.counts() == {"reads": 0, "writes": 0, "calls": {}}


def test_the_calls_of_modules_are_kept_apart_and_not_reset():
    recorder = Recorder(Application())
    for agent in ("Boto3/1.40 replatform.aws", "APN/1.0 Ansible/2.21.5", "Boto3/1.40"):
        answer(recorder, {**request("GET", "/clusters", scope="eks"), "HTTP_USER_AGENT": agent})
    answer(recorder, request("POST", "/sandbox/requests/reset"))
    assert json.loads(answer(recorder, request("GET", "/sandbox/requests/modules"))) == {
        "calls": {"eks.ListClusters": 2}
    }
