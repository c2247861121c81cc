# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every module reaches AWS: its connection options, and boto3 clients made from them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import ReplatformError
from .errors import calling

if TYPE_CHECKING:
    from collections.abc import Mapping

AWS_OPTIONS: dict[str, dict[str, Any]] = {
    "endpoint_url": {"type": "str", "aliases": ["aws_endpoint_url"]},
    "region": {"type": "str", "aliases": ["aws_region"]},
    # An identifier, which is shown in consoles and logs; said here because its name sounds secret.
    "access_key": {"type": "str", "aliases": ["aws_access_key_id"], "no_log": False},
    "secret_key": {"type": "str", "aliases": ["aws_secret_access_key"], "no_log": True},
    "session_token": {"type": "str", "aliases": ["aws_session_token"], "no_log": True},
    "profile": {"type": "str", "aliases": ["aws_profile"]},
}

CONNECTIONS = 32
"""Calls that one client can have in flight; botocore's default of 10 would make threads wait for each other."""


class Session:
    """boto3 clients for the connection options in `params`, one per service."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self._clients: dict[str, Any] = {}
        self._session: Any = None

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._make(service)
        return self._clients[service]

    def secrets(self) -> list[str]:
        """The secret parts of the credentials in use, wherever boto3 found them."""
        if self._session is None:
            return []
        with calling("read the AWS credentials"):
            credentials = self._session.get_credentials()
        return [value for value in (credentials.secret_key, credentials.token) if value] if credentials else []

    def _make(self, service: str) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as exc:
            raise ReplatformError(
                f"The Python library boto3 cannot be imported by the Python that runs this module ({exc});"
                " install it with 'pip install boto3' there, or point ansible_python_interpreter to one that has it.",
                code="MissingLibrary",
            ) from exc
        option = self._params.get
        if bool(option("access_key")) != bool(option("secret_key")):
            given, lacks = ("access_key", "secret_key") if option("access_key") else ("secret_key", "access_key")
            raise ReplatformError(
                f"The AWS connection has {given} but no {lacks}; give both, or neither to let boto3 find credentials.",
                code="PartialCredentialsError",
            )
        with calling(f"connect to {service}"):
            if self._session is None:
                self._session = boto3.session.Session(
                    aws_access_key_id=option("access_key"),
                    aws_secret_access_key=option("secret_key"),
                    aws_session_token=option("session_token"),
                    profile_name=option("profile"),
                    # AWS_REGION is what containers and Lambda set; boto3 itself reads AWS_DEFAULT_REGION only.
                    region_name=option("region") or os.environ.get("AWS_REGION") or None,
                )
            return self._session.client(
                service,
                endpoint_url=option("endpoint_url"),
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": 6},
                    connect_timeout=10,
                    read_timeout=60,
                    max_pool_connections=CONNECTIONS,
                    user_agent_extra="replatform.aws",
                ),
            )
