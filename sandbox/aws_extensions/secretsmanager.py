"""UpdateSecret as the service does it, where moto 5.2 does not.

An empty description removes it; moto leaves the old one. Staging labels of one's own stay with their version when a new
one becomes current; moto takes them away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable


def extend(emulator: Extendable) -> None:
    from moto.secretsmanager.responses import SecretsManagerResponse

    update = SecretsManagerResponse.update_secret

    def update_secret(response: Any) -> str:
        labels = own_labels(response)
        answer: str = update(response)
        for version, own in labels.items():
            stages = response.backend.secrets[response._get_param("SecretId")].versions[version]["version_stages"]
            stages += [label for label in own if label not in stages]
        if response._get_param("Description") == "":
            response.backend.secrets[response._get_param("SecretId")].description = ""
        return answer

    def own_labels(response: Any) -> dict[str, list[str]]:
        secret = response.backend.secrets.get(response._get_param("SecretId"))
        return {
            version: [stage for stage in value["version_stages"] if not stage.startswith("AWS")]
            for version, value in (secret.versions if secret else {}).items()
        }

    emulator.operation("secretsmanager", "UpdateSecret", update_secret)
