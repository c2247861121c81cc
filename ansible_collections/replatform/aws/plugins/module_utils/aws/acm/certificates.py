# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that ACM issues, proven by records in Route 53, as ensure() needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ...parallel import each
from ...resource import Mode, Outcome, Resource, State, ensure
from ..errors import region
from ..tags import beside, difference, listed
from . import api, transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Certificates(Resource):
    """Requested certificates by their domain. `planning` takes a zone that is not there yet for one that will be."""

    kind = "certificate"
    plural = "certificates"
    key = "domain"
    immutable = frozenset({"subject_alternative_names", "key_algorithm"})
    immutable_way = (
        "give the old value, or set replace to true, which requests a new certificate beside it; the old one stays"
        " until nothing uses it any more"
    )
    blank = transform.BLANK

    def __init__(self, client: Any, route53: Callable[[], Any], *, planning: bool) -> None:
        self._client = client
        self._route53 = route53
        self._planning = planning
        self._zones: dict[str, str | None] = {}
        self._all: dict[str, list[dict[str, Any]]] = {}
        self._asked: dict[str, State] = {}
        self._made: dict[str, str] = {}

    def find(self, wanted: Mapping[str, State]) -> dict[str, State]:
        for zone in sorted({one["zone"] for one in wanted.values() if one["zone"]} - self._zones.keys()):
            must_be = any(one["zone"] == zone and one.get("state") != "absent" for one in wanted.values())
            self._zones[zone] = self._zone(zone, must_be and not self._planning)
        self._asked.update(wanted)
        arns = {one["CertificateArn"] for one in api.requested(self._client) if one["DomainName"].lower() in wanted}
        arns |= {self._made[domain] for domain in wanted.keys() & self._made.keys()}
        described = [one for one in each(lambda arn: api.describe(self._client, arn), sorted(arns)) if one]
        self._all = {domain: [one for one in described if one["DomainName"].lower() == domain] for domain in wanted}
        chosen = {domain: _chosen(every, wanted[domain], self._made.get(domain)) for domain, every in self._all.items()}
        found = {domain: one for domain, one in chosen.items() if one is not None}
        return dict(each(lambda item: (item[0], self._state(item[1], wanted[item[0]])), found.items()))

    def desired(self, wanted: State, current: State | None) -> State:
        return transform.desired(wanted, current)

    def create(self, wanted: State) -> State:
        fields: dict[str, Any] = {}
        if wanted.get("subject_alternative_names"):
            fields["SubjectAlternativeNames"] = wanted["subject_alternative_names"]
        if wanted.get("key_algorithm"):
            fields["KeyAlgorithm"] = wanted["key_algorithm"]
        if wanted.get("transparency_logging") is False:
            fields["Options"] = {"CertificateTransparencyLoggingPreference": "DISABLED"}
        if wanted.get("tags"):
            fields["Tags"] = listed(wanted["tags"])
        made = api.request(self._client, wanted["domain"], **fields)
        self._made[wanted["domain"]] = made["CertificateArn"]
        state = {**transform.state_from_api(made), "tags": wanted.get("tags") or {}}
        if "missing_records" in wanted:
            self._prove(state)
        return state

    def update(self, current: State, changes: State) -> State:
        if "missing_records" in changes:
            self._prove(current)
        if "transparency_logging" in changes:
            api.set_transparency(self._client, current["arn"], changes["transparency_logging"])
        if "tags" in changes:
            api.tag(self._client, current["arn"], *difference(current["tags"], changes["tags"]))
        return {**current, **changes}

    def delete(self, current: State, wanted: State) -> None:
        every = self._all[current["domain"]]
        if used := [(one["CertificateArn"], one["InUseBy"]) for one in every if one.get("InUseBy")]:
            what = "; ".join(f"{arn} by {', '.join(users)}" for arn, users in used)
            raise ReplatformError(
                f"The certificate for {current['domain']} {region(self._client)} is in use: {what}; take it away there"
                " first.",
                code="ResourceInUseException",
                in_use_by=sorted(user for _arn, users in used for user in users),
            )
        for one in every:
            api.delete(self._client, one["CertificateArn"])
        if zone := self._zones.get(wanted["zone"] or ""):
            self._forget(zone, every)

    def ready(self, current: State) -> bool:
        if current["status"] not in transform.ALIVE:
            raise transform.failure(current)
        return bool(current["status"] != "PENDING_VALIDATION")

    def _state(self, found: Mapping[str, Any], wanted: State) -> State:
        tags = api.tags(self._client, found["CertificateArn"]) if wanted.get("tags") is not None else ()
        pairs = transform.records_from_api(found) if wanted["zone"] and wanted.get("state") != "absent" else []
        zone = self._zones.get(wanted["zone"] or "")
        there = self._records(zone, pairs) if zone else {}
        return transform.state_from_api(found, tags, (name for name, _value in pairs if name not in there))

    def _prove(self, state: State) -> None:
        """Writes all records of the certificate; those that are there already stay as they are."""
        zone = self._zones[self._asked[state["domain"]]["zone"]]
        wanted = [(record["name"], record["value"]) for record in state["validation_records"]]
        if zone and wanted:
            api.put_records(self._route53(), zone, wanted)

    def _records(self, zone: str, pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, Any]]:
        """The record sets of those names and values that the zone has, by name."""
        route53 = self._route53()
        found = each(lambda pair: api.record(route53, zone, *pair), pairs)
        return {name: one for (name, _value), one in zip(pairs, found, strict=True) if one is not None}

    def _forget(self, zone: str, gone: Sequence[Mapping[str, Any]]) -> None:
        """Takes the records out of the zone, but those that another certificate of this region is renewed by."""
        left = [api.describe(self._client, one["CertificateArn"]) for one in api.requested(self._client)]
        arns = {one["CertificateArn"] for one in gone}
        needed = {
            pair
            for one in left
            if one and one["CertificateArn"] not in arns
            for pair in transform.records_from_api(one)
        }
        pairs = {pair for one in gone for pair in transform.records_from_api(one)} - needed
        if there := self._records(zone, sorted(pairs)):
            api.delete_records(self._route53(), zone, list(there.values()))

    def _zone(self, name: str, must_be: bool) -> str | None:
        found = api.public_zones(self._route53(), name)
        if len(found) > 1:
            raise ReplatformError(
                f"Route 53 has {len(found)} public zones {name} ({', '.join(found)}), and only one of them answers for"
                " the domain; delete the others.",
                code="AmbiguousZone",
            )
        if not found and must_be:
            raise ReplatformError(
                f"Route 53 has no public zone {name}; create it first (the role foundation does), or leave out zone and"
                " write the records yourself.",
                code="NoSuchHostedZone",
            )
        return found[0] if found else None


def ensure_all(
    client: Any, route53: Callable[[], Any], given: Mapping[str, Any], params: Mapping[str, Any], mode: Mode
) -> Outcome:
    """The certificates of `given` made so."""
    zone = params.get("zone")
    items = [
        transform.checked(one, zone, f"certificates[{number}]")
        for number, one in enumerate(beside(given["certificates"], given))
    ]
    return ensure(Certificates(client, route53, planning=mode.check), items, mode)


def _chosen(every: Sequence[Mapping[str, Any]], wanted: State, made: str | None) -> Mapping[str, Any] | None:
    """The certificate that stands for the domain: one of the very names asked for, issued, the newest.

    The one that this run has made stands for it whatever became of it.
    """
    if made:
        return next((one for one in every if one["CertificateArn"] == made), None)
    if wanted.get("state") == "absent":
        return every[0] if every else None
    alive = [one for one in every if one.get("Status") in transform.ALIVE]
    fitting = [one for one in alive if transform.fits(one, wanted)]
    if not fitting and wanted["replace"]:
        return None
    ranked = sorted(fitting or alive, key=lambda one: (one.get("Status") == "ISSUED", str(one.get("CreatedAt"))))
    return ranked[-1] if ranked else None
