from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import quoted
from sandbox import mysql_distribution
from sandbox.mysqld import Mysqld
from tests.servers import Aws, Faults, Servers, servers

if TYPE_CHECKING:
    from pymysql.connections import Connection

    Connect = Callable[..., Connection[Any]]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Servers]:
    """The tests' own sandbox; a part of it starts when first asked for."""
    with servers() as used:
        yield used


@pytest.fixture(scope="session")
def mysql_source(sandbox: Servers) -> dict[str, Any]:
    """The source's endpoint, as in endpoints.json."""
    return sandbox.endpoint("mysql_source")


@pytest.fixture(scope="session")
def mysql_target(sandbox: Servers) -> dict[str, Any]:
    """The target's endpoint, as in endpoints.json."""
    return sandbox.endpoint("mysql_target")


@pytest.fixture
def connections() -> Iterator[Callable[[Connection[Any]], Connection[Any]]]:
    """Keeps connections and closes those that are still open when the test ends."""
    opened: list[Connection[Any]] = []

    def keep(connection: Connection[Any]) -> Connection[Any]:
        opened.append(connection)
        return connection

    yield keep
    for connection in opened:
        if connection.open:
            connection.close()


def _opener(sandbox: Servers, part: str, root: bool, connections: Callable) -> Connect:
    return lambda **options: connections(sandbox.connect(part, root=root, **options))


@pytest.fixture
def source_root(sandbox: Servers, connections: Callable) -> Connect:
    """`source_root(**options)` opens a connection to the source as root."""
    return _opener(sandbox, "mysql_source", True, connections)


@pytest.fixture
def source_admin(sandbox: Servers, connections: Callable) -> Connect:
    """`source_admin(**options)` opens a connection to the source as its restricted admin."""
    return _opener(sandbox, "mysql_source", False, connections)


@pytest.fixture
def target_root(sandbox: Servers, connections: Callable) -> Connect:
    """`target_root(**options)` opens a connection to the target as root."""
    return _opener(sandbox, "mysql_target", True, connections)


@pytest.fixture
def target_admin(sandbox: Servers, connections: Callable) -> Connect:
    """`target_admin(**options)` opens a connection to the target as its restricted admin."""
    return _opener(sandbox, "mysql_target", False, connections)


@pytest.fixture
def schema(source_root: Connect, target_root: Connect) -> Iterator[str]:
    """The name of a schema of this test's own: empty at the source, absent at the target.

    It and every schema whose name begins with it are dropped on both servers afterwards, outside the binary log.
    """
    name = f"t_{secrets.token_hex(4)}"
    with source_root().cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield name
    # New connections: a test may have ended the old ones.
    for root in (source_root, target_root):
        with root().cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            cursor.execute("SET SESSION foreign_key_checks = 0")
            cursor.execute(
                "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE %s", (f"{name}%",)
            )
            for (found,) in cursor.fetchall():
                cursor.execute(f"DROP DATABASE {quoted(found)}")


@pytest.fixture
def aws(sandbox: Servers) -> Aws:
    """The AWS emulator, its recorder set back to nothing counted."""
    emulator = Aws(sandbox.endpoint("aws"))
    emulator.recorder.reset()
    return emulator


@pytest.fixture
def faults(aws: Aws) -> Iterator[Faults]:
    """`faults.add("throttle", "eks", "CreateCluster", times=2)` lets AWS go wrong; all is well again afterwards."""
    aws.faults.clear()
    yield aws.faults
    aws.faults.clear()


@pytest.fixture
def mysqld(sandbox: Servers) -> Iterator[Callable[..., Mysqld]]:
    """`mysqld(*options)` starts a further server with these mysqld options; it is gone when the test ends."""
    with ExitStack() as started:
        yield lambda *options, port=None: started.enter_context(
            sandbox.further(mysql_distribution.install, *options, port=port)
        )


@pytest.fixture(scope="session")
def mariadb(sandbox: Servers) -> Iterator[Mysqld]:
    """A MariaDB server, started when a test first asks for it and gone when the last one ended."""
    with sandbox.further(mysql_distribution.install_mariadb) as server:
        yield server
