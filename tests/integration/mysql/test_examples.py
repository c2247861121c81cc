"""The examples that ansible-doc shows, run as they stand but for the names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.servers import Aws
from tools.collection import examples, modules

from .conftest import Move

PREFIX = "replatform.aws."
COPIED = ("copy",)
VERIFIED = ("copy", "accounts", "follow", "verify")
SWITCHED = (*VERIFIED, "cutover")
BEFORE = {
    "mysql_follow": COPIED,
    "mysql_verify": COPIED,
    "mysql_migration_info": COPIED,
    "mysql_cutover": VERIFIED,
    "mysql_rollback": SWITCHED,
    "mysql_complete": SWITCHED,
}
"""What has to be done first."""
MYSQL = [module for module in modules() if module.stem.startswith("mysql_")]


def before(module: str, options: dict[str, Any], schema: str, prefix: str) -> list[dict[str, Any]]:
    """The tasks that come before a module's example."""
    ends = {role: {"secret": f"{prefix}/mysql-{role}"} for role in ("source", "target")}
    given = {**ends, "schemas": options.get("schemas", [schema])}
    named = {key: options[key] for key in ("name", "journal_schema", "exclude") if key in options}
    return [
        {"name": f"Before: {step}", f"{PREFIX}mysql_{step}": given if step == "accounts" else {**given, **named}}
        for step in BEFORE.get(module, ())
    ]


@pytest.mark.parametrize("module", MYSQL, ids=lambda path: path.stem)
def test_the_examples_of_the_documentation_run(move: Move, aws: Aws, play: Callable[..., str], module: Any) -> None:
    logins = {"source": move.args["source"], "target": move.args["target"]}
    for role, login in {**logins, "replication": logins["source"]}.items():
        aws.client("secretsmanager").create_secret(Name=f"{move.schema}/mysql-{role}", SecretString=json.dumps(login))
    web = {"username": "web", "password": "web-3b7e"}
    aws.client("secretsmanager").create_secret(Name=f"{move.schema}/mysql-web", SecretString=json.dumps(web))
    plays: list[list[dict[str, Any]]] = []
    for number, example in enumerate(examples(module)):
        name = f"{move.schema}_{number}"
        for schema in (name, f"{name}_audit"):
            with move.source.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {schema}")
                cursor.execute(f"CREATE TABLE {schema}.orders (id INT PRIMARY KEY)")
                cursor.execute(f"CREATE TABLE {schema}.web_log (id INT PRIMARY KEY)")
        with move.source.cursor() as cursor:
            for user in (f"{name}_web", f"{name}_worker"):
                cursor.execute(f"CREATE USER {user}@'%' IDENTIFIED BY RANDOM PASSWORD")
                cursor.execute(f"GRANT SELECT, INSERT ON {name}.* TO {user}@'%'")
        text = re.sub(r"\bshop(?=[-_.\]},\s]|$)", name, yaml.safe_dump(example)).replace("shop/", f"{move.schema}/")
        task = yaml.safe_load(text.replace("db.example.com", logins["source"]["host"]))
        options = task.get(PREFIX + module.stem)
        if not options:  # what an example does with a result
            plays[-1].append(task)
            continue
        tasks: list[dict[str, Any]] = []
        plays.append(tasks)
        if "name" in options:
            options["journal_schema"] = f"{move.schema}_journal"
        tasks += [*before(module.stem, options, name, move.schema), task]
    said = ""
    for tasks in plays:
        try:
            said += play(tasks)
        finally:  # a server is the replica of one migration only
            move.at_target("STOP REPLICA", "RESET REPLICA ALL")
    assert "failed=0" in said
    assert not any(login["password"] in said for login in [*logins.values(), web])
    for server in (move.source, move.target):
        with server.cursor() as cursor:
            for number in range(len(plays)):
                for user in ("web", "worker"):
                    cursor.execute(f"DROP USER IF EXISTS {move.schema}_{number}_{user}@'%'")
