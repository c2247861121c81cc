# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_copy
short_description: Copy MySQL schemas to another server from one consistent snapshot
version_added: 0.1.0
description:
  - Makes tables, rows, indexes and foreign keys of the target what they are at the source at one moment, whose GTID set
    and place in the binary log are returned and kept, so that replication can go on from there. Views, triggers,
    routines and events come with them.
  - The source stays open for writes. Foreign keys are not checked while rows are loaded, in the copy's own sessions
    only, and are all there when the copy ends.
  - Values arrive byte by byte as they are stored. A value that the target would change stops the copy with its place.
  - What is done is recorded in a journal at the target in the same transaction as the rows. Killed at any moment, the
    same call goes on. It then opens a new snapshot, compares what was finished with it, copies again what differs,
    and the position is that of the new snapshot.
  - A second call changes nothing while the source is where it was. When the source was written to, only the units that
    differ are copied again.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.mysql
  - replatform.aws.mysql.definers
seealso:
  - module: replatform.aws.mysql_verify
  - module: replatform.aws.mysql_migration_info
  - name: LOAD DATA
    description: The statement by which rows reach the target.
    link: https://dev.mysql.com/doc/refman/8.4/en/load-data.html
notes:
  - The source's user needs C(SELECT) on the schemas and, for C(FLUSH TABLES WITH READ LOCK), C(RELOAD). The lock is
    held for some milliseconds. Without C(RELOAD) the snapshot is taken again and again for up to a minute until
    nothing was committed meanwhile, which works up to some hundred writes a second. C(REPLICATION CLIENT) adds the
    binary log's file and position.
  - To see all objects it also needs C(SHOW VIEW), C(TRIGGER) and C(EVENT) on the schemas and C(SHOW_ROUTINE) on C(*.*);
    without them a server shows fewer than there are, so the copy is refused.
  - The target's user needs C(SELECT), C(INSERT), C(UPDATE), C(DELETE), C(CREATE), C(DROP), C(ALTER), C(INDEX) and
    C(REFERENCES) on the schemas and on the journal's, and for objects C(CREATE VIEW), C(SHOW VIEW), C(TRIGGER),
    C(CREATE ROUTINE), C(ALTER ROUTINE) and C(EVENT).
  - With its binary log on, the target needs C(log_bin_trust_function_creators) for triggers and functions, a parameter
    of the parameter group on RDS and Aurora.
  - Rows are sent by C(LOAD DATA LOCAL), and by C(INSERT) where the target has C(local_infile) off.
  - A table that is already at the target and was not created by this migration is never touched.
  - Refused before any row is read are tables of another engine than InnoDB, what only MariaDB has (system versioning,
    periods, options such as page compression, C(uuid) and C(inet) columns, sequences as defaults, moments after 2038),
    collations that the target lacks, and JSON values that only functions make
    (dates, C(DECIMAL), binary), since their text is another value. Looking for those reads every JSON column once more.
  - A MariaDB source can be copied and not followed. Its definitions come in MySQL's words (defaults in brackets, checks
    with names that are unique in their schema, C(IGNORED) indexes invisible); sequences stay behind, with a warning.
  - A table without primary key is one unit and is copied from its beginning when interrupted.
  - Triggers of this migration are dropped at the target before rows are copied again, and created when they are in.
  - A view that refers at the source to what is not there is left out, and told as a warning.
  - In check mode nothing is written, and sizes are the server's estimates.
"""

EXAMPLES = r"""
- name: Copy the shop to Aurora
  replatform.aws.mysql_copy:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]

- name: Copy two schemas without their logs, gently, and see how far it is
  replatform.aws.mysql_copy:
    name: shop-quiet
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target, tls: required}
    schemas: [shop, shop_audit]
    exclude: ["shop.*_log"]
    workers: 2
    throttle_file: /run/replatform/pause
    progress_file: reports/mysql_copy.jsonl
  register: copied

- name: Copy tables and views, and make the views the target user's own
  replatform.aws.mysql_copy:
    name: shop-tables
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]
    objects: [views]
    definers: rewrite

- name: See what a copy would do
  replatform.aws.mysql_copy:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]
  check_mode: true
"""

RETURN = r"""
phase:
  description: Where the migration stands in its journal; C(planned) when it has none yet.
  returned: success
  type: str
  sample: copied
name:
  description: Name of the migration.
  returned: success
  type: str
tables:
  description: Every table, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: C(schema.table).
      returned: success
      type: str
      sample: shop.orders
    units:
      description: Pieces it is copied in.
      returned: success
      type: int
    rows:
      description: Rows at the target; in check mode the source's estimate for a table not yet copied.
      returned: success
      type: int
    bytes:
      description: Bytes of those rows as text; in check mode InnoDB's estimate of the table.
      returned: success
      type: int
    copied:
      description: Units copied for the first time by this call, or that would be.
      returned: success
      type: int
    recopied:
      description: Units that had been copied, differed from the new snapshot and were copied again.
      returned: success
      type: int
    kept:
      description: Units that had been copied and equal the new snapshot.
      returned: success
      type: int
    seconds:
      description: Time that workers spent on the table.
      returned: success
      type: float
rows:
  description: Sum over the tables, as are C(bytes), C(units), C(copied), C(recopied) and C(kept).
  returned: success
  type: int
bytes:
  description: See C(rows).
  returned: success
  type: int
units:
  description: See C(rows).
  returned: success
  type: int
copied:
  description: See C(rows).
  returned: success
  type: int
recopied:
  description: See C(rows).
  returned: success
  type: int
kept:
  description: See C(rows).
  returned: success
  type: int
position:
  description:
    - Where the source was when the snapshot was taken, as C(gtid_executed), C(file) and C(position) of its binary log,
      with the server's UUID in C(server) and C(lock) or C(undisturbed) in C(method).
  returned: success
  type: dict
  sample:
    gtid_executed: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77
    file: binlog.000042
    position: 4711
    server: 3e11fa47-71ca-11e1-9e33-c80aa9429562
    method: lock
objects:
  description: Views, triggers, routines and events, by schema.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: C(view), C(trigger), C(function), C(procedure) or C(event).
      returned: success
      type: str
    name:
      description: C(schema.object).
      returned: success
      type: str
    definer:
      description: The account the source names, as SQL.
      returned: success
      type: str
    state:
      description: An event's state at the source; at the target it is disabled.
      returned: success
      type: str
    action:
      description: Whether this call, or the last one that copied, C(created) it or C(kept) it.
      returned: success
      type: str
  sample: [{kind: view, name: shop.bestsellers, definer: "`app`@`%`", state: "", action: created}]
next_step:
  description: What to do now.
  returned: success
  type: str
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.mysql.copy import copy
from ..module_utils.mysql.options import COPY, server, settings


def main() -> None:
    Module(COPY, fragments=[AWS_OPTIONS]).run(
        lambda m: copy(settings=settings(m), source=server(m, "source"), target=server(m, "target"), check=m.check_mode)
    )


if __name__ == "__main__":
    main()
