# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_pod_identity_associations
short_description: Make a set of pod identity associations of an EKS cluster so
version_added: 0.1.0
description:
  - Gives service accounts of a cluster their IAM roles, all in one call and side by side. A namespace and a service
    account name one association. Associations that are not named are left alone.
  - An association that belongs to an add-on is never touched; M(replatform.aws.eks_addons) has those.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  cluster_name:
    description: Name of the cluster, 1 to 100 characters. It must be there; in check mode it may be missing.
    type: str
    required: true
  associations:
    description: The associations; every namespace and service account once.
    type: list
    elements: dict
    required: true
    suboptions:
      namespace:
        description: Kubernetes namespace, up to 63 characters. Neither it nor the service account has to exist yet.
        type: str
        required: true
      service_account:
        description: Kubernetes service account.
        type: str
        required: true
      role_arn:
        description:
          - ARN of the role, which C(pods.eks.amazonaws.com) must be allowed to assume and tag (C(sts:AssumeRole) and
            C(sts:TagSession)). Required unless O(associations[].state=absent).
        type: str
      target_role_arn:
        description:
          - ARN of a second role, also of another account, which the first one assumes and whose credentials the pods
            get. Its trust policy should name the RV(associations[].external_id). Null or an empty text takes it away.
        type: str
      session_tags:
        description:
          - Whether EKS tags the session with cluster, namespace, service account and pod; a new association does.
          - Without them more room is left for session policies (PackedPolicyTooLarge).
        type: bool
      policy:
        description:
          - IAM policy that limits the role for these pods further; what both allow is allowed. Needs
            O(associations[].session_tags=false). Null or an empty one takes it away.
        type: dict
      tags:
        description: Tags, up to 50. Values become text. Tags of AWS itself, C(aws:...), are neither shown nor changed.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this association.
        type: bool
      state:
        description: V(present) makes the association so, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.eks_pod_identity_associations_info
  - module: replatform.aws.eks_addons
  - name: Assign an IAM role to a Kubernetes service account
    description: What the role must trust, and what the cluster needs.
    link: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html
notes:
  - Needs C(eks:ListPodIdentityAssociations), C(eks:DescribePodIdentityAssociation),
    C(eks:CreatePodIdentityAssociation), C(eks:UpdatePodIdentityAssociation), C(eks:DeletePodIdentityAssociation),
    C(eks:TagResource) and C(eks:UntagResource), and C(iam:GetRole) and C(iam:PassRole) on the roles.
  - The cluster needs the add-on C(eks-pod-identity-agent), which Auto Mode has by itself.
  - Associations work some seconds after they were made. Pods that run already get the role when they start anew.
  - When one association fails the others go on; the module then fails, names those that failed with their reasons, and
    still returns RV(associations).
"""

EXAMPLES = r"""
- name: Give the shop's pods their roles
  replatform.aws.eks_pod_identity_associations:
    cluster_name: shop-sandbox
    associations:
      - namespace: shop
        service_account: shop
        role_arn: arn:aws:iam::123456789012:role/shop-sandbox-app
        tags:
          app: shop
      - namespace: external-secrets
        service_account: external-secrets
        role_arn: arn:aws:iam::123456789012:role/shop-sandbox-external-secrets
      - namespace: shop
        service_account: reports
        role_arn: arn:aws:iam::123456789012:role/shop-sandbox-app
        session_tags: false
        policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: s3:GetObject
              Resource: arn:aws:s3:::shop-sandbox/reports/*

- name: Take a role away from pods that are gone
  replatform.aws.eks_pod_identity_associations:
    cluster_name: shop-sandbox
    associations:
      - namespace: shop
        service_account: reports
        state: absent
"""

RETURN = r"""
associations:
  description: One entry for each association, in the order given; in check mode as it would be.
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
      description: Kubernetes namespace; null of a deleted one.
      returned: always
      type: str
      sample: shop
    service_account:
      description: Kubernetes service account; null of a deleted one.
      returned: always
      type: str
      sample: shop
    id:
      description: Id of the association; null where it is not there (yet).
      returned: always
      type: str
      sample: a-4wvljrezsukshq1bv
    arn:
      description: ARN of the association; null where it is not there (yet).
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
      description: Add-on that the association belongs to; null when it is your own.
      returned: always
      type: str
    tags:
      description: Tags.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this association was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this association failed.
      returned: on failure of this association
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this association
      type: dict
actions:
  description: One line for each association written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create pod identity association shop/shop"]
"""

from ..module_utils.aws.eks.addons_transform import ASSOCIATION_OPTIONS, ASSOCIATION_REQUIRED_IF, named
from ..module_utils.aws.eks.pod_identity import PodIdentityAssociations
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module
from ..module_utils.resource import ensure

OPTIONS = {
    **TAGS_OPTIONS,
    "cluster_name": {"type": "str", "required": True},
    "associations": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": ASSOCIATION_OPTIONS,
        "required_if": ASSOCIATION_REQUIRED_IF,
    },
}


def main() -> None:
    Module(OPTIONS).run(
        lambda m: ensure(
            PodIdentityAssociations(m.client("eks"), m.params["cluster_name"], m.mode),
            named(beside(m.given["associations"], m.given)),
            m.mode,
        )
    )


if __name__ == "__main__":
    main()
