# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One moment of both servers while one follows the other: the source in a snapshot, the target applied up to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...errors import ReplatformError
from ...transfer import failpoint
from ..connection import Connection, Server, sentences, value
from ..gtid_set import intervals
from .channel import Channel, required
from .status import Status
from .troubles import trouble

START_TIMEOUT_S = 20.0
REACH_TIMEOUT_S = 300.0
LINGER_S = 1.0
POLL_S = 0.02


class Meeting:
    """Stops applying at the target, lets both sides open their views at one position, and starts applying again.

    The target stands still for as long as views take to open and the source's snapshot takes to reach it; a comparison
    that reads for hours adds nothing. Killed in between, the target waits for the next mysql_follow or mysql_verify.
    """

    def __init__(self, there: Connection, target: Server, check: Callable[[], None]) -> None:
        self._there, self._target, self._check = there, target, check
        self._channel: Channel = required(there, target)

    def hold(self, open_source: Callable[[], dict[str, Any]], open_target: Callable[[], None]) -> dict[str, Any]:
        """The position of `open_source`, at which `open_target` was called too."""
        self._running()
        self._channel.stop()
        try:
            failpoint.hit("within:meeting")
            at = open_source()
            self._channel.start_until(at)
            self._reach(at)
            failpoint.hit("within:met")
            open_target()
        finally:
            self._channel.start()
        return at

    def _running(self) -> None:
        """Waits until the target follows; one that was left standing is started."""
        deadline = time.monotonic() + START_TIMEOUT_S
        started = False
        while not self._status().healthy:
            if not started:
                self._channel.start()
                started = True
            if time.monotonic() > deadline:
                raise ReplatformError("The target does not follow the source just now; run mysql_follow, then verify.")
            self._check()
            time.sleep(POLL_S)

    def _status(self) -> Status:
        status = self._channel.status()
        if not status:
            raise ReplatformError("The target is no replica any more; run mysql_follow, then mysql_verify again.")
        if found := trouble(status):
            raise ReplatformError(found.sentence, code=str(found.code), repair=found.repair)
        return status

    def _reach(self, at: dict[str, Any]) -> None:
        deadline = time.monotonic() + REACH_TIMEOUT_S
        lingers = 0.0
        while True:
            self._check()
            status = self._status()
            if there_at(self._there, self._target, status, at):
                if not status.applying:
                    break
                # Where nothing follows, the applier may wait for an event to stop at.
                lingers = lingers or time.monotonic() + LINGER_S
                if time.monotonic() > lingers:
                    self._channel.stop()
            if time.monotonic() > deadline:
                raise ReplatformError(
                    f"The target did not reach the source's snapshot within {REACH_TIMEOUT_S:.0f} s; run mysql_follow, "
                    "which waits until it is close, then mysql_verify again."
                )
            time.sleep(POLL_S)
        if beyond := self._beyond(status, at):
            raise ReplatformError(
                f"The target did not stop at the source's snapshot but went on to {beyond}; see who else starts its "
                "replication, then run mysql_verify again."
            )

    def _beyond(self, status: Status, at: dict[str, Any]) -> str:
        """What of the source the target has beyond the position: nothing, or views of two moments would be compared."""
        if not at["gtid_executed"]:
            place = (status.file, status.position)
            return "" if place == (at["file"], at["position"]) else f"{status.file}:{status.position}"
        origins = {interval.origin for interval in intervals(at["gtid_executed"])}
        with sentences(self._target, "looking how far it is"):
            origins.discard(str(value(self._there, "SELECT @@server_uuid")))  # its own, of when the source followed it
            sql = "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, %s)"
            more = str(value(self._there, sql, (at["gtid_executed"],)))
        return ", ".join(f"{i.origin}:{i.last}" for i in intervals(more) if i.origin in origins)


def there_at(connection: Connection, server: Server, status: Status, at: dict[str, Any]) -> bool:
    """Whether a replica has applied everything up to a position of what it follows."""
    if not at["gtid_executed"]:
        return (status.file, status.position) >= (at["file"], at["position"])
    with sentences(server, "looking how far it is"):
        return bool(value(connection, "SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", (at["gtid_executed"],)))
