# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the target follow the source by MySQL's own replication, from the position of the copy's snapshot."""

from __future__ import annotations

import os
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from ..errors import ReplatformError
from ..resource import Outcome
from ..transfer import lifeline
from ..transfer import run as transfer
from .connection import Connection, Server, connect, dicts, sentences, value, variable
from .copy import copy
from .journal import FOLLOWING_PHASES, MysqlJournal, State
from .replication.account import Login
from .replication.channel import PROBE_FILE, Channel, required
from .replication.lag import Lag, Lags
from .replication.status import Status
from .replication.troubles import ACCOUNTS, LOGIN, PURGED, RECOPY, TLS, UNREACHABLE, Trouble, trouble
from .selection import Settings, compatible, known

NEXT = "Run mysql_verify to compare both servers while the target follows."
START_TIMEOUT_S = 20.0
POLL_S = (0.1, 2.0)
PATIENCE_S = 30.0
"""How long a receiver that was cut off may try to come back before that is an error."""
LOST = "lost"
PARTED_PHASES = (LOST, "differs")
"""The copy and the source have parted: rows have to be copied again before the target can follow."""
COPY_ONLY = (
    "It can be moved by copying alone, while nobody writes to it: stop the application's writes, run mysql_copy, then "
    "mysql_verify, switch over, and let nobody write to the source from the first to the last of these."
)


@dataclass(frozen=True)
class FollowWishes:
    """How to follow."""

    login: Login
    lag_s: int = 5
    transactions: int = 1000
    wait: bool = True
    wait_timeout_s: int = 600
    repair: tuple[str, ...] = ()


def follow(source: Server, target: Server, settings: Settings, wishes: FollowWishes, *, check: bool) -> Outcome:
    """Lets the target follow the source and waits until it is close; sends nothing where it already follows.

    Outcome.result: {phase, name, method, channel, account, lag_seconds, transactions_behind, position, next_step}.
    """
    journal = MysqlJournal(target, settings.journal_schema, settings.name)
    with closing(connect(source)) as here, closing(connect(target)) as there, closing(journal):
        identity = compatible((here, source), (there, target), settings)
        readable(here, source)
        state = known(journal, identity)
        phase = state.phase if state else ""
        ready = phase in ("copied", *FOLLOWING_PHASES) or (phase in PARTED_PHASES and RECOPY in wishes.repair)
        if not state or not ready:
            if check:
                result = {**_blank(), "phase": phase or "planned", "name": settings.name}
                actions = ["follow the source from the position of the copy"]
                return Outcome(True, {**result, "next_step": "Run without check mode."}, actions=actions)
            raise ReplatformError(
                f"Migration {settings.name} has no copy to follow from"
                f" ({'it is ' + phase if state else 'its journal is empty'}); run mysql_copy first.",
                phase=phase or None,
            )
        return _Follow(here, there, source, target, journal, settings, wishes, identity, state).run(check)


def readable(here: Connection, source: Server) -> None:
    """Raises where the source writes no binary log that a MySQL server could apply without firing triggers twice."""
    with sentences(source, "looking at its binary log"):
        version = str(value(here, "SELECT VERSION()"))
        why = ""
        if "mariadb" in version.lower():
            why = f"is MariaDB ({version}), whose binary log MySQL does not read"
        elif variable(here, "log_bin") != "ON":
            why = "writes no binary log (log_bin is OFF)"
        elif (form := variable(here, "binlog_format", "ROW")) != "ROW":
            raise ReplatformError(
                f"{source} writes its binary log as {form}, so that triggers would fire at the target again; set "
                "binlog_format to ROW there, let sessions connect anew, run mysql_copy again, then mysql_follow.",
                binlog_format=form,
            )
    if why:
        raise ReplatformError(f"{_upper(source)} {why}: it cannot be followed. {COPY_ONLY}", copy_only=True)


