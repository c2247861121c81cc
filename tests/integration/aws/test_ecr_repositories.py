"""ecr_repositories against the emulator."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

RULE: dict[str, Any] = {
    "rulePriority": 1,
    "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
    "action": {"type": "expire"},
}
PULL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["ecr:BatchGetImage"]}],
}


@pytest.fixture
def ecr(aws):
    return aws.client("ecr")


@pytest.fixture
def prefix(ecr):
    name = f"t-{secrets.token_hex(4)}/"
    yield name
    for one in ecr.describe_repositories()["repositories"]:
        if one["repositoryName"].startswith(name):
            ecr.delete_repository(repositoryName=one["repositoryName"], force=True)


def test_the_life_of_repositories(aws, ecr, prefix):
    web, job = f"{prefix}web", f"{prefix}job"
    first: dict[str, Any] = {
        "tags": {"app": "shop"},
        "repositories": [
            {"name": web, "immutable_tags": True, "scan_on_push": True, "lifecycle_policy": {"rules": [RULE]}},
            {"name": job, "policy": PULL, "encryption": "KMS"},
        ],
    }
    later = {**RULE, "rulePriority": 2, "selection": {**RULE["selection"], "countNumber": 30}}
    changed = {
        "tags": {"app": "shop", "n": 1},
        "repositories": [
            {"name": web, "immutable_tags": False, "lifecycle_policy": {"rules": [later, RULE]}},
            {"name": job, "policy": None},
        ],
    }

    def drift():
        ecr.put_image_tag_mutability(repositoryName=web, imageTagMutability="IMMUTABLE")
        ecr.delete_lifecycle_policy(repositoryName=web)
        arn = ecr.describe_repositories(repositoryNames=[job])["repositories"][0]["repositoryArn"]
        ecr.untag_resource(resourceArn=arn, tagKeys=["app"])

    def there():
        found = ecr.describe_repositories(repositoryNames=[web])["repositories"][0]
        assert found["imageTagMutability"] == "IMMUTABLE"
        assert found["imageScanningConfiguration"] == {"scanOnPush": True}
        assert json.loads(ecr.get_lifecycle_policy(repositoryName=web)["lifecyclePolicyText"])["rules"] == [RULE]
        text = ecr.get_repository_policy(repositoryName=job)["policyText"]
        assert json.loads(text)["Statement"][0]["Action"] == ["ecr:BatchGetImage"]

    Life(aws, "ecr_repositories", known_later=KNOWN_LATER | {"uri", "kms_key_id"}).live([
        Step("create", first, [f"create repository {web}", f"create repository {job}"], holds=there),
        Step("not given, not touched", {"repositories": [{"name": web}, {"name": job}]}),
        Step("change", changed, [
            f"update repository {web}: immutable_tags, lifecycle_policy, tags",
            f"update repository {job}: policy, tags",
        ]),
        Step("drift", changed, [
            f"update repository {web}: immutable_tags, lifecycle_policy", f"update repository {job}: tags",
        ], by_hand=drift),
        Step("delete", {"repositories": [{"name": one, "state": "absent"} for one in (web, job)]},
             [f"delete repository {web}", f"delete repository {job}"]),
    ])  # fmt: skip


BAD = [
    ([{"name": "Shop"}], "repositories[0].name is 'Shop'"),
    ([{"name": "ab", "kms_key_id": "alias/x"}], "its encryption is not KMS"),
    ([{"name": "ab", "lifecycle_policy": "{x"}], "repositories[0].lifecycle_policy is no lifecycle policy"),
    ([{"name": "ab", "lifecycle_policy": {"rules": [{}]}}], "repositories[0].lifecycle_policy is no lifecycle policy"),
    ([{"name": "ab", "policy": {"Statement": [{"Effect": "Maybe"}]}}], "policy.Statement[0] has Effect 'Maybe'"),
    ([{"name": "ab"}, {"name": "ab"}], "names ab more than once"),
    ([{"name": "ab", "scan": True}], "repositories.scan"),
]


@pytest.mark.parametrize(("wanted", "says"), BAD, ids=[says for _, says in BAD])
def test_bad_input_is_refused_before_anything_is_written(aws, wanted, says):
    result = run_module("ecr_repositories", {"repositories": wanted}, env=aws.environment)
    assert says in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_other_encryption_is_refused_and_images_are_kept_from_an_unforced_deletion(aws, ecr, prefix):
    name = f"{prefix}web"
    ecr.create_repository(repositoryName=name)
    media_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": media_type, "config": {"digest": "sha256:0"}, "layers": []}
    ecr.put_image(repositoryName=name, imageTag="1", imageManifest=json.dumps(manifest))

    def run(**item: Any) -> dict[str, Any]:
        return run_module("ecr_repositories", {"repositories": [{"name": name, **item}]}, env=aws.environment)

    assert f'repository {name} has encryption "AES256" and cannot be given "KMS"' in run(encryption="KMS")["msg"]
    refused = run(state="absent")
    assert refused["error"]["code"] == "RepositoryNotEmptyException"
    assert "which must be empty, unless force is true" in refused["msg"]
    assert run(state="absent", force=True)["changed"]


@pytest.mark.parametrize(
    ("kind", "operation", "says"),
    [
        ("throttle", "CreateRepository", ""),
        ("lost_reply", "CreateRepository", ""),
        ("access_denied", "PutLifecyclePolicy", "allow the action"),
        ("quota", "CreateRepository", "Cannot create repository"),
    ],
)
def test_faults_of_aws_are_survived_or_explained_and_a_rerun_completes(aws, faults, prefix, kind, operation, says):
    wanted = {"repositories": [{"name": f"{prefix}web", "lifecycle_policy": {"rules": [RULE]}}]}
    faults.add(kind, "ecr", operation, times=None if says else 1)
    result = run_module("ecr_repositories", wanted, env=aws.environment)
    assert bool(result.get("failed")) == bool(says), result
    assert says in result.get("msg", "")
    faults.clear()
    if says:
        run_module("ecr_repositories", wanted, env=aws.environment)
    assert run_module("ecr_repositories", wanted, env=aws.environment)["actions"] == []
