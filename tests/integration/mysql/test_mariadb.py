# ruff: noqa: E501 - a definition a line
"""MariaDB as a source that is copied: what arrives exactly, and what is refused before any row with the way out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, rows, value
from ansible_collections.replatform.aws.plugins.module_utils.mysql.copy import copy
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Settings
from sandbox.mysqld import Mysqld
from tests.support.modules import run_module

from .conftest import Move

COLLATION = "utf8mb4_unicode_520_ci"
LOGIN = {"username": "admin", "password": "admin-5e1b"}


@dataclass(frozen=True)
class Trap:
    """A table; `columns` is what stands in its brackets and after them."""

    name: str
    columns: str
    values: str = ""


TRAPS = (
    # Every kind of column that both know.
    Trap("numbers", "(id INT AUTO_INCREMENT PRIMARY KEY, a TINYINT(4), b BOOL, c SMALLINT UNSIGNED, d MEDIUMINT, e BIGINT(20) UNSIGNED, f INT(5) ZEROFILL, g FLOAT, h FLOAT(7,3), i DOUBLE, j DOUBLE(10,2), k DECIMAL(65,30), l BIT(12), m YEAR) AUTO_INCREMENT = 500", "VALUES (-1, -128, 1, 65535, -8388608, 18446744073709551615, 7, 3.1415927, 1.5, 0.1, 2.25, -12345678901234567890.123456789012345678901234567890, b'101', 1901), (0, NULL, NULL, 0, 0, 0, 0, 16777216, 0, 1e300, 0, 0, 0, 0), (7, 0, 0, 0, 0, 0, 0, 0.1, -0.0, 1e-300, 0, 1, 4095, 2024)"),
    Trap("times", "(id INT PRIMARY KEY, a DATE, b TIME(6), c DATETIME(3), d TIMESTAMP NULL, e TIMESTAMP(6) NULL, f DATETIME)", "VALUES (1, '0000-00-00', '-838:59:59', '2024-02-29 23:59:59.125', '2024-10-27 00:30:00', '2038-01-19 03:14:07', '2024-00-00'), (2, '2024-02-31', '00:00:00.000001', NULL, '2024-10-27 01:30:00', NULL, NULL)"),
    Trap("texts", "(id INT PRIMARY KEY, a CHAR(5), b VARCHAR(40), c TINYTEXT, d TEXT, e MEDIUMTEXT, f LONGTEXT, g ENUM('a', 'it''s', ''), h SET('x', 'y'))", r"VALUES (1, 'x ', 'tab\tnew\nline\\N', '\\N', '東京 🛒', 'NULL', '', 'it''s', 'x,y'), (2, NULL, '', 'a', 'b', 'c', NULL, '', ''), (3, '', NULL, NULL, NULL, NULL, REPEAT('x', 70000), 0, NULL)"),
    Trap("bytes", "(id BINARY(4) PRIMARY KEY, a VARBINARY(9), b TINYBLOB, c BLOB, d LONGBLOB)", "VALUES (X'00000000', X'00FF', X'', X'5C74', X'0A09'), (X'FFFFFFFF', NULL, NULL, NULL, REPEAT(X'FF', 70000))"),
    Trap("json_is_a_text_with_a_check", "(id INT PRIMARY KEY, j JSON, k JSON NOT NULL DEFAULT '{}' CHECK (JSON_LENGTH(k) < 9))", """VALUES (1, '{"b": 1.50,  "a": [1, "ü", null]}', '[1]'), (2, NULL, '{}')"""),
    Trap("places", "(id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL, l LINESTRING, SPATIAL KEY place (p))", "VALUES (1, ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 0))'), ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('LINESTRING(0 0, 1 1)')), (2, NULL, ST_GeomFromText('POINT(-1 0.1)'), NULL)"),
    Trap("vectors", "(id INT PRIMARY KEY, v VECTOR(3))", "VALUES (1, VEC_FromText('[1, -2.5, 3e-9]')), (2, NULL)"),
    Trap("compressed_columns", "(id INT PRIMARY KEY, a VARCHAR(100) COMPRESSED, b TEXT COMPRESSED)", "VALUES (1, REPEAT('x', 99), REPEAT('y', 9000))"),
    Trap("charsets", "(id INT PRIMARY KEY, a VARCHAR(10) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci, b VARCHAR(10) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin, c CHAR(3) CHARACTER SET ascii, d TEXT CHARACTER SET utf16 COLLATE utf16_general_ci, e VARCHAR(9) COLLATE utf8mb4_bin, f VARCHAR(9) CHARACTER SET latin1) CHARACTER SET cp1251", "VALUES (1, 'é', 'É', 'abc', '東京', 'ß', _latin1 X'80')"),
    # Definitions that MySQL spells or wants otherwise.
    Trap("defaults", "(id INT PRIMARY KEY, a DATE DEFAULT CURDATE(), b CHAR(36) DEFAULT UUID(), c INT DEFAULT (1 + 2), d DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), e VARCHAR(20) DEFAULT 'it''s\\n\\\\ DEFAULT f()', f VARCHAR(9) DEFAULT (CONCAT('a', 'b)')), g TEXT DEFAULT 'x', h BLOB DEFAULT 'y', i TIMESTAMP NOT NULL DEFAULT NOW(), j DATETIME DEFAULT NOW(), k INT DEFAULT -1, l DECIMAL(5,2) DEFAULT 1.5, m DOUBLE DEFAULT 1e10, n BIT(3) DEFAULT b'101', o DATE DEFAULT NOW(), p INT DEFAULT (id + 1), q JSON DEFAULT (JSON_ARRAY()), r TIME DEFAULT CURTIME(), s VARBINARY(9) DEFAULT X'FF00', t DATETIME DEFAULT (NOW() + INTERVAL 1 DAY), u BIGINT DEFAULT UNIX_TIMESTAMP(), v DATETIME(3) DEFAULT NOW(), w ENUM('a', 'b') DEFAULT 'b', x DATE DEFAULT '0000-00-00', y INT DEFAULT (IF(1 > 0, 5, 6)) COMMENT 'DEFAULT uuid() CHECK (x)', z VARCHAR(9) CHARACTER SET latin1 DEFAULT (LOWER('A')), aa INT DEFAULT (CASE WHEN 1 THEN 2 ELSE 3 END), bb TEXT DEFAULT 5)", "(id) VALUES (1), (2)"),
    Trap("checks", "(id INT PRIMARY KEY CHECK (id > 0), a INT COMMENT 'x' CHECK (a < 10), CONSTRAINT named_in_checks CHECK (a <> 5 OR id LIKE 'x%'), CHECK (a != 7))", "VALUES (1, 5 + 1), (2, NULL)"),
    Trap("checks_of_the_same_name", "(id INT PRIMARY KEY, a INT, CHECK (a != 7), CHECK (a != 8))", "VALUES (1, 1)"),
    Trap("generated", "(id INT PRIMARY KEY, a INT AS (id * 2) VIRTUAL, b INT AS (id + 1) PERSISTENT, c VARCHAR(20) AS (CONCAT(id, ' ', 'x')) STORED, d VARCHAR(10) AS (LOWER('ABC')) VIRTUAL INVISIBLE, e INT AS (id DIV 2) STORED COMMENT 'c', KEY (a), KEY (b))", "(id) VALUES (1), (2)"),
    Trap("invisible", "(id INT PRIMARY KEY, a INT INVISIBLE, b INT INVISIBLE DEFAULT 5, c INT NOT NULL INVISIBLE DEFAULT 3 COMMENT 'z')", "(id, a) VALUES (1, 4), (2, NULL)"),
    Trap("indexes", "(id INT PRIMARY KEY, a INT, b VARCHAR(50), t TEXT, KEY ignored (a) COMMENT 'x' IGNORED, KEY down (a DESC, b), KEY prefix (b(7)) COMMENT 'it''s IGNORED', FULLTEXT KEY words (t), UNIQUE KEY hashed (a) USING HASH)", "VALUES (1, 1, 'b', 'some text')"),
    Trap("options", "(id INT PRIMARY KEY, v TEXT) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4 STATS_PERSISTENT=1 CHECKSUM=1 TRANSACTIONAL=1 COMMENT='TRANSACTIONAL=1 CHARSET=y'", "VALUES (1, REPEAT('x', 9000))"),
    Trap("formerly_of_aria", "(id INT PRIMARY KEY) ENGINE=Aria PAGE_CHECKSUM=1 TRANSACTIONAL=1; ALTER TABLE formerly_of_aria ENGINE=InnoDB", "VALUES (1)"),
    Trap("by_range", "(id INT, y INT, PRIMARY KEY (id, y)) PARTITION BY RANGE (y) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000) COMMENT 'PARTITION `x` DEFAULT', PARTITION p1 VALUES LESS THAN MAXVALUE)", "VALUES (1, 1999), (2, 2024)"),
    Trap("by_key", "(id VARCHAR(9) PRIMARY KEY) PARTITION BY KEY () PARTITIONS 2", "VALUES ('a'), ('b')"),
    Trap("by_dates", "(id INT, at DATE, PRIMARY KEY (id, at)) PARTITION BY RANGE COLUMNS (at) (PARTITION p0 VALUES LESS THAN ('2024-01-01'), PARTITION p1 VALUES LESS THAN (MAXVALUE))", "VALUES (1, '2020-01-01'), (2, '2025-01-01')"),
    Trap("parents", "(id INT PRIMARY KEY, p INT, CONSTRAINT parent_of FOREIGN KEY (p) REFERENCES parents (id) ON DELETE SET NULL ON UPDATE CASCADE, CONSTRAINT other_of FOREIGN KEY (p) REFERENCES parents (id) ON DELETE NO ACTION ON UPDATE RESTRICT)", "VALUES (1, NULL), (2, 1)"),
    Trap("without_key", "(a INT, b VARCHAR(9))", "VALUES (1, 'x'), (1, 'x'), (NULL, NULL)"),
    Trap("in_pieces", "(id INT PRIMARY KEY, v VARCHAR(300), KEY (v))", "SELECT seq * 7, REPEAT('x', 300) FROM seq_1_to_2000"),
    Trap("in_pieces_by_text", "(id VARCHAR(20) PRIMARY KEY, v VARCHAR(300))", "SELECT CONCAT('k', seq), REPEAT('x', 300) FROM seq_1_to_2000"),
)  # fmt: skip

OBJECTS = (
    "CREATE FUNCTION net(total INT(11)) RETURNS INT DETERMINISTIC RETURN total - 1",
    "CREATE VIEW z_base AS SELECT id, net(id) AS net, LCASE(a) AS low FROM numbers WHERE id > 0 OR a IS NULL",
    "CREATE VIEW a_report AS SELECT COUNT(*) AS n FROM z_base WHERE net > 0",
    "CREATE PROCEDURE clear_log(IN days INT) BEGIN DELETE FROM without_key WHERE a < days; END",
    "CREATE TRIGGER counted BEFORE INSERT ON without_key FOR EACH ROW SET NEW.a = COALESCE(NEW.a, 0) + 1",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DO CALL clear_log(30)",
)


@pytest.fixture
def source(mariadb: Mysqld, schema: str) -> Iterator[Connection[Any]]:
    """MariaDB with a schema of this test's own; the session's collation is one that MySQL has."""
    with mariadb.connect(autocommit=True, init_command=f"SET NAMES utf8mb4 COLLATE {COLLATION}") as root:
        with root.cursor() as cursor:
            cursor.execute(f"CREATE USER IF NOT EXISTS admin@'%' IDENTIFIED BY '{LOGIN['password']}'")
            cursor.execute("GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION")
            cursor.execute(f"CREATE DATABASE {schema} COLLATE {COLLATION}")
        yield root
        with root.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {schema}")


@pytest.fixture
def maria(move: Move, mariadb: Mysqld, source: Connection[Any]) -> Move:
    """A migration from MariaDB to the sandbox's target."""
    endpoint = mariadb.endpoint()
    login = {"host": endpoint["host"], "port": endpoint["port"], **LOGIN}
    return Move(move.schema, source, move.target, {**move.args, "source": login, "definers": "rewrite"})


