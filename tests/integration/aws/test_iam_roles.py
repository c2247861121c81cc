"""iam_roles against the emulator, run as Ansible runs it."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
import yaml
from botocore.handlers import json_decode_policies

from ansible_collections.replatform.aws.plugins.modules import iam_roles
from tests.support.aws_behaviour import iam as documented
from tests.support.aws_behaviour import walk
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

LATER = KNOWN_LATER | {"default_version"}


def allow(*actions: str, resource: Any = "*") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}


def trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def iam(aws):
    return aws.client("iam")


@pytest.fixture
def prefix(iam):
    """A prefix of this test's own; what it leaves is deleted."""
    name = f"t-{secrets.token_hex(4)}-"
    yield name
    for role in [one["RoleName"] for one in iam.list_roles()["Roles"] if one["RoleName"].startswith(name)]:
        for profile in iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=role)
            iam.delete_instance_profile(InstanceProfileName=profile["InstanceProfileName"])
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        iam.delete_role(RoleName=role)
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        if policy["PolicyName"].startswith(name):
            for version in iam.list_policy_versions(PolicyArn=policy["Arn"])["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=policy["Arn"], VersionId=version["VersionId"])
            iam.delete_policy(PolicyArn=policy["Arn"])


@pytest.fixture
def run(aws):
    """`run(roles=[...], check=False)` runs iam_roles and returns its result."""
    return lambda check=False, **options: run_module("iam_roles", options, env=aws.environment, check=check)


def test_the_life_of_roles_policies_and_providers(aws, iam, prefix):
    web, pods, read = f"{prefix}web", f"{prefix}pods", f"{prefix}read"
    url = f"https://oidc.example/id/{prefix}x"
    document = allow("s3:GetObject", "s3:ListBucket", resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"])
    first: dict[str, Any] = {
        "tags": {"app": "shop", "n": 1},
        "oidc_providers": [{"url": url, "client_ids": ["sts.amazonaws.com"]}],
        "policies": [{"name": read, "description": "reads", "document": document}],
        "roles": [
            {
                "name": web,
                "trust": {"service": ["ec2.amazonaws.com"]},
                "managed_policies": [read, "AmazonSSMManagedInstanceCore"],
                "instance_profile": web,
                "description": "web",
                "max_session_duration": 7200,
                "permissions_boundary": "PowerUserAccess",
            },
            {
                "name": pods,
                "trust": {"pod_identity": True, "oidc": [{"provider": url, "subjects": ["system:serviceaccount:a:*"]}]},
                "inline_policies": {"queue": allow("sqs:SendMessage", resource="arn:aws:sqs:eu-central-1:1:q")},
            },
        ],
    }
    names = [f"create OIDC provider {url}", f"create policy {read}", f"create role {web}", f"create role {pods}"]
    changed = {
        **first,
        "policies": [{**first["policies"][0], "document": allow("s3:GetObject", resource="arn:aws:s3:::b/*")}],
        "oidc_providers": [{"url": url, "client_ids": ["sts.amazonaws.com", "other"]}],
        "roles": [
            {**first["roles"][0], "managed_policies": [read], "description": "", "permissions_boundary": None},
            {**first["roles"][1], "inline_policies": {"topic": allow("sns:Publish", resource="arn:aws:sns:::t")}},
        ],
    }
    gone = {
        kind: [{key: one[key], "state": "absent"} for one in first[kind]]
        for kind, key in (("roles", "name"), ("policies", "name"), ("oidc_providers", "url"))
    }

    def drift():
        iam.update_assume_role_policy(RoleName=web, PolicyDocument=json.dumps(trust("lambda.amazonaws.com")))
        iam.put_role_policy(RoleName=pods, PolicyName="by-hand", PolicyDocument=json.dumps(allow("s3:ListBucket")))
        iam.detach_role_policy(RoleName=web, PolicyArn=f"arn:aws:iam::123456789012:policy/{read}")
        iam.tag_role(RoleName=pods, Tags=[{"Key": "app", "Value": "by hand"}, {"Key": "x", "Value": "y"}])
        iam.untag_instance_profile(InstanceProfileName=web, TagKeys=["app"])
        iam.set_default_policy_version(PolicyArn=f"arn:aws:iam::123456789012:policy/{read}", VersionId="v1")

    def reordered():
        said = {"Statement": [{"Resource": ["arn:aws:sns:::t"], "Action": "SNS:publish", "Effect": "Allow", "Sid": ""}]}
        iam.put_role_policy(
            RoleName=pods, PolicyName="topic", PolicyDocument=json.dumps({**said, "Version": "2012-10-17"})
        )

    def there():
        role = iam.get_role(RoleName=web)["Role"]
        assert role["Description"] == "web"
        assert role["MaxSessionDuration"] == 7200
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == "arn:aws:iam::aws:policy/PowerUserAccess"
        assert {tag["Key"]: tag["Value"] for tag in role["Tags"]} == {"app": "shop", "n": "1"}
        attached = iam.list_attached_role_policies(RoleName=web)["AttachedPolicies"]
        assert {one["PolicyName"] for one in attached} == {read, "AmazonSSMManagedInstanceCore"}
        profile = iam.get_instance_profile(InstanceProfileName=web)["InstanceProfile"]
        assert [one["RoleName"] for one in profile["Roles"]] == [web]
        statements = iam.get_role(RoleName=pods)["Role"]["AssumeRolePolicyDocument"]["Statement"]
        assert statements[0]["Action"] == ["sts:AssumeRole", "sts:TagSession"]
        name = url.removeprefix("https://")
        assert statements[1]["Principal"] == {"Federated": [f"arn:aws:iam::123456789012:oidc-provider/{name}"]}
        assert statements[1]["Condition"] == {
            "StringEquals": {f"{name}:aud": ["sts.amazonaws.com"]},
            "StringLike": {f"{name}:sub": ["system:serviceaccount:a:*"]},
        }

    def changed_there():
        version = iam.get_policy(PolicyArn=f"arn:aws:iam::123456789012:policy/{read}")["Policy"]["DefaultVersionId"]
        assert version == "v2"
        assert iam.list_role_policies(RoleName=pods)["PolicyNames"] == ["topic"]
        assert "PermissionsBoundary" not in iam.get_role(RoleName=web)["Role"]

    Life(aws, "iam_roles", known_later=LATER).live([
        Step("create", first, names, holds=there),
        Step("not given, not touched", {"roles": [{"name": web}, {"name": pods}], "policies": [{"name": read}]}),
        Step("change", changed, [
            f"update OIDC provider {url}: client_ids",
            f"update policy {read}: document",
            f"update role {web}: description, managed_policies, permissions_boundary",
            f"update role {pods}: inline_policies",
        ], holds=changed_there),
        Step("says the same", changed, by_hand=reordered),
        Step("drift", changed, [
            f"update policy {read}: document",
            f"update role {web}: instance_profile_tags, managed_policies, trust",
            f"update role {pods}: inline_policies, tags",
        ], by_hand=drift, holds=changed_there),
        Step("delete", gone, [
            f"delete role {web}", f"delete role {pods}", f"delete policy {read}", f"delete OIDC provider {url}",
        ]),
    ])  # fmt: skip
    assert not [one for one in iam.list_roles()["Roles"] if one["RoleName"].startswith(prefix)]


def test_five_versions_of_a_policy_make_room_for_a_new_one_by_the_oldest(iam, run, prefix):
    name, arn = f"{prefix}p", f"arn:aws:iam::123456789012:policy/{prefix}p"
    texts = [json.dumps(allow("s3:GetObject", resource=f"arn:aws:s3:::b{number}/*")) for number in range(6)]
    iam.create_policy(PolicyName=name, PolicyDocument=texts[0])
    for text in texts[1:5]:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    assert run(policies=[{"name": name, "document": texts[5]}])["changed"]
    versions = [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=arn)["Versions"]]
    assert sorted(versions) == ["v2", "v3", "v4", "v5", "v6"]
    said = run(policies=[{"name": name, "document": texts[2]}])
    assert said["policies"][0]["default_version"] == "v3"
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 5
    assert run(policies=[{"name": name, "state": "absent"}])["actions"] == [f"delete policy {name}"]


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("unknown option", {"roles": [{"name": "a", "trsut": {}}]}, "Unsupported parameters"),
    ("unknown trust", {"roles": [{"name": "a", "trust": {"services": ["x"]}}]}, "roles.trust.services"),
    ("no trust", {"roles": [{"name": "t-new"}]}, "Role t-new does not exist and has no trust"),
    ("twice", {"roles": [{"name": "a", "trust": {"pod_identity": True}}, {"name": "a"}]}, "names a more than once"),
    ("present and absent", {"policies": [{"name": "a"}, {"name": "a", "state": "absent"}]}, "names a more than once"),
    (
        "element",
        {"roles": [{"name": "a", "inline_policies": {"q": {"Statement": [{"Efect": "Allow", "Action": "s3:Get"}]}}}]},
        "roles[0].inline_policies.q.Statement[0] has the unknown key Efect",
    ),
    (
        "no such policy",
        {"roles": [{"name": "t-a", "trust": {"pod_identity": True}, "managed_policies": ["NoSuchPolicy"]}]},
        "Role t-a cannot be given the policy NoSuchPolicy: neither this account nor AWS has one",
    ),
    ("type", {"roles": "x"}, "dictionary requested"),
]


