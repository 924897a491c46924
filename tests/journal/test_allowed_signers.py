from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hisops.journal.allowed_signers import parse_allowed_signers
from tests.support.journal import NOON, People

AFTER = 'valid-after="20260101000000Z"'


@pytest.fixture
def key(people: People) -> str:
    return people.public("dba1")


def test_lines_of_a_person_are_read(people: People) -> None:
    authority, person = parse_allowed_signers("# people\n\n" + people.allowed_signers())[:2]
    assert authority.principal == person.principal == "dba1@hospital"
    assert (authority.authority, person.authority) == (True, False)
    assert authority.namespaces == {"run.v1@hisops", "ledger.v1@hisops"}
    assert person.after == datetime(2026, 1, 1, tzinfo=UTC)
    assert person.covers(NOON)
    assert not person.covers(datetime(2025, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('*@hospital namespaces="approve.v1@hisops" KEY', "without wildcards"),
        ('a@hospital,b@hospital namespaces="approve.v1@hisops" KEY', "one name"),
        ('a@hospital namespaces="*" KEY', "namespaces, without wildcards"),
        ("a@hospital KEY", "name its namespaces"),
        ('a@hospital namespaces="approve.v1@hisops",valid-after="20260101" KEY', "20261124000000Z"),
        ('a@hospital namespaces="approve.v1@hisops",valid-before="20270101000000" KEY', "20261124000000Z"),
        ('a@hospital namespaces="approve.v1@hisops",sudo KEY', "sudo is not known"),
        ('a@hospital namespaces="x",namespaces="y" KEY', "stands twice"),
        ('a@hospital namespaces="x KEY', "cannot be read"),
        ('a@hospital namespaces="x" ssh-ed25519 ????', "not base64"),
    ],
)
def test_what_leaves_room_is_refused_with_its_line(line: str, complaint: str, key: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        parse_allowed_signers("# people\n" + line.replace("KEY", key))
    assert "line 2" in str(caught.value)


def test_a_key_of_another_type_than_its_line_says_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="its line says ssh-rsa"):
        parse_allowed_signers('a@hospital namespaces="x" ' + key.replace("ssh-ed25519", "ssh-rsa"))


def test_all_faults_are_named_at_once(key: str) -> None:
    with pytest.raises(ValueError, match="line 1") as caught:
        parse_allowed_signers(f"a@hospital {key}\nb@hospital {key}\n")
    assert "line 2" in str(caught.value)
