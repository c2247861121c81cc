from __future__ import annotations

import os
from typing import Any

from ..errors import SandboxError
from ..mysqld import SQL_FOLDER
from .mysql import MysqlPart


class MysqlSource(MysqlPart):
    """A hosted MySQL: `doadmin` without SUPER, with RELOAD or without it (SANDBOX_SOURCE_RELOAD=1|0)."""

    name = "mysql_source"
    usual_port = 13306
    admin = "doadmin"
    # As in 5.7 and 8.0, whose cascades happen inside InnoDB and never reach the binary log; 9.x logs them by default.
    # Without SUPER nobody could have made the shop's triggers: hosters let their customers' users be trusted.
    options = ("--innodb-native-foreign-keys=ON", "--local-infile=ON", "--log-bin-trust-function-creators=ON")
    scripts = (SQL_FOLDER / "source_admin.sql",)

    def provision(self, connection: Any) -> None:
        reload = "GRANT RELOAD ON *.* TO" if self.variant() == "reload" else "REVOKE IF EXISTS RELOAD ON *.* FROM"
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            cursor.execute(f"{reload} doadmin@'%'")

    def variant(self) -> str:
        chosen = os.environ.get("SANDBOX_SOURCE_RELOAD") or "1"
        if chosen not in ("0", "1"):
            raise SandboxError(f"SANDBOX_SOURCE_RELOAD is '{chosen}'; set it to 1 (RELOAD granted) or 0 (not granted).")
        return "reload" if chosen == "1" else "no reload"
