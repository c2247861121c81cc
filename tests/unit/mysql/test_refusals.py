"""What only MariaDB has, as a server of 11.8 spells it in SHOW CREATE TABLE."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server
from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Table
from ansible_collections.replatform.aws.plugins.module_utils.mysql.refusals import check
from tests.support.recorded import Recorded

SOURCE = Server("source", "db", 3306, "root", "")
INNODB = ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"
COLUMNS = "\n  `id` int(11) NOT NULL,\n  PRIMARY KEY (`id`)\n"


def checked(create: str) -> None:
    connection: Any = Recorded({})
    check(connection, SOURCE, [Table("shop", "t", (), ("id",), create)], {}, 1)


@pytest.mark.parametrize(
    ("columns", "tail", "what", "fix"),
    [
        (COLUMNS, f"{INNODB} WITH SYSTEM VERSIONING", "has system versioning", "DROP SYSTEM VERSIONING"),
        (
            COLUMNS,
            f"{INNODB} `PAGE_COMPRESSED`='1'",
            "has the option PAGE_COMPRESSED of MariaDB's",
            "PAGE_COMPRESSED=DEFAULT",
        ),
        (
            "\n  `id` uuid NOT NULL,\n  PRIMARY KEY (`id`)\n",
            INNODB,
            "has a column of type uuid, which MySQL lacks",
            r"MODIFY `id` CHAR\(36\) NOT NULL",
        ),
        (
            COLUMNS,
            ") ENGINE=Aria DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci PAGE_CHECKSUM=1",
            "is stored by Aria",
            "ENGINE = InnoDB",
        ),
    ],
)
def test_what_mysql_lacks_is_refused_with_the_statement_that_mends_it(
    columns: str, tail: str, what: str, fix: str
) -> None:
    with pytest.raises(ReplatformError, match=rf"^shop\.t {what}.*nothing was copied\. .*{fix}, or exclude the table"):
        checked(f"CREATE TABLE `t` ({columns}{tail}")


def test_a_comment_that_only_speaks_of_such_things_is_no_reason() -> None:
    checked(f"CREATE TABLE `t` ({COLUMNS}{INNODB} COMMENT='ENGINE=Aria WITH SYSTEM VERSIONING `PAGE_COMPRESSED`=1'")
