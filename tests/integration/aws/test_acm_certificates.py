"""acm_certificates against the emulator, whose certificates are issued when their records are in Route 53."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.support.aws_behaviour import acm as documented
from tests.support.aws_behaviour import walk
from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

LATER = KNOWN_LATER | {"validation_records", "unvalidated", "not_after", "renewal_eligibility"}


@pytest.fixture
def acm(aws):
    return aws.client("acm")


@pytest.fixture
def route53(aws):
    return aws.client("route53")


@pytest.fixture
def zone(acm, route53):
    """A hosted zone of this test's own; it and the certificates of its names are gone afterwards."""
    name = f"t-{secrets.token_hex(4)}.example"
    made = route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    yield name
    for one in certificates(acm, name):
        acm.delete_certificate(CertificateArn=one["CertificateArn"])
    for record in records(route53, made):
        change = {"Action": "DELETE", "ResourceRecordSet": record}
        route53.change_resource_record_sets(HostedZoneId=made, ChangeBatch={"Changes": [change]})
    route53.delete_hosted_zone(Id=made)


@pytest.fixture
def run(aws):
    """`run([...], zone=..., check=False)` runs acm_certificates and returns its result."""

    def run(wanted: list[dict[str, Any]], check: bool = False, **options: Any) -> dict[str, Any]:
        return run_module("acm_certificates", {"certificates": wanted, **options}, env=aws.environment, check=check)

    return run


def certificates(acm, zone):
    kinds = {"keyTypes": ["RSA_2048", "EC_prime256v1"]}
    every = acm.list_certificates(Includes=kinds)["CertificateSummaryList"]
    return [one for one in every if one["DomainName"].endswith(zone)]


def records(route53, zone_id):
    every = route53.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    return [one for one in every if one["Type"] == "CNAME"]


def test_the_life_of_certificates(aws, acm, route53, zone):
    zone_id = route53.list_hosted_zones_by_name(DNSName=zone)["HostedZones"][0]["Id"]
    shop = {"domain": zone, "subject_alternative_names": [f"*.{zone}", f"api.{zone}"]}
    first = {"zone": zone, "tags": {"app": "shop"}, "certificates": [shop, {"domain": f"mail.{zone}"}]}
    changed = {**first, "tags": {"app": "shop", "n": 1}, "certificates": [{**shop, "transparency_logging": False}]}
    replaced = {**changed, "certificates": [{**shop, "key_algorithm": "EC_prime256v1", "replace": True}]}
    gone = {"zone": zone, "certificates": [{"domain": one, "state": "absent"} for one in (zone, f"mail.{zone}")]}

    def issued():
        status = {one["DomainName"]: one["Status"] for one in certificates(acm, zone)}
        assert status == {zone: "ISSUED", f"mail.{zone}": "ISSUED"}
        # A wildcard is proven by the record of its parent.
        assert len(records(route53, zone_id)) == 3

    def two_of_a_name():
        kinds = sorted(one["KeyAlgorithm"] for one in certificates(acm, zone) if one["DomainName"] == zone)
        assert kinds == ["EC_prime256v1", "RSA_2048"]

    Life(aws, "acm_certificates", known_later=LATER | {"missing_records"}).live([
        Step("create", first, [f"create certificate {zone}", f"create certificate mail.{zone}"], holds=issued),
        Step("not given, not touched", {"certificates": [{"domain": zone}, {"domain": f"mail.{zone}"}]}),
        Step("change", changed, [f"update certificate {zone}: tags, transparency_logging"]),
        Step("replace", replaced, [f"create certificate {zone}"], holds=two_of_a_name),
        Step("delete", gone, [f"delete certificate {zone}", f"delete certificate mail.{zone}"]),
    ])  # fmt: skip
    assert certificates(acm, zone) == []
    assert records(route53, zone_id) == []


def test_a_record_that_somebody_took_away_is_there_again(acm, route53, run, zone):
    zone_id = route53.list_hosted_zones_by_name(DNSName=zone)["HostedZones"][0]["Id"]
    wanted = [{"domain": zone, "subject_alternative_names": [f"api.{zone}"]}]
    run(wanted, zone=zone)
    before = records(route53, zone_id)
    change = {"Action": "DELETE", "ResourceRecordSet": before[0]}
    route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": [change]})
    predicted = run(wanted, zone=zone, check=True)
    done = run(wanted, zone=zone)
    assert predicted["actions"] == done["actions"] == [f"update certificate {zone}: missing_records"]
    assert before[0]["Name"].rstrip(".") in done["diff"][0]["before"]
    assert records(route53, zone_id) == before


