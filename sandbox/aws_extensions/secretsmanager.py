"""UpdateSecret with an empty description, which removes it; moto 5.2 leaves the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable


def extend(emulator: Extendable) -> None:
    from moto.secretsmanager.responses import SecretsManagerResponse

    update = SecretsManagerResponse.update_secret

    def update_secret(response: Any) -> str:
        answer: str = update(response)
        if response._get_param("Description") == "":
            response.backend.secrets[response._get_param("SecretId")].description = ""
        return answer

    emulator.operation("secretsmanager", "UpdateSecret", update_secret)
