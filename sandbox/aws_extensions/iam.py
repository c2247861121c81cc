"""What moto 5.2 lacks of IAM, or does otherwise than its API Reference says.

- Client ids of OIDC providers are added and removed (AddClientIDToOpenIDConnectProvider, Remove...; both idempotent).
- DeletePolicy refuses while the policy is attached or has other versions than the default one (DeletePolicy).
- UpdateRole leaves what is not given; moto sets it back to its default (UpdateRole).
- AttachRolePolicy is idempotent, counts an attachment once, and takes 10 (quotas); PutRolePolicy takes 10240 characters
  of inline policies in all, white space not counted (PutRolePolicy).
- ListInstanceProfileTags works; GetAccountAuthorizationDetails tells policies by name, with their default version.
- A role is looked at by one thread at a time: moto's dictionaries change while another thread goes through them.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable

ATTACHED = 10
INLINE = 10240


def extend(emulator: Extendable) -> None:
    from moto.iam.responses import IamResponse

    _extend_providers(emulator)
    _extend_roles(emulator, IamResponse)
    _extend_policies(emulator, IamResponse)
    _one_at_a_time(IamResponse)


def _extend_providers(emulator: Extendable) -> None:
    from moto.core.responses import EmptyResult

    def add_client_id(response: Any) -> Any:
        provider = _provider(response)
        provider.client_id_list = list(dict.fromkeys([*provider.client_id_list, response._get_param("ClientID")]))
        return EmptyResult()

    def remove_client_id(response: Any) -> Any:
        provider = _provider(response)
        provider.client_id_list = [one for one in provider.client_id_list if one != response._get_param("ClientID")]
        return EmptyResult()

    # Id, not ID: moto's method is add_client_id_to_open_id_connect_provider.
    emulator.operation("iam", "AddClientIdToOpenIdConnectProvider", add_client_id)
    emulator.operation("iam", "RemoveClientIdFromOpenIdConnectProvider", remove_client_id)


def _extend_roles(emulator: Extendable, responses: Any) -> None:
    from moto.core.responses import ActionResult, EmptyResult
    from moto.iam.exceptions import LimitExceededException

    update, attach, put = responses.update_role, responses.attach_role_policy, responses.put_role_policy

    def update_role(response: Any) -> Any:
        role = response.backend.get_role(response._get_param("RoleName"))
        before = role.description, role.max_session_duration
        answer = update(response)
        given = response._get_param("Description"), response._get_param("MaxSessionDuration")
        role.description, role.max_session_duration = (
            old if new is None else new for old, new in zip(before, given, strict=True)
        )
        return answer

    def attach_role_policy(response: Any) -> Any:
        role = response.backend.get_role(response._get_param("RoleName"))
        if response._get_param("PolicyArn") in role.managed_policies:
            return EmptyResult()
        if len(role.managed_policies) >= ATTACHED:
            raise LimitExceededException(f"Cannot exceed quota for PoliciesPerRole: {ATTACHED}")
        return attach(response)

    def put_role_policy(response: Any) -> Any:
        role = response.backend.get_role(response._get_param("RoleName"))
        documents = {**role.policies, response._get_param("PolicyName"): response._get_param("PolicyDocument")}
        if sum(len(re.sub(r"\s", "", text)) for text in documents.values()) > INLINE:
            raise LimitExceededException(f"Maximum policy size of {INLINE} bytes exceeded for role {role.name}")
        return put(response)

    def profile_tags(response: Any) -> Any:
        profile = response.backend.get_instance_profile(response._get_param("InstanceProfileName"))
        return ActionResult({"Tags": profile.tags, "IsTruncated": False})

    emulator.operation("iam", "UpdateRole", update_role)
    emulator.operation("iam", "AttachRolePolicy", attach_role_policy)
    emulator.operation("iam", "PutRolePolicy", put_role_policy)
    emulator.operation("iam", "ListInstanceProfileTags", profile_tags)


def _extend_policies(emulator: Extendable, responses: Any) -> None:
    from moto.iam.exceptions import DeleteConflictException

    delete_policy, tell = responses.delete_policy, responses.get_account_authorization_details

    def delete(response: Any) -> Any:
        policy = response.backend.get_policy(response._get_param("PolicyArn"))
        if policy.attachment_count:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise DeleteConflictException(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's"
                " versions. The default version is deleted with the policy."
            )
        return delete_policy(response)

    def details(response: Any) -> Any:
        answer = tell(response)
        answer.result["Policies"] = [_policy_detail(policy) for policy in answer.result["Policies"]]
        return answer

    emulator.operation("iam", "GetAccountAuthorizationDetails", details)
    emulator.operation("iam", "DeletePolicy", delete)


def _provider(response: Any) -> Any:
    return response.backend.get_open_id_connect_provider(response._get_param("OpenIDConnectProviderArn"))


def _policy_detail(policy: Any) -> dict[str, Any]:
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": policy.attachment_count,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "Description": policy.description,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
        "PolicyVersionList": policy.policy_version_list,
    }


def _one_at_a_time(responses: Any) -> None:
    act, lock = responses.call_action, threading.RLock()

    def call_action(response: Any) -> Any:
        with lock:
            return act(response)

    responses.call_action = call_action
