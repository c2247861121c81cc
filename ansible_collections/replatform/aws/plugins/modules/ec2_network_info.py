# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_network_info
short_description: Tell the ids of a network's parts
version_added: 0.1.0
description:
  - Returns the ids of the VPC, subnets and security groups that M(replatform.aws.ec2_network) made under a name.
  - In check mode a network that is not there yet is no failure; placeholders stand for the ids that it will have, so
    that what is built on it can tell its plan.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
options:
  name:
    description: Name of the network.
    type: str
    required: true
  security_groups:
    description: Short names of security groups that the network must have; without one of them the module fails.
    type: list
    elements: str
    default: []
seealso:
  - module: replatform.aws.ec2_network
  - name: Amazon VPC user guide
    description: What the parts of a network are.
    link: https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html
notes:
  - Needs C(ec2:DescribeVpcs), C(DescribeSubnets), C(DescribeSecurityGroups), C(DescribeNatGateways) and
    C(DescribeAddresses), one call each.
  - The network is the VPC with the tag C(replatform:network) of that value.
"""

EXAMPLES = r"""
- name: Look up the network
  replatform.aws.ec2_network_info:
    name: shop-sandbox
    security_groups: [eks, rds]
  register: looked_up

- name: Show where the databases go
  ansible.builtin.debug:
    msg: "{{ looked_up.network.subnets.database }} with {{ looked_up.network.security_groups.rds }}"
"""

RETURN = r"""
network:
  description: The network.
  returned: always
  type: dict
  contains:
    exists:
      description: Whether it is there; false only in check mode.
      returned: always
      type: bool
    vpc_id:
      description: Id of the VPC.
      returned: always
      type: str
      sample: vpc-0a1b2c3d4e5f60718
    subnets:
      description: Ids of the subnets by tier, C(public), C(private) and C(database), in the order of their zones.
      returned: always
      type: dict
      sample:
        public: [subnet-0aa, subnet-0ab, subnet-0ac]
        private: [subnet-0ba, subnet-0bb, subnet-0bc]
        database: [subnet-0ca, subnet-0cb, subnet-0cc]
    security_groups:
      description: Ids of the security groups by their short names.
      returned: always
      type: dict
      sample: {eks: sg-0aa, rds: sg-0bb}
    nat_addresses:
      description: Public addresses that the private subnets go out with, which a firewall elsewhere may have to let in.
      returned: always
      type: list
      elements: str
      sample: [203.0.113.10]
"""

from ..module_utils.aws.ec2.info import info
from ..module_utils.aws.session import AWS_OPTIONS
from ..module_utils.module import Module
from ..module_utils.resource import Outcome

OPTIONS = {
    "name": {"type": "str", "required": True},
    "security_groups": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    Module(OPTIONS, fragments=(AWS_OPTIONS,)).run(
        lambda m: Outcome(
            result={"network": info(m.client("ec2"), m.params["name"], m.params["security_groups"], check=m.check_mode)}
        )
    )


if __name__ == "__main__":
    main()
