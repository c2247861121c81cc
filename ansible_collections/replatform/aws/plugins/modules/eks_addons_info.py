# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_addons_info
short_description: Tell which add-ons an EKS cluster has, and which it could have
version_added: 0.1.0
description:
  - Returns the add-ons of a cluster with their health, and on request the versions that EKS offers for the cluster's
    Kubernetes version and the schema of their configuration. A cluster that does not exist has none.
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
    description:
      - Add-ons to tell about, all that are installed without it.
      - With O(versions) or O(configuration) also one that is not installed yet is told.
    type: list
    elements: str
  versions:
    description: Whether the versions that EKS offers for the cluster's Kubernetes version are told too.
    type: bool
    default: false
  configuration:
    description:
      - Whether the JSON schema of the configuration is told too, and the service accounts that need a role. It is that
        of the installed version, else of the default one.
    type: bool
    default: false
seealso:
  - module: replatform.aws.eks_addons
notes:
  - Needs C(eks:DescribeCluster), C(eks:ListAddons), C(eks:DescribeAddon), C(eks:DescribePodIdentityAssociation) and,
    for O(versions) and O(configuration), C(eks:DescribeAddonVersions) and C(eks:DescribeAddonConfiguration).
"""

EXAMPLES = r"""
- name: Look at the add-ons of the shop's cluster
  replatform.aws.eks_addons_info:
    cluster_name: shop-sandbox
  register: shop

- name: See which versions and which configuration the volume driver may have
  replatform.aws.eks_addons_info:
    cluster_name: shop-sandbox
    names: [aws-ebs-csi-driver]
    versions: true
    configuration: true
  register: driver
"""

RETURN = r"""
addons:
  description: The add-ons by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the add-on.
      returned: always
      type: str
      sample: coredns
    arn:
      description: ARN; null where it is not installed.
      returned: always
      type: str
    version:
      description: Installed version; null where it is not installed.
      returned: always
      type: str
      sample: v1.12.3-eksbuild.1
    status:
      description: C(ACTIVE), C(CREATING), C(UPDATING), C(DEGRADED) and so on.
      returned: always
      type: str
    health:
      description: Health issues, each as code and message.
      returned: always
      type: list
      elements: str
    configuration:
      description: Configuration values.
      returned: always
      type: dict
    pod_identity_associations:
      description: The associations that belong to the add-on, by service account.
      returned: always
      type: list
      elements: dict
    service_account_role_arn:
      description: Role by the OIDC provider; null when there is none.
      returned: always
      type: str
    namespace:
      description: Kubernetes namespace.
      returned: always
      type: str
    owner:
      description: Who supports it, C(aws), C(community) or a vendor.
      returned: always
      type: str
    publisher:
      description: Who publishes it.
      returned: always
      type: str
    tags:
      description: Tags, without those of AWS itself.
      returned: always
      type: dict
    versions:
      description: Versions that EKS offers, newest first, each with what it runs on and whether it is the default.
      returned: with O(versions)
      type: list
      elements: dict
      sample:
        - version: v1.12.3-eksbuild.1
          default: true
          architectures: [amd64, arm64]
          compute_types: [auto, ec2]
          requires_iam_permissions: false
          requires_configuration: false
    configuration_schema:
      description: JSON schema of the configuration values.
      returned: with O(configuration)
      type: dict
    service_accounts:
      description: Service accounts that take a role, with the policies that EKS recommends for it.
      returned: with O(configuration)
      type: list
      elements: dict
      sample:
        - name: aws-node
          recommended_policies: ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
"""

from ..module_utils.aws.eks.addons import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {
    "cluster_name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str"},
    "versions": {"type": "bool", "default": False},
    "configuration": {"type": "bool", "default": False},
}


def main() -> None:
    def act(m: Module) -> Outcome:
        asked = {name: m.params[name] for name in ("names", "versions", "configuration")}
        return Outcome(result={"addons": info(m.client("eks"), m.params["cluster_name"], **asked)})

    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(act)


if __name__ == "__main__":
    main()
