# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""botocore's exceptions as sentences for the user."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import ReplatformError

if TYPE_CHECKING:
    from collections.abc import Iterator

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
INVALID_KEY = {
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
THROTTLED = {
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
QUOTA = re.compile(r"LimitExceeded|Quota\w*Exceeded|TooMany|OverLimit")
"""In the codes of exceeded quotas, which each service has its own of."""

SENTENCES = {
    "NoCredentialsError": "no AWS credentials were found; give access_key and secret_key or a profile, set"
    " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached",
    "PartialCredentialsError": "the AWS credentials are incomplete; give access key and secret key together",
    "NoRegionError": "no AWS region is known; give the option region or set AWS_REGION",
    "ProfileNotFound": "{reason}; name a profile of the AWS configuration file, or none",
    "EndpointConnectionError": "{reason}; check endpoint_url, the region's name and the network, then run again",
    "ConnectTimeoutError": "{reason}; check the network and security groups between here and the endpoint",
    "ReadTimeoutError": "{reason}; the service was reached but did not answer, so run again",
    "SSLError": "{reason}; check the endpoint's certificate, or name its authority with AWS_CA_BUNDLE",
    "TokenRetrievalError": "{reason}; sign in again with 'aws sso login'",
    "SSOTokenLoadError": "{reason}; sign in again with 'aws sso login'",
}


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Turns whatever boto3 raises inside into a ReplatformError that starts with `what`, such as "create secret a"."""
    try:
        yield
    except ReplatformError:
        raise
    except Exception as exc:
        error = from_botocore(exc, what)
        if error is None:
            raise
        raise error from exc


def region(client: Any) -> str:
    """Where a client's calls go, as the end of what calling() is told: "in eu-central-1"."""
    return f"in {client.meta.region_name}"


def from_botocore(exc: Exception, what: str) -> ReplatformError | None:
    """`exc` as one sentence with the service's code and request id; None when it is none of botocore's."""
    response: dict[str, Any] | None = getattr(exc, "response", None)
    if isinstance(response, dict) and "Error" in response:
        return _from_response(response, getattr(exc, "operation_name", "?"), what)
    if not type(exc).__module__.startswith(("botocore", "boto3")):
        return None
    kind = type(exc).__name__
    reason = _reason(str(exc))
    sentence = SENTENCES.get(kind, "{reason}").format(reason=reason)
    return ReplatformError(f"Cannot {what}: {sentence}.", code=kind)


def _from_response(response: dict[str, Any], operation: str, what: str) -> ReplatformError:
    error = response["Error"]
    about = response.get("ResponseMetadata") or {}
    code = str(error.get("Code") or "Unknown")
    status = about.get("HTTPStatusCode")
    request_id = about.get("RequestId")
    reason = _reason(str(error.get("Message") or "")) or f"the service answered {operation} with HTTP status {status}"
    if code in DENIED:
        reason += f"; allow the action of {operation} to this identity in its IAM policy"
    elif code in EXPIRED:
        reason += "; the credentials have expired, so sign in again"
    elif code in INVALID_KEY:
        reason += "; check the access key and its secret, and that their account has enabled this region"
    elif code in THROTTLED:
        reason += "; the service still throttled after 6 attempts, so run again later"
    elif QUOTA.search(code):
        reason += "; ask for a higher quota in Service Quotas, or delete what is no longer needed, and run again"
    elif code.startswith(("Invalid", "Validation", "Malformed")):
        reason += "; correct what was asked for and run again"
    elif code in ("500", "501", "InternalFailure", "InternalError"):
        reason += "; run again, and with an emulator check that it knows this operation"
    return ReplatformError(
        f"Cannot {what}: {reason} ({code}{', request ' + request_id if request_id else ''}).",
        code=code,
        request_id=request_id,
        operation=operation,
        http_status=status,
    )


def _reason(text: str) -> str:
    """A service's message as a part of a sentence: on one line, without markup and full stop."""
    text = " ".join(re.sub(r"<[^>]{1,200}>", " ", text).split())
    return (text[:1000] + "..." if len(text) > 1000 else text).rstrip(" .")
