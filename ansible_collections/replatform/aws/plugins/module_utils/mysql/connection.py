# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to MySQL: session settings only, own timeouts, and errors as sentences."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ReplatformError
from ..libraries import require
from ..transfer.model import GroupChanged
from .driver import CR, ER, DictCursor, pymysql

CONNECT_TIMEOUT_S = 10
SERVER_TIMEOUT_S = 600
"""What we ask the servers to wait for us (net_read_timeout, net_write_timeout): twice our own patience, so that a
slow target never stalls a source read past its timeout (30 and 60 s by default; both were seen to cut a copy)."""
READ_TIMEOUT_S = 300
PACKET_BYTES = 1 << 30

# Not in pymysql.constants: mysqld_ershadow.h and the server error reference.
SECURE_TRANSPORT_REQUIRED = 3159
TABLE_DEFINITION_CHANGED = 1412
READ_ONLY = (1290, 1792, 1836)
DISK_FULL = (ER.DISK_FULL, ER.RECORD_FILE_FULL, 3, 20)
LOST = (CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, 4031)
UNREACHABLE = (CR.CR_CONN_HOST_ERROR, CR.CR_CONNECTION_ERROR, CR.CR_UNKNOWN_HOST)
NEEDS_TRUST = (1418, 1419)
DENIED = (1044, 1142, 1143, 1227, 1370, 1410)

Row = tuple[Any, ...]
if TYPE_CHECKING:
    Connection = pymysql.connections.Connection[Any]
else:  # generic in the type stubs only
    Connection = pymysql.connections.Connection


@dataclass(frozen=True)
class Server:
    """Where a MySQL server is and who we are there. `role` is what messages call it: source or target."""

    role: str
    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: str = "required"
    ca_file: str | None = None
    ca: str | None = None

    def __str__(self) -> str:
        return f"the {self.role} {self.username}@{self.host}:{self.port}"

    @classmethod
    def of(cls, role: str, given: Mapping[str, Any]) -> Server:
        """From resolved credentials."""
        return cls(
            role,
            str(given["host"]),
            int(given["port"] or 3306),
            str(given["username"]),
            str(given["password"]),
            given.get("tls") or "required",
            given.get("ca_file"),
            given.get("ca"),
        )

    def portable(self) -> Server:
        """The same for another machine: the certificate authority itself instead of its file's name here."""
        if not self.ca_file:
            return self
        return replace(self, ca_file=None, ca=Path(self.ca_file).read_text(encoding="ascii"))

    def as_dict(self) -> dict[str, Any]:
        """For a worker's job; contains the password."""
        return {key: getattr(self, key) for key in ("host", "port", "username", "password", "tls", "ca_file", "ca")}


def connect(
    server: Server, *, settings: Mapping[str, str] | None = None, read_timeout_s: int | None = READ_TIMEOUT_S
) -> Connection:
    """An autocommitting connection with our session settings; those a server does not know or allow are left out."""
    require(pymysql)
    with sentences(server):
        context = _context(server)
        connection: Connection = pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.username,
            password=server.password.encode(),
            charset="utf8mb4",
            autocommit=True,
            local_infile=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            write_timeout=READ_TIMEOUT_S,
            max_allowed_packet=PACKET_BYTES,
            program_name="replatform",
            ssl=context,
            ssl_disabled=context is None,
        )
        _keep_alive(connection)
        defaults = {
            "sql_mode": "''",
            "time_zone": "'+00:00'",
            "net_read_timeout": str(SERVER_TIMEOUT_S),
            "net_write_timeout": str(SERVER_TIMEOUT_S),
            "wait_timeout": "28800",
            "max_execution_time": "0",
            "max_statement_time": "0",  # MariaDB's
            "information_schema_stats_expiry": "0",
            "sql_quote_show_create": "1",
            # Off, a primary key that the server made itself is not shown, and would not be copied.
            "show_gipk_in_create_table_and_information_schema": "1",
        }
        for name, value in (defaults | dict(settings or {})).items():
            set_session(connection, name, value)
        return connection


def set_session(connection: Connection, name: str, value: str) -> bool:
    """Whether the server took it; one that lacks the variable, or refuses it to us, keeps its own value."""
    try:
        execute(connection, f"SET SESSION {name} = {value}")
    except pymysql.MySQLError as error:
        if code_of(error) in (ER.UNKNOWN_SYSTEM_VARIABLE, ER.WRONG_VALUE_FOR_VAR, 1227, 1229, 1238):
            return False
        raise
    return True


def execute(connection: Connection, sql: str | bytes, parameters: Sequence[Any] | None = None) -> int:
    """Runs one statement and returns how many rows it touched."""
    with connection.cursor() as cursor:
        return cursor.execute(sql, parameters)


def rows(connection: Connection, sql: str, parameters: Sequence[Any] | None = None) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def dicts(connection: Connection, sql: str, parameters: Sequence[Any] | None = None) -> list[dict[str, Any]]:
    """Rows with lower-case column names: servers differ in the case of information_schema's."""
    with connection.cursor(DictCursor) as cursor:
        cursor.execute(sql, parameters)
        return [{name.lower(): value for name, value in row.items()} for row in cursor.fetchall()]


def value(connection: Connection, sql: str, parameters: Sequence[Any] | None = None) -> Any:
    """The first column of the first row, or None."""
    found = rows(connection, sql, parameters)
    return found[0][0] if found else None


