from __future__ import annotations

import multiprocessing
import os
from datetime import timedelta
from pathlib import Path

import pytest

from hisops.journal import durable
from hisops.journal.ledger import Ledger
from hisops.journal.merkle import Tree
from hisops.journal.verify import Verification
from hisops.model import records as r
from tests.support.journal import People, Site


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def notes(done: Verification) -> str:
    return " | ".join(str(found) for found in done.findings)


# Leaves and roots published with RFC 6962's reference implementation.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def test_the_tree_gives_the_published_roots() -> None:
    tree = Tree()
    assert tree.root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for leaf in LEAVES:
        tree.add(bytes.fromhex(leaf))
        if tree.size in ROOTS:
            assert tree.root.hex() == ROOTS[tree.size]


def finished(site: Site, run: str) -> None:
    journal = site.open(run, site.plan(run, runbook={"steps": []}))
    journal.commit(r.RunChanged(state="SUCCEEDED"))
    journal.seal("SUCCEEDED", 0)


def test_the_head_grows_by_two_entries_a_run(site: Site) -> None:
    finished(site, "r1")
    size, root = Ledger(site.logs, site.clock).head()
    finished(site, "r2")
    assert size == 3
    assert Ledger(site.logs, site.clock).head()[0] == 5
    assert site.verify().ledger.roots[3].hex() == root.removeprefix("sha256:")


def test_row_35_a_checkpoint_that_lags_behind_is_derived_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(site, "r1")
    old = {name: (site.logs / name).read_bytes() for name in ("checkpoint", "checkpoint.sig")}
    finished(site, "r2")
    (site.logs / "checkpoint.sig").write_bytes(old["checkpoint.sig"])
    assert site.verify().verdict == "verified"
    (site.logs / "checkpoint").write_bytes(old["checkpoint"])
    assert "lags behind" in notes(site.verify())
    (site.logs / "checkpoint").unlink()
    assert site.verify().verdict == "verified"
    finished(site, "r3")
    assert "checkpoint" not in notes(site.verify())


@pytest.mark.parametrize("left", [1, 200, 1500])
def test_a_torn_entry_is_kept_aside_and_explained(site: Site, left: int) -> None:
    finished(site, "r1")
    whole = site.logs.joinpath("ledger.jsonl").read_bytes()
    finished(site, "r2")
    grown = site.logs.joinpath("ledger.jsonl").read_bytes()
    site.logs.joinpath("ledger.jsonl").write_bytes(grown[: len(whole) + left])
    (site.logs / "checkpoint").unlink()
    import shutil

    shutil.rmtree(site.run_folder("r2"))
    assert site.verify().verdict == "incomplete"
    finished(site, "r3")
    done = site.verify()
    assert done.verdict == "verified", notes(done)
    assert "ledger.torn" in notes(done)
    (kept,) = (site.logs / "ledger.torn").iterdir()
    assert kept.read_bytes() == grown[len(whole) : len(whole) + left]


def test_a_clock_set_back_between_two_runs_is_explained(site: Site) -> None:
    finished(site, "r1")
    site.clock.time -= timedelta(days=1)
    finished(site, "r2")
    done = site.verify()
    assert done.verdict == "verified"
    assert "set back before ledger line" in notes(done)


def append(folder: Path, people: People, number: int) -> None:
    site = Site.__new__(Site)
    site.folder, site.people = folder, people
    from hisops.adapters.clock import SystemClock

    site.clock = SystemClock()  # type: ignore[assignment]
    finished(site, f"p{number}")


def test_row_39_runs_of_several_processes_make_one_linear_ledger(site: Site, people: People) -> None:
    pytest.importorskip("hisops.adapters.clock")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=append, args=(site.folder, people, number)) for number in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 8
    done = site.verify()
    assert done.verdict == "verified", notes(done)
    assert (len(done.runs), done.ledger.size) == (8, 17)


def test_a_replaced_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "HEAD"
    durable.replace(path, b"old")

    def refuse(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        durable.replace(path, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["HEAD"]
    assert path.read_bytes() == b"old"
