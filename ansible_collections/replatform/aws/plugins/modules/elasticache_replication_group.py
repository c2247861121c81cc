# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticache_replication_group
short_description: Make Valkey and Redis replication groups of ElastiCache so, with all that they need
version_added: 0.1.0
description:
  - Makes subnet groups, parameter groups, users, user groups and replication groups as described, in one call and in
    the order in which ElastiCache takes them. Everything is planned before anything is written, replication groups are
    begun side by side and awaited once. Things not named are left alone.
  - An option that is not given is not touched; a given one is made so, also when somebody changed it by hand.
  - What ElastiCache cannot change afterwards is refused with the old and the new value and the way that there is.
  - Changes that ElastiCache takes only one after the other are sent one after the other, each when the one before has
    finished. With O(wait=false) those that are left are named in a warning and sent by the next run.
  - Names are up to 40 characters long (subnet and parameter groups 255), lower case letters, digits and single hyphens,
    beginning with a letter, as ElastiCache keeps them in lower case.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
  - replatform.aws.aws
  - replatform.aws.tags
  - replatform.aws.wait
options:
  subnet_groups:
    description: The subnets that nodes may stand in.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the subnet group.
        type: str
        required: true
      description:
        description: What it is for; a new one without it gets its name.
        type: str
      subnet_ids:
        description: All its subnets, of one VPC, best one in each of three zones. Needed for a new one.
        type: list
        elements: str
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this item.
        type: bool
      state:
        description: V(absent) removes it, after the replication groups that are removed too.
        type: str
        choices: [present, absent]
        default: present
  parameter_groups:
    description: Settings of the engine.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the parameter group.
        type: str
        required: true
      family:
        description:
          - Family of engine versions, such as V(valkey8), V(valkey7) or V(redis7); any that ElastiCache knows.
          - Needed for a new one, and never changed afterwards.
        type: str
      description:
        description: What it is for; a new one without it gets its name. Never changed afterwards.
        type: str
      parameters:
        description:
          - Parameters and their values. Each must be one of the family, changeable and within what
            DescribeCacheParameters allows, or nothing at all is written. Yes and no of YAML become V(yes) and V(no).
          - V(maxmemory-policy) decides what a full cache does. Queues and sessions need V(noeviction), a cache
            V(allkeys-lru) or V(allkeys-lfu); so they belong into groups of their own.
          - V(cluster-enabled) must be V(yes) for O(replication_groups[].cluster_mode=enabled).
        type: dict
      purge_parameters:
        description: Whether parameters that somebody has set and that are not named get the family's value again.
        type: bool
        default: true
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this item.
        type: bool
      state:
        description: V(absent) removes it, after the replication groups that are removed too.
        type: str
        choices: [present, absent]
        default: present
  users:
    description:
      - Who may connect and do what (role-based access control). A new one needs one of O(users[].password),
        O(users[].iam) and O(users[].switched_off); users without a password are not offered.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: Id of the user in ElastiCache.
        type: str
        required: true
      user_name:
        description:
          - The name that a client gives; without it the id. Never changed afterwards.
          - The user V(default) is who a client without a name is. A Redis user group must have one.
        type: str
      engine:
        description: Engine of the user; a new one is V(valkey). Redis becomes Valkey, never the other way.
        type: str
        choices: [valkey, redis]
      access_string:
        description:
          - Rules in the words of ACL SETUSER, such as V(on ~shop:* +@all -@dangerous). Needed for a new user, unless it
            is switched off. Spelling alone is no difference.
        type: str
      password:
        description:
          - Has the user log in with the password that a secret of AWS Secrets Manager holds.
          - No password can be read back from ElastiCache. The tag C(replatform:secret-version) of the user says which
            version of the secret it was given, so that a rotated secret is applied and a second run writes nothing. A
            password that somebody sets by hand is not seen.
        type: dict
        suboptions:
          secret:
            description: Name of the secret.
            type: str
            required: true
          key:
            description: Field of the secret's JSON that is the password; a value that is no JSON is it as a whole.
            type: str
            default: password
          generate:
            description:
              - Has the secret made with a random password of 48 letters and digits where there is none yet. It is
                removed, to be restored for 30 days, when the user is.
            type: bool
            default: false
          json:
            description:
              - The other fields of a generated secret, such as C(username) and C(port); it is the whole value, fields
                not named are removed.
            type: dict
          kms_key_id:
            description: KMS key of a generated secret, as id, ARN or C(alias/...).
            type: str
          keep_previous:
            description:
              - Whether a rotated secret leaves the password from before valid (ElastiCache allows two), for
                applications that have not read the new one yet. V(false) ends it.
            type: bool
            default: true
      iam:
        description: Has the user log in with tokens of IAM; its name is its id then. Valkey 7.2 and Redis 7.0 or later.
        type: bool
      switched_off:
        description:
          - Whether the user can do nothing. A new one gets a random password that is kept nowhere.
          - For the user V(default), so that nobody gets in without a name.
        type: bool
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this item.
        type: bool
      state:
        description: V(absent) removes it from its user groups and then altogether.
        type: str
        choices: [present, absent]
        default: present
  user_groups:
    description: Which users belong to a replication group.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: Id of the user group.
        type: str
        required: true
      engine:
        description: Engine of the group; a new one is V(valkey). Redis becomes Valkey, never the other way.
        type: str
        choices: [valkey, redis]
      users:
        description: Ids of all its users. No two may have the same O(users[].user_name). Needed for a new group.
        type: list
        elements: str
      tags:
        description: Tags, up to 50. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this item.
        type: bool
      state:
        description: V(absent) removes it, after the replication groups that are removed too.
        type: str
        choices: [present, absent]
        default: present
  replication_groups:
    description: The caches.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Id of the replication group.
        type: str
        required: true
      description:
        description: What it is for, up to 255 characters; a new one without it gets its name.
        type: str
      engine:
        description: Engine; a new one is V(valkey). Redis becomes Valkey (give O(replication_groups[].engine_version)
          and a parameter group of Valkey with it), never the other way.
        type: str
        choices: [valkey, redis]
      engine_version:
        description:
          - Major and minor version, such as V(8.0); the service chooses the patch. Never lowered.
          - Changed in the maintenance window, or now with O(replication_groups[].apply_immediately).
        type: str
      node_type:
        description:
          - Type of every node, such as V(cache.t4g.small). Needed for a new group.
          - Changed in the maintenance window, or now with O(replication_groups[].apply_immediately).
        type: str
      replicas:
        description: Replicas beside the primary, in each shard, 0 to 5. A new group has 0. Changed at once.
        type: int
      shards:
        description: Shards of a group with O(replication_groups[].cluster_mode=enabled), 1 to 500. Changed at once.
        type: int
      cluster_mode:
        description:
          - Whether the keys are spread over shards. From V(disabled) over V(compatible) to V(enabled), in two runs, so
            that clients can change in between; never back from V(enabled). A new group has V(disabled).
        type: str
        choices: [disabled, compatible, enabled]
      automatic_failover:
        description: Whether a replica takes over when the primary fails. Needs a replica; always with cluster mode.
        type: bool
      multi_az:
        description: Whether replicas stand in other zones than the primary. Needs automatic failover.
        type: bool
      parameter_group:
        description: Name of the parameter group, of the engine's family; without it a new one gets the default one.
        type: str
      subnet_group:
        description: Name of the subnet group. Never changed afterwards.
        type: str
      security_group_ids:
        description: All security groups of the nodes.
        type: list
        elements: str
      port:
        description: Port, 1 to 65535; the service takes 6379. Never changed afterwards.
        type: int
      user_group:
        description: Id of the user group that may connect; null lets anybody connect. Needs encryption in transit.
        type: str
      transit_encryption:
        description:
          - Whether clients connect with TLS. V(preferred) takes both and is the step between V(disabled) and
            V(required), in two runs, so that clients can change in between. Changed at once.
        type: str
        choices: [disabled, preferred, required]
      at_rest_encryption:
        description: Whether disks and snapshots are encrypted; with Valkey the service does so by itself. Never changed
          afterwards.
        type: bool
      kms_key_id:
        description: KMS key of the encryption at rest, as id, ARN or C(alias/...). Never changed afterwards.
        type: str
      maintenance_window:
        description: When nodes may be replaced, in UTC, at least an hour, such as V(sun:03:00-sun:04:00).
        type: str
      snapshot_window:
        description: When the daily snapshot begins, in UTC, at least an hour, such as V(01:00-02:00).
        type: str
      snapshot_retention_days:
        description: Days that a daily snapshot is kept, 0 to 35; 0 takes none.
        type: int
      notification_topic_arn:
        description: SNS topic that hears of events such as failovers; null ends it.
        type: str
      auto_minor_version_upgrade:
        description: Whether the service installs minor versions by itself, in the maintenance window.
        type: bool
      log_delivery:
        description: Where the logs go, at most one item a type; types not named are not delivered.
        type: list
        elements: dict
        suboptions:
          type:
            description: Commands that took long, or what the engine says.
            type: str
            choices: [slow-log, engine-log]
            required: true
          destination:
            description: Name of the log group, which must be there, or of the Firehose stream.
            type: str
            required: true
          destination_type:
            description: Where that is.
            type: str
            choices: [cloudwatch-logs, kinesis-firehose]
            default: cloudwatch-logs
          format:
            description: Format of a line.
            type: str
            choices: [json, text]
            default: json
      snapshot_name:
        description: Snapshot that fills a new group; says nothing of one that is there.
        type: str
      snapshot_arns:
        description: RDB files in S3, as ARNs, that fill a new group; says nothing of one that is there.
        type: list
        elements: str
      apply_immediately:
        description:
          - Whether a new engine version, parameter group or node type is taken now and not in the maintenance window.
            What waits for the window counts as made.
        type: bool
        default: false
      final_snapshot:
        description: With O(replication_groups[].state=absent), name of the snapshot that is taken before.
        type: str
      skip_final_snapshot:
        description: With O(replication_groups[].state=absent), whether nothing of the data is kept.
        type: bool
        default: false
      tags:
        description: Tags, up to 50, which nodes get too. Values become text.
        type: dict
      purge_tags:
        description: As O(purge_tags), for this item.
        type: bool
      state:
        description:
          - V(absent) deletes the group and is refused without O(replication_groups[].final_snapshot) or
            O(replication_groups[].skip_final_snapshot).
        type: str
        choices: [present, absent]
        default: present
