"""What goes wrong with AWS, switched on for a test: a WSGI middleware that the emulator's calls pass through.

`POST /sandbox/faults` adds a JSON list of rules, `GET` tells them with their `hits`, `DELETE` and moto's own reset
take them away. A rule, of which only `kind` must be given:

    {"kind": "throttle", "service": "eks", "operation": "Create*", "match": "shop-a", "region": "eu-central-1",
     "after": 1, "times": 2}

It counts for calls whose service and operation fit the patterns and whose address or body has the text `match`. It
leaves the first `after` of them alone, and then applies `times` times (always, when not given). Of several rules
that fit, each `delay` and the first other one applies.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, unquote_plus
from xml.sax.saxutils import escape

from .aws_calls import Call, Environ, address, body, description_of

Wsgi = Callable[[Environ, Callable], Iterable[bytes]]

PATH = "/sandbox/faults"
ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/sandbox"

JSON = ("Content-Type", "application/json")
AFTER_WRITES = ("slow", "stale")
KINDS = {
    "throttle": "the service's throttling error",
    "error": "status 500 and InternalFailure, or `status`, `code` and `message`",
    "lost_reply": "carries the call out, then the connection breaks",
    "expired_token": "the credentials have expired",
    "access_denied": "the action is not allowed, on `resource`",
    "quota": "the limit error that botocore's model names for the operation",
    "unavailable_region": "what a region answers that the account has not enabled",
    "delay": "`seconds` more a call",
    "slow": "after a write each read of the same thing shows, `times` times, a state on the way there: CREATING",
    "stale": "after a write each read of the service answers, `times` times, as it did before",
}

THROTTLES = {
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    "s3control": ("SlowDown", 503),
    "sqs": ("RequestThrottled", 403),
    "lambda": ("TooManyRequestsException", 429),
}
THROTTLE_OF_PROTOCOL = {
    "query": ("Throttling", 400),
    "rest-xml": ("Throttling", 400),
    "rest-json": ("ThrottlingException", 429),
}
EC2_QUOTAS = {
    "AllocateAddress": "AddressLimitExceeded",
    "AuthorizeSecurityGroupEgress": "RulesPerSecurityGroupLimitExceeded",
    "AuthorizeSecurityGroupIngress": "RulesPerSecurityGroupLimitExceeded",
    "CreateInternetGateway": "InternetGatewayLimitExceeded",
    "CreateNatGateway": "NatGatewayLimitExceeded",
    "CreateRoute": "RouteLimitExceeded",
    "CreateRouteTable": "RouteTableLimitExceeded",
    "CreateSecurityGroup": "SecurityGroupLimitExceeded",
    "CreateSubnet": "SubnetLimitExceeded",
    "CreateVpc": "VpcLimitExceeded",
    "CreateVpcEndpoint": "VpcEndpointLimitExceeded",
}
"""EC2's errors are in no model: Amazon EC2 API reference, "Error codes"."""
QUOTAS = {"s3.CreateBucket": "TooManyBuckets"}
"""Amazon S3 API reference, "Error responses"."""


@dataclass(frozen=True)
class Transition:
    """How a service names a finished state, and those on the way to it."""

    names: tuple[str, ...]
    """Of the JSON members or XML elements that tell the state."""
    done: str
    creating: str
    updating: str
    deleting: str
    lacks: tuple[str, ...] = ()
    """Members that are not there before it was created."""


TRANSITIONS = {
    "acm": [
        Transition(("Status",), "ISSUED", "PENDING_VALIDATION", "PENDING_VALIDATION", "ISSUED"),
        Transition(("ValidationStatus",), "SUCCESS", "PENDING_VALIDATION", "PENDING_VALIDATION", "SUCCESS"),
    ],
    "cloudfront": [Transition(("Status",), "Deployed", "InProgress", "InProgress", "InProgress")],
    "dms": [Transition(("ReplicationInstanceStatus",), "available", "creating", "modifying", "deleting")],
    "ec2": [Transition(("state", "status"), "available", "pending", "pending", "deleting")],
    "eks": [
        Transition(("status",), "ACTIVE", "CREATING", "UPDATING", "DELETING", ("endpoint", "certificateAuthority")),
        Transition(("status",), "Successful", "InProgress", "InProgress", "InProgress"),
    ],
    "elasticache": [
        Transition(("Status", "CacheClusterStatus"), "available", "creating", "modifying", "deleting"),
        Transition(("Status",), "active", "creating", "modifying", "deleting"),
    ],
    "kms": [Transition(("KeyState",), "Enabled", "Creating", "Updating", "PendingDeletion")],
    "rds": [Transition(("Status", "DBInstanceStatus"), "available", "creating", "modifying", "deleting")],
    "route53": [Transition(("Status",), "INSYNC", "PENDING", "PENDING", "PENDING")],
    "secretsmanager": [Transition(("Status",), "InSync", "InProgress", "InProgress", "InProgress")],
}

