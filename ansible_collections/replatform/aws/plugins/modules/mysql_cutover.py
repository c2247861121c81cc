# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_cutover
short_description: Switch an application from one MySQL server to the other
version_added: 0.1.0
description:
  - Lets the application write to the target instead of the source, in one guarded run. The target must follow the
    source and have been compared with it.
  - Writes at the source are paused by the best way that a probe shows it allows; once the target has everything,
    the application's accounts are locked at the source and unlocked at the target, the way back is armed, and the
    target opens. At no moment can both be written to.
  - Any failure before the journal says C(opening) lets the application write to the source again, and so does a
    watchdog, a process of its own, when this one is killed or silent. From there on it only goes forward, and a
    second run finishes.
  - Events are started at the target and stopped at the source, AUTO_INCREMENT counters are brought up to the
    source's.
  - In check mode it prints every step and what stands in the way now, and writes nothing to either server.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.wait
  - replatform.aws.mysql.selection
  - replatform.aws.mysql.replication
  - replatform.aws.mysql.switch
notes:
  - Switching what the application reads, its endpoint and login, comes after it, see the roles
    C(application_switch_secret) and C(application_switch_env).
seealso:
  - module: replatform.aws.mysql_rollback
  - module: replatform.aws.mysql_complete
  - module: replatform.aws.mysql_verify
  - module: replatform.aws.mysql_accounts
"""

EXAMPLES = r"""
- name: See what stands in the way
  replatform.aws.mysql_cutover:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]
  check_mode: true

- name: Switch the shop over
  replatform.aws.mysql_cutover:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]
    accounts: ["shop_web@%", "shop_worker@%"]
    hold_file: /tmp/not-yet
"""

RETURN = r"""
phase:
  description: Where the migration stands, C(switched) after this.
  returned: success
  type: str
  sample: switched
name:
  description: Name of the migration.
  returned: success
  type: str
blockers:
  description: What stands in the way of the switch now; empty when it was done.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Its kind, which O(accept) takes where RV(blockers[].acceptable).
      returned: always
      type: str
      sample: transactions
    sentence:
      description: What stands in the way.
      returned: always
      type: str
    fix:
      description: What to do about it.
      returned: always
      type: str
    acceptable:
      description: Whether O(accept) can hold it.
      returned: always
      type: bool
ways:
  description: How writes could be paused, the best first, each with the server's own answer to a probe.
  returned: always
  type: list
  elements: dict
  sample: [{name: read_only_schemas, possible: true, why: "The server would let us, were no table locked."}]
way:
  description: The way that is taken.
  returned: always
  type: str
  sample: read_only_schemas
reverse:
  description: How changes come back, C(native), C(applier) or C(none).
  returned: always
  type: str
accounts:
  description: The application's accounts, as C(user@host).
  returned: always
  type: list
  elements: str
  sample: ["shop_web@%"]
lag_seconds:
  description: Seconds that the other side was behind; null where that is not known.
  returned: always
  type: int
transactions_behind:
  description: Transactions that it lacked; null where that is not known.
  returned: always
  type: int
switch:
  description: The switch that was done, by this run or an earlier one; empty before.
  returned: always
  type: dict
  contains:
    direction:
      description: C(cutover) or C(rollback).
      returned: when switched
      type: str
    way:
      description: How writes were paused.
      returned: when switched
      type: str
    reverse:
      description: How changes come back.
      returned: when switched
      type: str
    began:
      description: When the run began to wait for the other side, in UTC.
      returned: when switched
      type: str
    ended:
      description: When all was done, in UTC.
      returned: when switched
      type: str
    steps:
      description: Every step with C(step), C(at) in UTC and C(ms).
      returned: when switched
      type: list
      elements: dict
    pause_ms:
      description: Milliseconds from writes paused to the other side open; null where another run had paused them.
      returned: when switched
      type: float
actions:
  description: One line for each step taken (in check mode, that would be taken).
  returned: always
  type: list
  elements: str
  sample: ["stop_writes: pause writes at the source"]
next_step:
  description: What to do now.
  returned: always
  type: str
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import WAIT_OPTIONS, Module
from ..module_utils.mysql.options import SWITCH, server, settings, switch_wishes
from ..module_utils.mysql.switch.cutover import cutover


def main() -> None:
    Module(SWITCH, fragments=[AWS_OPTIONS, WAIT_OPTIONS]).run(
        lambda m: cutover(server(m, "source"), server(m, "target"), settings(m), switch_wishes(m), check=m.check_mode)
    )


if __name__ == "__main__":
    main()
