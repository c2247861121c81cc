# ruff: noqa: E501 - a kind of tampering a line
"""The shop's customers: whatever happens to their server, the audit says what became of every write."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox import processes, secrets_store
from sandbox.mysqld import connect
from sandbox.parts.mysql_source import MysqlSource
from sandbox.sandbox import Sandbox
from sandbox.shop.seed import let_application_in, seed
from sandbox.state import CHECKOUT
from sandbox.traffic import Audit, Ledger, Traffic, audit, from_env_file, from_secret
from sandbox.traffic.audit import account
from sandbox.traffic.process import ledger_file, ledger_name
from tests.support.proxy import Proxy

SCALE = 2000
RATE = 200


class Shop:
    """A seeded shop at a server of this module's own, with an application that has a secret to read."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.endpoint = sandbox.endpoint("mysql_source")
        self.application = sandbox.application(self.endpoint)
        self.server = MysqlSource(sandbox.state).server
        self.ledger = Ledger(ledger_file(sandbox, ledger_name(self.application, otherwise="tests")))

    def commits(self) -> int:
        return account(self.ledger.read()).acknowledged

    def goes_on(self, commits: int = 100) -> None:
        """Returns after so many further commits."""
        wanted = self.commits() + commits
        until(lambda: self.commits() >= wanted)

    @contextmanager
    def traffic(self, read: Callable[[], Any] | None = None) -> Iterator[Traffic]:
        chosen = read or from_secret(self.sandbox.endpoint("aws"), secrets_store.APPLICATION)
        with self.ledger, Traffic(chosen, self.ledger, rate=RATE, read_timeout_s=5) as traffic:
            yield traffic

    def audit(self) -> Audit:
        return audit(self.endpoint, self.ledger)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """The rows of the last statement, run by root."""
        with connect(self.endpoint, root=True, database="shop") as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, "nothing happens any more"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    sandbox = Sandbox(tmp_path_factory.mktemp("traffic"))
    endpoint = sandbox.up(["mysql_source", "aws"])["mysql_source"]
    seed(endpoint, SCALE)
    let_application_in(endpoint, sandbox.application(endpoint))
    yield Shop(sandbox)
    sandbox.down(purge=True)


def test_nothing_is_lost_or_doubled_though_the_server_is_killed_under_load(shop: Shop) -> None:
    with shop.traffic():
        shop.goes_on(400)
        while_it_runs = shop.audit()
        shop.server.kill()
        shop.server.start()
        shop.goes_on(400)
    ended = shop.audit()
    assert (while_it_runs.findings, ended.findings) == ((), ())
    assert while_it_runs.errors == {}
    assert ended.errors
    assert set(ended.errors) <= {2003, 2013}
    assert ended.account.retried > 0
    assert ended.account.acknowledged >= 800
    assert set(ended.account.servers) == {ended.server}
    assert ended.gap_ms > while_it_runs.gap_ms
    assert {entry["kind"] for entry in shop.ledger.read() if "ask" in entry} == {
        "order", "change", "cancel", "register", "leave",
    }  # fmt: skip
    assert ended.account.reads > 0


def test_a_cut_network_and_a_refused_write_are_tried_again_and_written_once(shop: Shop, tmp_path: Path) -> None:
    proxy = Proxy(shop.endpoint["port"])
    try:
        with shop.traffic(env_file(tmp_path, shop, proxy.port)):
            shop.goes_on()
            with proxy.cut():
                errors = dict(shop.audit().errors)
                until(lambda: shop.audit().errors != errors)
            shop.goes_on()
            shop.run("ALTER DATABASE shop READ ONLY = 1")
            until(lambda: 3989 in shop.audit().errors)
            shop.run("ALTER DATABASE shop READ ONLY = 0")
            shop.goes_on()
    finally:
        proxy.close()
    assert shop.audit().findings == ()


