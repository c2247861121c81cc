# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_access_entries
short_description: Make a set of access entries of an EKS cluster so
version_added: 0.1.0
description:
  - Makes every access entry of the list as described, with its access policies, all in one call and side by side.
    Entries that are not named are left alone.
  - An entry that is there already, made by EKS for a node group or by somebody else, is taken over.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  cluster_name:
    description:
      - Name of the cluster, 1 to 100 characters. It must be there, with the authentication mode C(API) or
        C(API_AND_CONFIG_MAP). In check mode it may be missing.
    type: str
    required: true
  entries:
    description: The access entries; every principal once.
    type: list
    elements: dict
    required: true
    suboptions:
      principal_arn:
        description:
          - ARN of the IAM role or user, with its path. No session of a role and no service-linked role.
          - EKS remembers the role's own id; after a role was deleted and made anew, delete the entry and make it anew.
        type: str
        required: true
      type:
        description:
          - V(STANDARD) for people and programs; the others for nodes, whose permissions EKS grants itself. V(EC2) is
            for nodes of Auto Mode, V(EC2_LINUX) and V(EC2_WINDOWS) for self-managed ones and those of Karpenter.
          - Without it a new entry is V(STANDARD). It cannot change afterwards; delete the entry and create it anew.
        type: str
        choices: [STANDARD, EC2, EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, HYPERPOD_LINUX]
      username:
        description:
          - Name that Kubernetes sees, for V(STANDARD) only. Leave it out, and EKS chooses one that tells role and
            session. It cannot be given back to EKS.
          - None that begins with V(system:), V(eks:), V(aws:), V(amazon:) or V(iam:). C({{SessionName}}) needs a colon
            before it, and C(!unsafe) in YAML, as Ansible takes the braces for its own.
        type: str
      kubernetes_groups:
        description:
          - Groups for Kubernetes RBAC, for V(STANDARD) only; none that begins with V(system:). Given, it is the whole
            set; an empty list or null takes all away.
        type: list
        elements: str
      policies:
        description:
          - Access policies of EKS, for V(STANDARD) and V(EC2) only. Given, it is the whole set; an empty list or null
            takes all away. New ones are associated before others are taken away.
        type: list
        elements: dict
        suboptions:
          policy:
            description: Name or ARN of the policy, such as V(AmazonEKSClusterAdminPolicy) or V(AmazonEKSViewPolicy).
            type: str
            required: true
          scope:
            description: Whether the policy holds for the whole cluster or for some namespaces.
            type: str
            choices: [cluster, namespace]
            default: cluster
          namespaces:
            description:
              - Namespaces of the scope V(namespace), at least one; V(shop-*) is every one that begins so. EKS does not
                look whether they exist.
            type: list
            elements: str
      tags:
        description: Tags, up to 50. Values become text. Tags of AWS itself, C(aws:...), are neither shown nor changed.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this entry.
        type: bool
      state:
        description:
          - V(present) makes the entry so, V(absent) deletes it. Without their entry nodes leave the cluster.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.eks_access_entries_info
  - name: Create access entries
    description: Types, names and what EKS chooses by itself.
    link: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
  - name: Review access policy permissions
    description: What each access policy allows.
    link: https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
notes:
  - Needs C(eks:ListAccessEntries), C(eks:DescribeAccessEntry), C(eks:ListAssociatedAccessPolicies),
    C(eks:ListAccessPolicies), C(eks:CreateAccessEntry), C(eks:UpdateAccessEntry), C(eks:AssociateAccessPolicy),
    C(eks:DisassociateAccessPolicy), C(eks:DeleteAccessEntry), C(eks:TagResource) and C(eks:UntagResource); for types of
    nodes also C(iam:PassRole) on the role.
  - Entries work some seconds after they were made, as all of IAM.
  - When one entry fails the others go on; the module then fails, names those that failed with their reasons, and
    still returns RV(entries).
"""

EXAMPLES = r"""
- name: Let the platform's people and the deployment in, and the nodes of Karpenter
  replatform.aws.eks_access_entries:
    cluster_name: shop-sandbox
    entries:
      - principal_arn: arn:aws:iam::123456789012:role/platform-admins
        policies:
          - policy: AmazonEKSClusterAdminPolicy
      - principal_arn: arn:aws:iam::123456789012:role/shop-sandbox-deploy
        kubernetes_groups: [deployers]
        policies:
          - policy: AmazonEKSEditPolicy
            scope: namespace
            namespaces: [shop, "shop-*"]
        tags:
          app: shop
      - principal_arn: arn:aws:iam::123456789012:role/shop-sandbox-karpenter-node
        type: EC2_LINUX

- name: Take somebody's access away
  replatform.aws.eks_access_entries:
    cluster_name: shop-sandbox
    entries:
      - principal_arn: arn:aws:iam::123456789012:user/former
        state: absent
"""

RETURN = r"""
entries:
  description: One entry for each principal, in the order given; in check mode as it would be.
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
      description: ARN of the access entry; null where it is not there (yet).
      returned: always
      type: str
    type:
      description: Type of the entry.
      returned: always
      type: str
      sample: STANDARD
    username:
      description: Name that Kubernetes sees; null in check mode where EKS will choose it.
      returned: always
      type: str
      sample: arn:aws:sts::123456789012:assumed-role/platform-admins/{{SessionName}}
    kubernetes_groups:
      description: Groups for Kubernetes RBAC; those of nodes are chosen by EKS.
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
      description: Tags.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this entry was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this entry failed.
      returned: on failure of this entry
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this entry
      type: dict
actions:
  description: One line for each entry written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create access entry arn:aws:iam::123456789012:role/platform-admins"]
"""

from ..module_utils.aws.eks.access_entries import AccessEntries
from ..module_utils.aws.eks.addons_transform import ENTRY_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module
from ..module_utils.resource import ensure

OPTIONS = {
    **TAGS_OPTIONS,
    "cluster_name": {"type": "str", "required": True},
    "entries": {"type": "list", "elements": "dict", "required": True, "options": ENTRY_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(
        lambda m: ensure(
            AccessEntries(m.client("eks"), m.params["cluster_name"], m.mode),
            beside(m.given["entries"], m.given),
            m.mode,
        )
    )


if __name__ == "__main__":
    main()