def test_a_certificate_that_is_not_proven_is_told_with_the_record_it_needs(acm, run, zone):
    result = run([{"domain": zone}], wait_timeout=1)
    assert result["failed"]
    assert result["error"]["code"] == "WaitTimeout"
    record = result["certificates"][0]["validation_records"][0]
    assert f"{zone}: needs the record {record['name']} CNAME {record['value']}" in result["msg"]
    # The same one is taken up again, proven now.
    again = run([{"domain": zone}], zone=zone)
    assert again["actions"] == [f"update certificate {zone}: missing_records"]
    assert again["certificates"][0]["status"] == "ISSUED"
    assert len(certificates(acm, zone)) == 1


def test_what_an_earlier_run_began_is_awaited(run, zone, faults):
    faults.add("slow", "acm", "RequestCertificate", times=3)
    assert run([{"domain": zone}], zone=zone, wait=False)["certificates"][0]["status"] == "PENDING_VALIDATION"
    again = run([{"domain": zone}], zone=zone)
    assert (again["changed"], again["certificates"][0]["status"]) == (False, "ISSUED")


def test_other_names_are_refused_with_the_way_named(aws, run, zone):
    run([{"domain": zone}], zone=zone)
    aws.recorder.reset()
    result = run([{"domain": zone, "subject_alternative_names": [f"api.{zone}"]}], zone=zone)
    assert f'certificate {zone} has subject_alternative_names [] and cannot be given ["api.{zone}"]' in result["msg"]
    assert "set replace to true" in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"certificates": [{"domain": "shop"}]}, "certificates[0].domain is 'shop', which is no domain"),
        ({"certificates": [{"domain": "a.example", "subject_alternative_names": ["x y"]}]}, "names[0] is 'x y'"),
        ({"certificates": [{"domain": "a.example"}, {"domain": "A.example."}]}, "names a.example more than once"),
        ({"certificates": [{"domain": "a.example"}], "zone": "b.example"}, "a.example, which is not in the zone b.ex"),
        ({"certificates": [{"domain": "a.none.example"}], "zone": "none.example"}, "has no public zone none.example"),
        ({"certificates": [{"domain": "a.example", "keys": "RSA"}]}, "certificates.keys"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_before_anything_is_written(aws, run, options, says):
    result = run(options.pop("certificates"), **options)
    assert says in result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_a_zone_that_is_not_there_yet_is_no_hindrance_in_check_mode(aws, run):
    result = run([{"domain": "shop.later.example"}], zone="later.example", check=True)
    assert result["actions"] == ["create certificate shop.later.example"]
    assert aws.recorder.counts()["writes"] == 0


@pytest.mark.parametrize(
    ("kind", "rule", "says"),
    [
        ("throttle", {"service": "acm", "operation": "RequestCertificate", "times": 2}, ""),
        ("lost_reply", {"service": "acm", "operation": "RequestCertificate", "times": 1}, ""),
        ("error", {"service": "route53", "operation": "ChangeResourceRecordSets", "times": 2}, ""),
        ("access_denied", {"service": "route53", "operation": "ChangeResourceRecordSets"}, "allow the action"),
        ("quota", {"service": "acm", "operation": "RequestCertificate"}, "Cannot request a certificate"),
    ],
)
def test_faults_of_aws_are_survived_or_explained_and_a_rerun_completes(acm, run, faults, zone, kind, rule, says):
    faults.add(kind, **rule)
    result = run([{"domain": zone}], zone=zone)
    assert bool(result.get("failed")) == bool(says), result
    assert says in result.get("msg", "")
    faults.clear()
    assert run([{"domain": zone}], zone=zone)["certificates"][0]["status"] == "ISSUED"
    assert len(certificates(acm, zone)) == 1


def test_the_emulator_does_as_certificate_managers_documentation_says(aws):
    walk(documented.BEHAVIOUR, aws.client)
