# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_assess
short_description: Say what stands in the way of moving MySQL schemas, with the fix of each finding
version_added: 0.1.0
description:
  - Reads both servers and returns findings, each with a severity, the evidence and the statement or parameter that
    mends it. C(error) means that the copy or what follows would fail or silently differ, C(warning) that it works and
    somebody has to decide, C(info) what is good to know.
  - Looks at definitions, rows, accounts, packet sizes, timeouts, modes, the binary log, what the users may do, what the
    source is busy with, how long the copy takes, and whether the target reaches the source.
  - Writes neither rows nor definitions on either side. What the user is not allowed to see is a finding too.
  - Fails by O(fail_on), and then returns the whole result beside the error.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.mysql.selection
  - replatform.aws.mysql.replication
options:
  definers:
    description: As M(replatform.aws.mysql_copy) will be told; accounts matter less when they are not kept.
    type: str
    choices: [keep, rewrite, create]
    default: keep
  probe_replication:
    description:
      - Whether the target tries to reach the source by its own replication handshake. It is told to read a binary log
        that
        does not exist, so that no row can arrive, and is reset at once.
      - Never done in check mode, while the target is a replica, or once the migration is copied.
    type: bool
    default: true
  fail_on:
    description: The least severity that fails. V(never) only reports.
    type: str
    choices: [error, warning, never]
    default: error
  rate_mb_s:
    description:
      - MB (10^6 bytes) a second that the copy moves, for the estimates. Without it 10 for each worker, or less where
        up to two seconds of reading the largest table are slower.
    type: float
  scan_seconds:
    description:
      - Seconds, 0 to 3600, that questions to the source's rows may take in all (orphans, JSON, invalid text, the
        largest
        row). What is not answered in time is told. 0 asks none.
    type: float
    default: 10
seealso:
  - module: replatform.aws.mysql_copy
notes:
  - At the source C(FLUSH TABLES WITH READ LOCK) is tried for one second at most and undone at once, unless in check
    mode or
    once the migration is copied. A connection of its own is ended with C(KILL) on both sides.
  - Once all is copied and the source is where it was then, rows are not read again.
  - C(PROCESS) lets it see transactions and statements of others, C(SELECT) on C(mysql.*) their accounts.
  - What C(ALTER DATABASE ... READ ONLY) needs is inferred from grants, as trying it would write.
"""

EXAMPLES = r"""
- name: Assess the move of the shop
  replatform.aws.mysql_assess:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]
    replication: {secret: shop/mysql-replication, host: db.example.com}
  register: assessed

- name: Read what was found
  ansible.builtin.debug:
    var: assessed.report

- name: Only report, without a handshake and with a known rate
  replatform.aws.mysql_assess:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]
    probe_replication: false
    rate_mb_s: 40
    fail_on: never
"""

RETURN = r"""
phase:
  description: Always C(assessed).
  returned: always
  type: str
  sample: assessed
name:
  description: Name of the migration.
  returned: always
  type: str
findings:
  description: What was found, the worst first.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: What kind of finding it is; stays the same from version to version.
      returned: always
      type: str
      sample: no-primary-key
    severity:
      description: C(error), C(warning) or C(info).
      returned: always
      type: str
    object:
      description: What it is about.
      returned: always
      type: str
      sample: table shop.log
    evidence:
      description: What is so, and what comes of it.
      returned: always
      type: str
    fix:
      description: The statement or parameter that mends it; empty where there is nothing to mend.
      returned: always
      type: str
counts:
  description: Number of findings by severity.
  returned: always
  type: dict
  sample: {error: 0, warning: 3, info: 7}
largest_tables:
  description: The ten largest tables with the server's estimates and the seconds that a copy of them takes.
  returned: always
  type: list
  elements: dict
  sample: [{name: shop.orders, rows: 1200000, bytes: 310000000, seconds: 7.8}]
estimate_s:
  description: Seconds that the copy takes; the finding C(copy-time) says how that is known.
  returned: always
  type: float
settings:
  description:
    - What the target's parameter group says otherwise than a migration wants, in the group's own words, as a module for
      parameter groups takes it. Nothing is set by this module.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The parameter, or the argument of C(mysql.rds_set_configuration).
      returned: always
      type: str
      sample: local_infile
    scope:
      description: C(parameter_group) or C(procedure).
      returned: always
      type: str
    now:
      description: What it is; null where it is not set.
      returned: always
      type: str
    wanted:
      description: What it has to be.
      returned: always
      type: str
    why:
      description: What comes of it.
      returned: always
      type: str
    apply:
      description: C(immediate), or C(reboot) where it holds from the next start on.
      returned: always
      type: str
    phase:
      description:
        - Before which phase it has to be so. C(copy) is for the copy alone, C(follow) and C(cutover) until the
          migration is complete, C(always) for good.
      returned: always
      type: str
    restore:
      description: What to set it to afterwards; as C(wanted) where it may stay, null where it was not set.
      returned: always
      type: str
source:
  description: Version and settings of the source, its bytes, how far its clock is ahead of ours, and C(rights).
  returned: always
  type: dict
target:
  description: The same of the target.
  returned: always
  type: dict
report:
  description: The findings as lines of a table, at most 100 wide.
  returned: always
  type: list
  elements: str
next_step:
  description: What to do now.
  returned: always
  type: str
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.mysql.assess.assess import assess
from ..module_utils.mysql.options import ASSESS, server, settings, wishes


def main() -> None:
    Module(ASSESS, fragments=[AWS_OPTIONS]).run(
        lambda m: assess(server(m, "source"), server(m, "target"), settings(m), wishes(m), check=m.check_mode)
    )


if __name__ == "__main__":
    main()
