"""The report as a document: what it says, what it leaves out, and that no name breaks out of its place."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.errors import ReplatformError
from ansible_collections.replatform.aws.plugins.module_utils.report import page as report
from ansible_collections.replatform.aws.plugins.module_utils.report.page import AGAIN, MOST, outcome, page
from tests.support.summaries import NAMES, document, failed, finding, switch, table, traffic

NOON = "2026-01-01T12:00:00Z"
VOID = frozenset({"br", "link", "meta", "path", "line", "rect"})


class Parsed(HTMLParser):
    """Tags, headings and text of a page; refuses tags that do not close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.text += f" {data}"

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize(
    ("given", "state", "title", "said"),
    [
        (document(), "ok", "Everything arrived", "20 rows of 2 tables, and 1 view, are the same on both servers."),
        (document(tables=[table("t", ok=None)]), "ok", "The copy is there", "They have not been compared yet."),
        (document(tables=[]), "ok", "The run passed", "1 stage passed."),
        (document(kind="plan"), "plan", "A plan: nothing was written", "A run would copy 4 units of 2 tables."),
        (document(findings=[finding("error")]), "attention", "There is something to mend", "1 error"),
        (document(switches=[switch()]), "ok", "The application writes to the target", "Writes paused for 200 ms by"),
        (document(switches=[switch(direction="rollback")]), "ok", "The application writes to the source", "paused"),
        (failed(switches=[switch()]), "failed", "The run failed", "Stage MySQL, step Verify: They differ."),
        (failed(), "failed", "The run failed", "Stage MySQL, step Verify: They differ."),
    ],
)
def test_the_first_sentence_says_what_the_run_came_to(given, state, title, said):
    found = outcome(given)
    assert (found["state"], found["title"]) == (state, title)
    assert said in found["text"]
    assert title in Parsed(page(given)).text


def test_a_failure_says_what_to_do_next_even_when_the_module_did_not():
    assert outcome(failed(next_step=""))["next"] == AGAIN
    assert outcome(failed(next_step="Call the provider."))["next"] == "Call the provider."


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_name_breaks_out_of_its_place(name, tmp_path):
    given = failed(
        environment=name,
        next_step=name,
        tables=[table(name, ok=False, structure=[name], ranges=[{"range": name, "rows": [{"key": name}]}])],
        objects=[{"kind": name, "name": name, "definer": name, "ok": False, "differences": [name]}],
        orphans=[{"table": name, "constraint": name, "rows": 1}],
        findings=[finding("error", id=name, object=name, evidence=name, fix=name)],
        migrations=[{"name": name, "phase": name, "position": {name: name}}],
        settings=[dict.fromkeys(("name", "scope", "now", "wanted", "why", "apply", "phase", "restore"), name)],
        switches=[switch(migration=name, direction=name, way=name, steps=[{"step": name, "at": NOON, "ms": 1.0}])],
        traffic=traffic(errors={name: 1}, servers={name: 1}),
    )
    given["timeline"]["throttled"][0]["by"] = given["timeline"]["spans"][0]["check"] = name
    report.write(given, tmp_path / "index.html")
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    parsed = Parsed(html)
    assert parsed.open == []
    assert parsed.of("script") + parsed.of("img") == []
    assert [attributes for _tag, attributes in parsed.tags if any(key.startswith("on") for key in attributes)] == []
    assert name.encode(errors="replace").decode() in parsed.text
    assert [tag for tag, _attributes in parsed.tags] == [tag for tag, _ in Parsed(page(given)).tags]


@pytest.mark.parametrize(
    "given",
    [
        {"environment": "", "started": "", "finished": "", "ok": True, "stages": []},
        {"environment": "x", "started": "2026-01-01T12:00:00Z", "finished": "", "ok": True, "stages": [],
         "tables": [{"name": "t"}], "orphans": [{"table": "t", "constraint": "c", "rows": 0}], "findings": [{}],
         "objects": [{"kind": "view", "name": "v"}], "migrations": [{"name": "m"}], "timeline": {}},
        {key: document()[key] for key in ("environment", "started", "finished", "ok", "stages")},
    ],
    ids=["nothing", "sparse", "as it was before there was a report"],
)  # fmt: skip
def test_a_summary_that_says_little_makes_a_page_too(given):
    assert Parsed(page(given)).open == []


def test_ten_thousand_tables_make_a_page_of_the_largest_and_the_differing():
    tables = [table(f"shop.t{n:05}", bytes=n) for n in range(10_000)]
    tables[3].update(ok=False, structure=["- KEY `k`"])
    html = page(document(tables=tables))
    parsed = Parsed(html)
    assert len(html) < 500_000
    assert "shop.t00003" in parsed.text
    assert "shop.t09999" in parsed.text
    assert "shop.t00004" not in parsed.text
    assert "The largest 200 of 10,000 tables, those that differ first" in parsed.text
    assert f"And {10_000 - MOST:,} more tables; all of them are in summary.json." in parsed.text
    assert "100,000" in parsed.text  # rows of all of them


