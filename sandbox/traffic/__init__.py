"""Customers who keep using the shop while it is being moved, the ledger of what they were told, and its audit."""

from __future__ import annotations

from .audit import Audit, Client, Finding, audit
from .clients import Traffic
from .ledger import Ledger
from .settings import from_env_file, from_secret

__all__ = ["Audit", "Client", "Finding", "Ledger", "Traffic", "audit", "from_env_file", "from_secret"]