def made(trap: Trap) -> tuple[str, ...]:
    fill = (f"INSERT IGNORE INTO {trap.name} {trap.values}",) if trap.values else ()
    return (*f"CREATE TABLE {trap.name} {trap.columns}".split("; "), *fill)


def clean(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("failed"), result["msg"]
    return result


def test_everything_that_both_know_arrives_and_a_second_run_writes_nothing(maria: Move) -> None:
    maria.args["chunk_bytes"] = 100_000
    maria.fill(
        *(statement for trap in TRAPS for statement in made(trap)),
        *OBJECTS,
        "ANALYZE TABLE in_pieces, in_pieces_by_text",
    )
    done = clean(maria.copy())
    assert {table["name"] for table in done["tables"]} == {f"{maria.schema}.{trap.name}" for trap in TRAPS}
    verified = maria.verify()
    assert (verified.get("msg"), verified["mismatches"]) == (None, 0)
    assert len(verified["objects"]) == len(OBJECTS)
    before = maria.gtids()
    assert (clean(maria.copy())["changed"], maria.gtids()) == (False, before)
    assert maria.info()[0]["name"] == maria.schema
    for table in ("generated", "defaults"):  # what each server computes by itself, but for moments and random values
        columns = {
            "generated": "id, a, b, c, d, e",
            "defaults": "id, c, e, f, g, h, k, l, m, n, p, q, s, w, x, y, z, aa, bb",
        }[table]
        found = [
            rows(end, f"SELECT {columns} FROM `{maria.schema}`.{table} ORDER BY id")
            for end in (maria.source, maria.target)
        ]
        assert found[0] == found[1]
    maria.at_target(
        f"USE `{maria.schema}`", "INSERT INTO defaults (id) VALUES (9)", "INSERT INTO without_key VALUES (4, 'new')"
    )
    assert rows(maria.target, "SELECT c, f, g, k, p, y FROM defaults WHERE id = 9") == [(3, "ab)", "x", -1, 10, 5)]
    assert value(maria.target, "SELECT a FROM without_key WHERE b = 'new'") == 5
    assert value(maria.target, "SELECT n FROM a_report") == 1


def test_what_changed_on_either_side_is_found_and_mended(maria: Move) -> None:
    maria.fill(
        *(s for trap in TRAPS if trap.name in ("numbers", "without_key", "checks") for s in made(trap)), *OBJECTS
    )
    clean(maria.copy())
    maria.at_target(
        f"USE `{maria.schema}`",
        "CREATE OR REPLACE VIEW a_report AS SELECT 7 AS n",
        "ALTER TABLE checks DROP CHECK named_in_checks",
    )
    found = maria.verify()
    assert [stored["name"] for stored in found["objects"] if not stored["ok"]] == [f"{maria.schema}.a_report"]
    assert [table["name"] for table in found["tables"] if not table["ok"]] == [f"{maria.schema}.checks"]
    assert all("named_in_checks" in line for line in found["tables"][0]["structure"])
    maria.at_target(
        "DROP VIEW a_report", "ALTER TABLE checks ADD CONSTRAINT named_in_checks CHECK (a <> 5 OR id LIKE 'x%')"
    )
    maria.fill("CREATE OR REPLACE VIEW z_base AS SELECT id, id AS net FROM numbers", "INSERT INTO checks VALUES (3, 3)")
    done = clean(maria.copy())
    assert {f"replace view {maria.schema}.z_base", f"create view {maria.schema}.a_report"} <= set(done["actions"])
    verified = maria.verify()
    assert (verified.get("msg"), verified["mismatches"]) == (None, 0)


REFUSED = (
    ("(id INT PRIMARY KEY) WITH SYSTEM VERSIONING", "has system versioning", "ALTER TABLE {t} DROP SYSTEM VERSIONING"),
    ("(id INT PRIMARY KEY, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(s, e)) WITH SYSTEM VERSIONING", "has system versioning", "DROP SYSTEM VERSIONING"),
    ("(id INT, s DATE, e DATE, PERIOD FOR p(s, e), UNIQUE (id, p WITHOUT OVERLAPS))", "has a period (p)", "ALTER TABLE {t} DROP INDEX `id`, DROP PERIOD FOR `p`"),
    ("(id INT PRIMARY KEY) PAGE_COMPRESSED=1", "has the option PAGE_COMPRESSED", "ALTER TABLE {t} PAGE_COMPRESSED=DEFAULT"),
    ("(id INT PRIMARY KEY) ENCRYPTION_KEY_ID=1", "has the option ENCRYPTION_KEY_ID", "ALTER TABLE {t} ENCRYPTION_KEY_ID=DEFAULT"),
    ("(id INT PRIMARY KEY) ENGINE=Aria", "is stored by Aria", "ALTER TABLE {t} ENGINE = InnoDB"),
    ("(id INT PRIMARY KEY) ENGINE=MyISAM", "is stored by MyISAM", "ALTER TABLE {t} ENGINE = InnoDB"),
    ("(id INT PRIMARY KEY, `uuid` UUID DEFAULT UUID())", "has a column of type uuid", "ALTER TABLE {t} MODIFY `uuid` CHAR(36) DEFAULT (uuid())"),
    ("(id INT PRIMARY KEY, i INET6)", "has a column of type inet6", "ALTER TABLE {t} MODIFY `i` VARCHAR(45) DEFAULT NULL"),
    ("(id INT PRIMARY KEY, i INET4)", "has a column of type inet4", "ALTER TABLE {t} MODIFY `i` VARCHAR(15) DEFAULT NULL"),
    ("(id INT PRIMARY KEY, v VECTOR(3) NOT NULL, VECTOR KEY near (v))", "has a vector index (near)", "ALTER TABLE {t} DROP INDEX `near`"),
    ("(id INT PRIMARY KEY, v TEXT, UNIQUE KEY whole (v))", "has a UNIQUE key over all of v", "ALTER TABLE {t} DROP INDEX `whole`"),
    ("(id INT DEFAULT NEXTVAL(numbering) PRIMARY KEY)", "takes the default of id from a sequence", "ALTER TABLE {t} ALTER COLUMN `id` DROP DEFAULT"),
    ("(id INT PRIMARY KEY) PARTITION BY LIST (id) (PARTITION odd VALUES IN (1, 3), PARTITION rest DEFAULT)", "has a DEFAULT partition (rest)", "REORGANIZE PARTITION `rest`"),
    ("(id INT PRIMARY KEY, v VARCHAR(9)) COLLATE utf8mb4_uca1400_ai_ci", "the target lacks (utf8mb4_uca1400_ai_ci)", "ALTER TABLE {t} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci"),
    ("(id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET utf8mb3 COLLATE utf8mb3_uca1400_ai_ci)", "column v has a collation that the target lacks", "ALTER TABLE {t} MODIFY `v` varchar(9) CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_520_ci"),
    ("(id INT PRIMARY KEY, v VARCHAR(9) COLLATE utf8mb4_nopad_bin)", "the target lacks (utf8mb4_nopad_bin)", "COLLATE utf8mb4_bin"),
    ("(id INT PRIMARY KEY, at TIMESTAMP(6) NULL); INSERT INTO trapped VALUES (1, '2038-01-19 03:14:08')", "has a TIMESTAMP after 2038", "ALTER TABLE {t} MODIFY `at` datetime(6) NULL"),
    # Said by the target itself, when the table is made.
    ("(id INT PRIMARY KEY, d DECIMAL(38,38))", "error 1425", "Change the table's definition at the source"),
    ("(id INT PRIMARY KEY, v VARCHAR(20) DEFAULT (NATURAL_SORT_KEY('a')))", "MySQL does not take", "Change the table's definition at the source"),
)  # fmt: skip


def refused(maria: Move, *words: str) -> None:
    """The copy, in this very process, ends with one sentence that has these words, and no row is at the target."""
    source, target = (Server(role, **maria.args[role]) for role in ("source", "target"))
    given = {key: maria.args[key] for key in ("name", "definers", "journal_schema")}
    with pytest.raises(ReplatformError) as raised:
        copy(source, target, Settings(schemas=(maria.schema,), **given), check=False)
    assert not [word for word in words if word not in raised.value.message], raised.value.message
    there = "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = 'trapped'"
    if rows(maria.target, there, (maria.schema,)):
        assert not rows(maria.target, f"SELECT * FROM `{maria.schema}`.trapped")


@pytest.mark.parametrize(("columns", "what", "mend"), REFUSED, ids=[re.sub(r"\W+", " ", row[1]) for row in REFUSED])
def test_what_mysql_lacks_is_refused_before_any_row_with_the_way_out(
    maria: Move, columns: str, what: str, mend: str
) -> None:
    maria.fill("CREATE SEQUENCE numbering", *f"CREATE TABLE trapped {columns}".split("; "))
    refused(maria, what, mend.format(t=f"`{maria.schema}`.`trapped`"))


ROW = ("CREATE TABLE trapped (id INT PRIMARY KEY)", "INSERT INTO trapped VALUES (1)")


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["CREATE VIEW bad AS SELECT MEDIAN(id) OVER () AS m FROM trapped"], ["bad"]),
        (["CREATE FUNCTION bad() RETURNS INT DETERMINISTIC BEGIN FOR i IN 1..3 DO SET @x = i; END FOR; RETURN 1; END"], ["function", "bad", "1064"]),
        (["CREATE PROCEDURE bad() INSERT INTO trapped VALUES (5) RETURNING id"], ["procedure", "bad", "1064"]),
        (["SET SESSION sql_mode = 'ORACLE'", "CREATE PROCEDURE bad(a INT) AS BEGIN NULL; END"], ["bad", "ORACLE"]),
        (["SET NAMES utf8mb4 COLLATE utf8mb4_uca1400_ai_ci", "CREATE VIEW bad AS SELECT 'a' AS a"], ["View", "bad has a collation", "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci"]),
        (["ALTER DATABASE COLLATE utf8mb4_uca1400_ai_ci"], ["Schema", "ALTER DATABASE", "COLLATE utf8mb4_unicode_520_ci"]),
    ],
    ids=["window function", "for loop", "returning", "oracle mode", "collation", "schema"],
)  # fmt: skip
def test_an_object_in_words_of_mariadb_is_refused_before_any_row(
    maria: Move, statements: list[str], words: list[str]
) -> None:
    maria.fill(*ROW, *statements)
    refused(maria, *words)


