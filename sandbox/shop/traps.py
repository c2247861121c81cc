"""Tables whose values other tools change on the way: the shop has them as schema `shop_traps`, the tests by name."""
# ruff: noqa: E501 - tables of SQL read better with a row a line

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = "shop_traps"
SQL_MODE = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
"""Not strict, so that values which old applications left behind can be made."""


@dataclass(frozen=True)
class Trap:
    """A table named `name`; `columns` is what stands in its brackets and after them, `setting` is on while it is made."""

    name: str
    columns: str
    values: str = ""
    setting: str = ""

    @property
    def sql(self) -> str:
        return "`" + self.name.replace("`", "``") + "`"

    @property
    def statements(self) -> tuple[str, ...]:
        """Make and fill it in the current schema."""
        return (*self.making, *self.filling)

    @property
    def making(self) -> tuple[str, ...]:
        on, off = ((f"SET SESSION {self.setting} = {given}",) if self.setting else () for given in (1, 0))
        return (*on, f"CREATE TABLE {self.sql} {self.columns}", *off)

    @property
    def filling(self) -> tuple[str, ...]:
        return (f"INSERT IGNORE INTO {self.sql} {self.values}",) if self.values else ()


def _named(*names: str) -> tuple[Trap, ...]:
    """The name as that of table, column, index and constraint."""
    return tuple(
        Trap(
            name,
            "(id INT PRIMARY KEY, {0} VARCHAR(20), KEY {0} ({0}), CONSTRAINT {0} CHECK ({0} <> 'x'))".format(
                "`" + name.replace("`", "``") + "`"
            ),
            "VALUES (1, 'a'), (2, NULL)",
        )
        for name in names
    )


