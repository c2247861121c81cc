"""s3_buckets and s3_buckets_info against the emulator, which holds to bucket policies for those who do not sign."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.support.life import KNOWN_LATER, Life, Step
from tests.support.modules import run_module

RULES: list[dict[str, Any]] = [
    {"id": "exports", "prefix": "exports/", "expire_days": 30},
    {"id": "versions", "noncurrent_days": 90, "keep_noncurrent_versions": 3, "abort_multipart_days": 7,
     "transitions": [{"days": 60, "storage_class": "STANDARD_IA"}]},
]  # fmt: skip


@pytest.fixture
def s3(aws):
    return aws.client("s3")


@pytest.fixture
def prefix(s3):
    name = f"t-{secrets.token_hex(4)}-"
    yield name
    for one in [one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith(name)]:
        s3.delete_bucket_policy(Bucket=one)  # denies what is sent without TLS, as to the emulator
        found = s3.list_object_versions(Bucket=one)
        for version in [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]:
            s3.delete_object(Bucket=one, Key=version["Key"], VersionId=version["VersionId"])
        s3.delete_bucket(Bucket=one)


@pytest.fixture
def run(aws):
    return lambda *buckets, **more: run_module("s3_buckets", {"buckets": list(buckets), **more}, env=aws.environment)


def test_the_life_of_buckets(aws, s3, prefix):
    shop, logs = f"{prefix}shop", f"{prefix}logs"
    writer = {
        "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{logs}/*",
    }  # fmt: skip
    everything = {
        "name": shop, "public_prefixes": ["media/"], "private_prefixes": ["invoices/"], "secure_transport": True,
        "encryption": {"kms_key_id": "alias/shop"}, "versioning": True, "lifecycle": RULES,
        "cors": [{"origins": ["https://shop.example"], "methods": ["GET"], "max_age_s": 60}],
        "ownership": "BucketOwnerPreferred",
    }  # fmt: skip
    log = {"name": logs, "policy_statements": [writer]}
    first = {"tags": {"app": "shop", "n": 1}, "buckets": [log, everything]}
    logged = {"tags": {"app": "shop", "n": 1}, "buckets": [log, {**everything, "logging": {"bucket": logs}}]}
    less = {
        "tags": {},
        "buckets": [
            {"name": shop, "public_prefixes": [], "secure_transport": True, "encryption": None, "versioning": False,
             "lifecycle": RULES[:1], "cors": [], "logging": None, "ownership": "BucketOwnerEnforced"},
        ],
    }  # fmt: skip

    all_parts = ["cors", "encryption", "lifecycle", "logging", "ownership", "policy", "public_access_block", "tags",
                 "versioning"]  # fmt: skip

    def drift():
        s3.delete_bucket_policy(Bucket=shop)
        s3.put_bucket_versioning(Bucket=shop, VersioningConfiguration={"Status": "Suspended"})
        s3.delete_bucket_lifecycle(Bucket=shop)
        s3.delete_bucket_tagging(Bucket=logs)

    def there():
        policy = json.loads(s3.get_bucket_policy(Bucket=shop)["Policy"])
        assert [one["Effect"] for one in policy["Statement"]] == ["Deny", "Allow"]
        assert s3.get_bucket_location(Bucket=shop)["LocationConstraint"] == aws.endpoint["region"]
        assert s3.get_bucket_versioning(Bucket=shop)["Status"] == "Enabled"
        rule = s3.get_bucket_lifecycle_configuration(Bucket=shop)["Rules"][1]
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3}
        default = s3.get_bucket_encryption(Bucket=shop)["ServerSideEncryptionConfiguration"]["Rules"][0]
        assert default["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == "alias/shop"

    Life(aws, "s3_buckets", known_later=KNOWN_LATER | {"region"}).live([
        Step("create", first, [f"create bucket {logs}", f"create bucket {shop}"], holds=there),
        Step("not given, not touched", {"buckets": [{"name": shop}, {"name": logs}]}),
        Step("another order", {**first, "buckets": [log, {**everything, "lifecycle": RULES[::-1]}]}),
        Step("log", logged, [f"update bucket {shop}: logging"]),
        Step("drift", logged, [
            f"update bucket {logs}: tags", f"update bucket {shop}: lifecycle, policy, versioning",
        ], by_hand=drift, holds=there),
        Step("change", less, [
            f"update bucket {shop}: {', '.join(sorted(all_parts))}",
        ]),
        Step("delete", {"buckets": [{"name": one, "state": "absent", "force": True} for one in (shop, logs)]},
             [f"delete bucket {shop}", f"delete bucket {logs}"]),
    ])  # fmt: skip


def test_everybody_reads_the_public_prefix_and_nobody_the_rest(aws, s3, run, prefix):
    name = f"{prefix}shop"
    keys = ("media/cat picture.jpg", "invoices/1.pdf", "media.txt")
    assert run({"name": name, "public_prefixes": ["media/"]})["changed"]
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=b"x")

    def status(key: str) -> int:
        try:
            with urllib.request.urlopen(f"{aws.endpoint['url']}/{name}/{key.replace(' ', '%20')}", timeout=10) as got:
                return int(got.status)
        except urllib.error.HTTPError as refused:
            return int(refused.code)

    assert [status(key) for key in keys] == [200, 403, 403]
    run({"name": name, "public_prefixes": []})
    assert [status(key) for key in keys] == [403, 403, 403]


def test_a_bucket_with_objects_is_deleted_only_by_force_and_versions_go_too(s3, run, prefix):
    full, empty = f"{prefix}full", f"{prefix}empty"
    run({"name": full, "versioning": True}, {"name": empty})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=full, Key="a/é+&.txt", Body=body)
    s3.delete_object(Bucket=full, Key="a/é+&.txt")
    refused = run({"name": full, "state": "absent"}, {"name": empty, "state": "absent"})
    assert f"Bucket {full} holds objects and was not deleted" in refused["msg"]
    assert refused["actions"] == [f"delete bucket {empty}"]
    assert run({"name": full, "state": "absent", "force": True})["actions"] == [f"delete bucket {full}"]
    assert full not in [one["Name"] for one in s3.list_buckets()["Buckets"]]


def test_object_lock_is_for_new_buckets_and_another_region_is_refused(aws, run, prefix):
    name = f"{prefix}shop"
    run({"name": name})
    assert "has object_lock false and cannot be given true" in run({"name": name, "object_lock": True})["msg"]
    assert f"Bucket {name} is in {aws.endpoint['region']}" in run({"name": name}, region="eu-west-1")["msg"]
    locked = f"{prefix}locked"
    assert run({"name": locked, "object_lock": True})["buckets"][0]["versioning"] is True
    assert not run({"name": locked, "object_lock": True, "versioning": True})["changed"]


def test_info_tells_those_that_are_there(aws, run, prefix):
    name = f"{prefix}shop"
    made = run({"name": name, "public_prefixes": ["media/"], "encryption": {}})["buckets"][0]
    found = run_module("s3_buckets_info", {"names": [f"{prefix}none", name]}, env=aws.environment)["buckets"]
    assert found == [{key: value for key, value in made.items() if key not in ("action", "changed")}]


BAD = [
    ([{"name": "Shop"}], "buckets[0].name is 'Shop'"),
    ([{"name": "shop"}, {"name": "shop"}], "names shop more than once"),
    ([{"name": "shop", "publik": []}], "buckets.publik"),
    ([{"name": "shop", "lifecycle": [{"id": "x", "expire": 1}]}], "buckets.lifecycle.expire"),
    ([{"name": "shop", "distribution_arn": "arn:aws:cloudfront::1:distribution/E1"}], "public_prefixes"),
]


@pytest.mark.parametrize(("wanted", "says"), BAD, ids=[says for _, says in BAD])
def test_bad_input_is_refused_before_anything_is_written(aws, wanted, says):
    result = run_module("s3_buckets", {"buckets": wanted}, env=aws.environment)
    assert says in result["msg"], result["msg"]
    assert aws.recorder.counts()["writes"] == 0


def test_one_that_fails_is_named_and_the_others_are_done(s3, run, prefix):
    bad, good = f"{prefix}bad", f"{prefix}good"
    result = run({"name": bad, "logging": {"bucket": f"{prefix}nowhere"}}, {"name": good, "versioning": True})
    assert "1 of 2 buckets failed, the others are done." in result["msg"]
    assert result["actions"] == [f"create bucket {good}"]
    # Half made: the next run finds it and goes on.
    assert run({"name": bad, "versioning": True})["actions"] == [f"update bucket {bad}: versioning"]
