"""secretsmanager_secrets and secretsmanager_secrets_info against the emulator, run as Ansible runs them."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import time
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.secretsmanager import api, credentials
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.modules import secretsmanager_secrets, secretsmanager_secrets_info
from tests.support.modules import run_module, start_module

WRITES = {"CreateSecret", "UpdateSecret", "TagResource", "UntagResource", "RestoreSecret", "DeleteSecret",
          "ReplicateSecretToRegions", "RemoveRegionsFromReplication", "UpdateSecretVersionStage"}  # fmt: skip


@pytest.fixture
def prefix(aws):
    """A prefix of this test's own; what it leaves is deleted for good."""
    name = f"t-{secrets.token_hex(4)}/"
    yield name
    client = aws.client("secretsmanager")
    pages = client.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True)
    for one in [one["Name"] for page in pages for one in page["SecretList"] if one["Name"].startswith(name)]:
        replicas = client.describe_secret(SecretId=one).get("ReplicationStatus")
        if replicas:
            regions = [replica["Region"] for replica in replicas]
            client.remove_regions_from_replication(SecretId=one, RemoveReplicaRegions=regions)
        client.delete_secret(SecretId=one, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def run(aws):
    """`run(secrets, **more)` runs secretsmanager_secrets on a list and returns its result."""
    return lambda wanted, **more: run_module("secretsmanager_secrets", {"secrets": wanted}, env=aws.environment, **more)


@pytest.fixture
def info(aws):
    return lambda **filters: run_module("secretsmanager_secrets_info", filters, env=aws.environment)


def writes(aws):
    """Write calls to Secrets Manager that the emulator has counted, by name."""
    calls = aws.recorder.counts()["calls"]
    named = {name.partition(".")[2]: count for name, count in calls.items() if name.startswith("secretsmanager.")}
    return {name: count for name, count in named.items() if name in WRITES}


def stored(aws, name):
    return aws.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]


def told(result):
    """What check mode must predict: all but what only the service knows, and the time that it will be."""
    items = [{**one, "arn": None, "replica_status": None} for one in result["secrets"]]
    return {"changed": result["changed"], "actions": result["actions"], "diff": result["diff"], "secrets": items}


def test_the_life_of_secrets_and_check_mode_predicts_each_step(aws, run, prefix):
    client = aws.client("secretsmanager")
    login, plain = f"{prefix}mysql", f"{prefix}plain"
    fields: dict[str, Any] = {"engine": "mysql", "host": "db", "port": 3306, "username": "shop"}
    first: list[dict[str, Any]] = [
        {"name": login, "json": fields, "generate": {"key": "password"}, "tags": {"app": "shop", "n": 1},
         "replicas": ["eu-west-1"]},
        {"name": plain, "value": "plain-value-1", "description": "mail"},
    ]  # fmt: skip
    moved = [{**first[0], "json": {**fields, "host": "db2"}, "tags": {"app": "shop"}, "replicas": []}, first[1]]
    gone = [{"name": name, "state": "absent", "recovery_window_days": 7} for name in (login, plain)]
    gone_for_good = [{"name": name, "state": "absent", "force_delete": True} for name in (login, plain)]

    def drift():
        client.update_secret(SecretId=plain, SecretString="by hand", Description="by hand")
        client.tag_resource(SecretId=login, Tags=[{"Key": "app", "Value": "by hand"}, {"Key": "x", "Value": "y"}])

    life = [
        # (step, done by hand before, wanted, what is said, write calls)
        ("create", None, first, [f"create secret {login}", f"create secret {plain}"], {"CreateSecret": 2}),
        ("same again", None, first, [], {}),
        ("change", None, moved, [f"update secret {login}: replicas, tags, value"],
         {"UpdateSecret": 1, "UntagResource": 1, "RemoveRegionsFromReplication": 1}),
        ("same again", None, moved, [], {}),
        ("not given, not touched", None, [{"name": login}, {"name": plain}], [], {}),
        ("drift", drift, moved, [f"update secret {login}: tags", f"update secret {plain}: description, value"],
         {"UpdateSecret": 1, "TagResource": 1, "UntagResource": 1}),
        ("same again", None, moved, [], {}),
        ("replicate", None, [{"name": login, "replicas": ["eu-west-1"]}], [f"update secret {login}: replicas"],
         {"ReplicateSecretToRegions": 1}),
        ("delete", None, gone, [f"delete secret {login}", f"delete secret {plain}"],
         {"DeleteSecret": 2, "RemoveRegionsFromReplication": 1}),
        ("delete again", None, gone, [], {}),
        # The values are what they were: restored, read, and not written again.
        ("restore", None, moved,
         [f"update secret {login}: deletion_date, value", f"update secret {plain}: deletion_date, value"],
         {"RestoreSecret": 2}),
        ("same again", None, moved, [], {}),
        ("delete for good", None, gone_for_good, [f"delete secret {login}", f"delete secret {plain}"],
         {"DeleteSecret": 2}),
        ("delete again", None, gone_for_good, [], {}),
    ]  # fmt: skip
    password = None
    for step, by_hand, wanted, said, sent in life:
        if by_hand:
            by_hand()
        aws.recorder.reset()
        predicted = run(wanted, check=True)
        assert writes(aws) == {}, step
        done = run(wanted)
        assert writes(aws) == sent, step
        assert told(predicted) == told(done), step
        assert done["actions"] == said, step
        assert done["changed"] == bool(said), step
        if "delete" not in step:
            # As the service has it, not as the module says it.
            document = json.loads(stored(aws, login))
            password = password or document["password"]
            host = "db" if wanted is first else "db2"
            assert document == {**fields, "host": host, "password": password}, step
            assert stored(aws, plain) == "plain-value-1", step
            tags = {tag["Key"]: tag["Value"] for tag in client.describe_secret(SecretId=login)["Tags"]}
            assert tags == ({"app": "shop", "n": "1"} if wanted is first else {"app": "shop"}), step


