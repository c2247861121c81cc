"""Key ranges neither lose nor repeat a row; SQLite answers what MySQL would."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from itertools import pairwise

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Column, Table
from ansible_collections.replatform.aws.plugins.module_utils.mysql.ranges import described, where

KEYS = {
    "one number": (("id", "int"),),
    "two numbers": (("order", "int"), ("li`ne", "int")),
    "three, one a text": (("a", "int"), ("b", "varchar"), ("c", "int")),
}
Key = tuple[object, ...]


def table(name: str) -> Table:
    columns = tuple(Column(column, kind) for column, kind in KEYS[name])
    return Table("shop", "t", columns, tuple(column.name for column in columns), "")


def keys(name: str) -> list[Key]:
    values = {"int": range(-1, 3), "varchar": ["", "a", "b"]}
    return sorted(itertools.product(*(values[kind] for _column, kind in KEYS[name])))


def bound(key: Key | None) -> list[str] | None:
    return [f"'{value}'" if isinstance(value, str) else str(value) for value in key] if key else None


@pytest.fixture(params=KEYS)
def name(request) -> str:
    return request.param


@pytest.fixture
def database(name) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    names = ["`" + column.name.replace("`", "``") + "`" for column in table(name).columns]
    connection.execute(f"CREATE TABLE t ({', '.join(names)})")
    connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(names))})", keys(name))
    yield connection
    connection.close()


def inside(database: sqlite3.Connection, name: str, lower: Key | None, upper: Key | None) -> list[Key]:
    return sorted(database.execute(f"SELECT * FROM t WHERE {where(table(name), bound(lower), bound(upper))}"))


def test_a_range_holds_exactly_the_keys_from_its_first_to_before_its_last(database, name):
    # Bounds between the keys too: the row of a boundary may be deleted later.
    edges = [None, *keys(name)]
    database.execute("DELETE FROM t WHERE rowid % 3 = 0")
    left = sorted(database.execute("SELECT * FROM t"))
    for lower, upper in itertools.product(edges, repeat=2):
        expected = [key for key in left if (lower is None or key >= lower) and (upper is None or key < upper)]
        assert inside(database, name, lower, upper) == expected, (lower, upper)


@pytest.mark.parametrize("step", [1, 2, 5])
def test_ranges_side_by_side_hold_every_row_once(database, name, step):
    edges: list[Key | None] = [None, *keys(name)[step::step], None]
    found = [key for lower, upper in pairwise(edges) for key in inside(database, name, lower, upper)]
    assert found == keys(name)


def test_an_open_range_is_the_whole_table(database, name):
    assert inside(database, name, None, None) == keys(name)


def test_the_first_key_column_is_always_bounded_so_that_the_server_reads_only_the_range():
    sql = where(table("two numbers"), ["1", "2"], ["5", "6"])
    assert sql.startswith("(`order` >= 1 AND ")
    assert "(`order` <= 5 AND " in sql


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        (None, None, "all rows"),
        (["1"], None, "id from 1 to before the end"),
        (None, ["9"], "id from the first to before 9"),
        (["1"], ["9"], "id from 1 to before 9"),
    ],
)
def test_a_range_in_words(lower, upper, text):
    assert described(table("one number"), lower, upper) == text
