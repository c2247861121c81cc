"""The two MySQL servers of a benchmark: a source whose data set is kept between runs, a target that starts empty."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox import mysql_distribution, processes
from sandbox.errors import SandboxError
from sandbox.mysqld import Mysqld, run_sql
from sandbox.shop import seed
from sandbox.shop.tables import AUDIT_SCHEMA, SCHEMA
from sandbox.state import cache_folder, free_port, locked, sandbox_folder

SCHEMAS = (SCHEMA, AUDIT_SCHEMA, "shop_archive")
ARCHIVE = Path(__file__).with_name("archive.sql")
ROWS_A_DOCUMENT = 150
ROWS_A_READING = 40
# Enough to hold the data set, as a server of that size would have.
OPTIONS = (
    "--innodb-buffer-pool-size=4G",
    "--innodb-redo-log-capacity=2G",
    "--local-infile=ON",
    "--log-bin-trust-function-creators=ON",
    "--innodb-native-foreign-keys=ON",
)
# What was not finished is thrown away, so nothing has to survive a power cut while the data set is made.
FILLING = ("--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF")


class Server(Mysqld):
    """It ends with the benchmark, however that ends."""

    def _command(self) -> list[str]:
        return ["setpriv", "--pdeathsig", "TERM", *super()._command()]


def _server(folder: Path, *options: str) -> Server:
    distribution = mysql_distribution.install(sandbox_folder() / "bench" / "mysql_install.log")
    password = secrets.token_urlsafe(18)
    return Server(distribution, folder, port=free_port(), root_password=password, options=(*OPTIONS, *options))


def _version(distribution: mysql_distribution.Distribution) -> str:
    """Changes whenever the data set may."""
    parts = [ARCHIVE, *sorted(Path(seed.__file__).parent.glob("*"))]
    text = (
        b"".join(part.read_bytes() for part in parts if part.is_file())
        + repr((ROWS_A_DOCUMENT, ROWS_A_READING, distribution.version)).encode()
    )
    return hashlib.sha256(text).hexdigest()[:12]


@contextmanager
def source(scale: int) -> Iterator[Mysqld]:
    """A running server with the data set of about `scale` rows; made once, and kept in the cache."""
    base = _server(Path())
    folder = cache_folder() / "bench" / f"mysql-{_version(base.distribution)}-{scale}"
    with locked(folder.with_name(f"{folder.name}.lock")):
        if not (folder / "filled").exists():
            _fill(folder, scale)
            forget(folder.parent, folder)
        server = _server(folder)
        server.stop()  # of a benchmark that was killed; it has another password
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _fill(folder: Path, scale: int) -> None:
    server = _server(folder, *FILLING)
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)
    server.start()
    try:
        seed.seed(server.endpoint(), scale)
        numbers = {"documents": str(scale // ROWS_A_DOCUMENT), "readings": str(scale // ROWS_A_READING)}
        with server.connect(read_timeout=3600) as connection:
            run_sql(connection, ARCHIVE, **numbers)
            _analyze(connection)
    finally:
        server.stop()
    (folder / "filled").touch()


def forget(cache: Path, made: Path) -> None:
    """Removes the data sets of older generators, but for the newest one before this; none that is in use."""
    own = _generator(made)
    others = [folder for folder in cache.glob("mysql-*-*") if folder.is_dir() and _generator(folder) != own]
    others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in others:
        lock = folder.with_name(f"{folder.name}.lock")
        if _generator(folder) != _generator(others[0]):
            with contextlib.suppress(SandboxError), locked(lock, timeout_s=0):
                processes.stop(processes.marked(folder), timeout_s=0)
                shutil.rmtree(folder)
                lock.unlink()


def _generator(folder: Path) -> str:
    """The version in its name, `mysql-VERSION-SCALE`."""
    return folder.name.split("-")[1]


def _analyze(connection: Any) -> None:
    with connection.cursor() as cursor:
        for schema in SCHEMAS:
            cursor.execute(f"SHOW FULL TABLES FROM {schema} WHERE table_type = 'BASE TABLE'")
            for name, _kind in cursor.fetchall():
                cursor.execute(f"ANALYZE NO_WRITE_TO_BINLOG TABLE {schema}.`{name}`")


@contextmanager
def empty_target(options: Sequence[str] = (), folder: Path | None = None) -> Iterator[Mysqld]:
    """A server without any data; nothing of it is left afterwards. `folder` is for its data, on another disk."""
    server = _server(folder or sandbox_folder() / "bench" / "target", *options)
    server.kill()
    shutil.rmtree(server.folder, ignore_errors=True)
    server.start()
    # Whose views and triggers come; mysql stops at the first whose account is missing.
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_log_bin = 0")
        cursor.execute("CREATE USER 'app'@'%' ACCOUNT LOCK")
        cursor.execute("GRANT ALL ON *.* TO 'app'@'%'")
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(server.folder, ignore_errors=True)


def size(server: Mysqld) -> tuple[int, int]:
    """(rows, bytes in InnoDB with indexes) of the data set, as the server estimates them."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT SUM(table_rows), SUM(data_length + index_length) FROM information_schema.tables"
            " WHERE table_schema IN %s",
            (SCHEMAS,),
        )
        found = cursor.fetchall()[0]
    return int(found[0]), int(found[1])
