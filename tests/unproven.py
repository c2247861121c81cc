"""Prints what no test on one machine can prove, and how many such things there are: python -m tests.unproven"""

from __future__ import annotations

import textwrap
from pathlib import Path

import yaml

LIST = Path(__file__).with_name("unproven.yml")


def main() -> None:
    entries = yaml.safe_load(LIST.read_text())
    for entry in entries:
        print(f"- {entry['what']}")
        for name in ("why", "prove"):
            print(textwrap.fill(f"{name}: {entry[name]}", 118, initial_indent="    ", subsequent_indent="      "))
    print(f"\nUnproven on this machine: {len(entries)}")


if __name__ == "__main__":
    main()
