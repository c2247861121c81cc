"""What AWS's documentation says an operation does, as tables that any emulator can be asked to walk.

A service's table is a module of its own here, `BEHAVIOUR: list[Behaviour]`, in the order in which it is walked:

    Behaviour("a cluster has no add-ons", ("eks", "ListAddons", {"clusterName": "b"}), {"addons": []}, page=LIST_ADDONS)
    Behaviour("a name is there once", ("eks", "CreateAddon", {...}), "ResourceInUseException", page=CREATE_ADDON)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

Answers = Mapping[str, Any]
"""What was answered so far, by the name of the behaviour."""


@dataclass(frozen=True)
class Behaviour:
    """One call, and what the documentation says comes of it."""

    name: str
    call: tuple[str, str, dict[str, Any] | Callable[[Answers], dict[str, Any]]]
    """Service and operation as botocore names them, and the parameters; made from earlier answers by a function."""
    expect: dict[str, Any] | str
    """A part of the answer (`...` stands for any value), or the code of the error."""
    page: str
    """The page of AWS's documentation that says so."""


def walk(
    table: Iterable[Behaviour], client: Callable[[str], Any], differs: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Makes every call in turn and returns the answers by name; `client` makes a boto3 client of a service.

    Each answer must also have the shape that botocore's model gives the operation's output. `aws.apart()` makes clients
    of an account in which nothing is. `differs` names what this emulator is known to do otherwise, each with how.
    """
    answers: dict[str, Any] = {}
    clients: dict[str, Any] = {}
    known, found = differs or {}, {}
    for one in table:
        service = one.call[0]
        clients[service] = clients.get(service) or client(service)
        if said := _difference(one, clients[service], answers):
            found[one.name] = said
    new = [said for name, said in found.items() if name not in known]
    assert new == [], "\n".join(new)
    assert sorted(known.keys() - found.keys()) == [], "these are as documented by now: take them off the list"
    return answers


def _difference(one: Behaviour, client: Any, answers: dict[str, Any]) -> str:
    """What is not as documented; the answer is added to those before."""
    _, operation, parameters = one.call
    try:
        given = parameters(answers) if callable(parameters) else parameters
    except (KeyError, TypeError, IndexError) as error:
        return f"{one.name}: {operation} could not be asked, an answer before lacks {error}"
    answers[one.name] = answer = _answer(client, operation, given)
    said = f"{one.name}: {operation} {given} answered {answer}, against {one.page}"
    if isinstance(one.expect, str) or isinstance(answer, str):
        return "" if answer == one.expect else said
    wrong = lacking(one.expect, answer)
    return f"{said}: {', '.join(wrong)}" if wrong else misshapen(client, operation, answer) and f"{said}: misshapen"


def _answer(client: Any, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any] | str:
    """What was answered, or the code of the error."""
    try:
        return dict(getattr(client, xform_name(operation))(**parameters))
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def lacking(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where `found` has not what is expected: of a dict the named members, of a list each item."""
    if expected is ...:
        return []
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        absent = [f"{path}.{name}" for name in expected if name not in found]
        there = [name for name in expected if name in found]
        return absent + [one for name in there for one in lacking(expected[name], found[name], f"{path}.{name}")]
    if isinstance(expected, Sequence) and not isinstance(expected, str) and isinstance(found, list):
        if len(expected) != len(found):
            return [f"{path}: {len(found)} items"]
        pairs = zip(expected, found, strict=True)
        return [one for number, (a, b) in enumerate(pairs) for one in lacking(a, b, f"{path}[{number}]")]
    return [] if expected == found else [f"{path}: {found!r}"]


def misshapen(client: Any, operation: str, answer: Mapping[str, Any]) -> str:
    """What of an answer the model of the operation's output does not allow."""
    shape = client.meta.service_model.operation_model(operation).output_shape
    if shape is None:
        return ""
    content = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return str(ParamValidator().validate(content, shape).generate_report())
