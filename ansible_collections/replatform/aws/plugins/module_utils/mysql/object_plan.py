# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a copy has to do with views, triggers, routines and events, and the doing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from ..errors import ReplatformError
from ..transfer.model import Group
from . import mariadb
from .connection import Connection, Server, sentences
from .definition import schemas
from .journal import MysqlJournal
from .objects import CREATE, Creator, Stored, differences, is_object, read
from .selection import Selection, Settings


@dataclass
class ObjectPlan:
    """Objects by what has to be done with them."""

    wanted: list[Stored]
    there: list[Stored]
    """What the target has of this migration."""
    create: list[Stored]
    """Not at the target, or there from an earlier run with another definition."""
    drop: list[Stored]
    """Ours, and no longer at the source."""
    made: Mapping[str, list[str]]
    """What ObjectMover.made() gave at the end of the last run."""

    @property
    def empty(self) -> bool:
        return not (self.create or self.drop)

    @classmethod
    def of(
        cls,
        there: Connection,
        target: Server,
        selection: Selection,
        groups: Mapping[str, Group],
        made: Mapping[str, list[str]],
        settings: Settings,
    ) -> ObjectPlan:
        """Raises when the target has an object of the same name, or a trigger on a wanted table, that is not ours.

        A trigger would fire while rows are written.
        """
        with sentences(target, "reading its objects"):
            known = set(schemas(there))
            found = list(read(there, [s for s in settings.schemas if s in known], settings.objects))
        wanted = {stored.label: stored for stored in selection.objects}
        ours = {name for name, group in groups.items() if is_object(group)}
        for stored in found:
            fires = stored.kind == "trigger" and f"{stored.schema}.{stored.table}" in selection.tables
            if stored.label not in ours and (stored.label in wanted or fires):
                raise ReplatformError(
                    f"The target already has {stored.label}, which this migration did not create; nothing was touched. "
                    "Drop it if it is not needed, exclude it, or leave its kind out of objects.",
                    object=stored.label,
                )
        mine = {stored.label: stored for stored in found if stored.label in ours}
        create = [
            stored
            for label, stored in wanted.items()
            if label not in mine or differences(stored, mine[label], settings.definers, made)
        ]
        return cls(
            list(wanted.values()),
            list(mine.values()),
            create,
            [mine[label] for label in mine if label not in wanted],
            made,
        )

    def actions(self) -> list[str]:
        """What a run does, by label."""
        present = {stored.label for stored in self.there}
        return [
            *(f"drop {stored.label}" for stored in self.drop),
            *(f"{'replace' if stored.label in present else 'create'} {stored.label}" for stored in self.create),
        ]

    def summary(self) -> list[dict[str, Any]]:
        """Every object: {kind, name, definer, state, action}; `state` is an event's at the source."""
        made = {stored.label for stored in self.create}
        return [
            {
                "kind": stored.kind,
                "name": stored.full_name,
                "definer": stored.definer,
                "state": stored.state,
                "action": "created" if stored.label in made else "kept",
            }
            for stored in self.wanted
        ]


class ObjectMover:
    """Brings the objects of a plan to the target, around the rows."""

    def __init__(
        self, target: Server, journal: MysqlJournal, plan: ObjectPlan, selection: Selection, settings: Settings
    ):
        self._target, self._journal, self._plan = target, journal, plan
        self._selection, self._settings = selection, settings

    def before(self) -> list[str]:
        """Before any row: asks the target whether it will take the objects, and takes triggers out of the rows' way.

        A trigger would fire for every row that is copied again. Returns warnings.
        """
        plan, warnings = self._plan, []
        with closing(Creator(self._target, self._settings.definers)) as creator:
            if plan.create:
                warnings += creator.probe(plan.create, self._settings.journal_schema)
            for stored in plan.there:
                if stored.kind == "trigger":
                    creator.drop(stored.kind, stored.sql)
        return warnings

    def rehearse(self) -> None:
        """Creates the new objects over empty tables and drops them: what MySQL refuses shows before any row."""
        fresh = self._plan.create
        self._journal.plan([(stored.as_group(), []) for stored in self._plan.wanted])
        with closing(Creator(self._target, self._settings.definers)) as creator:
            _drop(creator, fresh)
            try:
                with mariadb.foreign("Write it in words that both know, exclude it, or leave its kind out of objects."):
                    creator.create(fresh, self._collations())
            finally:
                _drop(creator, fresh)

    def after(self) -> list[str]:
        """Once rows and keys are in: creates what is missing. Returns warnings.

        The journal names each object first, so that a run that is killed in between knows it for its own.
        """
        plan, journal, warnings = self._plan, self._journal, []
        journal.plan([(stored.as_group(), []) for stored in plan.wanted])
        again = {stored.label for stored in plan.create}
        with closing(Creator(self._target, self._settings.definers)) as creator:
            for stored in [*plan.drop, *(stored for stored in plan.there if stored.label in again)]:
                creator.drop(stored.kind, stored.sql)
            for stored in plan.drop:
                journal.forget(stored.label)
            if self._settings.definers == CREATE:
                warnings += creator.accounts(plan.create, list(self._selection.schemas))
            # Triggers were dropped before the rows; they fire in the order in which they are created.
            creator.create(
                [stored for stored in plan.wanted if stored.label in again or stored.kind == "trigger"],
                self._collations(),
            )
        return warnings

    def made(self, there: Connection) -> dict[str, list[str]]:
        """Fingerprints of each object of MariaDB's and of what the target made of it, by label.

        MySQL spells expressions in its own way. That the target still has what it made is how such objects compare.
        """
        if not self._selection.mariadb:
            return {}
        plan = self._plan
        again = {stored.label for stored in plan.create}
        with sentences(self._target, "reading its objects"):
            found = {s.label: s for s in read(there, self._selection.schemas, self._settings.objects)}
        return {
            stored.label: [stored.fingerprint, found[stored.label].fingerprint]
            if stored.label in again or stored.kind == "trigger"
            else plan.made.get(stored.label, [])
            for stored in plan.wanted
        }

    def _collations(self) -> dict[str, str]:
        return {schema: collation for schema, (_charset, collation) in self._selection.schemas.items()}


def _drop(creator: Creator, objects: Sequence[Stored]) -> None:
    for stored in objects:
        creator.drop(stored.kind, stored.sql)
