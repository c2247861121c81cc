# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a target is made a replica: by RDS's and Aurora's procedures where there are any, else by plain statements.

Which of them a server has is read from its catalogue, and a statement's older words are tried when the newer ones are
no SQL to it; no version is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ReplatformError
from .. import privileges
from ..connection import Connection, Server, code_of, execute, rows, sentences, value
from ..driver import ER, pymysql
from ..gtid_set import intervals
from .status import Status, status

_ROUTINES = "SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'mysql'"
_WORDS = (
    {"change": "REPLICATION SOURCE", "one": "SOURCE", "other": "REPLICA"},
    {"change": "MASTER", "one": "MASTER", "other": "SLAVE"},
)

NEEDS = ("REPLICATION_SLAVE_ADMIN", "RELOAD", "SYSTEM_VARIABLES_ADMIN")
PROBE_FILE = "replatform-probe.000001"
"""A binary log that no source has: a receiver told to read it comes as far as it can, and no row with it."""

Place = Mapping[str, Any]
"""`file` and `position` of the source's binary log."""


class Channel:
    """A target's only replication channel. Each call says one thing; what came of it is in status()."""

    kind: str

    def __init__(self, connection: Connection, server: Server) -> None:
        self.connection, self.server = connection, server

    def status(self) -> Status | None:
        return status(self.connection, self.server)

    def seed(self, gtids: str) -> bool:
        """Makes the target take these transactions, which the copy brought, for executed; whether any was new.

        Exact although the target's own set is not empty: only what is missing is added.
        """
        with self._sentences("telling it which transactions the copy holds"):
            missing = str(value(self.connection, "SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)", (gtids,)))
            if missing:
                self._purge(missing.replace("\n", ""))
        return bool(missing)

    def configure(self, source: Server, place: Place | None, *, anonymous: bool = False) -> None:
        """Names the source. Without a place the GTID sets of both decide what is sent.

        `anonymous`: the source's transactions have no GTIDs and the target wants some.
        """
        with self._sentences("making it a replica"):
            self._configure(source, place, anonymous=anonymous)

    def start(self) -> None:
        with self._sentences("starting its replication"):
            self._start()

    def start_until(self, place: Place) -> None:
        """Applies what is missing up to a snapshot's position, then stops applying; receiving goes on."""
        with self._sentences("starting its replication up to a position"):
            self._start_until(str(place.get("gtid_executed") or ""), place)

    def stop(self) -> None:
        with self._sentences("stopping its replication"):
            self._stop()

    def reset(self) -> None:
        """Makes it no replica; raises where that did not help."""
        with self._sentences("ending its replication"):
            self._reset()
        if self.status():
            raise ReplatformError(
                f"The target's replication was configured and could not be reset; {self._reset_by} there.",
                server=str(self.server),
            )

    def skip(self, gtid: str) -> None:
        """Leaves one transaction out, by an empty one of the same name; replication is stopped or goes on by itself."""
        with self._sentences("leaving out a transaction"):
            self._skip(gtid)

    def _sentences(self, doing: str) -> Any:
        return sentences(self.server, doing)

    _reset_by: str

    def _purge(self, missing: str) -> None:
        raise NotImplementedError

    def _configure(self, source: Server, place: Place | None, *, anonymous: bool) -> None:
        raise NotImplementedError

    def _start(self) -> None:
        raise NotImplementedError

    def _start_until(self, gtids: str, place: Place) -> None:
        raise NotImplementedError

    def _stop(self) -> None:
        raise NotImplementedError

    def _reset(self) -> None:
        raise NotImplementedError

    def _skip(self, gtid: str) -> None:
        raise NotImplementedError

    def _purged_with(self, missing: str) -> str:
        """A superset of what is purged, which the server wants, that has nothing else of what is executed."""
        purged = str(value(self.connection, "SELECT @@GLOBAL.gtid_purged")).replace("\n", "")
        return f"{purged},{missing}" if purged else missing


