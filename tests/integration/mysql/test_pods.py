"""Workers in a cluster: the same copy, by the pod's exact command line and with the journal as all that is shared."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymysql.connections import Connection

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.mysql.connection import Server
from ansible_collections.replatform.aws.plugins.module_utils.mysql.mailbox import MysqlMailbox
from tests.support.cluster import Cluster, cluster
from tests.support.modules import Running, gone_after, run_module, start_module

from .conftest import Rig

PODS = 3


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path) as made:
        yield made


def start(rig: Rig, kube: Cluster, **more: Any) -> Running:
    return start_module("mysql_copy", {**rig.args, "workers": kube.workers(PODS), **more})


def running(kube: Cluster) -> list[psutil.Process]:
    return [psutil.Process(pod.pid) for pod in kube.pods if pod.poll() is None]


def until(module: Running, true: Callable[[], bool]) -> None:
    """Waits for something while the module works."""
    while not true():
        assert module.process.poll() is None, module.result()
        time.sleep(0.02)


def test_a_copy_by_pods_under_load_is_the_same_and_leaves_nothing_in_the_cluster(rig: Rig, kube: Cluster) -> None:
    with rig.writer():
        result = start(rig, kube).result()
    assert (result.get("msg"), result["units"] >= 200) == (None, True)
    assert "killed" not in str(result.get("warnings", ""))
    assert (len(kube.pods), kube.jobs, kube.secrets) == (PODS, {}, {})
    assert gone_after(running(kube), 5) == []
    rig.follow(result["position"])
    verified = run_module("mysql_verify", {**rig.args, "workers": kube.workers(2)})
    assert (verified.get("msg"), verified["mismatches"]) == (None, 0)
    with rig.target.connect() as root, root.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM replatform.message")
        assert cursor.fetchall()[0][0] == 0


def test_passwords_are_in_the_secret_alone(rig: Rig, kube: Cluster) -> None:
    module = start(rig, kube)
    seen: set[str] = set()
    until(module, lambda: bool(running(kube)))
    while module.process.poll() is None:
        for pod in kube.pods:
            try:
                process = psutil.Process(pod.pid)
                seen |= {*process.cmdline(), *process.environ().values()}
            except psutil.Error:
                continue
        time.sleep(0.05)
    result = module.result()
    passwords = [rig.args[side]["password"] for side in ("source", "target")]
    kinds = {sent["kind"]: json.dumps(sent) for sent in kube.sent}
    places = [json.dumps(result), kinds["Job"], kube.said.read_text(), *seen]
    assert [word for word in passwords if any(word in place for place in places)] == []
    assert [word for word in passwords if json.dumps(word)[1:-1] not in kinds["Secret"].replace("\\", "")] == []


def test_a_killed_pod_loses_its_unit_to_the_others(rig: Rig, kube: Cluster) -> None:
    with rig.writer():
        module = start(rig, kube)
        until(module, lambda: rig.copied() >= 10)
        kube.pods[0].kill()
        result = module.result()
    assert result.get("msg") is None
    assert f"1 of {PODS} workers were killed or stuck; the others did their work." in str(result["warnings"])
    rig.proven(result)


def test_a_pod_that_was_started_again_or_twice_is_sent_away(rig: Rig, kube: Cluster) -> None:
    with rig.writer():
        module = start(rig, kube)
        until(module, lambda: rig.copied() >= 5)
        late = kube.start_again()
        until(module, lambda: late.poll() is not None)
        result = module.result()
    assert result.get("msg") is None
    rig.proven(result)


def test_pods_end_when_the_controller_was_killed_and_the_next_run_goes_on(rig: Rig, kube: Cluster) -> None:
    with rig.writer():
        module = start(rig, kube)
        until(module, lambda: rig.copied() >= 20)
        module.process.kill()
        module.process.communicate()
        assert gone_after(running(kube), 20) == []
        done = rig.copied()
        result = start(rig, kube).result()
    assert result.get("msg") is None
    assert done >= 20
    assert result["kept"] + result["recopied"] >= 20
    rig.proven(result)


def test_the_throttle_file_of_the_controller_holds_pods_and_a_cluster_that_is_gone_fails_no_copy(
    rig: Rig, kube: Cluster, tmp_path: Path
) -> None:
    brake = tmp_path / "brake"
    brake.touch()
    progress = tmp_path / "progress"
    module = start(rig, kube, throttle_file=str(brake), progress_file=str(progress))
    until(module, lambda: progress.exists() and f"flag file {brake}" in progress.read_text())
    assert rig.copied() == 0
    kube.refused = "expired"
    brake.unlink()
    result = module.result()
    assert result["units"] >= 200
    assert "It ends by itself" in str(result["warnings"])


@pytest.mark.parametrize(
    ("refused", "waiting", "said"),
    [
        ("jobs.batch is forbidden", {}, "must be allowed to create and delete jobs and secrets"),
        ("", {"reason": "ErrImagePull", "message": "no such image"}, "(ErrImagePull: no such image)"),
    ],
)
def test_a_cluster_that_starts_no_pod_is_explained(
    rig: Rig, kube: Cluster, refused: str, waiting: dict[str, str], said: str
) -> None:
    kube.refused, kube.waiting = refused, waiting
    workers = kube.workers(PODS, ready_timeout_seconds=1)
    result = run_module("mysql_copy", {**rig.args, "workers": workers})
    assert result["failed"]
    assert said in result["msg"]
    assert (kube.jobs, kube.secrets, kube.pods) == ({}, {}, [])


def test_lines_of_a_mailbox_arrive_once_and_in_order_over_a_cut_connection(
    schema: str, mysql_target: dict[str, Any], target_root: Callable[..., Connection[Any]]
) -> None:
    server = Server.of("target", {**mysql_target, "ca": None})
    run, worker = (MysqlMailbox(server, schema, "shop", 7, 5.0, owner) for owner in ("", "pod"))
    with closing(run), closing(worker), target_root(autocommit=True) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {schema}")
        run.prepare()
        worker.send(["one"])
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE user = %s AND id <> CONNECTION_ID() ORDER BY id DESC",
            (mysql_target["username"],),
        )
        cursor.execute(f"KILL {cursor.fetchall()[0][0]}")
        with pytest.raises(ReplatformError):
            worker.send(["two"])
        worker.send(["three"])
        again = f"INSERT INTO `{schema}`.message VALUES ('shop', 7, '', 'pod', 1, 'one')"
        assert run.receive() == [("pod", "one"), ("pod", "two"), ("pod", "three")]
        cursor.execute(again)  # as a worker does that never heard whether its line had arrived
        assert run.receive() == []
        run.send(["open"], "pod")
        assert worker.receive() == [("", "open")]
