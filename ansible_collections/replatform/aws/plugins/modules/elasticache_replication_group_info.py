# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticache_replication_group_info
short_description: Tell which replication groups ElastiCache has
version_added: 0.1.0
description:
  - Returns the replication groups that fit every filter given, with their endpoints, nodes and what waits for the
    maintenance window. No group that fits is no failure.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  names:
    description: Exact ids.
    type: list
    elements: str
  prefix:
    description: First characters of the ids, such as V(shop-).
    type: str
seealso:
  - module: replatform.aws.elasticache_replication_group
  - name: DescribeReplicationGroups
    description: What the service tells.
    link: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeReplicationGroups.html
notes:
  - Needs C(elasticache:DescribeReplicationGroups), C(elasticache:DescribeCacheClusters) and
    C(elasticache:ListTagsForResource).
"""

EXAMPLES = r"""
- name: Look at the shop's caches
  replatform.aws.elasticache_replication_group_info:
    prefix: shop-
  register: caches
"""

RETURN = r"""
replication_groups:
  description: Each group, by name, with what M(replatform.aws.elasticache_replication_group) returns of it and more.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Id of the group.
      returned: always
      type: str
      sample: shop-sessions
    endpoint:
      description: Host name that a client writes to.
      returned: always
      type: str
    reader_endpoint:
      description: Host name of the replicas; null in cluster mode.
      returned: always
      type: str
    status:
      description: State of the group, such as C(available).
      returned: always
      type: str
    nodes:
      description: The nodes, each with RV(ignore:name), RV(ignore:status), RV(ignore:availability_zone),
        RV(ignore:engine_version) in full, and RV(ignore:parameters), which is C(pending-reboot) while a parameter waits
        for the node to start again.
      returned: always
      type: list
      elements: dict
    pending:
      description: What waits for the maintenance window, in the service's words.
      returned: always
      type: list
      elements: str
      sample: [EngineVersion]
    tags:
      description: Tags, without those of AWS itself; empty while the service is at work on the group.
      returned: always
      type: dict
"""

from ..module_utils.aws.elasticache.replication_groups import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {
    "names": {"type": "list", "elements": "str"},
    "prefix": {"type": "str"},
}


def main() -> None:
    def act(m: Module) -> Outcome:
        found = info(m.client("elasticache"), m.params["names"], m.params["prefix"])
        return Outcome(result={"replication_groups": found})

    Module(OPTIONS, fragments=[AWS_OPTIONS]).run(act)


if __name__ == "__main__":
    main()
