"""No value without a reference, and every reference leads to the line that holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from hisops.model import records as r
from hisops.model.moment import read_time
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


@dataclass(frozen=True)
class Found:
    """What stands behind a reference: its line, and the leaf of that, or of its plan, to which `part` leads."""

    site: Site
    ref: Ref
    line: dict[str, Any]
    leaf: Any


Rule = Callable[[Cell, list[Found]], Any]


def follow(site: Site, ref: Ref) -> Found:
    """Go where a reference leads, part by part; an error if it leads nowhere."""
    line = {} if ref.file == "HEAD" else line_of(site.logs, ref)
    head, _, rest = (ref.part or "").partition(".")
    leaf: Any = line
    if head == "plan" and rest:
        head, leaf = "", plan_of(site.logs, line)
    for name in filter(None, [head, *rest.split(".")]):
        leaf = next(each for each in leaf if each["id"] == name) if isinstance(leaf, list) else leaf[name]
    return Found(site, ref, line, leaf)


def same(cell: Cell, found: list[Found]) -> Any:
    """The one value in which all references agree."""
    first, *others = [each.leaf for each in found]
    assert all(each == first for each in others)
    return first


def book(cell: Cell, found: list[Found]) -> Any:
    """A runbook with its version; or, in the same box, whether it was a simulation."""
    (one,) = found
    if isinstance(cell.value, bool):
        return one.leaf
    written = plan_of(one.site.logs, one.line)["runbook"]
    assert one.leaf == written["id"]
    return f"{written['id']} {written['version']}"


def outcome(cell: Cell, found: list[Found]) -> Any:
    """What a person answered, else state and outputs of the step."""
    (one,) = found
    return one.leaf if one.ref.part else {"state": one.line["state"], "out": one.line["out"]}


def judged(cell: Cell, found: list[Found]) -> Any:
    """The word of the form that an answer begins with."""
    (one,) = found
    return max((each for each in BEGINS if one.leaf.startswith(each)), key=len)


def remark(cell: Cell, found: list[Found]) -> Any:
    """What follows that word."""
    (one,) = found
    return one.leaf.removeprefix(judged(cell, found)).strip() or "–"


def seconds(cell: Cell, found: list[Found]) -> int:
    """The time between two lines: since boot within one boot, else by the wall clock."""
    first, last = found
    boots = [line_of(each.site.logs, replace(each.ref, line=1, part=None))["boot"] for each in (first, last)]
    if boots[0] == boots[1]:
        return round((last.line["bt"] - first.line["bt"]) / 1e6)
    moments = [read_time(each.line["ts"]) for each in (first, last)]
    return round((moments[1] - moments[0]).total_seconds())


def within(cell: Cell, found: list[Found]) -> bool:
    """Whether what was measured, by two lines or an output, is no more than the limit in minutes."""
    span = [each for each in found if each.ref.part is None][:2]
    measured = seconds(cell, span) if span else found[0].leaf
    limits = {each.leaf for each in found if (each.ref.part or "").startswith("plan.")}
    assert len(limits) == 1
    return bool(measured <= limits.pop() * 60)


def event(cell: Cell, found: list[Found]) -> Any:
    """What interrupted a run."""
    (one,) = found
    kinds = {"seg.start": "taken up", "handover": "handover", "link": f"link {one.line.get('event')}"}
    return kinds.get(one.line["t"]) or one.line["state"]


def about(cell: Cell, found: list[Found]) -> Any:
    """Which host, who from whom, why, or for how long nobody carried the run on."""
    if len(found) == 2:
        return seconds(cell, found)
    line = found[0].line
    told = {"handover": f"{line.get('previous')} → {line.get('by')}", "link": line.get("host")}
    return told.get(line["t"]) or line.get("reason") or ""


def good_reads(cell: Cell, found: list[Found]) -> int:
    """How many steps have succeeded, each by its own line."""
    assert {each.line["state"] for each in found} == {"SUCCEEDED"}
    return len({each.line["step"] for each in found})


def verdict(cell: Cell, found: list[Found]) -> Any:
    """What the verifier says, asked anew."""
    (one,) = found
    assert one.ref.file == "HEAD"
    checked = one.site.verify(run=one.ref.run)
    return {"verdict": checked.verdict, "reach": checked.reach}


def field(name: str) -> Rule:
    """A field of the one line."""
    return lambda cell, found: found[0].line[name] if len(found) == 1 else None


BEGINS = ("ok", "not ok", "n/a", "正常", "异常", "不涉及")
RULES: dict[str, Rule] = {
    "type": book, "runbook": book, "attachments.runbook": book,
    "operators": lambda _, found: list(dict.fromkeys(each.leaf for each in found)),
    "approvers": lambda _, found: list(dict.fromkeys(each.leaf for each in found)),
    "preconditions": good_reads, "verdict": verdict, "attachments.verdict": verdict,
    "rto": seconds, "rto-decide": seconds, "rto-switch": seconds, "rto-verify": seconds,
    "rto-met": within, "rpo-met": within,
    "data-check": outcome, "problems": outcome, "measures": outcome, "assessment": outcome, "moments.said": outcome,
    "business.result": judged, "business.said": remark,
    "steps.step": lambda _, found: found[0].leaf["id"],
    "steps.planned": lambda _, found: found[0].leaf["median"] if isinstance(found[0].leaf, dict) else found[0].leaf,
    "steps.who": lambda _, found: [each.leaf for each in found],
    "steps.result": field("state"), "attachments.state": field("state"), "attachments.head": field("head"),
    "deviations.kind": field("kind"), "deviations.step": field("step"), "deviations.reason": field("reason"),
    "interruptions.what": event, "interruptions.reason": about,
}  # fmt: skip
"""How a value is made anew of what its references lead to; all others are the very leaf."""


def shown(sheet: Sheet) -> Iterator[tuple[str, Cell]]:
    """Give every value by the name of its box, or of its table and column."""
    for part in sheet.parts:
        cells = [(box.id, cell) for box in part.boxes for cell in box.cells]
        for grid in part.grids:
            names = [f"{part.id}.{heading.id}" for heading in grid.headings]
            cells += [each for row in grid.rows for each in zip(names, row, strict=True)]
        yield from ((name, cell) for name, cell in cells if not cell.blank and cell.value is not None)


def anew(site: Site, name: str, cell: Cell) -> Any:
    """Make a value of what its references lead to."""
    return RULES.get(name, same)(cell, [follow(site, ref) for ref in cell.refs])


def test_every_value_has_a_reference(sheet: Sheet) -> None:
    assert sum(1 for _ in shown(sheet)) > 200
    assert [name for name, cell in shown(sheet) if not cell.refs] == []


def test_every_value_is_what_its_references_lead_to(sheet: Sheet, site: Site) -> None:
    for name, cell in shown(sheet):
        assert anew(site, name, cell) == cell.value, (name, cell.refs)
    assert set(RULES) - {name for name, _ in shown(sheet)} == {"approvers"}, "every rule is of use; nobody approved"


def test_a_reference_that_is_one_line_off_is_noticed(sheet: Sheet, site: Site) -> None:
    names = {"rpo", "rto-switch", "data-check", "assessment", "operators", "steps.result", "interruptions.what"}
    cells = [(name, cell) for name, cell in shown(sheet) if name in names]
    assert {name for name, _ in cells} == names
    for name, cell in cells:
        first, *others = cell.refs
        moved = replace(cell, refs=(replace(first, line=(first.line or 0) + 1), *others))
        with suppress(KeyError, IndexError, AssertionError):
            assert anew(site, name, moved) == cell.value
            pytest.fail(f"{name} is told of another line as well: {moved.refs}")


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
