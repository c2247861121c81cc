# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Tags of everything that a module makes: TAGS_OPTIONS of module_utils/aws/tags.py."""

    DOCUMENTATION = r"""
options:
  tags:
    description:
      - Tags of everything that this module makes, beside an item's own, which stand before.
      - Set them once for all modules with C(module_defaults) of the group C(replatform.aws.tags).
      - Without it, only an item's own tags are looked at.
    type: dict
  purge_tags:
    description: Whether tags that are not named are removed. Those that begin with C(aws:) always stay.
    type: bool
    default: true
"""
