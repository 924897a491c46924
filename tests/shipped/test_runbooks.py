"""Every shipped runbook: it loads, its scripts and statements parse, what it names exists, and its order is safe."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from hisops.documents.library import Library
from hisops.documents.lint import lint_paths
from hisops.engine import slots
from hisops.expressions import names_in
from hisops.model.runbook import Runbook, Step
from tests.shipped import procedures
from tests.shipped.procedures import SETTINGS, columns, expressions, judges, known_values, parts, runbook

NAMES = procedures.names()
SHELLS = [["dash", "-n"], ["bash", "--posix", "-n"], ["ksh", "-n"]]
WRITING = [name for name in NAMES if any(step.writes for step in runbook(name).steps)]
PATCHING = ["oracle/patch-apply", "oracle/patch-rollback"]
CHANGE_OF_HOME = {"oracle/patch-apply": "apply", "oracle/patch-rollback": "rollback"}

each_runbook = pytest.mark.parametrize("book", [runbook(name) for name in NAMES], ids=NAMES)
each_writing = pytest.mark.parametrize("book", [runbook(name) for name in WRITING], ids=WRITING)
each_patching = pytest.mark.parametrize("name", PATCHING)


def test_both_directions_of_patching_are_shipped() -> None:
    assert set(PATCHING) <= set(NAMES)
    assert {runbook(name).command for name in PATCHING} == {"patch apply", "patch rollback"}


@each_runbook
def test_titles_fit_the_screen_and_exist_in_both_languages(book: Runbook) -> None:
    too_wide = {s.id: t for s in book.steps for t in (s.title.zh, s.title.en) if columns(t) > 40}
    assert not too_wide
    texts = [book.title, book.purpose, *(p.title for p in book.parameters.values()), *(r.because for r in book.refuse)]
    texts += [t for s in book.steps for t in (s.title, s.why, s.rehearsed, s.manual and s.manual.instruct) if t]
    texts += [s.undo.none for s in book.steps if s.undo and s.undo.none]
    texts += [item.title for s in book.steps for item in procedures.requirements(s) if item.title]
    assert all(re.search(r"[\u4e00-\u9fff]", text.zh) for text in texts)
    assert not [text.en for text in texts if re.search(r"[\u4e00-\u9fff]", text.en)]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
@each_runbook
def test_scripts_parse_in_every_shell(book: Runbook, shell: list[str]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    for part in parts(book):
        if part.call.sh is not None:
            done = subprocess.run(shell, input=part.call.sh, text=True, capture_output=True, check=False)
            assert done.returncode == 0, f"{part}: {done.stderr}"


@each_runbook
def test_scripts_read_known_values_only_and_quote_them(book: Runbook) -> None:
    for part in parts(book):
        if part.call.sh is None:
            continue
        known = SETTINGS | {f"HISOPS_{name.upper()}" for name in known_values(book, part.step)}
        assert procedures.variables(part.call.sh) <= known, str(part)
        loops = re.sub(r"for \w+ in [^;\n]*; do", "", part.call.sh)  # a list is meant to be split
        assert not naked(loops), str(part)


def naked(script: str) -> list[str]:
    """Return the variables of a script that no quotes stand around."""
    script = re.sub(r'"[^"\n]*"', lambda quoted: '""' if " " in quoted[0] else quoted[0], script)
    words = re.findall(r"\S*\$\{?(?:HISOPS_|ORA|LISTENER|SMOKE)\w+", script)
    return [word for word in words if '"' not in word and not re.match(r"\w+=|.*\(\(", word)]


def test_a_naked_variable_is_seen_between_quoted_ones() -> None:
    assert naked('x "$ORACLE_HOME" $HISOPS_B "$HISOPS_C"') == ["$HISOPS_B"]
    assert naked('grep -q "^Instance $HISOPS_B is running" "$ORACLE_HOME/x"') == []


@each_runbook
def test_every_judge_is_shipped(book: Runbook) -> None:
    for part in parts(book):
        if part.call.judge is not None:
            tool, _, action = part.call.judge.partition("/")
            assert action in judges()[tool].actions, str(part)


@each_runbook
def test_statements_parse_as_oracle_sql(book: Runbook) -> None:
    sqlglot = pytest.importorskip("sqlglot")
    for part in parts(book):
        if part.call.sql is not None:
            parsed = sqlglot.parse(slots.SLOT.sub(r"\1", part.call.sql), dialect="oracle")
            assert len(parsed) == 1, str(part)
            known = {"insert"} if part.kind == "action" and part.step.writes else {"select", "union"}
            assert parsed[0].key in known, f"{part}: what only asks is a query"


@each_runbook
def test_binds_and_slots_are_known_and_closed(book: Runbook) -> None:
    for part in parts(book):
        known = known_values(book, part.step)
        sql = re.sub(r"'[^']*'", "", part.call.sql or "")
        assert set(re.findall(r":([a-z_]\w*)", sql)) <= set(known), str(part)
        for name in slots.names((part.call.stdin or "") + (part.call.sql or "")):
            kind, _, secret = name.partition(":")
            closed = secret in part.step.secrets if kind == "secret" else known.get(name) in slots.CLOSED
            assert closed, f"{part}: {name}"


@each_runbook
def test_expressions_name_what_exists(book: Runbook) -> None:
    outputs = {
        f"steps.{s.id.replace('-', '_')}.out.{name}": position
        for position, s in enumerate(book.steps)
        for name in s.outputs
    }
    for step, text in expressions(book):
        position = book.steps.index(step)
        for name in names_in(text):
            if name.startswith("steps.") and not name.endswith(".state"):
                assert name in outputs, f"{step.id}: {name}"
                assert outputs[name] < position, f"{step.id} uses {name}, which comes later"
            elif name.startswith("params."):
                assert name.removeprefix("params.") in book.parameters, f"{step.id}: {name}"


@each_runbook
def test_captures_in_expressions_are_made_by_the_judge(book: Runbook) -> None:
    for step in book.steps:
        own = {"code", "rows", "count", "first", *step.outputs}
        asked = [
            (item.judge or step.judge, item.sql or (step.sql and not item.sh), item.require) for item in step.verify
        ]
        if step.probe:
            asked.append((step.probe.judge, step.probe.sql, step.probe.done))
        for judge, sql, text in asked:
            made = {"rows", "count", "first"} if sql else set(own)
            if judge and not sql:
                tool, _, action = judge.partition("/")
                made |= set(judges()[tool].actions[action].capture)
            made |= {"evidence"} if step.manual else set()
            used = {name.split(".")[1] for name in names_in(text) if name.startswith("out.")}
            assert used <= made, f"{step.id}: {text}"


@each_runbook
def test_steps_come_after_what_they_need(book: Runbook) -> None:
    seen: set[str] = set()
    for step in book.steps:
        assert set(step.needs) <= seen, f"{step.id} needs what comes later or does not exist"
        assert step.id not in seen
        seen.add(step.id)
        assert set(step.gate.show if step.gate else ()) <= seen


@each_writing
def test_nothing_waits_for_a_check_whose_failure_is_an_exception(book: Runbook) -> None:
    lenient = {step.id for step in book.steps if step.failure_policy == "continue"}
    assert not [step.id for step in book.steps if lenient & set(step.needs)], "it would be skipped"


@each_runbook
def test_steps_that_write_can_be_asked_about_and_taken_back_or_say_why_not(book: Runbook) -> None:
    for step in book.steps:
        if step.writes and not step.uses:  # what it uses stands for itself
            assert step.undo is not None, step.id
            assert step.idempotent or step.probe is not None, step.id
            assert step.timeout is not None or step.manual is not None, step.id


def may_stop(step: Step) -> bool:
    """Tell whether the step, or one of the runbook that it uses, holds up what follows when it fails."""
    steps = procedures.runbook(step.uses).steps if step.uses else (step,)
    return any(each.failure_policy != "continue" for each in steps)


@each_writing
def test_no_check_is_left_out_of_the_way_to_the_first_write(book: Runbook) -> None:
    first = next(step for step in book.steps if step.writes)
    position = book.steps.index(first)
    checks = {step.id for step in book.steps[:position] if may_stop(step)}
    loose = checks - procedures.ancestors(book, first.id)
    assert not loose


@each_runbook
def test_what_is_read_back_is_shown_at_the_gate(book: Runbook) -> None:
    for step in book.steps:
        if step.gate and step.gate.read_back:
            source = step.gate.read_back.split(".")
            shown = {each.replace("-", "_") for each in step.gate.show}
            assert source[:2] == ["target", "identity"] or (source[0] == "steps" and source[1] in shown), step.id


@each_runbook
def test_scripts_for_sqlplus_prove_that_they_reached_their_end(book: Runbook) -> None:
    for part in parts(book):
        if part.call.judge == "sqlplus/script":
            script = (part.call.sh or "") + (part.call.stdin or "")
            assert "PROMPT hisops: end of script" in script, str(part)
            assert "WHENEVER SQLERROR EXIT FAILURE ROLLBACK" in script, str(part)


@each_runbook
def test_rman_reads_a_command_file_or_logs_in_and_has_one_command(book: Runbook) -> None:
    """From standard input RMAN goes on after an error: so only one command may follow the password that it brings."""
    found = [part.call for part in parts(book) if part.call.sh and "/rman" in part.call.sh]
    by_file = [call for call in found if "cmdfile=" in str(call.sh) and "<<" not in str(call.sh)]
    for call in (call for call in found if call not in by_file):
        login, command, leave = str(call.stdin).strip().splitlines()
        assert re.fullmatch(r"connect target '[^']+@\{secret:\w+\}\"'; *", login)
        assert command.count(";") == 1
        assert leave.strip(";") == "exit"


@each_runbook
def test_what_is_for_aix_says_that_it_was_not_rehearsed(book: Runbook) -> None:
    for step in book.steps:
        assert (step.when is not None and '"aix"' in step.when) == (step.rehearsed is not None), step.id


@each_patching
def test_an_undo_of_the_failed_change_ends_with_the_database_open_again(name: str) -> None:
    chain = procedures.undo_chain(runbook(name), CHANGE_OF_HOME[name])
    assert chain == [
        CHANGE_OF_HOME[name], "slibclean-before", "stop-listener", "stop-database", "restore-point",
    ]  # fmt: skip


@each_patching
def test_an_undo_after_the_start_goes_all_the_way_and_stops_at_the_sql_part(name: str) -> None:
    book = runbook(name)
    chain = procedures.undo_chain(book, "open-pdbs")
    assert chain[:3] == ["open-pdbs", "start-database", "start-listener"]
    assert chain[-2:] == ["stop-database", "restore-point"]
    assert procedures.undo_chain(book, "datapatch") == []


@each_patching
def test_only_tested_backups_are_followed_by_an_outage(name: str) -> None:
    book = runbook(name)
    before = procedures.ancestors(book, "stop-database")
    assert {"backup-before", "validate-before", "quiesce", "transactions-gone", "alert-mark"} <= before
    after = procedures.ancestors(book, CHANGE_OF_HOME[name])
    assert {"holders", "archive-home", "stop-listener"} <= after
    for step in ("smoke-after", "invalid-before", "recompile-before"):
        assert step in procedures.ancestors(book, "drop-restore-point"), step


@each_patching
def test_the_change_of_the_home_is_gated_by_name_and_by_another_person(name: str) -> None:
    gate = runbook(name).step(CHANGE_OF_HOME[name]).gate
    assert gate is not None
    assert gate.type_target
    assert gate.approve is not None
    assert (gate.approve.role, gate.approve.of) == ("dba_lead", "plan")


@each_patching
def test_a_failing_test_stops_a_patch_but_never_a_rollback(name: str) -> None:
    assert runbook(name).step("smoke-before").failure_policy == ("stop" if name.endswith("apply") else "continue")


@each_patching
def test_failures_lead_where_the_fault_table_says(name: str) -> None:
    book = runbook(name)
    policy = {step.id: step.failure_policy for step in book.steps}
    assert policy["backup-before"] == policy["validate-before"] == "stop"
    assert policy["holders"] == policy["datapatch"] == policy["smoke-after"] == "hold"
    assert policy["pdbs-all-open"] == policy["pdbs-complete"] == "continue"
    assert policy[CHANGE_OF_HOME[name]] == {"apply": "undo", "rollback": "hold"}[CHANGE_OF_HOME[name]]
    after_the_stop = book.steps[book.steps.index(book.step("stop-database")) :]
    assert "stop" not in {step.failure_policy for step in after_the_stop}, "a failed check must not end a run half done"


@each_runbook
def test_lint_has_nothing_to_complain_about(book: Runbook) -> None:
    problems = lint_paths([procedures.ROOT / f"{book.id}.yaml"], Library())
    assert [str(problem) for problem in problems] == []


@each_patching
def test_a_backup_of_an_earlier_night_never_counts(name: str) -> None:
    for step in (runbook(name).step("backup-before"), runbook(name).step("backup-after")):
        assert step.idempotent, "taken again rather than found"
        assert step.probe is None
        assert len(step.verify) == 2
        assert all("> sysdate - 5 / 24" in str(item.sql) for item in step.verify)
