from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import rows
from sandbox.mysqld import Mysqld
from sandbox.state import free_port
from tests.support.modules import run_module, start_module

from .conftest import Move


@pytest.fixture
def shop(move: Move) -> Move:
    move.fill("CREATE TABLE orders (id INT PRIMARY KEY)", "INSERT INTO orders VALUES (1), (2)")
    return move


def refused(move: Move, *words: str, **over: Any) -> dict[str, Any]:
    """The copy fails with one sentence that has these words, and nothing is written to the target."""
    before = move.gtids()
    result = move.copy(**over)
    assert result.get("failed"), result
    for word in words:
        assert word in result["msg"], result["msg"]
    text = str(result)
    assert "Traceback" not in text
    assert not any(move.args[end]["password"] in text for end in ("source", "target"))
    assert move.gtids() == before
    return result


def test_a_port_where_nobody_listens(shop: Move) -> None:
    port = free_port()
    refused(shop, f"127.0.0.1:{port}", "cannot be reached", "firewall", source={**shop.args["source"], "port": port})


def test_a_host_that_does_not_exist(shop: Move) -> None:
    refused(
        shop,
        "no-such-host.invalid",
        "cannot be reached",
        source={**shop.args["source"], "host": "no-such-host.invalid"},
    )


@pytest.mark.parametrize("end", ["source", "target"])
def test_a_wrong_password(shop: Move, end: str) -> None:
    result = refused(shop, f"The {end}", "refused the login", **{end: {**shop.args[end], "password": "not-this-one"}})
    assert "not-this-one" not in str(result)


def test_a_certificate_of_an_unknown_authority(shop: Move) -> None:
    refused(shop, "did not agree on TLS as verify_ca", "ca_file", target={**shop.args["target"], "tls": "verify_ca"})


def test_the_same_server_on_both_ends(shop: Move) -> None:
    refused(shop, "are the same server", source=shop.args["target"])


def test_an_unknown_schema_names_the_nearest(shop: Move) -> None:
    refused(shop, "has no schema", f"did you mean {shop.schema}?", schemas=[f"{shop.schema}x"])


@pytest.mark.parametrize("option", ["tables", "exclude"])
def test_a_filter_that_matches_nothing(shop: Move, option: str) -> None:
    refused(shop, f"{option}: shop.nothing_* matches none", **{option: ["shop.nothing_*"]})


def test_everything_excluded(shop: Move) -> None:
    refused(shop, "Nothing to move", exclude=[f"{shop.schema}.*"])


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("chunk_bytes", 5),
        ("workers", 0),
        ("workers", 65),
        ("lease_seconds", 1),
        ("name", ""),
        ("name", "x" * 191),
        ("schemas", []),
    ],
)
def test_values_that_make_no_sense(shop: Move, option: str, wrong: Any) -> None:
    refused(shop, option, **{option: wrong})


def test_a_table_that_is_not_ours(shop: Move) -> None:
    shop.at_target(f"CREATE DATABASE `{shop.schema}`", f"CREATE TABLE `{shop.schema}`.orders (id INT PRIMARY KEY)")
    refused(shop, f"already has {shop.schema}.orders", "did not create", "nothing was touched")


def test_tables_of_another_migration_are_not_ours(shop: Move) -> None:
    assert not shop.copy().get("failed")
    refused(shop, f"already has {shop.schema}.orders", "the name it had before", name="another")


def test_a_schema_that_was_made_beforehand_with_another_collation(shop: Move) -> None:
    shop.at_target(f"CREATE DATABASE `{shop.schema}` COLLATE latin1_bin")
    result = refused(shop, f"schema {shop.schema} with default collation latin1_bin", "nothing was touched")
    shop.at_target(result["error"]["fix"])
    assert not shop.copy().get("failed")


def test_a_journal_of_which_a_killed_run_made_the_first_tables(shop: Move) -> None:
    assert not shop.copy().get("failed")
    shop.at_target(
        f"DROP TABLE `{shop.schema}_journal`.unit", f"DROP TABLE `{shop.schema}_journal`.unit_group",
        f"DROP DATABASE `{shop.schema}`",
    )  # fmt: skip
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0


