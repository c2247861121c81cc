# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that the modules of a MySQL migration share; the doc fragment `mysql` describes them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ..aws.secretsmanager.credentials import CREDENTIALS_OPTIONS
from ..aws.secretsmanager.secrets import Secrets
from ..errors import ReplatformError
from ..kubernetes.cluster import Cluster
from ..resource import Mode, ensure
from .accounts import Wishes as AccountWishes
from .assess.assess import GATES, Wishes
from .assess.finding import ERROR
from .connection import Server
from .follow import FollowWishes
from .load import Limits
from .objects import CREATE, KEEP, OPTIONS, REWRITE
from .replication.account import Login
from .replication.troubles import REPAIRS
from .selection import Settings
from .switch.blockers import ACCEPTABLE
from .switch.ends import APPLIER, AUTO, NATIVE, NONE, SwitchWishes, nobody

if TYPE_CHECKING:
    from ..module import Module

SERVER: dict[str, Any] = {"type": "dict", "required": True, "options": CREDENTIALS_OPTIONS}
JOURNAL: dict[str, dict[str, Any]] = {
    "target": SERVER,
    "name": {"type": "str", "required": True},
    "journal_schema": {"type": "str", "default": "replatform"},
}
INFO: dict[str, dict[str, Any]] = {**JOURNAL, "source": {**SERVER, "required": False}}
SERVERS: dict[str, dict[str, Any]] = {
    "source": SERVER,
    "target": SERVER,
    "schemas": {"type": "list", "elements": "str", "required": True},
}
SELECTION: dict[str, dict[str, Any]] = {
    **JOURNAL,
    **SERVERS,
    "tables": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "objects": {"type": "list", "elements": "str", "choices": list(OPTIONS), "default": list(OPTIONS)},
}
MOVE: dict[str, dict[str, Any]] = {
    **SELECTION,
    "chunk_bytes": {"type": "int", "default": 64 << 20},
    "workers": {"type": "raw"},
    "lease_seconds": {"type": "int", "default": 30},
    "throttle": {"type": "dict", "options": {field.name: {"type": "int"} for field in fields(Limits)}},
    "throttle_file": {"type": "path"},
    "progress_file": {"type": "path"},
}

DEFINERS: dict[str, dict[str, Any]] = {"definers": {"type": "str", "choices": [KEEP, REWRITE, CREATE], "default": KEEP}}
REPLICATION: dict[str, dict[str, Any]] = {"replication": {"type": "dict", "options": CREDENTIALS_OPTIONS}}
COPY: dict[str, dict[str, Any]] = {**MOVE, **DEFINERS}
ASSESS: dict[str, dict[str, Any]] = {
    **SELECTION,
    **DEFINERS,
    **REPLICATION,
    "probe_replication": {"type": "bool", "default": True},
    "fail_on": {"type": "str", "choices": list(GATES), "default": ERROR},
    "rate_mb_s": {"type": "float"},
    "scan_seconds": {"type": "float", "default": 10.0},
}
FOLLOW: dict[str, dict[str, Any]] = {
    **MOVE,
    **DEFINERS,
    **REPLICATION,
    "lag_seconds": {"type": "int", "default": 5},
    "transactions": {"type": "int", "default": 1000},
    "repair": {"type": "list", "elements": "str", "choices": list(REPAIRS), "default": []},
}

_SECRET: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "fields": {"type": "dict", "required": True, "no_log": True},
}
SWITCH: dict[str, dict[str, Any]] = {
    **SELECTION,
    **REPLICATION,
    "replication_back": {"type": "dict", "options": CREDENTIALS_OPTIONS},
    "accounts": {"type": "list", "elements": "str", "default": []},
    "reverse": {"type": "str", "choices": [AUTO, NATIVE, APPLIER, NONE], "default": AUTO},
    "verify_age": {"type": "int", "default": 86400},
    "transaction_seconds": {"type": "int", "default": 10},
    "lag_seconds": {"type": "int", "default": 2},
    "transactions": {"type": "int", "default": 500},
    "pause_timeout": {"type": "int", "default": 10},
    "switch_timeout": {"type": "int", "default": 30},
    "hold_file": {"type": "path"},
    "accept": {"type": "list", "elements": "str", "choices": list(ACCEPTABLE), "default": []},
    "secrets": {"type": "list", "elements": "dict", "default": [], "no_log": False, "options": _SECRET},
    "secrets_stage": {"type": "str", "default": "replatform-before-switch", "no_log": False},
    "lease_seconds": {"type": "int", "default": 30},
    "progress_file": {"type": "path"},
}
COMPLETE: dict[str, dict[str, Any]] = {
    **SELECTION,
    "backup": {"type": "str", "default": ""},
    "without_backup": {"type": "bool", "default": False},
    "lease_seconds": {"type": "int", "default": 30},
}
ACCOUNTS: dict[str, dict[str, Any]] = {
    **SERVERS,
    "accounts": {"type": "list", "elements": "str", "default": []},
    "other_schemas": {"type": "bool", "default": False},
    "passwords": {"type": "dict", "default": {}, "no_log": False},
}

MOST_WORKERS = 64


def server(module: Module, role: str) -> Server:
    """The server of option `source` or `target`."""
    return Server.of(role, module.credentials(role))


