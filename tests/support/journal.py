"""A small site with people, keys and a trust folder, made with stock ssh-keygen; and a clock that tests move."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hisops.adapters.sshkeys import OperatorKey, fingerprint_of
from hisops.model.roster import Roster

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