def test_a_schema_with_the_name_of_the_journal(shop: Move) -> None:
    shop.at_target(f"CREATE DATABASE `{shop.schema}_journal`", f"CREATE TABLE `{shop.schema}_journal`.x (id INT)")
    refused(shop, "is not Replatform's journal", "journal_schema")


def test_the_journal_of_another_source(shop: Move) -> None:
    assert not shop.copy().get("failed")
    shop.at_target(f"UPDATE `{shop.schema}_journal`.migration SET source = 'somebody-else'")
    refused(shop, "from another source server", "another name")


def test_the_journal_of_a_newer_version(shop: Move) -> None:
    assert not shop.copy().get("failed")
    shop.at_target(f"UPDATE `{shop.schema}_journal`.migration SET format = 99")
    refused(shop, "written by a newer Replatform (format 99")


@pytest.mark.parametrize(
    ("create", "words"),
    [
        ("t (id INT PRIMARY KEY) ENGINE = MyISAM", ("is stored by MyISAM", "t` ENGINE = InnoDB, or exclude")),
        ("t (id INT PRIMARY KEY) ENGINE = MEMORY", ("is stored by MEMORY",)),
        ("t (id INT NOT NULL) ENGINE = CSV", ("is stored by CSV",)),
        ("t (id INT PRIMARY KEY AUTO_INCREMENT) ENGINE = ARCHIVE", ("is stored by ARCHIVE",)),
    ],
)
def test_an_engine_that_cannot_commit_is_refused_with_its_alter(
    shop: Move, create: str, words: tuple[str, ...]
) -> None:
    shop.fill(f"CREATE TABLE {create} COMMENT 'ENGINE=InnoDB'")
    result = refused(shop, f"{shop.schema}.t ", *words)
    shop.fill(result["error"]["fix"])
    assert not shop.copy().get("failed")


@pytest.mark.parametrize(
    "document",
    [
        "JSON_OBJECT('at', NOW(6))",
        "JSON_ARRAY(1, JSON_OBJECT('price', CAST('1234.56' AS DECIMAL(8, 2))))",
        "JSON_OBJECT('n', JSON_ARRAY(CAST(7 AS DECIMAL(9, 0))))",
        "CAST(DATE'2024-01-01' AS JSON)",
        "JSON_ARRAY(_binary X'00FF')",
        "JSON_ARRAY(TIME'01:02:03')",
        "JSON_ARRAY(b'101')",
    ],
)
def test_json_that_text_cannot_carry_is_refused_with_its_row(shop: Move, document: str) -> None:
    shop.fill(
        "CREATE TABLE t (id INT PRIMARY KEY, j JSON)",
        f"INSERT INTO t VALUES (1, '[1.5, \"2024-01-01\", {{}}]'), (2, NULL), (7, {document})",
        # So many that the server plans for them.
        "INSERT INTO t WITH RECURSIVE c (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM c WHERE n < 900)"
        " SELECT n, '{\"a\": [1]}' FROM c",
        "ANALYZE TABLE t",
    )
    result = refused(
        shop, "JSON column j holds a date, DECIMAL or binary value in row 7", "make it plain at the source"
    )
    shop.fill(*re.findall(r"ALTER TABLE [^;]+", result["msg"]))
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0
    shop.fill(f"UPDATE t SET j = {document} WHERE id = 1")
    assert "in row 1" in str(shop.verify()["tables"])


