"""KMS where moto 5.2 is narrower: ScheduleKeyDeletion takes a key's ARN as well as its id (API Reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable


def extend(emulator: Extendable) -> None:  # noqa: ARG001  the model is mended, no operation added
    from moto.kms.models import KmsBackend

    schedule = KmsBackend.schedule_key_deletion

    def schedule_key_deletion(backend: Any, key_id: str, pending_window_in_days: int) -> Any:
        return schedule(backend, key_id.rpartition("/")[2], pending_window_in_days)

    KmsBackend.schedule_key_deletion = schedule_key_deletion
