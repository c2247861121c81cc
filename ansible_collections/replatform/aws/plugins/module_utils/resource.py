# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ensure(): the only place that decides create, update or delete, simulates check mode, diffs and waits."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from .errors import ReplatformError, unexpected
from .parallel import each

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

State = dict[str, Any]

POLL_S = (1.0, 15.0)
"""First and longest pause between two looks while waiting; each is half as long again as the one before."""
CHANGED = "(changed)"
HIDDEN = "(hidden)"


@dataclass(frozen=True)
class Mode:
    """How a module was asked to run."""

    check: bool = False
    diff: bool = False
    wait: bool = True
    wait_timeout: int = 600


@dataclass
class Outcome:
    """What a module did, or in check mode would do; module.py turns it into the module's result."""

    changed: bool = False
    result: dict[str, Any] = field(default_factory=dict)
    """Returned keys of the module, of the same shape in check mode."""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    """Only what changed, keyed by what it belongs to ("secret shop/mysql"): the diff has one part per key."""
    actions: list[str] = field(default_factory=list)
    """One line per write: "create secret shop/mysql"."""
    warnings: list[str] = field(default_factory=list)


class Resource(Protocol):
    """One kind of thing that ensure() can make so; a class of its own per kind inherits from this.

    A State is a flat dict of attributes. Both sides are normalised by the resource, so that `==` compares them.
    """

    kind: ClassVar[str]
    """In sentences and actions: "secret"."""
    plural: ClassVar[str]
    """The returned key that holds the per-item results: "secrets"."""
    key: ClassVar[str] = "name"
    """The attribute that names one."""
    immutable: ClassVar[frozenset[str]] = frozenset()
    """Attributes that the service cannot change afterwards."""
    immutable_way: ClassVar[str] = "give the old value, or delete and create it anew"
    """What to do about a refused change of one, as the end of the refusal."""
    hidden: ClassVar[frozenset[str]] = frozenset()
    """Attributes whose values are secret: compared, but shown nowhere."""
    blank: ClassVar[State]
    """Every attribute of a result, with its value while nothing is known: gives all results one shape."""

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        """What exists of the keys of `wanted`, in few calls; the items tell what has to be looked up to compare.

        What already goes away as the item asks does not exist.
        """
        raise NotImplementedError

    def desired(self, wanted: State, current: State | None) -> State:  # noqa: ARG002  the plain case
        """The attributes that `wanted` asks for, and no other, next to what there is (None: it will be created).

        Here tags are merged when they are not purged, and a value is generated that is not there yet. Sends no call.
        """
        return {name: value for name, value in wanted.items() if name != "state"}

    def create(self, wanted: State) -> State: ...

    def update(self, current: State, changes: State) -> State:
        """The state with `changes` made."""
        raise NotImplementedError

    def delete(self, current: State, wanted: State) -> None: ...

    def ready(self, current: State) -> bool:  # noqa: ARG002  the plain case
        """Whether the service has finished with it; ReplatformError when it has given up."""
        return True


