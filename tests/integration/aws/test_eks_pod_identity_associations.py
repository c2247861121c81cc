"""eks_pod_identity_associations and eks_pod_identity_associations_info against the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.eks.addons_transform import named
from ansible_collections.replatform.aws.plugins.module_utils.aws.eks.pod_identity import PodIdentityAssociations
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode, ensure
from ansible_collections.replatform.aws.plugins.modules import (
    eks_pod_identity_associations,
    eks_pod_identity_associations_info,
)
from tests.support.eks import ROLE, cluster, engine_client, result_of
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
THERE = "arn:aws:iam::210987654321:role/there"


@pytest.fixture
def shop(aws):
    with cluster(aws) as name:
        yield name


@pytest.fixture
def run(aws, shop):
    """`run(associations, **mode)` lets the engine make the associations so, and returns what the module would."""
    client = engine_client(aws)

    def run(wanted: list[dict[str, Any]], *, cluster: str = shop, **mode: Any) -> dict[str, Any]:
        how = Mode(**mode)
        return result_of(lambda: ensure(PodIdentityAssociations(client, cluster, how), named(wanted), how))

    return run


def account(name: str, namespace: str = "shop", **options: Any) -> dict[str, Any]:
    return {"namespace": namespace, "service_account": name, **options}


def web(**options: Any) -> dict[str, Any]:
    return account("web", role_arn=f"{ROLE}web", **options)


def test_the_life_of_associations_and_check_mode_predicts_each_step(aws, shop):
    eks = aws.client("eks")

    def at(name: str) -> dict[str, Any]:
        (one,) = eks.list_pod_identity_associations(clusterName=shop, serviceAccount=name)["associations"]
        found: dict[str, Any] = eks.describe_pod_identity_association(
            clusterName=shop, associationId=one["associationId"]
        )["association"]
        return found

    def holds(role: str, tags: dict[str, str], target: str | None, policy: Any):
        def look() -> None:
            one = at("web")
            assert (one["roleArn"], one["tags"], one.get("targetRoleArn")) == (ROLE + role, tags, target)
            assert json.loads(one.get("policy") or "null") == policy
            assert one["disableSessionTags"] == (policy is not None)
            assert at("mail")["roleArn"] == ROLE + "mail"

        return look

    def drift() -> None:
        one = at("web")
        eks.update_pod_identity_association(
            clusterName=shop, associationId=one["associationId"], roleArn=f"{ROLE}hand", targetRoleArn=THERE
        )
        eks.tag_resource(resourceArn=one["associationArn"], tags={"x": "y"})
        eks.delete_pod_identity_association(clusterName=shop, associationId=at("mail")["associationId"])

    def wanted(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
        mail = account("mail", role_arn=f"{ROLE}mail")
        return {"cluster_name": shop, "associations": [*items, mail], **more}

    tags = {"tags": {"app": "shop"}}
    gone = [account(name, state="absent") for name in ("web", "mail")]
    Life(aws, "eks_pod_identity_associations", known_later=KNOWN_LATER | {"external_id"}).live(
        [
            Step(
                "create",
                wanted(web(target_role_arn=THERE, tags={"n": 1}), **tags),
                ["create pod identity association shop/web", "create pod identity association shop/mail"],
                holds=holds("web", {"app": "shop", "n": "1"}, THERE, None),
            ),
            Step(
                "change",
                wanted(
                    account("web", role_arn=f"{ROLE}web2", target_role_arn=None, session_tags=False, policy=READ),
                    **tags,
                ),
                ["update pod identity association shop/web: policy, role_arn, session_tags, tags, target_role_arn"],
                holds=holds("web2", {"app": "shop"}, None, READ),
            ),
            Step(
                "drift",
                wanted(web(target_role_arn="", policy={}, session_tags=True), **tags),
                [
                    "update pod identity association shop/web: policy, role_arn, session_tags, tags, target_role_arn",
                    "create pod identity association shop/mail",
                ],
                by_hand=drift,
                holds=holds("web", {"app": "shop"}, None, None),
            ),
            Step(
                "delete",
                {"cluster_name": shop, "associations": gone},
                ["delete pod identity association shop/web", "delete pod identity association shop/mail"],
            ),
        ]
    )
    assert eks.list_pod_identity_associations(clusterName=shop)["associations"] == []


def test_what_an_addon_owns_is_left_alone_and_refused(aws, run, shop):
    theirs = {"serviceAccount": "ebs-csi-controller-sa", "roleArn": f"{ROLE}ebs"}
    aws.client("eks").create_addon(clusterName=shop, addonName="aws-ebs-csi-driver", podIdentityAssociations=[theirs])
    driver = account("ebs-csi-controller-sa", "kube-system")
    assert not run([{**driver, "role_arn": f"{ROLE}ebs"}])["changed"]
    aws.recorder.reset()
    for wanted in ({**driver, "role_arn": f"{ROLE}other"}, {**driver, "state": "absent"}):
        result = run([web(), wanted])
        assert "belongs to the add-on aws-ebs-csi-driver" in result["msg"]
        assert "set pod_identity_associations of that add-on (module eks_addons)" in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_one_that_the_list_does_not_show_yet_is_taken_over(aws, faults, run, shop):
    eks = aws.client("eks")
    faults.add("stale", "eks", "CreatePodIdentityAssociation", times=1)
    eks.list_pod_identity_associations(clusterName=shop)
    eks.create_pod_identity_association(clusterName=shop, namespace="shop", serviceAccount="web", roleArn=f"{ROLE}old")
    assert run([web()])["actions"] == ["create pod identity association shop/web"]
    faults.clear()
    (one,) = eks.list_pod_identity_associations(clusterName=shop)["associations"]
    found = eks.describe_pod_identity_association(clusterName=shop, associationId=one["associationId"])
    assert found["association"]["roleArn"] == f"{ROLE}web"


def test_a_second_run_needs_few_calls(aws, run):
    wanted = [account(f"a{n}", role_arn=f"{ROLE}{n}") for n in range(5)]
    run([*wanted, web()])
    aws.recorder.reset()
    assert not run(wanted)["changed"]
    calls = aws.recorder.counts()["calls"]
    assert calls == {"eks.ListPodIdentityAssociations": 1, "eks.DescribePodIdentityAssociation": 5}


def test_in_check_mode_the_cluster_may_be_missing(run):
    wanted = [web(), account("mail", role_arn="(role mail)")]
    told = run(wanted, cluster="not-yet", check=True)
    assert told["actions"] == [f"create pod identity association shop/{name}" for name in ("web", "mail")]
    assert "There is no EKS cluster not-yet in eu-central-1; create it first" in run(wanted, cluster="not-yet")["msg"]
    assert not run([account("web", state="absent")], cluster="not-yet")["changed"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([web(), web()], "associations names shop/web more than once"),
        ([account("web", role_arn="web")], "pod identity association shop/web: role_arn is web, which is no ARN"),
        ([account("web", "Shop", role_arn=ROLE)], "namespace is 'Shop', which is no name of Kubernetes"),
        ([web(policy=READ)], "policy needs session_tags: false"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(aws, run, wanted, says):
    aws.recorder.reset()
    assert says in run([*wanted, account("good", role_arn=f"{ROLE}good")])["msg"]
    assert aws.recorder.counts()["writes"] == 0


@pytest.mark.parametrize(
    ("association", "says"),
    [
        (account("web"), "state is present but all of the following are missing: role_arn"),
        (web(role="x"), "associations.role. Supported parameters"),
        (web(policy="text"), "is of type str found in 'associations'"),
    ],
)
def test_options_of_the_wrong_kind_are_refused_with_their_path(aws, association, says):
    args = {"cluster_name": "c", "associations": [association]}
    assert says in run_module("eks_pod_identity_associations", args, env=aws.environment)["msg"]


def test_the_info_module_tells_which_account_has_which_role(aws, run, shop):
    run([web(tags={"app": "shop"}), account("web", "blog", role_arn=f"{ROLE}blog")])

    def info(**filters: Any) -> list[dict[str, Any]]:
        result = run_module(
            "eks_pod_identity_associations_info", {"cluster_name": shop, **filters}, env=aws.environment
        )
        told: list[dict[str, Any]] = result["associations"]
        return told

    assert [one["name"] for one in info(service_account="web")] == ["blog/web", "shop/web"]
    (one,) = info(namespace="shop")
    assert (one["role_arn"], one["tags"], one["owner"]) == (f"{ROLE}web", {"app": "shop"}, None)
    assert info(cluster_name="none") == []


SENTENCES = {
    "access_denied": "allow the action of CreatePodIdentityAssociation to this identity in its IAM policy",
    "expired_token": "the credentials have expired, so sign in again",
    "quota": "ask for a higher quota",
    "unavailable_region": "that their account has enabled this region",
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_of_a_list_one_fails_with_what_to_do_and_a_rerun_completes_it(faults, run, kind):
    wanted = [web(), account("mail", role_arn=f"{ROLE}mail")]
    faults.add(kind, "eks", "CreatePodIdentityAssociation", match="mail")
    result = run(wanted)
    assert SENTENCES[kind] in result["msg"]
    assert result["actions"] == ["create pod identity association shop/web"]
    faults.clear()
    assert run(wanted)["actions"] == ["create pod identity association shop/mail"]


@pytest.mark.parametrize("kind", ["throttle", "error", "lost_reply"])
def test_what_passes_is_survived(faults, run, kind):
    faults.add(kind, "eks", times=3)
    assert run([web()])["associations"][0]["id"]
    assert faults.hits() >= 2


@pytest.mark.parametrize(
    "module", [eks_pod_identity_associations, eks_pod_identity_associations_info], ids=["associations", "info"]
)
def test_the_examples_of_the_documentation_run(shop, play, module):
    assert "failed=0" in play(yaml.safe_load(module.EXAMPLES.replace("shop-sandbox\n", f"{shop}\n")))
