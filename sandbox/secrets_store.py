"""The databases' credentials in the emulator's Secrets Manager, where the sandbox inventory reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .errors import SandboxError

PREFIX = "replatform/sandbox/"


def client(aws: Mapping[str, Any], service: str) -> Any:
    """A boto3 client of the emulator."""
    import boto3

    session: Any = boto3.session.Session(
        region_name=aws["region"],
        aws_access_key_id=aws["access_key"],
        aws_secret_access_key=aws["secret_key"],
    )
    return session.client(service, endpoint_url=aws["url"])


def put(aws: Mapping[str, Any], databases: Mapping[str, Mapping[str, Any]]) -> None:
    """Every database's admin as a secret of its own, in the shape that RDS writes; what is so already stays."""
    from botocore.exceptions import BotoCoreError, ClientError

    secrets = client(aws, "secretsmanager")
    for name, endpoint in databases.items():
        secret = f"{PREFIX}{name.replace('_', '-')}"
        value = {"engine": "mysql", **{key: endpoint[key] for key in ("host", "port", "username", "password")}}
        try:
            try:
                current = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
            except secrets.exceptions.ResourceNotFoundException:
                secrets.create_secret(Name=secret, SecretString=json.dumps(value))
                continue
            if current != value:
                secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(value))
        except (BotoCoreError, ClientError) as error:
            raise SandboxError(f"The secret {secret} could not be put to {aws['url']}: {error}.") from error