def test_a_second_run_reads_many_values_in_few_calls_and_writes_nothing(aws, run, prefix):
    wanted = [{"name": f"{prefix}{n:02}", "value": f"value number {n}"} for n in range(30)]
    run(wanted)
    aws.recorder.reset()
    assert run(wanted)["changed"] is False
    calls = aws.recorder.counts()["calls"]
    assert calls == {"secretsmanager.DescribeSecret": 30, "secretsmanager.BatchGetSecretValue": 2}


def test_a_generated_password_changes_only_when_asked(aws, run, prefix):
    name = f"{prefix}key"
    wanted: dict[str, Any] = {"name": name, "generate": {"length": 48, "punctuation": False}}
    run([wanted])
    first = stored(aws, name)
    assert len(first) == 48
    assert first.isalnum()
    assert not run([wanted])["changed"]
    rotate = {**wanted, "generate": {**wanted["generate"], "rotate": True}}
    result = run([rotate])
    second = stored(aws, name)
    assert second != first
    for secret in (first, second):
        assert secret not in json.dumps(result)
    run([{"name": name, "state": "absent"}])
    assert run([wanted])["actions"] == [f"update secret {name}: deletion_date"]
    assert stored(aws, name) == second


def test_a_null_takes_a_description_away_and_nothing_keeps_it(aws, run, prefix):
    name = f"{prefix}a"
    run([{"name": name, "description": "mine", "kms_key_id": "alias/shop"}])
    assert not run([{"name": name}])["changed"]
    result = run([{"name": name, "description": None}])
    assert result["diff"][0]["before"] == "description: mine\n"
    described = aws.client("secretsmanager").describe_secret(SecretId=name)
    assert not described.get("Description")
    assert described["KmsKeyId"] == "alias/shop"


