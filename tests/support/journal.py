"""A small site with people, keys and a trust folder, made with stock ssh-keygen; and a clock that tests move."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hisops.adapters.sshkeys import OperatorKey, fingerprint_of
from hisops.canonical import digest_of
from hisops.journal.ledger import Ledger
from hisops.journal.run import Machine, Opening, open_run, resume_run
from hisops.journal.statements import SignedStatements
from hisops.journal.trust import Trust, load_trust
from hisops.journal.verify import Verification, verify_log
from hisops.journal.writer import RunJournal
from hisops.model import records as r
from hisops.model.roster import Roster
from hisops.model.statement import NAMESPACE, Signed, Statement

ORIGIN = "testhospital/control"
NOON = datetime(2026, 11, 24, 2, 1, 7, tzinfo=UTC)
PEOPLE = {
    "dba1": ["dba"],
    "dba2": ["dba"],
    "lead1": ["dba_lead"],
    "app1": ["app_owner"],
}


@dataclass
class FakeClock:
    """Starts at NOON and goes on by a millisecond at each look."""

    time: datetime = NOON
    since_boot: int = 1_000_000
    step: timedelta = timedelta(milliseconds=1)

    def now(self) -> datetime:
        self.time += self.step
        self.since_boot += self.step // timedelta(microseconds=1)
        return self.time

    def boottime(self) -> int:
        return self.since_boot

    def monotonic(self) -> float:
        return self.since_boot / 1e6

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.since_boot += int(seconds * 1e6)


@dataclass
class People:
    """Key pairs in `folder`, one a person."""

    folder: Path
    names: list[str] = field(default_factory=lambda: list(PEOPLE))

    def create(self) -> People:
        for name in self.names:
            self.make(name)
        return self

    def make(self, name: str, kind: str = "ed25519") -> Path:
        home = self.folder / name
        home.mkdir(parents=True)
        path = home / "id"
        bits = ["-b", "2048"] if kind == "rsa" else []
        command = ["ssh-keygen", "-q", "-t", kind, *bits, "-N", "", "-C", name, "-f", str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return path

    def public(self, name: str) -> str:
        return (self.folder / name / "id.pub").read_text().strip()

    def key(self, name: str, principal: str | None = None) -> OperatorKey:
        public = self.public(name)
        return OperatorKey(
            principal=principal or f"{name}@hospital",
            fingerprint=fingerprint_of(public),
            public=public,
            path=self.folder / name / "id",
        )

    def allowed_signers(self) -> str:
        lines = []
        for name in self.names:
            kind, blob = self.public(name).split()[:2]
            after = 'valid-after="20260101000000Z"'
            run = f'cert-authority,namespaces="run.v1@hisops,ledger.v1@hisops",{after}'
            person = f'namespaces="ledger.v1@hisops,approve.v1@hisops",{after}'
            lines += [f"{name}@hospital {run} {kind} {blob}", f"{name}@hospital {person} {kind} {blob}"]
        return "\n".join(lines) + "\n"


def roster() -> Roster:
    """Everybody of PEOPLE by one principal each; lead1 has a second one."""
    people = {
        name: {
            "name": {"zh": name, "en": name},
            "principals": [f"{name}@hospital"] + (["dba1-laptop@hospital"] if name == "dba1" else []),
            "roles": roles,
        }
        for name, roles in PEOPLE.items()
    }
    return Roster.model_validate({"hisops": "roster/v1", "people": people})


JUDGED = {"prereq": {"title": "conflicts"}}
RUNBOOK = {
    "hisops": "runbook/v1",
    "id": "test/patch",
    "steps": [
        {"id": "check", "effect": "read", "sh": "opatch prereq"},
        {
            "id": "apply",
            "effect": "destructive",
            "sh": "opatch apply",
            "gate": {"type_target": True, "approve": {"role": "dba_lead", "of": "plan"}},
        },
    ],
}
BOOT = Machine(host="control", boot="boot-1", tool="hisops 0.1.0")


@dataclass
class Site:
    """A site folder with trust, people and a clock, and the runs that tests carry out in it."""

    folder: Path
    people: People
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        (self.folder / "trust").mkdir(parents=True)
        (self.folder / "trust" / "allowed_signers").write_text(self.people.allowed_signers())

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def run_folder(self, run: str) -> Path:
        return self.logs / "runs" / run

    @property
    def trust(self) -> Trust:
        return load_trust(self.folder / "trust", roster(), "site")

    @property
    def statements(self) -> SignedStatements:
        return SignedStatements(self.logs, self.trust, self.clock)

    def plan(self, run: str = "a", requester: str = "dba1@hospital", **changes: object) -> dict[str, object]:
        plan = {"format": "hisops-plan/1", "id": run, "requester": requester, "target": "his", "runbook": RUNBOOK}
        return {**plan, **changes}

    def approve(self, plan: dict[str, object], who: str = "lead1", /, **changes: str) -> Signed:
        """Lay down the approval of a plan, signed by `who`."""
        size, root = Ledger(self.logs, self.clock).head()
        fields = {
            "of": "plan",
            "origin": ORIGIN,
            "plan": digest_of(plan),
            "requester": "dba1@hospital",
            "role": "dba_lead",
            "run": "-",
            "step": "-",
            "evidence": "-",
            "ledger": f"{size} {root}",
            "not-after": "2026-11-24T06:00:00Z",
            "nonce": f"nonce-{plan['id']}",
        }
        statement = Statement(kind="approval", fields={**fields, **changes}, body="What was read.\n")
        return self.statements.store(None, statement, self.people.key(who).sign(NAMESPACE, statement.text()))

    def open(
        self, run: str, plan: dict[str, object], approvals: tuple[Signed, ...] = (), who: str = "dba1"
    ) -> RunJournal:
        opening = Opening(
            run_id=run, origin=ORIGIN, plan=plan, runbook=RUNBOOK, judges=JUDGED, approvals=approvals, machine=BOOT
        )
        return open_run(self.logs, opening, self.people.key(who), self.clock)

    def resume(self, run: str, who: str = "dba1") -> RunJournal:
        return resume_run(self.logs, run, self.people.key(who), self.clock, BOOT)

    def approved_run(self, run: str = "r1") -> None:
        """Carry out a whole run whose plan was approved before it."""
        plan = self.plan(run)
        approval = self.approve(plan)
        journal = self.open(run, plan, (approval,))
        begin(journal)
        pass_gate(journal, approval)
        intend(journal)
        finish(journal)

    def verify(self, run: str | None = None, **options: bool) -> Verification:
        return verify_log(self.logs, self.trust, run=run, **options)


def begin(journal: RunJournal) -> None:
    """The first step, a read."""
    journal.commit(r.RunChanged(state="RUNNING"))
    command = journal.blob(b"opatch prereq")
    journal.commit(
        r.CallIntent(step="check", kind="action", attempt=1, effect="read", idempotent=True, on="db1", command=command)
    )
    stdout = journal.blob(b"Prereq passed.\n" * 50)
    journal.write(r.CallOutput(step="check", kind="action", attempt=1, stdout=stdout, stderr=None, bytes=750))
    journal.commit(r.CallEnded(step="check", kind="action", attempt=1, code=0, verdict="ok"))
    journal.commit(r.StepChanged(step="check", state="SUCCEEDED", attempt=1))


def pass_gate(journal: RunJournal, *approvals: Signed, evidence: str = "sha256:" + "e" * 64) -> None:
    """The gate of the second step; each of `approvals` is taken for one part."""
    journal.commit(r.GateOpened(step="apply", parts=["type_target", "approve-1"], evidence=evidence))
    journal.commit(r.GateDecided(step="apply", part="type_target", by="dba1@hospital", value="his"))
    for number, signed in enumerate(approvals, 1):
        journal.write(r.StatementTaken(statement=signed.sha256, kind="approval", by=signed.principal, step="apply"))
        journal.commit(
            r.GateDecided(step="apply", part=f"approve-{number}", by=signed.principal, statement=signed.sha256)
        )


def intend(journal: RunJournal, attempt: int = 1) -> None:
    """The second step, destructive, up to its start."""
    command = journal.blob(b"opatch apply -silent")
    journal.write(r.StepChanged(step="apply", state="RUNNING", attempt=attempt))
    journal.commit(
        r.CallIntent(
            step="apply", kind="action", attempt=attempt, effect="destructive", idempotent=False, on="db1",
            command=command, op=f"{journal.run_id}.apply.{attempt}", boot="b1", marker="m1",
        )
    )  # fmt: skip
    journal.commit(r.CallStarted(step="apply", kind="action", attempt=attempt, pid=4417))


def finish(journal: RunJournal, *, recovered: bool = False) -> None:
    """The second step's end, and the seal."""
    journal.commit(r.CallEnded(step="apply", kind="action", attempt=1, code=0, verdict="ok", recovered=recovered))
    journal.commit(r.StepChanged(step="apply", state="SUCCEEDED", attempt=1))
    journal.commit(r.RunChanged(state="SUCCEEDED"))
    journal.seal("SUCCEEDED", 0)
