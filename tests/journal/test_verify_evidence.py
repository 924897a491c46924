"""A plan that says it rests on another run is held to the ledger: that run, that log, and before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journal.test_authorise import failures
from tests.support.journal import RUNBOOK, People, Site, begin, finish, intend, pass_gate

REQUIRES = {**RUNBOOK, "requires": [{"runbook": "test/check", "max_age": "1d"}]}


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    made = Site(tmp_path / "site", people)
    made.approved_run("r1")
    return made


def head_of(site: Site, run: str) -> str:
    return next(e.closed["head"] for name, e in site.verify().ledger.runs.items() if name == run and e.closed)


def carry_out(site: Site, **changes: object) -> str:
    plan = site.plan("b", **({"runbook": REQUIRES} | changes))
    approval = site.approve(plan)
    journal = site.open("r2", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    finish(journal)
    return failures(site.verify())


def evidence(**changes: str) -> list[dict[str, str]]:
    return [{"runbook": "test/check", "run": "r1", "head": "sha256:x", "ended": "2026-11-24T01:00:00Z", **changes}]


def test_a_run_that_the_ledger_has_so_is_good_ground(site: Site) -> None:
    assert carry_out(site, evidence=evidence(head=head_of(site, "r1"))) == ""


def test_one_of_several_that_would_serve_is_good_ground(site: Site) -> None:
    both = {**RUNBOOK, "requires": [{"any": ["test/other", "test/check"], "max_age": "1d"}]}
    assert carry_out(site, runbook=both, evidence=evidence(head=head_of(site, "r1"))) == ""


def test_without_any_of_them_it_has_none(site: Site) -> None:
    both = {**RUNBOOK, "requires": [{"any": ["test/other", "test/more"], "max_age": "1d"}]}
    said = carry_out(site, runbook=both, evidence=evidence(head=head_of(site, "r1")))
    assert "names no result of test/other or test/more" in said


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (evidence(), "names another log of it"),
        (evidence(run="r9"), "does not have before it"),
        (evidence(run="r2"), "does not have before it"),
        ([], "names no result of test/check"),
    ],
)
def test_any_other_is_none(site: Site, named: list[dict[str, str]], said: str) -> None:
    assert said in carry_out(site, evidence=named)
