"""Which operation of which service a request to AWS calls, in every protocol and in botocore's own words."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

Environ = dict[str, Any]

FORM = "application/x-www-form-urlencoded"
READING_VERBS = (
    "BatchCheck", "BatchGet", "Check", "Decrypt", "Describe", "Encrypt", "Estimate", "Filter", "GenerateDataKey", "Get",
    "Head", "List", "Lookup", "Preview", "Query", "Scan", "Search", "Select", "Simulate", "Validate", "Verify",
)  # fmt: skip
ALSO_READ = {
    "route53.TestDNSAnswer",
    "sts.AssumeRole",
    "sts.AssumeRoleWithWebIdentity",
    "sts.DecodeAuthorizationMessage",
}
ALSO_WRITE = {"ses.VerifyDomainDkim", "ses.VerifyDomainIdentity", "ses.VerifyEmailIdentity"}
READING_METHODS = ("GET", "HEAD", "OPTIONS")
SERVICES = {
    "api.ecr": "ecr",
    "application-autoscaling": "application-autoscaling",
    "elasticloadbalancing": "elbv2",
    "email": "sesv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
}
"""boto3's name of a service where its requests are signed with another one."""
S3_CONTROL = "/v20180820/"
"""How each path of s3control begins, which signs as s3."""
SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
CBOR_PATH = re.compile(r"^/service/[^/]+/operation/(\w+)$")


@dataclass(frozen=True)
class Call:
    """A request: "eks", "CreateCluster", "eu-central-1", and the protocol that its answer must be in."""

    service: str
    operation: str
    region: str
    protocol: str
    """query, ec2, json, cbor, rest-json or rest-xml."""

    @property
    def name(self) -> str:
        return f"{self.service}.{self.operation}"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, by its operation's verb."""
        if self.operation in READING_METHODS or self.name in ALSO_READ:
            return True
        return self.operation.startswith(READING_VERBS) and self.name not in ALSO_WRITE


def call_of(environ: Environ) -> Call:
    """What a request calls; "unsigned" or "eks.GET" where no name can be found."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    region, signed = _scope(environ)
    path = _path(environ)
    service = SERVICES.get(signed, signed) or target.partition(".")[0].lower() or "unsigned"
    if service == "s3" and path.startswith(S3_CONTROL):
        service = "s3control"
    if operation := target.rpartition(".")[2]:
        return Call(service, operation, region, "json")
    if found := CBOR_PATH.match(path):
        return Call(service, found[1], region, "cbor")
    if operation := _action(environ):
        return Call(service, operation, region, "ec2" if service == "ec2" else "query")
    model = _rest(service) if signed else None
    method = environ["REQUEST_METHOD"]
    if model is None:
        return Call(service, method, region, "rest-xml" if service in ("s3", "unsigned") else "rest-json")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    headers = {name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_")}
    return Call(service, model.operation(method, path, query, headers) or method, region, model.protocol)


def body(environ: Environ) -> bytes:
    """The request's body, which stays readable; empty when its length is not told."""
    content: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if content:
        environ["wsgi.input"] = io.BytesIO(content)
    return content


def address(environ: Environ) -> str:
    """Path and query as they were sent: %2F in an ARN is no slash of the path."""
    if sent := environ.get("RAW_URI"):
        return str(sent)
    query = environ.get("QUERY_STRING", "")
    return f"{environ.get('PATH_INFO', '')}?{query}" if query else str(environ.get("PATH_INFO", ""))


def _path(environ: Environ) -> str:
    return re.sub(r"^https?://[^/]+", "", address(environ)).partition("?")[0]


def _scope(environ: Environ) -> tuple[str, str]:
    """Region and signing name, from the header or from a signed address."""
    signature = environ.get("HTTP_AUTHORIZATION", "")
    if not signature and "X-Amz-Credential" in environ.get("QUERY_STRING", ""):
        signature = unquote(environ["QUERY_STRING"]).replace("X-Amz-Credential", "Credential")
    found = SCOPE.search(signature)
    return (found[1], found[2]) if found else ("", "")


def _action(environ: Environ) -> str:
    """The Action parameter of the query protocol, from the address or from the body."""
    query = environ.get("QUERY_STRING", "")
    if environ.get("CONTENT_TYPE", "").startswith(FORM):
        query = f"{query}&{body(environ).decode(errors='replace')}"
    return parse_qs(query).get("Action", [""])[0]


@dataclass(frozen=True)
class Route:
    """How requests of one REST operation look."""

    operation: str
    method: str
    path: re.Pattern[str]
    literals: Mapping[str, str]
    """Parts of the address after the question mark, such as policy, with their values."""
    parameters: frozenset[str]
    headers: frozenset[str]
    weight: tuple[int, ...]

    def fits(self, method: str, path: str, query: Mapping[str, list[str]], headers: set[str]) -> bool:
        return (
            method == self.method
            and all(query.get(name) == [value] for name, value in self.literals.items())
            and self.parameters <= query.keys()
            and self.headers <= headers
            and bool(self.path.match(path))
        )


class RestModel:
    """Names the operations of a REST service by botocore's description of it."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.protocol = str(description["metadata"]["protocol"])
        shapes = description["shapes"]
        routes = [
            _route(name, about["http"], shapes.get(about.get("input", {}).get("shape"), {}))
            for name, about in description["operations"].items()
            # S3 has PutBucketLifecycle beside PutBucketLifecycleConfiguration, with the same address.
            if not about.get("deprecated")
        ]
        self._routes = sorted(routes, key=lambda route: route.weight, reverse=True)

    def operation(self, method: str, path: str, query: Mapping[str, list[str]], headers: set[str]) -> str | None:
        return next((route.operation for route in self._routes if route.fits(method, path, query, headers)), None)


def _route(name: str, http: Mapping[str, str], shape: Mapping[str, Any]) -> Route:
    path, _, query = http["requestUri"].partition("?")
    members, required = shape.get("members", {}), set(shape.get("required", ()))

    def needed(location: str) -> frozenset[str]:
        return frozenset(
            about["locationName"].lower() if location == "header" else about["locationName"]
            for member, about in members.items()
            if member in required and about.get("location") == location
        )

    literals = {key: values[0] for key, values in parse_qs(query, keep_blank_values=True).items()}
    parameters, headers = needed("querystring"), needed("header")
    fixed = re.sub(r"\{[^}]+\}", "", path)
    pattern = "".join(
        (r".+" if part.endswith("+}") else r"[^/]+") if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{[^}]+\})", path.rstrip("/"))
    )
    return Route(
        name,
        http["method"],
        re.compile(f"^{pattern}/?$"),
        literals,
        parameters,
        headers,
        (len(literals), len(parameters), len(headers), len(fixed)),
    )


_LOADING = threading.Lock()


def _rest(service: str) -> RestModel | None:
    """The routes of a REST service, None when botocore has no such one."""
    with _LOADING:
        description = description_of(service)
        if not description or not str(description["metadata"]["protocol"]).startswith("rest-"):
            return None
        return _model(service)


@cache
def _model(service: str) -> RestModel:
    return RestModel(description_of(service))


@cache
def description_of(service: str) -> Mapping[str, Any]:
    """The description of a service that botocore has (service-2), empty when it has none."""
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader

    try:
        return dict(Loader().load_service_model(service, "service-2"))
    except (UnknownServiceError, ValueError):
        return {}
