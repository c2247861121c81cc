from __future__ import annotations

import os
import shlex
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil

from .. import php_distribution
from ..errors import SandboxError
from ..mysql_distribution import Distribution, unpacked
from ..processes import marked, spawn, stop, wait_until
from ..state import LOOPBACK, State, write_private

PACKAGES = ("openssh-server", "openssh-client")
START_TIMEOUT_S = 30
SSHD_USER = "sshd:x:65500:65534::/run/sshd:/usr/sbin/nologin\n"
"""Whom a root's sshd becomes before it knows a client; it insists on that name."""
PRIVATE_MOUNTS = 'mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && mount --bind "$0" /etc/passwd || exit; '
"""The folder and the account that a root's sshd insists on, for it alone: the machine's own stay as they are."""
AS_A_CHILD = 'setpriv --pdeathsig TERM "$@"; exit'
"""sshd writes its title over its environment, and with it the mark it is found by; so its parent has that, and takes it
along when it ends."""


class Web:
    """A web server as ploi.io sets them up, as far as a switch needs it: OpenSSH, and PHP with an `artisan`.

    It lets in the user who started it, with a key of its own. Several inventory hosts are several folders of it.
    """

    name = "web"
    usual_port = 2222

    def __init__(self, state: State) -> None:
        self.state = state
        self.folder = state.folder / self.name
        self.log = state.log / f"{self.name}.log"
        self._process: psutil.Process | None = None

    def install(self) -> None:
        ssh = self._distribution()
        php = php_distribution.install(self.log)
        # Programs that call each other by their path; each has to go through its own loader.
        for program in ("sshd-session", "sshd-auth"):
            self._wrap(program, ssh.command(f"openssh/{program}"))
        self._wrap("ssh-keygen", ssh.command("ssh-keygen"))
        # The machine's own settings may name options that only its own client knows.
        self._wrap("ssh", [*ssh.command("ssh"), "-F", "none"])
        self._wrap("php", php_distribution.command(php))
        for key in ("host_key", "identity"):
            if not (self.folder / key).exists():
                command = [
                    str(self._program("ssh-keygen")),
                    "-q",
                    "-t",
                    "ed25519",
                    "-N",
                    "",
                    "-f",
                    str(self.folder / key),
                ]
                subprocess.run(command, check=True, timeout=30)
        host_key = (self.folder / "host_key.pub").read_text()
        write_private(self.folder / "known_hosts", f"[{LOOPBACK}]:{self._port()} {host_key}")

    def start(self) -> None:
        running = marked(self.folder)
        if running:
            self._process = running[0]
            return
        settings = {
            "Port": self._port(),
            "ListenAddress": LOOPBACK,
            "HostKey": self.folder / "host_key",
            "AuthorizedKeysFile": self.folder / "identity.pub",
            "PidFile": "none",
            # The folders above belong to whoever owns the checkout.
            "StrictModes": "no",
            "UsePAM": "no",
            "PermitRootLogin": "prohibit-password",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "SshdSessionPath": self._program("sshd-session"),
            "SshdAuthPath": self._program("sshd-auth"),
        }
        configuration = self.folder / "sshd_config"
        write_private(configuration, "".join(f'{name} "{value}"\n' for name, value in settings.items()))
        command = [*self._distribution().command("sshd"), "-D", "-e", "-f", str(configuration)]
        script, accounts = AS_A_CHILD, self.folder / "passwd"
        prefix = ["sh", "-c"]
        if os.geteuid() == 0:
            accounts.write_text(Path("/etc/passwd").read_text().rstrip("\n") + "\n" + SSHD_USER)
            script, prefix = PRIVATE_MOUNTS + AS_A_CHILD, ["unshare", "--mount", *prefix]
        self._process = spawn([*prefix, script, str(accounts), *command], self.folder, self.log)

    def ready(self) -> None:
        if self._process:
            wait_until(self._answers, self._process, f"sshd on {self.describe()}", self.log, START_TIMEOUT_S)

    def endpoint(self) -> dict[str, Any]:
        return {
            "host": LOOPBACK,
            "port": self._port(),
            "username": psutil.Process().username(),
            "ssh": str(self._program("ssh")),
            "identity": str(self.folder / "identity"),
            "known_hosts": str(self.folder / "known_hosts"),
            "php": str(self._program("php")),
            "folder": str(self.folder / "srv"),
        }

    def stop(self) -> None:
        stop(marked(self.folder))

    def running(self) -> bool:
        return bool(marked(self.folder))

    def describe(self) -> str:
        return f"{LOOPBACK}:{self._port()}"

    def _distribution(self) -> Distribution:
        return unpacked("openssh", PACKAGES, self.log)

    def _port(self) -> int:
        return self.state.port(self.name, self.usual_port, self.running())

    def _program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def _wrap(self, name: str, command: list[str]) -> None:
        program = self._program(name)
        write_private(program, f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        program.chmod(0o700)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self._port()), timeout=2) as connection:
                return connection.recv(4) == b"SSH-"
        except ConnectionError:
            return False
        except OSError as error:
            raise SandboxError(f"{self.describe()} cannot be reached: {error}.") from error
