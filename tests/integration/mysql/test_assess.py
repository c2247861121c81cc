"""What is in the way of a migration is told before it begins, with the fix, and nothing is changed by the telling."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import dicts, rows, value
from sandbox import mysql_distribution
from sandbox.mysqld import Mysqld
from sandbox.state import free_port
from tests.servers import Servers
from tests.support.modules import run_module

from .conftest import Move

GTIDS = "SELECT @@GLOBAL.gtid_executed"


def assess(move: Move, *, check: bool = False, **over: Any) -> dict[str, Any]:
    args = {key: given for key, given in move.args.items() if key != "workers"}
    return run_module("mysql_assess", {**args, "probe_replication": False, "fail_on": "never", **over}, check=check)


def found(result: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    assert "findings" in result, result["msg"]
    by_id: dict[str, list[dict[str, Any]]] = {}
    for finding in result["findings"]:
        by_id.setdefault(finding["id"], []).append(finding)
    return by_id


SHOP = (
    "CREATE TABLE customer (id INT PRIMARY KEY)",
    "CREATE TABLE orders (id INT PRIMARY KEY, customer INT, FOREIGN KEY (customer) REFERENCES customer (id))",
    "INSERT INTO customer VALUES (1), (2)",
    "INSERT INTO orders VALUES (1, 1), (2, 2)",
)


@pytest.fixture
def shop(move: Move) -> Move:
    move.fill(*SHOP)
    return move


@dataclass(frozen=True)
class Trap:
    """What statements put in the way beside a sound shop, and the finding of it."""

    finding: str
    severity: str
    statements: list[str]
    fix: str
    id: str


TRAPS = [
    Trap("no-primary-key", "warning", ["CREATE TABLE t (a INT)"], "ADD COLUMN my_row_id", id="no primary key"),
    Trap("engine", "warning", ["CREATE TABLE t (a INT PRIMARY KEY) ENGINE=MyISAM"], "ENGINE=InnoDB", id="engine"),
    Trap(
        "orphans",
        "warning",
        ["SET SESSION foreign_key_checks = 0", "INSERT INTO orders VALUES (3, 99), (4, 98), (5, NULL)"],
        "SELECT c.*",
        id="rows without parent",
    ),
    Trap(
        "foreign-key-not-unique",
        "warning",
        [
            "SET SESSION restrict_fk_on_non_standard_key = 0",
            "CREATE TABLE p (id INT PRIMARY KEY, code INT, KEY (code))",
            "CREATE TABLE c (id INT PRIMARY KEY, code INT, FOREIGN KEY (code) REFERENCES p (code))",
        ],
        "ADD UNIQUE KEY (`code`)",
        id="foreign key to no unique key",
    ),
    Trap(
        "zero-date-default",
        "warning",
        ["CREATE TABLE t (id INT PRIMARY KEY, at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00')"],
        "ALTER COLUMN `at` DROP DEFAULT",
        id="zero date",
    ),
    Trap(
        "json-opaque-values",
        "error",
        [
            "CREATE TABLE t (id INT PRIMARY KEY, j JSON)",
            "INSERT INTO t VALUES (1, JSON_OBJECT('at', CAST('2026-01-01' AS DATE))), (2, '[1, 2.5, \"x\", null]')",
        ],
        "MODIFY `j` longtext CHARACTER SET utf8mb4; ALTER TABLE",
        id="JSON with a date",
    ),
    Trap(
        "view-broken",
        "warning",
        ["CREATE TABLE t (a INT PRIMARY KEY)", "CREATE VIEW v AS SELECT a FROM t", "DROP TABLE t"],
        "SHOW CREATE VIEW",
        id="view on nothing",
    ),
    Trap(
        "row-format-compressed",
        "warning",
        ["CREATE TABLE t (a INT PRIMARY KEY) ROW_FORMAT=COMPRESSED"],
        "ROW_FORMAT=DYNAMIC",
        id="compressed rows",
    ),
    Trap(
        "partitions",
        "info",
        ["CREATE TABLE t (a INT PRIMARY KEY) PARTITION BY HASH (a) PARTITIONS 2"],
        "",
        id="partitions",
    ),
    Trap(
        "definer-refused",
        "error",
        ["CREATE DEFINER = root@localhost VIEW v AS SELECT id FROM orders"],
        "definers to rewrite",
        id="a definer whom the target protects",
    ),
    Trap(
        "definer-missing",
        "warning",
        ["CREATE DEFINER = `no body`@`%` VIEW v AS SELECT id FROM orders"],
        "CREATE USER `no body`@`%`",
        id="a definer whom the target lacks",
    ),
    Trap(
        "foreign-key-type",
        "error",
        [
            "CREATE TABLE p (id CHAR(9) CHARACTER SET latin1 PRIMARY KEY)",
            "CREATE TABLE c (id INT PRIMARY KEY, p VARCHAR(5) CHARACTER SET latin1, FOREIGN KEY (p) REFERENCES p (id))",
            "SET SESSION foreign_key_checks = 0",
            "ALTER TABLE p CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ],
        "MODIFY `p` char(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL",
        id="foreign key of another character set",
    ),
    Trap(
        "generated-column",
        "error",
        [
            "SET SESSION time_zone = '+02:00'",
            "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NULL, day DATE AS (DATE(at)) STORED)",
            "INSERT INTO t (id, at) VALUES (1, '2026-01-01 00:30:00'), (2, '2026-01-01 12:30:00'), (3, NULL)",
        ],
        "FORCE, ALGORITHM=COPY",
        id="a day in another time zone",
    ),
    Trap(
        "generated-column",
        "error",
        [
            "SET SESSION sql_mode = 'NO_UNSIGNED_SUBTRACTION'",
            "CREATE TABLE t (id INT PRIMARY KEY, a INT UNSIGNED, less INT AS (a - 5) STORED)",
            "INSERT INTO t (id, a) VALUES (1, 3), (2, 7)",
        ],
        "FORCE, ALGORITHM=COPY",
        id="a subtraction that only its sql_mode allows",
    ),
]

COMPUTED = """CREATE TABLE computed (
  id INT PRIMARY KEY, a DECIMAL(20, 6), at TIMESTAMP NULL, i INT AS (a / 3) STORED, u BIGINT UNSIGNED AS (id) STORED,
  m MEDIUMINT AS (a * 1e0) STORED, n DECIMAL(10, 2) AS (a / 3) STORED, f FLOAT AS (a / 3) STORED,
  g DOUBLE AS (a / 3e0) STORED, h FLOAT(7, 3) AS (a / 3) STORED, bits BIT(4) AS (id) STORED,
  y YEAR AS (YEAR('2024-01-01') + id) STORED, t TIME(2) AS (SEC_TO_TIME(a)) STORED,
  d DATE AS (DATE('2024-02-29 12:00:00')) STORED, dt DATETIME(3) AS ('2024-01-01 00:00:00.12345') STORED,
  ts TIMESTAMP AS (at + INTERVAL 1 DAY) STORED, c CHAR(9) AS (CONCAT(id, ' ')) STORED,
  v VARCHAR(9) CHARACTER SET latin1 AS (CONCAT(id, 'é, `AS (` ')) STORED, x TEXT AS (HEX(id)) STORED,
  e ENUM('1', '2') AS (id) STORED, b BINARY(4) AS (id) STORED, vb VARBINARY(9) AS (UNHEX(HEX(id))) STORED,
  j JSON AS (JSON_ARRAY(id, 'x', a)) STORED, w VARCHAR(20) AS (JSON_UNQUOTE(JSON_EXTRACT(j, '$[1]'))) STORED
)"""
"""Every kind of column, each computed from something of another kind: storing it rounds, cuts or pads."""


@dataclass
class Assessed:
    """Findings of one assessment of a schema for each trap and a sound one; `schema` and a number name them."""

    schema: str
    findings: list[dict[str, Any]]

    def of(self, number: int) -> list[dict[str, Any]]:
        """What was found about that schema, or about an account, of which each has another."""
        named = re.compile(rf"account |.*\b{self.schema}_{number}\b")
        return [finding for finding in self.findings if named.match(finding["object"])]


@pytest.fixture(scope="module")
def assessed(sandbox: Servers) -> Iterator[Assessed]:
    schema = f"t_{secrets.token_hex(4)}"
    names = [f"{schema}_{number}" for number in range(len(TRAPS) + 1)]
    sound = ("INSERT INTO computed (id, a, at) VALUES (1, 10.123456, '2026-01-01'), (2, -7.55, NULL)",)
    for name, trap in zip(names, [*TRAPS, None], strict=True):
        with sandbox.connect("mysql_source", root=True) as source, source.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            cursor.execute(f"USE {name}")
            cursor.execute("SET SESSION sql_mode = ''")
            for statement in [*SHOP, *(trap.statements if trap else (COMPUTED, *sound))]:
                cursor.execute(statement)
    ends = {
        role: {key: sandbox.endpoint(f"mysql_{role}")[key] for key in ("host", "port", "username", "password")}
        for role in ("source", "target")
    }
    args = {"name": schema, **ends, "schemas": names, "journal_schema": f"{schema}_journal"}
    yield Assessed(
        schema, run_module("mysql_assess", {**args, "probe_replication": False, "fail_on": "never"})["findings"]
    )
    with sandbox.connect("mysql_source", root=True) as source, source.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        for name in names:
            cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize("number", range(len(TRAPS)), ids=[trap.id for trap in TRAPS])
def test_what_is_in_the_way_is_told_with_its_fix(assessed: Assessed, number: int) -> None:
    trap = TRAPS[number]
    (finding,) = [finding for finding in assessed.of(number) if finding["id"] == trap.finding]
    assert finding["severity"] == trap.severity
    assert finding["evidence"]
    assert trap.fix in finding["fix"]


def test_nothing_is_told_of_a_sound_schema(assessed: Assessed) -> None:
    assert [finding for finding in assessed.of(len(TRAPS)) if not finding["object"].startswith("account ")] == []


def test_a_sound_schema_has_no_error_and_nothing_is_written(shop: Move) -> None:
    before = [value(end, GTIDS) for end in (shop.source, shop.target)]
    result = assess(shop, fail_on="error")
    assert not result.get("failed"), result
    assert result["counts"]["error"] == 0
    assert (result["phase"], result["changed"], result["actions"], result["diff"]) == ("assessed", False, [], [])
    assert [value(end, GTIDS) for end in (shop.source, shop.target)] == before
    assert all(len(line) <= 100 for line in result["report"])
    assert {table["name"] for table in result["largest_tables"]} == {
        f"{shop.schema}.{t}" for t in ("customer", "orders")
    }
    assert "tables" not in result
    assert result["source"]["rights"]["read_lock"] == "yes (tried)"
    assert result["target"]["rights"]["kill_own"] == "yes (tried)"
    assert "Run mysql_copy" in result["next_step"] or "run mysql_copy" in result["next_step"]


def test_check_mode_tries_nothing_and_has_the_same_shape(shop: Move) -> None:
    real = assess(shop)
    planned = assess(shop, check=True, probe_replication=True)
    assert set(planned) == set(real)
    assert planned["source"]["rights"]["read_lock"] == "yes (inferred)"
    assert "check mode" in found(planned)["target-to-source"][0]["evidence"]


@pytest.mark.parametrize(("fail_on", "fails"), [("never", False), ("error", False), ("warning", True)])
def test_the_gate_fails_with_the_first_finding_and_still_returns_all(shop: Move, fail_on: str, fails: bool) -> None:
    shop.fill("CREATE TABLE t (a INT)")
    result = assess(shop, fail_on=fail_on)
    assert bool(result.get("failed")) == fails
    assert found(result)["no-primary-key"]
    if fails:
        assert "0 errors and 1 warnings; the first: " in result["msg"]
        assert "ADD COLUMN my_row_id" in result["msg"]
        assert result["error"]["code"] == "Blocked"


def test_a_table_of_somebody_else_is_an_error_before_and_none_once_it_is_ours(shop: Move) -> None:
    shop.at_target(f"CREATE DATABASE `{shop.schema}`", f"CREATE TABLE `{shop.schema}`.orders (id INT PRIMARY KEY)")
    (finding,) = found(assess(shop))["table-in-the-way"]
    assert finding["severity"] == "error"
    shop.at_target(f"DROP TABLE `{shop.schema}`.orders")
    assert not shop.copy().get("failed")
    again = assess(shop, probe_replication=True)
    assert "table-in-the-way" not in found(again)
    assert "all is copied" in found(again)["target-to-source"][0]["evidence"]
    assert found(again)["rows-not-read"]


def replica(end: Connection[Any]) -> list[dict[str, Any]]:
    return dicts(end, "SHOW REPLICA STATUS")


def test_the_target_reaches_the_source_and_no_row_arrives(shop: Move) -> None:
    before = value(shop.target, GTIDS)
    result = assess(shop, probe_replication=True)
    (finding,) = found(result)["target-to-source"]
    assert "may replicate" in finding["evidence"]
    assert (value(shop.target, GTIDS), replica(shop.target), result["changed"]) == (before, [], False)


@contextmanager
def user(root: Connection[Any], grant: str = "") -> Iterator[dict[str, str]]:
    name, password = f"u_{secrets.token_hex(4)}", secrets.token_hex(8)
    with root.cursor() as cursor:
        cursor.execute(f"CREATE USER {name}@'%%' IDENTIFIED BY %s", (password,))
        if grant:
            cursor.execute(f"GRANT {grant} ON *.* TO {name}@'%'")
        try:
            yield {"username": name, "password": password}
        finally:
            cursor.execute(f"DROP USER {name}@'%'")


@pytest.mark.parametrize(
    ("over", "name", "fix"),
    [
        pytest.param({"password": "not-this-one"}, "replication-login", "REPLICATION SLAVE", id="a wrong password"),
        pytest.param({"port": 1}, "replication-unreachable", "allow-list", id="nobody listens"),
        pytest.param({"host": "no-such-host.invalid"}, "replication-unreachable", "replication.host", id="no host"),
    ],
)
def test_why_the_target_does_not_reach_the_source(shop: Move, over: dict[str, Any], name: str, fix: str) -> None:
    result = assess(shop, probe_replication=True, replication=over)
    (finding,) = found(result)[name]
    assert finding["severity"] == "error"
    assert fix in finding["fix"]
    assert not any(secret in str(result) for secret in ("not-this-one", shop.args["source"]["password"]))
    assert replica(shop.target) == []


def test_a_login_that_may_not_replicate(shop: Move) -> None:
    with user(shop.source) as login:
        assert found(assess(shop, probe_replication=True, replication=login))["replication-login"]


def test_a_target_that_is_a_replica_is_left_alone(shop: Move) -> None:
    shop.at_target("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1")
    try:
        assert found(assess(shop, probe_replication=True))["replication-configured"]
        assert replica(shop.target)[0]["source_port"] == 1
    finally:
        shop.at_target("RESET REPLICA ALL")


def test_what_a_killed_assessment_left_is_taken_away(shop: Move) -> None:
    shop.at_target(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1,"
        " SOURCE_LOG_FILE = 'replatform-probe.000001', SOURCE_LOG_POS = 4"
    )
    assert "may replicate" in found(assess(shop, probe_replication=True))["target-to-source"][0]["evidence"]
    assert replica(shop.target) == []


def test_a_user_with_few_rights_gets_findings_and_no_crash(shop: Move) -> None:
    with user(shop.source, "SELECT, SHOW VIEW, TRIGGER, EVENT") as login:
        result = assess(shop, source={**shop.args["source"], **login})
    by_id = found(result)
    assert any("PROCESS" in finding["evidence"] for finding in by_id["not-checked"])
    assert by_id["no-read-lock"][0]["fix"].startswith("GRANT RELOAD ON *.* TO")
    assert by_id["no-replication-client"]


def test_a_missing_privilege_is_an_error_with_its_grant(shop: Move) -> None:
    with user(shop.source, "PROCESS") as login:
        result = assess(shop, source={**shop.args["source"], **login})
    assert found(result)["privileges-missing"][0]["fix"].startswith("GRANT ")


def test_scans_that_find_no_time_say_so(shop: Move) -> None:
    assert f"orphans of {shop.schema}.orders" in found(assess(shop, scan_seconds=0))["rows-not-checked"][0]["evidence"]


def test_a_rate_gives_the_time(shop: Move) -> None:
    result = assess(shop, rate_mb_s=0.1)
    assert result["estimate_s"] == round(sum(t["bytes"] for t in result["largest_tables"]) / 1e6 / 0.1, 1)


def test_who_holds_a_statement_is_named(shop: Move, source_admin: Callable[..., Connection[Any]]) -> None:
    busy = source_admin(autocommit=True)
    number = value(busy, "SELECT CONNECTION_ID()")
    lock = source_admin(autocommit=True)
    with lock.cursor() as cursor:
        cursor.execute(f"LOCK TABLES `{shop.schema}`.orders READ")
    busy._execute_command(3, f"ALTER TABLE `{shop.schema}`.orders ADD COLUMN x INT".encode())  # type: ignore[attr-defined]
    while not value(
        lock, f"SELECT COUNT(*) FROM information_schema.processlist WHERE id = {number} AND info IS NOT NULL"
    ):
        pass
    (finding,) = found(assess(shop, scan_seconds=0))["ddl-running"]  # a scan would wait for the same lock
    assert finding["object"].startswith(f"connection {number} of doadmin@")
    with lock.cursor() as cursor:
        cursor.execute("UNLOCK TABLES")


def test_a_target_whose_parameters_do_not_fit(shop: Move, mysqld: Callable[..., Mysqld]) -> None:
    target = mysqld(
        "--gtid-mode=OFF", "--local-infile=OFF", "--max-allowed-packet=4M", "--sql-mode=", "--default-time-zone=+03:00",
        "--sql-require-primary-key=ON",
    )  # fmt: skip
    shop.fill("CREATE TABLE t (a INT)")
    by_id = found(assess(shop, target=target.endpoint(), probe_replication=True))
    severities = {name: by_id[name][0]["severity"] for name in by_id}
    expected = {"gtid-mode": "error", "no-primary-key": "error"}
    expected |= dict.fromkeys(("local-infile", "max-allowed-packet", "sql-mode", "time-zone"), "warning")
    assert {name: severities.get(name) for name in expected} == expected
    assert all(by_id[name][0]["fix"] for name in expected)


def test_what_would_keep_a_switch_from_being_taken_back(shop: Move, mysqld: Callable[..., Mysqld]) -> None:
    assert not {"way-back-triggers", "target-binlog-off"} & set(found(assess(shop)))
    shop.fill("CREATE TRIGGER counted BEFORE INSERT ON orders FOR EACH ROW SET NEW.customer = NEW.customer")
    with shop.source.cursor() as cursor:
        cursor.execute("SET GLOBAL log_bin_trust_function_creators = 0")
        try:
            by_id = found(assess(shop, target=mysqld("--skip-log-bin").endpoint()))
        finally:
            cursor.execute("SET GLOBAL log_bin_trust_function_creators = 1")
    told = {name: by_id[name][0]["severity"] for name in ("way-back-triggers", "target-binlog-off")}
    assert told == {"way-back-triggers": "warning", "target-binlog-off": "warning"}


def test_a_column_that_the_copy_computes_otherwise_is_found_by_the_verify_too_and_not_once_mended(shop: Move) -> None:
    shop.fill(
        "SET SESSION time_zone = '+02:00'",
        "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NULL, day DATE AS (DATE(at)) STORED)",
        "INSERT INTO t (id, at) VALUES (1, '2026-01-01 00:30:00'), (2, '2026-01-01 12:30:00')",
    )
    (finding,) = found(assess(shop))["generated-column"]
    assert (finding["object"], finding["evidence"].split()[0]) == (f"column {shop.schema}.t.day", "1")
    assert not shop.copy().get("failed")
    assert [table["name"] for table in shop.verify()["tables"] if not table["ok"]] == [f"{shop.schema}.t"]
    shop.fill(*finding["fix"].split("; ")[:2])
    assert "generated-column" not in found(assess(shop))
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0


def test_what_the_target_is_not_set_to_is_told_as_a_parameter_group_takes_it(
    shop: Move, mysqld: Callable[..., Mysqld]
) -> None:
    shop.fill("CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders WHERE id < 0")
    before = dicts(shop.target, "SHOW GLOBAL VARIABLES")
    told = {one["name"]: one for one in assess(shop)["settings"]}
    assert told["binlog retention hours"] == {
        "name": "binlog retention hours", "scope": "procedure", "now": None, "wanted": "72", "apply": "immediate",
        "phase": "cutover", "restore": None, "why": told["binlog retention hours"]["why"],
    }  # fmt: skip
    shop.at_target("CALL mysql.rds_set_configuration('binlog retention hours', 72)")
    try:
        assert {one["name"] for one in assess(shop)["settings"]} == set(told) - {"binlog retention hours"}
    finally:
        shop.at_target("CALL mysql.rds_set_configuration('binlog retention hours', NULL)")
    assert dicts(shop.target, "SHOW GLOBAL VARIABLES") == before
    target = mysqld(
        "--local-infile=OFF", "--sync-binlog=0", "--replica-parallel-workers=1", "--replica-preserve-commit-order=OFF",
        "--binlog-row-image=MINIMAL", "--binlog-transaction-compression=ON", "--binlog-expire-logs-seconds=3600",
        "--event-scheduler=OFF", "--max-allowed-packet=1G", "--default-time-zone=+03:00",
        "--innodb-flush-log-at-trx-commit=2",
    )  # fmt: skip
    wanted = {one["name"]: one for one in assess(shop, target=target.endpoint())["settings"]}
    assert set(wanted) == {
        "local_infile", "sync_binlog", "replica_parallel_workers", "replica_preserve_commit_order", "binlog_row_image",
        "binlog_transaction_compression", "binlog_expire_logs_seconds", "event_scheduler", "time_zone",
        "innodb_flush_log_at_trx_commit",
    }  # fmt: skip
    with target.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute("SET GLOBAL time_zone = '+00:00'")  # by name only where the zones are loaded
        for name, one in wanted.items():
            if name != "time_zone":
                wish = one["wanted"] if one["wanted"].isdigit() else f"'{one['wanted']}'"
                cursor.execute(f"SET GLOBAL {name} = {wish}")
    left = assess(shop, target=target.endpoint())["settings"]
    assert [(one["name"], one["phase"]) for one in left] == [
        ("innodb_flush_log_at_trx_commit", "copy"),
        ("sync_binlog", "copy"),
    ]


def test_values_that_become_equal_by_the_nearest_collation_of_the_target(
    shop: Move, mysqld: Callable[..., Mysqld], tmp_path: Path
) -> None:
    """A collation of the source's own makes é another letter; the target has nothing like it."""
    (sets,) = mysql_distribution.install(tmp_path / "log").root.glob("usr/share/mysql/charsets")
    own = tmp_path / "charsets"
    shutil.copytree(sets, own)
    index = own / "Index.xml"
    collation = '<collation name="utf8mb4_shop_ci" id="1029"><rules><reset>z</reset><p>é</p></rules></collation>'
    index.write_text(
        index.read_text().replace("</charsets>", f'<charset name="utf8mb4">{collation}</charset>\n</charsets>')
    )
    source = mysqld(f"--character-sets-dir={own}")
    with source.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{shop.schema}` COLLATE utf8mb4_bin")
        cursor.execute(
            f"CREATE TABLE `{shop.schema}`.t (id INT PRIMARY KEY, word VARCHAR(20) COLLATE utf8mb4_shop_ci, n INT,"
            " UNIQUE KEY words (word(10), n)) COLLATE utf8mb4_bin"
        )
        cursor.execute(f"INSERT INTO `{shop.schema}`.t VALUES (1, 'café', 1), (2, 'cafe', 1), (3, 'cafe', 2)")
    by_id = found(assess(shop, source=source.endpoint()))
    assert "COLLATE utf8mb4_unicode_520_ci" in by_id["collation-missing"][0]["fix"]
    (finding,) = by_id["unique-collision"]
    assert (finding["severity"], finding["object"]) == ("error", f"table {shop.schema}.t")
    assert finding["evidence"].startswith("1 values of its key words are held by several rows")
    with source.connect(autocommit=True) as root:
        assert rows(root, re.search("SELECT .*? > 1", finding["fix"])[0]) == [("cafe",)]  # type: ignore[index]
    told = shop.copy(source=source.endpoint())["msg"]
    assert "has a collation that the target lacks (utf8mb4_shop_ci); nothing was copied" in told
    assert "utf8mb4_shop_ci" in told


@pytest.mark.parametrize("scan", [0, 10])
def test_a_port_where_nobody_listens(shop: Move, scan: int) -> None:
    result = assess(shop, source={**shop.args["source"], "port": free_port()}, scan_seconds=scan)
    assert "cannot be reached" in result["msg"]
