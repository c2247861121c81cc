from __future__ import annotations

import json

from tests.bench.aws import difference, failures, made_by, results, wanted

TOLD = {
    "plays": [
        {
            "tasks": [
                {"hosts": {"localhost": {"actions": ["create queue a", "update queue b: tags"], "changed": True}}},
                {"hosts": {"localhost": {"results": [{"changed": True}, {}, {"failed": True, "msg": "no"}]}}},
            ]
        }
    ],
    "stats": {"localhost": {"changed": 2}},
}  # fmt: skip


def test_what_a_run_made_is_counted_whoever_made_it():
    assert made_by(TOLD) == 2
    assert failures(TOLD) == "no"


def test_results_are_read_between_other_words():
    assert results(f"a warning\n{json.dumps(TOLD, indent=1)}\nwhat a callback says") == TOLD
    assert results("ERROR! no play") == {"plays": [], "stats": {}}


def test_the_items_are_those_of_the_issue():
    variables = wanted(40, 30)
    assert 3 * len(variables["queues"]) + len(variables["secrets"]) == 150


def test_sides_that_differ_are_told_apart():
    assert difference({"a": 1, "b": 2}, {"a": 1, "c": 3}) == {
        "b": {"ours": 2, "stock": None},
        "c": {"ours": None, "stock": 3},
    }
