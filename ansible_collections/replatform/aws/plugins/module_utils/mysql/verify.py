# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares two MySQL servers: table structure, then every unit by its digest on both, then the rows that differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

from ..errors import ReplatformError
from ..resource import Outcome
from ..transfer import run as transfer
from ..transfer.model import VERIFY
from . import store
from .connection import Connection, Server, connect, sentences, value
from .copy import COPIED_PHASES, planned
from .definition import TYPED, Table, elements, read_tables, schemas
from .digests import differences
from .gtid_set import transactions
from .journal import MysqlJournal, State, same_position
from .objects import KEEP, is_object
from .objects import compared as compared_objects
from .objects import read as read_objects
from .orphans import orphans, told
from .ranges import described
from .refusals import LOOKED, typed_json
from .replication.meeting import Meeting
from .selection import Selection, Settings, compatible, known, present, select
from .snapshot import gtids, open_view, position
from .spelling import spelled

PASSED = "Both servers are equal; follow the source, or switch the application over while nobody writes to it."
PASSED_FOLLOWING = "Both servers were equal at one moment of the source, and the target goes on following it."
FAILED = "Run mysql_copy to copy the differing units again, or mend the rows by hand, then run mysql_verify again."


def verify(source: Server, target: Server, settings: Settings, *, check: bool) -> Outcome:
    """Compares what a copy brought over; never changes rows on either side.

    Outcome.result: {phase, name, tables: [{name, ok, rows, units, differing, structure, ranges: [{range, source,
    target, rows: [{key, difference}]}]}], orphans, mismatches, reused, verified_at, age_seconds, position, next_step}.
    While the target follows the source both are compared at one position, whoever writes meanwhile. A verify that
    passed is used again while both servers' GTID sets are what they were. With `check` nothing is compared and the last
    one is returned.
    """
    journal = MysqlJournal(target, settings.journal_schema, settings.name)
    with closing(connect(source)) as here, closing(connect(target)) as there, closing(journal):
        identity = compatible((here, source), (there, target), settings)
        state = known(journal, identity)
        if check and (not state or state.phase not in COPIED_PHASES):
            return Outcome(result=_result(there, settings, state, {}, "Run without check mode to copy and to compare."))
        if not state or state.phase not in COPIED_PHASES:
            raise ReplatformError(
                f"Migration {settings.name} has no finished copy to compare"
                f" ({'it is ' + state.phase if state else 'its journal is empty'}); run mysql_copy first.",
                phase=state.phase if state else None,
            )
        last = state.facts.get("verify", {})
        if check or _still_true(here, there, last):
            passed = PASSED_FOLLOWING if state.facts.get("follow") else PASSED
            result = _result(there, settings, state, last, passed if last else "Run without check mode.")
            return Outcome(result={**result, "reused": bool(last)})
        return _compare(here, there, source, target, journal, settings, identity, state)


def _compare(
    here: Connection,
    there: Connection,
    source: Server,
    target: Server,
    journal: MysqlJournal,
    settings: Settings,
    identity: str,
    state: State,
) -> Outcome:
    selection = select(here, source, settings)
    with sentences(source):
        began = position(here)
    frozen = same_position(state.position, began)
    structure = _structures(there, target, selection, settings, counters=frozen)
    typed = {}
    if not same_position(state.facts.get(LOOKED, {}), began):
        typed = typed_json(source, selection.tables.values(), settings.workers)
    for name, line in typed.items():
        structure.setdefault(name, []).append(f"- {line}")
    objects = _objects(there, target, selection, settings, state)
    follows = bool(state.facts.get("follow"))
    with transfer.Run(journal, source=identity, lease_s=settings.lease_s) as run:
        if follows:
            _plan_anew(here, source, journal, selection, settings)
        job = store.job(VERIFY, source, target, settings, run.epoch)
        with (
            closing(settings.progress("verify")) as progress,
            closing(store.MysqlSource(source)) as reader,
            closing(store.MysqlTarget(target, journal, settings.chunk_bytes)) as writer,
        ):
            moment: transfer.Moment = partial(_now, reader)
            if follows:
                moment = partial(_meeting, Meeting(there, target, run.check), reader, (here, source), (there, target))
            outcome = transfer.execute(
                run, job, crew=store.crew(job, settings), target=writer, progress=progress, moment=moment
            )
            progress.step("looking for orphans")
            lost = orphans(target, selection.tables.values(), settings.workers, run.check)
            progress.step("")
        tables = _tables(here, there, source, target, journal, selection, structure, settings)
        for connection in (here, there):
            connection.rollback()
        bad = [stored for stored in objects if not stored["ok"]]
        mismatches = sum(table["differing"] + len(table["structure"]) for table in tables) + len(bad)
        with sentences(source):
            now = position(here)
        facts = {
            "tables": tables,
            "objects": objects,
            "orphans": lost,
            "mismatches": mismatches,
            "source": now,
            "compared": outcome.position,
            "undisturbed": same_position(outcome.position, now),
        }
        with sentences(target):
            facts["at"] = str(value(there, "SELECT UTC_TIMESTAMP(6)"))
            facts["target"] = gtids(there)
        journal.finish("differs" if mismatches else "verified", {"verify": facts, LOOKED: {} if typed else began})
        state = journal.found()
    passed = PASSED_FOLLOWING if follows else PASSED
    result = _result(there, settings, state, facts, FAILED if mismatches else passed)
    if mismatches:
        raise Mismatch(_sentence(facts, mismatches, state, now), result, source, target)
    return Outcome(result=result, warnings=[*outcome.warnings, *told(lost)])


