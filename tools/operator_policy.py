"""Writes the IAM policies that an operator of Replatform needs, from the calls that its modules made.

    python -m tools.operator_policy [COUNTS.json] [--inventory inventories/production] [--anew]

COUNTS is what the emulator's recorder tells (`GET /sandbox/requests`); without it the sandbox's emulator is asked for
the calls that modules made since it started. They are added to those of docs/iam/calls.json, so that the policy grows
with what is run; `--anew` forgets those. The tests make more calls than a playbook does: run them with SANDBOX_KEEP=1,
and then this with SANDBOX_DIR=.sandbox/tests. Names, account and region come from the inventory's environment.yml.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.aws_calls import Call
from sandbox.http import ask
from sandbox.state import State, read_json, sandbox_folder
from tools.collection import ROOT

FOLDER = ROOT / "docs" / "iam"
CALLS = FOLDER / "calls.json"
README = FOLDER / "README.md"
LIMIT = 6_144
"""Characters without whitespace that a managed policy may have (IAM User Guide, "IAM quotas")."""

PREFIXES = {
    "application-autoscaling": "application-autoscaling",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "sesv2": "ses",
}
"""Of actions, where boto3 calls the service otherwise."""

FREE = {"sts.GetCallerIdentity", "sts.GetSessionToken"}
"""Need no permission (STS API reference)."""

S3 = {
    "s3.AbortMultipartUpload": ["s3:AbortMultipartUpload"],
    "s3.CompleteMultipartUpload": ["s3:PutObject"],
    "s3.CopyObject": ["s3:GetObject", "s3:PutObject"],
    "s3.CreateMultipartUpload": ["s3:PutObject"],
    "s3.DeleteBucketCors": ["s3:PutBucketCORS"],
    "s3.DeleteBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3.DeleteBucketIntelligentTieringConfiguration": ["s3:PutIntelligentTieringConfiguration"],
    "s3.DeleteBucketLifecycle": ["s3:PutLifecycleConfiguration"],
    "s3.DeleteBucketOwnershipControls": ["s3:PutBucketOwnershipControls"],
    "s3.DeleteBucketReplication": ["s3:PutReplicationConfiguration"],
    "s3.DeleteBucketTagging": ["s3:PutBucketTagging"],
    "s3.DeleteObjects": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
    "s3.DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "s3.GetBucketAccelerateConfiguration": ["s3:GetAccelerateConfiguration"],
    "s3.GetBucketCors": ["s3:GetBucketCORS"],
    "s3.GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
    "s3.GetBucketIntelligentTieringConfiguration": ["s3:GetIntelligentTieringConfiguration"],
    "s3.GetBucketInventoryConfiguration": ["s3:GetInventoryConfiguration"],
    "s3.GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"],
    "s3.GetBucketMetricsConfiguration": ["s3:GetMetricsConfiguration"],
    "s3.GetBucketNotificationConfiguration": ["s3:GetBucketNotification"],
    "s3.GetBucketReplication": ["s3:GetReplicationConfiguration"],
    "s3.GetObjectLockConfiguration": ["s3:GetBucketObjectLockConfiguration"],
    "s3.GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
    "s3.HeadBucket": ["s3:ListBucket"],
    "s3.HeadObject": ["s3:GetObject"],
    "s3.ListBuckets": ["s3:ListAllMyBuckets"],
    "s3.ListBucketIntelligentTieringConfigurations": ["s3:GetIntelligentTieringConfiguration"],
    "s3.ListMultipartUploads": ["s3:ListBucketMultipartUploads"],
    "s3.ListObjectVersions": ["s3:ListBucketVersions"],
    "s3.ListObjects": ["s3:ListBucket"],
    "s3.ListObjectsV2": ["s3:ListBucket"],
    "s3.ListParts": ["s3:ListMultipartUploadParts"],
    "s3.PutBucketAccelerateConfiguration": ["s3:PutAccelerateConfiguration"],
    "s3.PutBucketCors": ["s3:PutBucketCORS"],
    "s3.PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3.PutBucketIntelligentTieringConfiguration": ["s3:PutIntelligentTieringConfiguration"],
    "s3.PutBucketInventoryConfiguration": ["s3:PutInventoryConfiguration"],
    "s3.PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "s3.PutBucketMetricsConfiguration": ["s3:PutMetricsConfiguration"],
    "s3.PutBucketNotificationConfiguration": ["s3:PutBucketNotification"],
    "s3.PutBucketReplication": ["s3:PutReplicationConfiguration"],
    "s3.PutObjectLockConfiguration": ["s3:PutBucketObjectLockConfiguration"],
    "s3.PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "s3.UploadPart": ["s3:PutObject"],
    "s3.UploadPartCopy": ["s3:GetObject", "s3:PutObject"],
    "s3control.GetPublicAccessBlock": ["s3:GetAccountPublicAccessBlock"],
    "s3control.PutPublicAccessBlock": ["s3:PutAccountPublicAccessBlock"],
    "s3control.DeletePublicAccessBlock": ["s3:PutAccountPublicAccessBlock"],
}
"""Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"."""

