# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_nodegroups
short_description: Make a set of managed node groups of an EKS cluster so
version_added: 0.1.0
description:
  - Makes every node group of the list as described, all in one call and side by side, and waits once for all of them.
    Groups not named are left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - The number of nodes belongs to the autoscaler. O(nodegroups[].desired_size) is where a new group begins.
  - What EKS cannot change of a group (role, subnets, AMI type, instance types, capacity type, disk, which launch
    template) is refused before anything is written. Replace the group by one of another name then.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  cluster_name:
    description: Name of the cluster.
    type: str
    required: true
  node_role:
    description: ARN of the nodes' role, for every group that has no O(nodegroups[].node_role).
    type: str
  subnet_ids:
    description: Subnets of the nodes, for every group that has no O(nodegroups[].subnet_ids).
    type: list
    elements: str
  version:
    description: Kubernetes version in quotes, for every group that has no O(nodegroups[].version).
    type: str
  nodegroups:
    description: The node groups; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the group, 1 to 63 letters, digits, C(-) and C(_).
        type: str
        required: true
      node_role:
        description: ARN of the nodes' role. Required for a new group, here or as O(node_role); cannot be changed.
        type: str
      subnet_ids:
        description:
          - Subnets of the nodes, in any order. Required for a new group, here or as O(subnet_ids); cannot be changed.
        type: list
        elements: str
      ami_type:
        description:
          - Image of the nodes, such as V(AL2023_ARM_64_STANDARD), V(AL2023_x86_64_STANDARD) or V(BOTTLEROCKET_ARM_64);
            those that the installed boto3 knows. It says the processor, so the instance types must have the same.
          - Without it EKS chooses by the instance types. Not beside a launch template with an image of its own. Cannot
            be changed.
        type: str
      instance_types:
        description:
          - Instance types, up to 20; V(t3.medium) when not given. For V(ON_DEMAND) in the order of preference, for
            V(SPOT) several, so that one can be had. Cannot be changed.
        type: list
        elements: str
      capacity_type:
        description: How the nodes are paid for, V(ON_DEMAND) when not given. Cannot be changed.
        type: str
        choices: [ON_DEMAND, SPOT, CAPACITY_BLOCK]
      disk_size:
        description:
          - GiB of the root disk, 20 when not given. Not beside O(nodegroups[].launch_template). Cannot be changed.
        type: int
      min_size:
        description: Fewest nodes, 0 or more. Given together with O(nodegroups[].max_size) for a new group.
        type: int
      max_size:
        description: Most nodes, 1 or more; EKS's quota is 450 a group.
        type: int
      desired_size:
        description:
          - Nodes that a new group begins with, O(nodegroups[].min_size) when not given. Afterwards it is the
            autoscaler's, and only moved into new limits.
        type: int
      enforce_desired_size:
        description: Sets the number of nodes of an existing group to O(nodegroups[].desired_size) too.
        type: bool
        default: false
      labels:
        description:
          - Kubernetes labels of the nodes, all of them; those not named are removed. They reach the nodes at once.
        type: dict
      taints:
        description: Kubernetes taints of the nodes, all of them, up to 50; those not named are removed.
        type: list
        elements: dict
        suboptions:
          key:
            description: Key of the taint, up to 63 characters.
            type: str
            required: true
          value:
            description: Value, up to 63 characters.
            type: str
            default: ""
          effect:
            description: What it does to pods that do not tolerate it.
            type: str
            required: true
            choices: [NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE]
      update_config:
        description: How nodes are replaced in an upgrade.
        type: dict
        suboptions:
          max_unavailable:
            description: Nodes that may be away at once, 1 to 100; 1 when neither is given.
            type: int
          max_unavailable_percentage:
            description: The same in percent, 1 to 100.
            type: int
          strategy:
            description: V(DEFAULT) starts new nodes before it stops old ones, V(MINIMAL) after.
            type: str
            choices: [DEFAULT, MINIMAL]
      node_repair:
        description: Whether EKS replaces or restarts nodes that its monitoring agent finds unhealthy.
        type: dict
        suboptions:
          enabled:
            description: Whether it does.
            type: bool
          max_unhealthy_count:
            description: With more unhealthy nodes than this it stops repairing.
            type: int
          max_unhealthy_percentage:
            description: The same in percent, 1 to 100.
            type: int
          max_parallel_count:
            description: Nodes repaired at once.
            type: int
          max_parallel_percentage:
            description: The same in percent of the unhealthy ones, 1 to 100.
            type: int
      launch_template:
        description:
          - EC2 launch template of the nodes. Which one cannot be changed, and a group made without one gets none; its
            version can, which replaces the nodes.
        type: dict
        suboptions:
          id:
            description: Its id.
            type: str
          name:
            description: Its name.
            type: str
          version:
            description: Number of its version. A new group takes the template's default version without it.
            type: str
      version:
        description:
          - Kubernetes version in quotes, the cluster's own. A higher one replaces the nodes one after another by the
            group's O(nodegroups[].update_config). Never back.
        type: str
      release_version:
        description:
          - Version of the image, such as V(1.35.0-20261105). A new group and an upgrade of O(nodegroups[].version) take
            the latest without it.
        type: str
      force_update:
        description: Ends pods that a disruption budget keeps from being evicted, when the nodes are replaced.
        type: bool
        default: false
      tags:
        description: Tags of the group, up to 50. EKS does not hand them on to the nodes.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this group.
        type: bool
      state:
        description: V(absent) drains the nodes and deletes the group.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.eks_nodegroups_info
  - module: replatform.aws.eks_cluster
  - name: CreateNodegroup
    description: What goes together with a launch template and what does not.
    link: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
  - name: Understand each phase of node updates
    description: How nodes are replaced.
    link: https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
