"""Signed statements as files: those that lie in the site, and those kept beside the log of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hisops.canonical import digest
from hisops.errors import LogBroken
from hisops.journal.blobs import name_of
from hisops.journal.chain import Walk, read_regular, signed
from hisops.journal.durable import replace
from hisops.journal.ledger import FILE
from hisops.journal.ledger_past import root_at
from hisops.journal.sshkey import check_user_verified, fingerprint
from hisops.journal.sshsig import dearmor, parse, verify
from hisops.journal.trust import Trust
from hisops.model import statement as model
from hisops.model.approval import SAME_TEXT
from hisops.model.statement import NAMESPACE, Signed, Statement
from hisops.ports import Clock, Rejected


def check_statement(text: bytes, armored: str, trust: Trust, at: datetime) -> Signed:
    """Return the statement in `text` with who signed it; ValueError saying why it does not count."""
    signature = parse(dearmor(armored))
    verify(signature, NAMESPACE, text)
    if trust.policy.verify_required:
        check_user_verified(signature.key, signature.value)
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


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and its signature as files: `<sha256>.txt` and `.sig` as hisops lays them down, or as they came by hand.

    ssh-keygen leaves the signature of FILE in FILE.sig, so any such pair counts, whatever it is called.
    """

    text: Path
    signature: Path

    @property
    def own(self) -> str | None:
        """The digest that hisops has named the text by, or None for a name that a person chose."""
        return f"sha256:{self.text.stem}" if _OWN.fullmatch(self.text.name) else None


def pairs_in(folder: Path) -> Iterator[Pair]:
    """Give the pairs in `folder`, hisops's own first; a text of its own is given even without a signature."""
    texts = [path for path in folder.iterdir() if _is_text(path)] if folder.is_dir() else []
    for path in sorted(texts, key=lambda path: (not _OWN.fullmatch(path.name), path.name)):
        beside = [path.with_suffix(".sig"), path.with_name(path.name + ".sig")]
        found = next((each for each in beside if each.exists()), None)
        if found or _OWN.fullmatch(path.name):
            yield Pair(path, found or beside[0])


def read_pair(pair: Pair, trust: Trust, at: datetime) -> tuple[Signed, bytes, bytes]:
    """Return the statement with the bytes of both files; ValueError saying why it does not count."""
    try:
        text, armored = read_regular(pair.text), read_regular(pair.signature)
    except LogBroken as error:
        raise ValueError(str(error).rstrip(".")) from error
    if pair.own and digest(text) != pair.own:
        raise ValueError("its text was changed")
    return check_statement(text, armored.decode("ascii"), trust, at), text, armored


class SignedStatements:
    """Satisfies `ports.Statements` for one site: `<site>/approvals` and `<logs>/runs/<run>/approvals`."""

    def __init__(self, logs: Path, trust: Trust, clock: Clock) -> None:
        self._logs = logs
        self._site = logs.parent / "approvals"
        self._trust = trust
        self._clock = clock
        self._roots: dict[int, str] = {}

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
        opened = (line.values for line in signed(Walk(self._logs / FILE)) if line.kind == "run.open")
        return frozenset(nonce for values in opened for nonce in values["nonces"])

    def keep(self, run_id: str, signed: Signed) -> None:
        """Copy an accepted statement into the run's own folder."""
        target = self._folder(run_id)
        if self._own_signer(target, signed.sha256) != signed.principal:
            self._copy([target, self._site], signed, target)

    def settle(self, signed: Signed) -> None:
        """Give a statement of the site, which may have come under any name, the name that its digest gives it."""
        if self._own_signer(self._site, signed.sha256) != signed.principal:
            self._copy([self._site], signed, self._site)

    def store(self, run_id: str | None, statement: Statement, armored: str) -> Signed:
        """Lay a signed statement down for a run, or in the site for a plan; ValueError if it does not hold."""
        return self.lay_down(run_id, statement.text(), armored)

    def lay_down(self, run_id: str | None, text: bytes, armored: str) -> Signed:
        """Lay down a text just as it was signed; ValueError if it does not hold, or is another person's already."""
        signed = check_statement(text, armored, self._trust, self._clock.now())
        folder = self._folder(run_id) if run_id else self._site
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        other = self._own_signer(folder, signed.sha256)
        if other not in {None, signed.principal}:
            raise ValueError(SAME_TEXT.format(who=other))
        _write(folder, signed, text, armored.encode("ascii"))
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
        """Give everything in `folder`, once for each text and signer; of what does not hold what speaks of `about`."""
        seen: set[tuple[str, str]] = set()
        for pair in pairs_in(folder):
            try:
                signed, _, _ = read_pair(pair, self._trust, self._clock.now())
            except ValueError as error:
                if _mentions(pair.text, about):
                    yield Rejected(sha256=pair.own or digest(read_regular(pair.text)), reason=str(error))
                continue
            if reason := self.why_other_ledger(signed):
                yield Rejected(sha256=signed.sha256, reason=reason, by=signed.principal)
                continue
            if (signed.sha256, signed.principal) not in seen:
                seen.add((signed.sha256, signed.principal))
                yield signed

    def why_other_ledger(self, signed: Signed) -> str | None:
        """Return why the ledger that was signed over is not this one at an earlier time, or None."""
        named = signed.statement.get("ledger") or "-"
        size, _, root = named.partition(" ")
        if named == "-" or size == "0":
            return None
        number = int(size) if size.isascii() and size.isdecimal() and len(size) < _LONGEST else -1
        if number not in self._roots and (found := root_at(self._logs, number)) is not None:
            self._roots[number] = found
        if self._roots.get(number) == root:
            return None
        return f"it was signed over a ledger of {size} entries that is not this one: it forked or was rolled back"

    def _own_signer(self, folder: Path, sha256: str) -> str | None:
        """Return who has signed the text that lies in `folder` under its own name, or None."""
        try:
            return read_statement(folder, sha256, self._trust, self._clock.now()).principal
        except ValueError:
            return None

    def _copy(self, sources: Sequence[Path], signed: Signed, target: Path) -> None:
        for pair in (each for folder in sources for each in pairs_in(folder)):
            try:
                found, text, armored = read_pair(pair, self._trust, self._clock.now())
            except ValueError:
                continue
            if (found.sha256, found.principal) == (signed.sha256, signed.principal):
                _write(target, signed, text, armored)
                return


_LONGEST = 16
_OWN = re.compile(r"[0-9a-f]{64}\.txt")


def _is_text(path: Path) -> bool:
    return path.suffix != ".sig" and not path.name.startswith(".") and path.is_file()


def _write(folder: Path, signed: Signed, text: bytes, armored: bytes) -> None:
    # The signature first: a text without its signature would be reported as refused.
    replace(folder / f"{name_of(signed.sha256)}.sig", armored)
    replace(folder / f"{name_of(signed.sha256)}.txt", text)


def _is_for(found: Signed | Rejected, plan_digest: str) -> bool:
    return isinstance(found, Rejected) or found.statement.get("plan") == plan_digest


def _mentions(path: Path, about: str) -> bool:
    try:
        return about.encode() in read_regular(path)
    except LogBroken:
        return False
