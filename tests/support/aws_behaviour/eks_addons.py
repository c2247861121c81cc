"""EKS add-ons, access entries and pod identity associations, as the EKS User Guide and the API Reference tell them."""

from __future__ import annotations

import json
from typing import Any

from tests.support.aws_behaviour import Answers, Behaviour

GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/"
REFERENCE = "https://docs.aws.amazon.com/eks/latest/APIReference/API_"
ADDONS = GUIDE + "eks-add-ons.html"
ADDONS_IAM = GUIDE + "add-ons-iam.html"
CUSTOM_NAMESPACE = GUIDE + "eks-add-ons.html#custom-namespace"
RETRIEVE_IAM = GUIDE + "retreive-iam-info.html"
ENTRIES = GUIDE + "creating-access-entries.html"
POLICIES = GUIDE + "access-policies.html"
NODE_CLASS = GUIDE + "create-node-class.html"
IDENTITIES = GUIDE + "pod-id-association.html"

ROLE = "arn:aws:iam::123456789012:role/"
POLICY = "arn:aws:eks::aws:cluster-access-policy/"
C = {"clusterName": "b"}


def eks(operation: str, **parameters: Any) -> tuple[str, str, dict[str, Any]]:
    return ("eks", operation, {**C, **parameters})


def later(operation: str, make: Any) -> Any:
    """A call whose parameters come from earlier answers."""
    return ("eks", operation, lambda answers: {**C, **make(answers)})


def identity(account: str, role: str) -> dict[str, str]:
    return {"serviceAccount": account, "roleArn": ROLE + role}


def association_of(name: str) -> Any:
    return lambda answers: {"associationId": answers[name]["association"]["associationId"]}


def owned(answers: Answers) -> str:
    """The id of the association that the add-on made."""
    return str(answers["an add-on tells its associations"]["addon"]["podIdentityAssociations"][0].rpartition("/")[2])


CLUSTER = [
    Behaviour(
        "a cluster that takes access entries",
        (
            "eks",
            "CreateCluster",
            {
                "name": "b",
                "version": "1.34",
                "roleArn": ROLE + "eks",
                "resourcesVpcConfig": {"subnetIds": ["subnet-a", "subnet-b"]},
                "accessConfig": {"authenticationMode": "API"},
            },
        ),
        {"cluster": {"name": "b"}},
        page=REFERENCE + "CreateCluster.html",
    )
]

