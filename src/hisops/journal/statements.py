"""Signed statements as files: those that lie in the site, and those kept beside the log of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from hisops.canonical import digest
from hisops.errors import LogBroken
from hisops.journal.blobs import name_of
from hisops.journal.chain import Walk, read_regular
from hisops.journal.durable import replace
from hisops.journal.ledger import FILE
from hisops.journal.sshkey import fingerprint
from hisops.journal.sshsig import dearmor, parse, verify
from hisops.journal.trust import Trust
from hisops.model import statement as model
from hisops.model.statement import NAMESPACE, Signed, Statement
from hisops.ports import Clock, Rejected


def check_statement(text: bytes, armored: str, trust: Trust, at: datetime) -> Signed:
    """Return the statement in `text` with who signed it; ValueError saying why it does not count."""
    signature = parse(dearmor(armored))
    verify(signature, NAMESPACE, text)
    principal = trust.person_behind(signature.key, NAMESPACE, at)
    return Signed(
        statement=model.parse(text), sha256=digest(text), principal=principal, fingerprint=fingerprint(signature.key)
    )


def read_statement(folder: Path, sha256: str, trust: Trust, at: datetime) -> Signed:
    """Return the statement `sha256` kept in `folder`; ValueError saying why it does not count."""
    name = name_of(sha256)
    try:
        text = read_regular(folder / f"{name}.txt")
        armored = read_regular(folder / f"{name}.sig").decode("ascii")
    except LogBroken as error:
        raise ValueError(str(error).rstrip(".")) from error
    if digest(text) != sha256:
        raise ValueError("its text was changed")
    return check_statement(text, armored, trust, at)


class SignedStatements:
    """Satisfies `ports.Statements` for one site: `<site>/approvals` and `<logs>/runs/<run>/approvals`."""

    def __init__(self, logs: Path, trust: Trust, clock: Clock) -> None:
        self._logs = logs
        self._site = logs.parent / "approvals"
        self._trust = trust
        self._clock = clock

    def for_plan(self, plan_digest: str) -> Sequence[Signed | Rejected]:
        """Return the approvals of a plan that lie in the site."""
        return [found for found in self._all(self._site, plan_digest) if _is_for(found, plan_digest)]

    def for_run(self, run_id: str) -> Sequence[Signed | Rejected]:
        """Return what has arrived for a run."""
        return list(self._all(self._folder(run_id), run_id))

    def used_nonces(self) -> frozenset[str]:
        """Return the nonces of plan approvals that runs have cited already."""
        if not (self._logs / FILE).exists():
            return frozenset()
        opened = (line.values for line in Walk(self._logs / FILE) if line.kind == "run.open")
        return frozenset(nonce for values in opened for nonce in values["nonces"])

    def keep(self, run_id: str, signed: Signed) -> None:
        """Copy an accepted statement into the run's own folder."""
        name, target = name_of(signed.sha256), self._folder(run_id)
        if not (target / f"{name}.txt").exists():
            for ending in (".sig", ".txt"):
                replace(target / (name + ending), read_regular(self._site / (name + ending)))

    def store(self, run_id: str | None, statement: Statement, armored: str) -> Signed:
        """Lay a signed statement down for a run, or in the site for a plan; ValueError if it does not hold."""
        text = statement.text()
        signed = check_statement(text, armored, self._trust, self._clock.now())
        folder = self._folder(run_id) if run_id else self._site
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The signature first: a text without its signature would be reported as refused.
        replace(folder / f"{name_of(signed.sha256)}.sig", armored.encode("ascii"))
        replace(folder / f"{name_of(signed.sha256)}.txt", text)
        return signed

    def roles_of(self, principal: str) -> tuple[str, ...]:
        """Return the roles that the roster gives the person who signs as `principal`."""
        return self._trust.roster.roles_of(principal)

    def person_of(self, principal: str) -> str | None:
        """Return the person who signs as `principal`."""
        return self._trust.roster.person_of(principal)

    def _folder(self, run_id: str) -> Path:
        return self._logs / "runs" / run_id / "approvals"

    def _all(self, folder: Path, about: str) -> Iterator[Signed | Rejected]:
        """Give everything in `folder`, of what does not hold only what speaks of `about`."""
        for path in sorted(folder.glob("*.txt")) if folder.is_dir() else ():
            sha256 = "sha256:" + path.stem
            try:
                yield read_statement(folder, sha256, self._trust, self._clock.now())
            except ValueError as error:
                if _mentions(path, about):
                    yield Rejected(sha256=sha256, reason=str(error))


def _is_for(found: Signed | Rejected, plan_digest: str) -> bool:
    return isinstance(found, Rejected) or found.statement.get("plan") == plan_digest


def _mentions(path: Path, about: str) -> bool:
    try:
        return about.encode() in read_regular(path)
    except LogBroken:
        return False
