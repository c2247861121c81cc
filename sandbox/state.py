"""The sandbox's folder: passwords, ports, endpoints and the lock, all readable by their owner only."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import SandboxError

CHECKOUT = Path(__file__).resolve().parents[1]
LOOPBACK = "127.0.0.1"
LOCK_TIMEOUT_S = 600


def sandbox_folder() -> Path:
    """`.sandbox` in the checkout, or the folder that SANDBOX_DIR names."""
    return Path(os.environ.get("SANDBOX_DIR") or CHECKOUT / ".sandbox").resolve()


def cache_folder() -> Path:
    """Where downloads and initialised data are kept between checkouts."""
    if chosen := os.environ.get("REPLATFORM_CACHE"):
        return Path(chosen).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "replatform"


def write_private(path: Path, text: str) -> None:
    """Replaces a file at once, mode 0600: a reader sees the old text or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    partial.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, empty when there is no such file."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise SandboxError(f"{path} is not JSON ({error}); delete it and run the command again.") from error
    if not isinstance(content, dict):
        raise SandboxError(f"{path} holds no JSON object; delete it and run the command again.")
    return content


@contextmanager
def locked(path: Path, timeout_s: float = LOCK_TIMEOUT_S) -> Iterator[None]:
    """Holds a lock file; it is free again when its holder ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    deadline = time.monotonic() + timeout_s
    with path.open("a") as stream:
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SandboxError(
                        f"{path} is still held by another sandbox command after {timeout_s:.0f} s; "
                        "wait for that command to end, then run this one again."
                    ) from None
                time.sleep(0.1)
        yield


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server does: connections of its predecessor in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


class State:
    """What outlives a command: `passwords.json`, `ports.json`, `endpoints.json` and `env`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.endpoints_file = folder / "endpoints.json"
        self.environment_file = folder / "env"

    def lock(self) -> Any:
        return locked(self.folder / "lock")

    def password(self, name: str) -> str:
        """The generated password of that name, the same one for as long as the folder lives."""
        path = self.folder / "passwords.json"
        with locked(self.folder / "passwords.lock"):
            passwords = read_json(path)
            if name not in passwords:
                # 24 characters: a replication password may have 32 at most (MySQL error 3056).
                passwords[name] = secrets.token_urlsafe(18)
                write_private(path, json.dumps(passwords, indent=2) + "\n")
        return str(passwords[name])

    def port(self, name: str, usual: int, running: bool) -> int:
        """The part's port of last time, else its usual one, else a free one.

        A part that runs holds its port itself, so only a stopped one's is probed.
        """
        path = self.folder / "ports.json"
        with locked(self.folder / "ports.lock"):
            ports = read_json(path)
            others = {port for part, port in ports.items() if part != name}
            kept = ports.get(name)
            if kept is not None and running:
                return int(kept)
            candidates = [port for port in (kept, usual) if port is not None and port not in others]
            chosen = next((port for port in candidates if port_is_free(port)), None)
            while chosen is None or chosen in others:
                chosen = free_port()
            if chosen != kept:
                ports[name] = chosen
                write_private(path, json.dumps(ports, indent=2) + "\n")
        return int(chosen)

    def endpoints(self) -> dict[str, dict[str, Any]]:
        """The parts that were brought up last, by name."""
        return read_json(self.endpoints_file)

    def publish(self, endpoints: dict[str, dict[str, Any]]) -> None:
        """Writes `endpoints.json` and the `env` file that a shell can source."""
        write_private(self.endpoints_file, json.dumps(endpoints, indent=2) + "\n")
        lines = []
        if aws := endpoints.get("aws"):
            lines = [
                f"export AWS_ENDPOINT_URL={aws['url']}",
                f"export AWS_ACCESS_KEY_ID={aws['access_key']}",
                f"export AWS_SECRET_ACCESS_KEY={aws['secret_key']}",
                f"export AWS_DEFAULT_REGION={aws['region']}",
                "export AWS_EC2_METADATA_DISABLED=true",
            ]
        if target := endpoints.get("mysql_target"):
            lines += [
                f"export SANDBOX_MYSQL_TARGET_HOST={target['host']}",
                f"export SANDBOX_MYSQL_TARGET_PORT={target['port']}",
            ]
        write_private(self.environment_file, "".join(f"{line}\n" for line in lines))
