"""IAM, as its API Reference says, where the emulator's own extension has to do it."""

from __future__ import annotations

import json
from typing import Any

from tests.support.aws_behaviour import Behaviour

REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_"
POLICY = "arn:aws:iam::123456789012:policy/t-behaviour"
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/t-behaviour.example"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
READ = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
LONG = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::" + "x" * 900] * 12})


def does(name: str, operation: str, expect: dict[str, Any] | str, **parameters: Any) -> Behaviour:
    return Behaviour(name, ("iam", operation, parameters), expect, f"{REFERENCE}{operation}.html")


BEHAVIOUR = [
    does("a provider is made", "CreateOpenIDConnectProvider", {"OpenIDConnectProviderArn": PROVIDER},
         Url="https://t-behaviour.example", ClientIDList=["a"]),
    does("a client id is added", "AddClientIDToOpenIDConnectProvider", {},
         OpenIDConnectProviderArn=PROVIDER, ClientID="b"),
    does("adding it again is no error", "AddClientIDToOpenIDConnectProvider", {},
         OpenIDConnectProviderArn=PROVIDER, ClientID="b"),
    does("both are there once", "GetOpenIDConnectProvider", {"ClientIDList": ["a", "b"]},
         OpenIDConnectProviderArn=PROVIDER),
    does("a client id is removed", "RemoveClientIDFromOpenIDConnectProvider", {},
         OpenIDConnectProviderArn=PROVIDER, ClientID="a"),
    does("removing what is not there is no error", "RemoveClientIDFromOpenIDConnectProvider", {},
         OpenIDConnectProviderArn=PROVIDER, ClientID="never"),
    does("one is left", "GetOpenIDConnectProvider", {"ClientIDList": ["b"]}, OpenIDConnectProviderArn=PROVIDER),
    does("a client id needs a provider", "AddClientIDToOpenIDConnectProvider", "NoSuchEntity",
         OpenIDConnectProviderArn=f"{PROVIDER}x", ClientID="b"),
    does("a provider is deleted", "DeleteOpenIDConnectProvider", {}, OpenIDConnectProviderArn=PROVIDER),
    does("a role is made", "CreateRole", {"Role": {"Path": "/", "MaxSessionDuration": 7200}},
         RoleName="t-behaviour", AssumeRolePolicyDocument=TRUST, Description="old", MaxSessionDuration=7200),
    does("a role has one name", "CreateRole", "EntityAlreadyExists",
         RoleName="t-behaviour", AssumeRolePolicyDocument=TRUST),
    does("the description is changed", "UpdateRole", {}, RoleName="t-behaviour", Description="new"),
    does("what was not given stays", "GetRole", {"Role": {"Description": "new", "MaxSessionDuration": 7200}},
         RoleName="t-behaviour"),
    does("inline policies have a size together", "PutRolePolicy", "LimitExceeded",
         RoleName="t-behaviour", PolicyName="long", PolicyDocument=LONG),
    does("a policy is made", "CreatePolicy", {"Policy": {"Arn": POLICY}},
         PolicyName="t-behaviour", PolicyDocument=READ),
    does("it is attached", "AttachRolePolicy", {}, RoleName="t-behaviour", PolicyArn=POLICY),
    does("attaching it again is no error", "AttachRolePolicy", {}, RoleName="t-behaviour", PolicyArn=POLICY),
    does("it is counted once", "GetPolicy", {"Policy": {"AttachmentCount": 1}}, PolicyArn=POLICY),
    does("attached it cannot be deleted", "DeletePolicy", "DeleteConflict", PolicyArn=POLICY),
    does("a role with a policy cannot be deleted", "DeleteRole", "DeleteConflict", RoleName="t-behaviour"),
    does("it is detached", "DetachRolePolicy", {}, RoleName="t-behaviour", PolicyArn=POLICY),
    does("a second version is made", "CreatePolicyVersion", {"PolicyVersion": {"VersionId": "v2"}},
         PolicyArn=POLICY, PolicyDocument=READ, SetAsDefault=True),
    does("with two versions it cannot be deleted", "DeletePolicy", "DeleteConflict", PolicyArn=POLICY),
    does("the default version cannot be deleted", "DeletePolicyVersion", "DeleteConflict",
         PolicyArn=POLICY, VersionId="v2"),
    does("another version can", "DeletePolicyVersion", {}, PolicyArn=POLICY, VersionId="v1"),
    does("then it is deleted", "DeletePolicy", {}, PolicyArn=POLICY),
    does("the role is deleted", "DeleteRole", {}, RoleName="t-behaviour"),
    does("it is gone", "GetRole", "NoSuchEntity", RoleName="t-behaviour"),
]  # fmt: skip
