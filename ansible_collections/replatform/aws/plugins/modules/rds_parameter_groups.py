# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_parameter_groups
short_description: Make a set of RDS parameter groups so
version_added: 0.1.0
description:
  - Makes every cluster and instance parameter group of the list as described, in one call. Groups and parameters that
    are not named are left alone.
  - Names and values are compared with what the group's family knows before anything is written. An unknown name is
    refused with the nearest one, a value outside of the allowed ones with these.
  - Dynamic parameters take effect at once, static ones with the next reboot of what uses the group, which
    RV(parameter_groups[].pending_reboot) tells and M(replatform.aws.rds_cluster) can do.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  groups:
    description: The groups; every name once for each kind.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the group, 1 to 255 letters, digits and hyphens. RDS stores it in lower case.
        type: str
        required: true
      kind:
        description:
          - V(cluster) for what all instances of an Aurora cluster share, V(instance) for what each has of its own.
        type: str
        choices: [cluster, instance]
        default: cluster
      family:
        description:
          - Family of a new group, such as V(aurora-mysql8.0) or V(mysql8.0). It cannot be changed.
        type: str
      description:
        description: What a new group is for. It cannot be changed.
        type: str
      parameters:
        description:
          - Parameters and their values. Null is the engine's default, to which the parameter is reset.
          - A bool becomes V(1) or V(0), or V(ON) or V(OFF) where the parameter knows only these. A list is joined with
            commas. Formulas such as V({DBInstanceClassMemory*3/4}) are taken as they are.
        type: dict
      purge_parameters:
        description: Whether parameters that are set and not named are reset. They stay when this is not given.
        type: bool
      settings:
        description:
          - Settings as M(replatform.aws.mysql_assess) returns them, whose C(wanted) is set. Those of another scope than
            C(parameter_group) are passed over. O(groups[].parameters) stands before them.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the parameter.
            type: str
            required: true
          scope:
            description: Where it is set; only V(parameter_group) is looked at.
            type: str
            default: parameter_group
          now:
            description: What the server has now.
            type: str
          wanted:
            description: What it is to have.
            type: str
            required: true
          why:
            description: The reason, of no effect.
            type: str
          apply:
            description: How it takes effect, of no effect; the group's family tells.
            type: str
          phase:
            description: The phase of the migration that wants it.
            type: str
            default: always
          restore:
            description: What it is to have when the migration is complete, which O(groups[].keep) keeps.
            type: str
      phases:
        description: The phases whose O(groups[].settings) are set; all when not given.
        type: list
        elements: str
        choices: [copy, follow, cutover, always]
      keep:
        description:
          - Keeps what this item changes, in a record that survives this machine, and gives it back later.
        type: dict
        suboptions:
          name:
            description:
              - Name of the record, a parameter group of the same kind and family that nothing uses. It holds the values
                from before as its parameters, and the names of those at the engine's default as its tags.
              - A parameter that it knows keeps its value there, so that further runs keep nothing else. For a setting
                whose C(restore) is another value than it has now that one is kept, and none where it may stay.
            type: str
            required: true
          restore:
            description:
              - Gives the parameters of the record back and deletes it; O(groups[].parameters) and O(groups[].settings)
                are of no effect then. Without a record nothing is done.
            type: bool
            default: false
      tags:
        description: Tags of this group, up to 50.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this group.
        type: bool
      state:
        description: V(present) makes the group so, V(absent) deletes it; RDS refuses that while anything uses it.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.rds_cluster
  - module: replatform.aws.rds_settings_info
  - module: replatform.aws.mysql_assess
  - name: Aurora MySQL configuration parameters
    description: Which parameters a cluster has and which an instance.
    link: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Reference.ParameterGroups.html
  - name: Parameter groups for Amazon Aurora
    description: Static and dynamic parameters, and when they take effect.
    link: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_WorkingWithParamGroups.html
notes:
  - Needs C(rds:DescribeDBClusterParameterGroups), C(DescribeDBClusterParameters),
    C(DescribeEngineDefaultClusterParameters), C(CreateDBClusterParameterGroup), C(ModifyDBClusterParameterGroup),
    C(ResetDBClusterParameterGroup) and C(DeleteDBClusterParameterGroup), for instance groups the same without
    C(Cluster), and C(ListTagsForResource), C(AddTagsToResource) and C(RemoveTagsFromResource).
  - Where nothing differs a group is two calls, and one more for its tags.
  - When one group fails the others go on; the module then fails, names those that failed with their reasons, and
    still returns RV(parameter_groups).
"""

EXAMPLES = r"""
- name: Keep the parameters of the shop's cluster
  replatform.aws.rds_parameter_groups:
    groups:
      - name: shop-cluster
        family: aurora-mysql8.0
        description: The shop
        parameters:
          time_zone: Europe/Berlin
          max_allowed_packet: 134217728
          innodb_lock_wait_timeout: null
        tags: {app: shop}

- name: Set what the migration wants, and keep what was there
  replatform.aws.rds_parameter_groups:
    groups:
      - name: shop-cluster
        settings:
          - {name: local_infile, now: "0", wanted: "1", phase: copy, restore: "0"}
          - {name: gtid-mode, now: "OFF", wanted: "ON", phase: follow, restore: "ON"}
        keep: {name: shop-cluster-before-migration}
  register: window

- name: Give the kept values back when the migration is complete
  replatform.aws.rds_parameter_groups:
    groups:
      - name: shop-cluster
        keep: {name: shop-cluster-before-migration, restore: true}

- name: Or take back what one task has changed
  replatform.aws.rds_parameter_groups:
    groups: "{{ window.before }}"
"""

RETURN = r"""
parameter_groups:
  description: One entry for each group, those of clusters first; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the group.
      returned: always
      type: str
      sample: shop-cluster
    kind:
      description: C(cluster) or C(instance).
      returned: always
      type: str
    arn:
      description: ARN; null where the group is not there (yet).
      returned: always
      type: str
    family:
      description: Its family.
      returned: always
      type: str
      sample: aurora-mysql8.0
    description:
      description: What it is for.
      returned: always
      type: str
    parameters:
      description: The parameters that somebody has set; all others have the engine's default.
      returned: always
      type: dict
      sample: {time_zone: Europe/Berlin}
    pending_reboot:
      description: Static parameters that this run changed, which take effect with the next reboot.
      returned: always
      type: list
      elements: str
    kept:
      description: What the record of O(groups[].keep) holds; null is the engine's default.
      returned: always
      type: dict
    tags:
      description: Tags; empty where none were given, since they are not read then.
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
before:
  description:
    - The groups of which parameters were changed, with the values from before, null where it was the engine's default;
      given as O(groups) it takes the changes back.
  returned: when no group failed
  type: list
  elements: dict
  sample: [{name: shop-cluster, kind: cluster, parameters: {local_infile: null}}]
actions:
  description: One line for each group written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["update cluster parameter group shop-cluster: parameters"]
"""

from ..module_utils.aws.rds.parameter_groups import GROUP_OPTIONS, ensure_groups
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "groups": {"type": "list", "elements": "dict", "required": True, "options": GROUP_OPTIONS},
}


def main() -> None:
    Module(OPTIONS).run(lambda m: ensure_groups(m.client("rds"), beside(m.given["groups"], m.given), m.mode))


if __name__ == "__main__":
    main()
