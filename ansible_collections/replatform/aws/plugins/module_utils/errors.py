# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception whose text a user reads."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from typing import Any

LIBRARIES = (*{path for name, path in sysconfig.get_paths().items() if name.endswith("lib")}, "<frozen")


class ReplatformError(Exception):
    """One sentence for the user: what, where, why, what to do. `code` is the service's own code, facts are fields."""

    def __init__(self, message: str, *, code: str | None = None, request_id: str | None = None, **facts: Any):
        super().__init__(message)
        self.message = message
        self.code = code
        self.request_id = request_id
        self.facts = facts

    def as_dict(self) -> dict[str, Any]:
        """The `error` of a failed module: message, code, request_id and the facts."""
        return {**self.facts, "message": self.message, "code": self.code, "request_id": self.request_id}


def unexpected(exc: BaseException, where: str = "") -> ReplatformError:
    """`exc`, which is a fault of this code and not of its user, as one sentence with its type and place."""
    frames = traceback.extract_tb(exc.__traceback__)
    # The last frame of our own is where the fault is looked for; a library's depth says nothing.
    ours = [frame for frame in frames if not frame.filename.startswith(LIBRARIES)] or frames
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "an unknown place"
    reason = " ".join(str(exc).split()) or "no message"
    return ReplatformError(
        f"{where + ': ' if where else ''}unexpected {type(exc).__name__} at {place}: {reason.rstrip('.')}."
        " This is a defect of the module: please report this sentence.",
        exception=type(exc).__name__,
        place=place,
    )
