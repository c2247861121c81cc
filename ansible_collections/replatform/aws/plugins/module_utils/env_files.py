# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an application reads from its dotenv files, switched and switched back, with the commands that must follow.

A file that was switched has its old bytes beside it. They are there before the first write and are called unfinished
until the commands ran, so a run that was killed at any point is taken up by the next one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import dotenv
from .errors import ReplatformError
from .kept_file import KeptFile
from .resource import CHANGED, HIDDEN, Outcome

COMMAND_OPTIONS: dict[str, dict[str, Any]] = {
    "argv": {"type": "list", "elements": "str", "required": True},
    "chdir": {"type": "path"},
    "if_exists": {"type": "path"},
    "timeout_s": {"type": "int", "default": 120},
}
FILE_OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "values": {"type": "dict", "required": True, "no_log": True},
    "commands": {"type": "list", "elements": "dict", "default": [], "options": COMMAND_OPTIONS},
}
LAST_WORDS = 500
"""Characters of a failed command's output in its error."""


@dataclass
class Command:
    """One command of a file, as it will be run."""

    path: str
    argv: list[str]
    folder: Path
    timeout_s: int
    without: frozenset[str]
    """Variables that it does not inherit: what is in the environment would stand before what is in the file."""

    def __str__(self) -> str:
        return " ".join(self.argv)

    def run(self) -> None:
        """Raises: ReplatformError with the end of its output when it fails."""
        environment = {name: value for name, value in os.environ.items() if name not in self.without}
        # A file and no pipe: a pipe would be waited for as long as anything that the command left running holds it.
        with tempfile.TemporaryFile() as output:
            try:
                status = subprocess.run(
                    self.argv,
                    cwd=self.folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=self.timeout_s,
                    check=False,
                ).returncode
                what = f"ended with status {status}"
            except subprocess.TimeoutExpired:
                status, what = 1, f"did not end within {self.timeout_s} s"
            except OSError as exc:
                status, what = 1, f"could not be started ({exc.strerror})"
            if status:
                output.seek(0)
                said = " ".join(output.read().decode("utf-8", "replace").split())[-LAST_WORDS:]
                raise ReplatformError(
                    f"'{self}' for {self.path} {what}{': ' + said.rstrip('.') if said else ''}.",
                    code="CommandFailed",
                    command=str(self),
                )


@dataclass
class Plan:
    """What has to be done to one file, decided before anything is written anywhere."""

    path: str
    file: KeptFile
    values: dict[str, str]
    after: bytes
    keys: list[str]
    commands: list[Command] = field(default_factory=list)
    unfinished: bool = False
    edited: bool = False
    restores: bool = False

    @property
    def changed(self) -> bool:
        return bool(self.keys) or self.unfinished or self.after != self.file.content or self.restores


def switch(
    files: Sequence[Mapping[str, Any]], *, state: str, suffix: str, check: bool, hide: Callable[[str], None]
) -> Outcome:
    """Makes all files so, `set` or `restored`, and has their commands run.

    Raises: ReplatformError before anything is written when a file cannot be switched; when it happens later on the way
    to `set`, after all files of this call are as they were. The way to `restored` is only ever taken up again.
    """
    _refuse_twice(files)
    plans = [_planned(one, state == "restored", suffix) for one in files]
    for plan in plans:
        _hide_old_values(plan, hide)
    if not check:
        (_restore if state == "restored" else _set)([plan for plan in plans if plan.changed])
    return _outcome(plans, state)


def _refuse_twice(files: Sequence[Mapping[str, Any]]) -> None:
    paths = [os.path.realpath(one["path"]) for one in files]
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise ReplatformError(
            f"files names {', '.join(twice)} more than once; give each file one item.", code="DuplicateKey"
        )


def _planned(one: Mapping[str, Any], restored: bool, suffix: str) -> Plan:
    path = one["path"]
    values = {str(key): _text(value) for key, value in one["values"].items()}
    file = KeptFile.read(path, suffix)
    plan = (_restoring if restored else _setting)(path, file, values)
    if plan.changed:
        file.refuse_unwritable()
        plan.commands = _commands(one, frozenset(values))
    return plan


def _setting(path: str, file: KeptFile, values: dict[str, str]) -> Plan:
    text, keys = dotenv.with_values(_decoded(file.content), values, path)
    return Plan(path, file, values, _encoded(text), keys, unfinished=file.unfinished)


def _restoring(path: str, file: KeptFile, values: dict[str, str]) -> Plan:
    now = _decoded(file.content)
    if file.kept is None:
        if not dotenv.with_values(now, values, path)[1]:
            raise ReplatformError(
                f"{path} has the values that it would be switched back from, but {file.kept_path} is not there to"
                " switch back to; set the old values by hand.",
                code="NothingKept",
            )
        return Plan(path, file, values, file.content, [])
    kept = _decoded(file.kept)
    text, keys = dotenv.with_values_of(now, kept, values, path, str(file.kept_path))
    edited = now not in (kept, dotenv.with_values(kept, values, path)[0])
    after = _encoded(text) if edited else file.kept
    return Plan(path, file, values, after, keys, unfinished=file.unfinished, edited=edited, restores=True)


