"""Verify tells a real difference from another version's spelling, and an old result from a true one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.replatform.aws.plugins.module_utils.mysql.gtid_set import transactions
from ansible_collections.replatform.aws.plugins.module_utils.mysql.snapshot import GTIDS
from ansible_collections.replatform.aws.plugins.module_utils.mysql.verify import _still_true, compared
from tests.support.recorded import Recorded
from tests.unit.mysql.recordings import CUSTOMER_57, CUSTOMER_97, TAG_57, TAG_97


@pytest.mark.parametrize(("old", "new"), [(CUSTOMER_57, CUSTOMER_97), (TAG_57, TAG_97)])
def test_a_table_of_5_7_has_no_difference_from_its_copy_on_9_7(old, new):
    assert compared(old.read(), new.read()) == []
    assert compared(new.read(), old.read()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`small` smallint DEFAULT NULL", "`small` int DEFAULT NULL"),
        ("`small` smallint DEFAULT NULL", "`small` smallint unsigned DEFAULT NULL"),
        ("`flag` tinyint(1) NOT NULL DEFAULT '0'", "`flag` tinyint(1) NOT NULL DEFAULT '1'"),
        ("`flag` tinyint(1) NOT NULL", "`flag` tinyint(1)"),
        ("`flag` tinyint(1)", "`flag` tinyint"),
        ("varchar(40) CHARACTER SET utf8mb3", "varchar(41) CHARACTER SET utf8mb3"),
        ("COLLATE utf8mb3_bin", "COLLATE utf8mb3_general_ci"),
        ("CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
        ("COLLATE utf8mb4_general_ci", "COLLATE utf8mb4_0900_ai_ci"),
        (" CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", ""),
        ("UNIQUE KEY `bare` (`bare`)", "KEY `bare` (`bare`)"),
        ("KEY `bare` (`bare`)", "KEY `bare` (`bare`(10))"),
        ("REFERENCES `other` (`id`)", "REFERENCES `other` (`id`) ON DELETE CASCADE"),
        ("PRIMARY KEY (`id`)", "PRIMARY KEY (`id`,`small`)"),
        ("int(8) unsigned zerofill", "int(9) unsigned zerofill"),
        ("ENGINE=InnoDB", "ENGINE=InnoDB ROW_FORMAT=COMPRESSED"),
    ],
)
def test_a_real_difference_is_shown_from_both_sides(old, new):
    changed = CUSTOMER_97.create.replace(old, new)
    assert changed != CUSTOMER_97.create
    minus, plus = compared(CUSTOMER_57.read(), CUSTOMER_97.read(changed))
    assert minus.startswith("- ")
    assert plus.startswith("+ ")


def test_another_default_collation_of_the_table_is_a_difference_of_its_columns_too():
    changed = CUSTOMER_97.create.replace("COLLATE=utf8mb4_unicode_ci", "COLLATE=utf8mb4_general_ci")
    found = compared(CUSTOMER_57.read(), CUSTOMER_97.read(changed))
    assert any(line.startswith("+ ENGINE=InnoDB") and "utf8mb4_general_ci" in line for line in found)
    assert any(line.startswith("+ `same`") and "utf8mb4_unicode_ci" in line for line in found)


@pytest.mark.parametrize(
    "missing", ["KEY `f` (`small`)", "CONSTRAINT `f` FOREIGN KEY (`small`) REFERENCES `other` (`id`)"]
)
def test_a_key_that_is_missing_at_the_target_is_named(missing):
    without = CUSTOMER_97.create.replace(f",\n  {missing}", "")
    assert compared(CUSTOMER_57.read(), CUSTOMER_97.read(without)) == [f"- {missing}"]


A, B = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "00000000-1111-2222-3333-444444444444"


@pytest.mark.parametrize(
    ("gtids", "count"),
    [
        ("", 0),
        (f"{A}:5", 1),
        (f"{A}:1-3:7", 4),
        (f"{A}:1-3,\n{B}:9", 4),
        (f"{A}:1-3:backup:1-2:9", 6),
        (f"{A}:backup:4", 1),
    ],
)
def test_transactions_of_a_gtid_set_are_counted(gtids, count):
    assert transactions(gtids) == count


PASSED = {
    "mismatches": 0,
    "undisturbed": True,
    "source": {"gtid_executed": f"{A}:1-9", "file": "", "position": 0, "server": A},
    "target": f"{B}:1-5",
}


@pytest.mark.parametrize(
    ("last", "source", "target", "added", "true"),
    [
        pytest.param(PASSED, f"{A}:1-9", f"{B}:1-6", f"{B}:6", True, id="only its own entry in the journal"),
        pytest.param(PASSED, f"{A}:1-9", f"{B}:1-7", f"{B}:6-7", False, id="somebody wrote to the target"),
        pytest.param(PASSED, f"{A}:1-10", f"{B}:1-6", f"{B}:6", False, id="somebody wrote to the source"),
        pytest.param(PASSED, f"{A}:1-9", "", "", False, id="the target's set counts no longer"),
        pytest.param(PASSED | {"target": ""}, f"{A}:1-9", f"{B}:1-6", f"{B}:1-6", False, id="it did not count then"),
        pytest.param(PASSED | {"mismatches": 1}, f"{A}:1-9", f"{B}:1-6", f"{B}:6", False, id="it had not passed"),
        pytest.param(
            PASSED | {"undisturbed": False}, f"{A}:1-9", f"{B}:1-6", f"{B}:6", False, id="written to meanwhile"
        ),
        pytest.param({}, f"{A}:1-9", f"{B}:1-6", "", False, id="there was none"),
    ],
)
def test_a_result_is_used_again_only_while_nothing_was_committed_on_either_side(last, source, target, added, true):
    here: Any = Recorded(
        {
            "SELECT @@server_uuid": [{"@@server_uuid": A}],
            GTIDS: [{"gtids": source}],
            "SHOW BINARY LOG STATUS": [],
        }
    )
    there: Any = Recorded({GTIDS: [{"gtids": target}], "SELECT GTID_SUBTRACT(*)": [{"added": added}]})
    assert _still_true(here, there, last) is true
