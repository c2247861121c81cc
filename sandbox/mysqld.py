"""A real MySQL or MariaDB server of the sandbox, and connections to it."""

from __future__ import annotations

import contextlib
import shutil
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psutil
import pymysql
from pymysql.connections import Connection
from pymysql.converters import escape_string

from . import processes
from .errors import SandboxError
from .mysql_distribution import Distribution
from .state import LOOPBACK, write_private

START_TIMEOUT_S = 120
MYSQL_OPTIONS = ("--mysqlx=OFF", "--gtid-mode=ON", "--enforce-gtid-consistency=ON")
"""What MariaDB does not know: its GTIDs are always on, and of another kind."""
SQL_FOLDER = Path(__file__).parent / "sql"


class Mysqld:
    """One MySQL or MariaDB server with its data in `folder`; its root has a password from the first moment it listens.

    `options` are further mysqld options, such as `--innodb-native-foreign-keys=ON`.
    """

    def __init__(
        self,
        distribution: Distribution,
        folder: Path,
        *,
        port: int,
        root_password: str,
        log: Path | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.distribution = distribution
        self.folder = folder
        self.port = port
        self.root_password = root_password
        self.log = log or folder / "mysqld.log"
        self.options = tuple(options)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def running(self) -> list[psutil.Process]:
        """Its living processes: one when it runs, none when it does not."""
        return processes.marked(self.folder)

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Runs when this returns: it answers and lets root in. Does nothing more when it runs already."""
        running = self.running()
        if not running:
            self._prepare()
            running = [processes.spawn(self._command(), self.folder, self.log)]
        what = f"MySQL on {LOOPBACK}:{self.port}"
        processes.wait_until(self.answers, running[0], what, self.log, timeout_s)

    def stop(self, timeout_s: float = processes.STOP_TIMEOUT_S) -> None:
        """Does not run when this returns; its data stays."""
        processes.stop(self.running(), timeout_s)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        processes.stop(self.running(), timeout_s=0)

    def answers(self) -> bool:
        try:
            self.connect(connect_timeout=2).close()
        except pymysql.OperationalError as error:
            # Every other refusal, such as a wrong password, lasts however long one waits.
            if error.args[0] in (2003, 2013):
                return False
            raise SandboxError(
                f"MySQL on {LOOPBACK}:{self.port} refuses root of the sandbox: {error.args[1]}."
            ) from error
        return True

    def endpoint(self) -> dict[str, Any]:
        """Host, port and root's account, as `connect` takes them."""
        return {"host": LOOPBACK, "port": self.port, "username": "root", "password": self.root_password}

    def connect(self, **options: Any) -> Connection[Any]:
        """A connection as root."""
        return connect(self.endpoint(), **options)

    def _prepare(self) -> None:
        if not self.data.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = self.folder / "data.partial"
            shutil.rmtree(partial, ignore_errors=True)
            # Not a program such as cp: it would go on after this command was killed, in the folder of the next one.
            shutil.copytree(self.distribution.template, partial)
            partial.rename(self.data)
        # Left by a killed server: mysqld refuses to start while any process has the number in its lock file.
        for stale in self.data.glob("mysqld.sock*"):
            stale.unlink()
        (self.folder / "files").mkdir(exist_ok=True, mode=0o700)
        # An init file runs before the first connection: at no moment can anyone enter without the password.
        password = escape_string(self.root_password)
        statements_before_the_first_connection = (
            "SET SESSION sql_log_bin = 0;",
            f"ALTER USER root@localhost IDENTIFIED BY '{password}';",
        )
        write_private(self.folder / "root.sql", "\n".join(statements_before_the_first_connection) + "\n")

    def _command(self) -> list[str]:
        return [
            *self.distribution.server(),
            f"--basedir={self.distribution.root / 'usr'}",
            f"--datadir={self.data}",
            f"--user={psutil.Process().username()}",
            f"--init-file={self.folder / 'root.sql'}",
            f"--port={self.port}",
            f"--bind-address={LOOPBACK}",
            # Relative to the data folder: the path of a deep checkout is longer than the 107 bytes a socket may have.
            "--socket=mysqld.sock",
            f"--pid-file={self.folder / 'mysqld.pid'}",
            f"--secure-file-priv={self.folder / 'files'}",
            f"--server-id={self.port}",
            "--log-bin=binlog",
            "--innodb-buffer-pool-size=256M",
            *(() if self.distribution.mariadb else MYSQL_OPTIONS),
            *self.options,
        ]


def connect(endpoint: Mapping[str, Any], *, root: bool = False, **options: Any) -> Connection[Any]:
    """A connection over TLS with an endpoint's account, or with its root account; autocommit unless told otherwise."""
    prefix = "root_" if root else ""
    # The servers' certificates are self-made and name no host; a default context reads all authorities first (20 ms).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    settings: dict[str, Any] = {"connect_timeout": 10, "autocommit": True, "charset": "utf8mb4", "ssl": context}
    return pymysql.connect(
        host=endpoint["host"],
        port=endpoint["port"],
        user=endpoint[f"{prefix}username"],
        password=endpoint[f"{prefix}password"],
        **{**settings, **options},
    )


def run_sql(connection: Connection[Any], file: Path, **values: str) -> None:
    """Runs an SQL file; DELIMITER lines work as in the mysql client, `${name}` becomes a quoted string."""
    quoted = {name: f"'{escape_string(value)}'" for name, value in values.items()}
    with connection.cursor() as cursor:
        for statement in statements(Template(file.read_text()).substitute(quoted)):
            try:
                cursor.execute(statement)
            except pymysql.MySQLError as error:
                first = statement.strip().splitlines()[0]
                # The first line may hold a password only where the file puts one there, so only its verb is told.
                verb = " ".join(first.split()[:3])
                raise SandboxError(f"{file.name}: the statement '{verb} ...' failed: {error.args[-1]}.") from error


def statements(text: str) -> list[str]:
    """The statements of an SQL script, split at line ends that carry the delimiter."""
    found: list[str] = []
    delimiter, lines = ";", []
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["DELIMITER"]:
            delimiter = words[1]
        elif words and not words[0].startswith("--"):
            ended = line.rstrip().endswith(delimiter)
            lines.append(line.rstrip().removesuffix(delimiter) if ended else line)
            if ended:
                found.append("\n".join(lines))
                lines = []
    if lines:
        found.append("\n".join(lines))
    return found


def url(endpoint: Mapping[str, Any]) -> str:
    """`mysql://user:password@host:port/` of an endpoint."""
    user, password = quote(str(endpoint["username"]), safe=""), quote(str(endpoint["password"]), safe="")
    return f"mysql://{user}:{password}@{endpoint['host']}:{endpoint['port']}/"


def from_url(text: str, variable: str) -> dict[str, Any]:
    """The endpoint that a `mysql://user:password@host:port/` names; `variable` is named when it is none."""
    parts = urlsplit(text)
    port = None
    with contextlib.suppress(ValueError):
        port = parts.port or 3306
    if parts.scheme != "mysql" or not parts.hostname or not parts.username or port is None:
        raise SandboxError(f"{variable} must look like mysql://user:password@host:port/; correct it or unset it.")
    return {
        "host": parts.hostname,
        "port": port,
        "username": unquote(parts.username),
        "password": unquote(parts.password or ""),
    }
