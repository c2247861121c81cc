"""Definitions as servers of four kinds spell them, with everything that looks like SQL inside quotes."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import (
    Table,
    _portable,
    _primary_key,
    clause_name,
    elements,
    split,
)

MYSQL_57 = """CREATE TABLE `order` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
  `customer` int(11) DEFAULT NULL,
  `total` decimal(10,2) NOT NULL DEFAULT '0.00',
  `state` enum('new','paid, shipped','it''s (done)') CHARACTER SET latin1 DEFAULT 'new',
  `note` varchar(50) DEFAULT 'a, ''b'' (c) `d` \\\\' COMMENT 'KEY `x` (`y`), PRIMARY KEY ("z")',
  PRIMARY KEY (`id`),
  UNIQUE KEY `one, two` (`customer`,`note`(10)),
  KEY `customer` (`customer`) USING BTREE COMMENT 'first (of all)',
  FULLTEXT KEY `text` (`note`),
  CONSTRAINT `to``customer` FOREIGN KEY (`customer`) REFERENCES `customer` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=43 DEFAULT CHARSET=utf8 COMMENT='orders, (all) of `them`'"""

MYSQL_80 = """CREATE TABLE `line` (
  `order` bigint unsigned NOT NULL,
  `number` int NOT NULL,
  `price` decimal(10,2) DEFAULT (round((1.5 * 2),2)),
  `data` json DEFAULT NULL,
  `sku` varchar(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL DEFAULT ')',
  PRIMARY KEY (`order`,`number`) COMMENT 'a (b',
  KEY `lower` ((lower(`sku`)),`number` DESC) /*!80000 INVISIBLE */,
  KEY `tags` ((cast(json_extract(`data`,_utf8mb4'$.tags') as char(20) array))),
  CONSTRAINT `line_ibfk_1` FOREIGN KEY (`order`) REFERENCES `order` (`id`),
  CONSTRAINT `line_chk_1` CHECK ((`price` in (1,2,3)) or (`sku` <> _utf8mb4'a\\'),('))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
/*!50100 PARTITION BY RANGE (`number`)
(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE COMMENT = 'the (rest),' ENGINE = InnoDB) */"""

MYSQL_97 = """CREATE TABLE `point` (
  `id` int NOT NULL AUTO_INCREMENT,
  `at` point NOT NULL /*!80003 SRID 4326 */,
  `secret` int DEFAULT '1' /*!80023 INVISIBLE */,
  `v` vector(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  SPATIAL KEY `at` (`at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"""

MARIADB = """CREATE TABLE `stock` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `warehouse` char(3) NOT NULL DEFAULT 'a,b',
  `free` int(11) DEFAULT (1 + 2) CHECK (`free` between (0) and (9)),
  `twice` int(11) GENERATED ALWAYS AS (`free` * 2) STORED,
  PRIMARY KEY (`warehouse`,`id`),
  KEY `numbers` (`id`),
  KEY `free` (`free`),
  CONSTRAINT `sane` CHECK (`free` < 10 or `warehouse` = '),(')
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci"""

RECORDED = {"5.7": MYSQL_57, "8.0": MYSQL_80, "9.7": MYSQL_97, "MariaDB": MARIADB}
COUNTERS = {"5.7": "id", "8.0": "", "9.7": "id", "MariaDB": "id"}
every_version = pytest.mark.parametrize("version", RECORDED)


def lines_of(create: str) -> list[str]:
    """The server writes one element a line."""
    inside = create.partition(" (\n")[2].rpartition("\n) ENGINE")[0]
    return [line.strip().removesuffix(",") for line in inside.splitlines()]


@every_version
def test_every_column_and_key_is_found_whatever_quotes_and_brackets_hold(version):
    head, parts, tail = elements(RECORDED[version])
    assert head.startswith("CREATE TABLE `")
    assert parts == lines_of(RECORDED[version])
    assert tail.startswith("ENGINE=InnoDB")


@every_version
def test_nothing_of_a_definition_is_lost_between_the_table_and_its_keys(version):
    kept, indexes, foreign_keys = split(RECORDED[version], COUNTERS[version])
    assert sorted([*elements(kept)[1], *indexes, *foreign_keys]) == sorted(elements(RECORDED[version])[1])
    assert elements(kept)[2] == elements(RECORDED[version])[2]


@every_version
def test_a_small_table_is_made_with_its_indexes_at_once(version):
    create, indexes, foreign_keys = split(RECORDED[version], COUNTERS[version])
    whole = Table("shop", "t", (), (), create, tuple(indexes), tuple(foreign_keys)).create_with_indexes
    expected = [part for part in elements(RECORDED[version])[1] if part not in foreign_keys]
    assert sorted(elements(whole)[1]) == sorted(expected)
    assert elements(whole)[2] == elements(RECORDED[version])[2]


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("5.7", ["one, two", "customer", "text", "to`customer"]),
        ("8.0", ["lower", "tags", "line_ibfk_1"]),
        ("9.7", ["at"]),
        ("MariaDB", ["free"]),
    ],
)
def test_indexes_and_foreign_keys_come_after_the_rows(version, names):
    _kept, indexes, foreign_keys = split(RECORDED[version], COUNTERS[version])
    assert [clause_name(clause) for clause in (*indexes, *foreign_keys)] == names


@pytest.mark.parametrize(
    ("version", "key"),
    [("5.7", ("id",)), ("8.0", ("order", "number")), ("9.7", ("id",)), ("MariaDB", ("warehouse", "id"))],
)
def test_the_primary_key_is_read_in_its_order(version, key):
    assert _primary_key(RECORDED[version]) == key


def test_strange_names_and_prefixes_in_a_primary_key():
    create = "CREATE TABLE `t` (\n  `a` int,\n  PRIMARY KEY (`a``b`,`c, d`(10),`e) f`)\n) ENGINE=InnoDB"
    assert _primary_key(create) == ("a`b", "c, d", "e) f")


def test_a_table_without_a_primary_key_has_none_even_when_a_comment_says_so():
    create = "CREATE TABLE `t` (\n  `a` int COMMENT 'x,PRIMARY KEY (`a`)',\n  KEY `k` (`a`)\n) ENGINE=InnoDB"
    assert _primary_key(create) == ()


def test_a_bracket_at_the_start_of_a_line_of_a_partition_is_not_the_end_of_the_columns():
    create = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB\n/*!50100 PARTITION BY HASH ((`a`\n) )\nPARTITIONS 2 */"
    whole = Table("shop", "t", (), (), create, ("KEY `a` (`a`)",)).create_with_indexes
    assert elements(whole)[1] == ["`a` int", "KEY `a` (`a`)"]


def test_a_definition_that_is_cut_off_is_refused():
    with pytest.raises(ReplatformError, match="ends too early"):
        elements("CREATE TABLE `t` (`a` int, `b` varchar(10) DEFAULT ')'")


def test_the_collation_that_5_7_leaves_out_is_said():
    assert "DEFAULT CHARSET=utf8 COLLATE=utf8_general_ci COMMENT=" in _portable(MYSQL_57, "utf8_general_ci")


def test_a_collation_that_is_said_is_not_said_twice():
    assert _portable(MYSQL_97, "utf8mb4_0900_ai_ci") == MYSQL_97


def test_a_comment_that_speaks_of_collations_changes_nothing():
    create = "CREATE TABLE `t` (\n  `a` int\n) DEFAULT CHARSET=utf8{} COMMENT='DEFAULT CHARSET=x COLLATE=y'"
    said = create.format(" COLLATE=utf8_bin")
    assert _portable(create.format(""), "utf8_bin") == said
    assert _portable(said, "utf8_bin") == said
