"""The life of a set of resources as a table of steps, each tried in check mode, then done, then done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.servers import Aws
from tests.support.modules import run_module

KNOWN_LATER = frozenset({"arn", "id", "status", "created"})
"""What only the service can know; check mode has it empty."""


@dataclass(frozen=True)
class Step:
    """One run of the module: what is asked for, what it says that it did, and how it is checked at the far end."""

    name: str
    args: dict[str, Any]
    actions: Sequence[str] = ()
    """Exactly the module's `actions`."""
    by_hand: Callable[[], Any] | None = None
    """Done before the step, with boto3: drift."""
    holds: Callable[[], Any] | None = None
    """Asserts through boto3 what is there after it."""


@dataclass
class Life:
    """Runs the steps of one module against the emulator.

    Each step: check mode sends no write and predicts what the real run then says; the real run says `actions`; the same
    again changes nothing and sends no write.
    """

    aws: Aws
    module: str
    known_later: Collection[str] = KNOWN_LATER
    env: dict[str, str] = field(default_factory=dict)

    def run(self, args: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
        """The module's result; it must not fail."""
        result = run_module(self.module, args, check=check, env={**self.aws.environment, **self.env})
        assert not result.get("failed"), result
        return result

    def live(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if step.by_hand:
                step.by_hand()
            predicted = self._without_writes(step, check=True)
            done = self.run(step.args)
            assert done["actions"] == list(step.actions), step.name
            assert done["changed"] == bool(step.actions), step.name
            assert self.told(predicted) == self.told(done), step.name
            if step.holds:
                step.holds()
            again = self._without_writes(step, check=False)
            assert again["actions"] == [], step.name
            assert not again["changed"], step.name

    def told(self, result: dict[str, Any]) -> Any:
        """What check mode must predict: everything but what only the service knows."""
        shown = {name: value for name, value in result.items() if name not in ("invocation", "warnings")}
        return self._without_known_later(json.loads(json.dumps(shown)))

    def _without_known_later(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: None if name in self.known_later else self._without_known_later(one)
                for name, one in value.items()
            }
        return [self._without_known_later(one) for one in value] if isinstance(value, list) else value

    def _without_writes(self, step: Step, *, check: bool) -> dict[str, Any]:
        self.aws.recorder.reset()
        result = self.run(step.args, check=check)
        counts = self.aws.recorder.counts()
        assert counts["writes"] == 0, (step.name, counts)
        return result