ADDON = [
    Behaviour(
        "no add-on of a cluster that is none",
        ("eks", "ListAddons", {"clusterName": "none"}),
        "ResourceNotFoundException",
        page=REFERENCE + "ListAddons.html",
    ),
    Behaviour(
        "the versions of an add-on for one Kubernetes version",
        ("eks", "DescribeAddonVersions", {"addonName": "coredns", "kubernetesVersion": "1.34"}),
        {"addons": [{"addonName": "coredns", "owner": "aws", "type": "networking", "defaultNamespace": "kube-system"}]},
        page=RETRIEVE_IAM,
    ),
    Behaviour(
        "an add-on that needs permissions says so",
        ("eks", "DescribeAddonConfiguration", {"addonName": "vpc-cni", "addonVersion": "v1.20.4-eksbuild.2"}),
        {
            "configurationSchema": ...,
            "podIdentityConfiguration": [
                {
                    "serviceAccount": "aws-node",
                    "recommendedManagedPolicies": ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"],
                }
            ],
        },
        page=RETRIEVE_IAM,
    ),
    Behaviour(
        "an add-on that nobody offers",
        eks("CreateAddon", addonName="none"),
        "InvalidParameterException",
        page=REFERENCE + "CreateAddon.html",
    ),
    Behaviour(
        "a version that is not for the cluster's Kubernetes version",
        eks("CreateAddon", addonName="coredns", addonVersion="v1.14.2-eksbuild.1"),
        "InvalidParameterException",
        page=REFERENCE + "CreateAddon.html",
    ),
    Behaviour(
        "values that the schema does not allow",
        eks("CreateAddon", addonName="coredns", configurationValues='{"replicas": 2}'),
        "InvalidParameterException",
        page=REFERENCE + "CreateAddon.html",
    ),
    Behaviour(
        "an add-on gets the default version and namespace",
        eks("CreateAddon", addonName="coredns", configurationValues='{"replicaCount": 2}', tags={"a": "1"}),
        {
            "addon": {
                "status": "CREATING",
                "addonVersion": "v1.12.3-eksbuild.1",
                "addonArn": ...,
                "configurationValues": '{"replicaCount": 2}',
                "tags": {"a": "1"},
            }
        },
        page=REFERENCE + "CreateAddon.html",
    ),
    Behaviour(
        "no change while it is created",
        eks("UpdateAddon", addonName="coredns", addonVersion="v1.12.4-eksbuild.1"),
        "ResourceInUseException",
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "it works when it is looked at",
        eks("DescribeAddon", addonName="coredns"),
        {"addon": {"status": "ACTIVE", "health": {"issues": []}, "owner": "aws"}},
        page=REFERENCE + "DescribeAddon.html",
    ),
    Behaviour(
        "a name is there once",
        eks("CreateAddon", addonName="coredns"),
        "ResourceInUseException",
        page=REFERENCE + "CreateAddon.html",
    ),
    Behaviour(
        "an update has an id",
        eks("UpdateAddon", addonName="coredns", addonVersion="v1.12.4-eksbuild.1", serviceAccountRoleArn=ROLE + "dns"),
        {"update": {"type": "AddonUpdate", "status": "InProgress", "id": ...}},
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "which tells how it goes",
        (
            "eks",
            "DescribeUpdate",
            lambda answers: {
                "name": "b",
                "addonName": "coredns",
                "updateId": answers["an update has an id"]["update"]["id"],
            },
        ),
        {"update": {"status": "Successful"}},
        page=REFERENCE + "DescribeUpdate.html",
    ),
    Behaviour(
        "the values that no update named stay",
        eks("DescribeAddon", addonName="coredns"),
        {
            "addon": {
                "addonVersion": "v1.12.4-eksbuild.1",
                "serviceAccountRoleArn": ROLE + "dns",
                "configurationValues": '{"replicaCount": 2}',
            }
        },
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "an update without the role",
        eks("UpdateAddon", addonName="coredns", resolveConflicts="PRESERVE"),
        {"update": {"id": ...}},
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "takes it away",
        eks("DescribeAddon", addonName="coredns"),
        {"addon": {"status": "ACTIVE"}},
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "an add-on in a namespace of its user's choice",
        eks("CreateAddon", addonName="cert-manager", namespaceConfig={"namespace": "certificates"}),
        {"addon": {"namespaceConfig": {"namespace": "certificates"}, "owner": "community"}},
        page=CUSTOM_NAMESPACE,
    ),
    Behaviour(
        "the add-ons of a cluster", eks("ListAddons", maxResults=1), {"addons": [...], "nextToken": ...}, page=ADDONS
    ),
    Behaviour(
        "and the rest of them",
        later("ListAddons", lambda answers: {"nextToken": answers["the add-ons of a cluster"]["nextToken"]}),
        {"addons": ["coredns"]},
        page=REFERENCE + "ListAddons.html",
    ),
    Behaviour(
        "an update of what is not there",
        eks("UpdateAddon", addonName="vpc-cni"),
        "ResourceNotFoundException",
        page=REFERENCE + "UpdateAddon.html",
    ),
]