def variable(connection: Connection, name: str, default: str = "") -> str:
    """A session or global variable as text, `default` where the server has none of that name."""
    found = rows(connection, "SHOW VARIABLES LIKE %s", (name.replace("_", r"\_"),))
    return str(found[0][1]) if found else default


def quoted(name: str) -> str:
    """An identifier as SQL."""
    return "`" + name.replace("`", "``") + "`"


def code_of(error: BaseException) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


_TLS = "{where} did not agree on TLS as {tls} ({cause}); check tls and ca_file."
_FULL = "{where} is out of disk space{while_} ({text}); give it more room, then run again: it continues from here."
UNEXPLAINED = "answered with error"
_OTHER = "{where} " + UNEXPLAINED + " {code}{while_}: {text}"
_SENTENCES = (
    ((1045,), "{where} refused the login; check user, password and the hosts this user may come from."),
    ((3118,), "{where} has locked that account; unlock it (ALTER USER ... ACCOUNT UNLOCK), then run again."),
    ((1820, 1862), "{where} wants a new password, as that account's has expired; set one, then run again with it."),
    ((SECURE_TRANSPORT_REQUIRED,), "{where} takes TLS connections only; set tls to required."),
    (UNREACHABLE, "{where} cannot be reached{while_} ({cause}); check host, port, firewall and allow-list."),
    ((1040,), "{where} has no connection left (max_connections); lower workers or raise the limit."),
    (DENIED, "{where} refused{while_}: {text}. Grant that privilege to {user} and run again."),
    (
        NEEDS_TRUST,
        (
            "{where} refuses triggers and functions{while_} (error {code}); set log_bin_trust_function_creators to 1, "
            "in the parameter group on RDS and Aurora, then run again."
        ),
    ),
    (DISK_FULL, _FULL),
    (READ_ONLY, "{where} is read-only{while_} ({text}); connect to the writer."),
    (LOST, "{where} was lost{while_} ({cause}). {again}"),
    (
        (1273,),
        "{where} lacks a collation{while_} ({text}); give it one at the source that both servers have, then run again.",
    ),
    ((1205,), "{where} made us wait too long for a lock{while_}; see who holds it (SHOW PROCESSLIST) and run again."),
)


@contextlib.contextmanager
def sentences(server: Server, doing: str = "", at: str = "") -> Iterator[None]:
    """Turns what the driver raises into one sentence for the user. `at` is the table it happened to."""
    try:
        yield
    except pymysql.MySQLError as error:
        raise explain(error, server, doing, at) from error
    except (TimeoutError, ConnectionError, ssl.SSLError, socket.gaierror) as error:
        raise ReplatformError(
            f"{_upper(server)} was lost{_while(doing, at)}: {error}. {_AGAIN}", code=type(error).__name__
        ) from error


_AGAIN = "Once it answers, run the same command again: it continues from here."


def explain(error: pymysql.MySQLError, server: Server, doing: str = "", at: str = "") -> ReplatformError:
    """The sentence for a server's error: what, where, why and what to do."""
    code = code_of(error)
    text = str(error.args[1]) if len(error.args) > 1 else str(error)
    where = f"{_upper(server)}"
    while_ = _while(doing, at)
    facts = {"code": str(code), "server": f"{server.host}:{server.port}", "role": server.role}
    if code == TABLE_DEFINITION_CHANGED or (
        at and code in (ER.NO_SUCH_TABLE, ER.BAD_FIELD_ERROR) and server.role == "source"
    ):
        return GroupChanged(
            f"{at or 'A table'} was altered at the source while it was copied; run the same command again: "
            "it plans that table anew and keeps the others.",
            **facts,
        )
    if code == CR.CR_SSL_CONNECTION_ERROR or "SSL" in text or "certificate" in text.lower():
        message = _TLS
    elif "No space left" in text:
        message = _FULL
    else:
        message = next((sentence for codes, sentence in _SENTENCES if code in codes), _OTHER)
    words = {"where": where, "while_": while_, "text": text, "cause": _cause(text), "code": code, "again": _AGAIN}
    message = message.format(**words, user=server.username, tls=server.tls)
    return ReplatformError(message, **facts)


def _upper(server: Server) -> str:
    text = str(server)
    return text[0].upper() + text[1:]


def _while(doing: str, at: str) -> str:
    return (f" while {doing}" if doing else "") + (f" {at}" if at else "")


def _cause(text: str) -> str:
    """The inner reason: the driver wraps the operating system's words twice."""
    inner = re.search(r"\((\[Errno -?\d+\] )?(.*?)\)?$", text)
    return (inner.group(2) if inner else text).strip("()'\"")


@cache
def _context(server: Server) -> ssl.SSLContext | None:
    """Made once: reading the system's authorities takes 20 ms of CPU, and a switch connects often in its pause."""
    if server.tls == "disabled":
        return None
    try:
        context = ssl.create_default_context(cafile=server.ca_file, cadata=server.ca)
    except (OSError, ssl.SSLError) as error:
        raise ReplatformError(
            f"The {server.role}'s certificate authority ({server.ca_file or 'ca of its secret'}) cannot be read "
            f"({error}); give a PEM file of it."
        ) from error
    context.check_hostname = server.tls == "verify_identity"
    if server.tls == "required":
        context.verify_mode = ssl.CERT_NONE
    return context


def _keep_alive(connection: Connection) -> None:
    """Finds a dead peer within two minutes even while a long statement keeps the line quiet."""
    sock: socket.socket = connection._sock  # type: ignore[attr-defined]  # no public way
    for option, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
