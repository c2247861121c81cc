"""A cluster as a run of ours sees it: the few calls of the API that we make, and pods as processes of this machine.

What is sent is held against the published schemas first (kubernetes-validate), as the real API does. A pod is the
manifest's command with nothing of our environment but what the worker image has: Python and the collection. It starts
once its Secret is there, whose mounted file is a real one; only the folder's name differs.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from .modules import ROOT

TOKEN = "token-of-the-tests"
PLACES = re.compile(
    r"/(?:api|apis/batch)/v1/namespaces/(?P<namespace>[^/]+)/(?P<kind>jobs|secrets|pods)(?:/(?P<name>[^/?]+))?"
)


class Cluster:
    """Jobs and Secrets by name, each as it was sent, and all pods that were ever started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, dict[str, Any]] = {}
        self.sent: list[dict[str, Any]] = []
        self.pods: list[subprocess.Popen[bytes]] = []
        self.said = folder / "pods.log"
        self.refused: str = ""
        """Message of a 403 to every request; "" for none."""
        self.waiting: dict[str, str] = {}
        """Reason and message of a container that waits; no pod is started while there is one."""
        self.environment: dict[str, str] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def kubeconfig(self) -> Path:
        address = f"http://127.0.0.1:{self._server.server_address[1]}"
        file = self.folder / "kubeconfig"
        file.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "tests",
                    "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
                    "clusters": [{"name": "tests", "cluster": {"server": address}}],
                    "users": [{"name": "tests", "user": {"token": TOKEN}}],
                }
            )
        )
        return file

    def workers(self, parallelism: int, **more: Any) -> dict[str, Any]:
        """The option `workers` of a run on this cluster."""
        given = {"parallelism": parallelism, "image": "replatform-worker", "kubeconfig": str(self.kubeconfig), **more}
        return {"kubernetes": given}

    def create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        kubernetes_validate.validate(body, kubernetes_validate.latest_version(), strict=True)
        made = {**body, "metadata": {**body["metadata"], "uid": str(uuid.uuid4())}}
        with self._lock:
            self.sent.append(body)
            (self.jobs if kind == "jobs" else self.secrets)[body["metadata"]["name"]] = made
            if kind == "secrets" and not self.waiting:
                self._start(body["metadata"]["name"])
        return made

    def delete(self, kind: str, name: str) -> bool:
        with self._lock:
            gone = (self.jobs if kind == "jobs" else self.secrets).pop(name, None)
        if gone and kind == "jobs":
            self._end()
        return gone is not None

    def verdict(self, authorization: str | None, known: bool) -> tuple[int, str]:
        """Status and reason of a refusal; an empty reason for none."""
        if authorization != f"Bearer {TOKEN}":
            return 401, "Unauthorized"
        if self.refused:
            return 403, self.refused
        return 404, "" if known else "the server could not find the requested resource"

    def start_again(self) -> subprocess.Popen[bytes]:
        """One more pod of the Job that is there, as when one was replaced or started twice."""
        return self._pod(next(iter(self.jobs.values())))

    def statuses(self) -> list[dict[str, Any]]:
        if not self.waiting:
            return []
        container = {"name": "worker", "image": "", "imageID": "", "ready": False, "restartCount": 0}
        return [{"status": {"containerStatuses": [{**container, "state": {"waiting": self.waiting}}]}}]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._end()

    def _start(self, name: str) -> None:
        owner = self.secrets[name]["metadata"]["ownerReferences"][0]
        job = self.jobs[owner["name"]]
        assert owner["uid"] == job["metadata"]["uid"]
        mounted = self.folder / "mounted"
        mounted.mkdir(exist_ok=True)
        for file, text in self.secrets[name]["stringData"].items():
            (mounted / file).write_text(text)
        for _rest in range(job["spec"]["parallelism"]):
            self._pod(job)

    def _pod(self, job: dict[str, Any]) -> subprocess.Popen[bytes]:
        container = job["spec"]["template"]["spec"]["containers"][0]
        folder = container["volumeMounts"][0]["mountPath"]
        command = [word.replace(folder, str(self.folder / "mounted")) for word in container["command"]]
        path = str(Path(sys.executable).parent)
        environment = {"PATH": path, "PYTHONPATH": str(ROOT), **self.environment}
        with self.said.open("ab") as said:
            pod = subprocess.Popen(
                command, cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        self.pods.append(pod)
        return pod

    def _end(self) -> None:
        for pod in self.pods:
            pod.send_signal(signal.SIGTERM)
        for pod in self.pods:
            pod.wait(10)


def _handler(cluster: Cluster) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            place = self._place()
            if place:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    self._answer(201, cluster.create(place["kind"], body))
                except kubernetes_validate.ValidationError as error:
                    self._answer(422, {"kind": "Status", "message": error.message})

        def do_DELETE(self) -> None:
            place = self._place()
            if place:
                found = cluster.delete(place["kind"], place["name"])
                self._answer(200 if found else 404, {"kind": "Status", "message": f"{place['name']} not found"})

        def do_GET(self) -> None:
            if self._place():
                self._answer(200, {"kind": "PodList", "items": cluster.statuses()})

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
            pass

        def _place(self) -> dict[str, str]:
            """What the path names; nothing once it was answered with a refusal."""
            place = PLACES.match(self.path)
            status, why = cluster.verdict(self.headers["Authorization"], place is not None)
            if why:
                self._answer(status, {"kind": "Status", "message": why})
            return place.groupdict() if place and not why else {}

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler


@contextmanager
def cluster(folder: Path, **environment: str) -> Iterator[Cluster]:
    """A cluster of the test's own; `environment` is what its pods get besides, such as a failpoint."""
    made = Cluster(folder)
    made.environment = {**environment}
    try:
        yield made
    finally:
        made.close()
