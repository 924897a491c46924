"""OpenSSH user certificates of Ed25519 keys (PROTOCOL.certkeys), read and checked by ourselves.

The `cryptography` package refuses certificates signed by a security key, and a careful operator has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hisops.journal.sshkey import check_signature
from hisops.journal.sshwire import Wire

KIND = "ssh-ed25519-cert-v01@openssh.com"
_USER = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate whose signature by `authority` holds. Whether the authority counts is for the trust to say."""

    blob: bytes
    public: bytes
    serial: int
    key_id: str
    principals: tuple[str, ...]
    valid_after: datetime
    valid_before: datetime
    critical: dict[str, str]
    extensions: tuple[str, ...]
    authority: bytes

    def covers(self, at: datetime) -> bool:
        """True if the certificate is valid at `at`."""
        return self.valid_after <= at < self.valid_before


def parse_certificate(blob: bytes) -> Certificate:
    """Return the certificate in `blob`; ValueError (BadSignature among them) if it is not a sound one."""
    wire = Wire(blob)
    if wire.text() != KIND:
        raise ValueError("this is no certificate of an Ed25519 key")
    wire.string()  # nonce
    public, serial, kind = wire.string(), wire.uint64(), wire.uint32()
    key_id = wire.text()
    principals = tuple(name.decode("utf-8") for name in wire.strings())
    after, before = wire.uint64(), wire.uint64()
    critical = _options(wire.string())
    extensions = tuple(_options(wire.string()))
    reserved, authority = wire.string(), wire.string()
    signed = blob[: wire.position]
    signature = wire.string()
    wire.end()
    if kind != _USER or len(public) != 32 or reserved:
        raise ValueError("this is no user certificate in its plain form")
    check_signature(authority, signature, signed)
    return Certificate(
        blob=blob, public=public, serial=serial, key_id=key_id, principals=principals, valid_after=_time(after),
        valid_before=_time(before), critical=critical, extensions=extensions, authority=authority,
    )  # fmt: skip


def _options(packed: bytes) -> dict[str, str]:
    wire, found = Wire(packed), {}
    while not wire.at_end:
        name, data = wire.text(), wire.string()
        if name in found:
            raise ValueError(f"the option {name} stands twice")
        found[name] = Wire(data).text() if data else ""
    return found


def _time(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)
