"""Certificate Manager where moto 5.2 is simpler than its documentation.

- A certificate is issued when a public zone of Route 53 has the CNAME record of each of its domains, and not by time
  (User Guide, "DNS validation"). A wildcard and its parent share a record; other domains have records of their own.
- The key's algorithm is the one asked for; dates are there once it is issued (API Reference, CertificateDetail). It is
  eligible for renewal while a service uses it (User Guide, "Managed certificate renewal").
- ListCertificates without key types leaves out all but RSA_1024 and RSA_2048 (API Reference, Filters).
- DeleteCertificate refuses while the certificate is in use; UpdateCertificateOptions works.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..aws_emulator import Extendable

LISTED = ("RSA_1024", "RSA_2048")
ISSUED_ONLY = ("IssuedAt", "NotAfter", "NotBefore", "Serial")


def extend(emulator: Extendable) -> None:
    from moto.acm.models import AWSCertificateManagerBackend, CertBundle
    from moto.acm.responses import AWSCertificateManagerResponse

    _extend_certificates(CertBundle)
    _extend_operations(emulator, AWSCertificateManagerResponse, AWSCertificateManagerBackend)


def _extend_certificates(certificates: Any) -> None:
    told = certificates.describe

    def check(certificate: Any) -> None:
        if certificate.type == "AMAZON_ISSUED" and certificate.status == "PENDING_VALIDATION":
            proven = _cname_records(certificate.arn.split(":")[4])
            if all(proven.get(name) == value for name, value in map(_record, _domains(certificate))):
                certificate.status = "ISSUED"

    def describe(certificate: Any) -> dict[str, Any]:
        answer: dict[str, Any] = told(certificate)
        about = answer["Certificate"]
        if certificate.type != "AMAZON_ISSUED":
            return answer
        proven = _cname_records(certificate.arn.split(":")[4])
        about["DomainValidationOptions"] = [
            {
                "DomainName": domain,
                "ValidationDomain": domain,
                "ValidationStatus": "SUCCESS" if _is_proven(certificate, domain, proven) else "PENDING_VALIDATION",
                "ValidationMethod": "DNS",
                "ResourceRecord": {
                    "Name": f"{_record(domain)[0]}.",
                    "Type": "CNAME",
                    "Value": f"{_record(domain)[1]}.",
                },
            }
            for domain in _domains(certificate)
        ]
        about["KeyAlgorithm"] = getattr(certificate, "asked_algorithm", about["KeyAlgorithm"])
        about["SubjectAlternativeNames"] = about["SubjectAlternativeNameSummaries"] = _domains(certificate)
        about["RenewalEligibility"] = "ELIGIBLE" if certificate.in_use_by else "INELIGIBLE"
        if certificate.status == "PENDING_VALIDATION":
            for name in ISSUED_ONLY:
                about.pop(name, None)
        return answer

    certificates.check = check
    certificates.describe = describe


def _extend_operations(emulator: Extendable, responses: Any, backends: Any) -> None:
    from moto.core.exceptions import AWSError
    from moto.core.responses import EmptyResult

    request, delete = responses.request_certificate, responses.delete_certificate
    backend_list = backends.list_certificates

    def request_certificate(response: Any) -> Any:
        answer = request(response)
        certificate = response.acm_backend.get_certificate(answer.result["CertificateArn"])
        # The key itself is an RSA key; nobody but the service sees it.
        certificate.asked_algorithm = response._get_param("KeyAlgorithm") or "RSA_2048"
        return answer

    def list_certificates(backend: Any, statuses: Any, includes: Any) -> Any:
        return backend_list(backend, statuses, {"keyTypes": LISTED, **(includes or {})})

    def delete_certificate(response: Any) -> Any:
        certificate = response.acm_backend.get_certificate(response._get_param("CertificateArn"))
        if certificate.in_use_by:
            raise AWSError(f"Certificate {certificate.arn} in use.", exception_type="ResourceInUseException")
        return delete(response)

    def update_options(response: Any) -> Any:
        certificate = response.acm_backend.get_certificate(response._get_param("CertificateArn"))
        certificate.cert_options = {**certificate.cert_options, **response._get_param("Options")}
        return EmptyResult()

    backends.list_certificates = list_certificates
    emulator.operation("acm", "RequestCertificate", request_certificate)
    emulator.operation("acm", "DeleteCertificate", delete_certificate)
    emulator.operation("acm", "UpdateCertificateOptions", update_options)


def _domains(certificate: Any) -> list[str]:
    return list(dict.fromkeys([certificate.common_name, *sorted(certificate.sans)]))


def _record(domain: str) -> tuple[str, str]:
    """Name and value of the CNAME that proves a domain."""
    name = domain.removeprefix("*.")
    key = hashlib.sha256(name.encode()).hexdigest()
    return f"_{key[:32]}.{name}", f"_{key[32:]}.sandbox.acm-validations.aws"


def _is_proven(certificate: Any, domain: str, proven: dict[str, str]) -> bool:
    name, value = _record(domain)
    return certificate.status == "ISSUED" or proven.get(name) == value


def _cname_records(account: str) -> dict[str, str]:
    """Values of all CNAME records in public zones, by name."""
    from moto.route53.models import route53_backends

    return {
        record.name.rstrip("."): str(record.records[0]).rstrip(".")
        for zone in list(route53_backends[account]["aws"].zones.values())
        if not zone.private_zone
        for record in list(zone.rrsets)
        if record.type == "CNAME" and record.records
    }
