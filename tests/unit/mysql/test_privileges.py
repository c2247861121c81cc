"""Missing privileges are named before a run begins, from SHOW GRANTS as servers write it."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.privileges import SOURCE_NEEDS, TARGET_NEEDS, parse

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


def test_a_managed_admin_of_5_7_lacks_nothing():
    assert parse([RDS_57]).missing("shop", TARGET_NEEDS) == set()


def test_a_reader_has_its_schema_and_no_other():
    grants = parse(READER_57)
    assert grants.missing("shop", SOURCE_NEEDS) == set()
    assert grants.missing("shop2", SOURCE_NEEDS) == {"SELECT"}
    assert grants.missing("shop", TARGET_NEEDS) == TARGET_NEEDS - {"SELECT"}


def test_grants_on_single_tables_and_columns_are_not_the_schema():
    assert parse(READER_57).missing("crm", SOURCE_NEEDS) == {"SELECT"}


def test_a_partial_revoke_takes_away_in_its_schema_only():
    grants = parse(PARTIAL_80)
    assert grants.missing("shop", TARGET_NEEDS) == set()
    assert grants.missing("archive", TARGET_NEEDS) == {"INSERT", "DROP"}
    assert grants.missing("mysql", SOURCE_NEEDS) == set()


def test_a_grant_on_the_schema_holds_beside_a_partial_revoke():
    grants = parse([*PARTIAL_80, "GRANT INSERT ON `archive`.* TO `admin`@`%`"])
    assert grants.missing("archive", TARGET_NEEDS) == {"DROP"}


def test_a_revoke_from_everything_counts_where_everything_was_granted():
    grants = parse(
        ["GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION", "REVOKE INSERT ON `archive`.* FROM `root`@`%`"]
    )
    assert grants.missing("shop", TARGET_NEEDS) == set()
    assert grants.missing("archive", TARGET_NEEDS) == {"INSERT"}


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


def test_nobody_may_anything_without_grants():
    assert parse([]).missing("shop", SOURCE_NEEDS) == {"SELECT"}