def test_a_foreign_key_between_two_types_is_refused_with_both_and_the_way_out(shop: Move) -> None:
    shop.fill(
        "CREATE TABLE parent (id VARCHAR(9) CHARACTER SET latin1 PRIMARY KEY)",
        "CREATE TABLE child (id INT PRIMARY KEY, p VARCHAR(9) CHARACTER SET latin1 NOT NULL DEFAULT '',"
        " CONSTRAINT child_of FOREIGN KEY (p) REFERENCES parent (id))",
        "SET foreign_key_checks = 0",
        "ALTER TABLE parent CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    )
    result = refused(
        shop,
        f"foreign key {shop.schema}.child.child_of: its column p is CHARACTER SET latin1 COLLATE latin1_swedish_ci, "
        f"{shop.schema}.parent.id is CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "error 3780",
    )
    shop.fill(*result["error"]["fix"].rstrip(";").split("; "))
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0


@pytest.mark.parametrize("notes", [1, 3000], ids=["with its index", "before its index"])
def test_rows_that_a_unique_key_of_the_target_takes_for_equal_are_named(shop: Move, notes: int) -> None:
    shop.fill(
        "CREATE TABLE visit (id INT PRIMARY KEY, at TIMESTAMP, day DATE AS (CAST(at AS DATE)) STORED, note TEXT,"
        " UNIQUE KEY once_a_day (day))",
        # It has always been written from west of Greenwich.
        "SET SESSION time_zone = '-03:00'",
        f"INSERT INTO visit (id, at, note) VALUES (1, '2024-01-01 23:30:00', REPEAT('x', 500 * {notes})),"
        " (7, '2024-01-02 10:00:00', '')",
        "ANALYZE TABLE visit",
    )
    result = shop.copy()
    assert f"{shop.schema}.visit: UNIQUE KEY once_a_day cannot be built at the target" in result["msg"]
    assert "rows 1 and 7 are equal by it (2024-01-02)" in result["msg"]
    shop.fill("DELETE FROM visit WHERE id = 7", "UPDATE visit SET at = at - INTERVAL 1 DAY")  # the day as UTC has it
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0


@pytest.mark.parametrize("local_infile", [True, False], ids=["by LOAD DATA", "by INSERT"])
def test_rows_that_violate_a_check_at_the_target_are_told_with_the_way_to_list_them(
    shop: Move, mysqld: Callable[..., Mysqld], local_infile: bool
) -> None:
    if not local_infile:
        shop.args["target"] = mysqld("--local-infile=OFF").endpoint()
    shop.fill(
        "CREATE TABLE ratio (id INT PRIMARY KEY, a INT, b INT,"
        " CONSTRAINT exact CHECK (LENGTH(CAST(a / b AS CHAR)) > 8))",
        "SET SESSION div_precision_increment = 10",
        "INSERT INTO ratio VALUES (1, 1000000, 3), (2, 1, 3)",
    )
    result = shop.copy()
    assert f"{shop.schema}.ratio was not written: rows of it violate CHECK exact at the target" in result["msg"]
    listing = re.search(r"SELECT \* FROM .*? WHERE NOT .*?;", result["msg"])
    assert listing
    shop.fill("SET SESSION div_precision_increment = DEFAULT")
    assert rows(shop.source, listing[0]) == [(2, 1, 3)]
    shop.fill(*re.findall(r"ALTER TABLE [^;]+", result["msg"]))
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0


def test_text_that_is_none_is_refused_with_its_table(shop: Move, mysqld: Callable[..., Mysqld]) -> None:
    """No statement writes such bytes any more; the files of an old server, swapped in, bring them."""
    old = mysqld()
    shop.args["source"] = old.endpoint()
    folder = old.data / shop.schema
    with old.connect(autocommit=True) as root, root.cursor() as cursor:
        for statement in (
            f"CREATE DATABASE `{shop.schema}`",
            f"USE `{shop.schema}`",
            "CREATE TABLE raw (id INT PRIMARY KEY, v VARBINARY(80))",
            "INSERT INTO raw VALUES (1, 'fine'), (2, X'E9FF41')",
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb4)",
            "ALTER TABLE t DISCARD TABLESPACE",
            "FLUSH TABLES raw FOR EXPORT",
        ):
            cursor.execute(statement)
        shutil.copy(folder / "raw.ibd", folder / "t.ibd")
        for statement in ("UNLOCK TABLES", "ALTER TABLE t IMPORT TABLESPACE", "DROP TABLE raw"):
            cursor.execute(statement)
        assert rows(root, "SELECT HEX(v) FROM t WHERE id = 2") == [("E9FF41",)]
        told = shop.copy()["msg"]
        assert f"{shop.schema}.t (" in told
        assert r"Incorrect string value: '\xE9\xFFA' for column 'v'" in told
        cursor.execute("UPDATE t SET v = 'clean' WHERE id = 2")
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0


