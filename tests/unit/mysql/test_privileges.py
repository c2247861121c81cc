"""Missing privileges are named before a run begins, from SHOW GRANTS as servers write it."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server
from ansible_collections.replatform.aws.plugins.module_utils.mysql.privileges import (
    SOURCE_NEEDS,
    TARGET_NEEDS,
    parse,
    read,
    require,
)
from tests.support.recorded import Answer, Recorded, refused

RDS_57 = (
    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, "
    "CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER ON *.* TO 'admin'@'%' WITH GRANT OPTION"
)
READER_57 = [
    "GRANT USAGE ON *.* TO 'reader'@'10.%' IDENTIFIED BY PASSWORD <secret>",
    "GRANT SELECT, LOCK TABLES ON `shop`.* TO 'reader'@'10.%'",
    "GRANT SELECT (`id`, `name`), INSERT (`id`) ON `crm`.`person` TO 'reader'@'10.%'",
    "GRANT SELECT ON `crm`.`other` TO 'reader'@'10.%'",
    "GRANT EXECUTE ON PROCEDURE `crm`.`p` TO 'reader'@'10.%'",
    "GRANT PROXY ON ''@'' TO 'reader'@'10.%' WITH GRANT OPTION",
]
PARTIAL_80 = [
    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER ON *.* TO `admin`@`%`",
    "GRANT BACKUP_ADMIN,CONNECTION_ADMIN,SESSION_VARIABLES_ADMIN ON *.* TO `admin`@`%`",
    "REVOKE INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER ON `mysql`.* FROM `admin`@`%`",
    "REVOKE INSERT, DROP ON `archive`.* FROM `admin`@`%`",
    "GRANT `rds_superuser_role`@`%` TO `admin`@`%`",
]


ROOT_80 = [
    "GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION",
    "REVOKE INSERT ON `archive`.* FROM `root`@`%`",
]
MARIADB = [
    "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*B69027D44F6E5EDC07F1AEAD1477967B16F28227'",
    "GRANT ALL PRIVILEGES ON `shop`.* TO `u`@`%`",
    "GRANT SELECT, INSERT ON *.* TO `v`@`%` IDENTIFIED BY PASSWORD '*B69027D44F6E5EDC07F1AEAD1477967B16F28227'",
]


@pytest.mark.parametrize(
    ("lines", "schema", "needs", "missing"),
    [
        pytest.param([RDS_57], "shop", TARGET_NEEDS, set(), id="a managed admin"),
        pytest.param(READER_57, "shop", SOURCE_NEEDS, set(), id="a reader in its schema"),
        pytest.param(READER_57, "shop", TARGET_NEEDS, TARGET_NEEDS - {"SELECT"}, id="a reader cannot write"),
        pytest.param(READER_57, "shop2", SOURCE_NEEDS, {"SELECT"}, id="a reader elsewhere"),
        pytest.param(READER_57, "crm", SOURCE_NEEDS, {"SELECT"}, id="tables and columns are not the schema"),
        pytest.param(PARTIAL_80, "shop", TARGET_NEEDS, set(), id="a partial revoke elsewhere"),
        pytest.param(PARTIAL_80, "archive", TARGET_NEEDS, {"INSERT", "DROP"}, id="a partial revoke"),
        pytest.param(PARTIAL_80, "mysql", SOURCE_NEEDS, set(), id="a partial revoke of something else"),
        pytest.param(
            [*PARTIAL_80, "GRANT INSERT ON `archive`.* TO `admin`@`%`"],
            "archive",
            TARGET_NEEDS,
            {"DROP"},
            id="a grant beside a partial revoke",
        ),
        pytest.param(ROOT_80, "shop", TARGET_NEEDS, set(), id="everything"),
        pytest.param(ROOT_80, "archive", TARGET_NEEDS, {"INSERT"}, id="a revoke from everything"),
        pytest.param(MARIADB, "shop", TARGET_NEEDS, set(), id="MariaDB's schema"),
        pytest.param(MARIADB, "crm", {"SELECT", "DROP"}, {"DROP"}, id="MariaDB's password beside a grant"),
        pytest.param([], "shop", SOURCE_NEEDS, {"SELECT"}, id="nothing"),
    ],
)
def test_a_user_lacks_what_no_line_gives(lines, schema, needs, missing):
    assert parse(lines).missing(schema, needs) == missing


@pytest.mark.parametrize(
    ("pattern", "schema", "holds"),
    [
        ("shop%", "shop", True),
        ("shop%", "shop_archive", True),
        ("shop%", "a_shop", False),
        ("shop_1", "shop_1", True),
        ("shop_1", "shopX1", True),
        (r"shop\_1", "shop_1", True),
        (r"shop\_1", "shopX1", False),
        (r"shop\_%", "shop_audit", True),
        (r"shop\_%", "shopaudit", False),
        (r"100\%", "100%", True),
        (r"100\%", "100 and more", False),
        ("a.b", "a.b", True),
        ("a.b", "axb", False),
        ("a``b", "a`b", True),
        ("with space", "with space", True),
    ],
)
def test_schema_names_in_grants_are_patterns(pattern, schema, holds):
    grants = parse([f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO `u`@`%`"])
    assert grants.missing(schema, TARGET_NEEDS) == (set() if holds else TARGET_NEEDS)


ROLE = "SELECT CURRENT_ROLE()"


PARTIAL_REVOKES = "SHOW VARIABLES LIKE *partial*revokes*"
NOT_KNOWN: dict[str, Answer] = {PARTIAL_REVOKES: []}  # before 8.0.16, and MariaDB


def lines(*grants: str) -> list[dict[str, Any]]:
    return [{"Grants for u@%": grant} for grant in grants]


@pytest.mark.parametrize(
    ("recording", "missing"),
    [
        pytest.param(
            {
                ROLE: refused(1305, "FUNCTION CURRENT_ROLE does not exist"),
                "SHOW GRANTS": lines("GRANT USAGE ON *.* TO 'u'@'%'", "GRANT SELECT ON `shop`.* TO 'u'@'%'"),
            },
            {"INSERT"},
            id="5.7 has no roles",
        ),
        pytest.param(
            {
                ROLE: refused(1064, "You have an error in your SQL syntax; ... near 'CURRENT_ROLE()' at line 1"),
                "SHOW GRANTS": lines("GRANT SELECT, INSERT ON *.* TO 'u'@'%'"),
            },
            set(),
            id="a server that does not know the word",
        ),
        pytest.param(
            {
                ROLE: [{"CURRENT_ROLE()": "NONE"}],
                "SHOW GRANTS": lines("GRANT SELECT ON *.* TO `u`@`%`", "GRANT `writer`@`%` TO `u`@`%`"),
            },
            {"INSERT"},
            id="8.0 with a role that is not active",
        ),
        pytest.param(
            {
                ROLE: [{"CURRENT_ROLE()": "`r1`@`%`,`r2`@`%`"}],
                "SHOW GRANTS FOR CURRENT_USER() USING `r1`@`%`,`r2`@`%`": lines(
                    "GRANT INSERT ON *.* TO `u`@`%`",
                    "GRANT SELECT ON `shop`.* TO `u`@`%`",
                    "GRANT `r1`@`%`,`r2`@`%` TO `u`@`%`",
                ),
            },
            set(),
            id="8.0 with roles",
        ),
        pytest.param(
            {
                ROLE: [{"CURRENT_ROLE()": "NONE"}],
                "SHOW GRANTS": lines("GRANT SELECT ON `sho_`.* TO `u`@`%`", "GRANT INSERT ON `shop`.* TO `u`@`%`"),
                PARTIAL_REVOKES: [{"Variable_name": "partial_revokes", "Value": "ON"}],
            },
            {"SELECT"},
            id="8.0.16 with partial_revokes, where a schema's name is no pattern",
        ),
        pytest.param(
            {ROLE: [{"CURRENT_ROLE()": None}], "SHOW GRANTS": lines(*MARIADB[:2])}, set(), id="MariaDB without a role"
        ),
        pytest.param(
            {
                ROLE: [{"CURRENT_ROLE()": "r1"}],
                "SHOW GRANTS": lines(
                    "GRANT `r1` TO `u`@`%`",
                    "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*B69027D44F6E5EDC07F1AEAD1477967B16F28227'",
                    "GRANT USAGE ON *.* TO `r1`",
                    "GRANT SELECT ON `sh\\_p`.* TO `r1`",
                    "GRANT SELECT ON `shop`.* TO `r1`",
                    "SET DEFAULT ROLE `r1` FOR `u`@`%`",
                ),
            },
            {"INSERT"},
            id="MariaDB with a role",
        ),
    ],
)
def test_what_the_active_roles_add_is_read_as_each_server_tells_it(recording, missing):
    connection: Any = Recorded(NOT_KNOWN, recording)
    assert read(connection).missing("shop", {"SELECT", "INSERT"}) == missing


def test_a_lost_server_is_not_taken_for_one_without_roles():
    connection: Any = Recorded({ROLE: refused(2013, "Lost connection to MySQL server during query")})
    with pytest.raises(pymysql.OperationalError, match="Lost connection"):
        read(connection)


def test_what_is_missing_is_told_with_the_statements_that_grant_it():
    connection: Any = Recorded(
        NOT_KNOWN,
        {
            ROLE: [{"CURRENT_ROLE()": "NONE"}],
            "SHOW GRANTS": lines(
                "GRANT USAGE ON *.* TO `me@work`@`10.%`", "GRANT SELECT ON `crm`.* TO `me@work`@`10.%`"
            ),
            "SELECT CURRENT_USER()": [{"CURRENT_USER()": "me@work@10.%"}],
        },
    )
    server = Server("source", "old.example", 3306, "me@work", "hunter2")
    with pytest.raises(ReplatformError) as raised:
        require(connection, server, ["crm", "shop", "log"], SOURCE_NEEDS)
    assert str(raised.value) == (
        "The source me@work@old.example:3306 lacks SELECT on shop; SELECT on log. Grant it and run again: "
        "GRANT SELECT ON `shop`.* TO `me@work`@`10.%`; GRANT SELECT ON `log`.* TO `me@work`@`10.%`;"
    )
    assert raised.value.facts["missing"] == {"shop": ["SELECT"], "log": ["SELECT"]}