def test_customers_follow_their_settings_to_another_place_without_an_error(shop: Shop, tmp_path: Path) -> None:
    here, there = Proxy(shop.endpoint["port"]), Proxy(shop.endpoint["port"])
    try:
        with shop.traffic(env_file(tmp_path, shop, here.port)):
            shop.goes_on()
            before = shop.audit()
            env_file(tmp_path, shop, there.port)
            until(lambda: f"127.0.0.1:{there.port}" in [entry.get("switch") for entry in shop.ledger.read()])
            # One beat of every client, with which it leaves the old place.
            shop.goes_on()
            here.close()
            shop.goes_on()
            after = shop.audit()
    finally:
        here.close()
        there.close()
    assert after.errors == before.errors
    assert after.findings == ()


def env_file(folder: Path, shop: Shop, port: int) -> Callable[[], Any]:
    """A reader of the application's .env file, which names that port from now on."""
    file = folder / ".env"
    partial = folder / ".env.partial"
    login = shop.application
    partial.write_text(
        f"APP_NAME='Shop'\nDB_HOST=127.0.0.1\nDB_PORT={port}\nDB_USERNAME={login['username']}\n"
        f'DB_PASSWORD="{login["password"]}"\n'
    )
    partial.replace(file)
    return from_env_file(file)


