from __future__ import annotations

import hashlib
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import mysql_distribution
from ..errors import SandboxError
from ..mysqld import Mysqld, connect, from_url, run_sql, url
from ..processes import marked, stop
from ..state import State, write_private


class MysqlPart:
    """A MySQL server with a restricted admin, as a hosting service hands one out; subclasses say which."""

    name: str
    usual_port: int
    admin: str
    options: tuple[str, ...]
    scripts: tuple[Path, ...]

    def __init__(self, state: State) -> None:
        self.state = state
        self.folder = state.folder / self.name
        self.log = state.log / f"{self.name}.log"

    @cached_property
    def server(self) -> Mysqld:
        return Mysqld(
            mysql_distribution.install(self.log),
            self.folder,
            port=self.state.port(self.name, self.usual_port, self.running()),
            root_password=self.state.password(f"{self.name}.root"),
            log=self.log,
            options=self.options,
        )

    def install(self) -> None:
        mysql_distribution.install(self.log)

    def start(self) -> None:
        self.server.start()

    def ready(self) -> None:
        """Sets the admin up, unless that was done in the very same way before."""
        texts = [script.read_text() for script in self.scripts]
        wanted = hashlib.sha256("\0".join([*texts, self.variant(), self._admin_password()]).encode()).hexdigest()
        done = self.folder / "provisioned"
        if done.exists() and done.read_text() == wanted:
            return
        with self.server.connect() as connection:
            for script in self.scripts:
                values = {"admin_password": self._admin_password()} if "${admin_password}" in script.read_text() else {}
                run_sql(connection, script, **values)
            self.provision(connection)
        write_private(done, wanted)

    def provision(self, connection: Any) -> None:
        """What the scripts leave open."""

    def variant(self) -> str:
        """Names the switches that `provision` obeys."""
        return ""

    def endpoint(self) -> dict[str, Any]:
        root = self.server.endpoint()
        admin = {"host": root["host"], "port": root["port"], "username": self.admin, "password": self._admin_password()}
        return {
            **admin,
            "root_username": root["username"],
            "root_password": root["password"],
            "url": url(admin),
            "ca": str(self.server.data / "ca.pem"),
        }

    def stop(self) -> None:
        # Without the server: what was never installed need not be downloaded to be stopped.
        stop(marked(self.folder))

    def running(self) -> bool:
        return bool(marked(self.folder))

    def describe(self) -> str:
        return f"{self.server.endpoint()['host']}:{self.server.port}  MySQL {self.server.distribution.version}"

    def _admin_password(self) -> str:
        return self.state.password(f"{self.name}.{self.admin}")


class ExistingMysql:
    """A server that somebody else runs, named by SANDBOX_<PART>_URL: neither installed nor stopped."""

    def __init__(self, name: str, account: dict[str, Any], root: dict[str, Any]) -> None:
        self.name = name
        self._account = account
        self._root = root

    @classmethod
    def given(cls, name: str) -> ExistingMysql | None:
        """The server of that part's environment variable, if there is one; ..._ROOT_URL names a mightier account."""
        variable = f"SANDBOX_{name.upper()}_URL"
        given = os.environ.get(variable)
        if not given:
            return None
        root_variable = f"SANDBOX_{name.upper()}_ROOT_URL"
        root = os.environ.get(root_variable)
        account = from_url(given, variable)
        return cls(name, account, from_url(root, root_variable) if root else account)

    def install(self) -> None:
        """Is there already."""

    def start(self) -> None:
        """Runs already."""

    def ready(self) -> None:
        try:
            connect(self._account).close()
        except Exception as error:
            where = f"{self._account['host']}:{self._account['port']}"
            raise SandboxError(
                f"SANDBOX_{self.name.upper()}_URL: {where} does not let us in: {error.args[-1]}."
            ) from error

    def endpoint(self) -> dict[str, Any]:
        return {
            **self._account,
            "root_username": self._root["username"],
            "root_password": self._root["password"],
            "url": url(self._account),
        }

    def stop(self) -> None:
        """Is not ours to stop."""

    def running(self) -> bool:
        return True

    def describe(self) -> str:
        return f"{self._account['host']}:{self._account['port']}  an existing server"
