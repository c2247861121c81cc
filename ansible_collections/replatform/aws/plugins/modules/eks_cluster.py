# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_cluster
short_description: Make an EKS cluster so
version_added: 0.1.0
description:
  - Creates, changes, upgrades or deletes the control plane of one Kubernetes cluster of Amazon EKS.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - EKS takes one kind of change at a time. The module sends them one after another and waits for each; when one fails,
    its errors are told and those before it stay.
  - The role, the address range and the IP family cannot be changed, and neither can the key once there is one. Such a
    change is refused before anything is written.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  name:
    description: Name of the cluster, 1 to 100 letters, digits, C(-) and C(_).
    type: str
    required: true
  version:
    description:
      - Kubernetes version in quotes, such as V("1.35"). A new cluster gets EKS's default without it.
      - An existing cluster goes up one minor version at a time and never back. It takes EKS about ten minutes, in which
        the cluster works.
      - Before it is sent, every managed node group must have the cluster's version, and EKS's upgrade insights must
        hold no error. Insights with a warning are told as warnings.
    type: str
  force_upgrade:
    description: Upgrades in spite of EKS's upgrade insights, both in this module and in EKS.
    type: bool
    default: false
  role_arn:
    description: ARN of the role that EKS acts with. Required for a new cluster; cannot be changed.
    type: str
  subnet_ids:
    description:
      - Subnets, in two zones at least, that the control plane has its addresses in, in any order. Required for a new
        cluster. They can be changed to others of the same VPC.
    type: list
    elements: str
  security_group_ids:
    description: Up to 5 security groups beside the one that EKS makes, in any order. An empty list takes all away.
    type: list
    elements: str
  endpoint_public_access:
    description: Whether the API server is reached from the internet. EKS's default for a new cluster is V(true).
    type: bool
  endpoint_private_access:
    description: Whether nodes reach the API server inside of the VPC. EKS's default for a new cluster is V(false).
    type: bool
  public_access_cidrs:
    description:
      - Networks that may reach the public endpoint, in any order. EKS's default for a new cluster is V(0.0.0.0/0),
        everybody. Of no effect without O(endpoint_public_access).
    type: list
    elements: str
  logging:
    description: Logs of the control plane that go to CloudWatch Logs, which costs by the gigabyte. An empty list, none.
    type: list
    elements: str
    choices: [api, audit, authenticator, controllerManager, scheduler]
  encryption_key:
    description:
      - ARN of a symmetric KMS key of the same region, or of its alias, that encrypts Kubernetes' secrets.
      - A cluster without one gets it, which cannot be undone. The key of a cluster cannot be changed.
    type: str
  authentication_mode:
    description:
      - Where EKS looks up who may do what, access entries (V(API)), the ConfigMap C(aws-auth) or both. The way is from
        V(CONFIG_MAP) over V(API_AND_CONFIG_MAP) to V(API), never back; both steps are made when need be.
      - EKS's default for a new cluster is V(CONFIG_MAP).
    type: str
    choices: [CONFIG_MAP, API_AND_CONFIG_MAP, API]
  creator_admin:
    description:
      - Whether who creates the cluster gets an access entry as its administrator. Only read for a new cluster; EKS's
        default is V(true).
    type: bool
  self_managed_addons:
    description:
      - Whether a new cluster gets the VPC CNI, kube-proxy and CoreDNS by itself. V(false) when they are managed as
        add-ons. Only read for a new cluster; EKS's default is V(true).
    type: bool
  upgrade_policy:
    description:
      - What happens at the end of a version's standard support, 14 months after its release. V(EXTENDED) keeps it for
        12 more months at six times the price of the control plane, V(STANDARD) has EKS upgrade it by itself.
      - EKS's default for a new cluster is V(EXTENDED). A cluster in extended support does not leave it by this.
    type: str
    choices: [STANDARD, EXTENDED]
  deletion_protection:
    description: Whether EKS refuses to delete the cluster. EKS's default for a new cluster is V(false).
    type: bool
  zonal_shift:
    description: Whether traffic may be shifted away from an impaired zone, and AWS does so by itself.
    type: bool
  service_ipv4_cidr:
    description:
      - Addresses of Kubernetes' services, a private block from /24 to /12 that does not overlap with the VPC. EKS
        chooses V(10.100.0.0/16) or V(172.20.0.0/16) without it. Cannot be changed.
    type: str
  ip_family:
    description: Which addresses pods and services get, V(ipv4) when not given. Cannot be changed.
    type: str
    choices: [ipv4, ipv6]
  state:
    description:
      - V(absent) deletes the cluster. It is refused while O(deletion_protection) is on or node groups are left.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: replatform.aws.eks_cluster_info
  - module: replatform.aws.eks_nodegroups
  - module: replatform.aws.eks_kubeconfig
  - name: UpdateClusterConfig
    description: What can be changed, and that each call changes one kind.
    link: https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterConfig.html
  - name: Update existing cluster to new Kubernetes version
    description: The order of an upgrade, and the insights.
    link: https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
  - name: Kubernetes versions on EKS
    description: Dates of standard and extended support.
    link: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
