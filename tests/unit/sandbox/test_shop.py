from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from sandbox.errors import SandboxError
from sandbox.shop.seed import file_columns, rows, scale_from_environment
from sandbox.shop.tables import BY_NAME, SCHEMA, TABLES, create_statement, plural, row_counts
from sandbox.shop.values import KINDS, NULL, escape

SHOP = [table for table in TABLES if table.schema == SCHEMA]
KEYS = [(table, key) for table in SHOP for key in table.foreign_keys]


def test_the_shop_has_147_tables_and_more_than_400_foreign_keys_with_every_action():
    assert len(SHOP) == 147
    assert len(KEYS) >= 400
    actions = Counter(key.on_delete for _, key in KEYS)
    assert set(actions) == {"CASCADE", "SET NULL", "RESTRICT", "NO ACTION"}
    assert min(actions.values()) >= 5
    assert {key.on_update for _, key in KEYS} == {"CASCADE", "RESTRICT", "NO ACTION"}


def test_the_shop_has_self_references_cycles_and_composite_keys():
    assert sum(key.table == table.name for table, key in KEYS) >= 5
    points_to = {(table.name, key.table) for table, key in KEYS}
    assert {
        ("users", "addresses"),
        ("addresses", "users"),
        ("departments", "staff_members"),
        ("staff_members", "departments"),
    } <= points_to
    assert sum(len(key.columns) == 2 for _, key in KEYS) >= 5


@pytest.mark.parametrize("scale", [1000, 20_000, 300_000])
def test_the_rows_are_about_as_many_as_asked_for(scale):
    counts = row_counts(scale)
    assert 0.95 * scale <= sum(counts.values()) <= 1.2 * scale
    assert min(counts.values()) > 0


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_tables_rows_have_unique_keys_and_only_existing_parents(table):
    counts = row_counts(4000)
    found = list(rows(table, counts))
    columns = {name: position for position, name in enumerate(file_columns(table))}
    assert len(found) == counts[table.name]
    assert {len(row) for row in found} == {len(columns)}
    if table.primary_key:
        keys = {tuple(row[columns[name]] for name in table.primary) for row in found}
        assert len(keys) == len(found)
    for key in table.foreign_keys:
        parent = BY_NAME[key.table]
        existing = {parent.key(row, counts) for row in range(counts[parent.name])}
        values = {tuple(row[columns[name]] for name in key.columns) for row in found}
        if key.nullable:
            values -= {(NULL,) * len(key.columns)}
        assert values <= existing


def test_what_is_unique_is_so_however_few_rows_are_made_at_a_time(monkeypatch):
    monkeypatch.setattr("sandbox.shop.seed.ROWS_AT_ONCE", 30)
    counts = row_counts(4000)
    for table in TABLES:
        found = list(rows(table, counts))
        assert len(found) == counts[table.name]
        for name in {*table.primary, *(name for name, kind in table.columns.items() if kind in ("code", "email"))}:
            values = [row[file_columns(table).index(name)] for row in found]
            if len(table.primary) == 1 or name not in table.primary:
                assert len(set(values)) == len(values), f"{table.name}.{name}"


def test_the_same_scale_gives_the_same_rows():
    counts = row_counts(2000)
    for name in ("users", "products", "page_views"):
        assert list(islice(rows(BY_NAME[name], counts), 50)) == list(islice(rows(BY_NAME[name], counts), 50))


def test_a_table_without_primary_key_holds_rows_that_are_equal():
    counts = row_counts(4000)
    equal = Counter(rows(BY_NAME["page_views"], counts))
    assert set(equal.values()) >= {2}
    assert "PRIMARY KEY" not in create_statement(BY_NAME["page_views"])


def test_every_kind_of_column_is_used():
    assert {kind for table in TABLES for kind in table.columns.values()} | {"stamp"} == set(KINDS)


@pytest.mark.parametrize(
    ("text", "field"),
    [(r"\N", r"\\N"), ("a\tb", r"a\tb"), ("a\nb", r"a\nb"), ("a\\b", r"a\\b"), ("\x00", r"\0"), ("", "")],
)
def test_a_field_that_only_looks_like_null_or_a_separator_is_escaped(text, field):
    assert escape(text) == field


@pytest.mark.parametrize(
    ("noun", "nouns"),
    [("category", "categories"), ("tax_class", "tax_classes"), ("batch", "batches"), ("user", "users")],
)
def test_a_table_is_the_plural_of_what_is_in_it(noun, nouns):
    assert plural(noun) == nouns


@pytest.mark.parametrize("given", ["many", "-5", "0", "999", "1e6"])
def test_a_scale_that_is_none_is_refused(given, monkeypatch):
    monkeypatch.setenv("SHOP_SCALE", given)
    with pytest.raises(SandboxError, match=f"SHOP_SCALE is '{given}'; set it to a number of rows"):
        scale_from_environment()
