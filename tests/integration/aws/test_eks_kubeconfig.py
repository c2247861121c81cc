"""eks_kubeconfig against the emulator, run as Ansible runs it."""

from __future__ import annotations

import base64
import json
import secrets
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from ansible_collections.replatform.aws.plugins.modules import eks_kubeconfig
from tests.support.life import Life, Step
from tests.support.modules import run_module

ROLE = "arn:aws:iam::123456789012:role/eks"


@pytest.fixture
def cluster(aws):
    name = f"t-{secrets.token_hex(4)}"
    aws.client("eks").create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["a", "b"]})
    yield name
    aws.client("eks").delete_cluster(name=name)


@pytest.fixture
def run(aws, cluster, tmp_path):
    def run(check=False, **options):
        wanted = {"cluster_name": cluster, "path": str(tmp_path / "config"), **options}
        return run_module("eks_kubeconfig", wanted, check=check, env=aws.environment)

    return run


@pytest.fixture
def config(tmp_path):
    return lambda: yaml.safe_load((tmp_path / "config").read_text())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_life_of_a_context_beside_others(aws, cluster, tmp_path, config):
    path = tmp_path / "new" / "config"
    path.parent.mkdir()
    other = {"name": "other", "user": {"token": "of-somebody-else"}}
    path.write_text(yaml.safe_dump({"users": [other], "current-context": "other"}))
    path.chmod(0o640)
    wanted = {"cluster_name": cluster, "path": str(path), "context": "shop"}

    def read():
        return yaml.safe_load(path.read_text())

    def is_there():
        exec_plugin = read()["users"][1]["user"]["exec"]
        assert exec_plugin["args"][-3:] == [cluster, "--output", "json"]
        assert read()["clusters"][0]["cluster"]["server"].startswith("https://")
        assert (read()["current-context"], read()["users"][0], mode(path)) == ("shop", other, 0o640)

    def by_hand():
        changed = read()
        changed["clusters"][0]["cluster"]["server"] = "https://elsewhere"
        changed["contexts"][0]["context"]["namespace"] = "mine"
        path.write_text(yaml.safe_dump(changed))

    def is_repaired():
        assert "elsewhere" not in read()["clusters"][0]["cluster"]["server"]
        assert read()["contexts"][0]["context"]["namespace"] == "mine"

    def is_gone():
        assert read()["users"] == [other]
        assert read()["contexts"] == []

    Life(aws, "eks_kubeconfig").live([
        Step("add", wanted, [f"add context shop in {path}"], holds=is_there),
        Step("drift", wanted, [f"update context shop in {path}"], by_hand, is_repaired),
        Step("remove", {**wanted, "state": "absent"}, [f"remove context shop in {path}"], holds=is_gone),
    ])  # fmt: skip


def test_a_token_is_in_the_file_only_and_renewed_when_it_ends(run, config, cluster, tmp_path):
    result = run(auth="token")
    token = config()["users"][0]["user"]["token"]
    assert mode(tmp_path / "config") == 0o600
    assert result["token_expires"]
    encoded = token.removeprefix("k8s-aws-v1.")
    url = urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    query = parse_qs(url.query)
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Expires"] == ["60"]
    again = run(auth="token")
    assert not again["changed"]
    renewed = run(auth="token", seconds_left=840)
    assert renewed["diff"][0]["before"] == "user:\n  token: (hidden)\n"
    assert renewed["diff"][0]["after"] == "user:\n  token: (changed)\n"
    for one in (result, again, renewed):
        assert encoded not in json.dumps(one)


def test_what_is_no_kubeconfig_is_left_alone(run, tmp_path):
    for content in ("users: [", "- a list", "users: {a: b}"):
        (tmp_path / "config").write_text(content)
        result = run()
        assert result["error"]["code"] == "NoKubeconfig"
        assert (tmp_path / "config").read_text() == content


def test_a_cluster_that_is_not_there_is_named_and_check_mode_has_placeholders(run, tmp_path):
    assert "EKS cluster none does not exist in eu-central-1" in run(cluster_name="none")["msg"]
    result = run(cluster_name="none", check=True)
    assert (result["server"], result["changed"]) == ("(endpoint of none)", True)
    assert not (tmp_path / "config").exists()
    assert not run(cluster_name="none", state="absent")["changed"]


def test_the_examples_of_the_documentation_run(play, cluster, tmp_path):
    examples = eks_kubeconfig.EXAMPLES.replace("cluster_name: shop", f"cluster_name: {cluster}")
    said = play(yaml.safe_load(examples.replace("~/.kube", str(tmp_path / "kube"))))
    assert "failed=0" in said
    token = yaml.safe_load((tmp_path / "kube" / "shop-for-a-moment.yml").read_text())["users"][0]["user"]["token"]
    assert token not in said