class Unfinished(ReplatformError):
    """Some items failed; `outcome` has what the others came to, and every item's own result."""

    def __init__(self, message: str, outcome: Outcome, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.outcome = outcome


@dataclass
class Item:
    """One wanted thing: what there is, what has to be done, and what came of it."""

    key: str
    wanted: State
    current: State | None
    changes: State = field(default_factory=dict)
    action: str = "none"
    state: State = field(default_factory=dict)
    error: ReplatformError | None = None
    waited_for: bool = False

    @property
    def changed(self) -> bool:
        return self.action != "none" and self.error is None


@dataclass
class Begun:
    """Items of one kind whose writes were sent (in check mode: simulated), before anything was waited for."""

    resource: Resource
    items: list[Item]

    @property
    def states(self) -> dict[str, State]:
        """What there is of each item by its key; what only the service knows is blank in check mode."""
        return {item.key: item.state for item in self.items}

    @property
    def failed(self) -> list[Item]:
        return [item for item in self.items if item.error]


def ensure(resource: Resource, wanted: Sequence[State], mode: Mode, *, state: str = "present") -> Outcome:
    """Makes every item of `wanted` so, side by side, and waits once for all of them.

    An item holds only what was asked for (Module.given), and its own `state` stands before the call's. Things not
    named are left alone: to purge, add an item with state absent for each that should go.
    Raises: ReplatformError before anything is written (an item twice, an immutable change); Unfinished afterwards.
    """
    return conclude([begin(resource, wanted, mode, state=state)], mode)


def begin(resource: Resource, wanted: Sequence[State], mode: Mode, *, state: str = "present") -> Begun:
    """The first half of ensure(), for kinds that depend on each other: all are begun before any is waited for.

    A failure of an item is kept with it (`failed`); conclude() raises it.
    """
    by_key = _by_key(resource, wanted)
    found = resource.find(by_key)
    items = [_plan(resource, key, item, found.get(key), item.get("state", state)) for key, item in by_key.items()]
    _refuse_immutable(resource, items)
    if mode.check:
        for item in items:
            item.state = _predicted(resource, item)
    else:
        each(
            lambda item: _attempt(item, lambda: _apply(resource, item)),
            (item for item in items if item.action != "none"),
        )
    return Begun(resource, items)


def wait(begun: Sequence[Begun], mode: Mode) -> None:
    """Looks at all items together until each is ready, or gone where it was deleted; what fails is kept with its item.

    For a kind that can only begin when another is finished; conclude() waits for what nobody waited for.
    """
    if mode.wait and not mode.check:
        _wait(begun, mode.wait_timeout)


def conclude(begun: Sequence[Begun], mode: Mode) -> Outcome:
    """What all kinds together came to, each finished.

    Raises: Unfinished when any item failed.
    """
    wait(begun, mode)
    outcome = Outcome()
    for one in begun:
        part = _outcome(one.resource, one.items)
        outcome.changed |= part.changed
        for name, items in part.result.items():
            outcome.result[name] = [*outcome.result.get(name, ()), *items]
        outcome.before |= part.before
        outcome.after |= part.after
        outcome.actions += part.actions
    if any(one.failed for one in begun):
        raise _unfinished(begun, outcome)
    return outcome


def _by_key(resource: Resource, wanted: Sequence[State]) -> dict[str, State]:
    nameless = [number for number, item in enumerate(wanted, 1) if not item.get(resource.key)]
    if nameless:
        raise ReplatformError(
            f"Item {nameless[0]} of {resource.plural} has no {resource.key}; give it one.", code="InvalidOptions"
        )
    counts = Counter(str(item[resource.key]) for item in wanted)
    twice = [key for key, count in counts.items() if count > 1]
    if twice:
        raise ReplatformError(
            f"{resource.plural} names {', '.join(twice)} more than once; keep one item for each {resource.key}.",
            code="DuplicateKey",
            duplicates=twice,
        )
    return {str(item[resource.key]): item for item in wanted}


def _plan(resource: Resource, key: str, wanted: State, current: State | None, state: str) -> Item:
    item = Item(key, wanted, current)
    if state == "absent":
        item.action = "none" if current is None else "delete"
        item.state = {**resource.blank, resource.key: key}
    elif current is None:
        item.action, item.changes = "create", resource.desired(wanted, None)
    else:
        item.state = {**resource.blank, **current}
        desired = resource.desired(wanted, current)
        item.changes = {name: value for name, value in desired.items() if value != item.state.get(name)}
        item.action = "update" if item.changes else "none"
    return item


def _refuse_immutable(resource: Resource, items: Sequence[Item]) -> None:
    refused = {
        f"{resource.kind} {item.key}": {
            name: _visible_pair(resource, name, (item.current or {}).get(name), item.changes[name])
            for name in sorted(resource.immutable & item.changes.keys())
        }
        for item in items
        if item.action == "update" and resource.immutable & item.changes.keys()
    }
    if not refused:
        return
    what = "; ".join(
        f"{name} has {attribute} {_show(value['old'])} and cannot be given {_show(value['new'])} afterwards"
        for name, attributes in refused.items()
        for attribute, value in attributes.items()
    )
    raise ReplatformError(
        f"{what}. Nothing was changed: {resource.immutable_way}.",
        code="ImmutableAttribute",
        immutable=refused,
    )


def _visible_pair(resource: Resource, name: str, old: Any, new: Any) -> dict[str, Any]:
    return {"old": HIDDEN, "new": CHANGED} if name in resource.hidden else {"old": old, "new": new}


def _predicted(resource: Resource, item: Item) -> State:
    return item.state if item.action == "delete" else {**resource.blank, **item.state, **item.changes}


def _apply(resource: Resource, item: Item) -> None:
    if item.action == "create":
        item.state = {**resource.blank, **resource.create(item.changes)}
    elif item.action == "update":
        item.state = {**resource.blank, **resource.update(item.current or {}, item.changes)}
    else:
        resource.delete(item.current or {}, item.wanted)


def _attempt(item: Item, act: Callable[[], None]) -> None:
    """Keeps the failure with its item, so that the other items go on."""
    try:
        act()
    except ReplatformError as exc:
        item.error = exc
    except Exception as exc:  # noqa: BLE001  a defect met at one item must not hide what was done to the others
        item.error = unexpected(exc)


def _wait(begun: Sequence[Begun], timeout_s: float) -> None:
    pending = [
        (one.resource, item)
        for one in begun
        for item in one.items
        if _awaited(item) and not _settled(one.resource, item)
    ]
    for _resource, item in pending:
        item.waited_for = True
    deadline = time.monotonic() + timeout_s
    pause = POLL_S[0]
    while pending:
        pending = _looked_at(begun, pending)
        if not pending:
            return
        if time.monotonic() + pause > deadline:
            for resource, item in pending:
                item.error = _timed_out(resource, item, timeout_s)
            return
        time.sleep(pause)
        pause = min(pause * 1.5, POLL_S[1])


def _awaited(item: Item) -> bool:
    """Also of what is as it should be: an earlier run may have begun it and not have seen its end."""
    exists = item.action != "none" or item.current is not None
    return exists and not item.error and not item.waited_for


def _looked_at(begun: Sequence[Begun], pending: Sequence[tuple[Resource, Item]]) -> list[tuple[Resource, Item]]:
    """Those that are still not finished, after one more look at each kind."""
    left = []
    for resource in [one.resource for one in begun]:
        items = [item for of, item in pending if of is resource]
        if not items:
            continue
        found = resource.find({item.key: item.wanted for item in items})
        for item in items:
            if item.action == "delete":
                if item.key in found:
                    left.append((resource, item))
                continue
            if item.key in found:
                item.state = {**resource.blank, **found[item.key]}
            if not item.error and not _settled(resource, item):
                left.append((resource, item))
    return left


def _settled(resource: Resource, item: Item) -> bool:
    if item.action == "delete":
        return False
    settled = False

    def look() -> None:
        nonlocal settled
        settled = resource.ready(item.state)

    _attempt(item, look)
    return settled or item.error is not None


def _timed_out(resource: Resource, item: Item, timeout_s: float) -> ReplatformError:
    seen = _visible(resource, item.state)
    goal = "gone" if item.action == "delete" else "ready"
    return ReplatformError(
        f"{resource.kind} {item.key} was not {goal} after {timeout_s:g} s (last seen: {_show(seen)});"
        " run again with a larger wait_timeout, it continues from here.",
        code="WaitTimeout",
        last_seen=seen,
    )


def _unfinished(begun: Sequence[Begun], outcome: Outcome) -> Unfinished:
    failed = [(one.resource, item, item.error) for one in begun for item in one.items if item.error]
    items = sum(len(one.items) for one in begun)
    first = failed[0][2]
    if items == 1:
        return Unfinished(first.message, outcome, **{**first.facts, "code": first.code, "request_id": first.request_id})
    one_kind = len(begun) == 1
    reasons = {
        item.key if one_kind else f"{resource.kind} {item.key}": error.as_dict() for resource, item, error in failed
    }
    listing = " ".join(f"{key}: {reason['message']}" for key, reason in reasons.items())
    what = begun[0].resource.plural if one_kind else "items"
    return Unfinished(
        f"{len(failed)} of {items} {what} failed, the others are done. {listing}",
        outcome,
        code=first.code,
        request_id=first.request_id,
        failed=reasons,
    )


def _outcome(resource: Resource, items: Sequence[Item]) -> Outcome:
    done = [item for item in items if item.changed]
    named = {f"{resource.kind} {item.key}": _difference(resource, item) for item in done}
    return Outcome(
        changed=bool(done),
        result={resource.plural: [_result(resource, item) for item in items]},
        before={name: before for name, (before, _after) in named.items()},
        after={name: after for name, (_before, after) in named.items()},
        actions=[_action(resource, item) for item in done],
    )


def _result(resource: Resource, item: Item) -> State:
    state = item.state or {**resource.blank, **(item.current or {}), resource.key: item.key}
    result = {**_visible(resource, state), "changed": item.changed, "action": item.action}
    if item.error:
        result |= {"failed": True, "error": item.error.as_dict()}
    return result


def _action(resource: Resource, item: Item) -> str:
    what = f": {', '.join(sorted(item.changes))}" if item.action == "update" else ""
    return f"{item.action} {resource.kind} {item.key}{what}"


def _difference(resource: Resource, item: Item) -> tuple[State, State]:
    """Before and after of what changed only; of a created or deleted thing, all that is not empty."""
    current = item.current or {}
    if item.action == "delete":
        return _filled(_visible(resource, current)), {}
    if item.action == "create":
        return {}, _filled({name: _after(resource, name, value) for name, value in item.changes.items()})
    return (
        {name: HIDDEN if name in resource.hidden else current.get(name) for name in item.changes},
        {name: _after(resource, name, value) for name, value in item.changes.items()},
    )


def _after(resource: Resource, name: str, value: Any) -> Any:
    return CHANGED if name in resource.hidden else value


def _visible(resource: Resource, state: State) -> State:
    return {name: value for name, value in state.items() if name not in resource.hidden}


def _filled(state: State) -> State:
    return {name: value for name, value in state.items() if value not in (None, "", [], {})}


def _show(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, sort_keys=True)
