"""Statements that come as a pair of files under any name, as people copy them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hisops.canonical import digest
from hisops.journal.statements import SignedStatements
from hisops.journal.trust import Trust, load_trust
from hisops.model.statement import NAMESPACE, Signed, Statement
from hisops.ports import Rejected
from tests.support.journal import FakeClock, People, roster

PLAN = "sha256:" + "a" * 64
TEXT = Statement(kind="approval", fields={"of": "plan", "plan": PLAN, "run": "r1"}, body="补丁\n").text()
OWN = digest(TEXT).removeprefix("sha256:")


@pytest.fixture
def trust(tmp_path: Path, people: People) -> Trust:
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "allowed_signers").write_text(people.allowed_signers())
    return load_trust(folder, roster(), "site")


@pytest.fixture
def statements(tmp_path: Path, trust: Trust) -> SignedStatements:
    (tmp_path / "approvals").mkdir()
    return SignedStatements(tmp_path / "logs", trust, FakeClock())


def drop(folder: Path, people: People, name: str, who: str = "lead1", text: bytes = TEXT) -> Path:
    """Leave a text and what stock ssh-keygen makes of it."""
    path = folder / name
    path.write_bytes(text)
    key = str(people.folder / who / "id")
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, str(path)], check=True)
    return path


@pytest.mark.parametrize("name", ["request.txt", "request", "the plan of tonight.md", f"{OWN}.txt"])
def test_a_pair_under_any_name_counts(statements: SignedStatements, people: People, tmp_path: Path, name: str) -> None:
    drop(tmp_path / "approvals", people, name)
    (found,) = statements.for_plan(PLAN)
    assert isinstance(found, Signed)
    assert (found.principal, found.sha256) == ("lead1@hospital", f"sha256:{OWN}")


def test_a_text_without_its_signature_waits_in_silence(statements: SignedStatements, tmp_path: Path) -> None:
    (tmp_path / "approvals/request.txt").write_bytes(TEXT)
    (tmp_path / "approvals/asked").mkdir()
    assert list(statements.for_plan(PLAN)) == []


def test_an_altered_text_is_named_with_its_reason(statements: SignedStatements, people: People, tmp_path: Path) -> None:
    path = drop(tmp_path / "approvals", people, "request.txt")
    path.write_bytes(TEXT + b"more\n")
    (found,) = statements.for_plan(PLAN)
    assert found == Rejected(sha256=digest(TEXT + b"more\n"), reason="the signature does not fit")


def test_a_copy_counts_once_and_gets_its_own_name_when_it_is_used(
    statements: SignedStatements, people: People, tmp_path: Path
) -> None:
    site = tmp_path / "approvals"
    drop(site, people, "one.txt")
    drop(site, people, "two.txt")
    (found,) = statements.for_plan(PLAN)
    assert isinstance(found, Signed)
    statements.settle(found)
    statements.settle(found)
    assert (site / f"{OWN}.txt").read_bytes() == TEXT
    assert list(statements.for_plan(PLAN)) == [found]
    run = tmp_path / "logs/runs/r1/approvals"
    run.mkdir(parents=True)
    statements.keep("r1", found)
    assert sorted(path.name for path in run.iterdir()) == [f"{OWN}.sig", f"{OWN}.txt"]


def test_a_pair_that_lies_in_the_run_gets_its_own_name_there(
    statements: SignedStatements, people: People, tmp_path: Path
) -> None:
    run = tmp_path / "logs/runs/r1/approvals"
    run.mkdir(parents=True)
    drop(run, people, "by hand.txt")
    (found,) = statements.for_run("r1")
    assert isinstance(found, Signed)
    statements.keep("r1", found)
    assert (run / f"{OWN}.sig").read_text() == (run / "by hand.txt.sig").read_text()
    assert list(statements.for_run("r1")) == [found]


def test_one_text_is_one_person_s(statements: SignedStatements, people: People, tmp_path: Path) -> None:
    """Two people who sign the same file would be one entry in the log."""
    site = tmp_path / "approvals"
    drop(site, people, "a.txt", "lead1")
    drop(site, people, "b.txt", "app1")
    first, second = statements.for_plan(PLAN)
    assert isinstance(first, Signed)
    assert isinstance(second, Signed)
    statements.settle(first)
    with pytest.raises(ValueError, match="the same text as that of lead1"):
        statements.lay_down(None, TEXT, (site / "b.txt.sig").read_text())


def test_a_worthless_signature_does_not_stand_in_the_way_of_one_that_counts(
    statements: SignedStatements, people: People, tmp_path: Path
) -> None:
    run = tmp_path / "logs/runs/r1/approvals"
    run.mkdir(parents=True)
    drop(run, people, f"{OWN}.txt", "dba1")
    (run / f"{OWN}.txt.sig").rename(run / f"{OWN}.sig")
    drop(run, people, "b.txt", "lead1")
    lead1 = next(item for item in statements.for_run("r1") if getattr(item, "principal", "") == "lead1@hospital")
    assert isinstance(lead1, Signed)
    statements.keep("r1", lead1)
    assert (run / f"{OWN}.sig").read_text() == (run / "b.txt.sig").read_text()


def test_a_link_to_somewhere_else_is_not_followed(statements: SignedStatements, people: People, tmp_path: Path) -> None:
    path = drop(tmp_path, people, "elsewhere.txt")
    for name in ("x.txt", "x.txt.sig"):
        (tmp_path / "approvals" / name).symlink_to(path.with_name(name.replace("x", "elsewhere")))
    assert list(statements.for_plan(PLAN)) == []
