# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters as users write them and as groups hold them; no client, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from ...errors import ReplatformError

Values = dict[str, str]
Wanted = dict[str, Any]
"""By name the value wanted, None for the engine's default."""
Definitions = Mapping[str, Mapping[str, Any]]

DEFAULT = "default."
"""Groups whose names begin so belong to AWS: nobody can create or change them."""
IN_GROUP = "parameter_group"
"""The scope of a setting of mysql_assess that a parameter group holds."""
PHASES = ("copy", "follow", "cutover", "always")

RANGE = re.compile(r"(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?)")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
FORMULA = re.compile(r"[{(]")
"""{DBInstanceClassMemory*3/4}, LEAST(a, b): only the service can tell what they come to."""
BOOLS = {True: ("1", "ON"), False: ("0", "OFF")}


def wanted(options: Mapping[str, Any]) -> Wanted:
    """The values that an item asks for: those of `settings` and, before them, those of `parameters`."""
    phases = options.get("phases") or PHASES
    settings = {
        one["name"]: _plain(one["wanted"])
        for one in options.get("settings") or ()
        if one.get("scope", IN_GROUP) == IN_GROUP and one.get("phase", "always") in phases
    }
    return {**settings, **{str(name): _plain(value) for name, value in (options.get("parameters") or {}).items()}}


def restored(options: Mapping[str, Any]) -> Mapping[str, str | None]:
    """By name what a setting of mysql_assess is to be once the migration is complete, where it says that."""
    return {one["name"]: one["restore"] or None for one in options.get("settings") or () if "restore" in one}


def same(value: Any, has: str | None) -> bool:
    """Whether a group that has `has` (None: not set) is as `value` wants it."""
    if isinstance(value, bool):
        return has in BOOLS[value]
    return value == has


def differing(values: Mapping[str, Any], has: Mapping[str, str]) -> Wanted:
    return {name: value for name, value in values.items() if not same(value, has.get(name))}


def checked(group: str, values: Mapping[str, Any], definitions: Definitions) -> dict[str, str | None]:
    """`values` in the group's own words. Raises: ReplatformError for what no group of its family can hold."""
    found: dict[str, str | None] = {}
    for name, value in values.items():
        definition = definitions.get(name)
        if definition is None:
            near = get_close_matches(name, definitions, n=1, cutoff=0.6)
            raise _refused(
                group,
                name,
                f"its family has no such parameter{'; did you mean ' + near[0] if near else ''}",
                "correct the name, or set it in a group of the other kind (cluster or instance)",
            )
        if not definition.get("IsModifiable", True):
            raise _refused(group, name, "AWS lets nobody change it", "take it out")
        found[name] = _text(group, name, value, str(definition.get("AllowedValues") or ""))
    return found


def static(names: Iterable[str], definitions: Definitions) -> list[str]:
    """Those that take effect when whatever uses the group is rebooted."""
    return sorted(name for name in names if definitions.get(name, {}).get("ApplyType") == "static")


def family(engine_version: str | None) -> str | None:
    """The parameter group family of an Aurora MySQL version such as 8.0.mysql_aurora.3.10.3."""
    found = re.match(r"(\d+\.\d+)(?:\.|$)", engine_version or "")
    return f"aurora-mysql{found[1]}" if found else None


def allows(allowed: str, value: str) -> bool:
    """Whether AllowedValues, such as "0,1", "1-65535" or "ROW,MIXED,OFF", has the value, or each part of a list."""
    words = [word.strip() for word in allowed.split(",")]
    return _one_of(words, value) or ("," in value and all(_one_of(words, part.strip()) for part in value.split(",")))


def _one_of(words: Iterable[str], value: str) -> bool:
    for word in words:
        if value == word:
            return True
        bounds = RANGE.fullmatch(word)
        if bounds and NUMBER.fullmatch(value) and float(bounds[1]) <= float(value) <= float(bounds[2]):
            return True
    return False


def _text(group: str, name: str, value: Any, allowed: str) -> str | None:
    if value is None:
        return None
    words = [word.strip() for word in allowed.split(",")]
    if isinstance(value, bool):
        number, word = BOOLS[value]
        return word if word in words else number
    if allowed and value and not FORMULA.search(value) and not allows(allowed, value):
        shown = allowed if len(allowed) <= 200 else allowed[:200] + "..."
        raise _refused(group, name, f"{value} is none of {shown}", "correct the value")
    return str(value)


def _plain(value: Any) -> Any:
    """YAML's lists and numbers as text; a bool stays one, as only the definition tells how it is written."""
    if value is None or isinstance(value, bool):
        return value
    if value == "":
        # No parameter of a group can be empty: it is then not set.
        return None
    if isinstance(value, list | tuple):
        return ",".join(str(one) for one in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _refused(group: str, name: str, why: str, do: str) -> ReplatformError:
    return ReplatformError(
        f"{group} cannot be given the parameter {name}: {why}; {do}. Nothing was changed.",
        code="InvalidParameter",
        parameter=name,
    )
