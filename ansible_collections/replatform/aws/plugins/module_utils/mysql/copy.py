# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies tables from one MySQL server to another, from one consistent snapshot, resumable at any moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from ..errors import ReplatformError
from ..parallel import each, shares
from ..resource import Outcome
from ..transfer import run as transfer
from ..transfer.model import COPY, Group, GroupChanged
from ..transfer.progress import Progress
from . import collations, mariadb, refusals, store
from .connection import Connection, Server, connect, execute, quoted, rows, sentences, value
from .definition import Table, clause_name, counter_of
from .journal import MysqlJournal, State, same_position
from .locks import undisturbed
from .object_plan import ObjectMover, ObjectPlan
from .objects import is_object
from .ranges import units
from .replication.channel import required
from .selection import Selection, Settings, compatible, known, other_defaults, present, select
from .snapshot import position

COPIED_PHASES = ("copied", "following", "verified", "differs", "verifying")
EQUAL_PHASES = ("copied", "verified", "verifying")
SMALL_BYTES = 1 << 20
_FOREIGN_KEYS = (
    "SELECT constraint_schema, table_name, constraint_name FROM information_schema.referential_constraints"
    " WHERE constraint_schema IN %s"
)
NEXT = "Run mysql_follow to follow the source, or mysql_verify to compare both servers while nobody writes to it."
FOLLOWS = "The target follows the source: what was copied is kept up to date by replication. Run mysql_verify."


def copy(source: Server, target: Server, settings: Settings, *, check: bool) -> Outcome:
    """Makes the target's tables what the source's are; with `check` only says what that would take.

    Outcome.result: {phase, name, tables: [{name, units, rows, bytes, copied, recopied, kept, seconds}], rows, bytes,
    position, next_step}; rows and bytes are the server's estimates while nothing has been copied. A target that
    follows the source is left alone; one that did and lost its way stops following and is copied to again.
    """
    journal = MysqlJournal(target, settings.journal_schema, settings.name)
    with closing(connect(source)) as here, closing(connect(target, settings=store.WRITER)) as there, closing(journal):
        identity = compatible((here, source), (there, target), settings)
        state = known(journal, identity)
        if state and state.follows:
            result = _result(journal, state, settings, transfer.Outcome())
            return Outcome(result={**result, "next_step": FOLLOWS})
        selection = select(here, source, settings)
        plan = _Plan.of(there, target, journal, selection, state, settings)
        with sentences(source):
            now = position(here)
        unchanged = bool(state and state.phase in EQUAL_PHASES and plan.empty and same_position(state.position, now))
        if unchanged and state:
            return Outcome(result=_result(journal, state, settings, transfer.Outcome()), warnings=_left_out(selection))
        with sentences(target, "reading its collations"):
            collations.check(collations.known(there), selection)
        refusals.check(here, source, [*plan.create, *plan.anew], selection.tables, settings.workers)
        # Tables that are compared again were looked at by an earlier run, which holds while nothing was committed.
        looked = not plan.again or bool(state and same_position(state.facts.get(refusals.LOOKED, {}), now))
        if check:
            return _planned(plan, selection, journal, state, settings)
        if state and state.facts.get("follow"):
            _leave(there, target)
        return _Copy(here, there, source, target, journal, plan, selection, settings, identity).run(
            {refusals.LOOKED: now if looked else {}}
        )


def _leave(there: Connection, target: Server) -> None:
    """Ends the replication that an earlier mysql_follow began: its rows and the new snapshot's would mix."""
    channel = required(there, target)
    if channel.status():
        channel.reset()


@dataclass
class _Plan:
    """Tables by what has to be done with them."""

    create: list[Table]
    """Not at the target."""
    anew: list[Table]
    """There from an earlier run, but the source's definition has changed since."""
    again: list[Table]
    """There, and compared with the new snapshot unit by unit."""
    gone: list[str]
    """Planned in an earlier run and no longer wanted, or no longer there."""
    objects: ObjectPlan

    @property
    def empty(self) -> bool:
        return not (self.create or self.anew or self.gone) and self.objects.empty

    @classmethod
    def of(
        cls,
        there: Connection,
        target: Server,
        journal: MysqlJournal,
        selection: Selection,
        state: State | None,
        settings: Settings,
    ) -> _Plan:
        groups = journal.groups() if state else {}
        with sentences(target):
            found = present(there, settings.schemas)
        foreign = sorted(name for name in selection.tables if name in found and name not in groups)
        if foreign:
            raise ReplatformError(
                f"The target already has {_listed(foreign)}, which this migration did not create; nothing was touched. "
                "Drop what is not needed, exclude those tables, or give the migration the name it had before.",
                tables=foreign[:20],
            )
        for line, mend in other_defaults(there, target, selection):
            raise ReplatformError(f"The target already has {line}; nothing was touched. There run {mend}", fix=mend)
        tables = {name for name, group in groups.items() if not is_object(group)}
        made = state.facts.get("made", {}) if state else {}
        objects = ObjectPlan.of(there, target, selection, groups, made, settings)
        plan = cls([], [], [], sorted(tables - set(selection.tables)), objects)
        for name, table in selection.tables.items():
            if name not in found:
                plan.create.append(table)
            elif groups[name].fingerprint != table.as_group().fingerprint:
                plan.anew.append(table)
            else:
                plan.again.append(table)
        return plan


