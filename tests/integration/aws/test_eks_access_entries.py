"""eks_access_entries and eks_access_entries_info against the emulator."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.eks.access_entries import AccessEntries
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode, ensure
from ansible_collections.replatform.aws.plugins.modules import eks_access_entries, eks_access_entries_info
from tests.support.eks import ROLE, cluster, engine_client, result_of
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

ADMIN, DEPLOY, NODE = f"{ROLE}team/admin", f"{ROLE}deploy", f"{ROLE}node"
POLICY = "arn:aws:eks::aws:cluster-access-policy/"
ALL = {"policy": "AmazonEKSClusterAdminPolicy"}
EDIT = {"policy": f"{POLICY}AmazonEKSEditPolicy", "scope": "namespace", "namespaces": ["shop", "shop-*"]}
VIEW = {"policy": "AmazonEKSViewPolicy"}


@pytest.fixture
def shop(aws):
    with cluster(aws) as name:
        yield name


@pytest.fixture
def run(aws, shop):
    """`run(entries, **mode)` lets the engine make the entries so, and returns what the module would."""
    client = engine_client(aws)

    def run(wanted: list[dict[str, Any]], *, cluster: str = shop, **mode: Any) -> dict[str, Any]:
        return result_of(lambda: ensure(AccessEntries(client, cluster, Mode(**mode)), wanted, Mode(**mode)))

    return run


def scoped(*policies: dict[str, Any]) -> list[dict[str, Any]]:
    """Policies as the module's options have them, defaults filled in."""
    return [{"scope": "cluster", **one} for one in policies]


def test_the_life_of_entries_and_check_mode_predicts_each_step(aws, shop):
    eks = aws.client("eks")

    def associated(principal: str) -> dict[str, list[str]]:
        listed = eks.list_associated_access_policies(clusterName=shop, principalArn=principal)
        return {
            one["policyArn"].removeprefix(POLICY): one["accessScope"]["namespaces"]
            for one in listed["associatedAccessPolicies"]
        }

    def holds(policies: dict[str, list[str]], groups: list[str], tags: dict[str, str]):
        def look() -> None:
            entry = eks.describe_access_entry(clusterName=shop, principalArn=DEPLOY)["accessEntry"]
            assert (associated(DEPLOY), entry["kubernetesGroups"], entry["tags"]) == (policies, groups, tags)

        return look

    def drift() -> None:
        eks.disassociate_access_policy(clusterName=shop, principalArn=DEPLOY, policyArn=EDIT["policy"])
        eks.associate_access_policy(
            clusterName=shop, principalArn=ADMIN, policyArn=POLICY + VIEW["policy"], accessScope={"type": "cluster"}
        )
        eks.update_access_entry(clusterName=shop, principalArn=DEPLOY, kubernetesGroups=["by-hand"])

    def wanted(deploy: dict[str, Any], **more: Any) -> dict[str, Any]:
        admin: dict[str, Any] = {"principal_arn": ADMIN, "policies": [ALL]}
        entries = [admin, {"principal_arn": DEPLOY, **deploy}, {"principal_arn": NODE, "type": "EC2_LINUX"}]
        return {"cluster_name": shop, "entries": entries, **more}

    first = {"kubernetes_groups": ["b", "a"], "policies": [EDIT, VIEW], "tags": {"app": "shop"}}
    moved = {"kubernetes_groups": [], "policies": [{**EDIT, "namespaces": ["shop"]}], "username": "deploy"}
    gone = [{"principal_arn": one, "state": "absent"} for one in (ADMIN, DEPLOY, NODE)]
    narrow = {"AmazonEKSEditPolicy": ["shop"]}
    Life(aws, "eks_access_entries", known_later=KNOWN_LATER | {"username", "kubernetes_groups"}).live(
        [
            Step(
                "create",
                wanted(first, tags={"owner": "platform"}),
                [f"create access entry {one}" for one in (ADMIN, DEPLOY, NODE)],
                holds=holds(
                    {"AmazonEKSEditPolicy": ["shop", "shop-*"], "AmazonEKSViewPolicy": []},
                    ["a", "b"],
                    {"owner": "platform", "app": "shop"},
                ),
            ),
            Step(
                "change",
                wanted(moved),
                [f"update access entry {DEPLOY}: kubernetes_groups, policies, username"],
                holds=holds(narrow, [], {"owner": "platform", "app": "shop"}),
            ),
            Step(
                "drift",
                wanted(moved),
                [
                    f"update access entry {ADMIN}: policies",
                    f"update access entry {DEPLOY}: kubernetes_groups, policies",
                ],
                by_hand=drift,
                holds=holds(narrow, [], {"owner": "platform", "app": "shop"}),
            ),
            Step(
                "delete",
                {"cluster_name": shop, "entries": gone},
                [f"delete access entry {one}" for one in (ADMIN, DEPLOY, NODE)],
            ),
        ]
    )
    assert eks.list_access_entries(clusterName=shop)["accessEntries"] == []


