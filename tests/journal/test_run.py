from __future__ import annotations

import dataclasses
import errno
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from hisops.errors import LockHeld, LogBroken, Refused, UsageProblem
from hisops.journal.ledger import Ledger
from hisops.journal.reader import list_runs, load_run
from hisops.journal.run import Machine, Opening, finish_close, open_run, resume_run
from hisops.journal.segment import Segment
from hisops.journal.writer import Author, RunJournal
from hisops.model.records import CallEnded, CallIntent, ClockStepped, Record, RunChanged, RunSealed, StepChanged
from tests.journal.conftest import RUN
from tests.support.journal import FakeClock, People

RUNNING = RunChanged(state="RUNNING")


def intent(command: str, attempt: int = 1) -> CallIntent:
    return CallIntent(
        step="apply", kind="action", attempt=attempt, effect="write", idempotent=False, on="his-db1", command=command
    )


def ended(attempt: int = 1) -> CallEnded:
    return CallEnded(step="apply", kind="action", attempt=attempt, code=0, verdict="ok", out={"patch": "补丁"})


@pytest.fixture
def journal(logs: Path, opening: Opening, people: People, clock: FakeClock) -> RunJournal:
    return open_run(logs, opening, people.key("dba1"), clock)


def test_what_was_committed_is_read_back_in_order(logs: Path, journal: RunJournal) -> None:
    command = journal.blob(b"opatch apply -silent")
    said: list[Record] = [RUNNING, intent(command), ended(), StepChanged(step="apply", state="SUCCEEDED", attempt=1)]
    journal.commit(said[0])
    journal.commit(said[1])
    journal.commit(*said[2:])
    assert list(journal.records()) == said
    loaded = load_run(logs, "7k3")
    assert list(loaded.records) == said
    assert loaded.read_blob(command) == b"opatch apply -silent"
    assert (loaded.live, loaded.sealed, loaded.closed) == (True, False, False)


def test_written_but_not_committed_is_not_on_the_disk(logs: Path, journal: RunJournal) -> None:
    journal.write(RUNNING)
    assert load_run(logs, RUN).records == ()
    journal.commit()
    assert load_run(logs, RUN).records == (RUNNING,)


def test_a_sealed_run_is_closed_in_the_ledger_and_cannot_go_on(
    logs: Path, journal: RunJournal, people: People, clock: FakeClock, machine: Machine
) -> None:
    journal.commit(RUNNING)
    journal.seal("SUCCEEDED", 0)
    loaded = load_run(logs, RUN)
    assert (loaded.live, loaded.sealed, loaded.closed) == (False, True, True)
    assert loaded.records[-1] == RunSealed(state="SUCCEEDED", exit=0)
    with pytest.raises(Refused):
        resume_run(logs, RUN, people.key("dba1"), clock, machine)


def test_the_opening_is_kept_with_the_plan(logs: Path, journal: RunJournal, opening: Opening) -> None:
    loaded = load_run(logs, RUN)
    assert loaded.plan_document == opening.plan
    assert loaded.opening["simulation"] is False
    assert loaded.operators == ("dba1@hospital",)


def test_a_resumed_run_goes_on_in_a_segment_that_commits_to_the_one_before(
    logs: Path, journal: RunJournal, people: People, clock: FakeClock, machine: Machine
) -> None:
    journal.commit(RUNNING)
    journal.close()
    first = logs / "runs" / RUN / "seg-0001.jsonl"
    with first.open("ab") as file:
        file.write(b'{"torn":')
    again = resume_run(logs, RUN, people.key("dba2"), clock, machine)
    assert list(again.records()) == [RUNNING]
    again.commit(ended())
    loaded = load_run(logs, RUN)
    assert loaded.records == (RUNNING, ended())
    assert loaded.operators == ("dba1@hospital", "dba2@hospital")
    assert loaded.segments[0].torn_bytes == 8
    assert loaded.segments[0].head.sha256.encode() in (first.parent / "seg-0002.jsonl").read_bytes()


def test_two_processes_cannot_write_one_run(
    logs: Path, journal: RunJournal, people: People, clock: FakeClock, machine: Machine
) -> None:
    with pytest.raises(LockHeld):
        resume_run(logs, RUN, people.key("dba1"), clock, machine)
    journal.close()
    resume_run(logs, RUN, people.key("dba1"), clock, machine).close()


def test_a_run_id_is_used_once(
    logs: Path, journal: RunJournal, opening: Opening, people: People, clock: FakeClock
) -> None:
    with pytest.raises(Refused):
        open_run(logs, opening, people.key("dba1"), clock)


def test_a_run_is_found_by_its_unique_end(
    logs: Path, journal: RunJournal, opening: Opening, people: People, clock: FakeClock
) -> None:
    other = dataclasses.replace(opening, run_id="2026-11-25-0201-emr-7k3")
    open_run(logs, other, people.key("dba1"), clock)
    assert list_runs(logs) == [RUN, other.run_id]
    assert load_run(logs, "emr-7k3").run_id == other.run_id
    with pytest.raises(UsageProblem, match="More than one"):
        load_run(logs, "7k3")
    with pytest.raises(UsageProblem, match="no run"):
        load_run(logs, "k3")


def test_a_moved_clock_is_written_down(logs: Path, journal: RunJournal, clock: FakeClock) -> None:
    journal.commit(RUNNING)
    clock.time -= timedelta(days=1)
    journal.commit(RUNNING)
    steps = [record for record in load_run(logs, RUN).records if isinstance(record, ClockStepped)]
    assert [step.drift for step in steps] == [-86_400_000_000]


