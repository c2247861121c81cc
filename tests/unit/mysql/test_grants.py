"""Which rights a source's grants come to at a target, from SHOW GRANTS as servers write it."""

from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.grants import SCHEMA_LEVEL, Scope, held

SHOP = ("shop", "shop_x")


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        pytest.param("GRANT USAGE ON *.* TO `u`@`%`", [], id="nothing"),
        pytest.param("GRANT SELECT ON `shop`.* TO `u`@`%`", ["SELECT ON `shop`.*"], id="a schema"),
        pytest.param("GRANT SELECT ON `crm`.* TO `u`@`%`", [], id="another schema"),
        pytest.param(r"GRANT SELECT ON `shop\_%`.* TO `u`@`%`", ["SELECT ON `shop_x`.*"], id="a pattern"),
        pytest.param(
            "GRANT INSERT, SHUTDOWN ON *.* TO `u`@`%`", ["INSERT ON `shop_x`.*", "INSERT ON `shop`.*"], id="everything"
        ),
        pytest.param(
            "GRANT SELECT (`id`, `a b`), INSERT ON `shop`.`t` TO `u`@`%`",
            ["INSERT ON `shop`.`t`", "SELECT (a b) ON `shop`.`t`", "SELECT (id) ON `shop`.`t`"],
            id="columns",
        ),
        pytest.param(
            "GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `u`@`%` WITH GRANT OPTION",
            ["EXECUTE ON PROCEDURE `shop`.`p`", "GRANT OPTION ON PROCEDURE `shop`.`p`"],
            id="a procedure",
        ),
        pytest.param("GRANT `reader`@`%`,`w`@`%` TO `u`@`%`", [], id="roles"),
        pytest.param(
            "GRANT ALL PRIVILEGES ON 'shop'.* TO 'u'@'%' IDENTIFIED BY PASSWORD '*0011'",
            sorted(f"{right} ON `shop`.*" for right in SCHEMA_LEVEL),
            id="all, spelt as old servers do",
        ),
    ],
)
def test_a_grant_comes_to_rights_on_the_schemas_that_are_moved(line, kept):
    assert sorted(Scope(SHOP).rights(held([line]))[0]) == kept


def test_what_is_partially_revoked_is_not_granted():
    lines = ["GRANT SELECT, INSERT ON *.* TO `u`@`%`", "REVOKE INSERT ON `shop`.* FROM `u`@`%`"]
    kept, _left = Scope(SHOP, literal_source=True).rights(held(lines))
    assert sorted(kept) == ["INSERT ON `shop_x`.*", "SELECT ON `shop_x`.*", "SELECT ON `shop`.*"]


@pytest.mark.parametrize(("literal", "place"), [(True, "`shop_x`.*"), (False, r"`shop\_x`.*")])
def test_a_schema_is_named_so_that_the_target_takes_it_for_no_pattern(literal, place):
    (statement,) = Scope(SHOP, literal_target=literal).statements(["SELECT ON `shop_x`.*"], "`u`@`%`")
    assert statement == f"GRANT SELECT ON {place} TO `u`@`%`"


def test_a_pattern_of_other_schemas_is_left_out_with_what_to_do():
    kept, left = Scope(SHOP, everything=True).rights(held(["GRANT SELECT ON `c%`.* TO `u`@`%`"]))
    assert kept == set()
    assert left == ["grants on the pattern c%: name the schemas that it stands for in schemas"]


def test_a_proxy_is_told_and_not_granted():
    _kept, left = Scope(SHOP).rights(held(["GRANT PROXY ON ``@`` TO `u`@`%` WITH GRANT OPTION"]))
    assert left == ["GRANT PROXY ON ``@``: no such grant is copied"]
