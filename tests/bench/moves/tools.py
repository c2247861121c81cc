"""The tools that are compared, each as one function that fills an empty target from the source."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils.mysql import store
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import (
    Connection,
    Server,
    connect,
    execute,
    quoted,
)
from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Table
from ansible_collections.replatform.aws.plugins.module_utils.mysql.lines import BATCH_BYTES
from ansible_collections.replatform.aws.plugins.module_utils.mysql.locks import undisturbed
from ansible_collections.replatform.aws.plugins.module_utils.mysql.ranges import units
from ansible_collections.replatform.aws.plugins.module_utils.mysql.rows import load
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Settings, select
from ansible_collections.replatform.aws.plugins.module_utils.transfer.model import ROWS, Batch
from sandbox import mysql_distribution
from sandbox.mysqld import Mysqld
from sandbox.state import sandbox_folder, write_private
from tests.support.modules import run_module

from .servers import SCHEMAS

SESSIONS = 2
TIMEOUT_S = 3600
SETTINGS = Settings("bench", SCHEMAS)


def server(role: str, mysqld: Mysqld) -> Server:
    return Server.of(role, mysqld.endpoint())


def module(name: str, source: Mysqld, target: Mysqld, **options: Any) -> dict[str, Any]:
    """The result of our own module; fails unless it succeeded."""
    args = {"name": "bench", "source": source.endpoint(), "target": target.endpoint(), "schemas": list(SCHEMAS)}
    result = run_module(name, {**args, **options}, diff=False, timeout_s=TIMEOUT_S)
    if result.get("failed"):
        raise RuntimeError(f"{name}: {result['msg']}")
    return result


def copy(source: Mysqld, target: Mysqld) -> None:
    module("mysql_copy", source, target)


def mysqldump(source: Mysqld, target: Mysqld) -> None:
    """One stream into one session: what the tool can do."""
    flags = (
        "--single-transaction --quick --routines --triggers --events --set-gtid-purged=OFF --hex-blob --no-tablespaces"
    )
    with _login(source) as here, _login(target) as there:
        read = [*_option(source, "mysqldump", here), *flags.split(), "--databases", *SCHEMAS]
        write = [*_option(target, "mysql", there), "--init-command=SET unique_checks=0, foreign_key_checks=0"]
        reader = subprocess.Popen(read, stdout=subprocess.PIPE)
        writer = subprocess.run(write, stdin=reader.stdout, check=False, timeout=TIMEOUT_S)
        _succeeded(reader.wait(), "mysqldump")
        _succeeded(writer.returncode, "mysql")


def mydumper(source: Mysqld, target: Mysqld) -> None:
    """Dump to files, then load them: with this version there is no other way."""
    distribution = mysql_distribution.unpacked("mydumper", ("mydumper",), sandbox_folder() / "bench" / "mydumper.log")
    plugins = next(distribution.root.glob("usr/lib/*/libmariadb3/plugin"))
    environment = {**os.environ, "MARIADB_PLUGIN_DIR": str(plugins)}
    folder = sandbox_folder() / "bench" / "mydumper"
    shutil.rmtree(folder, ignore_errors=True)
    dump = ["--outputdir", str(folder), "--chunk-filesize", "64", "--triggers", "--events", "--routines"]
    dump += ["--regex", f"^({'|'.join(SCHEMAS)})\\.", "--trx-consistency-only"]
    restore = ["--directory", str(folder), "--overwrite-tables", "--enable-binlog"]
    for program, mysqld, flags in (("mydumper", source, dump), ("myloader", target, restore)):
        with _login(mysqld) as login:
            where = [f"--defaults-file={login}", "-h", "127.0.0.1", "-P", str(mysqld.port), "-u", "root", "--ssl"]
            where += ["--threads", str(SESSIONS), "--verbose", "1"]
            command = [*distribution.command(program), *where, *flags]
            # 0.10.1 ends with status 1 when an object could not be loaded; what is missing is seen in the comparison.
            subprocess.run(command, env=environment, check=False, timeout=TIMEOUT_S, capture_output=True)
    shutil.rmtree(folder)


@contextmanager
def _login(mysqld: Mysqld) -> Iterator[Path]:
    """A client's option file, so that the password stands in no list of processes."""
    path = sandbox_folder() / "bench" / f"{mysqld.port}.cnf"
    login = f"[client]\nhost=127.0.0.1\nport={mysqld.port}\nuser=root\npassword={mysqld.root_password}\n"
    write_private(path, login)
    try:
        yield path
    finally:
        path.unlink()


