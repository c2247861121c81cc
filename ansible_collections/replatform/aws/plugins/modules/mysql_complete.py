# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_complete
short_description: End a MySQL migration
version_added: 0.1.0
description:
  - Takes the way back down, ends replication at both servers, drops the accounts that were made for it and closes the
    journal. After that there is no rollback.
  - Refuses while the source is the only other copy of what the application writes, unless O(backup) names a backup of
    the target or O(without_backup) says that none is needed.
  - The source keeps its rows, and the application stays locked out of it.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.mysql.selection
options:
  backup:
    description: Name of a backup of the target that was taken after the cutover. The journal keeps it.
    type: str
    default: ""
  without_backup:
    description: Whether to end the migration without one.
    type: bool
    default: false
  lease_seconds:
    description: Seconds, 5 to 600, after which a run that gives no sign of life may be taken over by another one.
    type: int
    default: 30
seealso:
  - module: replatform.aws.mysql_cutover
  - module: replatform.aws.mysql_rollback
"""

EXAMPLES = r"""
- name: End the shop's migration
  replatform.aws.mysql_complete:
    name: shop
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]
    backup: rds:shop-2026-11-25
"""

RETURN = r"""
phase:
  description: Where the migration stands, C(completed) after this.
  returned: success
  type: str
  sample: completed
name:
  description: Name of the migration.
  returned: success
  type: str
backup:
  description: The backup that was named.
  returned: success
  type: str
actions:
  description: One line for each thing done (in check mode, that would be done).
  returned: success
  type: list
  elements: str
  sample: [close the journal]
next_step:
  description: What to do now.
  returned: success
  type: str
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.mysql.options import COMPLETE, server, settings
from ..module_utils.mysql.switch.complete import complete


def main() -> None:
    Module(COMPLETE, fragments=[AWS_OPTIONS]).run(
        lambda m: complete(
            server(m, "source"),
            server(m, "target"),
            settings(m),
            backup=m.params["backup"],
            without_backup=m.params["without_backup"],
            check=m.check_mode,
        )
    )


if __name__ == "__main__":
    main()
