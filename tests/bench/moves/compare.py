"""What a tool brought over, compared with the source by the same digests that mysql_verify uses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils.mysql import digests
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, connect
from ansible_collections.replatform.aws.plugins.module_utils.mysql.definition import Table
from ansible_collections.replatform.aws.plugins.module_utils.mysql.objects import read as read_objects
from ansible_collections.replatform.aws.plugins.module_utils.mysql.selection import Settings, present, select
from ansible_collections.replatform.aws.plugins.module_utils.transfer.model import Digest, Unit
from sandbox.mysqld import Mysqld

from .servers import SCHEMAS
from .tools import SETTINGS, server


def compared(source: Mysqld, target: Mysqld) -> dict[str, Any]:
    """{equal, tables, different, missing_tables, missing_objects} of everything that the source has."""
    ends = server("source", source), server("target", target)
    with closing(connect(ends[0])) as here, closing(connect(ends[1])) as there:
        selection = select(here, ends[0], SETTINGS)
        arrived = present(there, SCHEMAS)
        objects = {stored.label for stored in read_objects(there, SCHEMAS, Settings("all", SCHEMAS).objects)}
    tables = [table for name, table in selection.tables.items() if name in arrived]
    with ThreadPoolExecutor(2) as sides:
        here_digests, there_digests = sides.map(lambda end: _digests(end, tables), ends)
    different = sorted(name for name, digest in here_digests.items() if digest != there_digests[name])
    missing_tables = sorted(set(selection.tables) - arrived)
    missing_objects = sorted(stored.label for stored in selection.objects if stored.label not in objects)
    return {
        "equal": not (different or missing_tables or missing_objects),
        "tables": len(tables),
        "different": different,
        "missing_tables": missing_tables,
        "missing_objects": missing_objects,
    }


def _digests(end: Server, tables: list[Table]) -> dict[str, Digest]:
    with closing(connect(end, read_timeout_s=None)) as connection:
        return {
            table.full_name: digests.digest(connection, end, table, Unit(table.full_name, table.full_name))
            for table in tables
        }
