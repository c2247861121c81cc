"""Writes the README's pictures from a real run in a sandbox of its own: python -m tools.pictures

docs/images/run.svg is what the terminal showed, docs/images/report.png the head of the report.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from sandbox.sandbox import Sandbox
from tools.browser import browser
from tools.collection import ROOT

IMAGES = ROOT / "docs" / "images"
FOLDER = ROOT / ".sandbox" / "pictures"
COLUMNS, CHARACTER_PX, LINE_PX, MARGIN_PX, BAR_PX = 116, 7.8, 19, 18, 34
REPORT_PX = 1480
MOST_BYTES = 200_000
PLAIN = "#c9d1d9"
COLORS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea"}
STYLE = re.compile(r"\x1b\[([0-9;]*)m")


def svg(command: str, output: str) -> str:
    """The terminal as a picture; columns stay in line in whatever font it is drawn."""
    rows = [
        [("$ ", "#8b949e"), (command, "#ffffff")],
        [],
        *(row for line in output.splitlines() for row in _rows(line)),
    ]
    width = round(COLUMNS * CHARACTER_PX + 2 * MARGIN_PX)
    height = BAR_PX + len(rows) * LINE_PX + MARGIN_PX
    texts = []
    for number, row in enumerate(rows):
        y = BAR_PX + MARGIN_PX + number * LINE_PX
        column = 0
        for text, color in row:
            length = f'textLength="{len(text) * CHARACTER_PX:.1f}" lengthAdjust="spacingAndGlyphs"'
            x = MARGIN_PX + column * CHARACTER_PX
            if text.strip():
                texts.append(f'<text x="{x:.1f}" y="{y}" fill="{color}" {length}>{escape(text)}</text>')
            column += len(text)
    lights = "".join(
        f'<circle cx="{MARGIN_PX + 3 + 20 * n}" cy="{BAR_PX / 2:.0f}" r="5.5" fill="#484f58"/>' for n in range(3)
    )
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="The terminal at the end of a run">',
            "<style>text{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}</style>",
            f'<rect width="{width}" height="{height}" rx="10" fill="#0d1117"/>',
            lights,
            *texts,
            "</svg>\n",
        ]
    )


def _rows(line: str) -> Iterator[list[tuple[str, str]]]:
    """One line of output as rows of at most COLUMNS characters, in pieces of one colour."""
    color = PLAIN
    row: list[tuple[str, str]] = []
    room = COLUMNS
    for number, part in enumerate(STYLE.split(line)):
        if number % 2:
            found = [COLORS[code] for code in part.split(";") if code in COLORS]
            color = found[-1] if found else PLAIN
            continue
        text = part
        while text:
            if not room:
                yield row
                row, room = [], COLUMNS
            row.append((text[:room], color))
            room, text = room - len(text[:room]), text[room:]
    yield row


def run() -> str:
    """What the terminal shows of site.yml, run for the first time in a new sandbox."""
    environment = {**os.environ, "SANDBOX_DIR": str(FOLDER), "ANSIBLE_FORCE_COLOR": "1"}
    environment["ANSIBLE_CONFIG"] = str(ROOT / "ansible.cfg")
    for command in ("up", "seed"):
        subprocess.run([sys.executable, "-m", "sandbox", command], cwd=ROOT, env=environment, check=True)
    progress = FOLDER / "progress.jsonl"
    progress.unlink(missing_ok=True)
    environment["REPLATFORM_SUMMARY"] = str(FOLDER / "summary.json")
    environment["REPLATFORM_PROGRESS_FILE"] = str(progress)
    playbook = str(Path(sys.executable).with_name("ansible-playbook"))
    given = ["-i", "inventories/sandbox", "site.yml", "-e", f"mysql_migration_progress_file={progress}"]
    found = subprocess.run(
        ["bash", "-c", '. "$SANDBOX_DIR/env"; exec "$@"', "bash", playbook, *given],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return found.stdout.replace(str(FOLDER), "reports").strip()


def report() -> bytes:
    """PNG of the head of the report that the run wrote."""
    with browser() as page:
        page.open(FOLDER / "index.html", width=1120)
        picture = page.picture(height=REPORT_PX)
    if len(picture) > MOST_BYTES:
        raise ValueError(
            f"The picture of the report has {len(picture)} bytes, more than {MOST_BYTES}; make it smaller."
        )
    return picture


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(FOLDER)
    sandbox.down(purge=True)
    try:
        (IMAGES / "run.svg").write_text(svg("make site", run()), encoding="utf-8")
        (IMAGES / "report.png").write_bytes(report())
    finally:
        sandbox.down(purge=True)


if __name__ == "__main__":
    main()
