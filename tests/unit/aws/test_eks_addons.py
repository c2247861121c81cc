from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.aws.eks import addons_transform as transform
from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError

ROLE = "arn:aws:iam::123456789012:role/"


def version(name: str, *kubernetes: str, architecture: tuple[str, ...] = ("amd64", "arm64")) -> dict[str, Any]:
    """A version as DescribeAddonVersions has it; the default of those marked by a star."""
    return {
        "addonVersion": name,
        "architecture": list(architecture),
        "compatibilities": [
            {"clusterVersion": one.rstrip("*"), "platformVersions": ["*"], "defaultVersion": one.endswith("*")}
            for one in kubernetes
        ],
    }


OFFERED = {
    "addonName": "vpc-cni",
    "addonVersions": [
        version("v1.20.10-eksbuild.1", "1.34", architecture=("amd64",)),
        version("v1.20.4-eksbuild.2", "1.34*"),
        version("v1.20.4-eksbuild.10", "1.34"),
        version("v1.19.6-eksbuild.7", "1.34"),
        version("v1.2.1-eksbuild.1", "1.34"),
    ],
}


@pytest.mark.parametrize(
    ("asked", "architectures", "chosen"),
    [
        (None, [], "v1.20.4-eksbuild.2"),
        ("", [], "v1.20.4-eksbuild.2"),
        ("default", ["arm64"], "v1.20.4-eksbuild.2"),
        pytest.param("latest", [], "v1.20.10-eksbuild.1", id="by number and not by text"),
        pytest.param("latest", ["amd64", "arm64"], "v1.20.4-eksbuild.10", id="the newest that runs on all"),
        ("v1.20", ["arm64"], "v1.20.4-eksbuild.10"),
        ("1.20.4", [], "v1.20.4-eksbuild.10"),
        pytest.param("v1.2", [], "v1.2.1-eksbuild.1", id="1.2 is not the beginning of 1.20"),
        ("v1.20.4-eksbuild.2", ["arm64"], "v1.20.4-eksbuild.2"),
        ("v1.19", [], "v1.19.6-eksbuild.7"),
    ],
)
def test_a_version_is_what_it_means_for_the_cluster(asked, architectures, chosen):
    assert transform.choose_version("vpc-cni", asked, OFFERED, "1.34", architectures) == chosen


@pytest.mark.parametrize(
    ("asked", "offered", "architectures", "says"),
    [
        (
            "v9",
            OFFERED,
            [],
            "EKS has no version v9 of add-on vpc-cni for Kubernetes 1.34; give one of v1.20.10-eksbuild.1, v1.20.4-",
        ),
        ("v1.20.10-eksbuild.1", OFFERED, ["arm64", "amd64"], "does not run on amd64 and arm64, .* give one of v1.20.4"),
        ("default", None, [], "EKS offers no add-on vpc-cni for Kubernetes 1.34; correct its name"),
        ("default", {"addonVersions": [version("v2-eksbuild.1", "1.34*", architecture=())]}, ["arm64"],
         "v2-eksbuild.1 does not run on arm64, .* no version for Kubernetes 1.34 does"),
    ],
)  # fmt: skip
def test_a_version_that_is_none_is_refused_with_those_there_are(asked, offered, architectures, says):
    with pytest.raises(ReplatformError, match=says):
        transform.choose_version("vpc-cni", asked, offered, "1.34", architectures)


def test_the_versions_are_told_newest_first():
    told = transform.offered_versions(OFFERED, "1.34")
    assert [one["version"].split("-")[0] for one in told] == ["v1.20.10", "v1.20.4", "v1.20.4", "v1.19.6", "v1.2.1"]
    assert [one["version"] for one in told if one["default"]] == ["v1.20.4-eksbuild.2"]
    assert told[0]["architectures"] == ["amd64"]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (None, "(default)"),
        ("latest", "(latest)"),
        ("v1.20", "(v1.20)"),
        ("v1.20.4-eksbuild.2", "v1.20.4-eksbuild.2"),
    ],
)
def test_a_version_that_no_cluster_can_resolve_yet_is_shown_as_it_is_asked_for(asked, shown):
    assert transform.expected_version(asked) == shown


DESCRIBED: dict[str, Any] = {
    # DescribeAddon's answer as in aws-cli's examples, with an issue.
    "addonName": "coredns",
    "clusterName": "shop",
    "status": "DEGRADED",
    "addonVersion": "v1.12.3-eksbuild.1",
    "health": {
        "issues": [
            {
                "code": "InsufficientNumberOfReplicas",
                "message": "The add-on is unhealthy because\n it doesn't have the desired number of replicas.",
                "resourceIds": None,
            }
        ]
    },
    "addonArn": "arn:aws:eks:eu-central-1:123456789012:addon/shop/coredns/a1",
    "configurationValues": "replicaCount: 2\n",
    "tags": {"app": "shop", "aws:cloudformation:stack-name": "x"},
    "owner": "aws",
    "publisher": "eks",
}


