"""Writes docs/modules/, one page a module, from what `ansible-doc` says: python -m tools.module_reference"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.collection import NAME, ROOT, modules

PAGES = ROOT / "docs" / "modules"
MARKUP = re.compile(r"\b(?P<kind>[BCEILMOPUV]|RV)\((?P<text>(?:[^()\\]|\\.)*)\)")


def pages() -> dict[str, str]:
    """Markdown by file name: a page for every module, and README.md with the list of them."""
    by_name = ansible_doc(modules())
    written = {f"{name}.md": _page(f"{NAME}.{name}", page) for name, page in by_name.items()}
    rows = [f"| [{name}]({name}.md) | {_text(page['doc']['short_description'])} |" for name, page in by_name.items()]
    index = ["# Modules", "", "Written by `make docs` from the modules; do not edit.", ""]
    return written | {"README.md": "\n".join([*index, "| Module | Does |", "| --- | --- |", *rows, ""])}


def ansible_doc(wanted: Sequence[Path]) -> dict[str, Any]:
    """What `ansible-doc` says of each module, by its short name."""
    if not wanted:
        return {}
    program = str(Path(sys.executable).with_name("ansible-doc"))
    command = [program, "--json", "--type", "module", *(f"{NAME}.{module.stem}" for module in wanted)]
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    found = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return {name.removeprefix(f"{NAME}."): page for name, page in sorted(json.loads(found.stdout).items())}


def _page(full_name: str, page: dict[str, Any]) -> str:
    doc = page["doc"]
    lines = [f"# {full_name}", "", f"{_text(doc['short_description'])}.", ""]
    lines += [line for paragraph in _list(doc["description"]) for line in (_text(paragraph), "")]
    if doc.get("requirements"):
        lines += ["Needs: " + "; ".join(_text(one) for one in doc["requirements"]) + ".", ""]
    if doc.get("attributes"):
        lines += ["| Attribute | Support | |", "| --- | --- | --- |"]
        for name, about in sorted(doc["attributes"].items()):
            described = " ".join(_text(paragraph) for paragraph in _list(about.get("description")))
            lines.append(f"| {name} | {about.get('support', '')} | {described} |")
        lines += [""]
    lines += ["## Options", "", *_options(doc.get("options", {})), ""]
    for note in doc.get("notes", []):
        lines += [f"> {_text(note)}", ""]
    lines += ["## Examples", "", "```yaml", (page.get("examples") or "").strip(), "```", ""]
    lines += ["## Returns", "", *_returns(page.get("return") or {}), ""]
    return "\n".join(lines).rstrip() + "\n"


def _options(options: dict[str, Any], depth: int = 0) -> Iterator[str]:
    for name, about in sorted(options.items(), key=lambda option: (not option[1].get("required"), option[0])):
        facts = [_type(about)]
        if about.get("required"):
            facts.append("**required**")
        if about.get("default") is not None:
            facts.append(f"default `{_value(about['default'])}`")
        if about.get("choices"):
            facts.append("one of " + ", ".join(f"`{_value(choice)}`" for choice in about["choices"]))
        if about.get("aliases"):
            facts.append("also " + ", ".join(f"`{alias}`" for alias in about["aliases"]))
        yield _entry(name, facts, about, depth)
        yield from _options(about.get("suboptions") or {}, depth + 1)


def _returns(values: dict[str, Any], depth: int = 0) -> Iterator[str]:
    for name, about in values.items():
        facts = [_type(about)]
        if about.get("returned"):
            facts.append(f"returned {_text(about['returned'])}")
        yield _entry(name, facts, about, depth)
        if about.get("sample") is not None:
            yield f"{'  ' * (depth + 1)}Example: `{_value(about['sample'])}`"
        yield from _returns(about.get("contains") or {}, depth + 1)


def _entry(name: str, facts: list[str], about: dict[str, Any], depth: int) -> str:
    described = " ".join(_text(paragraph) for paragraph in _list(about.get("description")))
    return f"{'  ' * depth}- `{name}` ({'; '.join(facts)}): {described}"


def _type(about: dict[str, Any]) -> str:
    elements = f" of {about['elements']}" if about.get("elements") else ""
    return f"{about.get('type', 'str')}{elements}"


def _value(value: Any) -> str:
    return value if value and isinstance(value, str) else json.dumps(value)


def _list(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _text(text: str) -> str:
    """Ansible's markup (O(), V(), C(), ...) as Markdown, on one line."""
    return " ".join(MARKUP.sub(_plain, text).split())


def _plain(markup: re.Match[str]) -> str:
    text = re.sub(r"\\(.)", r"\1", markup["text"]).removeprefix("ignore:")
    match markup["kind"]:
        case "B":
            return f"**{text}**"
        case "I":
            return f"*{text}*"
        case "L":
            shown, _, url = text.partition(",")
            return f"[{shown}]({url.strip()})"
        case "U":
            return f"<{text}>"
        case _:
            return f"`{text}`"


def main() -> None:
    PAGES.mkdir(parents=True, exist_ok=True)
    fresh = pages()
    for stale in set(PAGES.glob("*.md")) - {PAGES / name for name in fresh}:
        stale.unlink()
    for name, text in fresh.items():
        (PAGES / name).write_text(text)


if __name__ == "__main__":
    main()
