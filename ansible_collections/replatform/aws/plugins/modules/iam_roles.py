# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_roles
short_description: Make a set of IAM roles, their policies and OIDC providers so
version_added: 0.1.0
description:
  - Makes every role, managed policy and OIDC provider of the lists as described, all in one call. Those not named are
    left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - Policy documents are compared by what they mean. The order of statements and lists, one text or a list of one, upper
    and lower case of actions, spaces and URL-encoding make no difference.
  - Everything is looked at before anything is written. What cannot be done is refused with all as it was.
  - Providers and policies are made before the roles that use them, and deleted after them.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  roles:
    description: The roles; every name once.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the role, 1 to 64 letters, digits and C(+=,.@-_). Unique in the account, whatever its path.
        type: str
        required: true
      path:
        description: Path of the role, such as V(/shop/); V(/) for a new one. Cannot be changed afterwards.
        type: str
      description:
        description: What the role is for, up to 1000 characters. An empty text or null removes it.
        type: str
      trust:
        description:
          - Who may assume the role. Required for a new role. What is named is put together, a statement for each kind.
        type: dict
        suboptions:
          service:
            description: AWS services, such as V(eks.amazonaws.com).
            type: list
            elements: str
          pod_identity:
            description:
              - Pods of EKS by Pod Identity, V(pods.eks.amazonaws.com) with C(sts:AssumeRole) and C(sts:TagSession).
                Which pods is said by the association, C(eks_pod_identity_associations).
            type: bool
          oidc:
            description: Tokens of an OIDC provider, such as those of a cluster's service accounts or of GitHub Actions.
            type: list
            elements: dict
            suboptions:
              provider:
                description: The provider's address, V(https://...), or its ARN.
                type: str
                required: true
              subjects:
                description:
                  - Subjects of the tokens, such as V(system:serviceaccount:shop:web). V(*) and V(?) stand for any
                    characters.
                type: list
                elements: str
                required: true
              audience:
                description: Audience of the tokens.
                type: str
                default: sts.amazonaws.com
          principals:
            description: ARNs of roles, users and accounts, or ids of accounts.
            type: list
            elements: str
          conditions:
            description:
              - Conditions of all these statements, by operator and key, such as C(StringEquals) with
                C(aws:SourceAccount).
            type: dict
          document:
            description: The whole trust policy as a dictionary or JSON, in place of all others.
            type: raw
      inline_policies:
        description:
          - The role's inline policies, documents (dictionaries or JSON) by their name. Given, those not named are
            deleted. All together have up to 10240 characters, white space not counted.
        type: dict
      managed_policies:
        description:
          - Managed policies that are attached, by name or ARN, 10 by AWS's default quota. Given, others are detached.
          - A name is first looked for in O(policies) and in the account, then among those of AWS.
        type: list
        elements: str
      permissions_boundary:
        description: Managed policy, by name or ARN, that bounds what the role may. An empty text or null removes it.
        type: str
      max_session_duration:
        description: Seconds that a session may last at most, 3600 (the default of a new role) to 43200.
        type: int
      instance_profile:
        description:
          - Instance profile that holds the role, made when there is none. It gets the role's tags and path. Other
            profiles stay. An empty text or null deletes all that the role is in.
        type: str
      tags:
        description: Tags, up to 50. Values become text. Keys that differ in upper and lower case only are one.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this role.
        type: bool
      state:
        description:
          - V(present) makes the role so, V(absent) deletes it with its inline policies and instance profiles. Managed
            policies are detached and stay.
        type: str
        choices: [present, absent]
        default: present
  policies:
    description: Managed policies of the account's own; every name once.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the policy, 1 to 128 letters, digits and C(+=,.@-_).
        type: str
        required: true
      path:
        description: Path of the policy, such as V(/shop/); V(/) for a new one. Cannot be changed afterwards.
        type: str
      description:
        description: What the policy is for, up to 1000 characters. Cannot be changed afterwards.
        type: str
      document:
        description:
          - The policy as a dictionary or JSON, up to 6144 characters, white space not counted. Required for a new one.
          - A change makes a new version the default one. IAM keeps five, so the oldest other one is deleted for it. An
            older version that says the same becomes the default one again instead.
        type: raw
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this policy.
        type: bool
      state:
        description:
          - V(present) makes the policy so, V(absent) deletes it with all its versions. It is refused while something
            has it attached that is not made absent by the same call.
        type: str
        choices: [present, absent]
        default: present
  oidc_providers:
    description: OIDC providers whose tokens roles can be assumed with; every URL once.
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description: Address of the issuer, V(https://...), such as an EKS cluster's.
        type: str
        required: true
      client_ids:
        description: Audiences that are taken, such as V(sts.amazonaws.com). Given, others are removed.
        type: list
        elements: str
      thumbprints:
        description:
          - SHA-1 of the certificates that the issuer's TLS may be signed by, up to 5. Seldom needed, since IAM trusts
            the public authorities by itself and finds out one for a new provider.
        type: list
        elements: str
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this provider.
        type: bool
      state:
        description: V(present) makes the provider so, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - name: IAM and AWS STS quotas
    description: Lengths, counts and the characters of names.
    link: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  - name: Grammar of the IAM JSON policy language
    description: What a document may hold.
    link: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
  - name: EKS Pod Identity roles
    description: The trust of roles for pods.
    link: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
notes:
  - Needs C(iam:GetAccountAuthorizationDetails), C(ListRoles), C(GetRole), C(ListPolicies), C(ListPolicyTags),
    C(ListInstanceProfileTags), C(GetInstanceProfile), C(ListEntitiesForPolicy), C(ListOpenIDConnectProviders) and
    C(GetOpenIDConnectProvider) to look, and to write C(iam:CreateRole), C(UpdateRole), C(UpdateAssumeRolePolicy),
    C(PutRolePolicy), C(DeleteRolePolicy), C(AttachRolePolicy), C(DetachRolePolicy), C(PutRolePermissionsBoundary),
    C(DeleteRolePermissionsBoundary), C(TagRole), C(UntagRole), C(DeleteRole), the like for instance profiles, policies
    with their versions, and OIDC providers. C(sts:GetCallerIdentity) tells the account.
  - Two listings read all roles and policies of the account, however many are wanted; a policy or instance profile that
    tags are wanted for is one call more.
  - IAM is eventually consistent. Services may refuse a role for some seconds after it was made.
  - A principal that was deleted shows in a trust policy as an id such as C(AROA...). That is a difference, so the trust
    is written again.
  - When one item fails the others go on; the module then fails, names those that failed with their reasons, and still
    returns what was done.
"""

EXAMPLES = r"""
- name: Have the cluster's role, and one for the pods that read secrets
  replatform.aws.iam_roles:
    roles:
      - name: shop-eks-cluster
        description: The control plane of EKS
        trust:
          service: [eks.amazonaws.com]
        managed_policies: [AmazonEKSClusterPolicy]
      - name: shop-external-secrets
        description: External Secrets Operator
        trust:
          pod_identity: true
        inline_policies:
          secrets:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [secretsmanager:GetSecretValue, secretsmanager:DescribeSecret]
                Resource: arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/*
    tags:
      app: shop

- name: Let a workflow of the shop's repository push images, by a policy that others can use too
  replatform.aws.iam_roles:
    oidc_providers:
      - url: https://token.actions.githubusercontent.com
        client_ids: [sts.amazonaws.com]
    policies:
      - name: shop-image-push
        document:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: ecr:GetAuthorizationToken
              Resource: "*"
            - Effect: Allow
              Action: [ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, ecr:UploadLayerPart,
                       ecr:CompleteLayerUpload, ecr:PutImage]
              Resource: arn:aws:ecr:eu-central-1:123456789012:repository/shop/*
    roles:
      - name: shop-image-push
        trust:
          oidc:
            - provider: https://token.actions.githubusercontent.com
              subjects: [repo:example/shop:ref:refs/heads/main]
        managed_policies: [shop-image-push]

- name: Have a role for machines, which is bounded
  replatform.aws.iam_roles:
    roles:
      - name: shop-bastion
        trust: {service: [ec2.amazonaws.com]}
        managed_policies: [AmazonSSMManagedInstanceCore]
        permissions_boundary: PowerUserAccess
        instance_profile: shop-bastion
        max_session_duration: 7200

- name: Take them away again
  replatform.aws.iam_roles:
    roles:
      - {name: shop-image-push, state: absent}
      - {name: shop-bastion, state: absent}
    policies:
      - {name: shop-image-push, state: absent}
    oidc_providers:
      - {url: "https://token.actions.githubusercontent.com", state: absent}
"""

RETURN = r"""
roles:
  description: One entry for each role, in the order given; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the role.
      returned: always
      type: str
      sample: shop-external-secrets
    arn:
      description: ARN; null where the role is not there (yet).
      returned: always
      type: str
      sample: arn:aws:iam::123456789012:role/shop-external-secrets
    path:
      description: Path.
      returned: always
      type: str
      sample: /
    description:
      description: What the role is for.
      returned: always
      type: str
    max_session_duration:
      description: Seconds that a session may last at most.
      returned: always
      type: int
      sample: 3600
    permissions_boundary:
      description: ARN of the policy that bounds the role; null without one.
      returned: always
      type: str
    trust:
      description: Who may assume the role, as a policy document.
      returned: always
      type: dict
    inline_policies:
      description: Inline policies by name.
      returned: always
      type: dict
    managed_policies:
      description: ARNs of the policies attached.
      returned: always
      type: list
      elements: str
      sample: ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
    instance_profiles:
      description: Instance profiles that hold the role.
      returned: always
      type: list
      elements: str
    instance_profile_tags:
      description: Tags of O(roles[].instance_profile); empty when they were not looked at.
      returned: always
      type: dict
    tags:
      description: Tags.
      returned: always
      type: dict
      sample: {app: shop}
    changed:
      description: Whether this role was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this role failed.
      returned: on failure of this role
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this role
      type: dict
policies:
  description:
    - One entry for each policy, those present first. Beside these keys it says what was done, as RV(roles) does.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the policy.
      returned: always
      type: str
    arn:
      description: ARN; null where the policy is not there (yet).
      returned: always
      type: str
      sample: arn:aws:iam::123456789012:policy/shop-image-push
    path:
      description: Path.
      returned: always
      type: str
    description:
      description: What the policy is for.
      returned: always
      type: str
    document:
      description: The default version's document.
      returned: always
      type: dict
    default_version:
      description: Id of the default version.
      returned: always
      type: str
      sample: v3
    tags:
      description: Tags; empty when they were not looked at.
      returned: always
      type: dict
oidc_providers:
  description: One entry for each provider; those present first. Beside these keys those that say what was done.
  returned: always
  type: list
  elements: dict
  contains:
    url:
      description: Address of the issuer.
      returned: always
      type: str
    arn:
      description: ARN; null where the provider is not there (yet).
      returned: always
      type: str
    client_ids:
      description: Audiences that are taken.
      returned: always
      type: list
      elements: str
    thumbprints:
      description: SHA-1 of certificates.
      returned: always
      type: list
      elements: str
    tags:
      description: Tags.
      returned: always
      type: dict
actions:
  description: One line for each thing written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create role shop-eks-cluster", "update role shop-external-secrets: inline_policies"]
"""

from ..module_utils.aws.iam.roles import ensure_all
from ..module_utils.aws.iam.transform import POLICY_OPTIONS, PROVIDER_OPTIONS, ROLE_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "roles": {"type": "list", "elements": "dict", "default": [], "options": ROLE_OPTIONS},
    "policies": {"type": "list", "elements": "dict", "default": [], "options": POLICY_OPTIONS},
    "oidc_providers": {"type": "list", "elements": "dict", "default": [], "options": PROVIDER_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: ensure_all(m.client("iam"), lambda: m.client("sts"), m.given, m.mode))


if __name__ == "__main__":
    main()
