"""A table's definition, read and taken apart whatever its quotes and brackets hold."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import (
    Column,
    Table,
    clause_name,
    elements,
    split,
)
from tests.unit.mysql import recordings
from tests.unit.mysql.recordings import Described, column

every_version = pytest.mark.parametrize("described", recordings.EVERY.values(), ids=recordings.EVERY)


def lines_of(create: str) -> list[str]:
    """The server writes one element a line."""
    inside = create.partition(" (\n")[2].rpartition("\n) ENGINE")[0]
    return [line.strip().removesuffix(",") for line in inside.splitlines()]


@every_version
def test_every_column_and_key_is_found(described):
    head, parts, tail = elements(described.create)
    assert head == f"CREATE TABLE `{described.name}`"
    assert parts == lines_of(described.create)
    assert tail == "ENGINE" + described.create.rpartition("\n) ENGINE")[2]


@every_version
def test_nothing_is_lost_between_a_table_its_indexes_and_its_foreign_keys(described):
    _head, everything, tail = elements(described.create)
    base, indexes, foreign_keys = split(described.create, described.counter)
    assert sorted([*elements(base)[1], *indexes, *foreign_keys]) == sorted(everything)
    whole = Table("shop", "t", (), (), base, tuple(indexes), tuple(foreign_keys)).create_with_indexes
    assert sorted([*elements(whole)[1], *foreign_keys]) == sorted(everything)
    assert elements(base)[2] == elements(whole)[2] == tail


@pytest.mark.parametrize(
    ("version", "key", "later"),
    [
        ("5.7", ("id",), ["one, two", "customer", "to`customer"]),
        ("8.0", ("order", "number"), ["lower", "tags", "line_ibfk_1"]),
        ("8.0 partitioned", (), ["day"]),
        ("9.7", ("id",), ["at"]),
        # The server wants an index that begins with the AUTO_INCREMENT column; here the primary key does not.
        ("MariaDB", ("warehouse", "id"), ["free"]),
    ],
)
def test_the_primary_key_comes_with_the_table_and_the_other_keys_after_the_rows(version, key, later):
    table = recordings.EVERY[version].read()
    assert table.primary_key == key
    assert [clause_name(clause) for clause in (*table.indexes, *table.foreign_keys)] == later


@pytest.mark.parametrize(
    ("version", "columns"),
    [
        (
            "5.7",
            [
                Column("id", "int"),
                Column("customer", "int"),
                Column("total", "decimal"),
                Column("state", "enum", "latin1"),
                Column("note", "varchar", "utf8"),
                Column("at", "timestamp"),
                Column("double", "int", generated=True),
            ],
        ),
        (
            "8.0",
            [
                Column("order", "bigint"),
                Column("number", "int"),
                Column("price", "decimal"),  # a default expression makes no generated column
                Column("data", "json"),
                Column("sku", "varchar", "utf8mb3"),
            ],
        ),
        (
            "MariaDB",
            [
                Column("id", "int"),
                Column("warehouse", "char", "latin1"),
                Column("free", "int"),
                Column("twice", "int", generated=True, materialized=True),
            ],
        ),
    ],
)
def test_columns_are_read_with_the_kind_and_character_set_that_matter_to_a_copy(version, columns):
    table = recordings.EVERY[version].read()
    assert list(table.columns) == columns
    assert (table.table_bytes, table.table_rows) == (16384, 3)


def test_strange_names_and_prefixes_in_a_primary_key():
    create = "CREATE TABLE `t` (\n  `a` int,\n  PRIMARY KEY (`a``b`,`c, d`(10),`e) f`)\n) ENGINE=InnoDB"
    assert Described(create, "", (column("a", "int"),)).read().primary_key == ("a`b", "c, d", "e) f")


def test_a_bracket_at_the_start_of_a_line_of_a_partition_is_not_the_end_of_the_columns():
    create = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB\n/*!50100 PARTITION BY HASH ((`a`\n) )\nPARTITIONS 2 */"
    whole = Table("shop", "t", (), (), create, ("KEY `a` (`a`)",)).create_with_indexes
    assert elements(whole)[1] == ["`a` int", "KEY `a` (`a`)"]


def test_a_table_is_written_as_the_server_writes_it():
    made = Table("s", "t", (), (), "CREATE TABLE `t` (\n  `id` int\n) ENGINE=InnoDB", ("KEY `k` (`id`)",))
    assert made.create_with_indexes == "CREATE TABLE `t` (\n  `id` int,\n  KEY `k` (`id`)\n) ENGINE=InnoDB"


def test_a_definition_that_is_cut_off_is_refused():
    with pytest.raises(ReplatformError, match="ends too early"):
        elements("CREATE TABLE `t` (`a` int, `b` varchar(10) DEFAULT ')'")


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (
            recordings.ORDER_57,
            [") ENGINE=InnoDB AUTO_INCREMENT=43 DEFAULT CHARSET=utf8 COLLATE=utf8_general_ci COMMENT="],
        ),
        (recordings.ORDER_57, ["'it''s (done)') CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT 'new',"]),
        (
            recordings.ORDER_57,
            ["`note` varchar(50) DEFAULT 'a, ''b''", "COMMENT='orders, (all) of `them`, CHARSET=x COLLATE=y'"],
        ),
        (recordings.TAG_57, ["`text` text,", "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"]),
        # 8.0 would give it utf8mb4_0900_ai_ci, under which other values are equal.
        (recordings.CUSTOMER_57, ["`bare` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL,"]),
        (recordings.CUSTOMER_57, ["CHARACTER SET y') CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,"]),
        (recordings.CUSTOMER_57, ["CHARACTER SET utf8 COLLATE utf8_bin NOT NULL COMMENT ' CHARACTER SET x',"]),
    ],
)
def test_collations_that_5_7_leaves_to_its_own_defaults_are_said(described, said):
    create = described.read().create
    for part in said:
        assert create.count(part) == 1


@pytest.mark.parametrize(
    "described", [recordings.POINT_97, recordings.CUSTOMER_97, recordings.TAG_97, recordings.STOCK_MARIADB]
)
def test_collations_that_are_said_are_not_said_twice(described):
    assert sorted(lines_of(described.read().create_with_indexes)) == sorted(
        line for line in lines_of(described.create) if "FOREIGN KEY" not in line
    )
    assert described.read().create.endswith(elements(described.create)[2])


PLAIN = Described("CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB{}", "utf8_bin", (column("a", "int"),))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" /*!50100 TABLESPACE `a``b` */ DEFAULT CHARSET=utf8", " DEFAULT CHARSET=utf8 COLLATE=utf8_bin"),
        (" DEFAULT CHARSET=utf8 DATA DIRECTORY='/a b/it''s/'", " DEFAULT CHARSET=utf8 COLLATE=utf8_bin"),
        (" COMMENT='DATA DIRECTORY=''/x/'''", " COMMENT='DATA DIRECTORY=''/x/'''"),
        (
            "\n/*!50100 PARTITION BY HASH (`a`)\n(PARTITION p0 DATA DIRECTORY = '/x/' ENGINE = InnoDB) */",
            "\n/*!50100 PARTITION BY HASH (`a`)\n(PARTITION p0 ENGINE = InnoDB) */",
        ),
    ],
)
def test_where_a_table_lies_is_left_behind(given, kept):
    assert PLAIN.read(PLAIN.create.format(given)).create == PLAIN.create.format(kept)


def test_the_fingerprint_moves_with_the_definition_and_not_with_the_next_number():
    groups = {
        n: recordings.POINT_97.read(recordings.POINT_97.create.replace("InnoDB", f"InnoDB{n}")).as_group()
        for n in (" AUTO_INCREMENT=5", " AUTO_INCREMENT=9", " ROW_FORMAT=COMPRESSED")
    }
    five, nine, other = groups.values()
    assert five.fingerprint == nine.fingerprint != other.fingerprint
    assert Table.of(five).full_name == "shop.point"
    assert Table.of(five).create == five.definition["create"]
