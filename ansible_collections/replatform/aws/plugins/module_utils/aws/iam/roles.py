# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM roles, managed policies and OIDC providers as ensure() needs them, and all three made so in one call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, begin, conclude
from .. import policy
from ..tags import beside, difference, listed
from . import api, transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST_VERSIONS = 5
"""Versions of a managed policy (User Guide, "IAM and AWS STS quotas")."""


class Listing:
    """The account's roles and policies, read once for all kinds of a call, and anew for every look while waiting."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._read: tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]] | None = None
        self.kept = True

    def read(self) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        if self._read is None or not self.kept:
            self._read = api.roles_and_policies(self._client)
        return self._read


class Roles(Resource):
    """Roles with their inline policies, attachments and instance profiles. `planned` are policies of the same call."""

    kind = "role"
    plural = "roles"
    immutable = frozenset({"path"})
    blank = transform.ROLE

    def __init__(self, client: Any, listing: Listing, account: transform.Account, planned: Mapping[str, str]) -> None:
        self._client = client
        self._listing = listing
        self._account = account
        self._planned = planned
        self._arns: dict[str, str] = {}

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        roles, policies = self._listing.read()
        found = {name: roles[name] for name in wanted if name in roles}
        profiles = [
            wanted[name]["instance_profile"]
            for name, role in found.items()
            if wanted[name].get("instance_profile") in [one["InstanceProfileName"] for one in _profiles(role)]
            and wanted[name].get("tags") is not None
        ]
        tags = dict(zip(profiles, each(lambda one: api.profile_tags(self._client, one), profiles), strict=True))
        self._know_arns(roles, policies, wanted.values())
        return {
            name: transform.role_from_api(role, tags.get(wanted[name].get("instance_profile"), ()))
            for name, role in found.items()
        }

    def desired(self, wanted: State, current: State | None) -> State:
        return transform.desired_role(wanted, current, lambda name: self._arn(wanted["name"], name), self._account)

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        fields = {
            "Description": wanted.get("description"),
            "MaxSessionDuration": wanted.get("max_session_duration"),
            "PermissionsBoundary": wanted.get("permissions_boundary"),
            "Tags": listed(wanted.get("tags") or {}),
        }
        arn = api.create_role(
            self._client,
            name,
            Path=wanted["path"],
            AssumeRolePolicyDocument=policy.text(wanted["trust"]),
            **{field: value for field, value in fields.items() if value},
        )
        if arn is None:
            return _adopted(self, transform.role_from_api(api.role(self._client, name)), wanted)
        done = ("name", "path", "trust", "description", "max_session_duration", "permissions_boundary", "tags")
        made = {**self.blank, **{attribute: wanted[attribute] for attribute in done if attribute in wanted}, "arn": arn}
        return self.update(made, {name: value for name, value in wanted.items() if name not in done})

    def update(self, current: State, changes: State) -> State:
        name = current["name"]
        fields = {"description": "Description", "max_session_duration": "MaxSessionDuration"}
        if sent := {field: changes[attribute] for attribute, field in fields.items() if attribute in changes}:
            api.update_role(self._client, name, **sent)
        if "trust" in changes:
            api.put_trust(self._client, name, policy.text(changes["trust"]))
        if "permissions_boundary" in changes:
            api.put_boundary(self._client, name, changes["permissions_boundary"])
        if "inline_policies" in changes:
            self._update_inline(name, current["inline_policies"], changes["inline_policies"])
        if "managed_policies" in changes:
            self._update_attached(name, set(current["managed_policies"]), set(changes["managed_policies"]))
        if "tags" in changes:
            api.tag_role(self._client, name, *difference(current["tags"], changes["tags"]))
        self._update_profiles(current, changes)
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        name = current["name"]
        for profile in current["instance_profiles"]:
            api.delete_profile(self._client, name, profile)
        for arn in current["managed_policies"]:
            api.detach(self._client, name, arn)
        for inline in current["inline_policies"]:
            api.delete_inline(self._client, name, inline)
        api.delete_role(self._client, name)

    def _know_arns(self, roles: Mapping[str, Any], policies: Mapping[str, Any], wanted: Any) -> None:
        """ARNs of the policies that are named: the account's own stand before those of AWS."""
        for one in (*roles.values(), *policies.values()):
            self._account.know(one["Arn"])
        attached = [one for role in roles.values() for one in role.get("AttachedManagedPolicies") or ()]
        self._arns = {
            **self._arns,
            **{one["PolicyName"]: one["PolicyArn"] for one in attached},
            **{name: one["Arn"] for name, one in policies.items()},
        }
        for name in self._planned.keys() - policies.keys():
            self._arns[name] = self._account.policy_arn(self._planned[name], name)
        named = {name for one in wanted for name in _policy_names(one) if not name.startswith("arn:")}
        if named - self._arns.keys():
            self._arns = {**api.aws_policies(self._client), **self._arns}

    def _arn(self, role: str, name: str) -> str:
        found = name if name.startswith("arn:") else self._arns.get(name)
        if found is None:
            raise ReplatformError(
                f"Role {role} cannot be given the policy {name}: neither this account nor AWS has one of that name, and"
                " policies does not make it; correct the name.",
                code="NoSuchPolicy",
                policy=name,
            )
        return found

    def _update_inline(self, role: str, has: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        for name in sorted(has.keys() - wanted.keys()):
            api.delete_inline(self._client, role, name)
        for name, document in wanted.items():
            if document != has.get(name):
                api.put_inline(self._client, role, name, policy.text(document))

    def _update_attached(self, role: str, has: set[str], wanted: set[str]) -> None:
        # First away, then to it: a role takes ten by default.
        for arn in sorted(has - wanted):
            api.detach(self._client, role, arn)
        for arn in sorted(wanted - has):
            api.attach(self._client, role, arn)

    def _update_profiles(self, current: State, changes: State) -> None:
        role, has = current["name"], current["instance_profiles"]
        wanted, tags = ({**current, **changes}[name] for name in ("instance_profiles", "instance_profile_tags"))
        for profile in sorted(set(has) - set(wanted)):
            api.delete_profile(self._client, role, profile)
        for profile in (new := sorted(set(wanted) - set(has))):
            api.add_to_profile(self._client, role, profile, current["path"], tags)
        if "instance_profile_tags" in changes and not new:
            for profile in wanted:
                api.tag_profile(self._client, profile, *difference(current["instance_profile_tags"], tags))


class Policies(Resource):
    """Managed policies of the account's own."""

    kind = "policy"
    plural = "policies"
    immutable = frozenset({"path", "description"})
    blank = transform.POLICY

    def __init__(self, client: Any, listing: Listing) -> None:
        self._client = client
        self._listing = listing
        self._versions: dict[str, dict[str, policy.Document]] = {}

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        _roles, policies = self._listing.read()
        found = {name: policies[name] for name in wanted if name in policies}
        self._versions = {name: transform.versions_from_api(one) for name, one in found.items()}
        asked = [one["Arn"] for name, one in found.items() if wanted[name].get("tags") is not None]
        tags = api.policy_tags(self._client, asked)
        return {name: transform.policy_from_api(one, tags.get(one["Arn"], ())) for name, one in found.items()}

    def desired(self, wanted: State, current: State | None) -> State:
        return transform.desired_policy(wanted, current)

    def create(self, wanted: State) -> State:
        fields = {"Description": wanted.get("description"), "Tags": listed(wanted.get("tags") or {})}
        arn = api.create_policy(
            self._client,
            wanted["name"],
            Path=wanted["path"],
            PolicyDocument=policy.text(wanted["document"]),
            **{field: value for field, value in fields.items() if value},
        )
        if arn is None:
            self._listing.kept = False
            return _adopted(self, self.find({wanted["name"]: wanted}).get(wanted["name"]), wanted)
        return {**wanted, "arn": arn, "default_version": "v1"}

    def update(self, current: State, changes: State) -> State:
        changed = dict(changes)
        if "document" in changes:
            changed["default_version"] = self._new_version(current, changes["document"])
        if "tags" in changes:
            api.tag_policy(self._client, current["arn"], *difference(current["tags"], changes["tags"]))
        return {**current, **changed}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        arn = current["arn"]
        if users := api.users_of_policy(self._client, arn):
            raise ReplatformError(
                f"Policy {current['name']} is not deleted, since it is attached to {', '.join(users)}; detach it there,"
                " or make them absent in the same call.",
                code="DeleteConflict",
                attached_to=users,
            )
        for version in self._versions.get(current["name"], {}):
            if version != current["default_version"]:
                api.delete_version(self._client, arn, version)
        api.delete_policy(self._client, arn)

    def _new_version(self, current: State, document: policy.Document) -> str:
        """The id of a default version that says `document`: an older one that does, or a new one."""
        versions = self._versions.get(current["name"], {})
        older = [version for version, said in versions.items() if policy.same(said, document)]
        if older:
            api.set_default_version(self._client, current["arn"], older[-1])
            return older[-1]
        if len(versions) >= MOST_VERSIONS:
            oldest = next(version for version in versions if version != current["default_version"])
            api.delete_version(self._client, current["arn"], oldest)
        return api.create_version(self._client, current["arn"], policy.text(document))


class Providers(Resource):
    """OIDC providers, whose tokens roles can be assumed with."""

    kind = "OIDC provider"
    plural = "oidc_providers"
    key = "url"
    blank = transform.PROVIDER

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        arns = api.providers(self._client)
        asked = [arns[name] for name in map(transform.provider_name, wanted) if name in arns]
        found = zip(asked, each(lambda arn: api.provider(self._client, arn), asked), strict=True)
        states = [transform.provider_from_api(arn, one) for arn, one in found if one is not None]
        return {state["url"]: state for state in states}

    def desired(self, wanted: State, current: State | None) -> State:
        return transform.desired_provider(wanted, current)

    def create(self, wanted: State) -> State:
        fields = {
            "ClientIDList": wanted.get("client_ids"),
            "ThumbprintList": wanted.get("thumbprints"),
            "Tags": listed(wanted.get("tags") or {}),
        }
        sent = {field: value for field, value in fields.items() if value}
        arn = api.create_provider(self._client, wanted["url"], **sent)
        if arn is None:
            return _adopted(self, self.find({wanted["url"]: wanted}).get(wanted["url"]), wanted)
        return {**wanted, "arn": arn}

    def update(self, current: State, changes: State) -> State:
        has, wanted = (set(state["client_ids"]) for state in (current, {**current, **changes}))
        add, remove = sorted(wanted - has), sorted(has - wanted)
        if add or remove or "thumbprints" in changes:
            api.update_provider(
                self._client, current["arn"], add=add, remove=remove, thumbprints=changes.get("thumbprints")
            )
        if "tags" in changes:
            api.tag_provider(self._client, current["arn"], *difference(current["tags"], changes["tags"]))
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002
        api.delete_provider(self._client, current["arn"])


def ensure_all(client: Any, sts: Callable[[], Any], given: Mapping[str, Any], mode: Mode) -> Outcome:
    """Roles, policies and OIDC providers of `given` made so: what roles use comes before them, and goes after them.

    Everything is planned before anything is written, so that what is refused leaves all as it was.
    """
    read = {"roles": transform.role, "policies": transform.managed_policy, "oidc_providers": transform.provider}
    asked: dict[str, list[State]] = {
        option: [check(one, f"{option}[{number}]") for number, one in enumerate(beside(given.get(option) or (), given))]
        for option, check in read.items()
    }
    listing = Listing(client)
    account = transform.Account(client.meta.partition, lambda: api.account_id(sts()))
    planned = {one["name"]: one.get("path") or "/" for one in asked["policies"] if one.get("state") != "absent"}

    def kinds() -> list[tuple[Resource, list[State]]]:
        come = {option: [one for one in items if one.get("state") != "absent"] for option, items in asked.items()}
        go = {option: [one for one in items if one.get("state") == "absent"] for option, items in asked.items()}
        return [
            (Providers(client), come["oidc_providers"]),
            (Policies(client, listing), come["policies"]),
            (Roles(client, listing, account, planned), asked["roles"]),
            (Policies(client, listing), go["policies"]),
            (Providers(client), go["oidc_providers"]),
        ]

    _refuse_twice(asked)
    planning = replace(mode, check=True)
    outcome = conclude([begin(resource, items, planning) for resource, items in kinds() if items], planning)
    if outcome.changed and not mode.check:
        begun = [begin(resource, items, mode) for resource, items in kinds() if items]
        listing.kept = False
        outcome = conclude(begun, mode)
    outcome.result = {option: outcome.result.get(option, []) for option in read}
    return outcome


def _refuse_twice(asked: Mapping[str, Sequence[State]]) -> None:
    """One name both present and absent, which are begun apart."""
    for option, key in (("policies", "name"), ("oidc_providers", "url")):
        names = [one[key] for one in asked[option]]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ReplatformError(
                f"{option} names {', '.join(twice)} more than once; keep one item for each {key}.",
                code="DuplicateKey",
                duplicates=twice,
            )


def _adopted(resource: Resource, there: State | None, wanted: State) -> State:
    """What a call made whose answer was lost, or somebody else since it was looked for, brought to `wanted`."""
    name = wanted[resource.key]
    if there is None:
        raise ReplatformError(f"{resource.kind} {name} was made by somebody else just now; run again.", code="Conflict")
    changes = {attribute: value for attribute, value in wanted.items() if value != there.get(attribute)}
    if resource.immutable & changes.keys():
        raise ReplatformError(f"{resource.kind} {name} was made by somebody else just now; run again.", code="Conflict")
    return resource.update(there, changes)


def _profiles(role: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return role.get("InstanceProfileList") or ()


def _policy_names(wanted: State) -> list[str]:
    boundary = wanted.get("permissions_boundary")
    return [*(wanted.get("managed_policies") or ()), *([boundary] if boundary else ())]
