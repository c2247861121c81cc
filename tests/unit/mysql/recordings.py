"""Tables as servers of several versions describe them, with everything that looks like SQL inside quotes.

9.7 and MariaDB 10.11 were recorded from such servers, 8.0 from 9.7 with what both spell alike. 5.7 is written down
from its source (store_create_info): there a column says its character set where that or the collation is not the
table's, and its collation where it is not the character set's default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Table, read_tables
from tests.support.recorded import Recorded


def column(name: str, kind: str, collation: str = "", extra: str = "", expression: str | None = "") -> dict[str, Any]:
    """A row of read_tables()' question to information_schema.columns."""
    charset = collation.partition("_")[0] or None
    described = {"name": name, "kind": kind, "charset": charset, "collation": collation or None}
    return {**described, "extra": extra, "expression": expression}


@dataclass(frozen=True)
class Described:
    """SHOW CREATE TABLE and what information_schema says of the same table."""

    create: str
    collation: str
    columns: tuple[dict[str, Any], ...]
    version: str = "9.7.1"

    @property
    def name(self) -> str:
        return self.create.split("`")[1]

    @property
    def counter(self) -> str:
        return next((c["name"] for c in self.columns if c["extra"] == "auto_increment"), "")

    def read(self, create: str = "") -> Table:
        """What the collection makes of it; `create` takes the place of the recorded one."""
        size = {"name": self.name, "bytes": 16384, "n": 3, "collation": self.collation}
        connection: Any = Recorded(
            {
                "*FROM information_schema.tables*": [size],
                "*FROM information_schema.columns*": [{"tab": self.name, **given} for given in self.columns],
                f"SHOW CREATE TABLE `shop`.`{self.name}`": [
                    {"Table": self.name, "Create Table": create or self.create}
                ],
            }
        )
        (table,) = read_tables(connection, "shop", [self.name])
        return table


ORDER_57 = Described(
    r"""CREATE TABLE `order` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
  `customer` int(11) DEFAULT NULL,
  `total` decimal(10,2) NOT NULL DEFAULT '0.00',
  `state` enum('new','paid, shipped','it''s (done)') CHARACTER SET latin1 DEFAULT 'new',
  `note` varchar(50) DEFAULT 'a, ''b'' (c) `d` \\' COMMENT 'KEY `x` (`y`), PRIMARY KEY ("z")',
  `at` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `double` int(11) GENERATED ALWAYS AS ((`customer` * 2)) VIRTUAL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `one, two` (`customer`,`note`(10)),
  KEY `customer` (`customer`) USING BTREE COMMENT 'first (of all)',
  FULLTEXT KEY `te``xt` (`note`),
  CONSTRAINT `to``customer` FOREIGN KEY (`customer`) REFERENCES `customer` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=43 DEFAULT CHARSET=utf8 COMMENT='orders, (all) of `them`, CHARSET=x COLLATE=y'""",
    "utf8_general_ci",
    (
        column("id", "int", extra="auto_increment"),
        column("customer", "int"),
        column("total", "decimal"),
        column("state", "enum", "latin1_swedish_ci"),
        column("note", "varchar", "utf8_general_ci"),
        column("at", "timestamp", extra="on update CURRENT_TIMESTAMP"),
        column("double", "int", extra="VIRTUAL GENERATED", expression="(`customer` * 2)"),
    ),
)

LINE_80 = Described(
    r"""CREATE TABLE `line` (
  `order` bigint unsigned NOT NULL,
  `number` int NOT NULL,
  `price` decimal(10,2) DEFAULT (round((1.5 * 2),2)),
  `data` json DEFAULT (json_object(_utf8mb4'a',1)),
  `sku` varchar(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL DEFAULT ')',
  PRIMARY KEY (`order`,`number`) COMMENT 'a (b',
  KEY `lower` ((lower(`sku`)),`number` DESC) /*!80000 INVISIBLE */,
  KEY `tags` ((cast(json_extract(`data`,_utf8mb4'$.tags') as char(20) array))),
  CONSTRAINT `line_ibfk_1` FOREIGN KEY (`order`) REFERENCES `order` (`id`),
  CONSTRAINT `line_chk_1` CHECK (((`price` in (1,2,3)) or (`sku` <> _utf8mb4'a\'),(')))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci""",
    "utf8mb4_0900_ai_ci",
    (
        column("order", "bigint"),
        column("number", "int"),
        column("price", "decimal", extra="DEFAULT_GENERATED"),
        column("data", "json", extra="DEFAULT_GENERATED"),
        column("sku", "varchar", "utf8mb3_bin"),
    ),
)

