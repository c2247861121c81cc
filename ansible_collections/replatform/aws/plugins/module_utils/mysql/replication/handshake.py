# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a replica reaches its source: its own handshake, made to fail before any event is sent.

The receiver is told to start in a binary log that does not exist. It resolves the name, connects, agrees on TLS, logs
in and registers, and only then learns that there is no such file. No transaction can arrive, whatever happens to us
meanwhile.
"""

from __future__ import annotations

import time

from ..connection import Server
from .channel import PROBE_FILE, Channel
from .troubles import LOGIN, NO_SUCH_FILE, kind

PLACE = {"file": PROBE_FILE, "position": 4}
WAIT_S = 15.0
POLL_S = 0.1


def handshake(replica: Channel, source: Server) -> tuple[int, str]:
    """The receiver's error, which reached() judges; 0 when it had none within WAIT_S. It is no replica afterwards."""
    try:
        replica.configure(source, PLACE)
        replica.start()
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            found = replica.status()
            if found and found.receiver_error[0]:
                return found.receiver_error
            time.sleep(POLL_S)
        return 0, ""
    finally:
        replica.reset()


def reached(code: int, text: str) -> bool:
    """Whether nothing but the missing file ended the handshake."""
    return code in NO_SUCH_FILE and kind(code, text) != LOGIN