notes:
  - Needs C(eks:DescribeNodegroup), C(CreateNodegroup), C(UpdateNodegroupConfig), C(UpdateNodegroupVersion),
    C(DescribeUpdate), C(TagResource), C(UntagResource), C(DeleteNodegroup) and C(DescribeCluster), and C(iam:PassRole)
    on the nodes' role.
  - One DescribeNodegroup a group when nothing changes.
  - A group that was not changed and is degraded, as without Spot capacity, is told as a warning; one that this run has
    begun fails with its health issues.
  - In check mode the cluster need not exist yet.
  - When one group fails the others go on; the module then fails, names those that failed with their reasons, and still
    returns RV(nodegroups).
"""

EXAMPLES = r"""
- name: Have nodes for the application and for databases
  replatform.aws.eks_nodegroups:
    cluster_name: shop
    node_role: arn:aws:iam::123456789012:role/shop-eks-nodes
    subnet_ids: [subnet-0a1b2c3d4e5f60001, subnet-0a1b2c3d4e5f60002, subnet-0a1b2c3d4e5f60003]
    version: "1.35"
    nodegroups:
      - name: app
        ami_type: AL2023_ARM_64_STANDARD
        instance_types: [m7g.large, m6g.large]
        min_size: 2
        max_size: 10
        labels: {workload: app}
        node_repair: {enabled: true}
      - name: database
        ami_type: AL2023_x86_64_STANDARD
        instance_types: [r7i.large]
        min_size: 3
        max_size: 3
        labels: {workload: database}
        taints:
          - {key: workload, value: database, effect: NO_SCHEDULE}
        update_config: {max_unavailable: 1}
    tags: {environment: production}
    wait_timeout: 1800

- name: Let the application grow further
  replatform.aws.eks_nodegroups:
    cluster_name: shop
    nodegroups:
      - name: app
        max_size: 20

- name: Take the databases' nodes away
  replatform.aws.eks_nodegroups:
    cluster_name: shop
    nodegroups:
      - name: database
        state: absent
"""

RETURN = r"""
nodegroups:
  description: One entry for each group, in the order given; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the group.
      returned: always
      type: str
      sample: app
    arn:
      description: ARN; null where it is not there (yet).
      returned: always
      type: str
    status:
      description:
        - C(CREATING), C(ACTIVE), C(UPDATING), C(DEGRADED), C(DELETING), C(CREATE_FAILED) or C(DELETE_FAILED).
      returned: always
      type: str
    version:
      description: Kubernetes version.
      returned: always
      type: str
    release_version:
      description: Version of the image.
      returned: always
      type: str
    ami_type:
      description: Image of the nodes.
      returned: always
      type: str
      sample: AL2023_ARM_64_STANDARD
    capacity_type:
      description: How the nodes are paid for.
      returned: always
      type: str
    instance_types:
      description: Instance types.
      returned: always
      type: list
      elements: str
    disk_size:
      description: GiB of the root disk; null with a launch template.
      returned: always
      type: int
    node_role:
      description: Role of the nodes.
      returned: always
      type: str
    subnet_ids:
      description: Subnets of the nodes, sorted.
      returned: always
      type: list
      elements: str
    min_size:
      description: Fewest nodes.
      returned: always
      type: int
    max_size:
      description: Most nodes.
      returned: always
      type: int
    desired_size:
      description: Nodes that there should be now.
      returned: always
      type: int
    labels:
      description: Kubernetes labels.
      returned: always
      type: dict
    taints:
      description: Kubernetes taints.
      returned: always
      type: list
      elements: dict
    update_config:
      description: How nodes are replaced in an upgrade.
      returned: always
      type: dict
    node_repair:
      description: How unhealthy nodes are repaired.
      returned: always
      type: dict
    launch_template_id:
      description: Id of the launch template.
      returned: always
      type: str
    launch_template_name:
      description: Name of the launch template.
      returned: always
      type: str
    launch_template_version:
      description: Version of the launch template.
      returned: always
      type: str
    autoscaling_groups:
      description: Names of the Auto Scaling groups behind it.
      returned: always
      type: list
      elements: str
    health_issues:
      description: What EKS says is wrong.
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
      description: Whether this group was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this group failed.
      returned: on failure of this group
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this group
      type: dict
actions:
  description: One line for each group written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create node group app", "update node group database: labels, max_size"]
"""

from ..module_utils.aws.eks.nodegroups import ensure_nodegroups
from ..module_utils.aws.eks.nodegroups_transform import NODEGROUP_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

SHARED = ("node_role", "subnet_ids", "version")
OPTIONS = {
    **TAGS_OPTIONS,
    "cluster_name": {"type": "str", "required": True},
    **{name: NODEGROUP_OPTIONS[name] for name in SHARED},
    "nodegroups": {"type": "list", "elements": "dict", "required": True, "options": NODEGROUP_OPTIONS},
}


def main() -> None:
    def act(m: Module) -> Outcome:
        shared = {name: m.given[name] for name in SHARED if name in m.given}
        wanted = [{**shared, **item} for item in beside(m.given["nodegroups"], m.given)]
        return ensure_nodegroups(m.client("eks"), m.params["cluster_name"], wanted, m.mode)

    Module(OPTIONS).run(act)


if __name__ == "__main__":
    main()
