# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets the way back by the row applier up, asks how far it is, and takes it down again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from ...errors import ReplatformError
from ..connection import Connection, Server, connect, execute, quoted, rows, sentences, value, variable
from ..definition import Table, schemas
from ..objects import KEEP, REWRITE, Creator, Stored
from ..objects import read as read_objects
from ..selection import Settings, select
from ..snapshot import gtids
from ..transactions import sessions
from .apply import PATIENCE_S, Applier
from .gtids import Gtids
from .place import Place, Places

LEAVING_S = 1.0
POLL_S = 0.02
LOGGED = (
    ("log_bin", "ON", "its row changes are the way back"),
    ("gtid_mode", "ON", "by GTIDs nothing is applied twice"),
    ("binlog_format", "ROW", "statements cannot be applied exactly"),
    ("binlog_row_image", "FULL", "rows are found, and compared, by all their columns"),
    ("binlog_row_value_options", "", "partial JSON updates cannot be applied"),
    ("binlog_transaction_compression", "OFF", "compressed transactions cannot be read"),
)
"""What the target must be set to, and why."""


def unsupported(source: Server, target: Server, tables: Mapping[str, Table]) -> list[str]:
    """Why the row applier cannot bring changes of these tables back, a sentence each; nothing when it can.

    To be asked before a cutover: afterwards the application has written what could not come back.
    """
    found: list[str] = []
    with sentences(target), closing(connect(target)) as there:
        for name, wanted, why in LOGGED:
            # A variable that a server lacks is one of a younger series, which it cannot be set wrongly by.
            if (is_now := variable(there, name, wanted)) != wanted:
                found.append(
                    f"The target's {name} is {is_now or 'empty'}; set it to {wanted or 'nothing'}, since {why}."
                )
    with sentences(source), closing(connect(source)) as here:
        engines = rows(
            here,
            "SELECT table_schema, table_name, engine FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND engine <> 'InnoDB'",
        )
    found += [
        f"{schema}.{name} is stored by {engine} at the source, which cannot take a transaction back; ALTER TABLE "
        f"{quoted(schema)}.{quoted(name)} ENGINE = InnoDB."
        for schema, name, engine in engines
        if f"{schema}.{name}" in tables
    ]
    return found


def ready(source: Server, target: Server, settings: Settings) -> list[str]:
    """Proves, before a cutover, that the target's changes can be brought back; returns warnings.

    Makes the schema for the place at the source. Raises with what stands in the way; nothing was dropped then.
    """
    with sentences(source), closing(connect(source)) as here:
        tables = select(here, source, settings).tables
        if reasons := unsupported(source, target, tables):
            raise ReplatformError(f"The way back cannot be prepared: {' '.join(reasons)}", reasons=reasons)
        places = Places(here, settings.way_back_schema, settings.name)
        places.prepare()
        triggers = list(_triggers(here, settings, tables))
        _definers, warnings = _creatable(source, triggers, places)
        return warnings


def begin(here: Connection, source: Server, settings: Settings, position: Mapping[str, Any]) -> None:
    """From now on the way back begins at `position`, the target's, as snapshot.position() gives it.

    At a moment when both have the same rows and neither is written to. An applier may run after take().
    """
    with sentences(source, "noting where the way back begins"):
        Places(here, settings.way_back_schema, settings.name).begin(_first(here, source, position))


def take(source: Server, settings: Settings, accounts: Sequence[str]) -> dict[str, Any]:
    """Makes the source take the target's changes; returns {place, triggers, read_only_lifted}.

    `accounts` (`'app'@'%'`) are the application's: they must be locked and without a session, for two sides must never
    be written to. The source's triggers go, since the rows that come hold what they do; their definitions stay with
    the place until restore_triggers(). May be run again after any interruption.
    """
    with sentences(source), closing(connect(source)) as here:
        tables = select(here, source, settings).tables
        _locked(here, accounts)
        places = Places(here, settings.way_back_schema, settings.name)
        triggers = list(_triggers(here, settings, tables))
        places.note_triggers([asdict(stored) for stored in triggers])
        lifted = lift_read_only(here, settings.schemas)
        for stored in triggers:
            execute(here, f"DROP TRIGGER IF EXISTS {stored.sql}")
        place = places.found()
        return {"place": told(place), "triggers": [s["name"] for s in place.triggers], "read_only_lifted": lifted}


