"""The closing table and the document of a run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ansible_collections.replatform.aws.plugins.module_utils.report.summary import (
    FAILED,
    INTERRUPTED,
    PASSED,
    SKIPPED,
    Summary,
)
from ansible_collections.replatform.aws.plugins.module_utils.report.terminal import MOST_TABLES, WIDTH
from tests.support.summaries import switch

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z


def moved(name: str, **changes: Any) -> dict[str, Any]:
    counts = {"rows": 1234, "bytes": 5_600_000, "units": 3, "copied": 2, "recopied": 1, "kept": 0}
    return {"name": name, **counts, **changes}


def copied(*tables: dict[str, Any], changed: bool = True) -> dict[str, Any]:
    totals = {key: sum(table[key] for table in tables) for key in ("rows", "units", "copied", "recopied", "kept")}
    return {"changed": changed, "tables": list(tables), "next_step": "Verify it.", **totals}


def run() -> Summary:
    """Secrets passed, copy passed, verify was skipped."""
    summary = Summary(environment="shop-prod")
    summary.begin("secrets", NOON)
    summary.add("Read the secrets", {"changed": False}, failed=False, ours=True, now=NOON + 1.25)
    summary.begin("copy", NOON + 2)
    summary.add("Say hello", {}, failed=False, ours=False, now=NOON + 2)
    summary.add("Copy", copied(moved("shop.order"), moved("shop.customer")), failed=False, ours=True, now=NOON + 62)
    summary.begin("verify", NOON + 63)
    summary.end(NOON + 63)
    return summary


def test_every_stage_has_its_status_and_its_seconds():
    stages = [(stage.name, stage.status, stage.seconds, stage.changed) for stage in run().stages]
    assert stages == [("secrets", PASSED, 1.2, False), ("copy", PASSED, 60.0, True), ("verify", SKIPPED, 0.0, False)]


def test_only_our_own_tasks_are_listed_as_checks():
    assert [check.name for check in run().stages[1].checks] == ["Copy"]
    assert run().stages[1].checks[0].detail == ("2,468 rows of 2 tables; units: 4 copied, 2 copied again, 0 kept of 6")


def test_the_document_has_the_documented_shape(tmp_path):
    path = tmp_path / "reports" / "run.json"
    run().write(path)
    document = json.loads(path.read_text())
    promised = ["environment", "started", "finished", "ok", "stages"]
    kept = ["kind", "next_step", "migrations", "tables", "objects", "orphans", "findings", "largest_tables"]
    assert list(document) == [*promised, *kept, "settings", "switches", "timeline"]
    assert (document["environment"], document["ok"]) == ("shop-prod", True)
    assert (document["started"], document["finished"]) == ("2026-01-01T12:00:00Z", "2026-01-01T12:01:03Z")
    for stage in document["stages"]:
        assert list(stage) == ["name", "status", "seconds", "changed", "checks"]
        assert all(list(check) == ["name", "ok", "detail"] and check["ok"] for check in stage["checks"])
    assert [file.name for file in path.parent.iterdir()] == ["run.json"]


def test_a_failed_task_fails_its_stage_and_says_why_whoever_wrote_the_module():
    summary = run()
    summary.begin("cutover", NOON + 70)
    summary.add("Look", {}, failed=False, ours=True, now=NOON + 71)
    summary.add("Call", {"msg": "The load balancer\nis gone."}, failed=True, ours=False, now=NOON + 72)
    summary.add("Clean up", {}, failed=False, ours=True, now=NOON + 73)
    summary.end(NOON + 73)
    assert summary.stages[-1].status == FAILED
    assert not summary.ok
    assert not summary.as_dict()["ok"]
    assert any("Call: The load balancer is gone." in line for line in summary.lines())


def test_a_failure_without_words_is_listed_too():
    summary = Summary()
    summary.begin("copy", NOON)
    summary.add("Copy", {}, failed=True, ours=True, now=NOON)
    assert summary.stages[0].checks[0].detail == "failed without a word"


def test_an_interrupted_run_is_not_ok_and_says_how_to_go_on():
    summary = Summary(environment="shop")
    summary.begin("copy", NOON)
    summary.end(NOON + 30, interrupted=True)
    assert not summary.ok
    assert (summary.stages[0].status, summary.stages[0].seconds) == (FAILED, 30.0)
    assert INTERRUPTED in " ".join(" ".join(summary.lines()).split())


def test_a_run_interrupted_before_its_first_stage_can_be_told():
    summary = Summary()
    summary.end(NOON, interrupted=True)
    assert summary.as_dict()["stages"] == []
    assert summary.lines()[0] == "Replatform: run of an unnamed environment"


def test_the_table_fits_into_a_hundred_columns():
    summary = run()
    summary.begin("verify", NOON + 64)
    names = [f"a_rather_long_schema_name_{number}.and_a_rather_long_table_name" for number in range(30)]
    big = [moved(name, rows=10**7, bytes=10**11, units=10**5, copied=10**5) for name in names]
    summary.add("Copy " + "again " * 40, copied(*big), failed=False, ours=True, now=NOON + 65)
    summary.add("Fail", {"msg": "word " * 100}, failed=True, ours=True, now=NOON + 66)
    summary.next_step = "word " * 60
    summary.end(NOON + 66)
    assert max(map(len, summary.lines())) <= WIDTH


def test_many_tables_are_cut_to_the_largest_and_counted():
    summary = Summary()
    summary.begin("copy", NOON)
    tables = [moved(f"shop.t{number:02}", bytes=number * 1_000_000) for number in range(MOST_TABLES + 5)]
    summary.add("Copy", copied(*tables), failed=False, ours=True, now=NOON)
    lines = summary.lines()
    assert "and 5 more tables" in lines
    shown = [line.split()[0] for line in lines if line.startswith("shop.")]
    assert shown == [f"shop.t{number:02}" for number in range(MOST_TABLES + 4, 4, -1)]
    assert any(line.startswith(f"{MOST_TABLES + 5} tables") for line in lines)


def verified(*tables: dict[str, Any], reused: bool = False) -> dict[str, Any]:
    mismatches = sum(not table["ok"] for table in tables)
    return {"tables": list(tables), "mismatches": mismatches, "reused": reused, "next_step": "Switch over."}


def test_a_table_that_was_copied_and_compared_is_one_line_of_what_moved_and_whether_it_is_the_same():
    summary = run()
    assert [line.split()[-1] for line in summary.lines() if line.startswith("shop.")] == ["-", "-"]
    summary.begin("verify", NOON + 64)
    tables = ({"name": name, "rows": 1234, "ok": True} for name in ("shop.order", "shop.customer"))
    summary.add("Verify", verified(*tables), failed=False, ours=True, now=NOON + 65)
    assert [line.split() for line in summary.lines() if line.startswith(("shop.order", "2 tables"))] == [
        ["shop.order", "1,234", "5.6", "3", "2", "1", "0", "yes"],
        ["2", "tables", "2,468", "11.2", "6", "4", "2", "0", "yes"],
    ]


def test_tables_that_differ_are_shown_first_and_said_loudly():
    summary = run()
    summary.begin("verify", NOON + 64)
    tables = ({"name": "shop.order", "rows": 1234, "ok": False}, {"name": "shop.customer", "rows": 1234, "ok": True})
    result = {**verified(*tables), "msg": "They differ."}
    summary.add("Verify", result, failed=True, ours=True, now=NOON + 65)
    lines = summary.lines()
    assert any(line.startswith("shop.order") and line.endswith("NO") for line in lines)
    assert not any(line.startswith("shop.customer") for line in lines)
    assert any(line.startswith("2 tables") and line.endswith("NO") for line in lines)


def test_a_verify_says_how_much_it_compared_and_whether_just_now():
    summary = run()
    table = {"name": "shop.order", "rows": 1234, "ok": True}
    summary.begin("verify", NOON)
    summary.add("Verify", verified(table), failed=False, ours=True, now=NOON)
    summary.add("Verify", verified(table, reused=True), failed=False, ours=True, now=NOON)
    assert [check.detail for check in summary.stages[-1].checks] == [
        "1,234 rows of 1 tables, 0 differences",
        "1,234 rows of 1 tables, 0 differences (an earlier result, nothing has changed since)",
    ]
    assert summary.lines()[-1] == "Next: Switch over."


def test_a_switch_of_this_run_is_told_and_one_that_an_earlier_run_did_is_not():
    summary = Summary()
    summary.begin("switch", NOON)
    done = {"name": "shop", "phase": "switched", "switch": switch(ended=iso(NOON + 51))}
    for told in (done, {**done, "switch": switch(ended=iso(NOON - 3600))}, {**done, "switch": {}}):
        summary.add("Switch over", told, failed=False, ours=True, now=NOON + 52)
    assert summary.as_dict()["switches"] == [{**switch(ended=iso(NOON + 51))}]
    said = "Cutover of shop: writes paused for 200 ms by read_only_schemas; the row applier brings changes back"
    assert said in " ".join(summary.lines())


def iso(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="milliseconds")


def test_settings_that_a_later_assessment_tells_again_are_told_once():
    summary = Summary()
    summary.begin("assess", NOON)
    for now in ("0", "1"):
        told = {"name": "shop", "phase": "assessed", "settings": [{"name": "sync_binlog", "now": now}]}
        summary.add("Assess", told, failed=False, ours=True, now=NOON)
    assert summary.as_dict()["settings"] == [{"migration": "shop", "name": "sync_binlog", "now": "1"}]


def test_a_plan_is_not_called_a_run():
    assert Summary(environment="shop", check_mode=True).lines()[0] == "Replatform: plan of shop"


def assessed(*severities: str) -> dict[str, Any]:
    findings = [
        {"id": "x", "severity": one, "object": "shop.t", "evidence": "It is so.", "fix": ""} for one in severities
    ]
    return {"findings": findings, "counts": {}, "next_step": "Mend the errors."}


def test_findings_are_counted_by_severity_in_the_stage_and_below_the_tables():
    summary = run()
    summary.begin("assess", NOON + 64)
    found = assessed("info", "warning", "error", "warning", "info", "info", "error")
    summary.add("Assess", {**found, "estimate_s": 125.0}, failed=False, ours=True, now=NOON + 65)
    summary.add("Assess again", assessed(), failed=False, ours=True, now=NOON + 65)
    details = [check.detail for check in summary.stages[-1].checks]
    assert details == ["2 errors, 2 warnings, 3 notes; a copy takes about 2 min 5 s", "nothing found"]
    assert "findings: 2 errors, 2 warnings, 3 notes" in summary.lines()


def test_objects_and_orphans_are_counted_below_the_tables():
    summary = run()
    summary.begin("more", NOON + 64)
    objects = [{"kind": kind, "name": f"shop.{n}"} for n, kind in enumerate(["view", "trigger", "view"])]
    orphans = [
        {"table": "shop.order", "constraint": "a", "rows": 2},
        {"table": "shop.order", "constraint": "b", "rows": 1},
        {"table": "shop.order", "constraint": "c", "rows": -1},
    ]
    result = {**copied(moved("shop.order")), "objects": objects, "orphans": orphans}
    summary.add("Copy", result, failed=False, ours=True, now=NOON + 65)
    lines = summary.lines()
    assert "objects: 2 views, 1 trigger" in lines
    lost = "3 rows of 2 foreign keys have no parent; 1 foreign key to tables that are not part of this migration"
    assert f"orphans: {lost}" in " ".join(lines)


def test_what_was_compared_is_added_to_what_was_copied_of_the_same_migration():
    summary = Summary()
    summary.begin("copy", NOON)
    view = {"kind": "view", "name": "shop.v"}
    for name in ("one", "two"):
        result = {**copied(moved("shop.t")), "name": name, "phase": "copied", "position": {"file": "binlog.1"}}
        summary.add("Copy", {**result, "objects": [{**view, "action": "created"}]}, failed=False, ours=True, now=NOON)
    table = {"name": "shop.t", "rows": 1234, "ok": True}
    result = {**verified(table), "name": "two", "phase": "verified", "objects": [{**view, "ok": True}]}
    summary.add("Verify", result, failed=False, ours=True, now=NOON)
    document = summary.as_dict()
    assert [(one["migration"], one["bytes"], one.get("ok")) for one in document["tables"]] == [
        ("one", 5_600_000, None),
        ("two", 5_600_000, True),
    ]
    assert [(one["migration"], one["action"], one.get("ok")) for one in document["objects"]] == [
        ("one", "created", None),
        ("two", "created", True),
    ]
    assert [(one["name"], one["phase"], one["position"]) for one in document["migrations"]] == [
        ("one", "copied", {"file": "binlog.1"}),
        ("two", "verified", {"file": "binlog.1"}),
    ]


def test_a_failure_does_not_repeat_the_next_step_of_an_earlier_task():
    summary = run()
    summary.begin("verify", NOON + 64)
    summary.add("Verify", {"msg": "The target is gone."}, failed=True, ours=True, now=NOON + 65)
    assert not any(line.startswith("Next:") for line in summary.lines())