class _Copy:
    """One run, in the order that foreign keys, cycles and resumption ask for."""

    def __init__(
        self,
        here: Connection,
        there: Connection,
        source: Server,
        target: Server,
        journal: MysqlJournal,
        plan: _Plan,
        selection: Selection,
        settings: Settings,
        identity: str,
    ) -> None:
        self._here, self._there = here, there
        self._source, self._target = source, target
        self._journal, self._plan, self._selection, self._settings = journal, plan, selection, settings
        self._identity = identity
        self._warnings: list[str] = []

    def run(self, known: dict[str, Any]) -> Outcome:
        """`known` are facts for the journal beside those of the run."""
        settings, journal = self._settings, self._journal
        with sentences(self._target, "preparing the journal"):
            journal.prepare()
        mover = ObjectMover(self._target, journal, self._plan.objects, self._selection, settings)
        with (
            transfer.Run(journal, source=self._identity, lease_s=settings.lease_s) as run,
            closing(settings.progress("copy")) as progress,
        ):
            job = store.job(COPY, self._source, self._target, settings, run.epoch)
            with (
                closing(store.MysqlSource(self._source)) as source,
                closing(store.MysqlTarget(self._target, journal, settings.chunk_bytes)) as target,
            ):
                progress.step("creating tables")
                outcome = transfer.execute(
                    run,
                    job,
                    crew=store.crew(job, settings),
                    target=target,
                    progress=progress,
                    prepare=lambda: self._prepare(run, mover, progress),
                    moment=partial(self._moment, source),
                )
                progress.step("adding foreign keys")
                added = self._foreign_keys(run)
                self._counters(run)
                progress.step("creating views, triggers, routines and events")
                outcome.warnings += mover.after()
                facts = {
                    **known,
                    "server": value(self._here, "SELECT VERSION()"),
                    "objects": self._plan.objects.summary(),
                    "definers": settings.definers,
                    "made": mover.made(self._there),
                    "follow": {},
                }
                progress.step("")
                journal.finish("copied", facts)
                result = _result(journal, journal.found(), settings, outcome)
        outcome.warnings += self._warnings
        return self._outcome(outcome, result, added)

    def _prepare(self, run: transfer.Run, mover: ObjectMover, progress: Progress) -> None:
        self._warnings += mover.before()
        self._tables(run)
        if self._selection.mariadb:
            mover.rehearse()
        progress.step("taking a snapshot")

    def _tables(self, run: transfer.Run) -> None:
        """Creates what is not there and plans it.

        The journal knows a table, without a plan, before the target has it: killed anywhere in between, the next run
        knows that it may drop the table and make it again.
        """
        plan, journal = self._plan, self._journal
        for name in plan.gone:
            journal.forget(name)
        fresh = [*plan.create, *plan.anew]
        journal.plan([(Group(table.full_name, ""), []) for table in fresh])
        for schema, (charset, collation) in self._selection.schemas.items():
            with sentences(self._target, "creating schema", schema):
                execute(
                    self._there,
                    f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)} DEFAULT CHARACTER SET {charset} COLLATE {collation}",
                )
        # All are dropped before any is created: a child left over would refuse a parent whose key has another type.
        for table in plan.anew:
            with sentences(self._target, "dropping", table.full_name):
                execute(self._there, f"DROP TABLE IF EXISTS {table.sql}")
        each(lambda share: self._create(run, share), shares(fresh, self._settings.workers))
        journal.plan(planned(self._here, self._source, table, self._settings) for table in fresh)

    def _create(self, run: transfer.Run, tables: list[Table]) -> None:
        with closing(connect(self._target, settings=store.WRITER)) as there:
            for table in tables:
                run.check()
                with self._foreign(), sentences(self._target, "creating", table.full_name):
                    execute(there, f"USE {quoted(table.schema)}")
                    small = table.table_bytes <= SMALL_BYTES
                    if self._selection.mariadb and not small:  # an index that MySQL refuses shows before the rows
                        execute(there, table.create_with_indexes)
                        execute(there, f"DROP TABLE {table.sql}")
                    execute(there, table.create_with_indexes if small else table.create)

    def _foreign(self) -> AbstractContextManager[None]:
        if not self._selection.mariadb:
            return nullcontext()
        return mariadb.foreign("Change the table's definition at the source, or exclude it.")

    def _planned(self, table: Table) -> tuple[Group, list[Any]]:
        with sentences(self._source, "planning", table.full_name):
            return table.as_group(), units(self._here, table, self._settings.chunk_bytes)

    def _moment(
        self, source: store.MysqlSource, open_source: Callable[[], None], _target: Callable[[], None]
    ) -> dict[str, Any]:
        at = source.consistent(open_source)
        self._unaltered()
        return at

    def _unaltered(self) -> None:
        """Raises GroupChanged when a table was altered between the plan and the snapshot."""
        now = select(self._here, self._source, self._settings).tables
        for name, table in self._selection.tables.items():
            if name not in now or now[name].as_group().fingerprint != table.as_group().fingerprint:
                raise GroupChanged(
                    f"{name} was altered at the source while the copy was starting; run the same command again.",
                    table=name,
                )

    def _foreign_keys(self, run: transfer.Run) -> list[str]:
        """Adds the foreign keys that are missing. With checks off that is metadata only: rows are not validated."""
        tables = [table for table in self._selection.tables.values() if table.foreign_keys]
        parts = shares(tables, self._settings.workers)
        return sorted(chain.from_iterable(each(lambda share: self._foreign_keys_of(run, share), parts)))

    def _foreign_keys_of(self, run: transfer.Run, tables: list[Table]) -> list[str]:
        added = []
        with closing(store.MysqlTarget(self._target, self._journal, self._settings.chunk_bytes)) as target:
            with sentences(self._target, "reading the foreign keys"):
                there = set(rows(target.connection, _FOREIGN_KEYS, (self._settings.schemas,)))
            for table in tables:
                run.check()
                missing = [
                    clause
                    for clause in table.foreign_keys
                    if (table.schema, table.name, clause_name(clause)) not in there
                ]
                if missing:
                    with sentences(self._target, "adding the foreign keys of", table.full_name):
                        # A parent without its schema is looked up in the current one.
                        execute(target.connection, f"USE {quoted(table.schema)}")
                        undisturbed(partial(target.alter, table, missing))
                    added.append(f"add {len(missing)} foreign keys to {table.full_name}")
        return added

    def _counters(self, run: transfer.Run) -> None:
        """The next AUTO_INCREMENT value may lie beyond the largest key, and moves without a row that says so."""
        now = select(self._here, self._source, self._settings).tables
        for name, table in self._selection.tables.items():
            counter = now[name].counter if name in now else 0
            if not counter:
                continue
            run.check()
            with sentences(self._target, "setting the counter of", name):
                there = rows(self._there, f"SHOW CREATE TABLE {table.sql}")[0][1]
                if counter_of(there) < counter:
                    execute(self._there, f"ALTER TABLE {table.sql} AUTO_INCREMENT = {counter}")

    def _outcome(self, outcome: transfer.Outcome, result: dict[str, Any], added: list[str]) -> Outcome:
        created = {table.full_name for table in [*self._plan.create, *self._plan.anew]}
        objects = self._plan.objects
        actions = [f"create table {name}" for name in sorted(created)]
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for name, counts in sorted(outcome.groups.items()):
            actions += [
                f"{verb} {counts[done]} units of {name}"
                for verb, done in (("copy", "copied"), ("copy again", "recopied"))
                if counts[done]
            ]
            if name in created or counts["copied"] or counts["recopied"]:
                before[f"table {name}"], after[f"table {name}"] = _change(name in created)
        warnings = [*outcome.warnings, *_left_out(self._selection)]
        recopied = [name for name, counts in sorted(outcome.groups.items()) if counts["recopied"]]
        if recopied:
            warnings.append(f"Rows of {_listed(recopied)} had changed since they were copied, and were copied again.")
        actions += [*added, *objects.actions()]
        before |= _object_changes(objects)[0]
        after |= _object_changes(objects)[1]
        return Outcome(bool(actions), result, before, after, actions, warnings)


