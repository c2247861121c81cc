from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymysql.connections import Connection

from tests.servers import Aws

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")


@dataclass
class Site:
    """site.yml for a schema of the test's own, with logins from the emulator's Secrets Manager."""

    schema: str
    environment: dict[str, str]
    summary_file: Path
    source: Connection[Any]
    target: Connection[Any]
    passwords: list[str]

    def command(self, *arguments: str, playbook: str = "site.yml", **variables: Any) -> list[str]:
        given = {
            "mysql_migration_name": self.schema,
            "mysql_migration_schemas": [self.schema],
            "mysql_migration_journal_schema": f"{self.schema}_journal",
            **variables,
        }
        return [str(PLAYBOOK), "-i", "inventories/sandbox", playbook, "-e", json.dumps(given), *arguments]

    def run(self, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, **variables),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.summary_file.read_text())
        return found


@pytest.fixture
def site(
    schema: str,
    aws: Aws,
    mysql_source: dict[str, Any],
    mysql_target: dict[str, Any],
    source_root: Callable[..., Connection[Any]],
    target_root: Callable[..., Connection[Any]],
    tmp_path: Path,
) -> Iterator[Site]:
    source = source_root(autocommit=True)
    with source.cursor() as cursor:
        cursor.execute(f"USE `{schema}`")
        cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))")
        cursor.execute(
            "INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
            " SELECT i, REPEAT('x', 200) FROM n"
        )
    environment = {**os.environ, **aws.environment, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    environment["REPLATFORM_SUMMARY"] = str(tmp_path / "summary.json")
    environment["REPLATFORM_PROGRESS_FILE"] = str(tmp_path / "events.jsonl")
    passwords = [str(end[key]) for end in (mysql_source, mysql_target) for key in ("password", "root_password")]
    yield Site(schema, environment, tmp_path / "summary.json", source, target_root(autocommit=True), passwords)
    with target_root(
        autocommit=True
    ).cursor() as cursor:  # what other tests write to the source is none of its business
        cursor.execute("STOP REPLICA")
        cursor.execute("RESET REPLICA ALL")


def test_a_run_is_planned_then_done_then_nothing_is_left_to_do(site: Site) -> None:
    planned = site.run("--check", "--diff")
    assert (planned.returncode, planned.stderr) == (0, ""), planned.stdout
    assert "Replatform: plan of sandbox" in planned.stdout
    assert site.run().returncode == 0
    done = site.summary()
    assert (done["environment"], done["ok"], done["stages"][0]["changed"]) == ("sandbox", True, True)
    assert [check["ok"] for check in done["stages"][0]["checks"]] == [True] * 7
    again = site.run()
    assert "changed=0" in again.stdout
    assert site.summary()["stages"][0]["changed"] is False


def test_a_difference_fails_the_run_and_stands_in_the_summary(site: Site) -> None:
    assert site.run().returncode == 0
    with site.target.cursor() as cursor:
        cursor.execute(f"DELETE FROM `{site.schema}`.t WHERE id = 7")
    failed = site.run()
    summary = site.summary()
    assert failed.returncode != 0
    assert (summary["ok"], summary["stages"][0]["status"]) == (False, "failed")
    assert "row 7 is missing" in summary["stages"][0]["checks"][-1]["detail"]
    assert "The run failed" in site.summary_file.with_name("index.html").read_text()
    assert "Traceback" not in failed.stdout + failed.stderr
    assert site.run().returncode == 0


def test_each_phase_from_the_switch_to_the_end_is_a_run_of_its_own(site: Site) -> None:
    with site.source.cursor() as cursor:
        cursor.execute(f"CREATE USER {site.schema}@'%%' IDENTIFIED BY %s", ("shop-5e2a",))
        cursor.execute(f"GRANT SELECT, INSERT ON {site.schema}.* TO {site.schema}@'%'")
    run = partial(site.run, mysql_migration_switch_roles=[])
    rollback, complete = (f"playbooks/mysql_{name}.yml" for name in ("rollback", "complete"))
    assert run(mysql_migration_phase="cutover").returncode == 0
    assert "the application writes to the target" in site.summary()["stages"][0]["checks"][-1]["detail"]
    assert "changed=0" in run(mysql_migration_phase="cutover").stdout
    assert run(playbook=rollback).returncode == 0
    assert "the application writes to the source" in site.summary()["stages"][0]["checks"][-1]["detail"]
    assert run(mysql_migration_phase="cutover").returncode == 0
    refused = run(playbook=complete)
    assert (refused.returncode, "the only other copy" in refused.stdout) == (2, True)
    assert run(playbook=complete, mysql_migration_backup="rds:shop").returncode == 0
    assert "changed=0" in run(mysql_migration_phase="cutover").stdout


def test_a_log_tells_the_milestones_and_a_terminal_one_line_that_goes_away(site: Site) -> None:
    logged = site.run(mysql_migration_chunk_bytes=20_000, mysql_migration_follow=False)
    assert re.search(rf"^copy  {site.schema}  \[#{{20}}\] 100%  900 rows", logged.stdout, re.MULTILINE), logged.stdout
    with site.source.cursor() as cursor:
        cursor.execute(f"INSERT INTO `{site.schema}`.t VALUES (1000, 'y')")
    controller, terminal = pty.openpty()
    running = subprocess.Popen(
        site.command(mysql_migration_follow=False),
        cwd=ROOT,
        env=site.environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux ends a terminal that nobody writes to any more
        while data := os.read(controller, 65536):
            shown += data
    os.close(controller)
    assert running.wait() == 0
    text = shown.decode()
    assert f"\r\x1b[2Kcopy  {site.schema}" in text
    assert re.search(r"changed: \[localhost\]\x1b\[0m\r\n\r\x1b\[2K", text), text


def test_an_unknown_phase_is_refused(site: Site) -> None:
    refused = site.run(mysql_migration_phase="leap")
    assert refused.returncode != 0
    assert "value of mysql_migration_phase must be one of: assess, copy, follow, verify" in refused.stdout


OUR_USERS = """SELECT DISTINCT thread.processlist_user FROM performance_schema.session_connect_attrs AS attribute
JOIN performance_schema.threads AS thread ON thread.processlist_id = attribute.processlist_id
WHERE attribute.attr_name = 'program_name' AND attribute.attr_value = 'replatform'"""


def test_no_password_is_in_any_output_or_journal_and_root_is_never_used(site: Site, tmp_path: Path) -> None:
    progress = tmp_path / "progress.jsonl"
    brake = tmp_path / "brake"
    brake.touch()
    command = site.command(
        "-vvv", "--diff", mysql_migration_progress_file=str(progress), mysql_migration_throttle_file=str(brake)
    )
    running = subprocess.Popen(
        command, cwd=ROOT, env=site.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    seen: list[str] = []
    while not progress.exists() or 'throttled_by": "flag' not in progress.read_text():
        assert running.poll() is None
        time.sleep(0.1)
    for process in psutil.Process(running.pid).children(recursive=True):
        seen += [*process.cmdline(), *process.environ().values()]
    users = []
    for end in (site.source, site.target):
        with end.cursor() as cursor:
            cursor.execute(OUR_USERS)
            users += [row[0] for row in cursor.fetchall()]
    assert users == ["doadmin", "admin"]
    brake.unlink()
    output = running.communicate(timeout=120)[0]
    assert running.returncode == 0, output
    with site.target.cursor() as cursor:
        for table in ("migration", "unit_group", "unit"):
            cursor.execute(f"SELECT * FROM `{site.schema}_journal`.{table}")
            seen += [str(row) for row in cursor.fetchall()]
    report = site.summary_file.with_name("index.html").read_text()
    seen += [output, progress.read_text(), site.summary_file.read_text(), report]
    assert "throttled: <bdi>flag" in report
    assert output.rstrip().splitlines()[-1] == f"Report: {site.summary_file.with_name('index.html')}"
    assert [password for password in site.passwords if any(password in text for text in seen)] == []


def test_a_killed_controller_leaves_no_process_and_the_next_run_completes(site: Site, tmp_path: Path) -> None:
    brake = tmp_path / "brake"
    brake.touch()
    progress = tmp_path / "progress.jsonl"
    variables = {"mysql_migration_throttle_file": str(brake), "mysql_migration_progress_file": str(progress)}
    running = subprocess.Popen(
        site.command(**variables), cwd=ROOT, env=site.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not progress.exists() or 'throttled_by": "flag' not in progress.read_text():
        assert running.poll() is None
        time.sleep(0.1)
    family = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGKILL)
    running.wait()
    left = psutil.wait_procs(family, timeout=5)[1]
    assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []
    brake.unlink()
    assert site.run().returncode == 0
    assert site.summary()["ok"]
