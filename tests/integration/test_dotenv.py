"""What is written into a dotenv file, read by the libraries that applications read it with."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils import dotenv
from sandbox import php_distribution
from sandbox.state import sandbox_folder
from tests.support.dotenv import VALUES, WRITTEN

PLACES = ["H=old\n", "H=\n", "export H='old' # c\n", 'A=1\r\nH="old"\r\nB=2\r\n']


def read(texts: list[str]) -> list[dict[str, Any]]:
    """Of each text, what Laravel's and Symfony's libraries read."""
    php = php_distribution.install(sandbox_folder() / "log" / "php_install.log")
    asked = json.dumps([base64.b64encode(text.encode()).decode() for text in texts])
    command = [*php_distribution.command(php), str(php_distribution.SCRIPTS / "read_dotenv.php")]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_laravel_and_symfony_read_what_was_set_and_all_else_as_before():
    rows: list[Any] = [trap.values[:2] for trap in WRITTEN]
    rows += [(text, {"H": value}) for text in PLACES for value in VALUES]
    before = read([row[0] for row in rows])
    after = read([dotenv.with_values(text, values, ".env")[0] for text, values in rows])
    for (text, values), was, is_now in zip(rows, before, after, strict=True):
        for library, values_now in is_now.items():
            # A text may refer to what was set, as U="mysql://${H}/d" does.
            kept = {key: value for key, value in was[library].items() if "${" not in text}
            assert {**values_now, **kept, **values} == values_now, (text, values, library)
