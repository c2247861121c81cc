from __future__ import annotations

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from botocore.model import ServiceModel

from tests.support.aws_behaviour import Behaviour, differences, lacking, walk

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


def walked(*table):
    return walk(table, lambda service: Client())


def test_a_table_holds_and_later_calls_are_made_of_earlier_answers():
    second = Behaviour("b", ("things", "ListThings", lambda found: {"answer": found["a"]}), {"Names": [...]}, "a page")
    assert walked(case("a", {"Names": ["x"]}, {"Names": ["x"]}), second)["b"] == {"Names": ["x"]}
    assert walked(case("a", "NoSuchThing", "NoSuchThing"))["a"] == "NoSuchThing"


@pytest.mark.parametrize(
    ("answer", "expect", "says"),
    [
        ("Gone", {"Names": []}, "answers Gone"),
        ("Gone", "Denied", "answers Gone"),
        ({"Names": []}, "Denied", "answers no Denied"),
        ({"Names": ["x"]}, {"Names": ["y"]}, "differs in .Names[0]"),
        ({"Names": []}, {"Names": [...]}, "differs in .Names"),
        ({}, {}, "is misshapen"),
        ({"Names": [1]}, {}, "is misshapen"),
    ],
)
def test_what_is_not_as_documented_is_told_with_the_page(answer, expect, says):
    with pytest.raises(AssertionError) as caught:
        walked(case("a", answer, expect))
    assert f"a: ListThings {{'answer': {answer!r}}} {says}: {answer}, against a page" in str(caught.value)


def test_a_call_that_needs_an_answer_before_it_is_not_made_without_one():
    second = Behaviour("b", ("things", "ListThings", lambda found: {"answer": found["a"]["Names"]}), {}, "a page")
    found = differences([case("a", "Gone", {"Names": []}), second], lambda service: Client())
    assert {name: one.short for name, one in found.items()} == {"a": "answers Gone", "b": "could not be asked"}


def test_a_call_that_had_to_be_refused_is_taken_back():
    done = []

    class Kept(Client):
        def list_things(self, answer):
            done.append(answer)
            return super().list_things(answer)

    rows = [case("a", {"Names": ["a"]}, {}), case("b", {"Names": ["b"]}, "Denied"), case("c", {"Names": ["c"]}, {})]
    found = differences(rows, lambda service: Kept(), empty=done.clear)
    assert list(found) == ["b"]
    assert done == [{"Names": ["a"]}, {"Names": ["c"]}]


@pytest.mark.parametrize(
    ("expected", "found", "wrong"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}, []),
        ({"a": {"b": 1}}, {"a": {}}, [".a.b"]),
        ({"a": ...}, {"a": None}, []),
        ({"a": [{"b": 1}, ...]}, {"a": [{"b": 2}, 3]}, [".a[0].b"]),
        ({"a": "x"}, {"a": "y"}, [".a"]),
    ],
)
def test_a_part_of_an_answer_is_enough(expected, found, wrong):
    assert lacking(expected, found) == wrong
