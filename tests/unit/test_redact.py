from __future__ import annotations

import base64
import datetime as dt
import json
from urllib.parse import quote, quote_plus

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.redact import MASK, Redactor

SECRETS = [
    "hunter2-correct-horse",
    'quo"te\\back/slash',
    "späße & mehr",
    "line one of it\nline two of the secret",
    "%41+ b@c:d",
    "it's",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "written",
    [
        str,
        repr,
        json.dumps,
        lambda secret: json.dumps({"deep": [json.dumps(secret, ensure_ascii=False)[1:-1]]}, ensure_ascii=False),
        lambda secret: quote(secret, safe=""),
        quote_plus,
        lambda secret: f"mysql://root:{quote(secret, safe='')}@db:3306/shop",
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: f"before{secret}after",
    ],
)
def test_a_secret_is_masked_however_it_is_written(secret, written):
    masked = Redactor([secret]).text(f"cannot use {written(secret)} here")
    assert MASK in masked
    for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
        assert form not in masked
    assert masked.startswith("cannot use ")
    assert masked.endswith(" here")


def test_secrets_are_masked_at_any_depth_and_in_keys():
    redact = Redactor(["hunter2-x"])
    value = {
        "a": [{"b": ("hunter2-x", {"xhunter2-xx"})}],
        "hunter2-x": 1,
        "when": dt.date(2026, 1, 2),
        "raw": b"hunter2-x",
    }
    assert redact(value) == {"a": [{"b": [MASK, [f"x{MASK}x"]]}], MASK: 1, "when": "2026-01-02", "raw": MASK}


def test_a_secret_inside_another_leaves_no_rest_of_the_longer_one():
    assert Redactor(["abcd", "abcd-efgh"]).text("abcd-efgh abcd") == f"{MASK} {MASK}"


def test_what_the_user_gave_in_the_open_stays_readable():
    redact = Redactor(["mysql", "shop"], shown=["shop/mysql"])
    assert redact.text("secret shop/mysql-a1B2c3 has mysql") == f"secret shop/mysql-a1B2c3 has {MASK}"


def test_numbers_and_short_secrets_are_masked_only_where_they_stand_alone():
    redact = Redactor(["3306", "ab"])
    assert (
        redact.text("db:3306 in account 123330612345, ab in cable")
        == f"db:{MASK} in account 123330612345, {MASK} in cable"
    )


def test_counts_stay_numbers_but_a_number_that_is_a_secret_goes():
    assert Redactor(["3306", "90417733"])({"rows": 3306, "pin": 90417733, "ok": True, "none": None}) == {
        "rows": 3306,
        "pin": MASK,
        "ok": True,
        "none": None,
    }


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_secret_masks_nothing(empty):
    assert Redactor([empty]).text("a b\nc") == "a b\nc"
