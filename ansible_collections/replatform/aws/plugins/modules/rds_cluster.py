# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_cluster
short_description: Make Aurora MySQL clusters so, with all that belongs to them
version_added: 0.1.0
description:
  - Makes every cluster of the list as described, with its subnet group, parameter groups, instances and custom
    endpoints, in one call. What the service takes together is begun together, and waited for once.
  - All of it is planned first, so that what must not be begun is refused before anything is written.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - The master user's password is made by RDS and kept in Secrets Manager; this module neither takes nor reads it.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  wait_timeout:
    description:
      - Seconds to wait at most. A cluster with two instances takes 10 to 15 minutes.
      - What is not finished by then is named in the failure, goes on by itself, and is waited for again when the module
        runs again.
    type: int
    default: 1800
  clusters:
    description: The clusters; every name once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the cluster, 1 to 63 letters, digits and single hyphens. RDS stores it in lower case.
        type: str
        required: true
      engine_version:
        description:
          - Version such as V(8.0.mysql_aurora.3.10.3); required for a new cluster. V(8.0.mysql_aurora.3.10) is
            satisfied by every patch of it.
          - A newer one is an upgrade, which interrupts the cluster and is checked against the paths that AWS offers. A
            cluster that is newer already stays so, with a warning.
        type: str
      allow_major_version_upgrade:
        description: Whether an upgrade may lead to another major version, from which there is no way back.
        type: bool
        default: false
      upgrade:
        description:
          - How an upgrade is done. V(blue_green) is refused. The green cluster is another server, with no position in
            the source's binary log that a migration could go on from.
        type: str
        choices: [in_place, blue_green]
        default: in_place
      auto_minor_version_upgrade:
        description: Whether AWS upgrades to new patches in the maintenance window; it does unless told otherwise.
        type: bool
      database_name:
        description: A schema that a new cluster is created with, up to 64 letters and digits. It cannot be changed.
        type: str
      port:
        description: TCP port, 1150 to 65535; RDS takes 3306. A change restarts all instances.
        type: int
      master_username:
        description:
          - The administrator, 1 to 16 letters and digits; required for a new cluster. It cannot be changed.
        type: str
      manage_master_user_password:
        description:
          - Whether RDS makes the administrator's password, keeps it in Secrets Manager and rotates it every 7 days. A
            new cluster always has it so; V(true) brings an older one there.
        type: bool
      master_user_secret_kms_key_id:
        description: KMS key of that secret, as id, ARN or C(alias/...); C(alias/aws/secretsmanager) otherwise.
        type: str
      kms_key_id:
        description:
          - KMS key that encrypts the storage, as id, ARN or C(alias/...); C(alias/aws/rds) otherwise. It cannot be
            changed. Every new cluster is encrypted.
        type: str
      storage_type:
        description:
          - V(aurora) is paid for each request, V(aurora-iopt1) is not and costs more for each instance and GB. It can
            be changed to V(aurora-iopt1) once in 30 days, and back at any time.
        type: str
        choices: [aurora, aurora-iopt1]
      subnet_group:
        description: Where the instances may be; required for a new cluster. Another one cannot be given afterwards.
        type: dict
        suboptions:
          name:
            description: Name of the subnet group.
            type: str
            required: true
          description:
            description: What it is for.
            type: str
          subnet_ids:
            description:
              - Subnets of at least two zones, those of the tier C(database). With them the group is made so, without
                them one that is there is used.
            type: list
            elements: str
      security_group_ids:
        description: Security groups of all instances; those not named are taken away.
        type: list
        elements: str
      parameter_group:
        description:
          - The cluster's parameter group, which is made so before the cluster; see
            M(replatform.aws.rds_parameter_groups). One whose name begins with V(default.) is only used.
        type: dict
        suboptions: &group
          name:
            description: Name of the group.
            type: str
            required: true
          family:
            description: Family of a new group; that of O(clusters[].engine_version) when not given.
            type: str
          description:
            description: What a new group is for. It cannot be changed.
            type: str
          parameters:
            description: Parameters and their values; null is the engine's default.
            type: dict
          purge_parameters:
            description: Whether parameters that are set and not named are reset. They stay when this is not given.
            type: bool
      instance_parameter_groups:
        description: Parameter groups that O(clusters[].instances[].parameter_group) names, made so before them.
        type: list
        elements: dict
        suboptions: *group
      serverless_v2:
        description: Capacity of instances of the class V(db.serverless), in ACU of about 2 GiB each.
        type: dict
        suboptions:
          min_capacity:
            description: The least, 0 to 256 in halves. With 0 an idle instance pauses.
            type: float
            required: true
          max_capacity:
            description: The most, 1 to 256 in halves.
            type: float
            required: true
          seconds_until_auto_pause:
            description: Seconds of idleness after which an instance pauses, 300 to 86400.
            type: int
      backup_retention_period:
        description: Days for which backups are kept, 1 to 35; RDS takes 1.
        type: int
      preferred_backup_window:
        description: Daily time of backups in UTC, V(hh:mm-hh:mm), at least 30 minutes and beside the maintenance.
        type: str
      preferred_maintenance_window:
        description: Weekly time of maintenance in UTC, V(ddd:hh:mm-ddd:hh:mm), at least 30 minutes.
        type: str
      deletion_protection:
        description: Whether nobody can delete the cluster. V(absent) is refused as long as it is on.
        type: bool
      copy_tags_to_snapshot:
        description: Whether snapshots get the cluster's tags; a new cluster does unless told otherwise.
        type: bool
      iam_database_authentication:
        description: Whether IAM users and roles can log in with a token as password.
        type: bool
      log_exports:
        description: Logs that go to CloudWatch; those not named no longer do. What they hold is up to the parameters.
        type: list
        elements: str
        choices: [audit, error, general, slowquery, instance, iam-db-auth-error]
      database_insights_mode:
        description: V(advanced) needs O(clusters[].performance_insights) and a retention of 465 days, and costs extra.
        type: str
        choices: [standard, advanced]
      performance_insights:
        description: Whether Performance Insights is on for all instances.
        type: bool
      performance_insights_retention_period:
        description: Days for which it keeps data; 7 is free, 465 is what O(clusters[].database_insights_mode) needs.
        type: int
      performance_insights_kms_key_id:
        description: KMS key of that data, as id, ARN or C(alias/...). It cannot be changed while it is on.
        type: str
      instances:
        description: Instances of the cluster. Those not named are left alone, such as those of auto scaling.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the instance, 1 to 63 letters, digits and single hyphens.
            type: str
            required: true
          instance_class:
            description: Class such as V(db.r7g.large) or V(db.serverless); required for a new one.
            type: str
          availability_zone:
            description: Zone such as V(eu-central-1a); RDS chooses one otherwise. It cannot be changed.
            type: str
          promotion_tier:
            description: Who becomes the writer when that fails, 0 first and 15 last; RDS takes 1.
            type: int
          parameter_group:
            description: Name of its parameter group; the family's default otherwise.
            type: str
          publicly_accessible:
            description: Whether it gets a public address. A change is made at once.
            type: bool
          ca_certificate:
            description: Authority of its certificate, such as V(rds-ca-rsa2048-g1).
            type: str
          monitoring_interval:
            description: Seconds between the values of enhanced monitoring; 0 turns it off.
            type: int
            choices: [0, 1, 5, 10, 15, 30, 60]
          monitoring_role_arn:
            description: Role that sends these values to CloudWatch; required with an interval.
            type: str
          preferred_maintenance_window:
            description: As that of the cluster, for this instance.
            type: str
          tags:
            description: Tags of this instance, beside those of the cluster.
            type: dict
          purge_tags:
            description: As O(purge_tags), for this instance.
            type: bool
          state:
            description: V(absent) deletes the instance, at once.
            type: str
            choices: [present, absent]
            default: present
      endpoints:
        description: Custom endpoints, names that lead to some of the instances. Those not named are left alone.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the endpoint, which begins its host name.
            type: str
            required: true
          type:
            description: V(READER) leads to readers only, V(ANY) to the writer too.
            type: str
            choices: [READER, ANY]
            default: READER
          static_members:
            description: The instances that it leads to.
            type: list
            elements: str
          excluded_members:
            description: The instances that it does not lead to, so that new ones come in by themselves.
            type: list
            elements: str
          tags:
            description: Tags of this endpoint, beside those of the cluster.
            type: dict
          purge_tags:
            description: As O(purge_tags), for this endpoint.
            type: bool
          state:
            description: V(absent) deletes the endpoint.
            type: str
            choices: [present, absent]
            default: present
      apply_immediately:
        description:
          - Whether a new version, instance class or certificate comes now, with its interruption. Otherwise it waits
            for the maintenance window, is told as RV(clusters[].pending), and a second run has nothing to do.
          - As long as something waits, the service may let other changes wait with it; said to come at once, they would
            bring what waits along.
        type: bool
        default: false
      reboot:
        description:
          - Whether instances that wait for static parameters are rebooted now, readers before the writer. Without it
            RV(pending_reboot) names them.
        type: bool
        default: false
      final_snapshot:
        description: With O(clusters[].state=absent), name of a snapshot that is taken first.
        type: str
      skip_final_snapshot:
        description: With O(clusters[].state=absent), V(true) deletes the data without one.
        type: bool
      delete_automated_backups:
        description: With O(clusters[].state=absent), whether its automated backups go too; RDS deletes them.
        type: bool
      tags:
        description: Tags of the cluster and of all that belongs to it, up to 50.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this cluster.
        type: bool
      state:
        description:
          - V(present) makes the cluster so. V(absent) deletes its instances, then the cluster and then the groups that
            the item names. It takes O(clusters[].final_snapshot) or O(clusters[].skip_final_snapshot), and is refused
            while the cluster is protected.
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.rds_parameter_groups
  - module: replatform.aws.rds_settings_info
  - name: Modifying an Amazon Aurora DB cluster
    description: What each setting interrupts and when it is applied.
    link: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Modifying.html
  - name: Quotas and constraints for Amazon Aurora
    description: Names, counts and sizes.
    link: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html
  - name: Limitations for blue/green deployments
    description: Why a cluster that a migration uses cannot be changed that way.
    link: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/blue-green-deployments-considerations.html
