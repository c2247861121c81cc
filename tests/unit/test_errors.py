from __future__ import annotations

import socket
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ansible_collections.replatform.aws.plugins.module_utils.aws.errors import calling
from ansible_collections.replatform.aws.plugins.module_utils.aws.session import Session
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError, unexpected


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch, tmp_path):
    """The machine's own AWS configuration is out of sight."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
                 "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def failure(params):
    with pytest.raises(ReplatformError) as caught, calling("list queues"):
        Session(params).client("sqs").list_queues()
    return caught.value


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


KEYS = {"access_key": "a", "secret_key": "b"}


@pytest.mark.parametrize(
    ("params", "code", "says"),
    [
        ({}, "NoRegionError", "set AWS_REGION"),
        ({"region": "eu-west-1"}, "NoCredentialsError", "no AWS credentials were found"),
        ({"region": "eu-west-1", "access_key": "a"}, "PartialCredentialsError", "access_key but no secret_key"),
        ({"region": "eu-west-1", "secret_key": "a"}, "PartialCredentialsError", "secret_key but no access_key"),
        ({"region": "eu-west-1", "profile": "nobody"}, "ProfileNotFound", "nobody"),
    ],
)
def test_a_connection_that_cannot_be_made_says_what_to_give(params, code, says):
    error = failure(params)
    assert error.code == code
    assert says in error.message


def test_an_endpoint_that_nobody_serves_is_named(monkeypatch):
    # One attempt in place of six: the pauses between them are botocore's own.
    monkeypatch.setattr("time.sleep", lambda _: None)
    url = f"http://127.0.0.1:{free_port()}"
    error = failure({"region": "eu-west-1", "endpoint_url": url, **KEYS})
    assert error.code == "EndpointConnectionError"
    assert url in error.message
    assert "endpoint_url" in error.message


def test_the_region_of_aws_region_is_used(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert Session(KEYS).client("sqs").meta.region_name == "eu-north-1"
    assert Session({**KEYS, "region": "eu-west-3"}).client("sqs").meta.region_name == "eu-west-3"


def test_clients_are_made_once_and_their_credentials_are_known_to_be_hidden(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "from-the-environment")
    session = Session({"region": "eu-west-1"})
    assert session.client("sqs") is session.client("sqs")
    assert session.secrets() == ["from-the-environment"]


def test_a_missing_library_is_named_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    error = failure({"region": "eu-west-1", **KEYS})
    assert error.code == "MissingLibrary"
    assert "pip install boto3" in error.message


@pytest.mark.parametrize(
    ("code", "message", "says"),
    [
        ("AccessDeniedException", "User x is not authorized", "IAM policy"),
        ("ExpiredTokenException", "The security token is expired", "sign in again"),
        ("UnrecognizedClientException", "The security token is invalid.", "check the access key"),
        ("AuthFailure", "AWS was not able to validate", "has enabled this region"),
        ("ThrottlingException", "Rate exceeded", "run again later"),
        ("RequestThrottled", "Rate exceeded", "run again later"),
        ("DBClusterQuotaExceededFault", "No more clusters", "ask for a higher quota"),
        ("VpcLimitExceeded", "No more VPCs", "ask for a higher quota"),
        ("TooManyBuckets", "No more buckets", "ask for a higher quota"),
        ("InvalidParameterException", "Name is too long", "correct what was asked for"),
        ("500", "<!doctype html>\n<title>Not implemented</title>", "emulator"),
        ("Strange", "", "answered CreateQueue with HTTP status 400"),
    ],
)
def test_a_services_answer_is_one_sentence_with_code_and_request_id(code, message, says):
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"RequestId": "r-7", "HTTPStatusCode": 400},
    }
    with pytest.raises(ReplatformError) as caught, calling("create queue a"):
        raise ClientError(response, "CreateQueue")
    error = caught.value
    assert error.message.startswith("Cannot create queue a: ")
    assert error.message.endswith(f"({code}, request r-7).")
    assert says in error.message
    assert "<" not in error.message
    assert "\n" not in error.message
    assert (error.code, error.request_id, error.facts["operation"]) == (code, "r-7", "CreateQueue")


def test_what_is_none_of_botocores_passes_through():
    with pytest.raises(ZeroDivisionError), calling("divide"):
        _ = 1 / 0
    with pytest.raises(ReplatformError, match="ours"), calling("divide"):
        raise ReplatformError("ours")


def test_a_wrong_parameter_is_no_traceback():
    client = boto3.client("sqs", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    with pytest.raises(ReplatformError, match="Cannot create queue a: "), calling("create queue a"):
        client.create_queue(Nam="a")


def test_an_unexpected_error_names_where_it_was_met():
    try:
        _ = dict[str, int]()["x"]
    except KeyError as exc:
        error = unexpected(exc, "queue a")
    assert error.message.startswith("queue a: unexpected KeyError at test_errors.py:")
    assert error.as_dict()["exception"] == "KeyError"
