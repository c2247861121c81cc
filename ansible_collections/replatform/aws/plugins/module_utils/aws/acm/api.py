# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate Manager's calls, and Route 53's for the records that prove a domain; one function each."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import ReplatformError
from ..errors import calling, region
from ..tags import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

KEY_ALGORITHMS = (
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
)  # fmt: skip
"""Named one by one: without it only certificates with RSA keys are listed (API Reference, Filters)."""

RECORDS_TIMEOUT_S = 60
"""A new certificate's records are there after some seconds (API Reference, DescribeCertificate)."""
RECORDS_PAUSE_S = 1.0
TTL_S = 300


def requested(client: Any) -> list[dict[str, Any]]:
    """ListCertificates, all pages, of those that ACM issues."""
    with calling(f"list certificates {region(client)}"):
        pages = client.get_paginator("list_certificates").paginate(Includes={"keyTypes": list(KEY_ALGORITHMS)})
        every = [one for page in pages for one in page["CertificateSummaryList"]]
    return [one for one in every if one.get("Type", "AMAZON_ISSUED") == "AMAZON_ISSUED"]


def describe(client: Any, arn: str) -> dict[str, Any] | None:
    """DescribeCertificate, None when it is gone."""
    with calling(f"read certificate {arn} {region(client)}"):
        try:
            return dict(client.describe_certificate(CertificateArn=arn)["Certificate"])
        except client.exceptions.ResourceNotFoundException:
            return None


def tags(client: Any, arn: str) -> list[dict[str, str]]:
    with calling(f"read the tags of certificate {arn} {region(client)}"):
        return list(client.list_tags_for_certificate(CertificateArn=arn)["Tags"])


def request(client: Any, domain: str, **fields: Any) -> dict[str, Any]:
    """A new certificate as DescribeCertificate tells it, once the records that prove its domains are known."""
    # New for each request: repeated within an hour it gives the same certificate, also one that was deleted since.
    token = uuid.uuid4().hex
    with calling(f"request a certificate for {domain} {region(client)}"):
        arn = client.request_certificate(DomainName=domain, ValidationMethod="DNS", IdempotencyToken=token, **fields)[
            "CertificateArn"
        ]
    deadline = time.monotonic() + RECORDS_TIMEOUT_S
    while True:
        found = describe(client, arn)
        proofs = (found or {}).get("DomainValidationOptions") or ()
        if found and proofs and all("ResourceRecord" in one for one in proofs):
            return found
        if found and found.get("Status") == "FAILED":
            return found
        if time.monotonic() > deadline:
            raise ReplatformError(
                f"The certificate for {domain} {region(client)} was requested ({arn}), but ACM did not tell within"
                f" {RECORDS_TIMEOUT_S} s which records prove its domains; run again, it continues from here.",
                code="WaitTimeout",
            )
        time.sleep(RECORDS_PAUSE_S)


def set_transparency(client: Any, arn: str, logging: bool) -> None:
    with calling(f"set the options of certificate {arn} {region(client)}"):
        client.update_certificate_options(
            CertificateArn=arn,
            Options={"CertificateTransparencyLoggingPreference": "ENABLED" if logging else "DISABLED"},
        )


def tag(client: Any, arn: str, new: Mapping[str, str], gone: Collection[str]) -> None:
    with calling(f"tag certificate {arn} {region(client)}"):
        if gone:
            client.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": key} for key in gone])
        if new:
            client.add_tags_to_certificate(CertificateArn=arn, Tags=listed(new))


def delete(client: Any, arn: str) -> None:
    with calling(f"delete certificate {arn} {region(client)}"), suppress(client.exceptions.ResourceNotFoundException):
        client.delete_certificate(CertificateArn=arn)


def public_zones(route53: Any, name: str) -> list[str]:
    """Ids of the public hosted zones of exactly that name; there may be more than one."""
    with calling(f"look for the hosted zone {name}"):
        found = route53.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    return [
        one["Id"].removeprefix("/hostedzone/")
        for one in found
        if one["Name"].rstrip(".") == name and not (one.get("Config") or {}).get("PrivateZone")
    ]


def record(route53: Any, zone: str, name: str, value: str) -> dict[str, Any] | None:
    """The CNAME record set of that name and value as it is, None when the zone has none."""
    with calling(f"read the record {name} in hosted zone {zone}"):
        sets = route53.list_resource_record_sets(
            HostedZoneId=zone, StartRecordName=name, StartRecordType="CNAME", MaxItems="1"
        )["ResourceRecordSets"]
    for one in sets:
        values = [each["Value"].rstrip(".") for each in one.get("ResourceRecords", ())]
        if (one["Type"], one["Name"].rstrip(".").lower()) == ("CNAME", name.lower()) and value in values:
            return dict(one)
    return None


def put_records(route53: Any, zone: str, wanted: Iterable[tuple[str, str]]) -> None:
    """Has the CNAME records (name, value) in the zone, in one change."""
    sets = [
        {"Name": name, "Type": "CNAME", "TTL": TTL_S, "ResourceRecords": [{"Value": value}]} for name, value in wanted
    ]
    _change(route53, zone, "UPSERT", sets)


def delete_records(route53: Any, zone: str, sets: Sequence[Mapping[str, Any]]) -> None:
    """Deletes the record sets, which must be told exactly as they are."""
    _change(route53, zone, "DELETE", sets)


def _change(route53: Any, zone: str, action: str, sets: Sequence[Mapping[str, Any]]) -> None:
    names = ", ".join(one["Name"].rstrip(".") for one in sets)
    with calling(f"{action.lower()} the records {names} in hosted zone {zone}"):
        route53.change_resource_record_sets(
            HostedZoneId=zone,
            ChangeBatch={
                "Comment": "Validation of certificates (Replatform)",
                "Changes": [{"Action": action, "ResourceRecordSet": one} for one in sets],
            },
        )
