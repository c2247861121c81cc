"""CloudWatch Logs where moto 5.2 lacks it: AssociateKmsKey and DisassociateKmsKey set and take away a group's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable


def extend(emulator: Extendable) -> None:
    from moto.logs.exceptions import ResourceNotFoundException

    def set_key(response: Any, key: str | None) -> str:
        groups = response.logs_backend.groups
        name = response._get_param("logGroupName")
        if name not in groups:
            raise ResourceNotFoundException
        groups[name].kms_key_id = key
        return "{}"

    emulator.operation("logs", "AssociateKmsKey", lambda response: set_key(response, response._get_param("kmsKeyId")))
    emulator.operation("logs", "DisassociateKmsKey", lambda response: set_key(response, None))
