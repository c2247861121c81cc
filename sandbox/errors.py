from __future__ import annotations

from pathlib import Path

LOG_LINES = 12


class SandboxError(Exception):
    """One sentence for the user: what, where, why, what to do; then the last lines of the log that explain it."""

    def __init__(self, message: str, *, log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.log = log

    def __str__(self) -> str:
        lines = last_lines(self.log) if self.log else []
        return "\n".join([self.message, *(f"  | {line}" for line in lines)])


def last_lines(log: Path, count: int = LOG_LINES) -> list[str]:
    """The last lines of a log, none when there is no log."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 16384))
            text = stream.read().decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-count:]
