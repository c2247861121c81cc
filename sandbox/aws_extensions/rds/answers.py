"""Refusals, pages and state that all of the extension shares."""

from __future__ import annotations

from typing import Any, NoReturn

PAGE = 100


def refuse(code: str, message: str) -> NoReturn:
    from moto.rds.exceptions import RDSClientError

    raise RDSClientError(code, message)


def invalid(message: str) -> NoReturn:
    refuse("InvalidParameterValue", message)


def combination(message: str) -> NoReturn:
    refuse("InvalidParameterCombination", message)


def result(content: Any = None) -> Any:
    from moto.core.responses import ActionResult, EmptyResult

    return EmptyResult() if content is None else ActionResult(content)


def page(response: Any, items: list[Any]) -> tuple[list[Any], str | None]:
    """Those after the Marker, at most MaxRecords, and the next Marker."""
    first = int(response.params.get("Marker") or 0)
    size = min(int(response.params.get("MaxRecords") or PAGE), PAGE)
    after = first + size
    return items[first:after], str(after) if after < len(items) else None


def moto(name: str) -> Any:
    """The answer to an operation that moto itself has, taken before it is replaced."""
    from moto.rds.responses import RDSResponse

    return getattr(RDSResponse, name)


def key_arn(response: Any, key: str) -> str:
    """The ARN of a key given as id, alias or ARN; one that KMS does not know is taken as it is."""
    backend = response.backend.kms
    try:
        if ":alias/" in key or key.startswith("alias/"):
            alias = key.rpartition(":")[2]
            key = backend.get_key_id_from_alias(alias) or key
        return str(backend.describe_key(key).arn)
    except KeyError:
        return key
