from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import rows, value
from sandbox import mysqld as sandbox_mysqld
from tests.integration.mysql.conftest import Move
from tests.servers import Aws
from tests.support.modules import run_module

PASSWORD = "writes-7d1e"


@dataclass
class Team:
    """Accounts of a test's own, all of whose names begin with the schema's."""

    move: Move

    @property
    def name(self) -> str:
        return self.move.schema

    def make(self, *statements: str) -> None:
        """`{a}` is the schema's name, `{pw}` a password."""
        with self.move.source.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.format(a=self.name, pw=PASSWORD))

    def copy(self, *, check: bool = False, env: dict[str, str] | None = None, **over: Any) -> dict[str, Any]:
        given = {key: self.move.args[key] for key in ("source", "target", "schemas")}
        given["accounts"] = [f"{self.name}*"]
        return run_module("mysql_accounts", {**given, **over}, check=check, env=env)

    def login(self, user: str, password: str = PASSWORD) -> Connection[Any]:
        server = self.move.args["target"]
        login = {"host": server["host"], "port": server["port"], "username": f"{self.name}{user}", "password": password}
        return sandbox_mysqld.connect(login)

    def grants(self, user: str, *, source: bool = False) -> set[str]:
        connection = self.move.source if source else self.move.target
        return {line for (line,) in rows(connection, f"SHOW GRANTS FOR `{self.name}{user}`@`%`")}

    def created(self, user: str, *, source: bool = False) -> str:
        connection = self.move.source if source else self.move.target
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION print_identified_with_as_hex = 1")
        return str(value(connection, f"SHOW CREATE USER `{self.name}{user}`@`%`"))


@pytest.fixture
def team(move: Move) -> Iterator[Team]:
    move.fill("CREATE TABLE orders (id INT PRIMARY KEY, secret INT)")
    with move.target.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {move.schema}")
        cursor.execute(f"CREATE TABLE {move.schema}.orders (id INT PRIMARY KEY, secret INT)")
    yield Team(move)
    for root in (move.source, move.target):
        with root.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            cursor.execute("SELECT user, host FROM mysql.user WHERE user LIKE %s", (f"{move.schema}%",))
            for user, host in cursor.fetchall():
                cursor.execute("DROP USER %s@%s", (user, host))


TRAPS = [
    ("a login", ["CREATE USER {a}@'%' IDENTIFIED BY '{pw}'", "GRANT SELECT, INSERT ON {a}.* TO {a}@'%'"]),
    (
        "options",
        [
            "CREATE USER {a}@'%' IDENTIFIED BY '{pw}' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 5000",
            "ALTER USER {a}@'%' PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 3 PASSWORD REQUIRE CURRENT",
            """ALTER USER {a}@'%' FAILED_LOGIN_ATTEMPTS 4 ATTRIBUTE '{{"team": "ACCOUNT LOCK 100%"}}'""",
            "GRANT SELECT ON {a}.* TO {a}@'%' WITH GRANT OPTION",
        ],
    ),
    ("a locked one", ["CREATE USER {a}@'%' IDENTIFIED BY '{pw}' ACCOUNT LOCK", "GRANT ALL ON {a}.* TO {a}@'%'"]),
    ("an expired one", ["CREATE USER {a}@'%' IDENTIFIED BY '{pw}' PASSWORD EXPIRE", "GRANT DROP ON {a}.* TO {a}@'%'"]),
    (
        "another plugin",
        ["CREATE USER {a}@'%' IDENTIFIED WITH sha256_password BY '{pw}'", "GRANT ALTER ON {a}.* TO {a}"],
    ),
    ("columns", ["CREATE USER {a}@'%'", "GRANT SELECT (id), UPDATE (id, secret) ON {a}.orders TO {a}@'%'"]),
    ("a table", ["CREATE USER {a}@'%'", "GRANT ALL ON {a}.orders TO {a}@'%' WITH GRANT OPTION"]),
]


@pytest.mark.parametrize("statements", [row[1] for row in TRAPS], ids=[row[0] for row in TRAPS])
def test_an_account_is_the_same_at_the_target_and_nobody_sees_its_hash(team: Team, statements: list[str]) -> None:
    team.make(*statements)
    predicted = team.copy(check=True)
    assert not value(team.move.target, "SELECT COUNT(*) FROM mysql.user WHERE user = %s", (team.name,))
    made = team.copy()
    assert (made.get("msg"), made["left_out"]) == (None, [])
    for key in ("changed", "actions", "accounts", "diff"):
        assert predicted[key] == made[key]
    assert team.created("") == team.created("", source=True)
    assert team.grants("") == team.grants("", source=True)
    digest = team.created("").partition(" AS 0x")[2].partition(" ")[0]
    assert digest == "" or digest.lower() not in json.dumps([predicted, made]).lower()
    before = team.move.gtids()
    again = team.copy()
    assert (again["changed"], again["diff"], team.move.gtids()) == (False, [], before)


def test_an_application_logs_in_with_its_old_password_and_its_role(team: Team) -> None:
    team.make(
        "CREATE ROLE {a}_reader",
        "GRANT SELECT ON {a}.* TO {a}_reader",
        "CREATE USER {a}_web@'%' IDENTIFIED BY '{pw}'",
        "GRANT {a}_reader TO {a}_web@'%' WITH ADMIN OPTION",
        "SET DEFAULT ROLE {a}_reader TO {a}_web@'%'",
    )
    made = team.copy(accounts=[f"{team.name}_web@%"])
    assert made["actions"] == [f"create account {team.name}_reader@%", f"create account {team.name}_web@%"]
    with team.login("_web") as connection:
        assert rows(connection, f"SELECT * FROM {team.name}.orders") == []
    assert team.grants("_web") == team.grants("_web", source=True)
    assert not team.copy()["changed"]


