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


def walk(table: Iterable[Behaviour], client: Callable[[str], Any]) -> dict[str, Any]:
    """Makes every call in turn and returns the answers by name; `client` makes a boto3 client of a service.

    Each answer must also have the shape that botocore's model gives the operation's output. `aws.apart()` makes clients
    of an account in which nothing is.
    """
    answers: dict[str, Any] = {}
    wrong = [f"{name}: {one.said}" for name, one in differences(table, client, answers).items()]
    assert wrong == [], "\n".join(wrong)
    return answers


@dataclass(frozen=True)
class Difference:
    """What is not as documented, in short and with all that was said."""

    short: str
    said: str


def differences(
    table: Iterable[Behaviour],
    client: Callable[[str], Any],
    answers: dict[str, Any] | None = None,
    empty: Callable[[], None] | None = None,
) -> dict[str, Difference]:
    """By name the behaviours that an emulator does not have; `answers` gets those of the calls by name.

    `empty` takes back a call that should have been refused: in an empty account the calls before it are made again.
    """
    answers = {} if answers is None else answers
    ask = _Clients(client)
    made: list[Behaviour] = []
    found: dict[str, Difference] = {}
    for one in table:
        different = _difference(one, ask, answers)
        if different:
            found[one.name] = different
        if different and empty and isinstance(one.expect, str) and not isinstance(answers.get(one.name, ""), str):
            empty()
            answers.clear()
            for before in made:
                _difference(before, ask, answers)
        else:
            made.append(one)
    return found


class _Clients(dict[str, Any]):
    """Clients by service, made when first asked for."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, service: str) -> Any:
        self[service] = self._make(service)
        return self[service]


def _difference(one: Behaviour, clients: Mapping[str, Any], answers: dict[str, Any]) -> Difference | None:
    """What is not as documented; the answer is added to those before."""
    service, operation, parameters = one.call
    client = clients[service]
    try:
        given = parameters(answers) if callable(parameters) else parameters
    except Exception as error:  # noqa: BLE001  whatever it is: an answer before is not of the documented shape
        return Difference("could not be asked", f"{operation} could not be asked after the answers before: {error!r}")
    answers[one.name] = answer = _answer(client, operation, given)
    if isinstance(answer, str):
        short = "" if answer == one.expect else f"answers {answer}"
    elif isinstance(one.expect, str):
        short = f"answers no {one.expect}"
    else:
        wrong = lacking(one.expect, answer)
        short = f"differs in {', '.join(wrong)}" if wrong else misshapen(client, operation, answer) and "is misshapen"
    return Difference(short, f"{operation} {given} {short}: {answer}, against {one.page}") if short else None


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
            return [path]
        pairs = zip(expected, found, strict=True)
        return [one for number, (a, b) in enumerate(pairs) for one in lacking(a, b, f"{path}[{number}]")]
    return [] if expected == found else [path]


def misshapen(client: Any, operation: str, answer: Mapping[str, Any]) -> str:
    """What of an answer the model of the operation's output does not allow."""
    shape = client.meta.service_model.operation_model(operation).output_shape
    if shape is None:
        return ""
    content = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return str(ParamValidator().validate(content, shape).generate_report())