def _option(mysqld: Mysqld, program: str, login: Path) -> list[str]:
    return [*mysqld.distribution.command(program), f"--defaults-file={login}", "--ssl-mode=REQUIRED"]


def _succeeded(status: int, program: str) -> None:
    if status:
        raise RuntimeError(f"{program} ended with status {status}")


@dataclass
class Limit:
    """What the target can do at best: ready files in by two sessions, then indexes and foreign keys by two sessions.

    The files hold the same pieces, in the same format and loaded by the same statement, as a copy sends them.
    """

    folder: Path
    tables: list[Table]
    files: list[tuple[Table, Path]]

    @classmethod
    def of(cls, source: Mysqld) -> Limit:
        """Writes the files, largest first."""
        folder = sandbox_folder() / "bench" / "files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        files = []
        with (
            closing(connect(server("source", source))) as plan,
            closing(store.MysqlSource(server("source", source))) as reader,
        ):
            tables = list(select(plan, server("source", source), SETTINGS).tables.values())
            for table in tables:
                for unit in units(plan, table, SETTINGS.chunk_bytes):
                    if unit.stage == ROWS:
                        path = folder / unit.id
                        with path.open("wb") as file:
                            file.writelines(batch.payload for batch in reader.read(unit, table.as_group()))
                        files.append((table, path))
        tables.sort(key=lambda table: -table.table_bytes)
        return cls(folder, tables, sorted(files, key=lambda file: -file[1].stat().st_size))

    def __call__(self, _source: Mysqld, target: Mysqld) -> None:
        with _sessions(target) as at_once:
            at_once(
                lambda session, schema: execute(session, f"CREATE SCHEMA {schema} DEFAULT CHARSET utf8mb4"), SCHEMAS
            )
            at_once(lambda session, table: _run(session, table, table.create), self.tables)
            at_once(lambda session, file: _load(session, *file), self.files)
            at_once(lambda session, table: _alter(session, table, table.indexes), self.tables)
            at_once(
                lambda session, table: undisturbed(partial(_alter, session, table, table.foreign_keys)), self.tables
            )


@contextmanager
def _sessions(target: Mysqld) -> Iterator[Callable[..., None]]:
    """Gives `at_once(work, items)`, which calls work(session, item) for every item, by SESSIONS sessions."""
    free: queue.Queue[Connection] = queue.Queue()
    with ExitStack() as opened, ThreadPoolExecutor(SESSIONS) as threads:
        for _number in range(SESSIONS):
            session = connect(server("target", target), settings=store.WRITER, read_timeout_s=None)
            free.put(opened.enter_context(closing(session)))

        def at_once(work: Callable[..., object], items: Iterable[Any]) -> None:
            def one(item: Any) -> None:
                session = free.get()
                try:
                    work(session, item)
                finally:
                    free.put(session)

            list(threads.map(one, items))

        yield at_once


def _run(session: Connection, table: Table, statement: str) -> None:
    execute(session, f"USE {quoted(table.schema)}")
    execute(session, statement)


def _load(session: Connection, table: Table, path: Path) -> None:
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(BATCH_BYTES), b"")
        load(session, table, (Batch(piece, 0, len(piece)) for piece in pieces))
    session.commit()


def _alter(session: Connection, table: Table, clauses: Sequence[str]) -> None:
    if clauses:
        _run(session, table, f"ALTER TABLE {table.sql} " + ", ".join(f"ADD {clause}" for clause in clauses))
