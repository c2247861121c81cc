"""The role application_switch_env on servers of which one cannot be reached; all else is in its molecule scenario."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from sandbox.state import free_port
from tests.support.modules import ROOT

OLD = "DB_HOST=old\n"


def test_no_server_is_changed_when_one_cannot_be_reached(tmp_path):
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    gone = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": free_port()}
    inventory = {"all": {"hosts": {"web1": local, "web2": gone, "web3": local}}}
    files = [{"path": f"{tmp_path}/{{{{ inventory_hostname }}}}.env", "values": {"DB_HOST": "new"}}]
    role = {"role": "application_switch_env", "application_switch_direction": "target"}
    play = {"hosts": "all", "gather_facts": False, "roles": [{**role, "application_switch_env_files": files}]}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    for host in ("web1", "web3"):
        (tmp_path / f"{host}.env").write_text(OLD)
    environment = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT)}
    places = {"ANSIBLE_ROLES_PATH": str(ROOT / "roles"), "REPLATFORM_SUMMARY": str(tmp_path / "summary.json")}
    ended = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts.yml", "play.yml"],
        cwd=tmp_path,
        env={**os.environ, **environment, **places, "ANSIBLE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode != 0
    assert "web2" in ended.stdout
    assert "UNREACHABLE" in ended.stdout + ended.stderr
    assert sorted(path.name for path in tmp_path.glob("*.env*")) == ["web1.env", "web3.env"]
    assert [(tmp_path / f"{host}.env").read_text() for host in ("web1", "web3")] == [OLD, OLD]
