# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_kubeconfig
short_description: Have an EKS cluster's context in a kubeconfig file
version_added: 0.1.0
description:
  - Adds, updates or removes one context with its cluster and user in a kubeconfig file. The file's other contexts stay,
    and so does what else its own one has, such as a namespace. Comments are lost, as with C(kubectl config).
  - By default no secret is in the file. C(kubectl) and what else reads it runs the AWS CLI for a token each time.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  cluster_name:
    description: Name of the cluster.
    type: str
    required: true
  path:
    description:
      - The kubeconfig file. It is made, with mode 0600, when it is not there.
    type: path
    required: true
  context:
    description: Name of the context, and of its cluster and user; O(cluster_name) when not given.
    type: str
  namespace:
    description: Namespace of the context. Not touched when not given.
    type: str
  set_current:
    description: Whether the context becomes the file's current one. It also does when there is none.
    type: bool
    default: true
  auth:
    description:
      - V(exec) has C(aws eks get-token) run by whoever uses the file. Nothing secret is written, and the AWS CLI must
        be there.
      - V(token) writes a token that is signed here with the module's own credentials and that EKS takes for 14 minutes.
        The file gets mode 0600. The token is a login like a password as long as it lasts; it is in no result, log or
        diff. It does not need the AWS CLI, and fits a run that has no longer than that to go.
    type: str
    choices: [exec, token]
    default: exec
  seconds_left:
    description:
      - With O(auth=token), a token that the file has is kept when it holds for so many seconds more, 0 to 840.
    type: int
    default: 300
  role_arn:
    description: ARN of a role that O(auth=exec) assumes for the token.
    type: str
  state:
    description: V(absent) removes the context, its cluster and its user. The cluster need not be there for it.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: replatform.aws.eks_cluster
  - name: Connect kubectl to an EKS cluster by creating a kubeconfig file
    description: The same by the AWS CLI.
    link: https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html
notes:
  - Needs C(eks:DescribeCluster) on the cluster. What the login may do in Kubernetes is up to access entries.
  - With O(profile), O(auth=exec) names the profile in the file; keys are never written.
  - In check mode the cluster need not exist yet; placeholders stand for its endpoint.
"""

EXAMPLES = r"""
- name: Lead kubectl to the shop's cluster
  replatform.aws.eks_kubeconfig:
    cluster_name: shop
    path: ~/.kube/shop.yml

- name: Lead the next tasks there without the AWS CLI
  replatform.aws.eks_kubeconfig:
    cluster_name: shop
    path: ~/.kube/shop-for-a-moment.yml
    auth: token

- name: Take the context away
  replatform.aws.eks_kubeconfig:
    cluster_name: shop
    path: ~/.kube/shop.yml
    state: absent
"""

RETURN = r"""
kubeconfig:
  description: The kubeconfig file.
  returned: always
  type: str
context:
  description: Name of the context; null when there is none any more.
  returned: always
  type: str
  sample: shop
server:
  description: URL of the API server; null when the context is gone.
  returned: always
  type: str
token_expires:
  description: When the token ends; null with O(auth=exec).
  returned: always
  type: str
  sample: "2026-11-25T12:14:00+00:00"
actions:
  description: What was done (in check mode, would be).
  returned: always
  type: list
  elements: str
  sample: ["add context shop in /home/me/.kube/shop.yml"]
"""

from ..module_utils.aws.eks.kubeconfig import ensure_kubeconfig
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {
    "cluster_name": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "context": {"type": "str"},
    "namespace": {"type": "str"},
    "set_current": {"type": "bool", "default": True},
    "auth": {"type": "str", "choices": ["exec", "token"], "default": "exec"},
    # How long a token must still hold; no secret, although its name is near one.
    "seconds_left": {"type": "int", "default": 300},
    "role_arn": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(
        lambda m: ensure_kubeconfig(m.client("eks"), lambda: m.client("sts"), m.params, check=m.check_mode, hide=m.hide)
    )


if __name__ == "__main__":
    main()