def _now(reader: store.MysqlSource, open_source: Callable[[], None], _target: Callable[[], None]) -> dict[str, Any]:
    """Each side as it is when it is read: nobody may write meanwhile."""
    at = reader.position()
    open_source()
    return at


def _meeting(
    meeting: Meeting,
    reader: store.MysqlSource,
    source: tuple[Connection, Server],
    target: tuple[Connection, Server],
    open_source: Callable[[], None],
    open_target: Callable[[], None],
) -> dict[str, Any]:
    """Both sides at one position, the workers and we, who list the rows that differ."""

    def views(open_workers: Callable[[], None], end: tuple[Connection, Server]) -> None:
        open_workers()
        open_view(*end)

    return meeting.hold(
        lambda: reader.consistent(partial(views, open_source, source)), partial(views, open_target, target)
    )


def _plan_anew(
    here: Connection, source: Server, journal: MysqlJournal, selection: Selection, settings: Settings
) -> None:
    """Tables that the source has made, altered or dropped since the copy: replication did so at the target too."""
    groups = journal.groups()
    for name, group in groups.items():
        if name not in selection.tables and not is_object(group):
            journal.forget(name)
    journal.plan(
        planned(here, source, table, settings)
        for name, table in selection.tables.items()
        if name not in groups or groups[name].fingerprint != table.as_group().fingerprint
    )


class Mismatch(ReplatformError):
    """The servers differ; `outcome` carries the whole result, which the module returns beside the error."""

    def __init__(self, message: str, result: dict[str, Any], source: Server, target: Server) -> None:
        super().__init__(
            message, code="Mismatch", mismatches=result["mismatches"], source=str(source), target=str(target)
        )
        self.outcome = Outcome(result=result)


def _still_true(here: Connection, there: Connection, last: dict[str, Any]) -> bool:
    """Whether nothing was committed on either server since the last verify, which passed.

    Its own last entry in the journal came after the target's GTID set was read: exactly one transaction more. A target
    without GTIDs (Aurora's default) cannot tell, so is compared again.
    """
    if not last or last["mismatches"] or not last["undisturbed"] or not last["target"]:
        return False
    if not same_position(last["source"], position(here)):
        return False
    now = gtids(there)
    return bool(now) and transactions(str(value(there, "SELECT GTID_SUBTRACT(%s, %s)", (now, last["target"])))) <= 1


def _objects(
    there: Connection, target: Server, selection: Selection, settings: Settings, state: State
) -> list[dict[str, Any]]:
    """Views, triggers, routines and events of both sides; where definers were rewritten they are not compared."""
    with sentences(target, "reading its objects"):
        known = set(schemas(there))
        theirs = [
            stored
            for stored in read_objects(there, [s for s in settings.schemas if s in known], settings.objects)
            if stored.kind != "trigger" or f"{stored.schema}.{stored.table}" in selection.tables
        ]
    chosen = {stored.label for stored in selection.objects}
    if settings.tables or settings.exclude:  # views of the same schema that are none of this migration's
        theirs = [stored for stored in theirs if stored.kind != "view" or stored.label in chosen]
    definers, made = state.facts.get("definers", KEEP), state.facts.get("made", {})
    return compared_objects(selection.objects, theirs, definers, made)


def _structures(
    there: Connection, target: Server, selection: Selection, settings: Settings, *, counters: bool
) -> dict[str, list[str]]:
    """Differences of definition by table, each as `- source` or `+ target`.

    `counters`: the next AUTO_INCREMENT values too, which only a source that stands still can be asked for.
    """
    found: dict[str, list[str]] = {}
    with sentences(target, "reading the tables"):
        names = present(there, settings.schemas)
        for schema in settings.schemas:
            wanted = {table.name: table for table in selection.tables.values() if table.schema == schema}
            here = {n: t for n, t in wanted.items() if f"{schema}.{n}" in names}
            theirs = {table.name: table for table in read_tables(there, schema, here)} if here else {}
            for name, table in wanted.items():
                lines = compared(table, theirs[name]) if name in theirs else ["- the table"]
                if lines and selection.mariadb and name in theirs:
                    lines = compared(spelled(target, table, settings.journal_schema), theirs[name])
                if counters and name in theirs and theirs[name].counter < table.counter:
                    lines += [f"- AUTO_INCREMENT={table.counter}", f"+ AUTO_INCREMENT={theirs[name].counter}"]
                if lines:
                    found[table.full_name] = lines
    return found


