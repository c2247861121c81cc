from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.libraries import StandIn, require


def test_an_engine_is_importable_without_its_library():
    library: Any = StandIn("pymysql")

    class Reader(library.cursors.SSCursor):
        codes = frozenset({library.constants.ER.PARSE_ERROR, library.constants.ER.DUP_ENTRY})
        connection = library.connections.Connection[str] | None

    assert Reader().connection is library


def test_using_a_missing_library_says_what_to_install():
    with pytest.raises(ReplatformError, match=r"libraries pymysql are missing in .*pip") as caught:
        StandIn("pymysql").connect(host="db")
    assert caught.value.as_dict()["libraries"] == ["pymysql"]


def test_a_door_refuses_before_any_work_and_names_all_that_is_missing():
    with pytest.raises(ReplatformError, match="psutil, pymysql"):
        require(StandIn("pymysql"), pytest, StandIn("psutil"))


def test_a_library_that_is_there_is_no_matter():
    require(pytest)
