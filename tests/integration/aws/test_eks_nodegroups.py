"""eks_nodegroups and eks_nodegroups_info against the emulator, run as Ansible runs them."""

from __future__ import annotations

import secrets

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.modules import eks_nodegroups, eks_nodegroups_info
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

ROLE = "arn:aws:iam::123456789012:role/eks"
LATER = KNOWN_LATER | {"autoscaling_groups", "release_version"}
TAINT = {"key": "workload", "value": "database", "effect": "NO_SCHEDULE"}


@pytest.fixture
def cluster(aws):
    """The name of a cluster of version 1.34, gone when the test ends."""
    name = f"t-{secrets.token_hex(4)}"
    eks = aws.client("eks")
    eks.create_cluster(name=name, version="1.34", roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["a", "b"]})
    yield name
    for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
        eks.delete_nodegroup(clusterName=name, nodegroupName=group)
    eks.describe_cluster(name=name)
    eks.delete_cluster(name=name)


@pytest.fixture
def run(aws, cluster):
    """`run(groups, **more)` runs eks_nodegroups on a list and returns its result."""

    def run(groups, check=False, **options):
        wanted = {"cluster_name": cluster, "node_role": ROLE, "subnet_ids": ["a", "b"], "nodegroups": groups, **options}
        return run_module("eks_nodegroups", wanted, check=check, env=aws.environment)

    return run


@pytest.fixture
def described(aws, cluster):
    return lambda name: aws.client("eks").describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]


APP = {
    "name": "app",
    "version": "1.34",
    "ami_type": "AL2023_ARM_64_STANDARD",
    "instance_types": ["m7g.large", "m6g.large"],
    "capacity_type": "SPOT",
    "disk_size": 40,
    "min_size": 2,
    "max_size": 4,
    "labels": {"workload": "app", "n": 1},
    "update_config": {"max_unavailable": 1},
    "tags": {"app": "shop"},
}
DATABASE = {
    "name": "database",
    "version": "1.34",
    "ami_type": "AL2023_x86_64_STANDARD",
    "instance_types": ["r7i.large"],
    "capacity_type": "ON_DEMAND",
    "disk_size": 20,
    "min_size": 3,
    "max_size": 3,
    "labels": {"workload": "database"},
    "taints": [TAINT],
    "update_config": {"max_unavailable": 1},
    "node_repair": {"enabled": True},
}
CHANGED = {
    **APP,
    "min_size": 3,
    "max_size": 9,
    "labels": {"workload": "app", "tier": "web"},
    "taints": [{**TAINT, "effect": "PREFER_NO_SCHEDULE"}],
    "update_config": {"max_unavailable_percentage": 30, "strategy": "MINIMAL"},
    "node_repair": {"enabled": True, "max_parallel_count": 1},
    "tags": {"app": "shop2"},
}


