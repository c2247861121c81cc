from __future__ import annotations

import struct

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.applier.document import expression
from ansible_collections.replatform.aws.plugins.module_utils.mysql.applier.gtids import Gtids
from ansible_collections.replatform.aws.plugins.module_utils.mysql.applier.literals import decimal, double, string
from ansible_collections.replatform.aws.plugins.module_utils.mysql.applier.statements import Statements
from ansible_collections.replatform.aws.plugins.module_utils.mysql.applier.stream import Statement

ONE, TWO = "53f33706-e86d-11f1-b463-02fc00000001", "51eba3c3-e86d-11f1-ae4f-02fc00000001"


def test_a_gtid_set_grows_and_tells_what_another_one_lacks():
    executed = Gtids(f"{ONE}:1-3:7,\n{TWO}:1:tag:1-2")
    for number in (4, 9, 8, 6, 5):
        executed.add(f"{ONE}:{number}")
    assert str(executed) == f"{TWO}:1,{TWO}:tag:1-2,{ONE}:1-9"
    assert len(executed) == 12
    assert f"{ONE}:9" in executed
    assert f"{ONE}:10" not in executed
    assert f"{TWO}:2" not in executed
    assert Gtids(f"{ONE}:5-12,{TWO}:tag:2-3").beyond(executed) == 4
    assert Gtids(f"{ONE}:2-3").beyond(executed) == 0
    assert Gtids().beyond(executed) == 0


@pytest.mark.parametrize(
    ("raw", "precision", "scale", "text"),
    [
        ("810dfb38d204d2", 14, 4, b"1234567890.1234"),
        ("7ef204c72dfb2d", 14, 4, b"-1234567890.1234"),
        ("80", 1, 0, b"0"),
        ("7f", 1, 1, b"-0.0"),
        ("85", 1, 1, b"0.5"),
    ],
)
def test_a_decimal_keeps_its_digits_and_its_sign(raw: str, precision: int, scale: int, text: bytes):
    assert decimal(bytes.fromhex(raw), precision, scale) == text


def test_a_double_keeps_its_negative_zero_and_a_string_every_byte():
    assert (double(-0.0), double(1e300), double(0.1)) == (b"-0.0e0", b"1e+300", b"0.1e0")
    assert string(b"it's \\ \0\xff", "latin1") == b"_latin1'it\\'s \\\\ \0\xff'"


def test_a_document_is_text_unless_it_holds_what_text_has_no_word_for():
    assert expression(b"") == b"CAST(_utf8mb4'null' AS JSON)"
    assert expression(b"\x0b" + struct.pack("<d", -0.0)) == b"CAST(_utf8mb4'-0.0' AS JSON)"
    assert expression(b"\x06" + struct.pack("<H", 5)) == b"CAST(CAST(5 AS UNSIGNED) AS JSON)"
    with pytest.raises(ReplatformError, match="an opaque value of type 7"):
        expression(b"\x0f\x07\x08" + bytes(8))


@pytest.mark.parametrize(
    ("text", "schema", "left_out"),
    [
        ("ALTER DATABASE `shop` READ ONLY = 0", "", ""),
        ("ALTER TABLE `shop`.`order``s` AUTO_INCREMENT = 1200", "", ""),
        ("CREATE TABLE IF NOT EXISTS `replatform`.migration (name INT)", "", ""),
        ("/* shop */ ANALYZE TABLE orders", "shop", ""),
        ("ALTER USER 'app'@'%' ACCOUNT UNLOCK", "shop", "USER statement of the target"),
        ("GRANT SELECT ON shop.* TO app", "", "GRANT statement of the target"),
        ("CREATE DEFINER=`a`@`%` TRIGGER t AFTER INSERT ON o DO 1", "shop", "TRIGGER statement of the target"),
        ("ALTER DEFINER=`a`@`%` EVENT nightly ENABLE", "shop", "EVENT statement of the target"),
        ("CREATE TABLE blog.posts (id INT)", "shop", ""),
        ("DROP TABLE posts", "blog", ""),
    ],
)  # fmt: skip
def test_a_statement_that_is_none_of_the_rows_business_is_left_out(text: str, schema: str, left_out: str):
    assert Statements({"shop"}, "replatform").left_out(Statement(schema, text)) == left_out


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("ALTER TABLE orders ADD COLUMN a INT", "shop"),
        ("ALTER TABLE shop.orders ADD COLUMN a INT", "blog"),
        ("RENAME TABLE blog.a TO shop.a", ""),
        ("TRUNCATE orders", "shop"),
        ("INSERT INTO orders VALUES (1)", "shop"),
        ("ALTER DATABASE shop COLLATE utf8mb4_bin", ""),
        ("ALTER TABLE shop.orders AUTO_INCREMENT = 12, ADD COLUMN x INT", ""),
        ("DROP DATABASE shop", ""),
    ],
)
def test_a_statement_that_changes_what_rows_mean_is_refused(text: str, schema: str):
    with pytest.raises(ReplatformError, match="the way back cannot follow"):
        Statements({"shop"}, "replatform").left_out(Statement(schema, text))
