from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
import yaml
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.replatform.aws.plugins.doc_fragments import aws, wait
from ansible_collections.replatform.aws.plugins.module_utils.aws.session import AWS_OPTIONS
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.module import WAIT_OPTIONS, Module
from ansible_collections.replatform.aws.plugins.module_utils.resource import Outcome

PASSWORD = 'p"ass\\wörd-17'

OPTIONS: dict[str, dict[str, Any]] = {
    "text": {"type": "str"},
    "flag": {"type": "bool", "default": False},
    "password": {"type": "str", "no_log": True},
    "items": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True, "aliases": ["title"]},
            "size": {"type": "int"},
            "kind": {"type": "str", "default": "plain"},
            "token": {"type": "str", "no_log": True},
            "fields": {"type": "dict", "no_log": True},
            "inner": {"type": "dict", "options": {"a": {"type": "int", "aliases": ["alpha"]}, "b": {"type": "int"}}},
        },
    },
}


@pytest.fixture
def run(capsys):
    """`run(args, act)` runs a module of OPTIONS in this process and returns its result."""

    def run(args, act=lambda _: Outcome(), **more):
        with patch_module_args({"_ansible_inject_invocation": True, **args}), pytest.raises(SystemExit) as end:
            Module(OPTIONS, **more).run(act)
        result = json.loads(capsys.readouterr().out)
        assert bool(end.value.code) == bool(result.get("failed"))
        return result

    return run


def module(args, **more):
    with patch_module_args(args):
        return Module(OPTIONS, **more)


def test_the_documented_options_are_those_that_exist():
    for fragment, options in ((aws, AWS_OPTIONS), (wait, WAIT_OPTIONS)):
        documented = yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
        for option in documented.values():
            del option["description"]
        assert documented == {
            name: {key: value for key, value in option.items() if key != "no_log"} for name, option in options.items()
        }


@pytest.mark.parametrize(
    ("args", "given"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"text": None}, {"text": None}, id="an explicit null"),
        pytest.param({"text": "a", "flag": "yes"}, {"text": "a", "flag": True}, id="values are converted"),
        pytest.param({"items": []}, {"items": []}, id="an empty list"),
        pytest.param({"items": None}, {"items": None}, id="null in place of a list"),
        pytest.param(
            {"items": [{"name": "a"}, {"name": "b", "size": None}, {"name": "c", "size": "7"}]},
            {
                "items": [
                    {"name": "a", "kind": "plain"},
                    {"name": "b", "kind": "plain", "size": None},
                    {"name": "c", "kind": "plain", "size": 7},
                ]
            },
            id="suboptions",
        ),
        pytest.param(
            {
                "items": [
                    {"title": "a", "inner": {"alpha": 1}},
                    {"name": "b", "inner": {}},
                    {"name": "c", "inner": None},
                ]
            },
            {
                "items": [
                    {"name": "a", "kind": "plain", "inner": {"a": 1}},
                    {"name": "b", "kind": "plain", "inner": {}},
                    {"name": "c", "kind": "plain", "inner": None},
                ]
            },
            id="aliases and dicts inside",
        ),
        pytest.param(
            {"items": ["name=a size=3"]}, {"items": [{"name": "a", "kind": "plain", "size": 3}]}, id="written as text"
        ),
        pytest.param({"aws_region": "eu-west-1"}, {"region": "eu-west-1"}, id="alias of a shared option"),
    ],
)
def test_what_was_not_given_is_told_apart_from_null(args, given):
    shown = module(args)
    defaults = {"flag": False, "wait": True, "wait_timeout": 600}
    assert shown.given == {**defaults, **given}
    assert set(shown.params) == {*OPTIONS, *AWS_OPTIONS, *WAIT_OPTIONS}


def test_check_mode_and_diff_mode_are_supported():
    shown = module({"_ansible_check_mode": True, "_ansible_diff": True, "wait": False, "wait_timeout": 7})
    assert (shown.mode.check, shown.mode.diff, shown.mode.wait, shown.mode.wait_timeout) == (True, True, False, 7)
    assert shown.check_mode


