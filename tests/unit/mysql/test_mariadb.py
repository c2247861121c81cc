# ruff: noqa: E501 - a definition a line
"""MariaDB's definitions in MySQL's words, element by element."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.mariadb import lacking, translated


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("`a` date DEFAULT curdate()", "`a` date DEFAULT (curdate())"),
        ("`a` int(11) NOT NULL DEFAULT if(1 > 0,5,6)", "`a` int(11) NOT NULL DEFAULT (if(1 > 0,5,6))"),
        ("`a` char(2) DEFAULT concat('a','b)')", "`a` char(2) DEFAULT (concat('a','b)'))"),
        ("`a` int(11) DEFAULT (1 + 2)", "`a` int(11) DEFAULT (1 + 2)"),
        ("`a` int(11) DEFAULT -1", "`a` int(11) DEFAULT -1"),
        ("`a` bit(3) DEFAULT b'101'", "`a` bit(3) DEFAULT b'101'"),
        ("`a` text DEFAULT NULL", "`a` text DEFAULT NULL"),
        ("`a` text DEFAULT 'it''s' COMMENT 'x'", "`a` text DEFAULT ('it''s') COMMENT 'x'"),
        ("`a` longblob DEFAULT x'ff00'", "`a` longblob DEFAULT (x'ff00')"),
        ("`a` text DEFAULT 5", "`a` text DEFAULT (5)"),
        ("`a` datetime DEFAULT current_timestamp()", "`a` datetime DEFAULT current_timestamp()"),
        ("`a` timestamp(3) DEFAULT current_timestamp(3)", "`a` timestamp(3) DEFAULT current_timestamp(3)"),
        ("`a` datetime(3) DEFAULT current_timestamp()", "`a` datetime(3) DEFAULT (current_timestamp())"),
        ("`a` date DEFAULT current_timestamp()", "`a` date DEFAULT (current_timestamp())"),
        ("`a` int(11) COMMENT ' DEFAULT f() CHECK (1)'", "`a` int(11) COMMENT ' DEFAULT f() CHECK (1)'"),
        ("`a` int(11) CHECK (`a` > 0)", "`a` int(11) CONSTRAINT `t_chk_1` CHECK (`a` > 0)"),
        ("`a` text /*M!100301 COMPRESSED*/ DEFAULT NULL", "`a` text DEFAULT NULL"),
        ("CONSTRAINT `CONSTRAINT_1` CHECK (`a` <> 7)", "CONSTRAINT `t_chk_1` CHECK (`a` <> 7)"),
        ("CONSTRAINT `mine` CHECK (`a` <> 7)", "CONSTRAINT `mine` CHECK (`a` <> 7)"),
        ("KEY `a` (`a`) COMMENT 'IGNORED' IGNORED", "KEY `a` (`a`) COMMENT 'IGNORED' INVISIBLE"),
        ("UNIQUE KEY `a` (`a`) USING HASH", "UNIQUE KEY `a` (`a`)"),
        (
            "CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`id`) ON DELETE NO ACTION ON UPDATE CASCADE",
            "CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`id`) ON UPDATE CASCADE",
        ),
    ],
)
def test_an_element_is_what_mysql_takes_for_the_same(given: str, wanted: str) -> None:
    assert translated("t", [given], "ENGINE=InnoDB") == ([wanted], "ENGINE=InnoDB")


def test_the_checks_of_a_table_get_names_in_turn_and_none_longer_than_mysql_allows() -> None:
    name = "n" * 64
    parts, _tail = translated(name, ["`a` int(11) CHECK (1)", "CONSTRAINT `CONSTRAINT_1` CHECK (2)"], "")
    assert parts == [
        f"`a` int(11) CONSTRAINT `{name[:56]}_chk_1` CHECK (1)",
        f"CONSTRAINT `{name[:56]}_chk_2` CHECK (2)",
    ]


@pytest.mark.parametrize(
    ("tail", "wanted"),
    [
        ("ENGINE=InnoDB TRANSACTIONAL=1 PAGE_CHECKSUM=1 COMMENT='TRANSACTIONAL=1'", "ENGINE=InnoDB COMMENT='TRANSACTIONAL=1'"),
        ("ENGINE=InnoDB ROW_FORMAT=PAGE", "ENGINE=InnoDB"),
        ("ENGINE=InnoDB ROW_FORMAT=DYNAMIC", "ENGINE=InnoDB ROW_FORMAT=DYNAMIC"),
    ],
)  # fmt: skip
def test_options_that_mean_nothing_to_innodb_are_dropped(tail: str, wanted: str) -> None:
    assert translated("t", [], tail)[1] == wanted


def test_what_a_comment_or_a_name_only_speaks_of_is_not_lacking() -> None:
    parts = [
        "`PERIOD FOR x` int(11) COMMENT 'uuid, WITHOUT OVERLAPS)'",
        "UNIQUE KEY `k` (`v`(10))",
        "KEY `VECTOR KEY` (`v`)",
    ]
    tail = "ENGINE=InnoDB COMMENT=' WITH SYSTEM VERSIONING `X`=''1''' PARTITION BY KEY () (PARTITION `p` COMMENT = 'PARTITION `x` DEFAULT')"
    assert list(lacking("`t`", ["`v` text", *parts], tail)) == []
