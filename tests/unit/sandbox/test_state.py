from __future__ import annotations

import socket
import threading

import pytest

from sandbox.errors import SandboxError
from sandbox.state import LOOPBACK, State, locked


@pytest.fixture
def state(tmp_path):
    return State(tmp_path / "sandbox")


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def mode(path):
    return path.stat().st_mode & 0o777


def test_a_password_is_kept_and_readable_by_its_owner_only(state, tmp_path):
    first = state.password("mysql_source.root")
    assert State(tmp_path / "sandbox").password("mysql_source.root") == first
    assert state.password("mysql_target.root") != first
    assert len(first) <= 32
    assert mode(state.folder / "passwords.json") == 0o600


def test_a_taken_usual_port_is_replaced_and_the_replacement_kept(state, taken_port):
    chosen = state.port("aws", taken_port, running=False)
    assert chosen != taken_port
    assert state.port("aws", taken_port, running=False) == chosen
    assert state.port("aws", taken_port, running=True) == chosen


def test_two_parts_never_get_one_port(state):
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        usual = probe.getsockname()[1]
    assert state.port("one", usual, running=False) == usual
    assert state.port("two", usual, running=False) != usual


def test_endpoints_are_private_and_the_environment_can_be_sourced(state):
    state.publish({"aws": {"url": "http://127.0.0.1:4566", "region": "x-1", "access_key": "k", "secret_key": "s"}})
    assert state.endpoints()["aws"]["region"] == "x-1"
    assert mode(state.endpoints_file) == 0o600
    assert mode(state.environment_file) == 0o600
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n" in state.environment_file.read_text()


def test_a_broken_state_file_is_named(state):
    state.publish({})
    state.endpoints_file.write_text("{")
    with pytest.raises(SandboxError, match=r"endpoints.json is not JSON .* delete it"):
        state.endpoints()


def test_a_second_command_waits_for_the_first_and_not_for_ever(tmp_path):
    inside = threading.Event()
    leave = threading.Event()

    def hold():
        with locked(tmp_path / "lock"):
            inside.set()
            leave.wait(10)

    first = threading.Thread(target=hold)
    first.start()
    inside.wait(10)
    try:
        with pytest.raises(SandboxError, match="still held by another"), locked(tmp_path / "lock", timeout_s=0.2):
            pass
    finally:
        leave.set()
        first.join()
    with locked(tmp_path / "lock", timeout_s=0.2):
        pass