VERB = re.compile(r"^[A-Z][a-z]+")
CREATING = {"Allocate", "Create", "Replicate", "Request", "Restore", "Run"}
DELETING = {"Delete", "Release", "Remove", "Terminate"}
SUFFIXES = ("", "Attribute", "Config", "Settings", "ShardConfiguration", "Version")
"""What a write may name behind the noun that a read names: UpdateNodegroupConfig, DescribeNodegroup."""
NOUNS = {
    "DecreaseReplicaCount": "ReplicationGroup",
    "IncreaseReplicaCount": "ReplicationGroup",
    "ReplicateSecretToRegions": "Secret",
}
OF_EVERY_WRITE = {"Change", "Update"}
"""Nouns of reads that tell how far any write is: DescribeUpdate of EKS, GetChange of Route 53."""


@dataclass
class Rule:
    """What is done to which calls; see the module."""

    kind: str
    service: str = "*"
    operation: str = "*"
    """Of `slow` and `stale`: the writes after which reads are so."""
    match: str = ""
    region: str = "*"
    after: int = 0
    times: int | None = None
    seconds: float = 0.0
    status: int = 0
    code: str = ""
    message: str = ""
    resource: str = ""
    hits: int = 0
    """Calls that it was applied to."""
    seen: int = 0
    """Calls that it fits."""

    def __post_init__(self) -> None:
        for about in fields(self):
            value, wanted = getattr(self, about.name), str(about.type)
            kinds = {"str": str, "int": int, "int | None": int | None, "float": float | int}[wanted]
            if not isinstance(value, kinds) or isinstance(value, bool):
                raise ValueError(f"{about.name} must be {wanted}, not {value!r}")  # noqa: TRY004  one kind for all
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        if self.kind in AFTER_WRITES and (self.times is None or self.service == "*"):
            raise ValueError(f"{self.kind} needs service and times")
        if self.kind == "slow" and self.service not in TRANSITIONS:
            raise ValueError(f"slow knows no states of {self.service}; it knows those of {', '.join(TRANSITIONS)}")

    def fits(self, call: Call, environ: Environ) -> bool:
        return (
            fnmatchcase(call.service, self.service)
            and fnmatchcase(call.operation, self.operation)
            and fnmatchcase(call.region, self.region)
            and (not self.match or self.match in _text(environ))
        )

    def strikes(self) -> bool:
        """Counts a call that fits, and tells whether the rule applies to it."""
        self.seen += 1
        strikes = self.seen > self.after and (self.times is None or self.hits < self.times)
        self.hits += strikes
        return strikes


@dataclass(frozen=True)
class Answer:
    """What the application answered, or is made to."""

    status: str
    headers: tuple[tuple[str, str], ...]
    content: bytes

    def give(self, start_response: Callable) -> list[bytes]:
        headers = [one for one in self.headers if one[0].lower() != "content-length"]
        start_response(self.status, [*headers, ("Content-Length", str(len(self.content)))])
        return [self.content]


@dataclass
class Read:
    """One distinct read: its last true answer, and the rules that may still change the next ones."""

    call: Call
    answer: Answer | None = None
    slow: int = 0
    stale: int = 0
    way: str = ""
    """Where `slow` shows it: creating, updating or deleting."""


@dataclass
class Memory:
    """What was read of one service, and the writes that made reads slow."""

    reads: dict[tuple[str, bytes], Read] = field(default_factory=dict)
    slow_writes: list[tuple[Call, int]] = field(default_factory=list)


