"""docs/iam is what the known calls make of it, and fits where it is meant to go."""

from __future__ import annotations

import json

from tools.collection import ROOT
from tools.operator_policy import INLINE_LIMIT, POLICY, README, Facts, known_calls, length, policy, readme

FACTS = Facts.of(ROOT / "inventories" / "sandbox")


def test_the_operators_policy_is_that_of_the_known_calls():
    document = policy(known_calls(), FACTS)
    assert json.loads(POLICY.read_text()) == document, "run make operator-policy"
    assert README.read_text() == readme(document, FACTS), "run make operator-policy"


def test_the_operators_policy_fits_into_a_role():
    assert length(json.loads(POLICY.read_text())) <= INLINE_LIMIT


def test_the_operators_policy_allows_no_action_by_pattern_and_passes_no_role_of_others():
    statements = json.loads(POLICY.read_text())["Statement"]
    assert [action for one in statements for action in one["Action"] if "*" in action] == []
    passing = [one["Resource"] for one in statements if "iam:PassRole" in one["Action"]]
    assert [resource for resource in passing if resource != [f"arn:aws:iam::{FACTS.account}:role/{FACTS.name}*"]] == []
