"""The restore test record: every figure from the log of the test, and what was no part of it is said to be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.documents.library import Library
from hisops.errors import UsageProblem
from hisops.model.report import Report
from hisops.report.html import to_html
from hisops.report.record import record
from hisops.report.sheet import Sheet
from tests.cli.calling import hisops
from tests.report.conftest import told
from tests.report.reading import box, line_of, table, text
from tests.support.drill import Drill, site_file
from tests.support.journal import Site
from tests.support.restore_test import CAPTURED, PARAMETERS, RUN, TABLES, RestoreTest, book

NOT_PART = "not part of this test"


@pytest.fixture(scope="session")
def form() -> Report:
    return Library().report("restore").model


def sheet_of(site: Site, form: Report, lang: str = "en") -> Sheet:
    return record(form, told(site, RUN), "zh" if lang == "zh" else "en")


def validated(site: Site, level: str = "1", **more: object) -> None:
    parameters = {"record_no": "HF-1", "rpo_target_minutes": 1440, "level": level}
    skipped = frozenset({"validate-files"}) if level == "1" else frozenset()
    RestoreTest(site, book=book("oracle/restore-validate"), parameters=parameters, skipped=skipped).whole()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("number", "HF-2026-07"), ("order", "信息科王主任，年度计划"), ("tag", "HISOPS_FULL_20261123221409"),
        ("scratch-host", "his-rt1"), ("scratch-instance", "HISRT"), ("mode", "full"), ("digests", "3 none"),
        ("restored-to", "48219456 not recorded"), ("unreadable", "0"), ("restored-files", "2 none"),
        ("clean-up", "dropped was started"), ("restore-verdict", "ok"), ("assessment", "pass with reservations"),
        ("validated", NOT_PART), ("source-files", NOT_PART), ("lost-at", NOT_PART),
    ],
)  # fmt: skip
def test_a_box_is_filled_from_the_log_of_level_3(site: Site, form: Report, name: str, shown: str) -> None:
    RestoreTest(site).whole()
    assert text(sheet_of(site, form), name) == shown


def test_rto_runs_by_the_log_from_the_first_work_on_the_instance_to_the_comparison(site: Site, form: Report) -> None:
    RestoreTest(site).whole()
    sheet = sheet_of(site, form)
    (rto,) = box(sheet, "rto")
    first, last = (line_of(site.logs, ref) for ref in rto.refs)
    assert (first["t"], first["step"]) == ("step.intent", "prepare-start")
    assert (last["state"], last["step"]) == ("SUCCEEDED", "restore-counts")
    split = [box(sheet, f"rto-{part}")[0].value for part in ("files", "recover", "open", "prove")]
    assert rto.value == sum(split) == 360
    assert text(sheet, "rto-there") == "5 min 01 s"
    assert "provisional" in text(sheet, "rto-target")
    assert (text(sheet, "rto-met"), text(sheet, "rpo-met")) == ("target met", "target met")


def test_an_rpo_beyond_its_target_is_said(site: Site, form: Report) -> None:
    RestoreTest(site, parameters={**PARAMETERS, "rpo_target_minutes": 59}).whole()
    (cell,) = box(sheet_of(site, form), "rpo-met")
    assert (cell.text, cell.tone) == ("target not met", "bad")


def test_tables_are_compared_line_by_line_also_where_that_has_failed(site: Site, form: Report) -> None:
    captured = {**CAPTURED, "restore-counts": {"compared": TABLES}}
    RestoreTest(site, captured=captured, fails="restore-counts").whole()
    sheet = sheet_of(site, form)
    rows = table(sheet, "counts")
    assert [(row["result"].text, row["result"].tone) for row in rows] == [
        ("same", "good"), ("differs", "bad"), ("missing", "bad"),
    ]  # fmt: skip
    assert [row["rows_after"].text for row in rows] == ["1085457", "4991507", "-"]
    assert line_of(site.logs, rows[1]["rows_after"].refs[0])["out"]["compared"] == TABLES
    assert box(sheet, "rto")[0].blank
    assert text(sheet, "clean-up") == "not reached was started"
    assert box(sheet, "restore-verdict")[0].blank


def test_what_a_level_does_not_do_is_no_part_and_what_nobody_wrote_is_blank(site: Site, form: Report) -> None:
    validated(site)
    sheet = sheet_of(site, form)
    for name in ("scratch-host", "rto", "rto-target", "rto-met", "rto-there", "restored-files", "source-files"):
        (cell,) = box(sheet, name)
        assert (cell.text, cell.blank) == (NOT_PART, False), name
        assert cell.refs, name
    assert line_of(site.logs, box(sheet, "source-files")[0].refs[0])["state"] == "SKIPPED"
    assert text(sheet, "digests") == "2 c"
    empty = {part.id: part.empty for part in sheet.parts}
    assert (empty["moments"], empty["counts"]) == (NOT_PART, NOT_PART)
    assert table(sheet, "counts") == []
    assert box(sheet, "approvers")[0].blank


def test_a_level_says_what_it_does_not_prove(site: Site, form: Report) -> None:
    validated(site)
    assert "no time to restore was measured" in text(sheet_of(site, form), "proves")
    assert "没有实测恢复时间" in text(sheet_of(site, form, "zh"), "proves")


def test_a_kept_database_is_said_to_be_kept(site: Site, form: Report) -> None:
    RestoreTest(site, skipped=frozenset({"restore-clean-up"})).whole()
    cell = box(sheet_of(site, form), "clean-up")[0]
    assert (cell.text, cell.tone) == ("kept as asked", "")


def test_outputs_are_cited_by_their_digests(site: Site, form: Report) -> None:
    RestoreTest(site).whole()
    rows = table(sheet_of(site, form), "outputs")
    assert rows[0]["step"].text == "Step prepare-manifest"
    for row in rows:
        assert row["digest"].text == line_of(site.logs, row["digest"].refs[0])["stdout"]


def test_every_value_has_a_reference(site: Site, form: Report) -> None:
    RestoreTest(site).whole()
    cells = [cell for cell in sheet_of(site, form).cells() if not cell.blank and cell.value is not None]
    assert len(cells) > 100
    assert [cell for cell in cells if not cell.refs] == []


def test_both_languages_are_drawn(site: Site, form: Report) -> None:
    RestoreTest(site).whole()
    assert "备份数据恢复演练记录表" in to_html(sheet_of(site, form, "zh")).decode()
    assert "Restore test record" in to_html(sheet_of(site, form)).decode()


def test_a_drill_is_none_for_it_and_a_restore_test_is_no_drill(site: Site, form: Report) -> None:
    Drill(site).whole()
    RestoreTest(site).whole()
    with pytest.raises(UsageProblem, match="of runs that `hisops restore test` began"):
        record(form, told(site, "2026-11-24-0201-his-7k3"), "en")
    with pytest.raises(UsageProblem, match="The drill record is of drills"):
        record(Library().report("drill").model, told(site, RUN), "en")


@pytest.fixture
def folder(site: Site) -> Path:
    RestoreTest(site).whole()
    return site_file(site)


def call(folder: Path, *words: str | Path):
    return hisops("--site", folder, "--lang", "en", "report", "restore", *words, cwd=folder.parent)


def test_the_command_writes_both_files(folder: Path) -> None:
    done = call(folder, "r35")
    assert (done.returncode, done.stderr) == (0, "")
    for ending in ("html", "docx"):
        assert (folder.parent / f"restore-{RUN}.{ending}").stat().st_size > 5000


def test_a_log_that_does_not_verify_gives_no_record(folder: Path, site: Site) -> None:
    segment = site.run_folder(RUN) / "seg-0001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"1085457", b"1085458", 1))
    assert call(folder, "r35").returncode == 20
    (folder / "trust" / "allowed_signers").write_text("")
    assert call(folder, "r35").returncode in {20, 22}
    assert not list(folder.parent.glob("restore-*.html"))


def test_a_run_of_another_kind_is_refused_in_a_sentence(folder: Path, site: Site) -> None:
    Drill(site).whole()
    done = call(folder, "7k3")
    assert done.returncode == 2
    assert "of runs that `hisops restore test` began" in " ".join(done.stderr.split())