ADDON_IDENTITY = [
    Behaviour(
        "an add-on without a service account takes no role",
        eks("CreateAddon", addonName="kube-proxy", podIdentityAssociations=[identity("kube-proxy", "x")]),
        "InvalidParameterException",
        page=ADDONS_IAM,
    ),
    Behaviour(
        "only the add-on's own service accounts take one",
        eks("CreateAddon", addonName="aws-ebs-csi-driver", podIdentityAssociations=[identity("other", "x")]),
        "InvalidParameterException",
        page=ADDONS_IAM,
    ),
    Behaviour(
        "an add-on with a role",
        eks(
            "CreateAddon",
            addonName="aws-ebs-csi-driver",
            podIdentityAssociations=[identity("ebs-csi-controller-sa", "ebs")],
        ),
        {"addon": {"podIdentityAssociations": [...]}},
        page=ADDONS_IAM,
    ),
    Behaviour(
        "an add-on tells its associations",
        eks("DescribeAddon", addonName="aws-ebs-csi-driver"),
        {"addon": {"status": "ACTIVE", "podIdentityAssociations": [...]}},
        page=ADDONS_IAM,
    ),
    Behaviour(
        "which belong to it",
        later("DescribePodIdentityAssociation", lambda answers: {"associationId": owned(answers)}),
        {"association": {"ownerArn": ..., "roleArn": ROLE + "ebs", "namespace": "kube-system"}},
        page=GUIDE + "update-addon-role.html",
    ),
    Behaviour(
        "an update that names none leaves them",
        eks("UpdateAddon", addonName="aws-ebs-csi-driver", resolveConflicts="OVERWRITE"),
        {"update": {"id": ...}},
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "so one is there",
        eks("ListPodIdentityAssociations", serviceAccount="ebs-csi-controller-sa"),
        {"associations": [{"ownerArn": ...}]},
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "it works again after that",
        eks("DescribeAddon", addonName="aws-ebs-csi-driver"),
        {"addon": {"status": "ACTIVE"}},
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "an empty list removes them",
        eks("UpdateAddon", addonName="aws-ebs-csi-driver", podIdentityAssociations=[]),
        {"update": {"id": ...}},
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "so none is there",
        eks("ListPodIdentityAssociations", serviceAccount="ebs-csi-controller-sa"),
        {"associations": []},
        page=REFERENCE + "UpdateAddon.html",
    ),
    Behaviour(
        "an association of its own for an add-on's service account",
        eks("CreatePodIdentityAssociation", namespace="kube-system", **identity("aws-node", "cni")),
        {"association": {"associationId": ...}},
        page=IDENTITIES,
    ),
    Behaviour(
        "is not taken over by the add-on",
        eks("CreateAddon", addonName="vpc-cni", podIdentityAssociations=[identity("aws-node", "cni")]),
        "ResourceInUseException",
        page=ADDONS_IAM,
    ),
    Behaviour(
        "and is deleted by hand",
        later(
            "DeletePodIdentityAssociation",
            association_of("an association of its own for an add-on's service account"),
        ),
        {"association": {"serviceAccount": "aws-node"}},
        page=REFERENCE + "DeletePodIdentityAssociation.html",
    ),
    Behaviour(
        "before the add-on has it",
        eks("CreateAddon", addonName="vpc-cni", podIdentityAssociations=[identity("aws-node", "cni")]),
        {"addon": {"status": "CREATING"}},
        page=ADDONS_IAM,
    ),
    Behaviour(
        "an add-on that is deleted",
        eks("DeleteAddon", addonName="vpc-cni"),
        {"addon": {"status": "DELETING"}},
        page=REFERENCE + "DeleteAddon.html",
    ),
    Behaviour(
        "takes its associations along",
        eks("ListPodIdentityAssociations", serviceAccount="aws-node"),
        {"associations": []},
        page=ADDONS_IAM,
    ),
    Behaviour(
        "one more add-on with a role",
        eks("CreateAddon", addonName="external-dns", podIdentityAssociations=[identity("external-dns", "dns")]),
        {"addon": {"status": "CREATING"}},
        page=ADDONS_IAM,
    ),
    Behaviour(
        "deleted with preserve",
        eks("DeleteAddon", addonName="external-dns", preserve=True),
        {"addon": {"status": "DELETING"}},
        page=REFERENCE + "DeleteAddon.html",
    ),
    Behaviour(
        "leaves them",
        eks("ListPodIdentityAssociations", serviceAccount="external-dns"),
        {"associations": [{"namespace": "external-dns"}]},
        page=ADDONS_IAM,
    ),
    Behaviour(
        "a deleted add-on is gone",
        eks("DescribeAddon", addonName="vpc-cni"),
        "ResourceNotFoundException",
        page=REFERENCE + "DescribeAddon.html",
    ),
    Behaviour(
        "and is not deleted again",
        eks("DeleteAddon", addonName="vpc-cni"),
        "ResourceNotFoundException",
        page=REFERENCE + "DeleteAddon.html",
    ),
]

