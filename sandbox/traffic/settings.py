"""Where the shop's application finds its database, read anew while it runs."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import SandboxError
from ..secrets_store import client

Endpoint = Mapping[str, Any]
Read = Callable[[], Endpoint]

USUAL_READ_S = 1.0
LEAST_READ_S = 0.01
ENV_NAMES = {"host": "DB_HOST", "port": "DB_PORT", "username": "DB_USERNAME", "password": "DB_PASSWORD"}


def from_secret(aws: Mapping[str, Any], name: str) -> Read:
    """Reads the endpoint from a secret of AWS Secrets Manager, in the shape that RDS writes."""
    secrets = client(aws, "secretsmanager")

    def read() -> Endpoint:
        return _endpoint(json.loads(secrets.get_secret_value(SecretId=name)["SecretString"]), name)

    return read


def from_env_file(path: Path) -> Read:
    """Reads the endpoint from DB_HOST, DB_PORT, DB_USERNAME and DB_PASSWORD of a `.env` file."""

    def read() -> Endpoint:
        pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
        values = {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
        return _endpoint({key: values[name] for key, name in ENV_NAMES.items() if name in values}, str(path))

    return read


def _endpoint(values: Mapping[str, Any], where: str) -> Endpoint:
    if missing := [key for key in ENV_NAMES if key not in values]:
        raise SandboxError(f"{where} does not say the database's {' and '.join(missing)}.")
    return {**{key: str(values[key]) for key in ENV_NAMES}, "port": int(values["port"])}


class Settings:
    """The endpoint of the moment: read once a second, and at once when a client asks, as after an error.

    A thread of its own reads, so that no client waits for a secret store that does not answer.
    """

    def __init__(self, read: Read, switched: Callable[[Endpoint], None]) -> None:
        self._read = read
        self._switched = switched
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="traffic-settings", daemon=True)
        self.endpoint = read()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._asked.set()
        self._thread.join()

    def ask(self) -> None:
        """They are read again as soon as possible."""
        self._asked.set()

    def _watch(self) -> None:
        told = ""
        while not self._stopping.wait(LEAST_READ_S):
            self._asked.wait(USUAL_READ_S)
            self._asked.clear()
            try:
                found = self._read()
            except Exception as error:  # noqa: BLE001 - an application goes on with what it knew
                if told != (told := str(error)):
                    sys.stderr.write(f"The application's settings could not be read: {told}\n")
                continue
            if found != self.endpoint:
                self.endpoint = found
                self._switched(found)
