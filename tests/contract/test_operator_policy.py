"""docs/iam is what the known calls make of it, and IAM takes it."""

from __future__ import annotations

import json

from tools.collection import ROOT
from tools.operator_policy import FOLDER, LIMIT, README, Facts, documents, known_calls, length, readme

FACTS = Facts.of(ROOT / "inventories" / "sandbox")
WRITTEN = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("operator-*.json"))}
STATEMENTS = [one for document in WRITTEN.values() for one in document["Statement"]]


def test_the_operators_policies_are_those_of_the_known_calls():
    made = documents(known_calls(), FACTS)
    assert made == WRITTEN, "run make operator-policy"
    assert README.read_text() == readme(made, FACTS), "run make operator-policy"


def test_iam_takes_the_operators_policies():
    assert [name for name, document in WRITTEN.items() if length(document) > LIMIT] == []
    assert len(WRITTEN) <= 10, "no more can be attached to a role"


def test_the_operators_policies_allow_no_action_by_pattern_and_pass_no_role_of_others():
    assert [action for one in STATEMENTS for action in one["Action"] if "*" in action] == []
    passing = [one["Resource"] for one in STATEMENTS if "iam:PassRole" in one["Action"]]
    assert [resource for resource in passing if resource != [f"arn:aws:iam::{FACTS.account}:role/{FACTS.name}*"]] == []