def test_entries_that_eks_or_others_made_are_taken_over(aws, run, shop):
    eks = aws.client("eks")
    eks.create_nodegroup(clusterName=shop, nodegroupName="app", nodeRole=NODE, subnets=["subnet-1", "subnet-2"])
    eks.create_access_entry(clusterName=shop, principalArn=ADMIN)
    wanted = [
        {"principal_arn": ADMIN, "policies": scoped(ALL)},
        {"principal_arn": NODE, "type": "EC2_LINUX", "kubernetes_groups": [], "tags": {"app": "shop"}},
    ]
    assert run(wanted)["actions"] == [f"update access entry {ADMIN}: policies", f"update access entry {NODE}: tags"]
    assert run(wanted)["actions"] == []
    eks.delete_nodegroup(clusterName=shop, nodegroupName="app")


def test_one_that_was_made_meanwhile_is_taken_over_too(aws, faults, run, shop):
    eks = aws.client("eks")

    def meanwhile(principal: str) -> None:
        """Somebody makes it, and the list does not show it yet."""
        faults.add("stale", "eks", "CreateAccessEntry", times=1)
        eks.list_access_entries(clusterName=shop)
        eks.create_access_entry(clusterName=shop, principalArn=principal)

    meanwhile(ADMIN)
    done = run([{"principal_arn": ADMIN, "kubernetes_groups": ["a"], "policies": scoped(VIEW)}])
    assert done["actions"] == [f"create access entry {ADMIN}"]
    assert eks.describe_access_entry(clusterName=shop, principalArn=ADMIN)["accessEntry"]["kubernetesGroups"] == ["a"]
    faults.clear()
    meanwhile(NODE)
    refused = run([{"principal_arn": NODE, "type": "EC2_LINUX"}])
    assert "was made meanwhile with the type STANDARD, which cannot become EC2_LINUX" in refused["msg"]


def test_a_second_run_needs_few_calls(aws, run):
    wanted = [{"principal_arn": f"{ROLE}{n}", "policies": scoped(VIEW)} for n in range(5)]
    run(wanted)
    aws.recorder.reset()
    assert not run(wanted)["changed"]
    calls = aws.recorder.counts()["calls"]
    assert calls == {
        "eks.ListAccessEntries": 1,
        "eks.DescribeAccessEntry": 5,
        "eks.ListAssociatedAccessPolicies": 5,
    }


def test_in_check_mode_the_cluster_may_be_missing(run):
    wanted = [{"principal_arn": ADMIN, "policies": scoped(ALL)}, {"principal_arn": "(role node)", "type": "EC2_LINUX"}]
    told = run(wanted, cluster="not-yet", check=True)
    assert told["actions"] == [f"create access entry {ADMIN}", "create access entry (role node)"]
    assert "There is no EKS cluster not-yet in eu-central-1; create it first" in run(wanted, cluster="not-yet")["msg"]
    assert not run([{"principal_arn": ADMIN, "state": "absent"}], cluster="not-yet")["changed"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([{"principal_arn": ADMIN}, {"principal_arn": ADMIN}], "more than once"),
        ([{"principal_arn": "admin"}], "access entry admin: principal_arn is no ARN of an IAM role or user"),
        ([{"principal_arn": ADMIN, "policies": scoped({"policy": "AmazonEKSAdminPolcy"})}],
         "no access policy AmazonEKSAdminPolcy; take one of those that it offers, such as AmazonEKSAdminPolicy"),
        ([{"principal_arn": NODE, "type": "EC2_LINUX", "policies": scoped(VIEW)}], "policies cannot be associated"),
        ([{"principal_arn": DEPLOY, "policies": scoped({**VIEW, "scope": "namespace"})}],
         "policies[1].namespaces is empty, but the scope is namespace"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_before_anything_is_written(aws, run, wanted, says):
    aws.recorder.reset()
    assert says in run([*wanted, {"principal_arn": f"{ROLE}good"}])["msg"]
    assert aws.recorder.counts()["writes"] == 0


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"principal_arn": ADMIN, "polices": []}, "entries.polices. Supported parameters"),
        ({"principal_arn": ADMIN, "type": "EC2_MACOS"}, "must be one of: STANDARD, EC2"),
        (
            {"principal_arn": ADMIN, "policies": [{"policy": "a", "scope": "world"}]},
            "must be one of: cluster, namespace",
        ),
        ({"principal_arn": ADMIN, "policies": [{}]}, "missing required arguments: policy"),
    ],
)
def test_options_of_the_wrong_kind_are_refused_with_their_path(aws, entry, says):
    assert (
        says in run_module("eks_access_entries", {"cluster_name": "c", "entries": [entry]}, env=aws.environment)["msg"]
    )


