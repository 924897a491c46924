"""`hisops runbook` and the runbooks as commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.calling import hisops

PREREQ = """\
Prereq "checkConflictAgainstOHWithDetail" failed.

Summary of Conflict Analysis:
There are no patches that can be applied now.

OPatch succeeded.
"""
BROKEN = """\
hisops: runbook/v1
id: oracle/mine
version: 1.0.0
colour: red
title: {zh: 一, en: One}
"""


def test_list_names_each_runbook_with_its_command() -> None:
    done = hisops("runbook", "list", "--json")
    document = json.loads(done.stdout)
    rows = {row["id"]: row for row in document["runbooks"]}
    assert done.returncode == 0
    assert document["schema_version"] == 1
    assert rows["oracle/patch-apply"]["command"] == "patch apply"
    assert "oracle/patch-apply" in hisops("runbook", "list").stdout


def test_show_tells_parameters_steps_and_ways_back_in_either_language() -> None:
    english = hisops("runbook", "show", "oracle/patch-apply").stdout
    chinese = hisops("--lang", "zh", "runbook", "show", "oracle/patch-apply").stdout
    for wanted in ("--patch-sha256", "DESTRUCTIVE", "no undo:", "Not rehearsed on AIX", "dba_lead"):
        assert wanted in english
    for wanted in ("安装数据库补丁", "破坏性", "不回退：", "未在 AIX 上演练"):
        assert wanted in chinese


def test_an_unknown_runbook_is_a_usage_error_with_the_nearest_name() -> None:
    done = hisops("runbook", "show", "oracle/patch-aply")
    assert done.returncode == 2
    assert "oracle/patch-apply" in done.stderr


def test_judge_reads_a_recorded_output_and_ends_0_whatever_it_says(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    output.write_text(PREREQ, encoding="utf-8")
    done = hisops("runbook", "judge", "opatch/prereq", "--stdout", output, "--exit-code", "0", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["verdict"] == "failed"
    assert document["matched"]
    assert "failed" in hisops("runbook", "judge", "opatch/prereq", "--stdout", output).stdout


def test_judge_allows_what_a_step_would_allow() -> None:
    output = Path(__file__).parents[1] / "recorded" / "rman" / "recover" / "unknown-datafile-created.out"
    ask = ("runbook", "judge", "rman/recover", "--stdout", output, "--exit-code", "0", "--json")
    assert json.loads(hisops(*ask).stdout)["matched"] == ["datafile-created"]
    assert json.loads(hisops(*ask, "--allow", "datafile-created").stdout)["verdict"] == "warn"


def test_lint_names_file_line_and_column_and_ends_2(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    done = hisops("runbook", "lint", path)
    assert done.returncode == 2
    assert f"{path}:4:1: error" in done.stdout
    places = json.loads(hisops("runbook", "lint", path, "--json").stdout)["problems"]
    assert any(place["where"] == f"{path}:4:1" for place in places)


def test_lint_of_a_sound_file_ends_0() -> None:
    shipped = Path(__file__).resolve().parents[2] / "runbooks/judges/opatch.yaml"
    done = hisops("runbook", "lint", shipped)
    assert (done.returncode, "nothing to complain about" in done.stdout) == (0, True)


@pytest.mark.parametrize("kind", ["runbook", "judge", "site", "roster"])
def test_schema_is_json(kind: str) -> None:
    assert "properties" in json.loads(hisops("runbook", "schema", kind).stdout)


def test_a_runbook_is_a_command_with_its_parameters_as_options() -> None:
    done = hisops("--lang", "zh", "patch", "apply", "--help")
    assert done.returncode == 0
    for wanted in ("--target", "--patch-sha256 <sha256>", "--patch-id <string>", "补丁号 [必填]", "安装数据库补丁"):
        assert wanted in done.stdout


def test_a_missing_parameter_of_a_runbook_is_named() -> None:
    done = hisops("patch", "apply", "--target", "his")
    assert done.returncode == 2
    assert "--patch is missing" in done.stderr


def test_runbook_commands_complete() -> None:
    done = hisops(env={"_HISOPS_COMPLETE": "complete_bash", "COMP_WORDS": "hisops patch ", "COMP_CWORD": "2"})
    assert "apply" in done.stdout.split()


def test_a_boolean_parameter_can_be_said_no_to() -> None:
    told = " ".join(hisops("drill", "failover", "--help").stdout.split())
    assert "--flush-redo / --no-flush-redo" in told
    done = hisops("drill", "failover", "--target", "his_dr", "--no-flush-redo")
    assert "No site is named" in done.stderr, "the option is understood"
