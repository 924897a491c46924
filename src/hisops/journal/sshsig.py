"""SSHSIG, the signature format of `ssh-keygen -Y` (OpenSSH's PROTOCOL.sshsig): packing, armour, strict reading."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from hisops.journal.sshcert import KIND as CERTIFICATE
from hisops.journal.sshcert import parse_certificate
from hisops.journal.sshkey import BadSignature, check_signature, kind_of
from hisops.journal.sshwire import Wire, string

MAGIC = b"SSHSIG"
HASH = "sha512"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A signature as read: the key (or certificate) it names, its namespace, and its value."""

    key: bytes
    namespace: str
    value: bytes


def preamble(key: bytes, namespace: str) -> bytes:
    """Return all of a signature before its value."""
    return MAGIC + struct.pack(">I", 1) + string(key) + string(namespace) + string(b"") + string(HASH)


def signed_data(namespace: str, message: bytes) -> bytes:
    """Return the bytes that the key itself signs."""
    return MAGIC + string(namespace) + string(b"") + string(HASH) + string(hashlib.sha512(message).digest())


def parse(blob: bytes) -> SshSignature:
    """Return the signature in `blob`; ValueError unless it has the one form that we write and accept.

    OpenSSH ignores what stands in `reserved`, so bytes could be changed there unseen: it must be empty.
    """
    wire = Wire(blob)
    if wire.take(len(MAGIC)) != MAGIC or wire.uint32() != 1:
        raise ValueError("this is no SSH signature of version 1")
    key, namespace, reserved, hash_name, value = wire.string(), wire.text(), wire.string(), wire.text(), wire.string()
    wire.end()
    if reserved or hash_name != HASH:
        raise ValueError("the signature is not over SHA-512, or holds something where nothing belongs")
    return SshSignature(key, namespace, value)


def verify(signature: SshSignature, namespace: str, message: bytes) -> None:
    """Raise BadSignature unless `signature` was made over `message` in `namespace` with the key it names."""
    if signature.namespace != namespace:
        raise BadSignature(f"it was made for {signature.namespace}, not for {namespace}")
    key = signature.key
    if kind_of(key) == CERTIFICATE:
        key = string("ssh-ed25519") + string(parse_certificate(key).public)
    check_signature(key, signature.value, signed_data(namespace, message))


def armor(blob: bytes) -> str:
    """Return `blob` as ssh-keygen writes it to a file."""
    text = base64.b64encode(blob).decode("ascii")
    lines = [text[start : start + 70] for start in range(0, len(text), 70)]
    return "\n".join([_BEGIN, *lines, _END]) + "\n"


def dearmor(text: str) -> bytes:
    """Return the signature in an armoured file; ValueError if it is not one, or not in its one written form."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
        raise ValueError("this is no armoured SSH signature")
    return from_base64("".join(lines[1:-1]))


def from_base64(text: str) -> bytes:
    """Return the bytes of canonical base64; ValueError for any other spelling of them."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise ValueError(f"not base64: {error}") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("not in the one form of base64")
    return data