def _first(here: Connection, source: Server, position: Mapping[str, Any]) -> Place:
    """The place of `position`: all that the target had then is at the source, or came with the load."""
    if not position.get("gtid_executed") or not position.get("file"):
        raise ReplatformError(
            f"The target gave no GTID set or no binary log position, from which alone changes can be brought back to "
            f"{source}; set gtid_mode to ON and binlog_format to ROW there."
        )
    return Place(
        target=str(position["server"]),
        gtid_executed=Gtids(str(position["gtid_executed"])),
        file=str(position["file"]),
        position=int(position["position"]),
        origin=Gtids(gtids(here)),
    )


def _locked(here: Connection, accounts: Sequence[str]) -> None:
    """Raises unless every one of these accounts is locked, or gone, and nobody is logged in as any."""
    states = {
        f"'{user}'@'{host}'": locked == "Y"
        for user, host, locked in rows(here, "SELECT user, host, account_locked FROM mysql.user")
    }
    open_ = [account for account in accounts if not states.get(account, True)]
    if open_:
        raise ReplatformError(
            f"The application's accounts {', '.join(open_)} are not locked at the source; nothing may write there "
            "while the target's changes are applied. Run ACCOUNT LOCK for them, end their sessions and run again.",
            accounts=open_,
        )
    names = {account.rpartition("@")[0].strip("'") for account in accounts}
    deadline = time.monotonic() + LEAVING_S
    while (left := [row for row in sessions(here) if row["user"] in names]) and time.monotonic() < deadline:
        time.sleep(POLL_S)  # whoever is being turned away is seen for a moment
    if left:
        raise ReplatformError(
            f"{len(left)} sessions of the application live at the source ({left[0]['user']}, connection "
            f"{left[0]['id']}); a lock keeps out only new ones. KILL them, then run again.",
            connections=[row["id"] for row in left],
        )


def lift_read_only(here: Connection, names: Iterable[str]) -> list[str]:
    """Schemas that a pause of writes had made read-only, which lets nobody apply anything."""
    found = rows(here, "SELECT schema_name, options FROM information_schema.schemata_extensions")
    lifted = sorted({schema for schema, options in found if "READ ONLY=1" in (options or "")} & set(names))
    for schema in lifted:
        execute(here, f"ALTER DATABASE {quoted(schema)} READ ONLY = 0")
    return lifted


def _triggers(here: Connection, settings: Settings, tables: Mapping[str, Table]) -> Iterator[Stored]:
    for stored in read_objects(here, settings.schemas, ["triggers"]):
        if f"{stored.schema}.{stored.table}" in tables:
            yield stored


def _creatable(source: Server, triggers: Sequence[Stored], places: Places) -> tuple[str, list[str]]:
    """Whose definers the source takes these triggers with again: theirs, or else ours; and a warning of the latter.

    Raises when it takes them with neither.
    """
    refused = _refused(source, triggers, places, KEEP) if triggers else None
    if not refused:
        return KEEP, []
    refused = _refused(source, triggers, places, REWRITE)
    if not refused:
        names = ", ".join(sorted({stored.definer for stored in triggers}))
        warning = (
            f"{source} does not let {source.username} create triggers of {names} again: after a rollback its "
            f"{len(triggers)} triggers belong to {source.username}. Grant it SET_ANY_DEFINER to keep them as they are."
        )
        return REWRITE, [warning]
    raise ReplatformError(
        f"{source} would not let us create {len(triggers)} triggers again ({triggers[0].full_name}, ...); they must "
        "not fire while rows come back; nothing was dropped. Grant it what they need (TRIGGER; "
        f"log_bin_trust_function_creators = 1): {refused.message}",
        code=refused.code,
        triggers=[stored.full_name for stored in triggers],
    ) from refused


