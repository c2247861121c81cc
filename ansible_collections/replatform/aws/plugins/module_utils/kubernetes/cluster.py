# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cluster runs a move's workers, and how, as options say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..errors import ReplatformError

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DICTS = frozenset({"node_selector", "resources"})
_NUMBERS = frozenset({"parallelism", "ready_timeout_seconds", "active_deadline_seconds"})


@dataclass(frozen=True)
class Cluster:
    """Where pods run and what each gets. Without `kubeconfig` and `context`: the pod we are in, or the client's own."""

    parallelism: int
    image: str
    namespace: str = "default"
    service_account: str = ""
    node_selector: dict[str, str] = field(default_factory=dict)
    tolerations: list[dict[str, Any]] = field(default_factory=list)
    resources: dict[str, Any] = field(default_factory=dict)
    image_pull_secrets: list[str] = field(default_factory=list)
    ready_timeout_seconds: int = 300
    active_deadline_seconds: int = 604_800
    kubeconfig: str = ""
    context: str = ""

    @classmethod
    def of(cls, given: Any, option: str) -> Cluster:
        """From an option's dictionary. Raises on what makes no sense, before a cluster is asked."""
        if not isinstance(given, Mapping):
            raise ReplatformError(f"{option} is no dictionary; give parallelism and image in it.", option=option)
        known = [one.name for one in fields(cls)]
        for name, value in given.items():
            if name not in known:
                raise ReplatformError(f"{option} has no option {name}; it has {', '.join(known)}.", option=option)
            _typed(option, name, value)
        for name in ("parallelism", "image"):
            if not given.get(name):
                raise ReplatformError(f"{option} lacks {name}; give it.", option=option)
        wanted: dict[str, Any] = {
            name: int(value) if name in _NUMBERS else value for name, value in given.items() if value is not None
        }
        cluster = cls(**wanted)
        if not _LABEL.fullmatch(cluster.namespace):
            raise ReplatformError(
                f"{option}.namespace is {cluster.namespace!r}, which no namespace can be called; correct it.",
                option=option,
            )
        if cluster.active_deadline_seconds < 60:
            raise ReplatformError(
                f"{option}.active_deadline_seconds is {cluster.active_deadline_seconds}; give 60 or more.",
                option=option,
            )
        return cluster


def _typed(option: str, name: str, value: Any) -> None:
    if value is None:
        return
    if name in _NUMBERS:
        fits, kind = str(value).isdecimal() and not isinstance(value, bool), "a whole number"
    elif name in _DICTS:
        fits, kind = isinstance(value, Mapping), "a dictionary"
    elif name == "tolerations":
        fits, kind = (
            isinstance(value, list) and all(isinstance(one, Mapping) for one in value),
            "a list of dictionaries",
        )
    elif name == "image_pull_secrets":
        fits, kind = isinstance(value, list) and all(isinstance(one, str) for one in value), "a list of names"
    else:
        fits, kind = isinstance(value, str), "text"
    if not fits:
        raise ReplatformError(f"{option}.{name} is {value!r}; give {kind}.", option=option)