RENAMED = {
    **S3,
    # Lambda API reference, Invoke.
    "lambda.Invoke": ["lambda:InvokeFunction"],
    # SQS Developer Guide, "Amazon SQS API permissions": a batch needs the action of the single call.
    "sqs.ChangeMessageVisibilityBatch": ["sqs:ChangeMessageVisibility"],
    "sqs.DeleteMessageBatch": ["sqs:DeleteMessage"],
    "sqs.SendMessageBatch": ["sqs:SendMessage"],
}

FURTHER = {
    # Secrets Manager API reference, BatchGetSecretValue; with a key of one's own also its use.
    "secretsmanager.BatchGetSecretValue": ["secretsmanager:GetSecretValue", "kms:Decrypt"],
    "secretsmanager.CreateSecret": ["kms:Decrypt", "kms:GenerateDataKey"],
    "secretsmanager.UpdateSecret": ["kms:Decrypt", "kms:GenerateDataKey"],
    # SQS API reference, StartMessageMoveTask.
    "sqs.StartMessageMoveTask": [
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ],
    # EKS User Guide, "Encrypt Kubernetes secrets with KMS" and "Assign an IAM role to a Kubernetes service account".
    "eks.CreateCluster": ["kms:CreateGrant", "kms:DescribeKey"],
    "eks.CreateAddon": ["eks:CreatePodIdentityAssociation", "iam:GetRole"],
    "eks.UpdateAddon": ["eks:CreatePodIdentityAssociation", "eks:UpdatePodIdentityAssociation", "iam:GetRole"],
    "eks.CreatePodIdentityAssociation": ["iam:GetRole"],
    "eks.UpdatePodIdentityAssociation": ["iam:GetRole"],
    # RDS User Guide, "Encrypting Amazon RDS resources".
    "rds.CreateDBCluster": ["kms:CreateGrant", "kms:DescribeKey"],
    # AWS PrivateLink guide: an interface endpoint with private DNS.
    "ec2.CreateVpcEndpoint": ["route53:AssociateVPCWithHostedZone"],
}
"""Actions that AWS asks of the caller beside the call's own."""

TAGGING = {
    "acm": "acm:AddTagsToCertificate",
    "cloudwatch": "cloudwatch:TagResource",
    "ec2": "ec2:CreateTags",
    "ecr": "ecr:TagResource",
    "eks": "eks:TagResource",
    "elasticache": "elasticache:AddTagsToResource",
    "events": "events:TagResource",
    "kms": "kms:TagResource",
    "logs": "logs:TagResource",
    "rds": "rds:AddTagsToResource",
    "secretsmanager": "secretsmanager:TagResource",
    "sns": "sns:TagResource",
    "sqs": "sqs:TagQueue",
}
"""What making a thing with tags needs as well."""
IAM_TAGGING = {
    "CreateInstanceProfile": "iam:TagInstanceProfile",
    "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
    "CreatePolicy": "iam:TagPolicy",
    "CreateRole": "iam:TagRole",
}
MAKING = ("Create", "PutMetricAlarm", "PutRule", "Request")