seealso:
  - module: replatform.aws.elasticache_replication_group_info
  - module: replatform.aws.secretsmanager_secrets
  - name: Role-Based Access Control
    description: Users, user groups and access strings.
    link: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
  - name: ModifyReplicationGroup
    description: What can be changed and when.
    link: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
  - name: Engine specific parameters
    description: Every parameter with its default and limits.
    link: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
notes:
  - Needs C(elasticache:Describe*), C(elasticache:ListTagsForResource), C(AddTagsToResource), C(RemoveTagsFromResource),
    and Create, Modify and Delete of C(CacheSubnetGroup), C(CacheParameterGroup), C(User), C(UserGroup) and
    C(ReplicationGroup), C(ResetCacheParameterGroup), C(IncreaseReplicaCount), C(DecreaseReplicaCount),
    C(ModifyReplicationGroupShardConfiguration) and C(CreateSnapshot); C(ec2:DescribeSubnets), C(DescribeVpcs),
    C(DescribeSecurityGroups) and C(CreateNetworkInterface); with an alias C(kms:DescribeKey), with a key
    C(kms:CreateGrant); for passwords C(secretsmanager:BatchGetSecretValue), C(GetSecretValue) and what
    M(replatform.aws.secretsmanager_secrets) needs; once C(iam:CreateServiceLinkedRole) for
    C(elasticache.amazonaws.com).
  - A new group takes 5 to 15 minutes; give O(wait_timeout) 1800 seconds.
  - A run without changes is one call a kind, one for each tagged item and one for 20 secrets.