def command(sandbox: Sandbox, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "traffic", *words],
        cwd=CHECKOUT,
        env={**os.environ, "SANDBOX_DIR": str(sandbox.state.folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_traffic_outlives_its_command_and_a_kill_leaves_a_ledger_that_can_be_audited(shop: Shop) -> None:
    sandbox = shop.sandbox
    started = command(sandbox, "start", "--rate", str(RATE), "--clients", "4")
    assert (started.returncode, started.stderr) == (0, "")
    (first,) = processes.marked(sandbox.traffic)
    assert shop.application["password"] not in " ".join(first.cmdline())
    shop.goes_on()
    assert command(sandbox, "start").stdout.split()[:2] == ["traffic", "up"]
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert command(sandbox, "status").stdout.split()[:2] == ["traffic", "down"]
    assert command(sandbox, "start").returncode == 0
    shop.goes_on()
    assert command(sandbox, "stop").stdout.split()[:2] == ["traffic", "stopped"]
    assert processes.marked(sandbox.traffic) == []
    told = sandbox.traffic / "told" / "traffic.json"
    audited = command(sandbox, "audit", "--against", "source", "--json", str(told), "--since", "2026-01-01T00:00:00Z")
    assert (audited.returncode, audited.stderr) == (0, ""), audited.stdout
    assert ": 0 lost, 0 doubled, 0 inconsistent" in audited.stdout
    written = json.loads(told.read_text())
    assert (written["lost"], written["doubled"], written["inconsistent"]) == (0, 0, 0)
    assert sum(commits for _second, commits, _errors in written["per_second"]) == written["acknowledged"] > 0
    assert shop.application["password"] not in audited.stdout + shop.ledger.path.read_text() + told.read_text()


def test_an_application_that_was_switched_stays_switched_when_the_sandbox_comes_up_again(shop: Shop) -> None:
    aws = shop.sandbox.endpoint("aws")
    target = shop.sandbox.up(["mysql_target"])["mysql_target"]
    secrets = secrets_store.client(aws, "secretsmanager")
    switched = {**shop.application, "port": target["port"]}
    secrets.put_secret_value(SecretId=secrets_store.APPLICATION, SecretString=json.dumps(switched))
    shop.sandbox.up()
    assert from_secret(aws, secrets_store.APPLICATION)()["port"] == target["port"]
    secrets.put_secret_value(SecretId=secrets_store.APPLICATION, SecretString=json.dumps({**switched, "port": 1}))
    shop.sandbox.up()
    assert from_secret(aws, secrets_store.APPLICATION)()["port"] == shop.endpoint["port"]


ORDER = "SELECT MAX(id) FROM orders WHERE number LIKE 'traffic-%'"
OPERATION = "SELECT MIN(id) FROM shop_traffic.operations WHERE kind = 'register'"
# Not of what an earlier row has tampered with, nor of a time in which the server was killed.
TICKET = "SELECT MAX(t.id) FROM tickets AS t JOIN orders AS o ON o.id = t.order_id WHERE subject LIKE 'traffic-%'"
ADDRESS = "SELECT MAX(a.id) FROM addresses AS a JOIN users AS u ON u.id = a.user_id WHERE line_one LIKE 'traffic-%'"
CUSTOMER = "SELECT MAX(user_id) FROM orders WHERE number LIKE 'traffic-%'"
TAMPERING = [
    ("lost", "a commit's mark", OPERATION, "DELETE FROM shop_traffic.operations WHERE id = {id}"),
    ("doubled", "a commit's mark", OPERATION, "INSERT INTO shop_traffic.operations (operation, kind) SELECT operation, kind FROM shop_traffic.operations WHERE id = {id}"),
    ("inconsistent", "a mark of nobody", ORDER, "INSERT INTO shop_traffic.operations (operation, kind) VALUES ('traffic-x', 'order')"),
    ("lost", "a payment", ORDER, "DELETE FROM payments WHERE order_id = {id}"),
    ("doubled", "a payment", "SELECT MIN(id) FROM orders WHERE number LIKE 'traffic-%'", "INSERT INTO payments (order_id, payment_method_id, currency_id, reference) SELECT id, 1, currency_id, note FROM orders WHERE id = {id}"),
    ("doubled", "what a trigger wrote", ORDER, "INSERT INTO order_status_history (order_id, order_status_id) SELECT id, order_status_id FROM orders WHERE id = {id}"),
    ("lost", "an item", ORDER, "DELETE FROM order_items WHERE order_id = {id} AND line_no = 1"),
    ("lost", "an update", ORDER, "UPDATE orders SET note = 'older' WHERE id = {id}"),
    ("lost", "an order", ORDER, "DELETE FROM orders WHERE id = {id}"),
    ("inconsistent", "the stock", "SELECT MIN(id) FROM stock_levels", "UPDATE stock_levels SET quantity = quantity + 1 WHERE id = {id}"),
    ("inconsistent", "a ticket's order", TICKET, "UPDATE tickets SET order_id = NULL WHERE id = {id}"),
    ("inconsistent", "children of a deleted parent", CUSTOMER, "DELETE FROM users WHERE id = {id}"),
    ("lost", "an address", ADDRESS, "DELETE FROM addresses WHERE id = {id}"),
    ("lost", "a delete", CUSTOMER, "INSERT INTO users (store_id, name, email, password, permissions_mask) SELECT 1, 'x', CONCAT(operation, '@traffic.example'), 'x', 0 FROM shop_traffic.operations LEFT JOIN users ON email = CONCAT(operation, '@traffic.example') WHERE kind = 'register' AND users.id IS NULL LIMIT 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "where", "statement"),
    [row[:1] + row[2:] for row in TAMPERING],
    ids=[f"{kind}: {what}" for kind, what, *_ in TAMPERING],
)
def test_tampering_is_found(shop: Shop, kind: str, where: str, statement: str) -> None:
    if not shop.ledger.path.exists() or shop.commits() < 200:
        with shop.traffic():
            shop.goes_on(200)
    before = set(shop.audit().findings)
    ((found,),) = shop.run(where)
    # As a migration that loses a row would: no key has a say.
    shop.run("SET SESSION foreign_key_checks = 0", statement.format(id=found))
    new = set(shop.audit().findings) - before
    assert kind in {finding.kind for finding in new}, new


def test_an_audit_that_finds_something_fails(shop: Shop) -> None:
    ((operation,),) = shop.run("SELECT operation FROM shop_traffic.operations WHERE kind = 'leave' LIMIT 1")
    shop.run(f"DELETE FROM shop_traffic.operations WHERE operation = '{operation}'")
    audited = command(shop.sandbox, "audit")
    assert audited.returncode == 1
    assert f"{operation} (leave) was acknowledged and is not there." in audited.stdout
    elsewhere = command(shop.sandbox, "audit", "--against", "target")
    assert elsewhere.returncode == 1
    assert "has no shop" in elsewhere.stderr