PASSED_TO = {
    "ec2.CreateFlowLogs": ["vpc-flow-logs.amazonaws.com"],
    "eks.CreateAddon": ["pods.eks.amazonaws.com"],
    "eks.CreateCluster": ["eks.amazonaws.com"],
    "eks.CreateNodegroup": ["ec2.amazonaws.com", "eks.amazonaws.com"],
    "eks.CreatePodIdentityAssociation": ["pods.eks.amazonaws.com"],
    "eks.UpdateAddon": ["pods.eks.amazonaws.com"],
    "eks.UpdatePodIdentityAssociation": ["pods.eks.amazonaws.com"],
    "iam.AddRoleToInstanceProfile": ["ec2.amazonaws.com"],
    "lambda.CreateFunction": ["lambda.amazonaws.com"],
    "rds.AddRoleToDBCluster": ["rds.amazonaws.com"],
    "rds.CreateDBCluster": ["monitoring.rds.amazonaws.com"],
    "rds.CreateDBInstance": ["monitoring.rds.amazonaws.com"],
    "rds.ModifyDBCluster": ["monitoring.rds.amazonaws.com"],
    "rds.ModifyDBInstance": ["monitoring.rds.amazonaws.com"],
    "s3.PutBucketReplication": ["s3.amazonaws.com"],
    "scheduler.CreateSchedule": ["scheduler.amazonaws.com"],
}
"""Services that a call hands a role to."""

LINKED = {
    "eks.CreateCluster": "eks.amazonaws.com",
    "eks.CreateNodegroup": "eks-nodegroup.amazonaws.com",
    "elasticache.CreateReplicationGroup": "elasticache.amazonaws.com",
    "rds.CreateDBCluster": "rds.amazonaws.com",
}
"""Services whose service-linked role the first such call in an account makes."""

CONTENT = {
    "kms:Decrypt", "kms:GenerateDataKey", "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters",
}  # fmt: skip
"""Reads that give content: limited as writes are."""
EVERY_BUCKET = {"s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets"}
"""Of S3's reads those that no bucket limits."""
GLOBAL = {"cloudfront", "iam", "route53"}
"""Services whose calls count as made in us-east-1 (IAM User Guide, aws:RequestedRegion)."""
UNNAMED = {
    "acm:RequestCertificate",
    "eks:CreateCluster",
    "kms:CreateKey",
    "route53:CreateHostedZone",
    "s3:PutAccountPublicAccessBlock",
}
"""Writes that no ARN can limit (Service Authorization Reference: no resource type)."""

ARNS = {
    "acm": ["acm:{region}:{account}:certificate/*"],
    "cloudwatch": ["cloudwatch:{region}:{account}:alarm:{name}*"],
    "ecr": ["ecr:{region}:{account}:repository/{name}*"],
    "eks": [
        "eks:{region}:{account}:access-entry/{name}*/*",
        "eks:{region}:{account}:addon/{name}*/*",
        "eks:{region}:{account}:cluster/{name}*",
        "eks:{region}:{account}:nodegroup/{name}*/*",
        "eks:{region}:{account}:podidentityassociation/{name}*/*",
    ],
    "elasticache": [
        "elasticache:{region}:{account}:parametergroup:{name}*",
        "elasticache:{region}:{account}:parametergroup:default*",
        "elasticache:{region}:{account}:replicationgroup:{name}*",
        "elasticache:{region}:{account}:subnetgroup:{name}*",
        "elasticache:{region}:{account}:user:default*",
        "elasticache:{region}:{account}:user:{name}*",
        "elasticache:{region}:{account}:usergroup:{name}*",
    ],
    "events": ["events:{region}:{account}:rule/{name}*"],
    "iam": [
        "iam::{account}:instance-profile/{name}*",
        "iam::{account}:oidc-provider/oidc.eks.*",
        "iam::{account}:policy/{name}*",
        "iam::{account}:role/{name}*",
    ],
    "kms": ["kms:{region}:{account}:alias/{name}*", "kms:{region}:{account}:key/*"],
    "lambda": ["lambda:{region}:{account}:function:{name}*"],
    "logs": ["logs:{region}:{account}:log-group:*{name}*"],
    "rds": [
        "rds:{region}:{account}:cluster-endpoint:{name}*",
        "rds:{region}:{account}:cluster-pg:{name}*",
        "rds:{region}:{account}:cluster-pg:default*",
        "rds:{region}:{account}:cluster-snapshot:{name}*",
        "rds:{region}:{account}:cluster:{name}*",
        "rds:{region}:{account}:db:{name}*",
        "rds:{region}:{account}:pg:{name}*",
        "rds:{region}:{account}:pg:default*",
        "rds:{region}:{account}:subgrp:{name}*",
    ],
    "route53": ["route53:::hostedzone/*", "route53:::change/*"],
    "s3": ["s3:::{name}*"],
    "secretsmanager": [
        "secretsmanager:{region}:{account}:secret:{name}*",
        "secretsmanager:{region}:{account}:secret:replatform/{environment}/*",
    ],
    "sns": ["sns:{region}:{account}:{name}*"],
    "sqs": ["sqs:{region}:{account}:{name}*"],
    "ssm": ["ssm:{region}:*:parameter/aws/service/*", "ssm:{region}:{account}:parameter/{name}*"],
}
"""What the actions of a service are limited to. EC2's resources have ids: its writes are limited to the region."""


