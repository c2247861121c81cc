# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_nodegroups_info
short_description: Tell which managed node groups an EKS cluster has
version_added: 0.1.0
description:
  - Returns the node groups of one cluster. A name that no group has, or a cluster that is not there, is no failure.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  cluster_name:
    description: Name of the cluster.
    type: str
    required: true
  names:
    description: Names of node groups. All of the cluster without it.
    type: list
    elements: str
seealso:
  - module: replatform.aws.eks_nodegroups
notes:
  - Needs C(eks:DescribeNodegroup), and without O(names) also C(ListNodegroups).
"""

EXAMPLES = r"""
- name: Look at the shop's nodes
  replatform.aws.eks_nodegroups_info:
    cluster_name: shop
  register: shop
"""

RETURN = r"""
nodegroups:
  description:
    - The node groups by name, each with the keys of RV(replatform.aws.eks_nodegroups#module:nodegroups) except
      C(changed) and C(action).
  returned: always
  type: list
  elements: dict
"""

from ..module_utils.aws.eks.nodegroups import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {"cluster_name": {"type": "str", "required": True}, "names": {"type": "list", "elements": "str"}}


def main() -> None:
    def act(m: Module) -> Outcome:
        found = info(m.client("eks"), m.params["cluster_name"], names=m.params["names"])
        return Outcome(result={"nodegroups": found})

    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(act)


if __name__ == "__main__":
    main()
