# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_settings_info
short_description: Tell the settings of RDS as inventory variables
version_added: 0.1.0
description:
  - Reads a cluster, an instance or a parameter group, however it was made, and returns what it is like as the options
    of the module that would make it so. With these options that module finds nothing to do.
  - Of parameter groups only the parameters that somebody has set are told; the others are the engine's defaults.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  cluster:
    description: Name of an Aurora MySQL cluster.
    type: str
  instance:
    description:
      - Name of an instance. Of a member of a cluster the whole cluster is told, of any other its parameter groups.
    type: str
  parameter_group:
    description: Name of a parameter group.
    type: str
  kind:
    description: Kind of the O(parameter_group).
    type: str
    choices: [cluster, instance]
    default: cluster
  path:
    description:
      - File that gets the variables in YAML, such as V(inventories/production/group_vars/all/rds.yml). A file that this
        module did not write, or whose second line was taken away, is not overwritten.
    type: path
  prefix:
    description: Begins the names of the variables in the file; that of the role C(rds) unless another is given.
    type: str
    default: rds_
seealso:
  - module: replatform.aws.rds_cluster
  - module: replatform.aws.rds_parameter_groups
  - name: Parameter groups for Amazon Aurora
    description: What is a parameter of the cluster and what of an instance.
    link: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_WorkingWithParamGroups.html
notes:
  - Needs C(rds:DescribeDBClusters), C(DescribeDBInstances), C(DescribeDBClusterEndpoints), C(DescribeDBSubnetGroups),
    C(DescribeDBClusterParameterGroups), C(DescribeDBClusterParameters), C(DescribeDBParameterGroups),
    C(DescribeDBParameters) and C(ListTagsForResource).
  - No password is read. A cluster whose password no secret of RDS has is told without
    C(manage_master_user_password), so that it stays as it is.
  - Tags are told only where all that belongs to the cluster has the same ones, as M(replatform.aws.rds_cluster) gives
    them; otherwise they are left out and stay as they are.
"""

EXAMPLES = r"""
- name: Read the shop's cluster
  replatform.aws.rds_settings_info:
    cluster: shop
  register: existing

- name: Make its settings code
  replatform.aws.rds_settings_info:
    cluster: shop
    path: "{{ lookup('ansible.builtin.env', 'TMPDIR', default='/tmp') }}/rds.yml"

- name: See that nothing is left to do
  replatform.aws.rds_cluster:
    clusters: "{{ existing.variables.clusters }}"
  check_mode: true
"""

RETURN = r"""
variables:
  description:
    - C(clusters), which is option O(replatform.aws.rds_cluster#module:clusters), or C(groups), which is option
      O(replatform.aws.rds_parameter_groups#module:groups).
  returned: success
  type: dict
  sample:
    groups:
      - name: shop-cluster
        kind: cluster
        family: aurora-mysql8.0
        description: The shop
        parameters: {time_zone: Europe/Berlin}
actions:
  description: The file that was written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
"""

from ..module_utils.aws.rds.settings import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module

NAMED = ("cluster", "instance", "parameter_group")
OPTIONS = {
    **{name: {"type": "str"} for name in NAMED},
    "kind": {"type": "str", "choices": ["cluster", "instance"], "default": "cluster"},
    "path": {"type": "path"},
    "prefix": {"type": "str", "default": "rds_"},
}


def main() -> None:
    Module(OPTIONS, fragments=[AWS_OPTIONS], mutually_exclusive=[NAMED], required_one_of=[NAMED]).run(
        lambda m: info(m.client("rds"), m.params, m.mode)
    )


if __name__ == "__main__":
    main()