@dataclass(frozen=True)
class Facts:
    """Of an environment, by its inventory."""

    name: str
    account: str
    region: str
    environment: str

    @classmethod
    def of(cls, inventory: Path) -> Facts:
        facts = yaml.safe_load((inventory / "group_vars" / "all" / "environment.yml").read_text())
        names = ("name", "account_id", "region", "environment")
        return cls(*(str(facts[f"replatform_{name}"]) for name in names))

    def arn(self, pattern: str) -> str:
        return "arn:aws:" + pattern.format(**vars(self))


def actions(call: str) -> set[str]:
    """The IAM actions that a call such as "s3.HeadBucket" needs, without iam:PassRole."""
    if call in FREE:
        return set()
    service, _, operation = call.partition(".")
    needed = {*RENAMED.get(call, [f"{PREFIXES.get(service, service)}:{operation}"]), *FURTHER.get(call, ())}
    if service in TAGGING and operation.startswith(MAKING):
        needed.add(TAGGING[service])
    if service == "iam" and operation in IAM_TAGGING:
        needed.add(IAM_TAGGING[operation])
    return needed


def policy(calls: Iterable[str], facts: Facts) -> dict[str, Any]:
    """All that these calls need in that environment, in one document."""
    known = sorted(set(calls))
    needed = {action for call in known for action in actions(call)}
    by_service: dict[str, list[str]] = defaultdict(list)
    for action in sorted(needed):
        by_service[action.partition(":")[0]].append(action)
    statements = [one for service, of in by_service.items() for one in _statements(service, of, facts)]
    statements += _roles(known, facts)
    return _document(statements)


def _statements(service: str, needed: list[str], facts: Facts) -> Iterable[dict[str, Any]]:
    """Reads of metadata everywhere, the rest on what has the environment's name or is in its region."""
    reads = [action for action in needed if _reads(action)]
    unnamed = [action for action in needed if action not in reads and (action in UNNAMED or service not in ARNS)]
    limited = [action for action in needed if action not in (*reads, *unnamed)]
    name = "".join(part.capitalize() for part in service.split("-"))
    if reads:
        yield _allow(f"{name}Read", reads, "*")
    if unnamed:
        where = {"StringEquals": {"aws:RequestedRegion": "us-east-1" if service in GLOBAL else facts.region}}
        yield _allow(f"{name}ByRegion", unnamed, "*", where)
    if not limited:
        return
    arns = [facts.arn(arn) for arn in ARNS[service]]
    if service == "s3":
        arns += [f"{arn}/*" for arn in arns]
    yield _allow(name, limited, arns)


def _reads(action: str) -> bool:
    """Whether an action gives metadata only."""
    service, _, name = action.partition(":")
    if service == "s3":
        return action in EVERY_BUCKET
    return action not in CONTENT and Call(service, name, "", "").reads


def _roles(calls: list[str], facts: Facts) -> Iterable[dict[str, Any]]:
    if services := sorted({service for call in calls for service in PASSED_TO.get(call, ())}):
        where = {"StringEquals": {"iam:PassedToService": services}}
        yield _allow("PassRole", ["iam:PassRole"], [facts.arn("iam::{account}:role/{name}*")], where)
    if linked := sorted({LINKED[call] for call in calls if call in LINKED}):
        where = {"StringEquals": {"iam:AWSServiceName": linked}}
        role = facts.arn("iam::{account}:role/aws-service-role/*")
        yield _allow("ServiceLinkedRoles", ["iam:CreateServiceLinkedRole"], [role], where)
    if "rds.CreateDBCluster" in calls:
        # RDS User Guide, "Password management with Amazon RDS and AWS Secrets Manager".
        secret = facts.arn("secretsmanager:{region}:{account}:secret:rds!*")
        yield _allow("MasterSecrets", ["secretsmanager:CreateSecret", "secretsmanager:TagResource"], [secret])


