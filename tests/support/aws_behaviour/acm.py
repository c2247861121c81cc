"""Certificate Manager, as its API Reference and User Guide say, where the emulator's own extension has to do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.aws_behaviour import Answers, Behaviour

REFERENCE = "https://docs.aws.amazon.com/acm/latest/APIReference/API_"
VALIDATION = "https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html"
DOMAIN = "t-behaviour.example"


def does(
    name: str,
    operation: str,
    expect: dict[str, Any] | str,
    parameters: dict[str, Any] | Callable[[Answers], dict[str, Any]],
    page: str = "",
) -> Behaviour:
    return Behaviour(name, ("acm", operation, parameters), expect, page or f"{REFERENCE}{operation}.html")


def certificate(answers: Answers, **more: Any) -> dict[str, Any]:
    return {"CertificateArn": answers["a certificate is requested"]["CertificateArn"], **more}


def record(answers: Answers, action: str) -> dict[str, Any]:
    proof = answers["it waits for its record"]["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
    wanted = {"Name": proof["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": proof["Value"]}]}
    zone = answers["a zone is made"]["HostedZone"]["Id"]
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": wanted}]}}


PROVEN = {"DomainName": DOMAIN, "ValidationStatus": "SUCCESS", "ResourceRecord": {"Type": "CNAME"}}
UNPROVEN = {**PROVEN, "ValidationStatus": "PENDING_VALIDATION"}
WILD = {"DomainName": f"*.{DOMAIN}"}

BEHAVIOUR = [
    does("a certificate is requested", "RequestCertificate", {"CertificateArn": ...},
         {"DomainName": DOMAIN, "SubjectAlternativeNames": [f"*.{DOMAIN}"], "KeyAlgorithm": "EC_prime256v1",
          "ValidationMethod": "DNS"}),
    does("it waits for its record", "DescribeCertificate",
         {"Certificate": {"Status": "PENDING_VALIDATION", "DomainValidationOptions": [UNPROVEN, WILD]}},
         certificate, VALIDATION),
    does("other keys than RSA are listed when asked for", "ListCertificates", {"CertificateSummaryList": []},
         {}, f"{REFERENCE}Filters.html"),
    Behaviour("a zone is made", ("route53", "CreateHostedZone", {"Name": DOMAIN, "CallerReference": DOMAIN}),
              {"HostedZone": {"Name": f"{DOMAIN}."}}, VALIDATION),
    Behaviour("the record is written", ("route53", "ChangeResourceRecordSets", lambda a: record(a, "UPSERT")),
              {}, VALIDATION),
    does("it is issued, the wildcard by the same record", "DescribeCertificate",
         {"Certificate": {"Status": "ISSUED", "KeyAlgorithm": "EC_prime256v1", "NotAfter": ...,
                          "DomainValidationOptions": [PROVEN, {**WILD, "ValidationStatus": "SUCCESS"}]}},
         certificate, VALIDATION),
    does("its options are changed", "UpdateCertificateOptions", {}, lambda a: certificate(
        a, Options={"CertificateTransparencyLoggingPreference": "DISABLED"})),
    does("they are told", "DescribeCertificate",
         {"Certificate": {"Options": {"CertificateTransparencyLoggingPreference": "DISABLED"}}}, certificate),
    Behaviour("the record is deleted", ("route53", "ChangeResourceRecordSets", lambda a: record(a, "DELETE")),
              {}, VALIDATION),
    does("it is deleted", "DeleteCertificate", {}, certificate),
    does("it is gone", "DescribeCertificate", "ResourceNotFoundException", certificate),
    Behaviour("the zone is deleted",
              ("route53", "DeleteHostedZone", lambda a: {"Id": a["a zone is made"]["HostedZone"]["Id"]}),
              {}, VALIDATION),
]  # fmt: skip