def test_the_outcome_becomes_the_result(run):
    outcome = Outcome(
        changed=True,
        result={"items": [1]},
        before={"item a": {"size": 1}},
        after={"item a": {"size": 2}},
        actions=["update item a: size"],
        warnings=["mind the gap"],
    )
    result = run({}, lambda _: outcome)
    assert result["changed"]
    assert result["items"] == [1]
    assert result["actions"] == ["update item a: size"]
    assert result["diff"] == [
        {"before_header": "item a", "after_header": "item a", "before": "size: 1\n", "after": "size: 2\n"}
    ]
    assert "mind the gap" in json.dumps(result["warnings"])


def test_an_error_becomes_one_sentence_with_its_facts(run):
    def act(_):
        raise ReplatformError("Table a is full.", code="1114", request_id="r-1", table="a")

    result = run({}, act)
    assert result["msg"] == "Table a is full."
    assert result["error"] == {"message": "Table a is full.", "code": "1114", "request_id": "r-1", "table": "a"}
    assert not result["changed"]
    assert not result.get("exception")


def test_an_unexpected_exception_becomes_a_sentence_with_type_and_place_and_without_traceback(run):
    def act(_):
        return dict[str, Outcome]()["absent"]

    result = run({}, act)
    assert result["msg"].startswith("unexpected KeyError at test_module.py:")
    assert "Traceback" not in json.dumps(result)
    assert not result.get("exception")


@pytest.mark.parametrize("fails", [False, True])
def test_no_secret_leaves_the_module_by_any_way(run, fails):
    fetched = "fetched-in-process-1"
    fields = {"engine": "mysql", "deep": {"pw": "deep-pw-1"}}
    args = {
        "text": "shop/mysql",
        "password": PASSWORD,
        "items": [{"name": "shop/mysql", "token": "tok-en-99", "fields": fields}],
    }

    def act(m):
        m.hide(fetched)
        told = f"{m.params['password']} {m.params['items']} {fetched} {json.dumps(m.params['password'])}"
        if fails:
            raise ReplatformError(f"It failed with {told}.", statement=[told])
        result = {"told": told, "n": {told: told}}
        return Outcome(changed=True, result=result, after={told: {told: told}}, actions=[told], warnings=[told])

    text = json.dumps(run(args, act), ensure_ascii=False)
    for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], "tok-en-99", "deep-pw-1", fetched):
        assert secret not in text
    assert "shop/mysql" in text, "a name stays readable though a secret has mysql as a field"


def test_an_exceptions_text_is_masked_too(run):
    def act(m):
        raise ValueError(f"bad value {m.params['password']}")

    assert run({"password": PASSWORD}, act)["msg"].count("********") == 1


@pytest.mark.parametrize(
    "args",
    [
        {"items": [{"name": "a", "tokn": "typed-wrong-1"}]},
        {"pasword": "typed-wrong-1"},
        {"items": [{"token": "typed-wrong-1"}]},
        {"items": [{"name": "a", "size": "big", "token": "typed-wrong-1"}]},
        {"password": "typed-wrong-1", "wait_timeout": "soon"},
    ],
)
def test_refused_options_are_named_without_their_values(run, args):
    result = run(args)
    assert result["failed"]
    assert result["error"]["code"] == "InvalidOptions"
    assert "typed-wrong-1" not in json.dumps(result)


def test_nothing_of_the_call_reaches_the_system_log(run, monkeypatch):
    logged = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, *args, **more: logged.append((args, more)))
    run({"password": PASSWORD, "items": [{"name": "a", "token": PASSWORD}]})
    assert logged == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_module_with_a_result(run, number):
    before = signal.getsignal(number)
    result = run({}, lambda _: os.kill(os.getpid(), number))
    assert result["error"]["code"] == "Interrupted"
    assert number.name in result["msg"]
    assert signal.getsignal(number) == before


def test_rules_between_options_pass_through(run):
    result = run({"text": "a", "flag": True}, mutually_exclusive=[("text", "flag")])
    assert "mutually exclusive" in result["msg"]
