# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_addons
short_description: Make a set of add-ons of an EKS cluster so
version_added: 0.1.0
description:
  - Makes every add-on of the list as described, all in one call. They are begun together and waited for once. Add-ons
    that are not named are left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - Versions are resolved for the cluster's Kubernetes version, and configurations are checked against the add-on's own
    JSON schema, before anything is written.
  - An add-on whose creation or update failed is tried again by the next run. One that is V(DEGRADED) for a passing
    reason, such as missing nodes, is waited for; what keeps it so is named in the failure, with the way out.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  cluster_name:
    description:
      - Name of the cluster, 1 to 100 characters. It must be there and active.
      - In check mode it may be missing; versions are then shown as they are asked for, in brackets.
    type: str
    required: true
  architectures:
    description:
      - Architectures of the cluster's nodes. A version that does not support all of them is not chosen, and refused
        when it is named.
    type: list
    elements: str
    choices: [amd64, arm64]
  addons:
    description: The add-ons; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the add-on, as C(DescribeAddonVersions) has it, such as V(vpc-cni) or V(coredns).
        type: str
        required: true
      version:
        description:
          - V(default) is the version that EKS itself would install for the cluster's Kubernetes version, V(latest) the
            newest of those. Both move on as EKS publishes and as the cluster is upgraded.
          - The beginning of a version, such as V(v1.20) or V(v1.20.4), is the newest one that begins so. A whole one,
            such as V(v1.20.4-eksbuild.2), is that one.
          - Without it a new add-on gets the default, and the version of one that is there is left alone.
          - EKS recommends to take V(vpc-cni) one minor version at a time.
        type: str
      configuration:
        description:
          - Configuration values as a dict. It is the whole configuration; an empty one takes it away. Which values
            there are is told by M(replatform.aws.eks_addons_info), as the add-on's configuration schema.
          - Compared by meaning, so that neither order nor JSON or YAML matter.
          - Checked before anything is written when the Python library jsonschema is there, and by EKS in any case.
        type: dict
      pod_identity_associations:
        description:
          - Roles of the add-on's own service accounts, as pod identity associations that belong to the add-on. They go
            when it goes. Given, it is the whole set; an empty list or null removes all.
          - EKS restarts the add-on's pods when they change. It takes over no association that is there already; delete
            that with M(replatform.aws.eks_pod_identity_associations) first.
        type: list
        elements: dict
        suboptions:
          service_account:
            description: Kubernetes service account, such as V(ebs-csi-controller-sa).
            type: str
            required: true
          role_arn:
            description: ARN of a role that C(pods.eks.amazonaws.com) may assume and tag.
            type: str
            required: true
      service_account_role_arn:
        description:
          - ARN of a role for the add-on's service account by the cluster's OIDC provider (IRSA). Prefer
            O(addons[].pod_identity_associations), which stands before. Null takes it away.
        type: str
      namespace:
        description:
          - Kubernetes namespace of a new add-on, in place of the one that EKS chooses, up to 63 characters.
          - It cannot change afterwards; delete the add-on and create it anew.
        type: str
      resolve_conflicts:
        description:
          - What happens to fields that somebody else set in the cluster, at creation (taking over a self-managed
            add-on) and at updates. V(OVERWRITE) sets them, V(NONE) leaves them and may fail, V(PRESERVE) keeps them
            at an update; at a creation it means V(NONE).
        type: str
        choices: [OVERWRITE, NONE, PRESERVE]
        default: OVERWRITE
      preserve:
        description:
          - With O(addons[].state=absent), leaves the software and its associations in the cluster; EKS only stops to
            manage it.
        type: bool
        default: false
      tags:
        description: Tags, up to 50. Values become text. Tags of AWS itself, C(aws:...), are neither shown nor changed.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this add-on.
        type: bool
      state:
        description: V(present) makes the add-on so, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.eks_addons_info
  - module: replatform.aws.eks_pod_identity_associations
  - name: Amazon EKS add-ons
    description: What there is, who supports it, and which fields EKS manages.
    link: https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html
  - name: IAM roles for Amazon EKS add-ons
    description: Pod identity associations that belong to an add-on.
    link: https://docs.aws.amazon.com/eks/latest/userguide/add-ons-iam.html