def test_ten_thousand_differing_tables_findings_and_orphans_are_cut_too():
    tables = [table(f"shop.t{n:05}", ok=False, structure=["- KEY `k`"]) for n in range(10_000)]
    findings = [finding("error", object=f"shop.t{n}") for n in range(10_000)]
    orphans = [{"table": f"shop.t{n}", "constraint": "fk", "rows": 1} for n in range(10_000)]
    html = page(document(tables=tables, findings=findings, orphans=orphans))
    assert len(html) < 1_000_000
    assert html.count("And 9,800 more") == 4


def test_findings_stand_by_severity_the_worst_first_each_with_its_fix():
    text = Parsed(page(document(findings=[finding("info"), finding("warning"), finding("error")]))).text
    assert text.index("Errors: 1") < text.index("Warnings: 1") < text.index("Notes: 1")
    assert text.count("ALTER TABLE log ADD k INT") == 3


def test_a_rate_is_told_of_tables_copied_whole_in_this_run_only():
    given = document(tables=[table("shop.fresh"), table("shop.kept", copied=0, kept=2), table("shop.empty", bytes=0)])
    assert [row["rate"] for row in report.table_rows(given["tables"])] == [2000.0, None, None]


def test_two_migrations_are_told_apart():
    text = Parsed(page(document(tables=[table("shop.t"), table("shop.t", migration="other")]))).text
    assert " ".join(text.split()).count("shop.t other yes 10") == 1


def test_a_page_is_made_again_from_a_stored_summary(tmp_path):
    (tmp_path / "summary.json").write_text(json.dumps(document()))
    report.main([str(tmp_path / "summary.json")])
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == page(document())


def test_what_is_no_summary_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(ReplatformError, match=r"is no summary of a run .* name a summary\.json"):
        report.main([str(tmp_path / "summary.json")])


def test_every_table_has_a_caption_and_every_heading_its_level():
    parsed = Parsed(page(document()))
    assert len(parsed.of("h1")) == 1
    assert len(parsed.of("table")) == len(parsed.of("caption"))
    assert all(header.get("scope") in ("col", "row") for header in parsed.of("th"))
    levels = [int(tag[1]) for tag, _attributes in parsed.tags if tag in ("h1", "h2", "h3", "h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_settings_say_what_they_are_set_back_to():
    text = " ".join(Parsed(page(document())).text.split())
    assert "local_infile 0 1 copy no reboot 0 rows go by LOAD DATA" in text
    assert "binlog retention hours procedure not set 72 cutover no reboot not set the way back" in text


def test_a_switch_is_told_in_words_with_its_steps_and_what_users_saw():
    html = page(document(switches=[switch()], traffic=traffic()))
    parsed = Parsed(html)
    text = " ".join(parsed.text.split())
    assert (
        "Cutover of shop : writes paused for 200 ms by read_only_schemas; the row applier brings changes back" in text
    )
    assert "stop writes 12:00:50.100 50 ms" in text
    assert "Longest time without a commit 212 ms from 12:00:50.101 UTC" in text
    assert "Errors by MySQL's number 5 x 3989" in text
    said = "Cutover of shop after 50 s: writes paused for 200 ms. Users saw 5 errors. The same as tables follows."
    assert said in text
    lines = [one["class"] for one in parsed.of("line") if one["class"] != "rule"]
    assert lines == ["switched", "error", "switched", *["error"] * 5]
    assert [one["id"] for one in parsed.of("desc")] == ["chart-desc", "switch-1-chart-desc"]


@pytest.mark.parametrize(
    "given",
    [
        document(),
        document(traffic=traffic(began="2025-12-31T12:00:00.000Z")),
        document(traffic=traffic(per_second=[])),
    ],
    ids=["no audit", "one of another day", "nobody came"],
)
def test_without_a_switch_and_traffic_meanwhile_there_is_nothing_of_it(given):
    parsed = Parsed(page(given))
    assert [one for one in parsed.of("section") if one["id"] == "switch"] == []
    assert [one["class"] for one in parsed.of("line") if one["class"] != "rule"] == []


def test_an_audit_beside_a_stored_summary_is_drawn_and_a_broken_one_is_told(tmp_path):
    (tmp_path / "summary.json").write_text(json.dumps(document()))
    (tmp_path / "traffic.json").write_text(json.dumps(traffic()))
    report.main([str(tmp_path / "summary.json")])
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == page(document(traffic=traffic()))
    (tmp_path / "traffic.json").write_text("{}")
    with pytest.raises(ReplatformError, match=r"traffic\.json is no audit of traffic"):
        report.main([str(tmp_path / "summary.json")])
