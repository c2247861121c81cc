from __future__ import annotations

from itertools import pairwise

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import (
    Column,
    Table,
    clause_name,
    elements,
    split,
)
from ansible_collections.replatform.aws.plugins.module_utils.mysql.ranges import where
from ansible_collections.replatform.aws.plugins.module_utils.mysql.verify import _transactions, compared

NASTY = """CREATE TABLE `a,b` (
  `id` int NOT NULL AUTO_INCREMENT COMMENT 'it''s (not) `easy`, KEY `x` (`y`)',
  `e` enum('a,b','c)','\\'') DEFAULT 'c)',
  `p` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`e`,`p`),
  KEY `k``ey` (`p`),
  FULLTEXT KEY `words` (`e`) COMMENT 'x, y',
  CONSTRAINT `fk,1` FOREIGN KEY (`p`) REFERENCES `other` (`id`) ON DELETE CASCADE,
  CONSTRAINT `chk` CHECK ((`p` > 0))
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='(x), y'
/*!50100 PARTITION BY HASH (`id`)
PARTITIONS 2 */"""


def test_a_definition_is_split_whatever_its_quotes_hold():
    base, indexes, foreign_keys = split(NASTY, "id")
    assert [clause_name(clause) for clause in indexes] == ["u", "k`ey", "words"]
    assert [clause_name(clause) for clause in foreign_keys] == ["fk,1"]
    head, parts, tail = elements(base)
    assert head == "CREATE TABLE `a,b`"
    assert [part[:10] for part in parts] == ["`id` int N", "`e` enum('", "`p` int DE", "PRIMARY KE", "CONSTRAINT"]
    assert tail.endswith("PARTITIONS 2 */")


def test_the_index_that_auto_increment_needs_stays():
    create = (
        "CREATE TABLE `t` (\n `a` int,\n `n` int AUTO_INCREMENT,\n KEY `other` (`a`),\n KEY `n` (`n`)\n) ENGINE=InnoDB"
    )
    base, indexes, _rest = split(create, "n")
    assert "KEY `n` (`n`)" in base
    assert indexes == ["KEY `other` (`a`)"]


def table(create: str, indexes: tuple[str, ...] = ()) -> Table:
    return Table("s", "t", (Column("id", "int"),), ("id",), create, indexes)


def test_small_tables_are_created_with_their_indexes():
    made = table("CREATE TABLE `t` (\n  `id` int\n) ENGINE=InnoDB", ("KEY `k` (`id`)",))
    assert made.create_with_indexes == "CREATE TABLE `t` (\n  `id` int,\n  KEY `k` (`id`)\n) ENGINE=InnoDB"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "CREATE TABLE `t` (`id` int(11) NOT NULL) ENGINE=InnoDB",
            "CREATE TABLE `t` (`id` int NOT NULL) ENGINE=InnoDB",
        ),
        (
            "CREATE TABLE `t` (`v` char(1)) DEFAULT CHARSET=utf8",
            "CREATE TABLE `t` (`v` char(1)) DEFAULT CHARSET=utf8mb3",
        ),
        ("CREATE TABLE `t` (`id` int) AUTO_INCREMENT=4 A=1", "CREATE TABLE `t` (`id` int) AUTO_INCREMENT=9 A=1"),
    ],
)
def test_spellings_of_other_versions_are_no_difference(old: str, new: str):
    assert compared(table(old), table(new)) == []


def test_a_tinyint_of_one_digit_and_zerofill_keep_their_width():
    assert compared(table("CREATE TABLE `t` (`b` tinyint(1))"), table("CREATE TABLE `t` (`b` tinyint)")) != []


def test_the_fingerprint_does_not_move_with_the_counter():
    one, other = (table(f"CREATE TABLE `t` (`id` int) AUTO_INCREMENT={n}").as_group() for n in (5, 9))
    assert one.fingerprint == other.fingerprint
    assert Table.of(one).full_name == "s.t"


@pytest.mark.parametrize(
    ("gtids", "count"),
    [
        ("", 0),
        ("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77:80", 78),
        ("3e11fa47-71ca-11e1-9e33-c80aa9429562:tag:5,\nb:1-2", 3),
    ],
)
def test_transactions_of_a_gtid_set_are_counted(gtids: str, count: int):
    assert _transactions(gtids) == count


def test_ranges_of_a_composite_key_partition_every_row():
    composite = Table("s", "t", (), ("a", "b", "c"), "")
    bounds = [None, ["1", "0", "2"], ["1", "2", "0"], ["2", "1", "1"], None]
    keys = [(a, b, c) for a in range(4) for b in range(3) for c in range(3)]
    for a, b, c in keys:
        holding = 0
        for lower, upper in pairwise(bounds):
            condition = where(composite, lower, upper).replace("`", "").replace(" = ", " == ")
            condition = condition.replace("AND", "and").replace("OR", "or").replace("TRUE", "True")
            holding += bool(eval(condition, {"a": a, "b": b, "c": c}))
        assert holding == 1, (a, b, c)