class Procedures(Channel):
    """Those of the schema mysql; `word` is source, or master as the older services say."""

    kind = "procedures"

    def __init__(self, connection: Connection, server: Server, there: set[str], word: str) -> None:
        super().__init__(connection, server)
        self._there, self._word = there, word
        self._reset_by = f"CALL mysql.rds_reset_external_{word}()"

    def _call(self, name: str, *arguments: Any) -> None:
        """They answer with a row each; what they say is asked of the server itself."""
        if name not in self._there:
            raise ReplatformError(f"{self.server} has no procedure mysql.{name}, which this needs.", procedure=name)
        marks = ", ".join(["%s"] * len(arguments))
        rows(self.connection, f"CALL mysql.{name}({marks})", arguments)

    def _purge(self, missing: str) -> None:
        if "rds_gtid_purged" in self._there:
            self._call("rds_gtid_purged", self._purged_with(missing))
            return
        for origin, first, last in intervals(missing):
            self._call(f"rds_set_external_{self._word}_gtid_purged", origin, first, last)

    def _configure(self, source: Server, place: Place | None, *, anonymous: bool) -> None:
        tls = int(source.tls != "disabled")
        login = (source.host, source.port, source.username, source.password)
        if anonymous and "rds_assign_gtids_to_anonymous_transactions" in self._there:
            self._call("rds_assign_gtids_to_anonymous_transactions", "LOCAL")
        if place:
            self._call(f"rds_set_external_{self._word}", *login, place["file"], place["position"], tls)
            return
        # The service ignores the last argument of the procedure below.
        if "rds_set_binlog_source_ssl" in self._there:
            self._call("rds_set_binlog_source_ssl", tls)
        self._call(f"rds_set_external_{self._word}_with_auto_position", *login, tls)

    def _start(self) -> None:
        self._call("rds_start_replication")

    def _start_until(self, gtids: str, place: Place) -> None:
        if gtids:
            self._call("rds_start_replication_until_gtid", gtids)
        else:
            self._call("rds_start_replication_until", place["file"], place["position"])

    def _stop(self) -> None:
        self._call("rds_stop_replication")

    def _reset(self) -> None:
        self._call("rds_stop_replication")
        self._call(f"rds_reset_external_{self._word}")

    def _skip(self, gtid: str) -> None:
        if gtid and "rds_skip_transaction_with_gtid" in self._there:
            self._call("rds_skip_transaction_with_gtid", gtid)
        else:
            self._call("rds_skip_repl_error")


class Statements(Channel):
    """CHANGE REPLICATION SOURCE and what goes with it, for an admin that may."""

    kind = "statements"
    _reset_by = "RESET REPLICA ALL"

    def _say(self, template: str, parameters: Sequence[Any] = ()) -> None:
        for words in _WORDS:
            try:
                execute(self.connection, template.format(**words), parameters)
            except pymysql.MySQLError as error:
                if code_of(error) != ER.PARSE_ERROR or words is _WORDS[-1]:
                    raise
            else:
                return

    def _purge(self, missing: str) -> None:
        execute(self.connection, "SET GLOBAL gtid_purged = %s", (self._purged_with(missing),))

    def _configure(self, source: Server, place: Place | None, *, anonymous: bool) -> None:
        tls = int(source.tls != "disabled")
        options = ["{one}_HOST = %s", "{one}_PORT = %s", "{one}_USER = %s", "{one}_PASSWORD = %s", "{one}_SSL = %s"]
        values: list[Any] = [source.host, source.port, source.username, source.password, tls]
        if not tls:
            options.append("GET_{one}_PUBLIC_KEY = 1")
        if place:
            options += ["{one}_AUTO_POSITION = 0", "{one}_LOG_FILE = %s", "{one}_LOG_POS = %s"]
            values += [place["file"], place["position"]]
        else:
            options.append("{one}_AUTO_POSITION = 1")
        if anonymous:
            options.append("ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS = LOCAL")
        self._say("CHANGE {change} TO " + ", ".join(options), values)

    def _start(self) -> None:
        self._say("START {other}")

    def _start_until(self, gtids: str, place: Place) -> None:
        if gtids:
            self._say("START {other} UNTIL SQL_AFTER_GTIDS = %s", (gtids,))
        else:
            self._say("START {other} UNTIL {one}_LOG_FILE = %s, {one}_LOG_POS = %s", (place["file"], place["position"]))

    def _stop(self) -> None:
        self._say("STOP {other}")

    def _reset(self) -> None:
        self._stop()
        self._say("RESET {other} ALL")

    def _skip(self, gtid: str) -> None:
        self._stop()
        execute(self.connection, "SET SESSION gtid_next = %s", (gtid,))
        try:
            execute(self.connection, "COMMIT")
        finally:
            execute(self.connection, "SET SESSION gtid_next = 'AUTOMATIC'")


def channel(connection: Connection, server: Server) -> Channel | None:
    """The way that this server and account offer, None when there is none."""
    with sentences(server, "looking for its ways to replicate"):
        there = {str(name) for (name,) in rows(connection, _ROUTINES)}
        for word in ("source", "master"):
            if f"rds_set_external_{word}" in there:
                return Procedures(connection, server, there, word)
        grants = privileges.read(connection)
    # RESET REPLICA wants RELOAD: what cannot be undone is not begun.
    if all(grants.missing("", {privilege, "RELOAD"}) for privilege in ("REPLICATION_SLAVE_ADMIN", "SUPER")):
        return None
    return Statements(connection, server)


def required(connection: Connection, server: Server) -> Channel:
    """The same, or one sentence that says what is missing."""
    found = channel(connection, server)
    if not found:
        with sentences(server):
            user, _at, host = str(value(connection, "SELECT CURRENT_USER()")).rpartition("@")
        raise ReplatformError(
            f"The target cannot be made a replica: {server} may neither call mysql.rds_set_external_source nor CHANGE "
            f"REPLICATION SOURCE and RESET REPLICA. GRANT {', '.join(NEEDS)} ON *.* TO `{user}`@`{host}`; and run "
            "again.",
            missing="REPLICATION_SLAVE_ADMIN",
        )
    return found
