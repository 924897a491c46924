"""REGISTRY$HISTORY decides about catbundle: newer rows with the right id count, whatever the script has said."""

from __future__ import annotations

from typing import Any

import pytest

from hisops import expressions
from hisops.documents.library import Library

LIBRARY = Library()
PSU = 190716


def row(action: str, number: int) -> dict[str, Any]:
    return {"action": action, "id": number, "comments": f"PSU 11.2.0.4.{number}"}


def holds(runbook: str, rows: list[dict[str, Any]]) -> bool:
    """Ask the check of the step catbundle of `runbook` about `rows`, newest first."""
    (check,) = next(step for step in LIBRARY.runbook(runbook).model.steps if step.id == "catbundle").verify
    assert "registry$history" in str(check.sql)
    assert "action_time > to_timestamp(:history_before_newest" in str(check.sql)
    out = {"rows": rows, "count": len(rows), "first": rows[0] if rows else {}}
    scope = {"out": out, "steps": {"patch_facts": {"out": {"psu": PSU}}}, "params": {}, "target": {}}
    return expressions.evaluate(str(check.require), scope)


@pytest.mark.parametrize(
    ("rows", "good"),
    [
        ([row("APPLY", PSU)], True),
        ([row("APPLY", PSU), row("APPLY", 181016)], True),
        ([], False),
        ([row("APPLY", 181016)], False),
        ([row("APPLY", 0)], False),
    ],
)
def test_a_new_row_of_the_patch_is_the_proof_of_an_apply(rows: list[dict[str, Any]], good: bool) -> None:
    assert holds("oracle/patch-apply", rows) == good


@pytest.mark.parametrize(
    ("rows", "good"),
    [
        ([row("APPLY", 181016), row("ROLLBACK", PSU)], True),
        ([row("APPLY", 0), row("ROLLBACK", PSU)], True),
        ([row("APPLY", 181016), row("ROLLBACK", 181016), row("ROLLBACK", PSU)], True),
        ([], False),
        ([row("ROLLBACK", PSU)], False),
        ([row("APPLY", PSU), row("ROLLBACK", PSU)], False),
        ([row("APPLY", 181016), row("ROLLBACK", 181016)], False),
        ([row("APPLY", 181016)], False),
    ],
)
def test_a_rollback_is_proven_by_its_row_and_by_the_level_of_the_home(rows: list[dict[str, Any]], good: bool) -> None:
    assert holds("oracle/patch-rollback", rows) == good


@pytest.mark.parametrize("name", ["oracle/patch-apply", "oracle/patch-rollback", "oracle/inspection"])
def test_what_asks_views_of_12_1_is_left_out_before_it(name: str) -> None:
    """Every step whose statement names a view that 11.2 lacks has a condition that keeps it away from there."""
    newer = ("cdb_", "v$pdbs", "v$containers", "pdb_plug_in", "registry_sqlpatch")
    steps = [step for step in LIBRARY.runbook(name).model.steps if step.sql or step.verify]
    texts = {step.id: " ".join([step.sql or "", *(check.sql or "" for check in step.verify)]) for step in steps}
    asking = [step for step in steps if any(word in texts[step.id] for word in newer)]
    assert len(asking) > 8
    target = {
        "version": "11.2.0.4.0",
        "identity": {"container": {"cdb": "NO"}},
        "state": {"database": {"open_mode": "READ WRITE"}},
    }
    for step in asking:
        assert step.when is not None, step.id
        assert not expressions.evaluate(step.when, {"target": target, "steps": {}, "params": {}, "out": {}}), step.id