def test_what_the_service_answers_is_normalised():
    owned = [{"serviceAccount": "z", "roleArn": ROLE + "z"}, {"serviceAccount": "a", "roleArn": ROLE + "a"}]
    assert transform.addon_state(DESCRIBED, owned) == {
        "name": "coredns",
        "arn": DESCRIBED["addonArn"],
        "version": "v1.12.3-eksbuild.1",
        "status": "DEGRADED",
        "health": [transform.issue(DESCRIBED["health"]["issues"][0])],
        "configuration": {"replicaCount": 2},
        "pod_identity_associations": [
            {"service_account": "a", "role_arn": ROLE + "a"},
            {"service_account": "z", "role_arn": ROLE + "z"},
        ],
        "service_account_role_arn": None,
        "namespace": None,
        "owner": "aws",
        "publisher": "eks",
        "tags": {"app": "shop"},
    }
    assert transform.issue(DESCRIBED["health"]["issues"][0]) == (
        "InsufficientNumberOfReplicas: The add-on is unhealthy because it doesn't have the desired number of replicas"
    )
    least = transform.addon_state({"addonName": "a"}, ())
    assert least == {**transform.ADDON_BLANK, "name": "a"}


@pytest.mark.parametrize(
    ("values", "means"),
    [
        (None, {}),
        ("  ", {}),
        ('{"a": {"b": 1}}', {"a": {"b": 1}}),
        ("a:\n  b: 1\n", {"a": {"b": 1}}),
        ("# nothing", {}),
        ("a: b: c", "a: b: c"),
    ],
)
def test_configuration_values_are_what_they_mean(values, means):
    assert transform.document(values) == means


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {"replicaCount": {"type": "integer"}, "env": {"type": "object"}},
}


@pytest.mark.parametrize(
    ("schema", "values", "faults"),
    [
        (SCHEMA, {"replicaCount": 2, "env": {"a": "b"}}, []),
        (SCHEMA, {"replicaCount": "two"}, ["replicaCount: 'two' is not of type 'integer'"]),
        (SCHEMA, {"replicas": 2}, ["$: Additional properties are not allowed ('replicas' was unexpected)"]),
        pytest.param({"type": 7}, {"a": 1}, [], id="a schema that is none"),
    ],
)
def test_a_configuration_is_checked_against_the_schema(schema, values, faults):
    assert transform.configuration_faults(json.dumps(schema), values) == faults


def addon(**options: Any) -> dict[str, Any]:
    return {"name": "coredns", "purge_tags": True, **options}


HAS = transform.addon_state(DESCRIBED, ())


@pytest.mark.parametrize(
    ("options", "current", "attributes"),
    [
        ({}, HAS, {}),
        ({}, None, {"namespace": "kube-system"}),
        ({"configuration": None}, HAS, {"configuration": {}}),
        ({"pod_identity_associations": None}, HAS, {"pod_identity_associations": []}),
        ({"service_account_role_arn": ""}, HAS, {"service_account_role_arn": None}),
        pytest.param({"namespace": "other"}, HAS, {}, id="EKS tells no namespace of older ones"),
        ({"namespace": "o"}, {**HAS, "namespace": "n"}, {"namespace": "o"}),
        pytest.param({}, {**HAS, "status": "CREATE_FAILED"}, {"status": "ACTIVE"}, id="tried again"),
        ({"tags": {"n": 7}, "purge_tags": False}, HAS, {"tags": {"app": "shop", "n": "7"}}),
    ],
)
def test_only_what_was_given_is_asked_for_of_an_addon(options, current, attributes):
    wanted = transform.desired_addon(addon(**options), current, None, "kube-system")
    assert wanted == {"name": "coredns", **attributes}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"service_account_role_arn": "role/x"}, "service_account_role_arn is role/x, which is no ARN of an IAM role"),
        (
            {"pod_identity_associations": [{"service_account": "a", "role_arn": "arn:aws:iam::1:user/x"}]},
            r"pod_identity_associations\[1\].role_arn is arn:aws:iam::1:user/x",
        ),
        (
            {"pod_identity_associations": [{"service_account": "A b", "role_arn": ROLE}]},
            r"\[1\].service_account is 'A b'",
        ),
        (
            {"pod_identity_associations": [{"service_account": "a", "role_arn": ROLE + name} for name in "xy"]},
            r"pod_identity_associations\[2\] names service account a again",
        ),
    ],
)
def test_what_eks_would_refuse_of_an_addon_is_named_with_its_path(options, says):
    with pytest.raises(ReplatformError, match=f"add-on coredns: .*{says}") as caught:
        transform.check_addon(addon(**options))
    assert caught.value.code == "InvalidOptions"


