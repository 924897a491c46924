"""Saved plans on the command line: shown without touching anything, refused when they are not what was saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hisops.canonical import digest_of
from hisops.cli.planfile import read_plan, write_plan
from hisops.errors import UsageProblem
from hisops.model.plan import Plan
from tests.cli.calling import hisops
from tests.console import story
from tests.support.builders import TARGET


def a_plan() -> Plan:
    """Return the plan of the story, with a target type that a plan has to have."""
    told = story.plan().document() | {"target_type": TARGET, "site": {"name": "lab", "origin": "lab/x"}}
    return Plan.from_document(json.loads(json.dumps(told)))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A saved plan."""
    path = tmp_path / "p.plan"
    write_plan(path, a_plan())
    return path


def changed(path: Path, **values: Any) -> None:
    """Edit the file as with an editor."""
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_plan_comes_back_as_it_was_saved(saved: Path) -> None:
    assert read_plan(saved) == a_plan()


def test_the_saved_digest_is_the_one_that_is_approved(saved: Path) -> None:
    document = json.loads(saved.read_text())
    assert document.pop("digest") == a_plan().digest == digest_of(document)


def test_a_saved_plan_is_shown_without_a_site(saved: Path) -> None:
    done = hisops("plan", "show", saved)
    assert done.returncode == 0, done.stderr
    assert "dba1@hospital" in done.stdout
    assert "lab/x" in done.stdout
    assert "Apply the patch" in done.stdout
    assert a_plan().digest.removeprefix("sha256:")[:4] in done.stdout


def test_a_program_gets_the_same_document_as_from_planning(saved: Path) -> None:
    document = json.loads(hisops("plan", "show", saved, "--json").stdout)
    assert document["plan"] == a_plan().document()
    assert document["digest"] == a_plan().digest
    assert document["refusals"] == []


@pytest.mark.parametrize("edit", [{"target": "his_dr"}, {"requester": "x"}, {"nonce": "m"}, {"digest": "sha256:00"}])
def test_a_plan_that_was_edited_is_refused_in_one_sentence(saved: Path, edit: dict[str, Any]) -> None:
    changed(saved, **edit)
    done = hisops("plan", "show", saved)
    assert done.returncode == 3
    assert "HIS-6305" in done.stderr
    assert "was changed after it was saved." in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "no json", '{"format": "hisops-plan/1"}', '{"format": "hisops-plan/9", "digest": "x"}']
)
def test_what_is_no_plan_is_a_mistake_of_usage(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x"
    path.write_text(text)
    with pytest.raises(UsageProblem, match="no saved plan"):
        read_plan(path)


def test_a_plan_whose_definitions_are_none_is_no_plan(saved: Path) -> None:
    document = json.loads(saved.read_text())
    del document["digest"]
    document["runbook"] = {"id": "x/y"}
    saved.write_text(json.dumps(document | {"digest": digest_of(document)}))
    with pytest.raises(UsageProblem, match="no saved plan"):
        read_plan(saved)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = hisops("plan", "show", tmp_path / "none")
    assert done.returncode == 2
    assert "HIS-2203" in done.stderr


def test_planning_needs_no_word_of_its_own() -> None:
    done = hisops("plan", "oracle/patch-apply")
    assert done.returncode == 2
    assert "--target is missing" in done.stderr
    assert "hisops plan --help" in done.stderr


def test_the_help_of_plan_tells_both(tmp_path: Path) -> None:
    told = hisops("plan", "--help").stdout
    assert "hisops plan [OPTIONS]" in told
    assert "--target" in told
    assert "show " in told
    assert "make" not in told
