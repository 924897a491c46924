"""The trust input: whose keys count, for what, and when. It belongs to the reader and is never taken from the log."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from hisops.errors import TrustUnusable
from hisops.journal.allowed_signers import AllowedSigner, parse_allowed_signers
from hisops.journal.sshkey import fingerprint, line_of
from hisops.model.policy import NOTHING_MORE, Policy
from hisops.model.roster import Roster
from hisops.model.statement import NAMESPACE

Source = Literal["reviewer", "site"]
FILES = ("allowed_signers", "roster.yaml", "policy.yaml", "revoked.krl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A trust folder as read once."""

    directory: Path
    source: Source
    digest: str
    signers: tuple[AllowedSigner, ...]
    roster: Roster
    revoked: Path | None
    policy: Policy = NOTHING_MORE
    _known_revoked: dict[bytes, bool] = field(default_factory=dict, repr=False, compare=False)

    def known_keys(self) -> Mapping[str, str]:
        """Return the principals of all keys that may sign, by fingerprint."""
        return {fingerprint(signer.key): signer.principal for signer in self.signers}

    def approvers(self, at: datetime) -> set[str]:
        """Return the principals that could sign an approval at `at`."""
        able = [
            signer
            for signer in self.signers
            if not signer.authority and NAMESPACE in signer.namespaces and signer.covers(at)
        ]
        return {signer.principal for signer in able if not (self.revoked and self._is_revoked(signer.key))}

    def person_behind(self, key: bytes, namespace: str, at: datetime) -> str:
        """Return the principal that signs with `key`; ValueError saying why there is none."""
        return self._find(key, namespace, at, authority=False)

    def check_authority(self, key: bytes, principal: str, namespace: str, at: datetime) -> None:
        """Raise ValueError unless `key` may certify keys of runs for `principal`."""
        found = self._find(key, namespace, at, authority=True)
        if found != principal:
            raise ValueError(f"the key that certified it is of {found}, not of {principal}")

    def check_not_revoked(self, blob: bytes) -> None:
        """Raise ValueError if the key or certificate `blob` is in the list of revoked ones."""
        if self.revoked and self._is_revoked(blob):
            raise ValueError(f"the key {fingerprint(blob)} is revoked")

    def _find(self, key: bytes, namespace: str, at: datetime, *, authority: bool) -> str:
        lines = [signer for signer in self.signers if signer.key == key]
        if not lines:
            raise ValueError(f"the key {fingerprint(key)} is unknown")
        lines = [line for line in lines if line.authority == authority and namespace in line.namespaces]
        if not lines:
            what = "certify for" if authority else "sign for"
            raise ValueError(f"the key {fingerprint(key)} may not {what} {namespace}")
        lines = [line for line in lines if line.covers(at)]
        if not lines:
            raise ValueError(f"the key {fingerprint(key)} was not valid at {at:%Y-%m-%d %H:%M:%SZ}")
        self.check_not_revoked(key)
        return lines[0].principal

    def _is_revoked(self, blob: bytes) -> bool:
        if blob not in self._known_revoked:
            self._known_revoked[blob] = _ask_keygen(self.revoked, blob) if self.revoked else False
        return self._known_revoked[blob]


def load_trust(directory: Path, roster: Roster, source: Source, policy: Policy = NOTHING_MORE) -> Trust:
    """Return the trust in `directory`; TrustUnusable if it is missing or leaves room for interpretation."""
    try:
        text = (directory / "allowed_signers").read_text(encoding="utf-8")
        signers = parse_allowed_signers(text)
    except OSError as error:
        raise TrustUnusable(
            "HIS-4101", "There is no trust input: {file}: {why}.",
            "Name the folder with allowed_signers and roster.yaml by --trust DIR or HISOPS_TRUST.",
            file=error.filename, why=error.strerror,
        ) from error  # fmt: skip
    except ValueError as error:
        raise TrustUnusable(
            "HIS-4102", "{file} is not fit for use: {why}.", "Correct it, then try again.",
            file=directory / "allowed_signers", why=error,
        ) from error  # fmt: skip
    if not signers:
        raise TrustUnusable(
            "HIS-4103", "{file} names nobody.", "Add the public keys of your people to it.",
            file=directory / "allowed_signers",
        )  # fmt: skip
    krl = directory / "revoked.krl"
    return Trust(
        directory=directory,
        source=source,
        digest=_digest(directory),
        signers=signers,
        roster=roster,
        revoked=krl if krl.exists() else None,
        policy=policy,
    )


def _digest(directory: Path) -> str:
    """Return one digest over all files that make up the trust, so that two readers can compare theirs."""
    parts = []
    for name in FILES:
        path = directory / name
        if path.exists():
            parts.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n")
    return "sha256:" + hashlib.sha256("".join(parts).encode()).hexdigest()


def _ask_keygen(revoked: Path, blob: bytes) -> bool:
    with tempfile.TemporaryDirectory(prefix="hisops-") as folder:
        path = Path(folder, "key.pub")
        path.write_text(line_of(blob) + "\n", encoding="ascii")
        done = subprocess.run(
            ["ssh-keygen", "-Q", "-f", str(revoked), str(path)], capture_output=True, text=True, check=False
        )
    if "REVOKED" in done.stdout:
        return True
    if done.returncode:
        raise TrustUnusable(
            "HIS-4104", "{file} cannot be used: {why}.", "Make it anew with ssh-keygen -k.",
            file=revoked, why=done.stderr.strip() or "ssh-keygen -Q refused it",
        )  # fmt: skip
    return False
