"""A real MySQL or MariaDB from Debian's packages, unpacked into the cache: no root, no container, nothing installed.

The packages are Debian sid's, with their own C library, run through their own dynamic loader; so they run on any older
Debian or Ubuntu. apt works on a private root (own lists, an empty dpkg status) and the machine's stays untouched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import psutil

from . import processes
from .errors import SandboxError
from .state import cache_folder, locked

PACKAGES = ("mysql-server-core", "mysql-client-core")
MARIADB_PACKAGES = ("mariadb-server-core",)
MARIADB_SCRIPTS = ("mariadb_system_tables", "mariadb_performance_tables", "mariadb_system_tables_data")
ONE_ROOT = "DELETE FROM global_priv WHERE User = 'root' AND Host <> 'localhost';"
"""The others would stay without a password."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DOWNLOAD_TIMEOUT_S = 900
INITIALIZE_TIMEOUT_S = 300
USE_AN_EXISTING_SERVER = "or point SANDBOX_MYSQL_SOURCE_URL and SANDBOX_MYSQL_TARGET_URL at servers of your own"


@dataclass(frozen=True)
class Distribution:
    """One unpacked set of packages: `root` holds usr/, `template` a server's data folder (its root has no password)."""

    version: str
    home: Path

    @property
    def root(self) -> Path:
        return self.home / "root"

    @property
    def template(self) -> Path:
        return self.home / "template"

    @property
    def mariadb(self) -> bool:
        return (self.root / "usr/sbin/mariadbd").exists()

    def server(self) -> list[str]:
        """How to call its server, with the switch that keeps it from reading the machine's option files."""
        return [*self.command("mariadbd" if self.mariadb else "mysqld"), "--no-defaults"]

    def command(self, program: str) -> list[str]:
        """How to call one of its programs ("mysqld", "openssh/sshd-auth"): through its own loader and libraries."""
        loader = next(self.root.glob("usr/lib/*/ld-linux-*.so.*"), None)
        found = next(
            (path for folder in ("sbin", "bin", "lib") for path in self.root.glob(f"usr/{folder}/{program}")), None
        )
        if loader is None or found is None:
            raise SandboxError(
                f"{self.root} lacks its loader or {program}; delete {self.home} and run the command again."
            )
        return [str(loader), "--library-path", str(loader.parent), str(found)]


def install(log: Path) -> Distribution:
    """The newest MySQL of the cache, downloaded and initialised when there is none."""
    return unpacked("mysql", PACKAGES, log, _initialize)


def install_mariadb(log: Path) -> Distribution:
    """The newest MariaDB of the cache, downloaded and initialised when there is none."""
    return unpacked("mariadb", MARIADB_PACKAGES, log, _initialize)


def unpacked(
    name: str, packages: Sequence[str], log: Path, complete: Callable[[Path, str, Path], None] | None = None
) -> Distribution:
    """Debian packages with all they need in the cache folder `name`; the first one's version is the distribution's.

    `complete` does what is left to do in a folder that was just unpacked.
    """
    home = cache_folder() / name
    if ready := _cached(home):
        return ready
    with locked(home / "lock"):
        if ready := _cached(home):
            return ready
        for stale in home.glob(".partial-*"):
            processes.stop(processes.marked(stale))
            shutil.rmtree(stale, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=home))
        version = _unpack(partial, packages, log)
        if complete:
            complete(partial, version, log)
        partial.rename(home / version)
    return Distribution(version, home / version)


def _cached(home: Path) -> Distribution | None:
    complete = sorted(home.glob("[0-9]*"), key=lambda path: path.stat().st_mtime)
    return Distribution(complete[-1].name, complete[-1]) if complete else None


