"""Two servers as hosting services hand them out, a migration between them, and a shop whose customers never stop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import (
    Server,
    connect,
    execute,
    rows,
    value,
)
from ansible_collections.replatform.aws.plugins.module_utils.mysql.gtid_set import transactions
from ansible_collections.replatform.aws.plugins.module_utils.mysql.replication.account import Login
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Settings
from ansible_collections.replatform.aws.plugins.module_utils.mysql.switch.cutover import switch
from ansible_collections.replatform.aws.plugins.module_utils.mysql.switch.ends import SwitchWishes
from sandbox.sandbox import Sandbox
from sandbox.shop import seed
from sandbox.state import sandbox_folder, write_private
from sandbox.traffic import Audit, Ledger, audit
from sandbox.traffic.process import ledger_file, ledger_name, start_traffic, stop_traffic
from tests.support.modules import run_module

from . import writes

NAME = "bench"
PARTS = ("mysql_source", "mysql_target")
SCHEMAS = (*seed.SCHEMAS, writes.SCHEMA)
TIMEOUT_S = 900
WAIT_S = 120
SETTLING_S = 2.0


class Pair:
    """The servers by role, and where the application is led to."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._endpoints = {part.removeprefix("mysql_"): sandbox.endpoint(part) for part in PARTS}
        self._env_file = sandbox.state.folder / "application.env"
        self._ledger = Ledger(ledger_file(sandbox, ""))

    def login(self, role: str) -> dict[str, Any]:
        """The restricted admin's."""
        return {key: self._endpoints[role][key] for key in ("host", "port", "username", "password")}

    def server(self, role: str) -> Server:
        return Server.of(role, self.login(role))

    def lead(self, role: str) -> None:
        """The application reads from now on that it writes to this one."""
        login = self._sandbox.application(self._endpoints[role])
        names = {"HOST": "host", "PORT": "port", "USERNAME": "username", "PASSWORD": "password"}
        write_private(self._env_file, "".join(f"DB_{name}={login[key]}\n" for name, key in names.items()))

    def module(self, module: str, **options: Any) -> dict[str, Any]:
        """The module's result; fails unless it succeeded."""
        args = {"source": self.login("source"), "target": self.login("target"), "schemas": list(SCHEMAS), **options}
        result = run_module(module, args, diff=False, timeout_s=TIMEOUT_S)
        if result.get("failed"):
            raise RuntimeError(f"{module}: {result['msg']}")
        return result

    def followed(self) -> None:
        """The target has everything and follows."""
        self.lead("source")
        self.module("mysql_copy", name=NAME, definers="create", workers=2)
        self.module("mysql_accounts")
        self.module("mysql_follow", name=NAME, definers="create", workers=2)

    def verified(self) -> dict[str, Any]:
        """Both were compared, while the application writes."""
        return self.module("mysql_verify", name=NAME, workers=2)

    @contextmanager
    def customers(self, rate: float) -> Iterator[None]:
        """They buy while the block runs, at the server that they are led to."""
        start_traffic(self._sandbox, rate, None, self._env_file)
        name = ledger_name(self._endpoints["source"])
        self._ledger = Ledger(ledger_file(self._sandbox, name))
        try:
            yield
        finally:
            stop_traffic(self._sandbox)

    def switched(self, direction: str) -> dict[str, Any]:
        """The result of a cutover or a rollback. The application is told the moment that the other side is open."""
        source, target = self.server("source"), self.server("target")
        wishes = SwitchWishes(
            Login(source), Login(target), accept=("parameters",), wait_timeout_s=WAIT_S, opened=self.lead
        )
        return switch(direction, source, target, Settings(NAME, SCHEMAS), wishes, check=False).result

    def now(self) -> float:
        """As the ledger's clock."""
        return self._ledger.now()

    def audit(self, role: str, since: float, until: float) -> Audit:
        """Of all writes ever; the account is of that time."""
        return audit(self.login(role), self._ledger, since=since, until=until)

    def counted(self) -> dict[str, int]:
        """What clients of the source have written since it started."""
        names = {
            "statements": ("Com_insert", "Com_update", "Com_delete"),
            "rows": ("Innodb_rows_inserted", "Innodb_rows_updated", "Innodb_rows_deleted"),
            "commits": ("Com_commit",),
        }
        with closing(connect(self.server("source"))) as here:
            found = {str(name): count for name, count in rows(here, "SHOW GLOBAL STATUS")}
        return {each: sum(int(found[name]) for name in counters) for each, counters in names.items()}

    def behind(self) -> int:
        """Transactions that the target lacks."""
        with closing(connect(self.server("source"))) as here, closing(connect(self.server("target"))) as there:
            everything = value(here, "SELECT @@GLOBAL.gtid_executed")
            return transactions(str(value(there, "SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)", (everything,))))


@contextmanager
def pair(scale: int) -> Iterator[Pair]:
    """Running servers, the shop of about `scale` rows at the source; nothing of them is left afterwards."""
    sandbox = Sandbox(sandbox_folder() / "bench" / "pair")
    sandbox.down(purge=True)  # of a benchmark that was killed
    try:
        endpoint = sandbox.up(PARTS)["mysql_source"]
        seed.seed(endpoint, scale)
        seed.let_application_in(endpoint, sandbox.application(endpoint))
        made = Pair(sandbox)
        with closing(connect(made.server("source"))) as admin:
            for statement in writes.STATEMENTS:
                execute(admin, statement)
        yield made
    finally:
        sandbox.down(purge=True)


def settle() -> None:
    """Every client has had some turns."""
    time.sleep(SETTLING_S)