notes:
  - Needs C(rds:DescribeDBClusters), C(DescribeDBInstances), C(DescribeDBClusterEndpoints), C(DescribeDBSubnetGroups),
    C(DescribeDBEngineVersions), C(CreateDBCluster), C(ModifyDBCluster), C(DeleteDBCluster),
    C(CreateDBClusterSnapshot), C(CreateDBInstance), C(ModifyDBInstance), C(DeleteDBInstance), C(RebootDBInstance),
    C(CreateDBClusterEndpoint), C(ModifyDBClusterEndpoint), C(DeleteDBClusterEndpoint), C(CreateDBSubnetGroup),
    C(ModifyDBSubnetGroup), C(DeleteDBSubnetGroup) and what M(replatform.aws.rds_parameter_groups) needs.
  - Beside these C(kms:DescribeKey), C(kms:CreateGrant), C(secretsmanager:CreateSecret),
    C(secretsmanager:TagResource) and C(iam:PassRole) on the role of enhanced monitoring.
  - Where nothing differs a cluster is about a dozen calls.
"""

EXAMPLES = r"""
- name: Keep the shop's database, a writer and a reader in different zones
  replatform.aws.rds_cluster:
    tags: {app: shop}
    clusters:
      - name: shop
        engine_version: 8.0.mysql_aurora.3.10.3
        master_username: replatform
        subnet_group: {name: shop}
        parameter_group:
          name: shop-cluster
          description: The shop
          parameters:
            time_zone: UTC
            gtid-mode: "ON"
            enforce_gtid_consistency: "ON"
            binlog_format: ROW
        backup_retention_period: 14
        deletion_protection: true
        log_exports: [audit, error, slowquery]
        instances:
          - {name: shop-1, instance_class: db.r7g.large, availability_zone: eu-central-1a, promotion_tier: 0}
          - {name: shop-2, instance_class: db.r7g.large, availability_zone: eu-central-1b, promotion_tier: 1}
        endpoints:
          - {name: shop-reports, type: READER, static_members: [shop-2]}