def test_one_that_fails_is_named_and_the_others_are_done(aws, run, prefix):
    # Its own region is none that a secret can be replicated to.
    own = aws.endpoint["region"]
    wanted = [
        {"name": f"{prefix}bad", "value": "v-bad-1", "replicas": [own]},
        {"name": f"{prefix}good", "value": "v-good-1"},
    ]
    result = run(wanted)
    assert result["failed"]
    assert result["msg"].startswith(f"1 of 2 secrets failed, the others are done. {prefix}bad: Cannot create secret")
    assert result["error"]["code"] == "InvalidParameterException"
    assert result["error"]["request_id"]
    assert result["changed"]
    assert [one.get("failed", False) for one in result["secrets"]] == [True, False]
    assert result["actions"] == [f"create secret {prefix}good"]
    assert stored(aws, f"{prefix}good") == "v-good-1"
    assert "v-bad-1" not in json.dumps(result)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([{"name": "a"}, {"name": "a"}], "secrets names a more than once"),
        ([{"name": "a", "value": "v", "json": {}}], "mutually exclusive"),
        ([{"name": "a", "value": "v", "generate": {}}], "mutually exclusive"),
        ([{"name": "a", "json": {"x": 1}, "generate": {}}], "generate without a key"),
        ([{"name": "a", "generate": {"length": 3}}], "length must be from 8 to 4096"),
        ([{"name": ""}], "Item 1 of secrets has no name"),
        ([{"name": "a", "nam": "b"}], "Supported parameters"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(aws, run, wanted, says):
    for check in (True, False):
        result = run(wanted, check=check)
        assert result["failed"]
        assert says in result["msg"]
    assert writes(aws) == {}


def test_the_info_module_tells_what_fits_every_filter(aws, run, info, prefix):
    run([
        {"name": f"{prefix}a", "value": "value-of-a-1", "tags": {"app": "shop", "tier": "db"}},
        {"name": f"{prefix}b", "value": "value-of-b-1", "tags": {"app": "blog"}},
        {"name": f"{prefix}c", "tags": {"app": "shop"}},
    ])  # fmt: skip
    run([{"name": f"{prefix}c", "state": "absent"}])

    def names(**filters):
        result = info(**filters)
        assert not result["changed"]
        assert "value-of" not in json.dumps(result)
        return [one["name"].removeprefix(prefix) for one in result["secrets"]]

    assert names(prefix=prefix) == ["a", "b"]
    assert names(prefix=prefix, include_deleted=True) == ["a", "b", "c"]
    assert names(prefix=prefix, tags={"app": "shop"}) == ["a"]
    assert names(prefix=prefix, tags={"app": None, "tier": "db"}) == ["a"]
    assert names(names=[f"{prefix}b", f"{prefix}none", f"{prefix}c"]) == ["b"]
    assert names(names=[f"{prefix}c"], include_deleted=True) == ["c"]
    assert names(names=[]) == []
    assert names(prefix=prefix, older_than_days=0) == ["a", "b"]
    assert names(prefix=prefix, older_than_days=1) == []
    assert writes(aws).keys() == {"CreateSecret", "DeleteSecret"}


def test_no_value_leaves_a_playbook_run_at_the_highest_verbosity(aws, prefix, play):
    told, field, by_hand = (f"{word}-{secrets.token_hex(8)}" for word in ("told", 'fie"ld\\', "hand"))
    aws.client("secretsmanager").create_secret(Name=f"{prefix}drifted", SecretString=by_hand)
    wanted = [
        {"name": f"{prefix}told", "value": told},
        {"name": f"{prefix}json", "json": {"api": field, "port": 3306}, "generate": {"key": "password"}},
        {"name": f"{prefix}drifted", "value": told},
        {"name": f"{prefix}bad", "value": told, "replicas": [aws.endpoint["region"]]},
    ]
    keep = {"name": "Keep", "replatform.aws.secretsmanager_secrets": {"secrets": "{{ wanted }}"}, "ignore_errors": True}
    look = {"name": "Look", "replatform.aws.secretsmanager_secrets_info": {"prefix": prefix}}
    said = play([keep, keep, look], wanted=wanted)
    assert "value: (changed)" in said, "the diff is shown"
    assert f"create secret {prefix}told" in said
    password = json.loads(stored(aws, f"{prefix}json"))["password"]
    for secret in (told, field, by_hand, password):
        forms = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]}
        assert not [form for form in forms if form in said]


