# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all kinds of parts of a network have in common as ensure() needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import ReplatformError
from ...resource import Resource, State
from ..tags import difference, from_api, listed
from ..tags import wanted as wanted_tags
from . import api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .network import Network, Raw

TAKEN = ("Conflict", "Duplicate", "AlreadyAssociated", "AlreadyExists")
"""Ends of the codes that say that something is there already: a reply was lost, or somebody else was faster."""
KEPT_TAGS = "kubernetes.io/cluster/"
"""Tags that clusters set themselves; nobody else takes them away."""


class Part(Resource):
    """One kind of a network's parts. Every reference in a state is a name; find() lists anew when it is asked again."""

    type: ClassVar[str]
    """Of the tag specification: "subnet"."""
    creation: ClassVar[tuple[str, str]]
    """The operation that makes one, and the key of what its answer tells; empty where that is the answer itself."""
    deletion: ClassVar[tuple[str, str]]
    """The operation that deletes one, and its parameter; one that ends with s takes a list."""
    busy: ClassVar[str] = "DependencyViolation"
    """End of the code of a deletion that comes too early by seconds."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._looked = False

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        if self._looked:
            self.network.refresh(self.kind)
        self._looked = True
        going = [name for name, item in wanted.items() if item.get("state") == "absent"]
        leaving = self.network.named(self.kind, leaving=True) if going else {}
        found = {**self.network.named(self.kind), **{name: leaving[name] for name in going if name in leaving}}
        return {name: self._state_of(name, found[name]) for name in wanted if name in found}

    def desired(self, wanted: State, current: State | None) -> State:
        found = {name: value for name, value in wanted.items() if name not in ("state", "purge_tags")}
        if "tags" in wanted:
            has = (current or {}).get("tags", {})
            kept = {key: value for key, value in has.items() if key.startswith(KEPT_TAGS)}
            found["tags"] = {**kept, **wanted_tags(wanted, has)}
        return found

    def delete(self, current: State, wanted: State) -> None:  # noqa: ARG002  the plain case
        self._discard(current["name"], current["id"])
        self.network.unlearn(self.kind, current["name"])

    def state(self, raw: Raw) -> State:
        """The attributes beside name, id and tags."""
        raise NotImplementedError

    def made(self, answer: Mapping[str, Any]) -> Raw:
        """What the answer to the creation tells of the new thing."""
        _operation, key = self.creation
        return dict(answer[key] if key else answer)

    def call(self, what: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One call, repeated while an id that this run made is not known everywhere yet."""
        pauses_s = api.PAUSES_S if self.network.made_some else ()
        answer: dict[str, Any] = api.patiently(
            lambda: api.call(self.network.client, what, operation, **parameters), "NotFound", pauses_s
        )
        return answer

    def make(self, wanted: State, **parameters: Any) -> Raw:
        """Makes one, tagged from the start, and sees to it that a repeated call leaves no second one behind."""
        name = wanted["name"]
        operation, _key = self.creation
        tags = listed(wanted["tags"])
        try:
            answer = self.call(
                f"create {self.kind} {name}",
                operation,
                TagSpecifications=[{"ResourceType": self.type, "Tags": tags}],
                **parameters,
            )
        except ReplatformError as exc:
            raw = self._there_already(name) if (exc.code or "").endswith(TAKEN) else None
            if raw is None:
                raise
        else:
            raw = self.made(answer)
            if answer["ResponseMetadata"].get("RetryAttempts"):
                self._discard_twins(name, self.network.id_of(self.kind, raw))
        raw = {**raw, "Tags": tags}
        self.network.learn(self.kind, name, raw)
        return raw

    def retag(self, current: State, changes: State) -> None:
        if "tags" not in changes:
            return
        new, gone = difference(current["tags"], changes["tags"])
        what = f"{self.kind} {current['name']}"
        if gone:
            keys = [{"Key": key} for key in gone]
            self.call(f"untag {what}", "delete_tags", Resources=[current["id"]], Tags=keys)
        if new:
            self.call(f"tag {what}", "create_tags", Resources=[current["id"]], Tags=listed(new))

    def _state_of(self, name: str, raw: Raw) -> State:
        own = {"name": name, "id": self.network.id_of(self.kind, raw), "tags": from_api(raw.get("Tags"))}
        return {**self.blank, **own, **self.state(raw)}

    def _there_already(self, name: str) -> Raw | None:
        self.network.refresh(self.kind)
        return self.network.owned(self.kind).get(name)

    def _discard_twins(self, name: str, made: str) -> None:
        """Deletes what the first attempt made when its reply was lost: EC2 has no token for most kinds."""
        for raw in api.listed(self.network.client, self.kind, self.network.vpc_id):
            twin = self.network.id_of(self.kind, raw)
            if twin != made and self.network.owns(raw) and from_api(raw["Tags"]).get("Name") == name:
                self._discard(name, twin)

    def _discard(self, name: str, part_id: str) -> None:
        operation, parameter = self.deletion
        value = [part_id] if parameter.endswith("s") else part_id

        def once() -> None:
            answer = api.call(self.network.client, f"delete {self.kind} {name}", operation, **{parameter: value})
            refuse_unsuccessful(f"delete {self.kind} {name}", answer)

        api.patiently(lambda: api.unless(["NotFound"], once), self.busy)


def refuse_unsuccessful(what: str, answer: Mapping[str, Any]) -> None:
    """Operations on lists succeed as a whole, and tell inside what failed."""
    for one in answer.get("Unsuccessful") or ():
        error = one.get("Error") or {}
        reason = str(error.get("Message") or "no reason given").rstrip(".")
        raise ReplatformError(
            f"Cannot {what}: {reason} ({error.get('Code')}); correct the cause and run again.", code=error.get("Code")
        )
