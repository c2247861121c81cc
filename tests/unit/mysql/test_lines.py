"""Packets of a result on their way to the lines that LOAD DATA reads."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.lines import BATCH_BYTES, Cut, fields, lines

END = b"\xfe\0\0\2\0"
FULL = 0xFFFFFF


def row(*values: bytes | None) -> bytes:
    """A row as the server sends it: NULL is 0xFB, else a length-encoded string (client/server protocol)."""
    return b"".join(b"\xfb" if value is None else length(len(value)) + value for value in values)


def length(number: int) -> bytes:
    if number < 251:
        return bytes([number])
    for mark, width in ((b"\xfc", 2), (b"\xfd", 3)):
        if number < 1 << 8 * width:
            return mark + number.to_bytes(width, "little")
    return b"\xfe" + number.to_bytes(8, "little")


def loaded(payload: bytes) -> list[list[bytes | None]]:
    """What LOAD DATA makes of lines in FORMAT (manual, LOAD DATA), sign by sign where a sign is special."""
    escapes = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}
    rows: list[list[bytes | None]] = []
    row: list[bytes | None] = []
    value, null = b"", False
    tokens = re.findall(rb"\x1d.|[^\x1d\x1e\x1f]+|[\x1e\x1f]", payload, re.DOTALL)
    for token in tokens:
        if token in (b"\x1e", b"\x1f"):
            row.append(None if null and not value else value)
            value, null = b"", False
            if token == b"\x1e":
                rows.append(row)
                row = []
        elif token == b"\x1dN":
            null = True
        else:
            value += escapes.get(token[1:], token[1:]) if token[0] == 0x1D else token
    assert row == []
    return rows


def sent(rows: Iterable[bytes], end: bytes = END) -> bytes:
    """Bodies as packets; one of 16 MB or more in several, the last of which may be empty."""
    stream = bytearray()
    for number, body in enumerate([*rows, end]):
        pieces = [body[start : start + FULL] for start in range(0, len(body) + 1, FULL)]
        for piece in pieces:
            stream += len(piece).to_bytes(3, "little") + bytes([number % 256]) + piece
    return bytes(stream)


def read(stream: bytes, columns: int, at_once: int = 1 << 16, escaped: bool = True) -> list[list[bytes | None]]:
    """The values that arrive when the network gives `at_once` bytes at a time."""
    file = io.BytesIO(stream)
    values = []
    for payload, count in lines(lambda most: file.read(min(most, at_once)), [escaped] * columns):
        found = loaded(payload)
        assert len(found) == count
        assert list(fields(payload)) == found
        values += found
    return values


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
    b"\x1d",
    b"\x1e",
    b"\x1f",
    b"\x1dN",
    b"\x1d\x1d\x1fN\x1e\x1e\x1d",
    b"a\x1ft\x1dn",
    "ä€😀".encode(),
]


@pytest.mark.parametrize("at_once", [1, 7, 1 << 16])
@pytest.mark.parametrize("value", TRAPS, ids=repr)
def test_a_value_arrives_as_it_was_however_the_network_cuts_it(value, at_once):
    rows = [[value, b"next", value], [b"1", None, b""], [b"x", value, b"y"]]
    assert read(sent(row(*values) for values in rows), 3, at_once) == rows


@pytest.mark.parametrize("at_once", [1, 100, 1 << 16])
def test_rows_with_and_without_escapes_stay_in_their_order(at_once):
    rows = [[b"%d" % n, b"a\x1fb" if n % 7 == 3 else b"plain", None if n % 5 else b"\x1dN"] for n in range(200)]
    assert read(sent(row(*values) for values in rows), 3, at_once) == rows


def test_null_and_the_text_of_null_stay_apart():
    assert read(sent([row(None, b"\x1dN")]), 2) == [[None, b"\x1dN"]]


@pytest.mark.parametrize("size", [0, 1, 249, 250, 251, 252, 65_534, 65_535, 65_536])
def test_a_value_of_any_length_is_whole_and_the_next_one_too(size):
    rows = [[b"x" * size, b"7", None], [b"8", b"y" * size, b"z" * size], [None, None, None]]
    assert read(sent(row(*values) for values in rows), 3) == rows


@pytest.mark.parametrize("size", [FULL - 9, FULL - 8, FULL - 7, FULL - 6, FULL - 5, FULL, FULL + 1, 2 * FULL - 5])
def test_a_row_at_the_border_of_packets_is_whole_and_so_are_its_neighbours(size):
    rows = [[b"1", b"before"], [b"2", b"x" * size], [b"3", b"after\x1f"]]
    assert read(sent(row(*values) for values in rows), 2) == rows


def test_a_value_of_the_length_that_marks_null_is_no_null():
    rows = [[b"x" * 0xFB, b"y" * 0xFC]]
    assert read(sent([row(*rows[0])]), 2) == rows


def test_numbers_pass_as_they_are():
    rows: list[list[bytes | None]] = [[b"-12.50", b"2026-01-01 00:00:00"], [None, b"0"]]
    assert read(sent(row(*values) for values in rows), 2, escaped=False) == rows


def test_an_empty_table_gives_nothing():
    assert read(sent([]), 2) == []


def test_much_comes_in_portions_of_bounded_size():
    many = sent(row(b"%d" % n, b"x" * 200) for n in range(20_000))
    sizes = [len(payload) for payload, _count in lines(io.BytesIO(many).read, [False, True])]
    assert len(sizes) > 3
    assert max(sizes) < BATCH_BYTES + (1 << 17)


@pytest.mark.parametrize("missing", [1, len(END), len(END) + 4, len(END) + 5])
def test_a_stream_that_stops_early_is_no_end(missing):
    with pytest.raises(Cut) as cut:
        read(sent([row(b"1", b"2"), row(b"3", b"4")])[:-missing], 2)
    assert cut.value.packet == b""


def test_an_error_of_the_server_in_the_middle_is_told():
    with pytest.raises(Cut) as cut:
        read(sent([row(b"1", b"2")], end=b"\xff\x19\x05#HY000gone"), 2)
    assert cut.value.packet.endswith(b"gone")
