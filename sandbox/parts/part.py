from __future__ import annotations

from typing import Any, Protocol


class Part(Protocol):
    """One piece of the sandbox. Every word can be said again at any time, also after it was interrupted."""

    name: str

    def install(self) -> None:
        """Brings its programs into the cache."""

    def start(self) -> None:
        """Its process runs."""

    def ready(self) -> None:
        """Returns when it answers and is set up; fails with the end of its log after a bounded wait."""

    def endpoint(self) -> dict[str, Any]:
        """What a client needs to reach it, as in endpoints.json."""

    def stop(self) -> None:
        """No process of it runs."""

    def running(self) -> bool:
        """Whether a process of it runs."""

    def describe(self) -> str:
        """Where it listens and what it is, in a few words."""
