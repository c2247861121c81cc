from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws import tags


@pytest.mark.parametrize(
    ("item", "params", "expected"),
    [
        ({"name": "a"}, {}, {"name": "a", "purge_tags": True}),
        ({"name": "a"}, {"purge_tags": False}, {"name": "a", "purge_tags": False}),
        ({"name": "a"}, {"tags": {"env": "x"}}, {"name": "a", "purge_tags": True, "tags": {"env": "x"}}),
        (
            {"name": "a", "tags": {"env": "own", "n": 1}, "purge_tags": False},
            {"tags": {"env": "x", "team": "y"}, "purge_tags": True},
            {"name": "a", "purge_tags": False, "tags": {"env": "own", "n": 1, "team": "y"}},
        ),
        ({"name": "a", "tags": None}, {"tags": {"env": "x"}}, {"name": "a", "purge_tags": True, "tags": {"env": "x"}}),
    ],
)
def test_an_item_has_the_modules_tags_beside_its_own(item, params, expected):
    assert tags.beside([item], params) == [expected]


@pytest.mark.parametrize(
    ("options", "current", "expected"),
    [
        ({"tags": {"a": 1, "b": True, "c": None}}, None, {"a": "1", "b": "true", "c": ""}),
        ({"tags": {"a": 1}}, {"x": "y"}, {"a": "1"}),
        ({"tags": {"a": 1}, "purge_tags": False}, {"x": "y", "a": "2"}, {"x": "y", "a": "1"}),
        ({"tags": None}, {"x": "y"}, {}),
    ],
)
def test_tags_are_text_and_merged_where_they_are_not_purged(options, current, expected):
    assert tags.wanted(options, current) == expected


def test_those_of_aws_itself_are_not_seen():
    assert tags.from_api([{"Key": "aws:x", "Value": "1"}, {"Key": "a"}]) == {"a": ""}
    assert tags.from_api([{"TagKey": "a", "TagValue": "b"}], "TagKey", "TagValue") == {"a": "b"}
    assert tags.own({"aws:x": "1", "a": "b"}) == {"a": "b"}


def test_only_what_differs_is_sent():
    assert tags.difference({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}) == (
        {"b": "9", "d": "4"},
        ["c"],
    )
