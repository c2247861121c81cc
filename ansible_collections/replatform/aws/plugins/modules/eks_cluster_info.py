# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_cluster_info
short_description: Tell which EKS clusters there are, how they are and how long their version is supported
version_added: 0.1.0
description:
  - Returns the clusters of a region, on request with EKS's insights and the end of their version's support. A name that
    no cluster has is no failure.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  names:
    description: Names of clusters. All of the region without it.
    type: list
    elements: str
  insights:
    description: Whether EKS's insights of each cluster are told too, such as what stands in the way of an upgrade.
    type: bool
    default: false
  support:
    description: Whether it is told how long each cluster's version is supported.
    type: bool
    default: false
seealso:
  - module: replatform.aws.eks_cluster
  - name: Cluster insights
    description: What EKS looks at, and how often.
    link: https://docs.aws.amazon.com/eks/latest/userguide/cluster-insights.html
notes:
  - Needs C(eks:DescribeCluster), without O(names) also C(ListClusters), with O(insights) also C(ListInsights) and
    C(DescribeInsight), with O(support) also C(DescribeClusterVersions).
"""

EXAMPLES = r"""
- name: See what stands in the way of an upgrade
  replatform.aws.eks_cluster_info:
    names: [shop]
    insights: true
    support: true
  register: shop

- name: List all clusters
  replatform.aws.eks_cluster_info:
"""

RETURN = r"""
clusters:
  description:
    - The clusters by name, each with the keys of RV(replatform.aws.eks_cluster#module:cluster) except C(changed) and
      C(action).
  returned: always
  type: list
  elements: dict
  contains:
    certificate_authority:
      description: Certificate of the API server's authority, PEM in base64; no secret.
      returned: always
      type: str
    insights:
      description:
        - EKS's insights, each with C(id), C(name), C(category), C(version), C(status) (C(PASSING), C(WARNING), C(ERROR)
          or C(UNKNOWN)), C(reason), C(recommendation) and C(resources).
      returned: with O(insights)
      type: list
      elements: dict
    support:
      description: The version's C(status), and the days C(end_of_standard) and C(end_of_extended).
      returned: with O(support)
      type: dict
      sample: {end_of_extended: "2028-03-27", end_of_standard: "2027-03-27", status: STANDARD_SUPPORT}
"""

from ..module_utils.aws.eks.clusters import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {
    "names": {"type": "list", "elements": "str"},
    "insights": {"type": "bool", "default": False},
    "support": {"type": "bool", "default": False},
}


def main() -> None:
    def act(m: Module) -> Outcome:
        asked_for = {name: m.params[name] for name in OPTIONS}
        return Outcome(result={"clusters": info(m.client("eks"), **asked_for)})

    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(act)


if __name__ == "__main__":
    main()