- name: Give the instances what waits for a reboot
  replatform.aws.rds_cluster:
    clusters:
      - name: shop
        reboot: true

- name: Take the reader's endpoint and the reader away
  replatform.aws.rds_cluster:
    clusters:
      - name: shop
        endpoints:
          - {name: shop-reports, state: absent}
        instances:
          - {name: shop-2, state: absent}

- name: Let the cluster go
  replatform.aws.rds_cluster:
    clusters:
      - name: shop
        deletion_protection: false

- name: Delete the cluster, and keep a snapshot of it
  replatform.aws.rds_cluster:
    clusters:
      - name: shop
        state: absent
        final_snapshot: shop-final
        parameter_group: {name: shop-cluster}
"""

RETURN = r"""
clusters:
  description: One entry for each cluster, in the order given; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the cluster.
      returned: always
      type: str
      sample: shop
    arn:
      description: ARN; null where the cluster is not there (yet).
      returned: always
      type: str
    status:
      description: What the service said last, such as C(available).
      returned: always
      type: str
    endpoint:
      description: Host name of the writer.
      returned: always
      type: str
      sample: shop.cluster-abc.eu-central-1.rds.amazonaws.com
    reader_endpoint:
      description: Host name of the readers.
      returned: always
      type: str
    master_user_secret_arn:
      description: The secret with the administrator's password.
      returned: always
      type: str
    pending:
      description: What waits for the maintenance window.
      returned: always
      type: dict
      sample: {engine_version: 8.0.mysql_aurora.3.10.3}
    changed:
      description: Whether this cluster was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this cluster failed.
      returned: on failure of this cluster
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this cluster
      type: dict
