# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much there is to copy, how long that takes, and whether there is room for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from ..connection import Server, code_of, connect, sentences, set_session
from ..definition import Table
from ..driver import SSCursor, pymysql
from .finding import INFO, Finding
from .pair import Pair
from .scan import OUT_OF_TIME

MOST_TABLES = 10
SAMPLE_BYTES = 16 << 20
SAMPLE_S = 2.0
MB = 1_000_000
WORKER_MB_S = 10.0
"""What a target takes from one worker, with indexes and binary log: docs/benchmarks.md, two processors for all."""


def sizes(pair: Pair, rate_mb_s: float | None) -> tuple[list[dict[str, Any]], Finding]:
    """The largest tables as {name, rows, bytes, seconds}, and how long all of them take, which `pair` keeps.

    By the rate given, else what targets usually take, or less where a short timed read of the largest table is slower.
    """
    tables = sorted(pair.selection.tables.values(), key=lambda table: (-table.table_bytes, table.full_name))
    total = sum(table.table_bytes for table in tables)
    rate, how = WORKER_MB_S * pair.settings.workers, f"usual for {pair.settings.workers} workers, see rate_mb_s"
    if rate_mb_s:
        rate, how = rate_mb_s, "as rate_mb_s says"
    elif not pair.settled and tables and tables[0].table_bytes:
        read = measured(pair.source.server, tables[0]) or rate
        if read < rate:
            rate, how = read, f"measured by reading {tables[0].full_name}"
    seconds = total / MB / rate
    pair.estimate_s = round(seconds, 1)
    largest = [
        {
            "name": table.full_name,
            "rows": table.table_rows,
            "bytes": table.table_bytes,
            "seconds": round(table.table_bytes / MB / rate, 1),
        }
        for table in tables[:MOST_TABLES]
    ]
    evidence = f"{total / MB:.1f} MB in {len(tables)} tables take about {seconds:.0f} s at {rate:.1f} MB/s ({how})."
    return largest, Finding("copy-time", INFO, "source", evidence)


def measured(server: Server, table: Table) -> float:
    """MB of the table, in InnoDB's bytes, that one connection reads in a second; 0 when too little was read."""
    row_bytes = max(1, table.table_bytes // max(1, table.table_rows))
    most = max(1, SAMPLE_BYTES // row_bytes)
    with sentences(server, "reading a sample of", table.full_name), closing(connect(server)) as connection:
        if not set_session(connection, "max_execution_time", str(round(SAMPLE_S * 1000))):
            set_session(connection, "max_statement_time", str(SAMPLE_S))
        read, began = 0, time.monotonic()
        with connection.cursor(SSCursor) as cursor:
            try:
                cursor.execute(f"SELECT * FROM {table.sql} LIMIT {most}")
                while batch := cursor.fetchmany(1000):
                    read += len(batch)
            except pymysql.MySQLError as error:
                if str(code_of(error)) not in OUT_OF_TIME:
                    raise
        return read * row_bytes / MB / max(0.001, time.monotonic() - began)


def room(pair: Pair) -> Iterator[Finding]:
    """SQL cannot tell how much of a disk is free."""
    needed = sum(
        int(row["bytes"] or 0)
        for row in pair.source.of_schemas(
            "SELECT SUM(data_length + index_length) AS bytes FROM information_schema.tables"
            " WHERE table_schema IN ({schemas})",
            pair.settings.schemas,
        )
    )
    pair.facts["source"]["bytes"] = needed
    grows = pair.target.variables.has("aurora_version")
    yield Finding(
        "target-space",
        INFO,
        "target",
        f"Data and indexes take {needed / MB:.1f} MB at the source; "
        + ("Aurora's storage grows by itself." if grows else "how much is free at the target no SQL can tell."),
        "" if grows else f"Allow for {needed * 1.5 / MB:.0f} MB and the binary log, or switch storage autoscaling on.",
    )


CHECKS = (room,)
