# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secretsmanager_secrets
short_description: Make a set of secrets in AWS Secrets Manager so
version_added: 0.1.0
description:
  - Makes every secret of the list as described, all in one call and side by side. Secrets not named are left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - Values are given as they are (O(secrets[].value)), as JSON (O(secrets[].json)) or generated here, once
    (O(secrets[].generate)). They are compared with what is stored, and written only when they differ.
  - A value is never shown, neither in results and diffs nor with C(-vvv).
  - A secret that is scheduled for deletion is restored when it is wanted again.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  secrets:
    description: The secrets; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the secret, 1 to 512 letters, digits and C(/_+=.@-). Case matters.
        type: str
        required: true
      value:
        description:
          - The value as text, up to 65536 bytes.
          - Without any of O(secrets[].value), O(secrets[].json) and O(secrets[].generate) the value is left alone,
            and a new secret has none yet.
        type: str
      json:
        description:
          - The value as a dict, stored as JSON. It is the whole value; fields not named are removed.
          - Compared by content, so that the order of fields and the spaces of what is stored do not matter.
          - For a database use the fields that RDS writes, C(engine), C(host), C(port), C(username), C(password) and
            C(dbname); every module of this collection connects with such a secret by its name.
        type: dict
      fields:
        description:
          - Fields of a JSON value that is there already; the others stay. Each must be there, and stays a number or
            text as it was.
        type: dict
      keep:
        description:
          - Keeps the version that was current before O(secrets[].fields) changed it, as long as nobody takes its
            staging label away. A version that has the label keeps it, so a second run keeps nothing else.
        type: dict
        suboptions:
          stage:
            description: The staging label, 1 to 256 characters, none of those that begin with V(AWS).
            type: str
            required: true
          restore:
            description:
              - Gives the fields named in O(secrets[].fields) the values of the version that was kept, and takes the
                label away. Without such a version nothing is done where the fields have other values than those given.
            type: bool
            default: false
      generate:
        description:
          - Has a random password made where there is none yet. It is made once; later runs keep it.
          - Generated in this module with the operating system's random source, and written to Secrets Manager only.
        type: dict
        suboptions:
          key:
            description:
              - Field of the JSON value that gets the password, such as V(password). The other fields are those of
                O(secrets[].json); they can change later and the password stays.
              - Without it, the password is the whole value.
            type: str
          length:
            description: Number of characters, 8 to 4096.
            type: int
            default: 32
          punctuation:
            description:
              - Whether punctuation is used too. Quotes, backslash, slash, V(@) and space never are, as RDS refuses them
                or they break URLs and shells.
            type: bool
            default: true
          exclude_characters:
            description: Further characters that must not be used.
            type: str
            default: ""
          rotate:
            description:
              - V(true) makes a new password in this run, and in every run as long as it is set. The old one stays
                readable under the stage C(AWSPREVIOUS).
            type: bool
            default: false
      description:
        description: What the secret is for, up to 2048 characters. An empty text or null removes it.
        type: str
      kms_key_id:
        description:
          - KMS key that encrypts the value, as id, ARN or C(alias/...). Null means the account's own key
            V(alias/aws/secretsmanager), which is also what a new secret gets.
          - Write it the same way always; an alias and the id behind it count as different.
        type: str
      tags:
        description: Tags, up to 50. Values become text. Tags of AWS itself, C(aws:...), are neither shown nor changed.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this secret.
        type: bool
      replicas:
        description:
          - Regions that hold a copy. Given, regions not named lose theirs; an empty list removes all.
          - A copy in another region costs as much as a secret.
        type: list
        elements: str
      recovery_window_days:
        description:
          - With O(secrets[].state=absent), days during which the deleted secret can be restored, 7 to 30; the service
            takes 30 when nothing is said. The name stays taken meanwhile.
        type: int
      force_delete:
        description:
          - With O(secrets[].state=absent), deletes at once and for good, also what is already scheduled for deletion.
        type: bool
      state:
        description:
          - V(present) makes the secret so, V(absent) schedules its deletion and removes its replicas.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.secretsmanager_secrets_info
  - name: Secrets Manager quotas
    description: Lengths, counts and request rates.
    link: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
