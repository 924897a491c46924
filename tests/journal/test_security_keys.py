"""Row 21: a signature that no finger has touched. Stock ssh-keygen takes it; we do not, in whatever place it comes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hisops.journal.sshkey import BadSignature, check_signature
from hisops.journal.statements import SignedStatements, check_statement
from hisops.journal.trust import Trust, load_trust
from hisops.model.policy import Policy
from hisops.model.statement import NAMESPACE, Signed, Statement
from hisops.ports import Rejected
from tests.support.journal import NOON, FakeClock, People, roster
from tests.support.security_key import ECDSA, ED25519, SoftKey

KINDS = pytest.mark.parametrize("kind", [ED25519, ECDSA])
PLAN = "sha256:" + "a" * 64
TEXT = Statement(kind="approval", fields={"of": "plan", "plan": PLAN}).text()


def trust_of(folder: Path, key: SoftKey, policy: str = "") -> Trust:
    folder.mkdir()
    line = f'lead1@hospital namespaces="{NAMESPACE}",valid-after="20260101000000Z" {key.line}\n'
    (folder / "allowed_signers").write_text(line)
    return load_trust(folder, roster(), "site", Policy(hisops="policy/v1", verify_required=bool(policy)))


def stock_says(folder: Path, armored: str) -> bool:
    (folder / "text.sig").write_text(armored)
    command = ["ssh-keygen", "-Y", "verify", "-f", str(folder / "allowed_signers"), "-I", "lead1@hospital"]
    done = subprocess.run(
        [*command, "-n", NAMESPACE, "-s", str(folder / "text.sig")], input=TEXT, capture_output=True, check=False
    )
    return done.returncode == 0


@KINDS
@pytest.mark.parametrize(("flags", "holds"), [(0x00, False), (0x04, False), (0x01, True), (0x05, True)])
def test_stock_takes_all_of_them_we_want_a_touch(tmp_path: Path, kind: bytes, flags: int, holds: bool) -> None:
    key = SoftKey(kind)
    trust = trust_of(tmp_path / "trust", key)
    armored = key.sign(NAMESPACE, TEXT, flags)
    assert stock_says(tmp_path / "trust", armored)
    if holds:
        assert check_statement(TEXT, armored, trust, NOON).principal == "lead1@hospital"
    else:
        with pytest.raises(BadSignature, match="not touched"):
            check_statement(TEXT, armored, trust, NOON)


@KINDS
def test_a_policy_may_want_a_pin_or_a_fingerprint(tmp_path: Path, kind: bytes) -> None:
    key = SoftKey(kind)
    trust = trust_of(tmp_path / "trust", key, policy="verify_required")
    assert check_statement(TEXT, key.sign(NAMESPACE, TEXT, 0x05), trust, NOON)
    with pytest.raises(BadSignature, match="PIN or a fingerprint"):
        check_statement(TEXT, key.sign(NAMESPACE, TEXT, 0x01), trust, NOON)


def test_the_policy_asks_nothing_of_other_keys(tmp_path: Path, people: People) -> None:
    (tmp_path / "allowed_signers").write_text(people.allowed_signers())
    trust = load_trust(tmp_path, roster(), "site", Policy(hisops="policy/v1", verify_required=True))
    armored = people.key("lead1").sign(NAMESPACE, TEXT)
    assert check_statement(TEXT, armored, trust, NOON).principal == "lead1@hospital"


@KINDS
def test_a_touch_is_for_one_text(kind: bytes) -> None:
    key = SoftKey(kind)
    value = key.value(TEXT, 0x01)
    check_signature(key.blob, value, TEXT)
    with pytest.raises(BadSignature):
        check_signature(key.blob, value, TEXT + b"!")
    flipped = value[:-5] + b"\x05" + value[-4:]
    with pytest.raises(BadSignature):
        check_signature(key.blob, flipped, TEXT)


@KINDS
def test_laid_down_by_hand_it_is_given_as_refused(tmp_path: Path, kind: bytes) -> None:
    key = SoftKey(kind)
    statements = SignedStatements(tmp_path / "logs", trust_of(tmp_path / "trust", key), FakeClock())
    (tmp_path / "approvals").mkdir()
    (tmp_path / "approvals/one.txt").write_bytes(TEXT)
    (tmp_path / "approvals/one.txt.sig").write_text(key.sign(NAMESPACE, TEXT, 0x00))
    (found,) = statements.for_plan(PLAN)
    assert isinstance(found, Rejected)
    assert found.reason == "the security key was not touched"
    (tmp_path / "approvals/one.txt.sig").write_text(key.sign(NAMESPACE, TEXT, 0x01))
    (found,) = statements.for_plan(PLAN)
    assert isinstance(found, Signed)
