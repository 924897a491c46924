"""Every screen at every width in both languages: no line too wide, nothing lost, plain where it must be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from rich.cells import cell_len
from rich.text import Text

from hisops.console.closing import closing_lines, status_lines
from hisops.console.gate import asked_lines, gate_lines
from hisops.console.judgement import judgement_lines
from hisops.console.plan import digest_lines, plan_lines
from hisops.console.runbook import list_lines, show_lines
from hisops.console.steps import planning_lines, running_lines, ways_out
from hisops.console.theme import PLAIN, Page
from hisops.model import records as r
from hisops.model.judge import Judgement
from hisops.ports import Question
from tests.console.story import STEPS, Teller, page, plan, runbook, until_apply

NOISE = [
    "Applying interim patch '37642901' to OH '/u01/app/oracle/product/19.0.0/dbhome_1'",
    "\x1b[31mred",
    "中文" * 60,
]
LONG = "the host was restarted while the tool ran; opatch lspatches failed with error code 104 " * 2


def _plan(page: Page) -> list[Text]:
    refusals = [{"step": "home-space", "reason": "free_kb 1200 is too little, 5242880 are needed"}]
    return [*plan_lines(plan(), page, refusals), *digest_lines(plan(), page)]


def _running(page: Page) -> list[Text]:
    story = until_apply().running("apply")
    now = story.now + timedelta(seconds=251)
    return [*running_lines(story.progress, page, now, NOISE), ways_out(story.progress, page)]


def _planning(page: Page) -> list[Text]:
    return planning_lines(Teller().progress, page, "conflict-check", NOISE)


def _gate(page: Page) -> list[Text]:
    story = until_apply()
    pieces = [f"/backup/his/o1_mf_nnnd0_PRE_CHG1182_{number}.bkp" for number in range(8)]
    story.tell(r.StepChanged(step="backup", state="SUCCEEDED", out={"pieces": pieces, "gb": 214}))
    shown = {"conflict-check": "SUCCEEDED conflicts = []", "backup": f"SUCCEEDED {LONG}"}
    question = Question(step="apply", part="approve", text="x", role="dba_lead", evidence=shown)
    return gate_lines(question, story.progress, page, story.now)


def _held(page: Page) -> list[Text]:
    story = until_apply().running("apply").tell(r.StepChanged(step="apply", state="UNKNOWN", reason=LONG))
    return closing_lines(story.run_is("HELD", "apply: unknown").progress, page, 11)


def _waiting(page: Page) -> list[Text]:
    story = until_apply().tell(
        r.GateOpened(step="apply", parts=["type_target", "approve-1"], evidence="sha256:00"),
        r.StepChanged(step="apply", state="WAITING"),
    )
    story.run_is("WAITING", "apply: Type the target's name to go on")
    return status_lines(story.progress, page, 10, story.now)


def _ended(page: Page) -> list[Text]:
    story = Teller().run_is("RUNNING").done(*(step["id"] for step in STEPS))
    story.tell(
        r.StatementTaken(statement="sha256:00", kind="approval", by="lead1@hospital"),
        r.Deviation(kind="already-done", step="backup", reason=LONG),
        r.RunSealed(state="SUCCEEDED_WITH_EXCEPTIONS", exit=13),
    )
    return closing_lines(story.progress, page, 13)


def _runbook(page: Page) -> list[Text]:
    return [*list_lines([runbook()], page), *show_lines(runbook(), "sha256:" + "0" * 64, page)]


def _judgement(page: Page) -> list[Text]:
    return judgement_lines(Judgement("failed", ("conflict",), {"conflicts": ["37960098"], "space": None}), page)


SCREENS: dict[str, Callable[[Page], list[Text]]] = {
    "plan": _plan, "running": _running, "planning": _planning, "gate": _gate, "held": _held, "waiting": _waiting,
    "ended": _ended, "runbook": _runbook, "judgement": _judgement,
}  # fmt: skip


def plain(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("name", SCREENS)
def test_no_line_is_wider_than_the_screen(name: str, width: int, lang: str) -> None:
    for line in SCREENS[name](page(lang, width)):
        assert cell_len(line.plain) <= width, line.plain
        assert "\x1b" not in line.plain
        assert "\n" not in line.plain


@pytest.mark.parametrize("name", SCREENS)
def test_without_utf_8_all_signs_are_ascii(name: str) -> None:
    text = plain(SCREENS[name](page(signs=PLAIN)))
    assert [char for char in text if not char.isascii() and char != "中" and char != "文"] == []


@pytest.mark.parametrize("width", [80, 120])
def test_a_plan_loses_nothing_but_the_ends_of_titles(width: int) -> None:
    text = " ".join(plain(_plan(page(width=width))).split())
    for wanted in (
        "oracle/patch-apply 1.0.0", "simulation", "dbid 1203345671", "db_unique_name HIS", "patch_id 37642901",
        "open HISPDB, LISPDB", "12.2.0.1.46", "type his", "dba_lead approves", "DESTRUCTIVE", "20 m",
        "no way back from here", "unknown until stop", "13 steps", "1 destructive", "1 h 24 m",
        "PDB LISPDB is MOUNTED: datapatch will skip it", "5242880 are needed",
    ):  # fmt: skip
        assert wanted in text or wanted.replace(" ", "") in text.replace(" ", ""), wanted
    digest = plan().digest.removeprefix("sha256:")
    assert digest in text.replace(" ", "")


def test_a_step_that_does_not_apply_shows_why_and_nothing_else() -> None:
    (line,) = [line.plain for line in _plan(page(width=120)) if "Drop the restore point" in line.plain]
    assert "left out: steps.edition.out.enterprise == 0" in line
    assert "confirm" not in line


def test_a_gate_shows_its_evidence_in_brief_and_who_must_answer() -> None:
    text = plain(_gate(page(width=100)))
    for wanted in (
        "Before step 8, Apply the patch (destructive)", "The corrected programs go into the home", "undo is ready",
        "✓ done", "pieces 8: /backup/his/", "and more, gb 214",
        "dba_lead, another person than the operator", "hisops approve 7k3",
    ):  # fmt: skip
        assert wanted in " ".join(text.split()), wanted


def test_old_successes_are_folded_and_the_running_step_is_not() -> None:
    lines = plain(_running(page())).splitlines()
    assert "✓ 1-5 " in lines[1]
    assert "5 m 00 s" in lines[1]
    (running,) = [line for line in lines if "▶ 8" in line]
    assert "Apply the patch" in running
    assert "4:13 of about 20:00" in running
    assert any("detached on his-db1, process 4417" in line for line in lines)
    assert any("· 10-13" in line for line in lines)


def test_output_of_a_tool_cannot_act_on_the_screen() -> None:
    assert "\\x1b[31mred" in plain(_running(page()))


def test_a_failed_step_is_never_folded_away() -> None:
    story = Teller().run_is("RUNNING").done("opatch-version", "conflict-check", "home-space")
    story.tell(r.StepChanged(step="pdbs-open", state="FAILED", reason="PDB LISPDB is MOUNTED"))
    story.done("backup", "stop", "nobody").running("apply")
    text = plain(running_lines(story.progress, page(), story.now))
    assert "✗ 4" in text
    assert "PDB LISPDB is MOUNTED" in text
    assert "1-3" in text


@pytest.mark.parametrize("screen", [_held, _waiting])
def test_what_to_type_next_stands_last(screen: Callable[[Page], list[Text]]) -> None:
    lines = plain(screen(page())).splitlines()
    assert all("hisops" in line for line in lines[-3:])


def test_a_held_run_names_the_step_the_reason_and_the_ways_on() -> None:
    text = plain(_held(page(width=120)))
    for wanted in (
        "HELD", "exit 11", "step 8, Apply the patch: UNKNOWN", "error code 104", "hisops log show 7k3 --step apply",
        "hisops resume 7k3", "hisops resolve 7k3 apply --as done|not-done --evidence FILE",
    ):  # fmt: skip
        assert wanted in text


def test_a_waiting_run_names_the_commands_that_answer() -> None:
    text = plain(_waiting(page(width=120)))
    assert "hisops answer 7k3 apply his" in text
    assert "hisops approve 7k3" in text


def test_a_command_that_is_too_long_is_continued_as_a_shell_reads_it() -> None:
    lines = [line.plain for line in _held(page(width=70))]
    start = next(i for i, line in enumerate(lines) if "hisops resolve" in line)
    joined = lines[start].rstrip().removesuffix("\\") + lines[start + 1]
    assert "hisops resolve 7k3 apply --as done|not-done --evidence FILE" in " ".join(joined.split())


def test_a_refusal_says_that_nothing_was_changed() -> None:
    story = Teller().run_is("RUNNING")
    story.tell(r.StepChanged(step="conflict-check", state="FAILED", reason="conflicts: 37960098"))
    story.tell(r.RunSealed(state="FAILED", exit=3))
    text = plain(closing_lines(story.progress, page(), 3))
    assert "REFUSED, nothing was changed" in text
    assert "37960098" in text


def test_chinese_columns_line_up() -> None:
    rows = [line.plain for line in _plan(page("zh", 100)) if "his-db1" in line.plain and "于" not in line.plain][1:]
    assert len({cell_len(line[: line.index("his-db1")]) for line in rows}) == 1


def test_the_gate_says_which_value_is_to_be_read_back() -> None:
    story = until_apply()
    asks = Question(step="apply", part="read_back", text="", expected="HIS", of="steps.conflict_check.out.name")
    assert "to read back  Check for patch conflicts: name" in plain(gate_lines(asks, story.progress, page(), story.now))
    asks = Question(step="apply", part="read_back", text="", expected="7", of="target.identity.database.dbid")
    assert "to read back  dbid" in plain(asked_lines(asks, story.progress, page()))


def test_what_was_asked_stands_below_an_answer_that_does_not_pass() -> None:
    asks = Question(step="sign-off", part="manual", text="")
    assert "Register a test patient at a counter" in plain(asked_lines(asks, until_apply().progress, page()))
    assert "试挂一个号" in plain(asked_lines(asks, until_apply().progress, page("zh")))
    assert asked_lines(Question(step="apply", part="confirm", text=""), until_apply().progress, page()) == []
