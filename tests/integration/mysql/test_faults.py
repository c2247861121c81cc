from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pymysql
import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.locks import lock_name
from sandbox.mysqld import Mysqld
from tests.support.modules import Running, gone_after, run_module, start_module
from tests.support.proxy import Proxy

from .conftest import Rig


@pytest.fixture
def held(rig: Rig, tmp_path: Path) -> Held:
    return Held(rig, tmp_path)


class Held:
    """A copy that waits once its tables and units are planned and its snapshot taken, until it is let go."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self._brake, self._progress = folder / "brake", folder / "progress.jsonl"

    def start(self) -> Running:
        self._brake.touch()
        files = {"throttle_file": str(self._brake), "progress_file": str(self._progress)}
        module = start_module("mysql_copy", {**self.rig.args, **files})
        while not self._throttled():
            assert module.process.poll() is None
            time.sleep(0.05)
        return module

    def let_go(self) -> None:
        self._brake.unlink()

    def _throttled(self) -> bool:
        if not self._progress.exists():
            return False
        lines = self._progress.read_text().splitlines()
        return any(json.loads(line)["throttled_by"] for line in lines)


def completes(rig: Rig) -> None:
    result = rig.finish()
    assert result["phase"] == "copied"
    verified = run_module("mysql_verify", rig.args)
    assert verified["mismatches"] == 0, verified["msg"]


def failed(module: Running, *words: str) -> None:
    result = module.result(60)
    assert result.get("failed"), result
    for word in words:
        assert word in result["msg"], result["msg"]
    assert "Traceback" not in str(result)


def test_a_table_altered_in_mid_copy_is_named_and_planned_anew(held: Held) -> None:
    module = held.start()
    with held.rig.source() as source, source.cursor() as cursor:
        for number in range(10):
            cursor.execute("SET SESSION lock_wait_timeout = 1")
            with contextlib.suppress(pymysql.err.OperationalError):  # a worker is reading this one
                cursor.execute(f"ALTER TABLE `{held.rig.schema}`.t{number} ADD COLUMN later INT DEFAULT 5")
    held.let_go()
    failed(module, "was altered at the source while it was copied", "run the same command again")
    completes(held.rig)


def test_a_target_that_dies_is_named_and_the_copy_goes_on_later(held: Held) -> None:
    module = held.start()
    held.rig.target.kill()
    held.let_go()
    failed(module, "The target mover@127.0.0.1")
    held.rig.target.start()
    completes(held.rig)


def test_a_source_that_dies_is_named_and_the_copy_goes_on_later(held: Held, mysqld: Callable[..., Mysqld]) -> None:
    origin = mysqld()
    schema, password = held.rig.schema, secrets.token_hex(8)
    with origin.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{schema}`")
        cursor.execute(f"CREATE TABLE `{schema}`.t (id INT PRIMARY KEY, v TEXT)")
        cursor.execute(
            f"INSERT INTO `{schema}`.t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
            " SELECT i, REPEAT('x', 2000) FROM n"
        )
        cursor.execute(f"ANALYZE TABLE `{schema}`.t")
        cursor.execute("CREATE USER reader@'%%' IDENTIFIED BY %s", (password,))
        cursor.execute("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, RELOAD, REPLICATION CLIENT ON *.* TO reader@'%'")
    login: dict[str, Any] = {"host": "127.0.0.1", "port": origin.port, "username": "reader", "password": password}
    held.rig.args["source"] = login
    module = held.start()
    origin.kill()
    held.let_go()
    failed(module, "The source")
    origin.start()
    completes(held.rig)


def test_a_stopped_run_is_taken_over_and_writes_nothing_when_it_wakes(held: Held) -> None:
    with held.rig.writer():
        module = held.start()
        process = psutil.Process(module.process.pid)
        members = [process, *process.children()]
        process.suspend()
        time.sleep(held.rig.args["lease_seconds"] + 1)
        result = held.rig.finish()
        held.let_go()
        process.resume()
        failed(module, f"Another run has taken migration {held.rig.schema} over", "Let the other one work")
    assert gone_after(members, 5) == []
    held.rig.proven(result)


def test_a_run_stopped_in_the_middle_of_a_claim_is_taken_over(rig: Rig) -> None:
    module = rig.start(REPLATFORM_FAILPOINT="SIGSTOP@within:claim:5")
    process = psutil.Process(module.process.pid)
    while (workers := process.children()) == [] or workers[0].status() != psutil.STATUS_STOPPED:
        assert module.process.poll() is None
        time.sleep(0.05)
    process.suspend()  # as a virtual machine that is frozen: with all that run in it
    members = [process, *workers]
    for worker in workers:
        worker.suspend()
    time.sleep(rig.args["lease_seconds"] + 1)
    result = rig.finish()
    for member in members:
        member.resume()
    failed(module, f"Another run has taken migration {rig.schema} over")
    assert gone_after(members, 5) == []
    rig.proven(result)


def test_a_worker_whose_connection_a_peer_ended_leaves_the_work_to_the_others(rig: Rig) -> None:
    module = rig.start(REPLATFORM_FAILPOINT="SIGSTOP@before:commit:5")
    process = psutil.Process(module.process.pid)
    workers: list[psutil.Process] = []
    while not any(worker.status() == psutil.STATUS_STOPPED for worker in workers):
        assert module.process.poll() is None
        workers = process.children()
    with rig.target.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute("SELECT id, owner FROM replatform.unit WHERE owner <> ''")
        for unit, owner in cursor.fetchall()[:1]:
            # As a peer does once the lease has run out: it takes the unit, then ends the connection of who had it.
            cursor.execute("UPDATE replatform.unit SET owner = 'peer', epoch = epoch + 1 WHERE id = %s", (unit,))
            cursor.execute("SELECT IS_USED_LOCK(%s)", (lock_name(owner),))
            cursor.execute(f"KILL {cursor.fetchall()[0][0]}")
            cursor.execute("UPDATE replatform.unit SET owner = '' WHERE id = %s", (unit,))
    while module.process.poll() is None:
        for worker in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.resume()
        time.sleep(0.05)
    result = module.result()
    assert "1 of 2 workers were killed or stuck; the others did their work." in str(result["warnings"])
    rig.proven(result)


FULL = "--innodb-data-file-path=ibdata1:12M:autoextend:max:14M"
ROOMY = "--innodb-data-file-path=ibdata1:12M:autoextend"


@pytest.mark.parametrize("target_options", [("--innodb-file-per-table=OFF", "--innodb-autoextend-increment=1", FULL)])
def test_a_target_without_disk_space_is_named_and_the_copy_goes_on_with_more(rig: Rig) -> None:
    failed(rig.start(), "The target mover@127.0.0.1", "is out of disk space while", "continues from here")
    done = rig.copied()
    rig.target.stop()
    rig.target.options = tuple(ROOMY if option == FULL else option for option in rig.target.options)
    rig.target.start()
    assert done > 0
    completes(rig)


@pytest.mark.parametrize("end", ["source", "target"])
@pytest.mark.parametrize("seconds", [7, pytest.param(60, marks=pytest.mark.soak)])
def test_a_network_that_stalls_past_the_lease_loses_nothing(held: Held, end: str, seconds: int) -> None:
    proxy = Proxy(held.rig.args[end]["port"])
    held.rig.args[end] = {**held.rig.args[end], "port": proxy.port}
    try:
        module = held.start()
        with proxy.held():
            held.let_go()
            time.sleep(seconds)
        # It goes on, unless a worker was taken over just when the line came back: then the next run does.
        assert "Traceback" not in str(module.result(120))
        completes(held.rig)
    finally:
        proxy.close()


@pytest.mark.parametrize("end", ["source", "target"])
@pytest.mark.parametrize("seconds", [2, pytest.param(30, marks=pytest.mark.soak)])
def test_a_network_that_is_cut_is_told_and_the_copy_goes_on_later(held: Held, end: str, seconds: int) -> None:
    direct = held.rig.args[end]
    proxy = Proxy(direct["port"])
    held.rig.args[end] = {**direct, "port": proxy.port}
    try:
        module = held.start()
        with proxy.cut():
            held.let_go()
            failed(module, f"The {end} ")
            time.sleep(seconds)
        completes(held.rig)
    finally:
        proxy.close()


def test_a_password_that_ends_in_mid_copy_is_told_and_the_copy_goes_on_with_it(held: Held) -> None:
    module = held.start()
    with held.rig.target.connect(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute("ALTER USER mover@'%' IDENTIFIED BY 'another-1b7c'")
        cursor.execute("SELECT id FROM information_schema.processlist WHERE user = 'mover'")
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {number}")
        held.let_go()
        failed(module, "The target mover@127.0.0.1")
        failed(held.rig.start(), "The target mover@127.0.0.1", "refused the login")
        cursor.execute("ALTER USER mover@'%%' IDENTIFIED BY %s", (held.rig.args["target"]["password"],))
    completes(held.rig)