def test_the_type_cannot_change_and_an_existing_node_takes_no_groups(run):
    run([{"principal_arn": NODE, "type": "EC2_LINUX"}])
    result = run([{"principal_arn": NODE, "type": "STANDARD"}, {"principal_arn": ADMIN}])
    assert 'has type "EC2_LINUX" and cannot be given "STANDARD" afterwards. Nothing was changed' in result["msg"]
    groups = run([{"principal_arn": NODE, "kubernetes_groups": ["mine"]}])
    assert "kubernetes_groups cannot be set for the type EC2_LINUX" in groups["msg"]


def test_the_info_module_tells_who_may_enter(aws, run, shop):
    run([{"principal_arn": ADMIN, "policies": scoped(ALL)}, {"principal_arn": NODE, "type": "EC2_LINUX"}])

    def info(**filters: Any) -> list[dict[str, Any]]:
        result = run_module("eks_access_entries_info", {"cluster_name": shop, **filters}, env=aws.environment)
        told: list[dict[str, Any]] = result["entries"]
        return told

    assert [one["type"] for one in info()] == ["EC2_LINUX", "STANDARD"]
    (admin,) = info(principal_arns=[ADMIN, DEPLOY])
    assert admin["username"] == "arn:aws:sts::123456789012:assumed-role/admin/{{SessionName}}"
    assert admin["policies"] == [{"policy": "AmazonEKSClusterAdminPolicy", "scope": "cluster", "namespaces": []}]
    assert info(cluster_name="none") == []


SENTENCES = {
    "access_denied": "allow the action of CreateAccessEntry to this identity in its IAM policy",
    "expired_token": "the credentials have expired, so sign in again",
    "quota": "ask for a higher quota",
    "unavailable_region": "that their account has enabled this region",
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_of_a_list_one_fails_with_what_to_do_and_a_rerun_completes_it(faults, run, kind):
    wanted = [{"principal_arn": one} for one in (ADMIN, DEPLOY)]
    faults.add(kind, "eks", "CreateAccessEntry", match=DEPLOY)
    result = run(wanted)
    assert SENTENCES[kind] in result["msg"]
    assert result["actions"] == [f"create access entry {ADMIN}"]
    faults.clear()
    assert run(wanted)["actions"] == [f"create access entry {DEPLOY}"]


def test_an_entry_whose_policy_failed_is_completed_by_the_next_run(faults, run):
    wanted = [{"principal_arn": ADMIN, "policies": scoped(ALL)}]
    faults.add("access_denied", "eks", "AssociateAccessPolicy")
    assert "Cannot associate access policy" in run(wanted)["msg"]
    faults.clear()
    assert run(wanted)["actions"] == [f"update access entry {ADMIN}: policies"]


@pytest.mark.parametrize("kind", ["throttle", "error", "lost_reply"])
def test_what_passes_is_survived(faults, run, kind):
    faults.add(kind, "eks", times=3)
    assert run([{"principal_arn": ADMIN, "policies": scoped(ALL)}])["entries"][0]["arn"]
    assert faults.hits() == 3


@pytest.mark.parametrize("module", [eks_access_entries, eks_access_entries_info], ids=["entries", "info"])
def test_the_examples_of_the_documentation_run(shop, play, module):
    assert "failed=0" in play(yaml.safe_load(module.EXAMPLES.replace("shop-sandbox\n", f"{shop}\n")))