@pytest.mark.parametrize("module", [secretsmanager_secrets, secretsmanager_secrets_info], ids=["secrets", "info"])
def test_the_examples_of_the_documentation_run(aws, prefix, play, module):
    said = play(yaml.safe_load(module.EXAMPLES.replace("shop/", f"{prefix}shop/")))
    assert "failed=0" in said
    if module is secretsmanager_secrets:
        assert set(json.loads(stored(aws, f"{prefix}shop/mysql"))) > {"engine", "host", "password"}


def test_a_signal_ends_the_module_while_a_call_hangs():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        connection = {"endpoint_url": url, "region": "eu-west-1", "access_key": "a", "secret_key": "s3cr3t-key-of-mine"}
        args = {**connection, "secrets": [{"name": name} for name in "abcd"]}
        running = start_module("secretsmanager_secrets", args)
        silent.settimeout(20)
        caller, _ = silent.accept()
        running.signal(signal.SIGTERM)
        started = time.monotonic()
        result = running.result(20)
        caller.close()
    assert time.monotonic() - started < 5
    assert result["error"]["code"] == "Interrupted"
    assert "SIGTERM" in result["msg"]
    assert "s3cr3t-key-of-mine" not in json.dumps(result)


def test_an_endpoint_that_nobody_serves_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    connection = {"endpoint_url": url, "region": "eu-west-1", "access_key": "a", "secret_key": "s3cr3t-key-of-mine"}
    result = run_module("secretsmanager_secrets", {**connection, "secrets": [{"name": "a"}]})
    assert result["msg"].startswith("Cannot read secret a in eu-west-1: Could not connect to the endpoint URL")
    assert "check endpoint_url" in result["msg"]
    assert result["error"]["code"] == "EndpointConnectionError"


RDS_SHAPE = {
    "engine": "mysql",
    "host": "db.example",
    "port": "3307",
    "username": "u",
    "password": "p-in-secret",
    "dbname": "shop",
}


def test_credentials_come_from_a_secret_and_plain_options_stand_before_it(aws, run, prefix):
    run([{"name": f"{prefix}db", "json": RDS_SHAPE}])
    found = credentials.resolve({"secret": f"{prefix}db", "host": "other"}, lambda: aws.client("secretsmanager"))
    assert found == {**RDS_SHAPE, "host": "other", "port": 3307, "tls": "required", "ca": None, "ca_file": None}


@pytest.mark.parametrize(
    ("stored_value", "says"),
    [
        (None, "does not exist in .* or has no value; create it"),
        ("only-a-password", "is not a JSON object"),
        ('["only-a-password"]', "is not a JSON object"),
        ('{"host": "h", "password": "only-a-password"}', "lacks username; add it to the secret's JSON"),
        ('{"host": "h", "password": "only-a-password", "username": "u", "port": "x"}', "no number from 1 to 65535"),
        ('{"host": "h", "password": "only-a-password", "username": "u", "tls": "no"}', "unknown value in tls"),
    ],
)
def test_a_secret_that_gives_no_credentials_is_named_with_the_way_out(aws, prefix, stored_value, says):
    client = aws.client("secretsmanager")
    if stored_value:
        client.create_secret(Name=f"{prefix}db", SecretString=stored_value)
    with pytest.raises(ReplatformError, match=says) as caught:
        credentials.resolve({"secret": f"{prefix}db"}, lambda: client, option="source")
    assert f"{prefix}db" in caught.value.message
    assert "only-a-password" not in str(caught.value.as_dict())


def test_a_secret_without_a_value_is_none_for_credentials(aws, prefix):
    client = aws.client("secretsmanager")
    client.create_secret(Name=f"{prefix}empty")
    with pytest.raises(ReplatformError, match="has no value"):
        credentials.resolve({"secret": f"{prefix}empty"}, lambda: client)