class Faults:
    """WSGI middleware that does to calls what the rules say; without a rule it only passes them on."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._memories: dict[str, Memory] = {}

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == PATH:
            return self._told(environ, start_response)
        if path == "/moto-api/reset":
            self.clear()
        call: Call | None = environ.get("sandbox.call")
        if not self._rules or call is None:
            return self._application(environ, start_response)
        with self._lock:
            fitting = [one for one in self._rules if one.kind not in AFTER_WRITES and one.fits(call, environ)]
            delay = sum(one.seconds for one in fitting if one.kind == "delay" and one.strikes())
            broken = next((one for one in fitting if one.kind != "delay" and one.strikes()), None)
        time.sleep(delay)
        if broken and broken.kind != "lost_reply":
            return _error(broken, call, environ).give(start_response)
        answer = self._remembered(call, environ)
        if broken:
            _break(environ)
        return answer.give(start_response)

    def add(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """Raises: ValueError, before any rule is added."""
        added = [_rule(rule) for rule in rules]
        with self._lock:
            self._rules += added

    def clear(self) -> None:
        with self._lock:
            self._rules, self._memories = [], {}

    def _told(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        status, said = "200 OK", None
        try:
            if environ["REQUEST_METHOD"] == "POST":
                self.add(json.loads(body(environ)))
            elif environ["REQUEST_METHOD"] == "DELETE":
                self.clear()
        except ValueError as exc:
            status, said = "400 Bad Request", {"error": f"{exc}."}
        with self._lock:
            content = said or [asdict(rule) for rule in self._rules]
        return Answer(status, (JSON,), json.dumps(content).encode()).give(start_response)

    def _remembered(self, call: Call, environ: Environ) -> Answer:
        """The answer, as the rules of `slow` and `stale` let it be seen."""
        rules = [rule for rule in self._rules if rule.kind in AFTER_WRITES and rule.service == call.service]
        if not rules:
            return _answered(self._application, environ)
        if call.reads:
            return self._read(call, environ)
        rules = [rule for rule in rules if rule.fits(call, environ)]
        answer = _answered(self._application, environ)
        if answer.status < "400":
            with self._lock:
                self._written(rules, call)
        return answer

    def _read(self, call: Call, environ: Environ) -> Answer:
        key = (address(environ), body(environ))
        with self._lock:
            memory = self._memories.setdefault(call.service, Memory())
            read = memory.reads.get(key)
            if read is None:
                read = memory.reads[key] = Read(call)
                for write, times in memory.slow_writes:
                    _slow_down(read, write, times)
            old, stale, slow = read.answer, read.stale > 0 and read.answer is not None, read.slow > 0
            read.stale -= stale
            read.slow -= slow and not stale
        if stale and old:
            return old
        answer = _answered(self._application, environ)
        if slow:
            return _on_the_way(old if old and read.way == "deleting" else answer, call.service, read.way)
        read.answer = answer
        return answer

    def _written(self, rules: Iterable[Rule], call: Call) -> None:
        """Makes reads of what was written slow, and all those seen before stale."""
        memory = self._memories.setdefault(call.service, Memory())
        for rule in rules:
            rule.seen, rule.hits, times = rule.seen + 1, rule.hits + 1, rule.times or 0
            if rule.kind == "slow":
                memory.slow_writes.append((call, times))
            for read in memory.reads.values():
                if rule.kind == "slow":
                    _slow_down(read, call, times)
                else:
                    read.stale = times


def _rule(given: Mapping[str, Any]) -> Rule:
    if not isinstance(given, dict) or (unknown := given.keys() - GIVEN):
        raise ValueError(
            f"{given} is no rule: {', '.join(sorted(unknown)) if isinstance(given, dict) else 'no object'}"
        )
    if "kind" not in given:
        raise ValueError(f"{given} has no kind; there are {', '.join(KINDS)}")
    return Rule(**given)


GIVEN = {one.name for one in fields(Rule)} - {"hits", "seen"}


def _slow_down(read: Read, write: Call, times: int) -> None:
    """Notes a write for a read of the same thing; both are known by their noun."""
    verb = _verb(write.operation)
    wrote = NOUNS.get(write.operation, write.operation.removeprefix(verb))
    noun = read.call.operation.removeprefix(_verb(read.call.operation)).removesuffix("s")
    if noun in OF_EVERY_WRITE or (wrote.startswith(noun) and wrote.removeprefix(noun) in SUFFIXES):
        read.slow = times
        read.way = "creating" if verb in CREATING else "deleting" if verb in DELETING else "updating"


def _verb(operation: str) -> str:
    found = VERB.match(operation)
    return found[0] if found else ""


def _on_the_way(answer: Answer, service: str, way: str) -> Answer:
    """The answer with each finished state replaced by the one on the way there."""
    content = answer.content
    for one in TRANSITIONS[service]:
        state = getattr(one, way)
        if content.lstrip().startswith(b"{"):
            content = json.dumps(_replaced(json.loads(content), one, way)).encode()
        else:
            names = "|".join(one.names)
            content = re.sub(rf"<({names})>{one.done}</\1>".encode(), rf"<\1>{state}</\1>".encode(), content)
    return Answer(answer.status, answer.headers, content)


def _replaced(value: Any, one: Transition, way: str) -> Any:
    if isinstance(value, list):
        return [_replaced(item, one, way) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: _replaced(item, one, way) for name, item in value.items()}
    states = [name for name in one.names if found.get(name) == one.done]
    lacks = one.lacks if states and way == "creating" else ()
    found |= dict.fromkeys(states, getattr(one, way))
    return {name: item for name, item in found.items() if name not in lacks}


def _answered(application: Wsgi, environ: Environ) -> Answer:
    """What the application answers, all of it."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    chunks = application(environ, lambda status, headers, *_exc: begun.append((status, headers)))
    content = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    status, headers = begun[-1]
    return Answer(status, tuple(headers), content)