@pytest.mark.parametrize(("options", "says"), [pytest.param(options, says, id=name) for name, options, says in BAD])
def test_bad_input_is_refused_before_anything_is_written(aws, run, options, says):
    result = run(**options)
    assert result["failed"]
    assert says in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_what_cannot_be_changed_is_refused_with_all_as_it_was(aws, run, prefix):
    role = {"name": f"{prefix}a", "trust": {"pod_identity": True}}
    policy = {"name": f"{prefix}p", "description": "old", "document": allow("s3:GetObject")}
    assert run(roles=[role], policies=[policy])["changed"]
    aws.recorder.reset()
    result = run(policies=[{**policy, "document": allow("s3:PutObject")}], roles=[{**role, "path": "/shop/"}])
    assert f'role {prefix}a has path "/" and cannot be given "/shop/" afterwards' in result["msg"]
    result = run(policies=[{**policy, "description": "new"}])
    assert f'policy {prefix}p has description "old" and cannot be given "new"' in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_a_policy_in_use_is_not_deleted_and_the_others_are(iam, run, prefix):
    policies = [{"name": f"{prefix}{one}", "document": allow("s3:GetObject")} for one in "ab"]
    run(policies=policies, roles=[{"name": f"{prefix}r", "trust": {"pod_identity": True},
                                   "managed_policies": [f"{prefix}a"]}])  # fmt: skip
    result = run(policies=[{"name": one["name"], "state": "absent"} for one in policies])
    assert result["failed"]
    assert f"Policy {prefix}a is not deleted, since it is attached to role {prefix}r" in result["msg"]
    assert result["actions"] == [f"delete policy {prefix}b"]
    left = [one["PolicyName"] for one in iam.list_policies(Scope="Local")["Policies"]]
    assert f"{prefix}a" in left
    assert f"{prefix}b" not in left


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("throttle", {"operation": "CreateRole", "times": 2}, ""),
    ("error", {"operation": "PutRolePolicy", "times": 2}, ""),
    ("lost_reply", {"operation": "CreateRole", "times": 1}, ""),
    ("lost_reply", {"operation": "CreatePolicy", "times": 1}, ""),
    ("lost_reply", {"operation": "AddRoleToInstanceProfile", "times": 1}, ""),
    ("stale", {"operation": "CreateRole", "times": 2}, ""),
    ("access_denied", {"operation": "PutRolePolicy"}, "allow the action"),
    ("expired_token", {"operation": "CreateRole"}, "have expired"),
    ("quota", {"operation": "CreateRole"}, "Cannot create role"),
]


