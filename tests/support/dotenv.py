"""Traps of dotenv files: what a file says, what is set, what it says afterwards."""

from __future__ import annotations

import pytest

WRITTEN = [
    # (text, values, text afterwards)
    pytest.param("A=1\nH=old\nB=2\n", {"H": "new"}, "A=1\nH=new\nB=2\n", id="plain"),
    pytest.param("H=old", {"H": "new"}, "H=new", id="no newline at the end"),
    pytest.param("A=1\r\nH=old\r\n", {"H": "new"}, "A=1\r\nH=new\r\n", id="CRLF"),
    pytest.param(
        'H="old"\r\nP=\r\n', {"H": "new", "P": "p"}, 'H="new"\r\nP=p\r\n', id="CRLF behind quotes and nothing"
    ),
    pytest.param("export H=old\n", {"H": "new"}, "export H=new\n", id="export"),
    pytest.param("\n# H=no\nH=old # here\n", {"H": "new"}, "\n# H=no\nH=new # here\n", id="comments"),
    pytest.param("H=old   \n", {"H": "new"}, "H=new   \n", id="trailing spaces"),
    pytest.param("H=\n", {"H": "new"}, "H=new\n", id="was empty"),
    pytest.param("H= # c\n", {"H": "new"}, "H=new # c\n", id="was empty before a comment"),
    pytest.param("H=#c\n", {"H": "new"}, "H=new #c\n", id="was empty before a comment without a space"),
    pytest.param("H=old\n", {"H": ""}, "H=\n", id="becomes empty"),
    pytest.param("H='old'\n", {"H": "new"}, "H='new'\n", id="single quotes stay"),
    pytest.param('H="old" # c\n', {"H": "new"}, 'H="new" # c\n', id="double quotes stay"),
    pytest.param("P='old'\n", {"P": "it's"}, 'P="it\'s"\n', id="an apostrophe needs the other quotes"),
    pytest.param('P="old"\n', {"P": "a\\nb"}, "P='a\\nb'\n", id="a backslash needs the other quotes"),
    pytest.param('P="o\\"l\\\\d"\n', {"P": 'n"$w'}, 'P="n\\"\\$w"\n', id="escapes"),
    pytest.param("P=old\n", {"P": "a b#c"}, "P='a b#c'\n", id="quotes where they are needed"),
    pytest.param("U=old\n", {"U": "mysql://u:p@h:1/d?a=b"}, "U=mysql://u:p@h:1/d?a=b\n", id="a URL needs none"),
    pytest.param("U=old\n", {"U": "a;b&c"}, "U='a;b&c'\n", id="a shell would run it"),
    pytest.param("P=${X}\n", {"P": "${Y}"}, "P='${Y}'\n", id="nothing is put in place of variables"),
    pytest.param('P="${X}"\n', {"P": "p"}, 'P="p"\n', id="a reference is replaced"),
    pytest.param('H=old\nU="mysql://${H}/d"\n', {"H": "new"}, 'H=new\nU="mysql://${H}/d"\n', id="a reference stays"),
    pytest.param('K="a\nH=no\nb"\nH=old\n', {"H": "new"}, 'K="a\nH=no\nb"\nH=new\n', id="inside of another value"),
    pytest.param('P="a\nb"\nQ=1\n', {"P": "c"}, 'P="c"\nQ=1\n', id="over two lines"),
    pytest.param("P=old\n", {"P": "a\nb"}, 'P="a\\nb"\n', id="a line break"),
    pytest.param("DB_HOST_2=a\nDB_HOST=old\n", {"DB_HOST": "n"}, "DB_HOST_2=a\nDB_HOST=n\n", id="a longer name"),
    pytest.param("# Ä\nH=old\n", {"H": "ü"}, "# Ä\nH='ü'\n", id="letters beyond ASCII"),
    pytest.param("A=1\nB=2\nC=3\n", {"C": "z", "A": "xx"}, "A=xx\nB=2\nC=z\n", id="several, in any order"),
    pytest.param("H='same'\nP=old\n", {"H": "same", "P": "p"}, "H='same'\nP=p\n", id="what is so stays as written"),
]

VALUES = [
    "db.example", "", "p$a\"b", "it's", "it's $HOME \"x\" `id` $(id)", "a\\nb", "end\\", "line\nbreak", "a\r\nb",
    "a b#c", "\u00e9 \u00fc", "${X}", "#x", "=x", "a$", "true", "1;rm", '"', "'", " padded ", "tab\there", "!x", "\\$x",
    "%41", "a|b>c",
]  # fmt: skip
