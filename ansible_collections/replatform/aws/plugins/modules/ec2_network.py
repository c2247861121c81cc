# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_network
short_description: Make a network in AWS as it is described
version_added: 0.1.0
description:
  - Makes a VPC with its subnets, internet gateway, NAT gateways, route tables, VPC endpoints, security groups and flow
    log as described, all in one call. Nothing is written before all of the description was found possible.
  - What was changed by hand is made as described again, such as routes, rules, associations, DNS attributes and tags.
  - Every part has the network's name in its C(Name) and the tag C(replatform:network), by which the module knows it.
    NAT gateways, addresses, route tables and endpoints with that tag that are not described any more are deleted;
    security groups that are not named stay.
  - The rules of the VPC's default security group are taken away, so that nothing works by being in it.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  name:
    description: Name of the network, up to 100 letters, digits, C(.), C(_) and C(-). All of its parts begin with it.
    type: str
    required: true
  cidr:
    description:
      - IPv4 block of the VPC, C(/16) to C(/28). It cannot be changed afterwards. Needed with O(state=present).
      - Choose one that overlaps no network that this one is ever connected with.
    type: str
  zones:
    description:
      - Availability zones by name, such as V(eu-central-1a), each for one subnet of every tier. Needed with
        O(state=present).
      - A zone can be added, but not taken away.
    type: list
    elements: str
  dns_support:
    description: Whether names are resolved in the VPC.
    type: bool
    default: true
  dns_hostnames:
    description: Whether machines get names. EKS and interface endpoints need it.
    type: bool
    default: true
  subnets:
    description:
      - The tiers of subnets. One that is not named is not made. Needed with O(state=present).
      - Without C(cidrs) the blocks are derived, for up to three zones. The VPC's block is cut into quarters; the first
        three are the private subnets. The last quarter is cut into eighths; the first three are the public subnets, the
        fifth to seventh those of databases. In V(10.20.0.0/16) these are C(10.20.0.0/18), C(10.20.64.0/18) and
        C(10.20.128.0/18); C(10.20.192.0/21), C(10.20.200.0/21) and C(10.20.208.0/21); C(10.20.224.0/21),
        C(10.20.232.0/21) and C(10.20.240.0/21).
    type: dict
    suboptions:
      public:
        description: Subnets that the internet reaches, for load balancers and NAT gateways.
        type: dict
        suboptions: &tier
          cidrs:
            description: Blocks of the subnets in the order of O(zones), C(/16) to C(/28). They cannot be changed later.
            type: list
            elements: str
          internet:
            description:
              - How these subnets reach the internet, through the internet gateway, through a NAT gateway or not at all.
              - V(gateway) for the public tier, V(nat) for the private and V(none) for the database tier when not given.
            type: str
            choices: [gateway, nat, none]
          public_ips:
            description: Whether a machine that is started there gets a public address.
            type: bool
            default: false
          routes:
            description: Further routes. Any other route that is found is deleted.
            type: list
            elements: dict
            default: []
            suboptions:
              cidr:
                description: Destination, an address block.
                type: str
                required: true
              target:
                description: Id of what leads there, a C(tgw-), C(pcx-), C(vgw-), C(igw-), C(nat-) or C(eni-).
                type: str
                required: true
          tags:
            description: Tags of these subnets, beside the module's and those that O(cluster) asks for.
            type: dict
      private:
        description: Subnets for nodes, pods and interface endpoints, which nobody reaches from outside.
        type: dict
        suboptions: *tier
      database:
        description: Subnets for databases and caches.
        type: dict
        suboptions: *tier
  nat:
    description:
      - V(one) NAT gateway for all zones, in the first one; or one V(per_zone), so that a zone does not depend on
        another and traffic between zones costs nothing; or V(none).
      - A NAT gateway costs by the hour and gigabyte.
    type: str
    choices: [none, one, per_zone]
    default: one
  cluster:
    description:
      - Name of the EKS cluster that is going to be in this network. Public subnets get the tag
        C(kubernetes.io/role/elb), private ones C(kubernetes.io/role/internal-elb), both V(1), and
        C(karpenter.sh/discovery) with this name.
    type: str
  gateway_endpoints:
    description:
      - Services that every route table reaches without the internet. They cost nothing.
      - Given, gateway endpoints of this network that are not named are deleted.
    type: list
    elements: str
    choices: [s3, dynamodb]
  interface_endpoints:
    description:
      - Services that the private subnets reach at an address of their own, by the service's usual name. Short as
        V(ecr.api), or whole as V(com.amazonaws.eu-central-1.ecr.api). Each costs by the hour and zone.
      - They have the security group C(endpoints), which lets the VPC in at port 443 unless O(security_groups) describes
        it otherwise.
      - Given, interface endpoints of this network that are not named are deleted.
    type: list
    elements: str
  security_groups:
    description: Security groups. Those not named are left alone.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Short name, such as V(rds). In AWS it is called after the network and this.
        type: str
        required: true
      description:
        description:
          - What it is for, 1 to 255 letters, digits, spaces and C(._-:/()#,@[]+=&;{}!$*). It cannot be changed
            afterwards; make a group of another name instead.
        type: str
      ingress:
        description:
          - What is let in. Given, any other rule is deleted.
        type: list
        elements: dict
        suboptions:
          protocol: &protocol
            description: The protocol.
            type: str
            choices: [tcp, udp, icmp, all]
            default: tcp
          ports: &ports
            description: Ports or ranges, such as V(443) or V(1024-65535). Needed for tcp and udp, refused otherwise.
            type: list
            elements: str
          from:
            description:
              - From where, each the short name of a security group of this network, an address block, the id of a
                security group or prefix list, or V(subnets.private) and its like for the blocks of that tier.
              - Nodes of EKS have the security group that EKS makes with the cluster, so that V(subnets.private) lets
                them and their pods in before that is there.
            type: list
            elements: str
            required: true
          description: &text
            description: What the rule is for, up to 255 characters of those that the group's description may have.
            type: str
      egress:
        description:
          - What is let out. Given, any other rule is deleted; a new group lets everything out when it is not.
        type: list
        elements: dict
        suboptions:
          protocol: *protocol
          ports: *ports
          to:
            description:
              - Whereto, each as in O(security_groups[].ingress[].from).
            type: list
            elements: str
            required: true
          description: *text
      tags:
        description: Tags of this group, beside the module's.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this group.
        type: bool
      state:
        description: V(absent) deletes the group. AWS refuses while a network interface or another group's rule uses it.
        type: str
        choices: [present, absent]
        default: present
  flow_logs:
    description:
      - Keeps a record of the VPC's connections. Null takes the flow log away.
      - AWS can change no flow log, so a change deletes it and makes it anew.
    type: dict
    suboptions:
      destination:
        description: ARN of an S3 bucket (with a folder, if need be) or Firehose stream, or name or ARN of a log group.
        type: str
        required: true
      role_arn:
        description: Role that may write to the log group; needed for one.
        type: str
      traffic:
        description: Which connections are recorded.
        type: str
        choices: [all, accept, reject]
        default: all
      interval_seconds:
        description: Seconds of traffic that one record sums up.
        type: int
        choices: [60, 600]
        default: 600
  state:
    description:
      - V(absent) deletes the network with all its parts in their order. It is refused, with their names, while network
        interfaces, subnets, security groups or gateways that are not the network's own are in the VPC.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: replatform.aws.ec2_network_info
  - name: Amazon VPC quotas
    description: Counts of VPCs, addresses, gateways, rules and routes.
    link: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
  - name: Amazon EKS VPC and subnet requirements
    description: Sizes and tags of subnets.
    link: https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
notes:
  - Needs C(ec2:DescribeVpcs), C(DescribeVpcAttribute), C(DescribeAvailabilityZones), C(DescribeSubnets),
    C(DescribeInternetGateways), C(DescribeAddresses), C(DescribeNatGateways), C(DescribeRouteTables),
    C(DescribeSecurityGroups), C(DescribeVpcEndpoints), C(DescribeFlowLogs), C(DescribeNetworkInterfaces),
    C(CreateTags), C(DeleteTags), C(CreateVpc), C(ModifyVpcAttribute), C(DeleteVpc), C(CreateSubnet),
    C(ModifySubnetAttribute), C(DeleteSubnet), C(CreateInternetGateway), C(AttachInternetGateway),
    C(DetachInternetGateway), C(DeleteInternetGateway), C(AllocateAddress), C(ReleaseAddress), C(CreateNatGateway),
    C(DeleteNatGateway), C(CreateRouteTable), C(DeleteRouteTable), C(CreateRoute), C(ReplaceRoute), C(DeleteRoute),
    C(AssociateRouteTable), C(ReplaceRouteTableAssociation), C(DisassociateRouteTable), C(CreateSecurityGroup),
    C(DeleteSecurityGroup), C(AuthorizeSecurityGroupIngress), C(AuthorizeSecurityGroupEgress),
    C(RevokeSecurityGroupIngress), C(RevokeSecurityGroupEgress), C(UpdateSecurityGroupRuleDescriptionsIngress),
    C(UpdateSecurityGroupRuleDescriptionsEgress), C(CreateVpcEndpoint), C(ModifyVpcEndpoint), C(DeleteVpcEndpoints),
    C(CreateFlowLogs) and C(DeleteFlowLogs); for interface endpoints C(route53:AssociateVPCWithHostedZone), for flow
    logs C(logs:CreateLogDelivery), C(logs:DeleteLogDelivery) and C(iam:PassRole) on the role.
  - Without a change these are 11 calls that only read, side by side, whatever the number of parts.
  - Tags that begin with C(kubernetes.io/cluster/) always stay, since clusters set them, and so do rules of security
    groups whose description begins with C(elbv2.k8s.aws/) or C(kubernetes.io/rule/), which the load balancer controller
    keeps.
  - IPv4 only; further blocks of a VPC, network ACLs and DHCP options are left alone.
"""

EXAMPLES = r"""
- name: Make a network for a shop, with a NAT gateway in every zone
  replatform.aws.ec2_network:
    name: shop-example
    cidr: 10.20.0.0/16
    zones: [eu-central-1a, eu-central-1b, eu-central-1c]
    subnets:
      public: {}
      private: {}
      database: {}
    nat: per_zone
    cluster: shop-example
    gateway_endpoints: [s3]
    interface_endpoints: [ecr.api, ecr.dkr, sts]
    security_groups:
      - name: runners
        description: Machines that build and deploy
        tags: {team: platform}
      - name: rds
        description: Aurora
        ingress:
          - {ports: ["3306"], from: [subnets.private, runners], description: The shop and its builds}
        egress: []
    tags: {environment: example}

- name: Let the databases reach the office through a transit gateway, and all else through one NAT gateway
  replatform.aws.ec2_network:
    name: shop-office
    cidr: 10.30.0.0/22
    zones: [eu-central-1a, eu-central-1b]
    subnets:
      public: {cidrs: [10.30.0.0/26, 10.30.0.64/26]}
      database:
        cidrs: [10.30.1.0/26, 10.30.1.64/26]
        internet: nat
    security_groups:
      - name: rds
        ingress:
          - {ports: ["3306"], from: [192.0.2.0/24], description: Replication from the old server}

- name: Take that network away
  replatform.aws.ec2_network:
    name: shop-office
    state: absent
"""

RETURN = r"""
network:
  description: The ids that others need, as M(replatform.aws.ec2_network_info) tells them. In check mode the name in
    parentheses stands for an id that is not there yet.
  returned: success
  type: dict
  sample:
    exists: true
    vpc_id: vpc-0a1b2c3d4e5f60718
    subnets: {public: [subnet-0aa], private: [subnet-0ba], database: [subnet-0ca]}
    security_groups: {eks: sg-0aa, rds: sg-0bb}
    nat_addresses: [203.0.113.10]
vpcs:
  description: The VPC, with C(name), C(id), C(cidr), C(dns_support), C(dns_hostnames) and C(tags). As in all lists
    here, also C(changed), C(action) (C(create), C(update), C(delete) or C(none)), on failure C(failed) and C(error).
  returned: always
  type: list
  elements: dict
internet_gateways:
  description: The internet gateway, with C(name), C(id), C(vpc) and C(tags).
  returned: always
  type: list
  elements: dict
subnets:
  description: The subnets, with C(name), C(id), C(cidr), C(zone), C(public_ips) and C(tags).
  returned: always
  type: list
  elements: dict
elastic_ips:
  description: The addresses of the NAT gateways, with C(name), C(id), C(address) and C(tags).
  returned: always
  type: list
  elements: dict
nat_gateways:
  description: The NAT gateways, with C(name), C(id), C(subnet), C(elastic_ip), C(status), C(reason) and C(tags).
  returned: always
  type: list
  elements: dict
route_tables:
  description: The route tables, with C(name), C(id), C(routes) (targets by destination), C(subnets) and C(tags).
  returned: always
  type: list
  elements: dict
security_groups:
  description: The security groups, with C(name), C(id), C(description) and C(tags).
  returned: always
  type: list
  elements: dict
security_group_rules:
  description: The rules of each security group, with C(name), C(ingress) and C(egress), descriptions by the rule.
  returned: always
  type: list
  elements: dict
  sample:
    - {name: shop-rds, ingress: {"tcp 3306 from runners": The builds}, egress: {}, changed: false, action: none}
vpc_endpoints:
  description: The endpoints, with C(name), C(id), C(service), C(type), C(route_tables), C(subnets), C(security_groups),
    C(private_dns), C(status), C(reason) and C(tags).
  returned: always
  type: list
  elements: dict
flow_logs:
  description: The flow log, with C(name), C(id), C(destination), C(role_arn), C(traffic), C(interval_seconds) and
    C(tags).
  returned: always
  type: list
  elements: dict
actions:
  description: One line for each part written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create vpc shop-example", "update rules of security group shop-example-rds: ingress"]
"""

from ..module_utils.aws.ec2.description import NETWORK_OPTIONS, REQUIRED_IF
from ..module_utils.aws.ec2.ensure import ensure_network
from ..module_utils.aws.tags import TAGS_OPTIONS
from ..module_utils.module import Module

OPTIONS = {**TAGS_OPTIONS, **NETWORK_OPTIONS}


def main() -> None:
    Module(OPTIONS, required_if=REQUIRED_IF).run(lambda m: ensure_network(m.client("ec2"), m.given, m.mode))


if __name__ == "__main__":
    main()
