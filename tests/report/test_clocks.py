"""Durations are what the log's clocks can tell, and nothing where they cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hisops.model import records as r
from hisops.model.report import Report
from hisops.report.record import record
from tests.report.conftest import told
from tests.report.reading import box, line_of, table
from tests.support.drill import Drill
from tests.support.journal import Site

RUN = "2026-11-24-0201-his-7k3"


def cut_after_declaring(site: Site, boot: str, moved: timedelta) -> None:
    """Carry out a drill that was cut off once, the wall clock moved meanwhile."""
    drill = Drill(site)
    journal = drill.open()
    drill.carry(journal, "backup-proof", "opening-declare")
    journal.close()
    site.clock.sleep(600)
    site.clock.time += moved
    if boot != "boot-1":
        site.clock.since_boot = 5_000_000
    journal = drill.resume(boot=boot)
    done = {"backup-proof", "opening-declare"}
    drill.carry(journal, *(step["id"] for step in drill.book["steps"] if step["id"] not in done))
    drill.end(journal)


@pytest.mark.parametrize("moved", [timedelta(0), timedelta(hours=-2), timedelta(hours=3)])
def test_within_one_boot_the_wall_clock_does_not_count(site: Site, form: Report, moved: timedelta) -> None:
    cut_after_declaring(site, "boot-1", moved)
    sheet = record(form, told(site, RUN), "en")
    assert box(sheet, "rto-decide")[0].value == 690


def test_over_two_boots_the_wall_clock_counts(site: Site, form: Report) -> None:
    cut_after_declaring(site, "boot-2", timedelta(0))
    sheet = record(form, told(site, RUN), "zh")
    assert box(sheet, "rto-decide")[0].value == 690
    assert box(sheet, "rto-decide")[0].text == "11 分 30 秒"


def test_a_clock_that_went_back_between_boots_measures_nothing(site: Site, form: Report) -> None:
    cut_after_declaring(site, "boot-2", timedelta(hours=-1))
    sheet = record(form, told(site, RUN), "zh")
    for name in ("rto", "rto-decide"):
        (cell,) = box(sheet, name)
        assert (cell.value, cell.text) == (None, "日志的时钟无法得出")
        assert len(cell.refs) == 2
    assert box(sheet, "rto-switch")[0].value == 180
    assert box(sheet, "rto-met")[0].blank


def test_a_clock_that_was_set_back_by_less_than_the_pause_is_not_trusted_either(site: Site, form: Report) -> None:
    """Back by 20 minutes, though only 10 had passed: the log has a clock step, so the difference says nothing."""
    cut_after_declaring(site, "boot-2", timedelta(minutes=-20))
    assert box(record(form, told(site, RUN), "en"), "rto")[0].value is None


def test_interruptions_say_what_happened_and_for_how_long(site: Site, form: Report) -> None:
    cut_after_declaring(site, "boot-2", timedelta(0))
    rows = table(record(form, told(site, RUN), "zh"), "interruptions")
    assert [row["what"].text for row in rows] == ["重新接续"]
    assert rows[0]["reason"].text == "中断 10 分 00 秒"
    last, first = (line_of(site.logs, ref) for ref in rows[0]["reason"].refs)
    assert (last["step"], last["state"], first["t"]) == ("opening-declare", "SUCCEEDED", "seg.start")


def test_an_interruption_over_a_moved_clock_has_no_length(site: Site, form: Report) -> None:
    cut_after_declaring(site, "boot-2", timedelta(hours=-1))
    rows = table(record(form, told(site, RUN), "en"), "interruptions")
    assert [row["what"].text for row in rows] == ["taken up again", "clock moved"]
    assert rows[0]["reason"].value is None


def test_holds_and_lost_links_are_interruptions(site: Site, form: Report) -> None:
    drill = Drill(site)
    journal = drill.open()
    drill.carry(journal, "backup-proof")
    journal.commit(r.LinkChanged(host="his-db2", event="lost"), r.LinkChanged(host="his-db2", event="back"))
    journal.commit(r.RunChanged(state="HELD", reason="failover: nobody knows"))
    journal.close()
    rows = table(record(form, told(site, RUN), "en"), "interruptions")
    assert [(row["what"].text, row["reason"].text) for row in rows] == [
        ("link lost", "his-db2"), ("link back", "his-db2"), ("held", "failover: nobody knows"),
    ]  # fmt: skip


def test_a_step_that_was_done_anew_counts_from_its_second_time(site: Site, form: Report) -> None:
    drill = Drill(site)
    journal = drill.open()
    drill.carry(journal, "backup-proof", "opening-declare")
    journal.commit(r.StepChanged(step="opening-declare", state="PENDING"))
    sheet = record(form, told(site, RUN), "en")
    assert table(sheet, "moments")[0]["time"].blank
    drill.carry(journal, "opening-declare")
    journal.close()
    row = table(record(form, told(site, RUN), "en"), "moments")[0]
    answers = [line for line in told(site, RUN)[0].lines if isinstance(line.record, r.GateDecided)]
    assert row["time"].refs[0].line == answers[1].line > answers[0].line
