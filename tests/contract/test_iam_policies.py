"""What the role identity lets the platform do: no more than each part needs, for every policy that it renders."""

from __future__ import annotations

import fnmatch
import json
from pathlib import Path
from typing import Any

import botocore.session
import jinja2
import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws import policy
from ansible_collections.replatform.aws.plugins.module_utils.aws.iam.transform import LIMITS
from tools.collection import ROOT

TEMPLATES = ROOT / "roles" / "identity" / "templates"
PARTS = {"kms.json.j2", "bucket-prefix.json.j2", "interruptions.json.j2"}
"""Included by others, or no policy."""
FACTS = {
    "identity_name": "shop-x",
    "identity_cluster": "shop-x",
    "identity_region": "eu-central-1",
    "identity_account_id": "111122223333",
    "identity_partition": "aws",
    "identity_domain": "x.shop.example",
    "identity_bucket": "shop-x-files",
    "identity_secrets_prefix": "shop-x/",
    "identity_queue_name": "shop-x-karpenter",
    "identity_queue_arn": "arn:aws:sqs:eu-central-1:111122223333:shop-x-karpenter",
}

CLIENTS = {"elasticloadbalancing": "elbv2"}
"""boto3's names of services whose actions have another prefix."""
NO_OPERATION = {
    # Named otherwise than the operation they allow, or for no operation of their own (Service Authorization Reference).
    "elasticloadbalancing:SetWebAcl",
    "iam:PassRole",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "s3:ListBucket",
    "s3:ListMultipartUploadParts",
}
UNLIMITED = [
    # Take no resource (Service Authorization Reference), or read nothing but names and prices.
    "acm:ListCertificates",
    "ec2:Describe*",
    "ec2:GetCoipPoolUsage",
    "ec2:GetSecurityGroupsForVpc",
    "ecr:GetAuthorizationToken",
    "elasticloadbalancing:Describe*",
    "pricing:GetProducts",
    "route53:ListHostedZones",
    "route53:ListHostedZonesByName",
]


def rendered(name: str) -> dict[str, Any]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, trim_blocks=True, autoescape=False
    )
    document: dict[str, Any] = json.loads(environment.get_template(name).render(FACTS))
    return document


NAMES = sorted(file.name for file in TEMPLATES.glob("*.json.j2") if file.name not in PARTS)

each_policy = pytest.mark.parametrize("name", NAMES)


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def statements(name: str, effect: str = "Allow") -> list[dict[str, Any]]:
    return [one for one in rendered(name)["Statement"] if one["Effect"] == effect]


@each_policy
def test_a_policy_is_well_formed_and_small_enough_for_one_role(name):
    found = policy.document(rendered(name), name)
    assert found["Version"] == policy.VERSION
    assert len(policy.text(found)) <= LIMITS["inline_policies"]
    sids = [one["Sid"] for one in found["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)


@each_policy
def test_what_is_allowed_is_named_action_by_action(name):
    wide = [action for one in statements(name) for action in listed(one["Action"]) if "*" in action or "?" in action]
    assert wide == []
    assert [one["Sid"] for one in rendered(name)["Statement"] if "NotAction" in one or "NotResource" in one] == []


@each_policy
def test_every_action_is_one_that_the_service_has(name):
    session = botocore.session.get_session()
    unknown = []
    for one in statements(name):
        for action in listed(one["Action"]):
            service, _, operation = action.partition(":")
            if action not in NO_OPERATION:
                model = session.get_service_model(CLIENTS.get(service, service))
                unknown += [action] if operation not in model.operation_names else []
    assert unknown == []


@each_policy
def test_resources_are_limited_where_the_action_has_any(name):
    if "Principal" in rendered(name)["Statement"][0]:
        return
    unlimited = [
        action
        for one in statements(name)
        if "*" in listed(one["Resource"])
        for action in listed(one["Action"])
        if not any(fnmatch.fnmatch(action, allowed) for allowed in UNLIMITED)
    ]
    assert unlimited == []


@each_policy
def test_resources_are_those_of_this_account_and_region_or_of_this_environment(name):
    foreign = []
    for one in statements(name):
        for arn in listed(one["Resource"]):
            if arn == "*":
                continue
            _, partition, service, region, account, resource = arn.split(":", 5)
            ours = "shop-x" in resource or account == FACTS["identity_account_id"]
            # Images and snapshots belong to AWS, hosted zones to no account; conditions limit what is done to them.
            ours |= service == "ec2" and resource in ("image/*", "snapshot/*")
            ours |= service == "ssm" and resource == "parameter/aws/service/*"
            ours |= service == "route53"
            foreign += [arn] if not ours or partition != "aws" or region not in ("", FACTS["identity_region"]) else []
    assert foreign == []


@each_policy
def test_roles_are_passed_one_by_one_to_one_service(name):
    for one in statements(name):
        if "iam:PassRole" in listed(one["Action"]):
            assert [arn for arn in listed(one["Resource"]) if "*" in arn] == []
            assert "iam:PassedToService" in one["Condition"]["StringEquals"]


@each_policy
def test_records_are_changed_in_the_environments_domain_only(name):
    for one in statements(name):
        if "route53:ChangeResourceRecordSets" in listed(one["Action"]):
            names = one["Condition"]["ForAllValues:StringLike"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"]
            assert all(domain.endswith("x.shop.example") for domain in names)


def test_every_policy_is_given_to_a_role_and_every_role_is_trusted_by_somebody():
    roles = yaml.safe_load((ROOT / "roles" / "identity" / "vars" / "main.yml").read_text())["identity_roles"]
    assert all(role.get("trust") and role.get("description") for role in roles)
    assert all(role.get("inline_policies") or role.get("managed_policies") for role in roles)
    used = {Path(text.split("'")[-2]).name for role in roles for text in role.get("inline_policies", {}).values()}
    assert used == set(NAMES) - {"interruption-queue.json.j2"}
