"""No value without a reference, and every reference leads to the line that holds it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hisops.model import records as r
from hisops.model.report import Report
from hisops.report.record import record
from hisops.report.sheet import Cell, Ref, Sheet
from tests.report.conftest import told
from tests.report.reading import line_of, plan_of
from tests.support.drill import Drill, runbook
from tests.support.journal import Site

RUN = "2026-11-24-0201-his-7k3"
BACK = "2026-11-24-0601-hisdr-9q2"


@pytest.fixture
def sheet(site: Site, form: Report) -> Sheet:
    """A drill with all that can happen to one, in two segments, and a run that followed."""
    drill = Drill(site)
    journal = drill.open()
    drill.carry(journal, "backup-proof", "opening-declare")
    journal.commit(r.LinkChanged(host="his-db2", event="lost"))
    journal.close()
    site.clock.sleep(300)
    journal = drill.resume("dba2", "boot-2")
    journal.commit(r.Handover(previous="dba1@hospital", by="dba2@hospital", role="dba"))
    journal.commit(r.Deviation(kind="resolved", step="failover", reason="looked", by="dba2@hospital"))
    done = {"backup-proof", "opening-declare"}
    drill.carry(journal, *(step["id"] for step in drill.book["steps"] if step["id"] not in done))
    drill.end(journal, "SUCCEEDED_WITH_EXCEPTIONS", 13)
    Drill(site, run_id=BACK, book=runbook("oracle/dg-switchover")).whole()
    return record(form, told(site, RUN, BACK), "zh")


def shown(sheet: Sheet) -> Iterator[Cell]:
    return (cell for cell in sheet.cells() if not cell.blank and cell.value is not None)


def test_every_value_has_a_reference(sheet: Sheet) -> None:
    assert sum(1 for _ in shown(sheet)) > 200
    assert [cell for cell in shown(sheet) if not cell.refs] == []


def test_every_reference_leads_to_a_line_that_holds_the_value(sheet: Sheet, site: Site) -> None:
    for cell in shown(sheet):
        lines = [said(site.logs, ref) for ref in cell.refs]
        assert any(holds(cell.value, line) for line in lines) or measured(cell, lines), (cell, lines)


def said(logs: Path, ref: Ref) -> dict[str, Any]:
    """Return what stands behind a reference: HEAD's lines, a part of the plan, or the line itself."""
    if ref.file == "HEAD":
        return {"verdict": (logs / "runs" / ref.run / "HEAD").read_text()}
    line = line_of(logs, ref)
    if not (ref.part or "").startswith("plan."):
        return line
    plan = plan_of(logs, line)
    head, _, rest = str(ref.part).removeprefix("plan.").partition(".")
    return {"plan": plan[head] if head in plan else plan["runbook"], "rest": rest}


def holds(value: Any, line: dict[str, Any]) -> bool:
    """Tell whether a line says a value: it, or each part of it, stands in the line as the log writes it."""
    if isinstance(value, dict) and "verdict" in value:
        return "verdict" in line
    if isinstance(value, dict) and "state" in value:
        return line["state"] == value["state"] and line["out"] == value["out"]
    if isinstance(value, str) and " " in value and value.rsplit(" ", 1)[-1].count(".") == 2:
        return all(part in json.dumps(line) for part in value.split(" "))  # a runbook with its version
    if isinstance(value, list):
        return any(str(each) in line.values() for each in value)
    if isinstance(value, str):
        return any(value in leaf for leaf in leaves(line)) or value in told_words(line)
    return json.dumps(value, ensure_ascii=False) in json.dumps(line, ensure_ascii=False)


def leaves(value: Any) -> Iterator[str]:
    """Give every text in a value of JSON."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from leaves(inner)


def told_words(line: dict[str, Any]) -> set[str]:
    """Return what the sheet calls an event that the log tells in its own fields."""
    words = {f"link {line.get('event')}", f"{line.get('previous')} → {line.get('by')}"}
    if line.get("t") == "handover":
        words.add("handover")
    if line.get("t") == "seg.start":
        words |= {"taken up", "", line["actor"]}
    return words


def measured(cell: Cell, lines: list[dict[str, Any]]) -> bool:
    """Tell whether a value follows from all its lines together: a time between two, a count, a comparison."""
    if isinstance(cell.value, bool):
        return len(lines) >= 2
    times = [line["ts"] for line in lines if "ts" in line]
    return isinstance(cell.value, int) and (len(times) == 2 or cell.value == len(lines))


def test_a_span_is_the_difference_of_its_two_lines(sheet: Sheet, site: Site) -> None:
    boxes = {box.id: box.cells[0] for part in sheet.parts for box in part.boxes}
    for name in ("rto-switch", "rto-verify"):  # within one boot
        first, last = (line_of(site.logs, ref) for ref in boxes[name].refs)
        assert boxes[name].value == round(timedelta(microseconds=last["bt"] - first["bt"]).total_seconds())


def test_references_are_printed_with_the_run_where_there_are_several(sheet: Sheet, site: Site, form: Report) -> None:
    boxes = {box.id: box.cells[0] for part in sheet.parts for box in part.boxes}
    assert sheet.told(boxes["rto-switch"].refs) == ["7k3", *(ref.place for ref in boxes["rto-switch"].refs)]
    alone = record(form, told(site, RUN), "zh")
    boxes = {box.id: box.cells[0] for part in alone.parts for box in part.boxes}
    assert alone.told(boxes["place"].refs) == ["seg-0001:1 plan"]


def test_the_document_for_machines_has_values_and_references(sheet: Sheet) -> None:
    document = json.loads(json.dumps(sheet.document()))
    assert document["schema_version"] == 1
    assert document["runs"] == [RUN, BACK]
    (rto,) = document["fields"]["rto-switch"]["values"]
    assert rto["value"] == 180
    assert {ref["file"] for ref in rto["refs"]} == {"seg-0002.jsonl"}
    assert document["tables"]["steps"][0]["rows"][0]["begin"]["refs"][0]["run"] == RUN
    assert document["fields"]["approvers"]["values"][0] == {"value": None, "text": "未记录", "refs": []}
