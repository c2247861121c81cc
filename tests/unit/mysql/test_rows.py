"""Values on their way from a result packet to LOAD DATA and to INSERT."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Column
from ansible_collections.replatform.aws.plugins.module_utils.mysql.rows import _line, _literals, _stored, selected

TEXT = Column("t", "varchar", "utf8mb4")


def packet(*values: bytes | None) -> bytes:
    """A row as the server sends it: NULL is 0xFB, else a length-encoded string (client/server protocol)."""
    return b"".join(b"\xfb" if value is None else length(len(value)) + value for value in values)


def length(number: int) -> bytes:
    if number < 251:
        return bytes([number])
    for mark, width in ((b"\xfc", 2), (b"\xfd", 3)):
        if number < 1 << 8 * width:
            return mark + number.to_bytes(width, "little")
    return b"\xfe" + number.to_bytes(8, "little")


def loaded(line: bytes) -> list[bytes | None]:
    """What LOAD DATA makes of a line with its default FIELDS and LINES (manual, LOAD DATA)."""
    escapes = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}
    fields: list[bytes | None] = []
    for field in line.split(b"\t"):
        value, position = b"", 0
        while position < len(field):
            character = field[position : position + 1]
            if character == b"\\":
                position += 1
                character = escapes.get(field[position : position + 1], field[position : position + 1])
            value += character
            position += 1
        fields.append(None if field == b"\\N" else value)
    return fields


TRAPS: list[bytes | None] = [
    None,
    b"",
    b"\\N",
    b"N",
    b"NULL",
    b"\\",
    b"\\\\",
    b"\\t",
    b"\\n",
    b"\t",
    b"\n",
    b"\r\n",
    b"a\tb\nc\\d",
    b"\\\t\\\n",
    b"'",
    b"\\'",
    b"''; DROP TABLE t; -- ",
    b'"`',
    b"\0\x1a\xff\xfe\xfb",
    "ä€😀".encode(),
]


@pytest.mark.parametrize("value", TRAPS, ids=repr)
def test_a_value_arrives_as_it_was(value):
    line = _line(packet(value, b"next", value), [True, True, True])
    assert b"\n" not in line
    assert loaded(line) == [value, b"next", value]


def test_null_and_the_text_of_null_stay_apart():
    assert _line(packet(None, b"\\N"), [True, True]) == b"\\N\t\\\\N"


@pytest.mark.parametrize("size", [0, 1, 249, 250, 251, 252, 65_534, 65_535, 65_536, 2**24 - 1, 2**24, 2**24 + 1])
def test_a_value_of_any_length_is_whole_and_the_next_one_too(size):
    long = b"x" * size
    assert _line(packet(long, b"7", None), [True, False, True]) == long + b"\t7\t\\N"


def test_a_value_of_the_length_that_marks_null_is_no_null():
    assert _line(packet(b"x" * 0xFB, b"y" * 0xFC), [True, True]) == b"x" * 0xFB + b"\t" + b"y" * 0xFC


def test_numbers_pass_as_they_are():
    assert _line(packet(b"-12.50", b"2026-01-01 00:00:00"), [False, False]) == b"-12.50\t2026-01-01 00:00:00"


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
    literals = list(_literals(_line(packet(value, b"next"), [True, True]), [TEXT, TEXT]))
    assert (None if literals[0] == b"NULL" else unquoted(literals[0])) == value
    assert literals[1] == b"_binary'next'"


def test_an_enum_is_inserted_by_its_number_and_json_as_text():
    columns = [Column("e", "enum"), Column("j", "json"), Column("n", "enum")]
    assert list(_literals(b'2\t{"a": 1}\t\\N', columns)) == [
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
