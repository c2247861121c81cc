"""The traffic as a process of its own, and its ledger in the sandbox's folder."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pymysql

from ..errors import SandboxError
from ..mysqld import connect
from ..processes import marked, spawn, stop, wait_until
from ..sandbox import Report, Sandbox
from ..shop.operations import SCHEMA as MARKS
from ..state import CHECKOUT
from .audit import Audit, account, audit
from .clients import usual_clients
from .ledger import Ledger
from .words import account_words

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
QUERY = f"SELECT name FROM {MARKS}.ledger"


def start_traffic(sandbox: Sandbox, rate: float, clients: int | None, env_file: Path | None = None) -> Report:
    """The customers are at it when this returns; those that were already stay as they are."""
    began = time.monotonic()
    if marked(sandbox.traffic):
        return traffic_status(sandbox)
    if not env_file:
        sandbox.endpoint("aws")
    log = sandbox.state.log / "traffic.log"
    command = [sys.executable, "-m", "sandbox.traffic", "--folder", str(sandbox.state.folder)]
    clients = clients or usual_clients(rate)
    command += ["--rate", str(rate), "--clients", str(clients)]
    command += ["--env-file", str(env_file.resolve())] if env_file else []
    current = current_file(sandbox)
    current.unlink(missing_ok=True)
    process = spawn(command, sandbox.traffic, log, {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"})
    wait_until(current.exists, process, "The traffic", log, START_TIMEOUT_S)
    return Report("traffic", "up", f"{rate:g} commits a second by {clients} clients", time.monotonic() - began)


def stop_traffic(sandbox: Sandbox) -> Report:
    """No customer writes when this returns."""
    running = marked(sandbox.traffic)
    stop(running, STOP_TIMEOUT_S)
    return Report("traffic", "stopped" if running else "was down", _told(sandbox))


def traffic_status(sandbox: Sandbox) -> Report:
    return Report("traffic", "up" if marked(sandbox.traffic) else "down", _told(sandbox))


def audit_of(sandbox: Sandbox, end: str, since: float = 0.0) -> Audit:
    """The `source` or the `target` against its ledger; the account is of the time from `since` on.

    Raises: SandboxError as ledger_of() does.
    """
    return audit(sandbox.endpoint(f"mysql_{end}"), ledger_of(sandbox, end), since=since)


def ledger_of(sandbox: Sandbox, end: str) -> Ledger:
    """The ledger that belongs to the shop of the `source` or the `target`.

    Raises: SandboxError when there is no shop, or when it never had traffic.
    """
    endpoint = sandbox.endpoint(f"mysql_{end}")
    where = f"{endpoint['host']}:{endpoint['port']}"
    try:
        name = ledger_name(endpoint)
    except pymysql.MySQLError as error:
        raise SandboxError(f"{where} has no shop ({error.args[-1]}); seed or copy it first.") from error
    if not name:
        raise SandboxError(f"{where} has a shop without traffic; run 'python -m sandbox traffic start' first.")
    return Ledger(ledger_file(sandbox, name))


def ledger_name(endpoint: Mapping[str, Any], otherwise: str = "") -> str:
    """Which ledger the shop at that server belongs to; `otherwise` is noted there when it belongs to none."""
    with connect(endpoint) as connection, connection.cursor() as cursor:
        if otherwise:
            cursor.execute(f"INSERT IGNORE INTO {MARKS}.ledger VALUES (1, %s)", (otherwise,))
        cursor.execute(QUERY)
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def ledger_file(sandbox: Sandbox, name: str) -> Path:
    return sandbox.traffic / f"{name}.jsonl"


def current_file(sandbox: Sandbox) -> Path:
    """Names the ledger that was written last, from the moment on at which customers write it."""
    return sandbox.traffic / "current"


def _told(sandbox: Sandbox) -> str:
    """What customers saw since they were started last."""
    try:
        name = current_file(sandbox).read_text()
    except FileNotFoundError:
        return ""
    entries = list(Ledger(ledger_file(sandbox, name)).read())
    began = max((entry["at"] for entry in entries if "run" in entry), default=0.0)
    return account_words(account(entries, since=began))