def test_a_table_dropped_by_hand_is_made_again(shop: Move) -> None:
    shop.fill("CREATE TABLE kept (id INT PRIMARY KEY)", "INSERT INTO kept VALUES (1)")
    assert not shop.copy().get("failed")
    shop.at_target(f"DROP TABLE `{shop.schema}`.orders")
    shop.fill("INSERT INTO kept VALUES (2)")
    again = shop.copy()
    assert f"create table {shop.schema}.orders" in again["actions"]
    assert f"create table {shop.schema}.kept" not in again["actions"]
    assert shop.verify()["mismatches"] == 0


def test_a_row_beyond_the_targets_packet_goes_by_load_data_or_is_named_with_the_setting(
    shop: Move, mysqld: Callable[..., Mysqld]
) -> None:
    shop.fill("CREATE TABLE wide (id INT PRIMARY KEY, a LONGBLOB)", "INSERT INTO wide VALUES (1, REPEAT('x', 5000000))")
    small = mysqld("--max-allowed-packet=2M", "--local-infile=OFF")
    shop.args["target"] = small.endpoint()
    result = shop.copy()
    assert f"{shop.schema}.wide was not written: the target's max_allowed_packet (2097152 bytes)" in result["msg"]
    assert "Set max_allowed_packet to 1073741824 in the target's parameter group" in result["msg"]
    with small.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute("SET GLOBAL local_infile = 1")
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0


@pytest.mark.parametrize(("end", "held"), [("source", "SHOW VIEW"), ("target", "SELECT, INSERT")])
def test_a_missing_privilege_is_named_with_its_grant(
    shop: Move,
    source_root: Callable[..., Connection[Any]],
    target_root: Callable[..., Connection[Any]],
    end: str,
    held: str,
) -> None:
    user, password = f"u_{secrets.token_hex(4)}", secrets.token_hex(8)
    root = {"source": source_root, "target": target_root}[end](autocommit=True)
    with root.cursor() as cursor:
        cursor.execute(f"CREATE USER {user}@'%%' IDENTIFIED BY %s", (password,))
        cursor.execute(f"GRANT {held} ON *.* TO {user}@'%'")
        try:
            login = {**shop.args[end], "username": user, "password": password}
            result = refused(shop, "lacks", "Grant it and run again: GRANT ", **{end: login})
            for grant in result["error"]["fix"]:
                cursor.execute(grant)
            over: dict[str, Any] = {end: login}
            assert not shop.copy(**over).get("failed")
        finally:
            cursor.execute(f"DROP USER {user}@'%'")


def test_a_target_whose_clock_is_wrong_is_told_and_leases_are_kept_by_it_alone(
    shop: Move, ahead: Callable[..., Mysqld], tmp_path: Any
) -> None:
    shop.args["target"] = ahead().endpoint()
    given = {key: shop.args[key] for key in ("name", "source", "target", "schemas", "journal_schema")}
    told = run_module("mysql_assess", {**given, "probe_replication": False, "fail_on": "never"})
    (finding,) = [finding for finding in told["findings"] if finding["id"] == "clock-skew"]
    assert (finding["severity"], "behind the target's" in finding["evidence"]) == ("warning", True)
    brake = tmp_path / "brake"
    brake.touch()
    first = start_module("mysql_copy", {**shop.args, "lease_seconds": 5, "throttle_file": str(brake)})
    while not (journal := shop.info()) or not journal[0]["running"]:
        assert first.process.poll() is None
    # By any other clock the lease of the first would have run out, or would for two days.
    assert "is being run by process" in shop.copy()["msg"]
    first.process.kill()
    first.process.communicate()
    brake.unlink()
    assert not shop.copy().get("failed")
    assert shop.verify()["mismatches"] == 0


def test_a_second_run_is_refused_while_the_first_lives(shop: Move, tmp_path: Any) -> None:
    brake = tmp_path / "brake"
    brake.touch()
    first = start_module("mysql_copy", {**shop.args, "throttle_file": str(brake)})
    while not (told := shop.info()) or not told[0]["running"]:
        assert first.process.poll() is None
    second = shop.copy()
    brake.unlink()
    assert second["failed"]
    assert "is being run by process" in second["msg"]
    assert not first.result().get("failed")


def test_a_verify_before_any_copy(shop: Move) -> None:
    result = run_module("mysql_verify", shop.args)
    assert "has no finished copy to compare" in result["msg"]