ENTRY = [
    Behaviour(
        "an entry is STANDARD when no type is named, and EKS chooses its name",
        eks("CreateAccessEntry", principalArn=ROLE + "team/admin", tags={"a": "1"}),
        {
            "accessEntry": {
                "type": "STANDARD",
                "username": "arn:aws:sts::123456789012:assumed-role/admin/{{SessionName}}",
                "kubernetesGroups": [],
                "accessEntryArn": ...,
            }
        },
        page=ENTRIES,
    ),
    Behaviour(
        "a principal is in one entry",
        eks("CreateAccessEntry", principalArn=ROLE + "team/admin"),
        "ResourceInUseException",
        page=ENTRIES,
    ),
    Behaviour(
        "a user's name is its ARN",
        eks("CreateAccessEntry", principalArn="arn:aws:iam::123456789012:user/me"),
        {"accessEntry": {"username": "arn:aws:iam::123456789012:user/me"}},
        page=ENTRIES,
    ),
    Behaviour(
        "a node's role gets its name and group from EKS",
        eks("CreateAccessEntry", principalArn=ROLE + "node", type="EC2_LINUX"),
        {"accessEntry": {"username": "system:node:{{EC2PrivateDNSName}}", "kubernetesGroups": ["system:nodes"]}},
        page=ENTRIES,
    ),
    Behaviour(
        "and takes no others",
        eks("CreateAccessEntry", principalArn=ROLE + "node2", type="EC2_LINUX", kubernetesGroups=["mine"]),
        "InvalidParameterException",
        page=ENTRIES,
    ),
    Behaviour(
        "nor an update",
        eks("UpdateAccessEntry", principalArn=ROLE + "node", kubernetesGroups=["mine"]),
        "InvalidParameterException",
        page=REFERENCE + "UpdateAccessEntry.html",
    ),
    Behaviour(
        "nor a policy",
        eks(
            "AssociateAccessPolicy",
            principalArn=ROLE + "node",
            policyArn=POLICY + "AmazonEKSViewPolicy",
            accessScope={"type": "cluster"},
        ),
        "InvalidRequestException",
        page=POLICIES,
    ),
    Behaviour(
        "a type that is none",
        eks("CreateAccessEntry", principalArn=ROLE + "node2", type="EC2_MACOS"),
        "InvalidParameterException",
        page=ENTRIES,
    ),
    Behaviour(
        "a node is a role and no user",
        eks("CreateAccessEntry", principalArn="arn:aws:iam::123456789012:user/node", type="EC2_LINUX"),
        "InvalidParameterException",
        page=ENTRIES,
    ),
    Behaviour(
        "Auto Mode's nodes take their policy",
        eks("CreateAccessEntry", principalArn=ROLE + "auto", type="EC2"),
        {"accessEntry": {"type": "EC2"}},
        page=NODE_CLASS,
    ),
    Behaviour(
        "which is this one",
        eks(
            "AssociateAccessPolicy",
            principalArn=ROLE + "auto",
            policyArn=POLICY + "AmazonEKSAutoNodePolicy",
            accessScope={"type": "cluster"},
        ),
        {"associatedAccessPolicy": {"accessScope": {"type": "cluster"}}},
        page=NODE_CLASS,
    ),
    Behaviour(
        "no group begins with system:",
        eks("UpdateAccessEntry", principalArn=ROLE + "team/admin", kubernetesGroups=["system:masters"]),
        "InvalidParameterException",
        page=ENTRIES,
    ),
    Behaviour(
        "no name begins with eks:",
        eks("UpdateAccessEntry", principalArn=ROLE + "team/admin", username="eks:me"),
        "InvalidParameterException",
        page=ENTRIES,
    ),
    Behaviour(
        "the session's name comes behind a colon",
        eks("UpdateAccessEntry", principalArn=ROLE + "team/admin", username="john{{SessionName}}"),
        "InvalidParameterException",
        page=ENTRIES,
    ),
    Behaviour(
        "name and groups can change",
        eks(
            "UpdateAccessEntry",
            principalArn=ROLE + "team/admin",
            username="jo:hn{{SessionName}}",
            kubernetesGroups=["viewers"],
        ),
        {"accessEntry": {"username": "jo:hn{{SessionName}}", "kubernetesGroups": ["viewers"]}},
        page=ENTRIES,
    ),
    Behaviour(
        "no service-linked role",
        eks("CreateAccessEntry", principalArn=ROLE + "aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"),
        "InvalidParameterException",
        page=ENTRIES,
    ),
    Behaviour(
        "no session of a role",
        eks("CreateAccessEntry", principalArn="arn:aws:sts::123456789012:assumed-role/a/b"),
        "InvalidParameterException",
        page=ENTRIES,
    ),
    Behaviour(
        "a policy for some namespaces",
        eks(
            "AssociateAccessPolicy",
            principalArn=ROLE + "team/admin",
            policyArn=POLICY + "AmazonEKSEditPolicy",
            accessScope={"type": "namespace", "namespaces": ["shop", "shop-*"]},
        ),
        {"associatedAccessPolicy": {"accessScope": {"namespaces": ["shop", "shop-*"]}}},
        page=POLICIES,
    ),
    Behaviour(
        "the same policy again has another scope",
        eks(
            "AssociateAccessPolicy",
            principalArn=ROLE + "team/admin",
            policyArn=POLICY + "AmazonEKSEditPolicy",
            accessScope={"type": "cluster"},
        ),
        {"associatedAccessPolicy": {"accessScope": {"type": "cluster"}}},
        page=POLICIES,
    ),
    Behaviour(
        "so that it is there once",
        eks("ListAssociatedAccessPolicies", principalArn=ROLE + "team/admin"),
        {
            "associatedAccessPolicies": [
                {"policyArn": POLICY + "AmazonEKSEditPolicy", "accessScope": {"type": "cluster"}}
            ]
        },
        page=POLICIES,
    ),
    Behaviour(
        "namespaces are asked for with their scope",
        eks(
            "AssociateAccessPolicy",
            principalArn=ROLE + "team/admin",
            policyArn=POLICY + "AmazonEKSViewPolicy",
            accessScope={"type": "namespace"},
        ),
        "InvalidParameterException",
        page=REFERENCE + "AccessScope.html",
    ),
    Behaviour(
        "who has a policy",
        eks("ListAccessEntries", associatedPolicyArn=POLICY + "AmazonEKSEditPolicy"),
        {"accessEntries": [ROLE + "team/admin"]},
        page=REFERENCE + "ListAccessEntries.html",
    ),
    Behaviour(
        "a policy is taken away",
        eks("DisassociateAccessPolicy", principalArn=ROLE + "team/admin", policyArn=POLICY + "AmazonEKSEditPolicy"),
        {},
        page=POLICIES,
    ),
    Behaviour(
        "the policies that there are",
        ("eks", "ListAccessPolicies", {"maxResults": 100}),
        {"accessPolicies": ...},
        page=GUIDE + "access-policy-permissions.html",
    ),
    Behaviour(
        "an entry is deleted",
        eks("DeleteAccessEntry", principalArn=ROLE + "team/admin"),
        {},
        page=REFERENCE + "DeleteAccessEntry.html",
    ),
    Behaviour(
        "and is gone",
        eks("DescribeAccessEntry", principalArn=ROLE + "team/admin"),
        "ResourceNotFoundException",
        page=REFERENCE + "DescribeAccessEntry.html",
    ),
]