notes:
  - Needs C(eks:DescribeCluster), C(CreateCluster), C(UpdateClusterConfig), C(UpdateClusterVersion),
    C(AssociateEncryptionConfig), C(DescribeUpdate), C(TagResource), C(UntagResource), C(DeleteCluster) and
    C(ListNodegroups) on the cluster, for an upgrade C(DescribeNodegroup), C(ListInsights) and C(DescribeInsight), and
    C(iam:PassRole) on the cluster's role. With O(encryption_key), C(kms:DescribeKey) and C(kms:CreateGrant) on the key.
  - One DescribeCluster when nothing changes.
  - Creating takes EKS about 10 minutes and so does an upgrade; set O(wait_timeout) to 1800 or more.
  - With O(wait=false) the module does not wait for the last change, but still between two of them.
"""

EXAMPLES = r"""
- name: Have the shop's cluster
  replatform.aws.eks_cluster:
    name: shop
    version: "1.35"
    role_arn: arn:aws:iam::123456789012:role/shop-eks-cluster
    subnet_ids: [subnet-0a1b2c3d4e5f60001, subnet-0a1b2c3d4e5f60002, subnet-0a1b2c3d4e5f60003]
    endpoint_private_access: true
    public_access_cidrs: [203.0.113.0/24]
    logging: [api, audit, authenticator]
    authentication_mode: API
    self_managed_addons: false
    upgrade_policy: STANDARD
    deletion_protection: true
    zonal_shift: true
    tags: {environment: production}
    wait_timeout: 1800

- name: Close the public endpoint
  replatform.aws.eks_cluster:
    name: shop
    endpoint_public_access: false
    endpoint_private_access: true

- name: Lift the protection
  replatform.aws.eks_cluster:
    name: shop
    deletion_protection: false

- name: Delete the cluster
  replatform.aws.eks_cluster:
    name: shop
    state: absent
    wait_timeout: 1800
"""

RETURN = r"""
cluster:
  description: The cluster; in check mode as it would be, with null for what only EKS can know.
  returned: always
  type: dict
  contains:
    name:
      description: Name of the cluster.
      returned: always
      type: str
      sample: shop
    arn:
      description: ARN; null where it is not there (yet).
      returned: always
      type: str
      sample: arn:aws:eks:eu-central-1:123456789012:cluster/shop
    status:
      description: C(CREATING), C(ACTIVE), C(UPDATING), C(DELETING) or C(FAILED).
      returned: always
      type: str
    version:
      description: Kubernetes version.
      returned: always
      type: str
      sample: "1.35"
    platform_version:
      description: EKS's own version of the control plane.
      returned: always
      type: str
    role_arn:
      description: Role that EKS acts with.
      returned: always
      type: str
    vpc_id:
      description: The VPC of the subnets.
      returned: always
      type: str
    subnet_ids:
      description: Subnets of the control plane, sorted.
      returned: always
      type: list
      elements: str
    security_group_ids:
      description: Security groups beside EKS's own, sorted.
      returned: always
      type: list
      elements: str
    cluster_security_group_id:
      description: The security group that EKS has made, for the control plane and managed nodes.
      returned: always
      type: str
    endpoint:
      description: URL of the API server.
      returned: always
      type: str
    oidc_issuer:
      description: URL that issues the tokens of service accounts.
      returned: always
      type: str
    endpoint_public_access:
      description: Whether the API server is reached from the internet.
      returned: always
      type: bool
    endpoint_private_access:
      description: Whether it is reached inside of the VPC.
      returned: always
      type: bool
    public_access_cidrs:
      description: Networks that may reach the public endpoint.
      returned: always
      type: list
      elements: str
    logging:
      description: Logs that go to CloudWatch Logs.
      returned: always
      type: list
      elements: str
    encryption_key:
      description: ARN of the key that encrypts Kubernetes' secrets; null for AWS's own.
      returned: always
      type: str
    authentication_mode:
      description: Where EKS looks up who may do what.
      returned: always
      type: str
    upgrade_policy:
      description: What happens at the end of standard support.
      returned: always
      type: str
    deletion_protection:
      description: Whether EKS refuses to delete the cluster.
      returned: always
      type: bool
    zonal_shift:
      description: Whether traffic may be shifted away from a zone.
      returned: always
      type: bool
    service_ipv4_cidr:
      description: Addresses of Kubernetes' services.
      returned: always
      type: str
    ip_family:
      description: Which addresses pods and services get.
      returned: always
      type: str
    health_issues:
      description: What EKS says is wrong; also told as warnings.
      returned: always
      type: list
      elements: str
    created:
      description: When it was made.
      returned: always
      type: str
    tags:
      description: Tags, without those of AWS itself.
      returned: always
      type: dict
    changed:
      description: Whether the cluster was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
actions:
  description: What was done (in check mode, would be), with the options that changed.
  returned: always
  type: list
  elements: str
  sample: ["update cluster shop: logging, version"]
"""

from ..module_utils.aws.eks.cluster_transform import CLUSTER_OPTIONS
from ..module_utils.aws.eks.clusters import ensure_cluster
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {**TAGS_OPTIONS, **CLUSTER_OPTIONS}


def main() -> None:
    def act(m: Module) -> Outcome:
        wanted = {name: value for name, value in m.given.items() if name in OPTIONS}
        return ensure_cluster(m.client("eks"), lambda: m.client("kms"), wanted, m.mode)

    Module(OPTIONS).run(act)


if __name__ == "__main__":
    main()
