"""All parts together: up, down, status."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

from . import parts, secrets_store
from .errors import SandboxError
from .parts.part import Part
from .processes import marked, stop
from .shop.objects import ACCOUNT_NAME
from .state import State, sandbox_folder


@dataclass(frozen=True)
class Report:
    """What became of one part."""

    name: str
    word: str
    detail: str = ""
    seconds: float | None = None
    error: str | None = None


Tell = Callable[[Report], None]


def _say_nothing(_report: Report) -> None:
    """For a caller who only wants the outcome."""


def _side_by_side(work: Callable[[Part], Report], chosen: Sequence[Part]) -> Iterator[Report]:
    """The reports of all parts, each as soon as it is there."""
    # Not as a context: after Ctrl-C it would wait for an installation to end.
    pool = ThreadPoolExecutor(len(chosen))
    try:
        for done in as_completed([pool.submit(work, part) for part in chosen]):
            yield done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Sandbox:
    """The parts of one sandbox folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.state = State((folder or sandbox_folder()).resolve())

    def up(self, names: Sequence[str] = (), tell: Tell = _say_nothing) -> dict[str, dict[str, Any]]:
        """Starts the parts side by side, all when none is named; their endpoints by name.

        Raises: SandboxError after every part has ended one way or the other, when one of them failed.
        """
        chosen = self._parts(names or parts.USUAL)
        with self.state.lock():
            reports = []
            for report in _side_by_side(self._bring_up, chosen):
                reports.append(report)
                tell(report)
            ready = {report.name for report in reports if not report.error}
            endpoints = self.state.endpoints() | {part.name: part.endpoint() for part in chosen if part.name in ready}
            self.state.publish(endpoints)
            self._put_secrets(endpoints)
        if failed := [report for report in reports if report.error]:
            raise SandboxError("\n".join(f"{report.name}: {report.error}" for report in failed))
        return endpoints

    def down(self, names: Sequence[str] = (), *, purge: bool = False, tell: Tell = _say_nothing) -> None:
        """Stops the parts, side by side; with `purge` their data goes too."""
        chosen = self._parts(names)
        with self.state.lock():
            if not names:
                # First: its clients shall not see the servers go.
                stop(marked(self.traffic))
            for report in _side_by_side(lambda part: self._take_down(part, purge), chosen):
                tell(report)
            if not names:
                # Further servers of tests that were killed before they could stop them.
                stop(marked(self.state.folder / "extra", below=True))
                shutil.rmtree(self.state.folder / "extra", ignore_errors=True)
                if purge:
                    shutil.rmtree(self.traffic, ignore_errors=True)
            stopped = {part.name for part in chosen}
            self.state.publish({name: at for name, at in self.state.endpoints().items() if name not in stopped})

    def status(self, names: Sequence[str] = ()) -> list[Report]:
        """Of every part, whether it is up."""
        known = self.state.endpoints()
        reports = []
        for part in self._parts(names):
            if part.name in known and part.running():
                reports.append(Report(part.name, "up", part.describe()))
            else:
                reports.append(Report(part.name, "half up" if part.running() else "down"))
        return reports

    def endpoints(self) -> dict[str, dict[str, Any]]:
        """The endpoints of the parts that are up."""
        return self.state.endpoints()

    def endpoint(self, name: str) -> dict[str, Any]:
        """The endpoint of a part that is up."""
        known = self.state.endpoints()
        if name not in known or not parts.make(name, self.state).running():
            raise SandboxError(f"{name} is not up; run 'python -m sandbox up {name}' first.")
        return known[name]

    @property
    def traffic(self) -> Path:
        """The folder of the shop's traffic, and the mark of its process."""
        return self.state.folder / "traffic"

    def application(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        """The endpoint with the account of the shop's application."""
        account = {"username": ACCOUNT_NAME, "password": self.state.password("shop.application")}
        return {"host": endpoint["host"], "port": endpoint["port"], **account}

    def _parts(self, names: Sequence[str]) -> list[Part]:
        return [parts.make(name, self.state) for name in dict.fromkeys(names or parts.NAMES)]

    def _put_secrets(self, endpoints: dict[str, dict[str, Any]]) -> None:
        databases = {name: endpoint for name, endpoint in endpoints.items() if name.startswith("mysql_")}
        if "aws" in endpoints and databases and parts.make("aws", self.state).running():
            source = databases.get("mysql_source")
            secrets_store.put(endpoints["aws"], databases, self.application(source) if source else None)

    def _bring_up(self, part: Part) -> Report:
        began = time.monotonic()
        try:
            was_running = part.running()
            part.install()
            part.start()
            part.ready()
        except (SandboxError, OSError, pymysql.MySQLError, subprocess.SubprocessError) as error:
            return Report(part.name, "failed", seconds=time.monotonic() - began, error=str(error))
        return Report(part.name, "was up" if was_running else "up", part.describe(), time.monotonic() - began)

    def _take_down(self, part: Part, purge: bool) -> Report:
        began = time.monotonic()
        was_running = part.running()
        part.stop()
        if purge:
            shutil.rmtree(self.state.folder / part.name, ignore_errors=True)
        word = "stopped" if was_running else "was down"
        return Report(part.name, word, "data removed" if purge else "", time.monotonic() - began)