"""

EXAMPLES = r"""
- name: Have a cache for sessions and queues that never forgets, with a login of its own
  replatform.aws.elasticache_replication_group:
    wait_timeout: 1800
    tags:
      environment: sandbox
    parameter_groups:
      - name: shop-sessions
        family: valkey8
        parameters:
          maxmemory-policy: noeviction
    users:
      - id: shop-default
        user_name: default
        switched_off: true
      - id: shop-app
        user_name: shop
        access_string: "on ~* &* +@all -@dangerous"
        password:
          secret: shop/valkey
          generate: true
          json: {engine: redis, username: shop, port: 6379}
    user_groups:
      - id: shop
        users: [shop-default, shop-app]
    replication_groups:
      - name: shop-sessions
        description: Sessions and queues
        engine_version: "8.0"
        node_type: cache.t4g.small
        replicas: 1
        automatic_failover: true
        multi_az: true
        parameter_group: shop-sessions
        user_group: shop
        transit_encryption: required
        at_rest_encryption: true
        maintenance_window: sun:03:00-sun:04:00
        snapshot_window: 01:00-02:00
        snapshot_retention_days: 7

- name: Give it larger nodes now and a second replica
  replatform.aws.elasticache_replication_group:
    wait_timeout: 3600
    replication_groups:
      - name: shop-sessions
        node_type: cache.m7g.large
        replicas: 2
        apply_immediately: true

- name: Take all of it away, with a last snapshot
  replatform.aws.elasticache_replication_group:
    wait_timeout: 1800
    replication_groups:
      - name: shop-sessions
        state: absent
        final_snapshot: shop-sessions-last
    user_groups:
      - id: shop
        state: absent
    users:
      - id: shop-app
        password: {secret: shop/valkey, generate: true}
        state: absent
      - id: shop-default
        state: absent
    parameter_groups:
      - name: shop-sessions
        state: absent
