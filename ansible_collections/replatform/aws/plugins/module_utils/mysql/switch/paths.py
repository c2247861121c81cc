# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the changes of one server come to the other: by MySQL's own replication, or by the row applier at the source."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ...errors import ReplatformError
from .. import privileges
from ..applier import way_back
from ..connection import Server, sentences, value, variable
from ..pause import Account, LockedAccounts
from ..replication.account import Login
from ..replication.channel import Channel, channel, required
from ..replication.handshake import handshake, reached
from ..replication.lag import Lag, Lags
from ..replication.meeting import there_at
from ..replication.status import Status
from ..replication.troubles import reason, trouble
from ..selection import Settings
from .ends import APPLIER, NATIVE, End

START_TIMEOUT_S = 20.0
LOCK_TIMEOUT_S = 10.0
POLL_S = 0.002
SEEDS = ("SYSTEM_VARIABLES_ADMIN", "SUPER")

Check = Callable[[], None]
Position = Mapping[str, Any]


class Path(Protocol):
    """The way there brings what is written at one server to the other, until it is switched to. Then the way back does.

    As the way there: begin(), lag(), reach(), stop(), remove(). As the way back: ready(), arm(), settle(); until the
    other side is open also disarm().
    """

    kind: str

    def begin(self) -> None:
        """It runs from now on; nothing happens where it does already."""

    def lag(self) -> Lag:
        """How far behind it is. Raises when it is broken, with what to do."""
        raise NotImplementedError

    def reach(self, at: Position, deadline: float, check: Check) -> None:
        """Returns once everything up to a position has come."""

    def stop(self) -> None:
        """Nothing more comes."""

    def remove(self) -> None:
        """Nothing is left of it at the server that changes came to."""

    def ready(self) -> list[str]:
        """Makes sure, before anything is paused, that it can be armed; returns warnings."""
        raise NotImplementedError

    def arm(self, at: Position) -> None:
        """Everything that is written after this position will come, and nothing from before it."""

    def disarm(self) -> None:
        """Undoes arm()."""

    def settle(self, accounts: list[Account]) -> None:
        """It may run: the server it leads to is written to by nobody else. May be done again."""


