# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Updates of clusters and node groups: begun one after another, each awaited, its errors told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...resource import POLL_S, Mode
from . import api

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BUSY = "ResourceInUseException"
"""What EKS answers while another update of the same cluster or node group is in progress."""
UNDER_WAY = ("CREATING", "PENDING", "UPDATING")


class Updates:
    """Updates of one run, of one cluster or of its node groups.

    EKS takes one at a time for each of them, and one kind of change in each.
    """

    def __init__(self, client: Any, cluster: str, mode: Mode, *, nodegroups: bool = False) -> None:
        self._client = client
        self._cluster = cluster
        self._nodegroups = nodegroups
        self._end = time.monotonic() + mode.wait_timeout
        self._last: dict[str, api.Answer] = {}

    def begin(self, name: str, steps: Sequence[Callable[[], api.Answer]]) -> None:
        """Sends every step and waits for all but the last, which finished() tells of."""
        for number, step in enumerate(steps):
            if number:
                self._wait(name)
            self._last[name] = self._sent(step)

    def idle(self, name: str, look: Callable[[], str | None]) -> None:
        """Waits while `look` says that what an earlier run or somebody else has begun is not finished."""
        pauses = self._pauses()
        while (status := look()) in UNDER_WAY:
            if not next(pauses):
                raise ReplatformError(
                    f"{self._what(name)[0].upper()}{self._what(name)[1:]} is still {status}, so that nothing can be"
                    " changed yet, and the time to wait is over; run again with a larger wait_timeout.",
                    code="WaitTimeout",
                    last_seen=status,
                )

    def finished(self, name: str) -> bool:
        """Whether the last update that this run began for `name` has succeeded; true without one.

        Raises: ReplatformError with the update's errors when it has failed or was cancelled.
        """
        if name not in self._last:
            return True
        seen = self._look(name)
        if seen["status"] in ("Failed", "Cancelled"):
            del self._last[name]
            raise _failed(self._what(name), seen)
        if seen["status"] == "Successful":
            del self._last[name]
            return True
        return False

    def _sent(self, step: Callable[[], api.Answer]) -> api.Answer:
        """The update begun; an earlier one, of an interrupted run or of somebody else, is given the time to end."""
        pauses = self._pauses()
        while True:
            try:
                return step()
            except ReplatformError as exc:
                if exc.code != BUSY or not next(pauses):
                    raise

    def _wait(self, name: str) -> None:
        pauses = self._pauses()
        while not self.finished(name):
            if not next(pauses):
                seen = self._last[name]
                raise ReplatformError(
                    f"The {seen['type']} {seen['id']} of {self._what(name)} is still {seen['status']} and the time to"
                    " wait is over; run again with a larger wait_timeout, it continues from here.",
                    code="WaitTimeout",
                    last_seen=seen["status"],
                )

    def _look(self, name: str) -> api.Answer:
        nodegroup = name if self._nodegroups else None
        self._last[name] = api.update(self._client, self._cluster, self._last[name]["id"], nodegroup)
        return self._last[name]

    def _pauses(self) -> Any:
        """Pauses, and yields true; false once there is no time for another one."""
        pause = POLL_S[0]
        while time.monotonic() + pause < self._end:
            time.sleep(pause)
            pause = min(pause * 1.5, POLL_S[1])
            yield True
        while True:
            yield False

    def _what(self, name: str) -> str:
        return f"node group {name} of EKS cluster {self._cluster}" if self._nodegroups else f"EKS cluster {name}"


def issues(found: Sequence[dict[str, Any]]) -> list[str]:
    """Health issues, or an update's errors, as text: "AccessDenied: the role may not ... (sg-1, sg-2)"."""
    return [_issue(one) for one in found]


def _issue(one: dict[str, Any]) -> str:
    message = " ".join(str(one.get("message") or one.get("errorMessage") or "no reason given").split()).rstrip(".")
    about = ", ".join(one.get("resourceIds") or ())
    return f"{one.get('code') or one.get('errorCode') or 'Unknown'}: {message}{f' ({about})' if about else ''}"


def _failed(what: str, seen: api.Answer) -> ReplatformError:
    errors = issues(seen.get("errors") or ())
    return ReplatformError(
        f"The {seen['type']} {seen['id']} of {what} has the status {seen['status']}:"
        f" {'; '.join(errors) or 'EKS gives no reason'}. Correct the cause and run again; what was done before stays.",
        code="UpdateFailed",
        update=seen["id"],
        errors=errors,
    )
