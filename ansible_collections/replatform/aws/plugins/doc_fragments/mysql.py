# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

CREDENTIALS = r"""
    type: dict
    required: true
    suboptions:
      secret:
        description:
          - Name of a secret of AWS Secrets Manager with the fields that RDS writes, C(host), C(port), C(username) and
            C(password); it may also have C(tls), and C(ca) with the text of a PEM file. It is read inside the module.
          - The options below stand before its fields.
        type: str
      host:
        description: Name or address of the server; the writer's.
        type: str
      port:
        description: TCP port; 3306 unless the secret has one.
        type: int
      username:
        description: MySQL user.
        type: str
      password:
        description: The user's password. Prefer O({role}.secret), so that it is in no file.
        type: str
      tls:
        description:
          - How the connection is encrypted. V(required) encrypts without looking at the certificate, V(verify_ca) wants
            one of the authority in O({role}.ca_file), V(verify_identity) wants the host's name in it too.
          - V(required) unless the secret says otherwise.
        type: str
        choices: [disabled, required, verify_ca, verify_identity]
      ca_file:
        description: PEM file of the certificate authority; without it the system's authorities are taken.
        type: path
"""

TARGET = r"""
options:
  target:
    description: The MySQL server that is copied to, Aurora, RDS or any other of 8.0 or newer. Holds the journal.
""" + CREDENTIALS.replace("{role}", "target")

JOURNAL = r"""
  name:
    description:
      - Name of the migration in the journal. The same name goes on with the same migration; up to 190 characters.
    type: str
    required: true
  journal_schema:
    description: Schema at the target that holds the journal. It is created when missing.
    type: str
    default: replatform
notes:
  - The journal names tables, key ranges, counts and positions. It never holds a password.
"""

SOURCE = r"""
  source:
    description: The MySQL server that is copied from. Nothing but session settings is changed there.
""" + CREDENTIALS.replace("{role}", "source")

SELECTION = (
    SOURCE
    + r"""
  schemas:
    description: The schemas to move, all of their tables unless O(tables) or O(exclude) say otherwise.
    type: list
    elements: str
    required: true
  tables:
    description: Only tables that fit one of these patterns of C(schema.table), such as V(shop.order*).
    type: list
    elements: str
    default: []
  exclude:
    description: Not the tables that fit one of these patterns of C(schema.table), such as V(shop.log_*).
    type: list
    elements: str
    default: []
  objects:
    description:
      - Which kinds of objects besides tables to move. Views are chosen by O(tables) and O(exclude) as tables are,
        triggers go with their table, routines and events with their schema.
      - Triggers are created after the rows. Events are created disabled, since those of the source still run.
    type: list
    elements: str
    choices: [views, triggers, routines, events]
    default: [views, triggers, routines, events]
"""
)

MOVE = (
    SELECTION
    + r"""
  chunk_bytes:
    description:
      - Bytes of a unit, the piece that is copied in one transaction and resumed as a whole; from 1 KiB to 1 GiB.
      - By InnoDB's estimate of the row size, so a unit may be twice as large. Memory does not grow with it.
    type: int
    default: 67108864
  workers:
    description:
      - Processes that copy or compare side by side, 1 to 64. Each has two connections to either server and needs
        about 60 MB. Without it two for each processor of this machine, 8 at most.
      - Or a dictionary C(kubernetes), which runs them as the pods of a Job. C(parallelism), their number, and C(image)
        (see C(make image)) are required. C(namespace) (C(default)), C(service_account), C(image_pull_secrets),
        C(node_selector), C(tolerations) and C(resources) are those of the pods, C(kubeconfig) and C(context) say how
        to reach the cluster, by default as C(kubectl) does or as the pod that the module runs in.
      - C(ready_timeout_seconds) (300) is how long pods may take to start, C(active_deadline_seconds) (604800) when the
        cluster ends the Job whatever happens.
      - Pods reach both servers and nothing else. They get the job, passwords included, in a Secret that is deleted
        once all have read it. The library C(kubernetes) is needed for it where the module runs.
    type: raw
  lease_seconds:
    description:
      - Seconds, 5 to 600, after which a run or worker that gives no sign of life may be taken over by another one.
        The older one can write nothing from then on.
    type: int
    default: 30
  throttle:
    description:
      - When to wait for a server that is busy. The reason is told while it lasts. V(0) does not look at that value, and
        what a server does not know or does not tell this user is no reason.
      - No unit is begun while a reason holds. One under way goes on at a crawl of a megabyte a minute, since a stream
        that stands still runs into the servers' timeouts.
    type: dict
    suboptions:
      source_threads_running:
        description: Threads that run at the source at once, ours included; 25 when not given.
        type: int
      source_history_length:
        description:
          - Transactions whose undo the source cannot purge yet, which a long snapshot lets grow; 1000000 when not
            given. Needs C(PROCESS).
        type: int
      target_threads_running:
        description: Threads that run at the target at once, ours included; 50 when not given.
        type: int
      target_lag_seconds:
        description: Seconds that Aurora's slowest reader is behind; not looked at when not given.
        type: int
      target_cpu_percent:
        description: CPU of Aurora's writer; not looked at when not given.
        type: int
  throttle_file:
    description: While this file exists on the machine that runs the module, no unit is begun, as with O(throttle).
    type: path
  progress_file:
    description:
      - File that gets one line of JSON a second with the units done and in all, rows, bytes, their rates, the
        estimated seconds left and what the move is throttled by.
      - The callback plugin P(replatform.aws.progress#callback) reads a file of its own and needs none here, unless the
        module runs on another machine or as another user.
    type: path
"""
)