notes:
  - Needs C(eks:DescribeCluster), C(eks:DescribeAddon), C(eks:DescribeAddonVersions), C(eks:DescribeAddonConfiguration),
    C(eks:CreateAddon), C(eks:UpdateAddon), C(eks:DescribeUpdate), C(eks:DeleteAddon), C(eks:TagResource) and
    C(eks:UntagResource); with roles also C(eks:DescribePodIdentityAssociation), C(eks:CreatePodIdentityAssociation),
    C(eks:UpdatePodIdentityAssociation), C(eks:DeletePodIdentityAssociation) and C(iam:PassRole) on them.
  - A run that changes nothing is one C(DescribeCluster) call, one C(DescribeAddon) call an add-on, and one
    C(DescribeAddonVersions) call for each whose version is not named in full.
  - When one add-on fails the others go on; the module then fails, names those that failed with their reasons, and
    still returns RV(addons).
"""

EXAMPLES = r"""
- name: Keep the add-ons of the shop's cluster, on nodes of both architectures
  replatform.aws.eks_addons:
    cluster_name: shop-sandbox
    architectures: [amd64, arm64]
    addons:
      - name: vpc-cni
        version: v1.20
        configuration:
          env:
            ENABLE_PREFIX_DELEGATION: "true"
      - name: kube-proxy
        version: default
      - name: coredns
        version: default
        configuration:
          replicaCount: 2
      - name: eks-pod-identity-agent
        version: latest
      - name: aws-ebs-csi-driver
        version: default
        pod_identity_associations:
          - service_account: ebs-csi-controller-sa
            role_arn: arn:aws:iam::123456789012:role/shop-sandbox-ebs-csi
        tags:
          app: shop
    wait_timeout: 900

- name: Stop managing CoreDNS, and let it run on
  replatform.aws.eks_addons:
    cluster_name: shop-sandbox
    addons:
      - name: coredns
        state: absent
        preserve: true
"""

RETURN = r"""
addons:
  description: One entry for each add-on, in the order given; in check mode as it would be.
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
      description: ARN; null where the add-on is not there (yet).
      returned: always
      type: str
      sample: arn:aws:eks:eu-central-1:123456789012:addon/shop-sandbox/coredns/a1b2c3d4-0000-0000-0000-000000000000
    version:
      description: Version, resolved.
      returned: always
      type: str
      sample: v1.12.3-eksbuild.1
    status:
      description: C(ACTIVE), C(CREATING), C(UPDATING), C(DEGRADED) and so on; null in check mode of a new one.
      returned: always
      type: str
    health:
      description: Health issues, each as code and message.
      returned: always
      type: list
      elements: str
      sample: ["InsufficientNumberOfReplicas: The add-on is unhealthy because it doesn't have the desired replicas"]
    configuration:
      description: Configuration values.
      returned: always
      type: dict
    pod_identity_associations:
      description: The associations that belong to the add-on, by service account.
      returned: always
      type: list
      elements: dict
      sample: [{service_account: aws-node, role_arn: "arn:aws:iam::123456789012:role/cni"}]
    service_account_role_arn:
      description: Role by the OIDC provider; null when there is none.
      returned: always
      type: str
    namespace:
      description: Kubernetes namespace.
      returned: always
      type: str
      sample: kube-system
    owner:
      description: Who supports it, C(aws), C(community) or a vendor; null in check mode of a new one.
      returned: always
      type: str
    publisher:
      description: Who publishes it; null in check mode of a new one.
      returned: always
      type: str
    tags:
      description: Tags.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this add-on was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this add-on failed.
      returned: on failure of this add-on
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this add-on
      type: dict
actions:
  description: One line for each add-on written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create add-on coredns", "update add-on vpc-cni: configuration, version"]
"""

from ..module_utils.aws.eks.addons import make_addons
from ..module_utils.aws.eks.addons_transform import ADDON_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "cluster_name": {"type": "str", "required": True},
    "architectures": {"type": "list", "elements": "str", "choices": ["amd64", "arm64"]},
    "addons": {"type": "list", "elements": "dict", "required": True, "options": ADDON_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(
        lambda m: make_addons(
            m.client("eks"),
            m.params["cluster_name"],
            beside(m.given["addons"], m.given),
            m.mode,
            m.params["architectures"] or (),
        )
    )


if __name__ == "__main__":
    main()
