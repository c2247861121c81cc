"""Writes the action groups of the collection's meta/runtime.yml from its modules: python -m tools.action_groups

A group holds the modules that share the options of one documentation fragment, and has the fragment's name:
`module_defaults: {group/replatform.aws.aws: {region: eu-central-1}}` reaches every module that takes `region`.
"""

from __future__ import annotations

from collections import defaultdict

import yaml

from tools.collection import COLLECTION, NAME, documentation, fragment_options, modules

RUNTIME = COLLECTION / "meta" / "runtime.yml"


def action_groups() -> dict[str, list[str]]:
    """Modules by the fragment of this collection whose options they extend, both sorted."""
    groups: dict[str, list[str]] = defaultdict(list)
    for module in modules():
        for fragment in documentation(module).get("extends_documentation_fragment", []):
            name = fragment.removeprefix(f"{NAME}.")
            if name != fragment and fragment_options(name):
                groups[name.partition(".")[0]].append(module.stem)
    return {name: sorted(groups[name]) for name in sorted(groups)}


def rendered() -> str:
    """The whole of meta/runtime.yml with fresh groups; everything else in it is kept."""
    runtime = yaml.safe_load(RUNTIME.read_text())
    runtime["action_groups"] = action_groups()
    head = "---\n# action_groups are written by `make docs` from the modules.\n"
    return head + yaml.dump(runtime, Dumper=_Indented, sort_keys=False, width=110)


class _Indented(yaml.SafeDumper):
    """Indents lists below their key, as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


if __name__ == "__main__":
    RUNTIME.write_text(rendered())
