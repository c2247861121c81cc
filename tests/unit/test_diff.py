from __future__ import annotations

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils import diff

VALUES = [
    {"b": 1, "a": "x", "c": {"e": None, "d": [1, "2", {"f": True, "g": []}, [3, [4]]]}},
    {"text": ["yes", "1.5", "a: b", "# no", "", " lead", "two\nlines", "é", "null", "-", "trail:", "{x}", "~", "1e3"]},
    {"yes": "no", "1": 2, "empty": {}},
    {"arn": "arn:aws:kms:eu-west-1:1:key/a", "changed": "(changed)", "date": "2026-01-02T03:04:05+00:00"},
]


@pytest.mark.parametrize("value", VALUES)
def test_the_text_of_a_diff_is_yaml_with_sorted_keys(value):
    (part,) = diff.parts({}, {"queue a": value})
    assert part["before"] == ""
    read = yaml.load(part["after"], Loader=yaml.BaseLoader)
    assert list(read) == sorted(map(str, value))
    if "date" not in value:
        assert yaml.safe_load(part["after"]) == value


def test_each_name_has_a_part_of_its_own_and_only_what_differs_has_one():
    before = {"queue a": {"timeout": 30}, "queue b": {"timeout": 1}, "queue gone": {"timeout": 2}}
    after = {"queue a": {"timeout": 120}, "queue b": {"timeout": 1}, "queue new": {"timeout": 3}}
    assert diff.parts(before, after) == [
        _part("queue a", "timeout: 30\n", "timeout: 120\n"),
        _part("queue new", "", "timeout: 3\n"),
        _part("queue gone", "timeout: 2\n", ""),
    ]


def _part(name, before, after):
    return {"before_header": name, "after_header": name, "before": before, "after": after}
