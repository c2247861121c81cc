from __future__ import annotations

import pytest

from .conftest import Move


@pytest.fixture
def verified(move: Move) -> Move:
    """A migration that was copied in several units and found equal."""
    move.fill(
        "CREATE TABLE t (id INT PRIMARY KEY, code INT UNIQUE, v VARCHAR(200), KEY by_v (v))",
        "INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
        " SELECT i, i * 10, REPEAT('x', 200) FROM n",
        "CREATE TABLE keyless (a INT, b VARCHAR(9))",
        "INSERT INTO keyless VALUES (1, 'twice'), (1, 'twice'), (2, 'once')",
        "ANALYZE TABLE t",
    )
    move.args["chunk_bytes"] = 40_000
    assert not move.copy().get("failed")
    done = move.verify()
    assert (done["phase"], done["mismatches"]) == ("verified", 0)
    return move


@pytest.mark.parametrize(
    ("end", "change", "key", "difference"),
    [
        ("target", "UPDATE {t} SET v = 'by hand' WHERE id = 500", "500", "different"),
        ("target", "DELETE FROM {t} WHERE id = 500", "500", "missing"),
        ("target", "INSERT INTO {t} VALUES (5000, 1, 'new')", "5000", "extra"),
        ("source", "UPDATE {t} SET v = 'by hand' WHERE id = 500", "500", "different"),
        ("source", "INSERT INTO {t} VALUES (5000, 1, 'new')", "5000", "missing"),
    ],
)
def test_a_row_changed_by_hand_is_found_by_the_next_run(
    verified: Move, end: str, change: str, key: str, difference: str
) -> None:
    statement = change.format(t=f"`{verified.schema}`.t")
    verified.fill(statement) if end == "source" else verified.at_target(statement)
    found = verified.verify()
    table = next(table for table in found["tables"] if not table["ok"])
    assert found["failed"]
    assert table["name"] == f"{verified.schema}.t"
    assert table["ranges"][0]["rows"] == [{"key": key, "difference": difference}]
    assert table["ranges"][0]["range"].startswith("id from ")
    assert f"row {key} is {difference}" in found["msg"]


def test_one_of_two_equal_rows_missing_in_a_table_without_key_is_found(verified: Move) -> None:
    verified.at_target(f"DELETE FROM `{verified.schema}`.keyless WHERE a = 1 LIMIT 1")
    found = verified.verify()
    assert [table["name"] for table in found["tables"] if not table["ok"]] == [f"{verified.schema}.keyless"]


@pytest.mark.parametrize(
    ("change", "tells"),
    [
        ("DROP INDEX by_v", "- KEY `by_v` (`v`)"),
        ("ALTER INDEX by_v INVISIBLE", "+ KEY `by_v` (`v`) /*!80000 INVISIBLE */"),
        ("DROP CHECK positive", "- CONSTRAINT `positive` CHECK ((`id` > 0))"),
        ("ALTER CHECK positive NOT ENFORCED", "+ CONSTRAINT `positive` CHECK ((`id` > 0)) /*!80016 NOT ENFORCED */"),
        ("COMMENT = 'another'", "COMMENT='another'"),
        ("MODIFY v VARCHAR(200) COMMENT 'x'", "+ `v` varchar(200) DEFAULT NULL COMMENT 'x'"),
        ("MODIFY v VARCHAR(200) INVISIBLE", "+ `v` varchar(200) DEFAULT NULL /*!80023 INVISIBLE */"),
        ("REORGANIZE PARTITION p1 INTO (PARTITION p1 VALUES LESS THAN (900), PARTITION p2 VALUES LESS THAN MAXVALUE)",
         "PARTITION p1 VALUES LESS THAN (900)"),
    ],
)  # fmt: skip
def test_a_definition_changed_by_hand_at_the_target_is_found(move: Move, change: str, tells: str) -> None:
    move.fill(
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200), KEY by_v (v), CONSTRAINT positive CHECK (id > 0))"
        " COMMENT 'one' PARTITION BY RANGE (id)"
        " (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)"
    )
    assert not move.copy().get("failed")
    move.at_target(f"ALTER TABLE `{move.schema}`.t {change}")
    found = move.verify()
    assert tells in str(found["tables"][0]["structure"]), found["tables"][0]["structure"]
    assert found["failed"]


def test_a_stored_value_that_another_session_computes_otherwise_is_found(move: Move) -> None:
    move.fill(
        "CREATE TABLE visit (id INT PRIMARY KEY, at TIMESTAMP, day DATE AS (CAST(at AS DATE)) STORED)",
        "INSERT INTO visit (id, at) VALUES (1, '2024-01-01 12:00:00')",
        "SET SESSION time_zone = '-03:00'",
        "INSERT INTO visit (id, at) VALUES (2, '2024-01-01 23:30:00')",
    )
    assert not move.copy().get("failed")
    assert "row 2 is different" in move.verify()["msg"]


def test_a_verify_is_used_again_only_while_nothing_was_committed(verified: Move) -> None:
    assert verified.verify()["reused"]
    verified.at_target(f"UPDATE `{verified.schema}`.t SET v = 'y' WHERE id = 3")
    verified.at_target(f"UPDATE `{verified.schema}`.t SET v = REPEAT('x', 200) WHERE id = 3")
    again = verified.verify()
    assert (again["reused"], again["mismatches"]) == (False, 0)


def test_a_copy_after_a_difference_mends_just_that_unit(verified: Move) -> None:
    verified.at_target(f"DELETE FROM `{verified.schema}`.t WHERE id = 700")
    assert verified.verify()["failed"]
    mended = verified.copy()
    assert (mended["recopied"], mended["copied"]) == (1, 0)
    assert verified.verify()["mismatches"] == 0


def test_a_unique_value_that_moved_to_another_unit_is_copied(verified: Move) -> None:
    verified.fill("UPDATE t SET code = NULL WHERE id = 800", "UPDATE t SET code = 8000 WHERE id = 2")
    verified.fill("UPDATE t SET code = 20 WHERE id = 800")
    copied = verified.copy()
    assert copied["recopied"] == 2, copied.get("msg")
    assert verified.verify()["mismatches"] == 0


def test_a_changed_definition_is_planned_anew(verified: Move) -> None:
    verified.fill("ALTER TABLE t ADD COLUMN extra INT DEFAULT 7, ADD KEY (extra)")
    copied = verified.copy()
    assert f"create table {verified.schema}.t" in copied["actions"]
    assert verified.verify()["mismatches"] == 0


def test_check_mode_compares_and_writes_nothing(verified: Move) -> None:
    from tests.support.modules import run_module

    before = verified.gtids()
    planned = run_module("mysql_verify", verified.args, check=True)
    assert (planned["changed"], planned["mismatches"], verified.gtids()) == (False, 0, before)


def test_the_journal_tells_where_the_migration_stands(verified: Move) -> None:
    told = verified.info()[0]
    assert (told["phase"], told["running"], told["mismatches"], told["rows"]) == ("verified", False, 0, 903)
    verified.args["name"] = "never heard of"
    assert verified.info() == []
