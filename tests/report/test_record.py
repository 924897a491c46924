"""Every field of the drill record, from a log and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hisops.errors import UsageProblem
from hisops.model import records as r
from hisops.model.report import Report, Source
from hisops.report.record import record, short_names
from tests.report.conftest import told
from tests.report.reading import box, line_of, plan_of, table, text
from tests.support.drill import ANSWERS, CHECKS, PARAMETERS, Drill, runbook
from tests.support.journal import Site

RUN = "2026-11-24-0201-his-7k3"
BACK = "2026-11-24-0601-hisdr-9q2"


def after(site: Site) -> Drill:
    return Drill(site, run_id=BACK, book=runbook("oracle/dg-switchover"), target="his")


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("number", "drill_no"), ("place", "place"), ("department", "department"), ("commander", "commander"),
        ("participants", "participants"), ("systems", "systems"), ("scenario", "scenario"),
        ("emergency-plan", "emergency_plan"), ("planned-begin", "planned_begin"), ("planned-end", "planned_end"),
    ],
)  # fmt: skip
def test_what_only_people_know_comes_from_the_parameters(site: Site, form: Report, name: str, parameter: str) -> None:
    Drill(site).whole()
    sheet = record(form, told(site, RUN), "zh")
    assert text(sheet, name) == PARAMETERS[parameter]
    (ref,) = box(sheet, name)[0].refs
    assert plan_of(site.logs, line_of(site.logs, ref))["parameters"][parameter] == PARAMETERS[parameter]
    assert ref.part == f"plan.parameters.{parameter}"


def test_name_type_and_runbook_come_from_the_plan(site: Site, form: Report) -> None:
    Drill(site).whole()
    zh, en = (record(form, told(site, RUN), lang) for lang in ("zh", "en"))
    assert text(zh, "name") == "HIS 库容灾故障切换演练"
    assert text(en, "name") == "Failover drill of the HIS database"
    assert text(zh, "type") == "模拟 故障切换（计划外）"
    assert text(en, "type") == "simulated failover"
    assert text(en, "runbook") == "oracle/dg-failover-drill 1.2.0"
    assert text(en, "target") == "his_dr"


def test_a_drill_on_real_systems_says_so_and_has_no_notice(site: Site, form: Report) -> None:
    Drill(site, simulation=False).whole()
    sheet = record(form, told(site, RUN), "zh")
    assert text(sheet, "type").startswith("实战")
    assert sheet.notices == ()


def test_a_rehearsal_says_that_it_proves_nothing_about_a_real_database(site: Site, form: Report) -> None:
    Drill(site).whole()
    (notice,) = record(form, told(site, RUN), "en").notices
    assert "no evidence about a real database" in notice.text


def test_times_are_told_in_one_offset_that_the_sheet_names(site: Site, form: Report) -> None:
    Drill(site).whole()
    sheet = record(form, told(site, RUN), "zh", timedelta(hours=8))
    assert text(sheet, "begun") == "2026-11-24 10:01:07"
    assert "UTC+08:00" in sheet.remarks[0]
    (begun,) = box(sheet, "begun")
    assert begun.value == line_of(site.logs, begun.refs[0])["ts"]


def test_operators_and_approvers_are_those_of_the_log(site: Site, form: Report) -> None:
    drill = Drill(site)
    journal = drill.open()
    drill.carry(journal, "backup-proof", "opening-declare")
    journal.close()
    resumed = drill.resume("dba2")
    resumed.commit(r.Handover(previous="dba1@hospital", by="dba2@hospital", role="dba"))
    resumed.commit(r.GateDecided(step="failover", part="approve-1", by="lead1@hospital"))
    resumed.close()
    sheet = record(form, told(site, RUN), "en")
    assert text(sheet, "operators") == "dba1@hospital, dba2@hospital"
    assert [ref.place for ref in box(sheet, "operators")[0].refs] == ["seg-0001:1", "seg-0002:1"]
    assert text(sheet, "approvers") == "lead1@hospital"
    assert line_of(site.logs, box(sheet, "approvers")[0].refs[0])["by"] == "lead1@hospital"


def test_the_proof_of_the_backup_and_what_was_checked_before_the_first_write(site: Site, form: Report) -> None:
    Drill(site).whole()
    sheet = record(form, told(site, RUN), "en")
    completed, kind = box(sheet, "backup")
    assert (completed.label, completed.text, kind.text) == ("completed", "2026-11-23 23:40:12", "DB FULL")
    assert line_of(site.logs, completed.refs[0])["out"]["completed"] == completed.value
    (checks,) = box(sheet, "preconditions")
    assert (checks.value, checks.text) == (1, "1: Proof of the backup")


def test_a_backup_that_a_person_vouches_for_is_told_in_their_words(site: Site, form: Report) -> None:
    book = runbook()
    book["steps"][0] = {**book["steps"][0], "manual": {"instruct": {"zh": "录入", "en": "Type it"}}}
    Drill(site, book=book, answers={**ANSWERS, "backup-proof": "2026-11-22 01:38 DB FULL"}).whole()
    (cell,) = box(record(form, told(site, RUN), "en"), "backup")
    assert (cell.text, cell.label) == ("2026-11-22 01:38 DB FULL", "")


def test_a_cluster_is_switched_back_when_its_services_are(site: Site, form: Report) -> None:
    book = runbook("host/cluster-failover-drill")
    book["steps"].append({**book["steps"][4], "id": "services-back"})
    Drill(site, book=book).whole()
    row = table(record(form, told(site, RUN), "en"), "moments")[4]
    assert line_of(site.logs, row["time"].refs[0])["step"] == "services-back"


def test_the_moments_are_the_lines_that_say_them(site: Site, form: Report) -> None:
    Drill(site).whole()
    after(site).whole()
    rows = table(record(form, told(site, RUN, BACK), "en"), "moments")
    assert [row["moment"].text for row in rows] == [
        "Fault declared", "Decided", "Switched", "Business verified", "Switched back",
    ]  # fmt: skip
    lines = [line_of(site.logs, row["time"].refs[0]) for row in rows]
    assert [line["step"] for line in lines] == [
        "opening-declare", "opening-decide", "switched", "business-emergency", "switched",
    ]  # fmt: skip
    assert [row["time"].value for row in rows] == [line["ts"] for line in lines]
    assert rows[0]["said"].text == ANSWERS["opening-declare"]
    assert rows[4]["time"].refs[0].run == BACK


def test_nobody_has_switched_back_until_a_run_did(site: Site, form: Report) -> None:
    Drill(site).whole()
    Drill(site, run_id=BACK, book=runbook("oracle/dg-reinstate")).whole()
    row = table(record(form, told(site, RUN, BACK), "zh"), "moments")[4]
    assert row["time"].blank
    assert row["time"].text == "未记录"


def test_rto_is_measured_and_split(site: Site, form: Report) -> None:
    Drill(site).whole()
    sheet = record(form, told(site, RUN), "zh")
    split = [box(sheet, name)[0].value for name in ("rto-decide", "rto-switch", "rto-verify")]
    assert split == [90, 180, 990]
    assert box(sheet, "rto")[0].value == 1260 == sum(split)
    assert text(sheet, "rto") == "21 分 00 秒"
    assert [line_of(site.logs, ref)["step"] for ref in box(sheet, "rto")[0].refs] == [
        "opening-declare", "business-emergency",
    ]  # fmt: skip


def test_a_target_that_is_the_default_is_provisional_and_one_that_was_set_is_not(site: Site, form: Report) -> None:
    Drill(site).whole()
    sheet = record(form, told(site, RUN), "zh")
    assert "暂定" in text(sheet, "rto-target")
    assert text(sheet, "rpo-target") == "20 分 00 秒"


@pytest.mark.parametrize(("minutes", "met", "words"), [(21, True, "target met"), (20, False, "target not met")])
def test_a_target_is_met_or_not(site: Site, form: Report, minutes: int, met: bool, words: str) -> None:
    Drill(site, parameters={**PARAMETERS, "rto_target_minutes": minutes}).whole()
    (cell,) = box(record(form, told(site, RUN), "en"), "rto-met")
    assert (cell.value, cell.text) == (met, words)
    assert len(cell.refs) == 3


def test_a_check_that_did_not_pass_is_said_beside_a_target_that_was_met(site: Site, form: Report) -> None:
    Drill(site, answers={**ANSWERS, "business-lis": "not ok 条码打印失败"}).whole()
    sheet = record(form, told(site, RUN), "zh")
    (cell,) = box(sheet, "rto-met")
    assert "检验" in cell.text
    assert cell.tone == "care"
    row = table(sheet, "business")[4]
    assert (row["result"].text, row["result"].tone, row["said"].text) == ("异常", "bad", "条码打印失败")


def test_rpo_is_what_the_step_measured(site: Site, form: Report) -> None:
    Drill(site).whole()
    sheet = record(form, told(site, RUN), "en")
    assert [text(sheet, name) for name in ("rpo", "fault-at", "last-change", "heartbeats", "rpo-met")] == [
        "5 s", "2026-11-24 02:03:00", "2026-11-24 02:02:55", "1", "target met",
    ]  # fmt: skip
    assert line_of(site.logs, box(sheet, "rpo")[0].refs[0])["step"] == "rpo"


def test_heartbeats_that_were_not_measured_are_no_figure(site: Site, form: Report) -> None:
    outputs = {"rpo": {"lost_seconds": -1, "heartbeats_lost": -1}}
    Drill(site, outputs=outputs).whole()
    sheet = record(form, told(site, RUN), "zh")
    for name in ("rpo", "heartbeats"):
        (cell,) = box(sheet, name)
        assert (cell.text, cell.value, cell.tone) == ("未测得", None, "care")
        assert line_of(site.logs, cell.refs[0])["step"] == "rpo"
    assert box(sheet, "rpo-met")[0].blank


def test_the_check_list_has_a_line_for_each(site: Site, form: Report) -> None:
    answers = {key: said for key, said in ANSWERS.items() if key != "business-emr"}
    Drill(site, answers=answers).whole()
    rows = table(record(form, told(site, RUN), "zh"), "business")
    assert len(rows) == len(CHECKS)
    assert [row["result"].text for row in rows[:4]] == ["正常"] * 4
    assert rows[6]["result"].text == "不涉及"
    assert rows[5]["result"].text.startswith("跳过")


def test_business_is_not_verified_while_a_check_is_open(site: Site, form: Report) -> None:
    answers = {key: said for key, said in ANSWERS.items() if key != "business-emergency"}
    Drill(site, answers=answers).whole()
    sheet = record(form, told(site, RUN), "zh")
    assert table(sheet, "moments")[3]["time"].blank
    assert box(sheet, "rto")[0].blank
    assert box(sheet, "rto-met")[0].blank
    assert box(sheet, "rto-switch")[0].value == 180


def test_an_answer_that_begins_with_no_known_word_is_shown_and_counts_as_no_pass(site: Site, form: Report) -> None:
    Drill(site, answers={**ANSWERS, "business-orders": "okay-ish"}).whole()
    sheet = record(form, told(site, RUN), "en")
    row = table(sheet, "business")[3]
    assert row["result"].blank
    assert row["said"].text == "okay-ish"
    assert "Orders" in text(sheet, "rto-met")


def test_steps_tell_plan_begin_end_who_and_result(site: Site, form: Report) -> None:
    Drill(site).whole()
    row = table(record(form, told(site, RUN), "en"), "steps")[3]
    assert {name: cell.text for name, cell in row.items()} == {
        "number": "4", "step": "Fail over", "planned": "5 min 20 s", "begin": "02:07:07", "end": "02:07:07",
        "who": "dba1@hospital", "result": "done",
    }  # fmt: skip
    assert line_of(site.logs, row["begin"].refs[0])["t"] == "step.intent"
    assert line_of(site.logs, row["end"].refs[0])["state"] == "SUCCEEDED"


def test_a_step_of_several_hosts_names_its_own_and_why_it_did_not_apply(site: Site, form: Report) -> None:
    book = runbook()
    book["steps"][4]["placed"] = {"item": "his-db2"}
    drill = Drill(site, book=book)
    journal = drill.open()
    journal.commit(r.StepChanged(step="switched", state="SKIPPED", reason='not so: params.how == "node"'))
    journal.close()
    row = table(record(form, told(site, RUN), "zh"), "steps")[4]
    assert row["step"].text == "确认新角色 (his-db2)"
    assert row["result"].text == "跳过\n条件不成立，不适用"
    assert row["begin"].blank


def test_what_a_tool_remarked_beside_a_success_is_called_so(site: Site, form: Report) -> None:
    drill = Drill(site)
    journal = drill.open()
    journal.commit(r.StepChanged(step="switched", state="SUCCEEDED", attempt=1, reason="ORA-12541, there-told"))
    journal.close()
    row = table(record(form, told(site, RUN), "zh"), "steps")[4]
    assert row["result"].text == "成功\n（工具有提示：ORA-12541, there-told）"


def test_what_was_expected_is_the_authors_figure_where_the_site_has_none(site: Site, form: Report) -> None:
    book = runbook()
    book["steps"][0]["expect"] = "1m30s"
    Drill(site, book=book).whole()
    rows = table(record(form, told(site, RUN), "en"), "steps")
    assert (rows[0]["planned"].text, rows[0]["planned"].value) == ("1 min 30 s", "1m30s")
    assert rows[1]["planned"].blank


def test_a_step_that_was_never_reached_has_no_times(site: Site, form: Report) -> None:
    drill = Drill(site)
    journal = drill.open()
    drill.carry(journal, "backup-proof")
    journal.close()
    rows = table(record(form, told(site, RUN), "en"), "steps")
    assert rows[0]["result"].text == "done"
    assert {row["result"].text for row in rows[1:]} == {"not reached"}
    assert all(row["begin"].blank and row["end"].blank and row["who"].blank for row in rows[1:])


def test_deviations_are_named_with_who_answers_for_them(site: Site, form: Report) -> None:
    drill = Drill(site)
    journal = drill.open()
    journal.commit(r.Deviation(kind="resolved", step="failover", reason="seen by eye", by="dba2@hospital"))
    drill.carry(journal)
    drill.end(journal, "SUCCEEDED_WITH_EXCEPTIONS", 13)
    sheet = record(form, told(site, RUN), "zh")
    (row,) = table(sheet, "deviations")
    assert [row[name].text for name in ("kind", "step", "reason", "who")] == [
        "人工裁定", "故障切换", "seen by eye", "dba2@hospital",
    ]  # fmt: skip
    assert line_of(site.logs, row["kind"].refs[0])["t"] == "deviation"


def test_a_drill_without_deviations_says_so(site: Site, form: Report) -> None:
    Drill(site).whole()
    part = next(part for part in record(form, told(site, RUN), "zh").parts if part.id == "deviations")
    assert part.grids == ()
    assert part.empty == "日志中没有偏离记录。"


def test_the_conclusion_is_that_of_people_from_all_runs(site: Site, form: Report) -> None:
    Drill(site).whole()
    Drill(site, run_id=BACK, answers={**ANSWERS, "conclusion-problems": "回切慢"}).whole()
    sheet = record(form, told(site, RUN, BACK), "en")
    assert [cell.text for cell in box(sheet, "problems")] == [ANSWERS["conclusion-problems"], "回切慢"]
    assert [cell.refs[0].run for cell in box(sheet, "problems")] == [RUN, BACK]
    assert text(sheet, "assessment") == "pass with reservations"


def test_attachments_name_runs_with_the_digests_of_head_and_plan(site: Site, form: Report) -> None:
    Drill(site).whole()
    after(site).whole()
    accounts = told(site, RUN, BACK)
    rows = table(record(form, accounts, "en"), "attachments")
    assert [row["run"].text for row in rows] == [RUN, BACK]
    for row, account in zip(rows, accounts, strict=True):
        assert line_of(site.logs, row["head"].refs[0])["head"] == row["head"].text == account.head
        assert line_of(site.logs, row["plan"].refs[0])["plan"] == row["plan"].text
        assert row["verdict"].text.startswith("verified\nby the site's own trust file")


def test_signatures_are_left_for_ink(site: Site, form: Report) -> None:
    Drill(site).whole()
    part = record(form, told(site, RUN), "zh").parts[-1]
    assert part.signatures == ("记录人", "总指挥", "信息科", "观察员")


def test_with_nothing_said_and_nothing_done_boxes_stay_blank(site: Site, form: Report) -> None:
    drill = Drill(site, parameters={}, answers={}, outputs={})
    drill.open().close()
    for lang, words in (("zh", "未记录"), ("en", "not recorded")):
        sheet = record(form, told(site, RUN), lang)
        for name in ("number", "backup", "rto", "rto-met", "rpo", "data-check", "problems", "assessment", "ended"):
            assert [cell.blank for cell in box(sheet, name)] == [True]
            assert text(sheet, name) == words


def test_a_log_that_is_incomplete_says_so_in_large(site: Site, form: Report) -> None:
    drill = Drill(site)
    journal = drill.open()
    drill.carry(journal, "backup-proof")
    journal.close()
    notices = record(form, told(site, RUN), "en").notices
    assert notices[0].large
    assert "incomplete" in notices[0].text
    assert "not sealed" in notices[0].text


def test_a_run_without_any_step_of_a_drill_is_refused_by_name(site: Site, form: Report) -> None:
    book = {**runbook("oracle/patch-apply"), "steps": [{"id": "apply", "effect": "read", "sh": "true"}]}
    Drill(site, book=book).whole()
    with pytest.raises(UsageProblem, match=r"is of oracle/patch-apply. The drill record is of drills") as refused:
        record(form, told(site, RUN), "en")
    assert refused.value.exit_code == 2


def test_runs_are_named_twice_or_out_of_order_by_nobody(site: Site) -> None:
    Drill(site).whole()
    after(site).whole()
    with pytest.raises(UsageProblem, match="named twice"):
        told(site, RUN, RUN)
    with pytest.raises(UsageProblem, match="begun before"):
        told(site, BACK, RUN)


def test_runs_have_short_names_only_where_these_tell_them_apart() -> None:
    assert short_names(["2026-a-x1", "2026-b-x2"]) == (("2026-a-x1", "x1"), ("2026-b-x2", "x2"))
    assert short_names(["2026-a-x1", "2026-b-x1"]) == (("2026-a-x1", "2026-a-x1"), ("2026-b-x1", "2026-b-x1"))


def test_a_label_leaves_all_else_of_a_cell_as_it_is(site: Site, form: Report) -> None:
    Drill(site).whole()
    section = next(each for each in form.sections if each.boxes)
    plain = section.boxes[0].model_copy(update={"from_": (Source.model_validate({"run": "plan"}),)})
    label = Source.model_validate({"run": "plan", "label": {"zh": "计划", "en": "plan"}})
    labelled = plain.model_copy(update={"id": "labelled", "from_": (label,)})
    sections = (section.model_copy(update={"boxes": (plain, labelled)}),)
    sheet = record(form.model_copy(update={"sections": sections, "moments": ()}), told(site, RUN), "en")
    (bare,), (named,) = box(sheet, plain.id), box(sheet, "labelled")
    assert named == replace(bare, label="plan")
    assert named.digest
