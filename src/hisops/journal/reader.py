"""Reading the log of a run back: what it was opened with, its records, how far it got. Verifying is another matter."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.canonical import digest_of
from hisops.errors import LogBroken, UsageProblem
from hisops.journal.blobs import Blobs
from hisops.journal.chain import START, Walk, signed
from hisops.journal.durable import is_held
from hisops.journal.heads import SegmentHead
from hisops.journal.ledger import FILE
from hisops.journal.segment import segment_name
from hisops.journal.sshkey import fingerprint
from hisops.journal.stamp import Stamp
from hisops.model.moment import read_time
from hisops.model.records import Record, RunbookAmended, RunSealed, from_fields

OPENINGS = {"run.open": 1, "seg.open": 0}


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with its place and time in the log."""

    segment: int
    n: int
    stamp: Stamp
    actor: str
    record: Record


@dataclass(frozen=True, slots=True)
class SegmentRead:
    """What one segment holds, and the bytes that a crash left after its last whole line."""

    head: SegmentHead
    torn_bytes: int
    torn_sha256: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry of the ledger that opens a segment: its values and the digest of its line."""

    values: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRun:
    """One run as its log tells it. `opening` has the fields of the ledger's `run.open`.

    `certificate` is the fingerprint of the newest segment's certificate.
    """

    run_id: str
    folder: Path
    opening: Mapping[str, Any]
    operators: tuple[str, ...]
    certificate: str
    entries: tuple[Entry, ...]
    segments: tuple[SegmentRead, ...]
    live: bool
    closed: bool

    @property
    def records(self) -> tuple[Record, ...]:
        """All records, in order."""
        return tuple(entry.record for entry in self.entries)

    @property
    def sealed(self) -> bool:
        """True if the run has ended."""
        return bool(self.entries) and isinstance(self.entries[-1].record, RunSealed)

    @property
    def plan_document(self) -> dict[str, Any]:
        """The plan that is carried out; LogBroken if it is not the one that the ledger names."""
        document = self._document(self.opening["plan_blob"])
        if digest_of(document) != self.opening["plan"]:
            raise LogBroken(
                "HIS-5007", "The plan kept with run {run} is not the one it was opened for.", run=self.run_id
            )
        return document

    @property
    def amended(self) -> dict[str, Any] | None:
        """The definitions that the run goes by since its newest amendment, or None if it has none."""
        found = next((each for each in reversed(self.records) if isinstance(each, RunbookAmended)), None)
        if found is None:
            return None
        document = self._document(found.definitions)
        if digest_of(document) != found.digest:
            raise LogBroken("HIS-5015", "The definitions kept with run {run} are not those of its amendment.",
                            run=self.run_id)  # fmt: skip
        return document

    @property
    def runbook(self) -> dict[str, Any]:
        """The runbook that the run goes by now."""
        document = (self.amended or self.plan_document)["runbook"]
        return dict(document)

    def read_blob(self, digest: str) -> bytes:
        """Return the data of a blob of the run; LogBroken if it is missing or changed."""
        return Blobs(self.folder / "blobs").read(digest)

    def _document(self, digest: str) -> dict[str, Any]:
        from json import loads

        document = loads(self.read_blob(digest))
        if not isinstance(document, dict):
            raise LogBroken("HIS-5005", "The blob {digest} does not hold: {why}.", digest=digest, why="no document")
        return document


def list_runs(logs: Path) -> Sequence[str]:
    """Return the ids of all runs that have a folder, in the order of the ledger; strangers to it come first.

    A stranger is what a crash left of a run that was about to begin: it must not be taken for the newest.
    """
    folder = logs / "runs"
    there = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    walk = Walk(logs / FILE, START) if there and (logs / FILE).exists() else ()
    opened = [line.values.get("run") for line in signed(walk) if line.kind == "run.open"]
    return [*sorted(there.difference(opened)), *(run for run in opened if run in there)]


def find_run(logs: Path, name: str) -> str:
    """Return the run whose id is `name`, or ends with it after a dash, if there is just one."""
    runs = list_runs(logs)
    found = [run for run in runs if run == name] or [run for run in runs if run.endswith("-" + name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageProblem(
            "HIS-5008", "More than one run ends with {name}: {runs}.", "Give the whole id.",
            name=name, runs=", ".join(found),
        )  # fmt: skip
    raise UsageProblem("HIS-5009", "There is no run {name}.", "hisops log list   shows them.", name=name)


def load_run(logs: Path, name: str) -> LoadedRun:
    """Return the run `name` (an id or its unique end)."""
    run_id = find_run(logs, name)
    folder = logs / "runs" / run_id
    opened, closed = opened_by(logs, run_id)
    entries: list[Entry] = []
    segments = tuple(read_segment(folder, number, entry.digest, entries) for number, entry in enumerate(opened, 1))
    if not opened:
        raise LogBroken(
            "HIS-5011", "The ledger does not know the run {run}.",
            "If its folder holds no records it was never begun and can be removed; else the ledger was changed.",
            run=run_id,
        )  # fmt: skip
    return LoadedRun(
        run_id=run_id,
        folder=folder,
        opening=opened[0].values,
        operators=tuple(entry.values["actor"] for entry in opened),
        certificate=fingerprint(b64decode(opened[-1].values["cert"])),
        entries=tuple(entries),
        segments=segments,
        live=is_held(folder),
        closed=closed,
    )


def abandoned_by(logs: Path, run_id: str) -> str | None:
    """Return who has said in the ledger that nothing more comes of a run; None if nobody has."""
    walk = Walk(logs / FILE, START) if (logs / FILE).exists() else ()
    lines = (line for line in walk if line.kind == "run.abandon" and line.values.get("run") == run_id)
    return next((str(line.values["actor"]) for line in lines), None)


def opened_by(logs: Path, run_id: str) -> tuple[list[Opened], bool]:
    """Return the ledger's openings of the segments of a run, and whether it has closed the run."""
    opened: list[Opened] = []
    closed = False
    if not (logs / FILE).exists():
        return opened, closed
    for line in signed(Walk(logs / FILE, START)):
        if line.values.get("run") != run_id:
            continue
        if line.kind in OPENINGS:
            opened.append(Opened(line.values, _digest(line.raw)))
        closed = closed or line.kind == "run.close"
    return opened, closed


def read_segment(folder: Path, number: int, first: str, entries: list[Entry]) -> SegmentRead:
    """Read one segment, appending its records to `entries`: those before its last signature.

    What stands after that was never acknowledged, so nothing was built on it; and anybody could have written it.
    """
    unsigned: list[Entry] = []
    walk = Walk(folder / segment_name(number), first, name=f"{folder.name}/{segment_name(number)}")
    for line in walk:
        record = from_fields(line.kind, line.values)
        if record is not None:
            stamp = Stamp(read_time(line.values["ts"]), line.values["bt"])
            unsigned.append(Entry(number, line.n, stamp, line.values["actor"], record))
        elif line.kind == "sig":
            entries += unsigned
            unsigned = []
    chain = walk.chain
    head = SegmentHead(number, chain.lines, chain.size, walk.digest.hexdigest())
    return SegmentRead(head, len(walk.torn), _digest(walk.torn))


def _digest(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()
