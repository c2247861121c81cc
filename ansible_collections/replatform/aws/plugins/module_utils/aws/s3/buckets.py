# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3 buckets as ensure() needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, ensure
from ..tags import beside
from . import api, transform

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDER = ("ownership", "versioning", "encryption", "logging", "lifecycle", "cors", "tags")
"""In which parts are set, after who may read it."""


class Buckets(Resource):
    """Buckets with everything about them but their objects."""

    kind = "bucket"
    plural = "buckets"
    immutable = frozenset({"object_lock"})
    immutable_way = "give the old value, or copy the objects into a bucket of another name"
    blank = transform.BLANK

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        regions = dict(zip(wanted, each(lambda name: api.head(self._client, name), wanted), strict=True))
        there = {name: region for name, region in regions.items() if region is not None}
        for name, region in there.items():
            if region != self._client.meta.region_name:
                raise ReplatformError(
                    f"Bucket {name} is in {region}, and not in {self._client.meta.region_name}; give that region, or "
                    "another name. Nothing was changed.",
                    code="OtherRegion",
                )
        asked = [(name, which) for name in there for which in api.PARTS]
        answers = each(lambda pair: api.part(self._client, *pair), asked)
        parts: dict[str, dict[str, Any]] = {name: {} for name in there}
        for (name, which), answer in zip(asked, answers, strict=True):
            parts[name][which] = answer
        return {name: transform.state_from_api(name, region, parts[name]) for name, region in there.items()}

    def desired(self, wanted: State, current: State | None) -> State:
        return transform.desired(wanted, current)

    def create(self, wanted: State) -> State:
        name = wanted["name"]
        api.create(self._client, name, wanted.get("ownership"), object_lock=bool(wanted.get("object_lock")))
        made = {
            **transform.BLANK,
            "name": name,
            "arn": f"arn:aws:s3:::{name}",
            "region": self._client.meta.region_name,
            "ownership": wanted.get("ownership") or transform.BLANK["ownership"],
            "object_lock": bool(wanted.get("object_lock")),
            # A bucket with object lock has versions from the start (User Guide, "Locking objects").
            "versioning": bool(wanted.get("object_lock")),
        }
        if "public_access_block" in wanted:
            # Said even where it is what new buckets have: an account's older defaults may be others.
            api.put(self._client, name, "public_access_block", self._sent(wanted, "public_access_block"))
            made["public_access_block"] = wanted["public_access_block"]
        return self.update(made, {key: value for key, value in wanted.items() if made.get(key) != value})

    def update(self, current: State, changes: State) -> State:
        opens = "public_access_block" in changes and not changes["public_access_block"]["block_public_policy"]
        # A public policy is refused while they are blocked, so the block goes first when it opens, and last else.
        access = ["public_access_block", "policy"] if opens else ["policy", "public_access_block"]
        for part in (*access, *ORDER):
            if part in changes:
                api.put(self._client, current["name"], part, self._sent(changes, part))
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:
        name = current["name"]
        if not api.is_empty(self._client, name):
            if not wanted.get("force"):
                raise ReplatformError(
                    f"Bucket {name} holds objects and was not deleted; empty it, or give force: true to delete all "
                    "that is in it, versions included.",
                    code="BucketNotEmpty",
                )
            for objects in api.versions(self._client, name):
                api.delete_objects(self._client, name, objects)
        api.delete(self._client, name)

    def _sent(self, changes: State, part: str) -> Any:
        return transform.to_api(part, changes[part])


def ensure_all(client: Any, params: Mapping[str, Any], mode: Mode) -> Outcome:
    """The module's `buckets` made so."""
    buckets = [transform.checked(bucket, number) for number, bucket in enumerate(params["buckets"])]
    return ensure(Buckets(client), beside(buckets, params), mode)


def info(client: Any, names: list[str]) -> list[State]:
    """The state of those of the buckets that are there, in the order of `names`."""
    found = Buckets(client).find({name: {} for name in names})
    return [found[name] for name in names if name in found]