class Native:
    """Replication of the server itself: `replica` follows `upstream`, as which it logs in by `login`."""

    kind = NATIVE

    def __init__(self, upstream: End, replica: End, login: Login, migration: str) -> None:
        self._upstream, self._replica = upstream, replica
        self._login, self._migration = login, migration
        self._channel: Channel = required(replica.connection, replica.server)
        self._ready: Server | None = None
        self._lags = Lags((upstream.connection, upstream.server), (replica.connection, replica.server))

    @staticmethod
    def possible(replica: End) -> bool:
        """Whether our account may make this server a replica that has some transactions already."""
        found = channel(replica.connection, replica.server)
        if found is None or variable(replica.connection, "gtid_mode") != "ON":
            return False
        grants = privileges.read(replica.connection)
        return found.kind == "procedures" or any(not grants.missing("", {one}) for one in SEEDS)

    def begin(self) -> None:
        status = self._status()
        if not status.healthy:
            self._channel.start()
            self._healthy()

    def lag(self) -> Lag:
        return self._lags.now(self._status())

    def reach(self, at: Position, deadline: float, check: Check) -> None:
        while not there_at(self._replica.connection, self._replica.server, self._status(), dict(at)):
            check()
            if time.monotonic() > deadline:
                raise _late(self._replica.server, self.lag())
            time.sleep(POLL_S)

    def stop(self) -> None:
        self._channel.stop()

    def remove(self) -> None:
        if self._channel.status():
            self._channel.reset()

    def ready(self) -> list[str]:
        self.remove()
        login = self._login.ready(self._upstream.connection, self._upstream.server, self._migration, replayed=False)
        code, text = handshake(self._channel, login)
        if not reached(code, text):
            raise ReplatformError(
                f"{_upper(self._replica.server)} could not follow {self._upstream.server} on the way back: as "
                f"{login.username}@{login.host}:{login.port} it has no answer ({reason(text) or 'in time'}). Let it "
                "log in there, then run again; nothing was switched.",
                code=str(code),
            )
        self._ready = login
        return []

    def arm(self, at: Position) -> None:
        """It is started by settle() alone: before, it would lift the pause. That it can run ready() has proven."""
        gtids = str(at["gtid_executed"])
        if self._ready is None:
            raise ReplatformError(f"Replication to {self._replica.server} was not made ready; run again.")
        if gtids:
            self._channel.seed(gtids)
        anonymous = not gtids and variable(self._replica.connection, "gtid_mode") == "ON"
        self._channel.configure(self._ready, None if gtids else dict(at), anonymous=anonymous)

    def disarm(self) -> None:
        self.remove()

    def settle(self, accounts: list[Account]) -> None:  # noqa: ARG002  only the applier asks
        self.begin()

    def _status(self) -> Status:
        status = self._channel.status()
        if not status:
            raise ReplatformError(
                f"{_upper(self._replica.server)} is no replica any more; run mysql_follow, then mysql_verify."
            )
        if found := trouble(status):
            raise ReplatformError(found.sentence, code=str(found.code), repair=found.repair)
        return status

    def _healthy(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (status := self._status()).healthy:
            if time.monotonic() > deadline:
                raise ReplatformError(
                    f"{_upper(self._replica.server)} does not begin to follow {status.host}:{status.port} within "
                    f"{START_TIMEOUT_S:.0f} s; see that it can reach it and log in there, then run again."
                )
            time.sleep(POLL_S)


class Applied:
    """The row applier, which writes the target's changes to the source as an ordinary client."""

    kind = APPLIER

    def __init__(self, source: End, target: End, settings: Settings, accounts: Sequence[Account] = ()) -> None:
        self._source, self._target, self._settings = source, target, settings
        self._accounts = list(accounts)
        self._thread: threading.Thread | None = None
        self._applier: Any = None
        self._error: BaseException | None = None
        self._definers = ""
        self._late_s: int | None = None

    def begin(self) -> None:
        if self._thread and self._thread.is_alive():
            return
        self._closed_again()
        self._error = self._late_s = None
        self._definers = way_back.definers(self._source.server, self._settings)
        self._applier = way_back.applier(self._source.server, self._target.server, self._settings, self._told)
        self._thread = threading.Thread(target=self._run, name="row applier", daemon=True)
        self._thread.start()

    def _closed_again(self) -> None:
        """The source takes rows from the applier alone: a switch that did not come to its end has left it otherwise.

        Its accounts may be unlocked, its schemas read-only, and its triggers there, which would fire for each row.
        """
        source = self._source
        lock = LockedAccounts(source.server, source.again(), self._settings.schemas, self._accounts)
        lock.before = {"locked": self._accounts}
        if not lock.paused():
            lock.pause(LOCK_TIMEOUT_S)
        self.settle(self._accounts)

    def _run(self) -> None:
        try:
            self._applier.run()
        except BaseException as error:  # noqa: BLE001  raised where somebody waits for it
            self._error = error

    def _told(self, event: dict[str, Any]) -> None:
        if "lag_s" in event:
            self._late_s = round(event["lag_s"])

    def lag(self) -> Lag:
        if self._error:
            raise self._error
        with sentences(self._target.server, "looking how far the source is behind"):
            wanted = str(value(self._target.connection, "SELECT @@GLOBAL.gtid_executed"))
        count = self._behind(wanted)
        return Lag(count, 0 if not count else self._late_s)

    def reach(self, at: Position, deadline: float, check: Check) -> None:
        while self._behind(str(at["gtid_executed"])):
            if self._error:
                raise self._error
            check()
            if time.monotonic() > deadline:
                raise _late(self._source.server, self.lag())
            time.sleep(POLL_S)

    def _behind(self, wanted: str) -> int:
        return way_back.behind(self._source.connection, self._source.server, self._settings, wanted)

    def stop(self) -> None:
        if self._thread:
            self._applier.stop.set()
            self._thread.join()
        way_back.restore_triggers(self._source.server, self._settings, self._definers)

    def remove(self) -> None:
        way_back.remove(self._source.server, self._settings)

    def ready(self) -> list[str]:
        return way_back.ready(self._source.server, self._target.server, self._settings)

    def arm(self, at: Position) -> None:
        way_back.begin(self._source.connection, self._source.server, self._settings, at)

    def disarm(self) -> None:
        self.remove()

    def settle(self, accounts: list[Account]) -> None:
        way_back.take(self._source.server, self._settings, [f"'{user}'@'{host}'" for user, host in accounts])


def _late(server: Server, lag: Lag) -> ReplatformError:
    return ReplatformError(
        f"{_upper(server)} did not get everything in time: it is still {lag} behind; nothing was switched and the "
        "application writes where it did. Wait for less load, or give switch_timeout more seconds.",
        code="NotReached",
        transactions_behind=lag.transactions,
    )


def _upper(server: Server) -> str:
    text = str(server)
    return text[0].upper() + text[1:]