TRAPS = (
    # Values.
    Trap("float", "(id INT PRIMARY KEY, f FLOAT, d DOUBLE)", "VALUES (1, 16777217, 0.1), (2, 3.1415927, 1e308), (3, 1e-38, -0.0)"),
    Trap("enum_index_0", "(id INT PRIMARY KEY, e ENUM('', 'a'))", "VALUES (1, ''), (2, 'no member'), (3, 'a'), (4, NULL)"),
    Trap("set_members", "(id INT PRIMARY KEY, s SET('a', 'b'))", "VALUES (1, ''), (2, 'a,b'), (3, NULL)"),
    Trap("null_and_its_mark", "(id INT PRIMARY KEY, v VARCHAR(9))", r"VALUES (1, NULL), (2, '\\N'), (3, 'NULL'), (4, '')"),
    Trap("escapes", "(id INT PRIMARY KEY, v TEXT)", r"VALUES (1, '\t\n\\\r\0\Z'), (2, '\'\"'), (3, '\\\\t')"),
    Trap("signs_between_fields", "(id INT PRIMARY KEY, v TEXT, b VARBINARY(9))", "VALUES (1, X'1D', X'1D4E'), (2, X'1E1F1D', X'1F'), (3, X'611F62', NULL), (4, X'1D4E', X'1E')"),
    Trap("bits", "(id INT PRIMARY KEY, b BIT(33), c BIT(1))", "VALUES (1, b'1', b'0'), (2, b'101010101010101010101010101010101', b'1')"),
    Trap("geometry_with_srid", "(id INT PRIMARY KEY, g POINT SRID 4326)", "VALUES (1, ST_GeomFromText('POINT(47 8)', 4326)), (2, NULL)"),
    Trap("geometry_of_any_srid", "(id INT PRIMARY KEY, g GEOMETRY)", "VALUES (1, ST_GeomFromText('POINT(1 2)')), (2, ST_GeomFromText('LINESTRING(1 2, 3 4)', 4326))"),
    Trap("dates_that_are_none", "(id INT PRIMARY KEY, d DATE, t DATETIME)", "VALUES (1, '0000-00-00', '0000-00-00'), (2, '2024-02-31', '2024-00-00')"),
    Trap("hour_of_daylight_saving", "(id INT PRIMARY KEY, t TIMESTAMP NULL)", "VALUES (1, '2024-10-27 00:30:00'), (2, '2024-10-27 01:30:00')"),
    Trap("keys_at_and_below_zero", "(id INT AUTO_INCREMENT PRIMARY KEY)", "VALUES (0), (-5), (7)"),
    Trap("counter_beyond_the_largest_key", "(id INT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 500", "VALUES (-1), (0), (7)"),
    Trap("counter_not_first_in_its_key", "(a INT, id INT AUTO_INCREMENT, PRIMARY KEY (a, id), KEY (id, a))", "VALUES (1, 5), (1, 6)"),
    Trap("latin1", "(id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET latin1)", "VALUES (1, 'é'), (2, _latin1 X'80')"),
    Trap("text_stored_as_another_charset", "(id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET latin1)", "VALUES (1, _latin1 X'C3A9'), (2, _latin1 X'E697A5')"),
    Trap("charset_for_each_column", "(id INT PRIMARY KEY, a CHAR(3) CHARACTER SET ascii, b TEXT CHARACTER SET utf16, c VARCHAR(9) COLLATE utf8mb4_bin, d VARCHAR(9) CHARACTER SET utf8mb3) CHARACTER SET cp1251", "VALUES (1, 'abc', '東京', 'ß', 'é')"),
    Trap("json_plain", "(id INT PRIMARY KEY, j JSON)", """VALUES (1, '{"a": [1, 2.50, "ü", null]}'), (2, 'null'), (3, NULL), (4, '1e300'), (5, '[18446744073709551615, -0.0, "\\\\u0000"]')"""),
    Trap("wide_numbers", "(id INT PRIMARY KEY, d DECIMAL(65,30), t TIME(6), y YEAR, u BIGINT UNSIGNED, z INT(5) ZEROFILL)", "VALUES (1, -12345678901234567890.123456789012345678901234567890, '-838:59:59', 1901, 18446744073709551615, 7)"),
    Trap("spaces_at_the_end", "(id VARCHAR(9) PRIMARY KEY, c CHAR(5), b BINARY(5))", "VALUES ('a ', 'x ', 'x'), ('b', '', ''), ('', NULL, NULL)"),
    Trap("binary_keys", "(id BINARY(16) PRIMARY KEY, v VARBINARY(9))", "VALUES (UNHEX(REPEAT('FF', 16)), X'00FF'), (UNHEX(REPEAT('00', 16)), X'')"),
    Trap("vectors", "(id INT PRIMARY KEY, v VECTOR(3))", "VALUES (1, STRING_TO_VECTOR('[1, -2.5, 3e-9]')), (2, NULL)"),
    # Keys.
    Trap("equal_rows_without_key", "(a INT, b VARCHAR(9))", "VALUES (1, 'x'), (1, 'x'), (1, 'x'), (NULL, NULL), (NULL, NULL)"),
    Trap("invisible_primary_key", "(my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, v INT)", "(my_row_id, v) VALUES (1, 5), (9, 5)"),
    Trap("primary_key_of_the_server", "(v INT)", "(v) VALUES (5), (9)", "sql_generate_invisible_primary_key"),
    Trap("no_row", "(id INT PRIMARY KEY)"),
    Trap("unique_nulls", "(id INT PRIMARY KEY, u INT UNIQUE)", "VALUES (1, NULL), (2, NULL), (3, 1)"),
    # Definitions.
    Trap("generated_and_invisible", "(id INT PRIMARY KEY, a INT INVISIBLE, b INT AS (id * 2), c INT AS (id + 1) STORED, KEY (b), KEY (c))", "(id, a) VALUES (1, 5), (2, NULL)"),
    Trap("foreign_key_on_a_generated_column", "(id INT PRIMARY KEY, half INT AS (id DIV 2) STORED, KEY (half), CONSTRAINT half_of FOREIGN KEY (half) REFERENCES foreign_key_on_a_generated_column (id))", "(id) VALUES (0), (1), (2), (4)"),
    Trap("foreign_key_to_a_key_that_is_not_unique", "(id INT PRIMARY KEY, a INT, p INT, KEY (a), KEY (p), CONSTRAINT not_unique FOREIGN KEY (p) REFERENCES foreign_key_to_a_key_that_is_not_unique (a) ON DELETE NO ACTION ON UPDATE RESTRICT)", "VALUES (1, 7, NULL), (2, 7, 7)"),
    Trap("foreign_key_set_default", "(id INT PRIMARY KEY, p INT DEFAULT 1, CONSTRAINT falls_back FOREIGN KEY (p) REFERENCES foreign_key_set_default (id) ON DELETE SET DEFAULT ON UPDATE SET DEFAULT)", "VALUES (1, NULL), (2, 1)"),
    Trap("checks", "(id INT PRIMARY KEY, a INT, CONSTRAINT positive CHECK (a > 0), CONSTRAINT loose CHECK (a < 10) NOT ENFORCED, CHECK (id <> 9))", "VALUES (1, 5), (2, 50)"),
    Trap("indexes", "(id INT PRIMARY KEY, j JSON, v VARCHAR(50), t TEXT, w TEXT, g POINT NOT NULL SRID 0, KEY hidden (v) INVISIBLE, KEY expression ((LOWER(v)), id DESC), KEY members ((CAST(j->'$.tags' AS CHAR(20) ARRAY))), KEY prefix (t(7)) COMMENT 'it''s, (one)', FULLTEXT KEY words (t), FULLTEXT KEY grams (w) WITH PARSER ngram, SPATIAL KEY place (g), UNIQUE KEY both_ways (v DESC, id))", """VALUES (1, '{"tags": ["a", "b"]}', 'V', 'some text', '東京都', ST_GeomFromText('POINT(1 2)'))"""),
    Trap("defaults", "(id INT PRIMARY KEY, a INT DEFAULT (1 + 2), b JSON DEFAULT (JSON_ARRAY()), c BINARY(16) DEFAULT (UUID_TO_BIN(UUID())), d TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), e VARCHAR(20) DEFAULT 'it''s\\n\\\\', f DATE DEFAULT (CURRENT_DATE), g BIT(3) DEFAULT b'101')", "(id, d) VALUES (1, '2024-01-01 00:00:00.125')"),
    Trap("comments", "(id INT PRIMARY KEY COMMENT 'a ''quote'', (a bracket)\\nand `more` \"\\\\', v INT) COMMENT 'AUTO_INCREMENT=7, ''it''\\nENGINE=MyISAM'"),
    Trap("formats", "(id INT PRIMARY KEY, v TEXT) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 4", "VALUES (1, REPEAT('x', 9000))"),
    Trap("page_compressed", "(id INT PRIMARY KEY, v TEXT) COMPRESSION = 'zlib' STATS_PERSISTENT = 1", "VALUES (1, REPEAT('x', 9000))"),
    Trap("by_range", "(id INT, at DATE, PRIMARY KEY (id, at)) PARTITION BY RANGE COLUMNS (at) (PARTITION p0 VALUES LESS THAN ('2024-01-01') COMMENT 'old, (all)', PARTITION p1 VALUES LESS THAN (MAXVALUE))", "VALUES (1, '2020-01-01'), (2, '2025-01-01')"),
    Trap("by_list", "(id INT PRIMARY KEY) PARTITION BY LIST (id) (PARTITION odd VALUES IN (1, 3), PARTITION even VALUES IN (2, 4))", "VALUES (1), (2)"),
    Trap("by_hash", "(id INT PRIMARY KEY, v INT) PARTITION BY LINEAR HASH (id) PARTITIONS 3", "VALUES (1, 1), (2, 2)"),
    Trap("by_key", "(id VARCHAR(9) PRIMARY KEY) PARTITION BY KEY () PARTITIONS 2", "VALUES ('a'), ('b')"),
    Trap("by_range_and_hash", "(id INT, y INT, PRIMARY KEY (id, y)) PARTITION BY RANGE (y) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE)", "VALUES (1, 1999), (2, 2024)"),
    # Names.
    *_named("select", "a b.c`d", "it's \"100 %\" {of} %s", "größe 東京", "n" * 64),
)  # fmt: skip
