# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a database is and who may enter: plain options, or the name of a secret in AWS Secrets Manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from . import api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


TLS = ("disabled", "required", "verify_ca", "verify_identity")
PORTS = {"mysql": 3306, "aurora-mysql": 3306, "mariadb": 3306, "postgres": 5432, "mongo": 27017, "redis": 6379}

CREDENTIALS_OPTIONS: dict[str, dict[str, Any]] = {
    "secret": {"type": "str", "no_log": False},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "tls": {"type": "str", "choices": list(TLS)},
    "ca_file": {"type": "path"},
}
"""`tls` and `port` have no default here, as one would always override what the secret says; resolve() has them."""

FIELDS = ("engine", "host", "port", "username", "password", "dbname", "tls", "ca", "ca_file")


def resolve(
    given: Mapping[str, Any], secrets_client: Callable[[], Any], *, option: str = "credentials"
) -> dict[str, Any]:
    """engine, host, port, username, password, dbname, tls, ca (PEM text), ca_file; None for what nobody gave.

    Plain options stand before the secret's fields. The secret is JSON as RDS writes it:
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
    """
    name = given.get("secret")
    fetched = _fields(name, secrets_client(), option) if name else {}
    plain = {key: given[key] for key in FIELDS if given.get(key) is not None}
    found = {**dict.fromkeys(FIELDS), **fetched, **plain}
    found["tls"] = found["tls"] or "required"
    found["port"] = _port(found["port"] or PORTS.get(str(found["engine"] or "mysql")), name, option)
    lacking = [key for key in ("host", "port", "username", "password") if not found[key]]
    if lacking and name:
        raise ReplatformError(
            f"The secret {name} lacks {_and(lacking)}; add {_it(lacking)} to the secret's JSON, or give {_it(lacking)}"
            f" beside it in the option {option}.",
            code="IncompleteSecret",
            secret=name,
            lacking=lacking,
        )
    if lacking:
        raise ReplatformError(
            f"The option {option} lacks {_and(lacking)}; give {_it(lacking)},"
            " or name a secret of AWS Secrets Manager that has every field.",
            code="IncompleteCredentials",
            lacking=lacking,
        )
    if found["tls"] not in TLS:
        raise ReplatformError(
            f"The secret {name} has an unknown value in tls; make it one of {', '.join(TLS)}.",
            code="InvalidSecret",
            secret=name,
        )
    return found


def _fields(name: str, client: Any, option: str) -> dict[str, Any]:
    found = api.value(client, name)
    where = client.meta.region_name
    if found is None:
        raise ReplatformError(
            f"The secret {name} of the option {option} does not exist in {where} or has no value;"
            " create it with replatform.aws.secretsmanager_secrets, or correct its name or the region.",
            code="ResourceNotFoundException",
            secret=name,
        )
    try:
        document = json.loads(found)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        # Without the parser's words, which could quote the value.
        raise ReplatformError(
            f"The secret {name} of the option {option} in {where} is not a JSON object;"
            ' give it fields such as {"host": ..., "port": ..., "username": ..., "password": ...}.',
            code="InvalidSecret",
            secret=name,
        )
    return {key: document[key] for key in FIELDS if document.get(key) not in (None, "") and key != "ca_file"}


def _port(port: Any, name: str | None, option: str) -> int | None:
    if port is None:
        return None
    if not str(port).isdigit() or not 0 < int(port) < 65536:
        raise ReplatformError(
            f"The port of {'the secret ' + name if name else 'the option ' + option} is no number from 1 to 65535;"
            " correct it.",
            code="InvalidSecret" if name else "InvalidOptions",
            secret=name,
        )
    return int(port)


def _and(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"
