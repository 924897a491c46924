from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hisops.journal.run import Opening, open_run
from hisops.journal.sshkey import BadSignature
from hisops.journal.statements import SignedStatements, check_statement
from hisops.journal.trust import Trust, load_trust
from hisops.model.statement import NAMESPACE, Signed, Statement
from hisops.ports import Rejected
from tests.journal.conftest import RUN
from tests.support.journal import NOON, FakeClock, People, roster

PLAN = "sha256:" + "a" * 64


@pytest.fixture
def trust(tmp_path: Path, people: People) -> Trust:
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "allowed_signers").write_text(people.allowed_signers())
    return load_trust(folder, roster(), "site")


@pytest.fixture
def statements(logs: Path, trust: Trust, clock: FakeClock) -> SignedStatements:
    return SignedStatements(logs, trust, clock)


def approval(plan: str = PLAN, nonce: str = "n1") -> Statement:
    return Statement(kind="approval", fields={"of": "plan", "plan": plan, "nonce": nonce}, body="补丁 patch\n")


def test_a_stored_approval_is_found_by_its_plan(statements: SignedStatements, people: People, logs: Path) -> None:
    statement = approval()
    stored = statements.store(None, statement, people.key("lead1").sign(NAMESPACE, statement.text()))
    assert stored.principal == "lead1@hospital"
    assert stored.statement == statement
    assert list(statements.for_plan(PLAN)) == [stored]
    assert list(statements.for_plan("sha256:" + "b" * 64)) == []
    assert (logs.parent / "approvals" / f"{stored.sha256[7:]}.txt").read_bytes() == statement.text()


def test_a_file_signed_by_stock_means_alone_counts(
    statements: SignedStatements, people: People, logs: Path, tmp_path: Path
) -> None:
    text = approval().text()
    draft = tmp_path / "draft.txt"
    draft.write_bytes(text)
    key = people.folder / "lead1" / "id"
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(draft)]
    subprocess.run(command, check=True, capture_output=True)
    import hashlib

    folder = logs.parent / "approvals"
    folder.mkdir(parents=True)
    name = hashlib.sha256(text).hexdigest()
    (folder / f"{name}.txt").write_bytes(text)
    (folder / f"{name}.sig").write_bytes(Path(f"{draft}.sig").read_bytes())
    (found,) = statements.for_plan(PLAN)
    assert isinstance(found, Signed)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text, sig: (text.replace(b"patch", b"batch"), sig), "changed"),
        (lambda text, sig: (text, sig.replace(b"SIGNATURE", b"MESSAGE")), "armoured"),
        (lambda text, sig: (text, b""), "armoured"),
    ],
)
def test_a_damaged_statement_is_given_as_rejected(
    statements: SignedStatements, people: People, logs: Path, damage: object, reason: str
) -> None:
    statement = approval()
    stored = statements.store(None, statement, people.key("lead1").sign(NAMESPACE, statement.text()))
    path = logs.parent / "approvals" / f"{stored.sha256[7:]}"
    text, sig = damage(path.with_suffix(".txt").read_bytes(), path.with_suffix(".sig").read_bytes())  # type: ignore[operator]
    path.with_suffix(".txt").write_bytes(text)
    path.with_suffix(".sig").write_bytes(sig)
    (found,) = statements.for_plan(PLAN)
    assert isinstance(found, Rejected)
    assert reason in found.reason


def test_a_key_that_nobody_knows_signs_nothing(statements: SignedStatements, tmp_path: Path) -> None:
    stranger = People(tmp_path / "strangers", ["mallory"]).create()
    statement = approval()
    with pytest.raises(ValueError, match="is unknown"):
        statements.store(None, statement, stranger.key("mallory").sign(NAMESPACE, statement.text()))


def test_a_signature_for_another_namespace_does_not_count(trust: Trust, people: People) -> None:
    text = approval().text()
    with pytest.raises(BadSignature, match="made for"):
        check_statement(text, people.key("lead1").sign("ledger.v1@hisops", text), trust, NOON)


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_people_may_use_other_kinds_of_keys(tmp_path: Path, kind: str) -> None:
    others = People(tmp_path / "others", ["lead1"])
    others.make("lead1", kind)
    (tmp_path / "allowed_signers").write_text(others.allowed_signers())
    trust = load_trust(tmp_path, roster(), "reviewer")
    text = approval().text()
    armored = others.key("lead1").sign(NAMESPACE, text)
    assert check_statement(text, armored, trust, NOON).principal == "lead1@hospital"
    with pytest.raises(ValueError, match="does not fit"):
        check_statement(text + b"more\n", armored, trust, NOON)


def test_a_cited_approval_goes_with_the_run_and_its_nonce_is_used_up(
    statements: SignedStatements, people: People, logs: Path, opening: Opening, clock: FakeClock
) -> None:
    import dataclasses

    statement = approval()
    stored = statements.store(None, statement, people.key("lead1").sign(NAMESPACE, statement.text()))
    assert statements.used_nonces() == frozenset()
    open_run(logs, dataclasses.replace(opening, approvals=(stored,)), people.key("dba1"), clock)
    assert statements.used_nonces() == {"n1"}
    assert list(statements.for_run(RUN)) == [stored]


def test_an_approval_is_kept_beside_the_log(
    statements: SignedStatements, people: People, logs: Path, opening: Opening, clock: FakeClock
) -> None:
    open_run(logs, opening, people.key("dba1"), clock)
    statement = approval()
    stored = statements.store(None, statement, people.key("lead1").sign(NAMESPACE, statement.text()))
    assert list(statements.for_run(RUN)) == []
    statements.keep(RUN, stored)
    statements.keep(RUN, stored)
    assert list(statements.for_run(RUN)) == [stored]


def test_roles_come_from_the_roster(statements: SignedStatements) -> None:
    assert statements.roles_of("lead1@hospital") == ("dba_lead",)
    assert statements.person_of("dba1-laptop@hospital") == "dba1"
    assert statements.person_of("mallory@hospital") is None
