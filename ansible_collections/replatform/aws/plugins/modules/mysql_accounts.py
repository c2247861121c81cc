# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_accounts
short_description: Copy an application's MySQL accounts with their logins, roles and grants
version_added: 0.1.0
description:
  - Makes accounts of the source at the target, with the same authentication plugin and hash, so that passwords go on
    to be valid, TLS requirement, limits, expiry, lock, roles, default roles and grants.
  - Grants on all schemas become grants on O(schemas). Those on single tables and routines need these at the target,
    so run it after M(replatform.aws.mysql_copy).
  - Never copies administrators, replicas, the servers' own accounts, or one with the name of an account that the
    migration itself uses. What is left out is returned with the reason.
  - Takes nothing away. An account of the target keeps what it has beyond the source's.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.mysql.servers
options:
  schemas:
    description: The schemas that are moved. Only grants on them are copied, unless O(other_schemas).
    type: list
    elements: str
    required: true
  accounts:
    description:
      - Patterns of C(user@host), such as V(shop*@10.%); without a host, of any host. Roles that these have come along.
      - Without it all accounts with a right on O(schemas), or with a role.
    type: list
    elements: str
    default: []
  other_schemas:
    description: Also copy grants on other schemas and on C(*.*), as far as the target's admin has these itself.
    type: bool
    default: false
  passwords:
    description:
      - New passwords by C(user@host), each a dict with C(secret), the name of a secret of AWS Secrets Manager with the
        field C(password). For accounts whose plugin the target does not have, such as C(mysql_native_password) since
        9.0.
      - Set when the account is made, or unlocked; not compared later.
    type: dict
    default: {}
seealso:
  - module: replatform.aws.mysql_assess
  - module: replatform.aws.mysql_copy
notes:
  - Needs C(SELECT) on the schema C(mysql) of both servers, C(CREATE USER) at the target, and there every right that is
    given, with C(GRANT OPTION).
  - No hash and no password is returned, logged or shown in a diff.
"""

EXAMPLES = r"""
- name: Copy the accounts of the shop with their grants on its schema
  replatform.aws.mysql_accounts:
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop]

- name: Copy one account, with a new password as the target does not have its plugin
  replatform.aws.mysql_accounts:
    source: {secret: shop/mysql-source}
    target: {secret: shop/mysql-target}
    schemas: [shop, shop_audit]
    accounts: ["shop_web@%"]
    passwords:
      "shop_web@%": {secret: shop/mysql-web}
"""

RETURN = r"""
accounts:
  description: Every account that is wanted, as it is at the target now.
  returned: always
  type: list
  elements: dict
  contains:
    account:
      description: C(user@host).
      returned: always
      type: str
      sample: shop_web@%
    plugin:
      description: How it logs in; empty where it has got a new password in this run.
      returned: always
      type: str
      sample: caching_sha2_password
    require:
      description: What its TLS connection must have.
      returned: always
      type: str
      sample: SSL
    account_state:
      description: C(LOCK) or C(UNLOCK).
      returned: always
      type: str
    roles:
      description: Roles it may take.
      returned: always
      type: list
      elements: str
      sample: ["shop_reader@%"]
    default_roles:
      description: Roles it has from its login on.
      returned: always
      type: list
      elements: str
    grants:
      description: Its rights, one by one.
      returned: always
      type: list
      elements: str
      sample: ["INSERT ON `shop`.*", "SELECT ON `shop`.*"]
    changed:
      description: Whether this account was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update) or C(none).
      returned: always
      type: str
left_out:
  description: Accounts and rights that were not copied, in C(what), each with the RV(ignore:reason).
  returned: always
  type: list
  elements: dict
  sample: [{account: "ops@%", what: the account, reason: it is a replica's}]
actions:
  description: One line for each account written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create account shop_web@%"]
"""

from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.mysql.accounts import accounts
from ..module_utils.mysql.options import ACCOUNTS, account_wishes, server


def main() -> None:
    Module(ACCOUNTS, fragments=[AWS_OPTIONS]).run(
        lambda m: accounts(server(m, "source"), server(m, "target"), account_wishes(m), m.mode, m.hide)
    )


if __name__ == "__main__":
    main()