def test_a_placeholder_of_check_mode_is_taken_for_a_role():
    transform.check_addon(addon(service_account_role_arn="(role shop-sandbox-ebs-csi)"))


def test_what_ails_an_addon_comes_with_what_to_do():
    said = transform.troubles(["AccessDenied: no", "AccessDenied: again", "InternalFailure: x"])
    assert said == (
        "AccessDenied: no; AccessDenied: again; InternalFailure: x; give the add-on's role or the nodes' role the"
        " permission that is named"
    )
    assert "EKS names no health issue" in transform.troubles([])


# Access entries

ADMIN = ROLE + "team/admin"


def entry(**options: Any) -> dict[str, Any]:
    return {"principal_arn": ADMIN, "purge_tags": True, **options}


def test_an_entry_and_its_policies_are_normalised():
    described = {"principalArn": ADMIN, "accessEntryArn": "arn", "type": "STANDARD", "username": "u",
                 "kubernetesGroups": ["b", "a"], "tags": {}}  # fmt: skip
    associated = [
        {
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "namespace", "namespaces": ["y", "x"]},
        },
        {
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy",
            "accessScope": {"type": "cluster", "namespaces": []},
        },
    ]
    assert transform.entry_state(described, associated) == {
        "principal_arn": ADMIN,
        "arn": "arn",
        "type": "STANDARD",
        "username": "u",
        "kubernetes_groups": ["a", "b"],
        "policies": [
            {"policy": "AmazonEKSAdminPolicy", "scope": "cluster", "namespaces": []},
            {"policy": "AmazonEKSViewPolicy", "scope": "namespace", "namespaces": ["x", "y"]},
        ],
        "tags": {},
    }


NODE = {**transform.ENTRY_BLANK, "principal_arn": ADMIN, "type": "EC2_LINUX", "kubernetes_groups": ["system:nodes"]}


@pytest.mark.parametrize(
    ("options", "current", "attributes"),
    [
        ({}, None, {"type": "STANDARD"}),
        ({}, NODE, {}),
        ({"type": "STANDARD"}, NODE, {"type": "STANDARD"}),
        pytest.param({"kubernetes_groups": []}, NODE, {}, id="EKS chooses a node's groups"),
        ({"kubernetes_groups": None}, {**NODE, "type": "STANDARD"}, {"kubernetes_groups": []}),
        (
            {"policies": [{"policy": "arn:aws:eks::aws:cluster-access-policy/P", "scope": "cluster"}]},
            None,
            {"type": "STANDARD", "policies": [{"policy": "P", "scope": "cluster", "namespaces": []}]},
        ),
    ],
)
def test_only_what_was_given_is_asked_for_of_an_entry(options, current, attributes):
    assert transform.desired_entry(entry(**options), current) == {"principal_arn": ADMIN, **attributes}


VIEW = {"policy": "AmazonEKSViewPolicy", "scope": "cluster"}


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"principal_arn": "admin"}, "STANDARD", "principal_arn is no ARN of an IAM role or user"),
        (
            {"principal_arn": "arn:aws:sts::123456789012:assumed-role/admin/me"},
            "STANDARD",
            "is a session of a role; give the role itself, arn:aws:iam::123456789012:role/admin",
        ),
        ({"principal_arn": ROLE + "aws-service-role/x"}, "STANDARD", "is a service-linked role"),
        ({"principal_arn": "arn:aws:iam::123456789012:user/x"}, "EC2_LINUX", "is no role, which the type EC2_LINUX"),
        ({"username": "x"}, "EC2_LINUX", "username cannot be set for the type EC2_LINUX"),
        ({"kubernetes_groups": ["x"]}, "EC2", "kubernetes_groups cannot be set for the type EC2"),
        ({"policies": [VIEW]}, "HYBRID_LINUX", "policies cannot be associated with the type HYBRID_LINUX"),
        ({"kubernetes_groups": ["a", "system:masters"]}, "STANDARD", r"kubernetes_groups\[2\] is system:masters"),
        ({"username": "amazon:me"}, "STANDARD", "takes none that begins with amazon:"),
        ({"username": "me{{SessionName}}"}, "STANDARD", "needs a colon before {{SessionName}}"),
        ({"policies": [VIEW, VIEW]}, "STANDARD", r"policies\[2\] names AmazonEKSViewPolicy again"),
        ({"policies": [{**VIEW, "scope": "namespace"}]}, "STANDARD", r"policies\[1\].namespaces is empty"),
        ({"policies": [{**VIEW, "namespaces": ["a"]}]}, "STANDARD", "the scope is cluster; set scope to namespace"),
    ],
)
def test_what_eks_would_refuse_of_an_entry_is_named_with_its_path(options, kind, says):
    with pytest.raises(ReplatformError, match=f"access entry .*: .*{says}"):
        transform.check_entry(entry(**options), kind)


