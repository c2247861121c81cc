"""The servers that tests run against: a sandbox of their own, started part by part when a test first asks for one."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox import parts
from sandbox.http import ask
from sandbox.mysqld import Mysqld, connect
from sandbox.sandbox import Sandbox
from sandbox.secrets_store import client
from sandbox.state import free_port, sandbox_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from pymysql.connections import Connection

    from sandbox.mysql_distribution import Distribution


WORKER_PORTS = 23300
"""Below what kernels hand out by themselves."""


class Servers:
    """The tests' sandbox. Parts come up when asked for; SANDBOX_KEEP=1 leaves them up for the next run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sandbox = Sandbox(folder)
        self._ready: dict[str, dict[str, Any]] = {}

    def endpoint(self, part: str) -> dict[str, Any]:
        """The endpoint of a part ("mysql_source", "mysql_target", "aws"), which is up from now on."""
        if part not in self._ready:
            # Noted before the start: whoever ends last stops what any run of the tests has started.
            if not self.sandbox.state.endpoints():
                self._ours.parent.mkdir(parents=True, exist_ok=True)
                self._ours.touch()
            self._ready[part] = self.sandbox.up([part])[part]
        return self._ready[part]

    def connect(self, part: str, *, root: bool = False, **options: Any) -> Connection[Any]:
        """A connection to a database part, as its restricted admin or as root."""
        return connect(self.endpoint(part), root=root, **options)

    @contextmanager
    def further(
        self, install: Callable[[Path], Distribution], *options: str, port: int | None = None
    ) -> Iterator[Mysqld]:
        """One more database server with these options, gone afterwards; `install` says which."""
        server = Mysqld(
            install(self.folder / "log" / "mysql_install.log"),
            self.folder / "extra" / secrets.token_hex(4),
            port=port or free_port(),
            root_password=secrets.token_urlsafe(18),
            options=options,
        )
        try:
            server.start()
            yield server
        finally:
            server.kill()
            shutil.rmtree(server.folder, ignore_errors=True)

    @property
    def _ours(self) -> Path:
        return self.folder / "started-by-tests"

    def stop(self) -> None:
        """Takes down what tests started; a sandbox that somebody brought up here before stays."""
        if self._ours.exists() and not os.environ.get("SANDBOX_KEEP"):
            self.sandbox.down()
            self._ours.unlink()


@contextmanager
def servers() -> Iterator[Servers]:
    """The tests' sandbox, shared by all test processes of this checkout; the last of them stops it.

    Each worker of pytest-xdist has one of its own, on ports that no other worker looks at.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    folder = sandbox_folder() / f"tests{worker}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if worker and not (folder / "ports.json").exists():
        write_private(folder / "ports.json", json.dumps(_ports(int(worker.removeprefix("gw")))))
    with (folder / "in-use").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        used = Servers(folder)
        try:
            yield used
        finally:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Another test process still uses the servers.
                pass
            else:
                used.stop()


def _ports(worker: int) -> dict[str, int]:
    """Where a worker's parts look for a port first: two that start at one moment would find the same one free."""
    return {name: WORKER_PORTS + worker * len(parts.NAMES) + number for number, name in enumerate(parts.NAMES)}


@dataclass(frozen=True)
class Recorder:
    """What the emulator counted since `reset`; calls of every client count, also of other test processes."""

    url: str

    def counts(self) -> dict[str, Any]:
        """{"reads": n, "writes": n, "calls": {"secretsmanager.CreateSecret": n}}"""
        counts: dict[str, Any] = ask(f"{self.url}/sandbox/requests")
        return counts

    def of_modules(self) -> dict[str, int]:
        """The calls of Ansible modules since the emulator started; `reset` leaves them."""
        calls: dict[str, int] = ask(f"{self.url}/sandbox/requests/modules")["calls"]
        return calls

    def reset(self) -> None:
        ask(f"{self.url}/sandbox/requests/reset", method="POST")


@dataclass(frozen=True)
class Faults:
    """What goes wrong at the emulator (sandbox/aws_faults.py), for every client of it."""

    url: str

    def add(self, kind: str, service: str = "*", operation: str = "*", **more: Any) -> None:
        """`more`: match, region, after, times, seconds, status, code, message, resource."""
        ask(
            f"{self.url}/sandbox/faults",
            method="POST",
            content=[{"kind": kind, "service": service, "operation": operation, **more}],
        )

    def rules(self) -> list[dict[str, Any]]:
        """Those that stand, each with its `hits`."""
        rules: list[dict[str, Any]] = ask(f"{self.url}/sandbox/faults")
        return rules

    def hits(self) -> int:
        """How many calls something was done to; of `slow` and `stale`, how many writes began it."""
        return sum(rule["hits"] for rule in self.rules())

    def clear(self) -> None:
        ask(f"{self.url}/sandbox/faults", method="DELETE")


@dataclass(frozen=True)
class Aws:
    """The emulator: clients, the recorder, the faults, and the environment that leads a program to it."""

    endpoint: dict[str, Any]

    @property
    def recorder(self) -> Recorder:
        return Recorder(self.endpoint["url"])

    @property
    def faults(self) -> Faults:
        return Faults(self.endpoint["url"])

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint["url"],
            "AWS_ACCESS_KEY_ID": self.endpoint["access_key"],
            "AWS_SECRET_ACCESS_KEY": self.endpoint["secret_key"],
            "AWS_DEFAULT_REGION": self.endpoint["region"],
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of that service, with further options of boto3's own."""
        return client(self.endpoint, service, **options)

    def apart(self) -> Callable[[str], Any]:
        """Makes boto3 clients of one more account, in which nothing is."""
        account = f"{secrets.randbelow(10**12):012}"

        def make(service: str) -> Any:
            made = self.client(service)
            # moto's own header; without it everybody has the account 123456789012.
            made.meta.events.register(
                "request-created", lambda request, **_: request.headers.add_header("x-moto-account-id", account)
            )
            return made

        return make
