"""Verifying one run: its segments, HEAD, blobs, the story that its records tell, and who allowed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hisops.canonical import digest, digest_of
from hisops.errors import LogBroken
from hisops.journal.authorise import Authorisation, Vouched
from hisops.journal.blobs import Blobs
from hisops.journal.chain import read_regular
from hisops.journal.durable import is_held
from hisops.journal.findings import Findings
from hisops.journal.heads import Head, parse_head
from hisops.journal.ledger_facts import LedgerFacts, RunEntries
from hisops.journal.lock_story import check_locks
from hisops.journal.protocol import check_story
from hisops.journal.runkey import RUN
from hisops.journal.segment import segment_name
from hisops.journal.sshsig import dearmor
from hisops.journal.stamp import TOLERANCE
from hisops.journal.trust import Trust
from hisops.journal.verify_amendments import Amendments
from hisops.journal.verify_children import Families
from hisops.journal.verify_evidence import check_evidence
from hisops.journal.verify_segment import Seen, SegmentFacts, SegmentReader
from hisops.journal.windows import check_window
from hisops.model import records as r
from hisops.model.moment import read_time
from hisops.model.run import RunView


@dataclass(slots=True)
class RunFacts:
    """What was found of one run."""

    run_id: str
    findings: Findings = field(default_factory=Findings)
    segments: list[SegmentFacts] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)
    view: RunView | None = None
    closed: bool = False
    closed_by: str | None = None
    vouched: list[Vouched] = field(default_factory=list)
    approved: list[str] = field(default_factory=list)
    stand_for: set[str] = field(default_factory=set)
    from_time: datetime | None = None
    to_time: datetime | None = None
    head_time: datetime | None = None

    @property
    def seen(self) -> list[Seen]:
        """All records."""
        return [item for segment in self.segments for item in segment.seen]

    @property
    def sealed(self) -> bool:
        """True if the run has ended."""
        return bool(self.segments) and self.segments[-1].sealed


def verify_run(
    folder: Path, entries: RunEntries, ledger: LedgerFacts, trust: Trust, *, is_child: bool = False
) -> RunFacts:
    """Return what holds of the run in `folder`, and what does not. A run that another stands for has no children."""
    facts = RunFacts(folder.name, closed=entries.closed is not None)
    facts.closed_by = str(entries.closed["actor"]) if entries.closed else None
    facts.operators = [str(opened.values["actor"]) for opened in entries.opened]
    if folder.is_symlink() or not folder.is_dir():
        facts.findings.failed(
            "completeness", "The run {run} is missing: the ledger has it, its folder is gone.", run=folder.name
        )
        return facts
    _read_segments(folder, entries, ledger, facts)
    _check_order(folder, entries, facts)
    if facts.findings.sound:
        _check_head(folder, entries, ledger, facts)
        try:
            _check_meaning(folder, entries, ledger, trust, facts)
            _check_children(folder, ledger, trust, facts, is_child=is_child)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            # Signed, yet not of the form that records and plans have: whoever wrote it, it proves nothing.
            fact = "What the run {run} says cannot be followed: {why}."
            facts.findings.failed("integrity", fact, run=folder.name, why=f"{type(error).__name__}: {error}")
    _check_completeness(folder, entries, facts)
    return facts


def _check_meaning(folder: Path, entries: RunEntries, ledger: LedgerFacts, trust: Trust, facts: RunFacts) -> None:
    plan = _check_blobs(folder, entries, ledger, facts)
    amendments = Amendments(
        folder=folder, plan=plan, entries=entries, ledger=ledger, trust=trust, findings=facts.findings
    )
    amended = amendments.check(facts.seen)
    in_force = {**plan, **next(reversed(amended.values()), {})}
    steps = in_force.get("runbook", {}).get("steps", ())
    facts.stand_for = {str(step["id"]) for step in steps if step.get("stands_for")}
    facts.view = check_story(facts.seen, in_force, facts.findings)
    check_window(facts.seen, (plan, in_force), facts.findings)
    check_locks(facts.seen, facts.findings)
    check_evidence(folder.name, plan, ledger, facts.findings)
    allowed = Authorisation(folder, plan, entries, ledger, trust, facts.findings)
    allowed.check(facts.seen, amended)
    facts.vouched, facts.approved = allowed.vouched, allowed.approved


def _check_children(folder: Path, ledger: LedgerFacts, trust: Trust, facts: RunFacts, *, is_child: bool) -> None:
    has_runs = any(isinstance(item.record, r.ChildIntended | r.ChildEnded) for item in facts.seen)
    if facts.view is None or not (facts.stand_for or has_runs):
        return
    if is_child:
        facts.findings.failed("integrity", "The run {run} belongs to another, yet has runs itself.", run=folder.name)
        return

    def verify(run: str) -> RunFacts:
        return verify_run(folder.parent / run, ledger.runs[run], ledger, trust, is_child=True)

    families = Families(runs=folder.parent, ledger=ledger, findings=facts.findings, verify=verify)
    families.check(facts.seen, facts.view, facts.stand_for)


def _read_segments(folder: Path, entries: RunEntries, ledger: LedgerFacts, facts: RunFacts) -> None:
    barriers = 0
    for opened in entries.opened:
        reader = SegmentReader(folder, opened, origin=ledger.origin, findings=facts.findings, barriers=barriers)
        segment = reader.read()
        facts.segments.append(segment)
        if segment.head is None:
            return
        barriers += segment.signatures + 1
    seen = facts.seen
    facts.from_time = entries.opened[0].stamp.time
    facts.to_time = seen[-1].stamp.time if seen else facts.from_time
    listed = {segment_name(number) for number in range(1, len(entries.opened) + 1)}
    for path in sorted(folder.glob("seg-*")):
        if path.name not in listed and path.lstat().st_size:
            facts.findings.failed("integrity", "{file} is not in the ledger.", file=f"{folder.name}/{path.name}")


def _check_order(folder: Path, entries: RunEntries, facts: RunFacts) -> None:
    """Each segment commits to every byte of those before it, and agrees with the ledger on what the run is."""
    last_time = None
    for index, segment in enumerate(facts.segments):
        name = f"{folder.name}/{segment_name(segment.number)}"
        if index + 1 < len(facts.segments) and segment.sealed:
            facts.findings.failed("integrity", "{file} is sealed, and another segment follows.", file=name)
        if not segment.start:
            continue
        expected = [_commitment(earlier) for earlier in facts.segments[:index]]
        if segment.start.get("previous") != expected:
            facts.findings.failed(
                "integrity", "{file} does not follow from the segments before it: they were changed.", file=name
            )
        for field_name in ("origin", "plan", "plan_blob", "runbook", "judges", "target", "simulation"):
            if segment.start.get(field_name) != entries.opening.get(field_name):
                facts.findings.failed(
                    "integrity", "{file} and the ledger differ on {field}.", file=name, field=field_name
                )
        first = segment.seen[0] if segment.seen else None
        stepped = first is not None and isinstance(first.record, r.ClockStepped)
        if first and last_time and not stepped and (last_time - first.stamp.time).total_seconds() * 1e6 > TOLERANCE:
            facts.findings.failed("time", "{file} is older than the segment before it.", file=name)
        last_time = segment.seen[-1].stamp.time if segment.seen else last_time


def _commitment(segment: SegmentFacts) -> dict[str, Any]:
    head = segment.head
    return {} if head is None else {
        "segment": head.number, "lines": head.lines, "bytes": head.size, "sha256": head.sha256,
        "torn_bytes": len(segment.torn), "torn_sha256": hashlib.sha256(segment.torn).hexdigest(),
    }  # fmt: skip


def _check_head(folder: Path, entries: RunEntries, ledger: LedgerFacts, facts: RunFacts) -> None:
    """HEAD is what stock tools check a run by; the ledger has its digest."""
    if entries.closed is None:
        return
    fail = facts.findings.failed
    if not facts.sealed:
        fail("integrity", "The run {run} was closed in the ledger, but its seal is gone: it was cut.", run=folder.name)
        return
    try:
        text = read_regular(folder / "HEAD")
        head, blob = parse_head(text), dearmor(read_regular(folder / "HEAD.sig").decode("ascii"))
        if digest(text) != entries.closed["head"]:
            raise ValueError("it is not the one that the ledger names")
        if head != _expected_head(folder, ledger, facts):
            raise ValueError("it does not say what the segments say")
        key = entries.closing_key or entries.opened[-1].key
        if key is None:
            raise ValueError("its key is unknown")
        key.check(blob, RUN, text)
        late = entries.closing_key is not None
        facts.head_time = read_time(entries.closed["ts"]) if late else facts.segments[-1].signed_at
    except (LogBroken, ValueError, KeyError) as error:
        fail("integrity", "HEAD of {run} does not hold: {why}.", run=folder.name, why=error)


def _expected_head(folder: Path, ledger: LedgerFacts, facts: RunFacts) -> Head:
    seal = facts.seen[-1].record
    state, code = (seal.state, seal.exit) if isinstance(seal, r.RunSealed) else ("", -1)
    heads = tuple(segment.head for segment in facts.segments if segment.head)
    return Head(origin=ledger.origin, run=folder.name, segments=heads, state=state, exit=code)


def _check_blobs(folder: Path, entries: RunEntries, ledger: LedgerFacts, facts: RunFacts) -> dict[str, Any]:
    """Check every text that a record names; return the plan."""
    blobs = Blobs(folder / "blobs")
    for name in sorted(set(_named_blobs(entries.opening, facts.seen))):
        if name in ledger.redacted and not (blobs.folder / name.removeprefix("sha256:")).exists():
            facts.findings.incomplete(
                "completeness", "The blob {name} was redacted: {why}.", name=name, why=ledger.redacted[name]
            )
            continue
        try:
            blobs.read(name)
        except LogBroken as error:
            facts.findings.failed("integrity", "{error}", error=error)
    try:
        plan = json.loads(blobs.read(entries.opening["plan_blob"]))
        if digest_of(plan) != entries.opening["plan"]:
            raise ValueError("its digest is not the one that the ledger names")
    except (LogBroken, ValueError) as error:
        facts.findings.failed("integrity", "The plan of {run} does not hold: {why}.", run=folder.name, why=error)
        return {}
    return plan if isinstance(plan, dict) else {}


def _named_blobs(opening: Mapping[str, Any], seen: list[Seen]) -> Iterator[str]:
    yield from (opening["plan_blob"], opening["runbook"], *opening["judges"].values())
    for item in seen:
        match item.record:
            case r.CallIntent(command=command):
                yield command
            case r.RunbookAmended(definitions=definitions):
                yield definitions
            case r.CallOutput(stdout=stdout, stderr=stderr):
                yield from filter(None, (stdout, stderr))
            case _:
                pass


def _check_completeness(folder: Path, entries: RunEntries, facts: RunFacts) -> None:
    findings = facts.findings
    last = facts.segments[-1] if facts.segments else None
    if last is None or last.head is None:
        return
    for segment in facts.segments:
        if segment.unsigned or segment.torn:
            fact = "Segment {number} ends in {lines} unsigned lines and {size} torn bytes."
            findings.note("completeness", fact, number=segment.number, lines=segment.unsigned, size=len(segment.torn))
    if entries.abandoned_by or (facts.view and facts.view.state == "ABANDONED"):
        findings.incomplete(
            "completeness", "The run was abandoned by {who}.", who=entries.abandoned_by or facts.operators[-1]
        )
    elif not facts.sealed:
        fact = (
            "The run is going on now."
            if is_held(folder)
            else "The run is not sealed: it was interrupted, or it was cut."
        )
        findings.incomplete("completeness", fact)
    elif not facts.closed:
        findings.incomplete("completeness", "The run is sealed, but the ledger has not closed it.")
