"""Closed types: one pattern each, and none that lets a text end or begin."""

import pytest

from hisops.model.closed import CLOSED, is_fit

GOOD = {
    "identifier": "HIS_DR$1", "integer": -7, "tag": "pre.patch-1", "scn": "18446744073709551615",
    "timestamp": "2026-11-23 18:00:00", "path": "/u01/app/oracle,a=b",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(CLOSED))
def test_a_closed_type_lets_in_what_is_of_its_form_and_no_sign_that_ends_a_text(kind):
    assert is_fit(kind, GOOD[kind])
    for sign in "'\";\n@! `":
        assert not is_fit(kind, f"{GOOD[kind]}{sign}")
    assert not is_fit(kind, True)


def test_an_open_type_lets_in_anything():
    assert is_fit("string", "it's; anything\n")