def _unpack(partial: Path, packages: Sequence[str], log: Path) -> str:
    """Downloads and unpacks the packages below `partial`; the version of the first."""
    apt = partial / "apt"
    configuration = _private_apt(apt)
    environment = {**os.environ, "APT_CONFIG": str(configuration), "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "-qq", "update"], log, environment)
    _run(["apt-get", "-qq", "-y", "--download-only", "install", *packages], log, environment)
    archives = sorted((apt / "cache" / "archives").glob("*.deb"))
    root = partial / "root"
    for archive in archives:
        # Only mysql's helper scripts are Perl; the servers and clients are not.
        if not archive.name.startswith(("perl", "libperl")):
            _run(["dpkg-deb", "-x", str(archive), str(root)], log, environment)
    main = next((path for path in archives if path.name.startswith(f"{packages[0]}_")), None)
    if main is None:
        raise SandboxError(f"apt downloaded no {packages[0]} package; the end of its log {log}:", log=log)
    shutil.rmtree(apt)
    # Without the epoch: its colon would end the folder's name in a library path.
    return unquote(main.stem).split("_", 1)[1].rpartition(":")[2].replace("_", "-")


def _private_apt(folder: Path) -> Path:
    """An apt root of its own below `folder`; the path of its configuration."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb") or not KEYRING.exists():
        raise SandboxError(
            f"MySQL cannot be downloaded here: apt-get, dpkg-deb and {KEYRING} are needed; use a Debian machine with "
            f"the package debian-archive-keyring, {USE_AN_EXISTING_SERVER}."
        )
    for name in ("state", "lists/partial", "cache/archives/partial", "etc"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "etc/sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} sid main\n")
    configuration = folder / "apt.conf"
    settings = {
        "Dir::State": folder / "state",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "etc/sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferencesparts": "-",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "APT::Install-Recommends": "false",
        # apt would download as user _apt, which may not enter a private cache folder.
        "APT::Sandbox::User": _user(),
    }
    configuration.write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
    return configuration


def _user() -> str:
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True, timeout=10).stdout.strip()


def _mirror() -> str:
    """The Debian mirror that this machine's own apt sources name."""
    if chosen := os.environ.get("SANDBOX_DEBIAN_MIRROR"):
        return chosen
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True, check=False, timeout=60
    )
    mirrors = [line.rstrip("/") for line in listed.stdout.splitlines() if line.rstrip("/").endswith("/debian")]
    if not mirrors:
        raise SandboxError(
            "This machine's apt sources name no Debian mirror, so MySQL cannot be downloaded; "
            f"set SANDBOX_DEBIAN_MIRROR to the address of one, {USE_AN_EXISTING_SERVER}."
        )
    return mirrors[0]


def _run(command: Sequence[str], log: Path, environment: dict[str, str]) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                check=False,
                timeout=DOWNLOAD_TIMEOUT_S,
            )
        except subprocess.TimeoutExpired as error:
            raise SandboxError(
                f"{command[0]} did not end within {DOWNLOAD_TIMEOUT_S} s; see the end of {log}, then run again.",
                log=log,
            ) from error
    if done.returncode:
        raise SandboxError(
            f"{' '.join(command[:2])} failed with status {done.returncode} while packages were unpacked; the end of "
            f"its log {log} says why:",
            log=log,
        )


def _initialize(partial: Path, version: str, log: Path) -> None:
    """Leaves `partial/template`, a data folder whose root has no password: never started on a port as it is."""
    distribution = Distribution(version, partial)
    data = partial / "initializing"
    script = None
    if distribution.mariadb:
        data.mkdir()
        script = _bootstrap(distribution, partial / "bootstrap.sql")
    command = [
        *distribution.server(),
        "--bootstrap" if script else "--initialize-insecure",
        f"--basedir={distribution.root / 'usr'}",
        f"--datadir={data}",
        f"--user={_user()}",
    ]
    try:
        status = processes.spawn(command, partial, log, given=script).wait(INITIALIZE_TIMEOUT_S)
    except psutil.TimeoutExpired as error:
        raise SandboxError(
            f"The new server was not initialised within {INITIALIZE_TIMEOUT_S} s; the end of its log {log}:", log=log
        ) from error
    if status:
        raise SandboxError(f"The new server was not initialised; the end of its log {log} says why:", log=log)
    # Every server gets a UUID and certificates of its own at its first start.
    for own in (data / "auto.cnf", *data.glob("*.pem")):
        own.unlink(missing_ok=True)
    data.rename(partial / "template")


def _bootstrap(distribution: Distribution, script: Path) -> Path:
    """What MariaDB's own mariadb-install-db, which knows no loader but the machine's, would let the server read."""
    folder = distribution.root / "usr/share/mariadb"
    texts = [(folder / f"{name}.sql").read_text() for name in MARIADB_SCRIPTS]
    script.write_text("\n".join(["CREATE DATABASE mysql;", "USE mysql;", *texts, ONE_ROOT]) + "\n")
    return script
