"""Verifying a log: ledger and runs, six separate answers, one verdict, and how far it reaches. Reads only."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.journal.findings import ANSWERS, EXIT_OF, Answer, Finding, Findings, Verdict, verdict_of, worst
from hisops.journal.ledger_facts import LedgerFacts
from hisops.journal.reader import find_run
from hisops.journal.trust import Trust
from hisops.journal.verify_ledger import verify_ledger
from hisops.journal.verify_run import RunFacts, verify_run

SCHEMA_VERSION = 1
NOT_CHECKED = "not checked where the log does not hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome for the runs asked for, the ledger included."""

    trust: Trust
    ledger: LedgerFacts
    ledger_findings: tuple[Finding, ...]
    runs: tuple[RunFacts, ...]
    reach: str

    @property
    def findings(self) -> list[Finding]:
        """Everything that was found."""
        return [*self.ledger_findings, *(found for run in self.runs for found in run.findings)]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all parts."""
        return worst([verdict_of(self.ledger_findings), *(verdict_of(run.findings) for run in self.runs)])

    @property
    def exit_code(self) -> int:
        """The exit code that goes with the verdict."""
        return EXIT_OF[self.verdict]

    def document(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        summaries = _summaries(self.runs, self.trust, self.reach)
        return {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict,
            "reach": self.reach,
            "answers": _answers(self.findings, summaries),
            "trust": {"source": self.trust.source, "dir": str(self.trust.directory), "digest": self.trust.digest},
            "ledger": {"origin": self.ledger.origin, "entries": self.ledger.size},
            "runs": [_run_document(run, self.trust, self.reach) for run in self.runs],
        }


def verify_log(logs: Path, trust: Trust, *, run: str | None = None, require_anchor: bool = False) -> Verification:
    """Verify the ledger and one run, or all of them."""
    with _without_collection():
        return _verify_log(logs, trust, run, require_anchor=require_anchor)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Records live to the end and hold no cycles; collecting garbage meanwhile takes an eighth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _verify_log(logs: Path, trust: Trust, run: str | None, *, require_anchor: bool) -> Verification:
    findings = Findings()
    ledger = verify_ledger(logs, trust, findings)
    names = _unlisted(logs, ledger, findings) if run is None else [find_run(logs, run)] if _has(logs, run) else [run]
    runs = tuple(
        verify_run(logs / "runs" / name, ledger.runs[name], ledger, trust) if name in ledger.runs else _unknown(name)
        for name in names
    )
    if require_anchor or trust.policy.require_anchor:
        findings.add("reach", "unanchored", "Nothing outside of this host holds the ledger.")
    return Verification(
        trust=trust, ledger=ledger, ledger_findings=tuple(findings), runs=runs, reach=_reach(ledger, runs, trust)
    )


def _has(logs: Path, run: str) -> bool:
    folder = logs / "runs"
    return folder.is_dir() and any(path.name == run or path.name.endswith("-" + run) for path in folder.iterdir())


def _unknown(name: str) -> RunFacts:
    facts = RunFacts(name)
    facts.findings.failed("completeness", "The ledger does not know the run {run}.", run=name)
    return facts


def _unlisted(logs: Path, ledger: LedgerFacts, findings: Findings) -> Sequence[str]:
    """Return all runs of the ledger; folders that it does not list are taken down."""
    folder = logs / "runs"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in ledger.runs or not ledger.whole:
            continue
        if any(segment.lstat().st_size for segment in path.glob("seg-*")):
            findings.failed("completeness", "The run {run} is not in the ledger.", run=path.name)
        else:
            findings.note("completeness", "The folder {run} belongs to a run that was never begun.", run=path.name)
    return sorted(ledger.runs)


def _reach(ledger: LedgerFacts, runs: Iterable[RunFacts], trust: Trust) -> str:
    """Say how far others than this host vouch for the ledger; never less than what is known, never more."""
    vouched = [item for run in runs for item in run.vouched]
    covered = max((item.size for item in vouched), default=0)
    whose = "by the site's own trust file" if trust.source == "site" else "by the reviewer's trust file"
    parts = [whose]
    if covered:
        who = ", ".join(sorted({item.principal for item in vouched if item.size == covered}))
        parts.append(f"ledger entries 1 to {covered} of {ledger.size} are held by {who}")
    if covered < ledger.size:
        parts.append(f"entries {covered + 1} to {ledger.size} by this host only")
    return "; ".join(parts)


def _summaries(runs: Sequence[RunFacts], trust: Trust, reach: str) -> dict[Answer, str]:
    """Return what each answer says when nothing is wrong with it."""
    records = sum(len(run.seen) for run in runs)
    segments = sum(len(run.segments) for run in runs)
    signatures = sum(segment.signatures for run in runs for segment in run.segments)
    operators = sorted({who for run in runs for who in run.operators})
    approved = [line for run in runs for line in run.approved]
    times = [time for run in runs for time in (run.from_time, run.to_time) if time]
    span = f"{min(times):%Y-%m-%d %H:%M:%SZ} to {max(times):%Y-%m-%d %H:%M:%SZ}" if times else "none"
    return {
        "integrity": f"{records} records, {segments} segments, chain and {signatures} signatures",
        "completeness": f"{sum(run.sealed for run in runs)} of {len(runs)} runs sealed",
        "authorship": f"{', '.join(operators) or 'nobody'}, certified for each run, valid at the time",
        "authorisation": "; ".join(approved) or "no step asked for an approval",
        "time": f"claimed by this host: {span}",
        "reach": reach,
    }


def _answers(findings: Iterable[Finding], summaries: dict[Answer, str]) -> dict[str, Any]:
    found = list(findings)
    broken = verdict_of([each for each in found if each.answer == "integrity"]) == "failed"
    answers: dict[str, Any] = {}
    for name in ANSWERS:
        mine = [finding for finding in found if finding.answer == name]
        verdict = verdict_of(mine)
        status = "ok" if verdict == "verified" else verdict
        if broken and status == "ok" and name != "reach":
            answers[name] = {"status": "not_checked", "text": NOT_CHECKED, "findings": []}
            continue
        answers[name] = {
            "status": "claimed" if name == "time" and status == "ok" else status,
            "text": summaries[name] if verdict == "verified" else next(str(f) for f in mine if f.level == verdict),
            "findings": [{"level": finding.level, "text": str(finding)} for finding in mine],
        }
    return answers


def _run_document(run: RunFacts, trust: Trust, reach: str) -> dict[str, Any]:
    seal = run.view.sealed if run.view else None
    return {
        "deviations": run.view.numbered_deviations() if run.view else [],
        "run": run.run_id,
        "verdict": verdict_of(run.findings),
        "state": run.view.state if run.view else None,
        "exit": seal.exit if seal else None,
        "operators": run.operators,
        "segments": len(run.segments),
        "records": len(run.seen),
        "signatures": sum(segment.signatures for segment in run.segments),
        "answers": _answers(run.findings, _summaries([run], trust, reach)),
    }