@pytest.mark.parametrize("kind", ["STANDARD", "EC2"])
def test_types_with_policies_take_them(kind):
    transform.check_entry(entry(policies=[VIEW]), kind)


def test_a_policy_that_is_none_is_refused_with_the_nearest():
    known = [transform.policy_arn(name, ADMIN) for name in ("AmazonEKSViewPolicy", "AmazonEKSClusterAdminPolicy")]
    assert transform.unknown_policies({"AmazonEKSViewPolicy"}, known) is None
    refused = transform.unknown_policies({"AmazonEKSViewPolcy", "AmazonEKSViewPolicy"}, known)
    assert refused is not None
    assert "no access policy AmazonEKSViewPolcy; take one of those that it offers, such as AmazonEKSView" in str(
        refused
    )


def test_a_policy_has_the_principals_partition():
    arn = transform.policy_arn("P", "arn:aws-cn:iam::1:role/x")
    assert arn == "arn:aws-cn:eks::aws:cluster-access-policy/P"


# Pod identity associations


def association(**options: Any) -> dict[str, Any]:
    return {"name": "shop/web", "namespace": "shop", "service_account": "web", "purge_tags": True, **options}


DESCRIBED_ASSOCIATION = {
    "clusterName": "shop",
    "namespace": "shop",
    "serviceAccount": "web",
    "roleArn": ROLE + "web",
    "associationArn": "arn:aws:eks:eu-central-1:123456789012:podidentityassociation/shop/a-1",
    "associationId": "a-1",
    "tags": {},
}
STATE = transform.association_state(DESCRIBED_ASSOCIATION)


def test_an_association_is_normalised():
    assert transform.association_state(DESCRIBED_ASSOCIATION) == {
        "name": "shop/web",
        "namespace": "shop",
        "service_account": "web",
        "id": "a-1",
        "arn": DESCRIBED_ASSOCIATION["associationArn"],
        "role_arn": ROLE + "web",
        "target_role_arn": None,
        "external_id": None,
        "session_tags": True,
        "policy": None,
        "owner": None,
        "tags": {},
    }
    more = {
        "policy": '{"Statement": []}',
        "disableSessionTags": True,
        "ownerArn": "arn:aws:eks:e:1:addon/shop/vpc-cni/9",
    }
    state = transform.association_state({**DESCRIBED_ASSOCIATION, **more})
    assert (state["policy"], state["session_tags"], state["owner"]) == ({"Statement": []}, False, "vpc-cni")


@pytest.mark.parametrize(
    ("options", "attributes"),
    [
        ({"role_arn": ROLE + "x"}, {"role_arn": ROLE + "x"}),
        ({"target_role_arn": None}, {"target_role_arn": None}),
        ({"session_tags": False, "policy": {"a": 1}}, {"session_tags": False, "policy": {"a": 1}}),
        ({"policy": {}}, {"policy": None}),
        ({"tags": None}, {"tags": {}}),
    ],
)
def test_only_what_was_given_is_asked_for_of_an_association(options, attributes):
    plain = {"name": "shop/web", "namespace": "shop", "service_account": "web"}
    assert transform.desired_association(association(**options), STATE) == {**plain, **attributes}


def test_a_session_policy_beside_session_tags_is_refused():
    with pytest.raises(ReplatformError, match="policy needs session_tags: false"):
        transform.desired_association(association(policy={"a": 1}), None)
    without = {**STATE, "session_tags": False}
    assert transform.desired_association(association(policy={"a": 1}), without)["policy"] == {"a": 1}


def test_what_belongs_to_an_addon_is_left_alone_and_a_change_is_refused():
    theirs = {**STATE, "owner": "vpc-cni"}
    transform.desired_association(association(role_arn=ROLE + "web"), theirs)
    with pytest.raises(
        ReplatformError, match="belongs to the add-on vpc-cni, so role_arn cannot be changed here"
    ) as caught:
        transform.desired_association(association(role_arn=ROLE + "x"), theirs)
    assert caught.value.code == "OwnedByAddon"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"namespace": "Shop"}, "namespace is 'Shop', which is no name of Kubernetes"),
        ({"service_account": ""}, "service_account is '', which is no name"),
        ({"role_arn": "web"}, "role_arn is web, which is no ARN of an IAM role"),
        ({"target_role_arn": "arn:aws:iam::12:role/x"}, "target_role_arn is arn:aws:iam::12:role/x"),
    ],
)
def test_what_eks_would_refuse_of_an_association_is_named_with_its_path(options, says):
    with pytest.raises(ReplatformError, match=says):
        transform.check_association(association(**options))
