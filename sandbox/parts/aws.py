from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any

import psutil

from ..aws_emulator import PROCESS
from ..errors import SandboxError
from ..http import ask
from ..processes import marked, spawn, stop, wait_until
from ..state import CHECKOUT, LOOPBACK, State

REGION = "eu-central-1"
ACCESS_KEY = "sandbox"
# No word that is anywhere else: modules mask it in all that they return, such as a tag "environment: sandbox".
SECRET_KEY = "key-of-the-emulator"
START_TIMEOUT_S = 60


class Aws:
    """The AWS emulator. It keeps everything in memory: what is in it ends with its process."""

    name = "aws"
    usual_port = 4566

    def __init__(self, state: State) -> None:
        self.state = state
        self.folder = state.folder / self.name
        self.log = state.log / f"{self.name}.log"
        self._process: psutil.Process | None = None

    def install(self) -> None:
        if not find_spec("moto"):
            raise SandboxError("The AWS emulator needs the Python package moto[server]; run 'make setup'.")

    def start(self) -> None:
        running = marked(self.folder)
        if running:
            self._process = running[0]
            return
        command = [sys.executable, "-m", "sandbox.aws_emulator", "--host", LOOPBACK, "--port", str(self._port())]
        self._process = spawn(command, self.folder, self.log, {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"})

    def ready(self) -> None:
        if self._process:
            wait_until(self._answers, self._process, f"The AWS emulator on {self._url()}", self.log, START_TIMEOUT_S)

    def endpoint(self) -> dict[str, Any]:
        return {"url": self._url(), "region": REGION, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}

    def stop(self) -> None:
        stop(marked(self.folder))

    def running(self) -> bool:
        return bool(marked(self.folder))

    def describe(self) -> str:
        return f"{LOOPBACK}:{self._port()}  moto"

    def _port(self) -> int:
        return self.state.port(self.name, self.usual_port, self.running())

    def _url(self) -> str:
        return f"http://{LOOPBACK}:{self._port()}"

    def _answers(self) -> bool:
        """Whether our own one does: another sandbox that started at the same moment may have got the port."""
        try:
            answers = ask(f"{self._url()}{PROCESS}", timeout_s=2)["pid"]
        except OSError:
            return False
        return self._process is not None and answers == self._process.pid


class ExistingAws:
    """An AWS API that somebody else runs, named by SANDBOX_AWS_URL; keys and region from the usual AWS variables."""

    name = "aws"

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    @classmethod
    def given(cls) -> ExistingAws | None:
        """The one that the environment names, if any."""
        url = os.environ.get("SANDBOX_AWS_URL")
        if not url:
            return None
        if not url.startswith(("http://", "https://")):
            raise SandboxError("SANDBOX_AWS_URL must look like http://host:port; correct it or unset it.")
        return cls(url)

    def install(self) -> None:
        """Is there already."""

    def start(self) -> None:
        """Runs already."""

    def ready(self) -> None:
        """Its first caller will see."""

    def endpoint(self) -> dict[str, Any]:
        return {
            "url": self._url,
            "region": os.environ.get("AWS_DEFAULT_REGION", REGION),
            "access_key": os.environ.get("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            "secret_key": os.environ.get("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        }

    def stop(self) -> None:
        """Is not ours to stop."""

    def running(self) -> bool:
        return True

    def describe(self) -> str:
        return f"{self._url}  an existing one"
