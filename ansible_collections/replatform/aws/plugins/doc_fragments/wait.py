# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """How long a module waits: WAIT_OPTIONS of module_utils/module.py."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether the module ends only when everything it began is finished. It waits once, for all items together.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most. What is not finished by then is named in the failure, goes on by itself,
        and is waited for again when the module runs again.
    type: int
    default: 600
"""
