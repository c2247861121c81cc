from __future__ import annotations

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from botocore.model import ServiceModel

from tests.support.aws_behaviour import Behaviour, lacking, walk

MODEL = ServiceModel({
    "metadata": {"protocol": "json"},
    "operations": {"ListThings": {"name": "ListThings", "http": {}, "output": {"shape": "Things"}}},
    "shapes": {
        "Things": {"type": "structure", "required": ["Names"], "members": {"Names": {"shape": "Names"}}},
        "Names": {"type": "list", "member": {"shape": "Name"}},
        "Name": {"type": "string"},
    },
})  # fmt: skip


class Client:
    """Answers what it is given, or the error of that code."""

    meta = SimpleNamespace(service_model=MODEL)

    def list_things(self, answer):
        if isinstance(answer, str):
            raise ClientError({"Error": {"Code": answer, "Message": ""}}, "ListThings")
        return answer


def case(name, answer, expect):
    return Behaviour(name, ("things", "ListThings", {"answer": answer}), expect, "a page")


def walked(*table, **options):
    return walk(table, lambda service: Client(), **options)


def test_a_table_holds_and_later_calls_are_made_of_earlier_answers():
    second = Behaviour("b", ("things", "ListThings", lambda found: {"answer": found["a"]}), {"Names": [...]}, "a page")
    assert walked(case("a", {"Names": ["x"]}, {"Names": ["x"]}), second)["b"] == {"Names": ["x"]}
    assert walked(case("a", "NoSuchThing", "NoSuchThing"))["a"] == "NoSuchThing"


@pytest.mark.parametrize(
    ("answer", "expect", "says"),
    [
        ("Gone", {"Names": []}, "answered Gone, against a page"),
        ("Gone", "Denied", "answered Gone"),
        ({"Names": []}, "Denied", "answered {'Names': \\[\\]}"),
        ({"Names": ["x"]}, {"Names": ["y"]}, r"\.Names\[0\]: 'x'"),
        ({"Names": []}, {"Names": [...]}, ".Names: 0 items"),
        ({}, {}, "misshapen"),
        ({"Names": [1]}, {}, "misshapen"),
    ],
)
def test_what_is_not_as_documented_is_told_unless_it_is_known(answer, expect, says):
    with pytest.raises(AssertionError, match=says):
        walked(case("a", answer, expect))
    walked(case("a", answer, expect), differs={"a": "does it otherwise"})


def test_a_known_difference_that_is_gone_is_told():
    with pytest.raises(AssertionError, match="take them off the list"):
        walked(case("a", {"Names": []}, {}), differs={"a": "had no list"})


@pytest.mark.parametrize(
    ("expected", "found", "wrong"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}, []),
        ({"a": {"b": 1}}, {"a": {}}, [".a.b"]),
        ({"a": ...}, {"a": None}, []),
        ({"a": [{"b": 1}, ...]}, {"a": [{"b": 2}, 3]}, [".a[0].b: 2"]),
        ({"a": "x"}, {"a": "y"}, [".a: 'y'"]),
    ],
)
def test_a_part_of_an_answer_is_enough(expected, found, wrong):
    assert lacking(expected, found) == wrong
