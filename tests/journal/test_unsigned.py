"""What stands after the last signature counts for nothing: a crash left it, or somebody without a key wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hisops.journal.chain import Chain, Walk
from hisops.journal.reader import list_runs, load_run, opened_by
from hisops.journal.run import finish_close
from hisops.model import records as r
from hisops.model.run import fold
from tests.support.journal import People, Site, begin


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


def cut_after(path: Path, kind: str) -> None:
    """Cut the file as a power cut does: the last line of type `kind` is whole, its signature is not there."""
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if f'"t":"{kind}"'.encode() in line)
    path.write_bytes(b"".join(lines[: last + 1]))


def test_a_seal_that_a_power_cut_took_the_signature_of_is_no_seal(site: Site) -> None:
    journal = site.open("r1", site.plan("r1", runbook={"steps": []}))
    begin(journal)
    journal.commit(r.RunChanged(state="SUCCEEDED"), r.RunSealed(state="SUCCEEDED", exit=0))
    journal.close()
    cut_after(site.run_folder("r1") / "seg-0001.jsonl", "run.seal")
    assert not load_run(site.logs, "r1").sealed
    resumed = site.resume("r1")
    resumed.commit(r.RunChanged(state="SUCCEEDED"))
    resumed.seal("SUCCEEDED", 0)
    assert site.verify("r1").verdict == "verified", [str(found) for found in site.verify("r1").findings]


def test_what_somebody_without_a_key_has_added_is_not_believed(site: Site) -> None:
    journal = site.open("r1", site.plan("r1"))
    begin(journal)
    journal.close()
    path = site.run_folder("r1") / "seg-0001.jsonl"
    walk = Walk(path, opened_by(site.logs, "r1")[0][0].digest)
    last = list(walk)[-2]
    chain = Chain(walk.chain.prev, walk.chain.lines, walk.chain.size)
    stamp = {name: last.values[name] for name in ("ts", "bt", "actor")}
    forged = chain.append("gate.decided", {**stamp, "step": "apply", "part": "approve-1", "by": "lead1@hospital",
                                           "value": None, "statement": None})  # fmt: skip
    with path.open("ab") as file:
        file.write(forged)
    assert "apply" not in fold(load_run(site.logs, "r1").records).steps
    facts = site.verify("r1").runs[0]
    assert "apply" not in facts.view.steps
    assert facts.segments[0].unsigned == 1
    resumed = site.resume("r1")
    assert not any(isinstance(record, r.GateDecided) for record in resumed.records())


@pytest.mark.parametrize("kind", ["run.close", "seg.open"])
def test_an_entry_of_the_ledger_without_a_signature_is_made_again(site: Site, kind: str) -> None:
    journal = site.open("r1", site.plan("r1", runbook={"steps": []}))
    begin(journal)
    if kind == "seg.open":
        journal.close()
        site.resume("r1").close()
        (site.run_folder("r1") / "seg-0002.jsonl").write_bytes(b"")
    else:
        journal.commit(r.RunChanged(state="SUCCEEDED"))
        journal.seal("SUCCEEDED", 0)
    cut_after(site.logs / "ledger.jsonl", kind)
    (site.logs / "checkpoint").unlink()
    run = load_run(site.logs, "r1")
    assert (len(run.segments), run.closed) == (1, False)
    if kind == "seg.open":
        resumed = site.resume("r1")
        resumed.commit(r.RunChanged(state="SUCCEEDED"))
        resumed.seal("SUCCEEDED", 0)
    else:
        assert finish_close(site.logs, "r1", site.people.key("dba1"), site.clock)
    assert site.verify().verdict == "verified", [str(found) for found in site.verify().findings]


def test_an_approval_that_a_run_was_only_about_to_cite_is_not_used_up(site: Site) -> None:
    plan = site.plan("r1")
    approval = site.approve(plan)
    site.open("r1", plan, (approval,)).close()
    cut_after(site.logs / "ledger.jsonl", "run.open")
    assert site.statements.used_nonces() == frozenset()


def test_a_ledger_whose_first_entry_was_cut_begins_again(site: Site) -> None:
    site.open("r0", site.plan("r0")).close()
    cut_after(site.logs / "ledger.jsonl", "genesis")
    for name in ("checkpoint", "checkpoint.sig"):
        (site.logs / name).unlink()
    site.approved_run("r1")
    done = site.verify("r1")
    assert done.verdict == "verified", [str(found) for found in done.findings]


def test_what_is_left_of_a_run_that_was_never_begun_is_not_the_newest(site: Site) -> None:
    site.approved_run("r1")
    (site.logs / "runs/r2").mkdir()
    assert list_runs(site.logs)[-1] == "r1"