@pytest.mark.parametrize(
    ("kind", "rule", "says"), FAULTS, ids=[f"{kind}-{rule['operation']}" for kind, rule, _ in FAULTS]
)
def test_faults_of_aws_are_survived_or_explained_and_a_rerun_completes(run, faults, prefix, kind, rule, says):
    wanted: dict[str, Any] = {
        "policies": [{"name": f"{prefix}p", "document": allow("s3:GetObject")}],
        "roles": [{"name": f"{prefix}r", "trust": {"service": ["ec2.amazonaws.com"]}, "instance_profile": f"{prefix}r",
                   "managed_policies": [f"{prefix}p"], "inline_policies": {"q": allow("sqs:SendMessage")}}],
    }  # fmt: skip
    faults.add(kind, "iam", **rule)
    result = run(**wanted)
    assert bool(result.get("failed")) == bool(says), result
    assert says in result.get("msg", "")
    faults.clear()
    if says:
        run(**wanted)
    again = run(**wanted)
    assert not again.get("failed")
    assert not again["changed"]


def test_no_change_of_many_roles_takes_few_calls(aws, run, prefix):
    each = {
        "trust": {"pod_identity": True},
        "inline_policies": {"q": allow("sqs:SendMessage")},
        "managed_policies": ["AmazonEKSWorkerNodePolicy"],
    }
    roles = [{"name": f"{prefix}{n}", **each} for n in range(12)]
    run(roles=roles, tags={"app": "shop"})
    aws.recorder.reset()
    assert not run(roles=roles, tags={"app": "shop"})["changed"]
    assert aws.recorder.counts()["calls"] == {"iam.GetAccountAuthorizationDetails": 1, "iam.ListRoles": 1}


def test_the_examples_run(aws, run):
    for example in yaml.safe_load(iam_roles.EXAMPLES):
        result = run(**example["replatform.aws.iam_roles"])
        assert not result.get("failed"), result
    run(roles=[{"name": name, "state": "absent"} for name in ("shop-eks-cluster", "shop-external-secrets")])


def test_the_emulator_does_as_iams_documentation_says(aws):
    def client(service: str) -> Any:
        made = aws.client(service)
        # Documents as they are sent; botocore would decode them, which its own model does not say.
        made.meta.events.unregister("after-call.iam", json_decode_policies)
        return made

    walk(documented.BEHAVIOUR, client)
