from __future__ import annotations

import pytest

from ansible_collections.replatform.aws.plugins.module_utils import dotenv
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from tests.support.dotenv import VALUES, WRITTEN

REFUSED = [
    # (text, values, said)
    pytest.param("A=1\n", {"DB_HOST": "x"}, "does not set DB_HOST", id="missing"),
    pytest.param("#DB_HOST=1\n", {"DB_HOST": "x"}, "does not set DB_HOST", id="commented out"),
    pytest.param("DB_HOST\n", {"DB_HOST": "x"}, "does not set DB_HOST", id="no equals sign"),
    pytest.param('A="\nDB_HOST=1\n"\n', {"DB_HOST": "x"}, "does not set DB_HOST", id="only inside another value"),
    pytest.param("db_host=1\n", {"DB_HOST": "x"}, "does not set DB_HOST", id="other case"),
    pytest.param("H=1\nA=2\nexport H=3\n", {"H": "x"}, "H in the lines 1, 3", id="twice"),
    pytest.param('A="x\ny"\nH=1\nH=2\n', {"H": "x"}, "H in the lines 3, 4", id="twice, after a value of two lines"),
    pytest.param('A=1\nB="x\nH=1\n', {"H": "x"}, "the value of B in line 2 is not closed", id="quote not closed"),
    pytest.param("H=1\n", {"H": "it's\\n"}, "H cannot be given this value", id="apostrophe and backslash"),
    pytest.param("H=1\n", {"H": "a\\\nb"}, "H cannot be given this value", id="line break and backslash"),
    pytest.param("H=1\n", {"H": "a\0b"}, "H cannot be given this value", id="NUL"),
]


@pytest.mark.parametrize(("text", "values", "after"), WRITTEN)
def test_only_the_values_given_change(text, values, after):
    assert dotenv.with_values(text, values, ".env")[0] == after


@pytest.mark.parametrize(("text", "values", "after"), WRITTEN)
def test_a_second_time_nothing_is_left_to_change(text, values, after):
    del text
    assert dotenv.with_values(after, values, ".env") == (after, [])


@pytest.mark.parametrize(("text", "values", "after"), WRITTEN)
def test_the_values_of_the_old_text_make_it_the_old_text_again(text, values, after):
    if text.endswith("H=#c\n"):
        # The one place where a space had to be added.
        text = text.replace("H=#c", "H= #c")
    assert dotenv.with_values_of(after, text, values, ".env", "old")[0] == text


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("written", ["", "old", "'old'", '"old"'])
def test_what_is_written_stands_for_the_value(value, written):
    assert dotenv.decoded(dotenv.encoded(value, written, "H")) == value


@pytest.mark.parametrize(("text", "values", "said"), REFUSED)
def test_what_cannot_be_changed_safely_is_refused(text, values, said):
    with pytest.raises(ReplatformError, match=r"^\.env.*" + said):
        dotenv.with_values(text, values, ".env")


@pytest.mark.parametrize("written", ['"${A}"', "$A", "a#b", "a\\b", "a b", '"\\x"', "a'b"])
def test_a_value_that_libraries_read_differently_is_never_taken_for_the_same(written):
    assert dotenv.decoded(written) is None
