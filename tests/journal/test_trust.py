from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from hisops.errors import TrustUnusable
from hisops.journal.sshkey import blob_of
from hisops.journal.trust import Trust, load_trust
from tests.support.journal import NOON, People, roster

APPROVE, LEDGER, RUN = "approve.v1@hisops", "ledger.v1@hisops", "run.v1@hisops"


@pytest.fixture
def folder(tmp_path: Path, people: People) -> Path:
    (tmp_path / "allowed_signers").write_text(people.allowed_signers())
    return tmp_path


def load(folder: Path) -> Trust:
    return load_trust(folder, roster(), "reviewer")


def test_a_key_leads_to_its_person_in_the_namespaces_of_the_file(folder: Path, people: People) -> None:
    trust, key = load(folder), blob_of(people.public("lead1"))
    assert trust.person_behind(key, APPROVE, NOON) == "lead1@hospital"
    with pytest.raises(ValueError, match="may not sign for run"):
        trust.person_behind(key, RUN, NOON)
    with pytest.raises(ValueError, match="was not valid"):
        trust.person_behind(key, APPROVE, NOON - timedelta(days=400))


def test_a_run_key_is_certified_by_its_own_person_only(folder: Path, people: People) -> None:
    trust, key = load(folder), blob_of(people.public("dba1"))
    trust.check_authority(key, "dba1@hospital", RUN, NOON)
    with pytest.raises(ValueError, match="not of dba2"):
        trust.check_authority(key, "dba2@hospital", RUN, NOON)


def test_a_revoked_key_does_not_count(folder: Path, people: People) -> None:
    revoked = folder / "revoked.krl"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(revoked), str(people.folder / "lead1" / "id.pub")], check=True)
    trust = load(folder)
    with pytest.raises(ValueError, match="revoked"):
        trust.person_behind(blob_of(people.public("lead1")), APPROVE, NOON)
    assert trust.person_behind(blob_of(people.public("dba1")), APPROVE, NOON) == "dba1@hospital"


def test_a_broken_revocation_list_is_not_taken_for_an_empty_one(folder: Path, people: People) -> None:
    (folder / "revoked.krl").write_bytes(b"SSHKRL\n\0nonsense")
    with pytest.raises(TrustUnusable):
        load(folder).person_behind(blob_of(people.public("lead1")), APPROVE, NOON)


@pytest.mark.parametrize("text", [None, "", '*@hospital namespaces="x" ssh-ed25519 AAAA\n'])
def test_without_a_sound_file_there_is_no_trust(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "allowed_signers").write_text(text)
    with pytest.raises(TrustUnusable) as caught:
        load(tmp_path)
    assert caught.value.exit_code == 22


def test_the_digest_changes_with_any_of_the_files(folder: Path) -> None:
    before = load(folder).digest
    (folder / "roster.yaml").write_text("hisops: roster/v1\n")
    after = load(folder).digest
    assert before != after
    assert load(folder).digest == after


def test_keys_are_known_by_fingerprint(folder: Path, people: People) -> None:
    assert load(folder).known_keys()[people.key("dba2").fingerprint] == "dba2@hospital"
