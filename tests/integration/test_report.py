"""The report in a real browser: a phone, a desktop, dark and printed; by keyboard and by its accessibility tree."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.report.page import main, write
from tests.support.summaries import NAMES, document, failed, finding, switch, table, traffic
from tools.browser import Browser, browser

PHONE, DESKTOP, A4 = 360, 1280, 688
RECORDED = Path(__file__).parents[1] / "support" / "recorded_run"
CONTRAST = """
(() => {
  const parts = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element.checkVisibility() || element.closest(".skip, title, desc")) continue;
    const style = getComputedStyle(element);
    const [one, other] = [parts(element.closest("svg") ? style.fill : style.color), behind(element)].map(light);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)}: ${walk.currentNode.data.trim()}`);
  }
  return found;
})()
"""
WIDER = """
[...document.querySelectorAll("body *")]
  .filter((e) => !e.closest(".region, .skip, svg") && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map((e) => e.outerHTML.slice(0, 120))
"""
FOLDED = """[...document.querySelectorAll("details")].filter((one) => {
  const last = one.lastElementChild.getBoundingClientRect();
  return last.height === 0 || last.bottom > one.getBoundingClientRect().bottom + 1;
}).length"""


def everything() -> dict[str, Any]:
    """A failed run with every section, odd names in all of them."""
    odd = [table(f"shop.{name}", ok=n % 2 == 0, structure=[f"- KEY `{name}`"]) for n, name in enumerate(NAMES)]
    findings = [finding(one, object=name, fix=f"ALTER TABLE {name}") for one in ("error", "info") for name in NAMES]
    more = {"migration": "shop", "kind": "trigger", "definer": "`app`@`%`", "action": "created"}
    return failed(
        environment="W" * 64,
        tables=[table("shop.order", bytes=10**12, rows=10**10, units=10**6, copied=10**6, seconds=10**6), *odd],
        findings=findings,
        objects=[{**more, "name": name} for name in NAMES],
        switches=[switch()],
        traffic=traffic(),
        migrations=[{"name": "shop", "phase": "differs", "position": {"gtid_executed": "3e11fa47:1-77," * 40}}],
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """The page with everything in it, alone in a folder."""
    write(everything(), tmp_path / "alone" / "index.html")
    return tmp_path / "alone" / "index.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_page_fits_says_nothing_to_the_console_and_asks_for_nothing(
    chromium: Browser, report: Path, width: int, scheme: str
) -> None:
    chromium.open(report, width=width, scheme=scheme)
    assert chromium.ask("document.documentElement.scrollWidth") <= width
    assert chromium.ask(WIDER) == []
    assert chromium.complaints == []
    assert chromium.requests == [report.resolve().as_uri()]
    assert chromium.ask("performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_against_what_is_behind_it(chromium: Browser, report: Path, scheme: str) -> None:
    chromium.open(report, scheme=scheme)
    chromium.ask("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert chromium.ask(CONTRAST) == []


def test_the_keyboard_reaches_every_part_and_shows_where_it_is(chromium: Browser, report: Path) -> None:
    chromium.open(report, width=PHONE)
    seen = []
    stops = "[...document.querySelectorAll('a, summary, .region')].filter((one) => one.checkVisibility()).length"
    for _stop in range(chromium.ask(stops)):
        chromium.press("Tab")
        seen.append(chromium.ask("document.activeElement.className || document.activeElement.tagName"))
        assert chromium.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        box = chromium.ask("(({left, right}) => [left, right])(document.activeElement.getBoundingClientRect())")
        assert 0 <= box[0] < box[1] <= PHONE
    assert seen[0] == "skip"
    assert {"skip", "A", "SUMMARY", "region"} == set(seen)


def test_the_skip_link_leads_past_the_head(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    chromium.press("Tab")
    chromium.press("Enter")
    assert chromium.ask("[location.hash, document.activeElement.tagName]") == ["#main", "MAIN"]


def test_a_screen_reader_finds_landmarks_names_and_a_chart_in_words(chromium: Browser, report: Path) -> None:
    chromium.open(report)
    chromium.ask("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    nodes = chromium.call("Accessibility.getFullAXTree")["nodes"]
    by_role: dict[str, list[str]] = {}
    for node in nodes:
        if not node["ignored"]:
            by_role.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
    assert [len(by_role[role]) for role in ("banner", "main", "navigation", "contentinfo")] == [1, 1, 1, 1]
    assert by_role["image"] == ["Timeline of the run", "Cutover of shop closely"]
    tables = chromium.ask("document.querySelectorAll('table').length")
    assert len([name for name in by_role["table"] if name]) == tables
    assert [name for name in by_role["region"] if not name] == []


def test_printed_all_is_open_black_on_white_and_fits(chromium: Browser, report: Path) -> None:
    chromium.open(report, width=794, scheme="dark")
    assert chromium.ask(FOLDED) > 1
    chromium.media(kind="print", scheme="dark")
    assert chromium.ask(FOLDED) == 0
    assert chromium.ask("['color', 'backgroundColor'].map((one) => getComputedStyle(document.body)[one])") == [
        "rgb(0, 0, 0)",
        "rgb(255, 255, 255)",
    ]
    assert chromium.ask("getComputedStyle(document.querySelector('tbody tr')).breakInside") == "avoid"
    assert chromium.ask("getComputedStyle(document.querySelector('nav')).display") == "none"
    chromium.call("Emulation.setDeviceMetricsOverride", width=A4, height=1000, deviceScaleFactor=1, mobile=False)
    assert chromium.ask("[...document.querySelectorAll('*')].filter((e) => e.scrollWidth > innerWidth).length") == 0
    assert chromium.pdf().startswith(b"%PDF")


def test_a_recorded_switch_is_drawn_where_it_was(chromium: Browser, tmp_path: Path) -> None:
    """Of a run of the modules under the shop's traffic: summary, audit and events as they wrote them."""
    shutil.copytree(RECORDED, tmp_path / "run")
    main([str(tmp_path / "run" / "summary.json")])
    run, audit = (json.loads((RECORDED / f"{name}.json").read_text()) for name in ("summary", "traffic"))
    (opened,) = (step for step in run["switches"][0]["steps"] if step["step"] == "open_up")
    began, at = (datetime.fromisoformat(moment) for moment in (run["timeline"]["began"], opened["at"]))
    second = (at - began).total_seconds() + (opened["ms"] - run["switches"][0]["pause_ms"]) / 1000
    for width in (PHONE, DESKTOP):
        chromium.open(tmp_path / "run" / "index.html", width=width)
        chromium.ask("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert chromium.ask("document.documentElement.scrollWidth") <= width
        assert chromium.ask(CONTRAST) == []
        assert chromium.complaints == []
        assert chromium.ask("document.querySelectorAll('#timeline .curve').length") == 3
        place = "(one) => { const {left, right} = one.getBoundingClientRect(); return [left, right]; }"
        left, right = chromium.ask(f"({place})(document.querySelector('.chart'))")
        band, line = (chromium.ask(f"({place})(document.querySelector('{one}'))") for one in (".paused", ".switched"))
        ticks = chromium.ask(f"[...document.querySelectorAll('#timeline .chart .error')].map({place})")
        per_second = (right - left) / chromium.ask("Number(document.querySelector('.chart').dataset.seconds)")
        assert abs(band[0] - left - second * per_second) < 2
        assert band[0] < line[0] <= band[1] + 2
        assert ticks
        assert all(-per_second < tick[0] - band[0] < 5 * per_second for tick in ticks)
        closely = "[...document.querySelectorAll('#switch .chart {one}')]"
        labels = chromium.ask(f"{closely.format(one='.long')}.map((one) => one.textContent)")
        (band,), bars = (chromium.ask(f"{closely.format(one=one)}.map({place})") for one in (".paused", ".bar"))
        assert abs(bars[labels.index("open up")][1] - band[1]) < 2
        assert bars[labels.index("stop writes")][0] < band[0] < bars[labels.index("reach")][1]
    text = chromium.ask("document.querySelector('#switch').innerText")
    assert f"writes paused for {run['switches'][0]['pause_ms']:.0f} ms" in text
    assert f"{audit['acknowledged']:,}" in text
    assert f"{audit['gap_ms']:,.0f} ms from" in text


def test_ten_thousand_tables_open_like_ten(chromium: Browser, tmp_path: Path) -> None:
    write(document(tables=[table(f"shop.t{n}", bytes=n) for n in range(10_000)]), tmp_path / "index.html")
    chromium.open(tmp_path / "index.html", width=PHONE)
    assert chromium.ask("document.querySelectorAll('*').length") < 10_000


def test_the_page_is_whole_when_moved_elsewhere(chromium: Browser, report: Path, tmp_path: Path) -> None:
    chromium.open(report)
    seen = chromium.picture(height=600)
    shutil.move(report, tmp_path / "elsewhere.html")
    chromium.open(tmp_path / "elsewhere.html")
    assert chromium.picture(height=600) == seen
