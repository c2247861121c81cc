# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secretsmanager_secrets_info
short_description: Tell which secrets AWS Secrets Manager has
version_added: 0.1.0
description:
  - Returns the metadata of the secrets that fit every filter given, never a value. No secret that fits is no failure.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  names:
    description: Exact names. Looked up one by one, so that a secret made a second ago is found too.
    type: list
    elements: str
  prefix:
    description: First characters of the names, such as V(shop/). Case matters.
    type: str
  tags:
    description: Tags that a secret must have, all of them; null as value takes any.
    type: dict
  include_deleted:
    description: Whether secrets that are scheduled for deletion are told too.
    type: bool
    default: false
  older_than_days:
    description:
      - Days since the value last changed, at least; tells what is due for a new password. Secrets without a value do
        not fit.
    type: int
seealso:
  - module: replatform.aws.secretsmanager_secrets
notes:
  - Needs C(secretsmanager:DescribeSecret) and C(secretsmanager:ListSecretVersionIds), and without O(names) also
    C(secretsmanager:ListSecrets).
  - When a value last changed is the day on which its current version was made; LastChangedDate of AWS also moves with
    a tag.
  - Without O(names) the secrets come from ListSecrets, which may miss changes of the last five minutes.
  - To read a value for a task, use the lookup plugin P(amazon.aws.secretsmanager_secret#lookup); the modules of this
    collection take the name of a secret and read it themselves.
"""

EXAMPLES = r"""
- name: Look at the shop's secrets
  replatform.aws.secretsmanager_secrets_info:
    prefix: shop/
    tags:
      app: shop
  register: shop

- name: See whether the database login is there and stays
  replatform.aws.secretsmanager_secrets_info:
    names: [shop/mysql]
    include_deleted: true
  register: login

- name: See which passwords are older than 90 days
  replatform.aws.secretsmanager_secrets_info:
    prefix: shop/
    older_than_days: 90
  register: old
"""

RETURN = r"""
secrets:
  description: Metadata of each secret, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the secret.
      returned: always
      type: str
      sample: shop/mysql
    arn:
      description: ARN, with the six characters that AWS adds.
      returned: always
      type: str
      sample: arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/mysql-a1B2c3
    description:
      description: What the secret is for.
      returned: always
      type: str
    kms_key_id:
      description: Id or alias of the KMS key.
      returned: always
      type: str
      sample: alias/aws/secretsmanager
    tags:
      description: Tags, without those of AWS itself.
      returned: always
      type: dict
      sample: {app: shop}
    replicas:
      description: Regions that hold a copy.
      returned: always
      type: list
      elements: str
    replica_status:
      description: State of each copy, C(InSync), C(InProgress) or C(Failed).
      returned: always
      type: dict
    deletion_date:
      description: When the secret is deleted for good; null when it stays.
      returned: always
      type: str
    created:
      description: When it was made.
      returned: always
      type: str
      sample: "2026-11-24T10:00:00+00:00"
    last_changed:
      description: When the value or metadata last changed.
      returned: always
      type: str
    value_changed:
      description: When the value became what it is; null when there is none, or the secret is to be deleted.
      returned: always
      type: str
      sample: "2026-11-24T10:00:00+00:00"
    value_age_days:
      description: Whole days since then.
      returned: always
      type: int
      sample: 31
    last_accessed:
      description: Day of the last reading; null when it was never read.
      returned: always
      type: str
    rotation_enabled:
      description: Whether AWS rotates the value by a schedule.
      returned: always
      type: bool
    owning_service:
      description: The AWS service that made and manages it, such as C(rds); null when it is your own.
      returned: always
      type: str
    primary_region:
      description: Where the secret is written when this one is a copy.
      returned: always
      type: str
    versions:
      description: Ids of the value's versions with their stages.
      returned: always
      type: dict
      sample: {a1b2c3d4-0000-0000-0000-000000000000: [AWSCURRENT]}
"""

from ..module_utils.aws.secretsmanager.secrets import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {
    "names": {"type": "list", "elements": "str"},
    "prefix": {"type": "str"},
    "tags": {"type": "dict"},
    "include_deleted": {"type": "bool", "default": False},
    "older_than_days": {"type": "int"},
}


def main() -> None:
    def act(m: Module) -> Outcome:
        filters = {name: m.params[name] for name in OPTIONS}
        return Outcome(result={"secrets": info(m.client("secretsmanager"), **filters)})

    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(act)


if __name__ == "__main__":
    main()