def test_a_process_does_not_sign_longer_than_its_certificate_lasts(
    logs: Path, journal: RunJournal, people: People, clock: FakeClock, machine: Machine
) -> None:
    clock.sleep(71 * 3600)
    journal.commit(RUNNING)
    clock.sleep(2 * 3600)
    with pytest.raises(LogBroken, match="expired"):
        journal.commit(RUNNING)
    journal.close()
    resumed = resume_run(logs, RUN, people.key("dba1"), clock, machine)
    resumed.commit(RUNNING)
    assert resumed.records() == [RUNNING, RUNNING]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_after_a_failed_sync_nothing_is_written_any_more(
    journal: RunJournal, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(fd: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        with pytest.raises(LogBroken):
            journal.commit(RUNNING)
    for attempt in (lambda: journal.commit(RUNNING), lambda: journal.blob(b"x"), lambda: journal.seal("FAILED", 1)):
        with pytest.raises(LogBroken):
            attempt()


def test_a_text_that_comes_again_is_stored_once(logs: Path, journal: RunJournal) -> None:
    folder = logs / "runs" / RUN / "blobs"
    before = len(list(folder.iterdir()))
    assert journal.blob(b"select 1") == journal.blob(b"select 1") != journal.blob(b"select 2")
    assert len(list(folder.iterdir())) == before + 2


def test_a_blob_that_cannot_be_stored_breaks_the_log(journal: RunJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(LogBroken):
            journal.blob(b"x")
    with pytest.raises(LogBroken):
        journal.commit(RUNNING)


def test_a_value_that_has_no_place_in_a_line_is_refused(journal: RunJournal, logs: Path) -> None:
    with pytest.raises(LogBroken, match="cannot stand in the log"):
        journal.commit(CallEnded(step="a", kind="action", attempt=1, code=0, verdict="ok", out={"x": 1.5}))
    journal.commit(RUNNING)
    assert load_run(logs, RUN).records == (RUNNING,)


def test_a_run_that_died_between_seal_and_close_is_closed_later(
    logs: Path, journal: RunJournal, people: People, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Author, "close_run", die)
        with pytest.raises(KeyboardInterrupt):
            journal.seal("SUCCEEDED", 0)
    journal.close()
    assert not load_run(logs, RUN).closed
    assert finish_close(logs, RUN, people.key("dba2"), clock)
    assert load_run(logs, RUN).closed
    assert not finish_close(logs, RUN, people.key("dba2"), clock)


def test_stock_ssh_keygen_accepts_the_head(logs: Path, journal: RunJournal, people: People, tmp_path: Path) -> None:
    journal.seal("SUCCEEDED", 0)
    (tmp_path / "allowed_signers").write_text(people.allowed_signers())
    folder = logs / "runs" / RUN
    command = [
        "ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "allowed_signers"), "-n", "run.v1@hisops",
        "-Overify-time=20261124020200Z", "-s", str(folder / "HEAD.sig"),
    ]  # fmt: skip
    with (folder / "HEAD").open() as head:
        subprocess.run([*command, "-I", "dba1@hospital"], stdin=head, check=True, capture_output=True)
    with (folder / "HEAD").open() as head:
        other = subprocess.run([*command, "-I", "dba2@hospital"], stdin=head, check=False, capture_output=True)
    assert other.returncode != 0


class Killed(BaseException):
    """Stands for the process being killed at this point."""


def killed(*_: object, **__: object) -> str:
    raise Killed


@pytest.mark.parametrize("point", ["before the ledger", "before the first line"])
def test_a_resume_that_was_killed_half_way_can_be_repeated(
    logs: Path, journal: RunJournal, people: People, clock: FakeClock, machine: Machine,
    monkeypatch: pytest.MonkeyPatch, point: str,
) -> None:  # fmt: skip
    journal.commit(RUNNING)
    journal.close()
    with monkeypatch.context() as patch:
        where = (Ledger, "append") if point == "before the ledger" else (Segment, "add")
        patch.setattr(*where, killed)
        with pytest.raises(Killed):
            resume_run(logs, RUN, people.key("dba1"), clock, machine)
    resumed = resume_run(logs, RUN, people.key("dba1"), clock, machine)
    resumed.commit(RunChanged(state="SUCCEEDED"))
    resumed.seal("SUCCEEDED", 0)
    loaded = load_run(logs, RUN)
    assert len(loaded.segments) == (2 if point == "before the ledger" else 3)
    assert loaded.records[:2] == (RUNNING, RunChanged(state="SUCCEEDED"))
    assert loaded.closed


def test_a_run_that_was_killed_before_its_first_line_can_go_on(
    logs: Path, opening: Opening, people: People, clock: FakeClock, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Segment, "add", killed)
        with pytest.raises(Killed):
            open_run(logs, opening, people.key("dba1"), clock)
    assert load_run(logs, RUN).plan_document == opening.plan


def test_a_blob_that_cannot_be_synced_breaks_the_log_before_its_record_is_written(
    logs: Path, journal: RunJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    command = journal.blob(b"opatch apply")
    with monkeypatch.context() as patch:
        patch.setattr("hisops.journal.blobs.sync_folder", refuse)
        with pytest.raises(LogBroken):
            journal.commit(intent(command))
    with pytest.raises(LogBroken):
        journal.commit(RUNNING)
    assert load_run(logs, RUN).records == ()
