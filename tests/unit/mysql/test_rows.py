"""Values on their way from a result packet to LOAD DATA and to INSERT."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Column
from ansible_collections.replatform.aws.plugins.module_utils.mysql.rows import _literals, _stored, selected

from .test_lines import TRAPS

TEXT = Column("t", "varchar", "utf8mb4")


def unquoted(literal: bytes) -> bytes:
    """What the server makes of a string literal (manual, String Literals); fails where it would end early."""
    assert literal.startswith(b"_binary'")
    assert literal.endswith(b"'")
    escapes = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}
    inside, value, position = literal[len(b"_binary'") : -1], b"", 0
    while position < len(inside):
        character = inside[position : position + 1]
        assert character != b"'", "the literal ends in the middle"
        if character == b"\\":
            position += 1
            assert position < len(inside), "the closing quote is escaped"
            character = escapes.get(inside[position : position + 1], inside[position : position + 1])
        value += character
        position += 1
    return value


@pytest.mark.parametrize("value", TRAPS, ids=repr)
def test_a_value_inserted_without_load_data_is_the_same(value):
    literals = list(_literals([value, b"next"], [TEXT, TEXT]))
    assert (None if literals[0] == b"NULL" else unquoted(literals[0])) == value
    assert literals[1] == b"_binary'next'"


def test_an_enum_is_inserted_by_its_number_and_json_as_text():
    columns = [Column("e", "enum"), Column("j", "json"), Column("n", "enum")]
    assert list(_literals([b"2", b'{"a": 1}', None], columns)) == [
        b"_binary'2' + 0",
        b"CONVERT(_binary'{\"a\": 1}' USING utf8mb4)",
        b"NULL",
    ]


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("float", "`a``b` + 0e0"),
        ("double", "`a``b`"),
        ("enum", "`a``b` + 0"),
        ("set", "`a``b` + 0"),
        ("json", "`a``b`"),
    ],
)
def test_a_column_is_read_exactly(kind, sql):
    assert selected(Column("a`b", kind)) == sql


@pytest.mark.parametrize(
    ("message", "affected", "stored"),
    [
        (b"Records: 3  Deleted: 0  Skipped: 0  Warnings: 0", 3, 3),
        (b"Records: 3  Deleted: 0  Skipped: 2  Warnings: 2", 1, 1),
        # The driver leaves the message's length before it.
        (b"0Records: 18  Deleted: 0  Skipped: 3  Warnings: 3", 15, 15),
        (b"Records: 3  Deleted: 2  Skipped: 0  Warnings: 0", 5, 3),
        (b"Records: 3  Duplicates: 2  Warnings: 0", 5, 3),
        (b"", 1, 1),
        (None, 2, 1),
        (None, 0, 0),
    ],
)
def test_stored_rows_are_counted_whatever_they_replaced(message, affected, stored):
    assert _stored(message, affected) == stored