def _break(environ: Environ) -> NoReturn:
    """Ends the connection without a reply; werkzeug takes the exception for a client that went away."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError


def _text(environ: Environ) -> str:
    """Address and body as a person would write them."""
    return unquote_plus(f"{address(environ)} {body(environ).decode(errors='replace')}")


def _error(rule: Rule, call: Call, environ: Environ) -> Answer:
    """The error of a rule, as the service words it and in its protocol."""
    code, status, message = _worded(rule, call, environ)
    code, status, message = rule.code or code, rule.status or status, rule.message or message
    request_id = str(uuid.uuid4())
    headers = [("x-amzn-requestid", request_id), ("x-amz-request-id", request_id)]
    if "HTTP_X_AMZN_QUERY_MODE" in environ:
        headers.append(("x-amzn-query-error", f"{code};{'Receiver' if status >= 500 else 'Sender'}"))
    about = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    content: bytes
    match call.protocol:
        case "json":
            headers.append(("Content-Type", "application/x-amz-json-1.1"))
            content = json.dumps({"__type": code, "message": message}).encode()
        case "rest-json":
            headers += [JSON, ("x-amzn-errortype", code)]
            content = json.dumps({"message": message}).encode()
        case "cbor":
            headers += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
            content = _cbor({"__type": code, "message": message})
        case "ec2":
            errors = f"<Errors><Error>{about}</Error></Errors>"
            content = f"<Response>{errors}<RequestID>{request_id}</RequestID></Response>".encode()
        case "rest-xml" if call.service in ("s3", "unsigned"):
            content = f"<Error>{about}<RequestId>{request_id}</RequestId></Error>".encode()
        case _:
            content = (
                f"<ErrorResponse><Error>{about}</Error><RequestId>{request_id}</RequestId></ErrorResponse>".encode()
            )
    if "xml" in call.protocol or call.protocol in ("query", "ec2"):
        headers.append(("Content-Type", "text/xml"))
    phrase = HTTPStatus(status).phrase
    return Answer(f"{status} {phrase}", tuple(headers), b"" if environ["REQUEST_METHOD"] == "HEAD" else content)


def _worded(rule: Rule, call: Call, environ: Environ) -> tuple[str, int, str]:
    """Code, status and message of a kind."""
    xml = call.protocol in ("query", "rest-xml")
    ec2 = call.protocol == "ec2"
    match rule.kind:
        case "throttle":
            fallback = THROTTLE_OF_PROTOCOL.get(call.protocol, ("ThrottlingException", 400))
            return (*THROTTLES.get(call.service, fallback), "Rate exceeded")
        case "expired_token":
            code = "RequestExpired" if ec2 else "ExpiredToken" if xml else "ExpiredTokenException"
            return (
                code,
                400 if call.service in ("ec2", "s3") else 403,
                "The security token included in the request is expired",
            )
        case "unavailable_region":
            if ec2:
                return "AuthFailure", 401, "AWS was not able to validate the provided access credentials"
            code = "InvalidClientTokenId" if xml else "UnrecognizedClientException"
            return code, 403, "The security token included in the request is invalid."
        case "access_denied":
            code = "UnauthorizedOperation" if ec2 else "AccessDenied" if xml else "AccessDeniedException"
            return code, 400 if call.protocol in ("json", "cbor") else 403, _denial(rule, call, environ)
        case "quota":
            return (*_quota(call), f"The quota for {_noun(call)} has been exceeded")
    code = "InternalError" if call.service in ("ec2", "s3") else "InternalFailure"
    return code, 500, "We encountered an internal error. Please try again."


def _denial(rule: Rule, call: Call, environ: Environ) -> str:
    """As the IAM User Guide has it, "Troubleshoot access denied error messages"."""
    action = f"{PREFIXES.get(call.service, call.service)}:{call.operation}"
    said = (
        f"User: {USER} is not authorized to perform: {action} on resource: {rule.resource or _resource(call, environ)}"
        f" because no identity-based policy allows the {action} action"
    )
    return f"You are not authorized to perform this operation. {said}" if call.protocol == "ec2" else said


PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag", "s3control": "s3", "sesv2": "ses"}
"""Of IAM's actions, where they are not boto3's name of the service."""
NAMED = re.compile(r"(?i)(name|identifier|id|arn|url|groupid)$")


def _resource(call: Call, environ: Environ) -> str:
    """The ARN of what a call is about, as far as its own words tell."""
    parts = [unquote(part) for part in address(environ).partition("?")[0].split("/") if part]
    if call.service == "s3":
        return f"arn:aws:s3:::{'/'.join(parts)}" if parts else "*"
    if call.protocol in ("query", "ec2"):
        asked = {name: values[0] for name, values in parse_qs(body(environ).decode(errors="replace")).items()}
    else:
        try:
            asked = json.loads(body(environ) or b"{}")
        except ValueError:
            asked = {}
    name = next((str(value) for key, value in asked.items() if NAMED.search(key) and isinstance(value, str)), "*")
    if name.startswith("arn:"):
        return name
    place = (
        f"arn:aws:{PREFIXES.get(call.service, call.service)}:{'' if call.service == 'iam' else call.region}:{ACCOUNT}:"
    )
    if call.protocol == "rest-json" and parts:
        kind, *path = parts
        return place + "/".join([kind.removesuffix("s"), *(path or [name])])
    if call.service == "sqs":
        return place + name.rpartition("/")[2]
    return f"{place}{_noun(call).lower()}{'/' if call.service in ('iam', 'ec2') else ':'}{name}"


def _noun(call: Call) -> str:
    return call.operation.removeprefix(_verb(call.operation)).removesuffix("s") or call.operation


def _quota(call: Call) -> tuple[str, int]:
    """Code and status of the error that botocore's model gives the operation for a limit, its noun's own first."""
    if call.protocol == "ec2":
        return EC2_QUOTAS.get(call.operation, "ResourceLimitExceeded"), 400
    model = description_of(call.service)
    operation = model.get("operations", {}).get(call.operation, {})
    limits = [error["shape"] for error in operation.get("errors", ()) if LIMIT.search(error["shape"])]
    limits.sort(key=lambda shape: not shape.startswith(_noun(call)))
    if not limits:
        if call.name in QUOTAS:
            return QUOTAS[call.name], 400
        return ("LimitExceeded" if call.protocol in ("query", "rest-xml") else "LimitExceededException"), 400
    about = model["shapes"][limits[0]].get("error", {})
    return about.get("code") or limits[0], int(about.get("httpStatusCode") or 400)


LIMIT = re.compile(r"Quota|LimitExceeded|TooMany(?!Requests)|OverLimit")


def _cbor(content: Mapping[str, str]) -> bytes:
    """A map of texts (RFC 8949)."""

    def text(value: str) -> bytes:
        encoded = value.encode()
        return bytes([0x79]) + len(encoded).to_bytes(2, "big") + encoded

    return bytes([0xA0 + len(content)]) + b"".join(text(name) + text(value) for name, value in content.items())