def _refused(source: Server, triggers: Sequence[Stored], places: Places, definers: str) -> ReplatformError | None:
    """What the source says against creating these triggers so."""
    with closing(Creator(source, definers)) as creator:
        try:
            creator.probe(triggers, places.schema)
        except ReplatformError as error:
            return error
    return None


def definers(source: Server, settings: Settings) -> str:
    """Whose definers the triggers that take() dropped can be created again with; see restore_triggers()."""
    with sentences(source), closing(connect(source)) as here:
        places = Places(here, settings.way_back_schema, settings.name)
        place = places.find()
        return _creatable(source, [Stored(**given) for given in place.triggers] if place else [], places)[0]


def restore_triggers(source: Server, settings: Settings, definers: str = "") -> list[str]:
    """Creates the triggers again that take() dropped, before the source is opened; returns their names.

    `definers` is what definers() gave, where somebody asked before there was no time to.
    """
    with sentences(source), closing(connect(source)) as here:
        places = Places(here, settings.way_back_schema, settings.name)
        place = places.find()
        if not place or not place.triggers:
            return []
        there = {stored.label for stored in read_objects(here, settings.schemas, ["triggers"])}
        wanted = [Stored(**given) for given in place.triggers]
        missing = [stored for stored in wanted if stored.label not in there]
        collations = {schema: collation for schema, (_charset, collation) in schemas(here).items()}
        definers = definers or _creatable(source, missing, places)[0]
        with closing(Creator(source, definers)) as creator:
            creator.create(missing, collations)
        places.forget_triggers()
        return [stored.full_name for stored in wanted]


def state(source: Server, settings: Settings) -> dict[str, Any] | None:
    """How far the row applier is, None where none was prepared; see told()."""
    with sentences(source), closing(connect(source)) as here:
        place = Places(here, settings.way_back_schema, settings.name).find()
    return told(place) if place else None


def behind(here: Connection, source: Server, settings: Settings, wanted: str) -> int:
    """How many transactions of this GTID set of the target the source lacks.

    A rollback that armed the way there and was interrupted has left the source's own in it: they come by no log.
    """
    with sentences(source, "looking how far the row applier is"):
        theirs = str(value(here, "SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)", (wanted,)))
        return Gtids(theirs).beyond(Places(here, settings.way_back_schema, settings.name).found().gtid_executed)


def told(place: Place) -> dict[str, Any]:
    """{gtid_executed, file, position, server (the target's), transactions, committed, silent_s, triggers, left_out,
    error}.
    """
    return {
        "gtid_executed": str(place.gtid_executed),
        "file": place.file,
        "position": place.position,
        "server": place.target,
        "transactions": place.transactions,
        "committed": place.committed,
        "silent_s": place.silent_s,
        "triggers": [stored["name"] for stored in place.triggers],
        "left_out": place.left_out,
        "error": place.error,
    }


def applier(
    source: Server,
    target: Server,
    settings: Settings,
    tell: Callable[[dict[str, Any]], None],
    *,
    patience_s: float = PATIENCE_S,
) -> Applier:
    """What `run(until=...)` applies the changes with, in this process."""
    with sentences(source), closing(connect(source)) as here:
        tables = select(here, source, settings).tables
    return Applier(
        source,
        target,
        tables,
        name=settings.name,
        schema=settings.way_back_schema,
        own=settings.journal_schema,
        tell=tell,
        patience_s=patience_s,
    )


def remove(source: Server, settings: Settings) -> None:
    """Takes the applier's place away, and the schema with the last one. Raises while triggers wait in it."""
    with sentences(source), closing(connect(source)) as here:
        places = Places(here, settings.way_back_schema, settings.name)
        place = places.find()
        if place and place.triggers:
            raise ReplatformError(
                f"{len(place.triggers)} triggers of the source are kept with the row applier's place only "
                f"({place.triggers[0]['name']}); create them again before it is taken away.",
                triggers=[stored["name"] for stored in place.triggers],
            )
        if place:
            places.remove()