def test_the_life_of_node_groups_and_check_mode_predicts_each_step(aws, cluster, described):
    eks = aws.client("eks")
    shared = {"cluster_name": cluster, "node_role": ROLE, "tags": {"owner": "platform"}}

    def groups(*items):
        return {**shared, "subnet_ids": ["b", "a"], "nodegroups": list(items)}

    def are_created():
        app = described("app")
        assert app["scalingConfig"] == {"minSize": 2, "maxSize": 4, "desiredSize": 2}
        assert app["labels"] == {"workload": "app", "n": "1"}
        assert app["tags"] == {"owner": "platform", "app": "shop"}
        assert (app["amiType"], app["capacityType"], app["diskSize"]) == ("AL2023_ARM_64_STANDARD", "SPOT", 40)
        assert described("database")["taints"] == [TAINT]

    def grown():
        # An autoscaler's doing, which is not fought over; and somebody's, which is.
        eks.update_nodegroup_config(clusterName=cluster, nodegroupName="app", scalingConfig={"desiredSize": 4})
        described("app")
        eks.update_nodegroup_config(
            clusterName=cluster,
            nodegroupName="database",
            labels={"addOrUpdateLabels": {"x": "y"}, "removeLabels": ["workload"]},
        )
        described("database")

    def is_changed():
        app = described("app")
        assert app["scalingConfig"] == {"minSize": 3, "maxSize": 9, "desiredSize": 4}
        assert app["labels"] == {"workload": "app", "tier": "web"}
        assert app["taints"] == [{**TAINT, "effect": "PREFER_NO_SCHEDULE"}]
        assert app["updateConfig"] == {"maxUnavailablePercentage": 30, "updateStrategy": "MINIMAL"}
        assert app["nodeRepairConfig"] == {"enabled": True, "maxParallelNodesRepairedCount": 1}
        assert app["tags"] == {"owner": "platform", "app": "shop2"}

    def upgraded():
        eks.update_cluster_version(name=cluster, version="1.35")
        eks.describe_cluster(name=cluster)

    def are_upgraded():
        assert {described(name)["version"] for name in ("app", "database")} == {"1.35"}
        assert described("database")["scalingConfig"]["maxSize"] == 4

    gone = [{"name": name, "state": "absent"} for name in ("app", "database")]
    Life(aws, "eks_nodegroups", LATER).live([
        Step("create", groups(APP, DATABASE), ["create node group app", "create node group database"],
             holds=are_created),
        Step("drift", groups(APP, DATABASE), ["update node group database: labels"], grown),
        Step("change", groups(CHANGED),
             ["update node group app: labels, max_size, min_size, node_repair, tags, taints, update_config"],
             holds=is_changed),
        Step("upgrade", {**shared, "nodegroups": [{"name": "app", "version": "1.35", "tags": {"app": "shop2"}},
                                                  {"name": "database", "version": "1.35", "max_size": 4}]},
             ["update node group app: version", "update node group database: max_size, version"],
             upgraded, are_upgraded),
        Step("delete", {**shared, "nodegroups": gone}, ["delete node group app", "delete node group database"]),
    ])  # fmt: skip
    assert eks.list_nodegroups(clusterName=cluster)["nodegroups"] == []


def test_a_second_run_is_one_call_a_group(aws, run):
    run([APP, DATABASE])
    aws.recorder.reset()
    assert not run([APP, DATABASE])["changed"]
    assert aws.recorder.counts()["calls"] == {"eks.DescribeNodegroup": 2}


REFUSED = [
    ([{**APP, "instance_types": ["m7g.xlarge"]}], "replace the group: add one of another name"),
    ([{**APP, "ami_type": "AL2023_ARM_64"}], "ami_type of app is AL2023_ARM_64, which EKS does not have"),
    ([{**APP, "subnet_ids": ["a", "c"]}], 'has subnet_ids ["a", "b"] and cannot be given ["a", "c"] afterwards'),
    ([APP, {**DATABASE, "name": "app"}], "nodegroups names app more than once"),
    ([{**APP, "taints": [{"key": "a", "efect": "NO_SCHEDULE"}]}], "effect found in nodegroups -> taints"),
    ([{**APP, "min_size": "many"}], "min_size"),
]


def test_bad_input_and_what_cannot_be_changed_is_refused_before_anything_is_written(aws, run):
    run([APP])
    aws.recorder.reset()
    for number, (groups, says) in enumerate(REFUSED):
        result = run([*groups, {"name": "new", "min_size": 1, "max_size": 1}], check=bool(number % 2))
        assert result["failed"], says
        assert says in result["msg"], result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_of_a_list_one_group_fails_and_a_rerun_completes_it(aws, run, faults):
    faults.add("quota", "eks", "CreateNodegroup", match='"app"')
    result = run([APP, DATABASE])
    assert "1 of 2 nodegroups failed, the others are done. app: Cannot create node group app" in result["msg"]
    assert "ask for a higher quota" in result["msg"]
    assert result["actions"] == ["create node group database"]
    assert [one.get("failed", False) for one in result["nodegroups"]] == [True, False]
    faults.clear()
    for kind in ("throttle", "error", "lost_reply"):
        faults.add(kind, "eks", "*Nodegroup", times=1)
    assert run([APP, DATABASE])["actions"] == ["create node group app"]
    faults.add("lost_reply", "eks", "DeleteNodegroup", times=1)
    assert run([{"name": "app", "state": "absent"}])["actions"] == ["delete node group app"]


