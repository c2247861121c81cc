"""eks_addons and eks_addons_info against the emulator, run as Ansible runs them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.module_utils.aws.eks.addons import make_addons
from ansible_collections.replatform.aws.plugins.module_utils.resource import Mode
from ansible_collections.replatform.aws.plugins.modules import eks_addons, eks_addons_info
from tests.support.eks import ROLE, cluster, engine_client, result_of
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

KNOWN = KNOWN_LATER | {"owner", "publisher"}
EBS = {"service_account": "ebs-csi-controller-sa", "role_arn": ROLE + "ebs"}


@pytest.fixture
def shop(aws):
    with cluster(aws) as name:
        yield name


@pytest.fixture
def module(aws, shop):
    """`module(addons, **more)` runs eks_addons on the cluster and returns its result."""

    def run(wanted: list[dict[str, Any]], *, check: bool = False, **more: Any) -> dict[str, Any]:
        args = {"cluster_name": shop, "addons": wanted, **more}
        return run_module("eks_addons", args, check=check, env=aws.environment)

    return run


@pytest.fixture
def run(aws, shop):
    """`run(addons, **mode)` lets the engine make the add-ons so, and returns what the module would."""
    client = engine_client(aws)
    return lambda wanted, **mode: result_of(lambda: make_addons(client, shop, wanted, Mode(**mode)))


def test_the_life_of_addons_and_check_mode_predicts_each_step(aws, shop):
    eks = aws.client("eks")

    def described(name: str) -> dict[str, Any]:
        addon: dict[str, Any] = eks.describe_addon(clusterName=shop, addonName=name)["addon"]
        return addon

    def holds(**expected: Any):
        def look() -> None:
            dns, driver = described("coredns"), described("aws-ebs-csi-driver")
            ids = [arn.rpartition("/")[2] for arn in driver["podIdentityAssociations"]]
            found = [eks.describe_pod_identity_association(clusterName=shop, associationId=one) for one in ids]
            assert {
                "version": dns["addonVersion"],
                "values": json.loads(dns.get("configurationValues") or "{}"),
                "tags": dns["tags"],
                "role": dns.get("serviceAccountRoleArn"),
                "roles": [one["association"]["roleArn"] for one in found],
            } == expected

        return look

    def drift() -> None:
        eks.update_addon(
            clusterName=shop,
            addonName="coredns",
            addonVersion="v1.12.3-eksbuild.1",
            configurationValues="replicaCount: 5",
        )
        eks.tag_resource(resourceArn=described("coredns")["addonArn"], tags={"x": "y"})
        eks.update_addon(clusterName=shop, addonName="aws-ebs-csi-driver", podIdentityAssociations=[])

    def wanted(dns: dict[str, Any], driver: dict[str, Any], **more: Any) -> dict[str, Any]:
        addons = [{"name": "coredns", **dns}, {"name": "aws-ebs-csi-driver", **driver}]
        return {"cluster_name": shop, "addons": addons, **more}

    two = {"version": "v1.12.4", "configuration": {"replicaCount": 2}, "service_account_role_arn": ROLE + "dns"}
    tags = {"tags": {"app": "shop"}}
    Life(aws, "eks_addons", known_later=KNOWN).live(
        [
            Step(
                "create",
                wanted({"version": "default", "tags": {"n": 1}}, {"pod_identity_associations": [EBS]}, **tags),
                ["create add-on coredns", "create add-on aws-ebs-csi-driver"],
                holds=holds(
                    version="v1.12.3-eksbuild.1",
                    values={},
                    tags={"app": "shop", "n": "1"},
                    role=None,
                    roles=[ROLE + "ebs"],
                ),
            ),
            Step(
                "change",
                wanted(two, {"pod_identity_associations": [{**EBS, "role_arn": ROLE + "ebs2"}]}, **tags),
                [
                    "update add-on coredns: configuration, service_account_role_arn, tags, version",
                    "update add-on aws-ebs-csi-driver: pod_identity_associations",
                ],
                holds=holds(
                    version="v1.12.4-eksbuild.1",
                    values={"replicaCount": 2},
                    tags={"app": "shop"},
                    role=ROLE + "dns",
                    roles=[ROLE + "ebs2"],
                ),
            ),
            Step("not given, not touched", wanted({}, {})),
            Step(
                "drift",
                wanted(two, {"pod_identity_associations": [EBS]}, **tags),
                [
                    "update add-on coredns: configuration, service_account_role_arn, tags, version",
                    "update add-on aws-ebs-csi-driver: pod_identity_associations",
                ],
                by_hand=drift,
                holds=holds(
                    version="v1.12.4-eksbuild.1",
                    values={"replicaCount": 2},
                    tags={"app": "shop"},
                    role=ROLE + "dns",
                    roles=[ROLE + "ebs"],
                ),
            ),
            Step(
                "one attribute changes and the role stays; empty lists and nulls take away",
                wanted({"configuration": {}}, {"pod_identity_associations": []}),
                ["update add-on coredns: configuration", "update add-on aws-ebs-csi-driver: pod_identity_associations"],
                holds=holds(version="v1.12.4-eksbuild.1", values={}, tags={"app": "shop"}, role=ROLE + "dns", roles=[]),
            ),
            Step(
                "delete",
                wanted({"state": "absent"}, {"state": "absent", "preserve": True}),
                ["delete add-on coredns", "delete add-on aws-ebs-csi-driver"],
                holds=lambda: eks.list_addons(clusterName=shop)["addons"] == [] or pytest.fail("an add-on is left"),
            ),
        ]
    )


def test_a_second_run_needs_few_calls(aws, shop, run):
    names = ["vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent"]
    wanted = [{"name": name, "version": "default"} for name in names]
    assert run(wanted)["changed"]
    aws.recorder.reset()
    assert not run(wanted)["changed"]
    calls = aws.recorder.counts()["calls"]
    assert calls == {"eks.DescribeCluster": 1, "eks.DescribeAddon": 4, "eks.DescribeAddonVersions": 4}
    assert not run([{"name": "coredns", "version": "v1.12.3-eksbuild.1"}])["changed"]


def test_in_check_mode_the_cluster_may_be_missing(module):
    wanted = [
        {"name": "coredns", "version": "latest", "configuration": {"replicaCount": 2}},
        {"name": "aws-ebs-csi-driver", "pod_identity_associations": [{**EBS, "role_arn": "(role ebs)"}]},
        {"name": "gone", "state": "absent"},
    ]
    told = module(wanted, check=True, cluster_name="not-yet")
    assert told["actions"] == ["create add-on coredns", "create add-on aws-ebs-csi-driver"]
    assert [one["version"] for one in told["addons"]] == ["(latest)", "(default)", None]
    failed = module(wanted, cluster_name="not-yet")
    assert failed["msg"].startswith("There is no EKS cluster not-yet in eu-central-1; create it first")
    assert not module([{"name": "coredns", "state": "absent"}], cluster_name="not-yet")["changed"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([{"name": "coredns"}, {"name": "coredns"}], "addons names coredns more than once"),
        ([{"name": "vpc-cni"}, {"name": "coredns", "configuration": {"replicas": 2}}],
         "Add-on coredns v1.12.3-eksbuild.1 takes no such configuration: $: Additional properties"),
        ([{"name": "vpc-cni"}, {"name": "coredns", "version": "v1.14"}],
         "EKS has no version v1.14 of add-on coredns for Kubernetes 1.34; give one of v1.13.2-eksbuild.1"),
        ([{"name": "none"}], "EKS offers no add-on none for Kubernetes 1.34"),
        ([{"name": "vpc-cni", "pod_identity_associations": [{"service_account": "aws-node", "role_arn": "cni"}]}],
         "add-on vpc-cni: pod_identity_associations[1].role_arn is cni, which is no ARN"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_before_anything_is_written(aws, run, wanted, says):
    aws.recorder.reset()
    result = run(wanted)
    assert result["failed"]
    assert says in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


@pytest.mark.parametrize(
    ("addon", "says"),
    [
        ({"name": "coredns", "versoin": "v1", "resolve_conflicts": "NONE"}, "addons.versoin. Supported parameters"),
        ({"name": "coredns", "configuration": "no dict"}, "configuration' is of type str found in 'addons'"),
        ({"name": "coredns", "resolve_conflicts": "SOMETIMES"}, "must be one of: OVERWRITE, NONE, PRESERVE"),
        (
            {"name": "a", "pod_identity_associations": [{"service_account": "a"}]},
            "missing required arguments: role_arn",
        ),
    ],
)
def test_options_of_the_wrong_kind_are_refused_with_their_path(module, addon, says):
    assert says in module([addon])["msg"]


def test_a_namespace_cannot_change(aws, run):
    run([{"name": "cert-manager", "namespace": "certificates"}])
    result = run([{"name": "cert-manager", "namespace": "other"}])
    assert 'add-on cert-manager has namespace "certificates" and cannot be given "other" afterwards' in result["msg"]
    assert result["error"]["code"] == "ImmutableAttribute"


def test_one_that_fails_is_named_and_the_others_are_done(aws, run, shop):
    own = {"namespace": "kube-system", "serviceAccount": "aws-node", "roleArn": ROLE + "cni"}
    aws.client("eks").create_pod_identity_association(clusterName=shop, **own)
    cni = {"service_account": "aws-node", "role_arn": ROLE + "cni"}
    result = run([{"name": "vpc-cni", "pod_identity_associations": [cni]}, {"name": "coredns"}])
    assert result["msg"].startswith(
        "1 of 2 addons failed, the others are done. vpc-cni: Cannot create add-on vpc-cni of"
    )
    assert result["error"]["code"] == "ResourceInUseException"
    assert [one.get("failed", False) for one in result["addons"]] == [True, False]
    assert result["addons"][1]["status"] == "ACTIVE"
    assert result["actions"] == ["create add-on coredns"]


def ill(aws, shop: str, name: str, status: str) -> None:
    eks = aws.client("eks")
    arn = eks.describe_addon(clusterName=shop, addonName=name)["addon"]["addonArn"]
    eks.tag_resource(resourceArn=arn, tags={"sandbox:status": status})


def test_a_failed_addon_is_tried_again_and_a_degraded_one_is_explained(aws, run, shop):
    wanted = [{"name": "coredns", "configuration": {"replicaCount": 2}}]
    run(wanted)
    ill(aws, shop, "coredns", "DEGRADED:InsufficientNumberOfReplicas")
    result = run(wanted)
    assert not result["changed"]
    assert "look whether nodes are there that its pods fit on" in result["warnings"][0]
    tagged = run([{**wanted[0], "tags": {"app": "shop"}, "purge_tags": False}])
    assert tagged["actions"] == ["update add-on coredns: tags"]
    assert "is DEGRADED" in tagged["warnings"][0]
    waited = run([{"name": "coredns", "configuration": {"replicaCount": 3}}], wait_timeout=1)
    assert waited["error"]["code"] == "WaitTimeout"
    assert "InsufficientNumberOfReplicas" in waited["msg"]
    ill(aws, shop, "coredns", "UPDATE_FAILED:ConfigurationConflict")
    again = run(wanted)
    assert again["actions"] == ["update add-on coredns: configuration, status"]
    assert again["addons"][0]["status"] == "ACTIVE"


def test_what_no_waiting_mends_is_said_at_once(aws, run, shop):
    run([{"name": "coredns"}])
    ill(aws, shop, "coredns", "DEGRADED:AccessDenied")
    result = run([{"name": "coredns", "version": "v1.12.4"}])
    assert result["error"]["code"] == "AddonFailed"
    assert f"Add-on coredns of cluster {shop} does not work: it is DEGRADED. AccessDenied: " in result["msg"]
    assert "give the add-on's role or the nodes' role the permission" in result["msg"]


def test_a_change_waits_for_what_somebody_else_began(aws, run, shop):
    aws.client("eks").create_addon(clusterName=shop, addonName="coredns")
    busy = run([{"name": "coredns", "version": "v1.12.4"}], wait=True)
    assert busy["addons"][0]["version"] == "v1.12.4-eksbuild.1"


def test_the_info_module_tells_what_there_is_and_what_could_be(aws, run, shop):
    run([{"name": "coredns"}, {"name": "aws-ebs-csi-driver", "pod_identity_associations": [EBS]}])

    def info(**filters: Any) -> list[dict[str, Any]]:
        result = run_module("eks_addons_info", {"cluster_name": shop, **filters}, env=aws.environment)
        assert not result["changed"]
        told: list[dict[str, Any]] = result["addons"]
        return told

    assert [one["name"] for one in info()] == ["aws-ebs-csi-driver", "coredns"]
    assert info(names=["aws-ebs-csi-driver", "vpc-cni"])[0]["pod_identity_associations"] == [EBS]
    (dns, cni) = info(names=["coredns", "vpc-cni", "none"], versions=True, configuration=True)
    assert (cni["name"], cni["status"], dns["status"]) == ("vpc-cni", None, "ACTIVE")
    assert [one["version"] for one in cni["versions"] if one["default"]] == ["v1.20.4-eksbuild.2"]
    assert cni["service_accounts"][0]["name"] == "aws-node"
    assert "replicaCount" in dns["configuration_schema"]["properties"]
    assert info(cluster_name="none") == []


SENTENCES = {
    "access_denied": "allow the action of CreateAddon to this identity in its IAM policy",
    "expired_token": "the credentials have expired, so sign in again",
    "unavailable_region": "that their account has enabled this region",
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_of_a_list_one_fails_with_what_to_do_and_a_rerun_completes_it(aws, faults, run, shop, kind):
    wanted = [{"name": name} for name in ("kube-proxy", "coredns")]
    faults.add(kind, "eks", "CreateAddon", match='"addonName": "coredns"')
    result = run(wanted)
    assert SENTENCES[kind] in result["msg"]
    assert result["actions"] == ["create add-on kube-proxy"]
    faults.clear()
    assert run(wanted)["actions"] == ["create add-on coredns"]


@pytest.mark.parametrize("kind", ["throttle", "error", "lost_reply"])
def test_what_passes_is_survived(aws, faults, run, kind):
    faults.add(kind, "eks", times=3)
    assert run([{"name": "coredns"}])["addons"][0]["status"] == "ACTIVE"
    assert faults.hits() == 3


def test_slow_states_are_waited_for_and_late_reads_do_no_harm(aws, faults, run):
    faults.add("slow", "eks", "*Addon", times=2)
    wanted = [{"name": "coredns", "version": "v1.12.4"}]
    assert run([{"name": "coredns"}])["addons"][0]["status"] == "ACTIVE"
    assert run(wanted)["addons"][0]["status"] == "ACTIVE"
    faults.clear()
    assert not run(wanted)["changed"]


@pytest.mark.parametrize("module", [eks_addons, eks_addons_info], ids=["addons", "info"])
def test_the_examples_of_the_documentation_run(shop, play, module):
    assert "failed=0" in play(yaml.safe_load(module.EXAMPLES.replace("shop-sandbox\n", f"{shop}\n")))
