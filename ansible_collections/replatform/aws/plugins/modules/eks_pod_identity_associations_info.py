# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_pod_identity_associations_info
short_description: Tell which service accounts of an EKS cluster have which roles
version_added: 0.1.0
description:
  - Returns the pod identity associations of a cluster that fit every filter given, those of add-ons too. A cluster that
    does not exist has none.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  cluster_name:
    description: Name of the cluster.
    type: str
    required: true
  namespace:
    description: Kubernetes namespace.
    type: str
  service_account:
    description: Kubernetes service account.
    type: str
seealso:
  - module: replatform.aws.eks_pod_identity_associations
notes:
  - Needs C(eks:ListPodIdentityAssociations) and C(eks:DescribePodIdentityAssociation).
"""

EXAMPLES = r"""
- name: See which roles the shop's pods have
  replatform.aws.eks_pod_identity_associations_info:
    cluster_name: shop-sandbox
    namespace: shop
  register: shop
"""

RETURN = r"""
associations:
  description: The associations by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Namespace and service account.
      returned: always
      type: str
      sample: shop/shop
    namespace:
      description: Kubernetes namespace.
      returned: always
      type: str
    service_account:
      description: Kubernetes service account.
      returned: always
      type: str
    id:
      description: Id of the association.
      returned: always
      type: str
      sample: a-4wvljrezsukshq1bv
    arn:
      description: ARN of the association.
      returned: always
      type: str
    role_arn:
      description: ARN of the role.
      returned: always
      type: str
    target_role_arn:
      description: ARN of the second role; null when there is none.
      returned: always
      type: str
    external_id:
      description: Id for C(sts:ExternalId) in the trust policy of the second role; null when there is none.
      returned: always
      type: str
    session_tags:
      description: Whether EKS tags the session.
      returned: always
      type: bool
    policy:
      description: IAM policy that limits the role; null when there is none.
      returned: always
      type: dict
    owner:
      description: Add-on that the association belongs to; null when it is nobody's.
      returned: always
      type: str
    tags:
      description: Tags, without those of AWS itself.
      returned: always
      type: dict
"""

from ..module_utils.aws.eks.pod_identity import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {
    "cluster_name": {"type": "str", "required": True},
    "namespace": {"type": "str"},
    "service_account": {"type": "str"},
}


def main() -> None:
    def act(m: Module) -> Outcome:
        filters = {name: m.params[name] for name in ("namespace", "service_account")}
        return Outcome(result={"associations": info(m.client("eks"), m.params["cluster_name"], **filters)})

    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(act)


if __name__ == "__main__":
    main()
