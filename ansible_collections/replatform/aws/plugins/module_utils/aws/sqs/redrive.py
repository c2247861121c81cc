# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of messages out of dead-letter queues, by SQS's own move tasks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import ReplatformError, unexpected
from ...parallel import each
from ...resource import Mode, Outcome, Unfinished
from ...transfer.progress import Progress
from ..errors import region
from . import api, transform

REDRIVE_OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "destination": {"type": "str"},
    "max_messages_per_second": {"type": "int"},
    "state": {"type": "str", "choices": ["moved", "cancelled"], "default": "moved"},
}
MOST_A_SECOND = 500
ACTIVE = frozenset({"RUNNING", "CANCELLING"})
POLL_S = (0.5, 5.0)
"""First and longest pause between two looks; each is half as long again as the one before."""
ENDED = ("ResourceNotFoundException", "UnsupportedOperation")
"""Of CancelMessageMoveTask: it is done meanwhile."""
NO_SOURCE = "CouldNotDetermineMessageSource"


@dataclass
class Move:
    """One dead-letter queue: what is asked for, what there is, and what came of it."""

    number: int
    wanted: Mapping[str, Any]
    arn: str = ""
    fifo: bool = False
    visible: int = 0
    in_flight: int = 0
    sources: list[str] = field(default_factory=list)
    task: dict[str, Any] = field(default_factory=dict)
    """The latest one, as ListMessageMoveTasks tells it."""
    before: int | None = None
    """When the latest task of before was started: what is listed may lag behind what was begun."""
    action: str = "none"
    error: ReplatformError | None = None

    @property
    def name(self) -> str:
        return str(self.wanted["name"])

    @property
    def running(self) -> bool:
        return self.task.get("Status") in ACTIVE

    @property
    def changed(self) -> bool:
        return self.action in ("start", "cancel") and self.error is None

    @property
    def to_move(self) -> int:
        return int(self.task.get("ApproximateNumberOfMessagesToMove") or 0) if self.action != "none" else 0

    @property
    def moved(self) -> int:
        return int(self.task.get("ApproximateNumberOfMessagesMoved") or 0) if self.action != "none" else 0

    def result(self, check: bool) -> dict[str, Any]:
        found = {
            "name": self.name,
            "destination": self.wanted.get("destination"),
            "sources": self.sources,
            "action": self.action,
            "changed": self.changed,
            "status": self.task.get("Status") if self.action != "none" and not check else None,
            "messages_to_move": self.visible if self.action == "start" and check else self.to_move,
            "messages_moved": self.moved,
        }
        return {**found, "failed": True, "error": self.error.as_dict()} if self.error else found

    def said(self) -> str:
        if self.action == "cancel":
            return f"cancel the move of queue {self.name}"
        where = self.wanted.get("destination") or " and ".join(self.sources)
        return f"move the messages of queue {self.name} to {where}"


def redrive(client: Any, items: Sequence[Mapping[str, Any]], mode: Mode, progress_file: str | None = None) -> Outcome:
    """Starts a move for every dead-letter queue that is not empty, and waits for all of them together.

    Raises: ReplatformError that names every fault with its path before anything moves; Unfinished afterwards.
    """
    _refuse(_faults(items))
    moves = [Move(number, item) for number, item in enumerate(items)]
    _refuse(_look(client, moves))
    for move in moves:
        move.action = _action(move)
    if not mode.check:
        each(lambda move: _attempt(move, lambda: _begin(client, move)), moves)
        if mode.wait:
            _wait(client, [move for move in moves if move.action != "none"], mode.wait_timeout, progress_file)
    outcome = Outcome(
        changed=any(move.changed for move in moves),
        result={"queues": [move.result(mode.check) for move in moves]},
        actions=[move.said() for move in moves if move.changed],
        warnings=[
            f"Queue {move.name} has about {move.in_flight} messages that somebody has received; they stay until they"
            " are visible again, so run again then."
            for move in moves
            if move.in_flight and move.action == "start"
        ],
    )
    failed = {move.name: move.error for move in moves if move.error}
    if failed:
        raise _unfinished(failed, len(moves), outcome)
    return outcome


def _refuse(faults: Iterator[str]) -> None:
    found = list(faults)
    if found:
        raise ReplatformError(f"{' '.join(found)} Nothing was moved.", code="InvalidOptions", faults=found)