def test_sequences_stay_behind_and_are_named(maria: Move) -> None:
    maria.fill(*ROW, "CREATE SEQUENCE numbering")
    planned = clean(maria.copy(check=True))
    assert f"MySQL has no sequences, so {maria.schema}.numbering stay behind" in str(planned["warnings"])


def test_a_column_that_the_default_collation_computes_otherwise_is_found_by_the_verify_as_the_assessment_warned(
    maria: Move,
) -> None:
    maria.fill(
        "CREATE TABLE padded (id INT PRIMARY KEY, same INT AS (CONCAT(id, ' ') = CONCAT(id, '')) STORED)",
        "INSERT INTO padded (id) VALUES (1)",
    )
    clean(maria.copy())
    assert [value(end, f"SELECT same FROM `{maria.schema}`.padded") for end in (maria.source, maria.target)] == [1, 0]
    assert [table["name"] for table in maria.verify()["tables"] if not table["ok"]] == [f"{maria.schema}.padded"]


def test_the_assessment_says_that_it_can_be_copied_and_not_followed(maria: Move) -> None:
    maria.fill(
        *ROW,
        *made(TRAPS[0]),
        "CREATE TABLE old (id INT PRIMARY KEY, v VARCHAR(9) COLLATE utf8mb4_uca1400_ai_ci) WITH SYSTEM VERSIONING",
        "CREATE SEQUENCE numbering",
        "CREATE TABLE late (id INT PRIMARY KEY, at TIMESTAMP(6) NULL)",
        "INSERT INTO late VALUES (1, '2038-01-19 03:14:08')",
        "CREATE TABLE computed (id INT PRIMARY KEY, a INT, b DECIMAL(9, 2) AS (a / 3) STORED, c DATE AS (id) PERSISTENT)",
        "INSERT INTO computed (id, a) VALUES (20240229, 10), (20240228, NULL)",
        "CREATE TABLE hours (id INT PRIMARY KEY, at TIMESTAMP NULL, hour INT AS (HOUR(at)) STORED)",
        "CREATE TABLE padded (id INT PRIMARY KEY, named VARCHAR(9) COLLATE utf8mb4_bin, same INT AS (CONCAT(id, ' ') = CONCAT(id, '')) STORED, own INT AS (named = 'x') STORED, less INT AS (id > 5) STORED)",
        "INSERT INTO padded (id) VALUES (1)",
        "SET SESSION time_zone = '+05:00'",
        "INSERT INTO hours (id, at) VALUES (1, '2026-01-01 12:00:00')",
        "SET NAMES utf8mb4 COLLATE utf8mb4_uca1400_as_ci",
        "CREATE VIEW named AS SELECT 'a' AS a",
    )
    args = {key: given for key, given in maria.args.items() if key not in ("workers", "definers")}
    result = run_module("mysql_assess", {**args, "probe_replication": False, "fail_on": "never"})
    found = {finding["id"]: finding for finding in clean(result)["findings"]}
    lacking = {finding["object"]: finding for finding in result["findings"] if finding["id"] == "collation-missing"}
    assert "can be copied only" in found["copy-only"]["evidence"]
    assert f"{maria.schema}.old" in lacking["collation utf8mb4_uca1400_ai_ci"]["evidence"]
    assert f"View {maria.schema}.named use it." in lacking["collation utf8mb4_uca1400_as_ci"]["evidence"]
    assert "then DROP and CREATE the view again;" in lacking["collation utf8mb4_uca1400_as_ci"]["fix"]
    assert found["timestamp-late"]["object"] == f"table {maria.schema}.late"
    assert f"ALTER TABLE `{maria.schema}`.`late` MODIFY `at` datetime(6) NULL" in found["timestamp-late"]["fix"]
    assert [f["object"] for f in result["findings"] if f["id"] == "generated-column"] == [
        f"column {maria.schema}.hours.hour"
    ]
    assert found["generated-column-collation"]["object"] == f"column {maria.schema}.padded.same"
    assert len([one for one in result["findings"] if one["id"] == "generated-column-collation"]) == 1
    assert {one["phase"] for one in result["settings"]} <= {"copy", "always"}
    assert found["mariadb-only"]["fix"] == f"ALTER TABLE `{maria.schema}`.`old` DROP SYSTEM VERSIONING;"
    assert f"{maria.schema}.numbering stay behind" in found["mariadb-left-out"]["evidence"]
    assert "not-checked" not in found
