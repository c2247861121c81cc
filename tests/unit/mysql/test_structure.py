"""Verify tells a real difference from another version's spelling."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Table, split
from ansible_collections.replatform.aws.plugins.module_utils.mysql.verify import _transactions, compared

ON_57 = """CREATE TABLE `order` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `small` smallint(6) DEFAULT NULL,
  `tiny` tinyint(4) DEFAULT NULL,
  `flag` tinyint(1) NOT NULL DEFAULT '0',
  `padded` int(8) unsigned zerofill DEFAULT NULL,
  `name` varchar(40) CHARACTER SET utf8 COLLATE utf8_bin DEFAULT NULL,
  `mail` varchar(40) COLLATE utf8_unicode_ci DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `name` (`name`),
  CONSTRAINT `f` FOREIGN KEY (`small`) REFERENCES `other` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=utf8 COLLATE=utf8_general_ci"""

ON_80 = """CREATE TABLE `order` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `small` smallint DEFAULT NULL,
  `tiny` tinyint DEFAULT NULL,
  `flag` tinyint(1) NOT NULL DEFAULT '0',
  `padded` int(8) unsigned zerofill DEFAULT NULL,
  `name` varchar(40) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin DEFAULT NULL,
  `mail` varchar(40) CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `name` (`name`),
  CONSTRAINT `f` FOREIGN KEY (`small`) REFERENCES `other` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=99 DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci"""


def table(create: str) -> Table:
    base, indexes, foreign_keys = split(create, "id")
    return Table("shop", "order", (), ("id",), base, tuple(indexes), tuple(foreign_keys))


def test_the_same_table_on_5_7_and_8_0_has_no_difference():
    assert compared(table(ON_57), table(ON_80)) == []
    assert compared(table(ON_80), table(ON_57)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`small` smallint DEFAULT NULL", "`small` int DEFAULT NULL"),
        ("`small` smallint DEFAULT NULL", "`small` smallint unsigned DEFAULT NULL"),
        ("`flag` tinyint(1) NOT NULL DEFAULT '0'", "`flag` tinyint(1) NOT NULL DEFAULT '1'"),
        ("`flag` tinyint(1) NOT NULL", "`flag` tinyint(1)"),
        (
            "varchar(40) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin",
            "varchar(41) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin",
        ),
        ("COLLATE utf8mb3_bin", "COLLATE utf8mb3_general_ci"),
        ("CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
        ("KEY `name` (`name`)", "UNIQUE KEY `name` (`name`)"),
        ("KEY `name` (`name`)", "KEY `name` (`name`(10))"),
        ("REFERENCES `other` (`id`)", "REFERENCES `other` (`id`) ON DELETE CASCADE"),
        ("PRIMARY KEY (`id`)", "PRIMARY KEY (`id`,`small`)"),
        ("int(8) unsigned zerofill", "int(9) unsigned zerofill"),
        ("COLLATE=utf8mb3_general_ci", "COLLATE=utf8mb3_bin"),
    ],
)
def test_a_real_difference_is_shown_from_both_sides(old, new):
    changed = ON_80.replace(old, new)
    assert changed != ON_80
    minus, plus = compared(table(ON_57), table(changed))
    assert minus.startswith("- ")
    assert plus.startswith("+ ")


def test_an_index_that_is_missing_at_the_target_is_named():
    assert compared(table(ON_57), table(ON_80.replace("  KEY `name` (`name`),\n", ""))) == ["- KEY `name` (`name`)"]


def test_a_foreign_key_that_is_missing_at_the_target_is_named():
    without = ON_80.replace(",\n  CONSTRAINT `f` FOREIGN KEY (`small`) REFERENCES `other` (`id`)", "")
    assert compared(table(ON_57), table(without)) == [
        "- CONSTRAINT `f` FOREIGN KEY (`small`) REFERENCES `other` (`id`)"
    ]


A, B = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "00000000-1111-2222-3333-444444444444"


@pytest.mark.parametrize(
    ("gtids", "count"),
    [
        ("", 0),
        (f"{A}:5", 1),
        (f"{A}:1-3:7", 4),
        (f"{A}:1-3,\n{B}:9", 4),
        (f"{A}:1-3:backup:1-2:9", 6),
        (f"{A}:backup:4", 1),
    ],
)
def test_transactions_of_a_gtid_set_are_counted(gtids, count):
    assert _transactions(gtids) == count