def _faults(items: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counts = Counter(item["name"] for item in items)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        yield f"queues names {', '.join(twice)} more than once; SQS runs one move of a queue at a time."
    for number, item in enumerate(items):
        rate = item.get("max_messages_per_second")
        if rate is not None and not 1 <= rate <= MOST_A_SECOND:
            yield f"queues[{number}].max_messages_per_second is {rate}, but must be from 1 to {MOST_A_SECOND}."
        if item.get("destination") == item["name"]:
            yield f"queues[{number}].destination is the queue itself; leave it out to move messages to their queues."


def _look(client: Any, moves: Sequence[Move]) -> Iterator[str]:
    """Fills the moves with what there is, and yields what does not fit."""
    named = {move.name for move in moves} | {move.wanted.get("destination") for move in moves}
    urls = api.urls_of(client, sorted(name for name in named if name))
    each(lambda move: _read(client, move, urls[move.name]), [move for move in moves if move.name in urls])
    for move in moves:
        path, destination = f"queues[{move.number}]", move.wanted.get("destination")
        if not move.arn:
            yield f"{path}.name is {move.name}, but there is no such queue {region(client)}; correct the name."
            continue
        if move.wanted["state"] == "cancelled":
            continue
        if not move.sources:
            yield (
                f"{path}.name is {move.name}, which is the dead-letter queue of no queue; SQS moves messages out of"
                " dead-letter queues only."
            )
        if destination and destination not in urls:
            yield f"{path}.destination is {destination}, but there is no such queue {region(client)}; correct the name."
        if destination and transform.is_fifo(destination) != move.fifo:
            kind = "a FIFO queue" if move.fifo else "a standard queue"
            yield f"{path}.destination is {destination}, but must be {kind}, as {move.name} is."
        if move.running and destination != _running_to(move):
            yield (
                f"{path}: a move of {move.name} to {_running_to(move) or 'its own queues'} is running already; wait for"
                " it, or cancel it with state cancelled."
            )


def _read(client: Any, move: Move, url: str) -> None:
    attributes = api.attributes(client, url)
    if attributes is None:
        return
    move.arn = attributes["QueueArn"]
    move.fifo = attributes.get("FifoQueue") == "true"
    move.visible, move.in_flight, _delayed = (int(attributes.get(count) or 0) for count in transform.COUNTS)
    move.sources = api.sources(client, url)
    move.task = next(iter(api.moves(client, move.arn)), {})


def _running_to(move: Move) -> str | None:
    arn = move.task.get("DestinationArn")
    return api.last(arn) if arn else None


def _action(move: Move) -> str:
    if move.wanted["state"] == "cancelled":
        return "cancel" if move.running else "none"
    if move.running:
        return "watch"
    return "start" if move.visible else "none"


def _attempt(move: Move, act: Callable[[], None]) -> None:
    """Keeps the failure with its queue, so that the others go on."""
    try:
        act()
    except ReplatformError as exc:
        move.error = exc
    except Exception as exc:  # noqa: BLE001  a defect met at one queue must not hide what was done to the others
        move.error = unexpected(exc)


def _begin(client: Any, move: Move) -> None:
    if move.action == "start":
        destination = move.wanted.get("destination")
        to = f"{move.arn.rpartition(':')[0]}:{destination}" if destination else None
        move.before = move.task.get("StartedTimestamp")
        api.start_move(client, move.arn, to, move.wanted.get("max_messages_per_second"))
        move.task = {"Status": "RUNNING", "ApproximateNumberOfMessagesToMove": move.visible}
    elif move.action == "cancel" and move.task.get("TaskHandle"):
        try:
            moved = api.cancel_move(client, move.arn, move.task["TaskHandle"])
        except ReplatformError as error:
            if not any(api.is_code(error, code) for code in ENDED):
                raise
            move.action = "none"
        else:
            move.task = {**move.task, "Status": "CANCELLING", "ApproximateNumberOfMessagesMoved": moved}


def _wait(client: Any, moves: Sequence[Move], timeout_s: float, progress_file: str | None) -> None:
    """Looks at all moves together until none is active; what fails is kept with its queue."""
    if not moves:
        return
    name = moves[0].name if len(moves) == 1 else f"{len(moves)} queues"
    progress = Progress("redrive", name, progress_file)
    progress.unit = "messages"
    deadline = time.monotonic() + timeout_s
    pause = POLL_S[0]
    pending = [move for move in moves if not move.error]
    try:
        while pending:
            each(lambda move: _attempt(move, lambda: _watch(client, move)), pending)
            pending = [move for move in pending if move.running and not move.error]
            progress.units_total = progress.size_total = sum(move.to_move for move in moves)
            progress.units_done = progress.size_done = sum(move.moved for move in moves)
            progress.emit()
            if pending and time.monotonic() + pause > deadline:
                for move in pending:
                    move.error = _timed_out(client, move, timeout_s)
                return
            if pending:
                time.sleep(pause)
                pause = min(pause * 1.5, POLL_S[1])
    finally:
        progress.close()


def _watch(client: Any, move: Move) -> None:
    latest = next(iter(api.moves(client, move.arn)), {})
    if latest and latest.get("StartedTimestamp") != move.before:
        move.task = latest
    if move.task.get("Status") != "FAILED":
        return
    reason = str(move.task.get("FailureReason") or "no reason given")
    advice = "give a destination" if reason == NO_SOURCE else "correct that and run again"
    raise ReplatformError(
        f"The messages of queue {move.name} {region(client)} were not all moved, {move.moved} of about {move.to_move}:"
        f" {reason}; {advice}. The others are still there.",
        code=reason,
        messages_moved=move.moved,
    )


def _timed_out(client: Any, move: Move, timeout_s: float) -> ReplatformError:
    return ReplatformError(
        f"The move of queue {move.name} {region(client)} was still {move.task.get('Status')} after {timeout_s:g} s,"
        f" {move.moved} of about {move.to_move} messages moved. SQS goes on with it: run again to watch it, with a"
        " larger wait_timeout, or stop it with state cancelled.",
        code="WaitTimeout",
        last_seen=dict(move.task),
    )


def _unfinished(failed: Mapping[str, ReplatformError], count: int, outcome: Outcome) -> Unfinished:
    first = next(iter(failed.values()))
    if count == 1:
        return Unfinished(first.message, outcome, **{**first.facts, "code": first.code, "request_id": first.request_id})
    reasons = {name: error.as_dict() for name, error in failed.items()}
    listing = " ".join(f"{name}: {error.message}" for name, error in failed.items())
    return Unfinished(
        f"{len(failed)} of {count} queues failed, the others are done. {listing}",
        outcome,
        code=first.code,
        request_id=first.request_id,
        failed=reasons,
    )