class _Follow:
    """One run: begins to follow or mends what keeps the target from it, then waits until it is close."""

    def __init__(
        self,
        here: Connection,
        there: Connection,
        source: Server,
        target: Server,
        journal: MysqlJournal,
        settings: Settings,
        wishes: FollowWishes,
        identity: str,
        state: State,
    ) -> None:
        self._here, self._there, self._source, self._target = here, there, source, target
        self._journal, self._settings, self._wishes, self._identity = journal, settings, wishes, identity
        self._state = state
        self._channel: Channel = required(there, target)
        self._actions: list[str] = []
        self._warnings: list[str] = []
        self._connected_again = False

    def run(self, check: bool) -> Outcome:
        status = self._ours(self._channel.status())
        found = self._first_trouble(status)
        if check:
            return self._planned(status, found)
        if found and found.repair == RECOPY and RECOPY in self._wishes.repair:
            self._recopy()
            status, found = None, None
        if found or not self._state.follows or not status or not status.healthy:
            with transfer.Run(self._journal, source=self._identity, lease_s=self._settings.lease_s) as run:
                self._bring(run, status, found)
        lag = self._caught_up() if self._wishes.wait else self._lags().now(self._running())
        return self._outcome(lag)

    # What there is

    def _ours(self, status: Status | None) -> Status | None:
        """The status of a channel of this migration, None where there is none. Raises when it is somebody else's."""
        if not status or status.reading == PROBE_FILE:
            return None
        if not self._state.facts.get("follow"):
            raise ReplatformError(
                f"The target is a replica of {status.host}:{status.port} already, and not by this migration; end that "
                "first (CALL mysql.rds_reset_external_source, or RESET REPLICA ALL), then run mysql_follow again.",
                replica_of=f"{status.host}:{status.port}",
            )
        return status

    def _first_trouble(self, status: Status | None) -> Trouble | None:
        """What has to be mended first: an error of replication, or a position that is gone."""
        if self._state.phase in PARTED_PHASES:
            return Trouble(0, "The copy and the source have parted.", RECOPY)
        if status and (found := trouble(status)):
            return found
        if status is None and self._state.follows and not self._auto_position:
            return Trouble(
                0,
                "The target's replication was taken away by somebody, and with it the place up to which the source's "
                f"changes were applied. Run mysql_follow with repair: [{RECOPY}].",
                RECOPY,
                kind=PURGED,
            )
        if (status is None or not status.healthy) and (gone := self._purged(status)):
            return gone
        return None

    def _purged(self, status: Status | None) -> Trouble | None:
        """Whether the source has already deleted binary logs that the target needs."""
        at = self._state.position
        with sentences(self._source, "looking at its binary logs"):
            if self._auto_position:
                executed = str(value(self._there, "SELECT @@GLOBAL.gtid_executed"))
                have = ",".join(filter(None, (executed, at["gtid_executed"])))
                sql = "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_purged, %s)"
                text = str(value(self._here, sql, (have,)))
                gone = f"transactions {text}" if text else ""
            else:
                file = status.file if status else at["file"]
                kept = [str(log["log_name"]) for log in dicts(self._here, "SHOW BINARY LOGS")]
                gone = file if file and file not in kept else ""
        if not gone:
            return None
        return Trouble(
            1236,
            f"The source no longer has the binary logs that the target needs ({gone}). Keep them longer there "
            f"(binlog_expire_logs_seconds), then run mysql_follow with repair: [{RECOPY}], which takes a new snapshot "
            "and copies again only what differs.",
            RECOPY,
            kind=PURGED,
        )

    @property
    def _auto_position(self) -> bool:
        """By GTIDs where the copy has a set of them. Raises where neither that nor a file is known."""
        at = self._state.position
        mode = variable(self._there, "gtid_mode")
        if at.get("gtid_executed"):
            if mode != "ON":
                raise ReplatformError(
                    f"The source has GTIDs and the target's gtid_mode is {mode or 'unknown'}, so it cannot follow; "
                    "set gtid_mode and enforce_gtid_consistency to ON at the target (parameter group), then run again.",
                    gtid_mode=mode,
                )
            return True
        if not at.get("file"):
            raise ReplatformError(
                f"The copy recorded neither GTIDs nor a place in the source's binary log to follow from; GRANT "
                f"REPLICATION CLIENT ON *.* TO {self._source.username} there, run mysql_copy, then mysql_follow.",
                missing="REPLICATION CLIENT",
            )
        return False

    def _planned(self, status: Status | None, found: Trouble | None) -> Outcome:
        actions = []
        if found:
            wanted = found.repair and found.repair in self._wishes.repair
            if not wanted and found.kind != UNREACHABLE:
                raise _told(found)
            actions = [f"repair: {found.repair}"] if wanted else ["connect to the source again"]
        elif status is None:
            if not self._wishes.login.given:
                actions.append(f"make the account {self._account} at the source")
            actions.append(f"follow the source by {self._method}")
        elif not status.healthy:
            actions.append("start replication")
        lag = self._lags().now(status) if status else Lag(None, None)
        return self._outcome(lag, actions, check=True)

    # What is done

    def _bring(self, run: transfer.Run, status: Status | None, found: Trouble | None) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while found or not status or not status.healthy:
            run.check()
            if found:
                self._mend(status, found)
            elif not status:
                self._begin()
            elif not status.receiving:
                self._connect_again(status)
            else:
                self._channel.start()
                self._actions.append("start replication")
            status, found = self._settled(run, deadline)
            if not found and not status.healthy:
                raise self._late(status)
        phase = self._state.phase if self._state.follows else "following"
        self._journal.finish(phase, {"follow": self._facts})

    def _begin(self) -> None:
        """The journal knows of the channel before the target has one: killed anywhere, the next run goes on."""
        self._journal.note({"follow": self._facts, "replication_account": self._wishes.login.made(self._settings.name)})
        left = self._channel.status()
        if left:  # a probe's, or this migration's own that was never proven to run
            self._channel.reset()
        login = self._login()
        if self._auto_position:
            self._channel.seed(self._state.position["gtid_executed"])
        self._channel.configure(login, self._place(None), anonymous=self._anonymous)
        self._channel.start()
        self._connected_again = True
        self._actions.append(f"follow the source by {self._method}")

    def _connect_again(self, status: Status) -> None:
        """With the login of now, from where the target is; also at once, instead of when the receiver tries again."""
        self._channel.stop()
        self._channel.configure(self._login(), self._place(status), anonymous=self._anonymous)
        self._channel.start()
        self._connected_again = True
        self._actions.append("connect to the source again")

    def _login(self) -> Server:
        if not self._wishes.login.given:
            self._actions.append(f"make the account {self._account} at the source")
        return self._wishes.login.ready(self._here, self._source, self._settings.name)

    def _place(self, status: Status | None) -> dict[str, Any] | None:
        if self._auto_position:
            return None
        return status.place if status else self._state.position

    def _mend(self, status: Status | None, found: Trouble) -> None:
        """Does what the user allowed; raises the trouble itself where that is not enough."""
        if status and found.kind in (LOGIN, TLS, UNREACHABLE) and not self._connected_again:
            self._connect_again(status)
        elif found.repair == ACCOUNTS and ACCOUNTS in self._wishes.repair:
            self._channel.skip(found.gtid)
            self._channel.start()
            self._actions.append(f"leave out {found.gtid or 'the failing transaction'}")
            self._warnings.append(f"Left out, as repair asked: {found.sentence}")
        else:
            if found.kind == PURGED:
                self._journal.finish(LOST, {})
            raise _told(found)

    def _recopy(self) -> None:
        """A new snapshot, of which the units are copied that differ; by the copy's own lease."""
        with (
            closing(MysqlJournal(self._target, self._settings.journal_schema, self._settings.name)) as journal,
            transfer.Run(journal, source=self._identity, lease_s=self._settings.lease_s),
        ):
            journal.finish(LOST, {})
        copied = copy(self._source, self._target, self._settings, check=False)
        self._actions += copied.actions
        self._warnings += copied.warnings
        self._state = self._journal.find() or self._state

    def _settled(self, run: transfer.Run, deadline: float) -> tuple[Status, Trouble | None]:
        """The status once both sides run, or an error of one that does not."""
        while True:
            run.check()
            status = self._running()
            if status.healthy:
                time.sleep(POLL_S[0])  # an applier fails a moment after it has begun
                status = self._running()
            found = trouble(status)
            if status.healthy or found or time.monotonic() > deadline:
                return status, found
            time.sleep(POLL_S[0])

    def _running(self) -> Status:
        status = self._channel.status()
        if status is None:
            raise ReplatformError(
                "The target's replication was taken away while it was waited for; see who runs at the target, then run "
                "mysql_follow again."
            )
        return status

    def _late(self, status: Status) -> ReplatformError:
        return ReplatformError(
            f"The target's replication from {status.host}:{status.port} did not start within {START_TIMEOUT_S:.0f} s "
            "and gives no error; look at SHOW REPLICA STATUS there, then run mysql_follow again.",
        )

    # Waiting

    def _lags(self) -> Lags:
        return Lags((self._here, self._source), (self._there, self._target))

    def _caught_up(self) -> Lag:
        """Waits until the target is as close as wished; reads only."""
        wishes = self._wishes
        deadline = time.monotonic() + wishes.wait_timeout_s
        lags, pause, cut_off = self._lags(), POLL_S[0], 0.0
        first: int | None = None
        watch = lifeline.watch(lambda: os._exit(3))
        with closing(self._settings.progress("follow")) as progress:
            progress.unit = "transactions"
            try:
                while True:
                    status = self._running()
                    lag = lags.now(status)
                    if lag.transactions is not None:
                        first = max(first or 0, lag.transactions)
                        progress.size_done = progress.units_done = first - lag.transactions
                        progress.size_total = progress.units_total = first
                    progress.lag = lag.as_dict()
                    progress.emit()
                    if lag.within(wishes.transactions, wishes.lag_s):
                        return lag
                    found = trouble(status)
                    cut_off = 0.0 if status.receiving else cut_off or time.monotonic()
                    fatal = found and (found.kind != UNREACHABLE or time.monotonic() - cut_off > PATIENCE_S)
                    if found and fatal:
                        raise _told(found)
                    if time.monotonic() > deadline:
                        raise ReplatformError(
                            f"The target is still {lag} behind the source after {wishes.wait_timeout_s} s; it goes on "
                            "following by itself, so run mysql_follow again to wait on. Where the lag grows, give the "
                            "target more CPU or the source fewer writes.",
                            transactions_behind=lag.transactions,
                            lag_seconds=lag.seconds,
                        )
                    time.sleep(pause)
                    pause = min(POLL_S[1], pause * 1.5)
            finally:
                watch.set()

    # What is told

    @property
    def _anonymous(self) -> bool:
        return not self._auto_position and (
            variable(self._there, "gtid_mode") == "ON" and variable(self._here, "gtid_mode") != "ON"
        )

    @property
    def _account(self) -> str:
        return self._wishes.login.account(self._settings.name)

    @property
    def _method(self) -> str:
        return "GTIDs" if self._auto_position else "file and position"

    @property
    def _facts(self) -> dict[str, Any]:
        return {
            "method": self._method,
            "channel": self._channel.kind,
            "host": self._wishes.login.server.host,
            "port": self._wishes.login.server.port,
            "account": self._account,
        }

    def _outcome(self, lag: Lag, actions: list[str] | None = None, *, check: bool = False) -> Outcome:
        state = self._journal.find() or self._state
        done = self._actions if actions is None else actions
        result = {
            "phase": state.phase,
            "name": state.name,
            "method": self._method,
            "channel": self._channel.kind,
            "account": self._account,
            **lag.as_dict(),
            "position": state.position,
            "next_step": "Run without check mode." if check and done else NEXT,
        }
        changes = {"replication": {"from": "none"}} if done else {}
        after = {"replication": {"from": f"{self._wishes.login.server.host}:{self._wishes.login.server.port}"}}
        return Outcome(bool(done), result, changes, after if done else {}, done, self._warnings)


def _blank() -> dict[str, Any]:
    return {
        "method": "",
        "channel": "",
        "account": "",
        **Lag(None, None).as_dict(),
        "position": {},
    }


def _told(found: Trouble) -> ReplatformError:
    return ReplatformError(found.sentence, code=str(found.code), repair=found.repair, gtid=found.gtid)


def _upper(server: Server) -> str:
    text = str(server)
    return text[0].upper() + text[1:]
