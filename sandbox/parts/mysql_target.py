from __future__ import annotations

from ..mysqld import SQL_FOLDER
from .mysql import MysqlPart


class MysqlTarget(MysqlPart):
    """An Aurora-like MySQL: `admin` with a role instead of SUPER, and the service's mysql.rds_* procedures."""

    name = "mysql_target"
    usual_port = 13307
    admin = "admin"
    # The parameter group of a cluster that is made for a migration: the admin may not set these itself.
    options = (
        "--partial-revokes=ON",
        "--local-infile=ON",
        "--log-bin-trust-function-creators=ON",
        "--replica-parallel-workers=16",
    )
    scripts = (SQL_FOLDER / "target_admin.sql", SQL_FOLDER / "target_procedures.sql")