notes:
  - Needs C(secretsmanager:DescribeSecret), C(BatchGetSecretValue), C(GetSecretValue), C(CreateSecret), C(UpdateSecret),
    C(TagResource), C(UntagResource), C(RestoreSecret), C(DeleteSecret), C(ReplicateSecretToRegions),
    C(RemoveRegionsFromReplication) and, for O(secrets[].keep), C(UpdateSecretVersionStage) on the secrets, and
    C(kms:Decrypt) and C(kms:GenerateDataKey) on a key of your own.
  - One secret is one DescribeSecret call, and 20 values are one BatchGetSecretValue call. ListSecrets would be fewer,
    but may miss what was made in the last five minutes.
  - The value of a secret that is scheduled for deletion cannot be read. Check mode therefore says that it will be
    written; the real run reads it after restoring and writes it only when it differs. A generated one is kept.
  - When one secret fails the others go on; the module then fails, names those that failed with their reasons, and
    still returns RV(secrets).
"""

EXAMPLES = r"""
- name: Keep the database login of the shop, with a password made once
  replatform.aws.secretsmanager_secrets:
    secrets:
      - name: shop/mysql
        description: The shop's own login at Aurora
        json:
          engine: mysql
          host: shop.cluster-abc.eu-west-1.rds.amazonaws.com
          port: 3306
          username: shop
          dbname: shop
        generate:
          key: password
        tags:
          app: shop

- name: Keep what the application brings along, and a key of its own
  replatform.aws.secretsmanager_secrets:
    secrets:
      - name: shop/mailer
        value: "{{ lookup('ansible.builtin.env', 'SHOP_MAILER_DSN', default='smtp://localhost') }}"
        tags: {app: shop}
        purge_tags: false
      - name: shop/app-key
        generate:
          length: 48
          punctuation: false

- name: Give the application key a new value now
  replatform.aws.secretsmanager_secrets:
    secrets:
      - name: shop/app-key
        generate: {length: 48, punctuation: false, rotate: true}

- name: Let what reads the secret connect to Aurora, and keep what it read before
  replatform.aws.secretsmanager_secrets:
    secrets:
      - name: shop/mysql
        fields: {host: shop.cluster-def.eu-west-1.rds.amazonaws.com}
        keep: {stage: before-switch}

- name: Take the mailer's secret away, with a week to think again
  replatform.aws.secretsmanager_secrets:
    secrets:
      - name: shop/mailer
        state: absent
        recovery_window_days: 7
"""

RETURN = r"""
secrets:
  description: One entry for each secret, in the order given; in check mode as it would be.
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
      description: ARN, with the six characters that AWS adds; null where the secret is not there (yet).
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
      description: Tags.
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
    kept:
      description: The staging label of O(secrets[].keep) where a version has it.
      returned: always
      type: str
      sample: before-switch
    changed:
      description: Whether this secret was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this secret failed.
      returned: on failure of this secret
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this secret
      type: dict
actions:
  description: One line for each secret written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create secret shop/mysql", "update secret shop/mailer: tags, value"]
"""

from ..module_utils.aws.secretsmanager.secrets import Secrets
from ..module_utils.aws.secretsmanager.transform import EXCLUSIVE, REQUIRED_BY, SECRET_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module
from ..module_utils.resource import ensure

OPTIONS = {
    **TAGS_OPTIONS,
    "secrets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "no_log": False,
        "options": SECRET_OPTIONS,
        "mutually_exclusive": EXCLUSIVE,
        "required_by": REQUIRED_BY,
    },
}


def main() -> None:
    Module(OPTIONS).run(
        lambda m: ensure(Secrets(m.client("secretsmanager"), m.hide), beside(m.given["secrets"], m.given), m.mode)
    )


if __name__ == "__main__":
    main()
