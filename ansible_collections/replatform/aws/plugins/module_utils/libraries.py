# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Third-party libraries that may be missing where a module runs, and the sentence that says so.

An engine that needs one must still be importable without it, or the user gets a traceback (ansible-test's import test
checks it). So it imports the library in a `try`, takes a StandIn when there is none, and calls `require()` at its door.
"""

from __future__ import annotations

import sys
from typing import Any

from .errors import ReplatformError


class StandIn:
    """Stands for a missing library and all in it where they are only named: in annotations, sets, base classes."""

    def __init__(self, library: str) -> None:
        self._library = library

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, item: object) -> StandIn:
        return self

    def __or__(self, other: object) -> StandIn:
        return self

    __ror__ = __or__

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return ()

    def __call__(self, *dummy: object, **also_dummy: object) -> Any:  # noqa: ARG002
        require(self)


def require(*libraries: object) -> None:
    """Nothing when all `libraries` are there; else a ReplatformError that says what to install, and where."""
    missing = sorted({library._library for library in libraries if isinstance(library, StandIn)})
    if missing:
        raise ReplatformError(
            f"The Python libraries {', '.join(missing)} are missing in {sys.executable}, which runs this module. "
            "Install them there with pip, or set ansible_python_interpreter to a Python that has them.",
            code="MissingLibrary",
            libraries=missing,
        )
