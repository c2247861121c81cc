# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one base class of all modules, and the only file here that imports Ansible."""

from __future__ import annotations

import copy
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from . import diff
from .aws.secretsmanager.credentials import resolve
from .aws.session import AWS_OPTIONS, Session
from .errors import ReplatformError, unexpected
from .redact import Redactor, leaves
from .resource import Mode, Outcome

if TYPE_CHECKING:
    from types import FrameType


WAIT_OPTIONS: dict[str, dict[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 600},
}

NO_LOG = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""What Ansible itself shows in place of a no_log option."""

Spec = Mapping[str, Any]


class Interrupted(KeyboardInterrupt):
    """A signal asked the module to end; it ends with a result instead of being cut off."""


class Module:
    """Options in, Outcome out: arguments, check mode, diff, errors and redaction of every module.

    `params`: every option with its default, None when not given.
    `given`: at any depth only what the user gave, plus defaults; an explicit null is there as None.
    """

    def __init__(
        self,
        options: Spec,
        *,
        fragments: Iterable[Spec] = (AWS_OPTIONS, WAIT_OPTIONS),
        mutually_exclusive: list[tuple[str, ...]] | None = None,
        required_together: list[tuple[str, ...]] | None = None,
        required_one_of: list[tuple[str, ...]] | None = None,
        required_if: list[tuple[Any, ...]] | None = None,
        required_by: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        spec: dict[str, Any] = {}
        for fragment in fragments:
            spec.update(copy.deepcopy(dict(fragment)))
        spec.update(copy.deepcopy(dict(options)))
        self._ansible = _Ansible(
            argument_spec=spec,
            supports_check_mode=True,
            mutually_exclusive=mutually_exclusive,
            required_together=required_together,
            required_one_of=required_one_of,
            required_if=required_if,
            required_by=required_by or {},
        )
        self.params: dict[str, Any] = {name: self._ansible.params.get(name) for name in spec}
        self.given: dict[str, Any] = given(spec, self._ansible.given, self.params)
        self.mode = Mode(
            check=bool(self._ansible.check_mode),
            diff=bool(self._ansible._diff),
            wait=bool(self.params.get("wait", True)),
            wait_timeout=int(self.params.get("wait_timeout") or 0),
        )
        secret, shown = sort_by_secrecy(spec, self.params)
        self._redact = Redactor(secret, shown)
        self._shown_params = masked(spec, self.params)
        # Ours from here on: Ansible's own would mask "mysql" in "shop/mysql" when a secret has it as a field.
        self._ansible.no_log_values = set()
        self._aws = Session(self.params)

    @property
    def check_mode(self) -> bool:
        return self.mode.check

    def client(self, service: str) -> Any:
        """A boto3 client by the module's connection options; safe to share between threads."""
        client = self._aws.client(service)
        for secret in self._aws.secrets():
            self.hide(secret)
        return client

    def hide(self, secret: str) -> None:
        """Masks a value that was fetched or made in process in everything that leaves the module."""
        self._redact.add(secret)

    def credentials(self, option: str, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The option's credentials, or `given`, with `secret: NAME` fetched and merged: what a client connects with."""
        found = resolve(given or self.params[option] or {}, lambda: self.client("secretsmanager"), option=option)
        if found["password"]:
            self.hide(found["password"])
        return found

    def run(self, act: Callable[[Module], Outcome]) -> None:
        """Ends the module with what `act` returns or raises."""
        outcome: Outcome | None = None
        error: ReplatformError | None = None
        try:
            with _SignalsInterrupt():
                outcome = act(self)
        except KeyboardInterrupt as exc:
            error = ReplatformError(
                f"The module was interrupted by {str(exc) or 'SIGINT'}; what was done before stays done,"
                " so run it again to finish.",
                code="Interrupted",
            )
        except ReplatformError as exc:
            error = exc
        except Exception as exc:  # noqa: BLE001  the last stop: whatever it is becomes one sentence
            error = unexpected(exc)
        # Outside of the except blocks, so that Ansible finds no exception whose traceback it could add.
        if error:
            self._fail(error)
        self._ansible.exit_json(**self._result(outcome or Outcome()))

    def _fail(self, error: ReplatformError) -> NoReturn:
        # ensure() hands over what it did before and beside the failure.
        result = self._result(getattr(error, "outcome", None) or Outcome())
        result["error"] = self._redact(error.as_dict())
        self._ansible.fail_json(msg=self._redact.text(error.message), exception="", **result)

    def _result(self, outcome: Outcome) -> dict[str, Any]:
        for warning in outcome.warnings:
            self._ansible.warn(self._redact.text(warning))
        return {
            **self._redact(outcome.result),
            "changed": outcome.changed,
            "actions": self._redact(outcome.actions),
            "diff": self._redact(diff.parts(outcome.before, outcome.after)),
            "invocation": {"module_args": self._redact(self._shown_params)},
        }


class _Ansible(AnsibleModule):
    """AnsibleModule that remembers what was given, and tells neither syslog nor a refusal's result of any value."""

    given: Mapping[str, Any]
    no_log_values: set[str]

    def _load_params(self) -> None:
        super()._load_params()
        self.given = copy.deepcopy(self.params)

    def _log_invocation(self) -> None:
        """Nothing: the values in lists of dicts reach the system log escaped, where Ansible's redaction misses them."""

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        if "error" not in kwargs:
            # Refused options, by Ansible's validation. A misspelt option's value is not known to be secret: names only.
            # Masked by our rules, as Ansible's turn "exclusive" into "exclusi********e" for the secret "v".
            msg = Redactor(self.no_log_values).text(msg)
            self.no_log_values = set()
            kwargs["error"] = {"message": msg, "code": "InvalidOptions", "request_id": None}
            kwargs["invocation"] = {"module_args": dict.fromkeys(self.given, NO_LOG)}
            kwargs["exception"] = ""
        super().fail_json(msg, **kwargs)
        raise AssertionError("fail_json() ends the process")


class _SignalsInterrupt:
    """SIGTERM, SIGHUP and SIGINT as Interrupted with the signal's name, while inside."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __enter__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._interrupt) for number in self.SIGNALS}

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @staticmethod
    def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
        raise Interrupted(signal.Signals(number).name)


def given(spec: Spec, raw: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `params` (validated) that are in `raw` (as the user wrote them) or have a default, at depth."""
    found = {}
    for name, option in spec.items():
        names = [written for written in (name, *option.get("aliases", ())) if written in raw]
        if not names:
            if params.get(name) is not None:
                found[name] = params[name]
            continue
        # Ansible takes the last alias over the name when both are written.
        found[name] = _given_inside(option, raw[names[-1]], params.get(name))
    return found


def _given_inside(option: Mapping[str, Any], raw: Any, value: Any) -> Any:
    spec = option.get("options")
    if spec and isinstance(value, dict):
        return given(spec, raw if isinstance(raw, Mapping) else _without_null(value), value)
    if spec and isinstance(value, list):
        raws = raw if isinstance(raw, list) and len(raw) == len(value) else [None] * len(value)
        return [_given_inside(option, one_raw, one) for one_raw, one in zip(raws, value, strict=True)]
    return value


def _without_null(value: Mapping[str, Any]) -> dict[str, Any]:
    """Stands for options written as text ("a=1 b=2"), which cannot hold a null."""
    return {name: item for name, item in value.items() if item is not None}


def sort_by_secrecy(spec: Spec, params: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The values of no_log options, and all others, at any depth."""
    secret: list[str] = []
    shown: list[str] = []
    for name, option in spec.items():
        value = params.get(name)
        if option.get("no_log"):
            secret += leaves(value)
        elif option.get("options"):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Mapping):
                    inner_secret, inner_shown = sort_by_secrecy(option["options"], item)
                    secret += inner_secret
                    shown += inner_shown
        else:
            shown += leaves(value)
    return secret, shown


def masked(spec: Spec, params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` with every no_log option replaced as a whole, at any depth."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        option = spec.get(name, {})
        if option.get("no_log") and value is not None:
            found[name] = NO_LOG
        elif option.get("options") and isinstance(value, Mapping):
            found[name] = masked(option["options"], value)
        elif option.get("options") and isinstance(value, list):
            found[name] = [masked(option["options"], item) if isinstance(item, Mapping) else item for item in value]
        else:
            found[name] = value
    return found