def test_a_group_that_the_service_gives_up_tells_its_health_issues(run):
    bad = {**APP, "tags": {"sandbox:status": "CREATE_FAILED:InstanceLimitExceeded"}}
    result = run([bad, DATABASE])
    assert "app: Node group app of EKS cluster" in result["msg"]
    assert "is CREATE_FAILED: InstanceLimitExceeded: The group says InstanceLimitExceeded; correct" in result["msg"]
    assert "delete the group with state absent" in run([{"name": "app"}])["msg"]


def test_a_degraded_group_fails_what_it_was_changed_by_and_is_a_warning_later(run):
    degraded = {**APP, "tags": {"sandbox:status": "DEGRADED:AsgInstanceLaunchFailures"}}
    assert "is DEGRADED: AsgInstanceLaunchFailures" in run([degraded])["msg"]
    result = run([degraded])
    assert not result["changed"]
    assert "Node group app of EKS cluster" in str(result["warnings"])


def test_a_launch_template_keeps_its_id_and_gets_another_version(aws, run, described):
    ec2 = aws.client("ec2")
    name = f"t-{secrets.token_hex(4)}"
    data = {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 40}}]}
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)["LaunchTemplate"]
    wanted = {"name": "app", "min_size": 1, "max_size": 2, "launch_template": {"name": name, "version": "1"}}
    assert run([wanted])["nodegroups"][0]["launch_template_id"] == made["LaunchTemplateId"]
    newer = {**wanted, "launch_template": {"id": made["LaunchTemplateId"], "version": "2"}}
    assert run([newer])["actions"] == ["update node group app: launch_template_version"]
    assert described("app")["launchTemplate"]["version"] == "2"
    other = {**wanted, "launch_template": {"id": "lt-0"}}
    assert "launch_template_id" in run([other], check=True)["msg"]


def test_a_cluster_that_is_not_there_is_named_and_check_mode_takes_it_for_made_before(aws):
    wanted = {"cluster_name": "none", "node_role": ROLE, "subnet_ids": ["a"], "nodegroups": [APP]}
    result = run_module("eks_nodegroups", wanted, env=aws.environment)
    assert result["msg"].startswith("EKS cluster none does not exist in eu-central-1; make it first")
    wanted["subnet_ids"] = ["(private subnets of shop)"]
    result = run_module("eks_nodegroups", wanted, check=True, env=aws.environment)
    assert result["actions"] == ["create node group app"]
    gone = {"cluster_name": "none", "nodegroups": [{"name": "app", "state": "absent"}]}
    assert not run_module("eks_nodegroups", gone, env=aws.environment)["changed"]


def test_slow_groups_are_begun_together_and_awaited_once(run, faults):
    faults.add("slow", "eks", "CreateNodegroup", times=2)
    states = {one["name"]: one["status"] for one in run([APP, DATABASE])["nodegroups"]}
    assert states == {"app": "ACTIVE", "database": "ACTIVE"}
    faults.clear()
    faults.add("slow", "eks", "DeleteNodegroup", times=2)
    assert run([{"name": "app", "state": "absent"}])["actions"] == ["delete node group app"]


def test_the_examples_of_the_documentation_run(aws, play, cluster):
    aws.client("eks").update_cluster_version(name=cluster, version="1.35")
    aws.client("eks").describe_cluster(name=cluster)
    tasks = yaml.safe_load(eks_nodegroups.EXAMPLES) + yaml.safe_load(eks_nodegroups_info.EXAMPLES)
    for task in tasks:
        next(options for name, options in task.items() if name.startswith("replatform"))["cluster_name"] = cluster
    assert "failed=0" in play(tasks)


def test_the_info_module_tells_those_asked_for(aws, run, cluster):
    run([APP, DATABASE])

    def names(**filters):
        found = run_module("eks_nodegroups_info", {"cluster_name": cluster, **filters}, env=aws.environment)
        return [one["name"] for one in found["nodegroups"]]

    assert names() == ["app", "database"]
    assert names(names=["database", "none"]) == ["database"]
