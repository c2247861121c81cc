from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.replatform.aws.plugins.module_utils.report.summary import WIDTH, Summary

TABLE = {"name": "shop.orders", "rows": 1200, "bytes": 5_000_000, "units": 3, "copied": 3, "recopied": 0, "kept": 0}


def passed() -> Summary:
    summary = Summary(environment="staging")
    summary.begin("MySQL", 0.0)
    copied = {"changed": True, "tables": [TABLE], "rows": 1200, "copied": 3, "recopied": 0, "kept": 0, "units": 3}
    summary.add("Copy", copied, failed=False, ours=True, now=5.0)
    compared = {"tables": [{"name": "shop.orders", "ok": True, "rows": 1200}], "mismatches": 0, "next_step": "Follow."}
    summary.add("Compare", compared, failed=False, ours=True, now=7.5)
    return summary


def test_the_document_has_the_published_shape(tmp_path: Path):
    summary = passed()
    summary.end(8.0)
    summary.write(tmp_path / "reports" / "summary.json")
    found = json.loads((tmp_path / "reports" / "summary.json").read_text())
    assert list(found) == ["environment", "started", "finished", "ok", "stages"]
    assert (found["ok"], found["started"], found["finished"]) == (True, "1970-01-01T00:00:00Z", "1970-01-01T00:00:08Z")
    stage = found["stages"][0]
    assert {key: stage[key] for key in ("name", "status", "seconds", "changed")} == {
        "name": "MySQL",
        "status": "passed",
        "seconds": 7.5,
        "changed": True,
    }
    assert [check["ok"] for check in stage["checks"]] == [True, True]
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["summary.json"]


def test_a_failure_is_told_with_its_sentence_and_no_line_is_too_wide():
    summary = passed()
    summary.add("Compare", {"msg": "The servers differ " * 20}, failed=True, ours=True, now=9.0)
    assert not summary.ok
    assert summary.stages[0].status == "failed"
    assert "The servers differ" in "\n".join(summary.lines())
    assert max(map(len, summary.lines())) <= WIDTH


def test_an_interrupted_run_says_how_to_go_on():
    summary = passed()
    summary.end(9.0, interrupted=True)
    assert (summary.ok, "run the same command again" in summary.stages[0].checks[-1].detail) == (False, True)


def test_the_closing_table_says_what_moved_and_whether_it_is_the_same():
    lines = passed().lines()
    row = next(line for line in lines if line.startswith("shop.orders"))
    assert row.split() == ["shop.orders", "1,200", "5.0", "3", "3", "0", "0", "yes"]
    assert lines[-1] == "Next: Follow."
