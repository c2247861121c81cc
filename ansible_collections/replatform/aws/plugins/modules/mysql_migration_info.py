# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_migration_info
short_description: Tell where a MySQL migration stands
version_added: 0.1.0
description:
  - Reads the migration's journal at the target, and how far the target is behind while it follows the source. No such
    migration is no failure.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.mysql.journal
  - replatform.aws.mysql.source
notes:
  - Without O(source) the lag counts only what the target has received from it.
seealso:
  - module: replatform.aws.mysql_copy
  - module: replatform.aws.mysql_verify
"""

EXAMPLES = r"""
- name: See how far the shop is
  replatform.aws.mysql_migration_info:
    name: shop
    target: {secret: shop/mysql-target}
  register: shop

- name: See how far the target is behind, by what the source has committed
  replatform.aws.mysql_migration_info:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
"""

RETURN = r"""
migrations:
  description: The migration, or nothing.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the migration.
      returned: success
      type: str
    phase:
      description: One of C(copying), C(copied), C(following), C(verifying), C(verified), C(differs), C(lost),
        C(opening), C(switched), C(returning), C(completed).
      returned: success
      type: str
      sample: copying
    running:
      description: Whether a run holds it and gave a sign of life within its lease.
      returned: success
      type: bool
    owner:
      description: The process that ran it last, and where.
      returned: success
      type: str
      sample: process 4711 on runner-1
    source:
      description: UUID of the source server.
      returned: success
      type: str
    position:
      description: Where the source was when the copy's snapshot was taken.
      returned: success
      type: dict
    started:
      description: When it was first run, by the target's clock in UTC.
      returned: success
      type: str
    updated:
      description: When the journal's entry last changed.
      returned: success
      type: str
    units_done:
      description: Units that are at the target.
      returned: success
      type: int
    units_total:
      description: Units in all.
      returned: success
      type: int
    rows:
      description: Rows copied so far.
      returned: success
      type: int
    bytes:
      description: Bytes copied so far.
      returned: success
      type: int
    tables:
      description: Every table with C(units), C(units_done), C(rows), C(bytes) and, after a verify, C(differing).
      returned: success
      type: list
      elements: dict
    orphans:
      description: Foreign keys with rows that have no parent.
      returned: success
      type: list
      elements: dict
    mismatches:
      description: What the last verify counted; null when there was none.
      returned: success
      type: int
    verified_at:
      description: When the last verify ended, by the target's clock in UTC; null when there was none.
      returned: success
      type: str
    replication:
      description: How the target follows the source; null while it does not.
      returned: success
      type: dict
      contains:
        receiving:
          description: Whether it is connected to the source.
          returned: success
          type: bool
        applying:
          description: Whether it applies what it has received.
          returned: success
          type: bool
        lag_seconds:
          description: Seconds that it is behind; null while that is not known.
          returned: success
          type: int
        transactions_behind:
          description: Transactions that it lacks; null where the source has no GTIDs.
          returned: success
          type: int
        error:
          description: What keeps it from following and what to do, empty while nothing does.
          returned: success
          type: str
    left_target:
      description: Whether the application was brought back from the target, where its accounts are locked since.
      returned: success
      type: bool
    next_step:
      description: What to do now.
      returned: success
      type: str
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.mysql.info import info
from ..module_utils.mysql.options import INFO, server


def main() -> None:
    Module(INFO, fragments=[AWS_OPTIONS]).run(
        lambda m: info(
            server(m, "target"),
            m.params["journal_schema"],
            m.params["name"],
            server(m, "source") if m.params["source"] else None,
        )
    )


if __name__ == "__main__":
    main()