instances:
  description: The same of each instance, with its options, C(endpoint), C(status) and C(pending).
  returned: always
  type: list
  elements: dict
endpoints:
  description: The same of each custom endpoint, with its host name as C(endpoint).
  returned: always
  type: list
  elements: dict
parameter_groups:
  description: The same of each parameter group, as M(replatform.aws.rds_parameter_groups) returns it.
  returned: always
  type: list
  elements: dict
subnet_groups:
  description: The same of each subnet group that is made so here.
  returned: always
  type: list
  elements: dict
reboots:
  description: Each instance that was there before, with the parameter groups in C(pending) that wait for its reboot.
  returned: always
  type: list
  elements: dict
pending_reboot:
  description: The instances that have to be rebooted to have what their parameter groups say.
  returned: always
  type: list
  elements: str
  sample: [shop-1]
actions:
  description: One line for each thing written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create cluster shop", "create instance shop-1"]
"""

from ..module_utils.aws.rds.ensure import ensure_clusters
from ..module_utils.aws.rds.transform import CLUSTER_EXCLUSIVE, CLUSTER_OPTIONS
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module

OPTIONS = {
    **TAGS_OPTIONS,
    "wait_timeout": {"type": "int", "default": 1800},
    "clusters": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": CLUSTER_OPTIONS,
        "mutually_exclusive": CLUSTER_EXCLUSIVE,
    },
}


def main() -> None:
    Module(OPTIONS).run(
        lambda m: ensure_clusters(m.client("rds"), m.client("kms"), beside(m.given["clusters"], m.given), m.mode)
    )


if __name__ == "__main__":
    main()
