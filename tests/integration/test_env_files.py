"""env_files on real files with real commands, run as Ansible runs it."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.modules import run_module, start_module

OLD = b"# shop\r\nAPP_KEY='k'\r\nexport DB_HOST=10.0.0.5 # here\r\nDB_PASSWORD=\"old-secret-1\"\r\nMAIL=a b\xff\r\n"
NEW = OLD.replace(b"10.0.0.5", b"aurora.example").replace(b"old-secret-1", b"new-secret-1")
VALUES = {"DB_HOST": "aurora.example", "DB_PASSWORD": "new-secret-1"}
SECRETS = ("old-secret-1", "new-secret-1", "aurora.example", "10.0.0.5")


@pytest.fixture
def env(tmp_path):
    """A .env file of an application."""
    file = tmp_path / "app" / ".env"
    file.parent.mkdir()
    file.write_bytes(OLD)
    file.chmod(0o640)
    return file


def command(script: str, **more: Any) -> dict[str, Any]:
    return {"argv": ["sh", "-c", script], **more}


def item(file: Path, *scripts: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"path": str(file), "values": values or VALUES, "commands": [command(script) for script in scripts]}


def run(*files: dict[str, Any], **options: Any) -> dict[str, Any]:
    more = {name: options.pop(name) for name in ("check", "env") if name in options}
    return run_module("env_files", {"files": list(files), **options}, **more)


def beside(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir() if path.name.startswith(file.name))


def said(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result[name] for name in ("changed", "files", "actions", "diff")}


def test_the_life_of_a_file_and_check_mode_predicts_each_step(env):
    seen = env.parent / "seen"
    one = item(env, f"cat {env} >> {seen}")

    def edit():
        env.write_bytes(env.read_bytes() + b"MORE=1\r\n")

    life: list[tuple[str, Any, str, bytes, bool, bool]] = [
        # (step, by hand before, state, content, changed, kept)
        ("never switched", None, "restored", OLD, False, False),
        ("set", None, "set", NEW, True, True),
        ("same again", None, "set", NEW, False, True),
        ("restored", None, "restored", OLD, True, False),
        ("same again", None, "restored", OLD, False, False),
        ("set", None, "set", NEW, True, True),
        ("by hand", lambda: env.write_bytes(OLD), "set", NEW, True, True),
        ("edited", edit, "set", NEW + b"MORE=1\r\n", False, True),
        ("edited, restored", None, "restored", OLD + b"MORE=1\r\n", True, False),
        ("set again", None, "set", NEW + b"MORE=1\r\n", True, True),
        ("restored", None, "restored", OLD + b"MORE=1\r\n", True, False),
    ]
    for step, by_hand, state, content, changed, kept in life:
        if by_hand:
            by_hand()
        seen.unlink(missing_ok=True)
        before = {path: path.read_bytes() for path in env.parent.iterdir()}
        predicted = run(one, state=state, check=True)
        assert {path: path.read_bytes() for path in env.parent.iterdir()} == before, step
        done = run(one, state=state)
        assert said(predicted) == said(done), step
        assert env.read_bytes() == content, step
        assert done["changed"] is changed, step
        assert beside(env) == ([".env", ".env.before-switch"] if kept else [".env"]), step
        assert (seen.read_bytes() if seen.exists() else None) == (content if changed else None), step
        assert bool(done.get("warnings")) is done["files"][0]["edited"] is (step == "edited, restored"), step
        assert env.stat().st_mode & 0o777 == 0o640, step


def test_no_value_is_told_and_the_diff_names_the_keys(env):
    result = run(item(env, "cat .env; exit 3"))
    told = json.dumps(result)
    assert result["msg"].startswith(f"'sh -c cat .env; exit 3' for {env} ended with status 3: # shop")
    assert [secret for secret in SECRETS if secret in told] == []
    result = run(item(env))
    assert [secret for secret in SECRETS if secret in json.dumps(result)] == []
    assert result["diff"][0]["after"] == "DB_HOST: (changed)\nDB_PASSWORD: (changed)\n"
    assert result["actions"] == [f"set DB_HOST, DB_PASSWORD in {env}"]


def test_a_failed_command_sets_all_files_back_and_runs_again_with_the_old_values(env):
    other = env.with_name("other.env")
    other.write_bytes(OLD)
    seen = env.parent / "seen"
    fails = f"grep -o aurora {env} >> {seen} || grep -o 10.0 {env} >> {seen}; ! grep -q aurora {env}"
    result = run(item(other), item(env, fails))
    assert result["failed"]
    assert result["msg"].endswith("All files of this server are as they were.")
    assert result["error"]["undone"] is True
    assert not result["changed"]
    assert env.read_bytes() == other.read_bytes() == OLD
    assert seen.read_text() == "aurora\n10.0\n"
    assert beside(env) == [".env"]
    assert beside(other) == ["other.env"]


def test_a_command_that_fails_both_ways_is_named_for_a_person(env):
    result = run(item(env, "exit 1"))
    assert "run it by hand, it failed again with the old values" in result["msg"]
    assert result["error"]["undone"] is False
    assert env.read_bytes() == OLD


def test_a_command_that_fails_on_the_way_back_is_run_again_by_the_next_run(env):
    seen = env.parent / "seen"
    run(item(env))
    result = run(item(env, f"echo x >> {seen}; exit 1"), state="restored")
    assert "The files have their old values again" in result["msg"]
    assert env.read_bytes() == OLD
    assert run(item(env, f"echo y >> {seen}"), state="restored")["changed"]
    assert seen.read_text() == "x\ny\n"
    assert beside(env) == [".env"]


@pytest.mark.parametrize(("state", "content"), [("set", NEW), ("restored", OLD)])
def test_a_run_that_was_killed_is_taken_up_with_its_commands_in_either_direction(env, state, content):
    began, seen = env.parent / "began", env.parent / "seen"
    killed = start_module("env_files", {"files": [item(env, f"touch {began}; exec sleep 60")]})
    deadline = time.monotonic() + 60
    while not began.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(killed.process.pid, signal.SIGKILL)
    killed.process.communicate()
    assert beside(env) == [".env", ".env.before-switch.unfinished"]
    one = item(env, f"cat .env > {seen}")
    assert run(one, state=state)["changed"]
    assert seen.read_bytes() == env.read_bytes() == content
    assert not run(one, state=state)["changed"]
    run(one, state="restored")
    assert env.read_bytes() == OLD
    assert beside(env) == [".env"]


def test_a_link_stays_a_link_and_the_command_runs_where_the_link_is(env, tmp_path):
    release = tmp_path / "release"
    release.mkdir()
    link = release / ".env"
    link.symlink_to(env)
    run(item(link, "pwd > here"))
    assert link.is_symlink()
    assert env.read_bytes() == NEW
    assert (release / "here").read_text() == f"{release}\n"
    run(item(link), state="restored")
    assert env.read_bytes() == OLD


def test_a_command_does_not_inherit_what_the_file_sets(env):
    run(item(env, "echo ${DB_HOST-unset} > seen"), env={"DB_HOST": "inherited"})
    assert (env.parent / "seen").read_text() == "unset\n"


def test_a_command_is_left_out_where_its_file_is_missing(env):
    one = item(env)
    one["commands"] = [
        {"argv": ["no-such-program"], "if_exists": "bootstrap/cache/config.php"},
        command("echo b > seen", if_exists=".env"),
    ]
    assert run(one)["files"][0]["commands"] == ["sh -c echo b > seen"]
    assert (env.parent / "seen").read_text() == "b\n"


REFUSED = [
    # (options of the one file, what is done to it before, what is said)
    pytest.param({"values": {"DB_HOST": "a", "DB_PROT": "b"}}, None, "does not set DB_PROT", id="key missing"),
    pytest.param({}, lambda f: f.write_bytes(OLD + b"DB_HOST=x\n"), "DB_HOST in the lines 3, 6", id="key twice"),
    pytest.param({}, lambda f: f.unlink(), "cannot be read by user id", id="no file"),
    pytest.param({"path": "/"}, None, "is no regular file", id="a folder"),
    pytest.param({}, lambda f: os.link(f, f.with_name("second")), "a second name", id="hard link"),
    pytest.param({"commands": [{"argv": ["no-such-program"]}]}, None, "The program 'no-such-program'", id="program"),
    pytest.param({"commands": [{"argv": []}]}, None, "The program ''", id="no program"),
    pytest.param({"commands": [command("true", chdir="/no/such")]}, None, "is no folder", id="folder"),
    pytest.param({"values": {"DB_HOST": "it's\\"}}, None, "cannot be given this value", id="unwritable value"),
]


@pytest.mark.parametrize(("options", "by_hand", "told"), REFUSED)
@pytest.mark.parametrize("check", [True, False])
def test_what_would_fail_is_refused_before_any_file_is_written(env, options, by_hand, told, check):
    first = env.with_name("first.env")
    first.write_bytes(OLD)
    if by_hand:
        by_hand(env)
    result = run(item(first), {**item(env), **options}, check=check)
    assert told in result["msg"]
    assert "defect" not in result["msg"]
    assert first.read_bytes() == OLD
    assert beside(first) == ["first.env"]


def test_the_way_back_is_refused_where_nothing_was_kept(env):
    run(item(env))
    env.with_name(".env.before-switch").unlink()
    result = run(item(env), state="restored")
    assert "is not there to switch back to" in result["msg"]
    assert env.read_bytes() == NEW


def test_the_same_file_by_two_names_is_refused(env):
    link = env.with_name("link")
    link.symlink_to(env)
    assert "more than once" in run(item(env), item(link))["msg"]


def test_a_name_that_is_also_a_value_stays_readable(tmp_path):
    env = tmp_path / "shop" / ".env"
    env.parent.mkdir()
    env.write_text("DB_USERNAME=shop\nDB_DATABASE=shop\n")
    result = run(item(env, "true", values={"DB_USERNAME": "shop2", "DB_DATABASE": "shop"}))
    assert result["actions"] == [f"set DB_USERNAME in {env}", f"run sh -c true for {env}"]
    assert result["files"][0]["kept"] == f"{env}.before-switch"