SESSION_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
                                                                      "Resource": "*"}]})  # fmt: skip
MADE = "an association before its service account exists"
ASSOCIATION = [
    Behaviour(
        MADE,
        eks("CreatePodIdentityAssociation", namespace="shop", tags={"a": "1"}, **identity("web", "web")),
        {"association": {"associationId": ..., "associationArn": ..., "disableSessionTags": False, "tags": {"a": "1"}}},
        page=IDENTITIES,
    ),
    Behaviour(
        "a service account has one",
        eks("CreatePodIdentityAssociation", namespace="shop", **identity("web", "other")),
        "ResourceInUseException",
        page=REFERENCE + "CreatePodIdentityAssociation.html",
    ),
    Behaviour(
        "the list tells no role",
        eks("ListPodIdentityAssociations", namespace="shop"),
        {"associations": [{"namespace": "shop", "serviceAccount": "web"}]},
        page=REFERENCE + "ListPodIdentityAssociations.html",
    ),
    Behaviour(
        "an update changes the role, by the id",
        later(
            "UpdatePodIdentityAssociation", lambda answers: {**association_of(MADE)(answers), "roleArn": ROLE + "web2"}
        ),
        {"association": {"roleArn": ROLE + "web2", "serviceAccount": "web"}},
        page=REFERENCE + "UpdatePodIdentityAssociation.html",
    ),
    Behaviour(
        "an update changes something",
        later("UpdatePodIdentityAssociation", association_of(MADE)),
        "InvalidParameterException",
        page=REFERENCE + "UpdatePodIdentityAssociation.html",
    ),
    Behaviour(
        "a second role has an external id",
        later(
            "UpdatePodIdentityAssociation",
            lambda answers: {**association_of(MADE)(answers), "targetRoleArn": "arn:aws:iam::210987654321:role/there"},
        ),
        {"association": {"externalId": ..., "targetRoleArn": "arn:aws:iam::210987654321:role/there"}},
        page=GUIDE + "pod-id-assign-target-role.html",
    ),
    Behaviour(
        "no policy beside session tags",
        later(
            "UpdatePodIdentityAssociation",
            lambda answers: {**association_of(MADE)(answers), "policy": SESSION_POLICY},
        ),
        "InvalidParameterException",
        page=REFERENCE + "UpdatePodIdentityAssociation.html",
    ),
    Behaviour(
        "but without them",
        later(
            "UpdatePodIdentityAssociation",
            lambda answers: {**association_of(MADE)(answers), "policy": SESSION_POLICY, "disableSessionTags": True},
        ),
        {"association": {"policy": SESSION_POLICY, "disableSessionTags": True}},
        page=REFERENCE + "UpdatePodIdentityAssociation.html",
    ),
    Behaviour(
        "its tags are set by its ARN",
        (
            "eks",
            "TagResource",
            lambda answers: {"resourceArn": answers[MADE]["association"]["associationArn"], "tags": {"b": "2"}},
        ),
        {},
        page=REFERENCE + "TagResource.html",
    ),
    Behaviour(
        "and taken away",
        (
            "eks",
            "UntagResource",
            lambda answers: {"resourceArn": answers[MADE]["association"]["associationArn"], "tagKeys": ["a"]},
        ),
        {},
        page=REFERENCE + "UntagResource.html",
    ),
    Behaviour(
        "and told",
        (
            "eks",
            "ListTagsForResource",
            lambda answers: {"resourceArn": answers[MADE]["association"]["associationArn"]},
        ),
        {"tags": {"b": "2"}},
        page=REFERENCE + "ListTagsForResource.html",
    ),
    Behaviour(
        "tags of what is not there",
        (
            "eks",
            "ListTagsForResource",
            {"resourceArn": "arn:aws:eks:eu-central-1:123456789012:podidentityassociation/b/a-none"},
        ),
        "NotFoundException",
        page=REFERENCE + "ListTagsForResource.html",
    ),
    Behaviour(
        "an association is deleted by its id",
        later("DeletePodIdentityAssociation", association_of(MADE)),
        {"association": {"serviceAccount": "web"}},
        page=REFERENCE + "DeletePodIdentityAssociation.html",
    ),
    Behaviour(
        "and is gone then",
        later("DescribePodIdentityAssociation", association_of(MADE)),
        "ResourceNotFoundException",
        page=REFERENCE + "DescribePodIdentityAssociation.html",
    ),
]

BEHAVIOUR = [
    *CLUSTER,
    *ADDON,
    *ADDON_IDENTITY,
    *ENTRY,
    *ASSOCIATION,
]  # fmt: skip