def planned(here: Connection, source: Server, table: Table, settings: Settings) -> tuple[Group, list[Any]]:
    """A table and its units, for the journal."""
    with sentences(source, "planning", table.full_name):
        return table.as_group(), units(here, table, settings.chunk_bytes)


def _object_changes(objects: ObjectPlan) -> tuple[dict[str, Any], dict[str, Any]]:
    """The diff's two sides: the definitions themselves, by label."""
    there = {stored.label: {"definition": stored.statement()} for stored in objects.there}
    new = {stored.label: {"definition": stored.statement()} for stored in objects.create}
    dropped = [stored.label for stored in objects.drop]
    return {label: there.get(label, {}) for label in [*new, *dropped]}, {**new, **{label: {} for label in dropped}}


def _planned(
    plan: _Plan, selection: Selection, journal: MysqlJournal, state: State | None, settings: Settings
) -> Outcome:
    """Check mode: what a run would do, in the shape of what it returns."""
    created = {table.full_name for table in [*plan.create, *plan.anew]}
    known_tables = {table["name"]: table for table in journal.tables()} if state else {}
    tables = []
    for name, table in sorted(selection.tables.items()):
        pieces = max(1, -(-table.table_bytes // settings.chunk_bytes)) if table.primary_key else 1
        if name in known_tables and name not in created:
            pieces = known_tables[name]["units"]
        fresh = name in created
        tables.append(_row(name, pieces, table.table_rows, table.table_bytes, copied=pieces if fresh else 0))
    actions = [f"create table {name}" for name in sorted(created)]
    actions += [f"copy {row['copied']} units of {row['name']}" for row in tables if row["copied"]]
    actions += [f"compare {table.full_name} with a new snapshot" for table in plan.again]
    actions += [
        f"add {len(table.foreign_keys)} foreign keys to {name}"
        for name, table in sorted(selection.tables.items())
        if name in created and table.foreign_keys
    ]
    actions += plan.objects.actions()
    result = {
        "phase": state.phase if state else "planned",
        "name": settings.name,
        "tables": tables,
        **_sums(tables),
        "objects": plan.objects.summary(),
        "position": state.position if state else {},
        "next_step": "Run without check mode to copy.",
    }
    changes = {f"table {name}": _change(True) for name in sorted(created)}
    before = {name: old for name, (old, _rest) in changes.items()} | _object_changes(plan.objects)[0]
    after = {name: new for name, (_rest, new) in changes.items()} | _object_changes(plan.objects)[1]
    return Outcome(bool(actions), result, before, after, actions, _left_out(selection))


def _result(journal: MysqlJournal, state: State, settings: Settings, outcome: transfer.Outcome) -> dict[str, Any]:
    tables = [
        _row(t["name"], t["units"], t["rows"], t["bytes"], outcome.groups.get(t["name"])) for t in journal.tables()
    ]
    return {
        "phase": state.phase,
        "name": settings.name,
        "tables": tables,
        **_sums(tables),
        "objects": state.facts.get("objects", []),
        "position": state.position,
        "next_step": NEXT,
    }


def _row(name: str, pieces: int, n: int, size: int, counts: Any = None, *, copied: int = 0) -> dict[str, Any]:
    counts = counts or {}
    return {
        "name": name,
        "units": pieces,
        "rows": n,
        "bytes": size,
        "copied": counts.get("copied", copied),
        "recopied": counts.get("recopied", 0),
        "kept": counts.get("kept", 0),
        "seconds": round(counts.get("milliseconds", 0) / 1000, 3),
    }


def _sums(tables: list[dict[str, Any]]) -> dict[str, int]:
    return {
        key: sum(table[key] for table in tables) for key in ("rows", "bytes", "units", "copied", "recopied", "kept")
    }


def _change(created: bool) -> tuple[dict[str, str], dict[str, str]]:
    return {"rows": "none" if created else "of an earlier snapshot"}, {"rows": "as at the source"}


def _left_out(selection: Selection) -> list[str]:
    said = []
    if selection.left_out:
        said.append(f"Left out, since objects does not name their kind: {', '.join(selection.left_out)}.")
    if selection.broken:
        said.append(
            f"Left out, since they refer at the source to what is not there: {_listed(selection.broken)}; "
            "SHOW CREATE VIEW says what."
        )
    return [*said, *selection.foreign]


def _listed(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