def _commands(one: Mapping[str, Any], keys: frozenset[str]) -> list[Command]:
    """The commands that will be run. Raises: ReplatformError when one of them cannot be."""
    found = []
    for command in one["commands"]:
        # Not resolved: where the file is a link into a shared folder, the application is where the link is.
        folder = Path(command.get("chdir") or Path(one["path"]).absolute().parent)
        if command.get("if_exists") and not (folder / command["if_exists"]).exists():
            continue
        if not folder.is_dir():
            raise ReplatformError(f"chdir {folder} of {one['path']} is no folder; correct it.", code="NoFolder")
        program = (command["argv"] or [""])[0]
        if not shutil.which(folder / program if "/" in program else program):
            raise ReplatformError(
                f"The program '{program}' of the commands of {one['path']} is not there for user id {os.geteuid()}, or"
                " may not be run; install it, or give its full path.",
                code="NoProgram",
            )
        found.append(Command(one["path"], command["argv"], folder, command["timeout_s"], keys))
    return found


def _set(plans: Sequence[Plan]) -> None:
    begun: list[Plan] = []
    # Those of a killed run may have seen the new values already.
    ran = [command for plan in plans if plan.unfinished for command in plan.commands]
    try:
        for plan in plans:
            begun.append(plan)
            plan.file.begin()
            plan.file.write(plan.after)
        for plan in plans:
            for command in plan.commands:
                ran.append(command)
                command.run()
    except ReplatformError as exc:
        left = _undone(begun, ran)
        told = f"{exc.message} All files of this server are as they were.{left}"
        raise ReplatformError(told, code=exc.code, **exc.facts, undone=not left) from exc
    except BaseException:
        _undone(begun, ran)
        raise
    for plan in plans:
        plan.file.finish()


def _undone(plans: Sequence[Plan], commands: Sequence[Command]) -> str:
    """Sets the files back, newest first, and runs the commands again; sentences for what is left to do by hand."""
    left = []
    for plan in reversed(plans):
        try:
            plan.file.undo()
        except ReplatformError as exc:
            left.append(f"But {exc.message}")
    for command in {str(command): command for command in commands}.values():
        try:
            command.run()
        except ReplatformError as exc:
            left.append(f"But run it by hand, it failed again with the old values: {exc.message}")
    return "".join(f" {one}" for one in left)


def _restore(plans: Sequence[Plan]) -> None:
    for plan in plans:
        plan.file.begin()
        plan.file.write(plan.after)
    for command in [command for plan in plans for command in plan.commands]:
        try:
            command.run()
        except ReplatformError as exc:
            raise ReplatformError(
                f"{exc.message} The files have their old values again; mend it and run again, which begins with the"
                " commands.",
                code=exc.code,
                **exc.facts,
            ) from exc
    for plan in plans:
        plan.file.drop()


def _outcome(plans: Sequence[Plan], state: str) -> Outcome:
    changed = [plan for plan in plans if plan.changed]
    verb = "set" if state == "set" else "restore"
    return Outcome(
        changed=bool(changed),
        result={"files": [_result(plan, verb) for plan in plans]},
        before={f"file {plan.path}": dict.fromkeys(plan.keys, HIDDEN) for plan in changed if plan.keys},
        after={f"file {plan.path}": dict.fromkeys(plan.keys, CHANGED) for plan in changed if plan.keys},
        actions=[
            *(f"{verb} {', '.join(plan.keys)} in {plan.path}" for plan in changed if plan.keys),
            *(f"run {command} for {plan.path}" for plan in changed for command in plan.commands),
        ],
        warnings=[
            f"{plan.path} was edited since it was switched: {', '.join(plan.keys) or 'no key'} was set back and the"
            " rest stays as it is."
            for plan in changed
            if plan.edited
        ],
    )


def _result(plan: Plan, verb: str) -> dict[str, Any]:
    kept = plan.file.kept is not None or (verb == "set" and plan.changed)
    return {
        "path": plan.path,
        "action": verb if plan.changed else "none",
        "changed": plan.changed,
        "changed_keys": plan.keys,
        "kept": str(plan.file.kept_path) if kept and not plan.restores else None,
        "edited": plan.edited,
        "commands": [str(command) for command in plan.commands],
    }


def _hide_old_values(plan: Plan, hide: Callable[[str], None]) -> None:
    for content in (plan.file.content, plan.file.kept):
        with suppress(ReplatformError):
            for place in dotenv.assigned(_decoded(content or b""), plan.values, plan.path).values():
                for text in (place.written, dotenv.decoded(place.written)):
                    if text:
                        hide(text)


def _text(value: Any) -> str:
    """A YAML value as a person would write it into the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