"""

RETURN = r"""
replication_groups:
  description: One entry for each replication group; in check mode as it would be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Id of the group.
      returned: always
      type: str
      sample: shop-sessions
    arn:
      description: ARN; null where the group is not there (yet).
      returned: always
      type: str
    status:
      description: State of the group, such as C(available).
      returned: always
      type: str
    endpoint:
      description: Host name that a client writes to; in cluster mode the one of the configuration.
      returned: always
      type: str
      sample: master.shop-sessions.abc123.euc1.cache.amazonaws.com
    reader_endpoint:
      description: Host name of the replicas; null in cluster mode.
      returned: always
      type: str
    port:
      description: Port.
      returned: always
      type: int
    description:
      description: What it is for.
      returned: always
      type: str
    engine:
      description: V(valkey) or V(redis).
      returned: always
      type: str
    engine_version:
      description: Major and minor version.
      returned: always
      type: str
    node_type:
      description: Type of the nodes.
      returned: always
      type: str
    replicas:
      description: Replicas in each shard.
      returned: always
      type: int
    shards:
      description: Shards.
      returned: always
      type: int
    cluster_mode:
      description: V(disabled), V(compatible) or V(enabled).
      returned: always
      type: str
    automatic_failover:
      description: Whether a replica takes over.
      returned: always
      type: bool
    multi_az:
      description: Whether replicas stand in other zones.
      returned: always
      type: bool
    parameter_group:
      description: Name of the parameter group.
      returned: always
      type: str
    subnet_group:
      description: Name of the subnet group.
      returned: always
      type: str
    security_group_ids:
      description: Security groups.
      returned: always
      type: list
      elements: str
    user_group:
      description: Id of the user group.
      returned: always
      type: str
    transit_encryption:
      description: V(disabled), V(preferred) or V(required).
      returned: always
      type: str
    at_rest_encryption:
      description: Whether disks and snapshots are encrypted.
      returned: always
      type: bool
    kms_key_id:
      description: ARN of the KMS key; null with the service's own.
      returned: always
      type: str
    maintenance_window:
      description: When nodes may be replaced.
      returned: always
      type: str
    snapshot_window:
      description: When the daily snapshot begins.
      returned: always
      type: str
    snapshot_retention_days:
      description: Days that a daily snapshot is kept.
      returned: always
      type: int
    notification_topic_arn:
      description: SNS topic that hears of events.
      returned: always
      type: str
    auto_minor_version_upgrade:
      description: Whether minor versions are installed by the service.
      returned: always
      type: bool
    log_delivery:
      description: Where the logs go, as in the option.
      returned: always
      type: list
      elements: dict
    tags:
      description: Tags, where they were asked about.
      returned: always
      type: dict
    changed:
      description: Whether this item was changed.
      returned: always
      type: bool
    action:
      description: What was done, C(create), C(update), C(delete) or C(none).
      returned: always
      type: str
    failed:
      description: True when this item failed.
      returned: on failure of this item
      type: bool
    error:
      description: Why it failed, with RV(ignore:message), RV(ignore:code) and RV(ignore:request_id).
      returned: on failure of this item
      type: dict
subnet_groups:
  description: As RV(replication_groups), with RV(ignore:name), RV(ignore:arn), RV(ignore:description),
    RV(ignore:subnet_ids), RV(ignore:vpc_id) and RV(ignore:tags).
  returned: always
  type: list
  elements: dict
parameter_groups:
  description: As RV(replication_groups), with RV(ignore:name), RV(ignore:arn), RV(ignore:family),
    RV(ignore:description), RV(ignore:parameters) (those that are set or named) and RV(ignore:tags).
  returned: always
  type: list
  elements: dict
users:
  description: As RV(replication_groups), with RV(ignore:id), RV(ignore:arn), RV(ignore:user_name), RV(ignore:engine),
    RV(ignore:access_string), RV(ignore:authentication), RV(ignore:password_count), RV(ignore:status) and
    RV(ignore:tags).
  returned: always
  type: list
  elements: dict
user_groups:
  description: As RV(replication_groups), with RV(ignore:id), RV(ignore:arn), RV(ignore:engine), RV(ignore:users),
    RV(ignore:status) and RV(ignore:tags).
  returned: always
  type: list
  elements: dict
secrets:
  description: Secrets that were made for passwords, as M(replatform.aws.secretsmanager_secrets) returns them.
  returned: always
  type: list
  elements: dict
actions:
  description: One line for each item written (in check mode, that would be written).
  returned: always
  type: list
  elements: str
  sample: ["create parameter group shop-sessions", "update replication group shop-sessions: replicas"]
"""

from ..module_utils.aws.elasticache.caches import ensure_caches
from ..module_utils.aws.elasticache.options import LISTS
from ..module_utils.aws.tags import TAGS_OPTIONS, beside
from ..module_utils.module import Module

OPTIONS = {**TAGS_OPTIONS, **{name: {**spec, "default": []} for name, spec in LISTS.items()}}


def main() -> None:
    Module(OPTIONS).run(
        lambda m: ensure_caches(m.client, m.hide, {name: beside(m.given[name], m.given) for name in LISTS}, m.mode)
    )


if __name__ == "__main__":
    main()
