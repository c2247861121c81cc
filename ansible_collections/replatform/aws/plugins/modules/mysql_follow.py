# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_follow
short_description: Let a copied MySQL server follow its source by native replication
version_added: 0.1.0
description:
  - Makes the target a replica of the source from the very position of the copy's snapshot, by GTIDs where the source
    has them, else by file and position of its binary log, and waits until it is close behind.
  - Uses the procedures C(mysql.rds_*) of Aurora and RDS where the target has them, else C(CHANGE REPLICATION SOURCE).
  - Foreign keys are at the target already, so that cascades which the source keeps out of its binary log happen there
    too. Triggers do not fire, since row events hold what they did, and events are disabled.
  - Where O(replication) names no user, one is made at the source, with a password of the module's own making, C(REQUIRE
    SSL) and no right but C(REPLICATION SLAVE) and C(REPLICATION CLIENT). The journal keeps its name, nothing keeps its
    password.
  - What stops replication is told with its cause and what to do. Nothing is ever left out unless O(repair) asks for it.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.wait
  - replatform.aws.mysql
  - replatform.aws.mysql.definers
  - replatform.aws.mysql.replication
options:
  lag_seconds:
    description: The target is close when it is no more seconds behind.
    type: int
    default: 5
  transactions:
    description: The target is close when no more transactions are missing. Looked at where the source has GTIDs.
    type: int
    default: 1000
  repair:
    description:
      - What may be done about an error that stopped replication.
      - V(accounts) leaves out the failing transaction when it is a statement about accounts, which holds no row.
      - V(recopy) ends replication, takes a new snapshot, copies again the units that differ as
        M(replatform.aws.mysql_copy) does, and follows from there. It mends rows that somebody changed at the target,
        and binary logs that the source no longer has.
    type: list
    elements: str
    choices: [accounts, recopy]
    default: []
seealso:
  - module: replatform.aws.mysql_copy
  - module: replatform.aws.mysql_verify
notes:
  - A server that writes no binary log, and MariaDB, can be moved by M(replatform.aws.mysql_copy) alone, while nobody
    writes to it. The failure says so.
  - The workers, units and throttle are those of the copy that O(repair=recopy) makes.
"""

EXAMPLES = r"""
- name: Let the target follow the shop
  replatform.aws.mysql_follow:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]

- name: Follow with a login of your own until nothing is missing
  replatform.aws.mysql_follow:
    name: shop-quiet
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop, shop_audit]
    exclude: ["shop.*_log"]
    replication: {secret: shop/mysql-replication}
    transactions: 0
    lag_seconds: 0
    wait_timeout: 120
"""

RETURN = r"""
phase:
  description: Where the migration stands, C(following), or C(verified) when it was compared since.
  returned: success
  type: str
  sample: following
name:
  description: Name of the migration.
  returned: success
  type: str
method:
  description: C(GTIDs), or C(file and position).
  returned: success
  type: str
channel:
  description: C(procedures) of the service, or C(statements).
  returned: success
  type: str
account:
  description: The user at the source that the target replicates with.
  returned: success
  type: str
lag_seconds:
  description: Seconds that the target is behind; null while that is not known.
  returned: success
  type: int
transactions_behind:
  description: Transactions that the target lacks; null where the source has no GTIDs.
  returned: success
  type: int
position:
  description: The copy's position, as M(replatform.aws.mysql_copy) returned it.
  returned: success
  type: dict
next_step:
  description: What to do now.
  returned: success
  type: str
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import WAIT_OPTIONS, Module
from ..module_utils.mysql.follow import follow
from ..module_utils.mysql.options import FOLLOW, follow_wishes, server, settings


def main() -> None:
    Module(FOLLOW, fragments=[AWS_OPTIONS, WAIT_OPTIONS]).run(
        lambda m: follow(server(m, "source"), server(m, "target"), settings(m), follow_wishes(m), check=m.check_mode)
    )


if __name__ == "__main__":
    main()
