# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """What the base class in module_utils/module.py gives every module."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and tell what would change without changing it.
    support: full
    details:
      - Predicts what the real run would do, with a result of the same shape, and sends no call that writes.
  diff_mode:
    description: Returns details on what has changed, or in C(check_mode) would change.
    support: full
    details:
      - Shows the changed keys only; secrets as C((changed)).
"""