def compared(source: Table, target: Table) -> list[str]:
    """What one definition has and the other lacks, once differences of spelling between versions are set aside."""
    one, other = _parts(source), _parts(target)
    return [f"- {part}" for part in one if part not in other] + [f"+ {part}" for part in other if part not in one]


def _parts(table: Table) -> list[str]:
    """Columns, keys and options. The next AUTO_INCREMENT value is not a matter of structure."""
    _rest, inside, tail = elements(table.create)
    tail = _spelled(re.sub(r" ?AUTO_INCREMENT=\d+", "", tail))
    default = re.search(r" COLLATE=(\w+)", tail)
    columns = [_without_collation(_spelled(part), default[1] if default else "") for part in inside]
    return [*columns, *(_spelled(part) for part in (*table.indexes, *table.foreign_keys)), tail]


def _without_collation(part: str, default: str) -> str:
    """8.0 says a column's collation although the table has the same, where it is not its character set's default."""
    column = TYPED.match(part)
    if not column or column["collation"] != default:
        return part
    return part[: column.end("type")] + part[column.end() :]


def _spelled(part: str) -> str:
    """8.0.19 dropped the display width of integers (but tinyint(1)), and 8.0.28 calls utf8 utf8mb3."""
    part = re.sub(r"\b(smallint|mediumint|int|bigint)\(\d+\)(?! .*zerofill)", r"\1", part)
    part = re.sub(r"\btinyint\((?!1\))\d+\)(?! .*zerofill)", "tinyint", part)
    part = re.sub(r"\b(CHARSET=|CHARACTER SET )utf8\b", r"\1utf8mb3", part)
    part = re.sub(r"\butf8_(\w+)", r"utf8mb3_\1", part)
    return re.sub(r" CHARACTER SET \w+(?= COLLATE)", "", part)


def _tables(
    here: Connection,
    there: Connection,
    source: Server,
    target: Server,
    journal: MysqlJournal,
    selection: Selection,
    structure: dict[str, list[str]],
    settings: Settings,
) -> list[dict[str, Any]]:
    """Per table what was found; the rows themselves for as many differences as the settings ask for."""
    ranges: dict[str, list[dict[str, Any]]] = {}
    left = settings.differences
    for unit, facts in journal.differing():
        table = selection.tables.get(unit.group)
        if not table:
            continue
        listed = []
        if left and unit.group not in structure:
            listed = differences([(here, source), (there, target)], table, unit, left)
            left -= len(listed)
        place = described(table, unit.bounds.get("from"), unit.bounds.get("to"))
        counts = {side: facts.get(side, {}).get("count") for side in ("source", "target")}
        ranges.setdefault(unit.group, []).append({"range": place, **counts, "rows": listed})
    by_name = {table["name"]: table for table in journal.tables()}
    return [
        {
            "name": name,
            "ok": name not in structure and name not in ranges,
            "rows": by_name.get(name, {}).get("rows", 0),
            "units": by_name.get(name, {}).get("units", 0),
            "differing": len(ranges.get(name, [])),
            "structure": structure.get(name, []),
            "ranges": ranges.get(name, []),
        }
        for name in sorted(selection.tables)
    ]


def _result(
    there: Connection, settings: Settings, state: State | None, found: dict[str, Any], next_step: str
) -> dict[str, Any]:
    """`found` is what a comparison came to, or nothing."""
    at = found.get("at")
    sql = "SELECT TIMESTAMPDIFF(SECOND, %s, UTC_TIMESTAMP(6))"
    return {
        "phase": state.phase if state else "planned",
        "name": settings.name,
        "tables": found.get("tables", []),
        "objects": found.get("objects", []),
        "orphans": found.get("orphans", []),
        "mismatches": found.get("mismatches", 0),
        "reused": False,
        "verified_at": at,
        "age_seconds": int(value(there, sql, (at,))) if at else None,
        "position": state.position if state else {},
        "next_step": next_step,
    }


def _sentence(found: dict[str, Any], mismatches: int, state: State, now: dict[str, Any]) -> str:
    tables = found["tables"]
    bad = [table for table in tables if not table["ok"]]
    objects = [stored for stored in found["objects"] if not stored["ok"]]
    first = bad[0] if bad else {}
    if not bad:
        example = f"{objects[0]['kind']} {objects[0]['name']} {objects[0]['differences'][0]}"
    elif first["structure"]:
        example = f"{first['name']} is defined differently: {first['structure'][0]}"
    else:
        place = first["ranges"][0]
        example = (
            f"{first['name']}, {place['range']}: {place['source']} rows at the source, {place['target']} at the target"
        )
        if place["rows"]:
            example += f"; row {place['rows'][0]['key']} is {place['rows'][0]['difference']}"
    still = state.facts.get("follow") or same_position(state.position, now)
    moved = "" if still else " The source was written to since the copy."
    others = f" and {len(objects)} of {len(found['objects'])} other objects" if objects else ""
    return (
        f"The servers differ in {mismatches} places in {len(bad)} of {len(tables)} tables{others}; "
        f"{example}.{moved} {FAILED}"
    )