SOURCE_IF_GIVEN = r"""
options:
  source:
    description: The MySQL server that is followed; only looked at.
""" + CREDENTIALS.replace("{role}", "source").replace("required: true", "required: false")

DEFINERS = r"""
options:
  definers:
    description:
      - Whose rights views, triggers, routines and events have at the target. V(keep) leaves the account that the source
        names, V(rewrite) makes them those of the target's user, V(create) makes the accounts that the target lacks,
        locked and with rights on the moved schemas only. What is rewritten or created is told as a warning.
      - The target is asked for each of them before any row is copied. RDS and Aurora refuse those with C(SYSTEM_USER),
        such as C(root@localhost).
    type: str
    choices: [keep, rewrite, create]
    default: keep
"""

REPLICATION = r"""
options:
  replication:
    description:
      - Login that the target will follow the source with. What is not given is taken from O(source).
      - O(replication.host) is the source's address as the target sees it.
    type: dict
    suboptions:
      secret:
        description: Name of a secret of AWS Secrets Manager with the fields below.
        type: str
      host:
        description: Name or address of the source.
        type: str
      port:
        description: TCP port.
        type: int
      username:
        description: MySQL user with C(REPLICATION SLAVE).
        type: str
      password:
        description: The user's password. Prefer O(replication.secret), so that it is in no file.
        type: str
      tls:
        description: V(disabled) lets the target connect without TLS; anything else encrypts.
        type: str
        choices: [disabled, required, verify_ca, verify_identity]
      ca_file:
        description: Of no effect; the target knows its own authorities.
        type: path
"""

SWITCH = r"""
options:
  replication_back:
    description:
      - The target as the source sees it, and the login that the source follows it with when the way back is native.
        What is not given is taken from O(target).
    type: dict
    suboptions:
      secret:
        description: Name of a secret of AWS Secrets Manager with the fields below.
        type: str
      host:
        description: Name or address of the target.
        type: str
      port:
        description: TCP port.
        type: int
      username:
        description: MySQL user with C(REPLICATION SLAVE); one is made at the target when there is none.
        type: str
      password:
        description: The user's password. Prefer O(replication_back.secret), so that it is in no file.
        type: str
      tls:
        description: V(disabled) lets the source connect without TLS; anything else encrypts.
        type: str
        choices: [disabled, required, verify_ca, verify_identity]
      ca_file:
        description: Of no effect; the source knows its own authorities.
        type: path
  accounts:
    description:
      - Patterns of C(user@host) of the accounts that the application logs in with. They are locked at the side that it
        leaves, and their sessions there ended. Every account with rights on the schemas that is neither an
        administrator's nor a replica's when not given.
    type: list
    elements: str
    default: []
  reverse:
    description:
      - How changes come back to the side that the application leaves. V(native) is MySQL's own replication, V(applier)
        the row applier, an ordinary client that takes no right of a replica. V(auto) takes V(native) where the account
        may. V(none) means that there is no way back.
    type: str
    choices: [auto, native, applier, none]
    default: auto
  verify_age:
    description: Seconds for which a comparison that passed counts.
    type: int
    default: 86400
  transaction_seconds:
    description: A transaction or table lock that has been open for so long stands in the way.
    type: int
    default: 10
  lag_seconds:
    description: How many seconds the other side may be behind when writes are paused.
    type: int
    default: 2
  transactions:
    description: How many transactions it may lack then.
    type: int
    default: 500
  pause_timeout:
    description: Seconds within which writes must be paused; else nothing is switched and writes go on.
    type: int
    default: 10
  switch_timeout:
    description: Seconds within which the other side must be ready after that; else writes go on as before.
    type: int
    default: 30
  hold_file:
    description:
      - While this file exists, on the machine that runs the module, everything is kept ready and nothing paused.
    type: path
  accept:
    description: Kinds of what stands in the way, by their RV(blockers[].id), that are told and not minded.
    type: list
    elements: str
    choices: [verify, lag, transactions, ddl, accounts, parameters, events]
    default: []
  secrets:
    description:
      - Secrets of AWS Secrets Manager that the application reads, switched the moment that the other side is open, and
        set back by a rollback. What the role C(application_switch_secret) does as well, some seconds later.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the secret.
        type: str
        required: true
      fields:
        description: Fields of its JSON value and what they are at the target. Every field must be there already.
        type: dict
        required: true
  secrets_stage:
    description: Staging label of the version from before the switch.
    type: str
    default: replatform-before-switch
  lease_seconds:
    description: Seconds, 5 to 600, after which a run that gives no sign of life may be taken over by another one.
    type: int
    default: 30
  progress_file:
    description: File that gets one line of JSON at every step.
    type: path
"""


class ModuleDocFragment:
    """The servers of a MySQL migration and its journal: module_utils/mysql/options.py."""

    DOCUMENTATION: str = TARGET + MOVE + JOURNAL
    SELECTION: str = TARGET + SELECTION + JOURNAL
    JOURNAL: str = TARGET + JOURNAL
    DEFINERS: str = DEFINERS
    SERVERS: str = TARGET + SOURCE
    SOURCE: str = SOURCE_IF_GIVEN
    REPLICATION: str = REPLICATION
    SWITCH: str = SWITCH