def settings(module: Module) -> Settings:
    """The migration of these options. Raises on values that make no sense before anything is connected to."""
    given = {**{name: option.get("default") for name, option in COPY.items()}, **module.params}
    count, cluster = workers(given["workers"])
    _within("chunk_bytes", given["chunk_bytes"], 1024, 1 << 30)
    _within("lease_seconds", given["lease_seconds"], 5, 600)
    for option, most in (("name", 190), ("journal_schema", 59)):
        if not 0 < len(given[option]) <= most or given[option] != given[option].strip():
            raise ReplatformError(
                f"{option} is {given[option]!r}; give 1 to {most} characters, none of them a space at an end."
            )
    if not given["schemas"]:
        raise ReplatformError("schemas is empty; name the schemas that are to be moved.")
    return Settings(
        name=given["name"],
        schemas=tuple(dict.fromkeys(given["schemas"])),
        tables=tuple(given["tables"]),
        exclude=tuple(given["exclude"]),
        objects=tuple(given["objects"]),
        definers=given.get("definers") or KEEP,
        chunk_bytes=given["chunk_bytes"],
        workers=count,
        cluster=cluster,
        lease_s=given["lease_seconds"],
        journal_schema=given["journal_schema"],
        throttle_file=given["throttle_file"] or "",
        limits=Limits.of(given["throttle"] or {}),
        progress_file=given["progress_file"] or "",
        differences=given.get("differences") or 0,
    )


def workers(given: Any) -> tuple[int, Cluster | None]:
    """How many, and where when not on this machine: a number, or `kubernetes: {parallelism, image, ...}`."""
    if given is None:
        return min(8, (os.cpu_count() or 1) * 2), None
    cluster = None
    if isinstance(given, dict):
        if set(given) != {"kubernetes"}:
            raise ReplatformError(
                "workers names more or something else than kubernetes; give a number, or kubernetes with its options.",
                option="workers",
            )
        cluster = Cluster.of(given["kubernetes"], "workers.kubernetes")
    elif isinstance(given, bool) or not str(given).isdecimal():
        raise ReplatformError(
            f"workers is {given!r}; give a number, or a dictionary with kubernetes.", option="workers"
        )
    number = cluster.parallelism if cluster else int(given)
    _within("workers.kubernetes.parallelism" if cluster else "workers", number, 1, MOST_WORKERS)
    return number, cluster


def wishes(module: Module) -> Wishes:
    """How far the assessment of these options goes; the probe logs in as the source's user where none is given."""
    given = module.params
    _within("scan_seconds", given["scan_seconds"], 0, 3600)
    if given["rate_mb_s"] is not None:
        _within("rate_mb_s", given["rate_mb_s"], 0.1, 100_000)
    replication = _replication(module) if given["probe_replication"] else None
    return Wishes(given["fail_on"], given["rate_mb_s"], given["scan_seconds"], replication)


def follow_wishes(module: Module) -> FollowWishes:
    """How the module of these options follows. Raises on values that make no sense."""
    given = module.params
    for option in ("lag_seconds", "transactions"):
        _within(option, given[option], 0, 1_000_000_000)
    return FollowWishes(
        _login(module),
        lag_s=given["lag_seconds"],
        transactions=given["transactions"],
        wait=module.mode.wait,
        wait_timeout_s=module.mode.wait_timeout,
        repair=tuple(given["repair"]),
    )


def switch_wishes(module: Module) -> SwitchWishes:
    """How the module of these options switches. Raises on values that make no sense."""
    given = module.params
    for option, least in (("verify_age", 0), ("transaction_seconds", 0), ("lag_seconds", 0), ("transactions", 0)):
        _within(option, given[option], least, 1_000_000_000)
    for option in ("pause_timeout", "switch_timeout"):
        _within(option, given[option], 1, 3600)
    return SwitchWishes(
        _login(module),
        _login(module, "replication_back", "target"),
        tuple(given["accounts"]),
        given["reverse"],
        given["verify_age"],
        given["transaction_seconds"],
        given["lag_seconds"],
        given["transactions"],
        module.mode.wait_timeout,
        given["pause_timeout"],
        given["switch_timeout"],
        given["hold_file"] or "",
        tuple(given["accept"]),
        _switch_secrets(module),
    )


def _switch_secrets(module: Module) -> Callable[[str], None]:
    """Switches the secrets of option `secrets`, once it is called. Raises now where that could not be done."""
    if not module.params["secrets"]:
        return nobody
    secrets = Secrets(module.client("secretsmanager"), module.hide)

    def switch(role: str, *, check: bool = False) -> None:
        keep = {"stage": module.params["secrets_stage"], "restore": role == "source"}
        ensure(secrets, [{**secret, "keep": keep} for secret in module.params["secrets"]], Mode(check=check))

    switch("target", check=True)
    return switch


def _login(module: Module, option: str = "replication", role: str = "source") -> Login:
    own = module.params[option] or {}
    return Login(_replication(module, option, role), bool(own.get("username") or own.get("secret")), module.hide)


def _replication(module: Module, option: str = "replication", role: str = "source") -> Server:
    """One server as the other one sees it: what the option leaves open is that of `source` or `target`."""
    given = module.params
    own = {key: value for key, value in (given[option] or {}).items() if value is not None}
    base = {} if "secret" in own else given[role]
    return Server.of(role, module.credentials(option, {**base, **own}))


def account_wishes(module: Module) -> AccountWishes:
    """Which accounts these options want; new passwords are read from their secrets."""
    given = module.params
    passwords = {}
    for account, where in given["passwords"].items():
        user, _at, host = account.rpartition("@")
        if not user or not isinstance(where, dict) or set(where) != {"secret"}:
            raise ReplatformError(
                f"passwords has {account} in another form than user@host: {{secret: NAME}}; correct it.",
                option="passwords",
            )
        passwords[account] = module.credentials("passwords", {**where, "username": user, "host": host})["password"]
    return AccountWishes(tuple(given["schemas"]), tuple(given["accounts"]), given["other_schemas"], passwords)


def _within(option: str, number: float, least: float, most: float) -> None:
    if not least <= number <= most:
        raise ReplatformError(f"{option} is {number}; give a number from {least} to {most}.", option=option)
