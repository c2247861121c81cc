from __future__ import annotations

import pytest

from sandbox.errors import SandboxError
from sandbox.mysqld import SQL_FOLDER, from_url, statements, url


def test_statements_are_split_at_the_delimiter_of_the_moment():
    script = """
    -- a comment; with a semicolon
    SELECT 1;
    SELECT ';',
           2;
    DELIMITER //
    CREATE PROCEDURE p()
    BEGIN
      SELECT 1;
    END//
    DELIMITER ;
    SELECT 3
    """
    assert [statement.split() for statement in statements(script)] == [
        ["SELECT", "1"],
        ["SELECT", "';',", "2"],
        ["CREATE", "PROCEDURE", "p()", "BEGIN", "SELECT", "1;", "END"],
        ["SELECT", "3"],
    ]


@pytest.mark.parametrize("script", sorted(SQL_FOLDER.glob("*.sql")), ids=lambda path: path.name)
def test_every_script_keeps_out_of_the_binary_log(script):
    assert statements(script.read_text())[0] == "SET SESSION sql_log_bin = 0"


def test_an_address_survives_the_way_there_and_back():
    endpoint = {"host": "127.0.0.1", "port": 13306, "username": "doadmin", "password": "p@ss/w:rd%"}
    assert from_url(url(endpoint), "SANDBOX_MYSQL_SOURCE_URL") == endpoint


@pytest.mark.parametrize("text", ["127.0.0.1:3306", "http://a:b@c/", "mysql://host:1/", "mysql://u:p@host:port/"])
def test_an_address_that_is_none_names_its_variable(text):
    with pytest.raises(SandboxError, match="SANDBOX_MYSQL_SOURCE_URL must look like mysql://"):
        from_url(text, "SANDBOX_MYSQL_SOURCE_URL")
