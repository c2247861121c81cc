# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_access_entries_info
short_description: Tell who may enter an EKS cluster
version_added: 0.1.0
description:
  - Returns the access entries of a cluster with their policies. A cluster that does not exist has none.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  cluster_name:
    description: Name of the cluster.
    type: str
    required: true
  principal_arns:
    description: Roles and users to tell about, all without it. One that has no entry is left out.
    type: list
    elements: str
seealso:
  - module: replatform.aws.eks_access_entries
notes:
  - Needs C(eks:ListAccessEntries), C(eks:DescribeAccessEntry) and C(eks:ListAssociatedAccessPolicies).
"""

EXAMPLES = r"""
- name: See who may enter the shop's cluster
  replatform.aws.eks_access_entries_info:
    cluster_name: shop-sandbox
  register: shop
"""

RETURN = r"""
entries:
  description: The access entries by principal.
  returned: always
  type: list
  elements: dict
  contains:
    principal_arn:
      description: ARN of the role or user.
      returned: always
      type: str
      sample: arn:aws:iam::123456789012:role/platform-admins
    arn:
      description: ARN of the access entry.
      returned: always
      type: str
    type:
      description: Type of the entry.
      returned: always
      type: str
      sample: STANDARD
    username:
      description: Name that Kubernetes sees.
      returned: always
      type: str
      sample: arn:aws:sts::123456789012:assumed-role/platform-admins/{{SessionName}}
    kubernetes_groups:
      description: Groups for Kubernetes RBAC.
      returned: always
      type: list
      elements: str
    policies:
      description: Access policies by name, with scope and namespaces.
      returned: always
      type: list
      elements: dict
      sample: [{policy: AmazonEKSClusterAdminPolicy, scope: cluster, namespaces: []}]
    tags:
      description: Tags, without those of AWS itself.
      returned: always
      type: dict
"""

from ..module_utils.aws.eks.access_entries import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {
    "cluster_name": {"type": "str", "required": True},
    "principal_arns": {"type": "list", "elements": "str"},
}


def main() -> None:
    def act(m: Module) -> Outcome:
        found = info(m.client("eks"), m.params["cluster_name"], m.params["principal_arns"])
        return Outcome(result={"entries": found})

    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(act)


if __name__ == "__main__":
    main()
