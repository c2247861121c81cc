# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_verify
short_description: Compare two MySQL servers after a copy, down to the row
version_added: 0.1.0
description:
  - Compares the definitions of the tables, then every unit of the copy by a digest that each server counts itself
    (number of rows and a sum of SHA-256, so that no order matters and equal rows never cancel), then, where
    digests differ, the rows.
  - Fails when anything differs; the failure names the first difference, and the result lists them by table, key
    range and row.
  - While the target follows the source, both are compared at one position of the source's binary log, so that nobody
    has to stop writing; the target stands still for a moment and then goes on following while the rows are read.
  - Changes no row on either side. The outcome is recorded in the journal at the target.
  - A verify that passed is used again, without reading the tables, only while the GTID sets of both servers are what
    they were. Where the target has no GTIDs, as Aurora has by default, every call compares.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.mysql
options:
  differences:
    description: Rows listed at most. All units are compared in any case. 0 lists none.
    type: int
    default: 100
seealso:
  - module: replatform.aws.mysql_copy
  - module: replatform.aws.mysql_migration_info
notes:
  - While the source is written to and nothing follows it, differences are what is to be expected; the failure says so.
  - In check mode nothing is compared and the result of the last verify is returned.
"""

EXAMPLES = r"""
- name: Compare the shop on both servers
  replatform.aws.mysql_verify:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]

- name: Compare everything but the sessions, and list no more than ten rows
  replatform.aws.mysql_verify:
    name: shop-quiet
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop, shop_audit]
    exclude: ["shop.*_log"]
    differences: 10
"""

RETURN = r"""
phase:
  description: Where the migration stands, C(verified) or C(differs).
  returned: always
  type: str
  sample: verified
name:
  description: Name of the migration.
  returned: always
  type: str
tables:
  description: Every table, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: C(schema.table).
      returned: always
      type: str
      sample: shop.orders
    ok:
      description: Whether definition and rows are equal.
      returned: always
      type: bool
    rows:
      description: Rows copied.
      returned: always
      type: int
    units:
      description: Units compared.
      returned: always
      type: int
    differing:
      description: Units that differ.
      returned: always
      type: int
    structure:
      description: Parts of the definition that only the source (C(-)) or only the target (C(+)) has.
      returned: always
      type: list
      elements: str
      sample: ["- KEY `by_day` (`created_at`)"]
    ranges:
      description:
        - The key ranges that differ, with the number of rows on both sides in C(source) and C(target), and in C(rows)
          their keys, each C(missing) at the target, C(extra) there, or C(different).
      returned: always
      type: list
      elements: dict
      sample:
        - range: id from 40001 to before 48000
          source: 7999
          target: 7998
          rows: [{key: "40017", difference: missing}]
objects:
  description: Views, triggers, routines and events of either server.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: C(view), C(trigger), C(function), C(procedure) or C(event).
      returned: always
      type: str
    name:
      description: C(schema.object).
      returned: always
      type: str
    ok:
      description: Whether both servers have it and spell it the same way. Whether an event is enabled is left aside.
      returned: always
      type: bool
    differences:
      description: What differs, each without its subject.
      returned: always
      type: list
      elements: str
      sample: [is not at the target]
orphans:
  description: Foreign keys with rows that have no parent, in C(rows); -1 when the parent is not part of the migration.
  returned: always
  type: list
  elements: dict
  sample: [{table: shop.orders, constraint: orders_user_fk, rows: 2}]
mismatches:
  description: Units and parts of definitions that differ.
  returned: always
  type: int
reused:
  description: Whether this is the result of an earlier verify.
  returned: always
  type: bool
verified_at:
  description: When the comparison ended, by the target's clock in UTC; null when there was none.
  returned: always
  type: str
age_seconds:
  description: How long ago that was.
  returned: always
  type: int
position:
  description: The copy's position, as M(replatform.aws.mysql_copy) returned it.
  returned: always
  type: dict
next_step:
  description: What to do now.
  returned: always
  type: str
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.mysql.options import MOVE, server, settings
from ..module_utils.mysql.verify import verify

OPTIONS = {**MOVE, "differences": {"type": "int", "default": 100}}


def main() -> None:
    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(
        lambda m: verify(
            settings=settings(m), source=server(m, "source"), target=server(m, "target"), check=m.check_mode
        )
    )


if __name__ == "__main__":
    main()
