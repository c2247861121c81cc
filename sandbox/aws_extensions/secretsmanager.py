"""Secrets Manager as the service does it, where moto 5.2 does not.

UpdateSecret: an empty description removes it; moto leaves the old one. Staging labels of one's own stay with their
version when a new one becomes current; moto takes them away. ListSecretVersionIds tells when a version was made, where
moto says now, and leaves versions without a label out unless they are asked for.
"""

from __future__ import annotations

import json
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

    def list_secret_version_ids(response: Any) -> str:
        name = response._get_param("SecretId")
        # Moto's own answer first, for its errors.
        response.backend.describe_secret(name)
        secret = response.backend.secrets[name]
        versions = [
            {"VersionId": version, "VersionStages": value["version_stages"], "CreatedDate": value["createdate"]}
            for version, value in secret.versions.items()
            if value["version_stages"] or response._get_bool_param("IncludeDeprecated", False)
        ]
        return json.dumps({"ARN": secret.arn, "Name": secret.name, "Versions": versions})

    emulator.operation("secretsmanager", "UpdateSecret", update_secret)
    emulator.operation("secretsmanager", "ListSecretVersionIds", list_secret_version_ids)