LOG_80 = Described(
    """CREATE TABLE `log` (
  `number` int NOT NULL,
  `at` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  `day` date GENERATED ALWAYS AS (cast(`at` as date)) VIRTUAL,
  `text` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'x,PRIMARY KEY (`number`)',
  KEY `day` (`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
/*!50100 PARTITION BY RANGE (`number`)
(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE COMMENT = 'the (rest),' ENGINE = InnoDB) */""",
    "utf8mb4_0900_ai_ci",
    (
        column("number", "int"),
        column("at", "datetime", extra="DEFAULT_GENERATED on update CURRENT_TIMESTAMP(6)"),
        column("day", "date", extra="VIRTUAL GENERATED", expression="cast(`at` as date)"),
        column("text", "longtext", "utf8mb4_bin"),
    ),
)

POINT_97 = Described(
    """CREATE TABLE `point` (
  `id` int NOT NULL AUTO_INCREMENT,
  `at` point NOT NULL /*!80003 SRID 4326 */,
  `secret` int DEFAULT '1' /*!80023 INVISIBLE */,
  `v` vector(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  SPATIAL KEY `at` (`at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci""",
    "utf8mb4_0900_ai_ci",
    (
        column("id", "int", extra="auto_increment"),
        column("at", "point"),
        column("secret", "int", extra="INVISIBLE"),
        column("v", "vector"),
    ),
)

STOCK_MARIADB = Described(
    """CREATE TABLE `stock` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `warehouse` char(3) NOT NULL DEFAULT 'a,b',
  `free` int(11) DEFAULT (1 + 2) CHECK (`free` between 0 and 9),
  `twice` int(11) GENERATED ALWAYS AS (`free` * 2) STORED,
  PRIMARY KEY (`warehouse`,`id`),
  KEY `free` (`free`),
  KEY `numbers` (`id`),
  CONSTRAINT `sane` CHECK (`free` < 10 or `warehouse` = '),(')
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci""",
    "latin1_swedish_ci",
    (
        column("id", "int", extra="auto_increment", expression=None),
        column("warehouse", "char", "latin1_swedish_ci", expression=None),
        column("free", "int", expression=None),
        column("twice", "int", extra="STORED GENERATED", expression="`free` * 2"),
    ),
    "10.11.6-MariaDB-1",
)

CUSTOMER_57 = Described(
    """CREATE TABLE `customer` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `small` smallint(6) DEFAULT NULL,
  `tiny` tinyint(4) DEFAULT NULL,
  `flag` tinyint(1) NOT NULL DEFAULT '0',
  `padded` int(8) unsigned zerofill DEFAULT NULL,
  `same` varchar(40) COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `bare` varchar(40) CHARACTER SET utf8mb4 DEFAULT NULL,
  `old` varchar(40) CHARACTER SET utf8 COLLATE utf8_bin NOT NULL COMMENT ' CHARACTER SET x',
  `ki``nd` enum('a','it''s (b) CHARACTER SET y') CHARACTER SET latin1 DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `bare` (`bare`),
  KEY `f` (`small`),
  CONSTRAINT `f` FOREIGN KEY (`small`) REFERENCES `other` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci""",
    "utf8mb4_unicode_ci",
    (
        column("id", "int", extra="auto_increment"),
        column("small", "smallint"),
        column("tiny", "tinyint"),
        column("flag", "tinyint"),
        column("padded", "int"),
        column("same", "varchar", "utf8mb4_unicode_ci"),
        column("bare", "varchar", "utf8mb4_general_ci"),
        column("old", "varchar", "utf8_bin"),
        column("ki`nd", "enum", "latin1_swedish_ci"),
    ),
)

CUSTOMER_97 = Described(
    """CREATE TABLE `customer` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `small` smallint DEFAULT NULL,
  `tiny` tinyint DEFAULT NULL,
  `flag` tinyint(1) NOT NULL DEFAULT '0',
  `padded` int(8) unsigned zerofill DEFAULT NULL,
  `same` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `bare` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL,
  `old` varchar(40) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL COMMENT ' CHARACTER SET x',
  `ki``nd` enum('a','it''s (b) CHARACTER SET y') CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `bare` (`bare`),
  KEY `f` (`small`),
  CONSTRAINT `f` FOREIGN KEY (`small`) REFERENCES `other` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=99 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci""",
    "utf8mb4_unicode_ci",
    CUSTOMER_57.columns,
)

TAG_57 = Described(
    """CREATE TABLE `tag` (
  `name` varchar(20) NOT NULL,
  `text` text,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4""",
    "utf8mb4_general_ci",
    (column("name", "varchar", "utf8mb4_general_ci"), column("text", "text", "utf8mb4_general_ci")),
)

TAG_97 = Described(
    """CREATE TABLE `tag` (
  `name` varchar(20) COLLATE utf8mb4_general_ci NOT NULL,
  `text` text COLLATE utf8mb4_general_ci,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci""",
    "utf8mb4_general_ci",
    TAG_57.columns,
)

EVERY = {
    "5.7": ORDER_57,
    "8.0": LINE_80,
    "8.0 partitioned": LOG_80,
    "9.7": POINT_97,
    "MariaDB": STOCK_MARIADB,
    "5.7 collations": CUSTOMER_57,
}
