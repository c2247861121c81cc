"""A second emulator of AWS, written by others: what it answers to the same questions speaks for or against our own.

It needs a botocore of its own, so it lies in an environment of its own, in the cache folder. What it does otherwise
than AWS's documentation says stands in second_emulator.yml, written by `python -m tests.support.second_emulator`.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxError
from sandbox.http import ask
from sandbox.processes import spawn, stop, wait_until
from sandbox.secrets_store import client
from sandbox.state import LOOPBACK, cache_folder, free_port, locked, sandbox_folder
from tests.support import aws_behaviour
from tests.support.aws_behaviour import Difference, differences

PACKAGE, VERSION = "ministack", "1.5.33"
KNOWN = Path(__file__).with_suffix(".yml")
START_TIMEOUT_S = 120
INSTALL_TIMEOUT_S = 300


def install(log: Path) -> Path:
    """Its program; installed when the cache has it not. Raises: SandboxError, with the end of the log."""
    folder = cache_folder() / f"{PACKAGE}-{VERSION}"
    program = folder / "bin" / PACKAGE
    with locked(cache_folder() / f"{PACKAGE}.lock"):
        if program.exists():
            return program
        uv = Path(sys.executable).with_name("uv")
        # The package last: the program is there only when all of it is.
        for command in (
            [uv, "venv", "--quiet", "--clear", "--no-python-downloads", "--python", sys.executable, folder],
            [uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", f"{PACKAGE}=={VERSION}"],
        ):
            _run([str(word) for word in command], log)
    return program


def _run(command: list[str], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        try:
            code = subprocess.run(
                command, stdout=output, stderr=output, timeout=INSTALL_TIMEOUT_S, check=False
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SandboxError(f"The second emulator {PACKAGE} {VERSION} was not installed: {error}.") from error
    if code:
        raise SandboxError(
            f"The second emulator {PACKAGE} {VERSION} was not installed; the package index may be out of reach:",
            log=log,
        )


@dataclass(frozen=True)
class Second:
    """The second emulator while it runs."""

    url: str

    def client(self, service: str) -> Any:
        """A boto3 client of it."""
        # A key of twelve digits is the account.
        keys = {"access_key": "123456789012", "secret_key": "second"}
        return client({"url": self.url, "region": "eu-central-1", **keys}, service)

    def empty(self) -> None:
        """Nothing is in it."""
        ask(f"{self.url}/_ministack/reset", method="POST")

    def differences(self, service: str) -> dict[str, Difference]:
        """What it does otherwise than the documentation that the service's table tells."""
        self.empty()
        table = import_module(f"{aws_behaviour.__name__}.{service}").BEHAVIOUR
        return differences(table, self.client, empty=self.empty)


@contextmanager
def running(folder: Path) -> Iterator[Second]:
    """Started and empty; it ends with the block."""
    log = folder / "second_emulator.log"
    program = install(log)
    port = free_port()
    second = Second(f"http://{LOOPBACK}:{port}")
    # Without the first it would listen to the whole network; without the last it looks for Docker.
    where = {"BIND_HOST": LOOPBACK, "GATEWAY_PORT": str(port), "DOCKER_HOST": f"unix://{folder}/none.sock"}
    process = spawn([str(program)], folder, log, where)
    try:
        wait_until(lambda: _answers(second.url), process, f"The second emulator on {second.url}", log, START_TIMEOUT_S)
        yield second
    finally:
        stop([process])


def _answers(url: str) -> bool:
    try:
        return bool(ask(f"{url}/_ministack/health", timeout_s=2))
    except (OSError, ValueError):
        return False


def tables() -> list[str]:
    """The services that have a table of documented behaviour."""
    return sorted(module.name for module in pkgutil.iter_modules(aws_behaviour.__path__))


def known() -> dict[str, dict[str, str]]:
    """By service the behaviours that it is known not to have as documented, each with what it does."""
    found: dict[str, dict[str, str]] = yaml.safe_load(KNOWN.read_text()) if KNOWN.exists() else {}
    return found


def main() -> None:
    found = {}
    with running(sandbox_folder() / "tests" / "second_emulator") as second:
        for service in tables():
            found[service] = {name: one.short for name, one in second.differences(service).items()}
            print(f"{service}: {len(found[service])} differ")
    head = "# What the second emulator does otherwise than AWS: written by python -m tests.support.second_emulator"
    KNOWN.write_text(f"---\n{head}\n{yaml.safe_dump(found, width=60)}")


if __name__ == "__main__":
    main()
