"""The operator's own SSH key, used only through stock ssh-keygen and ssh-add: its private half is never read here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hisops.errors import IdentityRefused

_FORMAT = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorKey:
    """A key that the trust knows. Without `path` it is in the agent. Satisfies `ports.Certifier`."""

    principal: str
    fingerprint: str
    public: str
    path: Path | None = None

    @property
    def where(self) -> str:
        """Where the key is, for people."""
        return str(self.path) if self.path else "ssh-agent"

    def certify(
        self,
        public_key: str,
        *,
        serial: int,
        key_id: str,
        principals: Sequence[str],
        valid_from: datetime,
        valid_to: datetime,
    ) -> str:
        """Return the line of a certificate for `public_key` that opens no login."""
        with tempfile.TemporaryDirectory(prefix="hisops-") as folder:
            subject = Path(folder, "run.pub")
            subject.write_text(public_key + "\n", encoding="ascii")
            # Dates are given as in TZ=UTC: the Z ending is only known to OpenSSH 9.1 and later.
            validity = ":".join(time.astimezone(UTC).strftime(_FORMAT) for time in (valid_from, valid_to))
            options = ["-O", "clear", "-O", "force-command=/bin/false"]
            names = ["-I", key_id, "-n", ",".join(principals), "-V", validity, "-z", str(serial)]
            flags = ["-s", str(self.path)] if self.path else ["-Us", self._public_file(folder)]
            self._keygen(["-q", *flags, *names, *options, str(subject)])
            return Path(folder, "run-cert.pub").read_text(encoding="ascii").strip()

    def sign(self, namespace: str, data: bytes) -> str:
        """Return the armoured signature over `data`."""
        with tempfile.TemporaryDirectory(prefix="hisops-") as folder:
            key = str(self.path) if self.path else self._public_file(folder)
            message = Path(folder, "message")
            message.write_bytes(data)
            self._keygen(["-Y", "sign", "-f", key, "-n", namespace, str(message)])
            return Path(folder, "message.sig").read_text(encoding="ascii")

    def _public_file(self, folder: str) -> str:
        path = Path(folder, "operator.pub")
        path.write_text(self.public + "\n", encoding="utf-8")
        return str(path)

    def _keygen(self, arguments: Sequence[str]) -> None:
        """Run ssh-keygen; it asks for a passphrase or a touch on the terminal by itself."""
        try:
            done = subprocess.run(
                ["ssh-keygen", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
                check=False,
            )
        except FileNotFoundError as error:
            raise IdentityRefused(
                "HIS-4007", "There is no ssh-keygen on this machine.", "Install the OpenSSH client, 8.1 or later."
            ) from error
        if done.returncode:
            raise self._refusal(done.stderr.decode("utf-8", "replace").strip())

    def _refusal(self, words: str) -> IdentityRefused:
        if "passphrase" in words and not _has_terminal():
            return IdentityRefused(
                "HIS-4001",
                "The key {where} is protected by a passphrase, and there is no terminal to ask for it.",
                "Add it to an agent first: ssh-add {where}",
                where=self.where,
            )
        return IdentityRefused(
            "HIS-4002",
            "The key {where} did not sign: {words}.",
            "Try it by hand: ssh-keygen -Y sign -f {where} -n test FILE",
            where=self.where,
            words=words.splitlines()[-1] if words else "ssh-keygen gave no reason",
        )


def find_operator_key(known: Mapping[str, str], *, explicit: Path | None = None, env: Mapping[str, str]) -> OperatorKey:
    """Return the key to sign with: `explicit`, else HISOPS_KEY, else the one in the agent or ~/.ssh that is `known`.

    `known` maps fingerprints (SHA256:…) to the principals of the trust's allowed_signers.
    """
    named = explicit or (Path(env["HISOPS_KEY"]) if env.get("HISOPS_KEY") else None)
    if named:
        return _named_key(named.expanduser(), known)
    found: dict[str, OperatorKey] = {}
    for public, path in [*_agent_keys(env), *_file_keys(Path(env.get("HOME", "~")).expanduser() / ".ssh")]:
        fingerprint = fingerprint_of(public)
        # The agent comes first: it asks for no passphrase.
        if fingerprint in known and fingerprint not in found:
            found[fingerprint] = _key(public, path, known[fingerprint])
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise IdentityRefused(
            "HIS-4003",
            "None of your SSH keys is known to this site's allowed_signers ({known}).",
            "Name your key with --key FILE or HISOPS_KEY, or have it added to the trust folder.",
            known=", ".join(sorted(set(known.values()))) or "empty",
        )
    raise IdentityRefused(
        "HIS-4004",
        "Several of your SSH keys are known to this site: {keys}.",
        "Choose one with --key FILE or HISOPS_KEY.",
        keys="; ".join(f"{key.principal} {key.where} {key.fingerprint}" for key in found.values()),
    )


def own_keys(env: Mapping[str, str], explicit: Path | None = None) -> Mapping[str, str]:
    """Return the keys of the person at the keyboard, by fingerprint, each with its comment: for where no site knows."""
    if explicit is not None:
        path = explicit.expanduser()
        public = _public_of(path.with_suffix("") if path.suffix == ".pub" and path.with_suffix("").exists() else path)
        return {fingerprint_of(public): _comment(public)}
    home = Path(env.get("HOME", "~")).expanduser()
    found = [*_agent_keys(env), *_file_keys(home / ".ssh")]
    return {fingerprint_of(public): _comment(public) for public, _ in found}


def _comment(public: str) -> str:
    return (public.split(None, 2)[2:] or ["-"])[0]


def fingerprint_of(public: str) -> str:
    """Return `SHA256:…` of a public key line; ValueError if it is none."""
    parts = public.split()
    if len(parts) < 2:
        raise ValueError("this is no public key")
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except binascii.Error as error:
        raise ValueError("this is no public key") from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def _named_key(path: Path, known: Mapping[str, str]) -> OperatorKey:
    """Return the key in `path`; a `.pub` file without its private half stands for a key in the agent."""
    private = path.with_suffix("") if path.suffix == ".pub" else path
    public = _public_of(private if private.exists() else path)
    fingerprint = fingerprint_of(public)
    if fingerprint not in known:
        raise IdentityRefused(
            "HIS-4005",
            "The key {path} ({fingerprint}) is not known to this site's allowed_signers.",
            "Use another key, or have this one added to the trust folder.",
            path=path,
            fingerprint=fingerprint,
        )
    return _key(public, private if private.exists() else None, known[fingerprint])


def _key(public: str, path: Path | None, principal: str) -> OperatorKey:
    return OperatorKey(principal=principal, fingerprint=fingerprint_of(public), public=public, path=path)


def _public_of(path: Path) -> str:
    """Return the public line of a key file: from `.pub` beside it, else by asking ssh-keygen."""
    beside = path if path.suffix == ".pub" else Path(f"{path}.pub")
    if beside.is_file():
        return beside.read_text(encoding="utf-8").strip()
    done = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(path)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode or not path.is_file():
        raise IdentityRefused(
            "HIS-4006",
            "The file {path} is no SSH key that can be read: {words}.",
            "Name your private key with --key FILE or HISOPS_KEY.",
            path=path,
            words=(done.stderr.strip().splitlines() or ["there is no such file"])[-1],
        )
    return done.stdout.strip()


def _agent_keys(env: Mapping[str, str]) -> Iterable[tuple[str, Path | None]]:
    if not env.get("SSH_AUTH_SOCK"):
        return []
    try:
        done = subprocess.run(["ssh-add", "-L"], capture_output=True, text=True, env=dict(env), check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [(line, None) for line in done.stdout.splitlines() if _is_key(line)] if done.returncode == 0 else []


def _file_keys(folder: Path) -> Iterable[tuple[str, Path | None]]:
    for public in sorted(folder.glob("*.pub")):
        private = public.with_suffix("")
        text = public.read_text(encoding="utf-8", errors="replace").strip()
        if private.is_file() and _is_key(text):
            yield text, private


def _is_key(line: str) -> bool:
    try:
        fingerprint_of(line)
    except ValueError:
        return False
    return True


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
