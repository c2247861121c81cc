# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as the user writes them and as ACM answers, made comparable; no client, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import ReplatformError
from ...resource import State
from .. import tags

DOMAIN = re.compile(r"(\*\.)?(((?!-)[a-z0-9-]{0,62}[a-z0-9])\.)+((?!-)[a-z0-9-]{1,62}[a-z0-9])")
"""A name as RequestCertificate takes it (API Reference), in lower case."""

ALIVE = ("ISSUED", "PENDING_VALIDATION", "INACTIVE")
"""What a certificate that is still of use can be; any other is as good as none."""

BLANK: State = {
    "domain": None,
    "arn": None,
    "subject_alternative_names": [],
    "key_algorithm": "RSA_2048",
    "transparency_logging": True,
    "status": None,
    "validation_records": [],
    "missing_records": [],
    "unvalidated": [],
    "not_after": None,
    "renewal_eligibility": None,
    "in_use_by": [],
    "failure_reason": None,
    "tags": {},
}

CERTIFICATE_OPTIONS: dict[str, dict[str, Any]] = {
    "domain": {"type": "str", "required": True},
    "subject_alternative_names": {"type": "list", "elements": "str"},
    "key_algorithm": {"type": "str", "choices": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"], "no_log": False},
    "transparency_logging": {"type": "bool"},
    "zone": {"type": "str"},
    "replace": {"type": "bool", "default": False},
    **tags.ITEM_TAGS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

WAYS = {
    "CAA_ERROR": "allow amazon.com in the CAA records of the domain",
    "DOMAIN_NOT_ALLOWED": "ask AWS Support, since the domain is on a list of unsafe ones",
    "INVALID_PUBLIC_DOMAIN": "correct the name, which is under no public suffix",
    "ADDITIONAL_VERIFICATION_REQUIRED": "ask AWS Support, who verify such names by hand",
}
"""By the reason of a failure: User Guide, "Certificate request fails"."""


def checked(options: Mapping[str, Any], zone: str | None, path: str) -> State:
    """A certificate as asked for, its names in lower case and checked; `zone` is the module's own."""
    found = dict(options)
    found["domain"] = _name(options["domain"], f"{path}.domain")
    if "subject_alternative_names" in options:
        given = enumerate(options["subject_alternative_names"] or ())
        names = {_name(one, f"{path}.subject_alternative_names[{number}]") for number, one in given}
        found["subject_alternative_names"] = sorted(names - {found["domain"]})
    found["zone"] = (options.get("zone") or zone or "").rstrip(".").lower() or None
    for name in names_of(found) if found["zone"] and found.get("state") != "absent" else ():
        if not inside(name, found["zone"]):
            raise ReplatformError(
                f"{path} has the name {name}, which is not in the zone {found['zone']}; name a zone that holds all"
                " names of the certificate, or leave out zone and write the records yourself.",
                code="InvalidOptions",
            )
    return found


def names_of(options: Mapping[str, Any]) -> list[str]:
    return [options["domain"], *(options.get("subject_alternative_names") or ())]


def state_from_api(
    found: Mapping[str, Any], of: Iterable[Mapping[str, str]] = (), missing: Iterable[str] = ()
) -> State:
    """What ensure() compares, from DescribeCertificate and its tags. `missing` are the records the zone lacks."""
    domain = found["DomainName"].lower()
    names = {one.lower() for one in found.get("SubjectAlternativeNames") or ()}
    proofs = found.get("DomainValidationOptions") or ()
    return {
        "domain": domain,
        "arn": found["CertificateArn"],
        "subject_alternative_names": sorted(names - {domain}),
        # botocore's model says RSA_2048, answers of the service also RSA-2048.
        "key_algorithm": (found.get("KeyAlgorithm") or "RSA_2048").replace("-", "_"),
        "transparency_logging": _option(found, "CertificateTransparencyLoggingPreference") != "DISABLED",
        "status": found.get("Status"),
        "validation_records": [
            {"name": name, "type": "CNAME", "value": value} for name, value in records_from_api(found)
        ],
        "missing_records": sorted(missing),
        "unvalidated": sorted(_proof(one) for one in proofs if one.get("ValidationStatus") != "SUCCESS"),
        "not_after": found["NotAfter"].isoformat() if found.get("NotAfter") else None,
        "renewal_eligibility": found.get("RenewalEligibility"),
        "in_use_by": sorted(found.get("InUseBy") or ()),
        "failure_reason": found.get("FailureReason"),
        "tags": tags.from_api(of),
    }


def records_from_api(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each CNAME that proves a domain, each once: a wildcard has the one of its parent."""
    records = [one["ResourceRecord"] for one in found.get("DomainValidationOptions") or () if "ResourceRecord" in one]
    return sorted({(one["Name"].rstrip("."), one["Value"].rstrip(".")) for one in records})


def fits(found: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Whether a certificate is for the very names and key that are asked for."""
    state = state_from_api(found)
    return all(
        state[name] == options[name]
        for name in ("subject_alternative_names", "key_algorithm")
        if options.get(name) is not None
    )


def desired(options: Mapping[str, Any], current: State | None) -> State:
    """The attributes that `options` asks for."""
    wanted: State = {"domain": options["domain"]}
    for name in ("subject_alternative_names", "key_algorithm", "transparency_logging"):
        if options.get(name) is not None:
            wanted[name] = options[name]
    if options["zone"]:
        wanted["missing_records"] = []
    if "tags" in options:
        wanted["tags"] = tags.wanted(options, current["tags"] if current else None)
    return wanted


def failure(state: State) -> ReplatformError:
    """Why ACM has given up."""
    reason = state["failure_reason"] or state["status"]
    way = WAYS.get(
        str(state["failure_reason"]), "correct it and run again, which requests a new certificate in its place"
    )
    return ReplatformError(
        f"The certificate for {state['domain']} was not issued ({reason}, {state['arn']}); {way}.",
        code=str(reason),
        status=state["status"],
    )


def _option(found: Mapping[str, Any], name: str) -> Any:
    return (found.get("Options") or {}).get(name)


def _proof(one: Mapping[str, Any]) -> str:
    record = one.get("ResourceRecord")
    if not record:
        return f"{one['DomainName']}: ACM has not told its record yet"
    return f"{one['DomainName']}: needs the record {record['Name'].rstrip('.')} CNAME {record['Value'].rstrip('.')}"


def inside(name: str, zone: str) -> bool:
    """Whether a domain is that of a zone or below it."""
    return f".{name.removeprefix('*.')}".endswith(f".{zone}")


def _name(given: str, path: str) -> str:
    name = given.rstrip(".").lower()
    if not DOMAIN.fullmatch(name) or len(name) > 253:
        raise ReplatformError(
            f"{path} is {given!r}, which is no domain; write it like shop.example or *.shop.example, in ASCII.",
            code="InvalidOptions",
        )
    return name
