from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws.eks import (
    cluster_transform,
    kubeconfig,
    nodegroups_transform,
)
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError

ROLE = "arn:aws:iam::123456789012:role/eks"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/k-1"
NEW: dict[str, Any] = {"name": "shop", "role_arn": ROLE, "subnet_ids": ["b", "a"]}


def cluster(**attributes: Any) -> dict[str, Any]:
    return {**cluster_transform.BLANK, "name": "shop", "version": "1.34", "subnet_ids": ["a", "b"], **attributes}


def group(**attributes: Any) -> dict[str, Any]:
    return {
        **nodegroups_transform.BLANK, "name": "app", "version": "1.34", "min_size": 1, "max_size": 3, "desired_size": 2,
        "update_config": {"max_unavailable": 1}, "node_repair": {"enabled": False}, **attributes,
    }  # fmt: skip


def never(_alias: str, _key: str) -> bool:
    return False


REFUSED_CLUSTERS: list[tuple[dict[str, Any], dict[str, Any] | None, str]] = [
    ({"name": "shop", "version": "1.35"}, None, "cannot be created without role_arn and subnet_ids; give them."),
    ({**NEW, "version": "1.3"}, None, 'write it in quotes, "1.30"'),
    ({**NEW, "public_access_cidrs": ["203.0.113.7/24"]}, None, "public_access_cidrs[0] of EKS cluster shop is no CIDR"),
    ({**NEW, "role_arn": "shop-eks"}, None, "role_arn of EKS cluster shop is shop-eks, which is no ARN such as"),
    (
        {**NEW, "encryption_key": "alias/shop"},
        None,
        "encryption_key of EKS cluster shop is alias/shop, which is no ARN",
    ),
    ({**NEW, "public_access_cidrs": []}, None, "which EKS reads as everybody"),
    ({**NEW, "endpoint_public_access": False}, None, "would be reached by nobody"),
    ({"name": "shop", "endpoint_private_access": False}, cluster(endpoint_public_access=False), "reached by nobody"),
    ({"name": "shop", "encryption_key": KEY + "2"}, cluster(encryption_key=KEY), "neither changes nor removes the key"),
    ({"name": "shop", "authentication_mode": "CONFIG_MAP"}, cluster(authentication_mode="API"), "cannot go back to"),
]


@pytest.mark.parametrize(
    ("options", "current", "says"), REFUSED_CLUSTERS, ids=[says for _, _, says in REFUSED_CLUSTERS]
)
def test_what_eks_would_refuse_of_a_cluster_is_refused(options, current, says):
    with pytest.raises(ReplatformError) as caught:
        cluster_transform.desired(options, current, never)
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("has", "wanted", "nodegroups", "errors", "says"),
    [
        ("1.34", "1.33", {}, [], "does not take back to 1.33"),
        ("1.34", "1.36", {}, [], "give 1.35 now, bring its node groups and add-ons there too"),
        ("1.9", "1.11", {}, [], "give 1.10 now"),
        ("1.34", "1.35", {"app": "1.33", "db": "1.34"}, [], "its own, 1.34: app has 1.33. Upgrade them first"),
        ("1.34", "1.35", {}, [{"name": "Old APIs", "reason": "in use.", "recommendation": "Stop."}],
         "not ready for 1.35: Old APIs: in use (advice: Stop)."),
    ],
)  # fmt: skip
def test_an_upgrade_that_must_not_be_now_is_refused_with_the_way(has, wanted, nodegroups, errors, says):
    with pytest.raises(ReplatformError) as caught:
        cluster_transform.refuse_upgrade("shop", has, wanted, nodegroups, errors, force=False)
    assert says in caught.value.message


def test_an_upgrade_goes_on_when_all_is_well_or_it_is_forced():
    cluster_transform.refuse_upgrade("shop", "1.34", "1.35", {"app": "1.34"}, [], force=False)
    cluster_transform.refuse_upgrade("shop", "1.34", "1.35", {}, [{"name": "Old APIs"}], force=True)


