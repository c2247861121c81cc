"""KMS where moto 5.2 is narrower: these operations take a key's ARN as well as its id (API Reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..aws_emulator import Extendable


OPERATIONS = ("cancel_key_deletion", "disable_key", "enable_key", "schedule_key_deletion")


def extend(emulator: Extendable) -> None:  # noqa: ARG001  the model is mended, no operation added
    from moto.kms.models import KmsBackend

    for name in OPERATIONS:
        setattr(KmsBackend, name, _by_id(getattr(KmsBackend, name)))


def _by_id(operation: Callable) -> Callable:
    return lambda backend, key_id, *others: operation(backend, key_id.rpartition("/")[2], *others)
