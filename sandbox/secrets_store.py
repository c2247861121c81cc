"""The databases' credentials in the emulator's Secrets Manager, where the inventory and the shop's application look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .errors import SandboxError

PREFIX = "replatform/sandbox/"
APPLICATION = f"{PREFIX}shop"
FIELDS = ("host", "port", "username", "password")


def client(aws: Mapping[str, Any], service: str, **options: Any) -> Any:
    """A boto3 client of the emulator, with further options of boto3's own."""
    import boto3

    session: Any = boto3.session.Session(
        region_name=aws["region"],
        aws_access_key_id=aws["access_key"],
        aws_secret_access_key=aws["secret_key"],
    )
    return session.client(service, endpoint_url=aws["url"], **options)


def put(
    aws: Mapping[str, Any], databases: Mapping[str, Mapping[str, Any]], application: Mapping[str, Any] | None = None
) -> None:
    """Every database's admin as a secret of its own, in the shape that RDS writes; what is so already stays.

    So does the application's when it leads to one of these databases: a migration may have switched it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    secrets = client(aws, "secretsmanager")
    wanted = {f"{PREFIX}{name.replace('_', '-')}": endpoint for name, endpoint in databases.items()}
    places = {(endpoint["host"], endpoint["port"]) for endpoint in databases.values()}
    if application:
        wanted[APPLICATION] = application
    for name, endpoint in wanted.items():
        value = {"engine": "mysql", **{field: endpoint[field] for field in FIELDS}}
        try:
            try:
                current = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
            except secrets.exceptions.ResourceNotFoundException:
                secrets.create_secret(Name=name, SecretString=json.dumps(value))
                continue
            switched = name == APPLICATION and (current.get("host"), current.get("port")) in places
            if current != value and not switched:
                secrets.put_secret_value(SecretId=name, SecretString=json.dumps(value))
        except (BotoCoreError, ClientError) as error:
            raise SandboxError(f"The secret {name} could not be put to {aws['url']}: {error}.") from error