def _allow(
    name: str, allowed: list[str], resource: str | list[str], condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Sid": name, "Effect": "Allow", "Action": allowed, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def length(document: Mapping[str, Any]) -> int:
    """Characters of a policy as IAM counts them."""
    return len("".join(json.dumps(document, separators=(",", ":")).split()))


def documents(calls: Iterable[str], facts: Facts) -> dict[str, dict[str, Any]]:
    """The policy as documents that IAM takes, by the name of their file: as few as hold all statements."""
    parts: list[list[dict[str, Any]]] = [[]]
    for statement in policy(calls, facts)["Statement"]:
        if parts[-1] and length(_document([*parts[-1], statement])) > LIMIT:
            parts.append([])
        parts[-1].append(statement)
    return {f"operator-{number}.json": _document(part) for number, part in enumerate(parts, 1)}


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def readme(made: Mapping[str, Mapping[str, Any]], facts: Facts) -> str:
    """The page beside the policies."""
    rows = [
        f"| {one['Sid']} | {', '.join(f'`{action}`' for action in one['Action'])} | {_where(one)} |"
        for document in made.values()
        for one in document["Statement"]
    ]
    sizes = ", ".join(f"`{name}` {length(document):,}" for name, document in made.items())
    return "\n".join([
        "# What the operator may do",
        "",
        "The operator of Replatform needs all of these IAM policies. They are written by `make operator-policy`, from",
        f"the calls that the modules made (`calls.json`), here for `{facts.name}`. For another environment:",
        "`make operator-policy ARGS=\"--inventory inventories/production\"`.",
        "",
        "Reads of metadata are allowed everywhere. What writes, and what reads content, is limited to the names of the",
        "environment, or to its region where a thing has an id only. Roles can be passed only to the services named.",
        f"A managed policy may have {LIMIT:,} characters: {sizes}.",
        "",
        "    for policy in docs/iam/operator-*.json; do",
        '      aws iam create-policy --policy-name "replatform-$(basename "$policy" .json)" --policy-document "file://$policy"',
        "    done",
        "",
        "| Statement | Actions | On |",
        "| --- | --- | --- |",
        *rows,
        "",
    ])  # fmt: skip


def _where(statement: Mapping[str, Any]) -> str:
    resources = statement["Resource"]
    told = "all" if resources == "*" else "<br>".join(f"`{one}`" for one in resources)
    for condition in statement.get("Condition", {}).values():
        for key, values in condition.items():
            told += f", {key} {values if isinstance(values, str) else ', '.join(values)}"
    return told


def known_calls() -> list[str]:
    """Those of docs/iam/calls.json."""
    return [f"{service}.{operation}" for service, of in read_json(CALLS).items() for operation in of]


def write(calls: Iterable[str], facts: Facts, folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """All files, for calls such as "sqs.CreateQueue"; the policies by file."""
    by_service: dict[str, list[str]] = defaultdict(list)
    for call in sorted(set(calls)):
        service, _, operation = call.partition(".")
        by_service[service].append(operation)
    made = documents(calls, facts)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("operator-*.json"):
        old.unlink()
    for name, content in {CALLS.name: by_service, **made}.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
    (folder / README.name).write_text(readme(made, facts))
    return made


def named(counts: Mapping[str, Any]) -> list[str]:
    """The calls of a recorder's counts, without those that no service has, such as anonymous downloads."""
    return [
        call for call in counts["calls"] if not call.startswith("unsigned.") and not call.rpartition(".")[2].isupper()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.operator_policy", description=__doc__)
    parser.add_argument("counts", nargs="?", type=Path, help="a file of the recorder's counts")
    parser.add_argument("--inventory", type=Path, default=ROOT / "inventories" / "sandbox")
    parser.add_argument("--anew", action="store_true", help="forget the calls that are known already")
    options = parser.parse_args()
    if options.counts:
        counts = read_json(options.counts)
    else:
        aws = State(sandbox_folder()).endpoints().get("aws")
        if not aws:
            parser.error(
                "the sandbox's emulator is not up; start it and run playbooks/aws.yml, or name a file of counts"
            )
        counts = ask(f"{aws['url']}/sandbox/requests/modules")
    before = [] if options.anew else known_calls()
    for name, document in write([*before, *named(counts)], Facts.of(options.inventory)).items():
        print(f"{(FOLDER / name).relative_to(ROOT)}: {length(document):,} of {LIMIT:,} characters")


if __name__ == "__main__":
    main()
