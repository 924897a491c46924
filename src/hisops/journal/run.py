"""The log of a run that is carried out: opening, resuming, writing, sealing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hisops.canonical import canonical, digest_of
from hisops.errors import Refused
from hisops.journal.blobs import Blobs, name_of
from hisops.journal.durable import broken, hold, sync_folder
from hisops.journal.heads import Head
from hisops.journal.ledger import Ledger
from hisops.journal.reader import LoadedRun, SegmentRead, abandoned_by, load_run
from hisops.journal.runkey import RunKey
from hisops.journal.segment import Segment, segment_name
from hisops.journal.stamp import TOLERANCE, read_clock
from hisops.journal.writer import Author, RunJournal
from hisops.model.records import ClockStepped, RunSealed
from hisops.model.statement import Signed
from hisops.ports import Certifier, Clock

FORMAT = "hisops-log/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where hisops itself runs: the control host, its boot identity, and the version of the tool."""

    host: str
    boot: str
    tool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a run is opened with. `approvals` are the plan approvals that it uses up."""

    run_id: str
    origin: str
    plan: Mapping[str, Any]
    runbook: Mapping[str, Any]
    judges: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    approvals: tuple[Signed, ...] = ()
    target: Mapping[str, Any] = field(default_factory=dict)
    machine: Machine
    simulation: bool = False


def open_run(logs: Path, opening: Opening, signer: Certifier, clock: Clock) -> RunJournal:
    """Begin the log of a new run: folder, ledger entry, first record, all durable before this returns."""
    folder = logs / "runs" / opening.run_id
    if folder.exists():
        raise Refused("HIS-5012", "There is a run {run} already.", "Choose another id.", run=opening.run_id)
    logs.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(logs, clock)
    ledger.begin(opening.origin, signer, opening.machine.host)
    plan = digest_of(opening.plan)
    # The certificate comes first: if its person does not answer, nothing has been made.
    author = _author(folder, origin=opening.origin, plan=plan, ledger=ledger, signer=signer, clock=clock)
    try:
        blobs = _make_folder(logs, folder)
        lock = hold(folder)
        fields = {**_opening_fields(opening, blobs), "plan": plan}
        _take_approvals(logs.parent / "approvals", folder / "approvals", opening.approvals)
        blobs.sync()
        _make_segment(folder, 1)
    except OSError as error:
        raise broken(folder, error) from error
    entry = {**fields, "run": opening.run_id, "segment": 1, "cert": author.key.line}
    first = ledger.append(author.origin, author.actor, "run.open", entry, author.key.sign)
    segment = _begin(author, 1, first=first, machine=opening.machine, fields=fields, blobs=blobs)
    return RunJournal(author, segment, blobs, lock)


def resume_run(logs: Path, run_id: str, signer: Certifier, clock: Clock, machine: Machine) -> RunJournal:
    """Go on with the log of a run in a new segment, which commits to every byte before it."""
    folder = logs / "runs" / run_id
    lock = hold(folder)
    try:
        run = load_run(logs, run_id)
        if run.sealed:
            raise Refused("HIS-5013", "The run {run} has ended; it cannot go on.", "Plan a new one.", run=run_id)
        if who := abandoned_by(logs, run_id):
            fact = "The run {run} was abandoned by {who}; it cannot go on."
            raise Refused("HIS-5016", fact, "Plan a new one.", run=run_id, who=who)
        opening, number = run.opening, len(run.segments) + 1
        ledger, blobs = Ledger(logs, clock), Blobs(folder / "blobs")
        author = _author(
            folder, origin=opening["origin"], plan=opening["plan"], ledger=ledger, signer=signer, clock=clock
        )
        _make_segment(folder, number)
        entry = {"run": run_id, "segment": number, "cert": author.key.line}
        first = ledger.append(author.origin, author.actor, "seg.open", entry, author.key.sign)
        segment = _begin(
            author, number, first=first, machine=machine, fields=opening, blobs=blobs, earlier=run.segments
        )
    except OSError as error:
        os.close(lock)
        raise broken(folder, error) from error
    except BaseException:
        os.close(lock)
        raise
    journal = RunJournal(author, segment, blobs, lock, earlier=run.segments, entries=run.entries)
    _explain_clock(journal, run, segment)
    return journal


def _explain_clock(journal: RunJournal, run: LoadedRun, segment: Segment) -> None:
    """Write down that the clock was set back since the segment before; a reader would take it for a forgery."""
    if run.entries and segment.last:
        microseconds = round((segment.last.time - run.entries[-1].stamp.time).total_seconds() * 1e6)
        if microseconds < -TOLERANCE:
            journal.commit(ClockStepped(drift=microseconds))


def finish_close(logs: Path, run_id: str, signer: Certifier, clock: Clock) -> bool:
    """Close in the ledger a run that was sealed just before its process died; True if there was need to."""
    folder = logs / "runs" / run_id
    lock = hold(folder)
    try:
        run = load_run(logs, run_id)
        seal = run.records[-1] if run.records else None
        if run.closed or not isinstance(seal, RunSealed):
            return False
        origin, plan = run.opening["origin"], run.opening["plan"]
        author = _author(folder, origin=origin, plan=plan, ledger=Ledger(logs, clock), signer=signer, clock=clock)
        heads = tuple(read.head for read in run.segments)
        head = Head(origin=author.origin, run=run_id, segments=heads, state=seal.state, exit=seal.exit)
        author.close_run(head, late=True)
        return True
    finally:
        os.close(lock)


def _author(folder: Path, *, origin: str, plan: str, ledger: Ledger, signer: Certifier, clock: Clock) -> Author:
    key = RunKey(signer, clock, run_id=folder.name, plan_digest=plan, serial=ledger.head()[0])
    return Author(folder=folder, origin=origin, actor=signer.principal, key=key, ledger=ledger, clock=clock)


_CARRIED = ("origin", "plan", "plan_blob", "runbook", "judges", "target", "simulation")


def _make_folder(logs: Path, folder: Path) -> Blobs:
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    for path in (folder, folder / "blobs", folder / "approvals"):
        path.mkdir(mode=0o700)
    sync_folder(logs)
    sync_folder(folder.parent)
    return Blobs(folder / "blobs")


def _make_segment(folder: Path, number: int) -> None:
    """Make the empty file of a segment; one that a crash left before the ledger knew of it is taken as it is."""
    path = folder / segment_name(number)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(fd).st_size:
            raise FileExistsError(errno.EEXIST, "the ledger does not know this segment, and it is not empty", str(path))
    finally:
        os.close(fd)
    sync_folder(folder)


def _opening_fields(opening: Opening, blobs: Blobs) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "origin": opening.origin,
        "plan_blob": blobs.store(canonical(opening.plan)),
        "runbook": blobs.store(canonical(opening.runbook)),
        "judges": {name: blobs.store(canonical(judge)) for name, judge in opening.judges.items()},
        "approvals": [signed.sha256 for signed in opening.approvals],
        "nonces": [signed.statement.get("nonce") or "" for signed in opening.approvals],
        "target": dict(opening.target),
        "simulation": opening.simulation,
        "host": opening.machine.host,
        "boot": opening.machine.boot,
        "tool": opening.machine.tool,
    }


def _take_approvals(source: Path, folder: Path, approvals: Sequence[Signed]) -> None:
    """Copy the approvals that a run cites beside its log, before the ledger says that it cites them."""
    for signed in approvals:
        name = name_of(signed.sha256)
        for ending in (".sig", ".txt"):
            shutil.copyfile(source / (name + ending), folder / (name + ending))
            with open(folder / (name + ending), "rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def _begin(
    author: Author, number: int, *, first: str, machine: Machine, fields: Mapping[str, Any], blobs: Blobs,
    earlier: Sequence[SegmentRead] = (),
) -> Segment:  # fmt: skip
    segment = Segment(
        author.folder / segment_name(number), number=number, origin=author.origin, first=first, key=author.key,
        actor=author.actor, blobs=blobs,
    )  # fmt: skip
    start = {
        **{name: fields[name] for name in _CARRIED},
        "format": FORMAT,
        "run": author.folder.name,
        "segment": number,
        "cert": author.key.line,
        "host": machine.host,
        "boot": machine.boot,
        "tool": machine.tool,
        "previous": [_commitment(read) for read in earlier],
    }
    segment.add("seg.start", read_clock(author.clock), start)
    segment.commit()
    return segment


def _commitment(read: SegmentRead) -> dict[str, Any]:
    head = read.head
    return {
        "segment": head.number, "lines": head.lines, "bytes": head.size, "sha256": head.sha256,
        "torn_bytes": read.torn_bytes, "torn_sha256": read.torn_sha256,
    }  # fmt: skip
