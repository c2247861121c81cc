# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags as users write them and as the services answer; no client, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TAGS_OPTIONS: dict[str, dict[str, Any]] = {
    "tags": {"type": "dict"},
    "purge_tags": {"type": "bool", "default": True},
}
"""Of a module, for everything that it makes."""
ITEM_TAGS_OPTIONS: dict[str, dict[str, Any]] = {"tags": {"type": "dict"}, "purge_tags": {"type": "bool"}}
"""Of one item of a list; without a default, which would always stand before the module's."""

RESERVED = "aws:"
"""Tags that begin so belong to AWS itself: nobody can change them, and they count for no limit."""


def beside(items: Iterable[Mapping[str, Any]], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items, each with the module's own `tags` beside its own, which stand before.

    Without tags in `params` an item that has none gets none, so that its tags are not touched.
    """
    common = params.get("tags")
    purge = params.get("purge_tags", True)
    found = [{"purge_tags": purge, **item} for item in items]
    if common is None:
        return found
    return [{**item, "tags": {**common, **(item.get("tags") or {})}} for item in found]


def wanted(options: Mapping[str, Any], current: Mapping[str, str] | None) -> dict[str, str]:
    """The tags that `options` (with the key tags) asks for, next to those there are: merged when not purged."""
    other = dict(current or {}) if not options.get("purge_tags", True) else {}
    return {**other, **{str(key): text(value) for key, value in (options["tags"] or {}).items()}}


def from_api(tags: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """A service's list of tags as a dict, without those that AWS reserves for itself."""
    return own({tag[key]: tag.get(value) or "" for tag in tags or ()})


def own(tags: Mapping[str, str] | None) -> dict[str, str]:
    """A service's dict of tags without those that AWS reserves for itself."""
    return {key: value for key, value in (tags or {}).items() if not key.startswith(RESERVED)}


def listed(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{key: name, value: one} for name, one in tags.items()]


def difference(current: Mapping[str, str], new: Mapping[str, str]) -> tuple[dict[str, str], Sequence[str]]:
    """The tags to set and the keys to take away, so that `current` becomes `new`."""
    changed = {key: value for key, value in new.items() if current.get(key) != value}
    return changed, sorted(current.keys() - new.keys())


def text(value: Any) -> str:
    """A tag's value: YAML's true, 7 and null as a person would type them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