def test_fields_are_switched_and_switched_back_and_check_mode_predicts_each_step(aws, run, prefix):
    client = aws.client("secretsmanager")
    name = f"{prefix}app"
    old = '{"DB_HOST":"old.example",  "DB_PORT":"3306", "n": 1, "APP_KEY":"k"}'
    client.create_secret(Name=name, SecretString=old)
    new = {"DB_HOST": "new.example", "DB_PORT": "3307", "n": 1, "APP_KEY": "k"}
    keep = {"stage": "before-switch"}
    there: dict[str, Any] = {"name": name, "fields": {"DB_HOST": "new.example", "DB_PORT": 3307}, "keep": keep}
    back = {**there, "keep": {**keep, "restore": True}}
    label = {"UpdateSecretVersionStage": 1}

    def by_hand(**fields):
        client.update_secret(SecretId=name, SecretString=json.dumps({**json.loads(stored(aws, name)), **fields}))

    def begun():
        # As a run leaves it that was killed between its two calls.
        versions = client.describe_secret(SecretId=name)["VersionIdsToStages"]
        current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
        client.update_secret_version_stage(SecretId=name, VersionStage="before-switch", MoveToVersionId=current)

    life: list[tuple[str, Any, dict[str, Any], str, dict[str, Any], dict[str, int]]] = [
        # (step, done by hand before, wanted, what changes, the content afterwards, write calls)
        ("never switched", None, back, "", json.loads(old), {}),
        ("switch", None, there, "kept, value", new, {"UpdateSecret": 1, **label}),
        ("same again", None, there, "", new, {}),
        ("drift", lambda: by_hand(DB_HOST="hand"), there, "value", new, {"UpdateSecret": 1}),
        ("back", None, back, "kept, value", json.loads(old), {"UpdateSecret": 1, **label}),
        ("back again", None, back, "", json.loads(old), {}),
        ("killed", begun, there, "value", new, {"UpdateSecret": 1}),
        ("edited", lambda: by_hand(APP_KEY="k2"), back, "kept, value", {**json.loads(old), "APP_KEY": "k2"},
         {"UpdateSecret": 1, **label}),
        ("killed", begun, back, "kept", {**json.loads(old), "APP_KEY": "k2"}, label),
    ]  # fmt: skip
    for step, hand, wanted, changes, content, sent in life:
        if hand:
            hand()
        aws.recorder.reset()
        predicted = run([wanted], check=True)
        assert writes(aws) == {}, step
        done = run([wanted])
        assert writes(aws) == sent, step
        assert told(predicted) == told(done), step
        assert done["actions"] == ([f"update secret {name}: {changes}"] if changes else []), step
        assert json.loads(stored(aws, name)) == content, step
        if step == "back":
            assert stored(aws, name) == old
        assert "example" not in json.dumps(done), step


@pytest.mark.parametrize(
    ("value", "more", "said"),
    [
        pytest.param(None, {}, "no current value that is a JSON object", id="no such secret"),
        pytest.param("text", {}, "no current value that is a JSON object", id="no JSON"),
        pytest.param('{"hots": 1}', {}, "has no field host", id="no such field"),
        pytest.param(
            '{"host": "new"}',
            {"keep": {"stage": "s", "restore": True}},
            "set the old values by hand",
            id="nothing kept",
        ),
        pytest.param('{"host": "old"}', {"keep": {"stage": "AWSPREVIOUS"}}, "choose another stage", id="label of AWS"),
    ],
)
def test_a_field_that_cannot_be_switched_is_refused_before_any_secret_is_written(aws, run, prefix, value, more, said):
    client = aws.client("secretsmanager")
    client.create_secret(Name=f"{prefix}good", SecretString='{"host": "old"}')
    if value:
        client.create_secret(Name=f"{prefix}bad", SecretString=value)
    aws.recorder.reset()
    fields = {"host": "new"}
    result = run([{"name": f"{prefix}good", "fields": fields}, {"name": f"{prefix}bad", "fields": fields, **more}])
    assert said in result["msg"]
    assert writes(aws) == {}


def test_a_secret_that_is_leaving_has_no_value_for_those_that_ask_for_many(aws, run, prefix):
    there, leaving = f"{prefix}there", f"{prefix}leaving"
    run([{"name": there, "value": "v-there-1"}, {"name": leaving, "value": "v-leaving-1"}])
    run([{"name": leaving, "state": "absent"}])
    assert api.values(aws.client("secretsmanager"), [there, leaving]) == {there: "v-there-1"}
