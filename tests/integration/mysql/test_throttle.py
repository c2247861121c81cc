"""What a busy server does to a copy."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server, rows
from ansible_collections.replatform.aws.plugins.module_utils.mysql.load import Limits, pressures
from tests.support.modules import start_module

from .conftest import Move


def reasons(progress: Path) -> list[str]:
    lines = progress.read_text().splitlines() if progress.exists() else []
    return [event["throttled_by"] for event in map(json.loads, lines) if event["throttled_by"]]


@pytest.mark.parametrize("end", ["source", "target"])
def test_a_busy_server_holds_the_copy_which_says_why_and_then_goes_on(
    move: Move, end: str, source_root: Callable[..., Connection[Any]], target_root: Callable[..., Connection[Any]],
    tmp_path: Path,
) -> None:  # fmt: skip
    move.fill("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
    progress = tmp_path / "progress.jsonl"
    root = {"source": source_root, "target": target_root}[end]
    queries = [root() for _busy in range(8)]
    ids = [connection.thread_id() for connection in queries]
    threads = [threading.Thread(target=rows, args=(query, "SELECT SLEEP(120)")) for query in queries]
    for thread in threads:
        thread.start()
    options = {"throttle": {f"{end}_threads_running": 8}, "progress_file": str(progress)}
    module = start_module("mysql_copy", {**move.args, **options})
    while not reasons(progress):
        assert module.process.poll() is None
    with root().cursor() as cursor:
        for number in ids:
            cursor.execute(f"KILL QUERY {number}")
    for thread in threads:
        thread.join()
    done = module.result()
    assert (done.get("msg"), done["rows"]) == (None, 2)
    assert reasons(progress)[0].startswith(f"{end}: running threads ")
    assert reasons(progress)[0].endswith(" > 8")


def asked(move: Move, limits: Limits) -> list[str]:
    source, target = (Server.of(role, {"port": 0, **move.args[role]}) for role in ("source", "target"))
    return [reason() for reason in pressures(source, target, limits)]


def test_what_a_server_does_not_know_is_no_reason(move: Move) -> None:
    everything = Limits(1000, 10_000_000, 1000, target_lag_seconds=1, target_cpu_percent=1)
    assert asked(move, everything) == [""] * 5


def test_a_limit_of_nothing_looks_at_nothing(move: Move) -> None:
    assert asked(move, Limits(0, 0, 0)) == []