def test_every_kind_of_change_is_a_step_of_its_own_and_says_all_of_its_kind():
    current = cluster(
        public_access_cidrs=["0.0.0.0/0"], security_group_ids=["s"], logging=["api"], authentication_mode="CONFIG_MAP"
    )
    changes = {
        "endpoint_private_access": True, "subnet_ids": ["a", "c"], "logging": ["audit"], "authentication_mode": "API",
        "upgrade_policy": "STANDARD", "deletion_protection": True, "zonal_shift": True,
    }  # fmt: skip
    endpoint = {"endpointPublicAccess": True, "endpointPrivateAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]}
    assert [fields for _, fields in cluster_transform.steps(current, changes)] == [
        {"resourcesVpcConfig": endpoint},
        {"resourcesVpcConfig": {"subnetIds": ["a", "c"], "securityGroupIds": ["s"]}},
        {"deletionProtection": True},
        {"upgradePolicy": {"supportType": "STANDARD"}},
        {"zonalShiftConfig": {"enabled": True}},
        {"logging": {"clusterLogging": [{"types": ["audit"], "enabled": True}, {"types": ["api"], "enabled": False}]}},
        {"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}},
        {"accessConfig": {"authenticationMode": "API"}},
    ]
    assert cluster_transform.steps(current, {"tags": {}, "version": "1.35", "encryption_key": KEY}) == []


def test_a_key_that_goes_by_another_name_is_no_change():
    options = {"name": "shop", "encryption_key": "arn:aws:kms:eu-central-1:123456789012:alias/shop"}
    same = cluster_transform.desired(options, cluster(encryption_key=KEY), lambda *_: True)
    assert same["encryption_key"] == KEY
    assert cluster_transform.desired(options, cluster(), never)["encryption_key"] == options["encryption_key"]


def test_networks_without_a_public_endpoint_are_not_fought_over():
    options = {"name": "shop", "endpoint_public_access": False, "public_access_cidrs": ["203.0.113.0/24"]}
    assert "public_access_cidrs" not in cluster_transform.desired(options, cluster(endpoint_private_access=True), never)


NEW_GROUP: dict[str, Any] = {"name": "app", "node_role": ROLE, "subnet_ids": ["b", "a"]}
TAINT = {"key": "workload", "value": "db", "effect": "NO_SCHEDULE"}
REFUSED_GROUPS: list[tuple[dict[str, Any], dict[str, Any] | None, str]] = [
    ({"name": "app"}, None, "cannot be created without node_role and subnet_ids; give them."),
    ({**NEW_GROUP, "node_role": "shop"}, None, "node_role of node group app is shop, which is no ARN such as"),
    ({**NEW_GROUP, "max_size": 2}, None, "cannot be created without min_size; give them."),
    ({**NEW_GROUP, "min_size": 3, "max_size": 2}, None, "min_size 3 is larger than max_size 2"),
    ({**NEW_GROUP, "min_size": 0, "max_size": 0}, None, "max_size is 0"),
    ({**NEW_GROUP, "min_size": 1, "max_size": 2, "desired_size": 3}, None, "desired_size 3 is not from min_size"),
    ({**NEW_GROUP, "launch_template": {"id": "lt-1", "version": "$Latest"}}, None, "give its number"),
    ({**NEW_GROUP, "launch_template": {"id": "lt-1"}, "disk_size": 30}, None, "say it in the launch template"),
    ({**NEW_GROUP, "taints": [TAINT, {**TAINT, "value": ""}]}, None, "workload with NO_SCHEDULE more than once"),
    ({"name": "app", "version": "1.3"}, group(), 'write a Kubernetes version in quotes, such as "1.35"'),
    ({"name": "app", "version": "1.33"}, group(), "takes none back to 1.33"),
]


@pytest.mark.parametrize(("options", "current", "says"), REFUSED_GROUPS, ids=[says for _, _, says in REFUSED_GROUPS])
def test_what_eks_would_refuse_of_a_node_group_is_refused(options, current, says):
    with pytest.raises(ReplatformError) as caught:
        nodegroups_transform.desired(options, current)
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("options", "current", "attributes"),
    [
        pytest.param({"desired_size": 3}, group(), {}, id="the number of nodes is the autoscaler's"),
        pytest.param({"desired_size": 3, "enforce_desired_size": True}, group(), {"desired_size": 3}, id="asked for"),
        pytest.param({"min_size": 3}, group(), {"min_size": 3, "desired_size": 3}, id="up"),
        pytest.param({"max_size": 1}, group(), {"max_size": 1, "desired_size": 1}, id="down"),
        pytest.param({"labels": {"n": 7, "on": True}}, group(), {"labels": {"n": "7", "on": "true"}}, id="labels"),
        pytest.param({"taints": [{**TAINT, "value": ""}]}, group(), {"taints": [{**TAINT, "value": ""}]}, id="taints"),
        pytest.param({"update_config": {"max_unavailable_percentage": 30, "max_unavailable": None, "strategy": None}},
                     group(), {"update_config": {"max_unavailable_percentage": 30}}, id="one of a pair"),
        pytest.param({"update_config": {"strategy": "MINIMAL"}}, group(),
                     {"update_config": {"max_unavailable": 1, "strategy": "MINIMAL"}}, id="the rest of a dict stays"),
        pytest.param({"update_config": {"strategy": "MINIMAL"}, **NEW_GROUP}, None,
                     {"update_config": {"max_unavailable": 1, "strategy": "MINIMAL"}, "node_role": ROLE,
                      "subnet_ids": ["a", "b"]}, id="a new one"),
        pytest.param({"min_size": 1, "max_size": 3, **NEW_GROUP}, None,
                     {"min_size": 1, "max_size": 3, "desired_size": 1, "node_role": ROLE, "subnet_ids": ["a", "b"]},
                     id="begins with the fewest nodes"),
        pytest.param({"launch_template": {"id": "lt-1", "name": None, "version": "2"}}, group(),
                     {"launch_template_id": "lt-1", "launch_template_version": "2"}, id="launch template"),
    ],
)  # fmt: skip
def test_only_what_was_given_is_compared(options, current, attributes):
    assert nodegroups_transform.desired({"name": "app", **options}, current) == {"name": "app", **attributes}


def test_a_change_of_configuration_is_one_call():
    current = group(labels={"a": "1", "b": "2"}, taints=[TAINT, {**TAINT, "key": "gone"}])
    changes = {"labels": {"a": "1", "c": "3"}, "taints": [{**TAINT, "value": "other"}], "max_size": 5}
    assert nodegroups_transform.config_fields(current, changes) == {
        "scalingConfig": {"minSize": 1, "maxSize": 5, "desiredSize": 2},
        "labels": {"addOrUpdateLabels": {"c": "3"}, "removeLabels": ["b"]},
        "taints": {"addOrUpdateTaints": [{**TAINT, "value": "other"}], "removeTaints": [{**TAINT, "key": "gone"}]},
    }
    assert nodegroups_transform.config_fields(current, {"version": "1.35", "tags": {}}) == {}


def test_an_upgrade_of_nodes_is_one_call():
    current = group(launch_template_id="lt-1", launch_template_name="app", launch_template_version="1")
    changes = {"version": "1.35", "launch_template_version": "2"}
    assert nodegroups_transform.upgrade_fields(current, changes, force=True) == {
        "version": "1.35", "launchTemplate": {"id": "lt-1", "version": "2"}, "force": True,
    }  # fmt: skip
    assert nodegroups_transform.upgrade_fields(current, {"labels": {}}, force=True) == {}


OTHERS: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "preferences": {"colors": True},
    "current-context": "other",
    "clusters": [{"name": "other", "cluster": {"server": "https://other"}}],
    "contexts": [{"name": "other", "context": {"cluster": "other", "user": "other", "namespace": "n"}}],
    "users": [{"name": "other", "user": {"token": "t"}}],
}


def test_a_context_is_added_beside_the_others_and_taken_away_again():
    server = {"server": "https://shop", "certificate-authority-data": "ca"}
    added = kubeconfig.merged(OTHERS, "shop", server, {"exec": {}}, {"set_current": False})
    assert [one["name"] for one in added["contexts"]] == ["other", "shop"]
    assert added["current-context"] == "other"
    assert kubeconfig.without(added, "shop") == OTHERS


def test_what_a_person_has_added_to_the_context_stays():
    own = kubeconfig.merged(OTHERS, "other", {"server": "https://new"}, {"exec": {}}, {"set_current": True})
    assert own["contexts"][0]["context"]["namespace"] == "n"
    assert own["clusters"][0]["cluster"] == {"server": "https://new"}
    assert own["users"][0]["user"] == {"exec": {}}
