"""An approver's own machine remembers the ledger: one that shrank or forked is not signed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hisops.cli.seen import Seen
from hisops.errors import IdentityRefused
from hisops.journal.ledger import Ledger
from hisops.journal.ledger_past import root_at
from tests.support.journal import People, Site

ORIGIN = "hospital/control"


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    return Seen(tmp_path / "state/hisops/seen.json")


def test_what_was_never_seen_is_believed_and_what_grew_is_remembered(seen: Seen, tmp_path: Path) -> None:
    seen.check(ORIGIN, 5, "r5")
    seen.remember(ORIGIN, 5, "r5")
    seen.check(ORIGIN, 7, "r7")
    seen.remember(ORIGIN, 7, "r7")
    seen.remember(ORIGIN, 6, "r6")
    seen.remember("other/control", 1, "r1")
    known = json.loads((tmp_path / "state/hisops/seen.json").read_text())
    assert known == {ORIGIN: [7, "r7"], "other/control": [1, "r1"]}


def test_a_ledger_that_shrank_is_refused_with_both_sizes(seen: Seen) -> None:
    seen.remember(ORIGIN, 7, "r7")
    with pytest.raises(IdentityRefused, match=r"shrunk: it has 6 entries \(r6\), you have signed one of 7 \(r7\)"):
        seen.check(ORIGIN, 6, "r6")


def test_a_ledger_of_the_same_size_with_another_root_has_forked(seen: Seen) -> None:
    seen.remember(ORIGIN, 7, "r7")
    seen.check(ORIGIN, 7, "r7")
    with pytest.raises(IdentityRefused, match="forked: up to entry 7 it is other, you have signed r7"):
        seen.check(ORIGIN, 7, "other")


def test_with_the_ledger_at_hand_a_fork_is_found_below_its_end(seen: Seen) -> None:
    seen.remember(ORIGIN, 7, "r7")
    seen.check(ORIGIN, 9, "r9", lambda size: f"r{size}")
    with pytest.raises(IdentityRefused, match="forked"):
        seen.check(ORIGIN, 9, "r9", lambda size: f"x{size}")
    seen.check(ORIGIN, 9, "r9")


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": ["x", 2]}'])
def test_a_memory_that_cannot_be_read_is_not_taken_for_an_empty_one(seen: Seen, tmp_path: Path, text: str) -> None:
    (tmp_path / "state/hisops").mkdir(parents=True)
    (tmp_path / "state/hisops/seen.json").write_text(text)
    with pytest.raises(IdentityRefused, match="cannot be read"):
        seen.check(ORIGIN, 1, "r")


def test_where_it_lies(tmp_path: Path) -> None:
    home, state, site = tmp_path / "home", tmp_path / "state", tmp_path / "site"
    site.mkdir()
    Seen.of({"HOME": str(home)}).remember(ORIGIN, 1, "r")
    Seen.of({"HOME": str(home), "XDG_STATE_HOME": str(state)}).remember(ORIGIN, 1, "r")
    Seen.of_site(site, {"HOME": "/nowhere"}, simulation=True).remember(ORIGIN, 1, "r")
    assert (home / ".local/state/hisops/seen.json").exists()
    assert (state / "hisops/seen.json").exists()
    assert (site / "seen.json").exists()


def test_the_root_at_an_earlier_size_is_that_of_then(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", People(tmp_path / "people").create())
    heads = []
    for name in ("r1", "r2"):
        site.approved_run(name)
        heads.append(Ledger(site.logs, site.clock).head())
    for size, root in heads:
        assert root_at(site.logs, size) == root
    assert root_at(site.logs, heads[-1][0] + 1) is None
    assert root_at(tmp_path / "none", 1) is None