def test_a_change_at_the_source_is_brought_over_and_what_the_target_has_stays(team: Team) -> None:
    team.make("CREATE USER {a}@'%' IDENTIFIED BY '{pw}'", "GRANT SELECT ON {a}.* TO {a}@'%'")
    team.copy()
    team.move.at_target(f"GRANT DELETE ON {team.name}.* TO {team.name}@'%'")
    team.make("ALTER USER {a}@'%' IDENTIFIED BY '{pw}-2' ACCOUNT LOCK", "GRANT INSERT ON {a}.* TO {a}@'%'")
    changed = team.copy()
    assert changed["actions"] == [f"update account {team.name}@%: account_state, authentication, grants"]
    assert "authentication: (changed)" in changed["diff"][0]["after"]
    assert team.created("") == team.created("", source=True)
    assert changed["accounts"][0]["grants"] == [f"{w} ON `{team.name}`.*" for w in ("DELETE", "INSERT", "SELECT")]
    assert not team.copy()["changed"]


def test_rights_on_all_schemas_become_rights_on_those_that_are_moved(team: Team) -> None:
    team.make("CREATE USER {a}@'%' IDENTIFIED BY '{pw}'", "GRANT SELECT, INSERT, PROCESS ON *.* TO {a}@'%'")
    made = team.copy()
    assert made["accounts"][0]["grants"] == [f"INSERT ON `{team.name}`.*", f"SELECT ON `{team.name}`.*"]
    assert [one["what"] for one in made["left_out"]] == ["PROCESS ON *.*"]
    wider = team.copy(other_schemas=True)
    assert "PROCESS ON *.*" in wider["accounts"][0]["grants"]
    assert not team.copy(other_schemas=True)["changed"]


def test_a_pattern_of_schemas_means_the_same_where_patterns_are_taken_literally(team: Team) -> None:
    escaped = team.name.replace("_", r"\_")
    team.make("CREATE USER {a}@'%' IDENTIFIED BY '{pw}'", f"GRANT SELECT ON `{escaped}%`.* TO {{a}}@'%'")
    assert team.copy()["accounts"][0]["grants"] == [f"SELECT ON `{team.name}`.*"]
    with team.login("") as connection:
        assert rows(connection, f"SELECT * FROM {team.name}.orders") == []


LEFT_OUT = [
    ("GRANT SUPER ON *.* TO {a}@'%'", "administrator"),
    ("GRANT REPLICATION SLAVE ON *.* TO {a}@'%'", "replica"),
    ("GRANT EXECUTE ON PROCEDURE {a}.nightly TO {a}@'%'", "run again after the copy"),
    ("GRANT SELECT ON {a}.late TO {a}@'%'", "run again after the copy"),
]


@pytest.mark.parametrize(("statement", "reason"), LEFT_OUT)
def test_what_the_target_must_not_or_cannot_have_is_left_out_with_the_reason(
    team: Team, statement: str, reason: str
) -> None:
    team.make(
        "CREATE TABLE {a}.late (id INT)",
        "CREATE PROCEDURE {a}.nightly() SELECT 1",
        "CREATE USER {a}@'%' IDENTIFIED BY '{pw}'",
        statement,
    )
    (left,) = team.copy()["left_out"]
    assert left["account"] == f"{team.name}@%"
    assert reason in left["reason"]


def test_accounts_of_the_servers_and_of_the_migration_are_never_copied(team: Team) -> None:
    team.make("CREATE USER {a}@'%' IDENTIFIED BY '{pw}'", "GRANT SELECT ON {a}.* TO {a}@'%'")
    found = {account["account"] for account in team.copy(accounts=[], check=True)["accounts"]}
    assert f"{team.name}@%" in found
    assert {name.partition("@")[0] for name in found} & {"root", "doadmin", "admin", "mysql.sys"} == set()


def test_an_account_whose_plugin_the_target_lacks_gets_a_new_password(team: Team, aws: Aws) -> None:
    team.make("CREATE USER {a}@'%' IDENTIFIED BY '{pw}'", "GRANT SELECT ON {a}.* TO {a}@'%'")
    # No plugin that these servers have is missing at one of them: the source's account is told to have another one.
    with team.move.source.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute("UPDATE mysql.user SET plugin = 'mysql_native_password' WHERE user = %s", (team.name,))
        cursor.execute("FLUSH PRIVILEGES")
    (left,) = team.copy()["left_out"]
    assert "give the account a new password" in left["reason"]
    secret = f"{team.name}/web"
    aws.client("secretsmanager").create_secret(Name=secret, SecretString=json.dumps({"password": "new-5c0e"}))
    passwords = {f"{team.name}@%": {"secret": secret}}
    made = team.copy(passwords=passwords, env=aws.environment)
    assert (made.get("msg"), made["left_out"]) == (None, [])
    assert "new-5c0e" not in json.dumps(made)
    team.login("", "new-5c0e").close()
    assert not team.copy(passwords=passwords, env=aws.environment)["changed"]


def test_a_source_whose_accounts_may_not_be_read_says_what_is_missing(team: Team) -> None:
    team.make("CREATE USER {a}_dba@'%' IDENTIFIED BY '{pw}'", "GRANT ALL ON {a}.* TO {a}_dba@'%'")
    failed = team.copy(source={**team.move.args["source"], "username": f"{team.name}_dba", "password": PASSWORD})
    assert "GRANT SELECT ON mysql.* TO" in failed["msg"]


def test_a_pattern_that_fits_nobody_is_refused(team: Team) -> None:
    assert "matches none" in team.copy(accounts=["nobody-9@%"])["msg"]
